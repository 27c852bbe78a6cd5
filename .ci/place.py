"""Where sweeps on a cluster are tried."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from cluster import wait_until


class Place:
    """A folder with a config, in which sweeps run."""

    def __init__(self, cluster, args, name):
        self.cluster, self.args = cluster, args
        self.path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cluster.folder))
        (self.path / "conf").mkdir()
        (self.path / "conf/config.yaml").write_text("x: 0\nname: none\n")
        self.sweep = self.path / "sw"
        self.env = {**cluster.env, "HC_CONFIG_NAME": "config", "PATH": f"{args.mainstem.parent}:{os.environ['PATH']}"}

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
