"""What the guide recommends: the right variance, and code that was seen to give it."""

import math

import pytest
from test_frameworks import agrees

from initlab import recommend
from initlab.frameworks import SNIPPETS
from initlab.gaussian import gain
from initlab.recommend import ACTIVATIONS, FRAMEWORKS, LAYERS, fingerprint

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
    assert {fingerprint(code) for _, code in recommend.every_snippet()} == SNIPPETS.keys()


@every_piece_of_advice
def test_the_code_is_short_enough_for_a_page(activation, layer, framework):
    lines = recommend.recommend(activation, layer, framework).snippet.splitlines()
    assert len(lines) <= 14
    assert max(map(len, lines)) <= 68


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "gelu", "silu", "selu", "identity"])
def test_the_scale_is_the_square_of_the_forward_gain(activation):
    scale = recommend.recommend(activation, "dense").scale
    assert scale == pytest.approx(gain(ACTIVATIONS[activation]) ** 2, rel=3e-4)


def test_a_name_that_is_not_there():
    for arguments in (("swish",), ("relu", "lstm"), ("relu", "dense", "caffe")):
        with pytest.raises(ValueError, match="must be one of"):
            recommend.recommend(*arguments)


def test_fans_of_a_convolution_include_its_kernel():
    assert LAYERS["conv"].fans == (64 * 9, 64 * 9)
    assert LAYERS["conv"].widths[0] == 64 * math.prod(LAYERS["conv"].kernel)
