"""Claims about Gaussian expectations, against closed forms (the values of the integrals, worked out by hand)."""

import math

import numpy as np
import pytest

from initlab import activations
from initlab.gaussian import expectation, propagate, second_moment, squared_slope

QS = [1e-12, 1e-3, 0.1, 0.5, 1.0, 2.0, 30.0, 1e4, 1e8]
CLOSED = {
    "identity": lambda q: q,
    "relu": lambda q: q / 2,
    "leaky_relu": lambda q: q * (1 + 0.01**2) / 2,
    "erf": lambda q: 2 / math.pi * math.asin(2 * q / (1 + 2 * q)),
    "gelu": lambda q: q / 4 + q / (2 * math.pi) * (math.asin(q / (1 + q)) + 2 * q / ((1 + q) * math.sqrt(1 + 2 * q))),
}


@pytest.mark.parametrize("q", QS)
@pytest.mark.parametrize("name", CLOSED)
def test_second_moment_equals_the_closed_form(name, q):
    assert second_moment(name, q) == pytest.approx(CLOSED[name](q), rel=1e-12)


@pytest.mark.parametrize("q", QS)
def test_polynomials_have_the_moments_of_a_normal_variable(q):
    for power, factor in ((1, 0), (2, 1), (4, 3), (6, 15)):
        expected = factor * q ** (power / 2)
        assert expectation(lambda z, p=power: z**p, q) == pytest.approx(
            expected, rel=1e-12, abs=1e-14 * q ** (power / 2)
        )


def test_kinks_off_the_origin_are_resolved():
    step = expectation(lambda z: (z > 0.3).astype(float), 1.0, kinks=[0.3])
    assert step == pytest.approx(0.5 * math.erfc(0.3 / math.sqrt(2)), rel=1e-12)


@pytest.mark.parametrize("name", activations.names())
def test_the_limits_of_no_and_of_infinite_variance_are_included(name):
    f = activations.get(name)
    assert second_moment(name, 0.0) == f.f(np.zeros(1))[0] ** 2
    ends = f.f(np.array([-np.inf, np.inf])) ** 2
    assert second_moment(name, np.inf) == pytest.approx(ends.mean())


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("q", [0.04, 1.0, 9.0])
def test_quadrature_agrees_with_monte_carlo(name, q):
    f = activations.get(name)
    z = np.sqrt(q) * np.random.default_rng(1).standard_normal(200_000)
    for values, theory in ((f.f(z) ** 2, second_moment(name, q)), (f.df(z) ** 2, squared_slope(name, q))):
        error = values.std() / np.sqrt(z.size)
        # 4.5 standard errors: over the ~100 comparisons of this test a true value fails once in 1,500 choices of seed
        assert abs(values.mean() - theory) < 4.5 * error + 1e-12


@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_a_variance_cannot_be_negative_or_missing(bad):
    with pytest.raises(ValueError, match="q must be a variance"):
        expectation(np.square, bad)


def test_he_keeps_relu_and_xavier_loses_half_a_layer():
    assert propagate("relu", weight_variance=2.0, depth=50).a == pytest.approx(np.ones(51), rel=1e-11)
    assert propagate("relu", weight_variance=1.0, depth=30).a[-1] == pytest.approx(2.0**-30, rel=1e-11)


def test_tanh_with_xavier_decays_like_one_over_2l():
    a = propagate("tanh", weight_variance=1.0, depth=1000).a
    assert a[1] == pytest.approx(0.394, abs=5e-4)
    assert a[100] == pytest.approx(0.00507, abs=5e-6)
    # q[l] -> 1/(2l) from above zero, the correction is of order ln(l)/l
    assert 2 * 1000 * a[1000] == pytest.approx(1.0, abs=0.02)


def test_gradients_multiply_from_the_top():
    theory = propagate("tanh", weight_variance=1.5, depth=3, top_gradient=2.0)
    slopes = [squared_slope("tanh", q) for q in theory.z]
    assert theory.dz[2] == pytest.approx(2.0 * slopes[2])
    assert theory.dz[0] == pytest.approx(2.0 * slopes[2] * 1.5 * slopes[1] * 1.5 * slopes[0])
