"""Claims about Gaussian expectations, gains and the length map.

The quadrature is held against formulas worked out by hand here, against those of `closed_forms` there, and for the
activations that have none against mpmath.
"""

import math
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from initlab import activations, gaussian
from initlab.activations import Activation, elu, leaky_relu
from initlab.gaussian import (
    chi,
    expectation,
    fixed_points,
    gain,
    length_map,
    length_slope,
    propagate,
    second_moment,
    squared_slope,
    torch_gain_table,
)

QS = [1e-12, 1e-3, 0.1, 0.5, 1.0, 2.0, 30.0, 1e4, 1e8]
CLOSED = {
    "identity": lambda q: q,
    "relu": lambda q: q / 2,
    "leaky_relu": lambda q: q * (1 + 0.01**2) / 2,
    "erf": lambda q: 2 / math.pi * math.asin(2 * q / (1 + 2 * q)),
    "gelu": lambda q: q / 4 + q / (2 * math.pi) * (math.asin(q / (1 + q)) + 2 * q / ((1 + q) * math.sqrt(1 + 2 * q))),
}


def name_of(activation):
    return getattr(activation, "name", str(activation))


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


# Accuracy

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
CUTS = [0.0, *2.0 ** np.arange(-3, 13)]  # times min(1, sqrt(q)): the last is beyond 20 sqrt(q) for every q <= 1e4


@pytest.mark.parametrize("q", 10.0 ** np.arange(-4, 5))
@pytest.mark.parametrize("activation", [*activations.names(), leaky_relu(0.3), elu(0.5), elu(3.0)], ids=name_of)
def test_quadrature_has_converged_for_every_activation(activation, q):
    """Cutting every panel in four changes nothing, and neither does reaching further out."""
    f = activations.get(activation)
    fine = np.concatenate([np.linspace(a, b, 4, endpoint=False) for a, b in pairwise(CUTS)])
    edges = np.unique(np.concatenate([fine * min(1, math.sqrt(q)), [20 * math.sqrt(q)]]))
    edges = edges[edges <= 20 * math.sqrt(q)]
    half = np.diff(edges)[:, None] / 2
    z = edges[:-1, None] + half + half * NODES
    w = half * WEIGHTS * np.exp(-z * z / (2 * q)) / math.sqrt(2 * math.pi * q)
    for g in (f.f, lambda z: f.f(z) ** 2, lambda z: f.df(z) ** 2):
        sides = w * g(z), w * g(-z)
        expected = math.fsum(np.concatenate(sides).ravel())
        error = 1e-14 * math.fsum(np.abs(np.concatenate(sides)).ravel())
        assert expectation(g, q, kinks=f.kinks) == pytest.approx(expected, rel=0, abs=error)


@pytest.mark.parametrize("name", ["tanh", "lecun_tanh", "sigmoid", "softplus", "silu", "mish", "gelu_tanh"])
def test_quadrature_agrees_with_mpmath_where_there_is_no_closed_form(name):
    import mpmath
    import sympy

    z = sympy.Symbol("z")
    u = sympy.sqrt(2 / sympy.pi) * (z + sympy.Rational("0.044715") * z**3)
    f = {
        "tanh": sympy.tanh(z),
        "lecun_tanh": sympy.Rational("1.7159") * sympy.tanh(2 * z / 3),
        "sigmoid": 1 / (1 + sympy.exp(-z)),
        "softplus": sympy.log(1 + sympy.exp(z)),
        "silu": z / (1 + sympy.exp(-z)),
        "mish": z * sympy.tanh(sympy.log(1 + sympy.exp(z))),
        "gelu_tanh": z / (1 + sympy.exp(-2 * u)),
    }[name]
    with mpmath.workdps(30):
        for q in (1e-4, 1.0, 1e4):
            s = mpmath.sqrt(q)
            scale = min(1, s)
            cuts = [c for k in range(-1, 12) if (c := scale * mpmath.mpf(2) ** k) < 14 * s]
            cuts = [-14 * s, *(-c for c in reversed(cuts)), 0, *cuts, 14 * s]
            for moment, g in ((second_moment, f**2), (squared_slope, f.diff(z) ** 2)):
                density = sympy.exp(-(z**2) / (2 * sympy.Rational(q)))
                integrand = sympy.lambdify(z, g * density, "mpmath")
                value = mpmath.quad(integrand, cuts, method="gauss-legendre", maxdegree=5)
                assert moment(name, q) == pytest.approx(float(value / mpmath.sqrt(2 * mpmath.pi * q)), rel=1e-13)


def test_quadrature_loads_neither_sympy_nor_scipy():
    code = (
        "import sys, initlab.gaussian as g; g.gain('tanh'); g.length_slope('relu', 1.0, scaled_weight_variance=2.0)\n"
        "assert not {'sympy', 'scipy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Gains


@pytest.mark.parametrize("name", activations.names())
def test_a_gain_keeps_the_length_or_the_gradient(name):
    assert length_map(name, 1.0, scaled_weight_variance=gain(name) ** 2) == pytest.approx(1, rel=1e-14)
    assert chi(name, 1.0, scaled_weight_variance=gain(name, "backward") ** 2) == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize("name", activations.names())
def test_one_gain_keeps_both_only_for_what_is_piecewise_linear_through_0(name):
    agree = name in ("identity", "relu", "leaky_relu")
    assert math.isclose(gain(name), gain(name, "backward"), rel_tol=1e-13) == agree
    assert agree or abs(gain(name) / gain(name, "backward") - 1) > 0.01


@pytest.mark.parametrize(
    ("activation", "forward", "backward"),
    [
        ("relu", math.sqrt(2), math.sqrt(2)),
        (leaky_relu(0.2), math.sqrt(2 / 1.04), math.sqrt(2 / 1.04)),  # He et al. 2015, eq. 15
        ("tanh", 1.592537, 1.467414),
        ("sigmoid", 1.846229, 4.722646),
        ("selu", 1.0, 0.966026),
        ("gelu", 1.533530, 1.481114),
        ("silu", 1.676532, 1.623320),
        ("mish", 1.486848, 1.444755),
        ("softsign", 2.337533, 2.095781),
        ("lecun_tanh", 1 / math.sqrt(0.7504), 1.115257),
    ],
    ids=name_of,
)
def test_gains_that_the_book_quotes(activation, forward, backward):
    assert gain(activation) == pytest.approx(forward, rel=5e-5 if activation == "lecun_tanh" else 5e-7)
    assert gain(activation, "backward") == pytest.approx(backward, rel=5e-7)


def test_one_over_the_standard_deviation_is_no_gain():
    """The numbers of PyTorch's issue 24991, found there by sampling, with a negative slope of 0.2."""
    for activation, quoted in (("relu", 1.7068), (leaky_relu(0.2), 1.5421), ("sigmoid", 4.8091)):
        std = math.sqrt(second_moment(activation) - gaussian.mean(activation) ** 2)
        assert 1 / std == pytest.approx(quoted, rel=0.005)
        assert length_map(activation, 1.0, scaled_weight_variance=1 / std**2) > 1.15


def test_a_gradient_that_cannot_pass_needs_an_infinite_gain():
    sign = Activation("sign", np.sign, np.zeros_like, kinks=(0.0,))
    assert gain(sign) == pytest.approx(1, rel=1e-14)
    assert gain(sign, "backward") == math.inf


def test_the_table_says_where_torch_gains_lead():
    table = {row.activation: row for row in torch_gain_table()}
    assert "settles at 1.1785 (activations of size 0.6513)" in table["tanh"].difference
    assert "settles at 0.2647 (activations of size 0.5145)" in table["sigmoid"].difference
    assert "85% of that is the mean output, 0.5," in table["sigmoid"].difference
    assert "settles at 0.0230 (activations of size 0.2024), where gradients are multiplied by 1.0018" in (
        table["selu"].difference
    )
    for name in ("identity", "relu", "leaky_relu"):
        row = table[name]
        assert row.difference.startswith("None: ")
        assert row.torch == pytest.approx(row.forward, rel=1e-14)
        assert row.torch == pytest.approx(row.backward, rel=1e-14)
    assert table["tanh"].torch > table["tanh"].forward > table["tanh"].backward
    assert table["sigmoid"].torch < table["sigmoid"].forward < table["sigmoid"].backward
    assert table["selu"].torch < table["selu"].backward < table["selu"].forward


# The length map


def test_the_length_map_is_one_layer_of_propagation():
    theory = propagate("tanh", scaled_weight_variance=1.5, bias_variance=0.2, depth=3)
    for q, after in pairwise(theory.z):
        assert length_map("tanh", q, scaled_weight_variance=1.5, bias_variance=0.2) == pytest.approx(after, rel=1e-15)


@pytest.mark.parametrize("q", [1e-3, 0.3, 1.0, 20.0])
@pytest.mark.parametrize("name", activations.names())
def test_the_slope_is_the_derivative_of_the_length_map(name, q):
    h = 1e-3 * q
    below, above = (length_map(name, q + d, scaled_weight_variance=1.7, bias_variance=0.3) for d in (-h, h))
    assert length_slope(name, q, scaled_weight_variance=1.7) == pytest.approx((above - below) / (2 * h), rel=1e-5)


@pytest.mark.parametrize("activation", [*activations.names(), elu(0.5), leaky_relu(0.3)], ids=name_of)
def test_slope_and_chi_are_continuous_at_no_variance(activation):
    for function in (length_slope, chi):
        at_zero, near = (function(activation, q, scaled_weight_variance=1.7) for q in (0.0, 1e-10))
        assert at_zero == pytest.approx(near, rel=1e-4)
    assert length_slope("softplus", 0.0, scaled_weight_variance=1.0) == pytest.approx((1 + math.log(2)) / 4, rel=1e-12)
    assert chi("relu", 0.0, scaled_weight_variance=2.0) == 1


@pytest.mark.parametrize(
    ("name", "scaled_weight_variance", "bias_variance", "q", "slope", "chi_1"),
    [
        ("tanh", (5 / 3) ** 2, 0, 1.1785, 0.4309, 1.2098),
        ("sigmoid", 1, 0, 0.2647, 0.0495, 0.0557),
        ("selu", 1, 0, 1, 0.7826, 1.0716),
        ("selu", (3 / 4) ** 2, 0, 0.0230, 0.9235, 1.0037),
        ("lecun_tanh", 1, 0, 0.3824, 0.7805, 1.0192),
        ("relu", 1, 0.1, 0.2, 0.5, 0.5),
        # on the edge of chaos
        ("tanh", 1.0499956, 2.01e-5, 0.025919, None, 1),
        ("tanh", 1.424205, 0.01, 0.273301, None, 1),
        ("tanh", 1.7609546396, 0.05, 0.5700478816, None, 1),
        ("tanh", 1.986073, 0.1, 0.805799, None, 1),
        ("tanh", 2.5051271897, 0.3, 1.4611694469, None, 1),
        ("tanh", 3.443211, 1, 3.036396, None, 1),
    ],
)
def test_where_deep_networks_settle(name, scaled_weight_variance, bias_variance, q, slope, chi_1):
    *zero, point = fixed_points(name, scaled_weight_variance=scaled_weight_variance, bias_variance=bias_variance)
    assert [(p.q, p.stable) for p in zero] == ([] if bias_variance or name == "sigmoid" else [(0, False)])
    assert point.stable
    assert point.q == pytest.approx(q, rel=2e-5 if slope is None else 0, abs=5.1e-5 if slope else 0)
    assert slope is None or point.slope == pytest.approx(slope, abs=5.1e-5)
    assert point.chi_1 == pytest.approx(chi_1, abs=5.1e-5 if slope else 2e-7)
    # and a network of 600 such layers is there
    end = propagate(
        name, scaled_weight_variance=scaled_weight_variance, bias_variance=bias_variance, depth=600, input=0.7
    ).z[-1]
    assert end == pytest.approx(point.q, rel=1e-10)


def test_tanh_with_gain_5_3_has_activations_of_size_065():
    *_, point = fixed_points("tanh", scaled_weight_variance=(5 / 3) ** 2)
    assert math.sqrt(second_moment("tanh", point.q)) == pytest.approx(0.6513, abs=5e-5)


def test_tanh_with_xavier_is_critical_and_still_goes_to_0():
    (point,) = fixed_points("tanh", scaled_weight_variance=1)
    assert point == (0.0, 1.0, True, 1.0)


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu", "mish"])
def test_the_forward_gain_is_unstable_where_the_slope_exceeds_1(name):
    zero, one, infinity = fixed_points(name, scaled_weight_variance=gain(name) ** 2)
    assert (zero.q, zero.stable, infinity.q, infinity.stable) == (0, True, math.inf, True)
    assert one.q == pytest.approx(1, rel=1e-13)
    assert not one.stable
    assert one.slope > 1.07
    assert infinity.slope > 1


@pytest.mark.parametrize(
    ("scaled_weight_variance", "lengths"),  # from q = 1, after 1, 10, 20 and 50 layers
    [
        ((1.02 * gain("gelu")) ** 2, {1: 1.0404, 10: 2.07, 20: 10.4, 50: 4221}),
        ((0.98 * gain("gelu")) ** 2, {1: 0.9604, 50: 3.9e-10}),
        (2.0, {1: 0.8504, 10: 0.029}),  # He's
    ],
)
def test_gelu_leaves_q_1_on_both_sides(scaled_weight_variance, lengths):
    q = 1.0
    for layer in range(1, max(lengths) + 1):
        q = length_map("gelu", q, scaled_weight_variance=scaled_weight_variance)
        if layer in lengths:
            assert q == pytest.approx(lengths[layer], rel=0.02)


@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu", leaky_relu(0.2)], ids=name_of)
def test_every_length_is_fixed_for_what_is_piecewise_linear_with_its_gain(activation):
    (point,) = fixed_points(activation, scaled_weight_variance=gain(activation) ** 2)
    assert math.isnan(point.q)
    assert (point.slope, point.stable) == (1, False)
    assert point.chi_1 == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize(
    ("scaled_weight_variance", "bias_variance", "expected"),
    [
        (1.9, 0, [(0, 0.95, True)]),
        (2.1, 0, [(0, 1.05, False), (math.inf, 1.05, True)]),
        (2, 0.1, [(math.inf, 1, True)]),
    ],
)
def test_relu_off_its_gain_loses_or_explodes(scaled_weight_variance, bias_variance, expected):
    found = fixed_points("relu", scaled_weight_variance=scaled_weight_variance, bias_variance=bias_variance)
    assert [(p.q, round(p.slope, 12), p.stable) for p in found] == expected


@pytest.mark.parametrize("excess", [1e-13, 1e-6, 1e-2])
def test_a_pair_of_fixed_points_parts_at_0_when_tanh_passes_gain_1(excess):
    zero, point = fixed_points("tanh", scaled_weight_variance=1 + excess)
    assert (zero.stable, point.stable) == (False, True)
    assert point.q == pytest.approx(excess / 2, rel=max(2 * excess, 1e-2))  # q' = sw2 (q - 2 q^2 + ...)


def test_two_fixed_points_that_nearly_touch_are_both_found():
    """Biases can lift the length map of GELU until its stable and its unstable fixed point merge and vanish."""
    q = 0.3
    sw2 = 1 / length_slope("gelu", q, scaled_weight_variance=1.0)
    sb2 = q - length_map("gelu", q, scaled_weight_variance=sw2)
    for less in (1e-3, 1e-6, 1e-9):
        low, high, infinity = fixed_points("gelu", scaled_weight_variance=sw2, bias_variance=sb2 * (1 - less))
        assert (low.stable, high.stable) == (True, False)
        assert low.q < q < high.q < infinity.q
        assert low.slope < 1 < high.slope
    (infinity,) = fixed_points("gelu", scaled_weight_variance=sw2, bias_variance=sb2 * (1 + 1e-9))
    assert infinity.q == math.inf


@pytest.mark.parametrize("scaled_weight_variance", [0.0, 1e-6, 1.0, 1e6, 1e20])
@pytest.mark.parametrize("bias_variance", [0.0, 1e-100, 1e-9, 1.0, 1e6])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "gelu"])
def test_fixed_points_are_fixed_and_alternate_in_stability(name, scaled_weight_variance, bias_variance):
    found = fixed_points(name, scaled_weight_variance=scaled_weight_variance, bias_variance=bias_variance)
    assert found
    for point in found:
        if point.q < math.inf:
            mapped = length_map(
                name, point.q, scaled_weight_variance=scaled_weight_variance, bias_variance=bias_variance
            )
            assert mapped == pytest.approx(point.q, rel=1e-12)
            assert point.stable == (point.slope < 1) or (name, scaled_weight_variance, point.q) == ("tanh", 1, 0)
    assert all(a.stable != b.stable and a.q < b.q for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gain("swish"), ValueError, "activation must be one of 'identity', .*, got 'swish'"),
        (
            lambda: gain("relu", "sideways"),
            ValueError,
            "direction must be one of 'forward', 'backward', got 'sideways'",
        ),
        (lambda: length_map("relu", -1.0, scaled_weight_variance=1), ValueError, "q must be a variance, .* got -1.0"),
        (
            lambda: length_map("relu", 1.0, scaled_weight_variance=-1),
            ValueError,
            "scaled_weight_variance must be .* >= 0, got -1",
        ),
        (
            lambda: length_slope("relu", math.inf, scaled_weight_variance=1),
            ValueError,
            "q must be a finite number >= 0, got inf",
        ),
        (
            lambda: chi("relu", 1.0, scaled_weight_variance="2"),
            TypeError,
            "scaled_weight_variance must be a finite .*, got '2'",
        ),
        (
            lambda: fixed_points("relu", scaled_weight_variance=1, bias_variance=math.nan),
            ValueError,
            "bias_variance must be a finite number >= 0, got nan",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# From layer to layer


def test_he_keeps_relu_and_xavier_loses_half_a_layer():
    assert propagate("relu", scaled_weight_variance=2.0, depth=50).a == pytest.approx(np.ones(51), rel=1e-11)
    assert propagate("relu", scaled_weight_variance=1.0, depth=30).a[-1] == pytest.approx(2.0**-30, rel=1e-11)


def test_tanh_with_xavier_decays_like_one_over_2l():
    a = propagate("tanh", scaled_weight_variance=1.0, depth=1000).a
    assert a[1] == pytest.approx(0.394, abs=5e-4)
    assert a[100] == pytest.approx(0.00507, abs=5e-6)
    # q[l] -> 1/(2l) from above zero, the correction is of order ln(l)/l
    assert 2 * 1000 * a[1000] == pytest.approx(1.0, abs=0.02)


def test_gradients_multiply_from_the_top():
    theory = propagate("tanh", scaled_weight_variance=1.5, depth=3, top_gradient=2.0)
    slopes = [squared_slope("tanh", q) for q in theory.z]
    assert theory.dz[2] == pytest.approx(2.0 * slopes[2])
    assert theory.dz[0] == pytest.approx(2.0 * slopes[2] * 1.5 * slopes[1] * 1.5 * slopes[0])


# Where a number went wrong without a word


def test_whether_an_integrand_outgrows_the_density_does_not_depend_on_its_scale():
    for scale in (1e-250, 1.0, 1e50):
        assert expectation(lambda z, s=scale: s * np.exp(4 * z)) == pytest.approx(scale * math.exp(8), rel=1e-13)
        with pytest.raises(ValueError, match="g must not grow as fast as the density of z falls"):
            expectation(lambda z, s=scale: s * np.exp(20 * z))  # its mass is at z = 20, beyond the nodes


def test_the_mean_at_infinite_variance_of_what_is_infinite_on_both_sides():
    assert gaussian.mean("identity", math.inf) == 0
    assert gaussian.mean("leaky_relu", math.inf) == math.inf
    assert gaussian.mean(Activation("-", lambda z: np.minimum(z, 0.5 * z), lambda z: z), math.inf) == -math.inf
    with pytest.raises(ValueError, match="q must be finite"):
        expectation(lambda z: z + 1, math.inf)  # it is 1 for every finite q


@pytest.mark.parametrize(("name", "limit"), [("softplus", 1 / 4 + math.log(2) / 4), ("sigmoid", 1 / 16)])
def test_the_slope_of_the_length_map_at_lengths_next_to_nothing(name, limit):
    for q in (0.0, 1e-300, 1e-24, 0.9e-15, 1.1e-15):
        assert length_slope(name, q, scaled_weight_variance=1) == pytest.approx(limit, rel=1e-7)


def test_the_slope_of_the_length_map_is_infinite_at_0_where_f_bends_there_and_is_not_0():
    f = Activation("shifted relu", lambda z: np.maximum(z, 0) + 1, lambda z: (z > 0) * 1.0, kinks=(0.0,))
    assert length_slope(f, 0.0, scaled_weight_variance=2) == math.inf
    for q in (1e-30, 1e-8):  # E (1 + relu(z))^2 = 1 + sqrt(2 q / pi) + q / 2
        assert length_slope(f, q, scaled_weight_variance=1) == pytest.approx(1 / math.sqrt(2 * math.pi * q) + 0.5)


def test_a_fixed_point_far_out_is_not_taken_for_infinity():
    weak = 2 - 1e-12
    (point,) = fixed_points("relu", scaled_weight_variance=weak, bias_variance=1e3)
    assert point.q == pytest.approx(1e3 / (1 - weak / 2), rel=0.05)  # 1 - weak / 2 has two digits
    assert point.stable


def test_variances_out_of_reach_are_refused():
    for value in (1e-300, 1e300):
        with pytest.raises(ValueError, match="bias_variance must give lengths"):
            fixed_points("tanh", scaled_weight_variance=1, bias_variance=value)
        with pytest.raises(ValueError, match="bias_variance must be 0 or from"):
            gaussian.critical_line("tanh", value)
    with pytest.raises(ValueError, match="scaled_weight_variance and bias_variance must give lengths"):
        fixed_points("gelu", scaled_weight_variance=1e300)


def test_the_slope_of_the_length_map_at_0_where_the_second_derivative_jumps():
    for name, jump in (("elu", 0.5), ("softsign", 0.0)):  # the mean of f'' on both sides
        f = activations.get(name)
        shifted = Activation("shifted", lambda z, f=f: f.f(z) + 0.3, f.df)
        for q in (0.0, 1e-24, 0.9e-15, 1.1e-15):
            assert length_slope(shifted, q, scaled_weight_variance=1) == pytest.approx(1 + 0.3 * jump, rel=1e-6)
