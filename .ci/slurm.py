"""Sweeps on a real Slurm: one node on this machine, beside Hydra with its submitit launcher on the same cluster.

    python3 .ci/slurm.py --app target/release/examples/app --mainstem target/release/mainstem [--hydra PYTHON] [TEST…]

Starts munge, slurmctld and slurmd in a folder of its own, and ends them. Needs root, as the daemons do.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONF = """
ClusterName=mainstem
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={port_d}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={dir}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd.pid
SlurmdSpoolDir={dir}/spool
StateSaveLocation={dir}/state
SlurmctldLogFile={dir}/slurmctld.log
SlurmdLogFile={dir}/slurmd.log
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
KillWait=5
MinJobAge=3600
MaxArraySize=10001
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} Sockets=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=high Nodes={host} MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until(what, is_so, seconds=60.0, step=0.1):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = is_so()
        if found:
            return found
        time.sleep(step)
    raise AssertionError(f"{what}: not in {seconds} s")


class Cluster:
    """One node, which is this machine."""

    def __init__(self, folder):
        self.folder, self.daemons = Path(folder), []
        for name in ("spool", "state"):
            (self.folder / name).mkdir(parents=True)
        self.conf = self.folder / "slurm.conf"
        self.conf.write_text(
            CONF.format(host=socket.gethostname(), dir=self.folder, cpus=2, port=free_port(), port_d=free_port())
        )
        self.env = {**os.environ, "SLURM_CONF": str(self.conf)}

    def start(self):
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        munge = ["munged", "--foreground", "--force", "--num-threads=1", f"--key-file={key}"]
        munge += [f"--{name}={self.folder}/munge.{name}" for name in ("socket",)]
        munge += [f"--{name}-file={self.folder}/munge.{name}" for name in ("pid", "log", "seed")]
        self.spawn(*munge)
        wait_until("munge", (self.folder / "munge.socket").exists)
        self.spawn("slurmctld", "-D", "-f", str(self.conf))
        self.spawn("slurmd", "-D", "-f", str(self.conf), "-N", socket.gethostname())
        wait_until("a node", lambda: "idle" in self.run("sinfo", "-h", "-o", "%T", check=False))

    def spawn(self, *words):
        out = open(self.folder / f"{words[0]}.out", "ab")
        self.daemons.append(subprocess.Popen(words, env=self.env, stdout=out, stderr=out, stdin=subprocess.DEVNULL))

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def run(self, *words, check=True):
        done = subprocess.run(words, env=self.env, capture_output=True, text=True)
        assert not check or done.returncode == 0, (words, done.stderr)
        return done.stdout

    def queue(self):
        return self.run("squeue", "-h", "-o", "%i %T").split("\n")[:-1]

    def quiet(self, seconds=90.0):
        wait_until("an empty queue", lambda: not self.queue(), seconds, 0.2)


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


def directories(place):
    """A sweep of 20: its directories are those of Hydra with submitit, but for names that are documented."""
    sweep = ["x=range(20)", "name=a", *place.settings("hydra.launcher.array_parallelism=8")]
    program = place.path / "app.py"
    program.write_text(
        "import hydra\n@hydra.main(config_path='conf', config_name='config', version_base=None)\n"
        "def main(cfg):\n    return float(cfg.x)\nmain()\n"
    )
    theirs = subprocess.Popen(
        [place.args.hydra, str(program), "-m", *sweep, "hydra.sweep.dir=theirs"],
        cwd=place.path, env=place.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    place.run(place.app(*sweep), HC_RESULT="x")
    assert theirs.wait(500) == 0
    place.all_completed(20)

    def files(root):
        names = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        # docs/SLURM.md: what is ours, and what is submitit's.
        ours = re.compile(r"\.sweep/|\.submitit/|.*/(stdout|stderr)\.log$|.*/\.hydra/(run\.json|config\.resolved\.yaml)$")
        return {name for name in names if not ours.match(name)}

    assert files(place.sweep) == files(place.path / "theirs"), files(place.sweep) ^ files(place.path / "theirs")
    for job in range(20):
        for name in ("config.yaml", "overrides.yaml"):
            mine, other = ((root / str(job) / ".hydra" / name).read_text() for root in (place.sweep, place.path / "theirs"))
            assert mine == other.replace("theirs", "sw"), (job, name, mine, other)
        assert place.record(job)["result"] == job
    assert place.run(place.sweeps("watch")).returncode == 0
    ended = [entry for entry in place.entries() if entry["event"] == "ended"]
    assert sorted(entry["job"] for entry in ended) == list(range(20)), ended
    place.cluster.quiet()


def detached(place):
    """The driver goes at once; somebody comes back, from another process; a failure is found then."""
    done = place.run(place.app("x=range(4)", *place.settings()), HC_SLEEP="1")
    assert re.fullmatch(r"\d+", done.stdout.split("\n")[-2]), done.stdout
    assert place.entries()[-1]["event"] == "detached"
    assert set(place.states()) <= {"waiting", "running"}
    place.run(place.sweeps("watch"))
    assert place.states() == {"completed": 4}
    assert place.entries()[-1]["event"] == "finished"
    failing = Place(place.cluster, place.args, "failing")
    failing.run(failing.app("x=range(2)", *failing.settings()), HC_RAISE="1")
    failing.run(failing.sweeps("watch"), status=1)
    assert failing.states() == {"failed": 2}
    # Who goes on tries again what has failed.
    failing.run(failing.sweeps("resume"))
    failing.all_completed(2)


def cancelled(place):
    """Nothing is left in the queue, what ran says so, and the sweep can go on."""
    place.run(place.app("x=range(8)", *place.settings()), HC_SLEEP="3")
    wait_until("two jobs run", lambda: place.states().get("running") == 2)
    said = place.run(place.sweeps("cancel")).stdout
    assert "cancelled" in said, said
    assert place.cluster.queue() == []
    assert "waiting" not in place.states() and "running" not in place.states(), place.states()
    place.run(place.sweeps("resume", "mainstem.slurm.detach=false"))
    assert place.states() == {"completed": 8}


def rebuilt(place):
    """The program and its configs change while jobs wait: what was queued is what runs."""
    program = place.path / "program"
    shutil.copy(place.args.app, program)
    place.run(place.app("x=range(4)", *place.settings(), program=program), HC_SLEEP="1")
    wait_until("a job runs", lambda: place.states().get("running"))
    program.unlink()
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    (place.path / "conf/config.yaml").write_text("x: 0\nname: changed\n")
    place.run(place.sweeps("watch"))
    assert place.states() == {"completed": 4}
    configs = {(place.sweep / str(job) / ".hydra/config.yaml").read_text() for job in range(4)}
    assert configs == {f"x: {job}\nname: none\n" for job in range(4)}, configs
    git = Place(place.cluster, place.args, "git")
    for name, text in {"job.py": "import lib\n", "lib.py": "print('committed')\n", ".gitignore": "sw\n"}.items():
        (git.path / name).write_text(text)
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"]):
        git.run(["git", *words])
    (git.path / "lib.py").write_text("print('old')\n")
    tail = ["sh", "-c", "sleep 1; python3 job.py"]
    git.run(git.command("x=range(4)", *git.settings("mainstem.slurm.snapshot=worktree"), tail=tail))
    (git.path / "lib.py").write_text("print('new')\n")
    git.run(git.sweeps("watch"))
    said = {(git.sweep / str(job) / "stdout.log").read_text() for job in range(4)}
    assert said == {"old\n"}, said
    script = Place(place.cluster, place.args, "script")
    (script.path / "job.py").write_text("print('old')\n")
    script.run(script.command("x=range(4)", *script.settings(), tail=["sh", "-c", "sleep 1; python3 $0", "job.py"]))
    (script.path / "job.py").write_text("print('new')\n")
    script.run(script.sweeps("watch"))
    said = {(script.sweep / str(job) / "stdout.log").read_text() for job in range(4)}
    assert said == {"old\n"}, said


def packed(place):
    """200 jobs of 50 ms in few tasks, in less than a quarter of the time of as many tasks."""
    def took(place, count, *more):
        begun = time.monotonic()
        place.run(place.app(f"x=range({count})", *place.settings(*more)), HC_SLEEP="0.05")
        place.cluster.quiet(200)
        took = time.monotonic() - begun
        assert place.states() == {"completed": count}
        return took

    packed = took(place, 200, "mainstem.slurm.jobs_per_task=50", "mainstem.slurm.jobs_at_a_time=2")
    # An array of 50 tells the time of 200, which nobody has to wait for.
    single = took(Place(place.cluster, place.args, "single"), 50) * 4
    print(f"  200 jobs of 50 ms: {packed:.1f} s packed, {single:.1f} s as tasks (4 times {single / 4:.1f} s of 50)")
    assert packed * 4 < single


def runs_again(place, has_begun):
    """Slurm lets a job wait for two minutes that was put back, so that the node has forgotten its first life; in the same
    second it would refuse the second one."""
    time.sleep(2.5)
    place.cluster.run("scontrol", "update", f"JobId={ids(place)[0]}", "StartTime=now")
    wait_until("it runs again", has_begun)


def preempted(place):
    """A job of a higher partition takes the place of one, which goes on from its checkpoint."""
    place.run(place.app("x=1", *place.settings("hydra.launcher.cpus_per_task=2")), HC_STEPS="60")
    log = place.sweep / "0/stdout.log"
    wait_until("it runs", lambda: log.exists() and "step 5" in log.read_text())
    place.cluster.run("sbatch", "-p", "high", "-c", "2", "--mem=1G", "-o", "/dev/null", "--wrap", "sleep 1")
    wait_until("it is put back", lambda: waits(place))
    assert "saved" in log.read_text() and place.shows()[0]["status"] == "waiting", place.shows()
    runs_again(place, lambda: "step" in log.read_text().split("saved", 1)[1])
    place.run(place.sweeps("watch"))
    steps_are_taken_once(log, 60)
    assert place.states() == {"completed": 1}


def waits(place):
    array = ids(place)[0].split("_")[0]
    return any(line.startswith(array + "_") and line.endswith("PENDING") for line in place.cluster.queue())


def ids(place):
    submitted = [entry for entry in place.entries() if entry["event"] == "submitted"]
    return [f"{entry['id']}_0" for entry in submitted]


def steps_are_taken_once(log, count):
    said = log.read_text()
    steps = [int(step) for step in re.findall(r"^step (\d+)$", said, re.M)]
    assert steps == list(range(count)) and "saved" in said, said


def noticed(place):
    """Slurm says that the time comes to an end: a program saves its state and is queued again; so does a command."""
    place.run(place.app("x=1", *place.settings("hydra.launcher.max_num_timeout=1")), HC_STEPS="40")
    command = Place(place.cluster, place.args, "command")
    script = 'cd $MAINSTEM_RUN_DIR; n=$(cat state || echo 0); while [ $n -lt 40 ]; do echo step $n; n=$((n+1)); echo $n > now; sleep 0.1; done'
    command.run(command.command(
        "x=1", *command.settings(), "mainstem.run.checkpoint='cp $MAINSTEM_RUN_DIR/now $MAINSTEM_RUN_DIR/state; echo saved'",
        tail=["sh", "-c", script],
    ))
    both = [place, command]
    for one in both:
        log = one.sweep / "0/stdout.log"
        wait_until("it runs", lambda: log.exists() and "step 5" in log.read_text())
        # As Slurm itself does two minutes before the limit.
        one.cluster.run("scancel", "--signal=USR2", ids(one)[0])
    for one in both:
        log = one.sweep / "0/stdout.log"
        wait_until("it is saved", lambda: "saved" in log.read_text())
        wait_until("it is put back", lambda: waits(one))
        runs_again(one, lambda: "step" in log.read_text().split("saved", 1)[1])
        one.run(one.sweeps("watch"))
        steps_are_taken_once(one.sweep / "0/stdout.log", 40)


def alone(place):
    """A run without -m goes to Slurm, too, and a driver that waits can be a job."""
    words = [str(place.args.app), "-cd", "conf", "x=3", *place.settings("mainstem.slurm.single=true", "hydra.run.dir=out")]
    place.run(words, HC_STEPS="30")
    log = lambda: "".join(path.read_text() for path in (place.path / "out/.slurm/log").glob("*.out"))
    wait_until("it runs", lambda: "step 5" in log())
    (array,) = {line.split("_")[0] for line in place.cluster.queue()}
    place.cluster.run("scancel", "--signal=USR2", f"{array}_0")
    wait_until("it is put back", lambda: any("PENDING" in line for line in place.cluster.queue()))
    time.sleep(2.5)
    place.cluster.run("scontrol", "update", f"JobId={array}_0", "StartTime=now")
    record = place.path / "out/.hydra/run.json"
    wait_until("it completes", lambda: record.exists() and json.loads(record.read_text())["status"] == "completed")
    steps = [int(step) for step in re.findall(r"^step (\d+)$", log(), re.M)]
    assert steps == list(range(30)), steps
    place.cluster.quiet()
    place.run(place.app("x=range(4)", *place.settings("mainstem.slurm.driver=true")))
    place.all_completed(4)
    wait_until("the driver ends", lambda: place.entries()[-1]["event"] == "finished")
    place.cluster.quiet()
    place.run(place.app("x=range(4)", *place.settings("mainstem.slurm.driver=true")), HC_SLEEP="30")
    wait_until("a job runs", lambda: place.states().get("running"))
    place.run(place.sweeps("cancel"))
    assert place.cluster.queue() == [] and place.entries()[-1]["event"] == "stopped", place.entries()[-2:]


def killed(place):
    """The driver is killed at any moment of submission and of waiting: every job is recorded once, and runs once."""
    drawn = random.Random(place.args.seed)
    for round in range(place.args.kills):
        one = Place(place.cluster, place.args, "killed")
        (one.path / "alone").mkdir()
        env = {**one.env, "HC_ALONE": str(one.path / "alone"), "HC_SLEEP": "0.1"}
        jobs = 5
        words = one.app(f"x=range({jobs})", *one.settings("mainstem.slurm.detach=false", "mainstem.slurm.largest_array=2"))
        # First at any moment of the submission, then once more while somebody waits.
        for delay in (drawn.uniform(0, 0.7), drawn.uniform(0, 1.5)):
            driver = subprocess.Popen(words, cwd=one.path, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay)
            driver.kill()
            driver.wait()
            if any(entry["event"] == "sweep" for entry in one.entries()):
                words = [str(one.args.app), "--resume", "sw"]
        one.run(words, **{name: env[name] for name in ("HC_ALONE", "HC_SLEEP")})
        ended = [entry["job"] for entry in one.entries() if entry["event"] == "ended"]
        assert sorted(ended) == list(range(jobs)), (round, ended, one.path)
        for job in range(jobs):
            said = (one.path / "alone" / str(job)).read_text()
            assert said == "begin\nend\n", (round, job, said, one.path)
        one.cluster.quiet()
        shutil.rmtree(one.path)


TESTS = [directories, detached, cancelled, rebuilt, packed, preempted, noticed, alone, killed]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", type=Path, required=True, help="the example `app`")
    parser.add_argument("--mainstem", type=Path, required=True)
    parser.add_argument("--hydra", help="a Python with hydra-submitit-launcher")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    if not all(map(shutil.which, ("slurmctld", "slurmd", "munged", "sbatch"))):
        print("skipped: there is no Slurm on this machine")
        return 0
    args.app, args.mainstem = args.app.resolve(), args.mainstem.resolve()
    folder = Path(tempfile.mkdtemp(prefix="mainstem-slurm-"))
    cluster, failed = Cluster(folder), []
    try:
        cluster.start()
        for test in [test for test in TESTS if not args.tests or test.__name__ in args.tests]:
            begun = time.monotonic()
            try:
                test(Place(cluster, args, test.__name__))
                print(f"{test.__name__}: passed, {time.monotonic() - begun:.1f} s", flush=True)
            except Exception as error:
                failed.append(test.__name__)
                print(f"{test.__name__}: FAILED, {time.monotonic() - begun:.1f} s: {error!r}", flush=True)
                cluster.run("scancel", "--me", check=False)
                cluster.quiet()
    finally:
        cluster.stop()
    if failed:
        print(f"failed: {', '.join(failed)}; what was written is in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
