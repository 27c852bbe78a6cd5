#!/usr/bin/env python3
"""The differential test: random config folders and command lines, composed by the real Hydra and by mainstem.

  differential.py [--seed 1] [--cases 2400] [--from 0] [--jobs 2] [--binary target/release/mainstem]
  differential.py --case SEED/NUMBER [--keep DIR]     one case, its files and both outcomes
  differential.py --reference-only                    measures the generator alone

To be run by a Python that has hydra-core 1.4.0rc3 and omegaconf 2.4.1rc1 (`.ci/run` makes one).

Each case is composed unresolved (tree with the order of its keys, and choices), resolved, and at one key; both must
fail or both succeed with the same, typed, values. Further, override strings are parsed alone. The run fails when a
case differs that no rule of `rules.py` covers, when less than 50 % or more than 90 % of the cases compose, or when a
feature of `generate.FEATURES` stands in less than 5 % of them. A differing case is shrunk and printed as files.
"""
import argparse
import collections
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time

import generate
import reference
import rules
from outcome import bare, difference, same

HERE = os.path.dirname(os.path.abspath(__file__))
SCRATCH = "/dev/shm" if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK) else None


# ---- both sides


def write(root, files, dirs):
    for folder in dirs:
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for path, text in files.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)


class Rooted:
    """The case's files in a folder of their own, which is the working directory meanwhile."""

    def __init__(self, case):
        self.case = case

    def __enter__(self):
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="differ", dir=SCRATCH))
        write(self.root, self.case["files"], self.case["dirs"])
        self.back = os.getcwd()
        os.chdir(self.root)
        return self.root

    def __exit__(self, *_):
        os.chdir(self.back)
        shutil.rmtree(self.root, ignore_errors=True)


def call(binary, case, root, extra):
    command = [binary, "compose"]
    for folder in case["dirs"]:
        command += ["--config-dir", os.path.join(root, folder)]
    command += ["--config-name", case["name"]] + (["--multirun"] if case["multirun"] else []) + extra
    command += ["--format", "json", "--"] + case["overrides"]
    environment = {**os.environ, "PYTHONPATH": os.path.join(root, "py")}
    environment.pop("VIRTUAL_ENV", None)
    try:
        done = subprocess.run(command, cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    except subprocess.TimeoutExpired:
        return {"ok": False, "crash": "timed out", "error": "timed out"}
    text = done.stderr.decode("utf-8", "replace").replace(root, "<ROOT>")
    if done.returncode == 0:
        try:
            return {"ok": True, "value": json.loads(done.stdout)}
        except ValueError:
            return {"ok": False, "crash": "not JSON", "error": "not JSON: " + done.stdout.decode("utf-8", "replace")[:200]}
    out = {"ok": False, "error": text.strip()}
    if done.returncode not in (1, 2) or "panicked at" in text:
        out["crash"] = "status %d" % done.returncode
    return out


def ours(binary, case, root, theirs):
    """mainstem's outcome; what can no longer matter is not asked for."""
    first = call(binary, case, root, ["--choices"])
    if not first["ok"]:
        return first
    out = {"ok": True, "config": first["value"].get("config"),
           "choices": {k: v for k, v in first["value"].get("choices", {}).items() if not k.startswith("hydra/")}}
    if theirs["ok"]:
        if "resolved" in theirs:
            out["resolved"] = call(binary, case, root, ["--resolve"])
        out["nodes"] = {key: call(binary, case, root, ["--resolve", "--package", key]) for key in theirs["nodes"]}
    return out


def judge(binary, case):
    """-> (their outcome, difference or None, the rule that covers it or None)"""
    with Rooted(case) as root:
        theirs = reference.compose(case, root)
        if binary is None:
            return theirs, None, None
        mine = ours(binary, case, root, theirs)
        found = difference(theirs, mine)
        rule = rules.covering(case, theirs, mine, root) if found else None
        return theirs, found, rule


# ---- shrinking


def smaller(case):
    """Cases with one thing less, the largest things first."""
    for path in sorted(case["files"], key=lambda p: -len(case["files"][p])):
        yield {**case, "files": {k: v for k, v in case["files"].items() if k != path}}
    for i in range(len(case["overrides"])):
        yield {**case, "overrides": case["overrides"][:i] + case["overrides"][i + 1:]}
    if case["multirun"]:
        yield {**case, "multirun": False}
    if len(case["dirs"]) > 1:
        yield {**case, "dirs": case["dirs"][:1]}
    for path, text in case["files"].items():
        lines = text.splitlines(True)
        for i, line in enumerate(lines):
            depth = len(line) - len(line.lstrip())
            end = i + 1
            while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > depth):
                end += 1
            yield {**case, "files": {**case["files"], path: "".join(lines[:i] + lines[end:])}}
        if text.startswith("\ufeff") or "\r" in text:
            yield {**case, "files": {**case["files"], path: text.lstrip("\ufeff").replace("\r", "")}}


def shrink(binary, case, kind, budget=12.0):
    """Greedily, while the kind of the difference stays, for at most `budget` seconds."""
    end, again = time.monotonic() + budget, True
    while again and time.monotonic() < end:
        again = False
        for candidate in smaller(case):
            if time.monotonic() > end:
                break
            _, found, rule = judge(binary, candidate)
            if found and rule is None and found[0] == kind:
                case, again = candidate, True
                break
    return case


def show(case, found):
    out = []
    for path, text in case["files"].items():
        out += ["--- " + path] + ["    " + l for l in text.replace("\ufeff", "<BOM>").replace("\r", "<CR>").splitlines()]
    out.append("$ compose %s --config-name %s%s -- %s" % (" ".join("--config-dir " + d for d in case["dirs"]), case["name"],
                                                         " --multirun" if case["multirun"] else "", " ".join(repr(o) for o in case["overrides"])))
    for side, what in (("hydra   ", found[1]), ("mainstem", found[2])):
        out.append("%s %s" % (side, what if isinstance(what, str) else json.dumps(what, ensure_ascii=False)))
    return "\n".join(out)


# ---- override strings alone


def parse_lines(binary, lines):
    """-> [(line, theirs, mine)] where they differ"""
    theirs = [reference.parse(line) for line in lines]
    if binary is None:
        return theirs, []
    done = subprocess.run([binary, "parse-overrides", "--format", "json"], input="".join(l + "\n" for l in lines).encode(), capture_output=True, timeout=60)
    mine = done.stdout.decode("utf-8", "replace").splitlines()
    differ = []
    for i, (line, a) in enumerate(zip(lines, theirs)):
        try:
            b = json.loads(mine[i])
        except (IndexError, ValueError):
            b = {"crash": "no line, status %d: %s" % (done.returncode, done.stderr.decode("utf-8", "replace")[:200])}
        if "error" in a or "error" in b or "crash" in b:
            if "crash" in b or ("error" in a) != ("error" in b):
                differ.append((line, a, b))
            continue
        b = dict(b.get("result", b))
        b.pop("expansion", None)
        b.pop("expansion_error", None)
        if "shuffle(" in line and "[" in line:
            continue
        if not same(a["result"], b, False) and not rules.parse_rule(line, a, b):
            differ.append((line, a["result"], b))
    return theirs, differ


# ---- the run


def work(job):
    """One chunk of cases, in a worker."""
    options, numbers = job
    tally = {"tags": collections.Counter(), "good_tags": collections.Counter(), "cases": 0, "composed": 0, "nodes": 0, "resolved": 0, "rules": collections.Counter(),
             "reasons": collections.Counter(), "found": [], "harness": [], "lines": 0, "parsed": 0, "line_found": []}
    lines = []
    for number in numbers:
        case = generate.make(options.seed, number)
        theirs, found, rule = judge(options.binary, case)
        tally["cases"] += 1
        tally["composed"] += theirs["ok"]
        tally["tags"].update(case["tags"])
        if theirs["ok"]:
            results = list(theirs["nodes"].values())
            tally["nodes"] += len(results)
            tally["resolved"] += sum(node["ok"] for node in results)
            tally["good_tags"].update(case["tags"])
        else:
            tally["reasons"][bare(theirs["error"])] += 1
        if number % 25 == 0 and not reference.speaks_of_hydra(case):
            with Rooted(case) as root:
                again = reference.compose(case, root, full=True)
            if not same(json.loads(json.dumps(again.get("config"))), json.loads(json.dumps(theirs.get("config")))):
                tally["harness"].append(number)
        if rule:
            tally["rules"][rule] += 1
        elif found:
            tally["found"].append((found[0], number))
        lines += case["lines"]
    theirs, differ = parse_lines(options.binary, lines)
    tally["lines"] += len(lines)
    tally["parsed"] += sum("result" in t for t in theirs)
    tally["line_found"] += differ
    return tally


def merge(total, part):
    for key, value in part.items():
        if isinstance(value, collections.Counter):
            total.setdefault(key, collections.Counter()).update(value)
        elif isinstance(value, list):
            total.setdefault(key, []).extend(value)
        else:
            total[key] = total.get(key, 0) + value


def one_case(options):
    seed, number = options.case.split("/")
    case = generate.make(int(seed), int(number))
    theirs, found, rule = judge(options.binary, case)
    if options.keep:
        write(options.keep, case["files"], case["dirs"])
    print(show(case, found or ("same", theirs.get("config", theirs.get("error")), "the same")))
    print("tags: " + " ".join(case["tags"]))
    print("difference: %s%s" % (found and found[0], ", by the rule " + rule if rule else ""))
    return 1 if found and not rule else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=2400)
    parser.add_argument("--from", type=int, default=0, dest="start")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--binary", default=os.path.join(HERE, "../../target/release/mainstem"))
    parser.add_argument("--reference-only", action="store_true")
    parser.add_argument("--case", help="SEED/NUMBER")
    parser.add_argument("--keep", help="with --case: a folder to write the case's files to")
    parser.add_argument("--show", type=int, default=8, help="how many kinds of differences are shrunk and shown")
    options = parser.parse_args()
    options.binary = None if options.reference_only else os.path.abspath(options.binary)
    if options.binary and not os.access(options.binary, os.X_OK):
        parser.error("no binary at %s: cargo build --release" % options.binary)
    for name in [n for n in os.environ if n.startswith(("DIFF_", "HYDRA_"))]:
        del os.environ[name]
    os.environ.update(generate.ENVIRONMENT, NO_COLOR="1")
    reference.prepare()
    if options.case:
        return one_case(options)

    started = time.monotonic()
    numbers = list(range(options.start, options.start + options.cases))
    jobs = [(options, numbers[i:i + 40]) for i in range(0, len(numbers), 40)]
    total = {}
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for part in pool.imap(work, jobs):
            merge(total, part)

    n = total["cases"]
    share = 100 * total["composed"] / n
    bad = []
    print("%d cases, seed %d, %.0f s: %.1f %% compose; of %d nodes looked at %.1f %% resolve; %d override strings, %.1f %% parse" % (
        n, options.seed, time.monotonic() - started, share, total["nodes"], 100 * total["resolved"] / max(1, total["nodes"]), total["lines"], 100 * total["parsed"] / total["lines"]))
    if n >= 2000 and not 50 <= share <= 90:
        bad.append("%.1f %% of the cases compose, not 50 to 90 %%" % share)
    rare = [f for f in generate.FEATURES if total["tags"][f] < 0.05 * n]
    least = min(generate.FEATURES, key=lambda f: total["tags"][f])
    print("%d features, the rarest `%s` in %.1f %% of the cases" % (len(generate.FEATURES), least, 100 * total["tags"][least] / n))
    if n >= 2000 and rare:
        bad.append("less than 5 %% of the cases hold: %s" % ", ".join(rare))
    barren = [f for f in generate.FEATURES if total["good_tags"][f] < 0.02 * n]
    if n >= 2000 and barren:
        bad.append("less than 2 %% of the cases hold, and compose with: %s" % ", ".join(barren))
    if options.reference_only:
        for reason, count in total["reasons"].most_common(30):
            print("  %4d %s" % (count, reason))
        for feature in sorted(generate.FEATURES, key=lambda f: total["good_tags"][f] / max(1, total["tags"][f]))[:25]:
            print("  %-24s %4d, composing %3.0f %%" % (feature, total["tags"][feature], 100 * total["good_tags"][feature] / max(1, total["tags"][feature])))
    if total["harness"]:
        bad.append("Hydra with and without its own configs differs at %s" % total["harness"][:10])
    for rule, count in sorted(total["rules"].items()):
        print("deviation %s: %d" % (rule, count))
    kinds = collections.defaultdict(list)
    for kind, number in total["found"]:
        kinds[kind].append(number)
    for i, (kind, where) in enumerate(sorted(kinds.items(), key=lambda k: -len(k[1]))):
        print("DIFFERENCE in %d: %s (cases %s)" % (len(where), kind, ", ".join("%d/%d" % (options.seed, w) for w in where[:4])))
        if i < options.show:
            case = min((generate.make(options.seed, w) for w in where[:6]), key=lambda c: sum(map(len, c["files"].values())))
            small = shrink(options.binary, case, kind)
            _, found, _ = judge(options.binary, small)
            print(show(small, found or (kind, "?", "?")) + "\n")
    if kinds:
        bad.append("%d cases differ" % len(total["found"]))
    for line, a, b in total["line_found"][:40]:
        print("PARSE %s\n  hydra    %s\n  mainstem %s" % (line, json.dumps(a), json.dumps(b)))
    if total["line_found"]:
        bad.append("%d override strings parse otherwise" % len(total["line_found"]))
    for reason in bad:
        print("FAILED: " + reason)
    print("differential: %d cases and %d override strings, %d differ" % (n, total["lines"], len(total["found"]) + len(total["line_found"])))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
