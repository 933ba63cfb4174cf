"""Many layers: what becomes of a second moment in a deep linear network whose weights have a mean or are correlated.

One layer's second moment is then not enough: the units of a layer become correlated, and that affects the next layer.
It is enough to follow two numbers from layer to layer,

    q = E[a_j^2]  and  s = E[a_j a_k], j != k.

With n units a layer, z_i = sum_j W_ij a_j + b_i, and weights that are independent of a, the n terms j = k and the
n (n - 1) others give

    q' = n (sigma_w^2 + mu^2) q + n (n - 1) (rho sigma_w^2 + mu^2) s + sigma_b^2
    s' = mu^2 (n q + n (n - 1) s),

because weights of different units have nothing in common but their mean mu. The symbols are those of `assumptions`.
"""

from typing import NamedTuple

import numpy as np

from ..arguments import finite, whole


class Moments(NamedTuple):
    """Second moments of a deep network, each (depth + 1,), from the input to the last layer."""

    q: np.ndarray
    """E[a_j^2]."""
    s: np.ndarray
    """E[a_j a_k], j != k."""


def linear_network(
    depth: int,
    n: int,
    *,
    sigma_w: float,
    mu: float = 0.0,
    rho: float = 0.0,
    sigma_b: float = 0.0,
    q: float = 1.0,
    s: float = 0.0,
) -> Moments:
    """The second moments of a deep linear network of equal layers; exact at every width.

    Parameters
    ----------
    depth, n : int
        Number of layers, and units in each.
    sigma_w, mu : float
        Standard deviation and mean of a weight.
    rho : float
        Correlation of any two weights of one unit, 0 to 1.
    sigma_b : float
        Standard deviation of a bias.
    q, s : float
        E[x_j^2] and E[x_j x_k] of the input; -q / (n - 1) <= s <= q.

    Returns
    -------
    Moments
        q and s of layers 0..depth, each (depth + 1,).

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> linear_network(2, 100, sigma_w=0.1).q
    array([1., 1., 1.])
    >>> linear_network(2, 100, sigma_w=0.1, mu=0.02).q.round(4)
    array([1.  , 1.04, 1.24])
    """
    depth, n = whole("depth", depth, at_least=0), whole("n", n, at_least=1)
    numbers = {"sigma_w": sigma_w, "sigma_b": sigma_b, "q": q}
    sigma_w, sigma_b, q = (finite(name, value, at_least=0) for name, value in numbers.items())
    mu, rho = finite("mu", mu), finite("rho", rho, at_least=0, at_most=1)
    s = finite("s", s, at_least=-q / (n - 1) if n > 1 else -q, at_most=q)
    qs, ss = [q], [s]
    for _ in range(depth):
        q, s = (
            n * (sigma_w**2 + mu**2) * q + n * (n - 1) * (rho * sigma_w**2 + mu**2) * s + sigma_b**2,
            mu**2 * (n * q + n * (n - 1) * s),
        )
        qs.append(q)
        ss.append(s)
    return Moments(np.array(qs), np.array(ss))
