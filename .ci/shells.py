#!/usr/bin/env python3
"""Completes in the real bash, zsh and fish, each in a terminal of its own: keys go in, and what the shell then runs comes
out, so that quotes and spaces are those that the shell understood.

  shells.py [--binary target/release/mainstem] [--app target/release/examples/app] [--show]

A shell that is not installed is skipped, and that is said.
"""
import argparse
import concurrent.futures
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.realpath(__file__))
FILES = {
    "conf/train.yaml": "defaults:\n  - model: forest\n  - db: pg\n  - _self_\nseed: 42\nnote: hello world\n",
    "conf/model/forest.yaml": "# a tree ensemble\nname: forest\ntrees: 50\n",
    "conf/model/mlp.yaml": "name: mlp\nlayers: [64, 32]\n",
    "conf/db/pg.yaml": "url: pg://localhost:5432/x\n",
    "conf/exp/big one.yaml": "# @package _global_\nseed: 1\n",
    "data/one.csv": "",
    "train.py": "#!/usr/bin/env python3\nimport json, sys\nprint('RAN', json.dumps(sys.argv[1:]), 'RAN')\n",
    "other.py": "print('OTHER')\n",
}
# What starts a shell, and how it learns to complete.
SHELLS = {
    "bash": (["--norc", "--noprofile"], 'PS1="$ "; bind "set bell-style none"', 'eval "$(%s)"'),
    "zsh": (["-f"], 'PS1="$ "; autoload -Uz compinit; compinit -u -D', 'eval "$(%s)"'),
    "fish": (["--no-config"], "function fish_prompt; echo '$ '; end; set -g fish_autosuggestion_enabled 0", "%s | source"),
}
# What is typed, where \t asks for completion, and what must come of it. Words of a script are what it got.
RUNS = [
    ("./train.py se\t7", ["seed=7"]),
    ("python3 train.py model=m\t", ["model=mlp"]),
    ("python3 ./train.py model=m\tmodel.la\t0=\t", ["model=mlp", "model.layers.0=64"]),
    ("./train.py -m model=forest,\t", ["-m", "model=forest,mlp"]),
    ("./train.py exp=\t", ["exp=big one"]),
    ("./train.py 'exp=b\t", ["exp=big one"]),
    ("./train.py note=\t", ["note=hello world"]),
    ("./train.py db.u\t\t", ["db.url=pg://localhost:5432/x"]),
    ("./train.py +ex\tbig\t", ["+exp=big one"]),
    ("./train.py '~mod\tx=1", ["~model", "x=1"]),
    ("./train.py --cfg a\t", ["--cfg", "all"]),
    ("./train.py --config-n\ttr\tse\t1", ["--config-name", "train", "seed=1"]),
    ("./train.py file=./da\tone\t", ["file=./data/one.csv"]),
    ("./train.py nope=1 se\t3", ["nope=1", "seed=3"]),
]
PRINTS = [
    ("mainstem compose -cd conf -cn tr\t-p model.name model=m\t", r"[\r\n]mlp\r"),
    ("mainstem explain -cd co\t -cn train mod\ttr\t", r"selected by `model: forest`"),
    ("app -cd conf -cn train --cfg jo\t-p model model=m\t", r"name: mlp\r"),
]
# What is listed when there are several.
LISTS = [
    ("./train.py model=", [r"forest", r"mlp"], [r"a tree ensemble"]),
    ("./train.py model", [r"model\.", r"model="], [r"now forest"]),
    ("python3 train.py --config-", [r"--config-name", r"--config-dir"], [r"the primary config"]),
]


class Terminal:
    """A shell in a terminal."""

    def __init__(self, shell, folder, environment):
        self.text = ""
        argv = [shell] + SHELLS[shell][0]
        self.process, self.end = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, environment)
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))

    def type(self, keys):
        os.write(self.end, keys.encode())

    def read(self, until=None, quiet=0.4, most=20.0):
        """What is shown until a pattern is, or until nothing more comes."""
        start, shown = time.monotonic(), ""
        while time.monotonic() - start < most:
            ready, _, _ = select.select([self.end], [], [], quiet)
            if not ready:
                if until is None or re.search(until, shown):
                    break
                continue
            try:
                shown += re.sub(r"\x1b(\[[0-9;?<>=]*[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\)|[()=>][0AB]?)", "",
                                os.read(self.end, 65536).decode(errors="replace"))
            except OSError:
                break
        self.text += shown
        return shown

    def keys(self, keys):
        """Types, and waits for each completion."""
        shown = ""
        for part in re.findall(r"[^\t]+|\t", keys):
            self.type(part)
            shown += self.read(quiet=0.6 if part == "\t" else 0.15)
        return shown

    def close(self):
        self.type("\x03")
        self.read()
        self.type("exit\r")
        self.read(most=1)
        os.close(self.end)
        os.waitpid(self.process, 0)


def attempt(shell, folder, environment, show):
    """-> everything that is wrong in a shell."""
    wrong, count = [], 0
    terminal = Terminal(shell, folder, environment)
    try:
        _, setup, learn = SHELLS[shell]
        scripts = ["mainstem completion " + shell, "mainstem completion %s --for train.py -cd conf -cn train" % shell,
                   "app -sc install=" + shell]
        terminal.read(quiet=1)
        for line in [setup] + [learn % script for script in scripts]:
            terminal.type(line + "\r")
            terminal.read(quiet=0.5)
        terminal.type("echo READ''Y\r")
        terminal.read(until="READY")
        for keys, words in RUNS:
            shown = terminal.keys(keys)
            terminal.type("\r")
            shown += terminal.read(until=r"RAN .* RAN", most=5)
            ran, count = re.findall(r"RAN (\[.*\]) RAN", shown), count + 1
            expected = "[%s]" % ", ".join('"%s"' % word for word in words)
            if ran != [expected]:
                wrong.append("%s: %r ran %s, not %s\n%s" % (shell, keys, ran, expected, shown))
                terminal.type("\x03")
                terminal.read()
        for keys, pattern in PRINTS:
            shown = terminal.keys(keys)
            terminal.type("\r")
            shown, count = shown + terminal.read(until=pattern, most=5), count + 1
            if not re.search(pattern, shown):
                wrong.append("%s: %r did not print %s\n%s" % (shell, keys, pattern, shown))
                terminal.type("\x03")
                terminal.read()
        for keys, texts, about in LISTS:
            # Bash lists when it is asked twice.
            shown, count = terminal.keys(keys + ("\t\t" if shell == "bash" else "\t")), count + 1
            wrong += ["%s: %r does not list %s\n%s" % (shell, keys, text, shown)
                      for text in texts + (about if shell != "bash" else []) if not re.search(text, shown.replace(keys, "", 1))]
            terminal.type("\x1b" if shell == "fish" else "")
            time.sleep(0.3)
            terminal.type("\x03")
            terminal.read()
    finally:
        terminal.close()
        if show:
            print(terminal.text)
    for noise in (r"error\[", r"not found", r"panicked", r"[Uu]nknown command", r"syntax error", r"parse error"):
        wrong += ["%s: `%s` on the terminal" % (shell, noise)] if re.search(noise, terminal.text) else []
    return wrong, count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "../target/release/mainstem"))
    parser.add_argument("--app", default=os.path.join(HERE, "../target/release/examples/app"))
    parser.add_argument("--shell", action="append", help="this one alone")
    parser.add_argument("--show", action="store_true", help="print what the terminals showed")
    options = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory(prefix="shells") as folder:
        for path, text in FILES.items():
            place = os.path.join(folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w") as file:
                file.write(text)
        os.chmod(os.path.join(folder, "train.py"), 0o755)
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(os.path.realpath(options.binary), os.path.join(folder, "bin/mainstem"))
        os.symlink(os.path.realpath(options.app), os.path.join(folder, "bin/app"))
        environment = {"PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"], "HOME": folder, "TERM": "xterm",
                       "LANG": "C.UTF-8"}
        shells = options.shell or list(SHELLS)
        for shell in shells:
            if not shutil.which(shell):
                print("%s: skipped, it is not installed" % shell)
        shells = [shell for shell in shells if shutil.which(shell)]
        # Most of the time a shell is waited for.
        with concurrent.futures.ProcessPoolExecutor(len(SHELLS)) as pool:
            tries = [pool.submit(attempt, shell, folder, environment, options.show) for shell in shells]
            for shell, tried in zip(shells, tries):
                found, count = tried.result()
                print("%s: %d completions, %d wrong" % (shell, count, len(found)))
                wrong += found
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
