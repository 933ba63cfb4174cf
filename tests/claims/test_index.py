"""The front page, held to account."""

import math
import re
from functools import partial

import numpy as np
import pytest

from initlab import gaussian
from initlab.demos import signal
from initlab.initializers import xavier_normal
from initlab.network import forward, sample

from . import chapter, near

says = chapter("index")


def test_ten_per_cent_too_large_is_a_hundred_times_too_large():
    says("$1.1^{50} = 117$: weights ten per cent too large make a signal a hundred times too large")
    assert round(1.1**50) == 117


def test_the_picture_is_the_network_that_the_page_describes():
    says("a network of 50 layers with 200 units each")
    says("standard deviation $g/\\sqrt{200}$")
    assert signal.signal.settings()["depth"] == 50
    assert signal.signal.settings()["width"] == 200


def test_relu_wants_root_two():
    says("ReLU throws half of the signal's energy away, so it wants $g = \\sqrt2 = 1.414$")
    assert gaussian.second_moment("relu", 1.0) == pytest.approx(0.5)
    assert math.sqrt(2) in [pytest.approx(gain, abs=5e-4) for gain in signal.GAINS]
    assert "Forward, the signal lives" in signal.signal.frame(activation="relu", gain=1.4142)["text"]
    # "Now switch to ReLU without moving the slider: what happened": at a scale that suits tanh, ReLU dies
    for activation, fates in (("tanh", ("lives", "lives")), ("relu", ("dies", "dies"))):
        text = signal.signal.frame(activation=activation, gain=1.0)["text"]
        assert re.findall(r"(lives|dies|explodes)", text) == list(fates)


def test_no_scale_on_the_slider_keeps_the_gradient_of_a_sigmoid_alive():
    says("multiplies the gradient by at most $g/4$ per layer; at no setting of this slider does the gradient survive")
    for gain in signal.GAINS:
        assert "Backward, the gradient dies" in signal.signal.frame(activation="sigmoid", gain=gain)["text"]
    for q in np.geomspace(1e-3, 1e3, 13):
        assert gaussian.squared_slope("sigmoid", q) <= (1 / 4) ** 2 * (1 + 1e-12)


def test_each_unit_of_a_deep_sigmoid_network_ends_on_a_constant_of_its_own():
    says("each unit ends on a constant of its own that says practically nothing about the input")
    x = np.random.default_rng(0).standard_normal((200, 50))
    for gain in signal.GAINS:
        last = forward(sample([200] * 51, "sigmoid", partial(xavier_normal, gain=gain), rng=0), x).a[-2]
        assert last.std(axis=1).max() < 1e-6 * last.std(axis=0).min()  # over inputs, against over units


def test_for_a_linear_network_the_factor_is_g():
    says("For a linear network the factor is $g$ itself")
    theory = gaussian.propagate("identity", weight_variance=1.3**2, depth=4)
    assert theory.a == pytest.approx(1.3 ** (2 * np.arange(5)))
