"""The experiments of the chapter "He initialization"."""

from functools import cache, partial

import numpy as np

from initlab import activations, algebra
from initlab.datasets import moons
from initlab.initializers import variance_scaling
from initlab.network import sample, simulate
from initlab.training import train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, from_then_on, powers_of_two

DEPTH = 30
STRANDS = 4


def activation(slope):
    """The (leaky) ReLU of this slope for z < 0: 0 is ReLU, 1 a linear layer."""
    return activations.leaky_relu(slope)


def normal(scale, mode="fan_in"):
    """The initializer N(0, scale / fan)."""
    return partial(variance_scaling, scale=scale, mode=mode, distribution="normal")


@cache
def factor(slope):
    """The share of the second moment of z that a (leaky) ReLU lets through: (1 + s^2) / 2."""
    return algebra.derive_forward(activation="leaky_relu").predict(n_in=1, sigma_w=1, q=1, s=slope)


# ---------------------------------------------------------------- layers of different widths

SHAPES = {
    "equal": (64,) * (DEPTH + 1),
    "taper": tuple(int(n) for n in np.geomspace(256, 32, DEPTH + 1).round()),
    "widen": tuple(int(n) for n in np.geomspace(32, 256, DEPTH + 1).round()),
    "bottleneck": (128, 32) * (DEPTH // 2) + (128,),
}
MODES = {"fan_in": "He, fan-in: 2/n[l−1]", "fan_out": "He, fan-out: 2/n[l]", "fan_avg": "mean of the two fans"}


@cache
def he_over_widths(direction, mode):
    """The derivation for ReLU layers of different widths with He's variance."""
    derive = {"forward": algebra.derive_forward, "backward": algebra.derive_backward}[direction]
    return algebra.over_widths(derive(activation="relu"), mode)


def he_moments(mode, widths):
    """E[a^2] of layers 0..L and E[(dL/dz)^2] of layers 1..L that theory gives, for input and top gradient N(0, 1)."""
    forward, backward = (he_over_widths(direction, mode).predict(widths) for direction in ("forward", "backward"))
    return forward, backward / 2  # the last ReLU lets half of the top gradient through


@cache
def luck(shape, seed):
    """Sizes of a and dL/dz over those of theory: the same for every mode, because ReLU networks are homogeneous."""
    widths, seeds = SHAPES[shape], range(seed, seed + STRANDS)
    drawn = simulate(widths, "relu", normal(2.0), seeds=seeds, batch=1, bias_initializer=None)
    signal, gradient = he_moments("fan_in", widths)
    a, dz = drawn.a.second_moment / signal, drawn.dz.second_moment / gradient
    return np.sqrt(a / a[:, :1]), np.sqrt(dz)


# ---------------------------------------------------------------- training networks of 22 and of 30 layers

TRAINED = {"xavier": 1.0, "he": 2.0}
"""n Var(W) of a scheme, n the fan-in."""
LEARNED = 0.5
"""The loss below which a network has left guessing, ln 2, behind."""


@experiment(
    grid={
        "draw": DRAWS,
        "width": (24, 48),
        "optimizer": tuple(OPTIMIZERS),
        "depth": (22, 30),
        "scheme": tuple(TRAINED),
    },
    settings={"rates": powers_of_two(-11, -1), "steps": 200, "points": 40},
    small={"draw": 0, "width": 24, "optimizer": "sgd", "depth": 22, "scheme": "xavier"},
)
def race(*, draw, width, optimizer, depth, scheme, rates, steps, points):
    """ReLU networks on two moons, all points in every step: the loss after the last step at every rate, and the step
    from which on it stays below 0.5, -1 if there is none."""
    widths = [2, *[width] * (depth - 1), 2]
    start = sample(widths, "relu", normal(TRAINED[scheme]), rng=draw, dtype=np.float32)
    x, y = moons(points, rng=draw)
    how = {"loss": "softmax_cross_entropy", "learning_rate": rates, "steps": steps, **OPTIMIZERS[optimizer]}
    loss = train(start, x, y, **how).loss  # (steps + 1, rates)
    return {"loss": loss[-1], "step": from_then_on(loss < LEARNED)}  # nan is not below it
