#!/usr/bin/env python3
"""What a run and a job of a sweep cost, beside the real Hydra in one run: CPU of all threads, in milliseconds.

  overhead.py --data DIR --hydra PYTHON [--app target/release/examples/app] [--rounds 15] [--jobs 300] [--where DIR]

  start    from the start of the process to the user's function, with the folder DIR/S/conf that the benchmark's generator wrote
  serial   one more job of a sweep of jobs that do nothing, all files written
  workers  the same in two worker processes, beside Hydra's joblib launcher if PYTHON has it

Each figure is taken in turns (ours, Hydra's, a process that does nothing), so that all see the same machine. No directory is removed
before the end, since some file systems are slow to use again what was removed a moment ago.
"""
import argparse
import glob
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
HYDRA = """
import os, time, hydra
@hydra.main(version_base=None, config_path=None, config_name="config")
def main(cfg):
    if os.environ.get("HC_BEGIN"):
        print("begun", flush=True)
        time.sleep(float(os.environ["HC_BEGIN"]))
main()
"""


def until_user_code(argv, where):
    """CPU of a process at the moment at which its function says that it has begun."""
    process = subprocess.Popen(argv, cwd=where, env={**os.environ, "HC_BEGIN": "0.1"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in process.stdout:
        if line == b"begun\n":
            break
    else:
        sys.exit("%s ended with status %s before its function began" % (argv[0], process.wait()))
    time.sleep(0.02)
    spent = sum(int(open(task + "/schedstat").read().split()[0]) for task in glob.glob("/proc/%d/task/*" % process.pid)) / 1e6
    process.wait()
    return spent


def whole(argv, where):
    """CPU of a process and all that it waited for."""
    process = subprocess.Popen(argv, cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    text = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit("%s: status %d: %s" % (argv[0], status, text[-2000:].decode("utf-8", "replace")))
    return (usage.ru_utime + usage.ru_stime) * 1e3


class Place:
    """A fresh directory for each process, beneath one."""

    def __init__(self, root):
        self.root, self.count = root, 0

    def fresh(self):
        self.count += 1
        path = os.path.join(self.root, str(self.count))
        os.mkdir(path)
        return path


def a_job(argv, jobs, place):
    """What one more job costs: a sweep of many less a sweep of one."""
    many, one = (whole(argv + ["+seed_of_job=range(%d)" % n], place.fresh()) for n in (jobs, 1))
    return (many - one) / (jobs - 1)


def tell(name, ours, theirs, idle=None):
    line = "%-8s ours median %8.2f least %8.2f | Hydra median %8.1f least %8.1f | times less: %5.0f by median, %5.0f by least" % (
        name, statistics.median(ours), min(ours), statistics.median(theirs), min(theirs),
        statistics.median(theirs) / statistics.median(ours), min(theirs) / min(ours))
    print(line + (" | nothing %.2f, %.2f" % (statistics.median(idle), min(idle)) if idle else ""), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--hydra", required=True)
    parser.add_argument("--app", default=os.path.join(HERE, "../target/release/examples/app"))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--where", default=None, help="where the directories of the runs are made")
    options = parser.parse_args()
    root = tempfile.mkdtemp(prefix="overhead", dir=options.where)
    program = os.path.join(root, "program.py")
    with open(program, "w", encoding="utf-8") as file:
        file.write(HYDRA)
    place = Place(root)
    config = ["--config-dir", os.path.realpath(os.path.join(options.data, "S", "conf")), "--config-name", "config"]
    ours, hydra = [os.path.realpath(options.app)] + config, [options.hydra, program] + config
    version = subprocess.run([options.hydra, "-c", "import hydra; print(hydra.__version__)"], capture_output=True, text=True, check=True)
    print("Hydra %s" % version.stdout.strip())
    try:
        rounds = [(until_user_code(ours, place.fresh()), until_user_code(hydra, place.fresh()), whole(["/bin/true"], place.fresh()))
                  for _ in range(options.rounds)]
        tell("start", *zip(*rounds))
        few = max(options.jobs // 30, 3)
        rounds = [(a_job(ours + ["-m"], options.jobs, place), a_job(hydra + ["-m"], few, place)) for _ in range(3)]
        tell("serial", *zip(*rounds))
        joblib = ["-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
        if subprocess.run([options.hydra, "-c", "import hydra_plugins.hydra_joblib_launcher"], capture_output=True).returncode == 0:
            rounds = [(a_job(ours + ["-m", "-j", "2"], options.jobs, place), a_job(hydra + joblib, few, place)) for _ in range(3)]
            tell("workers", *zip(*rounds))
        else:
            print("workers  skipped: this Python has no joblib launcher")
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
