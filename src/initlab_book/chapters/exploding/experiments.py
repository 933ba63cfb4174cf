"""The experiments of the chapter "Exploding and vanishing signals"."""

from functools import cache, partial

import numpy as np

from initlab.initializers import identity
from initlab.network import sample
from initlab.random_matrices import stretch
from initlab.training import train

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


def fate(loss):
    """The same in one word, with "unsolved" told apart: "oscillates" if the loss still rises and falls, else "slow"."""
    kind, _ = outcome(loss)
    if kind != "unsolved":
        return kind
    return "oscillates" if np.sum(np.diff(loss[-201:]) > 0) > 50 else "slow"


# ---------------------------------------------------------------- products of random matrices

RANDOM_DEPTH = 30
STRANDS = 8


@cache
def strands(width):
    """Lengths of a signal along eight random networks with g = 1, (strands, layers)."""
    return stretch(width, RANDOM_DEPTH, seeds=STRANDS, rng=0)
