"""Sweeps of which one part does not see what another one does: containers, other machines, other people. Parts of `slurm.py`."""

import os
import re
import signal
import time
from pathlib import Path

from cluster import wait_until
from place import Place, ids, runs_again, saving, steps_are_taken_once, until, waits

# A place in which there are no commands of Slurm, as in an image that knows nothing of it.
BOX = """#!/bin/sh
exec unshare --mount sh -c 'for name in scontrol squeue sbatch scancel sacct srun; do
  mount --bind /dev/null "$(command -v $name)"; done; exec "$@"' box "$@"
"""


def boxed(place):
    box = place.path / "box"
    box.write_text(BOX)
    box.chmod(0o755)
    return f"mainstem.slurm.container=[{box}]"


def contained(place):
    """A task in a container without Slurm's commands saves its state and is put back: of a program, of a command with a hook,
    without `srun`, and of a single run. A driver that is a job is beside the containers."""
    def at(name):
        return Place(place.cluster, place.args, name)

    command, bare, single, driven = at("command"), at("bare"), at("single"), at("driven")
    place.run(place.app("x=1", *place.settings(boxed(place))), HC_STEPS="40")
    goes_on(place, place.sweep / "0/stdout.log", 40, "--signal=USR2")
    command.run(saving(command, 40, boxed(command)))
    goes_on(command, command.sweep / "0/stdout.log", 40, "--signal=USR2")
    # Without `srun` Slurm tells the script.
    bare.run(bare.app("x=1", *bare.settings(boxed(bare), "hydra.launcher.use_srun=false")), HC_STEPS="40")
    goes_on(bare, bare.sweep / "0/stdout.log", 40, "--batch", "--signal=USR2")
    script = (bare.sweep / ".sweep/slurm/1/script.sh").read_text()
    assert "#SBATCH --signal=B:USR2@120" in script, script
    words = single.settings("mainstem.slurm.single=true", "hydra.run.dir=out", boxed(single))
    number = single.run([str(single.args.app), "-cd", "conf", "x=3", *words], HC_STEPS="40").stdout.split("\n")[-2]
    log = single.path / f"out/.slurm/log/{number}_0.out"
    wait_until("it runs", lambda: log.exists() and "step 5" in log.read_text())
    single.cluster.run("scancel", "--signal=USR2", f"{number}_0")
    wait_until("it is put back", lambda: any(line == f"{number}_0 PENDING" for line in single.cluster.queue()))
    time.sleep(2.5)
    single.cluster.run("scontrol", "update", f"JobId={number}_0", "StartTime=now")
    wait_until("it has taken all steps", lambda: "step 39" in log.read_text())
    steps_are_taken_once(log, 40)
    driven.run(driven.app("x=1", *driven.settings(boxed(driven), "mainstem.slurm.driver=true")))
    driven.all_completed(1)
    seen = at("seen")
    tail = ["sh", "-c", "scontrol --version || echo none"]
    seen.run(seen.command("x=1", *seen.settings(boxed(seen), "mainstem.slurm.detach=false"), tail=tail))
    assert (seen.sweep / "0/stdout.log").read_text() == "none\n"
    place.cluster.quiet()


def contained_to_the_limit(place):
    """A task in such a container that comes to a real limit of a minute, while other tests run, finds that by its own clock, and
    begins again as often as was asked for."""
    more = ["hydra.launcher.timeout_min=1", "hydra.launcher.signal_delay_s=40", "hydra.launcher.partition=far"]
    place.run(place.app("x=1", *place.settings(boxed(place), *more, "hydra.launcher.max_num_timeout=1")), HC_STEPS="6000")
    log = place.sweep / "0/stdout.log"
    saved = lambda: log.read_text().count("saved") if log.exists() else 0
    yield from until(lambda: saved() == 1 and waits(place, "far"))
    time.sleep(2.5)
    place.cluster.run("scontrol", "update", f"JobId={ids(place)[0]}", "StartTime=now")
    array = ids(place)[0].removesuffix("0")
    yield from until(lambda: not any(line.startswith(array) for line in place.cluster.queue("far")))
    place.run(place.sweeps("watch"), 1)
    assert "it has come 2 times to its limit of 1 min" in place.shows()[0]["error"], place.shows()
    assert saved() == 2 and len(ids(place)) == 1, place.entries()


def goes_on(one, log, count, *notice):
    """A job is told that its time comes to an end, is put back, and takes the steps that are left."""
    wait_until("it runs", lambda: log.exists() and "step 5" in log.read_text())
    one.cluster.run("scancel", *notice, ids(one)[0])
    wait_until("it is put back", lambda: waits(one))
    runs_again(one, lambda: "step" in log.read_text().split("saved", 1)[1])
    one.run(one.sweeps("watch"))
    steps_are_taken_once(log, count)
    assert one.states() == {"completed": 1} and len(ids(one)) == 1, one.entries()


def on_another_host(place, words, **env):
    """A driver whose host has another name, and whose process no signal of ours reaches by its number."""
    apart = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", 'hostname login-2; "$@"', "sh"]
    return place.begin([*apart, *words], **env)


def process_of(place):
    """The number that the driver has here."""
    def is_it(one):
        try:
            return os.readlink(one / "exe") == str(place.args.app) and os.readlink(one / "cwd") == str(place.path)
        except OSError:
            return False

    (found,) = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and is_it(one)]
    return found


def cancelled_from_afar(place):
    """A driver on another host hands on nothing more once the sweep was cancelled here; and if it hangs, once it goes on."""
    hung = Place(place.cluster, place.args, "hung")
    drivers = []
    for one, partition in ((place, "main"), (hung, "near")):
        one.calls = one.front().calls
        more = ["mainstem.slurm.detach=false", "mainstem.slurm.max_queued=2", f"hydra.launcher.partition={partition}"]
        drivers.append(on_another_host(one, one.app("x=range(6)", *one.settings(*more)), HC_SLEEP="60"))
        wait_until("two jobs run", lambda: one.entries() and ids(one) and one.states().get("running") == 2)
    number = process_of(hung)
    os.kill(number, signal.SIGSTOP)
    cancelling = hung.begin(hung.sweeps("cancel"))
    done = place.run(place.sweeps("cancel"))
    assert re.search(r"left word for process \d+ on `login-2`, which drives the sweep", done.stderr), done.stderr
    said = drivers[0].communicate(timeout=60)[1]
    assert drivers[0].returncode == 1 and "the sweep was cancelled by process" in said, said
    assert "6 of 6 jobs have not ended" in said and "--resume sw" in said, said
    assert len(place.calls("sbatch")) == 1 and not place.cluster.queue("main"), place.entries()
    assert place.entries()[-1]["why"] == "cancelled" and set(place.states()) == {"interrupted"}, place.shows()
    # Whoever goes on is not meant by that word.
    place.run([str(place.args.app), "--resume", "sw", "mainstem.slurm.detach=false", "mainstem.slurm.max_queued=null"])
    assert place.states() == {"completed": 6}, place.shows()
    yield from until(lambda: cancelling.poll() is not None)
    said = cancelling.communicate()[1]
    assert cancelling.returncode == 1 and "on `login-2` hands on nothing more once it reads" in said, said
    assert not hung.cluster.queue("near"), hung.entries()
    os.kill(number, signal.SIGCONT)
    yield from until(lambda: drivers[1].poll() is not None)
    said = drivers[1].communicate()[1]
    assert drivers[1].returncode == 1 and "the sweep was cancelled by process" in said, said
    assert len(hung.calls("sbatch")) == 1 and not hung.cluster.queue("near"), hung.entries()


def depends(place):
    """What an array waits for itself, and what the user says that it waits for, are waited for both."""
    cluster = place.cluster
    first = cluster.run("sbatch", "--parsable", "--hold", "--mem=1G", "-o", "/dev/null", "--wrap", "true").strip()
    more = ["hydra.launcher.array_parallelism=2", "mainstem.slurm.largest_array=2",
            f"+hydra.launcher.additional_parameters.dependency=afterany:{first}"]
    place.run(place.app("x=range(4)", *place.settings(*more)))
    one, two = (task.split("_")[0] for task in ids(place))
    depends_on = lambda array: re.search(r"Dependency=(\S+)", cluster.run("scontrol", "show", "job", array)).group(1)
    named = lambda array: sorted(re.findall(r"afterany:(\d+)", depends_on(array)))
    assert named(one) == [first] and named(two) == sorted([first, one]), (depends_on(one), depends_on(two))
    assert place.states() == {"waiting": 4}
    cluster.run("scontrol", "release", first)
    place.run(place.sweeps("watch"))
    assert place.states() == {"completed": 4}
    either = Place(cluster, place.args, "either")
    more[-1] += f"?afterok:{first}"
    said = either.run(either.app("x=range(4)", *either.settings(*more)), None).stderr
    assert "cannot stand beside `afterany:" in said, said
    either.run(either.sweeps("cancel"), None)
    cluster.quiet()


def watched_again(place):
    """Whoever watches a sweep that has failed, or was stopped, is told so each time, and begins nothing of it."""
    def fails(one, why):
        calls = one.front().calls
        for _ in range(2):
            said = one.run(one.sweeps("watch"), 1).stderr
            assert why in said, said
            # It answers what was asked, whatever that is.
            one.run(one.sweeps("show"))
        assert not calls("sbatch"), calls("sbatch")

    place.run(place.app("x=1,2", *place.settings()), HC_RAISE="1")
    driven, ended = Place(place.cluster, place.args, "driven"), Place(place.cluster, place.args, "ended")
    driven.run(driven.app("x=1,2", *driven.settings("mainstem.slurm.driver=true")), HC_RAISE="1")
    ended.run(ended.app("x=1,2", *ended.settings()), HC_SLEEP="60")
    ended.run(ended.sweeps("cancel"))
    fails(place, "2 of 2 jobs failed")
    fails(driven, "2 of 2 jobs failed")
    fails(ended, "was stopped: cancelled")
    place.cluster.quiet()


def of_another_user(place):
    """Jobs that somebody else has submitted, in a folder that both see, are found in the queue, and do not run twice."""
    cluster = place.cluster
    if cluster.accounts:
        cluster.run("sacctmgr", "-i", "add", "user", "nobody", "account=all")
    front = place.front()
    front.fault("sbatch", 'exec $real --hold --uid=nobody "$@"')
    place.run(place.app("x=1,2", *place.settings()))
    front.fault("sbatch", "")
    assert ids(place)[0].split("_")[0] not in cluster.run("squeue", "--me", "-h", "-o", "%i")
    os.chown(place.sweep / ".sweep/slurm/1/script.sh", 65534, -1)
    assert place.states() == {"waiting": 2}, place.shows()
    place.run([str(place.args.app), "--resume", "sw"])
    assert len(front.calls("sbatch")) == 1, front.calls("sbatch")
    assert len(front.calls("squeue")) >= 2 and all("--user=" in call for call in front.calls("squeue")[1:]), front.calls("squeue")
    place.run(place.sweeps("cancel"))
    assert place.states() == {"interrupted": 2} and not cluster.queue(), place.shows()


TESTS = [contained_to_the_limit, cancelled_from_afar, contained, depends, watched_again, of_another_user]
