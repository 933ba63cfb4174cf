"""The experiments of the chapter "Deriving Xavier"."""

from functools import cache

from initlab import algebra
from initlab.algebra import ALL, derive_forward

SWITCHES = {
    "weights_zero_mean": ("zero-mean weights", "Weights: mean zero"),
    "activations_zero_mean": ("zero-mean activations", "Activations: mean zero"),
    "weights_uncorrelated": ("uncorrelated weights", "Weights: uncorrelated"),
    "weights_alike": ("equal variances", "Weights: equal variances"),
    "activations_uncorrelated": ("uncorrelated activations", "Activations: uncorrelated"),
    "no_alignment": ("weights independent of activations", "Weights independent of a"),
    "biases_zero": ("zero biases", "Biases: zero"),
}
FAN_INS = (4, 8, 16, 32, 64)
DRAWS = 2000
BROKEN = {"mu": 0.2, "m": 0.5, "rho": 0.02, "kappa": 0.25, "r": 0.1, "c": 0.1, "sigma_b": 0.5}
"""How far an assumption is broken when it is dropped; mu in standard deviations of a weight, the input having q = 1."""


@cache
def derivation(dropped=frozenset()):
    """The derivation of E[z_i^2] without the dropped assumptions."""
    return derive_forward(ALL - dropped)


def values(fan_in):
    """The numbers of a layer with Var W = 1/n in which what is dropped is broken as far as `BROKEN` says."""
    std = fan_in**-0.5
    return {"n_in": fan_in, "sigma_w": std, "q": 1.0} | BROKEN | {"mu": BROKEN["mu"] * std}


@cache
def measured_sizes(dropped, fan_in):
    """E[z^2] of drawn units in which exactly these assumptions are dropped: an `algebra.Estimate`."""
    return algebra.monte_carlo(derivation(dropped), values(fan_in), rng=0, draws=DRAWS)
