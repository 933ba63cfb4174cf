"""Gaussian expectations: what an infinitely wide layer does to a signal.

In a wide layer with zero-mean weights every preactivation z is close to N(0, q). To follow one input, all that theory
needs to know about an activation f is then two integrals, E[f(z)^2] (forward) and E[f'(z)^2] (backward). From them
follow the gains, which keep a signal of size 1 as it is, and the length map q -> q', whose fixed points say where a
deep network takes a signal of any size.

The integrals are computed here, by quadrature, to about 15 digits. Those for which there is a formula are in
`closed_forms`, too.
"""

import functools
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .activations import Activation, get
from .arguments import finite, one_of, whole

# Gauss-Legendre nodes for one panel of the composite rule. 24 nodes a panel leave an error near rounding for every
# activation of the package, because a panel is never wider than its distance from the origin, except the two that touch
# it, and these are short.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_WEIGHTS = _WEIGHTS / math.sqrt(2 * math.pi)
_REACH = 13.0  # in standard deviations; the normal density beyond is below 1e-37


def expectation(g: Callable[[np.ndarray], np.ndarray], q: float = 1.0, *, kinks: Sequence[float] = ()) -> float:
    """E[g(z)] for z ~ N(0, q), by quadrature.

    The line is cut at 0, at the `kinks` of g and at +-s/2, +-s, +-2s, +-4s, ..., with s the smaller of 1 (the scale on
    which activations bend) and sqrt(q) (the scale of z), so that both scales are resolved whatever their ratio. For f,
    f^2 and f'^2 of every activation of the package the result is then right to 1e-14, relative to E|g|, at least for
    1e-4 <= q <= 1e4.

    Parameters
    ----------
    g : callable
        Takes an array of values of z, returns an array of the same shape.
    q : float
        Variance of z, q >= 0. The limits are included: q = 0 gives g(0), q = inf gives (g(-inf) + g(inf)) / 2.
    kinks : sequence of float
        Points where g or g' jumps.

    Raises
    ------
    ValueError
        If q is negative or nan.

    Examples
    --------
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
    z, weights = _rule(q, kinks)
    with np.errstate(over="ignore", under="ignore"):
        return float(np.sum(weights * g(z)))


def _rule(q: float, kinks: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Nodes z and weights w, arrays of equal shape: E[g(z)] is the sum of w g(z)."""
    sigma = math.sqrt(q)
    # In units of sigma, so that nothing underflows when q is tiny.
    start = min(1.0, 1 / sigma) / 2
    cuts = [start * 2**k for k in range(math.ceil(math.log2(_REACH / start)))]
    inside = [k / sigma for k in kinks if abs(k) < _REACH * sigma]
    edges = np.array(sorted({0.0, _REACH, -_REACH, *cuts, *(-c for c in cuts), *inside}))
    half = np.diff(edges)[:, None] / 2
    u = (edges[:-1, None] + half) + half * _NODES
    with np.errstate(under="ignore"):
        return sigma * u, half * _WEIGHTS * np.exp(-0.5 * u * u)


def mean(activation: str | Activation, q: float = 1.0) -> float:
    """E[f(z)] for z ~ N(0, q): 0 when f is odd, and what the next layer sees of a constant otherwise.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, q >= 0. The limits q = 0 and q = inf are included.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(mean("relu"), 4), mean("selu") < 1e-15
    (0.3989, True)
    """
    f = get(activation)
    return expectation(f.f, q, kinks=f.kinks)


def second_moment(activation: str | Activation, q: float = 1.0) -> float:
    """E[f(z)^2] for z ~ N(0, q): what f makes of a preactivation of variance q.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, q >= 0. The limits q = 0 and q = inf are included.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(second_moment("relu", 3.0), 12)
    1.5
    """
    f = get(activation)
    return expectation(lambda z: np.square(f.f(z)), q, kinks=f.kinks)


def fourth_moment(activation: str | Activation, q: float = 1.0) -> float:
    """E[f(z)^4] for z ~ N(0, q): how much f(z)^2 varies from unit to unit.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, q >= 0. The limits q = 0 and q = inf are included.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(fourth_moment("relu", 3.0), 12)
    13.5
    """
    f = get(activation)
    return expectation(lambda z: np.square(np.square(f.f(z))), q, kinks=f.kinks)


def squared_slope(activation: str | Activation, q: float = 1.0) -> float:
    """E[f'(z)^2] for z ~ N(0, q): what f does to a gradient that passes through it backwards.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, q >= 0. The limits q = 0 and q = inf are included.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(squared_slope("relu", 3.0), 12)
    0.5
    """
    f = get(activation)
    return expectation(lambda z: np.square(f.df(z)), q, kinks=f.kinks)


# Gains


def gain(activation: str | Activation, direction: str = "forward") -> float:
    """How much larger than 1/sqrt(n) the standard deviation of the weights must be to make up for the activation.

    With z ~ N(0, 1) and weights of variance gain^2 / n:

    - "forward", 1 / sqrt(E f(z)^2), keeps the signal: the next preactivations have E[z^2] = 1 again.
    - "backward", 1 / sqrt(E f'(z)^2), keeps the gradient: E[(dL/dz)^2] is the same in the layer below.

    It is the second moment E f^2 that counts, not the variance: the weights have zero mean, so n Var(W) E[a^2] is all
    that a layer passes on. (1 over the standard deviation of f, 1.71 for ReLU and 4.8 for the sigmoid, which comes up
    in [PyTorch's issue 24991](https://github.com/pytorch/pytorch/issues/24991), keeps neither.)

    The two gains agree when f is linear on both sides of 0 and f(0) = 0, as the identity and (leaky) ReLU are, and for
    no other activation of the package. And a gain keeps E[z^2] = 1 through many layers only where signals that are a
    little too large or too small come back to 1: see `fixed_points`.

    PyTorch's `calculate_gain` has different values: see `torch_gain_table`.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    direction : {"forward", "backward"}
        What to keep: the signal or the gradient.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(gain("relu"), 4), round(gain("tanh"), 4), round(gain("tanh", "backward"), 4)
    (1.4142, 1.5925, 1.4674)
    """
    moment = second_moment if one_of("direction", direction, ("forward", "backward")) == "forward" else squared_slope
    size = moment(activation)
    return size**-0.5 if size > 0 else math.inf


@functools.cache
def critical_gain(activation: str | Activation) -> float:
    """The gain at which gradients neither grow nor fade where the signal settles: chi_1 = 1 at q* > 0.

    At a fixed point q of the length map g^2 = q / E[f(z)^2], and chi_1 = g^2 E[f'(z)^2] is 1 where
    q E[f'(z)^2] = E[f(z)^2]. For an activation with f(0) != 0, such as the sigmoid; for those with f(0) = 0 the
    solution may be q = 0, which is not looked for.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.

    Raises
    ------
    ValueError, TypeError
        If the activation is unknown, or there is no such q between 0.001 and 1e6.

    Examples
    --------
    >>> round(critical_gain("sigmoid"), 3)
    10.149
    """
    from scipy.optimize import brentq

    f = get(activation)
    q = brentq(lambda q: q * squared_slope(f, q) - second_moment(f, q), 1e-3, 1e6, xtol=1e-12)
    return math.sqrt(q / second_moment(f, q))


class TorchGain(NamedTuple):
    """What PyTorch recommends for an activation, and what it would take."""

    activation: str
    """The name of the activation."""
    torch: float
    """PyTorch's gain, from `torch.nn.init.calculate_gain`."""
    forward: float
    """`gain(activation, "forward")`."""
    backward: float
    """`gain(activation, "backward")`."""
    difference: str
    """Why they differ, or do not."""


# https://docs.pytorch.org/docs/stable/nn.init.html, for a negative slope of 0.01. It has no others.
# SELU's 3/4 came with https://github.com/pytorch/pytorch/pull/50664, after a trial with 100 layers.
_TORCH_GAINS = {
    "identity": 1.0,  # "linear" and the convolutions there
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
    "selu": 3 / 4,
}


def torch_gain_table() -> tuple[TorchGain, ...]:
    """PyTorch's gains beside ours, with the differences explained.

    Three agree with both of ours. For the other three PyTorch documents no derivation, and no gain does all that is
    asked of it; each explanation says where a deep network with PyTorch's gain takes its signals and gradients.

    Returns
    -------
    tuple of TorchGain
        One for each activation for which PyTorch has a gain.

    Examples
    --------
    >>> for row in torch_gain_table():
    ...     print(f"{row.activation:10} {row.torch:.4f} {row.forward:.4f} {row.backward:.4f}")
    identity   1.0000 1.0000 1.0000
    sigmoid    1.0000 1.8462 4.7226
    tanh       1.6667 1.5925 1.4674
    relu       1.4142 1.4142 1.4142
    leaky_relu 1.4141 1.4141 1.4141
    selu       0.7500 1.0000 0.9660
    """

    def settles(name: str, value: float) -> str:
        *_, point = fixed_points(name, scaled_weight_variance=value**2)
        return (
            f"E[z^2] settles at {point.q:.4f} (activations of size {math.sqrt(point.q) / value:.4f}), where gradients "
            f"are multiplied by {math.sqrt(point.chi_1):.4f} a layer"
        )

    torch = _TORCH_GAINS
    forward, backward = ({name: gain(name, d) for name in torch} for d in ("forward", "backward"))
    differences = {
        "identity": "None: there is nothing to make up for.",
        "relu": "None: E[f^2] and E[f'^2] are both 1/2 (He et al. 2015).",
        "leaky_relu": "None: E[f^2] and E[f'^2] are both (1 + s^2)/2, with s the negative slope (He et al. 2015).",
        "sigmoid": (
            f"Too small both ways: with it {settles('sigmoid', torch['sigmoid'])}. {forward['sigmoid']:.4f} keeps "
            f"E[z^2] = 1, but {mean('sigmoid') ** 2 / second_moment('sigmoid'):.0%} of that is the mean output, "
            f"{mean('sigmoid'):.1f}, the same for every input; to keep gradients there takes {backward['sigmoid']:.4f}."
        ),
        "tanh": (
            f"Larger than both of ours, so it keeps neither E[z^2] = 1 nor gradients: with it "
            f"{settles('tanh', torch['tanh'])}. No signal dies out, but gradients grow."
        ),
        "selu": (
            f"SELU is made for gain 1, which keeps E[z^2] = 1 while gradients are multiplied by "
            f"{1 / backward['selu']:.4f} a layer, and PyTorch's own page advises it ('linear'). 3/4, found by trial, "
            f"gives up the first for the second: with it {settles('selu', torch['selu'])}."
        ),
    }
    return tuple(TorchGain(name, torch[name], forward[name], backward[name], differences[name]) for name in torch)


# The length map


def length_map(
    activation: str | Activation, q: float, *, scaled_weight_variance: float, bias_variance: float = 0.0
) -> float:
    """q', the variance of the preactivations of a wide layer when those of the layer before have variance q:

        q' = n Var(W) E[f(z)^2] + Var(b),  z ~ N(0, q)

    Source: [Poole et al. 2016](https://arxiv.org/abs/1606.05340), who call q the length of the signal.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, q >= 0. The limits q = 0 and q = inf are included.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the width: the square of a gain.
    bias_variance : float
        Var(b).

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> length_map("relu", 3.0, scaled_weight_variance=2.0, bias_variance=0.5)
    3.5
    """
    scaled_weight_variance, bias_variance = _variances(scaled_weight_variance, bias_variance)
    return scaled_weight_variance * second_moment(activation, q) + bias_variance


def length_slope(activation: str | Activation, q: float, *, scaled_weight_variance: float) -> float:
    """dq'/dq, the slope of the length map: n Var(W) E[z f(z) f'(z)] / q.

    (Write z = sqrt(q) u with u ~ N(0, 1) and differentiate.) At q = 0 it is the limit from above. If it is less than 1,
    a difference in size between two signals shrinks from layer to layer; if it is greater, the difference grows.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, finite, q >= 0.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the width: the square of a gain.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(length_slope("selu", 1.0, scaled_weight_variance=1.0), 4)
    0.7826
    """
    f = get(activation)
    q, (scaled_weight_variance, _) = finite("q", q, at_least=0), _variances(scaled_weight_variance, 0.0)
    if q:
        return scaled_weight_variance * expectation(lambda z: f.f(z) * f.df(z) * (z / q), q, kinks=f.kinks)
    if f.f(np.zeros(1))[0] == 0:
        return scaled_weight_variance * _squared_slope_near_zero(f)
    # f(0) != 0: dq'/dq is half of the second derivative of f^2, that is the derivative of f f'.
    step = 1e-3 * np.array([-2, -1, 1, 2])
    return float(scaled_weight_variance * (f.f(step) * f.df(step)) @ np.array([1, -8, 8, -1]) / 12e-3)


def chi(activation: str | Activation, q: float, *, scaled_weight_variance: float) -> float:
    """n Var(W) E[f'(z)^2], z ~ N(0, q): the factor by which E[(dL/dz)^2] grows as a gradient passes one layer down.

    At a fixed point of the length map it is called chi_1 ([Poole et al. 2016](https://arxiv.org/abs/1606.05340)), and
    is also the factor by which the squared difference of two nearby inputs grows as they pass one layer up: order below
    1, chaos above 1. At q = 0 it is the limit from above.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, q >= 0. The limits q = 0 and q = inf are included.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the width: the square of a gain.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(chi("selu", 1.0, scaled_weight_variance=1.0), 4)
    1.0716
    """
    f = get(activation)
    scaled_weight_variance, _ = _variances(scaled_weight_variance, 0.0)
    return scaled_weight_variance * (_squared_slope_near_zero(f) if q == 0 else squared_slope(f, q))


def _squared_slope_near_zero(f: Activation) -> float:
    """The limit of E[f'(z)^2], z ~ N(0, q), as q -> 0: half of it from each side, as 0 may be a kink."""
    return float(np.mean(np.square(f.df(np.array([-1e-150, 1e-150])))))


def _variances(scaled_weight_variance: float, bias_variance: float) -> tuple[float, float]:
    return finite("scaled_weight_variance", scaled_weight_variance, at_least=0), finite(
        "bias_variance", bias_variance, at_least=0
    )


class FixedPoint(NamedTuple):
    """A length that a layer passes on unchanged."""

    q: float
    """Variance of z; 0 and inf are possible, nan stands for "every q"."""
    slope: float
    """dq'/dq there."""
    stable: bool
    """Whether lengths nearby, above and below, approach it from layer to layer."""
    chi_1: float
    """n Var(W) E[f'(z)^2] there: growth of E[(dL/dz)^2] per layer."""


_EXACT = 1e-14  # a relative change of q below this is none: quadrature is right to about 1e-15


def fixed_points(
    activation: str | Activation, *, scaled_weight_variance: float, bias_variance: float = 0.0
) -> tuple[FixedPoint, ...]:
    """All fixed points of the length map, smallest first: where a deep, wide network takes the size of its signals.

    A fixed point with slope < 1 is stable, one with slope > 1 is not. Where the slope is 1, lengths approach it only
    algebraically, like 1/l after l layers, or from one side only, or not at all. Some cases are special:

    - q = 0 is a fixed point when f(0) = 0 and there are no biases.
    - q = inf is listed, as stable, when large lengths grow without bound; its slope, the limit of dq'/dq, is then 1 or
      more.
    - When every length stays as it is (identity, ReLU and leaky ReLU with weights of exactly the right size and
      without biases), there is one `FixedPoint`, with q = nan and slope 1. It is not stable: nothing approaches it.

    The change of q in one layer is computed on a grid with 8 points a decade, from 1e-16 to 1e12 (further where
    the variances ask for it), and its zeros are refined to rounding by Brent's method.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the width: the square of a gain.
    bias_variance : float
        Var(b).

    Returns
    -------
    tuple of FixedPoint
        In the order of q.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> for q, slope, stable, chi_1 in fixed_points("gelu", scaled_weight_variance=gain("gelu") ** 2):
    ...     print(f"{q:.4f} {slope:.4f} {'stable' if stable else 'unstable'} {chi_1:.4f}")
    0.0000 0.5879 stable 0.5879
    1.0000 1.1441 unstable 1.0720
    inf 1.1759 stable 1.1759
    """
    from scipy.optimize import brentq

    f = get(activation)
    sw2, sb2 = _variances(scaled_weight_variance, bias_variance)

    def change(q: float) -> float:
        """(q' - q) / q, and exactly 0 where that is rounding."""
        relative = (sw2 * second_moment(f, q) + sb2) / q - 1
        return relative if abs(relative) > _EXACT else 0.0

    def point(q: float, stable: bool) -> FixedPoint:
        slope = sw2 * squared_slope(f, q) if q == np.inf else length_slope(f, q, scaled_weight_variance=sw2)
        return FixedPoint(float(q), slope, stable, chi(f, q, scaled_weight_variance=sw2))

    at_zero = sw2 * second_moment(f, 0.0) + sb2
    low, high = min(1e-16, at_zero / 100) or 1e-16, 1e12 * max(1.0, at_zero, sw2)
    grid = np.geomspace(low, high, math.ceil(8 * math.log10(high / low)) + 1)
    changes = np.array([change(q) for q in grid])
    if not changes.any():
        return (FixedPoint(math.nan, 1.0, False, chi(f, 1.0, scaled_weight_variance=sw2)),)

    # A pair of zeros, or a double one, may hide between grid points of one sign. Seen from the grid it is a dip; a
    # parabola that touches 0 is at its lowest point on the grid at most 1/9 as high as at one of the two neighbours.
    for i in range(len(grid) - 2, 0, -1):
        sign = np.sign(changes[i])
        left, here, right = sign * changes[i - 1 : i + 2]
        if 0 < here <= min(left, right) and here < max(left, right) / 4:
            q = _lowest(change, sign, grid[i - 1], grid[i + 1])
            at = np.searchsorted(grid, q)
            grid, changes = np.insert(grid, at, q), np.insert(changes, at, change(q))

    found = []
    clear = np.flatnonzero(changes).tolist()
    if at_zero == 0:
        found.append(point(0.0, bool(changes[clear[0]] < 0)))
    for i, j in pairwise(clear):
        if changes[i] * changes[j] < 0:
            q = brentq(change, grid[i], grid[j], xtol=1e-300, rtol=4 * np.finfo(float).eps)
            found.append(point(q, bool(changes[i] > 0)))
        elif j > i + 1:  # it touches 0 and turns back
            found.append(point(grid[(i + j) // 2], False))
    if changes[clear[-1]] > 0:
        found.append(point(np.inf, True))
    return tuple(found)


def _lowest(g: Callable[[float], float], sign: float, low: float, high: float) -> float:
    """Where sign times g, which dips between low and high > 0, is smallest."""
    from scipy.optimize import minimize_scalar

    result = minimize_scalar(lambda x: sign * g(math.exp(x)), bounds=(math.log(low), math.log(high)), method="bounded")
    return math.exp(result.x)


# From layer to layer


class Signal(NamedTuple):
    """Second moments of an infinitely wide network, from the input to the last layer."""

    z: np.ndarray
    """(depth,): E[z^2] of layers 1..depth."""
    a: np.ndarray
    """(depth + 1,): E[a^2] of layers 0..depth."""
    dz: np.ndarray
    """(depth,): E[(dL/dz)^2] of layers 1..depth."""


def propagate(
    activation: str | Activation,
    *,
    scaled_weight_variance: float,
    bias_variance: float = 0.0,
    depth: int,
    input: float = 1.0,
    top_gradient: float = 1.0,
) -> Signal:
    """Second moments, layer by layer, of an infinitely wide network of equal layers.

    Forward q[l] = n Var(W) E[a[l-1]^2] + Var(b) and E[a[l]^2] = E[f(z)^2], z ~ N(0, q[l]);
    backward E[(dL/dz[l])^2] = n Var(W) E[f'(z[l])^2] E[(dL/dz[l+1])^2].
    Sources: [Poole et al. 2016](https://arxiv.org/abs/1606.05340), on the length of a signal;
    [Schoenholz et al. 2017](https://arxiv.org/abs/1611.01232), on backpropagation.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the width: 1 for Xavier, 2 for He.
    bias_variance : float
        Var(b).
    depth : int
        Number of layers, at least 1.
    input : float
        E[x^2] of the input.
    top_gradient : float
        E[(dL/da)^2] at the output of the last layer.

    Returns
    -------
    Signal
        E[z^2], E[a^2] and E[(dL/dz)^2] of every layer.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> propagate("relu", scaled_weight_variance=2.0, depth=3).a.round(12)
    array([1., 1., 1., 1.])
    """
    depth = whole("depth", depth, at_least=1)
    weights, biases = [scaled_weight_variance] * depth, [bias_variance] * depth
    return propagate_layers(activation, [1] * (depth + 1), weights, biases, input=input, top_gradient=top_gradient)


def propagate_layers(
    activation: str | Activation,
    widths: Sequence[int],
    weight_variances: Sequence[float],
    bias_variances: Sequence[float] | None = None,
    *,
    input: float = 1.0,
    top_gradient: float = 1.0,
) -> Signal:
    """`propagate` for layers that differ: second moments, layer by layer, if every layer is wide.

    All weights are independent, with mean zero.

    Parameters
    ----------
    activation : str or Activation
        f of every layer: a name that `activations.get` knows, or an Activation.
    widths : sequence of int
        n[0], ..., n[L].
    weight_variances : sequence of float
        Var(W[1]), ..., Var(W[L]).
    bias_variances : sequence of float, optional
        Var(b[1]), ..., Var(b[L]); by default 0.
    input : float
        E[x^2] of the input.
    top_gradient : float
        E[(dL/da)^2] at the output of the last layer.

    Returns
    -------
    Signal
        E[z^2], E[a^2] and E[(dL/dz)^2] of every layer.

    Raises
    ------
    ValueError, TypeError
        If a variance is negative, or there is not one for each layer.

    Examples
    --------
    >>> propagate_layers("relu", [400, 100, 400], [2 / 400, 2 / 100]).dz.round(12)  # the factor is n_out Var(W) / 2
    array([2. , 0.5])
    """
    depth = len(widths) - 1
    bias_variances = [0.0] * depth if bias_variances is None else bias_variances
    for name, variances in (("weight_variances", weight_variances), ("bias_variances", bias_variances)):
        if len(variances) != depth:
            raise ValueError(f"{name} must hold one for each of {depth} layers, got {len(variances)}")
    n = [whole(f"n[{layer}] in widths", width, at_least=1) for layer, width in enumerate(widths)]
    W, b = ([finite("a variance", v, at_least=0) for v in some] for some in (weight_variances, bias_variances))
    z, a, slope = np.empty(depth), np.empty(depth + 1), np.empty(depth)
    a[0] = input
    with np.errstate(over="ignore", under="ignore"):
        for layer in range(depth):
            z[layer] = n[layer] * W[layer] * a[layer] + b[layer]
            a[layer + 1] = second_moment(activation, z[layer])
            slope[layer] = squared_slope(activation, z[layer])
        # The way down to layer l goes through the weights of the layers above it.
        down = [n_out * variance for n_out, variance in zip(n[2:], W[1:], strict=True)]
        dz = np.cumprod((slope * np.array([*down, top_gradient]))[::-1])[::-1]
    return Signal(z, a, dz)
