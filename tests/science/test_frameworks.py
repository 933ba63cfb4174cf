"""The recorded layers of PyTorch, Keras and Flax, against the rules stated for them. None has to be installed."""

import dataclasses
import math

import numpy as np
import pytest
from harness import ROOT

from initlab import frameworks
from initlab.frameworks import DEFAULTS, RULES
from initlab.initializers import TRUNCATED_STD, fans

KURTOSIS = {"normal": 3.0, "uniform": 9 / 5, "truncated_normal": 2.3655}
# Bounds of a law of variance 1, and its density there
BOUND = {
    "uniform": (math.sqrt(3), 1 / (2 * math.sqrt(3))),
    "truncated_normal": (
        2 / TRUNCATED_STD,
        math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)) * TRUNCATED_STD,
    ),
}


def agrees(draw, variance, distribution):
    """The draw is one of the law, within 5 standard errors: of the mean s / sqrt(n), of the variance
    sqrt((kurtosis - 1) / n) relative to it, of the kurtosis sqrt(24 / n) for a normal and less for bounded laws. The
    extremes lie within the bounds, and within 20 / (n density) of them, except with probability e^-20."""
    std = math.sqrt(variance)
    assert draw.n == math.prod(draw.shape)
    assert abs(draw.mean) < 5 * std / math.sqrt(draw.n)
    assert draw.variance == pytest.approx(variance, rel=5 * math.sqrt((KURTOSIS[distribution] - 1) / draw.n))
    assert draw.kurtosis == pytest.approx(KURTOSIS[distribution], abs=5 * math.sqrt(24 / draw.n))
    if distribution in BOUND:
        bound, density = BOUND[distribution]
        for extreme in (draw.high, -draw.low):
            assert extreme <= bound * std * (1 + 5e-5)  # gains are written with 5 digits
            assert extreme >= (bound - 20 / (draw.n * density)) * std


def default_agrees(name, draw):
    rule = RULES[name]
    agrees(draw, rule.variance(draw.fan_in, draw.fan_out), rule.distribution)
    if rule.bias:
        bound, n = 1 / math.sqrt(draw.fan_in), draw.fan_out / math.prod(draw.shape[2:])
        for extreme in (draw.bias[1], -draw.bias[0]):
            assert bound * (1 - 2 * 20 / n) < extreme <= bound
        assert rule.bias_variance(draw.fan_in) == pytest.approx(bound**2 / 3)
    elif draw.bias is not None:
        assert draw.bias == (0, 0)
        assert rule.bias_variance(draw.fan_in) == 0


def test_every_recorded_default_has_a_rule():
    assert DEFAULTS.keys() == RULES.keys()


@pytest.mark.parametrize("name", RULES, ids=".".join)
def test_a_default_is_what_its_rule_says(name):
    default_agrees(name, DEFAULTS[name])


@pytest.mark.parametrize("name", RULES, ids=".".join)
@pytest.mark.parametrize("field", ["variance", "kurtosis"])
def test_another_default_would_be_noticed(name, field):
    draw = DEFAULTS[name]
    with pytest.raises(AssertionError):
        default_agrees(name, dataclasses.replace(draw, **{field: 1.05 * getattr(draw, field)}))


@pytest.mark.parametrize("name", [n for n in RULES if "Embed" not in n[1]], ids=".".join)
def test_fans_are_read_in_the_order_of_the_framework(name):
    draw = DEFAULTS[name]
    assert (draw.fan_in, draw.fan_out) == fans(draw.shape, "OI" if name[0] == "torch" else "IO")


def test_pytorch_draws_a_third_of_what_the_others_do():
    """fan_in Var(W): 1/3 in PyTorch, 1 in Flax, 2 fan_in / (fan_in + fan_out) in Keras."""
    torch, keras, flax = (
        DEFAULTS[n] for n in (("torch", "nn.Linear"), ("keras", "layers.Dense"), ("flax", "nnx.Linear"))
    )
    assert torch.n_in_variance == pytest.approx(1 / 3, abs=5 * torch.n_in_variance_error)
    assert flax.n_in_variance == pytest.approx(1, abs=5 * flax.n_in_variance_error)
    assert keras.n_in_variance == pytest.approx(2 * 1000 / 1500, abs=5 * keras.n_in_variance_error)


def test_the_standard_error_of_a_variance():
    """Against the spread over many draws of the variance of 200 uniform numbers."""
    rng = np.random.default_rng(0)
    variances = rng.uniform(-1, 1, (20_000, 200)).var(axis=1)
    draw = dataclasses.replace(DEFAULTS["torch", "nn.Linear"], fan_in=1, n=200, variance=1 / 3, kurtosis=9 / 5)
    assert draw.n_in_variance_error == pytest.approx(variances.std(), rel=0.05)


def test_the_versions_are_those_that_the_requirements_pin():
    lines = (ROOT / "tests/peers/requirements.txt").read_text().split()
    pins = dict(line.split("==") for line in lines if "==" in line)
    assert {name: pins[name] for name in frameworks.VERSIONS} == frameworks.VERSIONS


def test_fans_that_a_framework_misreads():
    """Keras counts all channels of a depthwise convolution as inputs, so that He's variance is 512 times too small; by
    Xavier, PyTorch's packed queries, keys and values have half of the variance of three separate matrices."""
    for name, scale in ((("keras", "layers.DepthwiseConv2D"), 2 / 512), (("torch", "nn.MultiheadAttention"), 1 / 2)):
        draw = frameworks.MISREAD[name]
        assert draw.n_in_variance == pytest.approx(scale, abs=5 * draw.n_in_variance_error)
