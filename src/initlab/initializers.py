"""Initializers: from the shape of a weight array to its first values.

All are called the same way, `f(shape, *, rng=None, dtype=np.float64, ...)`, and return a new array, so that any of them
can be handed to a simulator. Those that draw nothing accept `rng` and ignore it. NumPy's global random state is neither
read nor changed. All is computed in float64 and rounded at the end, so that one seed gives the same network at every
precision; a part at a time, so that only the result takes memory (see `orthogonal` for its own).

For one seed, every scheme is a multiple of the same standard draws (one set each for normal, uniform and truncated
normal), so that two schemes can be compared without the noise of two samples.

Every argument is checked: a value that is not allowed is a ValueError, one of the wrong type a TypeError, and both
name the argument, the value and what is allowed.

A shape does not tell what is connected with what. For `(n_out, n_in)`, and for a kernel of which each output sees every
input channel, it does; for these layers say so:

    grouped or depthwise, PyTorch (64, 1, 3, 3)       groups=64: fan-in 9, fan-out 9
    depthwise, Keras (3, 3, 64, 1)                    layout="KKBO": 64 copies of a kernel with one input, one output
    packed queries, keys and values (3 d, d)          groups=3: each of the three has fan-in d and fan-out d
    packed gates of an LSTM (4 h, h)                  groups=4
    projections of h heads, JAX (d, h, k), (h, k, d)  layout="IOO", layout="IIO"
    one matrix for each of r runs, (r, n_out, n_in)   layout="BOI"
    embedding (words, d), of which one row is read    layout="BO": fan-in 1, fan-out d
    transposed, PyTorch (n_in, n_out, 3, 3)           layout="IOKK"; in Keras "KKOI"
    3 x 3 with stride 2 in both directions            fans=(9 * n_in, 9 * n_out / 4)
    the same transposed                               fans=(9 * n_in / 4, 9 * n_out)
    locally connected, transposed in groups, padding  fans=(fan_in, fan_out), counted by hand

Left out, because a line does it: a convolution that passes its input on (PyTorch's `dirac_`), `W = zeros(shape);
W[range(n), range(n), 1, 1] = 1`; delta-orthogonal kernels ([Xiao et al. 2018](https://arxiv.org/abs/1806.05393)), the
same with `W[:, :, 1, 1] = orthogonal(shape[:2])`; sparse columns
([Martens 2010](https://www.cs.toronto.edu/~jmartens/docs/Deep_HessianFree.pdf)), `normal(shape, std=0.01)` with all but
a few of each column set to 0; an embedding, `normal((words, d), std=...)`; a last bias that knows how frequent the
classes are, `np.log(share)`, or for one sigmoid `np.log(share / (1 - share))`. (Kernels are 3 x 3, axes in PyTorch's
order.)
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from .arguments import Seed, Shape, finite, floating, generator, one_of, sizes, whole

LAYOUTS = ("OI", "IO")
"""The orders of the axes of a weight array: (out, in, *kernel) and (*kernel, in, out)."""
AXES = "OIKB"
"""What an axis can be: outputs, inputs, kernel, or a batch of copies that have nothing to do with each other."""
MODES = ("fan_in", "fan_out", "fan_avg")
"""The fans by which a variance can be scaled."""
DISTRIBUTIONS = ("normal", "uniform", "truncated_normal")
"""The distributions that `variance_scaling` can draw from."""

Fans = tuple[float, float] | None
"""(fan_in, fan_out), or None for those that a shape has."""

TRUNCATED_STD = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))
"""Standard deviation of a standard normal cut at +-2, 0.8796...: its variance is 1 - 4 phi(2) / (Phi(2) - Phi(-2))."""


# Values that draw nothing


def zeros(shape: Shape, *, rng: Seed = None, dtype: DTypeLike = np.float64) -> np.ndarray:
    """All weights 0. Right for biases. Hidden units that start equal get equal gradients, and stay equal as long as
    rounding treats them alike: see `symmetry`.

    Parameters
    ----------
    shape : int or tuple of int
        Sizes >= 0 of the array. A size of 0 gives an empty array.
    rng : numpy.random.Generator, int or None
        Ignored: nothing is drawn.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> zeros((2, 3))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    return constant(shape, value=0.0, rng=rng, dtype=dtype)


def constant(shape: Shape, *, value: float, rng: Seed = None, dtype: DTypeLike = np.float64) -> np.ndarray:
    """All weights equal to `value`.

    Parameters
    ----------
    shape : int or tuple of int
        Sizes >= 0 of the array. A size of 0 gives an empty array.
    value : float
        Any finite number.
    rng : numpy.random.Generator, int or None
        Ignored: nothing is drawn.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> constant(3, value=0.1)
    array([0.1, 0.1, 0.1])
    """
    return np.full(sizes(shape), _held("value", value, dtype), dtype=dtype)


def identity(shape: Shape, *, gain: float = 1.0, rng: Seed = None, dtype: DTypeLike = np.float64) -> np.ndarray:
    """`gain` times the identity: W[i, i] = gain, all else 0.

    Parameters
    ----------
    shape : tuple of int
        Two sizes >= 0, which need not be equal.
    gain : float
        Any finite number.
    rng : numpy.random.Generator, int or None
        Ignored: nothing is drawn.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> identity((2, 3), gain=1.5)
    array([[1.5, 0. , 0. ],
           [0. , 1.5, 0. ]])
    """
    shape = sizes(shape)
    if len(shape) != 2:
        raise ValueError(f"shape must have exactly 2 dimensions for an identity, got {shape}")
    W = np.zeros(shape, floating(dtype))
    np.fill_diagonal(W, _held("gain", gain, dtype))
    return W


# Distributions with given parameters


def normal(
    shape: Shape, *, mean: float = 0.0, std: float = 1.0, rng: Seed = None, dtype: DTypeLike = np.float64
) -> np.ndarray:
    """Independent draws from N(mean, std^2).

    Parameters
    ----------
    shape : int or tuple of int
        Sizes >= 0 of the array. A size of 0 gives an empty array.
    mean : float
        Mean of a weight.
    std : float
        Standard deviation of a weight, std >= 0.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> normal((2, 2), std=0.01, rng=0).round(5)
    array([[ 0.00126, -0.00132],
           [ 0.0064 ,  0.00105]])
    """
    mean, std, rng = finite("mean", mean), finite("std", std, at_least=0), generator(rng)
    return _filled(shape, dtype, lambda n: rng.standard_normal(n) * std + mean)


def uniform(shape: Shape, *, low: float, high: float, rng: Seed = None, dtype: DTypeLike = np.float64) -> np.ndarray:
    """Independent draws from U[low, high]. The variance is (high - low)^2 / 12.

    Parameters
    ----------
    shape : int or tuple of int
        Sizes >= 0 of the array. A size of 0 gives an empty array.
    low, high : float
        The smallest and the largest value of a weight, low < high.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> uniform(4, low=-1, high=1, rng=0).round(3)
    array([ 0.274, -0.46 , -0.918, -0.967])
    """
    (low, high), rng = _bounds(low, high), generator(rng)
    centre, radius = high / 2 + low / 2, high / 2 - low / 2
    # Rounding may overstep a bound.
    return _filled(shape, dtype, lambda n: np.clip((rng.random(n) * 2 - 1) * radius + centre, low, high))


def truncated_normal(
    shape: Shape,
    *,
    mean: float = 0.0,
    std: float = 1.0,
    low: float = -2.0,
    high: float = 2.0,
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """Independent draws from N(mean, std^2) given that they lie in [low, high].

    The bounds are values of the weights, as in PyTorch, not multiples of std: std = 0.02 with the default bounds +-2
    cuts practically nothing. Cutting lowers the variance: at +-2 std it is 0.774 std^2.

    Parameters
    ----------
    shape : int or tuple of int
        Sizes >= 0 of the array. A size of 0 gives an empty array.
    mean, std : float
        Mean and standard deviation of the normal distribution before it is cut, std > 0.
    low, high : float
        The smallest and the largest value of a weight, low < high.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> abs(truncated_normal(1000, std=0.5, low=-1, high=1, rng=0)).max() <= 1
    np.True_
    """
    from scipy.special import log_ndtr, ndtri_exp

    mean, std, rng = finite("mean", mean), finite("std", std, above=0), generator(rng)
    low, high = _bounds(low, high)
    a, b = (low - mean) / std, (high - mean) / std
    mirrored = a > 0  # so that in a tail it is always the lower one: in the upper one Phi is too close to 1
    if mirrored:
        a, b = -b, -a
    width, steep = (high - low) / std, max(-b, 0.0)

    def narrow(n: int) -> np.ndarray:
        """In a narrow interval, and far out, the density falls exponentially from the end that is nearer the mean."""
        share, fall = rng.random(n), steep * width
        t = share * (high - low) if fall < 1e-10 else -np.log1p(share * np.expm1(-fall)) * (std / steep)
        return np.clip(low + t if mirrored else high - t, low, high)

    def draw(n: int) -> np.ndarray:
        """Solve Phi(z) = (1 - u) Phi(a) + u Phi(b) for z, in logarithms."""
        u = 1 - rng.random(n)  # in (0, 1], so that its logarithm is finite
        log_b = log_ndtr(b)
        z = ndtri_exp(log_b + np.log(u + (1 - u) * np.exp(log_ndtr(a) - log_b)))
        return np.clip(mean + std * (-z if mirrored else z), low, high)  # rounding may overstep a bound

    return _filled(shape, dtype, narrow if width < 1e-5 or steep > 1e5 else draw)


def _filled(shape: Shape, dtype: DTypeLike, draw: Callable[[int], np.ndarray]) -> np.ndarray:
    """An array of numbers that `draw(n)` draws n at a time, so that what is computed in float64 needs no memory."""
    W = np.empty(sizes(shape), floating(dtype))
    flat = W.reshape(-1)
    for start in range(0, W.size, _BLOCK):
        part = flat[start : start + _BLOCK]
        part[:] = draw(len(part))
    return W


_BLOCK = 2**13


# Schemes that set the variance from the fans


def fans(shape: Shape, layout: str = "OI", groups: int = 1) -> tuple[int, int]:
    """(fan_in, fan_out): how many inputs feed one output, and how many outputs one input feeds.

    Both include the receptive field, the product of the kernel sizes. What a shape does not tell has to be said: see
    the head of this module.

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0. A size of 0 counts like any other, so that a fan may be 0.
    layout : str
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras. Or a letter for each axis: O outputs, I inputs, K kernel, B a batch of copies.
    groups : int
        In how many groups the outputs are, each with inputs of its own: an input feeds those of one group. The inputs
        that the shape has are those of one group, as in PyTorch.

    Returns
    -------
    tuple of int
        (fan_in, fan_out)

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> fans((64, 3, 7, 7))
    (147, 3136)
    >>> fans((7, 7, 3, 64), layout="IO")
    (147, 3136)
    >>> fans((64, 1, 3, 3), groups=64), fans((3, 3, 64, 1), layout="KKBO")
    ((9, 9), (9, 9))
    """
    shape, groups = _matrix_shape(shape), whole("groups", groups, at_least=1)
    size = dict.fromkeys(AXES, 1)
    for axis, n in zip(_axes(layout, len(shape)), shape, strict=True):
        size[axis] *= n
    if size["O"] % groups:
        raise ValueError(f"groups must divide the number of outputs, {size['O']}, got {groups}")
    return size["I"] * size["K"], size["O"] // groups * size["K"]


def _axes(layout: str, count: int) -> str:
    """A letter of `AXES` for each of `count` axes."""
    allowed = (
        f"'OI', 'IO' or a letter for each axis, of O (outputs), I (inputs), K (kernel) and B (copies), got {layout!r}"
    )
    if not isinstance(layout, str):
        raise TypeError(f"layout must be {allowed}")
    if layout in LAYOUTS:
        kernel = "K" * (count - 2)
        return f"OI{kernel}" if layout == "OI" else f"{kernel}IO"
    if len(layout) != count or not set("O") <= set(layout) <= set(AXES):
        raise ValueError(f"layout must be {allowed} for {count} axes")
    return layout


def fan_of(mode: str, fan_in: float, fan_out: float) -> float:
    """The fan that a mode names: fan_in, fan_out or their mean, fan_avg.

    Parameters
    ----------
    mode : {"fan_in", "fan_out", "fan_avg"}
        Which fan.
    fan_in, fan_out : number or SymPy expression
        The fans of the layer, >= 0.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> fan_of("fan_avg", 100, 50)
    75.0
    """
    for name, fan in (("fan_in", fan_in), ("fan_out", fan_out)):
        if not hasattr(fan, "free_symbols"):  # as SymPy's expressions have
            finite(name, fan, at_least=0)
    average = fan_in / 2 + fan_out / 2  # in this order, as their sum may overflow
    return {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": average}[one_of("mode", mode, MODES)]


def variance_scaling(
    shape: Shape,
    *,
    scale: float,
    mode: str,
    distribution: str,
    layout: str = "OI",
    groups: int = 1,
    fans: Fans = None,
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """Zero-mean weights of variance `scale / n`, where n is fan_in, fan_out or their mean, fan_avg.

    All named schemes below are this function with a `scale`, a `mode` and a `distribution` filled in.

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0 of the array. A size of 0 gives an empty array.
    scale : float
        The variance of a weight times n, scale > 0.
    mode : {"fan_in", "fan_out", "fan_avg"}
        Which fan n is.
    distribution : {"normal", "uniform", "truncated_normal"}
        What the weights are drawn from:

        - "normal": N(0, scale/n)
        - "uniform": U[-r, r], r = sqrt(3 scale/n)
        - "truncated_normal": N(0, s^2) cut at +-2s, with s = sqrt(scale/n) / 0.8796, so that the cut leaves scale/n
    layout : str
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras. Or a letter for each axis, and `groups`: see `fans`.
    groups : int
        In how many groups the outputs are.
    fans : (float, float), optional
        (fan_in, fan_out), where the shape does not tell; then without layout and groups.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> variance_scaling((100, 50), scale=2.0, mode="fan_in", distribution="normal", rng=0).std()  # near sqrt(2/50)
    np.float64(0.199...)
    """
    scale = finite("scale", scale, above=0)
    mode, distribution = one_of("mode", mode, MODES), one_of("distribution", distribution, DISTRIBUTIONS)
    n = fan_of(mode, *_fans(shape, layout, groups, fans))
    std = math.sqrt(scale / (n or 1))  # n = 0 only in an empty array
    if distribution == "normal":
        return normal(shape, std=std, rng=rng, dtype=dtype)
    if distribution == "uniform":
        bound = math.sqrt(3) * std
        return uniform(shape, low=-bound, high=bound, rng=rng, dtype=dtype)
    std /= TRUNCATED_STD
    return truncated_normal(shape, std=std, low=-2 * std, high=2 * std, rng=rng, dtype=dtype)


def xavier_normal(
    shape: Shape,
    *,
    gain: float = 1.0,
    layout: str = "OI",
    groups: int = 1,
    fans: Fans = None,
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """N(0, 2 gain^2 / (fan_in + fan_out)): a compromise between a steady signal forward and a steady gradient back.

    `variance_scaling` with scale = gain^2, mode = "fan_avg" and distribution = "normal".
    Source: [Glorot and Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html), equation 12.

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0 of the array. A size of 0 gives an empty array.
    gain : float
        Factor of the weights, gain > 0.
    layout : str
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras. Or a letter for each axis, and `groups`: see `fans`.
    groups : int
        In how many groups the outputs are.
    fans : (float, float), optional
        (fan_in, fan_out), where the shape does not tell; then without layout and groups.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> xavier_normal((300, 100), rng=0).var() * (300 + 100) / 2  # near 1
    np.float64(0.994...)
    """
    scale = _square("gain", gain, above=0)
    return variance_scaling(
        shape,
        scale=scale,
        mode="fan_avg",
        distribution="normal",
        layout=layout,
        groups=groups,
        fans=fans,
        rng=rng,
        dtype=dtype,
    )


def xavier_uniform(
    shape: Shape,
    *,
    gain: float = 1.0,
    layout: str = "OI",
    groups: int = 1,
    fans: Fans = None,
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """U[-r, r] with r = gain sqrt(6 / (fan_in + fan_out)), the "normalized initialization".

    `variance_scaling` with scale = gain^2, mode = "fan_avg" and distribution = "uniform".
    Source: [Glorot and Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html), equation 16.

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0 of the array. A size of 0 gives an empty array.
    gain : float
        Factor of the weights, gain > 0.
    layout : str
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras. Or a letter for each axis, and `groups`: see `fans`.
    groups : int
        In how many groups the outputs are.
    fans : (float, float), optional
        (fan_in, fan_out), where the shape does not tell; then without layout and groups.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> abs(xavier_uniform((4, 2), rng=0)).max() <= 1  # sqrt(6 / (4 + 2))
    np.True_
    """
    scale = _square("gain", gain, above=0)
    return variance_scaling(
        shape,
        scale=scale,
        mode="fan_avg",
        distribution="uniform",
        layout=layout,
        groups=groups,
        fans=fans,
        rng=rng,
        dtype=dtype,
    )


def he_normal(
    shape: Shape,
    *,
    mode: str = "fan_in",
    negative_slope: float = 0.0,
    layout: str = "OI",
    groups: int = 1,
    fans: Fans = None,
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """N(0, 2 / ((1 + a^2) n)), where a is the slope of a leaky ReLU for z < 0 and n the fan that `mode` names.

    `variance_scaling` with scale = 2 / (1 + a^2) and distribution = "normal".
    Source: [He et al. 2015](https://arxiv.org/abs/1502.01852), equations 10 (forward, fan_in), 14 (backward, fan_out)
    and 15 (a != 0).

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0 of the array. A size of 0 gives an empty array.
    mode : {"fan_in", "fan_out", "fan_avg"}
        Which fan n is: fan_in keeps the signal forward, fan_out the gradient backward.
    negative_slope : float
        The slope a of a leaky ReLU for z < 0; 0 is ReLU.
    layout : str
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras. Or a letter for each axis, and `groups`: see `fans`.
    groups : int
        In how many groups the outputs are.
    fans : (float, float), optional
        (fan_in, fan_out), where the shape does not tell; then without layout and groups.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> he_normal((300, 100), rng=0).var() * 100  # near 2
    np.float64(1.98...)
    """
    scale = 2 / (1 + _square("negative_slope", negative_slope))
    return variance_scaling(
        shape,
        scale=scale,
        mode=mode,
        distribution="normal",
        layout=layout,
        groups=groups,
        fans=fans,
        rng=rng,
        dtype=dtype,
    )


def he_uniform(
    shape: Shape,
    *,
    mode: str = "fan_in",
    negative_slope: float = 0.0,
    layout: str = "OI",
    groups: int = 1,
    fans: Fans = None,
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """U[-r, r] with r = sqrt(6 / ((1 + a^2) n)): the variance of `he_normal` with a bounded density.

    `variance_scaling` with scale = 2 / (1 + a^2) and distribution = "uniform". PyTorch's default for nn.Linear is this
    with a = sqrt(5), which is U[-1/sqrt(fan_in), 1/sqrt(fan_in)].
    Source: [He et al. 2015](https://arxiv.org/abs/1502.01852), equations 10, 14 and 15.

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0 of the array. A size of 0 gives an empty array.
    mode : {"fan_in", "fan_out", "fan_avg"}
        Which fan n is: fan_in keeps the signal forward, fan_out the gradient backward.
    negative_slope : float
        The slope a of a leaky ReLU for z < 0; 0 is ReLU.
    layout : str
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras. Or a letter for each axis, and `groups`: see `fans`.
    groups : int
        In how many groups the outputs are.
    fans : (float, float), optional
        (fan_in, fan_out), where the shape does not tell; then without layout and groups.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> abs(he_uniform((300, 100), negative_slope=5**0.5, rng=0)).max() <= 0.1
    np.True_
    """
    scale = 2 / (1 + _square("negative_slope", negative_slope))
    return variance_scaling(
        shape,
        scale=scale,
        mode=mode,
        distribution="uniform",
        layout=layout,
        groups=groups,
        fans=fans,
        rng=rng,
        dtype=dtype,
    )


def lecun_normal(
    shape: Shape,
    *,
    layout: str = "OI",
    groups: int = 1,
    fans: Fans = None,
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """N(0, 1 / fan_in): z has the second moment of the inputs.

    `variance_scaling` with scale = 1, mode = "fan_in" and distribution = "normal".
    Source: [LeCun et al. 1998](https://doi.org/10.1007/3-540-49430-8_2), "Efficient BackProp", section 4.6.

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0 of the array. A size of 0 gives an empty array.
    layout : str
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras. Or a letter for each axis, and `groups`: see `fans`.
    groups : int
        In how many groups the outputs are.
    fans : (float, float), optional
        (fan_in, fan_out), where the shape does not tell; then without layout and groups.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> lecun_normal((300, 100), rng=0).var() * 100  # near 1
    np.float64(0.994...)
    """
    return variance_scaling(
        shape,
        scale=1.0,
        mode="fan_in",
        distribution="normal",
        layout=layout,
        groups=groups,
        fans=fans,
        rng=rng,
        dtype=dtype,
    )


def lecun_uniform(
    shape: Shape,
    *,
    layout: str = "OI",
    groups: int = 1,
    fans: Fans = None,
    rng: Seed = None,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:
    """U[-r, r] with r = sqrt(3 / fan_in): the variance of `lecun_normal` with a bounded density.

    `variance_scaling` with scale = 1, mode = "fan_in" and distribution = "uniform".
    Source: [LeCun et al. 1998](https://doi.org/10.1007/3-540-49430-8_2), "Efficient BackProp", section 4.6.

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0 of the array. A size of 0 gives an empty array.
    layout : str
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras. Or a letter for each axis, and `groups`: see `fans`.
    groups : int
        In how many groups the outputs are.
    fans : (float, float), optional
        (fan_in, fan_out), where the shape does not tell; then without layout and groups.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> abs(lecun_uniform((5, 3), rng=0)).max() <= 1
    np.True_
    """
    return variance_scaling(
        shape,
        scale=1.0,
        mode="fan_in",
        distribution="uniform",
        layout=layout,
        groups=groups,
        fans=fans,
        rng=rng,
        dtype=dtype,
    )


glorot_normal = xavier_normal
glorot_uniform = xavier_uniform
kaiming_normal = he_normal
kaiming_uniform = he_uniform


def orthogonal(
    shape: Shape, *, gain: float = 1.0, layout: str = "OI", rng: Seed = None, dtype: DTypeLike = np.float64
) -> np.ndarray:
    """`gain` times a random matrix with orthonormal rows or columns, whichever are fewer.

    A kernel is flattened so that the output dimension stays: "OI" to (out, in times kernel), "IO" to (kernel times in,
    out). Matrices packed into one array (groups, heads, runs) have to be drawn one by one. The distribution is Haar's:
    multiplying by a fixed orthogonal matrix does not change it. The Q of a normal matrix A = QR has this distribution
    only once each column has the sign that makes the diagonal of R positive, because QR routines choose the signs by a
    rule of their own. LAPACK turns A into Q in place, in float64: with the result that takes twice the memory of a
    result in float64, three times that of one in float32.
    Source: [Saxe et al. 2014](https://arxiv.org/abs/1312.6120); for the sign,
    [Mezzadri 2007](https://arxiv.org/abs/math-ph/0609050).

    Parameters
    ----------
    shape : tuple of int
        Two or more sizes >= 0 of the array. A size of 0 gives an empty array.
    gain : float
        Factor of the weights, gain > 0.
    layout : {"OI", "IO"}
        Order of the axes: "OI" is `(out, in, *kernel)`, as in z = W a and in PyTorch, "IO" is `(*kernel, in, out)`, as
        in JAX and Keras.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    dtype : dtype
        Floating type of the result.

    Returns
    -------
    array
        Of the given shape and dtype.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> W = orthogonal((2, 3), rng=0)
    >>> np.allclose(W @ W.T, np.eye(2))
    True
    """
    from scipy.linalg import lapack

    gain, dtype, shape, rng = finite("gain", gain, above=0), floating(dtype), _matrix_shape(shape), generator(rng)
    if one_of("layout", layout, LAYOUTS) == "OI":
        rows, columns = shape[0], math.prod(shape[1:])
    else:
        rows, columns = math.prod(shape[:-1]), shape[-1]
    many, few = max(rows, columns), min(rows, columns)
    if few == 0:
        return np.empty(shape, dtype)
    A = np.empty((few, many)).T  # column after column, as LAPACK wants it
    together = max(1, _BLOCK // few)
    for start in range(0, many, together):
        part = A[start : start + together]
        part[:] = rng.standard_normal(part.shape)
    space = int(lapack.dgeqrf_lwork(many, few)[0])
    QR, tau, *_ = lapack.dgeqrf(A, lwork=space, overwrite_a=True)
    signs = np.copysign(gain, np.diagonal(QR))
    Q, *_ = lapack.dorgqr(QR, tau, lwork=space, overwrite_a=True)
    Q *= signs
    return np.ascontiguousarray(Q if rows >= columns else Q.T, dtype).reshape(shape)


# Arguments


def _held(name: str, value: float, dtype: DTypeLike) -> float:
    """A finite number that the type can hold."""
    number, largest = finite(name, value), float(np.finfo(floating(dtype)).max)
    if abs(number) > largest:
        raise ValueError(f"{name} must be a number that {floating(dtype)} can hold, up to {largest:g}, got {value!r}")
    return number


def _square(name: str, value: float, *, above: float | None = None) -> float:
    number = finite(name, value, above=above)
    return finite(f"the square of {name}", number * number, above=above)


def _bounds(low: float, high: float) -> tuple[float, float]:
    low, high = finite("low", low), finite("high", high)
    if low >= high:
        raise ValueError(f"low must be less than high, got low={low!r} and high={high!r}")
    return low, high


def _fans(shape: Shape, layout: str, groups: int, given: Fans) -> tuple[float, float]:
    """The fans that were given, or those that the shape has."""
    computed = fans(shape, layout, groups)
    if given is None:
        return computed
    if layout != "OI" or groups != 1:
        raise ValueError(f"fans must not be given beside a layout or groups, got {given!r}, {layout!r} and {groups!r}")
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise TypeError(f"fans must be a pair (fan_in, fan_out) of numbers > 0, got {given!r}")
    fan_in, fan_out = (finite("each of fans", fan, above=0) for fan in given)
    return fan_in, fan_out


def _matrix_shape(shape: Shape) -> tuple[int, ...]:
    dims = sizes(shape)
    if len(dims) < 2:
        raise ValueError(f"shape must have at least 2 dimensions, one of inputs and one of outputs, got {shape!r}")
    return dims
