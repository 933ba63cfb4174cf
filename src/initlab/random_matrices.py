"""Products of random matrices: how fast they stretch a vector, and how much of that is luck.

One Gaussian layer h -> W h, with W of shape (n, n) and entries N(0, g^2 / n), multiplies the squared length of *any*
vector by g^2 X / n, where X has the chi-squared distribution with n degrees of freedom, independent of what came
before. After l layers the log of the length has made l independent steps, so everything about it is exact:
it is a random walk with a drift, the growth rate, and a variance. For other activations see `finite_width`.
"""

import numpy as np
from numpy.typing import ArrayLike

from .arguments import Seed, finite, generator, numbers, whole


def growth_rate(width: int, gain: float = 1.0) -> float:
    """Expected growth of ln |h| per layer: ln g + (psi(n/2) - ln(n/2)) / 2, with psi the digamma function.

    This is the largest Lyapunov exponent of the product (C. M. Newman, Communications in Mathematical Physics 103,
    1986, p. 121; see also [Akemann, Burda and Kieburg 2014](https://arxiv.org/abs/1406.0803)). It is below ln g: a
    signal whose *mean* square is kept exactly (g = 1) still shrinks, typically by about exp(-1/(2n)) a layer.

    Parameters
    ----------
    width : int
        Units n in every layer, at least 1.
    gain : float
        g, with entries of W drawn from N(0, g^2 / n); g > 0.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(growth_rate(2), 4), round(growth_rate(512), 6)
    (-0.2886, -0.000977)
    """
    from scipy.special import digamma

    n, gain = whole("width", width, at_least=1), finite("gain", gain, above=0)
    # For wide layers the difference is lost in rounding, and a series is exact.
    below = digamma(n / 2) - np.log(n / 2) if n < 1000 else -1 / n - 1 / (3 * n**2) + 2 / (15 * n**4)
    return float(np.log(gain) + below / 2)


def growth_variance(width: int) -> float:
    """Variance that ln |h| gains per layer: psi'(n/2) / 4, close to 1/(2n) when the layer is wide.

    Parameters
    ----------
    width : int
        Units n in every layer, at least 1.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(growth_variance(2), 4), round(growth_variance(512) * 2 * 512, 3)
    (0.4112, 1.002)
    """
    from scipy.special import polygamma

    return float(polygamma(1, whole("width", width, at_least=1) / 2) / 4)


def growth_quantile(p: float, layers: ArrayLike, width: int, gain: float = 1.0) -> np.ndarray:
    """The p-quantile of |h[l]| / |h[0]| after l layers.

    Quantile of a sum of l log chi-squared steps, by the Cornish-Fisher expansion in their exact cumulants up to the
    fourth. Between 2.5 % and 97.5 % it is within 15 % of the length for width 1, 5 % for width 2, and 1 % from width 8
    on. Further out it is less good, and beyond one in a thousand there is none.

    Parameters
    ----------
    p : float
        Probability, 0.001 <= p <= 0.999.
    layers : int or array of int
        The number of layers l >= 0, or several of them.
    width : int
        Units n in every layer, at least 1.
    gain : float
        g, with entries of W drawn from N(0, g^2 / n); g > 0.

    Returns
    -------
    array
        One quantile for each number of layers, in the shape of `layers`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> growth_quantile(0.5, [0, 10, 100], width=64).round(2)
    array([1.  , 0.93, 0.46])
    """
    from scipy.special import ndtri, polygamma

    p, n, gain = (
        finite("p", p, at_least=0.001, at_most=0.999),
        whole("width", width, at_least=1),
        finite("gain", gain, above=0),
    )
    layers = numbers("layers", layers)
    if layers.dtype.kind not in "iu":
        raise TypeError(f"layers must be an int >= 0 or an array of them, got {layers!r}")
    if np.any(layers < 0):
        raise ValueError(f"layers must be an int >= 0 or an array of them, got {layers!r}")
    # Cumulants of ln|h|, which is half a log chi-squared: k-th cumulant psi^(k-1)(n/2) / 2^k per layer.
    variance, third, fourth = (layers * polygamma(k - 1, n / 2) / 2**k for k in (2, 3, 4))
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = np.where(layers > 0, third / variance**1.5, 0)
        kurtosis = np.where(layers > 0, fourth / variance**2, 0)
    z = ndtri(p)
    w = z + (z**2 - 1) * skewness / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skewness**2 / 36
    with np.errstate(over="ignore"):  # a length beyond the largest number is inf
        return np.exp(layers * growth_rate(n, gain) + w * np.sqrt(variance))


def lyapunov_exponents(width: int, gain: float = 1.0) -> np.ndarray:
    """All n growth rates of the product, largest first: ln g + (psi((n - i + 1)/2) - ln(n/2)) / 2 for i = 1..n.

    Their differences say how fast the product forgets: per layer, the last direction shrinks relative to the first by
    the factor exp(difference).
    Source: C. M. Newman, Communications in Mathematical Physics 103, 1986, p. 121.

    Parameters
    ----------
    width : int
        Units n in every layer, at least 1.
    gain : float
        g, with entries of W drawn from N(0, g^2 / n); g > 0.

    Returns
    -------
    (width,) array
        The expected growth of ln |h| per layer, in each direction.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> lyapunov_exponents(2).round(4)
    array([-0.2886, -0.9818])
    """
    from scipy.special import digamma

    n, gain = whole("width", width, at_least=1), finite("gain", gain, above=0)
    i = np.arange(1, n + 1)
    return np.log(gain) + (digamma((n - i + 1) / 2) + np.log(2 / n)) / 2


def stretch(width: int, layers: int, *, gain: float = 1.0, seeds: int = 1, rng: Seed = None) -> np.ndarray:
    """|h[l]| / |h[0]| along products of Gaussian matrices.

    The vector is rescaled to length 1 after every layer and its log length kept, so nothing overflows on the way.
    For one `rng` seed, different gains use the same matrices.

    Parameters
    ----------
    width : int
        Units n in every layer, at least 1.
    layers : int
        Number of layers, at least 0.
    gain : float
        g, with entries of W drawn from N(0, g^2 / n); g > 0.
    seeds : int
        How many products, at least 1.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    (seeds, layers + 1) array
        One row for each product, from l = 0, where it is 1.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> stretch(64, 10, seeds=3, rng=0).shape
    (3, 11)
    """
    n, layers, gain = (
        whole("width", width, at_least=1),
        whole("layers", layers, at_least=0),
        finite("gain", gain, above=0),
    )
    seeds, rng = whole("seeds", seeds, at_least=1), generator(rng)
    h = np.zeros((seeds, n, 1))
    h[:, 0] = 1
    log_length = np.zeros((seeds, layers + 1))
    together = max(1, 2**20 // n**2)  # so many matrices at once that they take 8 MB
    for layer in range(1, layers + 1):
        for start in range(0, seeds, together):
            some = h[start : start + together]
            some[:] = rng.standard_normal((len(some), n, n)) / np.sqrt(n) @ some
        length = np.linalg.norm(h, axis=1, keepdims=True)
        log_length[:, layer] = log_length[:, layer - 1] + np.log(length[:, 0, 0])
        h /= length
    with np.errstate(over="ignore"):  # a length beyond the largest number is inf
        return np.exp(log_length + np.log(gain) * np.arange(layers + 1))
