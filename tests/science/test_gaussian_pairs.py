"""Claims about two inputs: the correlation map, where it leads, the critical line, and whole networks.

The map is held against formulas in `test_closed_forms.py`; here against its own derivative, nested integrals of SciPy,
30 digits of mpmath, and networks that are drawn.
"""

import math
from itertools import pairwise

import numpy as np
import pytest

from initlab import activations, gaussian
from initlab.activations import Activation, elu, leaky_relu
from initlab.gaussian import (
    chi,
    correlation_map,
    correlation_slope,
    critical_gain,
    critical_line,
    expectation,
    fixed_correlations,
    fixed_points,
    length_map,
    length_slope,
    propagate_layers,
    propagate_pair,
    second_moment,
    squared_slope,
)

HARD_TANH = Activation("hard_tanh", lambda z: np.clip(z, -1, 1), lambda z: (abs(z) < 1) * 1.0, kinks=(-1.0, 1.0))
SIGN = Activation("sign", np.sign, np.zeros_like, kinks=(0.0,))
STEP = Activation("step", lambda z: (z > 0.3) * 1.0, np.zeros_like, kinks=(0.3,))
RAMP = Activation("ramp", lambda z: z + 2 * (z > 1), np.ones_like, kinks=(1.0,))  # a slope and a jump
OWN = [elu(2.0), leaky_relu(0.3), HARD_TANH]
FORMULAS = {"identity", "relu", "leaky_relu", "erf", "gelu"}  # see test_closed_forms.py
NO_FORMULA = [*(name for name in activations.names() if name not in FORMULAS), elu(2.0), HARD_TANH]
LEGENDRE = np.polynomial.legendre.leggauss(9)


def name_of(activation):
    return getattr(activation, "name", str(activation))


# ---------------------------------------------------------------- the map


@pytest.mark.parametrize(("q", "c"), [(0.3, 0.9), (1e4, -0.9)])
@pytest.mark.parametrize("activation", NO_FORMULA, ids=name_of)
def test_the_map_is_the_integral_of_its_slope(activation, q, c):
    """From c = 0, where z1 and z2 are independent. Map and slope come from f and from f', at other points."""
    start = gaussian.mean(activation, q) ** 2 / second_moment(activation, q)
    angles = math.asin(c) * (1 + LEGENDRE[0]) / 2
    slopes = [correlation_slope(activation, math.sin(angle), q) * math.cos(angle) for angle in angles]
    expected = start + math.asin(c) / 2 * float(LEGENDRE[1] @ slopes)
    assert correlation_map(activation, c, q) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("activation", "c", "lengths"),
    [("elu", -0.95, (0.5, 2.0)), (HARD_TANH, 0.6, (2.0, 0.3)), (STEP, 0.99, (1.0, 1.0))],
    ids=name_of,
)
def test_the_map_equals_a_nested_integral_of_scipy(activation, c, lengths):
    from scipy.integrate import quad
    from scipy.special import ndtr

    f = activations.get(activation)
    s1, s2 = map(math.sqrt, lengths)
    r = math.sqrt(1 - c * c)

    def one(z):
        return float(f.f(np.array([z]))[0])

    def inner(u):
        # The kinks of f cut the line, here in units of the deviation of z2 from its mean.
        cuts = sorted(x for k in (0.0, *f.kinks) if abs(x := (k / s2 - c * u) / r) < 9)
        pieces = pairwise([-9.0, *cuts, 9.0])
        density = math.sqrt(2 * math.pi)
        return sum(
            quad(lambda v: one(s2 * (c * u + r * v)) * math.exp(-v * v / 2) / density, *piece, epsabs=1e-12)[0]
            for piece in pieces
        )

    if activation is STEP:  # SciPy has the inner integral
        inner = lambda u: ndtr((c * u * s2 - 0.3) / (r * s2))  # noqa: E731
    cuts = sorted(k / s1 for k in (0.0, *f.kinks))
    outer = sum(
        quad(lambda u: one(s1 * u) * inner(u) * math.exp(-u * u / 2) / math.sqrt(2 * math.pi), *piece, epsabs=1e-11)[0]
        for piece in pairwise([-9.0, *cuts, 9.0])
    )
    norm = math.sqrt(second_moment(f, lengths[0]) * second_moment(f, lengths[1]))
    assert correlation_map(f, c, lengths) == pytest.approx(outer / norm, abs=1e-10)
    assert correlation_map(f, c, lengths[::-1]) == pytest.approx(correlation_map(f, c, lengths), abs=1e-14)


@pytest.mark.parametrize("q", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("activation", [*activations.names(), *OWN], ids=name_of)
def test_what_is_left_to_1_keeps_its_digits(activation, q):
    """(1 - c') / (1 - c) tends to the slope at 1. A kink, or at q = 1e4 the bend of tanh, adds sqrt(1 - c) to it."""
    c = 1 - 2.0**-40
    kept = (1 - correlation_map(activation, c, q, bias_variance=0.5 * q)) / (1 - c)
    slope = correlation_slope(activation, 1.0, q, bias_variance=0.5 * q)
    f_slope = squared_slope(activation, q) * q / (second_moment(activation, q) + 0.5 * q)
    assert slope == pytest.approx(f_slope, rel=1e-13)
    # c' is a float near 1: half of its last digit is 1e-16 / 1e-12 of what is left.
    assert kept == pytest.approx(slope, rel=1e-3, abs=1.3e-4)


def test_the_ends_are_exact():
    for activation in [*activations.names(), SIGN, *OWN]:
        assert correlation_map(activation, 1.0, 3.0, bias_variance=0.2) == 1.0
        if activations.get(activation).odd:
            assert correlation_map(activation, -1.0, 3.0) == pytest.approx(-1, abs=1e-15)
            assert correlation_map(activation, 0.0, 3.0) == pytest.approx(0, abs=1e-15)
    assert correlation_map("relu", -1.0) == pytest.approx(0, abs=1e-15)


def test_biases_mix_a_constant_in():
    """With n Var(W) = 2 and E f1 f2 known from the map without biases."""
    q1, q2 = 0.7, 3.0
    product = correlation_map("gelu", 0.4, (q1, q2)) * math.sqrt(second_moment("gelu", q1) * second_moment("gelu", q2))
    after = [length_map("gelu", q, scaled_weight_variance=2.0, bias_variance=0.3) for q in (q1, q2)]
    c = correlation_map("gelu", 0.4, (q1, q2), scaled_weight_variance=2.0, bias_variance=0.3)
    assert c == pytest.approx((2 * product + 0.3) / math.sqrt(after[0] * after[1]), abs=1e-14)
    h = 1e-4
    around = [
        correlation_map("gelu", 0.4 + d, (q1, q2), scaled_weight_variance=2.0, bias_variance=0.3) for d in (-h, h)
    ]
    slope = correlation_slope("gelu", 0.4, (q1, q2), scaled_weight_variance=2.0, bias_variance=0.3)
    assert slope == pytest.approx((around[1] - around[0]) / (2 * h), rel=1e-7)


@pytest.mark.parametrize("c", [-1 + 1e-12, -0.7, 0.0, 0.3, 0.999999, 1 - 1e-12])
def test_jumps_are_resolved(c):
    """Of a sign: arcsine law. Of a step, against SciPy's bivariate normal distribution."""
    from scipy.stats import multivariate_normal

    assert correlation_map(SIGN, c, 5.0) == pytest.approx(2 / math.pi * math.asin(c), abs=1e-14)
    assert correlation_slope(SIGN, c, 5.0) == pytest.approx(2 / math.pi / math.sqrt((1 - c) * (1 + c)), rel=1e-13)
    if abs(c) < 0.9:
        both = multivariate_normal.cdf([-0.3, -0.3], cov=[[1, c], [c, 1]])
        assert correlation_map(STEP, c) == pytest.approx(both / second_moment(STEP), abs=1e-9)


@pytest.mark.parametrize("activation", [STEP, RAMP], ids=name_of)
def test_slopes_count_jumps(activation):
    h = 1e-5
    for c in (-0.6, 0.2, 0.9):
        below, above = (correlation_map(activation, c + d, (0.8, 1.5)) for d in (-h, h))
        assert correlation_slope(activation, c, (0.8, 1.5)) == pytest.approx((above - below) / (2 * h), rel=1e-8)
    below, above = (length_map(activation, 0.8 + d, scaled_weight_variance=1.0) for d in (-h, h))
    assert length_slope(activation, 0.8, scaled_weight_variance=1.0) == pytest.approx(
        (above - below) / (2 * h), rel=1e-8
    )
    assert correlation_slope(activation, 1.0) == math.inf
    assert correlation_slope(HARD_TANH, 1.0) == pytest.approx(squared_slope(HARD_TANH) / second_moment(HARD_TANH))


def test_where_nothing_is_left_there_is_no_correlation():
    far = Activation("far", lambda z: np.maximum(z - 5, 0), lambda z: (z > 5) * 1.0, kinks=(5.0,))
    assert math.isnan(correlation_map(far, 0.5, 1e-4))
    assert math.isnan(correlation_slope(far, 0.5, 1e-4))
    assert math.isnan(correlation_map("relu", 0.5, scaled_weight_variance=0.0))
    assert correlation_map("relu", 0.5, scaled_weight_variance=0.0, bias_variance=1.0) == 1


def test_a_function_that_outgrows_the_density_is_refused():
    """E exp(z) = exp(q / 2) is right as long as what counts is within reach, and not wrong beyond."""
    for q in (0.01, 1.0, 16.0):
        assert expectation(np.exp, q) == pytest.approx(math.exp(q / 2), rel=1e-13)
    exponential = Activation("exponential", np.exp, np.exp)
    assert correlation_map(exponential, 0.3, 0.5) == pytest.approx(math.exp(-0.35), rel=1e-14)
    for q in (100.0, 400.0):
        with pytest.raises(ValueError, match="g must not grow as fast as the density of z falls, and does at q = "):
            expectation(np.exp, q)
    with pytest.raises(ValueError, match="g must not grow"):
        correlation_map(exponential, 0.5, 50.0)


@pytest.mark.parametrize("q", [0.01, 1.0, 5.0, 20.0, 100.0, 1e4])
@pytest.mark.parametrize("c", [-0.9, 0.0, 0.999])
def test_what_is_not_resolved_is_refused(q, c):
    """sin(z) oscillates for ever, tanh(10 z) is steep, a kink is not named: right to 1e-9, or an error."""
    sine = Activation("sine", np.sin, np.cos)
    steep = Activation("steep", lambda z: np.tanh(10 * z), lambda z: 10 / np.cosh(np.clip(10 * z, -300, 300)) ** 2)
    kink = Activation("kink", lambda z: np.clip(z - 0.2, -1, 1), lambda z: (abs(z - 0.2) < 1) * 1.0)
    named = Activation("named", kink.f, kink.df, kinks=(-0.8, 1.2))
    oscillating = math.exp(q * (abs(c) - 1)) * (1 - math.exp(-2 * q * abs(c))) / (1 - math.exp(-2 * q))
    for activation, expected, refused in (
        (sine, math.copysign(oscillating, c), q > 20),
        (steep, correlation_map("tanh", c, 100 * q), False),
        (kink, correlation_map(named, c, q), q > 0.01),
    ):
        if refused:
            with pytest.raises(ValueError, match="g must bend on the scale of 1, and have its kinks named: it is not"):
                correlation_map(activation, c, q)
        else:
            try:
                found = correlation_map(activation, c, q)
            except ValueError:
                continue
            assert found == pytest.approx(expected, abs=1e-9)


def test_what_lies_far_out_is_not_taken_for_unresolved():
    for q in np.geomspace(0.1, 2.0, 60):  # a kink 16 to 3.5 standard deviations away
        far = Activation("far", lambda z: np.maximum(z - 5, 0), lambda z: (z > 5) * 1.0, kinks=(5.0,))
        s = 5 / math.sqrt(q)
        density, tail = math.exp(-s * s / 2) / math.sqrt(2 * math.pi), math.erfc(s / math.sqrt(2)) / 2
        exact = math.sqrt(q) * (density - s * tail)
        assert gaussian.mean(far, float(q)) == pytest.approx(exact, rel=1e-8, abs=1e-36)


# ---------------------------------------------------------------- where it leads

# Trapezoidal sums in mpmath with 30 digits, for tanh with n Var(W) = 2 and Var(b) = 0.05.
CHAOS = {"scaled_weight_variance": 2.0, "bias_variance": 0.05}
Q_STAR, XI_Q = 0.721761872652071423618208058, 1.38797574825737555735666706
C_STAR, SLOPE, XI_C = 0.744082419501183960773547698, 0.961114791974039744094767845, 25.2134147891519882142125329
CHI_1 = 1.04766599957573531419470346893


def test_fixed_points_and_depth_scales_of_tanh_to_12_digits():
    (length,) = fixed_points("tanh", **CHAOS)
    star, one = fixed_correlations("tanh", length.q, **CHAOS)
    assert (length.q, length.depth_scale) == pytest.approx((Q_STAR, XI_Q), rel=1e-13)
    assert (star.c, star.slope, star.depth_scale) == pytest.approx((C_STAR, SLOPE, XI_C), rel=1e-12)
    assert (one.c, one.slope, length.chi_1) == pytest.approx((1, CHI_1, CHI_1), rel=1e-13)
    assert (star.stable, one.stable, one.depth_scale) == (True, False, math.inf)


def test_deviations_fall_at_the_rate_of_the_depth_scale():
    """Inputs of such a size and cosine that the first layer has q* and 0.0001 more than c*."""
    size = (Q_STAR - 0.05) / 2
    cosine = ((C_STAR + 0.0001) * Q_STAR - 0.05) / (2 * size)
    z = propagate_pair("tanh", **CHAOS, depth=51, cosine=cosine, inputs=(size, size)).z - C_STAR
    assert z[0] == pytest.approx(0.0001, rel=1e-9)
    assert 50 / math.log(z[0] / z[50]) == pytest.approx(XI_C, rel=2e-4)


@pytest.mark.parametrize(
    ("activation", "variances", "expected"),
    [
        ("relu", (1.0, 0.1), [(1, 0.5, True)]),
        ("identity", (0.5, 1.0), [(1, 0.5, True)]),
        ("selu", (1.0, 0.0), [(0, 0.97068, True), (1, 1.07157, False)]),  # mean 0, so that c = 0 is fixed
        ("tanh", ((5 / 3) ** 2, 0.0), [(-1, 1.2098, False), (0, 0.92079, True), (1, 1.2098, False)]),
        (SIGN, (2.0, 0.0), [(-1, math.inf, False), (0, 2 / math.pi, True), (1, math.inf, False)]),
        ("sigmoid", (1.0, 0.0), [(1, 0.0557, True)]),
    ],
    ids=name_of,
)
def test_every_fixed_correlation_is_found(activation, variances, expected):
    both = dict(zip(("scaled_weight_variance", "bias_variance"), variances, strict=True))
    *_, length = fixed_points(activation, **both)
    found = fixed_correlations(activation, length.q, **both)
    assert [point.stable for point in found] == [stable for *_, stable in expected]
    for point, (c, slope, _) in zip(found, expected, strict=True):
        assert point.c == pytest.approx(c, abs=1e-12)
        assert point.slope == pytest.approx(slope, abs=5e-5)
        assert correlation_map(activation, c, length.q, **both) == pytest.approx(c, abs=1e-13)


def test_at_every_length_that_stays_as_it_is():
    """With weights of the right size ReLU makes all inputs one, algebraically; a linear network changes no angle."""
    for q in (1e-4, 3.0, 1e4):
        (relu,) = fixed_correlations("relu", q, scaled_weight_variance=2.0)
        assert (relu.c, relu.stable, relu.depth_scale) == (1, True, math.inf)
        (linear,) = fixed_correlations("identity", q, scaled_weight_variance=1.0)
        assert math.isnan(linear.c)
        assert linear[1:] == (1, False)


@pytest.mark.parametrize("excess", [1e-3, 1e-9])
@pytest.mark.parametrize(
    ("activation", "power", "factor"), [("tanh", 1, 6.17), ("elu", 1, 6.6), (elu(2.0), 2, 69.1)], ids=name_of
)
def test_c_star_leaves_1_as_chaos_begins(activation, power, factor, excess):
    """Just beyond the critical line 1 - c* grows like chi_1 - 1; like its square where f' jumps."""
    (critical,) = critical_line(activation, 0.05)
    sw2 = critical.scaled_weight_variance * (1 + excess)
    length = fixed_points(activation, scaled_weight_variance=sw2, bias_variance=0.05)[0]
    *star, one = fixed_correlations(activation, length.q, scaled_weight_variance=sw2, bias_variance=0.05)
    expected = factor * (one.slope - 1) ** power
    if expected < 1e-14:  # too close to be told from 1
        assert (star, one.stable) == ([], True)
        return
    ((c, slope, stable),) = star
    assert 1 - c == pytest.approx(expected, rel=0.05)
    assert slope < 1 < one.slope
    assert (stable, one.stable) == (True, False)


# ---------------------------------------------------------------- the critical line


@pytest.mark.parametrize("bias_variance", [1e-12, 1e-4, 0.05, 1.0])
def test_the_critical_line_of_tanh_to_12_digits(bias_variance):
    """Against trapezoidal sums and Newton's method in mpmath, with 30 digits."""
    import mpmath as mp

    with mp.workdps(30):
        nodes = [mp.mpf(k) / 16 for k in range(-208, 209)]
        weights = [mp.exp(-u * u / 2) / (16 * mp.sqrt(2 * mp.pi)) for u in nodes]

        def mean(g, q):
            return mp.fsum(w * g(mp.sqrt(q) * u) for u, w in zip(nodes, weights, strict=True))

        def slope(q):
            return mean(lambda z: mp.sech(z) ** 4, q)

        def excess(q):
            return (q - mp.mpf(bias_variance)) * slope(q) - mean(lambda z: mp.tanh(z) ** 2, q)

        (point,) = critical_line("tanh", bias_variance)
        q = mp.findroot(excess, (point.q * 1.001, point.q * 0.999), tol=1e-50, verify=False)
        assert abs(excess(q)) < 1e-27
        assert point.q == pytest.approx(float(q), rel=1e-12)
        assert point.scaled_weight_variance == pytest.approx(float(1 / slope(q)), rel=1e-14)


@pytest.mark.parametrize("activation", [*activations.names(), HARD_TANH], ids=name_of)
def test_on_the_critical_line_chi_1_is_1_at_a_fixed_length(activation):
    bias_variance = 0.05
    found = critical_line(activation, bias_variance)
    assert len(found) == (0 if name_of(activation) in ("identity", "relu", "leaky_relu", "softplus") else 1)
    for point in found:
        variances = {"scaled_weight_variance": point.scaled_weight_variance}
        assert chi(activation, point.q, **variances) == pytest.approx(1, rel=1e-14)
        assert length_map(activation, point.q, **variances, bias_variance=bias_variance) == pytest.approx(
            point.q, rel=1e-13
        )
        assert point.slope == length_slope(activation, point.q, **variances)
        lengths = fixed_points(activation, **variances, bias_variance=bias_variance)
        assert any(length.q == pytest.approx(point.q, rel=1e-10) for length in lengths)


def test_there_may_be_no_critical_point_or_nothing_but():
    for activation, sw2 in (("relu", 2.0), ("identity", 1.0), (leaky_relu(0.2), 2 / 1.04)):
        (point,) = critical_line(activation)
        assert math.isnan(point.q)
        assert (point.scaled_weight_variance, point.slope) == pytest.approx((sw2, 1), rel=1e-14)
        assert critical_line(activation, 0.1) == ()
    assert critical_line(SIGN, 0.1) == critical_line(STEP) == ()
    assert critical_line("softplus") == ()
    assert critical_line("tanh")[0][:3] == (1, 0, 0)
    (sigmoid,) = critical_line("sigmoid")
    assert critical_gain("sigmoid") == math.sqrt(sigmoid.scaled_weight_variance)
    for name in ("tanh", "softplus", "relu"):
        with pytest.raises(
            ValueError, match=f"activation must be one with a single critical .* got '{name}', .* has 0"
        ):
            critical_gain(name)


# ---------------------------------------------------------------- networks


def test_he_makes_two_orthogonal_inputs_one():
    """Against the recursion with the formula of Cho and Saul 2009."""
    theory = propagate_pair("relu", scaled_weight_variance=2.0, depth=100)
    assert theory.a[[1, 5, 10, 20, 30, 50]].round(3).tolist() == [0.318, 0.736, 0.872, 0.948, 0.972, 0.988]
    c = 0.0
    for layer in range(100):
        assert theory.z[layer] == pytest.approx(c, abs=1e-13)
        c = (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c))) / math.pi
        assert theory.a[layer + 1] == pytest.approx(c, abs=1e-13)
        # The variance of ReLU is (1/2 - 1/(2 pi)) q, the product of the means q / (2 pi).
        assert theory.a_correlation[layer] == pytest.approx((math.pi * c - 1) / (math.pi - 1), abs=1e-13)


def test_a_pair_goes_through_the_correlation_map():
    theory = propagate_pair("gelu", scaled_weight_variance=2.2, bias_variance=0.1, depth=4, cosine=-0.5, inputs=(1, 3))
    lengths = [
        propagate_layers("gelu", [1] * 5, 2.2, 0.1, input=x).z for x in (1.0, 3.0)
    ]  # (2, depth), the lengths of each alone
    for layer, pair in enumerate(zip(*map(lambda z: z.tolist(), lengths), strict=True)):
        onward = correlation_map("gelu", theory.z[layer], pair, scaled_weight_variance=2.2, bias_variance=0.1)
        assert theory.a[layer + 1] == pytest.approx(correlation_map("gelu", theory.z[layer], pair), abs=1e-14)
        assert layer == 3 or theory.z[layer + 1] == pytest.approx(onward, abs=1e-14)
    assert theory.z[0] == pytest.approx((2.2 * -0.5 * math.sqrt(3) + 0.1) / math.sqrt(2.3 * 6.7), rel=1e-14)


def test_layers_may_differ():
    whole = propagate_pair(
        ["relu", "tanh", "identity"],
        scaled_weight_variance=[2.0, 1.5, 3.0],
        bias_variance=[0.0, 0.2, 0.1],
        depth=3,
        cosine=0.3,
    )
    first = propagate_pair("relu", scaled_weight_variance=2.0, depth=1, cosine=0.3)
    then = propagate_pair("tanh", scaled_weight_variance=1.5, bias_variance=0.2, depth=1, cosine=first.a[1])
    assert whole.z[:2].tolist() == pytest.approx([first.z[0], then.z[0]], abs=1e-14)
    assert whole.a[:3].tolist() == pytest.approx([0.3, first.a[1], then.a[1]], abs=1e-14)
    assert whole.a[3] == pytest.approx(whole.z[2], abs=1e-14)  # of the identity
    signal = propagate_layers(["relu", "identity"], [1, 1, 1], [2.0, 3.0])
    assert signal.a.tolist() == pytest.approx([1, 1, 3])


def test_what_has_no_direction_is_nan_and_comes_back_with_a_bias():
    dead = propagate_pair("tanh", scaled_weight_variance=1.0, bias_variance=[0, 0.5], depth=2, inputs=(0.0, 1.0))
    assert np.isnan(dead.z).tolist() == [True, False]
    assert np.isnan(dead.a).tolist() == [True, True, False]
    q = 0.5 + second_moment("tanh", 1.0)
    assert dead.z[1] == pytest.approx(0.5 / math.sqrt(0.5 * q), rel=1e-13)
    constant = propagate_pair("sigmoid", scaled_weight_variance=0.0, depth=2)  # f(0) = 1/2 for both
    assert np.isnan(constant.z).all()
    assert (constant.a[1:] == 1).all()
    assert np.isnan(constant.a_correlation).all()
    for gain in (1e-140, 1e140):  # beyond 1e-290 and 1e290
        lost = propagate_pair("relu", scaled_weight_variance=gain, depth=4)
        known = propagate_pair("relu", scaled_weight_variance=2.0, depth=2)
        assert lost.a[:3] == pytest.approx(known.a, abs=1e-13)
        assert np.isnan(lost.a[3:]).all()


def cosine(v):
    """Of pairs (..., n, 2)."""
    squares = np.square(v).sum(axis=-2)
    return v.prod(axis=-1).sum(axis=-1) / np.sqrt(squares.prod(axis=-1))


def drawn(f, width, rng, *, sw2, sb2, x, depth, draws=20, matrices=True):
    """Cosines of z and a and correlation of a, each (draws, depth), in networks of Gaussian weights and biases.

    Without matrices: given the layer before, the pairs of preactivations are independent and normal, with the mean
    squares and products of the activations as covariance. That is exactly what matrices would give.
    """
    a = np.broadcast_to(x, (draws, *x.shape))
    found = []
    for layer in range(depth):
        n = a.shape[1]
        if matrices:
            W = rng.standard_normal((draws, width, n)) * math.sqrt(sw2[layer] / n)
            z = W @ a + math.sqrt(sb2[layer]) * rng.standard_normal((draws, width, 1))
        else:
            covariance = sw2[layer] / n * a.transpose(0, 2, 1) @ a + sb2[layer]
            z = rng.standard_normal((draws, width, 2)) @ np.linalg.cholesky(covariance).transpose(0, 2, 1)
        a = f[layer](z)
        found.append((cosine(z), cosine(a), cosine(a - a.mean(axis=1, keepdims=True))))
    return np.array(found).transpose(1, 2, 0)


def orthogonal(n):
    """Two inputs with E[x^2] = 1, (n, 2)."""
    return np.stack([np.ones(n), np.resize([1.0, -1.0], n)], axis=1)


def agree(found, theory, bias):
    """Means over the draws, within 5.5 of their standard errors and the bias of a finite width. The errors are
    estimated from 20 draws, and 90 values compared: of 600 sets of draws, of two activations and widths, none was
    further off, and nine were off by more than 4."""
    for values, expected in zip(found, (theory.z, theory.a[1:], theory.a_correlation), strict=True):
        error = 5.5 * values.std(axis=0, ddof=1) / math.sqrt(len(values)) + bias
        assert (abs(values.mean(axis=0) - expected) < error).all()


@pytest.mark.parametrize(("width", "matrices"), [(64, True), (256, True), (1024, False)])
def test_networks_of_relu_agree_at_all_widths(width, matrices):
    """At He's gain, 20 draws, layers 1 to 30. The bias is at most 0.7 / n in all of them, with an uncertainty of 0.3
    (3000 draws at widths 64 and 256); the standard error, 1 / sqrt(20 n) in layer 1, is 3 times as large at n = 64."""
    he = {"sw2": [2.0] * 30, "sb2": [0.0] * 30}
    found = drawn(
        [lambda z: np.maximum(z, 0)] * 30,
        width,
        np.random.default_rng(width),
        **he,
        x=orthogonal(64),
        depth=30,
        matrices=matrices,
    )
    agree(found, propagate_pair("relu", scaled_weight_variance=2.0, depth=30), 1 / width)
    for layer, value in ((1, 0.318), (5, 0.736), (10, 0.872), (20, 0.948), (30, 0.972)):
        error = 4 * found[1][:, layer - 1].std(ddof=1) / math.sqrt(20) + 1 / width
        assert found[1][:, layer - 1].mean() == pytest.approx(value, abs=error + 5e-4)


@pytest.mark.parametrize("width", [64, 256, 1024])
def test_networks_of_tanh_with_biases_agree_at_all_widths(width):
    """In chaos, 20 draws, 30 layers. The bias grows to 3 / n in layer 30 (3000 draws at widths 64 and 256)."""
    found = drawn(
        [np.tanh] * 30,
        width,
        np.random.default_rng(width),
        sw2=[2.0] * 30,
        sb2=[0.05] * 30,
        x=orthogonal(64),
        depth=30,
        matrices=False,
    )
    agree(found, propagate_pair("tanh", **CHAOS, depth=30), 3 / width)


def test_a_network_of_different_layers_agrees():
    """20 draws at width 512: the standard error is about 0.01, so a wrong layer would show."""
    names, x = ["relu", "softplus", "tanh", "gelu"], orthogonal(512) @ np.array([[1.0, 0.6], [0.0, 1.2]])
    sw2, sb2 = [2.0, 1.0, 1.5, 3.0], [0.1, 0.0, 0.3, 0.0]
    f = [activations.get(name).f for name in names]
    found = drawn(f, 512, np.random.default_rng(5), sw2=sw2, sb2=sb2, x=x, depth=4)
    theory = propagate_pair(
        names,
        scaled_weight_variance=sw2,
        bias_variance=sb2,
        depth=4,
        cosine=float(cosine(x)),
        inputs=tuple(np.square(x).mean(axis=0)),
    )
    agree(found, theory, 1 / 512)


# ---------------------------------------------------------------- arguments

W = {"scaled_weight_variance": 1.0}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: correlation_map("relu", 1.5), ValueError, "c must be a finite number >= -1 and <= 1, got 1.5"),
        (lambda: correlation_map("relu", math.nan), ValueError, "c must be .* got nan"),
        (lambda: correlation_slope("relu", "0.5"), TypeError, "c must be .* got '0.5'"),
        (lambda: correlation_map("relu", 0.5, 0.0), ValueError, "q must be a finite number > 0, got 0.0"),
        (lambda: correlation_map("relu", 0.5, math.inf), ValueError, "q must be a finite number > 0, got inf"),
        (lambda: correlation_map("relu", 0.5, 1e-300), ValueError, "q must be from 1e-290 to 1e.290, got 1e-300"),
        (lambda: correlation_map("relu", 0.5, (1.0, -1.0)), ValueError, r"q\[1\] must be .* > 0, got -1.0"),
        (lambda: correlation_map("relu", 0.5, (1.0,)), ValueError, r"q must be one number .* tuple of two, got \(1.0,"),
        (lambda: correlation_map(["relu"], 0.5), TypeError, r"activation must be a name .* got \['relu'\]"),
        (lambda: correlation_map("relu", 0.5, bias_variance=-1), ValueError, "bias_variance must be .* got -1"),
        (lambda: fixed_correlations("tanh", 1.0, **W), ValueError, "q must be a fixed point .* got 1.0, which becomes"),
        (lambda: critical_line("tanh", -0.1), ValueError, "bias_variance must be a finite number >= 0, got -0.1"),
        (lambda: critical_gain(["sigmoid"]), TypeError, "activation must be a name or an Activation"),
        (lambda: propagate_pair("relu", depth=2, cosine=-2, **W), ValueError, "cosine must be .* got -2"),
        (lambda: propagate_pair("relu", depth=2, inputs=(1.0,), **W), ValueError, "inputs must hold two, got 1"),
        (lambda: propagate_pair("relu", depth=2, inputs=(1, -1), **W), ValueError, r"inputs\[1\] must be .* got -1"),
        (lambda: propagate_pair("relu", depth=2, inputs=1.0, **W), TypeError, "inputs must be a sequence, got 1.0"),
        (lambda: propagate_pair("relu", depth=2.0, **W), TypeError, "depth must be an int >= 1, got 2.0"),
        (lambda: propagate_pair(["relu"], depth=2, **W), ValueError, "activation must be one, or one for each of 2 "),
        (
            lambda: propagate_pair("relu", depth=2, scaled_weight_variance=[1.0]),
            ValueError,
            "scaled_weight_variance must hold one for each of 2 layers, got 1",
        ),
        (
            lambda: propagate_pair("relu", depth=2, bias_variance="ab", **W),
            TypeError,
            "bias_variance must be a sequence, got 'ab'",
        ),
        (lambda: propagate_layers("relu", 3, [1.0]), TypeError, "widths must be a sequence, got 3"),
        (lambda: propagate_layers("relu", [3], []), ValueError, r"widths must hold at least two, .* got \[3\]"),
        (
            lambda: propagate_layers("relu", [3, "4"], [1.0]),
            TypeError,
            r"n\[1\] in widths must be an int >= 1, got '4'",
        ),
        (lambda: propagate_layers("relu", [3, 4], [-1.0]), ValueError, r"weight_variances\[0\] must be .* got -1.0"),
        (lambda: propagate_layers("relu", [3, 4], [1.0], [1, 2]), ValueError, "bias_variances must hold one .* got 2"),
        (lambda: propagate_layers("relu", [3, 4], [1.0], input=-1), ValueError, "input must be .* got -1"),
        (lambda: propagate_layers("relu", [3, 4], 1.0, top_gradient=math.nan), ValueError, "top_gradient .* got nan"),
        (lambda: chi("relu", True, **W), TypeError, "q must be a variance, a number >= 0, got True"),
        (lambda: second_moment("relu", "2"), TypeError, "q must be a variance, a number >= 0, got '2'"),
        (lambda: expectation("relu"), TypeError, "g must be a function of z, got 'relu'"),
        (lambda: expectation(lambda z: z[0]), ValueError, r"g must return an array of the shape of z, .* got \(24,\)"),
        (lambda: expectation(lambda z: z + 1j), TypeError, r"g\(z\) must be an array of real numbers"),
        (lambda: expectation(np.abs, kinks=0.0), TypeError, "kinks must be a sequence, got 0.0"),
        (lambda: expectation(np.abs, kinks=["0"]), TypeError, "each of the kinks must be a finite number, got '0'"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_kink_far_out_has_to_be_named_too():
    """At q2 = 0.05 it is 9 standard deviations away, where nothing is left of f, and c' is a ratio of such numbers."""
    for f, df in ((lambda z: (z > 2) * 1.0, np.zeros_like), (lambda z: np.maximum(z - 2, 0), lambda z: (z > 2) * 1.0)):
        for map_or_slope in (correlation_map, correlation_slope):
            with pytest.raises(ValueError, match="have its kinks named"):
                map_or_slope(Activation("far", f, df), 0.1, (1.0, 0.05))
            assert 0 <= map_or_slope(Activation("far", f, df, kinks=(2.0,)), 0.1, (1.0, 0.05)) < 1e-8


@pytest.mark.parametrize("name", activations.names())
def test_any_two_lengths_are_resolved(name):
    for q in (1e-12, 1e8, (1e-8, 1e8), (1.0, 1e-4)):
        assert 0 <= correlation_map(name, 0.5, q) <= 1
        assert correlation_slope(name, 0.5, q) > 0
