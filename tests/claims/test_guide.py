"""The chapter "Which call do I write?", held to account."""

import json
import math
import re
from functools import partial

import numpy as np
import pytest
from harness import ROOT, quiz_says

from initlab import finite_width, gaussian, recommend
from initlab.datasets import digits, standardize
from initlab.frameworks import DEFAULTS, LEAKY_SLOPES, MISREAD, MODELS, RULES, SHARED, SNIPPETS
from initlab.initializers import TRUNCATED_STD, fans, he_uniform
from initlab.losses import softmax_cross_entropy, squared_error
from initlab.network import forward, sample, stack
from initlab.recommend import ACTIVATIONS, BRANCHES, FRAMEWORKS, LAYERS, fingerprint
from initlab.training import train
from initlab_book import results
from initlab_book.chapters.guide import exercises, experiments, figures, quiz
from initlab_book.chapters.limits import experiments as limits
from initlab_book.experiment import OPTIMIZERS

from . import chapter, near, printed, table

says = chapter("guide")

LINEAR = {"torch": "nn.Linear", "keras": "layers.Dense", "flax": "nnx.Linear"}
DEPTH = recommend.DEPTH


def scale(framework, name):
    """fan_in Var(W) of a default, by its rule."""
    draw = DEFAULTS[framework, name]
    return draw.fan_in * RULES[framework, name].variance(draw.fan_in, draw.fan_out)


def size(moment):
    return math.sqrt(moment)


# ---------------------------------------------------------------- ask what comes in


def test_which_layers_need_gelus_gain():
    says("does in «three» frameworks, and what the call is worth", len(FRAMEWORKS))
    square = gaussian.gain("gelu") ** 2
    places = ("first", "hidden", "last", "branch", "embedding")
    scales = {place: recommend.recommend("gelu", place).scale for place in places}
    assert (scales["first"], scales["last"], scales["embedding"]) == (1, 0.01, 1)
    assert scales["hidden"] == pytest.approx(square, rel=1e-3)
    assert scales["branch"] == pytest.approx(square / BRANCHES, rel=1e-3)
    needing = [place for place in places if recommend.recommend("relu", place).scale != scales[place]]
    says("> **Predict.** Take «five» layers", len(places))
    says("Only two of the five need GELU's gain")
    assert (len(needing), len(scales)) == (2, 5)
    says("## Five places, «five» answers", len(places))
    says("## «Five» places, five answers", len(places))


def test_what_to_try():
    """The kind of layer changes the fan-in, not n Var W; the activation changes nothing in the first layer, and stands
    in a comment alone."""
    says("Which number changes when it becomes a convolution, and which does not?")
    dense, conv = (recommend.recommend("gelu", "hidden", layer) for layer in ("dense", "conv"))
    assert dense.scale == conv.scale
    assert dense.fans != conv.fans
    assert len({recommend.recommend(name, "first").snippet for name in ACTIVATIONS}) == 1
    code = recommend.recommend("gelu", framework="keras").snippet
    assert [line[0] for line in code.splitlines() if "gelu" in line.lower()] == ["#"]


def test_gelus_call_in_all_layers():
    says("We try «twenty» layers and «ten» classes", DEPTH, recommend.OUTPUTS)
    says("A network without an opinion has the loss $\\ln «10» = «2.30»$", recommend.OUTPUTS, math.log(10))
    text = printed("guide", cell="everywhere-code")
    low, high = map(float, re.search(r"everywhere *: first loss ([\d.]+) to ([\d.]+)", text).groups())
    assert low > math.log(10) + 1.5
    assert high > 10
    low, high = map(float, re.search(r"in its place *: first loss ([\d.]+) to ([\d.]+)", text).groups())
    assert math.log(10) - 0.01 < low <= high < 2.35
    says("Before the first step, the one network is confidently wrong. The other knows nothing, and says so.")


# ---------------------------------------------------------------- five places


def test_a_hidden_layer():
    says(
        "hands on $\\mathbb{E}[z^2] = «1»$",
        gaussian.length_map("gelu", 1.0, scaled_weight_variance=gaussian.gain("gelu") ** 2),
    )
    says("\\mathcal{N}(0, 1)")
    assert gaussian.expectation(lambda z: z) == pytest.approx(0, abs=1e-12)
    assert gaussian.expectation(lambda z: z**2) == pytest.approx(1)
    says("For ReLU that is «2», [He's rule](he.ipynb).", gaussian.gain("relu") ** 2)
    z = 7 * np.random.default_rng(0).standard_normal(10_000) + 3
    normalized = (z - z.mean()) / z.std()
    says("A normalization hands on size «1», so a layer behind one", size(np.square(normalized).mean()))
    says("so a layer behind one has gain «1»", size(recommend.recommend("identity").scale))


INPUTS = np.random.default_rng(0).standard_normal((256, 2000))


def test_the_first_and_the_last_layer():
    x, _ = digits()
    says("Standardized, they have size 1 already: gain «1».", size(recommend.recommend("relu", "first").scale))
    says("Standardized, they have size «1» already", size(np.square(standardize(x[x.std(axis=1) > 0])).mean()))
    says("**The last layer** starts small; we take a gain of «0.1».", size(recommend.recommend("relu", "last").scale))
    says("all scores are then near 0, and the first loss is near $\\ln C$ for $C$ classes")
    says("Where what comes in has about size «1», all scores", near(size(np.square(INPUTS).mean()), rel=0.01))
    for classes in (2, 10, 1000):
        W = 0.1 / math.sqrt(len(INPUTS)) * np.random.default_rng(1).standard_normal((classes, len(INPUTS)))
        scores = W @ INPUTS
        assert size(np.square(scores).mean()) < 0.15
        loss = softmax_cross_entropy(scores, np.arange(2000) % classes)[0]
        assert loss == pytest.approx(math.log(classes), abs=0.02)


def test_the_class_prior():
    says("With a single score that is $b = \\ln \\frac{\\pi}{1 - \\pi}$")
    text = printed("guide", cell="prior-code")
    p = np.array([0.99, 0.01])
    found = [float(x) for x in re.findall(r"first loss ([\d.]+)", text)]
    assert found == pytest.approx([math.log(2), -(p @ np.log(p))], abs=6e-4)  # ln 2, and the entropy of the prior
    b = float(re.search(r"b = (-[\d.]+)", text)[1])
    assert 1 / (1 + math.exp(-b)) == pytest.approx(0.01, rel=1e-3)


def test_the_scale_of_targets():
    says("with squared loss targets 100 times as large make the first gradient 100 times as large")
    says("A last layer that starts small predicts 0")
    rng = np.random.default_rng(0)
    y, outputs = rng.standard_normal((1, 1000)), 0.001 * rng.standard_normal((1, 1000))
    assert outputs == pytest.approx(0, abs=0.01)
    small, large = squared_error(outputs, y)[1], squared_error(outputs, 100 * y)[1]
    assert np.linalg.norm(large) / np.linalg.norm(small) == pytest.approx(100, rel=1e-3)


def through_branches(activation, share, blocks):
    """What so many blocks make of E[a^2] = 1, if the last layer of a branch has that share of its gain."""
    moment = 1.0
    for _ in range(blocks):
        moment += share * gaussian.gain(activation) ** 2 * gaussian.second_moment(activation, moment)
    return moment


def test_a_stream_of_branches():
    says("which no activation has touched: gain «1».", size(recommend.recommend("identity").scale))
    says("With ReLU and its full gain every branch adds as much as there is")
    says("$\\mathbb{E}[a^2]$ doubles from block to block")
    assert through_branches("relu", 1, 20) == pytest.approx(2**20)
    assert through_branches("tanh", 1, 20) < 50  # not so with others
    found = {name: (size, cosine) for name, size, cosine in table("guide", "stream-table")}
    assert found["He in both"][0] == pytest.approx(3 ** (20 / 2), rel=0.35)
    assert found["each its gain"][0] == pytest.approx(2 ** (20 / 2), rel=0.35)
    assert found["share of 1/20"][0] == pytest.approx((1 + 1 / 20) ** (20 / 2), rel=0.05)
    assert found["zero"][0] == pytest.approx(1, abs=0.02)
    says("With the share $1/B$ of it in each of $B$ branches it ends below $e$ times what it was")
    assert all((1 + 1 / n) ** n < math.e for n in range(1, 10_000))
    others = [through_branches(name, 1 / BRANCHES, BRANCHES) for name in ACTIVATIONS if "relu" not in name]
    says(
        "With other activations of the menu «twenty» shares make it «2.2» to «2.9» times as large.",
        BRANCHES,
        min(others),
        max(others),
    )
    says("which start at «0»: the *content*", found["zero"][1])
    assert found["zero"][1] < found["share of 1/20"][1] < 0.35 < 0.75 < found["each its gain"][1]
    assert BRANCHES == 20
    assert recommend.recommend("relu", "branch").scale == pytest.approx(2 / 20)


def test_a_tied_embedding():
    rows, features = LAYERS["table"].fans
    advice, own = recommend.recommend("relu", "tied"), recommend.recommend("relu", "embedding")
    row = own.scale * np.random.default_rng(0).standard_normal(10**6)
    says("Rows with standard deviation «1» hand on size 1.", size(own.scale))
    says("Rows with standard deviation 1 hand on size «1».", near(size(np.square(row).mean()), rel=0.01))
    says("Take «1000» tokens, 512 features and twenty such blocks", rows)
    says("Take 1000 tokens, «512» features and twenty such blocks", features)
    says("512 features and «twenty» such blocks in between", BRANCHES)
    found = dict(table("guide", "tied-code"))
    assert found[1.0] > 300
    assert 10 < found[0.0442] < 16
    assert found[0.00442] == pytest.approx(math.log(1000), abs=0.03)
    says("With N(0, 1), PyTorch's default")
    default = DEFAULTS["torch", "nn.Embedding"]
    assert default.mean == pytest.approx(0, abs=0.01)
    assert default.variance == pytest.approx(1, abs=0.02)
    rng = np.random.default_rng(0)
    rows_of, other, following = (
        rng.standard_normal((rows, features)),
        rng.standard_normal((features, 500)),
        rng.integers(rows, size=500),
    )
    says(
        "Even if what arrives had nothing to do with the token, the loss would be near «73» instead of «6.9».",
        near(softmax_cross_entropy(rows_of @ other, following)[0], rel=0.03),
        math.log(rows),
    )
    says(
        "So the last layer decides: gain «0.1», and a row that is looked up is multiplied by $«10»\\sqrt{«512»}$",
        size(advice.scale),
        1 / size(advice.scale),
        features,
    )


# ---------------------------------------------------------------- the whole model


def sizes(activation):
    return np.sqrt(np.concatenate([MODELS[framework, activation].size for framework in FRAMEWORKS]))


def contents(activation):
    return np.concatenate([MODELS[framework, activation].cosine for framework in FRAMEWORKS])


def test_the_models_that_were_pasted():
    says("Now «twenty» layers, each with the call of its place", DEPTH)
    says("with each of the «seven» activations of the menu", len(figures.NAMES))
    says("Every model was made «five» times", len(MODELS["torch", "relu"].loss))
    says("got «256» random inputs", LAYERS["dense"].n_in)
    says("keep the size of the signal in all «fifteen» models", len(sizes("relu")))
    code = printed("guide", cell="model-code").strip()
    assert MODELS["keras", "gelu"].code == fingerprint(code)
    says('Keras sets a trap here: `Dense(«256», activation="gelu", kernel_initializer=...)`', LAYERS["dense"].n_out)


def test_what_the_models_keep():
    selu, tanh, relu, gelu = (sizes(name)[:, -1] for name in ("selu", "tanh", "relu", "gelu"))
    says("keep the size in all «fifteen» models", len(selu))
    says("within «0.96» to «1.01» and", selu.min(), selu.max())
    says("and «0.62» to «0.63». And they keep the inputs apart.", tanh.min(), tanh.max())
    assert max(np.abs(contents(name)).max() for name in ("selu", "tanh")) < 0.02
    says("**ReLU** models drift apart, to between «0.40» and «1.06».", relu.min(), relu.max())
    content = contents("relu")[:, -1]
    says("Two inputs end with a cosine of «0.90» to «0.97»", content.min(), content.max())
    says("to between «0.31» and «1.78», but keep more of the content", gelu.min(), gelu.max())
    assert contents("gelu")[:, -1].max() < 0.7 < content.min()
    says("where it expects «95 %» of networks", 0.975 - 0.025)
    for name in ("selu", "tanh", "relu", "gelu"):
        scales = [1, *[recommend.recommend(name).scale] * 18, 0.01]
        band = finite_width.band(name, [256] * 20 + [10], [s / 256 for s in scales])[:, 1:-1]
        assert (sizes(name) ** 2 > band[0]).all()
        assert (sizes(name) ** 2 < band[1]).all()


def test_the_picture_for_those_who_do_not_see_it():
    relu, gelu = sizes("relu"), sizes("gelu")
    assert relu.max() < 1.1
    says("Two rows of four panels, for ReLU, SELU, tanh and GELU, over layers 1 to «19»", relu.shape[1])
    assert len(("relu", "selu", "tanh", "gelu")) == 4
    says("What sets them apart is what becomes of a small difference")
    says("over layers 1 to 19, «fifteen» models each", len(relu))
    says("layers 1 to 19")
    assert [1, relu.shape[1]] == [1, DEPTH - 1]
    says("with ReLU they spread to between «0.4» and «1.06»", near(relu.min(), abs=0.01), relu[:, -1].max())
    says("with GELU to between «0.3» and «1.8»", near(gelu[:, -1].min(), abs=0.02), gelu.max())
    says("it stays near 0 with SELU and tanh, climbs above 0.9 with ReLU and to about 0.5 with GELU")
    for name in ("selu", "tanh"):
        assert contents(name) == pytest.approx(0, abs=0.02)
    assert np.median(contents("relu")[:, -1]) > 0.9
    assert np.median(contents("gelu")[:, -1]) == pytest.approx(0.5, abs=0.1)


def test_the_first_losses_of_the_models():
    losses = [loss for model in MODELS.values() for loss in model.loss]
    says(
        "And all «105» models, «seven» activations in «three» frameworks, began with a loss between «2.296» and "
        "«2.402».",
        len(losses),
        len(ACTIVATIONS),
        len(FRAMEWORKS),
        min(losses),
        max(losses),
    )


def at_one(activation):
    """(slope of the length map, chi) at q = 1 with the recommended weights."""
    variance = recommend.recommend(activation).scale
    return (
        gaussian.length_slope(activation, 1.0, scaled_weight_variance=variance),
        gaussian.chi(activation, 1.0, scaled_weight_variance=variance),
    )


def test_errors_stay_shrink_or_grow():
    by_hand = [
        gaussian.length_map("gelu", q, scaled_weight_variance=recommend.recommend("gelu").scale) for q in (0.999, 1.001)
    ]
    assert np.diff(by_hand)[0] / 0.002 == pytest.approx(at_one("gelu")[0], rel=1e-3)
    says("SELU and tanh pull it back. ReLU passes it on, so that chance adds up.")
    assert max(at_one("selu")[0], at_one("tanh")[0]) < 1
    assert at_one("relu")[0] == pytest.approx(1)
    says("GELU and SiLU magnify it by «14 %» and «17 %»", at_one("gelu")[0] - 1, at_one("silu")[0] - 1)
    says(
        "with tanh the gradient grows by «9 %» a layer in size, with SELU by «4 %»",
        size(at_one("tanh")[1]) - 1,
        size(at_one("selu")[1]) - 1,
    )


def test_no_gain_gives_gelu_or_silu_a_stable_size():
    says("[no other gain repairs that](limits.ipynb)")
    found = 0
    for activation in ("gelu", "silu"):
        for g in (1.2, 1.42, 1.5, 1.6, 1.8, 1.95, 2.2):
            for point in gaussian.fixed_points(activation, scaled_weight_variance=g**2):
                if 0 < point.q < math.inf:
                    found += 1
                    assert not point.stable
    assert found >= 8


def test_ten_layers_hardly_matter():
    says("In ten layers this hardly matters")
    for activation in ("gelu", "silu"):
        theory = size(gaussian.second_moment(activation))
        assert 0.6 * theory < sizes(activation)[:, 10 - 1].min()
        assert sizes(activation)[:, 10 - 1].max() < 1.7 * theory
        assert sizes(activation)[:, 18].max() > 2.5 * theory  # and twenty matter


def test_what_becomes_of_two_inputs():
    before = 0.9
    relu, tanh = (
        gaussian.propagate_pair(
            name, scaled_weight_variance=recommend.recommend(name).scale, depth=DEPTH, cosine=before
        ).a
        for name in ("relu", "tanh")
    )
    says("from a cosine of «0.9», twenty layers", relu[0])
    says("«twenty» layers of ReLU bring two inputs to «0.98»", len(relu) - 1, near(relu[-1], abs=0.006))
    says("tanh drives them apart, to «0.37»", tanh[-1])


# ---------------------------------------------------------------- what you get if you write nothing


def test_three_defaults():
    says(
        "the layers here have «1000» inputs and «500» outputs, which makes it 4/3",
        [DEFAULTS[name].fan_in for name in LINEAR.items()],
        [DEFAULTS[name].fan_out for name in LINEAR.items()],
    )
    assert [scale(*name) for name in LINEAR.items()] == pytest.approx([1 / 3, 4 / 3, 1])
    draw = DEFAULTS["torch", "nn.Linear"]
    says("uniformly from $\\pm 1/\\sqrt n$, a variance of $1/(3n)$")
    for bound in (draw.high, -draw.low):
        assert bound == pytest.approx(1 / math.sqrt(1000), rel=1e-4)
    for bound in (draw.bias[1], -draw.bias[0]):
        assert bound == pytest.approx(1 / math.sqrt(1000), rel=0.02)
    assert draw.n_in_variance == pytest.approx(1 / 3, abs=5 * draw.n_in_variance_error)
    says("The code calls it `kaiming_uniform_(a=sqrt(5))`")
    W = he_uniform((100, 1000), negative_slope=math.sqrt(5), rng=0)
    assert 1000 * W.var() == pytest.approx(1 / 3, rel=0.02)


def test_no_default_is_made_for_relu():
    says("No default of the «three» is made for ReLU.", len(LINEAR))
    assert all(scale(*name) < 2 for name in LINEAR.items())
    torch, flax = (size(gaussian.second_moment("relu") * scale(f, LINEAR[f])) for f in ("torch", "flax"))
    says("multiply the size of a signal by «0.41» in every layer of PyTorch and by «0.71» in Flax", torch, flax)
    says(
        "«Twenty» layers leave $«1.7 \\cdot 10^{-8}»$ and $«10^{-3}»$ of it.",
        DEPTH,
        torch**DEPTH,
        near(flax**DEPTH, rel=0.03),
    )


def test_biases_hold_up_the_size_and_not_the_content():
    rule = RULES["torch", "nn.Linear"]
    widths = [LAYERS["dense"].n_in] * (DEPTH + 1)
    weights, biases = rule.variance(*widths[:2]), rule.bias_variance(widths[0])
    sizes = np.sqrt(gaussian.propagate_layers("relu", widths, weights, biases).a)
    says(
        "With «256» units PyTorch's random biases hold the size up, at «0.028», but not the content",
        widths[0],
        sizes[-1],
    )
    assert sizes[-1] == pytest.approx(sizes[-5], rel=1e-3)
    says("they say the same to every input")
    pair = gaussian.propagate_pair(
        "relu", scaled_weight_variance=widths[0] * weights, bias_variance=biases, depth=DEPTH, cosine=0.0
    )
    assert pair.a[-1] > 1 - 1e-9


# ---------------------------------------------------------------- does it decide training?

CALLS = results.load(experiments.calls)
START = {name: i for i, name in enumerate(CALLS.settings["starts"])}


def best(activation, optimizer, width, start):
    """The share of new digits that are right, at the best rate of every draw."""
    right = CALLS.get("accuracy", activation=activation, optimizer=optimizer, width=width)
    return np.nanmax(right[:, :, START[start]], axis=1)


def medians(start, **where):
    """{(activation, optimizer, width): the median draw} for the axes that are given."""
    axes = {axis: where.get(axis, values) for axis, values in CALLS.axes.items() if axis != "draw"}
    return {
        (a, o, w): np.median(best(a, o, w, start))
        for a in axes["activation"]
        for o in axes["optimizer"]
        for w in axes["width"]
    }


def test_the_experiment():
    settings, axes = CALLS.settings, CALLS.axes
    says("So we trained: the handwritten digits, «ten» hidden layers", settings["hidden"])
    says("«200» steps with batches of «32»", settings["steps"], settings["batch"])
    says("«Ten» draws of weights, digits and order", len(axes["draw"]))
    says("widths «32» and «64»; «three» optimizers", axes["width"][0], axes["width"][1], len(OPTIMIZERS))
    rates = settings["rates"]
    says("at its best rate out of «fourteen», a factor of «2» apart", len(rates), rates[1] / rates[0])
    for activation in axes["activation"]:  # every best rate of the guide's calls lies inside the grid
        for optimizer in OPTIMIZERS:
            for width in axes["width"]:
                where = {"activation": activation, "optimizer": optimizer, "width": width}
                chosen = np.nanargmax(CALLS.get("accuracy", **where)[:, :, START["guide"]], axis=1)
                assert (0 < chosen).all()
                assert (chosen < len(rates) - 1).all()


BENT, PLAIN = ("relu", "gelu", "silu"), ("sgd", "momentum")


def ahead(one, other, **where):
    """By how much the median draw of one start is right more often than that of another, at its own best rate."""
    ours, theirs = medians(one, **where), medians(other, **where)
    return [ours[condition] - theirs[condition] for condition in ours]


def test_what_the_call_is_worth():
    says("stay at guessing, in all draws and at every rate up to «2»", CALLS.settings["rates"][-1])
    assert all(best(a, o, w, "torch").max() < 0.12 for a in BENT for o in PLAIN for w in (32, 64))
    adam = medians("torch", activation=BENT, optimizer=("adam",)).values()
    says("gets them to between «67 %» and «82 %».", min(adam), max(adam))
    says("Flax's gain «1» is too small as well", size(scale("flax", "nnx.Linear")))
    flax = medians("flax", activation=("gelu", "silu"), optimizer=PLAIN).values()
    relu = medians("flax", activation=("relu",), optimizer=PLAIN).values()
    calls = medians("guide", activation=BENT, optimizer=PLAIN).values()
    says("it brings GELU and SiLU to between «19 %» and «54 %»", min(flax), max(flax))
    says("and ReLU to between «52 %» and «87 %»", min(relu), max(relu))
    says("where the calls reach «78 %» to «95 %».", min(calls), max(calls))
    says("With Adam it is within two points of the calls.")
    assert max(map(abs, ahead("flax", "guide", activation=BENT, optimizer=("adam",)))) < 2 / 100
    says("**In «200» steps gradient descent needs the call more than Adam.**", CALLS.settings["steps"])
    for optimizer in PLAIN:
        assert min(ahead("guide", "flax", activation=BENT, optimizer=(optimizer,))) > 2 / 100


def test_more_steps_narrow_the_gap():
    narrow, steps, draws = CALLS.axes["width"][0], 1000, range(2)
    widths = [64, *[narrow] * CALLS.settings["hidden"], 10]
    ends = []
    for start, optimizer, rates in (("flax", "sgd", (2**-4, 2**-3)), ("torch", "adam", (2**-9, 2**-8))):
        looks = []
        for draw in draws:
            network = experiments.start(start, "relu", widths, draw)
            _, right = experiments.trained(
                [network], experiments.digit_task(draw), draw, optimizer, rates, CALLS.settings["batch"], (200, steps)
            )
            looks.append(np.nanmax(right[:, :, 0], axis=1))
        early, late = np.mean(looks, axis=0)
        assert early < late - 0.1
        ends.append(late)
    says(
        "«A thousand» steps narrow the gap: at width «32», ReLU networks with gain 1 and SGD, and with PyTorch's "
        "default and Adam, then get about «90 %» right.",
        steps,
        narrow,
        near(ends, abs=0.04),
    )
    says("ReLU networks with gain «1» and SGD", size(scale("flax", "nnx.Linear")))
    says("More steps narrow the gap.")


def test_tanh_wants_no_gain():
    found = ahead("flax", "guide", activation=("tanh",))
    says(
        "Under all «six» conditions gain «1» does as well as the forward gain «1.59», or better by up to «1.5» points.",
        len(found),
        size(scale("flax", "nnx.Linear")),
        gaussian.gain("tanh"),
        100 * max(found),
    )
    assert min(found) > 0
    hidden = CALLS.settings["hidden"]
    fades = gaussian.propagate("tanh", scaled_weight_variance=1, depth=hidden).a
    says("It lets the signal fade to «0.23» in «ten» layers, which did no harm.", size(fades[-1]), hidden)


def test_gelus_gain_against_hes():
    says("Does GELU's own gain beat He's $\\sqrt«2»$?", gaussian.gain("relu") ** 2)
    gelu, silu = (ahead("guide", "he", activation=(name,), optimizer=PLAIN) for name in ("gelu", "silu"))
    says("Without Adam it does, by «1» to «9» points for GELU", 100 * min(gelu), 100 * max(gelu))
    says("and «2» to «16» for SiLU", 100 * min(silu), 100 * max(silu))
    says("With Adam the two are within two points.")
    assert max(map(abs, ahead("guide", "he", activation=("gelu", "silu"), optimizer=("adam",)))) < 2 / 100


def test_a_small_last_layer_buys_a_first_loss():
    found = results.load(experiments.last_layer)
    gains = found.settings["gains"]
    says("Behind «four» layers of ReLU we gave it", found.settings["hidden"])
    says("the gains «0», «0.1», «1» and «2»", gains[0], gains[1], gains[2], gains[3])
    spreads, early = [], []
    for optimizer in OPTIMIZERS:
        for width in (32, 64):
            where = {"optimizer": optimizer, "width": width}
            first = np.median(found.get("loss", **where)[:, 0, 0], axis=0)
            assert first[:2] == pytest.approx(math.log(10), abs=0.01)
            assert math.log(10) + 0.1 < first[2] < first[3]
            _, tenth, end = np.median(np.nanmax(found.get("accuracy", **where), axis=2), axis=0)
            spreads.append(end.max() - end.min())
            early.append(tenth[3] - tenth[1])
    says("After «ten» steps gain «2» is ahead of «0.1»", found.settings["looks"][1], gains[3], gains[1])
    assert min(early) > 0
    says("under all «six» conditions, the gains are within «1.5» points", len(spreads), 100 * max(spreads))


def test_with_squared_loss_a_small_last_layer_is_better():
    settings, width = results.load(experiments.last_layer).settings, 64
    widths = [64, *[width] * settings["hidden"], 10]
    rest = [experiments.fan_in(1), *[experiments.fan_in(math.sqrt(2))] * (settings["hidden"] - 1)]
    for optimizer, how in OPTIMIZERS.items():
        rates = 2.0 ** (np.arange(-10, -5) if optimizer == "adam" else np.arange(-7, -1))
        ends = []
        for draw in range(2):
            data = experiments.digit_task(draw)
            networks = [
                sample(widths, "relu", [*rest, experiments.fan_in(gain)], rng=draw, dtype=np.float32)
                for gain in settings["gains"]
            ]
            (end,) = train(
                stack(networks),
                data.x,
                np.eye(10, dtype=np.float32)[:, data.y],
                loss="squared_error",
                learning_rate=rates[:, None],
                steps=settings["looks"][-1],
                batch_size=settings["batch"],
                rng=draw,
                snapshots=settings["looks"][-1:],
                **how,
            ).snapshots
            right = (forward(end.network, data.new_x).output.argmax(axis=-2) == data.new_y).mean(axis=-1)
            ends.append(np.where(np.isfinite(end.loss), right, 0).max(axis=0))
        small, large = np.mean(ends, axis=0)[[1, 3]]
        assert large < small - 0.01
    says("With squared loss it did: there gain «2» ended behind.", settings["gains"][3])


# ---------------------------------------------------------------- shapes that hide their fan


def test_zeros_at_the_edges():
    square, inside, layers = np.ones((32, 32)), 0.5, DEPTH
    for layer in range(layers):
        a = square if layer == 0 else square / 2
        variance = (1 if layer == 0 else 2) / (64 * 9)
        around = np.pad(a, 1)
        square = 64 * variance * sum(around[i : i + 32, j : j + 32] for i in range(3) for j in range(3))
    a = square / 2
    assert a[16, 16] == pytest.approx(inside, rel=1e-3)
    kernel = LAYERS["conv"].kernel
    says("A «3» × «3» **convolution** of «64» channels", kernel[0], kernel[1], LAYERS["conv"].n_in)
    says("of 64 channels adds up «576» numbers", LAYERS["conv"].fans[0])
    says("in a picture of «32» × «32», this costs on average", a.shape[0], a.shape[1])
    says("this costs on average «28 %» of $\\mathbb{E}[a^2]$ in «twenty» ReLU layers", 1 - a.mean() / inside, layers)


def test_a_stride_of_two():
    """How many outputs of a 3x3 convolution read an input, far from the edges: 9 with stride 1, 9/4 with stride 2."""
    says("With a **stride** of 2 the signal is the same")
    read = {}
    for stride in (1, 2):
        count = np.zeros((40, 40))
        for i in range(1, 39, stride):
            for j in range(1, 39, stride):
                count[i - 1 : i + 2, j - 1 : j + 2] += 1
        read[stride] = count[10:30, 10:30].mean()
    assert read[1] == LAYERS["conv"].kernel[0] ** 2
    assert max(read) == 2
    says("but an input is on average read by «a quarter» as many outputs", read[2] / read[1])
    says("the gradient's second moment drops to «a quarter»", read[2] / read[1])


def test_fans_that_are_misread():
    depthwise, packed = MISREAD["keras", "layers.DepthwiseConv2D"], MISREAD["torch", "nn.MultiheadAttention"]
    kernel = LAYERS["depthwise"].kernel
    says("«9» numbers in a depthwise 3 × 3 convolution", LAYERS["depthwise"].fans[0])
    says("in a depthwise «3» × «3» convolution", kernel[0], kernel[1])
    says("takes all «512» channels for the fan-in instead", depthwise.shape[2])
    says(
        "its `HeNormal()` draws «512» times too small a variance",
        near(recommend.recommend("relu").scale / depthwise.n_in_variance, rel=0.1),
    )
    says("share a fan-in but have «three» times the outputs", LAYERS["packed"].n_out / LAYERS["packed"].n_in)
    says("draws «half» the variance of three separate matrices", near(packed.n_in_variance, rel=0.01))
    says("of «three» separate matrices", packed.shape[0] / packed.shape[1])
    assert "groups=" in recommend.recommend("relu", "hidden", "depthwise", "keras").snippet
    assert "0.0038" in printed("guide", cell="misread-code")


# ---------------------------------------------------------------- the table, the traps


def test_the_table_shows_what_is_recommended():
    text = printed("guide", cell="table-code")
    assert "Markdown" in text or "kaiming" in text
    says("without `nn.init.` and `keras.initializers.` in front")
    says("Flax has Keras's names in small letters.")
    assert recommend.recommend("relu", framework="flax").call == "he_normal()"
    assert recommend.recommend("relu", framework="keras").call == "HeNormal()"
    assert "sigmoid" not in ACTIVATIONS
    says("The sigmoid is missing on purpose: [which gain suits it depends on the task](limits.ipynb).")
    trained, gains = results.load(limits.sigmoids), ("sigmoid 1", "sigmoid 4", "sigmoid 10")
    for data, best in (("spiral", "sigmoid 10"), ("digits", "sigmoid 4")):
        right = {start: np.nan_to_num(trained.get("accuracy", data=data, start=start)).mean(axis=0) for start in gains}
        assert all((right[best].max(axis=-1) >= right[start].max(axis=-1)).all() for start in gains)


def test_the_traps():
    says("is cut at two standard deviations, and rescaled")
    cut, whole = (SNIPPETS[fingerprint(recommend.recommend("relu", framework=f).snippet)] for f in ("keras", "torch"))
    assert cut.high < 2.3 * size(2 / 256) < whole.high
    assert cut.variance == pytest.approx(whole.variance, rel=0.05)
    assert cut.high == pytest.approx(2 / TRUNCATED_STD * size(2 / 256), rel=1e-3)
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
    says("for which you name no slope gets one of «three»", len(set(LEAKY_SLOPES.values())))
    says("takes it for 0 unless you hand it `a`")
    default = SNIPPETS[fingerprint(exercises.CALLS[2][1])]
    assert default.n_in_variance == pytest.approx(2 / (1 + 0**2), abs=5 * default.n_in_variance_error)


def test_normalization_undoes_a_factor():
    z = np.random.default_rng(0).standard_normal(50)
    assert (2 * z - np.mean(2 * z)) / np.std(2 * z) == pytest.approx((z - z.mean()) / z.std())
    says("a factor in front of it drops out: $\\mathrm{norm}(r\\,W a) = \\mathrm{norm}(W a)$ for every positive $r$")
    says("apart from the tiny ε that frameworks add to the variance")
    with_epsilon = (1e-4 * z) / np.sqrt(np.var(1e-4 * z) + 1e-5)
    assert np.std(with_epsilon) < 0.1  # where the variance is far below it, ε decides
    text = printed("guide", cell="norm-code")
    assert "the same output: True" in text
    one, ten = map(float, re.findall(r"weight (-?\d+\.\d+)", text))
    assert one == pytest.approx(10 * ten, rel=0.01)


def test_citation():
    cff = (ROOT / "CITATION.cff").read_text()
    version = re.search(r"^version: (\S+)$", cff, re.MULTILINE)[1]
    says("version «0.1».0, «2026»", float(version.removesuffix(".0")), int(re.search(r'released: "(\d+)', cff)[1]))
    years = [int(year) for year in re.findall(r"^    year: (\d+)", cff, re.MULTILINE)]
    says("Distilled AI, «2020».", years[0])
    says("AI Notes, «2019».", years[1])


def test_takeaways():
    first, last, own = (size(recommend.recommend("relu", place).scale) for place in ("first", "last", "embedding"))
    says("The first layer has gain «1», the last «0.1».", first, last)
    says("An embedding has size «1», or if it is tied, is a last layer.", own)
    hidden = CALLS.settings["hidden"]
    says("Behind tanh, gain «1» is enough for «ten» layers.", size(scale("flax", "nnx.Linear")), hidden)
    narrow, wide = CALLS.axes["width"]
    says(
        "With «ten» ReLU, GELU or SiLU layers of «32» or «64» units, and «200» steps on digits",
        hidden,
        narrow,
        wide,
        CALLS.settings["steps"],
    )
    says("Adam made up for gain «1», not for PyTorch's default.", size(scale("flax", "nnx.Linear")))
    assert max(ahead("torch", "guide", activation=BENT, optimizer=("adam",))) < -0.1


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


def test_a_stream():
    says("one block multiplies $\\mathbb{E}[a^2]$ by $1 + \\text{share}$")
    answer = exercises.stream.solution
    for share in (0.3, 2.0):
        assert answer(2, share) == pytest.approx(1 + share)
    says("Every block multiplies $\\mathbb{E}[a^2]$ by $1 + \\text{share}$")
    blocks, full = BRANCHES, recommend.recommend("relu").scale / 2
    says("With «twenty» blocks and the share «1», that is", blocks, full)
    says("that is $«2»^{«10»} = «1024»$", 1 + full, blocks / 2, answer(blocks, full))
    says("with the share $«1»/«20»$ it is «1.63»", full, blocks, answer(blocks, full / blocks))
    says("it comes near $\\sqrt{e} = «1.65»$", answer(10**6, 1e-6))


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


def test_whose_gain_the_initializer_gets():
    quiz_holds("The weights have to suit what goes into it.", "A ReLU has left half of the second moment.")
    assert gaussian.second_moment("relu") == pytest.approx(1 / 2)
    question = quiz.questions[3]
    assert [option.right for option in question.options] == [False, True, False, False]


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
