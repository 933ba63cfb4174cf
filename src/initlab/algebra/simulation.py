"""What a derivation predicts, measured: samples of the layer in which exactly the dropped assumptions are broken."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import sympy as sp

from ..arguments import Seed, generator, kind_of, whole
from .assumptions import Direction, L, check_values, s, sigma_b
from .derivation import Derivation
from .expectation import Random, Undetermined, evaluate


class Estimate(NamedTuple):
    """A Monte Carlo estimate."""

    mean: float
    """The estimate."""
    standard_error: float
    """Its standard error."""


def draw(
    derivation: Derivation, values: Mapping[str, float], rng: Seed, draws: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, signals and biases of independent units, in the layer that breaks exactly the dropped assumptions.

    They follow `Direction.model`, with S and xi_j normal when "symmetric weights" is assumed, and otherwise
    exponential, shifted to mean zero; g_j^2 is 1 + sqrt(kappa) or 1 - sqrt(kappa), with equal chances. A parameter
    counts only where its assumption is dropped.

    Parameters
    ----------
    derivation : Derivation
        From `derive_forward` or `derive_backward`.
    values : dict
        Numbers by name, as `Derivation.predict` takes them.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    draws : int
        How many units, 2 or more.

    Returns
    -------
    W, signal : (draws, n) array
        One row for each unit.
    b : (draws,) array
        The bias of each unit; 0 where biases are assumed to be zero.

    Raises
    ------
    Undetermined
        If a value is missing.
    ValueError, TypeError
        If there is no such layer, as for `Derivation.predict`, or an argument is not as described.
    """
    d, assume = kind_of("derivation", derivation, Derivation).direction, derivation.assume
    d.check(assume, check_values(values))
    draws = whole("draws", draws, at_least=2)
    sampler, parameters, letters = _sampler(d, assume)
    biases = d.name == "forward" and "zero biases" not in assume
    needed = {*parameters, str(d.n)} | ({str(sigma_b)} if biases else set())
    if missing := needed - set(values):
        raise Undetermined(f"a value is missing for {', '.join(sorted(missing))}")
    n = int(values[str(d.n)])
    source = generator(rng)

    def weight_noise(shape: tuple[int, int]) -> np.ndarray:
        if "symmetric weights" in assume:
            return source.standard_normal(shape)
        return source.standard_exponential(shape) - 1

    noise = {
        "C": source.standard_normal((draws, 1)),
        "e_j": source.standard_normal((draws, n)),
        "S": weight_noise((draws, 1)),
        "xi_j": weight_noise((draws, n)),
    }
    if "g_j" in letters:
        noise["g_j"] = np.sqrt(1 + source.choice([-1.0, 1.0], (draws, n)) * np.sqrt(values["kappa"]))
    layer = sampler(*(float(values[name]) for name in parameters), *(noise[name] for name in letters))
    W, x = (np.broadcast_to(part, (draws, n)) for part in layer)
    b = values["sigma_b"] * source.standard_normal(draws) if biases else np.zeros(draws)
    return W, x, b


@cache
def _sampler(
    direction: Direction, assume: frozenset[str]
) -> tuple[Callable[..., list[np.ndarray]], list[str], list[str]]:
    """The model of a direction, as a function of numbers and noise that returns W and x, and the names of both."""
    model = direction.model(assume)
    letters = sorted((model[0] + model[1]).atoms(Random), key=str)
    parameters = sorted({t for part in model for t in part.free_symbols if not isinstance(t, Random)}, key=str)
    root = {"sqrt": lambda x: np.sqrt(np.maximum(x, 0))}  # `Direction.check` lets pass what is below 0 by rounding
    return sp.lambdify([*parameters, *letters], model, [root, "numpy"]), [*map(str, parameters)], [*map(str, letters)]


def monte_carlo(derivation: Derivation, values: Mapping[str, float], rng: Seed = None, draws: int = 10_000) -> Estimate:
    """What the derivation predicts, measured on `draws` independent units.

    Parameters
    ----------
    derivation : Derivation
        From `derive_forward`, with any activation but "f", or from `derive_backward` without one.
    values : dict
        Numbers by name, as `Derivation.predict` takes them.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    draws : int
        How many units to average over, 2 or more.

    Returns
    -------
    Estimate
        The average and its standard error.

    Raises
    ------
    Undetermined
        If a value is missing.
    ValueError, TypeError
        If there is no sampler for the derivation, no such layer (see `draw`), or an argument is not as described.

    Examples
    --------
    >>> from initlab.algebra import derive_forward
    >>> values = {"n_in": 16, "sigma_w": 0.25, "q": 2.0}
    >>> measured = monte_carlo(derive_forward(), values, rng=0)
    >>> derive_forward().predict(**values), round(measured.mean, 1)
    (2.0, 2.0)
    """
    name = kind_of("derivation", derivation, Derivation).activation
    if name == "f" or (name is not None and derivation.direction.name == "backward"):
        raise ValueError(f"there is no sampler for the activation {name!r} {derivation.direction.name}")
    if L in derivation.result.free_symbols:
        raise ValueError("there is a sampler for one layer only, got a derivation for L of them")
    values = check_values(values)
    slope = evaluate({"relu": 0, "leaky_relu": s}.get(name or "identity", 1), values)  # for z < 0
    W, x, b = draw(derivation, values, rng, draws)
    z = np.einsum("ij,ij->i", W, x) + b
    z = np.maximum(z, 0) + slope * np.minimum(z, 0)
    if derivation.statistic == "variance":
        z = z - z.mean()
    sample = z if derivation.statistic == "mean" else z**2
    return Estimate(float(sample.mean()), float(sample.std() / np.sqrt(draws)))
