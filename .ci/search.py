#!/usr/bin/env python3
"""Holds the samplers of `mainstem::search` against Optuna's on the same functions, in one run.

  search.py [--binary PATH] [--ours auto] [--peer tpe] [--seeds 30] [--trials 100] [--slots 1,8] [--functions Branin,…]
            [--average 0.5] [--each 0.45] [--observed] [--processes 2] [--cache FILE] [--json FILE] [--no-time]

For each function and number of slots it prints the probability that our best after the trials beats the peer's (over all
pairs of seeds, a tie counts half) with a bootstrap interval over the seeds, and the median best of both; of functions with
two losses the best is the volume that they dominate. Then the time of one suggestion when 1,000 trials are known. Ends with
status 1 if a promise is broken: `--average` on average, `--each` on each function, a twentieth of the peer's time. `--cache`
keeps the peer's results between runs, while one changes ours.

The binary speaks lines: `space SAMPLER SEED OBJECTIVES`, a line for each parameter, `begin`; then `ask N` is answered by the values
of the point (`-` where the parameter does not apply), `tell N VALUES…` (or `failed`) by nothing.
"""
import argparse
import concurrent.futures
import heapq
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time

from functions import FRONTS, FUNCTIONS, PROMISED, UNSEEN, floats, hartmann

HERE = os.path.dirname(os.path.realpath(__file__))


def applies(options, point):
    when = options.get("when")
    return when is None or point.get(when[0]) in when[1]


# The two sides: `ask(number) -> point`, `tell(number, value)`.

class Ours:
    def __init__(self, binary, sampler, seed, space, objectives):
        self.space = space
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.send("space %s %d %d" % (sampler, seed, objectives))
        index = {}
        for name, kind, options in space:
            index[name] = len(index)
            words = [kind, name]
            words += [str(options["count"])] if kind == "cat" else [repr(options["low"]), repr(options["high"])]
            words += ["log"] * bool(options.get("log"))
            if "when" in options:
                words += ["when", str(index[options["when"][0]]), ",".join(map(str, options["when"][1]))]
            self.send(" ".join(words))
        self.send("begin")

    def send(self, line):
        self.process.stdin.write(line + "\n")

    def ask(self, number):
        self.send("ask %d" % number)
        line = self.process.stdout.readline()
        words = line.split()
        assert len(words) == len(self.space), "the binary answered %r" % line
        return {name: (float if kind == "float" else int)(word)
                for (name, kind, _), word in zip(self.space, words) if word != "-"}

    def tell(self, number, value):
        values = value if isinstance(value, tuple) else (value,)
        self.send("tell %d %s" % (number, "failed" if value is None else " ".join(map(repr, values))))

    def seconds(self):
        """How long its process has computed, or what the clock says."""
        try:
            with open("/proc/%d/schedstat" % self.process.pid) as text:
                return int(text.read().split()[0]) / 1e9
        except OSError:
            return time.perf_counter()

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0, "the binary failed"


class Peer:
    def __init__(self, sampler, seed, space, objectives):
        import optuna
        import warnings
        warnings.simplefilter("ignore")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        made = {"tpe": optuna.samplers.TPESampler, "cmaes": optuna.samplers.CmaEsSampler,
                "random": optuna.samplers.RandomSampler, "qmc": optuna.samplers.QMCSampler,
                "gp": getattr(optuna.samplers, "GPSampler", None), "nsgaii": optuna.samplers.NSGAIISampler}
        self.optuna, self.space, self.trials = optuna, space, {}
        self.study = optuna.create_study(sampler=made[sampler](seed=seed), directions=["minimize"] * objectives)

    def ask(self, number):
        trial = self.trials[number] = self.study.ask()
        point = {}
        for name, kind, options in self.space:
            if not applies(options, point):
                continue
            if kind == "cat":
                point[name] = trial.suggest_categorical(name, list(range(options["count"])))
            else:
                suggest = trial.suggest_float if kind == "float" else trial.suggest_int
                point[name] = suggest(name, options["low"], options["high"], log=options.get("log", False))
        return point

    def tell(self, number, value):
        failed = self.optuna.trial.TrialState.FAIL
        self.study.tell(self.trials.pop(number), value, state=failed if value is None else None)

    def seconds(self):
        return time.process_time()

    def close(self):
        pass


def noisy(true, noise, draw):
    if true is None or not noise:
        return true
    return noise(draw, true) if callable(noise) else true + noise * draw.gauss(0, 1)


class Best:
    """The true value of the point that looked best, or what was seen of it."""

    def __init__(self, observed):
        self.observed, self.seen, self.value = observed, math.inf, math.inf

    def tell(self, true, value):
        if value is not None and value < self.seen:
            self.seen, self.value = value, value if self.observed else true
        return self.value


class Volume:
    """Minus the area that some points with two losses dominate, up to a reference."""

    def __init__(self, reference):
        self.reference, self.front = reference, []

    def tell(self, _, value):
        if value is not None:
            front, low = [], math.inf
            for a, b in sorted(self.front + [value]):
                if b < low:
                    low = b
                    front.append((a, b))
            self.front = front
        area, high = 0.0, self.reference[1]
        for a, b in self.front:
            if a < self.reference[0] and b < high:
                area += (self.reference[0] - a) * (high - b)
                high = b
        return -area


def search(side, function, noise, judge, seed, trials, slots):
    """-> what the judge makes of the trials that were told, after each."""
    draw = random.Random(seed * 7919 + 13)
    running, history = [], []
    for number in range(trials + slots):
        if number >= slots:
            _, done, point = heapq.heappop(running)
            true = function(point)
            value = noisy(true, noise, random.Random(seed * 1000003 + done))
            history.append(judge.tell(true, value))
            side.tell(done, value)
        if number < trials:
            heapq.heappush(running, (number + draw.uniform(0, slots), number, side.ask(number)))
    side.close()
    return history


def side_of(spec, seed, space, objectives=1):
    return Ours(spec[1], spec[2], seed, space, objectives) if spec[0] == "ours" else Peer(spec[1], seed, space, objectives)


def job(spec, name, seed, trials, slots, observed):
    if name in FRONTS:
        space, function, reference = FRONTS[name]
        return search(side_of(spec, seed, space, 2), function, 0, Volume(reference), seed, trials, slots)
    space, function, noise = FUNCTIONS[name]
    return search(side_of(spec, seed, space), function, noise, Best(observed), seed, trials, slots)


# What is made of the results.

def beats(ours, theirs):
    """The probability that a value of ours is the lower one; a tie counts half."""
    won = sum((a < b) + 0.5 * (a == b) for a in ours for b in theirs)
    return won / (len(ours) * len(theirs))


def interval(pairs, rounds=1000):
    """95 % of the average of `beats` over the functions, by drawing seeds again."""
    draw = random.Random(1)
    again = sorted(statistics.fmean(beats(draw.choices(a, k=len(a)), draw.choices(b, k=len(b))) for a, b in pairs)
                   for _ in range(rounds))
    return again[int(0.025 * rounds)], again[int(0.975 * rounds)]


def suggestion_time(spec, known=1000, count=40):
    """Milliseconds that one suggestion takes, with so many trials known, of six floats.

    Of the processor where the system says it, since other programs may run; else of the clock. The least of some."""
    draw = random.Random(3)
    space = floats(6, 0.0, 1.0)
    side = side_of(spec, 1, space)
    points = [{name: draw.random() for name, _, _ in space} for _ in range(known)]
    values = [hartmann(list(point.values())) for point in points]
    if isinstance(side, Peer):
        spread = {name: side.optuna.distributions.FloatDistribution(0.0, 1.0) for name, _, _ in space}
        for point, value in zip(points, values):
            side.study.add_trial(side.optuna.trial.create_trial(params=point, distributions=spread, value=value))
    else:
        for number, (point, value) in enumerate(zip(points, values)):
            side.send("know %d %r %s" % (number, value, " ".join(repr(v) for v in point.values())))
    times = []
    for number in range(known, known + count):
        start = side.seconds()
        point = side.ask(number)
        times.append((side.seconds() - start) * 1000)
        side.tell(number, hartmann(list(point.values())))
    side.close()
    return min(times)


def options():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--binary", default=os.path.join(HERE, "../target/release/examples/search"))
    a.add_argument("--ours", default="auto")
    a.add_argument("--peer", default="tpe")
    a.add_argument("--seeds", type=int, default=30)
    a.add_argument("--trials", type=int, default=100)
    a.add_argument("--slots", default="1,8")
    a.add_argument("--functions", default=",".join(PROMISED), help="names of .ci/functions.py, or `all`, `unseen`, `fronts`")
    a.add_argument("--average", type=float, default=0.5, help="what the average must reach")
    a.add_argument("--each", type=float, default=0.45, help="what each function must reach")
    a.add_argument("--observed", action="store_true", help="of noisy functions, what was seen counts, not what is true")
    a.add_argument("--processes", type=int, default=os.cpu_count())
    a.add_argument("--no-time", action="store_true")
    a.add_argument("--cache")
    a.add_argument("--json")
    o = a.parse_args()
    groups = {"all": FUNCTIONS, "unseen": UNSEEN, "fronts": FRONTS}
    o.names = list(groups[o.functions]) if o.functions in groups else o.functions.split(",")
    return o


def compare(o, pool, slots, cache):
    """Prints how ours does with so many at a time. -> by function the last values of both, and what is broken."""
    print("%d trials, %d at a time, %d seeds; %s against optuna's %s" % (o.trials, slots, o.seeds, o.ours, o.peer), flush=True)
    waiting = []
    for name in o.names:
        rest = (o.trials, slots, o.observed)
        mine = [pool.submit(job, ("ours", o.binary, o.ours), name, seed, *rest) for seed in range(o.seeds)]
        theirs = {}
        for seed in range(o.seeds):
            key = "%s/%s/%d/%d/%d/%s" % (o.peer, name, seed, *rest)
            theirs[key] = cache.get(key) or pool.submit(job, ("peer", o.peer), name, seed, *rest)
        waiting.append((name, mine, theirs))
    last, half, broken = {}, [], []
    for name, mine, theirs in waiting:
        for key, future in theirs.items():
            cache[key] = future if isinstance(future, list) else future.result()
        keep(o, cache)
        sides = [future.result() for future in mine], [cache[key] for key in theirs]
        last[name] = pair = [[history[-1] for history in side] for side in sides]
        half.append([[history[len(history) // 2 - 1] for history in side] for side in sides])
        p, (low, high) = beats(*pair), interval([pair])
        if p < o.each:
            broken.append("%s, %d at a time" % (name, slots))
        print("  %-16s P %.3f [%.3f, %.3f]  at half %.3f  median %10.5g against %10.5g" % (
            name, p, low, high, beats(*half[-1]), *map(statistics.median, pair)), flush=True)
    mean, (low, high) = statistics.fmean(beats(*pair) for pair in last.values()), interval(list(last.values()), 300)
    print("  %-16s P %.3f [%.3f, %.3f]  at half %.3f" % (
        "average", mean, low, high, statistics.fmean(beats(*pair) for pair in half)), flush=True)
    if mean < o.average:
        broken.append("the average, %d at a time" % slots)
    return last, broken


def keep(o, cache):
    if o.cache:
        with open(o.cache + ".new", "w") as file:
            json.dump(cache, file)
        os.replace(o.cache + ".new", o.cache)


def main():
    o = options()
    cache = json.load(open(o.cache)) if o.cache and os.path.exists(o.cache) else {}
    record, broken = {}, []
    with concurrent.futures.ProcessPoolExecutor(o.processes) as pool:
        for slots in map(int, o.slots.split(",")):
            last, flaws = compare(o, pool, slots, cache)
            broken += flaws
            record |= {"%s/%d" % (name, slots): dict(ours=mine, theirs=theirs) for name, (mine, theirs) in last.items()}
    if not o.no_time:
        mine, theirs = suggestion_time(("ours", o.binary, o.ours)), suggestion_time(("peer", o.peer))
        print("a suggestion when 1,000 trials are known: %.3f ms against %.3f ms (1/%.0f)" % (mine, theirs, theirs / mine))
        record["milliseconds"] = dict(ours=mine, theirs=theirs)
        if mine * 20 > theirs:
            broken.append("the time of a suggestion")
    if o.json:
        with open(o.json, "w") as file:
            json.dump(record, file, indent=1)
    if broken:
        sys.exit("broken: " + "; ".join(broken))


if __name__ == "__main__":
    main()
