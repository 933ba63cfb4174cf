"""The chapter on what the rules leave out, held to account."""

import math
import re
from functools import partial

import numpy as np
import pytest
from harness import quiz_says
from scipy.special import ndtr, ndtri

from initlab import finite_width, frameworks, gaussian, network
from initlab.activations import Activation, get, names
from initlab.initializers import he_uniform, normal, uniform, xavier_normal, zeros
from initlab_book import results
from initlab_book.chapters.limits import exercises, experiments, figures, quiz
from initlab_book.chapters.why.experiments import new_that_are_right

from . import chapter, near, printed, table

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
        "Then $n \\operatorname{Var} W = g^2 = «1»$ keeps a signal as it is: a gain of $g = «1»$.",
        near(scale, rel=0.02),
        near(math.sqrt(scale), rel=0.01),
    )
    assert gaussian.length_map("tanh", 1e-4, scaled_weight_variance=1.0) == pytest.approx(1e-4, rel=1e-3)
    size = 1
    says("But at size «1», $z$ is not small.", size)
    assert gaussian.length_map("tanh", size, scaled_weight_variance=1.0) < 0.4


def test_the_leak():
    gain = 1.0
    q = lengths("tanh", gain, depth=102)
    says(
        "With tanh and $g = «1»$, the first layer has $\\lambda = «1»$ and hands on «0.394». What is left of it after "
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
        "it leaks, like $«1»/(«2»l)$.",
        near(200 * q[100], rel=0.02),
        near(1 / q[100] / 100, rel=0.02),
    )
    says("so that each layer adds about «2» to $1/\\lambda$; the last column checks it", near(growth[9:], rel=0.05))
    assert [100, 0.00507, 0.005, 1.99] in table("limits", "leak-code")


def test_the_expansion_of_tanh():
    z = 0.03
    says(
        "Since $\\tanh^2 z \\approx z^2 - «\\tfrac23» z^4$, and $\\mathbb{E} z^4 = «3» \\lambda^2$ for a "
        "normal variable",
        near((z**2 - np.tanh(z) ** 2) / z**4, rel=0.01),
        gaussian.expectation(lambda z: z**4, 0.7) / 0.7**2,
    )
    small = 0.001
    lost = (small - gaussian.length_map("tanh", small, scaled_weight_variance=1.0)) / small**2
    says("$\\lambda' \\approx \\lambda - «2» \\lambda^2$", near(lost, rel=0.01))


def test_tanh_does_not_stabilize_at_gain_one():
    says("It never settles.")
    (only,) = gaussian.fixed_points("tanh", scaled_weight_variance=1.0)
    assert only.q == 0


# ---------------------------------------------------------------- where does the size settle?


def test_what_the_panels_show():
    walks = figures.length_maps.frame()["panels"]["walks"]["y"]["walks"]
    panel = figures.length_maps.frame(gain=1.0)["panels"]["map"]
    dots = [q for q, value in zip(panel["x"], panel["y"]["here"], strict=True) if value is not None]
    assert sorted(dots, reverse=True) == pytest.approx(lengths("tanh", 1.0)[: len(dots)], rel=0.01)
    says(
        "The right panel follows «three» signals, which start at «0.1», «1» and «10».",
        len(walks),
        walks[0][0],
        walks[1][0],
        walks[2][0],
    )


def test_tanh_attracts_and_gelu_repels():
    says("Tanh with gain «1.2», and GELU", min(gain for gain in figures.GAINS if gain > 1.1))
    assert {1.0, 1.2} < set(figures.GAINS)
    assert rest("tanh", 1.2).stable
    gain, q = gaussian.gain("gelu"), 1
    says(
        "GELU with its forward gain «1.5335», which makes $\\lambda'/\\lambda = «1»$ at $\\lambda = «1»$.",
        gain,
        gaussian.length_map("gelu", q, scaled_weight_variance=gain**2) / q,
        q,
    )
    frame = figures.length_maps.frame(activation="gelu", gain=gain)
    assert "λ = 1 (repels" in frame["text"]
    walks = frame["panels"]["walks"]["y"]["walks"]
    assert len(walks) == 3
    assert walks[0][-1] < 0.01
    assert walks[1][-1] == pytest.approx(1, abs=0.01)
    assert walks[2][-1] > 100
    sizes = np.geomspace(1e-6, 1e6, 60)
    says("For tanh the curve falls: large signals are squashed, small ones are not.")
    for g in (1.1, 5 / 3):
        factor = np.array([gaussian.length_map("tanh", q, scaled_weight_variance=g**2) / q for q in sizes])
        assert (np.diff(factor) < 0).all()
        assert factor[[0, -1]] == pytest.approx([g**2, 0], abs=1e-4)
    critical = math.sqrt(sizes[0] / gaussian.second_moment("tanh", sizes[0]))
    says("For any $g > «1»$ it crosses the line once, and all «three» signals end up there", critical, len(walks))
    for g in (1.1, 1.2, 5 / 3, 3.0):
        zero, point = gaussian.fixed_points("tanh", scaled_weight_variance=g**2)
        assert point.stable
        assert not zero.stable
        for start in figures.STARTS:
            assert lengths("tanh", g, q=start, depth=100)[-1] == pytest.approx(point.q, rel=1e-3)


def test_why_gelu_rises():
    small, large = (gaussian.second_moment("gelu", q) / q for q in (1e-6, 1e6))
    says(
        "For small $z$ GELU is close to $z/«2»$, which hands on «a quarter» of $\\lambda$; for large $z$ it "
        "is close to "
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
    for name, grows in (("selu", False), ("gelu", True)):
        assert (slope(name) > 1) == grows
        gain = gaussian.gain(name)
        off = np.array(lengths(name, gain, q=1 + 1e-7, depth=20)) - 1
        assert off[-1] / off[0] == pytest.approx(slope(name) ** 19, rel=1e-3)
        assert (off[-1] > off[0]) == grows
    says(
        "$g^2\\, \\mathbb{E}[z f(z) f'(z) / \\lambda]$, tells the two apart: every layer multiplies a small "
        "deviation by it"
    )
    selu = get("selu")
    direct = gaussian.expectation(lambda z: z * selu.f(z) * selu.df(z), 1.0, kinks=selu.kinks)
    assert direct == pytest.approx(slope("selu"))
    h = 1e-5
    numerical = [gaussian.length_map("selu", 1 + d, scaled_weight_variance=1.0) for d in (-h, h)]
    assert (numerical[1] - numerical[0]) / (2 * h) == pytest.approx(slope("selu"), rel=1e-6)
    says("Here it is at the gain that puts the fixed point at «1»", lengths("mish", gaussian.gain("mish"), depth=3))
    says(
        "SELU was *built* to attract to «1», with mean «0» and gain «1»",
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
    gain = 3 / 4
    assert gain == next(row.torch for row in gaussian.torch_gain_table() if row.activation == "selu")
    point = rest("selu", gain)
    says(
        "PyTorch's «3»/«4» for SELU gives up its fixed point: the signal settles at $\\lambda = «0.023»$, with "
        "$\\chi = «1.004»$.",
        4 * gain,
        3 / gain,
        point.q,
        point.chi_1,
    )
    assert point.stable


def test_the_pencil_on_its_tip():
    gain = gaussian.gain("gelu")
    up, down = lengths("gelu", 1.02 * gain)[-1], lengths("gelu", 0.98 * gain)[-1]
    says("We miss GELU's gain by «2 %», and also try two things that people do", 1.02 - 1)
    says("Two per cent decide between a thousandfold explosion and extinction.")
    assert up > 1000
    assert down < 1e-8
    size = 1
    unit = lengths("gelu", gain, q=gain**2 * size)
    says("so an input of size «1» arrives with $\\lambda = g^2 = «2.35»$, off the fixed point", size, unit[0])
    assert unit[-1] > 1000
    he = gaussian.gain("relu") ** 2
    says("And He's $\\sqrt «2»$ is too small for GELU at every length.", he)
    for q in np.geomspace(1e-6, 1e6, 50):
        assert gaussian.length_map("gelu", q, scaled_weight_variance=he) < q


# ---------------------------------------------------------------- one gain, two directions


def test_which_activations_serve_both_directions():
    q = 1
    says(
        "To keep the signal at $\\lambda = «1»$ takes the forward gain, $g^2 = «1» / \\mathbb{E} f^2$;",
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
    for q in (0.3, 1.0, 4.0):
        assert gaussian.second_moment("leaky_relu", q) == pytest.approx(q * gaussian.squared_slope("leaky_relu", q))


def test_bending_costs_signal():
    says("For an activation with mean zero, such as tanh, there is no hope")
    q = 1
    says("$\\mathbb{E} f'^2 \\ge \\mathbb{E} f^2$, at $\\lambda = «1»$, with equality only for a straight line.", q)
    for name in names():
        if abs(gaussian.mean(name, q)) < 1e-12:
            bends = gaussian.squared_slope(name, q) - gaussian.second_moment(name, q)
            assert bends == pytest.approx(0) if name == "identity" else bends > 0.01


def test_five_thirds():
    (row,) = [row for row in gaussian.torch_gain_table() if row.activation == "tanh"]
    says("Why «5»/«3» for tanh?", 3 * row.torch, 5 / row.torch)
    assert row.torch > row.forward > row.backward
    point, (sizes, gradients) = rest("tanh", 5 / 3), tanh(5 / 3)
    says("With «5»/«3» the length settles at «1.1785», and no signal dies.", 3 * row.torch, 5 / row.torch, point.q)
    assert point.q**0.5 / (5 / 3) == pytest.approx(sizes[-1], rel=1e-6)
    says("every layer then multiplies the second moment of the gradient by «1.2098»", point.chi_1)
    wide = gaussian.propagate("tanh", scaled_weight_variance=25 / 9, depth=50)
    assert wide.dz[30] / wide.dz[31] == pytest.approx(point.chi_1, abs=5e-5)
    says("In the end its size in layer 1 is «80» times that in layer «50».", gradients[0], len(gradients))


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
        "First, forward: gain «1» falls slowly to «0.1», the other two are level near «0.58» and «0.65».",
        gains[0],
        ones[0][-1],
        middle[0][-1],
        large[0][-1],
    )
    says(
        "Second, backward, from layer «50» down to layer 1: gain «1» falls slowly to «0.12», gain «1.4674» grows to "
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
    says("Every larger gain makes gradients grow exponentially:")
    for g in (1.001, 1.01, 1.1, 1.5, 3.0):
        assert rest("tanh", g).chi_1 > 1
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


def cosines(activation, scaled_weight_variance, bias_variance=0.0, depth=50):
    """Of two inputs at right angles, in layers 0..depth."""
    return gaussian.propagate_pair(
        activation, scaled_weight_variance=scaled_weight_variance, bias_variance=bias_variance, depth=depth
    ).a


def simulated(activation, scaled_weight_variance, bias_variance=0.0, seeds=3):
    """The same of networks 512 wide, the mean of their draws."""
    return network.simulate(
        [512] * 51,
        activation,
        partial(xavier_normal, gain=scaled_weight_variance**0.5),
        bias_initializer=partial(normal, std=bias_variance**0.5) if bias_variance else zeros,
        batch=32,
        seeds=range(seeds),
    )


def test_content_without_biases():
    relu, sigmoid = cosines("relu", 2.0), cosines("sigmoid", 1.0)
    one, three, ten, thirty = 1, 3, 10, 30
    says(
        "the cosine is «0.32» after one layer, «0.87» after «ten», and «0.97» after «thirty».",
        relu[one],
        relu[ten],
        ten,
        relu[thirty],
        thirty,
    )
    says("«0.85» after one layer, «0.999» after «three».", sigmoid[one], near(sigmoid[three], abs=0.001), three)
    same = np.ones((4, 2))
    says("At $c = «1»$ all inputs give the same direction.", same[:, 0] @ same[:, 1] / np.linalg.norm(same[:, 0]) ** 2)
    gain = 1
    says("tanh with gain «1», the sigmoid with gain «1»?", gain, gain)
    point = rest("sigmoid", 1.0)
    says("it divides the second moment of the gradient by «18» in every layer", 1 / point.chi_1)
    says("**Tanh** keeps right angles.")
    assert cosines("tanh", 1.0) == pytest.approx(0, abs=1e-9)
    for name, v in (("relu", 2.0), ("tanh", 1.0), ("sigmoid", 1.0)):
        seen = simulated(name, v).a.cosine.mean(axis=0)
        assert seen == pytest.approx(cosines(name, v), abs=0.05), name


def test_the_critical_line():
    b = 0.05
    (point,) = gaussian.critical_line("tanh", bias_variance=b)
    critical = point.scaled_weight_variance
    chi = gaussian.chi("tanh", point.q, scaled_weight_variance=critical)
    says(
        "With $\\sigma_b^2 = «0.05»$ and $n \\operatorname{Var} W = «1.761»$ tanh has a fixed point, "
        "$\\lambda = «0.570»$, at "
        "which $\\chi = «1»$",
        b,
        critical,
        point.q,
        chi,
    )
    assert point.slope < 1
    says("size and gradient both stay level, which no gain does without biases")
    seen = simulated("tanh", critical, b)  # from layer 5 on, in networks of finite width
    size, gradient = np.sqrt(seen.a.second_moment.mean(axis=0)), np.sqrt(seen.dz.second_moment.mean(axis=0))
    assert size[5:] == pytest.approx(size[5], rel=0.05)
    assert gradient[4:] == pytest.approx(gradient[4], rel=0.25)
    for g in (1.001, 1.1, 1.5, 3.0):
        assert rest("tanh", g).chi_1 > 1
    assert rest("tanh", 1.0).q == 0
    chaos = 25 / 9
    small = 1.0
    for v, kind in ((small, "order"), (1.5, "order"), (2.0, "chaos"), (chaos, "chaos")):
        (length,) = gaussian.fixed_points("tanh", scaled_weight_variance=v, bias_variance=b)
        assert (length.chi_1 > 1) == (kind == "chaos")
        angles = gaussian.fixed_correlations("tanh", length.q, scaled_weight_variance=v, bias_variance=b)
        assert (angles[0].c < 0.999) == (kind == "chaos")
        assert angles[-1].slope == pytest.approx(length.chi_1)  # chi is the slope at c = 1
        if v == small:
            order = angles[0].depth_scale
    says("with $c = «0.35»$ at $n \\operatorname{Var} W = «25»/«9»$", angles[0].c, 9 * chaos, 25 / chaos)
    says("$\\chi$ is also the slope of (3) at $c = «1»$.", angles[-1].c)
    says(
        "the *depth scale* $-«1»/\\ln(\\text{slope})$ of [Schoenholz and others "
        "(2017)](https://arxiv.org/abs/1611.01232): "
        "«3.6» layers for $n \\operatorname{Var} W = «1»$, «10» for «25»/«9», and without bound on the line.",
        angles[0].depth_scale * -math.log(angles[0].slope),
        order,
        small,
        angles[0].depth_scale,
        9 * chaos,
        25 / chaos,
    )
    for start in (0.0, 0.9):
        far = gaussian.propagate_pair("tanh", scaled_weight_variance=chaos, bias_variance=b, depth=100, cosine=start)
        assert far.z[-1] == pytest.approx(angles[0].c, abs=1e-3)
    near_it = [gaussian.critical_line("tanh", bias_variance=x)[0] for x in (0.01, 0.1, 0.3)]
    says("Each $\\sigma_b^2$ has such a weight variance.")
    assert all(1 < each.scaled_weight_variance < 3 for each in near_it)
    for v in (1.0, critical, chaos):
        found = simulated("tanh", v, b).a.cosine.mean(axis=0)
        assert found == pytest.approx(cosines("tanh", v, b), abs=0.09), v


def right(start, data, width, optimizer):
    """Share of new examples right at the rate that is best on average: (draws,)."""
    found = results.load(experiments.sigmoids).get("accuracy", start=start, data=data, width=width, optimizer=optimizer)
    found = np.nan_to_num(found)
    return found[:, found.mean(axis=0).argmax()]


def after_5000_steps(data, optimizer, rate):
    """Share of new examples that sigmoids with Xavier's gain get right at that rate: (draws,)."""
    found = results.load(experiments.sigmoids)
    n_in, n_out = {"spiral": (2, 2), "digits": (64, 10)}[data]
    widths = [n_in, *[found.axes["width"][0]] * found.settings["hidden"], n_out]
    networks = [network.sample(widths, "sigmoid", xavier_normal, rng=draw, dtype=np.float32) for draw in range(3)]
    batch = found.settings["batch"]
    return [
        new_that_are_right(net, data, draw, optimizer, np.array([rate]), 5000, batch)[0]
        for draw, net in enumerate(networks)
    ]


def test_the_sigmoid_in_training():
    found = results.load(experiments.sigmoids)
    rates, (small, large) = np.array(found.settings["rates"]), found.axes["width"]
    says(
        "«Five» hidden layers of «16» or «32» sigmoids got «500» steps on the spiral of [the first "
        "chapter](why.ipynb) and "
        "on handwritten digits, at the best of «16» learning rates, over «ten» draws",
        found.settings["hidden"],
        small,
        large,
        found.settings["steps"],
        len(rates),
        len(found.axes["draw"]),
    )
    assert rates[1:] / rates[:-1] == pytest.approx(2)
    every = {
        (start, data): {
            optimizer: np.array([right(start, data, width, optimizer) for width in (small, large)])
            for optimizer in found.axes["optimizer"]
        }
        for start in experiments.STARTS
        for data in ("spiral", "digits")
    }
    mean = {of: {name: value.mean(axis=1) for name, value in each.items()} for of, each in every.items()}
    says("With Xavier's gain, SGD and momentum leave the sigmoid near chance on both tasks")
    for name in ("sgd", "momentum"):
        assert (mean["sigmoid 1", "spiral"][name] < 0.55).all()
        assert (mean["sigmoid 1", "digits"][name] < 0.12).all()
        assert every["sigmoid 1", "spiral"][name].max() < 0.76
        assert every["sigmoid 1", "digits"][name].max() < 0.21
    says("«ten» times as many steps take most networks far from it.", 5000 / found.settings["steps"])
    late = [
        after_5000_steps(data, optimizer, rate)
        for data, optimizer, rate in (("spiral", "momentum", 2**-4), ("digits", "sgd", 4.0))
    ]
    assert np.median(late[0]) > 0.7
    assert np.median(late[1]) > 0.5
    adam = [mean["sigmoid 1", data]["adam"] for data in ("spiral", "digits")]
    says(
        "Adam gets «85» to «89 %» right on the spiral, «76» to «81 %» on the digits.",
        100 * adam[0].min(),
        adam[0].max(),
        100 * adam[1].min(),
        near(adam[1].max(), abs=0.006),
    )
    four, ten, tanh_ = (
        np.array(list(mean[start, "digits"].values())) for start in ("sigmoid 4", "sigmoid 10", "tanh 1")
    )
    gain, other = 10.0, 4
    says(
        "Gain «10», with $\\chi$ close to «1», is best for the spiral, and too much for the digits, where "
        "gain «4» gets «91» "
        "to «96 %».",
        gain,
        near(rest("sigmoid", gain).chi_1, abs=0.02),
        other,
        100 * four.min(),
        near(four.max(), abs=0.006),
    )
    spiral = {start: np.array(list(mean[start, "spiral"].values())) for start in experiments.STARTS}
    assert all((spiral["sigmoid 10"] >= spiral[start]).all() for start in experiments.STARTS)
    assert (four > ten).all()
    says("Tanh with Xavier gets «94» to «97 %».", 100 * tanh_.min(), tanh_.max())
    assert (tanh_ > four).all()


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
        "and the rest has to carry all: $\\kappa = «6» - «1» = «5»$.",
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
    says("«5» \\sum_l \\frac{«1»}{n^{[l]}} \\tag{4}", finite_width.relative_variance("relu"), near(variance, rel=0.1))
    says("and its mean falls by «half» of that.", near(1 / half, rel=0.2))
    enough, scaled = 32, {}
    for n in (8, enough):
        q = finite_width.sample_lengths("relu", [n, n], scaled_weight_variance=2.0, seeds=20_000, rng=1)[:, -1]
        scaled[n] = n * np.log(q[q > 0]).var()
    says("With He's gain, and «32» units or more in each layer, the logarithm of the length has a variance of", enough)
    assert scaled[enough] == pytest.approx(5, rel=0.2)
    assert scaled[8] > 7


def test_how_two_draws_differ():
    width = 128
    assert figures.DEPTH == 50
    assert figures.luck.settings()["width"] == width
    says("then tanh with gain «5»/«3».", 3 * figures.SCHEMES["tanh"], 5 / figures.SCHEMES["tanh"])

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
    first, last = 5, 50
    differ = [pairs("tanh", depth) - 1 for depth in (first, last)]
    says("By about «2», at the median over pairs. With tanh it is «4 %»", near(relu, rel=0.1), differ)
    says("its fixed point attracts, and old luck is forgotten")
    many = finite_width.sample_lengths(
        "gelu", [width] * last, scaled_weight_variance=gaussian.gain("gelu") ** 2, seeds=3000, rng=1
    )[:, -1]
    low, high = 0.01, 100
    says(
        "Of GELU networks of «128» units with the exact gain, «two thirds» have a length below «0.01» in "
        "layer «50», and "
        "«a quarter» one above «100».",
        width,
        near((many < low).mean(), abs=0.04),
        low,
        last,
        near((many > high).mean(), abs=0.03),
        high,
    )
    assert rest("tanh", 5 / 3).stable
    assert slope("gelu") > 1


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


def test_ten_layers_with_each_default():
    n, depth = 256, 10
    text = printed("limits", cell="defaults-deep")
    says("Now «ten» ReLU layers of «256» units:", depth, n)
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
    small, kernel = partial(uniform, low=-(n**-0.5), high=n**-0.5), partial(he_uniform, negative_slope=5**0.5)
    seen = network.simulate([n] * (depth + 1), "relu", kernel, bias_initializer=small, batch=64, seeds=range(5))
    says("What is left after «ten» layers is not the input. It is the biases, which every layer adds anew", depth)
    says(
        "$a^{[10]}$ has a size of about «0.027», and a cosine of «0.99999» for any two inputs",
        near(np.sqrt(seen.a.second_moment[:, -1]).mean(), rel=0.1),
        near(seen.a.cosine[:, -1], abs=1e-5),
    )
    assert re.search(r"torch +0\.0\d+ +0\.9999\d\d", text)
    assert np.sqrt(theory["torch"].a[-1]) == pytest.approx(0.027, rel=0.1)
    says(
        "The gradient arrives in layer 1 at «a three-thousandth» of its size.",
        near(np.sqrt(theory["torch"].dz[0] / theory["torch"].dz[-1]), rel=0.1),
    )
    gradients = np.sqrt(seen.dz.second_moment[:, 0] / seen.dz.second_moment[:, -1])
    assert np.mean(gradients) == pytest.approx(1 / 3000, rel=0.3)
    halved = theory["flax"].a[1:] / theory["flax"].a[:-1]
    says(
        "Keras and Flax «halve» the second moment in each layer, which leaves «a thirtieth» of the size.",
        halved,
        near(np.sqrt(theory["keras"].a[-1]), rel=0.08),
    )


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
        "both directions at $\\lambda = «1»$?",
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
    says("Which number makes them keep the signal at $\\lambda = «1»$, for a given activation?", q)
    assert gaussian.length_map("relu", q, scaled_weight_variance=c**2 / 3) == pytest.approx(q)


def test_exercise_on_the_sigmoid():
    gain = gaussian.gain("sigmoid")
    point = rest("sigmoid", gain)
    says(
        "rescue deep sigmoid networks with the gain «1.8462», which makes $\\lambda = «1»$ a fixed point", gain, point.q
    )
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
    says(
        "Without random biases, fixed points above «0» attract with tanh and SELU, and repel with GELU, SiLU and Mish.",
        gaussian.fixed_points("gelu", scaled_weight_variance=gaussian.gain("gelu") ** 2)[0].q,
    )
    q = 50.0  # with random biases, GELU has an attracting one as well
    for _ in range(500):
        q = 1.5 * gaussian.second_moment("gelu", q) + 0.1
    (biased,) = gaussian.fixed_points("gelu", scaled_weight_variance=1.5, bias_variance=0.1)[:1]
    assert biased.stable
    assert q == pytest.approx(biased.q, rel=1e-3)
    for name, attracts in (("tanh", True), ("selu", True), ("gelu", False), ("silu", False), ("mish", False)):
        assert (slope(name) < 1) == attracts
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
        "one gain serves both directions, of the activations here, only for straight lines through «0»",
        [get(name).f(np.zeros(1)) for name in ("identity", "relu", "leaky_relu")],
    )
    says("ReLU at He's gain and sigmoids at gain «1» make all inputs alike", gain)
    assert cosines("relu", 2.0, depth=1000)[-1] > 0.9999
    assert cosines("sigmoid", gain)[5] > 0.9999
    n = 77
    says(
        "PyTorch's dense layer has $n \\operatorname{Var} W = «\\tfrac13»$, that of Keras and Flax «1», for equal "
        "widths. ReLU needs «2».",
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
    asks("so it starts at E[z²] = 2.35, not at 1. The slope of 1.144 carries it away, to 4,100 in layer 50.")
    assert gain**2 == pytest.approx(2.35, abs=0.005)
    assert slope("gelu") == pytest.approx(1.144, abs=0.0005)
    assert lengths("gelu", gain, q=gain**2)[-1] == pytest.approx(4100, abs=50)
    asks("Then E[z²] starts at 4, and what is too large grows further, to 9,100 in layer 50.")
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
