#!/usr/bin/env python3
"""Holds the samplers of `mainstem::search` against Optuna's on the same functions, in one run.

  search.py [--quick] [--binary PATH] [--ours auto] [--peer tpe] [--seeds 30] [--trials 100] [--slots 1,8]
            [--functions Branin,…] [--processes 2] [--cache FILE] [--json FILE] [--no-time]

For each function and number of slots it prints the probability that our best after the trials beats the peer's (over all
pairs of seeds, a tie counts half) with a bootstrap interval over the seeds, and the median best of both. Then the time of
one suggestion when 1,000 trials are known. Ends with status 1 if a promise is broken: 0.5 on average, 0.45 on each
function, a twentieth of the peer's time. `--cache` keeps the peer's results between runs, while one changes ours.

The binary speaks lines: `space SAMPLER SEED`, a line for each parameter, `begin`; then `ask N` is answered by the values
of the point (`-` where the parameter does not apply), `tell N VALUE` (or `failed`) by nothing.
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

HERE = os.path.dirname(os.path.realpath(__file__))


# The functions. A parameter is (name, kind, options); `when` says which choices of an earlier one it needs.

def floats(count, low, high):
    return [("x%d" % i, "float", dict(low=low, high=high)) for i in range(count)]


def vector(point, count):
    return [point["x%d" % i] for i in range(count)]


def over(count):
    """Makes a function of a point out of one of a list."""
    return lambda function: lambda point: function(vector(point, count))


def branin(x):
    a, b = x
    return (b - 5.1 / (4 * math.pi ** 2) * a * a + 5 / math.pi * a - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


HARTMANN_A = [[10, 3, 17, 3.5, 1.7, 8], [.05, 10, 17, .1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, .05, 10, .1, 14]]
HARTMANN_P = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
              [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]


def hartmann(x):
    return -sum(c * math.exp(-sum(a * (v - p * 1e-4) ** 2 for a, v, p in zip(A, x, P)))
                for c, A, P in zip([1.0, 1.2, 3.0, 3.2], HARTMANN_A, HARTMANN_P))


def rosenbrock(x):
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


def ackley(x):
    n = len(x)
    return (-20 * math.exp(-.2 * math.sqrt(sum(v * v for v in x) / n))
            - math.exp(sum(math.cos(2 * math.pi * v) for v in x) / n) + 20 + math.e)


SHIFT = [12.1, -7.3, 18.4, -15.2, 3.9, -19.6, 9.5, 14.8, -11.7, 6.2]


def shifted(function, scale=1.0):
    return lambda x: function([v - scale * s for v, s in zip(x, SHIFT * 3)])


def levy(x):
    w = [1 + (v - 1) / 4 for v in x]
    return (math.sin(math.pi * w[0]) ** 2
            + sum((v - 1) ** 2 * (1 + 10 * math.sin(math.pi * v + 1) ** 2) for v in w[:-1])
            + (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2))


def griewank(x):
    return 1 + sum(v * v for v in x) / 4000 - math.prod(math.cos(v / math.sqrt(i + 1)) for i, v in enumerate(x))


def styblinski(x):
    return sum(v ** 4 - 16 * v * v + 5 * v for v in x) / 2


def rastrigin(x):
    return 10 * len(x) + sum(v * v - 10 * math.cos(2 * math.pi * v) for v in x)


def schwefel(x):
    return 418.9829 * len(x) - sum(v * math.sin(math.sqrt(abs(v))) for v in x)


def sphere(x):
    return sum(v * v for v in x)


def pipeline(p):
    """A model of tuning: three kinds of models with parameters of their own, and one in common."""
    penalty = [0.12, 0.0, 0.03][p["scaling"]]
    if p["model"] == 0:
        return 0.35 + 0.012 * (math.log10(p["l2"]) + 1.5) ** 2 + 1.5 * penalty
    if p["model"] == 1:
        depth = (p["depth"] - 9) / 8
        return 0.22 + 0.15 * depth ** 2 + 0.2 / math.log2(p["trees"]) + 0.2 * penalty + 0.03 * math.sin(3 * p["depth"])
    rate = math.log10(p["lr"]) + 2.6 + 0.15 * p["layers"]
    width = (math.log2(p["width"]) - 8 + 0.4 * p["layers"]) / 3
    return 0.12 + 0.09 * rate ** 2 + 0.05 * width ** 2 + 0.2 * (p["dropout"] - 0.1 - 0.05 * width) ** 2 + penalty \
        + 0.01 * abs(p["layers"] - 3)


PIPELINE = [
    ("model", "cat", dict(count=3)),
    ("scaling", "cat", dict(count=3)),
    ("l2", "float", dict(low=1e-6, high=1e2, log=True, when=("model", [0]))),
    ("depth", "int", dict(low=1, high=16, when=("model", [1]))),
    ("trees", "int", dict(low=8, high=512, log=True, when=("model", [1]))),
    ("lr", "float", dict(low=1e-5, high=1.0, log=True, when=("model", [2]))),
    ("width", "int", dict(low=8, high=1024, log=True, when=("model", [2]))),
    ("layers", "int", dict(low=1, high=5, when=("model", [2]))),
    ("dropout", "float", dict(low=0.0, high=0.7, when=("model", [2]))),
]


def mixed(p):
    near = [p["a"] - 1.3, p["b"] + 0.7, (p["i"] - 7) / 3, (p["j"] + 4) / 5]
    return ackley(near) + [0, 0.8, 0.3, 1.5][p["k"]] * (1 + 0.2 * abs(near[0]))


MIXED = [("a", "float", dict(low=-5.0, high=5.0)), ("b", "float", dict(low=-5.0, high=5.0)),
         ("i", "int", dict(low=0, high=20)), ("j", "int", dict(low=-30, high=30)), ("k", "cat", dict(count=4))]

TABLE = [[0.9, 0.1, 0.5, 0.7, 0.3], [0.2, 0.8, 0.6, 0.0, 0.5], [0.4, 0.6, 0.0, 0.9, 0.7], [0.1, 0.5, 0.9, 0.3, 0.0]]


def choices(p):
    """Choices alone count, two of them together, in steps."""
    total = sum(TABLE[i][p["c%d" % i]] for i in range(4)) + (0.4 if p["c0"] != p["c3"] else 0.0)
    return round(4 * total + abs(p["s"] - 13) / 6) / 4


CHOICES = [("c%d" % i, "cat", dict(count=5)) for i in range(4)] + [("s", "int", dict(low=0, high=32))]


def rates(p):
    lr, wd, m, w = math.log10(p["lr"]), math.log10(p["wd"]), p["momentum"], math.log2(p["batch"])
    return (math.log1p(20 * (lr + 2.2 - 0.3 * (w - 6)) ** 2) + 0.1 * (wd + 4 + 0.2 * lr) ** 2
            + 3 * (m - 0.85) ** 2 + 0.02 * (w - 7) ** 2)


RATES = [("lr", "float", dict(low=1e-6, high=1.0, log=True)), ("wd", "float", dict(low=1e-8, high=1e-1, log=True)),
         ("momentum", "float", dict(low=0.0, high=0.99)), ("batch", "int", dict(low=8, high=1024, log=True))]

FUNCTIONS = {  # name: (space, function, deviation of the noise)
    "Branin": ([("x0", "float", dict(low=-5, high=10)), ("x1", "float", dict(low=0, high=15))], over(2)(branin), 0),
    "Hartmann6": (floats(6, 0, 1), over(6)(hartmann), 0),
    "Rosenbrock5": (floats(5, -5, 10), over(5)(rosenbrock), 0),
    "Ackley10s": (floats(10, -32.768, 32.768), over(10)(shifted(ackley)), 0),
    "Pipeline": (PIPELINE, pipeline, 0),
    "Levy6": (floats(6, -10, 10), over(6)(levy), 0),
    "Griewank5": (floats(5, -60, 60), over(5)(shifted(griewank)), 0),
    "Styblinski5": (floats(5, -5, 5), over(5)(styblinski), 0),
    "Rastrigin4": (floats(4, -5.12, 5.12), over(4)(shifted(rastrigin, 0.1)), 0),
    "Schwefel3": (floats(3, -500, 500), over(3)(schwefel), 0),
    "Sphere20": (floats(20, -5, 5), over(20)(shifted(sphere, 0.1)), 0),
    "NoisyHartmann6": (floats(6, 0, 1), over(6)(hartmann), 0.3),
    "Mixed": (MIXED, mixed, 0),
    "Choices": (CHOICES, choices, 0),
    "Rates": (RATES, rates, 0),
    "Plateau": (floats(5, -8, 8), over(5)(lambda x: math.floor(shifted(sphere, 0.2)(x) / 4)), 0),
}
PROMISED = ["Branin", "Hartmann6", "Rosenbrock5", "Ackley10s", "Pipeline"]


def applies(options, point):
    when = options.get("when")
    return when is None or point.get(when[0]) in when[1]


# The two sides: `ask(number) -> point`, `tell(number, value)`.

class Ours:
    def __init__(self, binary, sampler, seed, space):
        self.space = space
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.send("space %s %d" % (sampler, seed))
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
        self.send("tell %d %r" % (number, value))

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
    def __init__(self, sampler, seed, space):
        import optuna
        import warnings
        warnings.simplefilter("ignore")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        made = {"tpe": optuna.samplers.TPESampler, "cmaes": optuna.samplers.CmaEsSampler,
                "random": optuna.samplers.RandomSampler, "qmc": optuna.samplers.QMCSampler,
                "gp": getattr(optuna.samplers, "GPSampler", None)}
        self.optuna, self.space, self.trials = optuna, space, {}
        self.study = optuna.create_study(sampler=made[sampler](seed=seed))

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
        self.study.tell(self.trials.pop(number), value)

    def seconds(self):
        return time.process_time()

    def close(self):
        pass


def search(side, function, noise, seed, trials, slots):
    """-> the best after each trial that was told: the true value of the point that looked best."""
    draw = random.Random(seed * 7919 + 13)
    running, history, seen, best = [], [], math.inf, math.inf
    for number in range(trials + slots):
        if number >= slots:
            _, done, point = heapq.heappop(running)
            true = function(point)
            value = true + noise * random.Random(seed * 1000003 + done).gauss(0, 1)
            if value < seen:
                seen, best = value, true
            history.append(best)
            side.tell(done, value)
        if number < trials:
            heapq.heappush(running, (number + draw.uniform(0, slots), number, side.ask(number)))
    side.close()
    return history


def side_of(spec, seed, space):
    return Ours(spec[1], spec[2], seed, space) if spec[0] == "ours" else Peer(spec[1], seed, space)


def job(spec, name, seed, trials, slots):
    space, function, noise = FUNCTIONS[name]
    return search(side_of(spec, seed, space), function, noise, seed, trials, slots)


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


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--binary", default=os.path.join(HERE, "../target/release/examples/search"))
    a.add_argument("--ours", default="auto")
    a.add_argument("--peer", default="tpe")
    a.add_argument("--seeds", type=int, default=30)
    a.add_argument("--trials", type=int, default=100)
    a.add_argument("--slots", default="1,8")
    a.add_argument("--functions", default=",".join(FUNCTIONS))
    a.add_argument("--processes", type=int, default=os.cpu_count())
    a.add_argument("--quick", action="store_true", help="the promised functions with 6 seeds")
    a.add_argument("--no-time", action="store_true")
    a.add_argument("--cache")
    a.add_argument("--json")
    o = a.parse_args()
    if o.quick:
        o.seeds, o.functions = 6, ",".join(PROMISED)
    names, broken = o.functions.split(","), []
    cache = json.load(open(o.cache)) if o.cache and os.path.exists(o.cache) else {}
    ours, peer = ("ours", o.binary, o.ours), ("peer", o.peer)
    record = {}
    with concurrent.futures.ProcessPoolExecutor(o.processes) as pool:
        for slots in map(int, o.slots.split(",")):
            print("%d trials, %d at a time, %d seeds; %s against optuna's %s" % (o.trials, slots, o.seeds, o.ours, o.peer))
            results = []
            for name in names:
                mine = [pool.submit(job, ours, name, seed, o.trials, slots) for seed in range(o.seeds)]
                theirs = []
                for seed in range(o.seeds):
                    key = "%s/%s/%d/%d/%d" % (o.peer, name, seed, o.trials, slots)
                    theirs.append((key, cache.get(key) or pool.submit(job, peer, name, seed, o.trials, slots)))
                results.append((name, mine, theirs))
            pairs, halves = [], []
            for name, mine, theirs in results:
                mine = [future.result() for future in mine]
                for key, future in theirs:
                    cache[key] = future if isinstance(future, list) else future.result()
                theirs = [cache[key] for key, _ in theirs]
                last = [[h[-1] for h in side] for side in (mine, theirs)]
                half = [[h[len(h) // 2 - 1] for h in side] for side in (mine, theirs)]
                pairs.append(last)
                halves.append(half)
                record["%s/%d" % (name, slots)] = dict(ours=last[0], theirs=last[1])
                p, (low, high) = beats(*last), interval([last])
                if p < 0.45:
                    broken.append("%s, %d at a time" % (name, slots))
                print("  %-15s P %.3f [%.3f, %.3f]  at half %.3f  median %10.5g against %10.5g" % (
                    name, p, low, high, beats(*half), statistics.median(last[0]), statistics.median(last[1])), flush=True)
            mean, (low, high) = statistics.fmean(beats(*pair) for pair in pairs), interval(pairs, 300)
            print("  %-15s P %.3f [%.3f, %.3f]  at half %.3f" % (
                "average", mean, low, high, statistics.fmean(beats(*half) for half in halves)), flush=True)
            if mean < 0.5:
                broken.append("the average, %d at a time" % slots)
            if o.cache:
                json.dump(cache, open(o.cache + ".new", "w"))
                os.replace(o.cache + ".new", o.cache)
    if not o.no_time:
        mine, theirs = suggestion_time(ours), suggestion_time(peer)
        print("a suggestion when 1,000 trials are known: %.3f ms against %.3f ms (1/%.0f)" % (mine, theirs, theirs / mine))
        record["milliseconds"] = dict(ours=mine, theirs=theirs)
        if mine * 20 > theirs:
            broken.append("the time of a suggestion")
    if o.json:
        json.dump(record, open(o.json, "w"), indent=1)
    if broken:
        sys.exit("broken: " + "; ".join(broken))


if __name__ == "__main__":
    main()
