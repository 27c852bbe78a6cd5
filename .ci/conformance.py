#!/usr/bin/env python3
"""Runs the conformance suite against the binary and holds its failures against tests/deviations.toml.

  conformance.py [--suite ../shared/conformance] [--binary target/release/mainstem]
                 [--app target/release/examples/app] [--propose]

Every case that fails must be listed there, under a rule of the file's closed list, with our own outcome; every listed
case must fail, with that outcome. `--propose` prints entries for the failures that are not listed.
The suite itself is used where it stands: its comparing functions are imported, its cases are read, nothing is copied.
"""
import argparse
import collections
import importlib
import os
import re
import shutil
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

HERE = os.path.dirname(os.path.realpath(__file__))
MOST = 40
# The suite's `--choices` says what must be printed and leaves it to the command to print it.
WITH_CHOICES = ["sh", "-c", 'program=$1 command=$2; shift 2; exec "$program" "$command" --choices "$@"', "sh"]
MORE = ("yaml", "resolve", "defaults", "jobs", "real")


def outcome(got):
    """What we gave, as the suite words it, without what changes from run to run."""
    text = re.sub(r"(/private)?(/tmp|/var/tmp|/dev/shm|/var/folders/\S*?)/conf[\w.-]{6,}", "<DIR>", str(got))
    text = text.removeprefix("got ").strip()
    return text.split("\n")[0] if text.startswith("exit ") else text  # of an error, its first line


def identity(kind, case):
    """The case's id; the cases of public projects have none, so: tree, config and overrides."""
    return case.get("id") or "%s:%s/%s:%s" % (kind, case["tree"], case["config_name"], " ".join(case["overrides"]))


def run(suite, command, app):
    """-> {case id: (ran as, passed, outcome)}"""
    sys.dont_write_bytecode = True  # the suite is not ours to write to
    sys.path.insert(0, suite)
    compare, more = importlib.import_module("compare"), importlib.import_module("compare_more")
    cases = os.path.join(suite, "cases")
    results, tally = {}, collections.OrderedDict()

    def note(kind, case, result):
        passed, _, got = result
        count = tally.setdefault(kind, [0, 0])
        count[0] += bool(passed)
        count[1] += 1
        name = identity(kind, case)
        if name not in results or results[name][1]:
            results[name] = (kind, bool(passed), None if passed else outcome(got))

    with ThreadPoolExecutor(2) as pool:
        composed = compare.load(cases, "compose.jsonl")
        for kind, order, choices in (("compose", False, False), ("compose --order", True, False), ("compose --choices", False, True)):
            options = SimpleNamespace(timeout=20, messages=False, order=order, choices=choices)
            argv = WITH_CHOICES + command if choices else command
            for case, result in zip(composed, pool.map(lambda c, argv=argv, options=options: compare.run_compose(argv, c, options), composed)):
                note(kind, case, result)
        lines = [c for c in compare.load(cases, "overrides.jsonl")
                 if c["rule"] == "override" and c["input"] and not re.search(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", c["input"])]
        options = SimpleNamespace(timeout=20, messages=False)
        for at in range(0, len(lines), 200):
            chunk = lines[at:at + 200]
            for case, result in zip(chunk, compare.run_overrides(command, chunk, options)):
                note("overrides", case, result)

        trees = os.path.join(suite, "trees")
        run_one = {"yaml": more.yaml_case, "resolve": more.resolve_case, "defaults": more.defaults_case, "jobs": more.jobs_case,
                   "real": lambda cmd, case, folder: more.real_case(cmd, case, folder, trees)}
        for kind in MORE:
            def one(case, kind=kind):
                folder = os.path.realpath(tempfile.mkdtemp(prefix="conf"))
                try:
                    return run_one[kind](command, case, folder)
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
            some = compare.load(cases, ("sweep" if kind == "jobs" else kind) + ".jsonl")
            for case, result in zip(some, pool.map(one, some)):
                if result is not None:
                    note(kind, case, result)

        def call(case):
            folder = os.path.realpath(tempfile.mkdtemp(prefix="conf"))
            try:
                return more.cli_case([app], case, folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        some = compare.load(cases, "cli.jsonl")
        for case, result in zip(some, pool.map(call, some)):
            if result is not None:
                note("cli", case, result)
    return results, tally


def listed(path):
    """-> ({rule: reason}, {case id: entry}), or an exit with what is wrong with the file."""
    if not os.path.exists(path):
        return {}, {}
    with open(path, "rb") as file:
        data = tomllib.load(file)
    rules, entries, wrong = data.get("rules", {}), {}, []
    for entry in data.get("deviation", []):
        if set(entry) != {"id", "rule", "outcome"}:
            wrong.append("%s: an entry holds id, rule and outcome, found %s" % (entry.get("id"), sorted(entry)))
        elif entry["id"] in entries:
            wrong.append("%s is listed twice" % entry["id"])
        elif entry["rule"] not in rules:
            wrong.append("%s: no rule `%s`; there are %s" % (entry["id"], entry["rule"], ", ".join(rules)))
        entries[entry.get("id")] = entry
    if len(entries) > MOST:
        wrong.append("%d deviations, at most %d" % (len(entries), MOST))
    for rule in set(rules) - {e.get("rule") for e in entries.values()}:
        wrong.append("rule `%s` has no case" % rule)
    if wrong:
        sys.exit("%s:\n  %s" % (path, "\n  ".join(wrong)))
    return rules, entries


def quoted(text):
    return '"%s"' % "".join({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c, c if c >= " " and c != "\x7f" else "\\u%04x" % ord(c)) for c in text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default=os.path.join(HERE, "../../shared/conformance"))
    parser.add_argument("--binary", default=os.path.join(HERE, "../target/release/mainstem"))
    parser.add_argument("--app", default=os.path.join(HERE, "../target/release/examples/app"))
    parser.add_argument("--deviations", default=os.path.join(HERE, "../tests/deviations.toml"))
    parser.add_argument("--propose", action="store_true")
    options = parser.parse_args()
    _, entries = listed(options.deviations)
    results, tally = run(os.path.realpath(options.suite), [os.path.realpath(options.binary)], os.path.realpath(options.app))
    for kind, (passed, total) in tally.items():
        print("%-18s %d/%d" % (kind, passed, total))
    failures = {name: r for name, r in results.items() if not r[1]}
    wrong = []
    for name, (kind, _, got) in failures.items():
        if name not in entries:
            wrong.append("%s (%s) fails and is not listed: %s" % (name, kind, got))
        elif entries[name]["outcome"] != got:
            wrong.append("%s (%s) deviates otherwise:\n    listed %s\n    got    %s" % (name, kind, entries[name]["outcome"], got))
    for name in entries:
        if name.startswith(("structured-", "completion-")):
            continue  # structured.py and completion.py assert these
        if name not in results:
            wrong.append("%s is listed, but the suite has no such case" % name)
        elif name not in failures:
            wrong.append("%s is listed, but passes" % name)
    if options.propose:
        for name, (kind, _, got) in failures.items():
            if name not in entries or entries[name]["outcome"] != got:
                print("\n[[deviation]] # %s\nid = %s\nrule = \"?\"\noutcome = %s" % (kind, quoted(name), quoted(got)))
    else:
        for line in wrong[:60]:
            print(line)
        if len(wrong) > 60:
            print("… and %d more" % (len(wrong) - 60))
    print("conformance: %d cases, %d deviations listed, %d wrong" % (len(results), len(entries), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
