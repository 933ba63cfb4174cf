"""The chapter "Which call do I write?", held to account."""

import inspect
import json
import math
import re
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from harness import ROOT, quiz_says, read_notebook

from initlab import finite_width, gaussian, recommend
from initlab.datasets import spiral
from initlab.frameworks import DEFAULTS, LEAKY_SLOPES, RULES, SHARED, SNIPPETS
from initlab.initializers import TRUNCATED_STD, fans, he_uniform, variance_scaling
from initlab.losses import softmax_cross_entropy
from initlab.network import forward, sample
from initlab.recommend import LAYERS, WHOLE_MODEL, fingerprint
from initlab_book.chapters import limits
from initlab_book.chapters.guide import exercises, experiments, figures, quiz

from . import chapter, near, printed

says = chapter("guide")

LINEAR = {"torch": "nn.Linear", "keras": "layers.Dense", "flax": "nnx.Linear"}
DEPTH = len(LAYERS["dense"].widths) - 1


def scale(framework, name):
    """fan_in Var(W) of a default, by its rule."""
    draw = DEFAULTS[framework, name]
    return draw.fan_in * RULES[framework, name].variance(draw.fan_in, draw.fan_out)


def size(moment):
    return math.sqrt(moment)


# ---------------------------------------------------------------- what you get if you write nothing


def test_three_defaults():
    says("For a ReLU it should be «2», as [He initialization](he.ipynb) shows.", gaussian.gain("relu") ** 2)
    says(
        "A dense layer with «1000» inputs and «500» outputs has 1/3 in PyTorch, 4/3 in Keras and «1» in Flax",
        [DEFAULTS[name].fan_in for name in LINEAR.items()],
        [DEFAULTS[name].fan_out for name in LINEAR.items()],
        scale("flax", "nnx.Linear"),
    )
    assert [scale(*name) for name in LINEAR.items()] == pytest.approx([1 / 3, 4 / 3, 1])
    dense = DEFAULTS["keras", "layers.Dense"]
    says("With «1000» inputs and «500» outputs that is", dense.fan_in, dense.fan_out)
    conv = DEFAULTS["keras", "layers.Conv2D"]
    says(
        "The convolution has fans of $3 \\cdot 3 \\cdot 128 = «1152»$ and «2304»: «two thirds».",
        conv.fan_in,
        conv.fan_out,
        scale("keras", "layers.Conv2D"),
    )
    says("with a kernel of 3 × 3, 128 channels in and 256 out? One of the three changes.")
    assert fans((3, 3, 128, 256), "IO") == (conv.fan_in, conv.fan_out)
    assert [scale("torch", "nn.Conv2d"), scale("flax", "nnx.Conv")] == pytest.approx([1 / 3, 1])
    says("from a normal distribution that is cut at two standard deviations and stretched so that the variance")
    for name in (("flax", "nnx.Linear"), ("flax", "nnx.Conv")):
        assert RULES[name].distribution == "truncated_normal"
        assert DEFAULTS[name].high == pytest.approx(2 / TRUNCATED_STD / math.sqrt(DEFAULTS[name].fan_in), rel=1e-3)


def test_pytorch_takes_a_slope_for_its_default():
    says("uniformly from $\\pm 1/\\sqrt n$, and draws the biases from the same interval")
    draw = DEFAULTS["torch", "nn.Linear"]
    for bound in (draw.high, -draw.low):
        assert bound == pytest.approx(1 / math.sqrt(1000), rel=1e-4)
    says("Such weights, with biases 0, are what [Glorot and Bengio (2010)]")
    assert RULES["torch", "nn.Linear"].bias_variance(1000) > 0
    for bound in (draw.bias[1], -draw.bias[0]):
        assert bound == pytest.approx(1 / math.sqrt(1000), rel=0.02)
    slope = math.sqrt(6 / (1000 * draw.high**2) - 1)  # He's bound is sqrt(6 / ((1 + slope^2) n))
    W = he_uniform((100, 1000), negative_slope=slope, rng=0)
    says("the rule looks modern: `kaiming_uniform_` with `a=sqrt(«5»)`", near(slope**2, abs=0.01))
    says(
        "the slope of a leaky ReLU below zero, and $«2»/(1 + «5») = «1»/«3»$, [as we saw](xavier.ipynb)",
        near((1 + slope**2) * 1000 * W.var(), rel=0.02),
        near(slope**2, abs=0.01),
        near(3000 * W.var(), rel=0.02),
        near(1 / (1000 * W.var()), rel=0.02),
    )
    says("None of the «three» is meant for a ReLU. A ReLU keeps «half» of the second moment", len(LINEAR), 1 / 2)
    assert gaussian.second_moment("relu") == pytest.approx(1 / 2)
    says("Over «twenty» layers with equal fans", DEPTH)


# ---------------------------------------------------------------- the figure


def test_the_network_of_the_figure():
    first, *rest = experiments.variances("relu", "dense")
    says("The first layer gets data instead of activations, so it has gain «1».", size(256 * first))
    assert 256 * np.array(rest) == pytest.approx(2)
    theory, _ = experiments.expected("relu", "dense")
    says("for ReLU it has size «0.71» where $z$ has size «1»", np.sqrt(theory.a[1:]), np.sqrt(theory.z))
    says("The shaded band is where «95 %» of networks lie at these widths", 0.975 - 0.025)
    says("leaves $«1.7 \\cdot 10^{-8}»$ of a signal after «twenty» ReLU layers", size((1 / 6) ** DEPTH), DEPTH)
    says("With which of them could you add another «twenty» layers without a thought?", DEPTH)
    widths = LAYERS["halving"].widths
    says("the layers $«1024» \\to «512» \\to \\dots \\to «32»$", widths[0], widths[1], widths[-1])


def test_biases_hold_the_signal_of_pytorch_up():
    default = experiments.expected_by_default("relu", "dense", "torch")
    says("stops at «0.028»: the random biases hold it up.", size(default.a[-1]))
    assert default.a[-1] == pytest.approx(default.a[-5], rel=1e-3)
    says("and the gradient is gone")
    assert size(default.dz[0] / default.dz[-1]) < 1e-7
    # "they say the same to every input": two independent inputs end with almost equal activations
    bias = partial(variance_scaling, scale=1 / 3, mode="fan_in", distribution="normal")
    network = sample(
        [256] * 21,
        "relu",
        bias,
        bias_initializer=lambda shape, **kw: bias((shape[0], 256), **kw)[:, 0],
        output_activation="relu",
        rng=0,
    )
    a, b = forward(network, np.random.default_rng(1).standard_normal((256, 2))).output.T
    assert np.corrcoef(a, b)[0, 1] > 0.9999


def test_the_answers_to_what_to_try():
    flax, torch = (experiments.expected_by_default("relu", "dense", name).dz for name in ("flax", "torch"))
    assert torch[0] < flax[0] < 0.01  # PyTorch's dies faster
    for activation, narrow in (("selu", True), ("tanh", True), ("gelu", False), ("silu", False)):
        _, (low, high) = experiments.expected(activation, "dense")
        width = np.log(high / low)
        assert (width[20] < 1.5 * width[10]) == narrow, activation
    for layer, grows in (("halving", False), ("doubling", True)):
        theory, _ = experiments.expected("tanh", layer)
        assert (theory.dz[0] > theory.dz[-1]) == grows
    for framework in LINEAR:
        default = experiments.expected_by_default("sigmoid", "dense", framework)
        assert default.a[-1] > 0.25
        assert default.dz[0] < 1e-20


def test_one_drawn_network_lies_in_the_band():
    for activation in figures.NAMES:
        _, (low, high) = experiments.expected(activation, "dense")
        signal = np.square(experiments.drawn(activation, "dense")[0])
        assert (signal > 0.8 * low).all(), activation
        assert (signal < 1.25 * high).all(), activation


def places(image):
    """(9 C, N N) from (C, N, N): what each place of a picture that closes on itself reads."""
    moves = [np.roll(image, (i, j), axis=(1, 2)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return np.concatenate(moves).reshape(9 * len(image), -1)


def test_the_band_of_a_convolution():
    says("that all places of a picture share their luck, as they share their weights, and is a little too wide.")
    rng, ends = np.random.default_rng(0), []
    weights = experiments.variances("relu", "conv")
    for _ in range(60):
        a = rng.standard_normal((64, 8, 8), dtype=np.float32)
        for variance in weights:
            W = np.float32(size(variance)) * rng.standard_normal((64, 576), dtype=np.float32)
            a = np.maximum(W @ places(a), 0).reshape(64, 8, 8)
        ends.append(np.square(a).mean())
    low, high = experiments.expected("relu", "conv")[1][:, -1]
    assert np.mean((low < ends) & (ends < high)) > 0.9
    spread, of_band = np.log(ends).std(), np.log(high / low) / (2 * 1.96)
    assert 0.6 * of_band < spread < 1.05 * of_band
    # as many independent units as a sum has terms would give a band that is far too narrow
    low, high = finite_width.band("relu", LAYERS["conv"].widths, weights)[:, -1]
    assert np.mean((low < ends) & (ends < high)) < 0.75


def test_zeros_at_the_edges():
    weights, square = experiments.variances("relu", "conv"), np.ones((32, 32))
    for layer, variance in enumerate(weights):
        a = square if layer == 0 else square * gaussian.second_moment("relu")
        around = np.pad(a, 1)
        square = 64 * variance * sum(around[i : i + 32, j : j + 32] for i in range(3) for j in range(3))
    a = square * gaussian.second_moment("relu")
    inside = experiments.expected("relu", "conv")[0].a[-1]
    assert a[16, 16] == pytest.approx(inside, rel=1e-3)
    says(
        "in a picture of 32 × «32», the zeros around it cost «28 %» of $\\mathbb{E}[a^2]$ in «twenty» ReLU layers",
        len(a),
        1 - a.mean() / inside,
        len(weights),
    )


# ---------------------------------------------------------------- why the band widens


def at_one(activation):
    """(slope of the length map, chi) at q = 1 with the recommended weights."""
    variance = recommend.recommend(activation).scale
    return (
        gaussian.length_slope(activation, 1.0, scaled_weight_variance=variance),
        gaussian.chi(activation, 1.0, scaled_weight_variance=variance),
    )


def test_errors_stay_shrink_or_grow():
    says(
        "all have a call that keeps $\\mathbb{E}[z^2] = «1»$",
        gaussian.length_map("selu", 1.0, scaled_weight_variance=1.0),
    )
    says("a signal that is *not* quite 1")
    says("Its slope at $q = 1$ says what becomes of a small error")
    by_hand = [
        gaussian.length_map("gelu", q, scaled_weight_variance=recommend.recommend("gelu").scale) for q in (0.999, 1.001)
    ]
    assert np.diff(by_hand)[0] / 0.002 == pytest.approx(at_one("gelu")[0], rel=1e-3)
    assert by_hand[0] < 1 < by_hand[1]
    says("**ReLU** passes an error on as it is: factor «1».", at_one("relu")[0])
    says("**SELU and tanh** pull errors back: below 1.")
    assert max(at_one("selu")[0], at_one("tanh")[0]) < 1
    selu, tanh = at_one("selu")[1], at_one("tanh")[1]
    says(
        "by «7 %» a layer for SELU and by «18 %» for tanh (in size, «4 %» and «9 %»)",
        selu - 1,
        tanh - 1,
        size(selu) - 1,
        size(tanh) - 1,
    )
    says("**GELU and SiLU** push errors away: above 1.")
    assert min(at_one("gelu")[0], at_one("silu")[0]) > 1


def test_no_gain_gives_gelu_or_silu_a_stable_size():
    says("wherever these two have a fixed point other than 0, it repels")
    found = 0
    for activation in ("gelu", "silu"):
        for g in (1.2, 1.42, 1.5, 1.6, 1.8, 1.95, 2.2):
            for point in gaussian.fixed_points(activation, scaled_weight_variance=g**2):
                if 0 < point.q < math.inf:
                    found += 1
                    assert not point.stable
    assert found >= 8


def test_ten_layers_of_gelu_are_little():
    says("For a few layers nothing, for ten layers little")
    for activation in ("gelu", "silu"):
        theory, (low, high) = experiments.expected(activation, "dense")
        assert size(low[10] / theory.a[10]) > 0.2
        assert size(high[10] / theory.a[10]) < 3
        assert size(low[20] / theory.a[20]) < 0.1  # and twenty are much


# ---------------------------------------------------------------- does it decide training?


def test_the_experiment():
    x, _ = spiral(200, rng=0)
    says(
        "«32» units a layer, «300» steps, «five» networks for every gain and learning rate. We report the median "
        "network at the best of «five» rates.",
        experiments.UNITS,
        experiments.STEPS,
        experiments.NETWORKS,
        len(experiments.RATES),
    )
    assert x.shape == (2, 200)
    says(
        "whose forward gain is «1.68». Do they train as well with He's $\\sqrt2 = «1.41»$?",
        gaussian.gain("silu"),
        math.sqrt(2),
    )
    says("«Ten» layers of SiLU", int(re.search(r"silu +(\d+) layers", printed("guide", cell="train-code"))[1]))
    assert "sigmoid   6 layers, gain  1.000: loss 0.693" in printed("guide", cell="train-code")


def test_tanh_learns_better_with_its_forward_gain():
    one, forward_gain, torch = (experiments.best_loss("tanh", g, 10)[0] for g in (1, gaussian.gain("tanh"), 5 / 3))
    says("With gain 1 a signal fades, if slowly, and the network learns.")
    assert one < 0.1
    says("With the forward gain «1.59» it learns to a loss more than ten times lower here.", gaussian.gain("tanh"))
    assert 10 * forward_gain < one
    says('PyTorch\'s `calculate_gain("tanh")`, 5/3, did as well as ours in the same test')
    assert {row.activation: row.torch for row in gaussian.torch_gain_table()}["tanh"] == 5 / 3
    assert 1 / 3 < torch / forward_gain < 3
    says(
        "At size «1» the gradient asks for «1.4674» in place of «1.5925».",
        gaussian.length_map("tanh", 1.0, scaled_weight_variance=gaussian.gain("tanh") ** 2),
        gaussian.gain("tanh", "backward"),
        gaussian.gain("tanh"),
    )
    backward_gain = gaussian.gain("tanh", "backward")
    (point,) = (p for p in gaussian.fixed_points("tanh", scaled_weight_variance=backward_gain**2) if p.q > 0.01)
    assert point.stable
    says(
        "But with «1.4674» the signal settles at «0.85», where the gradient still grows by «6 %» a layer.",
        backward_gain,
        size(point.q),
        size(point.chi_1) - 1,
    )
    growth = size(at_one("tanh")[1])
    says("Over twenty layers that is harmless; over a hundred it is not.")
    assert growth**20 < 6
    assert growth**100 > 1000


def test_silu_wants_more_than_he_and_gelu_does_not_care():
    says("He's gain $\\sqrt2$ is too small, and here it shows.")
    assert (
        5 * experiments.best_loss("silu", gaussian.gain("silu"), 10)[0]
        < experiments.best_loss("silu", math.sqrt(2), 10)[0]
    )
    says("That depends on the draw: with other points and networks both gains can do equally well.")
    ratios = [
        np.divide(*(experiments.best_loss("silu", g, 10, seed=seed)[0] for g in (math.sqrt(2), gaussian.gain("silu"))))
        for seed in (5, 6)
    ]
    assert min(ratios) < 1.5
    says(
        "For GELU, whose forward gain «1.53» is nearer to $\\sqrt2$, ten layers trained about equally well",
        gaussian.gain("gelu"),
    )
    assert math.sqrt(2) < gaussian.gain("gelu") < gaussian.gain("silu")
    # at 0.18, the best of the five for both
    both = [experiments.best_loss("gelu", g, 10, rates=(0.18,)) for g in (math.sqrt(2), gaussian.gain("gelu"))]
    assert all(accuracy > 0.98 for _, accuracy, _ in both)


def test_a_sigmoid_network_at_the_critical_gain():
    lost, accuracy, _ = experiments.best_loss("sigmoid", 1, 6)
    says("with Xavier's gain it learns nothing at any of our rates: it answers as if it tossed a coin")
    assert accuracy == 0.5
    assert lost == pytest.approx(math.log(2), abs=0.001)
    says("its slope is at most 1/4, suggests a gain of 4 or more")
    from initlab.activations import get

    assert get("sigmoid").df(np.linspace(-5, 5, 1001)).max() == pytest.approx(1 / 4)
    g = gaussian.critical_gain("sigmoid")
    (point,) = gaussian.fixed_points("sigmoid", scaled_weight_variance=g**2)
    says("The gain at which $\\chi_1 = «1»$, where gradients neither grow nor fade, is «10.149».", point.chi_1, g)
    says("Divide $g^2\\, \\mathbb{E}[f'(z)^2] = «1»$ by", g**2 * gaussian.squared_slope("sigmoid", point.q))
    says(
        "found the same with «five» layers", inspect.signature(limits.experiments.trained).parameters["hidden"].default
    )
    says(
        "With it the same network gets about «99 %» right.",
        near(experiments.best_loss("sigmoid", g, 6)[1], abs=0.0075),
    )
    says("(preactivations have size «6.8»), and with an output whose mean is far from zero", size(point.q))
    assert gaussian.mean("sigmoid", point.q) == pytest.approx(0.5)


# ---------------------------------------------------------------- which fan, first and last


def test_the_fan_matters_where_widths_take_turns():
    wide, narrow, *_ = LAYERS["bottleneck"].widths
    says("Take layers of «512» and «128» units in turn", wide, narrow)
    text = printed("guide", cell="widths-code")
    assert "fan_in: signal 1.0000, gradient 1.0000" in text
    assert "Xavier: signal 0.0115, gradient 0.0115" in text
    says("\\frac{4\\,n\\,m}{(n+m)^2} \\le 1")
    for n, m in ((512, 128), (3, 1000), (7, 7)):
        assert 2 * n / (n + m) * 2 * m / (n + m) == pytest.approx(4 * n * m / (n + m) ** 2)
        assert 4 * n * m / (n + m) ** 2 <= 1


def test_the_first_layer_has_gain_one():
    says("If these are standardized, its inputs have second moment 1 already, and gain 1 is right.")
    assert gaussian.propagate("identity", scaled_weight_variance=1, depth=1).z[0] == 1
    says("For ReLU a factor of 2 in a single layer does no harm.")
    relu = gaussian.propagate_layers("relu", [256] * 21, [2 / 256] * 20)
    assert relu.a[-1] / experiments.expected("relu", "dense")[0].a[-1] == pytest.approx(2)  # it stays a factor of 2
    variance = recommend.recommend("gelu").scale / 256
    all_layers = gaussian.propagate_layers("gelu", [256] * 21, [variance] * 20)
    says(
        "with its forward gain in the first layer as well, the signal has size «4» after twenty layers instead of "
        "«0.66»",
        size(all_layers.a[-1]),
        size(experiments.expected("gelu", "dense")[0].a[-1]),
    )


def test_small_last_weights_give_a_loss_of_ln_c():
    says("the first loss of a classifier with $C$ classes is near $\\ln C$")
    outputs = 1e-3 * np.random.default_rng(0).standard_normal((10, 50))
    assert softmax_cross_entropy(outputs, np.arange(50) % 10)[0] == pytest.approx(math.log(10), abs=0.001)


# ---------------------------------------------------------------- the table, the code, the traps


def test_the_function_for_a_whole_model_ran():
    (cell,) = (c for c in read_notebook("book/guide")["cells"] if c["id"] == "table-notes")
    (code,) = re.findall(r"```py\n(.*?)\n```", "".join(cell["source"]), re.DOTALL)
    assert code == WHOLE_MODEL
    draw = SNIPPETS[fingerprint(WHOLE_MODEL)]
    assert draw.n_in_variance == pytest.approx(2, abs=5 * draw.n_in_variance_error)
    assert draw.bias == (0, 0)
    says("nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)")
    assert (draw.fan_in, draw.fan_out) == (256, 256)
    assert code.endswith("nn.Linear(256, 10)\n)\nmodel.apply(initialize)")
    assert 10 == int(code.split("(256, ")[-1].split(")")[0])


def test_the_table_shows_what_is_recommended():
    text = printed("guide", cell="table-code")
    assert "Markdown" in text or "kaiming" in text
    says("without `nn.init.` and `keras.initializers.` in front")
    assert recommend.recommend("relu").call == 'kaiming_normal_(weight, nonlinearity="relu")'
    says("Flax has Keras's names in small letters: `nnx.initializers.he_normal()`")
    assert recommend.recommend("relu", "dense", "flax").call == "he_normal()"
    assert recommend.recommend("relu", "dense", "keras").call == "HeNormal()"


def test_the_traps():
    says("## Five traps")
    (cells,) = [[c for c in read_notebook("book/guide")["cells"] if c["id"] in ("traps", "traps-end")]]
    assert len(re.findall(r"^\*\*[A-Z]", "\n".join("".join(c["source"]) for c in cells), re.MULTILINE)) == 5
    says("is a normal distribution cut at two standard deviations, and rescaled")
    cut, whole = (SNIPPETS[fingerprint(recommend.recommend("relu", "dense", f).snippet)] for f in ("keras", "torch"))
    assert cut.high < 2.3 * size(2 / 256) < whole.high
    assert cut.variance == pytest.approx(whole.variance, rel=0.05)
    record = json.loads((ROOT / "tests/peers/torch.json").read_text())
    (row,) = (row for row in record["truncated_normal"] if row["kwargs"] == {"std": 0.02})
    says(
        "With `std=«0.02»` they lie «a hundred» standard deviations out, and nothing is cut.",
        row["std"],
        near(2 / row["std"], rel=0.01),
    )
    assert row["kurtosis"] == pytest.approx(3, abs=0.05)
    assert row["max"] > 4 * row["std"]
    says("**One name, «three» slopes.**", len(set(LEAKY_SLOPES.values())))
    says("gives both *the same* weights, even without a seed")
    assert SHARED == {"keras": True, "flax": False}
    says("unless you hand it `a`, it takes the slope for 0")
    default = SNIPPETS[fingerprint(exercises.CALLS[2][1])]
    assert default.n_in_variance == pytest.approx(2 / (1 + 0**2), abs=5 * default.n_in_variance_error)


def test_normalization_undoes_a_factor():
    says("Whether the weights in front of it are twice as large no longer matters to the signal")
    z = np.random.default_rng(0).standard_normal(50)
    assert (2 * z - np.mean(2 * z)) / np.std(2 * z) == pytest.approx((z - z.mean()) / z.std())
    text = printed("guide", cell="norm-code")
    assert "(5) holds: True" in text
    one, ten = map(float, re.findall(r"weight (-?\d+\.\d+)", text))
    assert one == pytest.approx(10 * ten, rel=0.01)


def test_takeaways_and_citation():
    says("no default of the «three» is made for ReLU", len(LINEAR))
    assert all(scale(*name) < 2 for name in LINEAR.items())
    says(
        "Biases are zero, and the first layer has gain «1».",
        size(256 * experiments.variances("tanh", "dense")[0]),
    )
    cff = (ROOT / "CITATION.cff").read_text()
    version = re.search(r"^version: (\S+)$", cff, re.MULTILINE)[1]
    says("version «0.1».0, «2026»", float(version.removesuffix(".0")), int(re.search(r'released: "(\d+)', cff)[1]))
    years = [int(year) for year in re.findall(r"^    year: (\d+)", cff, re.MULTILINE)]
    says("Distilled AI, «2020».", years[0])
    says("AI Notes, «2019».", years[1])


# ---------------------------------------------------------------- the exercises


def test_the_first_layer_of_an_image_network():
    says("`(7, 7, 3, 64)`, before you write code")
    fan_in, _ = fans((7, 7, 3, 64), "IO")
    variance = exercises.conv_variance.solution((7, 7, 3, 64))
    says(
        "adds up $7 \\cdot 7 \\cdot 3 = «147»$ products, so the variance is $2/«147» = «0.0136»$",
        fan_in,
        fan_in,
        variance,
    )
    assert variance == 2 / fan_in == 2 / (7 * 7 * 3)
    says("In PyTorch the same weights have the shape `(64, 3, 7, 7)`")
    assert fans((64, 3, 7, 7), "OI")[0] == fan_in


def test_where_pytorchs_default_settles():
    for n in (10, 256):
        q = exercises.settles_at.solution(n)
        variance = scale("torch", "nn.Linear")
        mapped = gaussian.length_map("relu", q, scaled_weight_variance=variance, bias_variance=variance / n)
        assert mapped == pytest.approx(q)
    says("by $\\chi = 1/«6»$ a layer", 1 / gaussian.chi("relu", 1.0, scaled_weight_variance=1 / 3))


def test_a_pair_of_layers():
    pair = exercises.xavier_pair.solution(512, 128)
    says("That is less than 1 unless $n = m$")
    assert exercises.xavier_pair.solution(5, 5) == 1
    says(
        "For $512 \\to 128 \\to 512$ it is «0.64», and after ten such blocks $«0.64»^{10} = «0.0115»$.",
        pair,
        pair,
        pair**10,
    )
    widths = LAYERS["bottleneck"].widths
    weights = [2 / (n + m) for n, m in pairwise(widths)]
    linear = gaussian.propagate_layers("identity", widths, weights)
    assert [linear.a[-1], linear.dz[0] * 128 * weights[0]] == pytest.approx([pair**10, pair**10])


def test_softsign():
    found = exercises.scale_for.solution(lambda z: z / (1 + abs(z)))
    says("Which $n\\,\\mathrm{Var}\\,W$ keeps $\\mathbb{E}[z^2] = «1»$?", gaussian.second_moment("softsign") * found)
    says("«5.464», a gain of «2.34».", found, size(found))


def test_the_three_calls():
    a, b, c = (SNIPPETS[fingerprint(code)] for _, code in exercises.CALLS)
    says("layer = nn.Linear(256, 256) nn.init.normal_(layer.weight, std=2 / 256) # A")
    says("nn.init.kaiming_uniform_(layer.weight, a=5**0.5) # B nn.init.kaiming_normal_(layer.weight) # C")
    says("the slope of a leaky ReLU. Its default is 0.")
    says("and the slope `a` to 0, which is a ReLU")
    of_a, of_b, of_c = 256 * (2 / 256) ** 2, 2 / (1 + 5), 2 / (1 + 0**2)
    says("$n\\,\\mathrm{Var}\\,W = 256 \\cdot (2/256)^2 = 1/«64»$, and the signal keeps", 1 / of_a)
    says("and the signal keeps $1/\\sqrt{«128»}$ of its size", 1 / (of_a / 2))
    says("It should be `std=(2 / 256) ** 0.5`.")
    assert 256 * ((2 / 256) ** 0.5) ** 2 == pytest.approx(2)
    says("$\\sqrt5$ is not a gain but a slope, and the gain is $\\sqrt{2/(1 + 5)}$")
    says("so that $n\\,\\mathrm{Var}\\,W = 1/«3»$. A ReLU wants «six» times as much.", 1 / of_b, of_c / of_b)
    says(
        "We ran them: $n\\,\\mathrm{Var}\\,W$ was «0.0158», «0.334» and «2.02», each within 1 %.",
        a.n_in_variance,
        b.n_in_variance,
        c.n_in_variance,
    )
    for draw, rule in ((a, of_a), (b, of_b), (c, of_c)):
        assert abs(draw.n_in_variance / rule - 1) < 1 / 100


# ---------------------------------------------------------------- the quiz

quiz_holds = partial(quiz_says, quiz)


def test_what_pytorchs_default_does_behind_a_relu():
    quiz_holds(
        "A sixth", "gives fan_in Var W = 1/3", "six times as much", "fan_in Var W = 1. PyTorch draws a third of that"
    )
    assert scale("torch", "nn.Linear") * gaussian.second_moment("relu") == pytest.approx(1 / 6)
    assert scale("flax", "nnx.Linear") == pytest.approx(1)
    assert RULES["keras", "layers.Dense"].variance(256, 256) * 256 == pytest.approx(1)
    quiz_holds("the gain that goes with it is 1/√3")


def test_ten_layers_of_flax():
    question = quiz.questions[1]
    assert question.answer == pytest.approx(size(0.5**10))
    assert [number for number, _ in question.wrong] == pytest.approx([0.5**10, size((1 / 6) ** 10), 0.5 / 10], rel=1e-3)
    quiz_holds("(1/√2)¹⁰ = 1/32 = 0.03125", "½¹⁰ = 0.000977", "is 0.707 of the size")
    assert round(size(0.5), 3) == 0.707


def test_which_activations_pull_back():
    quiz_holds("an error grows by 14 %", "Errors shrink to 78 %", "Errors shrink to 46 %")
    assert [round(100 * at_one(name)[0]) for name in ("gelu", "selu", "tanh")] == [114, 78, 46]
    options = quiz.questions[2].options
    for option in options:
        name = option.text.split()[0].lower()
        assert option.right == (at_one(name)[0] < 0.999)


def test_layers_that_take_turns():
    quiz_holds(
        "a quarter, then four times", "keeps 0.64 of both second moments, so after ten pairs 1 % is left of each"
    )
    assert (128 / 512, 512 / 128) == (1 / 4, 4)
    assert exercises.xavier_pair.solution(512, 128) == pytest.approx(0.64)
    assert 0.64**10 == pytest.approx(0.01, abs=0.005)
    quiz_holds("Xavier's are 1.6 and 0.4, which make 0.64", "Variance 1/512 in all of them")
    assert [2 * 512 / 640, 2 * 128 / 640] == [1.6, 0.4]
    quiz_holds("A layer 128 → 512 then keeps only a quarter of the signal")
    assert 128 / 512 == 1 / 4


def test_weights_ten_times_as_large_before_a_normalization():
    quiz_holds("The gradient of these weights is ten times smaller", "a hundred times less")

    def loss(W):
        z = W @ np.array([1.0, -2.0, 0.5])
        return np.array([1.0, 2.0, -1.0]) @ ((z - z.mean()) / z.std())

    W, step = np.random.default_rng(0).standard_normal((3, 3)), np.zeros((3, 3))
    step[1, 2] = 1e-5
    one, ten = ((loss(c * W + step) - loss(c * W - step)) / 2e-5 for c in (1, 10))
    assert one / ten == pytest.approx(10, rel=1e-4)
    assert (one / np.linalg.norm(W)) / (ten / np.linalg.norm(10 * W)) == pytest.approx(100, rel=1e-4)
