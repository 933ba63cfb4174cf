"""Activations: f and f' together, safe from z = -1000 to 1000 and at +-inf, in the precision of z.

An activation never warns: where it overflows or underflows, its limit is the answer. f(nan) is nan. SciPy, which
supplies the error function, loads when GELU or erf is first called.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arguments import finite, numbers, one_of, sequence


@dataclass(frozen=True)
class Activation:
    """A function f that acts on each preactivation separately, its derivative, and what else is known about it.

    `f` and `df` may be given as plain functions of an array. Once they belong to an `Activation` they are called
    `f(z, out=None)` and `df(z, a=None, out=None)`: they take an array of any shape and return one of the same shape and
    floating dtype (integers become float64). `out` receives the result and may be z itself. `df` takes `a = f(z)` as a
    hint: where that is cheaper, f' is computed from it (tanh: 1 - a^2).

    All fields but the first three may be left out: they say what a simulator or a figure can make use of.

    Raises
    ------
    TypeError
        If f or df is not a function, kinks is no sequence of numbers or formula no pair. A function that returns an
        array of another shape, or writes into z, raises a ValueError when it is called.

    Examples
    --------
    >>> tanh = get("tanh")
    >>> a = tanh.f(np.array([0.0, 1.0]))
    >>> tanh.df(np.array([0.0, 1.0]), a).round(4)
    array([1.  , 0.42])
    >>> shifted = Activation("shifted", lambda z: np.tanh(z) + 0.2, lambda z: 1 / np.cosh(z) ** 2)
    >>> shifted.f(np.array([0.0, 1.0])).round(4)
    array([0.2   , 0.9616])
    """

    name: str
    """What it is called: its name in `ACTIVATIONS`, or any other."""
    f: Callable[..., np.ndarray] = field(repr=False)
    """The function, of an array z."""
    df: Callable[..., np.ndarray] = field(repr=False)
    """Its derivative f', of an array z."""
    kinks: tuple[float, ...] = ()
    """Where f' jumps. There df gives the slope on the left, so relu'(0) = 0."""
    odd: bool = field(default=False, repr=False)
    """Whether f(-z) = -f(z), so that E[f(z)] = 0."""
    slope_from_output: bool = field(default=False, repr=False)
    """Whether df(a, a) = df(z, a): a backward pass then does not need z."""
    label: str = field(default="", repr=False)
    """How a figure calls it; by default its name."""
    formula: tuple[str, str] | None = field(default=None, repr=False)
    """f(z) for z < 0 and for z > 0, written for SymPy, where SymPy can integrate it: see `closed_forms`."""
    closed_forms: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Expectations with a known formula that SymPy does not find, as pairs (which, formula)."""

    def __post_init__(self) -> None:
        for which, kind in (("f", _Function), ("df", _Derivative)):
            function = getattr(self, which)
            if not callable(function):
                raise TypeError(f"{which} of the activation {self.name!r} must be a function of z, got {function!r}")
            if not isinstance(function, kind):
                plain = _Plain(function, f"{which} of the activation {self.name!r}")
                object.__setattr__(self, which, kind(plain))
        kinks = tuple(finite("each of the kinks", k) for k in sequence("kinks", self.kinks))
        object.__setattr__(self, "kinks", kinks)
        if self.formula is not None and not (isinstance(self.formula, tuple) and len(self.formula) == 2):
            raise TypeError(f"formula must be a pair, for z < 0 and for z > 0, got {self.formula!r}")
        df: Any = self.df
        if df.made_for not in (None, self.f):  # it would take this f(z) for that of another f
            object.__setattr__(self, "df", df := _Derivative(_Plain(df, f"df of the activation {self.name!r}")))
            object.__setattr__(self, "slope_from_output", False)
        df.made_for = self.f
        object.__setattr__(self, "label", self.label or self.name)


class _Function:
    """f(z, out=None) from a formula(z, out) that writes into out, an array that may be z itself."""

    def __init__(self, formula: Callable[..., object]) -> None:
        self.formula = formula

    def __call__(self, z: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
        return _written(self.formula, z, (), out)


class _Derivative:
    """df(z, a=None, out=None) from a formula(z, a, out) that writes into out."""

    def __init__(self, formula: Callable[..., object]) -> None:
        self.formula = formula
        self.made_for: Callable[..., np.ndarray] | None = None

    def __call__(self, z: ArrayLike, a: np.ndarray | None = None, out: np.ndarray | None = None) -> np.ndarray:
        return _written(self.formula, z, (a,), out)


def _written(formula: Callable[..., object], z: ArrayLike, hints: tuple, out: np.ndarray | None) -> np.ndarray:
    """What the formula writes, into a new array if `out` is None."""
    z = numbers("z", z)
    if z.dtype.kind != "f":
        z = z.astype(np.float64)
    result = np.empty_like(z) if out is None else out
    with np.errstate(over="ignore", under="ignore"):
        formula(z, *hints, result)
    return result if result.ndim or result is out else result[()]


class _Plain:
    """Such a formula made of a plain function of z; `what` names the function in an error."""

    def __init__(self, function: Callable[[np.ndarray], ArrayLike], what: str) -> None:
        self.function, self.what = function, what

    def __call__(self, z: np.ndarray, *hints_and_out: np.ndarray) -> None:
        frozen = z.view()
        frozen.flags.writeable = False  # who writes into z changes what was given, and what is computed from it next
        try:
            values = numbers(f"what {self.what} returns", self.function(frozen))
        except ValueError as error:
            if "read-only" in str(error):
                raise ValueError(f"{self.what} must not write into z, and does") from error
            raise
        if values.shape not in (z.shape, ()):  # a constant slope may be a number
            raise ValueError(f"{self.what} must return an array of the shape of z, {z.shape}, got {values.shape}")
        hints_and_out[-1][...] = values


def get(activation: str | Activation, name: str = "activation") -> Activation:
    """The activation of that name; an `Activation` is returned as it is.

    Parameters
    ----------
    activation : str or Activation
        One of `names()`, or an `Activation`.
    name : str
        What the argument is called, for the message of an error.

    Returns
    -------
    Activation
        The one that was named or given.

    Raises
    ------
    ValueError, TypeError
        If there is no activation of that name, or the argument is neither.

    Examples
    --------
    >>> get("relu")
    Activation(name='relu', kinks=(0.0,))
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(f"{name} must be a name or an Activation, got {activation!r}")
    return ACTIVATIONS[one_of(name, activation, names())]


def names() -> tuple[str, ...]:
    """The names that `get` knows.

    Returns
    -------
    tuple of str
        In the order of `ACTIVATIONS`.
    """
    return tuple(ACTIVATIONS)


def labels(*names: str) -> dict[str, str]:
    """What figures call the activations of these names.

    Parameters
    ----------
    *names : str
        Some of `names()`.

    Returns
    -------
    dict
        The `label` of each, by name.

    Raises
    ------
    ValueError, TypeError
        If there is no activation of one of the names, or it is no string.

    Examples
    --------
    >>> labels("relu", "tanh")
    {'relu': 'ReLU', 'tanh': 'tanh'}
    """
    return {name: ACTIVATIONS[one_of("each of the names", name, ACTIVATIONS)].label for name in names}


def leaky_relu(negative_slope: float = 0.01) -> Activation:
    """max(z, 0) + negative_slope min(z, 0).

    Source: [Maas et al. 2013](https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf).

    Parameters
    ----------
    negative_slope : float
        Slope for z < 0, 0 <= negative_slope <= 1: 0 is ReLU, 1 the identity.

    Returns
    -------
    Activation
        Named "leaky_relu", with the slope in brackets if it is not 0.01.

    Raises
    ------
    ValueError, TypeError
        If the slope is not as described.

    Examples
    --------
    >>> leaky_relu(0.1).f(np.array([-2.0, 3.0]))
    array([-0.2,  3. ])
    """
    slope = finite("negative_slope", negative_slope, at_least=0, at_most=1)

    def f(z: np.ndarray, out: np.ndarray) -> None:
        if np.may_share_memory(z, out):
            z = z.copy()
        np.maximum(z, np.multiply(z, slope, out=out), out=out)

    def df(z: np.ndarray, a: np.ndarray | None, out: np.ndarray) -> None:
        np.clip(_step(z, out), slope, 1, out=out)

    return Activation(
        "leaky_relu" if slope == 0.01 else f"leaky_relu({slope:g})",
        _Function(f) if slope else RELU.f,
        _Derivative(df) if slope else RELU.df,
        kinks=(0.0,) if slope < 1 else (),
        slope_from_output=True,
        label=f"leaky ReLU, slope {slope:g}",
        formula=(f"{slope!r} * z", "z"),
    )


def elu(alpha: float = 1.0) -> Activation:
    """z for z > 0, else alpha (e^z - 1).

    Source: [Clevert et al. 2016](https://arxiv.org/abs/1511.07289).

    Parameters
    ----------
    alpha : float
        f(z) tends to -alpha far below 0; alpha >= 0.

    Returns
    -------
    Activation
        Named "elu", with alpha in brackets if it is not 1.

    Raises
    ------
    ValueError, TypeError
        If alpha is not as described.

    Examples
    --------
    >>> elu().f(np.array([-np.inf, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """
    alpha = finite("alpha", alpha, at_least=0)
    name = "elu" if alpha == 1 else f"elu({alpha:g})"
    return _scaled_elu(name, alpha, scale=1.0, label="ELU" if alpha == 1 else f"ELU, α = {alpha:g}")


def _scaled_elu(name: str, alpha: float, scale: float, label: str) -> Activation:
    def f(z: np.ndarray) -> np.ndarray:
        return scale * (np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0)))

    def df(z: np.ndarray) -> np.ndarray:
        step = _step(z)
        return scale * (step + (1 - step) * alpha * np.exp(np.minimum(z, 0)))

    kinks = () if alpha == 1 else (0.0,)
    formula = f"{scale * alpha!r} * (exp(z) - 1)", f"{scale!r} * z"
    return Activation(name, f, df, kinks, label=label, formula=formula)


def _step(z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """1 where z > 0, else 0; nan stays nan. (Many times faster than np.heaviside.)"""
    out = np.clip(z, 0, 1, out=np.empty_like(z) if out is None else out)
    return np.ceil(out, out=out)


def _sigmoid(z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """1 / (1 + e^-z), accurate in the tails: where e^-z overflows, 1/inf = 0 is right."""
    out = np.negative(z, out=np.empty_like(z) if out is None else out)
    np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def _sech2(z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """1 / cosh^2 z, which unlike 1 - tanh^2 z keeps its digits in the tails."""
    out = np.cosh(z, out=np.empty_like(z) if out is None else out)
    np.reciprocal(out, out=out)
    return np.square(out, out=out)


def _clip(z: np.ndarray, limit: float) -> np.ndarray:
    """z kept within +-limit: beyond it a vanishing factor is 0 already, so that inf * 0 never arises."""
    return np.clip(z, -limit, limit)


# Formulas that work in place


def _tanh_df(z: np.ndarray, a: np.ndarray | None, out: np.ndarray) -> None:
    if a is None:
        _sech2(z, out)
    else:
        np.subtract(1, np.square(a, out=out), out=out)


def _sigmoid_df(z: np.ndarray, a: np.ndarray | None, out: np.ndarray) -> None:
    if a is None:
        np.multiply(_sech2(np.multiply(z, 0.5, out=out), out), 0.25, out=out)
    else:
        if np.may_share_memory(a, out):
            a = a.copy()
        np.multiply(np.subtract(1, a, out=out), a, out=out)


IDENTITY = Activation(
    "identity",
    _Function(lambda z, out: np.copyto(out, z)),
    _Derivative(lambda z, a, out: out.fill(1)),
    odd=True,
    slope_from_output=True,
    label="none (linear)",
    formula=("z", "z"),
)
"""f(z) = z"""
RELU = Activation(
    "relu",
    # np.clip computes max(z, 0) three times as fast as np.maximum(z, 0) does.
    _Function(lambda z, out: np.clip(z, 0, np.inf, out=out)),
    _Derivative(lambda z, a, out: _step(z, out)),
    kinks=(0.0,),
    slope_from_output=True,
    label="ReLU",
    formula=("0", "z"),
)
"""f(z) = max(z, 0)"""
TANH = Activation(
    "tanh", _Function(lambda z, out: np.tanh(z, out=out)), _Derivative(_tanh_df), odd=True, slope_from_output=True
)
"""f(z) = tanh z"""
SIGMOID = Activation(
    "sigmoid",
    _Function(_sigmoid),
    _Derivative(_sigmoid_df),
    slope_from_output=True,
    closed_forms=(("mean", "1/2"),),  # the sigmoid is 1/2 plus an odd function
)
"""f(z) = 1 / (1 + e^-z)"""

# Formulas that follow the definition. GELU is z Phi(z), Phi the normal distribution function; its tanh form replaces
# Phi(z) by (1 + tanh u)/2 = sigmoid(2u), u = sqrt(2/pi) (z + 0.044715 z^3).


def _gelu(z: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return np.maximum(z, -40) * ndtr(z)


def _gelu_df(z: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    z = _clip(z, 40)
    return ndtr(z) + z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def _gelu_tanh_u(z: np.ndarray) -> np.ndarray:
    return math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)


def _gelu_tanh(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, -40) * _sigmoid(2 * _gelu_tanh_u(_clip(z, 40)))


def _gelu_tanh_df(z: np.ndarray) -> np.ndarray:
    z = _clip(z, 40)
    u, du = _gelu_tanh_u(z), math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
    return _sigmoid(2 * u) + 0.5 * z * _sech2(u) * du


def _silu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, -1000) * _sigmoid(z)


def _silu_df(z: np.ndarray) -> np.ndarray:
    z = _clip(z, 1000)
    return _sigmoid(z) * (1 + z * _sigmoid(-z))


def _softplus(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))  # log(1 + e^z)


def _mish(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, -1000) * np.tanh(_softplus(z))


def _mish_df(z: np.ndarray) -> np.ndarray:
    z = _clip(z, 1000)
    return np.tanh(_softplus(z)) + z * _sech2(_softplus(z)) * _sigmoid(z)


def _softsign(z: np.ndarray) -> np.ndarray:
    z = _clip(z, np.finfo(z.dtype).max)
    return z / (1 + np.abs(z))


def _softsign_df(z: np.ndarray) -> np.ndarray:
    return (1 / (1 + np.abs(z))) ** 2


def _erf(z: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return erf(z)


def _erf_df(z: np.ndarray) -> np.ndarray:
    return 2 / math.sqrt(math.pi) * np.exp(-z * z)


# SELU's constants are those for which z ~ N(0, 1) gives an output of mean 0 and variance 1 (Klambauer et al. 2017,
# https://arxiv.org/abs/1706.02515): alpha = (1/sqrt(2 pi)) / (1/2 - sqrt(e) Phi(-1)).
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805
_LECUN = 1.7159  # LeCun et al. 1998, "Efficient BackProp": 1.7159 tanh(2z/3), so that f(1) = 1 to five digits

# In the closed forms, q is the variance of z. E erf^2 is the kernel of C. K. I. Williams ("Computing with infinite
# networks", Neural Computation 10, 1998) on its diagonal, and E Phi^2 = (1/2 + asin(q / (1 + q)) / pi) / 2 its affine
# image. The second moment of GELU is the kernel of Tsuchida et al. 2021, https://arxiv.org/abs/2002.08517, on its
# diagonal. For two z of correlation c these kernels are the correlation maps, divided by the second moment. Squared
# slope of GELU: of the three terms of (Phi + z phi)^2 the first is E Phi^2, and in the others exp(-z^2/2) and
# exp(-z^2) only make the normal density of z narrower, to the variances q / (1 + q) and q / (1 + 2q). Softsign: with
# a = 1/sqrt(2q), E[(1 + |z|)^-1] is (2/sqrt(pi)) a G(0), and every derivative of G by a raises the power by one;
# `closed_forms` says what G is.
_GELU = "1/4 + asin(q/(1 + q))/(2*pi) + q/(pi*(1 + q)*sqrt(1 + 2*q))"
_GELU_PAIR = "c*(1/4 + asin(c*q/(1 + q))/(2*pi)) + q*(1 + q + c**2*(1 - q))/(2*pi*(1 + q)*sqrt((1 + q)**2 - (c*q)**2))"

ACTIVATIONS = {
    activation.name: activation
    for activation in (
        IDENTITY,
        RELU,
        leaky_relu(),
        elu(),
        _scaled_elu("selu", _SELU_ALPHA, _SELU_SCALE, label="SELU"),
        Activation(
            "gelu",
            _gelu,
            _gelu_df,
            label="GELU",
            formula=("z*(1 + erf(z/sqrt(2)))/2",) * 2,
            closed_forms=(
                ("second_moment", f"q*({_GELU})"),
                ("squared_slope", f"{_GELU} + q/(2*pi*(1 + 2*q)**(3/2))"),
                ("correlation_map", f"({_GELU_PAIR})/({_GELU})"),
            ),
        ),
        Activation("gelu_tanh", _gelu_tanh, _gelu_tanh_df, label="GELU, tanh form"),
        Activation("silu", _silu, _silu_df, label="SiLU (swish)"),
        Activation("mish", _mish, _mish_df, label="Mish"),
        Activation("softplus", _softplus, _sigmoid),
        Activation(
            "softsign",
            _softsign,
            _softsign_df,
            odd=True,
            closed_forms=(
                ("second_moment", "1 - 2/sqrt(pi)*(2*a*G(0) + a**2*G(1))"),
                ("squared_slope", "-a**4*G(3)/(3*sqrt(pi))"),
            ),
        ),
        TANH,
        SIGMOID,
        Activation(
            "lecun_tanh",
            lambda z: _LECUN * np.tanh(z * (2 / 3)),
            lambda z: _LECUN * (2 / 3) * _sech2(z * (2 / 3)),
            odd=True,
            label="LeCun's tanh",
        ),
        Activation(
            "erf",
            _erf,
            _erf_df,
            odd=True,
            formula=("erf(z)", "erf(z)"),
            closed_forms=(
                ("second_moment", "2/pi*asin(2*q/(1 + 2*q))"),
                ("correlation_map", "asin(2*c*q/(1 + 2*q))/asin(2*q/(1 + 2*q))"),
            ),
        ),
    )
}
"""All activations, by name."""
