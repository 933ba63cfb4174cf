"""The experiment of the front page: a deep network, simulated, and what theory says of it."""

from functools import cache, partial

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
    return deep, theory, two_inputs(activation, 2.0 if activation in STRAIGHT else gain**2, depth)


STRAIGHT = ("identity", "relu")
"""Straight lines through 0 turn signals of any size alike, so that the variance of the weights does not matter."""


@cache
def two_inputs(activation, scaled_weight_variance, depth):
    """The `gaussian.Pair` of two inputs at right angles."""
    return propagate_pair(activation, scaled_weight_variance=scaled_weight_variance, depth=depth)
