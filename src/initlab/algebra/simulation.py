"""Layers in which exactly the dropped assumptions are broken, sampled: what a derivation predicts, measured."""

from functools import cache
from typing import NamedTuple

import numpy as np
import sympy as sp

from ..arguments import generator
from .assumptions import L, check_values, s, sigma_b
from .expectation import Random, Undetermined, evaluate


class Estimate(NamedTuple):
    """A Monte Carlo estimate."""

    mean: float
    standard_error: float


def draw(derivation, values, rng, draws):
    """Weights and signals of `draws` independent units, each (draws, n), and their biases, (draws,).

    They follow `Direction.model`, with S and xi_j normal when "symmetric weights" is assumed, and else exponential,
    shifted to mean zero. A parameter counts only where its assumption is dropped.

    Raises
    ------
    Undetermined
        If a value is missing.
    ValueError
        If there is no such model: |m| <= sqrt(q), rho <= 1, r < 1 and c^2 <= (1 - rho) (1 - r) must hold.
    """
    d, assume = derivation.direction, derivation.assume
    values = check_values(values)
    sampler, parameters, letters = _sampler(d, assume)
    biases = d.name == "forward" and "zero biases" not in assume
    needed = {*parameters, str(d.n)} | ({str(sigma_b)} if biases else set())
    if missing := needed - set(values):
        raise Undetermined(f"a value is missing for {', '.join(sorted(missing))}")
    n = values[str(d.n)]
    rng = generator(rng)
    weight_noise = rng.standard_normal
    if "symmetric weights" not in assume:
        weight_noise = lambda shape: rng.standard_exponential(shape) - 1  # noqa: E731
    noise = {
        "C": rng.standard_normal((draws, 1)),
        "e_j": rng.standard_normal((draws, n)),
        "S": weight_noise((draws, 1)),
        "xi_j": weight_noise((draws, n)),
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        layer = sampler(*(float(values[name]) for name in parameters), *(noise[name] for name in letters))
    if not all(np.isfinite(part).all() for part in layer):
        raise ValueError(
            f"|m| <= sqrt(q), rho <= 1, r < 1 and c^2 <= (1 - rho) (1 - r) must hold for such a layer, got {values}"
        )
    W, x = (np.broadcast_to(part, (draws, n)) for part in layer)
    b = values["sigma_b"] * rng.standard_normal(draws) if biases else np.zeros(draws)
    return W, x, b


@cache
def _sampler(direction, assume):
    """The model of a direction as a function of numbers and noise that returns W and x; and the names of both."""
    model = direction.model(assume)
    letters = sorted((model[0] + model[1]).atoms(Random), key=str)
    parameters = sorted({t for part in model for t in part.free_symbols if not isinstance(t, Random)}, key=str)
    return sp.lambdify([*parameters, *letters], model, "numpy"), [*map(str, parameters)], [*map(str, letters)]


def monte_carlo(derivation, values, rng=None, draws=10_000):
    """What the derivation predicts, measured on `draws` independent units.

    Parameters
    ----------
    derivation : Derivation
        From `derive_forward`, with any activation but "f", or from `derive_backward` without one.
    values : dict
        Numbers by name, as for `Derivation.predict`.
    rng : numpy.random.Generator or int or None
    draws : int

    Returns
    -------
    Estimate

    >>> from initlab.algebra import derive_forward
    >>> values = {"n_in": 16, "sigma_w": 0.25, "q": 2.0}
    >>> measured = monte_carlo(derive_forward(), values, rng=0)
    >>> derive_forward().predict(**values), round(measured.mean, 1)
    (2.0, 2.0)
    """
    name = derivation.activation
    if name == "f" or (name is not None and derivation.direction.name == "backward"):
        raise ValueError(f"there is no sampler for the activation {name!r} {derivation.direction.name}")
    if L in derivation.result.free_symbols:
        raise ValueError("there is a sampler for one layer only, got a derivation for L of them")
    slope = evaluate({"relu": 0, "leaky_relu": s}.get(name, 1), values)  # for z < 0
    W, x, b = draw(derivation, values, rng, draws)
    z = np.einsum("ij,ij->i", W, x) + b
    z = np.maximum(z, 0) + slope * np.minimum(z, 0)
    if derivation.statistic == "variance":
        z = z - z.mean()
    sample = z if derivation.statistic == "mean" else z**2
    return Estimate(float(sample.mean()), float(sample.std() / np.sqrt(draws)))
