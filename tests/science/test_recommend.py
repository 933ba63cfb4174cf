"""What the guide recommends: the right variance, and code that was seen to give it."""

import math
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from test_frameworks import agrees

from initlab import finite_width, gaussian, recommend
from initlab.frameworks import SNIPPETS
from initlab.gaussian import critical_gain, fixed_points, gain, propagate
from initlab.initializers import variance_scaling
from initlab.network import backward, forward, sample
from initlab.recommend import ACTIVATIONS, FRAMEWORKS, LAYERS, fingerprint
from initlab_book.chapters.guide import exercises

every_piece_of_advice = pytest.mark.parametrize(
    ("activation", "layer", "framework"), [(a, la, f) for a in ACTIVATIONS for la in LAYERS for f in FRAMEWORKS]
)


@every_piece_of_advice
def test_the_code_ran_and_gave_the_stated_variance(activation, layer, framework):
    advice = recommend.recommend(activation, layer, framework)
    key = fingerprint(advice.snippet)
    assert key in SNIPPETS, "this code has not been recorded: run tests/peers/record_frameworks.py"
    draw, (fan_in, fan_out) = SNIPPETS[key], LAYERS[layer].fans
    assert (draw.fan_in, draw.fan_out) == (fan_in, fan_out)
    agrees(draw, advice.variance(fan_in, fan_out), advice.distribution)
    assert draw.bias == (0, 0)


def test_nothing_is_recorded_that_is_no_longer_recommended():
    assert {fingerprint(code) for _, code in [*recommend.every_snippet(), *exercises.CALLS]} == SNIPPETS.keys()


@every_piece_of_advice
def test_the_code_is_short_enough_for_a_page(activation, layer, framework):
    lines = recommend.recommend(activation, layer, framework).snippet.splitlines()
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 68


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_scale_is_the_square_of_a_gain(activation):
    """Of the forward gain, but for the sigmoid, whose signal cannot be lost: of the gain that holds its gradients."""
    g = critical_gain(activation) if activation == "sigmoid" else gain(ACTIVATIONS[activation])
    for layer in LAYERS:
        assert recommend.recommend(activation, layer).scale == pytest.approx(g**2, rel=3e-4)


def test_at_the_critical_gain_a_sigmoid_hands_gradients_on_unchanged():
    (point,) = fixed_points("sigmoid", scaled_weight_variance=critical_gain("sigmoid") ** 2)
    assert point.stable
    assert point.chi_1 == pytest.approx(1, abs=1e-9)


def test_a_name_that_is_not_there():
    for arguments in (("swish",), ("relu", "lstm"), ("relu", "dense", "caffe")):
        with pytest.raises(ValueError, match="must be one of"):
            recommend.recommend(*arguments)


def test_fans_of_a_convolution_include_its_kernel():
    assert LAYERS["conv"].fans == (64 * 9, 64 * 9)
    assert LAYERS["conv"].widths[0] == 64 * math.prod(LAYERS["conv"].kernel)


# ---------------------------------------------------------------- what theory expects


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_a_forecast_of_equal_layers_is_that_of_the_infinitely_wide_network(activation):
    widths, variance = [100] * 11, 1.8 / 100
    expected = gaussian.propagate_layers(activation, widths, [variance] * 10, [0.1] * 10)
    theory = propagate(activation, scaled_weight_variance=1.8, bias_variance=0.1, depth=10)
    assert expected.a == pytest.approx(theory.a)
    assert expected.dz == pytest.approx(theory.dz)


@pytest.mark.parametrize("activation", ["relu", "gelu", "tanh"])
@pytest.mark.parametrize("layer", ["dense", "bottleneck"])
def test_a_forecast_holds_for_networks_that_are_drawn(activation, layer):
    """300 networks with a quarter of the widths, 10 layers. The share below a true quantile p has the standard error
    sqrt(p (1 - p) / 300): 2.5 % +- 0.9 % on each side, and the means are compared with the spread that they show."""
    widths = [n // 4 for n in LAYERS[layer].widths[:11]]
    advice = recommend.recommend(activation, layer)
    variances = [advice.variance(*fans) for fans in pairwise(widths)]
    expected = gaussian.propagate_layers(activation, widths, variances)
    low, high = finite_width.band(activation, widths, variances)[:, -1]
    initializer = partial(variance_scaling, scale=advice.scale, mode=advice.mode, distribution="normal")
    nets = sample(widths, activation, initializer, output_activation=activation, seeds=range(300))
    rng = np.random.default_rng(1)
    x = rng.standard_normal((300, widths[0], 1))
    passed = forward(nets, x / np.sqrt(np.square(x).mean(axis=1, keepdims=True)))
    a = np.square(passed.a[-1]).mean(axis=(1, 2))
    dz = [np.square(g).mean() for g in backward(nets, passed, rng.standard_normal(passed.output.shape)).dz]
    error = 5 * math.sqrt(0.025 * 0.975 / 300)
    assert np.mean(a < low) == pytest.approx(0.025, abs=error)
    assert np.mean(a > high) == pytest.approx(0.025, abs=error)
    spread = np.log(high / low) / 4
    assert np.log(dz[0] / expected.dz[0]) == pytest.approx(0, abs=max(0.25, 0.5 * spread))


def test_the_band_of_relu_has_five_over_n_a_layer():
    low, high = finite_width.band("relu", [100] * 21, [0.02] * 20)
    for layer in (1, 5, 20):
        width = np.log(high[layer] / low[layer]) / (2 * 1.96)
        assert width == pytest.approx(math.sqrt(layer * math.log1p(5 / 100)), rel=0.1)  # quantiles of 2000 paths
