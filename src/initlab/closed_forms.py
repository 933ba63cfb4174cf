"""Gaussian expectations of activations as formulas, where there are formulas.

`gaussian` computes the same numbers for every activation, by quadrature and without SymPy; the tests compare the two.
"""

import functools
from collections.abc import Callable

import sympy

from .activations import Activation, get
from .arguments import one_of

q = sympy.Symbol("q", positive=True)
"""The variance of z."""
c = sympy.Symbol("c", real=True)
"""The correlation of z1 and z2, from -1 to 1."""
_z = sympy.Symbol("z", real=True)
_density = sympy.exp(-(_z**2) / (2 * q)) / sympy.sqrt(2 * sympy.pi * q)

_MOMENTS: dict[str, Callable[[sympy.Expr], sympy.Expr]] = {
    "mean": lambda f: f,
    "second_moment": lambda f: f**2,
    "squared_slope": lambda f: f.diff(_z) ** 2,
}

# What the formulas that an activation states may name besides functions of SymPy: q, c, a = 1/sqrt(2q), and G(k), the
# k-th derivative at a of the integral of exp(-t^2) / (t + a) over t > 0 (https://dlmf.nist.gov/7.5.E13).
_a = sympy.Symbol("a", positive=True)
_G = sympy.exp(-(_a**2)) * (sympy.pi * sympy.erfi(_a) - sympy.Ei(_a**2)) / 2
_NAMES = {"q": q, "c": c, "a": _a, "G": lambda k: _G.diff(_a, k), "z": _z}


def closed_form(activation: str | Activation, what: str) -> sympy.Expr:
    """E[f(z)], E[f(z)^2] or E[f'(z)^2] for z ~ N(0, q), as a SymPy expression in the symbol `q` of this module.

    There is one for the identity, (leaky) ReLU, ELU, SELU, erf, GELU and softsign; SymPy derives it, except for the
    integrals that it cannot do. Odd activations have mean 0, and the sigmoid has mean 1/2. No formula in standard
    functions is known for the other expectations, E tanh^2 among them.

    For two such z of correlation `c` there is E[f(z1) f(z2)] / E[f(z)^2], the correlation map without biases, of the
    identity, (leaky) ReLU ([Cho and Saul
    2009](https://papers.nips.cc/paper/3628-kernel-methods-for-deep-learning)), erf and GELU.

    `closed_form(...).subs(q, 2).evalf(20)` evaluates one to 20 digits, however large or small q is, if q is exact: an
    int or a `sympy.Rational("1e-8")`. A float has 15 digits, most of which may cancel.

    Parameters
    ----------
    activation : str or Activation
        The function f: a name that `activations.get` knows, or an Activation.
    what : {"mean", "second_moment", "squared_slope", "correlation_map"}
        E[f], E[f^2], E[f'^2] or c', named as the functions of `gaussian` that compute it by quadrature.

    Returns
    -------
    sympy.Expr
        The formula, in the symbols `q` and, for the correlation map, `c`.

    Raises
    ------
    ValueError, TypeError
        If no closed form is known, or an argument is not as described.

    Examples
    --------
    >>> closed_form("relu", "second_moment"), closed_form("erf", "second_moment")
    (q/2, 2*asin(2*q/(2*q + 1))/pi)
    >>> closed_form("elu", "squared_slope")
    exp(2*q)*erfc(sqrt(2)*sqrt(q))/2 + 1/2
    >>> closed_form("relu", "correlation_map")
    (c*(pi - acos(c)) + sqrt(1 - c**2))/pi
    """
    f = get(activation)
    one_of("what", what, (*_MOMENTS, "correlation_map"))
    if what == "mean" and f.odd:
        return sympy.S.Zero
    stated = dict(f.closed_forms)
    if what in stated:
        return _read(stated[what]).subs(_a, 1 / sympy.sqrt(2 * q))
    slopes = [sympy.cancel(_read(side) / _z) for side in f.formula or ()]
    if what == "correlation_map" and slopes and not any(slope.has(_z) for slope in slopes):
        # f(z) = left z + (right - left) max(z, 0), and E[z1 max(z2, 0)] = c q / 2.
        left, right = slopes
        relu = (sympy.sqrt(1 - c**2) + c * (sympy.pi - sympy.acos(c))) / (2 * sympy.pi)
        return (left * right * c + (right - left) ** 2 * relu) / ((left**2 + right**2) / 2)
    if f.formula is None or what == "correlation_map":
        written = {
            "mean": "E[f(z)]",
            "second_moment": "E[f(z)^2]",
            "squared_slope": "E[f'(z)^2]",
            "correlation_map": "the correlation map",
        }[what]
        raise ValueError(
            f"activation must be one for which {written} has a known closed form, got {f.name!r}; "
            f"gaussian.{what} computes it by quadrature"
        )
    return _derive(*map(_read, f.formula), what)


def _read(formula: str) -> sympy.Expr:
    """A formula of an `Activation` as an expression. A decimal becomes a fraction: 0.01 is 1/100."""
    return sympy.sympify(formula, locals=_NAMES, rational=True)


@functools.cache
def _derive(left: sympy.Expr, right: sympy.Expr, what: str) -> sympy.Expr:
    """The integral of a moment of f against the normal density, by SymPy."""
    moment = _MOMENTS[what]
    if left == right:
        integral = sympy.integrate(sympy.expand(moment(left)) * _density, (_z, -sympy.oo, sympy.oo))
    else:
        integral = sum(
            sympy.integrate(sympy.expand(moment(side)) * _density, (_z, *limits))
            for side, limits in ((left, (-sympy.oo, 0)), (right, (0, sympy.oo)))
        )
    # erfc(x) keeps its digits where 1 - erf(x) does not
    return sympy.expand(sympy.simplify(integral).rewrite(sympy.erfc))
