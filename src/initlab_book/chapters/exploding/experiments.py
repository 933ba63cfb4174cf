"""The experiments of the chapter "Exploding and vanishing signals"."""

from functools import cache, lru_cache, partial

import numpy as np

from initlab.datasets import spiral
from initlab.initializers import identity, variance_scaling
from initlab.network import sample
from initlab.random_matrices import stretch
from initlab.training import train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, powers_of_two

DEPTH = 10
FACTORS = tuple(float(round(c, 2)) for c in np.arange(0.5, 1.55, 0.1))
"""c of the ten matrices y = W[10] W^9 x, W = c I."""

# ---------------------------------------------------------------- gradient descent on the ten matrices

RATES = tuple(float(f"{10**k:.3g}") for k in np.arange(-4, 0.6, 0.25))
STEPS = 1000
SHOWN = np.unique([0, *np.geomspace(1, STEPS, 60).round().astype(int)])
SOLVED = 0.005  # one per cent of the loss of a network that answers 0


def equal_layers(factor):
    """The network of the chapter: nine hidden matrices c I, one output matrix I, two units a layer, no biases."""
    hidden = [partial(identity, gain=factor)] * (DEPTH - 1)
    return sample([2] * (DEPTH + 1), "identity", [*hidden, identity], bias_initializer=None)


def turn(degrees=60):
    """Eight points of the unit circle, and the same points turned: arrays of shape (2, 8)."""
    start, end = (np.arange(8) * np.pi / 4 + shift for shift in (0, np.deg2rad(degrees)))
    return tuple(np.array([np.cos(angle), np.sin(angle)]) for angle in (start, end))


@cache
def losses(factor):
    """Loss after every step of gradient descent, (steps + 1, rates)."""
    return train(equal_layers(factor), *turn(), loss="squared_error", learning_rate=RATES, steps=STEPS).loss


def outcome(loss):
    """What became of one run, as ("solved", "overflow" or "unsolved", the step at which it was decided)."""
    if not np.isfinite(loss).all():
        return "overflow", int(np.argmin(np.isfinite(loss)))
    if loss[-1] < SOLVED:
        return "solved", int(np.argmax(loss < SOLVED))
    return "unsolved", len(loss) - 1


FATES = ("solved", "slow", "oscillates", "overflow")


def fate(loss):
    """The same in one word, with "unsolved" told apart: "oscillates" if the loss still rises and falls, else "slow"."""
    kind, _ = outcome(loss)
    if kind != "unsolved":
        return kind
    return "oscillates" if np.sum(np.diff(loss[-201:]) > 0) > 50 else "slow"


@experiment(
    grid={
        "draw": DRAWS,
        "width": (16, 32),
        "optimizer": tuple(OPTIMIZERS),
        "loss": ("squared_error", "softmax_cross_entropy"),
        "scale": (1, 3, 10),
    },
    settings={"rates": powers_of_two(-13, 0), "steps": 500, "examples": 100, "fates": FATES},
    small={"draw": 0, "width": 16, "optimizer": "sgd", "loss": "softmax_cross_entropy", "scale": 1},
)
def both_losses(*, draw, width, optimizer, loss, scale, rates, steps, examples, fates):
    """The `fate` of the first chapter's ReLU network at every rate, as its number in `fates`, and the last loss. The
    scale is a factor on He's standard deviation; all examples are in every step."""
    he = partial(variance_scaling, scale=2 * scale**2, mode="fan_in", distribution="normal")
    start = sample([2, *[width] * 5, 2], "relu", he, rng=draw)
    x, y = spiral(examples, rng=draw)
    targets = np.eye(2)[:, y] if loss == "squared_error" else y
    run = train(start, x, targets, loss=loss, learning_rate=rates, steps=steps, **OPTIMIZERS[optimizer])
    return {"fate": [fates.index(fate(each)) for each in run.loss.T], "end": run.loss[-1]}


# ---------------------------------------------------------------- products of random matrices

RANDOM_DEPTH = 30
STRANDS = 8


@lru_cache(maxsize=8)
def strands(width, depth, seed):
    """Lengths of a signal along eight random networks with g = 1, (strands, layers)."""
    return stretch(width, depth, seeds=STRANDS, rng=seed)
