"""The chapter on what the rules leave out, held to account."""

import math
import re
from functools import partial

import numpy as np
import pytest
from harness import quiz_says
from scipy.special import eval_hermitenorm, factorial, ndtr, ndtri

from initlab import finite_width, frameworks, gaussian, network
from initlab.activations import Activation, get, names
from initlab.initializers import TRUNCATED_STD, he_uniform, orthogonal, uniform, xavier_normal
from initlab_book.chapters import why
from initlab_book.chapters.limits import exercises, experiments, figures, quiz

from . import chapter, near, printed

says = chapter("limits")
asks = partial(quiz_says, quiz)


def lengths(activation, gain, q=1.0, depth=50):
    """q of layers 1..depth."""
    found = [q]
    for _ in range(depth - 1):
        found.append(gaussian.length_map(activation, found[-1], scaled_weight_variance=gain**2))
    return found


def tanh(gain, depth=50):
    """Theory of a tanh network: sizes of a in layers 0..depth, and of dL/dz against that of the last layer."""
    wide = gaussian.propagate("tanh", scaled_weight_variance=gain**2, depth=depth)
    return np.sqrt(wide.a), np.sqrt(wide.dz / wide.dz[-1])


def slope(activation):
    return gaussian.length_slope(activation, 1.0, scaled_weight_variance=gaussian.gain(activation) ** 2)


def rest(activation, gain):
    """The fixed point that a signal of size 1 goes to."""
    return gaussian.fixed_points(activation, scaled_weight_variance=gain**2)[-1]


# ---------------------------------------------------------------- a slow leak


def test_the_question():
    theory = gaussian.propagate("tanh", scaled_weight_variance=1.0, depth=50)
    says(
        "fed with a signal of size «1». Is that enough for «fifty» layers that are not infinitely wide?",
        theory.z[0],
        len(theory.z),
    )


def test_a_small_signal_is_kept_at_gain_one():
    scale = xavier_normal((500, 500), rng=0).var() * 500
    says(
        "Then $n \\operatorname{Var} W = g^2 = «1»$ keeps a signal as it is: for equal widths, that is a gain of "
        "$g = «1»$",
        near(scale, rel=0.02),
        near(math.sqrt(scale), rel=0.01),
    )
    assert gaussian.length_map("tanh", 1e-4, scaled_weight_variance=1.0) == pytest.approx(1e-4, rel=1e-3)
    q = 1
    says("But at size «1», $z$ is not small.", q)
    assert gaussian.length_map("tanh", q, scaled_weight_variance=1.0) < 0.4


def test_the_leak():
    gain = 1.0
    q = lengths("tanh", gain, depth=102)
    says(
        "With tanh and $g = «1»$, the first layer has $q = «1»$ and hands on «0.394». What is left of it after "
        "«a hundred» layers: 0.25, 0.005, or $10^{-40}$?",
        gain,
        q[0],
        q[1],
        len(q) - 2,
    )
    says("It is «0.005».", q[100])
    assert min((0.25, 0.005, 1e-40), key=lambda guess: abs(math.log(guess / q[100]))) == 0.005
    growth = np.diff(1 / np.array(q))
    says(
        "each layer adds about «2» to $1/q$, and after $l$ layers $q \\approx «1»/(«2»l)$",
        near(growth[9:], rel=0.05),
        near(200 * q[100], rel=0.02),
        near(1 / q[100] / 100, rel=0.02),
    )
    assert "  100   0.00507   0.00500        1.99" in printed("limits", cell="leak-code")
    says("What size the input had matters less and less.")
    few, many = ([lengths("tanh", 1.0, q=start, depth=n)[-1] for start in (0.1, 1.0, 100.0)] for n in (10, 100))
    assert max(many) / min(many) < 1.1 < max(few) / min(few)


def test_the_expansion_of_tanh():
    z = 0.03
    says(
        "expand $\\tanh^2 z \\approx z^2 - «\\tfrac23» z^4$ and use $\\mathbb{E} z^«4» = «3» q^2$ of a normal variable",
        near((z**2 - np.tanh(z) ** 2) / z**4, rel=0.01),
        math.log2(gaussian.expectation(lambda z: z**4, 0.98) / gaussian.expectation(lambda z: z**4, 0.49)) * 2,
        gaussian.expectation(lambda z: z**4, 0.7) / 0.7**2,
    )
    q = 0.003
    grown = near((1 / (1 - 2 * q) - 1) / q, rel=0.01)
    says("then invert, with $1/(1 - 2q) \\approx 1 + «2»q$", grown)


def test_tanh_does_not_stabilize_at_gain_one():
    says("It does not, at any depth.")
    (only,) = gaussian.fixed_points("tanh", scaled_weight_variance=1.0)
    assert only.q == 0
    says("Here is one for ReLU, erf (the error function, much like tanh) and GELU")
    q = 1
    says("with its value at $q = «1»$ next to that of quadrature:", q)
    text = printed("limits", cell="closed")
    for name in ("relu", "erf", "gelu"):
        value = gaussian.second_moment(name, q)
        assert f"{value:.12f} {value:.12f}:" in text


# ---------------------------------------------------------------- where does the size settle?


def test_what_the_left_panel_shows():
    q, kept = 1, ("tanh", "relu", "gelu", "selu")
    handed_on = [gaussian.length_map(name, q, scaled_weight_variance=gaussian.gain(name) ** 2) for name in kept]
    says("A rule asks: which $g$ gives $q' = «1»$ when $q = «1»$?", handed_on, q)
    walks = figures.length_maps.frame()["panels"]["walks"]["y"]["walks"]
    panel = figures.length_maps.frame(gain=1.0)["panels"]["map"]
    dots = [q for q, value in zip(panel["x"], panel["y"]["here"], strict=True) if value is not None]
    says("(The dots are the first layers of a signal that starts at $q = «1»$.)", max(dots))
    assert sorted(dots, reverse=True) == pytest.approx(lengths("tanh", 1.0)[: len(dots)], rel=0.01)
    says(
        "The right panel follows «three» signals, which start at $q = «0.1»$, «1» and «10».",
        len(walks),
        walks[0][0],
        walks[1][0],
        walks[2][0],
    )


def test_tanh_attracts_and_gelu_repels():
    says("In [Finding the right scale](scale.ipynb) tanh brought three sizes together, and GELU drove them apart.")
    says("Then look: tanh with gain «1.2», and GELU", min(gain for gain in figures.GAINS if gain > 1.1))
    assert {1.0, 1.2} < set(figures.GAINS)
    assert rest("tanh", 1.2).stable
    gain, q = gaussian.gain("gelu"), 1
    says(
        "GELU with its forward gain «1.5335», which makes $q'/q = «1»$ at $q = «1»$.",
        gain,
        gaussian.length_map("gelu", q, scaled_weight_variance=gain**2) / q,
        q,
    )
    frame = figures.length_maps.frame(activation="gelu", gain=gain)
    assert "q = 1 (repels" in frame["text"]
    walks = frame["panels"]["walks"]["y"]["walks"]
    assert len(walks) == 3
    assert walks[0][-1] < 0.01
    assert walks[1][-1] == pytest.approx(1, abs=0.01)
    assert walks[2][-1] > 100
    sizes = np.geomspace(1e-6, 1e6, 60)
    flat = gaussian.length_map("tanh", sizes[-1], scaled_weight_variance=3.0) / sizes[-1]
    says(
        "For tanh the curve falls, from $g^2$ at small $q$ to «0»: large signals are squashed, small ones are not.",
        near(flat, abs=1e-5),
    )
    for g in (1.1, 5 / 3):
        factor = np.array([gaussian.length_map("tanh", q, scaled_weight_variance=g**2) / q for q in sizes])
        assert (np.diff(factor) < 0).all()
        assert factor[[0, -1]] == pytest.approx([g**2, 0], abs=1e-4)
    critical = math.sqrt(sizes[0] / gaussian.second_moment("tanh", sizes[0]))
    says("So for any $g > «1»$ it crosses the line once. All «three» signals end up there", critical, len(walks))
    for g in (1.1, 1.2, 5 / 3, 3.0):
        zero, point = gaussian.fixed_points("tanh", scaled_weight_variance=g**2)
        assert point.stable
        assert not zero.stable
        for start in figures.STARTS:
            assert lengths("tanh", g, q=start, depth=100)[-1] == pytest.approx(point.q, rel=1e-3)


def test_why_gelu_rises():
    small, large = (gaussian.second_moment("gelu", q) / q for q in (1e-6, 1e6))
    says(
        "For small $z$ GELU is close to $z/«2»$, which hands on «a quarter» of $q$; for large $z$ it is close to "
        "ReLU, which hands on «half».",
        1 / get("gelu").df(np.zeros(1))[0],
        small,
        large,
    )
    fixed = gaussian.fixed_points("gelu", scaled_weight_variance=gaussian.gain("gelu") ** 2)[1]
    says("the fixed point at «1» **repels**", fixed.q)
    assert not fixed.stable
    assert slope("gelu") > 1


def test_slopes():
    limit = 1
    says(
        "A small deviation from $q^*$ is multiplied by $s$ in every layer: below «1» it dies out, above «1» it grows.",
        limit,
        limit,
    )
    for name, grows in (("selu", False), ("gelu", True)):
        assert (slope(name) > limit) == grows
        gain = gaussian.gain(name)
        off = np.array(lengths(name, gain, q=1 + 1e-7, depth=20)) - 1
        assert off[-1] / off[0] == pytest.approx(slope(name) ** 19, rel=1e-3)
        assert (off[-1] > off[0]) == grows
    says("(Write $z = \\sqrt{q}\\, u$ with $u \\sim \\mathcal{N}(0, 1)$, and differentiate.)")
    h = 1e-5
    numerical = [gaussian.length_map("selu", 1 + d, scaled_weight_variance=1.0) for d in (-h, h)]
    assert (numerical[1] - numerical[0]) / (2 * h) == pytest.approx(slope("selu"), rel=1e-6)
    says("The gain below is the one that makes $q^* = «1»$.", lengths("mish", gaussian.gain("mish"), depth=3))
    selu = get("selu")
    says(
        "was *built* to attract to $q^* = «1»$, with mean «0» and gain «1»",
        rest("selu", 1.0).q,
        gaussian.expectation(selu.f, 1.0, kinks=selu.kinks),
        gaussian.gain("selu"),
    )
    assert rest("selu", 1.0).stable
    layers = 30
    says(
        "GELU, SiLU and Mish repel, and «thirty» layers multiply a small deviation by «57», «120» and «9».",
        layers,
        slope("gelu") ** layers,
        near(slope("silu") ** layers, rel=0.02),
        slope("mish") ** layers,
    )


def test_the_pencil_on_its_tip():
    gain = gaussian.gain("gelu")
    up, down = lengths("gelu", 1.02 * gain)[-1], lengths("gelu", 0.98 * gain)[-1]
    says("miss its gain by «2 %», and also try two things that people do", 1.02 - 1)
    says("Two per cent decide between a thousandfold explosion and extinction.")
    assert up > 1000
    assert down < 1e-8
    size = 1
    unit = lengths("gelu", gain, q=gain**2 * size)
    says("so an input of size «1» arrives with $q = g^2 = «2.35»$, off the fixed point", size, unit[0])
    assert unit[-1] > 1000
    settled = lengths("tanh", gaussian.gain("tanh"), q=gaussian.gain("tanh") ** 2)
    says("Tanh forgets such a detail after a few layers; here it grows.")
    assert settled[6] == pytest.approx(1, abs=0.02)
    he = gaussian.gain("relu") ** 2
    says("And He's $\\sqrt «2»$, which is right for ReLU, is too small for GELU at every length.", he)
    for q in np.geomspace(1e-6, 1e6, 50):
        assert gaussian.length_map("gelu", q, scaled_weight_variance=he) < q


# ---------------------------------------------------------------- one gain, two directions


def test_which_activations_serve_both_directions():
    q = 1
    says(
        "To keep the signal at $q = «1»$ takes the forward gain, $g^2 = «1» / \\mathbb{E} f^2$;",
        q,
        gaussian.gain("tanh") ** 2 * gaussian.second_moment("tanh", q),
    )
    says(
        "the backward gain, $g^2 = «1»/\\mathbb{E} f'^2$",
        gaussian.gain("tanh", "backward") ** 2 * gaussian.squared_slope("tanh", q),
    )
    agree = {
        name for name in names() if gaussian.gain(name) == pytest.approx(gaussian.gain(name, "backward"), rel=1e-6)
    }
    through = [get(name).f(np.zeros(1))[0] for name in agree]
    says("Only for the leaky ReLU. All «three» are made of straight lines through «0»", len(agree), through)
    assert agree == {"identity", "relu", "leaky_relu"}
    says(
        "which is $\\mathbb{E} f'^2$ at $q = «1»$",
        near(gaussian.second_moment("relu") / gaussian.squared_slope("relu"), abs=1e-9),
    )
    for q in (0.3, 1.0, 4.0):
        assert gaussian.second_moment("leaky_relu", q) == pytest.approx(q * gaussian.squared_slope("leaky_relu", q))


def test_bending_costs_signal():
    """E f^2 and E f'^2 from Hermite coefficients."""

    def h(k, z):
        return eval_hermitenorm(k, z) / math.sqrt(factorial(k))

    z = np.linspace(-2, 2, 5)
    says(
        "Let $h_0 = «1»$, $h_1 = z$, $h_2 = (z^2 - «1»)/\\sqrt «2», \\dots$ be the polynomials",
        h(0, z),
        z**2 - math.sqrt(2) * h(2, z),
        gaussian.expectation(lambda z: (z**2 - 1) ** 2),
    )

    says("For an activation with mean zero, such as tanh, there is no hope")
    q = 1
    says("$\\mathbb{E} f'^2 \\ge \\mathbb{E} f^2$, at $q = «1»$, with equality only for a straight line.", q)
    for name in names():
        if abs(gaussian.mean(name, q)) < 1e-12:
            bends = gaussian.squared_slope(name, q) - gaussian.second_moment(name, q)
            assert bends == pytest.approx(0) if name == "identity" else bends > 0.01
    f = get("tanh").f
    c = np.array([gaussian.expectation(lambda z, k=k: f(z) * h(k, z)) for k in range(60)])
    k = np.arange(60)
    assert np.sum(c**2) == pytest.approx(gaussian.second_moment("tanh"), rel=1e-4)
    assert np.sum(k * c**2) == pytest.approx(gaussian.squared_slope("tanh"), rel=5e-3)
    says("every $c_k$ with $k \\ge 2$ is bend")
    assert np.sum((k[2:] - 1) * c[2:] ** 2) == pytest.approx(
        gaussian.squared_slope("tanh") - gaussian.second_moment("tanh"), rel=0.03
    )


def test_five_thirds():
    (row,) = [row for row in gaussian.torch_gain_table() if row.activation == "tanh"]
    says("So what is PyTorch's «5»/«3» for tanh? It keeps neither.", 3 * row.torch, 5 / row.torch)
    assert row.torch > row.forward > row.backward
    point, (sizes, gradients) = rest("tanh", 5 / 3), tanh(5 / 3)
    says(
        "With «5»/«3» the size settles, at $q^* = «1.1785»$ (activations of size «0.65»), and no signal dies.",
        3 * row.torch,
        5 / row.torch,
        point.q,
        sizes[-1],
    )
    assert point.q**0.5 / (5 / 3) == pytest.approx(sizes[-1], rel=1e-6)
    says(
        "once the signal has settled, every layer multiplies the second moment of the gradient by «1.2098»",
        point.chi_1,
    )
    wide = gaussian.propagate("tanh", scaled_weight_variance=25 / 9, depth=50)
    assert wide.dz[30] / wide.dz[31] == pytest.approx(point.chi_1, abs=5e-5)
    says("The first layers, where the signal is larger, are milder.")
    assert (np.diff(wide.z[:8]) < 0).all()
    assert (np.diff(wide.dz[:8] / wide.dz[1:9]) > 0).all()
    says(
        "In the end the gradient's size in layer 1 is «80» times that in layer «50».",
        gradients[0],
        len(gradients),
    )
    says(
        "The backward gain «1.4674» does not keep gradients either, for the signal leaves $q = 1$",
        gaussian.gain("tanh", "backward"),
    )
    assert rest("tanh", gaussian.gain("tanh", "backward")).q < 1
    assert rest("tanh", gaussian.gain("tanh", "backward")).chi_1 > 1.1


def test_the_figure_of_both_directions():
    backward = gaussian.gain("tanh", "backward")
    gains, width = (1.0, backward, 5 / 3), 256
    ones, middle, large = (tanh(gain) for gain in gains)
    says(
        "tanh networks of «50» layers with gains «1», «1.4674» and «5»/«3»; points from networks of width «256»",
        len(ones[1]),
        gains[0],
        backward,
        3 * gains[2],
        5 / gains[2],
        width,
    )
    says(
        "Left, forward: gain «1» falls slowly to «0.1», the other two are level near «0.58» and «0.65».",
        gains[0],
        ones[0][-1],
        middle[0][-1],
        large[0][-1],
    )
    says(
        "Right, backward, from layer «50» down to layer 1: gain «1» falls slowly to «0.12», gain «1.4674» grows to "
        "«13», gain «5»/«3» grows to «80».",
        len(ones[1]),
        gains[0],
        ones[1][0],
        gains[1],
        middle[1][0],
        3 * gains[2],
        5 / gains[2],
        large[1][0],
    )
    deep = network.simulate([width] * 51, "tanh", partial(xavier_normal, gain=5 / 3), batch=64)
    measured = np.sqrt(deep.dz.second_moment[0, 0] / deep.dz.second_moment[0, -1])
    assert measured == pytest.approx(large[1][0], rel=0.3)


def test_the_edge_of_chaos():
    edge = 1.0
    says("Gain «1» loses slowly, like a power of the depth, in both directions.", edge)
    for direction in (lambda depth: tanh(edge, depth)[0][-1], lambda depth: tanh(edge, depth)[1][0]):
        # on log axes the steps from 100 to 200 and from 200 to 400 are alike: a power between 1/2 and 1
        powers = [math.log2(direction(depth) / direction(2 * depth)) for depth in (100, 200)]
        assert powers[0] == pytest.approx(powers[1], rel=0.1)
        assert 0.4 < powers[1] < 1.1
    says("Without biases, $g = «1»$ is the only gain of tanh with which neither direction is exponential", edge)
    for g in (1.001, 1.01, 1.1, 1.5, 3.0):
        assert rest("tanh", g).chi_1 > 1
    says("bending costs signal at every $q$, so where the signal is kept, $\\chi > «1»$", edge)
    for q in np.geomspace(1e-3, 1e3, 13):
        kept = q / gaussian.second_moment("tanh", q)  # the g^2 with this fixed point
        assert gaussian.chi("tanh", q, scaled_weight_variance=kept) > edge
    assert gaussian.fixed_points("tanh", scaled_weight_variance=0.99**2)[-1].slope < 1
    assert gaussian.fixed_points("tanh", scaled_weight_variance=1.0)[-1].chi_1 == 1


def test_which_is_better_depends_on_the_depth():
    large = 5 / 3
    says(
        "In «ten» layers «5»/«3» costs little, a factor of «1.8» in the gradients",
        len(tanh(1, 10)[1]),
        3 * large,
        5 / large,
        tanh(large, 10)[1][0],
    )
    gain = 1.0
    sizes, gradients = tanh(gain, 100)
    says(
        "In «a hundred» layers it costs «9,300», while gain «1» keeps «7 %» of the signal and «8 %» of the gradient.",
        len(gradients),
        near(tanh(large, 100)[1][0], rel=0.005),
        gain,
        sizes[-1],
        gradients[0],
    )
    assert tanh(5 / 3, 100)[0][-1] > 0.6  # it saves the signal


# ---------------------------------------------------------------- a steady signal that says nothing


def test_the_sigmoid_in_a_wide_network():
    gain = 1.0
    point = rest("sigmoid", gain)
    says("Now the sigmoid, with Xavier's gain «1».", gain)
    says("Forward, $q$ settles at «0.265» and stays there for ever", point.q)
    share = gaussian.mean("sigmoid", point.q) ** 2 / point.q
    says("the same for every input: a tenth, half or nearly all?")
    assert min((1 / 10, 1 / 2, 1), key=lambda guess: abs(guess - share)) == 1
    says("Nearly all: «94.5 %». The sigmoid's output", share)
    assert point.stable
    says("The sigmoid's output is $«\\tfrac12»$ plus a little, for every input.", gaussian.mean("sigmoid", point.q))
    assert point.q - 1 / 4 < 0.02
    x = orthogonal((1000, 2), rng=0) * 1000**0.5
    cosines = []
    for seed in range(3):
        net = network.sample([1000] * 4, "sigmoid", xavier_normal, output_activation="sigmoid", rng=seed)
        passed = [a / np.linalg.norm(a, axis=0) for a in network.forward(net, x).a]
        cosines.append([a[:, 0] @ a[:, 1] for a in passed])
    mean = np.mean(cosines, axis=0)
    says(
        "after one layer the cosine of the angle between them is about «0.85», after «three» it is «0.999».",
        near(mean[1], abs=0.02),
        len(mean) - 1,
        near(mean[3], abs=0.001),
    )
    says(
        "(Theory has $(\\mathbb{E} f)^2 / \\mathbb{E} f^2 = «0.25» / «0.2934» = «0.852»$ for the first layer",
        gaussian.mean("sigmoid") ** 2,
        gaussian.second_moment("sigmoid"),
        gaussian.mean("sigmoid") ** 2 / gaussian.second_moment("sigmoid"),
    )
    says(
        "every layer divides the second moment of the gradient by «18», its size by «4.2»",
        1 / point.chi_1,
        point.chi_1**-0.5,
    )


def test_the_sigmoid_in_training():
    says(
        "with sigmoids in its «five» hidden layers of «16» units, at «five» learning rates from «0.0316» to «3.16» and "
        "with «five» seeds",
        len(why.experiments.WIDTHS) - 2,
        list(why.experiments.WIDTHS[1:-1]),
        len(experiments.RATES),
        min(experiments.RATES),
        max(experiments.RATES),
        len(why.experiments.SEEDS),
    )
    gain = 10.0
    says("a gain of «10», with which $\\chi$ is close to «1»", gain, near(rest("sigmoid", gain).chi_1, abs=0.02))
    xavier, ten = experiments.trained("sigmoid", 1.0), experiments.trained("sigmoid", gain)
    says(
        "With Xavier's gain not one of the «25» networks is better than a coin after «a thousand» steps.",
        xavier.accuracy.size,
        why.experiments.STEPS,
    )
    assert xavier.accuracy == pytest.approx(0.5, abs=0.01)
    says(
        "With gain «10» the same sigmoids learn the task in «a thousand» steps at their best rate, with every seed.",
        gain,
        why.experiments.STEPS,
    )
    assert ten.best.min() > 0.99
    says(
        "(With a single hidden layer either gain gets «99 %».)",
        near([experiments.trained("sigmoid", g, hidden=1).best.mean() for g in (1.0, 10.0)], abs=0.01),
    )


def test_patience_with_the_sigmoid():
    (rate,) = [rate for rate in experiments.RATES if 0.3 < rate < 0.4]
    long = np.sort(experiments.trained("sigmoid", 1.0, rates=(rate,), steps=10 * why.experiments.STEPS).accuracy[0])
    says(
        "after «ten thousand» at the rate «0.316», «three» of «five» get more than 95 %, the other two «75 %»",
        10 * why.experiments.STEPS,
        rate,
        int((long > 0.95).sum()),
        long.size,
        near(long[:2], abs=0.02),
    )


def test_what_xavier_assumes_and_the_sigmoid_does_not_have():
    sigmoid, zero = get("sigmoid"), np.zeros(1)
    says("So the folklore fails here «twice».", len([experiments.trained("sigmoid", g) for g in (1.0, 10.0)]))
    assert experiments.trained("sigmoid", 1.0).best.max() < 0.55 < experiments.trained("sigmoid", 10.0).best.min()
    says(
        "it assumes $f(0) = «0»$ and $f'(0) = «1»$, and the sigmoid has $«\\tfrac12»$ and $«\\tfrac14»$",
        get("tanh").f(zero),
        get("tanh").df(zero),
        sigmoid.f(zero),
        sigmoid.df(zero),
    )
    gain = 10.0
    q = rest("sigmoid", gain).q
    edge = math.log(0.99 / 0.01)  # where the sigmoid is 0.99
    says(
        "Gain «10» is still no recommendation: with $q^* = «44»$ «half» of the units sit within «0.01» of «0» or «1»",
        gain,
        q,
        near(2 * ndtr(-edge / math.sqrt(q)), abs=0.02),
        1 - float(sigmoid.f(np.array([edge]))[0]),
        sigmoid.f(np.array([-np.inf])),
        sigmoid.f(np.array([np.inf])),
    )


# ---------------------------------------------------------------- luck


def test_kappa():
    linear, relu = (finite_width.relative_variance(name) for name in ("identity", "relu"))
    fourth = gaussian.expectation(lambda z: z**4)
    says("For a linear layer $\\kappa = «3» - «1» = «2»$.", fourth, fourth - linear, linear)
    on = get("relu")
    q = 2.0
    fourth, square = gaussian.expectation(lambda z: on.f(z) ** 4, q, kinks=on.kinks), gaussian.second_moment("relu", q)
    says("For ReLU «half» of the units are off", float((on.f(np.array([-1.0, 1.0])) == 0).mean()))
    says(
        "$\\mathbb{E} f^4 = «\\tfrac32» q^2$ and $\\mathbb{E} f^2 = «\\tfrac12» q$, so $\\kappa = «6» - «1» = «5»$.",
        fourth / q**2,
        square / q,
        fourth / square**2,
        fourth / square**2 - relu,
        relu,
    )


def test_the_logarithm_of_the_squared_length():
    n, seeds, layers = 256, 4000, 20
    for activation, gain, kappa in (("identity", 1.0, 2), ("relu", 2.0, 5)):
        q = finite_width.sample_lengths(
            activation, [n] * (layers + 1), scaled_weight_variance=gain, seeds=seeds, rng=1
        )[:, -1]
        v = kappa * layers / n
        variance, half = np.log(q).var() / v, -v / np.log(q).mean()
        # 4 standard errors, and 5 % for the higher powers of 1/n that (6) leaves out
        assert np.log(q).var() == pytest.approx(v, rel=4 * math.sqrt(2 / seeds) + 0.05)
        assert abs(np.log(q).mean() + v / 2) < 4 * math.sqrt(v / seeds) + 0.05 * v
        assert abs(q.mean() - 1) < 4 * q.std() / math.sqrt(seeds)
    says(
        "v \\approx «5» \\sum_l \\frac{«1»}{n^{[l]}}, \\qquad m \\approx -\\frac{v}{«2»}, \\tag{6}",
        finite_width.relative_variance("relu"),
        near(variance, rel=0.1),
        near(half, abs=0.25),
    )
    says(
        "and a linear network has «2» in place of «5».",
        finite_width.relative_variance("identity"),
        finite_width.relative_variance("relu"),
    )
    says("The mean *of $q$ itself* is kept exactly.")
    says(
        "With He's gain, and $q = «1»$ at the start",
        finite_width.sample_lengths("relu", [64] * 3, scaled_weight_variance=2.0, seeds=5, rng=0)[:, 0],
    )


def test_how_two_draws_differ():
    width = 128
    says("He's rule, «50» layers of «128» units.", figures.DEPTH, width)
    assert width in figures.WIDTHS
    says("By what factor do two draws typically differ in the size of what comes out: 1.1, 2 or 10?")
    says("And for tanh with gain «5»/«3»?", 3 * figures.SCHEMES["tanh"], 5 / figures.SCHEMES["tanh"])

    def pairs(activation, depth):
        gain = figures.SCHEMES[activation]
        q = finite_width.sample_lengths(activation, [width] * depth, scaled_weight_variance=gain**2, seeds=4000, rng=2)[
            :, -1
        ]
        return float(np.median(np.exp(np.abs(np.log(q[::2] / q[1::2])) / 2)))

    relu = pairs("relu", 50)
    assert min((1.1, 2, 10), key=lambda guess: abs(math.log(guess / relu))) == 2
    v = finite_width.spread("relu", [width] * 50, scaled_weight_variance=2.0).variance[-1]
    assert v == pytest.approx(5 * 49 / 128)
    says(
        "By about «2»: that is the median over pairs. In theory the middle «95 %» of the sizes span a factor of «15».",
        near(relu, rel=0.1),
        0.975 - 0.025,
        math.exp(2 * 1.96 * math.sqrt(v) / 2),
    )
    first, last = 5, 50
    says(
        "With tanh two draws typically differ by «4 %», in layer «50» as in layer «5».",
        [pairs("tanh", depth) - 1 for depth in (first, last)],
        last,
        first,
    )


def test_equation_seven():
    says("Where $r < 1$, $v$ settles at $\\kappa / (n (1 - r^2))$. Where $r = 1$, luck adds up, and (7) becomes (6).")
    says("Where $r > 1$, it grows exponentially.")
    says("one layer multiplies a deviation of $\\ln q$ by $r = s\\, q / q'$, with $s$ now the slope at $q$")
    for q, off in ((3.0, 1e-6), (0.1, 1e-6)):  # far from the fixed point
        near_it, here = (lengths("selu", 1.0, q=start, depth=2)[1] for start in (q * (1 + off), q))
        r = gaussian.length_slope("selu", q, scaled_weight_variance=1.0) * q / here
        assert math.log(near_it / here) / off == pytest.approx(r, rel=1e-4)
        assert abs(r - slope("selu")) > 0.01
    n = 128
    selu = finite_width.spread("selu", [n] * 60, scaled_weight_variance=1.0).variance
    assert selu[-1] == pytest.approx(finite_width.relative_variance("selu") / n / (1 - slope("selu") ** 2))
    relu = finite_width.spread("relu", [n] * 60, scaled_weight_variance=2.0).variance
    assert np.diff(relu) == pytest.approx(5 / n)
    gelu = finite_width.spread("gelu", [n] * 60, scaled_weight_variance=gaussian.gain("gelu") ** 2).variance
    assert gelu[-1] / gelu[-2] == pytest.approx(slope("gelu") ** 2, rel=0.01)
    assert slope("gelu") > 1


def test_the_figure_of_the_spread():
    n = 128
    gains = {"gelu": gaussian.gain("gelu"), "relu": 2**0.5, "identity": 1.0, "selu": 1.0, "tanh": 5 / 3}
    std, drawn = {}, {}
    for name, g in gains.items():
        std[name] = np.sqrt(finite_width.spread(name, [n] * 50, scaled_weight_variance=g * g).variance)
        walks = finite_width.sample_lengths(name, [n] * 50, scaled_weight_variance=g * g, seeds=300, rng=0)
        drawn[name] = np.log(walks).std(axis=0)
        if name == "gelu":
            ends = walks[:, -1]
    says(
        "for networks of width «128» with «five» activations, points from «300» simulated networks and "
        "theoretical curves",
        n,
        len(gains),
        len(ends),
    )
    says(
        "Tanh with gain «5»/«3» stays level at «0.07» and SELU at «0.17». Linear and ReLU grow like the square root "
        "of the depth, to «0.9» and «1.4».",
        3 * gains["tanh"],
        5 / gains["tanh"],
        std["tanh"][10:],
        std["selu"][10:],
        std["identity"][-1],
        std["relu"][-1],
    )
    for name in ("tanh", "selu", "identity", "relu"):
        assert drawn[name][1:] == pytest.approx(std[name][1:], rel=4 / math.sqrt(600) + 0.03)
    says(
        "GELU with its exact gain grows exponentially at first: it passes «1» at layer «9», and is near «10» at "
        "layer «40».",
        near(drawn["gelu"][8], rel=0.15),
        int(np.argmax(drawn["gelu"] > 1)) + 1,
        near(drawn["gelu"][40 - 1], rel=0.1),
        near(int(np.argmax(drawn["gelu"] > 10)) + 1, rel=0.2),
    )
    says("Its curve ends at layer «11».", int(np.flatnonzero(std["gelu"] < 1.5)[-1]) + 1)
    low, high = 0.01, 100
    many = finite_width.sample_lengths("gelu", [n] * 50, scaled_weight_variance=gains["gelu"] ** 2, seeds=3000, rng=1)[
        :, -1
    ]
    says(
        "by layer «50», $q$ is below «0.01» in about «two thirds» of the networks, and above «100» in about "
        "«a quarter».",
        walks.shape[1],
        low,
        near([(q < low).mean() for q in (ends, many)], abs=0.03),
        high,
        near([(q > high).mean() for q in (ends, many)], abs=0.03),
    )
    says("does not help a GELU network of «128» units. Its own luck pushes the signal off", n)


def test_who_has_a_bias():
    says("For linear networks and the ReLU family it is straight, and there is no bias. For the others")
    for name in names():
        shift = finite_width.spread(name, [128] * 10, scaled_weight_variance=gaussian.gain(name) ** 2).shift[-1]
        straight = name in {"identity", "relu", "leaky_relu"}
        assert shift == pytest.approx(0, abs=1e-9) if straight else abs(shift) > 1e-5


def test_the_bias():
    widths, depth, networks = [32, 64, 128, 256, 512, 1024], 10, 200
    says("We measure it in layer «10», for widths from «32» to «1024»", depth, min(widths), max(widths))
    theory = {
        name: np.array([finite_width.spread(name, [n] * depth, scaled_weight_variance=g * g).shift[-1] for n in widths])
        for name, g in (("selu", 1.0), ("tanh", 5 / 3))
    }
    for shift in theory.values():
        assert shift * widths == pytest.approx(shift[0] * 32, rel=1e-6)
    says(
        "Bias of q in layer «10», relative to theory, against width from «32» to «1024»",
        depth,
        min(widths),
        max(widths),
    )
    powers = [np.polyfit(np.log(widths), np.log(-shift), 1)[0] for shift in theory.values()]
    says(
        "The points of SELU and of tanh with gain 5/3 follow straight lines of slope minus «1», from «4» and «0.8 per "
        "cent» at width «32» to «0.1» and «0.03 per cent» at width «1024».",
        np.negative(powers),
        -100 * theory["selu"][0],
        -theory["tanh"][0],
        min(widths),
        -100 * theory["selu"][-1],
        -theory["tanh"][-1],
        max(widths),
    )
    for name, g in (("selu", 1.0), ("tanh", 5 / 3)):
        for n, expected in zip(widths[:3], theory[name], strict=False):
            options = {"scaled_weight_variance": g * g, "seeds": networks, "rng": n}
            bias, error = finite_width.measured_shift(name, [n] * depth, **options)
            assert abs(bias - expected) < 4 * error
    selu, tanh = re.findall(r"(?:selu|tanh): power of n ([-.\d]+) \+- ([.\d]+)", printed("limits", cell="bias"))
    says("both fitted powers are $«-1»$ within two standard errors", near(float(selu[0]), abs=2 * float(selu[1])))
    assert abs(float(tanh[0]) + 1) < 2 * float(tanh[1])
    says("«Two hundred» networks of each width are enough", networks)
    says(
        "At width «128» infinitely wide theory is off by «1 %» for SELU and by «0.2 %» for tanh.",
        widths[2],
        -theory["selu"][2],
        -theory["tanh"][2],
    )


# ---------------------------------------------------------------- if you say nothing


DENSE = {
    "torch": ("torch", "nn.Linear"),
    "keras": ("keras", "layers.Dense"),
    "flax": ("flax", "nnx.Linear"),
}


def test_the_defaults():
    scale = {name: 300 * frameworks.RULES[key].variance(300, 300) for name, key in DENSE.items()}
    says(
        "for which of them does $n \\operatorname{Var} W$ come closest to the «2» that ReLU needs?",
        gaussian.gain("relu") ** 2,
    )
    says("None comes close, for layers as wide as their inputs.")
    assert scale == pytest.approx({"torch": 1 / 3, "keras": 1.0, "flax": 1.0})
    says(
        "both leave the biases at «0»", [frameworks.RULES[DENSE[name]].bias_variance(300) for name in ("keras", "flax")]
    )
    keras = frameworks.DEFAULTS[DENSE["keras"]]
    says(
        "(The recorded Keras layer has «500» units and «1000» inputs, hence «4»/«3».)",
        keras.fan_out,
        keras.fan_in,
        near(3 * keras.n_in_variance, abs=15 * keras.n_in_variance_error),
        near(4 / keras.n_in_variance, abs=0.05),
    )
    torch = frameworks.DEFAULTS[DENSE["torch"]]
    says(
        "from $U(«-1»/\\sqrt n, «1»/\\sqrt n)$, so that $n \\operatorname{Var} W = «\\tfrac13»$",
        near(torch.low * math.sqrt(torch.fan_in), rel=0.01),
        near(torch.high * math.sqrt(torch.fan_in), rel=0.01),
        near(torch.n_in_variance, abs=5 * torch.n_in_variance_error),
    )
    for low, high in ((torch.low, torch.high), torch.bias):
        assert -1 / math.sqrt(torch.fan_in) <= low * (1 - 1e-6)
        assert high == pytest.approx(1 / math.sqrt(torch.fan_in), rel=0.02)


def test_names_of_normal():
    says("That leaves «0.8796» of the standard deviation, and dividing by it makes the variance the one", TRUNCATED_STD)
    z = np.random.default_rng(0).standard_normal(1_000_000)
    cut = z[np.abs(z) < 2]
    kurtosis = [
        np.mean(v**4) / np.mean(v**2) ** 2 for v in (cut, z, np.random.default_rng(1).uniform(-1, 1, 1_000_000))
    ]
    says(
        "gives it away, close to «2.37»; a true normal has «3», and a uniform «1.8».",
        near(kurtosis[0], abs=0.01),
        near(kurtosis[1], abs=0.03),
        near(kurtosis[2], abs=0.01),
    )
    assert frameworks.DEFAULTS[DENSE["flax"]].kurtosis == pytest.approx(2.37, abs=0.02)


def test_ten_layers_with_each_default():
    n, depth = 256, 10
    text = printed("limits", cell="defaults-deep")
    says("Now «ten» layers of «256» units, with each default:", depth, n)
    theory = {
        name: gaussian.propagate(
            "relu",
            depth=depth,
            scaled_weight_variance=n * frameworks.RULES[key].variance(n, n),
            bias_variance=frameworks.RULES[key].bias_variance(n),
        )
        for name, key in DENSE.items()
    }
    scale = n * frameworks.RULES[DENSE["torch"]].variance(n, n)
    says(
        "PyTorch's default divides the second moment by «6» in every layer: a factor of $«\\tfrac13»$ from the "
        "weights, and $«\\tfrac12»$ from ReLU.",
        1 / (scale * gaussian.second_moment("relu")),
        scale,
        gaussian.second_moment("relu"),
    )
    sizes, spreads, gradients = [], [], []
    small = partial(uniform, low=-(n**-0.5), high=n**-0.5)
    for seed in range(3):
        kernel = partial(he_uniform, negative_slope=5**0.5)
        net = network.sample(
            [n] * (depth + 1), "relu", kernel, bias_initializer=small, output_activation="relu", rng=seed
        )
        x = np.random.default_rng(seed).standard_normal((n, 64))
        top = network.forward(net, x).output
        seen = network.observe(net, x, rng=0)
        sizes.append(np.sqrt(np.square(top).mean()))
        spreads.append((top - top.mean(axis=1, keepdims=True)).std())
        gradients.append(np.sqrt(seen.dz.second_moment[0] / seen.dz.second_moment[-1]))
    says("What is left after «ten» layers is not the input. It is the biases, which every layer adds anew", depth)
    says(
        "the size of $a^{[10]}$ is «0.027» or so, but from input to input it varies by «$6 \\cdot 10^{-5}$»",
        near(np.mean(sizes), rel=0.15),
        near(np.mean(spreads), rel=0.4),
    )
    assert "relu torch     0.027   0.00006" in text
    assert np.sqrt(theory["torch"].a[-1]) == pytest.approx(0.027, rel=0.1)
    says(
        "The gradient arrives in layer 1 at «a three-thousandth» of its size.",
        near(np.sqrt(theory["torch"].dz[0] / theory["torch"].dz[-1]), rel=0.1),
    )
    assert np.mean(gradients) == pytest.approx(1 / 3000, rel=0.3)
    halved = theory["flax"].a[1:] / theory["flax"].a[:-1]
    says(
        "Keras and Flax «halve» the second moment in each layer, which leaves «a thirtieth» of the size.",
        halved,
        near(np.sqrt(theory["keras"].a[-1]), rel=0.08),
    )
    says("With tanh they leak as we saw, and PyTorch loses more.")
    leaks = gaussian.propagate("tanh", depth=depth, scaled_weight_variance=1.0).a[-1]
    third = gaussian.propagate("tanh", depth=depth, scaled_weight_variance=1 / 3, bias_variance=1 / (3 * n)).a[-1]
    assert third < 0.1 * leaks


# ---------------------------------------------------------------- exercises and takeaways


def test_exercise_on_the_leak():
    sizes = np.sqrt(gaussian.propagate("tanh", scaled_weight_variance=1.0, depth=60).a)
    small = 0.1
    says("After how many layers is the *size* of the signal, the root of $\\mathbb{E}[a^2]$, below «0.1»?", small)
    says(
        "The size is below «0.1» when $1/(2l) < «0.01»$, that is from $l > «50»$ on.",
        small,
        small**2,
        1 / (2 * small**2),
    )
    says("It is layer «52».", int(np.argmax(sizes < small)))
    says("Tanh with gain 1 leaks. After how many layers")
    assert sizes[0] == 1


def test_exercise_on_the_mean_that_pays():
    c, f = exercises.shift.solution("tanh"), get("tanh")
    shifted = Activation("shifted", lambda z, out=None: f.f(z) + c, lambda z, a=None, out=None: f.df(z))
    q = 1
    says(
        "Which constant $c > 0$ must be added to an activation with mean zero, so that *one* gain serves $f + c$ in "
        "both directions at $q = «1»$?",
        q,
    )
    assert c > 0
    assert gaussian.mean("tanh", q) == pytest.approx(0)
    g = gaussian.gain(shifted)
    says("For tanh $c = «0.2648»$, and the gain that serves both is «1.4674».", c, g)
    assert gaussian.gain(shifted, "backward") == pytest.approx(g)
    says(
        "Its fixed point even attracts, with slope «0.391»",
        gaussian.length_slope(shifted, 1.0, scaled_weight_variance=g * g),
    )
    says("What does it do to $\\mathbb{E} f^2$ when the mean of $f$ is 0?")
    assert gaussian.second_moment(shifted) == pytest.approx(gaussian.second_moment("tanh") + c**2)


def _least_width():
    """The smallest width at which the size stays within a factor of 2 over fifty layers."""
    for n in range(512, 1024):
        low, high = exercises.size_band.solution([n] * 50)
        assert high < 2
        if low > 0.5:
            return n
    raise AssertionError("none")


def test_exercise_on_the_band():
    widths = (256, 512, 1024)
    bands = {n: exercises.size_band.solution([n] * 50) for n in widths}
    says(
        "Between which two factors does the *size* of the signal change in about «95 %» of all networks?", 0.975 - 0.025
    )
    says(
        "How wide must «50» equal layers be, so that the size stays within a factor of 2 up and down?",
        figures.DEPTH,
    )
    says(
        "A normal number is within «1.96» standard deviations of its mean in «95 %» of all cases.",
        ndtri(0.975),
        ndtr(1.96) - ndtr(-1.96),
    )
    says(
        "and standard deviation $\\sqrt v$; «half» of that belongs to the size",
        near(np.log(4.0**0.5) / np.log(4.0), abs=1e-9),
    )
    says(
        "At width «256» it is «0.30» to «2.06», at width «512» «0.45» to «1.76», and at width «1024» «0.58» to «1.53».",
        widths[0],
        bands[widths[0]][0],
        bands[widths[0]][1],
        widths[1],
        bands[widths[1]][0],
        bands[widths[1]][1],
        widths[2],
        bands[widths[2]][0],
        bands[widths[2]][1],
    )
    says("So it takes between «512» and «1024» units", widths[1], widths[2])
    assert widths[1] < _least_width() < widths[2]
    says("(about «670»); the lower end is the harder one", near(_least_width(), rel=0.01))
    inside = {n: 0.5 < low and high < 2 for n, (low, high) in bands.items()}
    assert inside == {256: False, 512: False, 1024: True}


def test_exercise_on_the_repair():
    draw = frameworks.DEFAULTS[DENSE["torch"]]
    third = near(draw.n_in_variance, abs=5 * draw.n_in_variance_error)
    says(
        "The weights have $n \\operatorname{Var} W = «\\tfrac13»$, a gain of $1/\\sqrt «3»$.",
        third,
        near(1 / draw.n_in_variance, abs=0.02),
    )
    c = exercises.repair.solution("relu")
    says(
        "For ReLU $c = \\sqrt «3» \\cdot \\sqrt «2» = \\sqrt «6» = «2.449»$.",
        c**2 / gaussian.gain("relu") ** 2,
        gaussian.gain("relu") ** 2,
        c**2,
        c,
    )
    weights = c * he_uniform((1000, 1000), negative_slope=5**0.5, rng=0)
    biases = network.sample([2, 2], "relu", he_uniform, rng=0).biases[0]
    says("weights as they come and biases set to «0», and you may only multiply all weights by one number", biases)
    assert weights.var() * 1000 == pytest.approx(gaussian.gain("relu") ** 2, rel=0.01)
    q = 1
    says("Which number makes them keep the signal at $q = «1»$, for a given activation?", q)
    assert gaussian.length_map("relu", q, scaled_weight_variance=c**2 / 3) == pytest.approx(q)


def test_exercise_on_the_sigmoid():
    gain = gaussian.gain("sigmoid")
    point = rest("sigmoid", gain)
    says("rescue deep sigmoid networks with the gain «1.8462», which makes $q = «1»$ a fixed point", gain, point.q)
    assert point.stable
    says(
        "It attracts, with slope «0.106». But «85 %» of $\\mathbb{E}[a^2]$ is the square of the mean $«\\tfrac12»$",
        point.slope,
        gaussian.mean("sigmoid") ** 2 / gaussian.second_moment("sigmoid"),
        gaussian.mean("sigmoid"),
    )
    says(
        "and $\\chi = «0.153»$: gradients lose «85 %» of their second moment in every layer",
        point.chi_1,
        1 - point.chi_1,
    )


def test_takeaways():
    says("A rule keeps size «1» in one wide layer.", gaussian.length_map("selu", 1.0, scaled_weight_variance=1.0))
    gain, large = 1, 5 / 3
    says(
        "Tanh at gain «1» leaks: $\\mathbb{E}[a^2]$ falls like $1/(«2»l)$.",
        gain,
        near(1 / (200 * lengths("tanh", gain, depth=201)[-1]), rel=0.02),
    )
    says(
        "At «5»/«3» the signal settles and gradients grow by «10 %» a layer.",
        3 * large,
        5 / large,
        rest("tanh", large).chi_1 ** 0.5 - 1,
    )
    says(
        "One gain serves both directions only for straight lines through «0» (linear, ReLU, leaky ReLU)",
        [get(name).f(np.zeros(1)) for name in ("identity", "relu", "leaky_relu")],
    )
    says(
        "sigmoids at gain «1» give every input nearly the same answer, and divide gradients by «4.2» a layer",
        gain,
        rest("sigmoid", gain).chi_1 ** -0.5,
    )
    n = 77
    steps = [
        finite_width.spread(name, [n] * 2, scaled_weight_variance=g).variance[1]
        for name, g in (("identity", 1), ("relu", 2))
    ]
    says("gains a variance of about $«2»/n$ a layer (linear) or $«5»/n$ (He and ReLU)", n * steps[0], n * steps[1])
    says(
        "PyTorch's dense layer has $n \\operatorname{Var} W = «\\tfrac13»$, that of Keras and Flax «1» (for equal "
        "widths). ReLU needs «2».",
        n * frameworks.RULES[DENSE["torch"]].variance(n, n),
        [n * frameworks.RULES[DENSE[name]].variance(n, n) for name in ("keras", "flax")],
        gaussian.gain("relu") ** 2,
    )


# ---------------------------------------------------------------- the quiz


def test_the_numbers_of_the_quiz():
    leak, _, _, band, _ = quiz.questions
    after = gaussian.propagate("tanh", scaled_weight_variance=1.0, depth=200).a
    assert abs(after[200] / leak.answer - 1) < leak.within
    assert after[1] == pytest.approx(0.394, abs=0.0005)
    asks("1/(2l) = 1/400 = 0.0025", "0.05 is √0.0025", "0.394 is what is left after one layer")
    assert 0.05**2 == pytest.approx(0.0025)
    gain = gaussian.gain("gelu")
    asks("so q starts at 2.35, not at 1. The slope of 1.144 carries it away, to q = 4,100 in layer 50.")
    assert gain**2 == pytest.approx(2.35, abs=0.005)
    assert slope("gelu") == pytest.approx(1.144, abs=0.0005)
    assert lengths("gelu", gain, q=gain**2)[-1] == pytest.approx(4100, abs=50)
    asks("Then q starts at 4, and what is too large grows further, to q = 9,100 in layer 50.")
    assert lengths("gelu", gain, q=4.0)[-1] == pytest.approx(9100, abs=50)
    asks(
        "E[z²] is 0.265 in every layer from the fourth on",
        "The cosine of two orthogonal inputs is 0.85 after one layer",
    )
    assert lengths("sigmoid", 1.0)[3:] == pytest.approx([0.265] * 47, abs=0.0005)
    asks("multiplied by χ = 0.0557, that is 1/18", "With gain 10, χ is 0.986")
    assert rest("sigmoid", 1.0).chi_1 == pytest.approx(0.0557, abs=0.00005)
    assert rest("sigmoid", 10.0).chi_1 == pytest.approx(0.986, abs=0.0005)
    asks("The variance is 5 × 100/250 = 2, so the standard deviation is √2 = 1.41.")
    v = 5 * 100 / 250
    assert band.answer == pytest.approx(math.sqrt(v))
    assert [wrong for wrong, _ in band.wrong] == pytest.approx(
        [v, math.sqrt(2 * 100 / 250), math.sqrt(v) / 2, math.sqrt(5 / 250)], rel=0.005
    )
    asks("n Var W = ⅓, and ReLU hands on a half.")
    assert frameworks.RULES[DENSE["torch"]].variance(100, 100) * 100 * gaussian.second_moment("relu") == pytest.approx(
        1 / 6
    )
