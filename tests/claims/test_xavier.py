"""The chapter on Xavier initialization, held to account."""

import json
import math
import re
from functools import cache, partial
from itertools import pairwise

import numpy as np
import pytest
from harness import ROOT, quiz_says

from initlab import algebra, gaussian, initializers, network, training
from initlab_book.chapters import why
from initlab_book.chapters.xavier import exercises, experiments, figures, quiz

from . import chapter, near, printed

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


def best(rule, *args, **options):
    """The loss of every seed at the best rate of a rule."""
    sweep = experiments.trained(rule, *args, **options)
    return sweep.loss[list(sweep.rates).index(sweep.best_rate)]


# ---------------------------------------------------------------- the rule before the rule


def test_the_network_of_the_chapter():
    seen = experiments.deep("standard", "tanh")
    says("what the rule does to activations and gradients in «ten» layers, and what it does not do", len(seen.z.layers))
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
    text = printed("xavier", cell="old-rule-code")
    rows = {int(at): [float(v) for v in row.split()] for at, row in re.findall(r"layer +(\d+) +(.*)\n", text)}
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
        "\\operatorname{Var} W = \\frac{«1»}{«3»n}, \\qquad n \\operatorname{Var} W = «\\frac13», \\tag{2}",
        near(3 * third, abs=0.003),
        near(1 / third, abs=0.012),
        near(third, abs=0.001),
    )
    says("a layer without activation function passes on «a third» of the mean square it gets", near(third, abs=0.001))
    linear, bent = moments("standard", "identity")[1], moments("standard", "tanh")[1]
    says(
        "The «nine» factors of $«\\tfrac13»$ that a gradient meets on its way from layer «10» to layer «1» make "
        "$«5.1 \\cdot 10^{-5}»$. The bend of tanh takes almost «half» of what they leave.",
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
    size = np.sqrt(others("xavier", "identity")[2].mean() / others("standard", "tanh")[2].mean())
    says("weight gradients «190» times smaller in size than those of a linear network", near(size, rel=0.05))
    nine_thirds = np.sqrt(others("xavier", "identity")[2].mean() / others("standard", "identity")[2].mean())
    says(
        "($\\sqrt{«3»^«9»}$ is «140»; the rest is the bend.)",
        near(1 / third, abs=0.012),
        experiments.DEPTH - 1,
        near(math.sqrt(3**9), rel=0.005),
    )
    assert nine_thirds == pytest.approx(math.sqrt(3**9), rel=0.05)
    assert nine_thirds < size


def test_the_default_of_pytorch():
    (linear,) = (layer for layer in TORCH["layer_defaults"] if layer["layer"] == "Linear")
    n = linear["shape"][1]
    assert linear["weight"]["high"] == pytest.approx(1 / math.sqrt(n))
    assert linear["weight"]["low"] == pytest.approx(-1 / math.sqrt(n))
    # the slope a with which He's rule, of bound sqrt(6 / ((1 + a^2) n)), draws as far as this layer does
    slope = math.sqrt(6 / (n * linear["weight"]["high"] ** 2) - 1)
    says("Its source says `kaiming_uniform_` with `a=math.sqrt(«5»)`", slope**2)
    says("Nobody means a leaky ReLU of slope $\\sqrt «5»$.", slope**2)
    W = initializers.he_uniform((1000, n), negative_slope=slope, rng=0)
    says(
        "The number is there because it gives $«2»/(«6»n) = «1»/(«3»n)$.",
        (1 + slope**2) * n * linear["weight"]["high"] ** 2 / 3,
        1 + slope**2,
        near(3 * n * W.var(), rel=0.02),
        near(1 / (n * W.var()), rel=0.02),
    )
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
        "\\sqrt{\\tfrac{«6»}{n_{\\text{in}} + n_{\\text{out}}}}\\,\\right]. \\tag{4}",
        near((n_in + n_out) * W.var(), rel=0.02),
        near((n_in + n_out) * uniform.min() ** 2, rel=0.005),
        near((n_in + n_out) * uniform.max() ** 2, rel=0.005),
    )
    says(
        "Xavier makes them «0.5» and «1.5»: their average is «1»",
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
        "`he_uniform`, $a = \\sqrt «5»$ | «1»/«3» |",
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
    for row in ("standard         0.00331      0.33", "Xavier, uniform  0.00496      0.50      1.49    0.1225"):
        assert row in text
    assert "sqrt(6 / 400) = 0.1225" in text


# ---------------------------------------------------------------- ten layers under five rules


def test_five_rules_and_three_curves():
    says("## «Ten» layers under «five» rules", experiments.DEPTH, len(experiments.RULES))
    says("in the same network of «ten» tanh layers", experiments.DEPTH)
    measured = [s for s in figures.rules.panels[0].series if s.style == "measured"]
    says("What becomes of activations, gradients and weight gradients: are all «three» level now", len(measured))
    says("All but the orthogonal weights are multiples of the same random draws.")
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
        "stay near «1» through all «ten» layers, within «5 %» in this draw",
        near(seen, abs=0.05),
        experiments.DEPTH,
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
    says("under the standard rule the gradient loses a factor of «35,000»", near(old[9] / old[0], rel=0.03))
    for a, dz, _ in zip(*others("xavier", "tanh"), strict=True):
        assert a[[1, 10]] == pytest.approx([0.39, 0.05], rel=0.15)
        assert dz[9] / dz[0] == pytest.approx(12, rel=0.2)
    says("Only the weight gradients are still about level.")
    for dW in (moments("xavier", "tanh")[2], *others("xavier", "tanh")[2]):
        assert dW.max() < 1.5 * dW.min()
    says("The decay slows down as the signal gets smaller")
    ratio = gaussian.propagate("tanh", scaled_weight_variance=1.0, depth=100).a
    assert (np.diff(ratio[1:] / ratio[:-1]) > 0).all()


def test_softsign_loses_more():
    says("**Softsign**, $z/(1 + \\lvert z\\rvert)$")
    z = np.linspace(-5, 5, 101)
    assert network.activations.get("softsign").f(z) == pytest.approx(z / (1 + abs(z)))
    _, dz, _ = moments("xavier", "softsign")
    says(
        "bends more sharply, and loses more: the gradient falls by a factor of «140».",
        near(dz[9] / dz[0], rel=0.04),
    )
    assert dz[9] / dz[0] > 5 * moments("xavier", "tanh")[1][9] / moments("xavier", "tanh")[1][0]


def test_no_rule_of_the_menu_saves_the_sigmoid():
    z = np.linspace(-30, 30, 100_001)
    slope = (network.activations.get("sigmoid").df(z)).max()
    says("The slope of the sigmoid is at most $«\\tfrac14»$", slope)
    says("multiplies the mean square of a gradient by no more than $n \\operatorname{Var} W / «16»$", 1 / slope**2)
    for name in experiments.RULES:
        dz = moments(name, "sigmoid")[1]
        assert dz[0] < 1e-3 * dz[9]
    a, dz, dW = moments("xavier", "sigmoid")
    deep = experiments.deep("xavier", "sigmoid")
    tiny = 1e-12
    says("Under Xavier it arrives at layer «1» with a mean square below $«10^{-12}»$.", int(deep.dz.layers[0]), tiny)
    assert dz[0] < tiny
    assert (others("xavier", "sigmoid")[1][:, 0] < tiny).all()
    says(
        "the weight gradients are *not* alike: the activations have a mean of about $«\\tfrac12»$",
        near(deep.a.mean[0, 1:], abs=0.06),
    )
    assert dW[9] > 1e9 * dW[0]
    assert a[10] > 0.8 * a[1]


def test_larger_weights():
    a, dz, dW = moments("double", "tanh")
    scale = experiments.RULES["double"][0]((64, 64), rng=0) / initializers.xavier_uniform((64, 64), rng=0)
    says(
        "With $«4»/n$ (*Xavier × «2»*) the tanh activations hardly shrink: they go from «0.63» to «0.52».",
        experiments.RULES["double"][1],
        near(scale, abs=1e-9),
        a[1],
        a[10],
    )
    says(
        "But the gradient *grows*, «11»-fold over these «nine» steps, and the weight gradients are no longer level.",
        dz[0] / dz[9],
        len(dz) - 1,
    )
    assert dW.max() > 10 * dW.min()
    full, steep, _ = moments("fourfold", "tanh")
    for name in experiments.RULES:
        square = moments(name, "tanh")[0]
        assert full[10] / full[1] >= square[10] / square[1]
    edge = 0.9
    net = network.sample([256] * 11, "tanh", experiments.RULES["fourfold"][0], rng=0)
    last = network.forward(net, np.random.default_rng(0).standard_normal((256, 256))).a[10]
    says(
        "With $«16»/n$ the activations are level, from «0.80» to «0.78», for a poor reason: «four fifths» of them in "
        "layer «10» lie beyond $\\pm «0.9»$. And the gradient grows «2,000»-fold.",
        256 * net.weights[0].var().round(4),
        full[1],
        full[10],
        near(np.mean(abs(last) > edge), abs=0.01),
        net.depth,
        edge,
        near(steep[0] / steep[9], rel=0.06),
    )


def test_orthogonal_weights():
    says("**Orthogonal** matrices give the same mean squares as Xavier")
    for f in figures.ACTIVATIONS:
        for mine, theirs in zip(moments("orthogonal", f), moments("xavier", f), strict=True):
            # behind a sigmoid all inputs point nearly the same way, and share their luck
            assert mine == pytest.approx(theirs, rel=0.5 if f == "sigmoid" else 0.15)
    says("In the linear network they keep every single length, and exactly.")
    x = np.random.default_rng(0).standard_normal((256, 5))
    out = network.forward(network.sample([256] * 11, "identity", initializers.orthogonal, rng=0), x).output
    assert np.linalg.norm(out, axis=0) == pytest.approx(np.linalg.norm(x, axis=0))


# ---------------------------------------------------------------- training


def test_the_trial():
    low, *_, high = experiments.RATES
    says(
        "each rule gets its own best rate of «five», from «0.00316» to «0.316»",
        len(experiments.RATES),
        low,
        high,
    )
    says(
        "Tanh networks with two or «ten» hidden layers of «16» units learn the spiral of [the first "
        "chapter](why.ipynb), in «500» steps with batches of «20», from «ten» seeds.",
        experiments.DEPTH,
        why.experiments.WIDTHS[1],
        experiments.STEPS,
        why.experiments.BATCH,
        len(experiments.SEEDS),
    )
    says("We report the loss on the «200» points that they train on.", why.experiments.data()[0].shape[1])
    says("A network that knows nothing has «0.693».", math.log(2))
    tried = re.findall(r"^  (\w+) +[\d.]+ +[\d.]+   at rate", printed("xavier", cell="training-code"), re.MULTILINE)
    root = {name: math.sqrt(n_var) for name, (_, n_var, _) in experiments.RULES.items()}
    says(
        "Sort the «four» rules by the loss that they reach at their best rate, with «ten» layers: standard, Xavier, "
        "Xavier × «2», Xavier × «4». Is it the same order with two?",
        len(set(tried)),
        experiments.DEPTH,
        root["double"],
        root["fourfold"],
    )
    assert "2 hidden layers" in printed("xavier", cell="training-code")


def test_ten_layers():
    ratios = []
    says(
        "Xavier's loss is two to six times smaller, with other draws and other points on the spiral, too. "
        "*Xavier × 4* is left behind like the standard rule."
    )
    says(
        "The surprise is *Xavier × 2*, which beats Xavier by another factor of ten and more, and does so each time.",
    )
    for data_seed in range(4):  # other points and other networks
        options = {"data_seed": data_seed, "seeds": range(10 * data_seed, 10 * data_seed + 10)} if data_seed else {}
        standard, good, double, fourfold = (
            best(rule, **options).mean() for rule in ("standard", "xavier", "double", "fourfold")
        )
        ratios.append(standard / good)
        assert 10 * double < good
        assert 2 * good < fourfold < 0.5
        assert standard < 0.5 < math.log(2)
    assert 0.8 * 2 < min(ratios)
    assert max(ratios) < 1.2 * 6
    assert experiments.RULES["fourfold"][1] == 4**2
    assert experiments.RULES["double"][1] == 2**2
    says("With «ten» layers** the standard rule learns something, but it is left far behind.", experiments.DEPTH)
    a = moments("double", "tanh")[0]
    says(
        "weights «twice» as large keep the signal of this network alive",
        math.sqrt(experiments.RULES["double"][1]),
    )
    assert a[10] > 0.5
    says("at the start the output hardly depends on the input")
    points, _ = why.experiments.data()
    for seed in experiments.SEEDS:
        start = network.sample([2] + [16] * 10 + [2], "tanh", experiments.standard, rng=seed)
        assert network.forward(start, points).output.std(axis=1).max() < 0.01


def test_two_layers_forgive():
    losses = [best(rule, 2).mean() for rule in ("standard", "xavier", "double", "fourfold")]
    says("**With two layers** the standard rule is hardly worse than Xavier, and the larger the weights, the better.")
    assert losses[0] < 1.5 * losses[1]
    assert losses == sorted(losses, reverse=True)
    wide = []
    for rule in ("standard", "xavier", "double", "fourfold"):
        assert experiments.trained(rule, 2).best_rate == max(experiments.RATES)
        nets = network.sample(
            [2, 16, 16, 2], "tanh", experiments.RULES[rule][0], seeds=experiments.SEEDS, dtype=np.float32
        )
        options = {
            "loss": "softmax_cross_entropy",
            "steps": experiments.STEPS,
            "batch_size": why.experiments.BATCH,
            "rng": 0,
        }
        wide.append(training.sweep(nets, *why.experiments.data(), rates=(max(experiments.RATES), 1.0), **options))
    says(
        "At rate «1» *Xavier × «2»* and *Xavier × «4»* gain once more, and the order stays.",
        [sweep.best_rate for sweep in wide[2:]],
        math.sqrt(experiments.RULES["double"][1]),
        math.sqrt(experiments.RULES["fourfold"][1]),
    )
    reached = [sweep.loss.mean(axis=1).min() for sweep in wide]
    assert reached == sorted(reached, reverse=True)


def test_twenty_layers():
    nets = network.sample([2] + [16] * 20 + [2], "tanh", experiments.standard, seeds=range(9))
    hidden = nets.depth - 1
    says(
        "With «twenty» layers, on the other hand, the standard rule does not learn at all, at none of the rates", hidden
    )
    says("Repeat the trial of the rules with «twenty» hidden layers.", hidden)
    sweep = experiments.trained("standard", depth=hidden)
    says(
        "At none: at all «five» rates the loss ends at «0.693», that of a network that knows nothing.",
        len(sweep.rates),
        near(sweep.loss, abs=0.0006),
    )
    says(
        "Xavier and *Xavier × 2* still learn; their best losses are about «0.2» and «0.1».",
        near(best("xavier", depth=20).mean(), abs=0.06),
        near(best("double", depth=20).mean(), abs=0.06),
    )
    signals = np.square(network.forward(nets, np.random.default_rng(0).standard_normal((2, 200))).a[20])
    says(
        "The mean square of the signal in the last hidden layer is about $«10^{-10}»$", near(signals[0].mean(), rel=0.5)
    )
    assert 1e-11 < np.median(signals.mean(axis=(1, 2))) < 1e-8


def test_what_pytorch_and_the_paper_say():
    (tanh,) = (row["gain"] for row in TORCH["gains"] if row["nonlinearity"] == "tanh")
    says("a gain of «5»/«3» for tanh", 3 * tanh, 5 / tanh)
    layers, units = 5, 1000  # the setting of that table
    says(
        "With «five» hidden tanh layers of «1000» units, Glorot and Bengio report test errors of «27.15 %» for the "
        "standard rule and «15.60 %» for theirs on images of shapes, but of «1.76 %» and «1.64 %» on MNIST.",
        layers,
        units,
        SHAPESET["standard"],
        SHAPESET["normalized"],
        MNIST["standard"],
        MNIST["normalized"],
    )
    assert layers < experiments.DEPTH
    assert units > experiments.WIDTH


# ---------------------------------------------------------------- where the widths change


def test_the_compromise():
    glorot = algebra.compromise()
    says("which add up to «2»", float((glorot.forward + glorot.backward).simplify()))
    assert str(glorot.forward) == "2*n_in/(n_in + n_out)"
    assert "sum:      2" in printed("xavier", cell="compromise-code")


def test_the_shapes():
    narrow, zigzag = experiments.SHAPES["narrow"][1], experiments.SHAPES["zigzag"][1]
    says(
        "A network narrows from «512» units to «32» in «ten» layers.",
        narrow[0],
        narrow[-1],
        len(narrow) - 1,
    )
    says("And one that is in turn «64» and «256» units wide", zigzag[::2], zigzag[1::2])


def test_the_band_holds_95_per_cent():
    says("The shaded band holds the middle «95 %» of all networks of these widths, for one input", 2 * 0.475)
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
    says("The marks of the one network lie in it.")
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
    says("\\prod_{k=l+1}^{L} \\frac{n^{[k]}}{n^{[k-1]}} = \\frac{n^{[L]}}{n^{[l]}}. \\tag{6}")
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
    says(
        "In the narrowing network the signal grows «3.6»-fold, against «16»-fold under $1/n_{\\text{out}}$, and the "
        "gradient keeps «0.26» of its mean square, against «0.08» under $1/n_{\\text{in}}$.",
        signal,
        out,
        gradient,
        pure,
    )
    says("Both are off, each by about the square root of that.")
    assert signal == pytest.approx(math.sqrt(out), rel=0.1)
    assert gradient == pytest.approx(math.sqrt(pure), rel=0.1)
    even = experiments.expected(widths, experiments.VARIANCES["geometric"][1])[0][-1]
    says("it costs the signal «a tenth», «3.6» in place of «4»", near(1 - signal / even, abs=0.01), signal, even)


def test_the_compromise_leaks():
    says("The sum of the two factors is 2, so their product is below 1 unless the widths are equal.")
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
    blocks = (512, 2048, 512)  # of the first Transformer
    says("Widths that alternate by a factor of «four» are no invention", blocks[1] / blocks[0])


def test_the_geometric_mean():
    for _, widths in experiments.SHAPES.values():
        forward, backward = experiments.expected(widths, experiments.VARIANCES["geometric"][1])
        assert forward == pytest.approx([math.sqrt(widths[0] / n) for n in widths])
        assert backward == pytest.approx([math.sqrt(widths[-1] / n) for n in widths[1:]])
    says("$1/\\sqrt{n_{\\text{in}} n_{\\text{out}}}$. Its factors are $\\sqrt{n_{\\text{in}}/n_{\\text{out}}}$")
    says("they multiply to «1», telescope both ways", math.sqrt(2 / 7) * math.sqrt(7 / 2))
    text = printed("xavier", cell="tapers-code")
    for row in ("2/(n_in + n_out)      3.635    0.263", "1/√(n_in n_out)       4.000    0.287"):
        assert row in text
    for row in ("2/(n_in + n_out)      0.107    0.067", "1/√(n_in n_out)       1.000    0.500"):
        assert row in text


# ---------------------------------------------------------------- uniform or normal


def test_weights_differ_and_sums_do_not():
    x = np.random.default_rng(1).standard_normal((256, 256))
    kurtosis = lambda v: np.mean(v**4) / np.mean(v**2) ** 2  # noqa: E731
    drawn = [rule((256, 256), rng=0) for rule in (initializers.xavier_uniform, initializers.xavier_normal)]
    uniform, normal = ([kurtosis(W), kurtosis(W @ x)] for W in drawn)
    assert uniform[0] == pytest.approx(1.8, abs=0.05)
    assert normal[0] == pytest.approx(3, abs=0.1)
    assert uniform[1] == pytest.approx(normal[1], abs=0.1)
    says("Weights of the same variance, «256» inputs.", drawn[1].shape[1])
    says("a sum of «256» independent terms is close to normal", drawn[0].shape[1])
    largest = [abs(W).max() / W.std() for W in drawn]
    says(
        "$\\sqrt 3 = «1.7»$ standard deviations for a uniform draw, and «4.7» among these «65,536» normal ones",
        near(largest[0], abs=0.05),
        near(largest[1], abs=0.05),
        drawn[1].size,
    )
    assert math.sqrt(3) == pytest.approx(largest[0], rel=0.01)
    says("the uniform one is flat between -1.7 and 1.7 standard deviations and zero outside")
    assert 1.7 < largest[0] < 1.75
    says("the normal one is a bell that reaches beyond 3.")
    assert largest[1] > 3


def test_uniform_and_normal_after_ten_layers():
    says("At width 4 there is one. A typical signal shrinks less under uniform weights")
    rng = np.random.default_rng(5)
    for n, seeds in ((128, 60), (4, 10_000)):
        logs = []
        r, std = math.sqrt(3 / n), math.sqrt(1 / n)
        for draw in (partial(rng.uniform, -r, r), partial(rng.normal, 0, std)):
            h = np.ones((seeds, n, 1))
            for _ in range(experiments.DEPTH):
                W = draw((seeds, n, n))
                h = W @ h
            logs.append(np.log(np.square(h).mean(axis=(1, 2))))
        difference = logs[0].mean() - logs[1].mean()
        error = math.hypot(logs[0].std(), logs[1].std()) / math.sqrt(seeds)
        assert (difference > 5 * error) if n == 4 else (abs(difference) < 3 * error)
        if n == 128:
            layers, width = experiments.DEPTH, W.shape[-1]
    says("After «ten» layers of width «128» we find no difference beyond the sampling error", layers, width)
    says("so does the square of a sum of «four».", W.shape[-1])
    text = printed("xavier", cell="shapes-ten-code")
    rows = re.findall(r"width +(\d+), xavier_\w+ +(-?[\d.]+) ± ([\d.]+)", text)
    for n in (128, 4):
        (u, du), (v, dv) = ([float(m), float(e)] for width, m, e in rows if int(width) == n)
        assert (u - v > 2.5 * math.hypot(du, dv)) == (n == 4)


# ---------------------------------------------------------------- one layer


def test_the_quarter_circle():
    W = initializers.xavier_normal((600, 600), rng=3)
    s = np.linalg.svd(W, compute_uv=False)
    mean = 8 / (3 * math.pi)
    assert s.mean() == pytest.approx(mean, rel=0.01)
    t = np.linspace(0, 2, 200_001)
    p = np.sqrt(4 - t**2) / math.pi
    assert np.trapezoid(p, t) == pytest.approx(1, abs=1e-4)
    says("Their density fills a quarter of a circle, or, where $v \\ne 1$, of an ellipse")
    says("where the quarter circle comes from")
    assert np.trapezoid(math.pi * p, t) == pytest.approx(1 / 4 * math.pi * 2**2, abs=1e-3)
    assert p[0] == pytest.approx(math.sqrt(2**2) / math.pi)
    assert np.pi * p == pytest.approx(np.sqrt(2**2 - t**2))
    assert 0.25 == 1 / 4
    assert np.trapezoid(p * t, t) == pytest.approx(mean, abs=1e-4)
    says("\\qquad \\text{with mean } \\frac{8}{3\\pi} \\sqrt v. \\tag{8}")
    says("0 \\le s \\le 2\\sqrt v")
    assert s.max() == pytest.approx(2, rel=0.02)
    says("singular values of two 512 by 512 matrices")
    says(
        "Those of the standard rule fill a quarter of an ellipse from 0 to «1.15», those of the Xavier rule one from 0 "
        "to «2».",
        2 * math.sqrt(1 / 3),
        near(s.max(), abs=0.04),
    )
    assert np.linalg.svd(initializers.xavier_uniform((512, 512), rng=0))[1].min() < 0.01
    assert s.min() == pytest.approx(0, abs=0.01)
    text = printed("xavier", cell="singular-code")
    assert "standard: mean singular value 0.4906, by (8) 0.4901" in text
    assert "Xavier: mean singular value 0.8497, by (8) 0.8488" in text
    says("So «0.85» and «0.49» are what *any* large square matrix of independent entries", mean, mean / math.sqrt(3))
    signs = np.random.default_rng(4).choice([-1.0, 1.0], size=(600, 600)) / math.sqrt(600)
    assert np.linalg.svd(signs, compute_uv=False).mean() == pytest.approx(mean, rel=0.01)
    says("The two lie below «1» and $1/\\sqrt 3 = «0.58»$", near(np.mean(s**2), abs=0.01), math.sqrt(1 / 3))
    says("for Xavier it is «1» in a linear layer", near(np.mean(s**2), abs=0.01))
    says("some directions are stretched up to two-fold, others flattened to almost nothing")
    says(
        "Orthogonal matrices have all their singular values at «1».",
        np.linalg.svd(initializers.orthogonal((9, 9), rng=0))[1],
    )


def test_the_numbers_of_the_paper():
    says("Their average, the authors report, is about 0.8 under the normalized rule and 0.5 under the standard one.")
    says("If Xavier keeps things as they are, why 0.8 and not 1?")
    says("To explain the paper's 0.8 and 0.5 we need no data.")
    for rule, paper in ((initializers.xavier_uniform, 0.8), (experiments.standard, 0.5)):
        net = network.sample([256] * 11, "tanh", rule, rng=1)
        a = network.forward(net, np.random.default_rng(1).standard_normal((256, 1))).a
        means = [np.linalg.svd((1 - a[at + 1] ** 2) * net.weights[at])[1].mean() for at in (2, 9)]
        assert means[0] < means[1]  # a smaller signal is bent less
        assert means[1] == pytest.approx(paper, abs=0.03)
        assert means[1] < np.linalg.svd(net.weights[9])[1].mean()
        assert means[0] == pytest.approx(paper, abs=0.09)
    says("With tanh it is less, most so in the lower layers")


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
    says("of a random vector with independent entries of mean 0 and variance 1")
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
        "That gives «0.333» and «0.999», as (3) says, against means of «0.491» and «0.850».",
        ratios[0],
        ratios[1],
        means[0],
        means[1],
    )


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
        "At its own best learning rate, in «ten» tanh layers, it trained better than the old rule, and far worse than "
        "itself times «2».",
        experiments.DEPTH,
        math.sqrt(experiments.RULES["double"][1]),
    )
    says("All this rested on two lines of reasoning.")
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
    quiz_says(quiz, "Two to six times lower, each at its own best rate.")
    quiz_says(quiz, "weights twice as large did better by a factor of ten and more")
    good, standard, double = (best(rule).mean() for rule in ("xavier", "standard", "double"))
    assert 0.8 * 2 < standard / good < 1.2 * 6
    assert 10 * double < good
