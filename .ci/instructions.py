#!/usr/bin/env python3
"""Holds the cost of composing the benchmark folders against its budget: instructions by callgrind, peak memory.

  instructions.py [--data DIR | --generator ../shared/bench/gen.py] [--binary target/release/mainstem]

Instructions stand in for time, as they do not depend on the machine's load.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
BUDGET = {"S": 3_500_000, "M": 55_000_000, "L": 1_000_000_000}  # instructions of the whole process
MEMORY = {"L": 40}  # MiB at the peak


def command(binary, data, size):
    with open(os.path.join(data, size, "overrides.txt"), encoding="utf-8") as file:
        overrides = [line.rstrip("\n") for line in file if line.strip()]
    return [binary, "compose", "--config-dir", os.path.join(data, size, "conf"), "--config-name", "config", "--format", "yaml", "--"] + overrides


def instructions(argv):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"] + argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    text = done.stderr.decode("utf-8", "replace")
    found = re.search(r"Collected\s*:\s*(\d+)", text)
    if done.returncode != 0 or not found:
        sys.exit("callgrind gave status %d: %s" % (done.returncode, text[-2000:]))
    return int(found[1])


def peak(argv):
    """MiB"""
    nothing = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    _, status, usage = os.wait4(os.posix_spawn(argv[0], argv, os.environ, file_actions=nothing), 0)
    if status != 0:
        sys.exit("%s: status %d" % (argv[0], status))
    return usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="what the generator wrote")
    parser.add_argument("--generator", default=os.path.join(HERE, "../../shared/bench/gen.py"))
    parser.add_argument("--binary", default=os.path.join(HERE, "../target/release/mainstem"))
    options = parser.parse_args()
    binary = os.path.realpath(options.binary)
    made = None
    if options.data is None:
        if not os.path.exists(options.generator):
            print("skipped: no benchmark generator at %s" % options.generator)
            return 0
        made = options.data = tempfile.mkdtemp(prefix="bench")
        subprocess.run([sys.executable, options.generator, made, "--sizes", ",".join(BUDGET), "--overrides", "10", "--nodes", "10"],
                       check=True, stdout=subprocess.DEVNULL)
    over = 0
    try:
        for size, most in BUDGET.items():
            argv = command(binary, options.data, size)
            count, memory = instructions(argv), peak(argv)
            limit = MEMORY.get(size)
            bad = count > most or (limit is not None and memory > limit)
            over += bad
            print("%s %8.2f M instructions of %8.2f M (%3.0f %%), %5.1f MiB%s%s" % (
                size, count / 1e6, most / 1e6, 100 * count / most, memory, " of %d" % limit if limit else "", "  OVER" if bad else ""))
    finally:
        if made:
            shutil.rmtree(made, ignore_errors=True)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
