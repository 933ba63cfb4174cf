"""The figures of the chapter "Xavier initialization"."""

from functools import cache, partial
from itertools import accumulate, pairwise

import numpy as np

from ..datasets import spiral
from ..explorer import Demo, Histograms, Lines, Menu, Series, histogram_data, number
from ..gaussian import propagate
from ..initializers import normal, orthogonal, variance_scaling, xavier_uniform
from ..network import sample, simulate
from ..products import growth_rate, growth_variance
from ..training import sweep

# ---------------------------------------------------------------- one depth, one width, five rules

DEPTH, WIDTH, BATCH = 10, 256, 256
SHOWN = np.array([1, 4, 7, 10])
BINS, RANGES = 21, {"a": (-1.5, 1.5), "dz": (-2.5, 2.5)}

standard = partial(variance_scaling, scale=1 / 3, mode="fan_in", distribution="uniform")
"""U[-1/sqrt(n), 1/sqrt(n)], n the fan-in: what Glorot and Bengio call the standard initialization."""

RULES = {
    "standard": (standard, 1 / 3, "standard, 1/(3n)"),
    "xavier": (xavier_uniform, 1.0, "Xavier, 1/n"),
    "orthogonal": (orthogonal, 1.0, "orthogonal, 1/n"),
    "double": (partial(xavier_uniform, gain=2.0), 4.0, "Xavier × 2, 4/n"),
    "fourfold": (partial(xavier_uniform, gain=4.0), 16.0, "Xavier × 4, 16/n"),
}
"""Initializer, n Var W for equal widths, and label. All but `orthogonal` are multiples of one draw."""

ACTIVATIONS = {"identity": "none (linear)", "tanh": "tanh", "softsign": "softsign", "sigmoid": "sigmoid"}


@cache
def deep(rule, activation):
    """The network of the chapter under a rule, simulated: ten layers of 256 units, 256 inputs, seed 0."""
    bins = {of: (BINS, *span) for of, span in RANGES.items()}
    return simulate([WIDTH] * (DEPTH + 1), activation, RULES[rule][0], batch=BATCH, bins=bins)


def _layers(rule, activation):
    seen = deep(rule, activation)
    theory = propagate(activation, weight_variance=RULES[rule][1], depth=DEPTH)
    a, dz = seen.a.second_moment[0], seen.dz.second_moment[0]
    dW = seen.dW.second_moment[0] / BATCH

    def histogram(of, first):
        at = SHOWN - first
        counts, below, above = (array[0, at] for array in (of.counts, of.below, of.above))
        return histogram_data(SHOWN, counts, below, above, np.sqrt(of.second_moment[0, at]))

    curves = {"a": a[1:], "dz": dz, "dW": dW, "theory_a": theory.a[1:], "theory_dz": theory.dz}
    panels = {"moments": {"y": curves}, "signal": histogram(seen.a, 0), "gradient": histogram(seen.dz, 1)}
    text = (
        f"{RULES[rule][2]}; activation: {ACTIVATIONS[activation]}. From layer 1 to 10 the mean square of the "
        f"activations goes from {number(a[1])} to {number(a[-1])}. From layer 10 down to 1 that of the gradient goes "
        f"from {number(dz[-1])} to {number(dz[0])}. That of the weight gradients lies between {number(dW.min())} and "
        f"{number(dW.max())}."
    )
    return panels, text


rules = Demo(
    name="rules",
    title="Ten layers of 256 units under five rules",
    controls=(
        Menu("rule", "Rule, and variance", {name: label for name, (_, _, label) in RULES.items()}, "standard"),
        Menu("activation", "Activation", ACTIVATIONS, "tanh"),
    ),
    panels=(
        Lines(
            "moments",
            "Mean squares, layer by layer",
            "layer",
            (
                Series("a", "a"),
                Series("dz", "∂L/∂z", tone=2),
                Series("dW", "∂L/∂W, per input", tone=3),
                Series("theory_a", "theory for a", style="theory", tone=1),
                Series("theory_dz", "theory for ∂L/∂z", style="theory", tone=2),
            ),
            y_range=(1e-6, 1e4),
            x=tuple(range(1, DEPTH + 1)),
            log=True,
            guide=1.0,
            wide=True,
        ),
        Histograms("signal", "Activations a", "layer", RANGES["a"], wide=False),
        Histograms("gradient", "Gradients ∂L/∂z", "layer", RANGES["dz"], wide=False),
    ),
    compute=_layers,
    digits=3,
)


# ---------------------------------------------------------------- training, each rule at its own best rate

RATES = (0.00316, 0.01, 0.0316, 0.1, 0.316)
SEEDS = range(10)
STEPS = 500


@cache
def trained(rule, depth=DEPTH, data_seed=0, seeds=SEEDS):
    """Train a tanh network of `depth` hidden layers of 16 units on the spiral, at all rates: a `training.Sweep`."""
    x, y = spiral(200, rng=data_seed)
    networks = sample([2] + [16] * depth + [2], "tanh", RULES[rule][0], seeds=seeds, dtype=np.float32)
    options = {"loss": "softmax_cross_entropy", "steps": STEPS, "batch_size": 20, "rng": 0}
    return sweep(networks, x, y, rates=RATES, **options)


# ---------------------------------------------------------------- widths that change

SHAPES = {
    "equal": ("128 units in each layer", (128,) * 11),
    "narrow": ("narrowing, 512 to 32", tuple(round(512 * 2 ** (-0.4 * layer)) for layer in range(11))),
    "wide": ("widening, 32 to 512", tuple(round(32 * 2 ** (0.4 * layer)) for layer in range(11))),
    "zigzag": ("in turn 64 and 256", (64, 256) * 5 + (64,)),
}
VARIANCES = {
    "in": ("1/n_in", lambda n_in, n_out: 1 / n_in),
    "out": ("1/n_out", lambda n_in, n_out: 1 / n_out),
    "xavier": ("2/(n_in + n_out)", lambda n_in, n_out: 2 / (n_in + n_out)),
    "geometric": ("1/√(n_in n_out)", lambda n_in, n_out: (n_in * n_out) ** -0.5),
}


def expected(widths, variance):
    """E[a^2] in layers 0..L and E[(dL/dz)^2] in layers 1..L of a deep linear network; both start from 1."""
    pairs = [(n_in, n_out, variance(n_in, n_out)) for n_in, n_out in pairwise(widths)]
    forward = [1.0, *accumulate((n_in * v for n_in, _, v in pairs), np.multiply)]
    backward = [1.0, *accumulate((n_out * v for _, n_out, v in reversed(pairs[1:])), np.multiply)]
    return np.array(forward), np.array(backward[::-1])


def _band(mean, widths):
    """The middle 95 % of networks: each layer multiplies a mean square by chi^2/n, so its log is a random walk."""
    drift, spread = (np.cumsum([of(n) for n in widths]) for of in (growth_rate, growth_variance))
    low, high = (np.exp(2 * (drift + step * np.sqrt(spread))) for step in (-1.96, 1.96))
    return np.concatenate([[1], low]) * mean, np.concatenate([[1], high]) * mean


def one_network(widths, variance, seed=0):
    """A deep linear network, one input of mean square 1 and one gradient of mean square 1 at the top, simulated."""
    rule = [partial(normal, std=variance(*pair) ** 0.5) for pair in pairwise(widths)]
    ones = {"inputs": np.ones((widths[0], 1)), "targets": np.ones((widths[-1], 1))}
    return simulate(widths, "identity", rule, seeds=[seed], **ones)


def _tapers(shape, rule):
    _, widths = SHAPES[shape]
    label, variance = VARIANCES[rule]
    forward, backward = expected(widths, variance)
    seen = one_network(widths, variance)
    low, high = _band(backward[::-1], widths[1:-1][::-1])
    panels = {
        "forward": {
            "y": {"measured": seen.a.second_moment[0], "theory": forward},
            "band": _band(forward, widths[1:]),
        },
        "backward": {
            "y": {"measured": seen.dz.second_moment[0], "theory": backward},
            "band": (low[::-1], high[::-1]),
        },
        "widths": {"y": {"n": widths}},
    }
    text = (
        f"Widths: {SHAPES[shape][0]}. Variance {label}: on average, ten layers multiply the mean square of the signal "
        f"by {number(forward[-1])}, and nine layers, on the way down to layer 1, that of the gradient by "
        f"{number(backward[0])}. In the network drawn here it is {number(seen.a.second_moment[0, -1])} and "
        f"{number(seen.dz.second_moment[0, 0])}."
    )
    return panels, text


_MARKS = (Series("measured", "one network"), Series("theory", "expected", style="theory", tone=0))

tapers = Demo(
    name="tapers",
    title="A linear network whose widths change",
    controls=(
        Menu("shape", "Widths", {name: label for name, (label, _) in SHAPES.items()}, "narrow"),
        Menu("rule", "Variance", {name: label for name, (label, _) in VARIANCES.items()}, "in"),
    ),
    panels=(
        Lines(
            "forward",
            "Forward: mean square of a",
            "layer",
            _MARKS,
            y_range=(1e-2, 1e2),
            x=tuple(range(DEPTH + 1)),
            log=True,
            guide=1.0,
            band_label="95 %",
        ),
        Lines(
            "backward",
            "Backward: of ∂L/∂z",
            "layer",
            (Series("measured", "one network", tone=2), _MARKS[1]),
            y_range=(1e-2, 1e2),
            x=tuple(range(1, DEPTH + 1)),
            log=True,
            guide=1.0,
            band_label="95 %",
        ),
        Lines(
            "widths",
            "Units in each layer",
            "layer",
            (Series("n", "units", tone=3),),
            y_range=(16, 1024),
            x=tuple(range(DEPTH + 1)),
            log=True,
            wide=True,
        ),
    ),
    compute=_tapers,
    digits=3,
)
