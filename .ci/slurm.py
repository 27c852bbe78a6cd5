"""Sweeps on a real Slurm on this machine, beside Hydra with its submitit launcher on the same cluster.

    python3 .ci/slurm.py --app target/release/examples/app --mainstem target/release/mainstem [--hydra PYTHON] [TEST…]

The cluster is started in a folder of its own, and ended. Where there is no Slurm all is skipped, which `--required` makes a failure.
"""

import argparse
import inspect
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from cluster import Cluster, is_there, wait_until  # noqa: E402
from place import Place, ids, runs_again, saving, steps_are_taken_once, until, waits  # noqa: E402
from slurm_apart import TESTS as APART  # noqa: E402
from slurm_faults import TESTS as FAULTS  # noqa: E402


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
    git.run(git.command("x=range(4)", "mainstem.run.reads_config=true", *git.settings("mainstem.slurm.snapshot=worktree"), tail=tail))
    (git.path / "lib.py").write_text("print('new')\n")
    git.run(git.sweeps("watch"))
    said = {(git.sweep / str(job) / "stdout.log").read_text() for job in range(4)}
    assert said == {"old\n"}, said
    script = Place(place.cluster, place.args, "script")
    (script.path / "job.py").write_text("print('old')\n")
    script.run(script.command("x=range(4)", "mainstem.run.reads_config=true", *script.settings(), tail=["sh", "-c", "sleep 1; python3 $0", "job.py"]))
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
    single = Place(place.cluster, place.args, "single")
    tasks = took(single, 200)
    print(f"  200 jobs of 50 ms: {packed:.1f} s packed, {tasks:.1f} s as 200 tasks")
    assert packed * 4 < tasks
    # No array has more tasks than the site allows.
    arrays = [len(entry["tasks"]) for entry in single.entries() if entry["event"] == "submitting"]
    assert sum(arrays) == 200 and max(arrays) <= place.cluster.largest_array, arrays


def preempted(place):
    """A job of a higher partition takes the place of one, which goes on from its checkpoint."""
    place.run(place.app("x=1", *place.settings("hydra.launcher.cpus_per_task=2")), HC_STEPS="60")
    log = place.sweep / "0/stdout.log"
    wait_until("it runs", lambda: log.exists() and "step 5" in log.read_text())
    place.cluster.preempts(place.cluster.host)
    wait_until("it is put back", lambda: waits(place))
    assert "saved" in log.read_text() and place.shows()[0]["status"] == "waiting", place.shows()
    runs_again(place, lambda: "step" in log.read_text().split("saved", 1)[1])
    place.run(place.sweeps("watch"))
    steps_are_taken_once(log, 60)
    assert place.states() == {"completed": 1}


def noticed(place):
    """Slurm says that the time comes to an end: a program saves its state and is queued again; so does a command."""
    place.run(place.app("x=1", *place.settings("hydra.launcher.max_num_timeout=1")), HC_STEPS="40")
    command = Place(place.cluster, place.args, "command")
    command.run(saving(command, 40))
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
    # It may begin before the process that has submitted it has ended.
    slow = place.path / "bin/sbatch"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\n{shutil.which('sbatch')} \"$@\" && sleep 2\n")
    slow.chmod(0o755)
    place.run(place.app("x=range(4)", *place.settings("mainstem.slurm.driver=true")), PATH=f"{slow.parent}:{place.env['PATH']}")
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


def limited(place):
    """Real limits of a minute, while other tests run: who saves its state begins again as often as was asked for, who does not
    has failed, and both say why to whom comes later."""
    words = place.settings("hydra.launcher.timeout_min=1", "hydra.launcher.partition=far")
    place.run(place.app("x=1", *words, "hydra.launcher.signal_delay_s=40", "hydra.launcher.max_num_timeout=1"), HC_STEPS="6000")
    deaf = Place(place.cluster, place.args, "deaf")
    deaf.run(deaf.app("x=1", *words, "hydra.launcher.signal_delay_s=10"), HC_SLEEP="600")
    log = place.sweep / "0/stdout.log"
    saved = lambda: log.read_text().count("saved") if log.exists() else 0
    yield from until(lambda: saved() == 1 and waits(place, "far"))
    time.sleep(2.5)
    place.cluster.run("scontrol", "update", f"JobId={ids(place)[0]}", "StartTime=now")
    yield from until(lambda: not place.cluster.queue("far"))
    assert saved() == 2, log.read_text()
    for one, why in [(place, "it has come 2 times to its limit of 1 min"), (deaf, "it took longer than 1 min")]:
        if place.cluster.accounts:
            forgotten = lambda: not one.cluster.run("scontrol", "show", "job", ids(one)[0], check=False)
            yield from until(forgotten)
        one.run(one.sweeps("watch"), status=1)
        assert why in one.shows()[0]["error"], one.shows()
        assert len(ids(one)) == 1, one.entries()
    steps = [int(step) for step in re.findall(r"^step (\d+)$", log.read_text(), re.M)]
    assert steps == list(range(len(steps))), steps


def lost(place):
    """A node is lost while other tests run: its job begins again on it when it is back."""
    cluster = place.cluster
    place.run(place.app("x=1", *place.settings("hydra.launcher.partition=weak")), HC_STEPS="20")
    log = place.sweep / "0/stdout.log"
    # Where Slurm does not put it back, whoever waits does.
    ends = Place(cluster, place.args, "ends")
    words = ends.settings("hydra.launcher.partition=weak", "mainstem.slurm.detach=false")
    driver = ends.begin(ends.app("x=1", *words), HC_STEPS="20")
    for one in (place, ends):
        log = one.sweep / "0/stdout.log"
        wait_until("it runs", lambda: log.exists() and "step 5" in log.read_text())
    cluster.run("scontrol", "update", f"JobId={ids(ends)[0]}", "Requeue=0")
    cluster.lose("weak")
    yield from until(lambda: waits(place, "weak"))
    assert place.shows()[0]["status"] == "waiting", place.shows()
    cluster.node("weak")
    yield from until(lambda: "down" not in cluster.run("sinfo", "-h", "-p", "weak", "-o", "%T"))
    # What Slurm still sends to the node for the job that was lost would end the next one.
    back = time.monotonic()
    yield from until(lambda: time.monotonic() > back + 3)
    cluster.run("scontrol", "update", f"JobId={ids(place)[0]}", "StartTime=now")
    yield from until(lambda: not cluster.queue("weak"))
    place.run(place.sweeps("watch"))
    assert place.states() == {"completed": 1} and len(ids(place)) == 1, place.entries()
    yield from until(lambda: driver.poll() is not None)
    said = driver.communicate()[1]
    assert "job 0 goes into the queue once more: Slurm says `NODE_FAIL`" in said, said
    assert ends.states() == {"completed": 1} and len(ids(ends)) == 2, ends.entries()
    if cluster.accounts:
        said = cluster.run("sacct", "-D", "-X", "-n", "-P", "-o", "State", "-j", ids(place)[0].split("_")[0])
        assert "NODE_FAIL" in said and "COMPLETED" in said, said


def searched(place):
    """A search chooses its jobs by what came of others, also after its driver was killed. One whose driver is a job stops what
    does not promise enough, and its driver begins again when its time comes to an end."""
    (place.path / "alone").mkdir()
    env = {"HC_ALONE": str(place.path / "alone"), "HC_RESULT": "x", "HC_SLEEP": "0.2"}
    search = ["x=interval(0,1)", "mainstem.search.trials=12", "mainstem.search.direction=minimize", "-j", "4"]
    words = place.app(*search, *place.settings())
    driver = subprocess.Popen(words, cwd=place.path, env={**place.env, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ended = lambda one: [entry["job"] for entry in one.entries() if entry["event"] == "ended"]
    wait_until("some jobs have ended", lambda: len(ended(place)) >= 3)
    driver.kill()
    driver.wait()
    place.run([str(place.args.app), "--resume", "sw"], **env)
    assert sorted(ended(place)) == list(range(12)), ended(place)
    assert all((place.path / "alone" / str(job)).read_text() == "begin\nend\n" for job in range(12))
    runs = set()
    for entry in place.entries():
        if entry["event"] in ("started", "ended"):
            (runs.add if entry["event"] == "started" else runs.discard)(entry["job"])
        assert len(runs) <= 4, "more jobs were chosen than can learn of each other"
    assert place.entries()[0]["search"] and "#" in place.run(place.sweeps("best")).stdout
    pruned = Place(place.cluster, place.args, "pruned")
    (pruned.path / "job.sh").write_text(
        'x=${1#--x=}; i=0\nwhile [ $i -lt 8 ]; do i=$((i+1)); sleep 0.1\n'
        'printf \'{"name":"%s","value":%s,"step":%d}\\n\' "$MAINSTEM_REPORT" "$x" $i >> "$MAINSTEM_METRICS"\ndone\n'
        'echo "$x" > "$MAINSTEM_RESULT"\n'
    )
    more = ["mainstem.slurm.driver=true", "mainstem.search.pruner={name: median, startup: 2}"]
    search[-1] = "2"
    pruned.run(pruned.command(*search, *pruned.settings(*more), tail=["sh", "job.sh", "{flags}"]))
    wait_until("some jobs have ended", lambda: len(ended(pruned)) >= 2)
    own = ids(pruned)[0]
    pruned.cluster.run("scancel", "--batch", "--signal=USR2", own)
    wait_until("the driver is put back", lambda: waits(pruned))
    runs_again(pruned, lambda: pruned.entries()[-1]["event"] != "detached")
    wait_until("the search ends", lambda: pruned.entries()[-1]["event"] == "finished")
    entries = [entry for entry in pruned.entries() if entry["event"] == "ended"]
    assert sorted(entry["job"] for entry in entries) == list(range(12)), entries
    assert {entry["status"] for entry in entries} == {"completed"} and any("stopped" in entry for entry in entries), entries
    pruned.cluster.quiet()


def stopped(place):
    """A driver that sees too many failures takes back what waits; who only watches stops nothing."""
    done = place.run(place.app("x=range(12)", *place.settings("mainstem.slurm.detach=false")), 1, HC_RAISE="1", HC_SLEEP="0.3")
    states = place.states()
    assert f"the first 3 jobs have failed; {states['interrupted']} jobs were not run" in done.stderr, (done.stderr, states)
    assert states == {"failed": 12 - states["interrupted"], "interrupted": states["interrupted"]}, states
    # A task ends a moment after its job.
    place.cluster.quiet(20)
    assert not any((place.sweep / str(job) / ".hydra/run.json").exists() for job in range(12) if place.shows()[job]["status"] == "interrupted")
    place.run(place.sweeps("resume", "mainstem.slurm.detach=false"))
    assert place.states() == {"completed": 12}
    watched = Place(place.cluster, place.args, "watched")
    watched.run(watched.app("x=range(6)", *watched.settings()), HC_RAISE="1", HC_SLEEP="0.3")
    said = watched.run(watched.sweeps("watch"), 1).stderr
    assert watched.states() == {"failed": 6} and "6 of 6 jobs failed" in said, said


def full(place):
    """More jobs than the site lets into its queue, and than an array can have, go through in parts."""
    asked = place.settings("mainstem.slurm.max_queued=3", "mainstem.slurm.largest_array=2", "mainstem.slurm.detach=false")
    place.run(place.app("x=range(7)", *asked))
    assert place.states() == {"completed": 7}
    there = 0
    for entry in place.entries():
        arrays = entry.get("tasks", [])
        there += sum(map(len, arrays)) - (entry["event"] == "ended")
        assert len(arrays) <= 2 and there <= 3, place.entries()
    if not place.cluster.accounts:
        return print("  skipped: the site's limit of jobs, since there is no slurmdbd")
    site = Place(place.cluster, place.args, "site")
    try:
        # Others of the same user count, too.
        site.cluster.run("sbatch", "-p", "near", "--mem=1G", "-o", "/dev/null", "--wrap", "sleep 4")
        site.cluster.most_queued(3 + len(site.cluster.queue("main,high,both,near,far,weak")))
        done = site.run(site.app("x=range(8)", *site.settings()))
        assert "8 jobs are kept here until there is room" in done.stderr, done.stderr
        site.run(site.sweeps("watch"))
    finally:
        site.cluster.most_queued(-1)
    assert site.states() == {"completed": 8}
    ended = [entry["job"] for entry in site.entries() if entry["event"] == "ended"]
    assert sorted(ended) == list(range(8)), ended


def shared(place):
    """Jobs that run at a time in a task share its GPUs; ranks of a job are on several nodes."""
    def seen(name, *more):
        one = Place(place.cluster, place.args, name)
        words = one.settings("hydra.launcher.gpus_per_node=2", "mainstem.slurm.detach=false", *more)
        one.run(one.command("x=range(4)", "mainstem.run.reads_config=true", *words, tail=["sh", "-c", "echo $CUDA_VISIBLE_DEVICES; sleep 0.5"]))
        return sorted((one.sweep / str(job) / "stdout.log").read_text().strip() for job in range(4))

    packed = ["mainstem.slurm.jobs_per_task=4", "mainstem.slurm.jobs_at_a_time=4"]
    assert seen("four", *packed) == ["0", "0", "1", "1"]
    assert seen("two", packed[0], "mainstem.slurm.jobs_at_a_time=2") == ["0", "0", "1", "1"]
    assert seen("one", packed[0]) == ["0,1"] * 4
    words = place.settings("hydra.launcher.partition=both", "hydra.launcher.nodes=2", "mainstem.slurm.detach=false")
    place.run(place.command("x=1,2", "mainstem.run.reads_config=true", *words, tail=["sh", "-c", "echo $SLURM_PROCID $(hostname)"]))
    for job in range(2):
        said = [(place.sweep / str(job) / name).read_text().split() for name in ("stdout.log", "stdout.rank1.log")]
        assert [rank for rank, _ in said] == ["0", "1"], said
        assert {host for _, host in said} == {place.cluster.host, "near"}, said
        assert not (place.sweep / str(job) / "stderr.rank1.log").exists()
    assert place.states() == {"completed": 2}


def worded(place):
    """What is run around a job, and names with blanks, quotes and signs of the shell and of Slurm."""
    odd = Place(place.cluster, place.args, "a 'b\" $HOME 5%j #")
    words = odd.settings(
        "mainstem.slurm.detach=false", "hydra.launcher.name=\"a 'job'\"", "name=\"it's $HOME\"",
        "mainstem.slurm.container=[env,'X=1 2',nice]", "hydra.launcher.setup=['export Y=\"a  b\"','echo set up']",
    )
    odd.run(odd.command("x=1", *words, tail=["sh", "-c", 'echo "$X|$Y|$SLURM_JOB_NAME|$*"', "sh", "a'b\"c $HOME\nd", "{overrides}"]))
    said = (odd.sweep / "0/stdout.log").read_text()
    assert said.startswith("1 2|a  b|a 'job'|a'b\"c $HOME\nd "), said
    assert "it's $HOME" in said, said
    (log,) = (odd.sweep / ".submitit").glob("*_0_log.out")
    assert log.read_text() == "set up\n"
    for name in ("script.sh", "orders.jsonl"):
        assert (odd.sweep / ".sweep/slurm/1" / name).stat().st_mode & 0o77 == 0
    broken = Place(place.cluster, place.args, "a\nb")
    said = broken.run(broken.app("x=1", *broken.settings()), 1).stderr
    assert "cannot be told the path" in said and "line break" in said, said
    place.cluster.quiet()


TESTS = [limited, lost, *FAULTS, *APART, directories, detached, cancelled, rebuilt, packed, preempted, noticed, alone, searched,
         stopped, full, shared, worded, killed]


def main():
    # A shell that puts this into the background has it ignore the signal, and with it all that is tried.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", type=Path, required=True, help="the example `app`")
    parser.add_argument("--mainstem", type=Path, required=True)
    parser.add_argument("--hydra", help="a Python with hydra-submitit-launcher")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-accounts", action="store_true", help="though there is a slurmdbd")
    parser.add_argument("--required", action="store_true", help="to be skipped is to fail")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    if not is_there("slurmctld", "slurmd", "munged", "sbatch"):
        print("skipped: there is no Slurm on this machine")
        return 1 if args.required else 0
    args.app, args.mainstem = args.app.resolve(), args.mainstem.resolve()
    folder = Path(tempfile.mkdtemp(prefix="mainstem-slurm-"))
    cluster = Cluster(folder, not args.no_accounts)
    try:
        cluster.start()
        if not cluster.accounts:
            if args.required and not args.no_accounts:
                print("there is no slurmdbd or no mariadbd, which parts of these tests need")
                return 1
            print("note: there is no slurmdbd or no mariadbd, and nothing is asked of `sacct`")
        failed = run_all([test for test in TESTS if not args.tests or test.__name__ in args.tests], cluster, args)
    finally:
        cluster.stop()
    if failed:
        print(f"failed: {', '.join(failed)}; what was written is in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def run_all(tests, cluster, args):
    """Runs tests one after the other. Those that yield go on between the others, and are waited for in the end."""
    failed, waiting = [], []

    def go_on(name, begun, step):
        """Whether it is to go on."""
        try:
            if step():
                return True
            print(f"{name}: passed, {time.monotonic() - begun:.1f} s", flush=True)
        except Exception as error:
            failed.append(name)
            print(f"{name}: FAILED, {time.monotonic() - begun:.1f} s: {error!r}", flush=True)
            cluster.run("scancel", "--me", "-p", "main", check=False)
            cluster.quiet()
        return False

    def tend():
        waiting[:] = [one for one in waiting if go_on(one[0], one[1], lambda: next(one[2], "ended") is None)]

    for test in tests:
        place, begun = Place(cluster, args, test.__name__), time.monotonic()
        if inspect.isgeneratorfunction(test):
            waiting.append((test.__name__, begun, test(place)))
        else:
            go_on(test.__name__, begun, lambda: test(place))
        tend()
    while waiting:
        time.sleep(0.2)
        tend()
    return failed


if __name__ == "__main__":
    sys.exit(main())
