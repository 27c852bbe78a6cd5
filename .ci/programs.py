#!/usr/bin/env python3
"""Runs a program of the real Hydra under `mainstem run`, beside the same program alone. With a Python that has Hydra:

  programs.py [--binary target/release/mainstem] [--keep DIR]

A sweep in two processes is killed, interrupted, and goes on. Then each job must have printed the config that its record
holds, byte for byte what Hydra alone prints and records; with the same values behind `${hydra:…}`, the same directory,
environment and log. A run alone, and one without `-cn`, must show the same. What the function returns is the result of its
job, and the number that a search is after.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import hydra

HERE = os.path.dirname(os.path.abspath(__file__))
IS_13 = hydra.__version__.startswith("1.3")

FILES = {
    "conf/config.yaml": """\
defaults:
  - model: forest
  - _self_
  - experiment: null
  - override hydra/job_logging: lines
lr: 0.1
seed: 1
out: ${hydra:runtime.output_dir}
told: ${hydra:job.name} ${hydra:runtime.choices.model} ${model.name}
of_hydra: ${hydra:job.config_name} ${hydra:runtime.choices.hydra/job_logging} ${hydra:output_subdir} ${hydra:mode}
""",
    "conf/model/forest.yaml": "name: forest\ntrees: 50\n",
    "conf/model/mlp.yaml": "name: mlp\nlayers: [8, 8]\n",
    "conf/experiment/deep.yaml": "# @package _global_\ndefaults:\n  - override /model: mlp\nmodel:\n  layers: [64, 64, 64]\n",
    # A class and a level of Python's own, which nobody but Python can set up.
    "conf/hydra/job_logging/lines.yaml": """\
version: 1
formatters:
  line: {format: '%(levelname)s:%(name)s:%(funcName)s:%(message)s'}
handlers:
  file: {class: logging.handlers.WatchedFileHandler, formatter: line, filename: '${hydra.runtime.output_dir}/lines.log'}
root: {level: INFO, handlers: [file]}
disable_existing_loggers: false
""",
    "src/train.py": """\
import logging, os, time
import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

log = logging.getLogger(__name__)


@hydra.main(version_base=None, config_path="../conf", config_name="config")
def main(cfg):
    told = HydraConfig.get()
    out = told.runtime.output_dir
    with open(os.path.join(out, "printed.yaml"), "w") as file:
        file.write(OmegaConf.to_yaml(cfg))
    while os.environ.get("HOLD") and os.path.exists(os.environ["HOLD"]) and cfg.lr > 0.15:
        time.sleep(0.02)
    log.info("training with %s", cfg.lr)
    log.debug("in detail")
    job = told.job
    facts = {
        "config": OmegaConf.to_container(cfg, resolve=True),
        "cwd": os.getcwd(),
        "environment": os.environ.get("THREADS"),
        "job": [job.name, OmegaConf.is_missing(job, "num") or job.num, OmegaConf.is_missing(job, "id") or job.id],
        "choices": dict(sorted(told.runtime.choices.items())),
        # What Hydra 1.3 adds by itself.
        "overrides": [list(told.overrides.task), [one for one in told.overrides.hydra if not one.startswith("hydra.mode=")]],
        "dirname": job.override_dirname,
        "sweep": OmegaConf.is_missing(job, "num") or told.sweep.dir,
        "mode": str(told.mode),
        "run": OmegaConf.is_missing(job, "num") and told.run.dir,
        "subdir": told.output_subdir,
        "launcher": [told.launcher, told.sweeper],
    }
    with open(os.path.join(out, "facts.yaml"), "w") as file:
        file.write(OmegaConf.to_yaml(OmegaConf.create(facts)))


main()
""",
    "conf/search.yaml": """\
defaults: [plain, _self_, {override hydra/sweeper: optuna}]
hydra: {sweeper: {n_trials: 6, direction: minimize, params: {x: 'interval(0,1)'}}}
""",
    "conf/plain.yaml": """\
x: 0.1
kind: one
hydra: {callbacks: {own: {_target_: beside.Own}}}
""",
    "lib/beside.py": """\
import os
from hydra.experimental.callback import Callback


class Own(Callback):
    def on_job_end(self, config, job_return, **kwargs):
        with open(os.path.join(config.hydra.runtime.output_dir, "own.txt"), "w") as file:
            file.write(repr(job_return.return_value))
""",
    "src/search.py": """\
import json, os
import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf


@hydra.main(version_base=None, config_path="../conf", config_name="plain")
def main(cfg):
    told = HydraConfig.get()
    with open(os.path.join(told.runtime.output_dir, "printed.yaml"), "w") as file:
        file.write(OmegaConf.to_yaml(cfg) + OmegaConf.to_yaml({"callbacks": told.callbacks, "overrides": told.overrides}))
    loss = (cfg.x - 0.3) ** 2
    if cfg.kind == "own":
        with open(os.environ["MAINSTEM_RESULT"], "w") as file:
            json.dump({"theirs": 7}, file)
    if cfg.kind == "blocked":
        os.mkdir(os.environ["MAINSTEM_RESULT"] + ".part")
    return {"two": (loss, cfg.x), "named": {"loss": loss, "deep": {"x": cfg.x}, "what": "text"}, "none": None}.get(cfg.kind, loss)


main()
""",
    "src/small.py": """\
import os, hydra
from hydra.core.hydra_config import HydraConfig

@hydra.main(config_path="../conf", config_name="plain", **({"version_base": None} if "NEW" in os.environ else {}))
def main(cfg):
    with open("model.txt", "w") as file:
        file.write(str(cfg.x))
    with open(os.path.join(HydraConfig.get().runtime.output_dir, "told.txt"), "w") as file:
        job = HydraConfig.get().job
        file.write("%s %s %s" % (cfg.x, job.get("num"), job.get("id")))

main()
""",
}
JOBS = 6
SWEEP = ["-m", "model=forest,mlp", "lr=0.1,0.2,0.3", "hydra.job.chdir=true", "+hydra.job.env_set.THREADS=3", "+note=x"]
SUBDIR = "hydra.sweep.subdir=${hydra.job.num}_${hydra.job.override_dirname}"
RUNS = {
    "alone": ["experiment=deep", "lr=0.5"],
    "moved": ["model=mlp", "++model.layers=[1]", "~seed", "hydra.job.chdir=true", "hydra.verbose=true"],
}
wrong = []


def expect(what, is_so, more=""):
    if not is_so:
        wrong.append("%s%s" % (what, more and "\n" + more))


def read(*path):
    try:
        with open(os.path.join(*path)) as file:
            return file.read()
    except OSError:
        return None


def wait_until(what, is_so, seconds=30):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit("%s: not within %d s" % (what, seconds))
        time.sleep(0.02)


class Project:
    def __init__(self, folder, binary):
        self.folder, self.binary = os.path.realpath(folder), os.path.realpath(binary)
        for name, text in FILES.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        self.hold = os.path.join(self.folder, "hold")
        self.env = {**os.environ, "HOLD": self.hold, "PYTHONWARNINGS": "ignore"}

    def start(self, *words):
        pipe = subprocess.PIPE
        # A session of its own, so that no signal for one reaches another.
        return subprocess.Popen(words, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, start_new_session=True)

    def ours(self, words, named=True):
        flags = ["-cd", "conf", "-cn", "config"] if named else []
        return self.start(self.binary, "run", *flags, *words, "--", sys.executable, "src/train.py")

    def finish(self, what, process, status=0):
        out, err = process.communicate(timeout=60)
        expect("%s ends with status %s, and not %s" % (what, process.returncode, status), process.returncode == status, out + err)
        return out + err

    def completed(self):
        return (read(self.folder, "ours/.sweep/journal.jsonl") or "").count('"status":"completed"')

    def begun(self):
        return (read(self.folder, "ours/.sweep/journal.jsonl") or "").count('"event":"started"')

    def holders(self):
        """The processes of Python that wait in a job."""
        found = []
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % process, "rb") as env, open("/proc/%s/cmdline" % process, "rb") as line:
                    if ("HOLD=" + self.hold).encode() in env.read() and b"src/train.py" in line.read():
                        found.append(process)
            except OSError:
                pass
        return found


def sweep(project):
    """A sweep of ours that is killed, goes on, is interrupted, and goes on to its end."""
    open(project.hold, "w").close()
    first = project.ours([*SWEEP[:1], "-j", "2", *SWEEP[1:], "hydra.sweep.dir=ours", SUBDIR])
    wait_until("one job has completed, and two wait", lambda: project.completed() == 1 and project.begun() == 3)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    wait_until("the jobs end with the process that runs the sweep", lambda: not project.holders())
    expect("a killed sweep has one completed job", project.completed() == 1)

    second = project.start(project.binary, "run", "--resume", "ours")
    wait_until("two jobs wait again", lambda: project.begun() == 5 and len(project.holders()) >= 2)
    second.send_signal(signal.SIGINT)
    told = project.finish("an interrupted sweep", second, 130)
    expect("who interrupts is told how to go on", "--resume" in told, told)
    wait_until("the jobs end when they are interrupted", lambda: not project.holders())

    os.remove(project.hold)
    project.finish("the last of a sweep", project.start(project.binary, "run", "--resume", "ours"))
    expect("each job is completed once", project.completed() == JOBS, read(project.folder, "ours/.sweep/journal.jsonl"))
    alone = [sys.executable, "src/train.py", *SWEEP, "hydra.sweep.dir=theirs", SUBDIR]
    project.finish("Hydra's sweep", project.start(*alone))
    folders = [sorted(name for name in os.listdir(os.path.join(project.folder, of)) if not name.startswith(".")) for of in ("ours", "theirs")]
    expect("the jobs have the same directories", folders[0] == folders[1], str(folders))
    for name in folders[0]:
        if os.path.isdir(os.path.join(project.folder, "ours", name)):
            compare(project, "ours/" + name, "theirs/" + name)


def compare(project, ours, theirs):
    """A directory of ours beside one of Hydra alone."""
    def both(name, plain=False):
        one, other = read(project.folder, ours, name), read(project.folder, theirs, name)
        if one is not None and not plain:
            one = re.sub(r"\bours", "theirs", one)
        expect("%s: %s is other than Hydra's" % (ours, name), other is not None and one == other, "ours:\n%s\nHydra's:\n%s" % (one, other))

    printed, recorded = read(project.folder, ours, "printed.yaml"), read(project.folder, ours, ".hydra/config.yaml")
    expect("%s: the program prints another config than is recorded" % ours, printed == recorded, "%s\n%s" % (printed, recorded))
    for name in (".hydra/config.yaml", ".hydra/overrides.yaml", "printed.yaml"):
        both(name, plain=True)
    for name in ("facts.yaml", "lines.log"):
        both(name)
    expect("%s: the program has written over the record" % ours, "output_subdir: .hydra\n" in (read(project.folder, ours, ".hydra/hydra.yaml") or ""))


def runs(project):
    for name, words in RUNS.items():
        project.finish("the run `%s`" % name, project.ours([*words, "hydra.run.dir=ours-" + name]))
        project.finish("Hydra's run `%s`" % name, project.start(sys.executable, "src/train.py", *words, "hydra.run.dir=theirs-" + name))
        compare(project, "ours-" + name, "theirs-" + name)
        composed = project.finish("compose", project.start(project.binary, "compose", "-cd", "conf", "-cn", "config", *words))
        expect("`compose` prints what is recorded", composed == read(project.folder, "ours-" + name, ".hydra/config.yaml"), composed)
    # Without `-cn` the program composes its config itself, from the same words.
    words = ["lr=0.7", "model=mlp", "hydra.job.chdir=true"]
    project.finish("a run without -cn", project.ours([*words, "hydra.run.dir=ours-open"], named=False))
    project.finish("Hydra's run", project.start(sys.executable, "src/train.py", *words, "hydra.run.dir=theirs-open"))
    for name in ("printed.yaml", "lines.log", "facts.yaml"):
        one, other = read(project.folder, "ours-open", name), read(project.folder, "theirs-open", name)
        one = one and one.replace(".hydra/program", ".hydra")
        expect("without -cn: %s is other than Hydra's" % name, one and re.sub(r"\bours", "theirs", one) == other, "%s\n%s" % (one, other))


def result(project, folder):
    return json.loads(read(project.folder, folder, ".hydra/run.json") or "{}").get("result")


def returns(project):
    """What the function returns, alone, in a search, and where Python does not look for it."""
    project.env["PYTHONPATH"] = os.path.join(project.folder, "lib")
    script = [sys.executable, "src/search.py"]

    def start(*words, named=("-cd", "conf", "-cn", "search"), command=script):
        return project.start(project.binary, "run", *named, *words, "--", *command)

    for kind, expected in [
        ("one", 0.01),
        ("two", {"0": 0.01, "1": 0.2}),
        ("named", {"loss": 0.01, "deep.x": 0.2}),
        ("none", None),
        ("own", {"theirs": 7}),
        ("blocked", None),
    ]:
        told = project.finish("a run that returns %s" % kind, start("x=0.2", "kind=" + kind, "hydra.run.dir=result-" + kind, "hydra.mode=null"))
        found = result(project, "result-" + kind)
        rounded = {key: round(value, 6) for key, value in found.items()} if isinstance(found, dict) else found and round(found, 6)
        expect("what `%s` returns is %s, and not %s" % (kind, found, expected), rounded == expected)
        expect("who cannot write a result says so: " + told, ("is not written down" in told) == (kind == "blocked"))
        expect("%s: a folder of ours is left" % kind, not os.path.exists(os.path.join(project.folder, "result-%s/.hydra/python" % kind)))
        expect("%s: the callback of the project has run" % kind, read(project.folder, "result-%s/own.txt" % kind))
        printed = read(project.folder, "result-%s/printed.yaml" % kind) or ""
        expect("%s: the program sees something of ours\n%s" % (kind, printed), "python" not in printed and "returned" not in printed)
    project.finish("a run without -cn", start("x=0.2", "hydra.run.dir=result-open", named=()))
    expect("without -cn there is a result", round(result(project, "result-open") or 0, 6) == 0.01)
    # A Python that looks at no variable.
    project.finish("python -E", start("x=0.2", "~hydra.callbacks.own", "hydra.run.dir=result-alone", command=[sys.executable, "-E", "src/search.py"]))
    expect("python -E has no result", result(project, "result-alone") is None)

    for kind, more in [("one", []), ("two", ["hydra.sweeper.direction=[minimize,maximize]"])]:
        words = ["-m", "-j", "2", "kind=" + kind, "hydra.job.chdir=true", "hydra.sweep.dir=search-" + kind, *more]
        project.finish("a search of %s" % kind, start(*words))
        best = read(project.folder, "search-%s/optimization_results.yaml" % kind) or ""
        expect("a search of %s has found something: %s" % (kind, best), "best_value" in best or "solutions" in best)
    told = project.finish("a search of nothing", start("-m", "kind=none", "hydra.sweep.dir=search-none"), 1)
    expect("who returns nothing is told what to do\n" + told, "@hydra.main" in told and "MAINSTEM_RESULT" in told)
    del project.env["PYTHONPATH"]


def ways(project):
    """Programs that are known by other signs, and what each of them leaves."""
    project.env["PYTHONPATH"] = os.path.join(project.folder, "lib")
    text = FILES["src/small.py"]
    for name, lines in {"src/small": "#!%s\n%s" % (sys.executable, text), "src/pk/__main__.py": text.replace("../conf", "../../conf")}.items():
        os.makedirs(os.path.dirname(os.path.join(project.folder, name)), exist_ok=True)
        with open(os.path.join(project.folder, name), "w") as file:
            file.write(lines)
    os.chmod(os.path.join(project.folder, "src/small"), 0o755)
    python = [sys.executable, "-W", "ignore"]
    named = ["-cd", "conf", "-cn", "plain"]
    for kind, command, flags, words in [
        ("old", [*python, "src/small.py"], named, []),
        ("null", [*python, "src/small.py"], named, ["hydra.job.chdir=null"] if IS_13 else []),
        ("moved", [*python, "src/small.py"], named, ["hydra.job.chdir=true"]),
        ("stays", [*python, "src/small.py"], named, ["hydra.job.chdir=false"]),
        ("open", [*python, "src/small.py"], [], []),
        ("script", ["./src/small"], [], []),
        ("folder", [*python, "src/pk"], [], []),
        ("new", [*python, "src/small.py"], named, []),
    ]:
        project.env.update({"NEW": "1"} if kind == "new" else {})
        sweep = ["-m", "x=1,2", *words]
        project.finish("a sweep `%s`" % kind, project.start(project.binary, "run", "-j", "2", *flags, *sweep, "hydra.sweep.dir=ours-%s" % kind, "--", *command))
        project.finish("Hydra's `%s`" % kind, project.start(*command, *sweep, "hydra.sweep.dir=theirs-%s" % kind))
        for job in ("0", "1"):
            for name in ("told.txt", "model.txt"):
                one, other = (read(project.folder, of + kind, job, name) for of in ("ours-", "theirs-"))
                expect("%s/%s: %s is %s, and Hydra's %s" % (kind, job, name, one, other), one == other)
    # A run that keeps no record.
    before = sorted(os.listdir(project.folder))
    line = [project.binary, "run", *named, "x=7", "hydra.run.dir=.", "hydra.output_subdir=null", "--", *python, "src/small.py"]
    project.finish("a run without a record", project.start(*line))
    expect("a run without a record is told its config", (read(project.folder, "told.txt") or "").startswith("7 "))
    new = sorted(set(os.listdir(project.folder)) - set(before))
    expect("a run without a record leaves %s" % new, set(new) <= {"told.txt", "model.txt", "small.log", "own.txt", ".run.lock"})
    del project.env["PYTHONPATH"], project.env["NEW"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "../target/release/mainstem"))
    parser.add_argument("--keep")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        project = Project(options.keep or scratch, options.binary)
        runs(project)
        returns(project)
        ways(project)
        sweep(project)
    print("\n".join(wrong))
    print("Hydra %s under `mainstem run`: %d wrong, %d s" % (hydra.__version__, len(wrong), time.monotonic() - began))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
