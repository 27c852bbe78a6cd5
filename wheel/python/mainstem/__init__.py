"""What the command `mainstem` knows, for Python: configs, runs, and metrics of a run.

    >>> import mainstem
    >>> config = mainstem.compose("conf", "config", ["model.trees=200"])
    >>> best = max(mainstem.runs("outputs"), key=lambda run: run["result"] or 0)
    >>> mainstem.log_metric("loss", 0.5, step=1)  # under `mainstem run … -- python train.py`
    >>> mainstem.result({"accuracy": 0.9, "loss": 0.5})
"""

import base64
import json
import os
import shutil
import subprocess
import sysconfig
import time

__all__ = ["Error", "command", "compose", "log_metric", "report", "result", "runs"]


class Error(RuntimeError):
    """What the command said was wrong, with the places."""


def command():
    """The path of the command that was installed with this module."""
    name = "mainstem" + (sysconfig.get_config_var("EXE") or "")
    for scripts in (sysconfig.get_path("scripts"), sysconfig.get_path("scripts", os.name + "_user")):
        path = os.path.join(scripts, name)
        if os.path.isfile(path):
            return path
    found = shutil.which(name)
    if found is None:
        raise Error("the command `mainstem` is neither beside this Python nor on PATH")
    return found


def compose(config_dir, config_name, overrides=()):
    """The config that a job gets, as a dict: composed, with its interpolations resolved. `???` stays text.

    Raises `Error` if it cannot be composed or resolved.
    """
    return json.loads(
        _ask("compose", "-cd", config_dir, "-cn", config_name, "--resolve", "--format", "json", "--", *overrides),
        object_hook=_plain,
    )


def runs(root="."):
    """All runs below a directory, the oldest first: a dict each, as `mainstem runs ls --format json` prints them."""
    lines = _ask("runs", "ls", "--format", "json", "--root", root).splitlines()
    return [json.loads(line, object_hook=_plain) for line in lines]


def log_metric(name, value, step=None):
    """Writes down a number of the run that this process is the job of: `mainstem run … -- python train.py`.

    Outside of a run it does nothing, so that a program can run alone as well.
    """
    path = os.environ.get("MAINSTEM_METRICS")
    if not path:
        return
    value = float(value)
    finite = value - value == 0
    line = {"name": str(name), "value": value if finite else {"$float": str(value)}, "time": time.time()}
    if step is not None:
        line["step"] = int(step)
    # One write, so that the lines of several processes do not mix.
    with open(path, "ab", buffering=0) as log:
        log.write(json.dumps(line).encode() + b"\n")


def result(value):
    """Says what came of the run that this process is the job of: a number, or a dict of numbers by name, which may hold more.

    It is what a sweep or a search looks at. Said again, it takes the place of what was said before. Outside of a run it does
    nothing.
    """
    path = os.environ.get("MAINSTEM_RESULT")
    if not path:
        return
    # Numbers of other libraries, such as a tensor of one, are numbers.
    text = json.dumps(value, default=float)
    # Whole or not at all, whenever the process may be killed.
    draft = "%s.%d.tmp" % (path, os.getpid())
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(draft, path)


def report(value, step):
    """Says what this job of a search has come to at a step: the number that the search is after, as good as it is known.

    A search with a pruner may end the program after that (SIGTERM). Outside of a run it does nothing.
    """
    log_metric(os.environ.get("MAINSTEM_REPORT", "objective"), value, step)


def _ask(*arguments):
    done = subprocess.run(
        [command(), *map(os.fspath, arguments)], capture_output=True, encoding="utf-8", env={**os.environ, "NO_COLOR": "1"}
    )
    if done.returncode != 0:
        raise Error(done.stderr.strip())
    return done.stdout


def _plain(node):
    """What JSON has no words for."""
    if len(node) == 1:
        (kind, value), = node.items()
        if kind == "$float":
            return float(value)
        if kind == "$int":
            return int(value)
        if kind == "$bytes":
            return base64.b64decode(value)
        if kind == "$dict":
            return {key: value for key, value in value}
    return node
