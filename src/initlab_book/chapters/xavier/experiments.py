"""The experiments of the chapter "Xavier initialization"."""

from functools import lru_cache, partial
from itertools import accumulate, pairwise

import numpy as np

from initlab.initializers import normal, orthogonal, variance_scaling, xavier_uniform
from initlab.network import sample, simulate
from initlab.training import evaluate, train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, powers_of_two

from ..why.experiments import examples

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


@lru_cache(maxsize=32)
def deep(rule, activation, width=WIDTH, seed=0):
    """The network of the chapter under a rule, simulated: ten layers of 256 units, 256 inputs."""
    bins = {of: (BINS, *span) for of, span in RANGES.items()}
    return simulate([width] * (DEPTH + 1), activation, RULES[rule][0], seeds=[seed], batch=BATCH, bins=bins)


# ---------------------------------------------------------------- training, each rule at its own best rate

TRIED = ("standard", "xavier", "double")
STEPS, EXAMPLES_PER_STEP = 500, 20


def trained(rule, hidden, optimizer, data, new, *, draw, rates, steps, batch):
    """Train a tanh network with these hidden layers at every rate: loss on `data`, share of `new` that are right."""
    widths = [data[0].shape[0], *hidden, int(data[1].max()) + 1]
    start = sample(widths, "tanh", RULES[rule][0], rng=draw, dtype=np.float32)
    options = {"loss": "softmax_cross_entropy", "steps": steps, "batch_size": batch, "rng": draw}
    network = train(start, *data, learning_rate=rates, **options, **OPTIMIZERS[optimizer]).network
    loss, _ = evaluate(network, *data, loss="softmax_cross_entropy")
    _, accuracy = evaluate(network, *new, loss="softmax_cross_entropy")
    return {"loss": loss, "accuracy": np.where(np.isfinite(loss), accuracy, np.nan)}


@experiment(
    grid={"draw": DRAWS, "width": (16, 64), "optimizer": tuple(OPTIMIZERS), "depth": (2, 10, 20), "rule": TRIED},
    settings={"rates": powers_of_two(-14, 2), "steps": STEPS, "batch": EXAMPLES_PER_STEP},
    small={"draw": 0, "width": 16, "optimizer": "sgd", "depth": 2, "rule": "standard"},
)
def rules(*, draw, width, optimizer, depth, rule, rates, steps, batch):
    """On the spiral: loss on the 200 points, and share of 1000 new points that are right, after the last step."""
    hidden, data = [width] * depth, examples("spiral", draw)
    return trained(rule, hidden, optimizer, *data, draw=draw, rates=rates, steps=steps, batch=batch)


@experiment(
    grid={"draw": DRAWS, "width": (16, 64), "optimizer": tuple(OPTIMIZERS), "rule": TRIED},
    settings={"rates": powers_of_two(-13, 2), "depth": DEPTH, "steps": STEPS, "batch": EXAMPLES_PER_STEP},
    small={"draw": 0, "width": 16, "optimizer": "sgd", "rule": "xavier"},
)
def on_digits(*, draw, width, optimizer, rule, rates, depth, steps, batch):
    """On handwritten digits: loss on three quarters of them, and share of the others that are right."""
    hidden, data = [width] * depth, examples("digits", draw)
    return trained(rule, hidden, optimizer, *data, draw=draw, rates=rates, steps=steps, batch=batch)


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


def one_network(widths, variance, seed=0):
    """A deep linear network, one input of mean square 1 and one gradient of mean square 1 at the top, simulated."""
    rule = [partial(normal, std=variance(*pair) ** 0.5) for pair in pairwise(widths)]
    ones = {"inputs": np.ones((widths[0], 1)), "targets": np.ones((widths[-1], 1))}
    return simulate(widths, "identity", rule, seeds=[seed], **ones)
