"""Functions to hold samplers against each other on: spaces, values, noise, and what fails.

A function of a point gives a number, or nothing where a trial fails. A parameter is (name, kind, options); `when` says which
choices of an earlier one it needs.
"""
import math
import random


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

# Functions that nobody looked at while the samplers were made.

def michalewicz(x):
    return -sum(math.sin(v) * math.sin((i + 1) * v * v / math.pi) ** 20 for i, v in enumerate(x))


SHEKEL_B = [.1, .2, .2, .4, .4, .6, .3, .7, .5, .5]
SHEKEL_C = [[4, 4, 4, 4], [1, 1, 1, 1], [8, 8, 8, 8], [6, 6, 6, 6], [3, 7, 3, 7],
            [2, 9, 2, 9], [5, 5, 3, 3], [8, 1, 8, 1], [6, 2, 6, 2], [7, 3.6, 7, 3.6]]


def shekel(x):
    return -sum(1 / (sum((v - c) ** 2 for v, c in zip(x, C)) + b) for C, b in zip(SHEKEL_C, SHEKEL_B))


def zakharov(x):
    tilt = sum(0.5 * (i + 1) * v for i, v in enumerate(x))
    return sphere(x) + tilt ** 2 + tilt ** 4


def dixon(x):
    return (x[0] - 1) ** 2 + sum((i + 2) * (2 * b * b - a) ** 2 for i, (a, b) in enumerate(zip(x, x[1:])))


def alpine(x):
    return sum(abs(v * math.sin(v) + 0.1 * v) for v in x)


def gramacy(x):
    return math.sin(10 * math.pi * x[0]) / (2 * x[0]) + (x[0] - 1) ** 4


def kernels(p):
    """The error of a support vector machine, as it looks from afar: flat where it guesses, a ridge where it learns."""
    cost, kernel = math.log10(p["cost"]), p["kernel"]
    if kernel == 0:
        learnt = 0.78 * math.exp(-0.05 * (cost - 0.5) ** 2)
    else:
        gamma = math.log10(p["gamma"])
        ridge = cost + 1.3 * gamma + 1.9
        learnt = math.exp(-0.18 * ridge ** 2 - 0.12 * (gamma + 2.3) ** 2)
        learnt *= 0.97 if kernel == 1 else 0.9 - 0.06 * (p["degree"] - 3) ** 2
    return round(0.5 - 0.47 * learnt * (1 - 0.04 * (math.log2(p["weight"]) - 0.7) ** 2), 4)


KERNELS = [("kernel", "cat", dict(count=3)), ("cost", "float", dict(low=1e-4, high=1e4, log=True)),
           ("weight", "float", dict(low=0.1, high=10.0, log=True)),
           ("gamma", "float", dict(low=1e-6, high=1e2, log=True, when=("kernel", [1, 2]))),
           ("degree", "int", dict(low=2, high=6, when=("kernel", [2])))]


def layered(p):
    """The error of a net whose layers have widths of their own."""
    depth, lr = p["depth"] + 1, math.log10(p["lr"])
    widths = [math.log2(p["width%d" % i]) for i in range(1, depth + 1)]
    size = sum(widths)
    fit = 1 / (1 + math.exp(-(size - 9) / 3))
    narrowing = sum(max(0.0, b - a) for a, b in zip(widths, widths[1:]))
    rate = lr + 2.4 + 0.1 * depth + 0.3 * (p["optimizer"] == 0)
    return (1 - 0.85 * fit + 0.004 * max(0.0, size - 16) ** 2 + 0.03 * narrowing + 0.06 * rate ** 2
            + 0.3 * (p["dropout"] - 0.02 * size) ** 2 + [0.06, 0.0, 0.02][p["optimizer"]])


LAYERED = ([("depth", "cat", dict(count=4)), ("lr", "float", dict(low=1e-6, high=1e0, log=True)),
            ("dropout", "float", dict(low=0.0, high=0.9)), ("optimizer", "cat", dict(count=3))]
           + [("width%d" % i, "int", dict(low=4, high=512, log=True, when=("depth", list(range(i - 1, 4)))))
              for i in range(1, 5)])


def integers(count, low, high):
    return [("x%d" % i, "int", dict(low=low, high=high)) for i in range(count)]


def counts(x):
    """Whole numbers that hang together: what each costs, and what pairs of them bring."""
    return sum((1 + i % 3) * abs(v - (3 + 5 * i) % 17) for i, v in enumerate(x)) + 0.2 * sum(
        (a - b + 3) ** 2 for a, b in zip(x, x[2:])) + 6 * sum((a + b) % 5 == 0 for a, b in zip(x, x[1:]))


NAMED_TABLE = [[random.Random(100 * i + j).gauss(0, 1) for j in range(12)] for i in range(3)]


def named(p):
    a, b, c = (p["n%d" % i] for i in range(3))
    return (sum(NAMED_TABLE[i][v] for i, v in enumerate((a, b, c))) + 0.6 * math.cos(7 * a + 3 * b)
            + 2 * (p["x"] - 0.1 * (b % 7)) ** 2 + (p["y"] - 0.8) ** 2)


NAMED = [("n%d" % i, "cat", dict(count=12)) for i in range(3)] + [(name, "float", dict(low=0, high=1)) for name in "xy"]


def decades(x):
    """Twelve powers of ten from the worst to the best."""
    return 10 ** (0.9 * sum(v * v for v in shift(x)) ** 0.5 - 4)


def shift(x, scale=0.1):
    return [v - scale * s for v, s in zip(x, SHIFT * 3)]


def crashing(x):
    """Most of what is steep comes to nothing."""
    return None if sum(x) > 6 or x[0] * x[1] > 20 else levy(x)


def proportional(draw, value):
    return value * math.exp(0.3 * draw.gauss(0, 1))


def outliers(draw, value):
    return value + (abs(draw.gauss(0, 10)) if draw.random() < 0.1 else 0.05 * draw.gauss(0, 1))


def flat(x):
    """Nothing is learnt but in a corner."""
    return min(1.0, 0.05 + sum(4 * (v - 0.8) ** 2 for v in x))


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
UNSEEN = {
    "Levy8": (floats(8, -10, 10), over(8)(levy), 0),
    "Griewank6": (floats(6, -600, 600), over(6)(shifted(griewank, 17)), 0),
    "Styblinski7": (floats(7, -5, 5), over(7)(styblinski), 0),
    "Michalewicz5": (floats(5, 0, math.pi), over(5)(michalewicz), 0),
    "Shekel4": (floats(4, 0, 10), over(4)(shekel), 0),
    "Zakharov8": (floats(8, -5, 10), over(8)(shifted(zakharov, 0.1)), 0),
    "Dixon12": (floats(12, -10, 10), over(12)(dixon), 0),
    "Alpine10": (floats(10, -10, 10), over(10)(shifted(alpine, 0.2)), 0),
    "Gramacy1": (floats(1, 0.5, 2.5), over(1)(gramacy), 0),
    "Kernels": (KERNELS, kernels, 0),
    "Layered": (LAYERED, layered, 0),
    "Counts8": (integers(8, 0, 20), over(8)(counts), 0),
    "Named": (NAMED, named, 0),
    "Effective20": (floats(20, -5, 5), over(20)(lambda x: sphere(shift([x[3], x[8], x[17]]))), 0),
    "Steps6": (floats(6, -10, 10), over(6)(lambda x: sum(math.floor(abs(v)) for v in shift(x, 0.3))), 0),
    "Flat4": (floats(4, 0, 1), over(4)(flat), 0),
    "Decades6": (floats(6, -5, 5), over(6)(decades), 0),
    "Crashing6": (floats(6, -10, 10), over(6)(crashing), 0),
    "NoisySphere10": (floats(10, -5, 5), over(10)(shifted(sphere, 0.1)), 5),
    "NoisyBranin": ([("x0", "float", dict(low=-5, high=10)), ("x1", "float", dict(low=0, high=15))], over(2)(branin), 3),
    "NoisyRosenbrock4": (floats(4, -2, 2), over(4)(rosenbrock), proportional),
    "Outliers6": (floats(6, 0, 1), over(6)(hartmann), outliers),
    "NoisyKernels": (KERNELS, kernels, 0.02),
}
FUNCTIONS |= UNSEEN


# With two losses.

def zdt(count, shape):
    def function(x):
        g = 1 + 9 * sum(x[1:]) / (count - 1)
        return x[0], g * shape(x[0], g)
    return floats(count, 0, 1), over(count)(function), (1.1, 6.0)


def cost(p):
    """What a net costs, beside its error."""
    return layered(p), sum(p.get("width%d" % i, 0) for i in range(1, 5)) / 500


FRONTS = {  # name: (space, function, what counts lies below)
    "ZDT1": zdt(30, lambda a, g: 1 - math.sqrt(a / g)),
    "ZDT2": zdt(30, lambda a, g: 1 - (a / g) ** 2),
    "ZDT3of10": zdt(10, lambda a, g: 1 - math.sqrt(a / g) - a / g * math.sin(10 * math.pi * a)),
    "Cost": (LAYERED, cost, (1.0, 2.0)),
}
