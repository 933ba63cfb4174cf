"""The experiment of the front page: a deep network, simulated, and what theory says of it."""

from functools import cache, partial

import numpy as np

from initlab.gaussian import propagate, propagate_pair
from initlab.initializers import variance_scaling
from initlab.network import simulate

DEPTH = 50


def deep_network(activation, gain, width, depth, seed):
    """A network with weights of variance gain^2 / width, run with 50 inputs: its `network.Simulation`; and of an
    infinitely wide one the `gaussian.Signal`, and the `gaussian.Pair` of two inputs at right angles."""
    deep = simulate(
        [width] * (depth + 1),
        activation,
        partial(variance_scaling, scale=gain**2, mode="fan_in", distribution="normal"),
        seeds=[seed],
        batch=50,
    )
    theory = propagate(activation, scaled_weight_variance=gain**2, depth=depth)
    return deep, theory, two_inputs(activation, KEEPING.get(activation, gain**2), depth)


def rounding_decides(theory):
    """The layer from which on rounding decides what comes out, or None.

    A rounding error is a small difference, which is passed on as a gradient is, only upwards. Where it grows to the
    size of the signal, up to a thousandth, two computers that add up in another order end with other numbers.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = theory.dz[0] / theory.dz * (theory.z[0] / theory.z)
    decided = np.flatnonzero(growth * np.finfo(float).eps ** 2 > 1e-3**2)
    return int(decided[0]) + 1 if len(decided) else None


KEEPING = {"identity": 1.0, "relu": 2.0}
"""Straight lines through 0 turn signals of any size alike, so that the variance of the weights does not matter. With
these n Var(W) they keep the size."""


@cache
def two_inputs(activation, scaled_weight_variance, depth):
    """The `gaussian.Pair` of two inputs at right angles."""
    return propagate_pair(activation, scaled_weight_variance=scaled_weight_variance, depth=depth)
