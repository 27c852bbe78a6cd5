#!/usr/bin/env python3
"""Exports a search and reads it with the real Optuna. With a Python that has Optuna 5:

  export.py [--binary target/release/mainstem] [--keep DIR]

A search with a pruner, a parameter that applies only somewhere, a range, and jobs that fail: Optuna must find the same trials,
parameters, distributions, states, values and reports as the journal of the sweep has, and the same best one.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

HERE = os.path.dirname(os.path.abspath(__file__))

CONFIG = """\
lr: 0.01
layers: 2
act: relu
opt: sgd
momentum: 0.9
batch: 32
hydra: {sweep: {dir: sw, subdir: '${hydra.job.num}'}}
mainstem: {sweep: {first_failures: null, when: {momentum: {opt: sgd}}}}
"""

JOB = """\
import json, math, os, sys
told = dict(word.lstrip("-").split("=", 1) for word in sys.argv[1:])
if told["act"] == "tanh" and int(told["layers"]) > 6:
    sys.exit("this one fails")
end = 0.1 * (math.log10(float(told["lr"])) + 2.5) ** 2 + 0.03 * abs(int(told["layers"]) - 4)
end += 0.1 * (float(told["momentum"]) - 0.8) ** 2 if told["opt"] == "sgd" else 0.05
with open(os.environ["MAINSTEM_METRICS"], "a") as log:
    for step in range(1, 6):
        line = {"name": os.environ["MAINSTEM_REPORT"], "value": end + 1 / step, "step": step}
        log.write(json.dumps(line) + "\\n")
with open(os.environ["MAINSTEM_RESULT"], "w") as file:
    json.dump(end, file)
"""

SPACE = ["lr=tag(log,interval(1e-5,1))", "layers=int(interval(1,8))", "act=relu,gelu,tanh", "opt=sgd,adam",
         "momentum=range(0.5,1,0.05)", "batch=range(16,129,16)"]

DISTRIBUTIONS = {
    "lr": optuna.distributions.FloatDistribution(1e-5, 1.0, log=True),
    "layers": optuna.distributions.IntDistribution(1, 8),
    "act": optuna.distributions.CategoricalDistribution(["relu", "gelu", "tanh"]),
    "opt": optuna.distributions.CategoricalDistribution(["sgd", "adam"]),
    "momentum": optuna.distributions.FloatDistribution(0.5, 0.95, step=0.05),
    "batch": optuna.distributions.IntDistribution(16, 128, step=16),
}


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--binary", default=os.path.join(HERE, "../target/release/mainstem"))
    a.add_argument("--keep")
    o = a.parse_args()
    binary, folder = os.path.abspath(o.binary), o.keep or tempfile.mkdtemp()
    os.makedirs(os.path.join(folder, "conf"), exist_ok=True)
    for name, text in (("conf/config.yaml", CONFIG), ("job.py", JOB)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)

    def ours(*words):
        return subprocess.run([binary, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    search = ["mainstem.search.trials=40", "mainstem.search.direction=minimize", "mainstem.search.pruner=median",
              "mainstem.search.sampler=tpe"]
    ran = ours("run", "-m", "-j", "3", "-cd", "conf", "-cn", "config", *SPACE, *search, "--",
               sys.executable, "-S", "job.py", "{flags}")
    told = ours("sweeps", "export", "sw", "-o", "study.log")
    assert told.returncode == 0, ran.stderr + told.stderr
    rows = [json.loads(line) for line in ours("sweeps", "show", "sw", "--format", "json").stdout.splitlines()]
    storage = JournalStorage(JournalFileBackend(os.path.join(folder, "study.log")))
    study = optuna.load_study(study_name="job", storage=storage)
    assert [direction.name for direction in study.directions] == ["MINIMIZE"]
    assert len(rows) == len(study.trials) == 40, (len(rows), len(study.trials))
    states = {}
    for row, trial in zip(rows, study.trials):
        assert trial.params == row["params"], (trial, row)
        assert trial.distributions == {key: DISTRIBUTIONS[key] for key in row["params"]}, trial
        expected = TrialState.PRUNED if row["stopped"] else TrialState.COMPLETE
        expected = TrialState.FAIL if row["status"] == "failed" else expected
        value = row["stopped"]["value"] if row["stopped"] else row["result"]
        assert (trial.state, trial.value) == (expected, value), (trial, row)
        if expected == TrialState.COMPLETE:
            wanted = {step: value + 1 / step for step in range(1, 6)}
            near = all(math.isclose(trial.intermediate_values[step], wanted[step]) for step in wanted)
            assert near and len(trial.intermediate_values) == 5, (trial, wanted)
        assert (trial.state == TrialState.FAIL) == (row["params"]["act"] == "tanh" and row["params"]["layers"] > 6), row
        states[trial.state.name] = states.get(trial.state.name, 0) + 1
    best = json.loads(ours("sweeps", "best", "sw", "--format", "json").stdout)
    assert (study.best_trial.number, study.best_value) == (best["job"], best["result"])
    print("%d trials as Optuna reads them: %s" % (len(rows), states))


if __name__ == "__main__":
    main()
