"""The luck of finite width: what n units in a layer add to the theory of infinitely wide layers.

Follow one input. Given the preactivations of a layer, those of the next are independent N(0, q) for Gaussian weights,
with q = n Var(W) times the *mean* of f(z)^2 over the n units. That mean is random: q makes a walk. In an infinitely
wide layer it is E[f(z)^2], and the walk is `gaussian.length_map`. To first order in 1/n everything about its luck
follows from three numbers per layer: how much new luck a layer adds, how much of the old it keeps (the slope of the
length map), and how the map bends.

For linear networks the walk is known exactly, to all orders: see `products`.
"""

from typing import NamedTuple

import numpy as np

from ._check import whole_width
from .activations import get
from .gaussian import fourth_moment, length_map, length_slope, second_moment


def luck(activation, q=1.0):
    """n times the relative variance of the mean of f(z)^2 over n units: E[f^4] / E[f^2]^2 - 1, z ~ N(0, q).

    For ReLU it is 5: half of the units are off, and nobody knows exactly how many
    ([Hanin 2018](https://arxiv.org/abs/1801.03744)).

    >>> round(luck("identity"), 9), round(luck("relu"), 9)
    (2.0, 5.0)
    """
    return fourth_moment(activation, q) / second_moment(activation, q) ** 2 - 1


class Spread(NamedTuple):
    """Theory of the walk to first order in 1/n: one entry for each of the layers 1..depth."""

    q: np.ndarray  # infinitely wide: the length map, again and again
    variance: np.ndarray  # of ln q; also Var(q) / q^2
    shift: np.ndarray  # of the mean, relative: E[q] / q - 1

    def quantile(self, p):
        """The p-quantile of q, if ln q is taken to be normal: (depth,)."""
        from scipy.special import ndtri

        return self.q * np.exp(self.shift - self.variance / 2 + ndtri(p) * np.sqrt(self.variance))


def spread(activation, width, depth, *, weight_variance, q=1.0):
    """What luck does to the lengths q[1], ..., q[depth] of an input with q[1] = `q`, for wide layers.

    One layer multiplies the deviation of ln q by r = d ln q' / d ln q and adds luck of its own,

        variance' = r^2 variance + luck / n,

    and because the length map q -> q' bends, the mean moves: shift' = r shift + (q^2 d2q'/dq2 / q') variance / 2.

    Parameters
    ----------
    activation : str or Activation
    width : int
        Units n of every layer.
    depth : int
    weight_variance : float
        n Var(W), the variance of a weight times the width.
    q : float
        Variance of z in the first layer. Given the input it is no matter of luck.

    >>> spread("relu", 100, 3, weight_variance=2.0).variance.round(12)
    array([0.  , 0.05, 0.1 ])
    """
    n, depth = whole_width(width), int(depth)
    result = np.empty((3, depth))
    variance = shift = 0.0
    for layer in range(depth):
        result[:, layer] = q, variance, shift
        onward = length_map(activation, q, weight_variance=weight_variance)
        step = 1e-3 * q
        below, slope, above = (
            length_slope(activation, at, weight_variance=weight_variance) for at in (q - step, q, q + step)
        )
        bend = q * q * (above - below) / (2 * step) / onward
        keep = slope * q / onward
        shift = keep * shift + bend * variance / 2
        variance = keep**2 * variance + luck(activation, q) / n
        q = onward
    return Spread(*result)


def walk(activation, width, depth, *, weight_variance, q=1.0, seeds=1, rng=None):
    """q[1], ..., q[depth] along random networks, one row per seed: shape (seeds, depth).

    The law is exactly that of one input in networks of Gaussian weights, without drawing their matrices. For one `rng`
    seed, different activations and variances use the same draws.

    >>> walk("tanh", 64, 10, weight_variance=1.0, seeds=3, rng=0).shape
    (3, 10)
    """
    f, n = get(activation), whole_width(width)
    rng = np.random.default_rng(rng)
    lengths = np.empty((seeds, depth))
    lengths[:, 0] = q
    with np.errstate(over="ignore", under="ignore"):
        for layer in range(1, depth):
            z = rng.standard_normal((seeds, n))
            z *= np.sqrt(lengths[:, layer - 1, None])
            a = f.f(z, out=z)
            lengths[:, layer] = weight_variance * np.vecdot(a, a) / n
    return lengths


def measured_shift(activation, width, depth, *, weight_variance, q=1.0, seeds, rng=None):
    """E[q[depth]] / q - 1, measured on random networks, and its standard error, where q is the infinitely wide value.

    It is small, and lost in the luck of the networks unless one averages very many. But most of that luck averages to
    zero exactly: q' minus what the length map makes of q is new luck, and its mean is 0 in every layer. What of it
    reaches the last layer is subtracted, to first order, before the average is taken. (Statisticians call that a
    control variate.)

    >>> shift, error = measured_shift("selu", 100, 10, weight_variance=1.0, seeds=400, rng=0)
    >>> shift, error  # theory: -0.0124
    (-0.01..., 0.00...)
    """
    from scipy.interpolate import CubicSpline

    lengths = walk(activation, width, depth, weight_variance=weight_variance, q=q, seeds=seeds, rng=rng)
    wide = spread(activation, width, depth, weight_variance=weight_variance, q=q).q
    rest = lengths[:, -1] - wide[-1]
    reaches = 1.0  # how much of a deviation in this layer is left in the last one
    for layer in range(depth - 1, 0, -1):
        before = lengths[:, layer - 1]
        low, high = np.log([before.min(), before.max()])
        grid = np.linspace(low - 0.01, high + 0.01, 60)
        onward = np.log([length_map(activation, np.exp(x), weight_variance=weight_variance) for x in grid])
        rest -= reaches * (lengths[:, layer] - np.exp(CubicSpline(grid, onward)(np.log(before))))
        reaches *= length_slope(activation, wide[layer - 1], weight_variance=weight_variance)
    rest /= wide[-1]
    return float(rest.mean()), float(rest.std() / np.sqrt(seeds))
