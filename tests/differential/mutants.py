#!/usr/bin/env python3
"""Plants one mistake at a time in a copy of the tree and looks whether the differential test notices.

  mutants.py [--cases 600] [--only NAME] [--target DIR]

Run it by the Python that runs differential.py. The unchanged copy must show no difference, each mutant at least one.
A mutant whose text is no longer in its file, exactly once, is an error: write it anew.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# (name, file, what stands there, what to put instead)
MUTANTS = [
    ("merge-table", "src/merge/document.rs", "(_, Kind::Missing) => Verdict::Stays,", "(Kind::Map(_), Kind::Missing) => Verdict::Stays,"),
    ("override-order", "src/compose/request.rs", "self.overrides.entry(item.override_key()).or_insert_with(|| Chosen {",
     "self.overrides.entry(item.override_key()).insert_entry(Chosen {"),
    ("package-precedence", "src/compose/item.rs", "self.package_over(self.package.as_ref().or(self.header.as_ref()))",
     "self.package_over(self.header.as_ref().or(self.package.as_ref()))"),
    ("quoting", "src/grammar/token.rs", "if slashes.is_multiple_of(2) {", "if slashes == 0 {"),
    ("deletion-compares", "src/merge/assign.rs", "if !found.is_some_and(|found| found.equals_loosely(expected)) {",
     "if !found.is_some_and(|_| true) {"),
]


def differences(binary, cases):
    """How many cases and override strings differ."""
    done = subprocess.run([sys.executable, os.path.join(HERE, "differential.py"), "--binary", binary, "--cases", str(cases), "--show", "0"],
                          capture_output=True, text=True)
    found = re.search(r"^differential: .* (\d+) differ$", done.stdout, re.M)
    if not found:
        sys.exit("no result: %s%s" % (done.stdout[-2000:], done.stderr[-2000:]))
    return int(found[1])


def build(tree, target):
    subprocess.run(["cargo", "build", "--quiet", "--package", "mainstem"], cwd=tree, env={**os.environ, "CARGO_TARGET_DIR": target}, check=True)
    return os.path.join(target, "debug", "mainstem")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=600)
    parser.add_argument("--only")
    parser.add_argument("--target", help="where cargo may build; kept")
    options = parser.parse_args()
    chosen = [m for m in MUTANTS if options.only in (None, m[0])]
    if not chosen:
        parser.error("no such mutant; there are: %s" % ", ".join(m[0] for m in MUTANTS))
    stale = []
    for name, path, old, new in chosen:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            if file.read().count(old) != 1:
                stale.append("%s: %s does not hold exactly once: %s" % (name, path, old))
    if stale:
        sys.exit("\n".join(stale))
    scratch = tempfile.mkdtemp(prefix="mutants")
    target = options.target or os.path.join(scratch, "target")
    tree = os.path.join(scratch, "tree")
    lived = []
    try:
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("target", ".git", "outputs"))
        base = differences(build(tree, target), options.cases)
        print("unchanged: %d differ" % base, flush=True)
        if base:
            lived.append("unchanged")
        for name, path, old, new in chosen:
            path = os.path.join(tree, path)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(old, new))
            found = differences(build(tree, target), options.cases)
            print("%s: %s" % (name, "caught, %d differ" % found if found > base else "LIVES"), flush=True)
            if found <= base:
                lived.append(name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print("mutants: %d planted, %d caught" % (len(chosen), len(chosen) - len([n for n in lived if n != "unchanged"])))
    return 1 if lived else 0


if __name__ == "__main__":
    sys.exit(main())
