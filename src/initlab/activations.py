"""Activations: f and f' together, safe from z = -1000 to 1000 and at +-inf, in the precision of z.

An activation never warns: where it overflows or underflows, its limit is the answer. f(nan) is nan. SciPy, which
supplies the error function, loads when GELU or erf is first called.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ._check import finite, one_of


@dataclass(frozen=True)
class Activation:
    """A function f that acts on each preactivation alone, and its derivative.

    `f(z, out=None)` and `df(z, a=None, out=None)` take an array of any shape and return one of the same shape and
    floating dtype (integers become float64). `out` receives the result and may be z itself. `df` takes `a = f(z)` as
    a hint: where that is cheaper, f' is computed from it (tanh: 1 - a^2).

    >>> tanh = get("tanh")
    >>> a = tanh.f(np.array([0.0, 1.0]))
    >>> tanh.df(np.array([0.0, 1.0]), a).round(4)
    array([1.  , 0.42])
    """

    name: str
    f: Callable = field(repr=False)
    df: Callable = field(repr=False)
    kinks: tuple[float, ...] = ()  # where f' jumps; there df gives the slope on the left, so relu'(0) = 0


def get(activation):
    """The activation of that name; an `Activation` is returned as it is.

    >>> get("relu")
    Activation(name='relu', kinks=(0.0,))
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(f"activation must be a name or an Activation, got {activation!r}")
    return ACTIVATIONS[one_of("activation", activation, names())]


def names():
    """The names that `get` knows."""
    return tuple(ACTIVATIONS)


def leaky_relu(negative_slope=0.01):
    """max(z, 0) + negative_slope min(z, 0), with 0 <= negative_slope <= 1 ([Maas et al. 2013]).

    [Maas et al. 2013]: https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf

    >>> leaky_relu(0.1).f(np.array([-2.0, 3.0]))
    array([-0.2,  3. ])
    """
    slope = finite("negative_slope", negative_slope, at_least=0, at_most=1)
    name = "leaky_relu" if slope == 0.01 else f"leaky_relu({slope:g})"
    if slope == 0:
        return Activation(name, RELU.f, RELU.df, RELU.kinks)

    def f(z, out):
        if np.may_share_memory(z, out):
            z = z.copy()
        np.maximum(z, np.multiply(z, slope, out=out), out=out)

    def df(z, a, out):
        np.clip(_step(z, out), slope, 1, out=out)

    return _in_place(name, f, df, kinks=(0.0,) if slope < 1 else ())


def elu(alpha=1.0):
    """z for z > 0, else alpha (e^z - 1), with alpha >= 0 ([Clevert et al. 2016](https://arxiv.org/abs/1511.07289)).

    >>> elu().f(np.array([-np.inf, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """
    alpha = finite("alpha", alpha, at_least=0)
    return _scaled_elu("elu" if alpha == 1 else f"elu({alpha:g})", alpha, scale=1.0)


def _scaled_elu(name, alpha, scale):
    def f(z):
        return scale * (np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0)))

    def df(z):
        step = _step(z)
        return scale * (step + (1 - step) * alpha * np.exp(np.minimum(z, 0)))

    return _elementwise(name, f, df, kinks=() if alpha == 1 else (0.0,))


def _in_place(name, f, df, kinks=()):
    """The Activation of formulas f(z, out) and df(z, a, out) that write into out, an array that may be z itself."""

    def safely(formula, z, *a, out):
        z = np.asarray(z)
        if z.dtype.kind != "f":
            z = z.astype(np.float64)
        result = np.empty_like(z) if out is None else out
        with np.errstate(over="ignore", under="ignore"):
            formula(z, *a, result)
        return result if result.ndim or result is out else result[()]

    return Activation(
        name, lambda z, out=None: safely(f, z, out=out), lambda z, a=None, out=None: safely(df, z, a, out=out), kinks
    )


def _elementwise(name, f, df, kinks=()):
    """The Activation of formulas f(z) and df(z) that use as many temporaries as they like."""

    def write(z, out):
        out[...] = f(z)

    def write_df(z, a, out):
        out[...] = df(z)

    return _in_place(name, write, write_df, kinks)


def _step(z, out=None):
    """1 where z > 0, else 0; nan stays nan. (Many times faster than np.heaviside.)"""
    out = np.clip(z, 0, 1, out=np.empty_like(z) if out is None else out)
    return np.ceil(out, out=out)


def _sigmoid(z, out=None):
    """1 / (1 + e^-z), accurate in the tails: where e^-z overflows, 1/inf = 0 is right."""
    out = np.negative(z, out=np.empty_like(z) if out is None else out)
    np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def _sech2(z, out=None):
    """1 / cosh^2 z, which unlike 1 - tanh^2 z keeps its digits in the tails."""
    out = np.cosh(z, out=np.empty_like(z) if out is None else out)
    np.reciprocal(out, out=out)
    return np.square(out, out=out)


def _clip(z, limit):
    """z kept within +-limit, where a factor that vanishes has long become 0, so that inf * 0 never arises."""
    return np.clip(z, -limit, limit)


# Formulas that work in place


def _tanh_df(z, a, out):
    if a is None:
        _sech2(z, out)
    else:
        np.subtract(1, np.square(a, out=out), out=out)


def _sigmoid_df(z, a, out):
    if a is None:
        np.multiply(_sech2(np.multiply(z, 0.5, out=out), out), 0.25, out=out)
    else:
        np.multiply(np.subtract(1, a, out=out), a, out=out)


IDENTITY = _in_place("identity", lambda z, out: np.copyto(out, z), lambda z, a, out: out.fill(1))
# np.clip computes max(z, 0) three times as fast as np.maximum(z, 0) does.
RELU = _in_place("relu", lambda z, out: np.clip(z, 0, np.inf, out=out), lambda z, a, out: _step(z, out), kinks=(0.0,))
TANH = _in_place("tanh", lambda z, out: np.tanh(z, out=out), _tanh_df)
SIGMOID = _in_place("sigmoid", _sigmoid, _sigmoid_df)

# Formulas that follow the definition. GELU is z Phi(z), Phi the normal distribution function; its tanh form replaces
# Phi(z) by (1 + tanh u)/2 = sigmoid(2u), u = sqrt(2/pi) (z + 0.044715 z^3).


def _gelu(z):
    from scipy.special import ndtr

    return np.maximum(z, -40) * ndtr(z)


def _gelu_df(z):
    from scipy.special import ndtr

    z = _clip(z, 40)
    return ndtr(z) + z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def _gelu_tanh_u(z):
    return math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)


def _gelu_tanh(z):
    return np.maximum(z, -40) * _sigmoid(2 * _gelu_tanh_u(_clip(z, 40)))


def _gelu_tanh_df(z):
    z = _clip(z, 40)
    u, du = _gelu_tanh_u(z), math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
    return _sigmoid(2 * u) + 0.5 * z * _sech2(u) * du


def _silu(z):
    return np.maximum(z, -1000) * _sigmoid(z)


def _silu_df(z):
    z = _clip(z, 1000)
    return _sigmoid(z) * (1 + z * _sigmoid(-z))


def _softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))  # log(1 + e^z)


def _mish(z):
    return np.maximum(z, -1000) * np.tanh(_softplus(z))


def _mish_df(z):
    z = _clip(z, 1000)
    return np.tanh(_softplus(z)) + z * _sech2(_softplus(z)) * _sigmoid(z)


def _softsign(z):
    z = _clip(z, np.finfo(z.dtype).max)
    return z / (1 + np.abs(z))


def _softsign_df(z):
    return (1 / (1 + np.abs(z))) ** 2


def _erf(z):
    from scipy.special import erf

    return erf(z)


def _erf_df(z):
    return 2 / math.sqrt(math.pi) * np.exp(-z * z)


# SELU's constants are those for which z ~ N(0, 1) gives an output of mean 0 and variance 1 (Klambauer et al. 2017,
# https://arxiv.org/abs/1706.02515): alpha = (1/sqrt(2 pi)) / (1/2 - sqrt(e) Phi(-1)).
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805
_LECUN = 1.7159  # LeCun et al. 1998, "Efficient BackProp": 1.7159 tanh(2z/3), so that f(1) = 1 to five digits

ACTIVATIONS = {
    activation.name: activation
    for activation in (
        IDENTITY,
        RELU,
        leaky_relu(),
        elu(),
        _scaled_elu("selu", _SELU_ALPHA, _SELU_SCALE),
        _elementwise("gelu", _gelu, _gelu_df),
        _elementwise("gelu_tanh", _gelu_tanh, _gelu_tanh_df),
        _elementwise("silu", _silu, _silu_df),
        _elementwise("mish", _mish, _mish_df),
        _elementwise("softplus", _softplus, _sigmoid),
        _elementwise("softsign", _softsign, _softsign_df),
        TANH,
        SIGMOID,
        _elementwise(
            "lecun_tanh", lambda z: _LECUN * np.tanh(z * (2 / 3)), lambda z: _LECUN * (2 / 3) * _sech2(z * (2 / 3))
        ),
        _elementwise("erf", _erf, _erf_df),
    )
}
