"""The chapter on Xavier initialization, held to account."""

import inspect
import json
import math
from functools import cache, partial
from itertools import pairwise

import numpy as np
import pytest
from harness import ROOT, quiz_says
from scipy.special import ndtr

from initlab import algebra, gaussian, initializers, network, training
from initlab.datasets import spiral
from initlab_book import results
from initlab_book.chapters.why.experiments import examples
from initlab_book.chapters.xavier import exercises, experiments, figures, quiz

from . import chapter, near, printed, table

says = chapter("xavier")

TORCH = json.loads((ROOT / "tests/peers/torch.json").read_text(encoding="utf-8"))
# Test errors of networks with five hidden layers, tanh, in Table 1 of Glorot and Bengio (2010)
SHAPESET, MNIST = {"standard": 0.2715, "normalized": 0.1560}, {"standard": 0.0176, "normalized": 0.0164}


def moments(rule, activation):
    """E[a^2] in layers 0..10, E[(dL/dz)^2] and E[(dL/dW)^2] per input in layers 1..10."""
    seen = experiments.deep(rule, activation)
    return seen.a.second_moment[0], seen.dz.second_moment[0], seen.dW.second_moment[0] / experiments.BATCH


@cache
def others(rule, activation):
    """The same of three networks with other draws, one in each row."""
    seen = network.simulate(
        [experiments.WIDTH] * (experiments.DEPTH + 1),
        activation,
        experiments.RULES[rule][0],
        seeds=(1, 2, 3),
        batch=experiments.BATCH,
    )
    return seen.a.second_moment, seen.dz.second_moment, seen.dW.second_moment / experiments.BATCH


# ---------------------------------------------------------------- the rule before the rule


def test_the_network_of_the_chapter():
    seen = experiments.deep("standard", "tanh")
    says(
        "«ten» tanh layers of «256» units, with random inputs of size «1» from below and a random gradient of size "
        "«1» from above",
        experiments.DEPTH,
        experiments.WIDTH,
        near(math.sqrt(seen.a.second_moment[0, 0]), abs=0.01),
        near(math.sqrt(seen.dz.second_moment[0, -1]), abs=0.01),
    )
    says("Which of these are much smaller in layer 1 than in layer 10")
    a, dz, _ = moments("standard", "tanh")
    assert a[1] > 1e4 * a[10]
    assert dz[0] < 1e-4 * dz[9]


def test_the_standard_rule_shrinks_signal_and_gradient_and_leaves_weight_gradients_level():
    for a, dz, dW in (*zip(*others("standard", "tanh"), strict=True), moments("standard", "tanh")):
        assert 0.7e-5 < a[10] / a[0] < 1.3e-5
        assert 2.5e-5 < dz[0] / dz[9] < 3.5e-5
        assert dW.max() / dW.min() < 1.15
    says(
        "from the input to layer «10» the signal keeps «a hundred-thousandth» of its mean square, and from layer "
        "«10» to layer «1» the gradient keeps «three» times that share.",
        len(a) - 1,
        near(a[10] / a[0], abs=0.2e-5),
        len(dz),
        len(a) - len(dz),
        near(1e5 * dz[0] / dz[9], abs=0.3),
    )
    says("are **equal in all layers**, to within some «ten per cent»", near(dW.max() / dW.min() - 1, abs=0.05))
    rows = {int(at): row for at, *row in table("xavier", "old-rule-code")}
    assert list(rows) == [10, 7, 4, 1]
    for layer, row in rows.items():  # the loop of the chapter against the simulator, on other draws
        expected = [
            array[:, at].mean()
            for array, at in zip(others("standard", "tanh"), (layer, layer - 1, layer - 1), strict=True)
        ]
        assert row == pytest.approx(expected, rel=0.15), layer


def test_the_culprit_is_a_three():
    U = np.random.default_rng(0).uniform(-1 / 16, 1 / 16, 1_000_000)
    third = 256 * U.var()  # standard error 0.0003
    three = near((1 / 16) ** 2 / U.var(), abs=0.012)
    says("The culprit is a «3». A uniform variable on $[-r, r]$ has variance $r^2/«3»$", three, three)
    says(
        "(1) means $\\operatorname{Var} W = \\frac{«1»}{«3»n}$",
        near(3 * third, abs=0.003),
        near(1 / third, abs=0.012),
    )
    says("a layer without activation function passes on «a third» of the mean square it gets", near(third, abs=0.001))
    linear, bent = moments("standard", "identity")[1], moments("standard", "tanh")[1]
    says(
        "The «nine» factors of $«\\tfrac13»$ that a gradient meets on its way from layer «10» to layer «1» make "
        "$«5.1 \\cdot 10^{-5}»$. Tanh takes almost «half» of what they leave, "
        "because it *bends*: away from 0 its slope is below 1.",
        experiments.DEPTH - 1,
        near((linear[0] / linear[9]) ** (1 / 9), abs=0.005),
        experiments.DEPTH,
        experiments.deep("standard", "tanh").dz.layers[0],
        (1 / 3) ** 9,
        near(1 - bent[0] / 3.0**-9, abs=0.07),
    )
    assert linear[0] / linear[9] == pytest.approx(3.0**-9, rel=0.1)
    assert (others("standard", "tanh")[1][:, 0] < 0.6 * 3.0**-9).all()
    says(
        "has met $«10» - l$ factors of «a third», and the signal $a^{[l-1]}$ has met $l - 1$.",
        experiments.DEPTH,
        near(third, abs=0.001),
    )
    says("That is «nine» together, in every layer.", [10 - layer + layer - 1 for layer in range(1, 11)])
    assert others("standard", "identity")[2] == pytest.approx((1 / 3) ** 9, rel=0.15)
    tanh = network.activations.get("tanh")
    z = np.linspace(-3, 3, 60)
    assert (tanh.df(z) < 1).all()
    says("What has gone wrong is the common scale.")


def test_the_default_of_pytorch():
    (linear,) = (layer for layer in TORCH["layer_defaults"] if layer["layer"] == "Linear")
    n = linear["shape"][1]
    assert linear["weight"]["high"] == pytest.approx(1 / math.sqrt(n))
    assert linear["weight"]["low"] == pytest.approx(-1 / math.sqrt(n))
    # the slope a with which He's rule, of bound sqrt(6 / ((1 + a^2) n)), draws as far as this layer does
    slope = math.sqrt(6 / (n * linear["weight"]["high"] ** 2) - 1)
    says("its source says `kaiming_uniform_` with `a=math.sqrt(«5»)`", slope**2)
    W = initializers.he_uniform((1000, n), negative_slope=slope, rng=0)
    says(
        "and $s = \\sqrt «5»$ gives $«2»/(«6»n) = «1»/(«3»n)$, the default of",
        slope**2,
        (1 + slope**2) * n * linear["weight"]["high"] ** 2 / 3,
        1 + slope**2,
        near(3 * n * W.var(), rel=0.02),
        near(1 / (n * W.var()), rel=0.02),
    )
    says("### Why √«5» in PyTorch?", slope**2)
    says("Its variance is $2 / \\left((1 + s^2)\\, n\\right)$")
    assert n * W.var() == pytest.approx(2 / (1 + slope**2), rel=0.02)
    assert abs(W).max() == pytest.approx(linear["weight"]["high"], rel=1e-3)
    assert "the same weights: True" in printed("xavier", cell="torch-code")


# ---------------------------------------------------------------- the rule


def test_the_two_lines_of_reasoning():
    says("which this reasoning takes to be about «1».", network.activations.get("tanh").df(np.zeros(1)))
    n_in, n_out = 100, 300
    W, uniform = (rule((n_out, n_in), rng=0) for rule in (initializers.xavier_normal, initializers.xavier_uniform))
    x, d = np.random.default_rng(1).standard_normal((2, n_out, 500))
    forward, backward = np.square(W @ x[:n_in]).mean(), np.square(W.T @ d).mean()
    assert forward == pytest.approx(n_in * 2 / (n_in + n_out), rel=0.05)
    assert backward == pytest.approx(n_out * 2 / (n_in + n_out), rel=0.05)
    average = near((forward + backward) / 2, rel=0.05)
    says(
        "n_{\\text{in}} \\operatorname{Var} W = «1» \\quad\\text{and}\\quad "
        "n_{\\text{out}} \\operatorname{Var} W = «1»",
        near(n_in * W.var() / forward, rel=0.05),
        near(n_out * W.var() / backward, rel=0.05),
    )
    says("makes the *average* of the two factors «1»", average)
    says(
        "\\operatorname{Var} W = \\frac{«2»}{n_{\\text{in}} + n_{\\text{out}}}, \\qquad "
        "W_{ij} \\sim U\\!\\left[-\\sqrt{\\tfrac{«6»}{n_{\\text{in}} + n_{\\text{out}}}},\\; "
        "\\sqrt{\\tfrac{«6»}{n_{\\text{in}} + n_{\\text{out}}}}\\,\\right]. \\tag{3}",
        near((n_in + n_out) * W.var(), rel=0.02),
        near((n_in + n_out) * uniform.min() ** 2, rel=0.005),
        near((n_in + n_out) * uniform.max() ** 2, rel=0.005),
    )
    says(
        "Xavier makes the two factors of (2) «0.5» and «1.5»: their average is «1»",
        near(forward, abs=0.05),
        near(backward, abs=0.05),
        near((forward + backward) / 2, abs=0.05),
    )


def test_the_relatives():
    n, n_in, n_out = 256, 100, 300
    r = math.sqrt(6 / (n_in + n_out))
    W = initializers.xavier_uniform((n_out, n_in), rng=0)
    assert abs(W).max() == pytest.approx(r, rel=1e-3)
    three = near(abs(W).max() ** 2 / W.var(), rel=0.02)
    says(
        "Here the «3» is put right: $«6»/«3» = «2»$.",
        three,
        near((n_in + n_out) * abs(W).max() ** 2, rel=0.002),
        three,
        near((n_in + n_out) * W.var(), rel=0.02),
    )
    square = {
        name: n * getattr(initializers, name)((n, n), rng=0).var()
        for name in ("lecun_normal", "lecun_uniform", "xavier_uniform", "xavier_normal")
    }
    square["he_uniform"] = n * initializers.he_uniform((n, n), negative_slope=5**0.5, rng=0).var()
    third = square["he_uniform"]
    says(
        "| $«1»/(«3» n_{\\text{in}})$ | nobody in particular",
        near(3 * third, rel=0.03),
        near(1 / third, rel=0.03),
    )
    says(
        "`he_uniform`, slope $\\sqrt «5»$ | «1»/«3» |",
        near(2 / third - 1, abs=0.2),
        near(3 * third, rel=0.03),
        near(1 / third, rel=0.03),
    )
    lecun, xavier = ([square[f"{name}_normal"], square[f"{name}_uniform"]] for name in ("lecun", "xavier"))
    says("| $«1»/n_{\\text{in}}$ | [LeCun", near(np.array(lecun), abs=0.03))
    says("`lecun_normal`, `lecun_uniform` | «1» |", near(np.array(lecun), abs=0.03))
    says("| $«2»/(n_{\\text{in}} + n_{\\text{out}})$ | Glorot", near(2 * np.array(xavier), abs=0.06))
    says("`xavier_uniform`, `xavier_normal` | «1» |", near(np.array(xavier), abs=0.03))
    says("Where all layers are equally wide the two agree")
    for rules in (("lecun_normal", "xavier_normal"), ("lecun_uniform", "xavier_uniform")):
        same, too = (getattr(initializers, name)((n, n), rng=0) for name in rules)
        assert same == pytest.approx(too)
    text = printed("xavier", cell="rule-code")
    for row in (["standard", 0.00331, 0.331, 0.993, 0.1], ["Xavier, uniform", 0.00496, 0.496, 1.49, 0.122]):
        assert row in table("xavier", "rule-code")
    assert "sqrt(6 / 400) = 0.1225" in text


# ---------------------------------------------------------------- ten layers under five rules


def test_five_rules_and_three_curves():
    says("## «Ten» layers under «five» rules", experiments.DEPTH, len(experiments.RULES))
    drawn = {name: rule((8, 8), rng=0) for name, (rule, _, _) in experiments.RULES.items()}
    for name, (_, n_var, _) in experiments.RULES.items():
        if name != "orthogonal":
            assert drawn[name] == pytest.approx(math.sqrt(n_var) * drawn["xavier"])


def test_simulation_and_theory_agree_under_every_rule():
    for name, (_, n_var, _) in experiments.RULES.items():
        for f in figures.ACTIVATIONS:
            theory = gaussian.propagate(f, scaled_weight_variance=n_var, depth=experiments.DEPTH)
            a, dz, _ = moments(name, f)
            # The mean square of a layer of 256 units, for one input, spreads by sqrt(2/256): three of them.
            assert a == pytest.approx(theory.a, rel=3 * math.sqrt(2 / 256)), (name, f)
            assert dz == pytest.approx(theory.dz, rel=3 * math.sqrt(2 / 256)), (name, f)


def test_a_linear_network_keeps_everything():
    seen = np.concatenate(moments("xavier", "identity"))
    says(
        "Xavier keeps signal, gradient and weight gradients, within «5 %» in this draw.",
        near(abs(seen - 1).max(), abs=0.01),
    )
    for moment in others("xavier", "identity"):
        assert moment == pytest.approx(1, abs=0.12)


def test_tanh_does_not_keep_the_signal():
    a, dz, _ = moments("xavier", "tanh")
    old = moments("standard", "tanh")[1]
    says(
        "Its mean square is «0.39» in layer «1» and «0.05» in layer «10», and the gradient loses a factor of «12» on "
        "its way down.",
        a[1],
        experiments.deep("xavier", "tanh").a.layers[1],
        a[10],
        len(dz),
        dz[9] / dz[0],
    )
    says("Under the standard rule that is a factor of «35,000»", near(old[9] / old[0], rel=0.03))
    for a, dz, _ in zip(*others("xavier", "tanh"), strict=True):
        assert a[[1, 10]] == pytest.approx([0.39, 0.05], rel=0.15)
        assert dz[9] / dz[0] == pytest.approx(12, rel=0.2)


def test_no_rule_of_the_menu_saves_the_sigmoid():
    z = np.linspace(-30, 30, 100_001)
    slope = (network.activations.get("sigmoid").df(z)).max()
    says("Its slope is at most $«\\tfrac14»$", slope)
    says(
        "multiplies the mean square of a gradient, on average, by no more than $n \\operatorname{Var} W / «16»$",
        1 / slope**2,
    )
    for name in experiments.RULES:
        dz = moments(name, "sigmoid")[1]
        assert dz[0] < 1e-3 * dz[9]
    _, dz, _ = moments("xavier", "sigmoid")
    deep = experiments.deep("xavier", "sigmoid")
    tiny = 1e-12
    says("Under Xavier it arrives at layer «1» with a mean square below $«10^{-12}»$.", int(deep.dz.layers[0]), tiny)
    assert dz[0] < tiny
    assert (others("xavier", "sigmoid")[1][:, 0] < tiny).all()


def test_larger_weights():
    a, dz, dW = moments("double", "tanh")
    scale = experiments.RULES["double"][0]((64, 64), rng=0) / initializers.xavier_uniform((64, 64), rng=0)
    says(
        "With $«4»/n$, *Xavier × «2»*, the tanh activations hardly shrink: they go from «0.63» to «0.52».",
        experiments.RULES["double"][1],
        near(scale, abs=1e-9),
        a[1],
        a[10],
    )
    says(
        "But the gradient *grows*, «11»-fold over these «nine» steps.",
        dz[0] / dz[9],
        len(dz) - 1,
    )
    assert dW.max() > 10 * dW.min()
    full, steep, _ = moments("fourfold", "tanh")
    for name in experiments.RULES:
        square = moments(name, "tanh")[0]
        assert full[10] / full[1] >= square[10] / square[1]
    edge = 0.9
    shares = []
    for seed in range(5):
        net = network.sample([256] * 11, "tanh", experiments.RULES["fourfold"][0], output_activation="tanh", rng=seed)
        passed = network.forward(net, np.random.default_rng(seed).standard_normal((256, 256)))
        assert passed.a[10] == pytest.approx(np.tanh(passed.z[9]))
        shares.append(np.mean(abs(passed.a[10]) > edge))
    z = gaussian.propagate("tanh", scaled_weight_variance=16.0, depth=10).z[-1]
    assert 2 * ndtr(-math.atanh(edge) / math.sqrt(z)) == pytest.approx(np.mean(shares), abs=0.01)
    says(
        "With $«16»/n$ the activations are level, for a poor reason: «two thirds» of them in layer «10» lie "
        "beyond $\\pm «0.9»$. And the gradient grows «2,000»-fold.",
        256 * net.weights[0].var().round(4),
        near(np.array(shares), abs=0.02),
        net.depth,
        edge,
        near(steep[0] / steep[9], rel=0.06),
    )


# ---------------------------------------------------------------- training


CONDITIONS = [(width, optimizer) for width in (16, 64) for optimizer in ("sgd", "momentum", "adam")]


def trial(task, rule, conditions=CONDITIONS):
    """Training loss and share of new examples wrong, at the best rate: two arrays (conditions, draws)."""
    each = [figures.at_best_rate(task, rule, *condition) for condition in conditions]
    return np.array([loss for loss, _ in each]), np.array([wrong for _, wrong in each])


def test_the_trial():
    spiral_found, digits_found = results.load(experiments.rules), results.load(experiments.on_digits)
    for found in (spiral_found, digits_found):
        assert found.axes["rule"] == ["standard", "xavier", "double"]
        assert found.axes["optimizer"] == ["sgd", "momentum", "adam"]
        assert found.settings["steps"] == experiments.STEPS
        assert found.settings["batch"] == experiments.EXAMPLES_PER_STEP
        assert found.axes["width"] == spiral_found.axes["width"]
        assert len(found.axes["draw"]) == 10
    rates, (small, large) = np.array(spiral_found.settings["rates"]), spiral_found.axes["width"]
    two, ten, twenty = spiral_found.axes["depth"]
    says(
        "They train for «500» steps with batches of «20», by SGD, by SGD with momentum and by Adam.",
        experiments.STEPS,
        experiments.EXAMPLES_PER_STEP,
    )
    says(
        "tanh networks of width «16» and «64» learn the spiral of [the first chapter](why.ipynb), with «2», «10» and "
        "«20» hidden layers, and images of handwritten digits, with «10».",
        small,
        large,
        two,
        ten,
        twenty,
        digits_found.settings["depth"],
    )
    says(
        "Each rule gets the best of at least «16» learning rates, a factor of «2» apart, and «ten» draws",
        len(digits_found.settings["rates"]),
        rates[1:] / rates[:-1],
        len(spiral_found.axes["draw"]),
    )
    assert len(rates) > len(digits_found.settings["rates"])
    says("On which of the «four» tasks does Xavier leave", len(figures.TASKS))
    double = math.sqrt(experiments.RULES["double"][1])
    says("And *Xavier × «2»*, which keeps the tanh signal so much better", double)
    says("**And Xavier × «2»?** On the spiral with «ten» layers its training loss is lower", double, ten)
    says("With «twenty» layers, SGD and momentum learn nothing", twenty)
    says("two layers, or «ten» of «64» units, did well from both", ten, large)


def test_two_layers_forgive():
    wrong = [trial("spiral, 2 layers", rule)[1].mean(axis=1) for rule in experiments.TRIED]
    says("Whatever the rule, on average at most «3.2 %» of the new points are wrong.", near(np.max(wrong), abs=0.0007))
    assert np.max(wrong) < 0.032


def test_ten_layers_on_the_spiral():
    (old, old_wrong), (good, good_wrong), (double, _) = (trial("spiral, 10 layers", rule) for rule in experiments.TRIED)
    says(
        "With ten layers of 16 units the standard rule makes more mistakes than Xavier with every optimizer, in these "
        "«ten» draws two to three times as many.",
        old.shape[1],
    )
    ratio = old_wrong.mean(axis=1)[:3] / good_wrong.mean(axis=1)[:3]
    assert 2 * 0.95 < ratio.min()
    assert ratio.max() < 3 * 1.05
    ahead = (old_wrong < good_wrong).sum(axis=1)
    says(
        "With «64» units it does not: with SGD and momentum it is even ahead, in «8» draws of «10» each.",
        CONDITIONS[3][0],
        ahead[3:5],
        old.shape[1],
    )
    says("its training loss is lower than Xavier's, at the median by a factor of ten and more;")
    assert (np.median(good / double, axis=1) > 10).all()
    says("only with Adam at «16» units that factor hangs on the draws and on the rate.", CONDITIONS[2][0])
    found = results.load(experiments.rules)
    best = {rule: np.nanmin(found.get("loss", depth=10, rule=rule), axis=-1) for rule in experiments.TRIED}
    own = np.median(best["xavier"] / best["double"], axis=0).ravel()  # at each draw's own best rate
    assert (np.delete(own, 2) > 10).all()
    assert CONDITIONS[2] == (16, "adam")
    assert own[2] < 4
    assert (good / double)[2].min() < 1.2


def test_twenty_layers_on_the_spiral():
    found = results.load(experiments.rules)
    says(
        "SGD and momentum learn nothing from the standard rule, at any rate: «half» of the points are wrong.",
        near(trial("spiral, 20 layers", "standard")[1][[0, 1, 3, 4]].mean(axis=1), abs=0.02),
    )
    for optimizer in ("sgd", "momentum"):
        loss = found.get("loss", depth=20, rule="standard", optimizer=optimizer)
        assert np.nanmin(loss) > math.log(2) - 0.005
    adam = trial("spiral, 20 layers", "standard")[1][[2, 5]].mean(axis=1)
    says("Adam, whose steps are no smaller for tiny gradients, gets all but 1 or 2 % right.")
    assert 0.005 < adam.min()
    assert adam.max() < 0.025
    says("with twenty, only Adam learned from the old rule")


def test_the_digits():
    (_, old_wrong), (_, good_wrong), (_, double_wrong) = (
        trial("digits, 10 layers", rule) for rule in experiments.TRIED
    )
    says("Xavier beats the standard rule in each of the «60» comparisons", (old_wrong > good_wrong).sum())
    says("On the digits it gets more new ones wrong in all «60» comparisons.", (double_wrong > good_wrong).sum())
    assert old_wrong.size == 60
    good, standard = 100 * good_wrong.mean(axis=1), 100 * old_wrong.mean(axis=1)
    says(
        "«3» to «10 %» wrong against «12» to «66 %».",
        good.min(),
        good.max() / 100,
        standard.min(),
        standard.max() / 100,
    )
    says("So does Adam make initialization unnecessary?")
    assert CONDITIONS[5] == (64, "adam")
    says(
        "No: with «64» units the standard rule still makes «three» times as many mistakes.",
        CONDITIONS[5][0],
        standard[5] / good[5],
    )
    double = 100 * double_wrong.mean(axis=1)
    says("On the digits Xavier is best everywhere, then Xavier × 2, then the standard rule.")
    assert ((good < double) & (double < standard)).all()
    assert experiments.RULES["double"][1] == 2**2


def test_patience_on_the_digits():
    steps, rate, draws = 2000, 1 / 8, range(10)
    wrong = {}
    for rule in ("standard", "xavier"):
        how = {"rates": (rate,), "steps": steps, "batch": experiments.EXAMPLES_PER_STEP}
        wrong[rule] = [
            1 - experiments.trained(rule, [64] * 10, "sgd", *examples("digits", draw), draw=draw, **how)["accuracy"][0]
            for draw in draws
        ]
    says(
        "Patience helps: after «2000» steps of SGD at rate «0.125» such networks get about «6 %» wrong, and about "
        "«3 %» from Xavier, on the average of «ten» draws.",
        steps,
        rate,
        near(np.mean(wrong["standard"]), abs=0.01),  # 0.056 to 0.064, as a processor rounds
        near(np.mean(wrong["xavier"]), abs=0.005),
        len(draws),
    )
    says("with SGD, momentum and Adam, each at its best rate; longer training narrows the gap.")
    short = trial("digits, 10 layers", "standard", [(64, "sgd")])[1].mean()
    good = trial("digits, 10 layers", "xavier", [(64, "sgd")])[1].mean()
    assert np.mean(wrong["standard"]) / np.mean(wrong["xavier"]) < 0.5 * short / good


def test_what_the_takeaways_say_of_the_spiral():
    shallow = [trial("spiral, 2 layers", rule)[1] for rule in ("standard", "xavier")]
    wide = [trial("spiral, 10 layers", rule, CONDITIONS[3:])[1] for rule in ("standard", "xavier")]
    for wrong in (*shallow, *wide):
        assert wrong.mean(axis=1).max() < 0.035


def test_content():
    start = 0.9
    pairs = {
        rule: gaussian.propagate_pair(
            "tanh", scaled_weight_variance=experiments.RULES[rule][1], depth=experiments.DEPTH, cosine=start
        ).a
        for rule in experiments.TRIED
    }
    says("We send two inputs with a cosine of «0.9» through «ten» layers", start, experiments.DEPTH)
    says("*Xavier × 2* pulls it apart, to a cosine of «0.43».", pairs["double"][-1])
    assert pairs["xavier"][-1] > 0.85
    rng = np.random.default_rng(0)  # and in networks of finite width
    common, own = rng.standard_normal((512, 1)), rng.standard_normal((512, 60))
    x = math.sqrt(start) * common + math.sqrt(1 - start) * own
    for rule in experiments.TRIED:
        nets = network.sample([512] * 11, "tanh", experiments.RULES[rule][0], output_activation="tanh", seeds=range(4))
        a = network.forward(nets, x).a[10]
        a = a / np.linalg.norm(a, axis=1, keepdims=True)
        cosines = np.swapaxes(a, 1, 2) @ a
        assert cosines[:, *np.triu_indices(60, 1)].mean() == pytest.approx(pairs[rule][-1], abs=0.06), rule


def test_before_training_with_twenty_layers():
    says("With twenty tanh layers of 16 units, the standard rule and SGD learned nothing from the spiral")
    signals, sizes = [], []
    for seed in range(9):
        net = network.sample([2] + [16] * 20 + [2], "tanh", experiments.standard, rng=seed)
        x, y = spiral(200, rng=seed)
        seen = network.observe(net, x, targets=y, loss="softmax_cross_entropy")
        signals.append(seen.a.second_moment[20])
        sizes.append(np.sqrt(seen.dW.second_moment))
    says(
        "The mean square of the signal in the last hidden layer is about $«10^{-10}»$",
        near(np.median(signals), rel=0.7),
    )
    says("The gradients of the weights have a size of about $10^{-6}$ in every layer.")
    assert (np.abs(np.log10(np.median(sizes, axis=0) / 1e-6)) < 0.6).all()
    epsilon = inspect.signature(training.train).parameters["eps"].default
    says("its $\\epsilon$ of $«10^{-8}»$", epsilon)
    says("and «500» such steps come to nothing", experiments.STEPS)


def test_what_the_paper_says():
    says(
        "their rule brought the test error from «27.15 %» to «15.60 %» on images of shapes, but from «1.76 %» to "
        "«1.64 %» on the digits of MNIST.",
        SHAPESET["standard"],
        SHAPESET["normalized"],
        MNIST["standard"],
        MNIST["normalized"],
    )


# ---------------------------------------------------------------- where the widths change


def test_the_compromise():
    glorot = algebra.compromise()
    says("These add up to «2»", float((glorot.forward + glorot.backward).simplify()))
    assert str(glorot.forward) == "2*n_in/(n_in + n_out)"


def test_the_shapes():
    narrow, zigzag = experiments.SHAPES["narrow"][1], experiments.SHAPES["zigzag"][1]
    assert (narrow[0], narrow[-1], len(narrow) - 1) == (512, 32, 10)  # as the figure says
    says("One network is in turn «64» and «256» units wide", zigzag[::2], zigzag[1::2])


def test_the_band_holds_95_per_cent():
    for shape, networks in (("narrow", 40), ("zigzag", 200)):
        widths, variance = experiments.SHAPES[shape][1], experiments.VARIANCES["xavier"][1]
        panels = figures.tapers.frame(shape=shape, rule="xavier")["panels"]
        rule = [partial(initializers.normal, std=variance(*pair) ** 0.5) for pair in pairwise(widths)]
        ones = {"inputs": np.ones((widths[0], 1)), "targets": np.ones((widths[-1], 1))}
        seen = network.simulate(widths, "identity", rule, seeds=range(networks), **ones)
        for panel, moment, at in (("forward", seen.a, -1), ("backward", seen.dz, 0)):
            low, high = (band[at] for band in panels[panel]["band"])
            ends = moment.second_moment[:, at]
            share_error = math.sqrt(0.95 * 0.05 / networks)
            assert np.mean((low < ends) & (ends < high)) == pytest.approx(0.95, abs=3 * share_error)
            mean_error = ends.std() / math.sqrt(networks)
            assert ends.mean() == pytest.approx(panels[panel]["y"]["theory"][at], abs=3 * mean_error)
    for settings in figures.tapers.grid():
        for panel in ("forward", "backward"):
            data = figures.tapers.frame(**settings)["panels"][panel]
            (low, high), measured = np.array(data["band"]), np.array(data["y"]["measured"])
            assert (low * 0.999 <= measured).all()
            assert (measured <= high * 1.001).all()


def test_pure_rules_are_bounded():
    for _, widths in experiments.SHAPES.values():
        forward, backward = experiments.expected(widths, experiments.VARIANCES["in"][1])
        assert forward == pytest.approx(1)
        assert backward == pytest.approx([widths[-1] / n for n in widths[1:]])
        forward, backward = experiments.expected(widths, experiments.VARIANCES["out"][1])
        assert forward == pytest.approx([widths[0] / n for n in widths])
        assert backward == pytest.approx(1)
    widths = experiments.SHAPES["narrow"][1]
    forward, backward = experiments.expected(widths, experiments.VARIANCES["in"][1])
    says("Under $1/n_{\\text{in}}$ the forward factors are all «1»", near(forward, abs=1e-9))
    says("their product is $n^{[L]} / n^{[l]}$")
    says(
        "the gradient is off by no more than the ratio of two widths: here «12»-fold at layer «1».",
        1 / backward.min(),
        backward.argmin() + 1,
    )
    assert (1 / backward).max() <= max(widths) / min(widths)


def test_the_compromise_in_a_taper():
    widths = experiments.SHAPES["narrow"][1]
    out = experiments.expected(widths, experiments.VARIANCES["out"][1])[0][-1]
    signal, gradient = (
        curve[at]
        for curve, at in zip(experiments.expected(widths, experiments.VARIANCES["xavier"][1]), (-1, 0), strict=True)
    )
    pure = experiments.expected(widths, experiments.VARIANCES["in"][1])[1][0]
    says("In the narrowing network it lies in the middle, as it should.")
    assert signal == pytest.approx(math.sqrt(out), rel=0.1)
    assert gradient == pytest.approx(math.sqrt(pure), rel=0.1)


def test_the_compromise_leaks():
    says("But two factors that add up to 2 have a product below 1, unless they are equal.")
    for n_in, n_out in ((64, 256), (256, 64), (100, 101), (50, 50)):
        v = experiments.VARIANCES["xavier"][1](n_in, n_out)
        assert n_in * v + n_out * v == pytest.approx(2)
        assert (n_in * v * n_out * v < 1) == (n_in != n_out)
    v = experiments.VARIANCES["xavier"][1](64, 256)
    says("In the zigzag the forward factors are $\\tfrac25$ and $\\tfrac85$.")
    assert (64 * v, 256 * v) == pytest.approx((2 / 5, 8 / 5))
    signal, gradient = experiments.expected(experiments.SHAPES["zigzag"][1], experiments.VARIANCES["xavier"][1])
    says(
        "Their product is «0.64», in both directions, and «five» such pairs leave «a tenth» of the signal.",
        64 * v * 256 * v,
        (len(signal) - 1) / 2,
        near(signal[-1], abs=0.01),
    )
    assert gradient[1] / gradient[3] == pytest.approx(0.64)


def test_the_geometric_mean():
    for _, widths in experiments.SHAPES.values():
        forward, backward = experiments.expected(widths, experiments.VARIANCES["geometric"][1])
        assert forward == pytest.approx([math.sqrt(widths[0] / n) for n in widths])
        assert backward == pytest.approx([math.sqrt(widths[-1] / n) for n in widths[1:]])
    says("does not leak: its factors multiply to «1»", math.sqrt(2 / 7) * math.sqrt(7 / 2))
    for shape, rows in {
        "narrow": (["2/(n_in + n_out)", 3.63, 0.263], ["1/√(n_in n_out)", 4, 0.287]),
        "zigzag": (["2/(n_in + n_out)", 0.107, 0.0671], ["1/√(n_in n_out)", 1, 0.5]),
    }.items():
        for row in rows:
            assert [shape, *row] in table("xavier", "tapers-code")


# ---------------------------------------------------------------- exercises


def test_the_bound():
    says("Work it out by hand for the first layer of a digit classifier, 784 inputs and 300 units.")
    says(
        "For 784 and 300 that is $\\sqrt{6/1084} = «0.0744»$; PyTorch's default would have $1/\\sqrt{784} = «0.0357»$.",
        exercises.bound.solution(784, 300),
        1 / math.sqrt(784),
    )
    assert math.sqrt(6 / 1084) == exercises.bound.solution(784, 300)


def test_a_hundred_blocks():
    says("Try `[64, 256, 64]`, and then a hundred such blocks.")
    blocks = [64, 256] * 100 + [64]
    one, hundred = (exercises.signal_factor.solution(widths) for widths in ([64, 256, 64], blocks))
    count = len(blocks) // 2
    says("One block gives $\\tfrac25 \\cdot \\tfrac85 = «0.64»$", one)
    says("and «a hundred» of them $0.64^{«100»} = «4 \\cdot 10^{-20}»$", count, count, hundred)
    assert 2 / 5 * 8 / 5 == pytest.approx(one)
    assert 0.64**100 == pytest.approx(hundred)
    says("With $1/n_{\\text{in}}$ the factor would be «1», whatever the widths.", near(_signal_of_lecun(), abs=1e-9))


def _signal_of_lecun():
    return [
        experiments.expected(widths, experiments.VARIANCES["in"][1])[0][-1] for _, widths in experiments.SHAPES.values()
    ]


def test_the_even_variance():
    says("Their product has to be 1.")
    says("$n_{\\text{in}} n_{\\text{out}} v^2 = 1$ gives")
    for n_in, n_out in ((100, 300), (64, 256), (7, 7)):
        v = exercises.even_variance.solution(n_in, n_out)
        assert n_in * v * n_out * v == pytest.approx(1)
        assert 2 / (n_in + n_out) <= v * (1 + 1e-12)


def test_which_mean_is_it():
    says("a random vector with independent entries of mean 0 and variance 1, on average")
    J = np.random.default_rng(0).standard_normal((40, 40)) / 5
    x = np.random.default_rng(1).standard_normal((40, 20_000))
    assert np.square(J @ x).mean() == pytest.approx(exercises.variance_ratio.solution(J), rel=0.02)
    assert x.mean() == pytest.approx(0, abs=0.01)
    assert x.var() == pytest.approx(1, abs=0.01)
    ratios, means = [], []
    for rule in (experiments.standard, initializers.xavier_uniform):
        W = rule((512, 512), rng=0)
        ratios.append(exercises.variance_ratio.solution(W))
        means.append(np.linalg.svd(W, compute_uv=False).mean())
    says(
        "That gives «0.333» and «0.999», as (2) says, against means of «0.491» and «0.850».",
        ratios[0],
        ratios[1],
        means[0],
        means[1],
    )


def test_the_singular_values():
    says("about 0.8 under their rule and 0.5 under the standard one")
    says("If Xavier keeps things as they are, why 0.8 and not 1?")
    for rule, paper in ((initializers.xavier_uniform, 0.8), (experiments.standard, 0.5)):  # with tanh, a little less
        net = network.sample([256] * 11, "tanh", rule, rng=1)
        a = network.forward(net, np.random.default_rng(1).standard_normal((256, 1))).a
        J = (1 - a[9] ** 2) * net.weights[8]
        assert np.linalg.svd(J)[1].mean() == pytest.approx(paper, abs=0.03)
    n = 512
    says("What is it for «512» × «512» weights of both rules", n, n)
    v = 1 / 3
    sigma, small = (
        np.linalg.svd(rule((n, n), rng=3), compute_uv=False)
        for rule in (initializers.xavier_normal, experiments.standard)
    )
    says(
        "they fill «a quarter» of a circle, with mean $\\frac{8}{3\\pi} \\sqrt{n \\operatorname{Var} W}$",
        near(_quarter(sigma), abs=0.01),
    )
    assert sigma.mean() == pytest.approx(8 / (3 * math.pi), rel=0.01)
    assert small.mean() == pytest.approx(8 / (3 * math.pi) * math.sqrt(v), rel=0.01)
    says(
        "some directions are stretched up to «two-fold», others flattened to almost nothing",
        near(sigma.max(), abs=0.05),
    )
    assert sigma.min() < 0.01
    says("Orthogonal matrices have all of them at «1».", np.linalg.svd(initializers.orthogonal((9, 9), rng=0))[1])


def _quarter(sigma):
    """The share of the disc of radius 2 that lies under their density."""
    density, edges = np.histogram(sigma, bins=16, range=(0, 2), density=True)
    circle = np.sqrt(4 - (edges[1:] - 0.0625) ** 2) / math.pi
    assert density == pytest.approx(circle, abs=0.12)
    return float(np.sum(density * math.pi) * 0.125 / (math.pi * 2**2))


def test_biases_keep_a_signal_that_says_nothing():
    says("Send two different inputs through fifty such tanh layers of 256 units")
    rule = partial(initializers.uniform, low=-1 / 16, high=1 / 16)
    n, depth = 256, 50
    (linear,) = (layer for layer in TORCH["layer_defaults"] if layer["layer"] == "Linear")
    assert linear["bias"]["high"] == pytest.approx(1 / math.sqrt(linear["shape"][1]))
    for seed in (0, 1):
        net = network.sample([n] * (depth + 1), "tanh", rule, bias_initializer=rule, rng=seed)
        passed = network.forward(net, np.random.default_rng(seed).standard_normal((n, 2)))
        square = [np.mean(z**2) for z in passed.z]
        correlation = {layer: np.corrcoef(passed.a[layer].T)[0, 1] for layer in (10, 20)}
        # a mean square of 256 units spreads by sqrt(2/256), 9 %, that of 41 layers by 1.4 %; each draw counts twice
        assert np.mean(square[9:]) == pytest.approx(0.00195, rel=4 * 0.014)
        assert correlation[10] > 0.99
        assert 1 - correlation[20] < 1e-6
    says("The mean square stops falling, and settles at about «0.002»:", near(1 / (2 * n), rel=0.03))
    says("balances at $q = q/3 + 1/(3n)$, so $q = 1/(2n) = «0.00195»$", 1 / (2 * n))
    q = 1 / (2 * n)
    assert q / 3 + 1 / (3 * n) == pytest.approx(q)
    says(
        "Each layer keeps «a third» of what arrives and adds the variance of a bias, $1/(3n)$.",
        near(n * net.weights[0].var(), abs=0.005),
    )
    assert net.biases[0].var() == pytest.approx(1 / (3 * n), rel=0.2)
    says(
        "In layer 10 the two activations have a correlation above 0.99, and in layer 20 it differs from 1 by less than "
        "$10^{-6}$."
    )
    assert np.corrcoef(passed.a[20].T)[0, 1] < 1


# ---------------------------------------------------------------- takeaways and quiz


def test_takeaways():
    says("has $n \\operatorname{Var} W = \\tfrac13$. Signal and gradient shrink exponentially with depth")
    assert 100 * initializers.he_uniform((100, 100), negative_slope=5**0.5, rng=0).var() == pytest.approx(
        1 / 3, rel=0.03
    )
    says(
        "On the digits, ten tanh layers trained far better from Xavier than from the old rule in «500» steps, at "
        "widths 16 and 64",
        experiments.STEPS,
    )
    assert results.load(experiments.on_digits).axes["width"] == [16, 64]
    assert results.load(experiments.on_digits).settings["depth"] == 10
    says("*Xavier × 2* mostly fits the spiral faster with ten layers and is worse on new digits")
    assert experiments.RULES["double"][1] == 2**2
    says("with the sigmoid the gradient still dies exponentially")


def test_the_quiz():
    quiz_says(quiz, "r²/3 = 2/(400 + 200), so r = √(6/600) = 0.1.", "√(2/600) = 0.0577", "√(3/400) = 0.0866")
    quiz_says(quiz, "1/√400 = 0.05", "√(3/600) = 0.0707", "The gain is √(2/(1 + 5)) = 0.577.")
    assert exercises.bound.solution(400, 200) == pytest.approx(0.1)
    assert [math.sqrt(v) for v in (2 / 600, 3 / 400, 1 / 400, 3 / 600, 2 / 6)] == pytest.approx(
        [0.0577, 0.0866, 0.05, 0.0707, 0.577], abs=5e-4
    )
    a, dz, _ = moments("standard", "tanh")
    quiz_says(quiz, "It falls from 0.21 to 0.000009.", "It is 1 in layer 10, and 0.00003 in layer 1.")
    assert a[[1, 10]] == pytest.approx([0.21, 0.000009], rel=0.05)
    assert dz[[9, 0]] == pytest.approx([1, 0.00003], rel=0.1)
    quiz_says(quiz, "200/400 × 600/400 = 0.75.")
    assert exercises.signal_factor.solution([100, 300, 100]) == pytest.approx(0.75)
    quiz_says(quiz, "With tanh it falls from 0.39 in layer 1 to 0.05 in layer 10.")
    quiz_says(quiz, "they lose a factor of 12 in mean square, instead of 35,000")
    quiz_says(quiz, "In each of 60 comparisons after 500 steps, with SGD, momentum and Adam, each rule at its best")
    (_, good), (_, standard), (_, double) = (
        trial("digits, 10 layers", rule) for rule in ("xavier", "standard", "double")
    )
    assert (good < standard).sum() == (good < double).sum() == 60
