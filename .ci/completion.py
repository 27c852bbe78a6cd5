#!/usr/bin/env python3
"""Runs the conformance suite's completions against the binary and holds its failures against tests/deviations.toml.

  completion.py [--suite ../shared/conformance] [--binary target/release/mainstem] [--propose]

The cases of one folder of configs are completed by one process. A failure must be listed, under a rule and with our own
outcome, as conformance.py says; the suite is used where it stands, and nothing of it is copied.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from conformance import HERE, listed, quoted

# Packages that Hydra brings for its own tests. Of the configs in them only the names matter here.
PACKAGES = {
    "hydra.test_utils.configs.completion_test_additional_package":
        ["group/pkg_opt.yaml", "additional_group/pkg_opt_additional.yaml"],
}


def complete(binary, cases):
    """-> our candidates for each of the cases, which have their folders and their primary config in common."""
    with tempfile.TemporaryDirectory(prefix="completion") as folder:
        for path, text in cases[0]["files"].items():
            write(os.path.join(folder, path), text)
        argv = [binary, "completion", "--query", "lines", "--format", "json"]
        for place in cases[0]["dirs"]:
            argv += ["-cd", place]
        argv += ["-cn", cases[0]["config_name"]] if cases[0]["config_name"] else []
        for package, files in PACKAGES.items():
            place = os.path.join(folder, package)
            for path in files:
                write(os.path.join(place, path), "")
            argv += ["--map", "pkg://%s=%s" % (package, place)]
        lines = "".join(case["line"] + "\n" for case in cases)
        done = subprocess.run(argv, cwd=folder, input=lines, capture_output=True, text=True, timeout=60)
    if done.returncode != 0 or done.stderr:
        sys.exit("%s\nexit status %d\n%s" % (" ".join(argv), done.returncode, done.stderr))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["line"] for answer in answers] == [case["line"] for case in cases]
    return [sorted(one["text"] for one in answer["candidates"]) for answer in answers]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default=os.path.join(HERE, "../../shared/conformance"))
    parser.add_argument("--binary", default=os.path.join(HERE, "../target/release/mainstem"))
    parser.add_argument("--deviations", default=os.path.join(HERE, "../tests/deviations.toml"))
    parser.add_argument("--propose", action="store_true")
    options = parser.parse_args()
    entries = {name: entry for name, entry in listed(options.deviations)[1].items() if name.startswith("completion-")}
    with open(os.path.join(options.suite, "cases", "completion.jsonl")) as file:
        cases = [json.loads(line) for line in file]
    together = collections.defaultdict(list)
    for case in cases:
        together[json.dumps([case["files"], case["dirs"], case["config_name"]])].append(case)
    wrong, passed, binary = [], 0, os.path.realpath(options.binary)
    for some in together.values():
        for case, got in zip(some, complete(binary, some)):
            name, right, outcome = case["id"], got == sorted(case["result"]), " ".join(got)
            passed += right
            entry = entries.pop(name, None)
            if options.propose and not right and (entry is None or entry["outcome"] != outcome):
                print("\n[[deviation]] # %s\nid = %s\nrule = \"?\"\noutcome = %s" % (case["line"], quoted(name), quoted(outcome)))
            if right and entry is not None:
                wrong.append("%s is listed, but passes" % name)
            elif not right and entry is None:
                wrong.append("%s fails and is not listed: %r\n    expected %s\n    got      %s"
                             % (name, case["line"], " ".join(case["result"]), outcome))
            elif entry is not None and entry["outcome"] != outcome:
                wrong.append("%s deviates otherwise:\n    listed %s\n    got    %s" % (name, entry["outcome"], outcome))
    wrong += ["%s is listed, but the suite has no such case" % name for name in entries]
    print("\n".join(wrong if not options.propose else []))
    print("completion: %d/%d, %d wrong" % (passed, len(cases), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
