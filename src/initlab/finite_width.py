"""The luck of finite width: what n units in a layer add to the theory of infinitely wide layers.

Follow one input. Given the preactivations of a layer, those of the next are independent N(0, q) for Gaussian weights,
with q = n Var(W) times the *mean* of f(z)^2 over the n units. That mean is random: ln q makes a random walk. In an
infinitely wide layer it is E[f(z)^2], and the walk is `gaussian.length_map`. To first order in 1/n everything about its
luck follows from three numbers per layer: how much new luck a layer adds, how much of the old it keeps (the slope of
the length map), and how strongly the map is curved. That is `spread`. `sample_lengths` draws such walks, and `band`
says between which sizes most networks lie, also where they are too far apart for a first order.

For linear networks the walk is known exactly, to all orders: see `random_matrices`.
"""

import functools
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .activations import Activation, get
from .arguments import Seed, finite, generator, one_of, sequence, whole
from .gaussian import expectation, fourth_moment, gain, length_map, length_slope, second_moment


def relative_variance(activation: str | Activation, q: float = 1.0) -> float:
    """The relative variance of f(z)^2 for z ~ N(0, q): E[f^4] / E[f^2]^2 - 1.

    Divided by n it is the relative variance of the mean over n units, the luck that a layer adds. For ReLU it is 5:
    about half of the units are off, and how many is random ([Hanin 2018](https://arxiv.org/abs/1801.03744)).

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, q >= 0, such that E f(z)^2 is neither 0 nor infinite.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(relative_variance("identity"), 9), round(relative_variance("relu"), 9)
    (2.0, 5.0)
    """
    f = get(activation)
    rms = math.sqrt(second_moment(f, q))
    if not 0 < rms < math.inf:
        raise ValueError(f"q must be a variance for which E f(z)^2 is neither 0 nor infinite, got {q!r}")
    return expectation(lambda z: np.square(np.square(f.f(z) / rms)), q, kinks=f.kinks) - 1


def gain_spread(activation: str | Activation, width: int, direction: str = "forward") -> float:
    """Standard deviation of the gain of a single layer, which `gain` gives for an infinite width.

    Take n preactivations z ~ N(0, 1), one n x n matrix W of normal weights of variance 1/n, and a gradient
    dL/dz ~ N(0, 1) from above. This one layer keeps the size of this one signal at 1 / sqrt(X), where X is the mean of
    the n squares (W f(z))^2, or of the n squares (f'(z) W^T dL/dz)^2 backward. The mean of X is E f^2 or E f'^2. With
    k = E f^4 / (E f^2)^2, and k' the same of f', its variance is, relative to the square of the mean,

    - forward (k - 1)/n from z and 2/n from W, that is (k + 1)/n,
    - backward 2/n from dL/dz and (3 k' - 1)/n from the n products of f'(z) with a normal number: (3 k' + 1)/n,

    up to terms in 1/n^2. The relative spread of 1 / sqrt(X) is half of the square root of that.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    width : int
        The width n of the layer, at least 1.
    direction : {"forward", "backward"}
        What to keep: the signal or the gradient.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(gain_spread("identity", 256), 4), round(gain_spread("relu", 256), 4)
    (0.0625, 0.1169)
    """
    f = get(activation)
    forward = one_of("direction", direction, ("forward", "backward")) == "forward"
    n = whole("width", width, at_least=1)
    g = f.f if forward else f.df
    square, fourth = expectation(lambda z: g(z) ** 2, kinks=f.kinks), expectation(lambda z: g(z) ** 4, kinks=f.kinks)
    if square == 0:
        return math.inf
    k = fourth / square**2
    return gain(f, direction) * 0.5 * math.sqrt((k + 1 if forward else 3 * k + 1) / n)


class Spread(NamedTuple):
    """Theory of the walk to first order in 1/n: one entry for each of the layers 1..depth."""

    q: np.ndarray
    """(depth,): q of an infinitely wide network, by the length map."""
    variance: np.ndarray
    """(depth,): the variance of ln q, which is also Var(q) / q^2."""
    shift: np.ndarray
    """(depth,): the relative shift of the mean, E[q] / q - 1."""

    def quantile(self, p: float) -> np.ndarray:
        """The p-quantile of q, if ln q is taken to be normal.

        Parameters
        ----------
        p : float
            Probability, 0 < p < 1.

        Returns
        -------
        (depth,) array
            One quantile for each layer.

        Raises
        ------
        ValueError, TypeError
            If p is not as described.
        """
        from scipy.special import ndtri

        p = finite("p", p, above=0, below=1)
        return self.q * np.exp(self.shift - self.variance / 2 + ndtri(p) * np.sqrt(self.variance))


def spread(
    activation: str | Activation, widths: Sequence[int], *, scaled_weight_variance: float, q: float = 1.0
) -> Spread:
    """What luck does to the lengths q[1], ..., q[depth] of an input with q[1] = `q`, for wide layers.

    One layer multiplies the deviation of ln q by r = d ln q' / d ln q and adds luck of its own,

        variance' = r^2 variance + relative_variance / n,

    and because the length map q -> q' is curved, the mean moves: shift' = r shift + (q^2 d2q'/dq2 / q') variance / 2.
    For a (leaky) ReLU r = 1, and luck adds up. Backward, the gradient of a ReLU network takes the same walk from the
    top: give the widths in the order n[L], ..., n[1].

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    widths : sequence of int
        Units n[1], ..., n[depth] of every layer, each at least 1. The luck of layer l is in the lengths from q[l+1] on.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the number of inputs of its layer, > 0.
    q : float
        Variance q[1] > 0 of z in the first layer. Given the input it is not a matter of luck.

    Returns
    -------
    Spread
        q of an infinitely wide network, the variance of ln q and the shift of the mean, in every layer.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> spread("relu", [100] * 3, scaled_weight_variance=2.0).variance.round(12)
    array([0.  , 0.05, 0.1 ])
    """
    units, q = _units(widths), finite("q", q, above=0)
    scaled_weight_variance = finite("scaled_weight_variance", scaled_weight_variance, above=0)
    result = np.empty((3, len(units)))
    variance = shift = 0.0
    for layer, n in enumerate(units):
        result[:, layer] = q, variance, shift
        onward = length_map(activation, q, scaled_weight_variance=scaled_weight_variance)
        if not 1e-300 < onward < 1e300:
            raise ValueError(
                f"scaled_weight_variance must keep q between 1e-300 and 1e300, got {scaled_weight_variance!r}: "
                f"q[{layer + 2}] would be {onward:.3g}"
            )
        step = 1e-3 * q
        below, slope, above = (
            length_slope(activation, at, scaled_weight_variance=scaled_weight_variance)
            for at in (q - step, q, q + step)
        )
        bend = q * q * (above - below) / (2 * step) / onward
        keep = slope * q / onward
        shift = keep * shift + bend * variance / 2
        variance = keep**2 * variance + relative_variance(activation, q) / n
        q = onward
    return Spread(*result)


def sample_lengths(
    activation: str | Activation,
    widths: Sequence[int],
    *,
    scaled_weight_variance: float,
    q: float = 1.0,
    seeds: int = 1,
    rng: Seed = None,
) -> np.ndarray:
    """q[1], ..., q[depth] along random networks.

    The distribution is exactly that of one input in networks of Gaussian weights, without drawing their matrices. For
    one `rng` seed, different activations and variances use the same draws.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    widths : sequence of int
        Units n[1], ..., n[depth] of every layer, each at least 1. The luck of layer l is in the lengths from q[l+1] on.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the number of inputs of its layer, >= 0.
    q : float
        Variance q[1] >= 0 of z in the first layer. Given the input it is not a matter of luck.
    seeds : int
        How many networks, at least 1.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    (seeds, depth) array
        One row for each network.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> sample_lengths("tanh", [64] * 10, scaled_weight_variance=1.0, seeds=3, rng=0).shape
    (3, 10)
    """
    f, n, rng, seeds = get(activation), _units(widths), generator(rng), whole("seeds", seeds, at_least=1)
    scaled_weight_variance = finite("scaled_weight_variance", scaled_weight_variance, at_least=0)
    lengths = np.empty((seeds, len(n)))
    lengths[:, 0] = finite("q", q, at_least=0)
    with np.errstate(over="ignore", under="ignore"):
        for layer in range(1, len(n)):
            z = rng.standard_normal((seeds, n[layer - 1]))
            z *= np.sqrt(lengths[:, layer - 1, None])
            a = f.f(z, out=z)
            lengths[:, layer] = scaled_weight_variance * np.vecdot(a, a) / n[layer - 1]
    return lengths


def measured_shift(
    activation: str | Activation,
    widths: Sequence[int],
    *,
    scaled_weight_variance: float,
    q: float = 1.0,
    seeds: int,
    rng: Seed = None,
) -> tuple[float, float]:
    """E[q[depth]] / q - 1, measured on random networks, and its standard error, where q is the infinitely wide value.

    It is small, and lost in the luck of the networks unless very many are averaged. But most of that luck averages to
    zero exactly: q' minus what the length map makes of q is new luck, and its mean is 0 in every layer. The part of it
    that reaches the last layer is subtracted, to first order, before the average is taken. (Statisticians call that a
    control variate.)

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    widths : sequence of int
        Units n[1], ..., n[depth] of every layer, each at least 1. The luck of layer l is in the lengths from q[l+1] on.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the number of inputs of its layer, > 0.
    q : float
        Variance q[1] > 0 of z in the first layer. Given the input it is not a matter of luck.
    seeds : int
        How many networks, at least 2.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    shift, standard_error : float
        E[q[depth]] / q - 1, and its standard error.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> shift, error = measured_shift("selu", [100] * 10, scaled_weight_variance=1.0, seeds=400, rng=0)
    >>> shift, error  # theory: -0.0124
    (-0.01..., 0.00...)
    """
    from scipy.interpolate import CubicSpline

    how = {"scaled_weight_variance": scaled_weight_variance}
    seeds = whole("seeds", seeds, at_least=2)
    lengths = sample_lengths(activation, widths, **how, q=q, seeds=seeds, rng=rng)
    wide = spread(activation, widths, **how, q=q).q
    rest = lengths[:, -1] - wide[-1]
    reaches = 1.0  # how much of a deviation in this layer is left in the last one
    for layer in range(len(widths) - 1, 0, -1):
        before = lengths[:, layer - 1]
        mapped = np.full(seeds, length_map(activation, 0.0, **how))  # of narrow layers that are off as a whole
        on = before > 0
        if on.any():
            low, high = np.log([before[on].min(), before[on].max()])
            grid = np.linspace(low - 0.01, high + 0.01, 60)
            onward = np.log([length_map(activation, np.exp(x), **how) for x in grid])
            mapped[on] = np.exp(CubicSpline(grid, onward)(np.log(before[on])))
        rest -= reaches * (lengths[:, layer] - mapped)
        reaches *= length_slope(activation, wide[layer - 1], **how)
    rest /= wide[-1]
    return float(rest.mean()), float(rest.std() / np.sqrt(seeds))


def _units(widths: Sequence[int]) -> list[int]:
    """The units n[1], ..., n[depth] of every layer."""
    n = [whole(f"n[{layer}] in widths", width, at_least=1) for layer, width in enumerate(sequence("widths", widths), 1)]
    if not n:
        raise ValueError(f"widths must hold at least one, n[1], got {widths!r}")
    return n


_PATHS = 2000


def band(activation: str | Activation, widths: Sequence[int], weight_variances: Sequence[float]) -> np.ndarray:
    """Between which values the mean square of a lies in 95 % of networks, for one input and without biases.

    At finite width the mean square m of a layer is an average over its n units. Given the layer before, it has mean
    E f(z)^2 and relative variance `relative_variance` / n, with z ~ N(0, q) and q = n_in Var(W) m. The band
    follows 2000 such m from layer to layer, each step log-normal with these two moments. For ReLU the variance of
    ln m grows by nearly 5/n a layer ([Hanin 2018](https://arxiv.org/abs/1801.03744)); where E f^2 grows faster than q,
    as for GELU, a signal that is too large or too small moves further away.

    Parameters
    ----------
    activation : str or Activation
        f of every layer: a name that `activations.get` knows, or an Activation.
    widths : sequence of int
        n[0], ..., n[L]: the input and then every layer, each at least 1.
    weight_variances : sequence of float
        Var(W[1]), ..., Var(W[L]), each > 0.

    Returns
    -------
    (2, L + 1) array
        The smaller values and the larger ones, of layers 0..L, for an input of mean square 1.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> low, high = band("relu", [100, 100, 100], [2 / 100, 2 / 100])
    >>> bool(np.all(low <= 1) and np.all(high >= 1))
    True
    """
    f, members = get(activation), sequence("widths", widths)
    n = [whole(f"n[{layer}] in widths", width, at_least=1) for layer, width in enumerate(members)]
    if not n:
        raise ValueError(f"widths must hold at least one, n[0], got {widths!r}")
    variances = [finite("each of weight_variances", v, above=0) for v in sequence("weight_variances", weight_variances)]
    if len(variances) != len(n) - 1:
        raise ValueError(f"weight_variances must hold one for each of {len(n) - 1} layers, got {weight_variances!r}")
    log_m, draws = np.zeros(_PATHS), generator(0)
    log_quantiles = [np.zeros(2)]
    for (n_in, n_out), variance in zip(pairwise(n), variances, strict=True):
        log_mean, relative = _layer(f, math.log(n_in) + math.log(variance) + log_m)
        std = np.sqrt(np.log1p(relative / n_out))
        log_m = log_mean + std * draws.standard_normal(_PATHS) - std**2 / 2
        log_quantiles.append(np.quantile(log_m, (0.025, 0.975)))
    with np.errstate(over="ignore"):  # a value beyond the largest number is inf
        return np.exp(log_quantiles).T


def _layer(f: Activation, log_q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ln E f(z)^2 and the relative variance of f(z)^2, interpolated in logarithms."""
    grid, *tables = _tables(f)
    # Beyond the tables both moments are powers of q, as good as exactly: straight lines.
    log_second, log_fourth = (
        np.interp(log_q, grid, table)
        + np.minimum(log_q - grid[0], 0) * (table[1] - table[0]) / (grid[1] - grid[0])
        + np.maximum(log_q - grid[-1], 0) * (table[-1] - table[-2]) / (grid[-1] - grid[-2])
        for table in tables
    )
    return log_second, np.maximum(np.expm1(log_fourth - 2 * log_second), 0)


@functools.cache
def _tables(f: Activation) -> tuple[np.ndarray, ...]:
    """ln q, and ln E[f(z)^2] and ln E[f(z)^4] there."""
    grid = np.log(np.geomspace(1e-16, 1e8, 145))
    tables = [np.array([moment(f, math.exp(q)) for q in grid]) for moment in (second_moment, fourth_moment)]
    if not all(np.all(table > 0) for table in tables):
        raise ValueError(f"activation must have E f(z)^4 > 0 for z of any variance from 1e-16 on, got {f.name!r}")
    return grid, *map(np.log, tables)
