"""Gaussian expectations: what an infinitely wide layer does to a signal.

In a wide layer with zero-mean weights every preactivation z is close to N(0, q). To follow one input, all that theory
needs to know about an activation f is then two integrals, E[f(z)^2] (forward) and E[f'(z)^2] (backward). From them
follow the gains, which keep a signal of size 1 as it is, and the length map q -> q', whose fixed points say where a
deep network takes a signal of any size.

To follow two inputs takes a third, E[f(z1) f(z2)], where z1 and z2 are the preactivations that one unit has for the
two. From it follows the correlation map c -> c', which says how alike the two have become, and whether a deep network
still tells them apart.

The integrals are computed here, by quadrature, to about 15 digits. Those for which there is a formula are in
`closed_forms`, too.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from .activations import Activation, get
from .arguments import finite, numbers, one_of, whole

Activations = str | Activation | Sequence[str | Activation]
"""f, named or given: one for all layers, or one for each."""

# Gauss-Legendre nodes for one panel of the composite rule. 24 nodes a panel leave an error near rounding for every
# activation of the package, because a panel is never wider than its distance from the origin, except the two that touch
# it, and these are short.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_WEIGHTS = _WEIGHTS / math.sqrt(2 * math.pi)
_REACH = 13.0  # in standard deviations; the normal density beyond is below 1e-37
# From the terms of a panel to the last two Legendre coefficients of the integrand, times the width of the panel.
_LAST = np.polynomial.legendre.legvander(_NODES, 23)[:, 22:] * (45.0, 47.0)


def expectation(g: Callable[[np.ndarray], np.ndarray], q: float = 1.0, *, kinks: Sequence[float] = ()) -> float:
    """E[g(z)] for z ~ N(0, q), by quadrature.

    The line is cut at 0, at the `kinks` of g and at +-s/2, +-s, +-2s, +-4s, ..., with s the smaller of 1 (the scale on
    which activations bend) and sqrt(q) (the scale of z), so that both scales are resolved whatever their ratio. For f,
    f^2 and f'^2 of every activation of the package the result is then right to 1e-14, relative to E|g|, at least for
    1e-4 <= q <= 1e4. A g that the nodes do not resolve is refused: one with a kink that is not named, one that bends on
    a much smaller scale than 1, one that goes on oscillating (a sine, from q = 30 on), or one that grows almost as
    fast as the density of z falls. (A spike narrower than 0.001 may stand between two nodes, and then is not seen.)

    Parameters
    ----------
    g : callable
        Takes an array of values of z, returns an array of the same shape, or a constant.
    q : float
        Variance of z, q >= 0. The limits are included: q = 0 gives g(0), q = inf gives (g(-inf) + g(inf)) / 2.
    kinks : sequence of float
        Points where g or g' jumps.

    Raises
    ------
    TypeError
        If g is not a function of real values, or q or a kink is not a number.
    ValueError
        If q is negative or nan, a kink is not finite, or g returns an array of another shape or is not resolved.

    Examples
    --------
    >>> round(expectation(lambda z: z**4, q=2.0), 9)  # 3 q^2
    12.0
    """
    if not callable(g):
        raise TypeError(f"g must be a function of z, got {g!r}")
    q, kinks = _length(q), [finite("each of the kinks", k) for k in _sequence("kinks", kinks)]
    if q == 0:
        return float(_values(g, np.zeros(1))[0])
    if q == math.inf:
        left, right = _values(g, np.array([-np.inf, np.inf])).tolist()
        if math.isinf(left) and left == -right:
            left, right = _values(g, np.array([-1e100, 1e100])).tolist()  # inf, unless the two sides cancel
            if abs(left + right) < 1e-9 * abs(right):
                raise ValueError(f"q must be finite where g(-inf) = -g(inf) is infinite, got {q!r}")
            return math.copysign(math.inf, left + right)
        return (left + right) / 2
    z, weights = _rule(q, kinks)
    with np.errstate(over="ignore", under="ignore"):
        values = _values(g, z)
        terms = weights * values
        middle = np.max(np.abs(values[np.abs(z) < math.sqrt(q)])) or 1.0
        for end in ((0, 0), (-1, -1)):
            if abs(values[end]) > 1e15 * middle and abs(terms[end]) > 1e-14 * np.sum(np.abs(terms)):
                raise ValueError(f"g must not grow as fast as the density of z falls, and does at q = {q!r}")
        return _total(terms, q, largest=np.max(np.abs(values)))


def _total(terms: np.ndarray, q: object, *, largest: float, size: float | None = None) -> float:
    """The sum of terms (panels, 24), if a polynomial follows the integrand in every panel: to 1e-5 of its `size`, by
    default the sum of all |terms|; or to 1e-14 of the largest value of g, where all of it lies far out in the tails.
    What underflows has no digits to ask for."""
    size = float(np.sum(np.abs(terms))) if size is None else size
    if size < math.inf and np.sum(np.abs(terms @ _LAST)) > 1e-5 * size + 1e-14 * largest + 1e-300:
        raise ValueError(f"g must bend on the scale of 1, and have its kinks named: it is not resolved at q = {q!r}")
    return float(np.sum(terms))


def _length(q: float) -> float:
    """A variance of z as a float; the limits 0 and inf are included."""
    if isinstance(q, bool | np.bool_) or not isinstance(q, Real):
        raise TypeError(f"q must be a variance, a number >= 0, got {q!r}")
    if not q >= 0:
        raise ValueError(f"q must be a variance, a number >= 0, got {q!r}")
    return float(q)


def _values(g: Callable[[np.ndarray], np.ndarray], z: np.ndarray) -> np.ndarray:
    """g(z), of the shape of z."""
    values = numbers("g(z)", g(z))
    if values.shape not in (z.shape, ()):
        raise ValueError(f"g must return an array of the shape of z, {z.shape}, got {values.shape}")
    return np.broadcast_to(values, z.shape)


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
    return 0.0 if f.odd and q == math.inf else expectation(f.f, q, kinks=f.kinks)


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


def critical_gain(activation: str | Activation) -> float:
    """The gain at which gradients neither grow nor fade where the signal settles: chi_1 = 1 at q* > 0, without biases.

    It is for an activation with f(0) != 0, such as the sigmoid. For the others see `critical_line`.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.

    Raises
    ------
    ValueError, TypeError
        If the activation is unknown, or has not exactly one such gain.

    Examples
    --------
    >>> round(critical_gain("sigmoid"), 3)
    10.149
    """
    found = [point for point in critical_line(activation) if point.q > 0]
    if len(found) != 1:
        raise ValueError(
            "activation must be one with a single critical point q > 0 without biases, "
            f"got {get(activation).name!r}, which has {len(found)}"
        )
    return math.sqrt(found[0].scaled_weight_variance)


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
    a difference in size between two signals shrinks from layer to layer; if it is greater, the difference grows. Where
    f itself jumps, as a step does, at one of its `kinks`, the jump is counted.

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
    at_0 = float(f.f(np.zeros(1))[0])
    if q == 0 and at_0 == 0:
        return scaled_weight_variance * _squared_slope_near_zero(f)
    below, above = f.f(sides := np.array([-1e-150, 1e-150])) * f.df(sides)
    bends = abs(above - below) > 1e-12 * (abs(above) + abs(below))
    scale = min([1.0, *(abs(k) for k in f.kinks if k)])
    if q > (0 if at_0 == 0 or bends else 1e-15 * scale**2):  # below that, rounding of f(0) f'(0) takes over
        # A jump of f^2 at k is a delta function in f f' = (f^2)' / 2.
        jumps = sum((above**2 - below**2) / 2 * k / q * _density(k, q) for k, below, above in _jumps(f))
        smooth = expectation(lambda z: f.f(z) * f.df(z) * (z / q), q, kinks=f.kinks)
        return scaled_weight_variance * (smooth + jumps)
    # f(0) != 0: dq'/dq is half of the second derivative of f^2, that is the derivative of f f', the mean of both sides.
    if bends:
        return math.copysign(math.inf, above - below) if scaled_weight_variance else 0.0
    step = 1e-3 * scale * np.array([1e-140, 1, 2, 3, 4])
    rise = f.f(step) * f.df(step) - f.f(-step) * f.df(-step)
    return float(scaled_weight_variance * rise @ np.array([-25, 48, -36, 16, -3]) / (24e-3 * scale))


def chi(activation: str | Activation, q: float, *, scaled_weight_variance: float) -> float:
    """n Var(W) E[f'(z)^2], z ~ N(0, q): the factor by which E[(dL/dz)^2] grows as a gradient passes one layer down.

    At a fixed point of the length map it is called chi_1 ([Poole et al. 2016](https://arxiv.org/abs/1606.05340)), and
    is, for a continuous f, also the factor by which the squared difference of two nearby inputs grows as they pass one
    layer up, the slope of the correlation map at 1: order below 1, chaos above 1. At q = 0 it is the limit from above.

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
    f, q = get(activation), _length(q)
    scaled_weight_variance, _ = _variances(scaled_weight_variance, 0.0)
    return scaled_weight_variance * (_squared_slope_near_zero(f) if q == 0 else squared_slope(f, q))


def _squared_slope_near_zero(f: Activation) -> float:
    """The limit of E[f'(z)^2], z ~ N(0, q), as q -> 0: half of it from each side, as 0 may be a kink."""
    return float(np.mean(np.square(f.df(np.array([-1e-150, 1e-150])))))


def _density(z: float, q: float) -> float:
    """Of N(0, q), at z; for q = 0 all of it is at 0."""
    if q == 0:
        return math.inf if z == 0 else 0.0
    return math.exp(-z * z / (2 * q)) / math.sqrt(2 * math.pi * q)


def _jumps(f: Activation) -> list[tuple[float, float, float]]:
    """(k, f below k, f above k) wherever f itself jumps, and not only its slope."""
    found = []
    for k in f.kinks:
        step = 1e-12 * (1 + abs(k))
        sides = np.array([k - step, k + step])
        below, above = map(float, f.f(sides))
        if abs(above - below) > 10 * step * np.max(np.abs(f.df(sides))) + 1e-14 * abs(above):  # slope and rounding
            found.append((k, below, above))
    return found


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

    @property
    def depth_scale(self) -> float:
        """Layers in which a small deviation of q falls to 1/e: -1 / ln(slope), inf where it does not fall so.

        Source: [Schoenholz et al. 2017](https://arxiv.org/abs/1611.01232), section 3, who call it xi_q.
        """
        return _depth_scale(self.slope)


_EXACT = 1e-14  # a relative change of q below this is none: quadrature is right to about 1e-15


def _depth_scale(slope: float) -> float:
    size = abs(slope)
    if size > 1 - _EXACT:
        return math.inf
    return -1 / math.log(size) if size else 0.0


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
    if not (at_zero == 0 or 1e-140 < at_zero < 1e140) or sw2 > 1e140:
        raise ValueError(
            "scaled_weight_variance and bias_variance must give lengths that are 0 or from 1e-140 to 1e140, "
            f"got {scaled_weight_variance!r} and {bias_variance!r}"
        )
    low, high = min(1e-16, at_zero / 100) or 1e-16, 1e12 * max(1.0, at_zero, sw2)
    zeros = _zeros(change, low, high)
    while zeros and zeros[2] > 0 and sw2 * squared_slope(f, math.inf) < 1 - _EXACT and high < 1e280:
        high *= 1e3  # no length grows without bound: there is one more fixed point
        zeros = _zeros(change, low, high)
    if zeros is None:
        return (FixedPoint(math.nan, 1.0, False, chi(f, 1.0, scaled_weight_variance=sw2)),)
    first, between, last = zeros
    return (
        *([point(0.0, first < 0)] if at_zero == 0 else []),
        *(point(q, falls) for q, falls in between),
        *([point(np.inf, True)] if last > 0 else []),
    )


def _zeros(
    change: Callable[[float], float], low: float, high: float
) -> tuple[float, list[tuple[float, bool]], float] | None:
    """All zeros of `change` between low and high, and whether it falls through zero there; before and after them the
    value with which it begins, and that with which it ends. None if it is 0 everywhere."""
    from scipy.optimize import brentq

    grid = np.geomspace(low, high, math.ceil(8 * (math.log10(high) - math.log10(low))) + 1)
    changes = np.array([change(q) for q in grid])
    if not changes.any():
        return None

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
    for i, j in pairwise(clear):
        if changes[i] * changes[j] < 0:
            q = brentq(change, grid[i], grid[j], xtol=1e-300, rtol=4 * np.finfo(float).eps)
            found.append((float(q), bool(changes[i] > 0)))
        elif j > i + 1:  # it touches 0 and turns back
            found.append((float(grid[(i + j) // 2]), False))
    return float(changes[clear[0]]), found, float(changes[clear[-1]])


def _lowest(g: Callable[[float], float], sign: float, low: float, high: float) -> float:
    """Where sign times g, which dips between low and high > 0, is smallest."""
    from scipy.optimize import minimize_scalar

    result = minimize_scalar(lambda x: sign * g(math.exp(x)), bounds=(math.log(low), math.log(high)), method="bounded")
    return math.exp(result.x)


class CriticalPoint(NamedTuple):
    """Variances of weights and biases with which gradients neither grow nor fade: chi_1 = 1 at a fixed length."""

    scaled_weight_variance: float
    """n Var(W)."""
    bias_variance: float
    """Var(b)."""
    q: float
    """Variance of z, which the length map leaves as it is; nan stands for "every q"."""
    slope: float
    """dq'/dq there: other lengths approach q where it is less than 1."""


def critical_line(activation: str | Activation, bias_variance: float = 0.0) -> tuple[CriticalPoint, ...]:
    """Where the line between order and chaos has this bias variance: chi_1 = 1 at a fixed point q of the length map.

    For every q there is one pair of variances that makes q a fixed point with chi_1 = 1,

        n Var(W) = 1 / E[f'(z)^2],  Var(b) = q - E[f(z)^2] / E[f'(z)^2],  z ~ N(0, q),

    if that Var(b) is not negative. Here q is sought for a given Var(b), to rounding, as in `fixed_points`. To see that
    it is right for small q, too, where almost nothing is left of the difference, write f(z) = f(0) + z h(z); by parts

        q E[f'^2] - E[f^2] = q E[(z h'(z))^2] - f(0)^2 - 2 f(0) E[z h(z)].

    Where f itself jumps, chi_1 is not what parts order from chaos, and there is no such point.

    Sources: [Poole et al. 2016](https://arxiv.org/abs/1606.05340), fig. 1;
    [Schoenholz et al. 2017](https://arxiv.org/abs/1611.01232), section 3.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    bias_variance : float
        Var(b).

    Returns
    -------
    tuple of CriticalPoint
        In the order of q. Without biases q = 0 is among them if f(0) = 0. There is one with q = nan if every q is
        critical, as for a (leaky) ReLU without biases, and none for it with biases.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> (point,) = critical_line("tanh", bias_variance=0.05)
    >>> round(point.scaled_weight_variance, 8), round(point.q, 8), round(point.slope, 4)
    (1.76095464, 0.57004788, 0.5182)
    """
    f = get(activation)
    _, sb2 = _variances(0.0, bias_variance)
    if sb2 and not 1e-140 < sb2 < 1e140:
        raise ValueError(f"bias_variance must be 0 or from 1e-140 to 1e140, got {bias_variance!r}")
    if _jumps(f):
        return ()
    at_0 = float(f.f(np.zeros(1))[0])

    def change(q: float) -> float:
        """(q' - q) / q where n Var(W) = 1 / E[f'^2], and exactly 0 where that is rounding."""
        slope = squared_slope(f, q)
        if slope == 0:
            return math.inf
        z, weights = _rule(q, f.kinks)  # for `expectation` what is only rounding would not be resolved
        rise = f.f(z) - at_0
        bent = float(np.sum(weights * np.square(f.df(z) - rise / z)))
        rest = at_0 * (at_0 + 2 * float(np.sum(weights * rise)))
        relative = (sb2 + rest / slope) / q - bent / slope
        return relative if abs(relative) > 1e-30 else 0.0

    def point(q: float) -> CriticalPoint:
        sw2 = 1 / chi(f, q, scaled_weight_variance=1.0)
        return CriticalPoint(sw2, sb2, q, length_slope(f, q, scaled_weight_variance=sw2))

    zeros = _zeros(change, min(1e-14, sb2 / 100) or 1e-14, 1e12 * max(1.0, sb2))
    if zeros is None:
        return (point(1.0)._replace(q=math.nan),)
    at_zero = [0.0] if sb2 == at_0 == 0 and chi(f, 0.0, scaled_weight_variance=1.0) > 0 else []
    return tuple(map(point, [*at_zero, *(q for q, _ in zeros[1])]))


# The correlation map


def correlation_map(
    activation: str | Activation,
    c: float,
    q: float | tuple[float, float] = 1.0,
    *,
    scaled_weight_variance: float = 1.0,
    bias_variance: float = 0.0,
) -> float:
    """c', how alike two inputs are after one more wide layer, when c says how alike they were before it:

        c' = (n Var(W) E[f(z1) f(z2)] + Var(b)) / sqrt(q1' q2'),  q1' = n Var(W) E[f(z1)^2] + Var(b), q2' likewise,

    where z1 and z2 are the preactivations that one unit has for the two, normal with mean 0, variances q and
    correlation c. In a wide layer their correlation is also the cosine of the angle between the two signals, as vectors
    with an entry for each unit. Without biases n Var(W) does not matter, and c' is also the cosine between the
    activations f(z1) and f(z2).

    1 - c' is computed without cancellation, as half of the mean square of a difference. For every activation of the
    package and 1e-4 <= q <= 1e4 it is right to 1e-14, and c' with it. Where c is close to 1 it keeps 13 digits of its
    own for c < 1 - 1e-6, and at least 9 for c < 1 - 1e-12, where the rounding of z shows. A kink or a jump of f must be
    one of its `kinks`.

    Source: [Poole et al. 2016](https://arxiv.org/abs/1606.05340), section 3. For ReLU it is the arc-cosine kernel of
    [Cho and Saul 2009](https://papers.nips.cc/paper/3628-kernel-methods-for-deep-learning), eq. 6.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    c : float
        Correlation of z1 and z2, from -1 to 1.
    q : float or tuple of float
        Variance of z1 and z2, finite, q > 0; or a tuple of two, if they differ.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the width: the square of a gain.
    bias_variance : float
        Var(b).

    Returns
    -------
    float
        From -1 to 1, or nan if an input leaves nothing: q1' = 0 or q2' = 0.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(correlation_map("relu", 0.0), 6)  # 1 / pi
    0.31831
    >>> round(correlation_map("tanh", 0.5, 2.0, scaled_weight_variance=1.5, bias_variance=0.1), 6)
    0.515943
    """
    f, (c, r), (q1, q2) = get(activation), _correlation(c), _pair_of_lengths(q)
    sw2, sb2 = _variances(scaled_weight_variance, bias_variance)
    moments, apart, _ = _apart_after_activation(f, (q1, q2), c, r)
    return float(np.maximum(1 - _apart_after_weights(moments, apart, sw2, sb2)[1], -1))  # max() would lose a nan


def correlation_slope(
    activation: str | Activation,
    c: float,
    q: float | tuple[float, float] = 1.0,
    *,
    scaled_weight_variance: float = 1.0,
    bias_variance: float = 0.0,
) -> float:
    """dc'/dc, the slope of the correlation map: n Var(W) sqrt(q1 q2 / (q1' q2')) E[f'(z1) f'(z2)].

    Where q is a fixed point of the length map and c = 1, that is chi_1 (see `chi`). If it is less than 1, inputs that
    are almost alike become more so from layer to layer; if it is greater, they part. Where f itself jumps, as a step
    does, at one of its `kinks`, the jump is counted, and the slope at 1 is infinite. It is nan where c' is.

    Source: [Schoenholz et al. 2017](https://arxiv.org/abs/1611.01232), section 3. That the derivative of E[f(z1) f(z2)]
    by the covariance of z1 and z2 is E[f'(z1) f'(z2)] is Price's theorem.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    c : float
        Correlation of z1 and z2, from -1 to 1.
    q : float or tuple of float
        Variance of z1 and z2, finite, q > 0; or a tuple of two, if they differ.
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
    >>> round(correlation_slope("relu", 0.0), 6), round(correlation_slope("relu", 1.0), 6)
    (0.5, 1.0)
    """
    f, (c, r), (q1, q2) = get(activation), _correlation(c), _pair_of_lengths(q)
    sw2, sb2 = _variances(scaled_weight_variance, bias_variance)
    after = [sw2 * _divisor(f, q) + sb2 for q in (q1, q2)]
    if not all(map(_computable, after)):
        return math.nan
    z1, row, z2, weights = _pair_rule((q1, q2), c, r, f.kinks)
    slopes = _pair_total(f.df(z1), f.df(z2), row, weights, (q1, q2)) + _slope_of_jumps(f, (q1, q2), c, r)
    return sw2 * math.sqrt(q1 / after[0]) * math.sqrt(q2 / after[1]) * slopes


class FixedCorrelation(NamedTuple):
    """A correlation that a layer passes on unchanged."""

    c: float
    """Correlation of the two preactivations; nan stands for "every c"."""
    slope: float
    """dc'/dc there."""
    stable: bool
    """Whether correlations nearby (from below, if c = 1) approach it from layer to layer."""

    @property
    def depth_scale(self) -> float:
        """Layers in which a small deviation of c falls to 1/e: -1 / ln(slope), inf where it does not fall so.

        Source: [Schoenholz et al. 2017](https://arxiv.org/abs/1611.01232), section 3, who call it xi_c.
        """
        return _depth_scale(self.slope)


def fixed_correlations(
    activation: str | Activation, q: float, *, scaled_weight_variance: float, bias_variance: float = 0.0
) -> tuple[FixedCorrelation, ...]:
    """All fixed points of the correlation map at a fixed length q, smallest first: how alike a deep, wide network makes
    two inputs.

    c' is a power series in c without negative coefficients, whose sum at 1 is 1. So it is convex for c >= 0, and:

    - c = 1 is a fixed point, stable where its slope chi_1 is 1 or less: all inputs become one. (At 1 they do so
      algebraically, unless f is linear.)
    - Where chi_1 > 1 there is one more with 0 <= c < 1, called c*, and that one is stable: two inputs end up at a
      certain angle, whatever it was.
    - If f is odd and there are no biases, -1 and 0 are fixed, as well. Otherwise no c < 0 is.
    - If f is linear, chi_1 is 1 and there are no biases, every c stays as it is: there is one `FixedCorrelation`, with
      c = nan and slope 1. It is not stable: nothing approaches it.

    A c* that is closer to 1 than 1e-14 is not told from it: then c = 1 is called stable, although its slope exceeds 1.

    Sources: [Poole et al. 2016](https://arxiv.org/abs/1606.05340), section 3; [Schoenholz et al.
    2017](https://arxiv.org/abs/1611.01232), section 3.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    q : float
        Variance of z, finite, q > 0: a fixed point of the length map (see `fixed_points`) with the same variances.
    scaled_weight_variance : float
        n Var(W), the variance of a weight times the width: the square of a gain.
    bias_variance : float
        Var(b).

    Returns
    -------
    tuple of FixedCorrelation
        In the order of c.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it. Also if q is not a fixed point to six digits.

    Examples
    --------
    >>> variances = {"scaled_weight_variance": 2.0, "bias_variance": 0.05}
    >>> (length,) = fixed_points("tanh", **variances)
    >>> for c, slope, stable in fixed_correlations("tanh", length.q, **variances):
    ...     print(f"{c:.4f} {slope:.4f} {'stable' if stable else 'unstable'}")
    0.7441 0.9611 stable
    1.0000 1.0477 unstable
    """
    from scipy.optimize import brentq

    f, (q, _) = get(activation), _pair_of_lengths(finite("q", q, above=0))
    sw2, sb2 = _variances(scaled_weight_variance, bias_variance)
    if not math.isclose(after := sw2 * second_moment(f, q) + sb2, q, rel_tol=1e-6):
        raise ValueError(f"q must be a fixed point of the length map, got {q!r}, which becomes {after!r}")

    def apart_after(apart: float) -> float:
        """1 - c' from 1 - c: keeps its digits where c is near 1."""
        c, r = 1 - apart, math.sqrt(apart * (2 - apart))
        moments, apart, _ = _apart_after_activation(f, (q, q), c, r)
        return _apart_after_weights(moments, apart, sw2, sb2)[1]

    def point(c: float, stable: bool) -> FixedCorrelation:
        slope = correlation_slope(f, c, q, scaled_weight_variance=sw2, bias_variance=sb2)
        return FixedCorrelation(c, slope, stable)

    one = point(1.0, True)
    at_0, at_minus_1 = 1 - apart_after(1.0), 1 - apart_after(2.0)
    if abs(one.slope - 1) < _EXACT and abs(apart_after(0.5) - 0.5) < _EXACT:
        return (FixedCorrelation(math.nan, 1.0, False),)
    if at_minus_1 < -1 + _EXACT:
        return point(-1.0, False), point(0.0, True), one._replace(stable=False)
    if one.slope < 1 + _EXACT:
        return (one,)
    if at_0 < _EXACT:
        return point(0.0, True), one._replace(stable=False)
    # (1 - c') / (1 - c) falls from chi_1 > 1 at c = 1 to 1 - c'(0) < 1 at c = 0. From there up, in decades of 1 - c.
    for decade in range(1, 15):
        if apart_after(10.0**-decade) > 10.0**-decade:
            ends = -decade, 1 - decade
            log = brentq(lambda x: apart_after(10**x) / 10**x - 1, *ends, xtol=1e-15)
            return point(1 - 10**log, True), one._replace(stable=False)
    return (one,)


# Two inputs, z1 and z2, are described by their second moments and by `apart`, which is 1 minus their cosine.


def _correlation(c: float) -> tuple[float, float]:
    """c and sqrt(1 - c^2)."""
    c = finite("c", c, at_least=-1, at_most=1)
    return c, math.sqrt((1 - c) * (1 + c))


def _pair_of_lengths(q: object) -> tuple[float, float]:
    """Two variances of z, from one for both or from a tuple."""
    if isinstance(q, tuple | list):
        if len(q) != 2:
            raise ValueError(f"q must be one number > 0 or a tuple of two, got {q!r}")
        q1, q2 = (finite(f"q[{i}]", x, above=0) for i, x in enumerate(q))
    else:
        q1 = q2 = finite("q", q, above=0)
    for x in (q1, q2):
        if not _computable(x):
            raise ValueError(f"q must be from {_LEAST:g} to {_MOST:g}, got {x!r}")
    return q1, q2


# Between these squares neither overflow nor lose digits.
_LEAST, _MOST = 1e-290, 1e290


def _computable(q: float) -> bool:
    return _LEAST <= q <= _MOST


def _apart_after_weights(
    moments: tuple[float, float], apart: float, sw2: float, sb2: float
) -> tuple[tuple[float, float], float]:
    """Of the preactivations, from the same of what the weights act on: E[z1^2], E[z2^2] and 1 - cosine."""
    m1, m2 = moments
    q1, q2 = sw2 * m1 + sb2, sw2 * m2 + sb2
    if not (_computable(q1) and _computable(q2)):
        return (q1, q2), math.nan
    # 1 - cosine is half of E[(z1 / sqrt(q1) - z2 / sqrt(q2))^2]: a sum of squares, in which nothing cancels.
    x1, x2 = math.sqrt(m1 / q1), math.sqrt(m2 / q2)
    weights = (x1 - x2) ** 2 / 2 + (x1 * x2 * apart if x1 * x2 > 0 else 0.0)
    biases = (1 / math.sqrt(q1) - 1 / math.sqrt(q2)) ** 2 / 2
    return (q1, q2), sw2 * weights + sb2 * biases


def _apart_after_activation(
    f: Activation, lengths: tuple[float, float], c: float, r: float
) -> tuple[tuple[float, float], float, float]:
    """E[f(z1)^2], E[f(z2)^2], 1 - the cosine of f(z1) and f(z2), and 1 - their correlation. r is sqrt(1 - c^2)."""
    z1, row, z2, weights = _pair_rule(lengths, c, r, f.kinks)
    f1, f2 = f.f(z1), f.f(z2)
    _pair_total(f1, f2, row, weights, lengths)  # is it resolved?

    def apart(centers: Sequence[float], squares: Sequence[float]) -> float:
        """1 - the cosine of the deviations of f from two centers, whose mean squares these are."""
        # Deviations that are lost in rounding have no direction.
        if any(not _computable(m) or m < (1e-8 * center) ** 2 for m, center in zip(squares, centers, strict=True)):
            return math.nan
        one = (f1 - centers[0]) / math.sqrt(squares[0])
        other = (f2 - centers[1]) / math.sqrt(squares[1])
        return 0.5 * float(np.sum(weights * np.square(one[row, None] - other)))

    moments = _divisor(f, lengths[0]), _divisor(f, lengths[1])
    means = [mean(f, q) for q in lengths]
    variances = [_variance(f, q, center) for q, center in zip(lengths, means, strict=True)]
    return moments, apart((0.0, 0.0), moments), apart(means, variances)


def _divisor(f: Activation, q: float) -> float:
    """E[f(z)^2], to divide by: it has to be resolved even where all of it lies far out in the tails."""
    if q:
        z, weights = _rule(q, [*f.kinks, *(k * math.sqrt(q) / 2 for k in range(-25, 26))])
        _total(weights * np.square(f.f(z)), q, largest=0.0)
    return second_moment(f, q)


def _variance(f: Activation, q: float, mean: float) -> float:
    """Of f(z). `expectation` would not take it for resolved where it is only rounding."""
    if q == 0:
        return 0.0
    z, weights = _rule(q, f.kinks)
    return float(np.sum(weights * np.square(f.f(z) - mean)))


_BULK = (-_REACH, -4.0, 0.0, 4.0, _REACH)  # panels that resolve a normal density
_FINEST = 2.0**-48  # of the reach: whatever f does closer to 0 than that has no weight


def _pair_rule(
    lengths: tuple[float, float], c: float, r: float, kinks: Sequence[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Nodes z1 (n,), row (k,), z2 (k, 24) and weights w, shaped as z2: E[g(z1, z2)] is the sum of w g(z1[row], z2).

    z1 is normal, and so is z2 once z1 is known, with mean c z1 sqrt(q2 / q1) and variance r^2 q2, where r^2 = 1 - c^2.
    """
    s1, s2 = map(math.sqrt, lengths)
    # As a function of u = z1 / s1, what is left after the mean over z2 is f(z1) times a smoothed f, in which a kink of
    # f(z2) at k has become a bend around u = k / (c s2), of width r / c. 0 counts as a kink: f'' may jump there.
    cuts = {*_BULK, *_graded(_REACH, 0.5 / max(1.0, s1, abs(c) * s2))}
    for k in {0.0, *kinks}:
        cuts |= {k / s1} if s1 else set()
        cuts |= {k / (c * s2) + bend * r / abs(c) for bend in _BULK} if c * s2 else set()
    u, density = _panels(np.array(sorted(x for x in cuts if abs(x) <= _REACH))[None])[1:]
    z1, density = (s1 * u).ravel(), density.ravel()
    row, z2, weights = _rule_around(c * s2 * u.ravel(), r * s2, kinks)
    return z1, row, z2, density[row, None] * weights


def _pair_total(g1: np.ndarray, g2: np.ndarray, row: np.ndarray, weights: np.ndarray, lengths: tuple) -> float:
    """E[g1(z1) g2(z2)] from values at the nodes of `_pair_rule`, if it is resolved along z2 and then along z1."""
    terms = weights * g1[row, None] * g2
    largest = float(np.max(np.abs(g1)) * np.max(np.abs(g2)))
    if terms.shape[1] > 1:
        _total(terms, lengths, largest=largest)
    over_z2 = np.bincount(row, weights=terms.sum(axis=1)).reshape(-1, len(_NODES))
    return _total(over_z2, lengths, largest=largest, size=float(np.sum(np.abs(terms))))


def _rule_around(mean: np.ndarray, sigma: float, kinks: Sequence[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes and weights for normal variables with several means (n,) and one standard deviation: row (k,), which says
    whose they are, z (k, 24) and w (k, 24). The line is cut where `expectation` cuts it, but four times as coarsely."""
    if sigma == 0:
        return np.arange(len(mean)), mean[:, None], np.ones((len(mean), 1))
    cuts = np.array([*kinks, *_graded(float(np.max(np.abs(mean))) + _REACH * sigma, 0.5)])
    edges = np.clip((cuts - mean[:, None]) / sigma, -_REACH, _REACH)
    edges = np.concatenate([edges, np.broadcast_to(_BULK, (len(mean), len(_BULK)))], axis=1)
    row, v, weights = _panels(np.sort(edges, axis=1))
    return row, mean[row, None] + sigma * v, weights


def _graded(reach: float, first: float) -> list[float]:
    """0, +-first, +-4 first, +-16 first, ... as far as `reach`."""
    first = max(first, _FINEST * reach)
    cuts = [first * 4**k for k in range(math.ceil(math.log(max(reach / first, 1.0), 4)))]
    return [0.0, *cuts, *(-x for x in cuts)]


def _panels(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of rows of edges (n, m) all panels that are not empty: row (k,), nodes (k, 24), weights with the density of
    N(0, 1)."""
    row, panel = np.nonzero(np.diff(edges))
    half = (edges[row, panel + 1] - edges[row, panel])[:, None] / 2
    nodes = (edges[row, panel][:, None] + half) + half * _NODES
    return row, nodes, half * _WEIGHTS * np.exp(-0.5 * nodes * nodes)


def _slope_of_jumps(f: Activation, lengths: tuple[float, float], c: float, r: float) -> float:
    """What jumps of f add to E[f'(z1) f'(z2)]: there f' is a delta function."""
    jumps = [(k, above - below) for k, below, above in _jumps(f)]
    total = 0.0
    for q1, q2 in (lengths, lengths[::-1]):  # a jump of f(z1), and all slopes of f(z2)
        ratio = math.sqrt(q2 / q1)
        for k, jump in jumps:
            _, z2, weights = _rule_around(np.array([c * k * ratio]), r * math.sqrt(q2), f.kinks)
            total += jump * _density(k, q1) * float(np.sum(weights * f.df(z2)))
    q1, q2 = lengths
    for k1, jump1 in jumps:
        for k2, jump2 in jumps:
            total += jump1 * jump2 * _density(k1, q1) * _density(k2 - c * k1 * math.sqrt(q2 / q1), r * r * q2)
    return total


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
    activation: Activations,
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
    activation : str, Activation or sequence of them
        The function f, one for all layers or one for each: a name that `activations.get` knows, or an Activation.
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
    scaled_weight_variance, bias_variance = _variances(scaled_weight_variance, bias_variance)
    widths = [1] * (depth + 1)
    return propagate_layers(
        activation, widths, scaled_weight_variance, bias_variance, input=input, top_gradient=top_gradient
    )


def propagate_layers(
    activation: Activations,
    widths: Sequence[int],
    weight_variances: float | Sequence[float],
    bias_variances: float | Sequence[float] = 0.0,
    *,
    input: float = 1.0,
    top_gradient: float = 1.0,
) -> Signal:
    """`propagate` for layers that differ: second moments, layer by layer, if every layer is wide.

    All weights are independent, with mean zero.

    Parameters
    ----------
    activation : str, Activation or sequence of them
        The function f, one for all layers or one for each: a name that `activations.get` knows, or an Activation.
    widths : sequence of int
        n[0], ..., n[L].
    weight_variances : float or sequence of float
        Var(W[1]), ..., Var(W[L]); or one for all layers.
    bias_variances : float or sequence of float
        Var(b[1]), ..., Var(b[L]); or one for all layers.
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
        If an argument is not as described, or there is not one for each layer; the message names it.

    Examples
    --------
    >>> propagate_layers("relu", [400, 100, 400], [2 / 400, 2 / 100]).dz.round(12)  # the factor is n_out Var(W) / 2
    array([2. , 0.5])
    """
    n = [whole(f"n[{layer}] in widths", width, at_least=1) for layer, width in enumerate(_sequence("widths", widths))]
    depth = len(n) - 1
    if depth < 1:
        raise ValueError(f"widths must hold at least two, n[0] and n[1], got {widths!r}")
    f = _activations(activation, depth)
    W = _for_each_layer("weight_variances", weight_variances, depth)
    b = _for_each_layer("bias_variances", bias_variances, depth)
    input, top_gradient = finite("input", input, at_least=0), finite("top_gradient", top_gradient, at_least=0)
    z, a, slope = np.empty(depth), np.empty(depth + 1), np.empty(depth)
    a[0] = input
    with np.errstate(over="ignore", under="ignore"):
        for layer in range(depth):
            z[layer] = n[layer] * W[layer] * a[layer] + b[layer]
            a[layer + 1] = second_moment(f[layer], z[layer])
            slope[layer] = squared_slope(f[layer], z[layer])
        # The way down to layer l goes through the weights of the layers above it.
        down = [n_out * variance for n_out, variance in zip(n[2:], W[1:], strict=True)]
        dz = np.cumprod((slope * np.array([*down, top_gradient]))[::-1])[::-1]
    return Signal(z, a, dz)


class Pair(NamedTuple):
    """How alike two inputs are in an infinitely wide network, from the input to the last layer.

    nan stands where one of the two is 0 or constant, so that the quantity is not defined, or has over- or underflowed.
    """

    z: np.ndarray
    """(depth,): cosine of the two preactivations in layers 1..depth; their correlation as well, for their mean is 0."""
    a: np.ndarray
    """(depth + 1,): cosine of the two activations in layers 0..depth."""
    a_correlation: np.ndarray
    """(depth,): correlation of the two activations in layers 1..depth: the cosine when the mean is subtracted."""


def propagate_pair(
    activation: Activations,
    *,
    scaled_weight_variance: float | Sequence[float],
    bias_variance: float | Sequence[float] = 0.0,
    depth: int,
    cosine: float = 0.0,
    inputs: tuple[float, float] = (1.0, 1.0),
) -> Pair:
    """How alike two inputs are, layer by layer, in an infinitely wide network: `correlation_map` once for each layer.

    It is what `network.simulate` measures as `cosine` and `correlation` of z and a.

    Parameters
    ----------
    activation : str, Activation or sequence of them
        The function f, one for all layers or one for each: a name that `activations.get` knows, or an Activation.
    scaled_weight_variance : float or sequence of float
        n Var(W), the variance of a weight times the number of inputs of its layer, one for all layers or one for each.
    bias_variance : float or sequence of float
        Var(b), one for all layers or one for each.
    depth : int
        Number of layers, at least 1.
    cosine : float
        Cosine of the angle between the two inputs, from -1 to 1. It does not matter if one of them is 0.
    inputs : tuple of float
        E[x^2] of the two inputs.

    Returns
    -------
    Pair
        The cosine of z and a, and the correlation of a, in every layer.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described, or there is not one for each layer; the message names it.

    Examples
    --------
    >>> pair = propagate_pair("relu", scaled_weight_variance=2.0, depth=30)  # He, two inputs at right angles
    >>> pair.a[[0, 1, 5, 10, 20, 30]].round(3)
    array([0.   , 0.318, 0.736, 0.872, 0.948, 0.972])
    """
    depth = whole("depth", depth, at_least=1)
    f = _activations(activation, depth)
    W = _for_each_layer("scaled_weight_variance", scaled_weight_variance, depth)
    b = _for_each_layer("bias_variance", bias_variance, depth)
    cosine = finite("cosine", cosine, at_least=-1, at_most=1)
    each = _sequence("inputs", inputs)
    if len(each) != 2:
        raise ValueError(f"inputs must hold two, got {len(each)}")
    m1, m2 = (finite(f"inputs[{i}]", x, at_least=0) for i, x in enumerate(each))
    moments, apart = (m1, m2), (1 - cosine if min(m1, m2) > 0 else math.nan)
    z, a, a_correlation = (np.full(n, math.nan) for n in (depth, depth + 1, depth))
    a[0] = 1 - apart
    for layer in range(depth):
        lengths, apart = _apart_after_weights(moments, apart, W[layer], b[layer])
        z[layer] = 1 - apart
        if math.isnan(apart) and min(lengths) != 0:  # too small or too large to go on
            break
        # A preactivation that is always 0 goes with any other as if they were independent.
        c, r = (0.0, 1.0) if math.isnan(apart) else (1 - apart, math.sqrt(max(0.0, apart * (2 - apart))))
        moments, apart, centred = _apart_after_activation(f[layer], lengths, c, r)
        a[layer + 1], a_correlation[layer] = 1 - apart, 1 - centred
    return Pair(*(np.maximum(cosines, -1) for cosines in (z, a, a_correlation)))


def _sequence(name: str, values: object) -> list[Any]:
    if isinstance(values, str | bytes) or not isinstance(values, Sequence | np.ndarray):
        raise TypeError(f"{name} must be a sequence, got {values!r}")
    return list(values)


def _for_each_layer(name: str, values: object, depth: int) -> list[float]:
    """A variance for each layer, from one for each or one for all."""
    if isinstance(values, Real):
        return [finite(name, values, at_least=0)] * depth
    each = _sequence(name, values)
    if len(each) != depth:
        raise ValueError(f"{name} must hold one for each of {depth} layers, got {len(each)}")
    return [finite(f"{name}[{layer}]", value, at_least=0) for layer, value in enumerate(each)]


def _activations(activation: Activations, depth: int) -> list[Activation]:
    """An activation for each layer, from one for each or one for all."""
    if isinstance(activation, str) or not isinstance(activation, Sequence):
        return [get(activation)] * depth
    if len(activation) != depth:
        raise ValueError(f"activation must be one, or one for each of {depth} layers, got {len(activation)}")
    return [get(each) for each in activation]
