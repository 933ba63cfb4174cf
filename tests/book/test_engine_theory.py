"""The theory of the engine, activations and infinitely wide networks, against `initlab`: one node for all of it."""

import json
import math

import numpy as np
import pytest
from harness import ROOT
from test_front_end import node

from initlab.activations import ACTIVATIONS
from initlab.finite_width import sample_lengths, spread
from initlab.gaussian import gain, propagate, propagate_pair
from initlab.random_matrices import growth_quantile, growth_rate, growth_variance, stretch

SIZES = [*np.geomspace(1e-300, 1e3, 200), 5e-324, 1e308, np.inf]
Z = [0.0, *SIZES, *np.negative(SIZES), *np.linspace(-6, 6, 241), *np.random.default_rng(0).standard_normal(300), np.nan]


def words(numbers):
    return [float(x) if math.isfinite(x) else str(float(x)) for x in numbers]


GAINS = (0.3, 1.0, 1.4142, 3.0)
COMPARED = ("identity", "relu", "leaky_relu", "gelu", "tanh", "sigmoid", "lecun_tanh", "erf")
WALKS = (("identity", 1.0), ("relu", 2.0), ("tanh", 25 / 9), ("gelu", 2.25), ("sigmoid", 4.0))
UNITS = [3, 40, 7, 512, 64, 64, 1, 20]
PRODUCTS = ((1, 1.0), (2, 0.5), (5, 1.5), (128, 1.0), (999, 1.1), (4096, 0.9))
DEVIATES = {0.025: -1.959963984540054, 0.5: 0.0, 0.975: 1.959963984540054}
LAYERS = [0, 1, 2, 30, 400]


def infinite(name, gain, **more):
    """Twenty layers, and at the smallest gain so many that signals underflow where they can."""
    return {"scaledWeightVariance": gain**2, "depth": 400 if gain == 0.3 and name == "gelu" else 20, **more}


def questions():
    for name in ACTIVATIONS:
        yield "activation", name, words(Z)
        yield "gains", name
        yield from (("propagate", name, infinite(name, gain, input=0.5)) for gain in GAINS)
    yield from (("pair", name, infinite(name, gain, cosine=0.25)) for name in COMPARED for gain in GAINS)
    yield from (("spread", name, UNITS, variance, list(DEVIATES.values())) for name, variance in WALKS)
    for name, variance in WALKS:
        yield "sample", name, UNITS, {"scaledWeightVariance": variance, "networks": 3, "seed": 7}
    yield from (("growth", *product, list(DEVIATES.values()), LAYERS) for product in PRODUCTS)
    yield from (("stretch", width, 9, {"products": 3, "seed": 5}) for width in (1, 2, 33))


def floats(said):
    """Words as numbers, in whatever depth of lists."""
    if isinstance(said, dict):
        return {name: floats(each) for name, each in said.items()}
    return [floats(each) for each in said] if isinstance(said, list) else float(said)


@pytest.fixture(scope="module")
def answers():
    asked = list(questions())
    said = json.loads(node(ROOT / "tests" / "js" / "theory.mjs", stdin=json.dumps(asked)))
    return {json.dumps(question): floats(answer) for question, answer in zip(asked, said, strict=True)}


@pytest.fixture(scope="module")
def ask(answers):
    return lambda *question: answers[json.dumps(question)]


def agree(found, expected, **tolerance):
    np.testing.assert_allclose(found, expected, **{"rtol": 1e-11, "atol": 1e-300} | tolerance)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation(ask, name):
    f, z = ACTIVATIONS[name], np.array(Z)
    a = f.f(z)
    expected = {"f": a, "df": f.df(z), "hinted": f.df(z, a), "in_place": a, "of": a, "slope": f.df(z)}
    said = ask("activation", name, words(Z))
    # Both round f and f' to a few units in the last place; near a zero of f' that is so of its terms.
    near_zero = 1e-15 * np.exp(-np.abs(np.where(np.isfinite(z), z, 0)))
    for what, values in expected.items():
        found = np.array(said[what])
        atol = 3e-16 if what == "hinted" else near_zero + 1e-306  # 1 - a^2 keeps no more where a is near 1
        near = np.isclose(found, values, rtol=1e-15, atol=atol, equal_nan=True)
        assert near.all(), (what, z[~near][:5], found[~near][:5], values[~near][:5])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_size_of_signals_in_wide_layers(ask, name):
    agree(ask("gains", name), [gain(name), gain(name, "backward")])
    for factor in GAINS:
        how = infinite(name, factor, input=0.5)
        found = ask("propagate", name, how)
        theory = propagate(name, scaled_weight_variance=factor**2, depth=how["depth"], input=0.5)
        for of in ("z", "a", "dz"):
            agree(found[of], getattr(theory, of), rtol=1e-10)


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize("factor", GAINS)
def test_how_alike_two_inputs_are_in_wide_layers(ask, name, factor):
    how = infinite(name, factor, cosine=0.25)
    theory = propagate_pair(name, scaled_weight_variance=factor**2, depth=how["depth"], cosine=0.25)
    agree(ask("pair", name, how), theory.a, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "variance"), WALKS)
def test_the_luck_of_layers_with_an_activation(ask, name, variance):
    q, *bands = ask("spread", name, UNITS, variance, list(DEVIATES.values()))
    theory = spread(name, UNITS, scaled_weight_variance=variance)
    agree(q, theory.q)
    for found, p in zip(bands, DEVIATES, strict=True):
        agree(found, theory.quantile(p), rtol=1e-9)  # the bend is a difference of slopes, divided by a small step
    drawn = sample_lengths(name, UNITS, scaled_weight_variance=variance, seeds=3, rng=7)
    agree(ask("sample", name, UNITS, {"scaledWeightVariance": variance, "networks": 3, "seed": 7}), drawn)


@pytest.mark.parametrize(("width", "factor"), PRODUCTS)
def test_the_luck_of_linear_layers(ask, width, factor):
    rate, variance, *bands = ask("growth", width, factor, list(DEVIATES.values()), LAYERS)
    # SciPy's digamma takes ln(n/2) away only afterwards.
    agree([rate, variance], [growth_rate(width, factor), growth_variance(width)], atol=1e-15)
    for found, p in zip(bands, DEVIATES, strict=True):
        agree(found, growth_quantile(p, np.array(LAYERS), width, factor))


@pytest.mark.parametrize("width", [1, 2, 33])
def test_products_of_random_matrices(ask, width):
    agree(ask("stretch", width, 9, {"products": 3, "seed": 5}), stretch(width, 9, seeds=3, rng=5))
