#!/usr/bin/env python3
"""Builds the wheel of the command, installs it into a fresh virtual environment, and does there what a Python team does first.

  wheel.py [--cache DIR] [--profile dev]

maturin comes from PyPI, into the cache. The command is built without optimisation, as the tests build it.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(HERE)
MATURIN = "maturin==1.16.0"

FILES = {
    "conf/config.yaml": "defaults: [{model: forest}, _self_]\nlr: 0.1\nnear: .inf\nout: runs/${model.name}-${lr}\n",
    "conf/model/forest.yaml": "name: forest\ntrees: 50\n",
    "train.py": "import mainstem\nmainstem.log_metric('loss', 0.5, step=1)\nmainstem.log_metric('loss', float('nan'))\n"
                "from decimal import Decimal\nmainstem.result(0.1)\nmainstem.result({'acc': Decimal('0.75'), 'val': {'loss': float('inf')}})\n",
}

INSIDE = """
import json, math, os, mainstem, mainstem.schema
config = mainstem.compose("conf", "config", ["model.trees=200", "+tags=[a,b]"])
assert config == {"model": {"name": "forest", "trees": 200}, "lr": 0.1, "near": math.inf, "out": "runs/forest-0.1", "tags": ["a", "b"]}, config
try:
    mainstem.compose("conf", "config", ["model=tree"])
except mainstem.Error as error:
    assert "has no option `tree`" in str(error) and "options: forest" in str(error), error
else:
    raise AssertionError("an option that is not there composes")
assert mainstem.runs() == []
assert "MAINSTEM_METRICS" not in os.environ
mainstem.log_metric("loss", 1.0)
mainstem.result(1.0)
"""

AFTER = """
import math, mainstem
(run,) = mainstem.runs("outputs")
assert run["status"] == "completed" and math.isnan(run["metrics"]["loss"]), run
assert run["result"] == {"acc": 0.75, "val.loss": math.inf}, run
"""


def environment(path):
    """A new virtual environment; returns its folder of programs."""
    venv.create(path, with_pip=True, clear=True)
    return os.path.join(path, "Scripts" if os.name == "nt" else "bin")


def run(*arguments, **more):
    return subprocess.run(arguments, check=True, **more)


def maturin(cache):
    home = os.path.join(cache, MATURIN.replace("==", "-"))
    path = os.path.join(home, "bin", "maturin")
    if not os.path.exists(path):
        run(os.path.join(environment(home), "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", MATURIN)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=os.environ.get("MAINSTEM_CI_CACHE", os.path.expanduser("~/.cache/mainstem-ci")))
    parser.add_argument("--profile", default="dev")
    options = parser.parse_args()
    tool = maturin(os.path.realpath(options.cache))
    with tempfile.TemporaryDirectory(prefix="wheel") as scratch:
        dist = os.path.join(scratch, "dist")
        build = [tool, "build", "--quiet", "--locked", "--profile", options.profile, "--out", dist]
        built = subprocess.run(build, cwd=os.path.join(ROOT, "wheel"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if built.returncode != 0:
            sys.exit(built.stdout)
        (name,) = os.listdir(dist)
        programs = environment(os.path.join(scratch, "venv"))
        python = os.path.join(programs, "python")
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", os.path.join(dist, name))
        project = os.path.join(scratch, "project")
        for path, text in FILES.items():
            path = os.path.join(project, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        env = {key: value for key, value in os.environ.items() if not key.startswith(("MAINSTEM", "PYTHON"))}
        env["PATH"] = programs + os.pathsep + env.get("PATH", "")
        inside = {"cwd": project, "env": env}
        told = run("mainstem", "explain", "model.trees", "-cd", "conf", "-cn", "config", capture_output=True, text=True, **inside).stdout
        if "conf/model/forest.yaml:2:8" not in told:
            sys.exit("`mainstem explain` does not show the place:\n" + told)
        run(python, "-m", "mainstem", "check", "conf", stdout=subprocess.DEVNULL, **inside)
        run(python, "-c", INSIDE, **inside)
        run("mainstem", "run", "-cd", "conf", "-cn", "config", "lr=0.5", "--", "python", "train.py", **inside)
        run(python, "-c", AFTER, **inside)
        print("%s: %.1f MiB, installed and used" % (name, os.path.getsize(os.path.join(dist, name)) / 2**20))


if __name__ == "__main__":
    main()
