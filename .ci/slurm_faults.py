"""What becomes of sweeps when Slurm refuses, is late, does not answer or takes a task away: parts of `slurm.py`."""

import json
import re
import shutil
import signal
import time
from pathlib import Path

from cluster import wait_until
from place import Place, ids, saving, steps_are_taken_once, until


def running(place):
    return [job for job, row in place.shows().items() if row["status"] == "running"]


def array_of(place):
    return ids(place)[0].split("_")[0]


def empty(place):
    return not any(line.startswith(array_of(place) + "_") for line in place.cluster.queue())


def killed(place, task):
    """All processes of a task are killed. Of a step that has just begun Slurm would not find the end for a minute."""
    time.sleep(1)
    place.cluster.run("scancel", "--signal=KILL", f"{task}.0")


def told(place):
    """What somebody asked and was told: how jobs stand that run, wait, were killed, were ended, and were taken out."""
    front = place.front()
    place.run(place.app("x=range(6)", *place.settings()), HC_SLEEP="60")
    wait_until("two jobs run", lambda: running(place) == [0, 1])
    array, cluster = array_of(place), place.cluster
    cluster.run("scancel", f"{array}_5")
    killed(place, f"{array}_0")
    cluster.run("scancel", f"{array}_1")
    ended = {f"{array}_{task}" for task in (0, 1, 5)}
    wait_until("three have ended", lambda: not ended & {line.split()[0] for line in cluster.queue()})
    wait_until("both have begun", lambda: running(place) == [2, 3])
    resume = [str(place.args.app), "--resume", "sw", "--dry-run"]
    claims = lambda: sorted(path.name for path in (place.sweep / ".sweep/slurm/1/claims").iterdir())
    claimed, asked = claims(), len(front.calls("squeue"))
    expected = (
        "#0 : x=0  # runs again, has failed: sw/0\n"
        "#1 : x=1  # runs again, had begun: sw/1\n"
        "#2 : x=2  # still runs: sw/2\n"
        "#3 : x=3  # still runs: sw/3\n"
        "#4 : x=4  # waits in Slurm's queue: sw/4\n"
        "#5 : x=5  # runs, has left Slurm's queue: sw/5\n"
    )
    assert place.run(resume).stdout == expected, place.run(resume).stdout
    assert len(front.calls("squeue")) == asked + 1, front.calls("squeue")
    # Accounts that are late are not the last word.
    front.fault("sacct", "exit 0")
    assert place.run(resume).stdout == expected, place.run(resume).stdout
    front.fault("sacct", "")
    asked = len(front.calls("sacct"))
    shown = {job: (row["status"], row["error"]) for job, row in place.shows().items()}
    assert len(front.calls("sacct")) == asked + 1, front.calls("sacct")
    assert shown == {
        0: ("failed", "Slurm says `FAILED`"), 1: ("interrupted", None), 2: ("running", None), 3: ("running", None),
        4: ("waiting", None), 5: ("interrupted", None),
    }, shown
    # Several sweeps are one look into the queue.
    shutil.copytree(place.sweep, place.path / "sw2")
    asked = len(front.calls("squeue"))
    place.run([str(place.args.mainstem), "sweeps", "ls"])
    assert len(front.calls("squeue")) == asked + 1, front.calls("squeue")
    front.fault("squeue", f"export SLURM_CONF={cluster.silent}")
    said = place.run(resume, 1).stderr
    assert "`squeue` fails: slurm_load_jobs error" in said, said
    front.fault("squeue", "")
    assert claims() == claimed and len(front.calls("sbatch")) == 1
    place.run(place.sweeps("cancel"))
    assert place.states() == {"failed": 1, "interrupted": 5}, place.states()


def late(place):
    """What has failed by itself does not begin again when accounts are late, nor when nobody knows of it."""
    front = place.front()
    front.fault("sacct", "exit 0")
    place.run(place.app("x=1", *place.settings()), HC_SLEEP="60")
    forgot = Place(place.cluster, place.args, "forgot")
    behind = forgot.front()
    behind.fault("sacct", "exit 0")
    behind.fault("scontrol", 'case "$*" in *"show job"*) exit 1 ;; esac')
    driver = forgot.begin(forgot.app("x=1", *forgot.settings("mainstem.slurm.detach=false")), HC_SLEEP="60")
    for one in (place, forgot):
        wait_until("it runs", lambda: one.entries()[-1:] and ids(one) and running(one) == [0])
        killed(one, ids(one)[0])
    wait_until("it has ended", lambda: empty(place))
    place.run(place.sweeps("watch"), 1)
    assert place.shows()[0]["error"] == "Slurm says `FAILED`", place.shows()
    # Who waits looks twice, while other tests run.
    yield from until(lambda: driver.poll() is not None)
    assert driver.returncode == 1, driver.communicate()
    assert forgot.shows()[0]["error"] == "it ended without a word, and Slurm does not know why", forgot.shows()
    for one, asked in ((place, front), (forgot, behind)):
        assert one.states() == {"failed": 1} and len(asked.calls("sbatch")) == 1, one.entries()


def refused(place):
    """What Slurm does not take is told once, and goes on when it is mended."""
    front = place.front()
    done = place.run(place.app("x=range(20)", *place.settings("hydra.launcher.partition=new", "mainstem.slurm.largest_array=5")), 1)
    assert done.stderr.count("invalid partition") == 1, done.stderr
    assert "nothing of the sweep is in Slurm's queue" in done.stderr, done.stderr
    assert len(front.calls("sbatch")) == 1, front.calls("sbatch")
    place.cluster.run("scontrol", "create", "PartitionName=new", "Nodes=near")
    try:
        place.run([str(place.args.app), "--resume", "sw"])
        assert len(front.calls("sbatch")) == 5, front.calls("sbatch")
        place.run(place.sweeps("cancel"))
        wait_until("an empty queue", lambda: not place.cluster.queue("new"))
    finally:
        place.cluster.run("scontrol", "delete", "PartitionName=new")


def elsewhere(place):
    """What Slurm has does not run elsewhere; what comes late finds its job taken."""
    (place.path / "alone").mkdir()
    env = {"HC_ALONE": str(place.path / "alone")}
    place.front().fault("sbatch", 'exec $real --hold "$@"')
    place.run(place.app("x=1,2", *place.settings()), **env)
    here = [str(place.args.app), "--resume", "sw", "hydra/launcher=basic"]
    array = array_of(place)
    said = place.run(here, 1).stderr
    assert f"Slurm has jobs of this sweep: {array}" in said, said
    said = place.run(place.app("x=3,4", *place.settings()), 1).stderr
    assert f"Slurm has jobs of the sweep that is in `sw`: {array}" in said, said
    place.cluster.run("scancel", array)
    place.run(here, **env)
    assert place.states() == {"completed": 2}, place.shows()
    again = place.cluster.run("sbatch", "--parsable", str(place.sweep / ".sweep/slurm/1/script.sh")).strip()
    place.cluster.run("scontrol", "release", again)
    log = lambda job: (place.sweep / f".submitit/{again}_{job}_log.err")
    is_told = lambda job: log(job).exists() and f"job {job} was taken back" in log(job).read_text()
    wait_until("both find their jobs taken", lambda: is_told(0) and is_told(1))
    assert {path.read_text() for path in (place.path / "alone").iterdir()} == {"begin\nend\n"}
    place.cluster.quiet()


def share(place):
    """A share of failures stops a search."""
    search = ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=4", "hydra.sweeper.n_jobs=1", "hydra.sweeper.max_failure_rate=0.0",
              "hydra.sweeper.direction=minimize", "mainstem.sweep.first_failures=null", "x=range(10)"]
    said = place.run(place.app(*search, *place.settings()), None, HC_RAISE="1").stderr
    assert "the sweep was stopped: a job has failed; 3 jobs were not run" in said, said
    place.cluster.quiet()


def taken_out(place):
    """All of a sweep is taken out of the queue, also what its driver, a job elsewhere, hands on while it is asked to end."""
    front = place.front()
    # The driver, a first array, and a second one that is slow.
    front.fault("sbatch", 'if [ $(wc -l < "$0.calls") = 3 ]; then trap "" TERM; sleep 2; fi')
    words = place.settings("hydra.launcher.partition=near", "mainstem.slurm.driver=true", "mainstem.slurm.largest_array=1")
    place.run(place.app("x=1,2", *words), HC_SLEEP="60")
    wait_until("a second array is on its way", lambda: len(front.calls("sbatch")) == 3)
    asked = len(front.calls("squeue"))
    place.run(place.sweeps("cancel"))
    named = [place.sweep / f".sweep/slurm/{number}/script.sh" for number in (1, 2, 3)]
    left = lambda: [line for line in place.cluster.run("squeue", "-h", "-o", "%o").splitlines() if Path(line) in named]
    assert left() == [], left()
    assert len(front.calls("squeue")) - asked < 12, front.calls("squeue")
    assert len(front.calls("scancel")) > 1, (place.entries(), front.calls("scancel"))
    time.sleep(1)
    assert left() == [] and place.states() == {"interrupted": 2}, (left(), place.shows())


def waited(place):
    """Nobody drives a sweep that somebody drives; who watches waits for that one first, and then for its jobs."""
    driver = place.begin(place.app("x=1", *place.settings("mainstem.slurm.detach=false")), HC_SLEEP="4")
    wait_until("it is handed on", lambda: place.entries() and place.entries()[-1]["event"] == "submitted")
    # A shell in an allocation is no driver, and does not wait for one.
    said = place.run([str(place.args.app), "--resume", "sw"], 1, SLURM_JOB_ID="77").stderr
    assert "another process runs the sweep" in said, said
    watching = place.begin(place.sweeps("watch"))
    time.sleep(0.7)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(20) == 0 and place.states() != {"completed": 1}
    said = watching.communicate(timeout=60)[1]
    assert watching.returncode == 0 and "runs the sweep: waits for it" in said, said
    assert place.entries()[-2]["event"] == "ended" and place.states() == {"completed": 1}, place.entries()


def unanswered(place):
    """Slurm takes an array and does not say so: who waits finds it in the queue, and who goes is told, and nothing of it begins."""
    lost = '$real "$@" > /dev/null; : > "$0.fault"; echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1'
    goes = Place(place.cluster, place.args, "goes")
    both = [place, goes]
    for one in both:
        one.front().fault("sbatch", lost)
        (one.path / "alone").mkdir()
    alone = lambda one: {"HC_ALONE": str(one.path / "alone")}
    said = goes.run(goes.app("x=1,2", *goes.settings()), 1, **alone(goes)).stderr
    assert "Socket timed out" in said, said
    goes.cluster.quiet()
    assert not list((goes.path / "alone").iterdir()), "it has begun what was told not to be in the queue"
    said = place.run(place.app("x=1,2", *place.settings("mainstem.slurm.detach=false")), HC_SLEEP="2", **alone(place)).stderr
    assert "Socket timed out" in said and len(ids(place)) == 1, (said, place.entries())
    goes.run([str(goes.args.app), "--resume", "sw", "mainstem.slurm.detach=false"], **alone(goes))
    for one in both:
        assert one.states() == {"completed": 2}, one.shows()
        said = {path.name: path.read_text() for path in (one.path / "alone").iterdir()}
        assert said == {"0": "begin\nend\n", "1": "begin\nend\n"}, said


def silent(place):
    """The controller does not answer while other tests run: who goes is told, who waits keeps what is to be handed on."""
    front, resume = place.front(), [str(place.args.app), "--resume", "sw"]
    silent = f"export SLURM_CONF={place.cluster.silent}"
    front.fault("sbatch", silent)
    said = place.run(place.app("x=1,2", *place.settings("hydra.launcher.partition=near")), 1).stderr
    assert said.count("Unable to contact slurm controller") == 1 and "nothing of the sweep is in" in said, said
    front.fault("squeue", f'[ $(wc -l < "$0.calls") = 1 ] || {silent}')
    driver = place.begin([*resume, "mainstem.slurm.detach=false"])
    yield from until(lambda: driver.poll() is not None or len(front.calls("sbatch")) >= 2 and len(front.calls("squeue")) >= 2)
    assert driver.poll() is None, driver.communicate()
    for name in ("sbatch", "squeue"):
        front.fault(name, "")
    yield from until(lambda: driver.poll() is not None)
    said = driver.communicate()[1]
    assert driver.returncode == 0 and place.states() == {"completed": 2}, (said, place.entries())
    assert said.count("Unable to contact slurm controller") == 1, said


def put_back(place):
    """A job of a higher partition takes the place of a command with a hook, of a task with several jobs, and of a single run:
    each goes on from what was saved. Slurm gives the command notice, where a hook is run, and the others none."""
    cluster = place.cluster
    place.run(saving(place, 30, "hydra.launcher.partition=warned"))
    pack, single = Place(cluster, place.args, "pack"), Place(cluster, place.args, "single-run")
    pack.run(pack.app("x=range(3)", *pack.settings("mainstem.slurm.jobs_per_task=3")), HC_STEPS="15")
    words = single.settings("mainstem.slurm.single=true", "hydra.run.dir=out", "hydra.launcher.partition=near")
    number = single.run([str(single.args.app), "-cd", "conf", "x=3", *words], HC_STEPS="30").stdout.split("\n")[-2]
    log_of = lambda path: path.read_text() if path.exists() else ""
    out = lambda: log_of(single.path / f"out/.slurm/log/{number}_0.out")
    first, second = place.sweep / "0/stdout.log", pack.sweep / "1/stdout.log"
    wait_until("all run", lambda: all("step 3" in said for said in (log_of(first), log_of(second), out())))
    cluster.preempts(cluster.host, "near")
    tasks = [ids(place)[0], ids(pack)[0], f"{number}_0"]
    waiting = lambda: {line.split()[0] for line in cluster.queue("main,near,warned") if line.endswith("PENDING")}
    wait_until("all are put back", lambda: set(tasks) <= waiting())
    assert all("saved" in said for said in (log_of(first), log_of(second), out()))
    wait_until("there is room again", lambda: not cluster.queue("high"))
    time.sleep(2.5)
    for task in tasks:
        cluster.run("scontrol", "update", f"JobId={task}", "StartTime=now")
    place.run(place.sweeps("watch"))
    steps_are_taken_once(first, 30)
    pack.run(pack.sweeps("watch"))
    assert pack.states() == {"completed": 3} and len(ids(pack)) == 1, pack.entries()
    steps_are_taken_once(second, 15)
    for job in (0, 2):
        said = (pack.sweep / str(job) / "stdout.log").read_text()
        assert "saved" not in said and said.count("step") == 15, said
    record = single.path / "out/.hydra/run.json"
    wait_until("it completes", lambda: record.exists() and json.loads(record.read_text())["status"] == "completed")
    assert [int(step) for step in re.findall(r"^step (\d+)$", out(), re.M)] == list(range(30)), out()
    cluster.quiet()


def crowded(place):
    """A queue that stays full while other tests run: it is tried again, and what is tried again fills no journal."""
    if not place.cluster.accounts:
        return print("  skipped: a queue that stays full, since there is no slurmdbd")
    front, env = place.front(), {"HC_ALONE": str(place.path / "alone")}
    (place.path / "alone").mkdir()
    place.cluster.most_queued(0, "little")
    driver = place.begin(place.app("x=range(4)", *place.settings("hydra.launcher.partition=near", "hydra.launcher.account=little")), **env)
    # All of them, half of them, one of them; and that one again after a while.
    tries = lambda: len(front.calls("sbatch"))
    submitting = lambda: sum(entry["event"] == "submitting" for entry in place.entries())
    yield from until(lambda: tries() >= 3)
    yield from until(lambda: place.states() == {"waiting": 4})
    yield from until(lambda: tries() >= 5)
    assert submitting() == 3, place.entries()
    place.cluster.most_queued(-1, "little")
    yield from until(lambda: driver.poll() is not None)
    said = driver.communicate()[1]
    assert driver.returncode == 0 and said.count("4 jobs are kept here until there is room") == 1, said
    assert submitting() - 3 < len(ids(place)) <= 4, place.entries()
    yield from until(lambda: not place.cluster.queue("near"))
    place.run(place.sweeps("watch"))
    assert place.states() == {"completed": 4}, place.shows()
    assert [(place.path / "alone" / str(job)).read_text() for job in range(4)] == ["begin\nend\n"] * 4


def seldom(place):
    """Who watches asks Slurm seldom: a job of 20 s, while other tests run."""
    front = place.front()
    place.run(place.app("x=1", *place.settings("hydra.launcher.partition=near")), HC_SLEEP="20")
    watching = place.begin(place.sweeps("watch"))
    yield from until(lambda: watching.poll() is not None)
    assert watching.returncode == 0 and place.states() == {"completed": 1}, watching.communicate()
    calls = {name: len(front.calls(name)) for name in ("squeue", "sacct")}
    assert calls["squeue"] <= 8 and calls["sacct"] <= 1, calls


TESTS = [crowded, seldom, silent, told, late, refused, elsewhere, share, taken_out, waited, unanswered, put_back]
