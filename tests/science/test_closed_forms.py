"""Claims about formulas: they equal the quadrature, and there is one where we say so."""

import pytest
import sympy

from initlab import activations, gaussian
from initlab.activations import elu, leaky_relu
from initlab.closed_forms import c, closed_form, q

MOMENTS = ("mean", "second_moment", "squared_slope")
QS = ["1e-4", "1e-3", "1e-2", "0.1", "0.3", "0.5", "1", "2", "5", "10", "30", "100", "1e3", "1e4"]
COMPLETE = ["identity", "relu", "leaky_relu", "elu", "selu", "gelu", "erf", "softsign"]
PARAMETRIC = [leaky_relu(0.25), leaky_relu(0), leaky_relu(1), elu(0.5), elu(2.5), elu(0)]


@pytest.mark.parametrize("what", MOMENTS)
@pytest.mark.parametrize(
    "activation", [*COMPLETE, *PARAMETRIC], ids=lambda activation: getattr(activation, "name", activation)
)
def test_closed_forms_equal_the_quadrature(activation, what):
    formula = closed_form(activation, what)
    assert formula.free_symbols <= {q}
    for value in QS:
        exact = float(formula.subs(q, sympy.Rational(value)).evalf(20))
        # the mean of SELU passes through 0, at q = 1, and cancellation is all that is left there
        assert getattr(gaussian, what)(activation, float(value)) == pytest.approx(exact, rel=1e-12, abs=1e-15)


CORRELATIONS = ["-1", "-0.999999", "-0.6", "0", "0.01", "0.7", "0.999999", "0.999999999999", "1"]


@pytest.mark.parametrize(
    "activation",
    ["identity", "relu", "leaky_relu", "erf", "gelu", leaky_relu(0.25)],
    ids=lambda activation: getattr(activation, "name", activation),
)
def test_the_correlation_maps_equal_the_quadrature(activation):
    formula = closed_form(activation, "correlation_map")
    assert formula.free_symbols <= {q, c}
    for at_q in ("1e-4", "1", "1e4") if q in formula.free_symbols else ("1",):
        for at in CORRELATIONS:
            exact = (1 - formula.subs({q: sympy.Rational(at_q), c: sympy.Rational(at)})).evalf(20)
            assert 1 - gaussian.correlation_map(activation, float(at), float(at_q)) == pytest.approx(
                float(exact), rel=1e-14, abs=3e-15
            )


@pytest.mark.parametrize("name", ["selu", "tanh", "softsign"])
def test_a_correlation_map_without_a_formula_is_computed(name):
    with pytest.raises(ValueError, match=f"the correlation map has .* got '{name}'; gaussian.correlation_map computes"):
        closed_form(name, "correlation_map")


@pytest.mark.parametrize(("name", "value"), [("tanh", 0), ("lecun_tanh", 0), ("sigmoid", sympy.Rational(1, 2))])
def test_symmetry_gives_a_mean_without_an_integral(name, value):
    assert closed_form(name, "mean") == value
    for v in QS:
        assert gaussian.mean(name, float(v)) == pytest.approx(float(value), rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("name", sorted(set(activations.names()) - set(COMPLETE)))
def test_where_no_formula_is_known_we_say_so_and_name_the_way_out(name):
    for what in MOMENTS[1:]:
        with pytest.raises(ValueError, match=f"activation must be .* got '{name}'; gaussian.{what} computes it"):
            closed_form(name, what)


def test_the_moment_asked_for_must_be_one_of_those_known():
    with pytest.raises(
        ValueError,
        match="what must be one of 'mean', 'second_moment', 'squared_slope', 'correlation_map', got 'variance'",
    ):
        closed_form("relu", "variance")


def test_formulas_that_the_book_shows():
    a = sympy.Rational(1, 5)
    assert closed_form("relu", "mean").equals(sympy.sqrt(q / (2 * sympy.pi)))
    assert closed_form(leaky_relu(0.2), "second_moment") == q * (1 + a**2) / 2
    assert closed_form("gelu", "mean").equals(q / sympy.sqrt(2 * sympy.pi * (1 + q)))
    assert (
        closed_form("gelu", "second_moment")
        .subs(q, 1)
        .equals(sympy.Rational(1, 3) + 1 / (2 * sympy.pi * sympy.sqrt(3)))
    )
    assert closed_form("erf", "squared_slope").equals(4 / (sympy.pi * sympy.sqrt(1 + 4 * q)))


def test_selu_keeps_mean_0_and_size_1_to_the_digits_of_its_constants():
    for what, value in (("mean", 0), ("second_moment", 1)):
        assert float(closed_form("selu", what).subs(q, 1).evalf(20)) == pytest.approx(value, rel=1e-15, abs=1e-15)


def test_one_half_of_the_mean_second_derivative_is_the_derivative_by_q():
    """d/dq E[g(z)] = E[g''(z)] / 2: for g = erf^2, whose formula SymPy does not find, it does find the right side."""
    z = sympy.Symbol("z", real=True)
    density = sympy.exp(-(z**2) / (2 * q)) / sympy.sqrt(2 * sympy.pi * q)
    curvature = sympy.expand(sympy.diff(sympy.erf(z) ** 2, z, 2) / 2) * density
    right = sympy.integrate(sympy.expand(curvature), (z, -sympy.oo, sympy.oo))
    left = closed_form("erf", "second_moment").diff(q)
    for value in (sympy.Rational(1, 10), 1, 7):
        assert float((left - right).subs(q, value).evalf(20)) == pytest.approx(0, abs=1e-18)
