"""What the guide recommends: the right variance for every place and layer, code that was seen to give it, and whole
models that did what is predicted."""

import math
from functools import cache, partial
from itertools import pairwise

import numpy as np
import pytest
from test_frameworks import agrees

from initlab import finite_width, gaussian, recommend
from initlab.frameworks import MODELS, SNIPPETS
from initlab.gaussian import gain, propagate
from initlab.initializers import fans, variance_scaling
from initlab.network import backward, forward, observe, sample
from initlab.recommend import ACTIVATIONS, BRANCHES, FRAMEWORKS, LAYERS, PLACES, fingerprint
from initlab_book.chapters.guide import exercises

ADVICE = recommend.every_advice()

every_piece_of_advice = pytest.mark.parametrize("advice", ADVICE.values(), ids=map("-".join, ADVICE))
every_model = pytest.mark.parametrize(("framework", "activation"), [(f, a) for f in FRAMEWORKS for a in ACTIVATIONS])


def test_there_is_advice_for_every_layer_in_every_place():
    assert len(ADVICE) == len(ACTIVATIONS) * len(FRAMEWORKS) * sum(len(place.layers) for place in PLACES.values())
    assert {layer for place in PLACES.values() for layer in place.layers} == LAYERS.keys()


@every_piece_of_advice
def test_the_code_ran_and_gave_the_stated_variance(advice):
    key = fingerprint(advice.snippet)
    assert key in SNIPPETS, "this code has not been recorded: run tests/peers/record_frameworks.py"
    draw = SNIPPETS[key]
    assert (draw.fan_in, draw.fan_out) == advice.fans
    agrees(draw, advice.variance(*advice.fans), advice.distribution)
    assert draw.bias == (None if "mbed" in advice.snippet else (0, 0))


def test_nothing_is_recorded_that_is_no_longer_recommended():
    assert {fingerprint(code) for _, code in [*recommend.every_snippet(), *exercises.CALLS]} == SNIPPETS.keys()
    assert {fingerprint(recommend.model(a, f)) for a in ACTIVATIONS for f in FRAMEWORKS} == {
        model.code for model in MODELS.values()
    }


@every_piece_of_advice
def test_the_code_is_short_enough_for_a_page_and_says_for_which_layer_it_is(advice):
    lines = advice.snippet.splitlines()
    assert len(lines) <= 11
    assert max(map(len, lines)) <= 68
    assert lines[2].startswith("# ")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_code_names_the_activation_before_a_layer_and_prints_none_behind_it(activation, framework):
    for (name, place, _, where), advice in ADVICE.items():
        if (name, where) == (activation, framework):
            assert "activation=" not in advice.snippet
            if place in ("hidden", "branch"):
                label = "no activation" if activation == "identity" else ACTIVATIONS[activation].label.split(",")[0]
                assert label in advice.snippet.splitlines()[2]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_scale_of_a_hidden_layer_is_the_square_of_the_forward_gain(activation):
    square = gain(ACTIVATIONS[activation]) ** 2
    for layer in PLACES["hidden"].layers:
        assert recommend.recommend(activation, "hidden", layer).scale == pytest.approx(square, rel=3e-4)
    for layer in PLACES["branch"].layers:
        assert recommend.recommend(activation, "branch", layer).scale == pytest.approx(square / BRANCHES, rel=3e-4)


def test_elsewhere_the_activation_does_not_matter():
    for place in ("first", "last", "embedding", "tied"):
        for framework in FRAMEWORKS:
            for layer in PLACES[place].layers:
                assert len({recommend.recommend(a, place, layer, framework) for a in ACTIVATIONS}) == 1


def test_what_is_allowed_depends_on_the_place():
    for arguments in (("swish",), ("relu", "middle"), ("relu", "hidden", "lstm"), ("relu", "hidden", "dense", "caffe")):
        with pytest.raises(ValueError, match="must be one of"):
            recommend.recommend(*arguments)
    with pytest.raises(ValueError, match=r"layer must be one of 'table'"):
        recommend.recommend("relu", "tied", "dense")


def test_fans_are_what_one_output_adds_up():
    assert LAYERS["conv"].fans == fans((64, 64, 3, 3))
    assert LAYERS["depthwise"].fans == fans((64, 1, 3, 3), groups=64) == (9, 9)
    assert LAYERS["packed"].fans == fans((768, 256))
    assert recommend.recommend("relu", "last").fans == (256, 10)


# ---------------------------------------------------------------- whole models


def widths_and_scales(activation):
    """Widths of the whole model, and n Var W of its layers, by `recommend` alone."""
    places = ["first", *["hidden"] * (recommend.DEPTH - 2), "last"]
    advice = [recommend.recommend(activation, place) for place in places]
    return [256] * recommend.DEPTH + [10], [each.scale for each in advice]


@every_model
def test_a_whole_model_that_was_pasted_has_the_predicted_signal(framework, activation):
    """Five models of 19 hidden layers. Every layer of every model lies in the band of 95 % (with a little room: 1995
    numbers were recorded), and the scores have the size that the last hidden layer and the call of the last layer give
    them."""
    model, f = MODELS[framework, activation], ACTIVATIONS[activation]
    assert model.code == fingerprint(recommend.model(activation, framework))
    widths, scales = widths_and_scales(activation)
    variances = [scale / 256 for scale in scales]
    low, high = finite_width.band(f, widths, variances)[:, 1:-1]
    size = np.array(model.size)
    assert size.shape == (5, 19)
    assert (size > 0.95 * low).all()
    assert (size < 1.05 * high).all()
    # ten scores of 256 examples, which are alike where the cosine is near 1
    assert np.array(model.scores) / size[:, -1] == pytest.approx(scales[-1], rel=0.8)
    assert np.mean(np.array(model.scores) / size[:, -1]) == pytest.approx(scales[-1], rel=0.35)


@every_model
def test_a_whole_model_starts_without_an_opinion(framework, activation):
    """A first loss of ln 10: scores of mean square v add about v/2 to it, and labels drawn at random add noise of
    sqrt(v / 256)."""
    model = MODELS[framework, activation]
    for loss, scores in zip(model.loss, model.scores, strict=True):
        assert abs(loss - math.log(10) - scores / 2) < 5 * math.sqrt(scores / 256)
        assert loss < 2.45


@cache
def cosines(activation, networks=12):
    """The mean cosine of the activations of two inputs, in the hidden layers of networks that initlab draws by the same
    rules: (networks, layers)."""
    widths, scales = widths_and_scales(activation)
    rules = [partial(variance_scaling, scale=scale, mode="fan_in", distribution="normal") for scale in scales]
    nets = sample(widths, ACTIVATIONS[activation], rules, seeds=range(networks), dtype=np.float32)
    x = np.random.default_rng(0).standard_normal((networks, 256, 64), dtype=np.float32)
    return observe(nets, x).a.cosine[..., 1:-1]


@every_model
def test_the_content_of_a_whole_model_is_the_predicted_one(framework, activation):
    """The mean cosine of two inputs: in the first layers that of the infinitely wide network, in all of them that of
    networks which initlab draws, within 5 standard errors of a mean over five."""
    f, (_, scales) = ACTIVATIONS[activation], widths_and_scales(activation)
    theory = gaussian.propagate_pair(f, scaled_weight_variance=scales, depth=len(scales)).a[1:-1]
    cosine, ours = np.array(MODELS[framework, activation].cosine), cosines(activation)
    assert np.abs(cosine[:, :3] - theory[:3]).max() < 0.05
    error = ours.std(axis=0) * math.sqrt(1 / 5 + 1 / len(ours))
    assert (np.abs(cosine.mean(axis=0) - ours.mean(axis=0)) < 5 * error + 0.002).all()


# ---------------------------------------------------------------- what theory expects


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_a_forecast_of_equal_layers_is_that_of_the_infinitely_wide_network(activation):
    widths, variance = [100] * 11, 1.8 / 100
    expected = gaussian.propagate_layers(activation, widths, [variance] * 10, [0.1] * 10)
    theory = propagate(activation, scaled_weight_variance=1.8, bias_variance=0.1, depth=10)
    assert expected.a == pytest.approx(theory.a)
    assert expected.dz == pytest.approx(theory.dz)


@pytest.mark.parametrize("activation", ["relu", "gelu", "tanh"])
@pytest.mark.parametrize("widths", [[64] * 11, [128, 32] * 5 + [128]], ids=["equal", "alternating"])
def test_a_forecast_holds_for_networks_that_are_drawn(activation, widths):
    """300 networks of 10 layers. The share below a true quantile p has the standard error
    sqrt(p (1 - p) / 300): 2.5 % +- 0.9 % on each side, and the means are compared with the spread that they show."""
    advice = recommend.recommend(activation)
    variances = [advice.variance(*pair) for pair in pairwise(widths)]
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
