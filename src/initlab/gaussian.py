"""Gaussian expectations: what an infinitely wide layer does to a signal.

In a wide layer with zero-mean weights every preactivation z is close to N(0, q). For the fate of
one input, all that theory needs to know of an activation f is then two integrals, E[f(z)^2] (forward) and E[f'(z)^2]
(backward).
"""

from typing import NamedTuple

import numpy as np

from .activations import get

# Gauss-Legendre nodes for one panel of the composite rule. 24 nodes a panel leave an error near rounding for every
# activation of the package, because a panel is never wider than its distance from the origin (but the two that touch
# it, and these are short).
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_REACH = 13.0  # in standard deviations; the normal density beyond is below 1e-37


def expectation(g, q=1.0, *, kinks=()):
    """E[g(z)] for z ~ N(0, q), by quadrature.

    The line is cut at 0, at the `kinks` of g and at +-s/2, +-s, +-2s, +-4s, ..., with s the smaller of 1 (the scale on
    which activations bend) and sqrt(q) (the scale of z), so that both scales are resolved whatever their ratio.

    Parameters
    ----------
    g : callable
        Takes an array of values of z, returns an array of the same shape.
    q : float
        Variance of z, q >= 0. The limits are included: q = 0 gives g(0), q = inf gives (g(-inf) + g(inf)) / 2.
    kinks : sequence of float
        Points where g or g' jumps.

    >>> float(round(expectation(lambda z: z**4, q=2.0), 9))  # 3 q^2
    12.0
    """
    q = float(q)
    if not q >= 0:
        raise ValueError(f"q must be a variance, a number >= 0, got {q!r}")
    if q == 0:
        return float(g(np.zeros(1))[0])
    if np.isinf(q):
        return float(np.mean(g(np.array([-np.inf, np.inf]))))
    sigma = np.sqrt(q)
    scale = min(1.0, sigma)
    cuts = scale * 2.0 ** np.arange(-1, np.ceil(np.log2(_REACH * sigma / scale)))
    reach = _REACH * sigma
    inside = [k for k in kinks if abs(k) < reach]
    edges = np.unique(np.concatenate([-cuts, [0.0], cuts, [-reach, reach], inside]))
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half) + half * _NODES
    density = np.exp(-0.5 * (z / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    with np.errstate(over="ignore", under="ignore"):
        return float(np.sum(half * _WEIGHTS * density * g(z)))


def second_moment(activation, q=1.0):
    """E[f(z)^2] for z ~ N(0, q): what f makes of a preactivation of variance q.

    >>> round(second_moment("relu", 3.0), 12)
    1.5
    """
    f = get(activation)
    return expectation(lambda z: f.f(z) ** 2, q, kinks=f.kinks)


def squared_slope(activation, q=1.0):
    """E[f'(z)^2] for z ~ N(0, q): what f does to a gradient that passes through it backwards.

    >>> round(squared_slope("relu", 3.0), 12)
    0.5
    """
    f = get(activation)
    return expectation(lambda z: f.df(z) ** 2, q, kinks=f.kinks)


class Signal(NamedTuple):
    """Second moments of an infinitely wide network, from the input to the last layer."""

    z: np.ndarray  # (depth,): E[z^2] of layers 1..depth
    a: np.ndarray  # (depth + 1,): E[a^2] of layers 0..depth
    dz: np.ndarray  # (depth,): E[(dL/dz)^2] of layers 1..depth


def propagate(activation, *, weight_variance, bias_variance=0.0, depth, input=1.0, top_gradient=1.0):
    """Second moments, layer by layer, of an infinitely wide network of equal layers.

    Forward q[l] = n Var(W) E[a[l-1]^2] + Var(b) and E[a[l]^2] = E[f(z)^2], z ~ N(0, q[l]);
    backward E[(dL/dz[l])^2] = n Var(W) E[f'(z[l])^2] E[(dL/dz[l+1])^2]
    ([Poole et al. 2016](https://arxiv.org/abs/1606.05340), on the length of a signal;
    [Schoenholz et al. 2017](https://arxiv.org/abs/1611.01232), on backpropagation).

    Parameters
    ----------
    weight_variance : float
        n Var(W), the variance of a weight times the width: 1 for Xavier, 2 for He.
    bias_variance : float
        Var(b).
    depth : int
        Number of layers.
    input : float
        E[x^2] of the input.
    top_gradient : float
        E[(dL/da)^2] at the output of the last layer.

    >>> propagate("relu", weight_variance=2.0, depth=3).a.round(12)
    array([1., 1., 1., 1.])
    """
    z, a = np.empty(depth), np.empty(depth + 1)
    slope = np.empty(depth)
    a[0] = input
    with np.errstate(over="ignore", under="ignore"):
        for layer in range(depth):
            z[layer] = weight_variance * a[layer] + bias_variance
            a[layer + 1] = second_moment(activation, z[layer])
            slope[layer] = squared_slope(activation, z[layer])
        factors = slope * np.concatenate([np.full(depth - 1, float(weight_variance)), [top_gradient]])
        dz = np.cumprod(factors[::-1])[::-1]
    return Signal(z, a, dz)
