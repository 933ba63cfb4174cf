"""Gaussian expectations of activations as formulas, where there are formulas.

`gaussian` computes the same numbers for every activation, by quadrature and without SymPy; the tests hold the two
against each other.
"""

import functools

import sympy

from ._check import one_of
from .activations import get

q = sympy.Symbol("q", positive=True)  # the variance of z
_z = sympy.Symbol("z", real=True)
_Phi = (1 + sympy.erf(_z / sympy.sqrt(2))) / 2  # the normal distribution function
_density = sympy.exp(-(_z**2) / (2 * q)) / sympy.sqrt(2 * sympy.pi * q)

_MOMENTS = {"mean": lambda f: f, "second_moment": lambda f: f**2, "squared_slope": lambda f: f.diff(_z) ** 2}
_ODD = ("identity", "softsign", "tanh", "lecun_tanh", "erf")

# What SymPy does not integrate. E erf^2 is the kernel of C. K. I. Williams ("Computing with infinite networks", Neural
# Computation 10, 1998) on its diagonal, and E Phi^2 its affine image; the second moment of GELU is the kernel of
# Tsuchida et al. 2021, https://arxiv.org/abs/2002.08517, on its diagonal. Squared slope of GELU: of the three terms of
# (Phi + z phi)^2 the first is E Phi^2, and in the others exp(-z^2/2) and exp(-z^2) only make the normal density of z
# narrower, to the variances q / (1 + q) and q / (1 + 2q). Softsign: with a = 1/sqrt(2q), E[(1 + |z|)^-1] is
# (2/sqrt(pi)) a G(a), where G(a) is the integral of exp(-t^2) / (t + a) over t > 0
# (https://dlmf.nist.gov/7.5.E13); every derivative of G by a raises the power by one.
_two_phi_squared = sympy.Rational(1, 2) + sympy.asin(q / (1 + q)) / sympy.pi
_gelu_cross = q / (sympy.pi * (1 + q) * sympy.sqrt(1 + 2 * q))
_a = sympy.Symbol("a", positive=True)
_G = sympy.exp(-(_a**2)) * (sympy.pi * sympy.erfi(_a) - sympy.Ei(_a**2)) / 2
_softsign_2 = 1 - 2 / sympy.sqrt(sympy.pi) * (2 * _a * _G + _a**2 * _G.diff(_a))
_softsign_slope_2 = -(_a**4) * _G.diff(_a, 3) / (3 * sympy.sqrt(sympy.pi))
_STATED = {
    ("sigmoid", "mean"): sympy.Rational(1, 2),  # it is 1/2 and an odd function
    ("erf", "second_moment"): 2 / sympy.pi * sympy.asin(2 * q / (1 + 2 * q)),
    ("softsign", "second_moment"): sympy.expand(_softsign_2).subs(_a, 1 / sympy.sqrt(2 * q)),
    ("softsign", "squared_slope"): sympy.expand(_softsign_slope_2).subs(_a, 1 / sympy.sqrt(2 * q)),
    ("gelu", "second_moment"): q * (_two_phi_squared / 2 + _gelu_cross),
    ("gelu", "squared_slope"): (
        _two_phi_squared / 2 + _gelu_cross + q / (2 * sympy.pi * (1 + 2 * q) ** sympy.Rational(3, 2))
    ),
}


def closed_form(activation, what):
    """E[f(z)], E[f(z)^2] or E[f'(z)^2] for z ~ N(0, q), as a SymPy expression in the symbol `q` of this module.

    There is one for the identity, (leaky) ReLU, ELU, SELU, erf, GELU and softsign; SymPy derives it, but for the
    integrals that it cannot do. Odd activations have mean 0, and the sigmoid has mean 1/2. No formula in standard
    functions is known for the other expectations, E tanh^2 among them.

    `closed_form(...).subs(q, 2).evalf(20)` evaluates one to 20 digits, however large or small q is.

    Parameters
    ----------
    activation : str or Activation
        An `Activation` is recognized by its name, as `activations.leaky_relu` and `activations.elu` give it.
    what : {"mean", "second_moment", "squared_slope"}
        E[f], E[f^2] or E[f'^2], named as the functions of `gaussian` that compute it by quadrature.

    Raises
    ------
    ValueError
        If no closed form is known.

    >>> closed_form("relu", "second_moment"), closed_form("erf", "second_moment")
    (q/2, 2*asin(2*q/(2*q + 1))/pi)
    >>> closed_form("elu", "squared_slope")
    exp(2*q)*erfc(sqrt(2)*sqrt(q))/2 + 1/2
    """
    f = get(activation)
    name = f.name.partition("(")[0]  # leaky_relu(0.1) -> leaky_relu
    one_of("what", what, tuple(_MOMENTS))
    if what == "mean" and name in _ODD:
        return sympy.S.Zero
    if (name, what) in _STATED:
        return _STATED[name, what]
    sides = _sides(name, f)
    if sides is None:
        written = {"mean": "E[f(z)]", "second_moment": "E[f(z)^2]", "squared_slope": "E[f'(z)^2]"}[what]
        raise ValueError(
            f"activation must be one for which {written} has a known closed form, got {f.name!r}; "
            f"gaussian.{what} computes it by quadrature"
        )
    return _derive(*sides, what)


def _sides(name, f):
    """f as an expression in z for z < 0 and for z > 0, the same one if it is smooth; None if it is of no use here."""
    if name in ("elu", "selu"):
        return _number(-f.f(-float("inf"))) * (sympy.exp(_z) - 1), _number(f.df(1.0)) * _z
    if name in ("relu", "leaky_relu"):
        return _number(f.df(-1.0)) * _z, _z
    return {"identity": (_z, _z), "erf": (sympy.erf(_z),) * 2, "gelu": (_z * _Phi,) * 2}.get(name)


def _number(value):
    """The shortest decimal number that a float stands for: 1/100 for 0.01."""
    return sympy.Rational(repr(float(value)))


@functools.cache
def _derive(left, right, what):
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
