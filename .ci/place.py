"""Where sweeps on a cluster are tried."""

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from cluster import Front, wait_until


class Place:
    """A folder with a config, in which sweeps run."""

    def __init__(self, cluster, args, name):
        self.cluster, self.args = cluster, args
        self.path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cluster.folder))
        (self.path / "conf").mkdir()
        (self.path / "conf/config.yaml").write_text("x: 0\nname: none\n")
        self.sweep = self.path / "sw"
        self.env = {**cluster.env, "HC_CONFIG_NAME": "config", "PATH": f"{args.mainstem.parent}:{os.environ['PATH']}"}

    def front(self):
        """Counts from now on what is asked of Slurm here, and can make it fail."""
        front = Front(self.path / "front")
        self.env["PATH"] = f"{front.folder}:{self.env['PATH']}"
        return front

    def settings(self, *more):
        return ["hydra/launcher=submitit_slurm", "hydra.launcher.mem_gb=1", "hydra.launcher.timeout_min=5",
                "hydra.sweep.dir=sw", *more]

    def app(self, *words, program=None):
        return [str(program or self.args.app), "-cd", "conf", "-m", *words]

    def command(self, *words, tail):
        return [str(self.args.mainstem), "run", "-cd", "conf", "-cn", "config", "-m", *words, "--", *tail]

    def sweeps(self, what, *more):
        return [str(self.args.mainstem), "sweeps", what, "sw", *more]

    def run(self, words, status=0, **env):
        done = subprocess.run(words, cwd=self.path, env={**self.env, **env}, capture_output=True, text=True)
        assert status is None or done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done

    def begin(self, words, **env):
        """As `run`, without waiting for it."""
        return subprocess.Popen(words, cwd=self.path, env={**self.env, **env}, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)

    def entries(self):
        journal = self.sweep / ".sweep/journal.jsonl"
        lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
        return [json.loads(line) for line in lines]

    def record(self, job):
        path = self.sweep / str(job) / ".hydra/run.json"
        # One that begins once more puts its record aside first.
        return json.loads(path.read_text()) if path.exists() else {"status": None}

    def shows(self):
        said = self.run(self.sweeps("show", "--format", "json")).stdout
        return {row["job"]: row for row in map(json.loads, said.splitlines())}

    def states(self):
        count = {}
        for row in self.shows().values():
            count[row["status"]] = count.get(row["status"], 0) + 1
        return count

    def all_completed(self, jobs):
        wait_until("all jobs completed", lambda: self.states() == {"completed": jobs}, 120, 0.5)


def ids(place):
    submitted = [entry for entry in place.entries() if entry["event"] == "submitted"]
    return [f"{entry['id']}_0" for entry in submitted]


def waits(place, partition="main"):
    array = ids(place)[0].split("_")[0]
    return any(line.startswith(array + "_") and line.endswith("PENDING") for line in place.cluster.queue(partition))


def runs_again(place, has_begun):
    """Slurm lets a job wait for two minutes that was put back, so that the node has forgotten its first life; in the same
    second it would refuse the second one."""
    time.sleep(2.5)
    place.cluster.run("scontrol", "update", f"JobId={ids(place)[0]}", "StartTime=now")
    wait_until("it runs again", has_begun)


def saving(place, count, *more):
    """A command of so many steps with a hook, which waits until the command stands still, and saves how far it has come."""
    script = (
        f"cd $MAINSTEM_RUN_DIR; rm -f asked still; n=$(cat state || echo 0); while [ $n -lt {count} ]; do "
        "if [ -e asked ]; then touch still; sleep 9; fi; echo step $n; n=$((n+1)); echo $n > new; mv new now; sleep 0.1; done"
    )
    hook = "cd $MAINSTEM_RUN_DIR; touch asked; until [ -e still ]; do sleep 0.1; done; cp now state; echo saved"
    return place.command("x=1", *place.settings(*more), f"mainstem.run.checkpoint='{hook}'", tail=["sh", "-c", script])


def steps_are_taken_once(log, count):
    said = log.read_text()
    steps = [int(step) for step in re.findall(r"^step (\d+)$", said, re.M)]
    assert steps == list(range(count)) and "saved" in said, said


def until(is_so, seconds=400.0):
    """Between other tests; what is late is so when none is left."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"not in {seconds} s"
        yield
