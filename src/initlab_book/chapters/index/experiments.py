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
    variance = gain**2
    theory = propagate(activation, scaled_weight_variance=variance, depth=depth)
    # Straight lines through 0 turn all signals alike, whatever their size.
    return deep, theory, _pair(activation, 2.0 if activation in ("identity", "relu") else variance, depth)


_pair = cache(lambda f, variance, depth: propagate_pair(f, scaled_weight_variance=variance, depth=depth))
