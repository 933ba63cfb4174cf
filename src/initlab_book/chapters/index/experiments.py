"""The experiment of the front page: a deep network, simulated, and what theory says of it."""

from functools import partial

from initlab.gaussian import propagate
from initlab.initializers import variance_scaling
from initlab.network import simulate

DEPTH = 50
HISTOGRAM_BINS, HISTOGRAM_RANGE = 20, (-2.0, 2.0)


def deep_network(activation, gain, width, depth, seed):
    """A network with weights of variance gain^2 / width, run with 50 inputs: its `network.Simulation`, with histograms
    of a, and the `gaussian.Signal` of an infinitely wide one."""
    deep = simulate(
        [width] * (depth + 1),
        activation,
        partial(variance_scaling, scale=gain**2, mode="fan_in", distribution="normal"),
        seeds=[seed],
        batch=50,
        bins={"a": (HISTOGRAM_BINS, *HISTOGRAM_RANGE)},
    )
    return deep, propagate(activation, scaled_weight_variance=gain**2, depth=depth)
