"""Claims about the luck of finite width."""

import math
from functools import partial

import numpy as np
import pytest

from initlab import activations, finite_width, gaussian, random_matrices
from initlab.activations import leaky_relu
from initlab.initializers import he_normal, variance_scaling
from initlab.network import forward, sample, simulate


def test_luck_of_linear_relu_and_leaky_relu():
    assert finite_width.relative_variance("identity") == pytest.approx(2)
    assert finite_width.relative_variance("relu", 7.0) == pytest.approx(5)  # the same at every length
    s = 0.01
    leaky = 3 * (1 + s**4) / 2 / ((1 + s**2) / 2) ** 2 - 1
    assert finite_width.relative_variance("leaky_relu") == pytest.approx(leaky)


@pytest.mark.parametrize("activation", ["tanh", "gelu", "sigmoid"])
def test_luck_is_the_relative_variance_of_one_unit(activation):
    f = gaussian.get(activation).f
    square = np.square(f(np.sqrt(0.7) * np.random.default_rng(0).standard_normal(1_000_000)))
    measured = square.var() / square.mean() ** 2
    # 5 standard errors of a relative variance, from 100 parts of the sample
    parts = [part.var() / part.mean() ** 2 for part in np.split(square, 100)]
    assert abs(measured - finite_width.relative_variance(activation, 0.7)) < 5 * np.std(parts) / 10 + 0.001


def test_a_walk_has_the_law_of_a_network_with_real_matrices():
    """Mean and variance of ln q, and of q, in the last of five layers, within 4 standard errors of the difference."""
    depth, n, seeds, g = 5, 20, 1500, 1.5
    x = np.ones((n, 1))
    first = partial(variance_scaling, scale=1.0, mode="fan_in", distribution="normal")
    rest = partial(variance_scaling, scale=g**2, mode="fan_in", distribution="normal")
    net = sample([n] * depth, "tanh", [first, *[rest] * (depth - 2)], seeds=range(seeds), output_activation="tanh")
    matrices = g**2 * np.square(forward(net, x).output[..., 0]).mean(axis=-1)
    walks = finite_width.sample_lengths("tanh", [n] * depth, scaled_weight_variance=g**2, seeds=seeds, rng=1)[:, -1]
    for real, drawn in ((matrices, walks), (np.log(matrices), np.log(walks))):
        error = math.sqrt((real.var() + drawn.var()) / seeds)
        assert abs(real.mean() - drawn.mean()) < 4 * error
        squares = [np.square(values - values.mean()) for values in (real, drawn)]
        error = math.sqrt(sum(square.var() for square in squares) / seeds)
        assert abs(real.var() - drawn.var()) < 4 * error


def test_a_walk_starts_at_q_and_has_common_draws():
    settings = {"seeds": 3, "rng": 5, "q": 0.5}
    one, two = (finite_width.sample_lengths("relu", [10] * 4, scaled_weight_variance=v, **settings) for v in (2.0, 4.0))
    assert (one[:, 0] == 0.5).all()
    assert two == pytest.approx(one * 2.0 ** np.arange(4))


def test_linear_spread_agrees_with_the_exact_walk():
    n, depth = 200, 30
    theory = finite_width.spread("identity", [n] * (depth + 1), scaled_weight_variance=1.0)
    assert theory.variance[-1] == pytest.approx(4 * depth * random_matrices.growth_variance(n), rel=0.02)
    for p in (0.025, 0.5, 0.975):
        assert theory.quantile(p)[-1] == pytest.approx(random_matrices.growth_quantile(p, depth, n) ** 2, rel=0.03)


def test_spread_adds_up_for_relu_and_nothing_shifts():
    theory = finite_width.spread("relu", [64] * 20, scaled_weight_variance=2.0)
    assert theory.q == pytest.approx(1)
    assert theory.variance == pytest.approx(5 / 64 * np.arange(20))
    assert theory.shift == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("activation", ["tanh", "selu", "gelu"])
def test_spread_is_that_of_wide_networks(activation):
    """Within 4 standard errors of a standard deviation, and 3 % for what is left out: higher powers of 1/n."""
    g, n, seeds = gaussian.gain(activation), 1000, 1000
    walks = np.log(finite_width.sample_lengths(activation, [n] * 8, scaled_weight_variance=g**2, seeds=seeds, rng=0))
    theory = finite_width.spread(activation, [n] * 8, scaled_weight_variance=g**2)
    assert walks.std(axis=0)[1:] == pytest.approx(theory.variance[1:] ** 0.5, rel=4 / math.sqrt(2 * seeds) + 0.03)


def test_spread_settles_where_the_fixed_point_attracts():
    n, slope = 100, gaussian.length_slope("selu", 1.0, scaled_weight_variance=1.0)
    theory = finite_width.spread("selu", [n] * 60, scaled_weight_variance=1.0)
    assert theory.variance[-1] == pytest.approx(finite_width.relative_variance("selu") / n / (1 - slope**2))


@pytest.mark.parametrize(("activation", "gain"), [("selu", 1.0), ("tanh", 5 / 3), ("tanh", 1.0)])
def test_measured_shift_is_that_of_theory_and_of_the_plain_mean(activation, gain):
    n, depth, settings = 100, 6, {"scaled_weight_variance": gain**2}
    theory = finite_width.spread(activation, [n] * depth, **settings)
    shift, error = finite_width.measured_shift(activation, [n] * depth, **settings, seeds=1000, rng=0)
    assert abs(shift - theory.shift[-1]) < 4 * error + 0.05 * abs(theory.shift[-1])
    plain = (
        finite_width.sample_lengths(activation, [n] * depth, **settings, seeds=10_000, rng=1)[:, -1] / theory.q[-1] - 1
    )
    plain_error = plain.std() / math.sqrt(10_000)
    assert abs(shift - plain.mean()) < 4 * math.hypot(error, plain_error)
    assert error < 0.5 * plain.std() / math.sqrt(1000)  # that is what the subtraction is for


def test_relu_has_no_shift():
    shift, error = finite_width.measured_shift("relu", [50] * 5, scaled_weight_variance=2.0, seeds=200, rng=0)
    assert abs(shift) < 1e-12  # all of the luck is new luck, and is subtracted
    assert error < 1e-12


@pytest.mark.parametrize(("width", "error"), [(0, ValueError), (2.5, TypeError), (True, TypeError)])
def test_a_width_is_a_whole_number(width, error):
    for walk in (finite_width.sample_lengths, finite_width.spread):
        with pytest.raises(error, match=r"n\[1\] in widths must be an int >= 1"):
            walk("tanh", [width] * 3, scaled_weight_variance=1.0)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_a_leaky_relu_network_takes_the_walk_of_its_slope_over_any_widths(slope):
    widths, seeds = [60, 80, 60, 100, 80], 600
    f, scheme = leaky_relu(slope), partial(he_normal, negative_slope=slope)
    deep = simulate([50, *widths], f, scheme, seeds=range(seeds), batch=1, bias_initializer=None)
    logs = np.log(deep.a.second_moment / deep.a.second_moment[:, :1])  # He keeps E[a^2], whatever the widths
    # The length q of a layer is that of the activations below it, so that one layer more tells of the last a.
    theory = finite_width.spread(f, [*widths, 1], scaled_weight_variance=2 / (1 + slope**2))
    assert logs.mean(axis=0) == pytest.approx(-theory.variance / 2, abs=4 * np.sqrt(theory.variance[-1] / seeds))
    # the standard error of a variance is sqrt(2/seeds) of it; beyond that, the formula is one for wide layers
    assert logs.var(axis=0)[1:] == pytest.approx(theory.variance[1:], rel=4 * np.sqrt(2 / seeds) + 5 / 60)
    low, high = (theory.quantile(p)[-1] for p in (0.025, 0.975))
    inside = np.mean((np.log(low) < logs[:, -1]) & (logs[:, -1] < np.log(high)))
    assert inside == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / seeds))


def test_the_walk_of_a_linear_network_is_that_of_its_products():
    for n in (32, 512):
        theory = finite_width.spread("identity", [n] * 8, scaled_weight_variance=1.0)
        assert -theory.variance[-1] / 4 == pytest.approx(7 * random_matrices.growth_rate(n), rel=2 / n)
        assert theory.variance[-1] / 4 == pytest.approx(7 * random_matrices.growth_variance(n), rel=2 / n)


# ---------------------------------------------------------------- the gain of one layer


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("name", ["identity", "relu", "tanh", "sigmoid", "gelu"])
def test_single_layers_of_finite_width_spread_around_the_gain(name, direction):
    width, layers = 128, 1000
    f, rng = activations.get(name), np.random.default_rng(0)
    z, top = rng.standard_normal((2, layers, width))
    # A Gaussian matrix of variance 1/n turns v into independent normal numbers of mean square |v|^2 / n.
    v = f.f(z) if direction == "forward" else top
    out = rng.standard_normal((layers, width)) * np.linalg.norm(v, axis=1, keepdims=True) / np.sqrt(width)
    if direction == "backward":
        out *= f.df(z)
    square = np.mean(out**2, axis=1)
    # Of the square, the spread is exact but for terms in 1/n^2; 1000 layers know it to 2.2 %, more for heavy tails.
    spread = 2 * finite_width.gain_spread(name, width, direction) / gaussian.gain(name, direction)
    assert square.std() / square.mean() == pytest.approx(spread, rel=0.1)
    assert finite_width.gain_spread(name, 4 * width, direction) == pytest.approx(
        finite_width.gain_spread(name, width, direction) / 2
    )


def test_the_spread_of_gains_worked_out_by_hand():
    # identity: k = 3, k' = 1; ReLU: k = (3/2) / (1/4) = 6, k' = (1/2) / (1/4) = 2
    assert finite_width.gain_spread("identity", 100) == pytest.approx(0.5 * math.sqrt(4 / 100))
    assert finite_width.gain_spread("identity", 100, "backward") == pytest.approx(0.5 * math.sqrt(4 / 100))
    assert finite_width.gain_spread("relu", 100) == pytest.approx(0.5 * math.sqrt(2 * 7 / 100))
    assert finite_width.gain_spread("relu", 100, "backward") == pytest.approx(0.5 * math.sqrt(2 * 7 / 100))
    with pytest.raises(ValueError, match="width"):
        finite_width.gain_spread("relu", 0)
    with pytest.raises(ValueError, match="direction"):
        finite_width.gain_spread("relu", 10, "sideways")
    assert finite_width.gain_spread("relu", 10, direction="backward") < finite_width.gain_spread(
        "relu", 5, direction="backward"
    )


def test_the_shift_of_narrow_networks_that_may_be_off_as_a_whole():
    """With two ReLU units in a layer every fourth network is off. The mean of q stays 1 all the same."""
    shift, error = finite_width.measured_shift("relu", [2] * 4, scaled_weight_variance=2.0, seeds=4000, rng=0)
    lengths = finite_width.sample_lengths("relu", [2] * 4, scaled_weight_variance=2.0, seeds=4000, rng=0)
    assert np.mean(lengths[:, 1] == 0) == pytest.approx(1 / 4, abs=0.03)
    assert shift == pytest.approx(0, abs=4 * error + 1e-9)


@pytest.mark.parametrize(("variance", "layers"), [(0.01, 400), (1000.0, 400), (1e-200, 3)])
def test_a_walk_that_leaves_the_range_of_numbers_is_refused(variance, layers):
    with pytest.raises(ValueError, match=r"scaled_weight_variance must keep q between .*: q\[\d+\] would be"):
        finite_width.spread("relu", [10] * layers, scaled_weight_variance=variance)


@pytest.mark.parametrize("factor", [1e-9, 1e9, 1e-20, 1e20])
def test_the_band_of_relu_scales_with_the_weights_however_far(factor):
    """ReLU has no size of its own: weights of c times the variance give c^l times the mean square in layer l."""
    widths, variances = [50] * 12, [0.04] * 11
    plain = np.log(finite_width.band("relu", widths, variances))
    scaled = np.log(finite_width.band("relu", widths, [factor * v for v in variances]))
    np.testing.assert_allclose(scaled, plain + np.arange(12) * math.log(factor), rtol=1e-7)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "gelu", "selu", "softsign"])
def test_the_band_holds_the_infinitely_wide_network_at_any_size(name):
    for scale in (1e-12, 1.0, 1e12):
        low, high = finite_width.band(name, [10**6] * 5, [scale / 10**6] * 4)
        expected = gaussian.propagate_layers(name, [10**6] * 5, [scale / 10**6] * 4).a
        np.testing.assert_allclose(low, expected, rtol=0.02)
        np.testing.assert_allclose(high, expected, rtol=0.02)


def test_a_band_beyond_the_largest_number_is_inf():
    low, high = finite_width.band("relu", [10] * 6, [1e100] * 5)
    assert np.isfinite(low[:4]).all()
    assert low[5] == high[5] == math.inf


def test_an_activation_that_is_dead_for_small_signals_has_no_band():
    dead = activations.Activation("dead", lambda z: np.maximum(z - 1, 0), lambda z: (z > 1) * 1.0, kinks=(1.0,))
    with pytest.raises(ValueError, match=r"activation must have E f\(z\)\^4 > 0 .*'dead'"):
        finite_width.band(dead, [3, 3], [1.0])


@pytest.mark.parametrize("q", [1e-250, 1e-160, 1e-20, 1e20, 1e160, 1e250])
def test_relative_variance_is_computed_at_any_size(q):
    assert finite_width.relative_variance("relu", q) == pytest.approx(5)
    assert finite_width.relative_variance("identity", q) == pytest.approx(2)


@pytest.mark.parametrize(("name", "q"), [("relu", 0.0), ("relu", math.inf), ("tanh", 0.0)])
def test_where_all_outputs_are_zero_or_infinite_there_is_no_relative_variance(name, q):
    with pytest.raises(ValueError, match=r"q must be a variance for which E f.* is neither 0 nor infinite, got"):
        finite_width.relative_variance(name, q)
    assert finite_width.relative_variance("sigmoid", 0.0) == 0
    assert finite_width.relative_variance("tanh", math.inf) == 0
