"""The assumptions behind Xavier's and He's rules, and for each of them one definite way to break it.

A broken assumption gets a parameter, so that what it costs can be calculated, simulated and drawn: a mean, a
correlation, a variance. Where the parameter is 0, the assumption holds. `Direction.model` is the layer in which the
dropped assumptions are broken, and no others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from ..arguments import finite, whole
from .expectation import Random, random

n_in, n_out, L = sp.symbols("n_in n_out L", integer=True, positive=True)
"""The number of inputs of a unit, the number of units that its output goes to, and the number of layers."""
sigma_w = sp.Symbol("sigma_w", positive=True)
"""The standard deviation of a weight: Var W = sigma_w^2."""
q, p = sp.symbols("q p", positive=True)
"""E[a^2] of the activations that enter a layer, and E[delta^2] of the gradients dL/dz that come back to it."""
mu, m, m_delta = sp.symbols("mu m m_delta", real=True)
"""The means of weights, activations and gradients."""
rho, r, r_delta, c, c_delta = sp.symbols("rho r r_delta c c_delta", nonnegative=True)
"""Correlations, as `ASSUMPTIONS` explains them."""
kappa, sigma_b, s = sp.symbols("kappa sigma_b s", nonnegative=True)
"""How unequal variances are, the standard deviation of a bias, and the slope of a leaky ReLU for z < 0."""


@dataclass(frozen=True)
class Assumption:
    """One assumption, in words for the reader."""

    key: str
    """Its short name."""
    sentence: str
    """What it says."""
    buys: str
    """What the derivation gains by it."""
    otherwise: str
    """What holds instead when it is dropped."""
    parameter: sp.Symbol | None = None
    """Measures how much it is broken; 0 when it holds."""


_ALL = (
    Assumption(
        "zero-mean weights",
        "Every weight has mean zero.",
        "Terms that belong to two different units cancel on average.",
        "Every weight has the same mean mu.",
        mu,
    ),
    Assumption(
        "uncorrelated weights",
        "The weights of two connections are uncorrelated. Independent weights are.",
        "The mean of a product of two weights is the product of their means.",
        "The weights of one sum share a common part: any two have correlation rho. With rho = 1 they are equal.",
        rho,
    ),
    Assumption(
        "equal variances",
        "All weights have the same variance.",
        "Of unlike activations, only the average second moment matters.",
        "In half of the terms the variances of weight and activation are 1 + sqrt(kappa) times the average, in the "
        "others 1 - sqrt(kappa) times: large weights meet large activations.",
        kappa,
    ),
    Assumption(
        "weights independent of activations",
        "The weights of a layer are independent of the activations that enter it. True before training.",
        "The mean of a product of weights and activations splits.",
        "A weight has correlation c with the activation that it multiplies, as training brings it about.",
        c,
    ),
    Assumption(
        "zero-mean activations",
        "Every activation has mean zero.",
        "Nothing that zero-mean weights have not bought already.",
        "Every activation has the same mean m; its second moment q stays as it is.",
        m,
    ),
    Assumption(
        "uncorrelated activations",
        "The activations of two units are uncorrelated.",
        "Nothing that zero-mean weights have not bought already.",
        "The activations of any two units have correlation r.",
        r,
    ),
    Assumption(
        "zero biases",
        "All biases are zero.",
        "Nothing is added to the sum.",
        "Biases are independent of all else, symmetric around zero, with standard deviation sigma_b.",
        sigma_b,
    ),
    Assumption(
        "symmetric weights",
        "The weights are as likely to lie above their mean as below it, by any amount: W - E W and E W - W have one "
        "distribution, for all weights of a unit together.",
        "With zero-mean weights, z is symmetric around zero, and a ReLU passes exactly half of its second moment.",
        "The weights have a skewed distribution of the same mean and variance.",
    ),
    Assumption(
        "linear activation",
        "The activation is the identity where the signal lives: f(z) = z.",
        "What holds for z holds for a.",
        "E[f(z)^2] depends on all of the distribution of z, and is left as it is.",
    ),
    Assumption(
        "independent gradients",
        "The gradients that come back to a layer are independent of its weights and of the signals that went forward.",
        "The mean of a product of weights, slopes and gradients splits.",
        "A weight has correlation c_delta with the gradient that it multiplies; slopes and gradients are correlated.",
        c_delta,
    ),
    Assumption(
        "zero-mean gradients",
        "Every gradient dL/dz has mean zero.",
        "Nothing that zero-mean weights have not bought already.",
        "Every gradient has the same mean m_delta; its second moment p stays as it is.",
        m_delta,
    ),
    Assumption(
        "uncorrelated gradients",
        "The gradients of two units are uncorrelated.",
        "Nothing that zero-mean weights have not bought already.",
        "The gradients of any two units have correlation r_delta.",
        r_delta,
    ),
)
ASSUMPTIONS = {assumption.key: assumption for assumption in _ALL}
"""All assumptions by key."""
ALL = frozenset(ASSUMPTIONS)
"""The keys of all assumptions. Drop some with `ALL - {"zero-mean weights"}`."""


def check(assume: Iterable[str]) -> frozenset[str]:
    """Keys of assumptions, as a frozenset.

    Parameters
    ----------
    assume : iterable of str
        What was given.

    Returns
    -------
    frozenset of str
        The same keys.

    Raises
    ------
    TypeError
        If it is a single string.
    ValueError
        If there is no assumption with such a key.
    """
    allowed = ", ".join(map(repr, ASSUMPTIONS))
    if isinstance(assume, str):
        raise TypeError(f"assume must be a set of assumptions, got the string {assume!r}")
    if unknown := frozenset(assume) - ALL:
        raise ValueError(f"assume must be a set of assumptions out of {allowed}; unknown: {sorted(map(str, unknown))}")
    return frozenset(assume)


def check_values(values: Mapping[str, float]) -> dict[str, float]:
    """Values of the symbols of this module, by name.

    Parameters
    ----------
    values : dict
        What was given.

    Returns
    -------
    dict
        The same values.

    Raises
    ------
    ValueError, TypeError
        If there is no symbol with such a name, or it cannot have such a value: n_in, n_out and L are whole numbers from
        1 on, standard deviations, second moments and the slope s at least 0, correlations from 0 to 1, means finite.
    """
    allowed = sorted(name for name, value in globals().items() if isinstance(value, sp.Symbol))
    if not isinstance(values, Mapping):
        raise TypeError(f"values must be a dict of numbers by name, got {values!r}")
    if unknown := set(values) - set(allowed):
        raise ValueError(f"values must be of {', '.join(allowed)}, got {', '.join(sorted(map(str, unknown)))}")
    for name, value in values.items():
        if name in ("n_in", "n_out", "L"):
            whole(name, value, at_least=1)
        elif name in ("mu", "m", "m_delta"):
            finite(name, value)
        else:
            finite(name, value, at_least=0, at_most=None if name in ("sigma_w", "sigma_b", "q", "p", "s") else 1)
    return dict(values)


@dataclass(frozen=True)
class Direction:
    """A sum over the units of a layer: forward over j in z_i = sum W_ij a_j, backward over i in sum W_ij delta_i."""

    name: str
    """"forward" or "backward"."""
    weight: str
    """The name of a weight."""
    signal: str
    """The name of what it multiplies: an activation or a gradient."""
    index: str
    """The letter that numbers the terms of the sum."""
    n: sp.Symbol
    """How many terms the sum has."""
    second_moment: sp.Symbol
    """The second moment of the signal."""
    mean: sp.Symbol
    """The mean of the signal, where it is not assumed to be 0."""
    correlation: sp.Symbol
    """The correlation of any two signals, where it is not assumed to be 0."""
    alignment: sp.Symbol
    """The correlation of a weight and the signal that it multiplies, where they are not assumed to be independent."""
    independent: str
    """The key of the assumption that weights and signals are independent."""
    zero_mean: str
    """The key of the assumption that signals have mean zero."""
    uncorrelated: str
    """The key of the assumption that signals are uncorrelated."""

    def check(self, assume: frozenset[str], values: Mapping[str, float]) -> None:
        """Raise if no layer has these values, of those parameters whose assumptions are dropped.

        Parameters
        ----------
        assume : frozenset of str
            Keys of `ASSUMPTIONS`.
        values : dict
            Values of symbols, by name.

        Raises
        ------
        ValueError
            If the model of such a layer would need the root of a negative number, or divide by zero: see `model`.
        """

        def broken(key: str, parameter: sp.Symbol) -> float:
            return 0.0 if key in assume else float(values.get(str(parameter), 0))

        mean, correlation = broken(self.zero_mean, self.mean), broken(self.uncorrelated, self.correlation)
        common, aligned = broken("uncorrelated weights", rho), broken(self.independent, self.alignment)
        square = float(values.get(str(self.second_moment), mean**2))
        a_little = 1e-12  # for rounding
        if (
            mean**2 > square * (1 + a_little)
            or aligned**2 > (1 - common) * (1 - correlation) + a_little
            or (correlation == 1 and self.independent not in assume)
        ):
            raise ValueError(
                f"|{self.mean}| <= sqrt({self.second_moment}), {self.alignment}^2 <= (1 - rho) (1 - "
                f"{self.correlation}) and, where {self.alignment} counts, {self.correlation} < 1 must hold for such a "
                f"layer, got {dict(values)}"
            )

    def quantities(self, assume: frozenset[str]) -> tuple[Random, Random]:
        """W and the signal as random quantities about which nothing is known except the assumptions.

        Parameters
        ----------
        assume : frozenset of str
            Keys of `ASSUMPTIONS`.

        Returns
        -------
        W, signal : Random
            For one term of the sum.
        """
        own = ("W",) if self.independent in assume else ("W", "signal")
        shared = () if "uncorrelated weights" in assume else ("all W",)
        W = random(self.weight, index=self.index, own=own, shared=shared)
        return W, random(self.signal, index=self.index, own=("signal",), shared=("all signals",))

    def model(self, assume: frozenset[str]) -> tuple[sp.Expr, sp.Expr]:
        """W and the signal as functions of independent standard quantities, with the dropped assumptions broken.

        For weights of standard deviation sigma, signals of standard deviation t, and with h = c / sqrt(1 - r),

            signal_j = m + t (sqrt(r) C + sqrt(1 - r) g_j e_j),
            W_ij = mu + sigma (sqrt(rho) S + sqrt(1 - rho - h^2) g_j xi_j + h g_j e_j).

        Any two signals have correlation r, any two weights rho, a weight and its own signal c, a weight and another
        signal 0. C and e_j are normal; S and xi_j have mean 0, variance 1 and any distribution. The factor g_j of both
        is 1 for equal variances; otherwise g_j^2 has mean 1 and variance kappa.

        Parameters
        ----------
        assume : frozenset of str
            Keys of `ASSUMPTIONS`. The parameter of each is 0.

        Returns
        -------
        W, signal : sympy.Expr
            For one term of the sum.
        """

        def broken(key: str, parameter: sp.Symbol) -> sp.Expr:
            return 0 if key in assume else parameter

        weight_mean, common = broken("zero-mean weights", mu), broken("uncorrelated weights", rho)
        aligned = broken(self.independent, self.alignment)
        mean, correlation = broken(self.zero_mean, self.mean), broken(self.uncorrelated, self.correlation)
        h = aligned / sp.sqrt(1 - correlation)
        C, e = random("C", mean=0, variance=1, normal=True), random("e_j", mean=0, variance=1, normal=True, index="j")
        S, xi = random("S", mean=0, variance=1), random("xi_j", mean=0, variance=1, index="j")
        g = 1 if "equal variances" in assume else random("g_j", moments={2: 1, 4: 1 + kappa}, index="j")
        spread = sp.sqrt(self.second_moment - mean**2)
        signal = mean + spread * (sp.sqrt(correlation) * C + sp.sqrt(1 - correlation) * g * e)
        W = weight_mean + sigma_w * (sp.sqrt(common) * S + sp.sqrt(1 - common - h**2) * g * xi + h * g * e)
        return W, signal


FORWARD = Direction(
    "forward", "W_ij", "a_j", "j", n_in, q, m, r, c,
    "weights independent of activations", "zero-mean activations", "uncorrelated activations",
)  # fmt: skip
"""From the activations a_j to the preactivation z_i."""
BACKWARD = Direction(
    "backward", "W_ij", "delta_i", "i", n_out, p, m_delta, r_delta, c_delta,
    "independent gradients", "zero-mean gradients", "uncorrelated gradients",
)  # fmt: skip
"""From the gradients delta_i = dL/dz_i to dL/da_j."""
