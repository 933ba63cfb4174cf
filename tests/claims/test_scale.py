"""The chapter on finding the right scale, held to account.

Sizes over 20 layers are products of 20 lucky factors. At width n the logarithm of a size has a standard deviation of
about sqrt(20 / (2 n)) in a linear network and sqrt(20 * 5 / (4 n)) with ReLU: 0.2 and 0.3 at width 256.
"""

import itertools
import math
import re
from functools import cache, partial

import numpy as np
import pytest
import sympy as sp
from harness import quiz_says, read_notebook
from scipy.special import ndtr

from initlab import activations, gaussian, network
from initlab.algebra import E, Total, Var, random
from initlab.initializers import normal
from initlab_book import exercise, number
from initlab_book.chapters import exploding
from initlab_book.chapters.scale import exercises, experiments, figures, quiz

from . import chapter, near, printed, table

says = chapter("scale")

NAMES = tuple(figures.ACTIVATIONS)
WIDTHS = (16, 64, 256)  # those that the reader tries
DEPTH = experiments.DEPTH


def code(cell):
    return next("".join(each["source"]) for each in read_notebook("book/scale")["cells"] if each["id"] == cell)


def in_code(cell, pattern):
    """The numbers that a pattern finds in the code of a cell."""
    return [int(number) for number in re.search(pattern, code(cell)).groups()]


def luck(name, width, layers=DEPTH):
    """One standard deviation of the logarithm of a size, as above."""
    return math.sqrt(layers * {"identity": 2, "relu": 5}[name] / (4 * width))


@cache
def seen(name, width, stds, start=1.0, seed=0):
    return experiments.sizes(name, width, stds, start, seed)


def ends(name, width, std, start=1.0, seed=0):
    """(size of a[20], gradient of layer 1 over that of layer 20)."""
    found = seen(name, width, (std,), start, seed)
    return found.a[0, -1], found.dz[0, 0] / found.dz[0, -1]


def good_std(name, width, seed):
    """The sigmas that keep signal and gradient; both networks are homogeneous, so one look is enough."""
    up, down = ends(name, width, 1 / math.sqrt(width), seed=seed)
    up /= seen(name, width, (1 / math.sqrt(width),), 1.0, seed).a[0, 0]
    return np.array([up ** (-1 / DEPTH), down ** (-1 / (DEPTH - 1))]) / math.sqrt(width)


# ---------------------------------------------------------------- two rules of thumb, and the figure's network


def test_the_network_of_the_chapter():
    says("**The question.** «Twenty» layers with an activation function in each.", DEPTH)
    factor, layers = exploding.experiments.FACTORS[-1], exploding.experiments.DEPTH
    says(
        "In [Exploding and vanishing signals](exploding.ipynb) a factor of «1.5» in each layer ruined a network of "
        "«ten».",
        factor,
        layers,
    )
    assert factor ** (layers - 1) > 30
    says("Forward.** The activations keep mean zero")
    says("**content**: a signal of the right size that is the same for every input says nothing")
    cosines = cosines_of_the_extremes()
    says("«0» if they have nothing in common, «1» if all give the same direction", cosines[0], cosines[1])


def cosines_of_the_extremes():
    """The mean cosine of orthogonal inputs, and of one input at several sizes."""
    linear = network.Network((np.eye(4),), (None,), "identity", output_activation="identity")
    return [float(network.observe(linear, x, targets=x).a.cosine[0]) for x in (np.eye(4), np.outer(np.ones(4), [1, 2]))]


def test_the_figure_is_the_simulator():
    weights, x, top = experiments._draws(64, 0)
    for name in NAMES:
        net = network.Network(tuple(0.21 * W for W in weights), (None,) * DEPTH, name, output_activation=name)
        stats = network.observe(net, 1.3 * x, targets=top)
        found = experiments.sizes(name, 64, (0.1, 0.21), 1.3)
        assert found.z[1] == pytest.approx(np.sqrt(stats.z.second_moment), rel=1e-10)
        assert found.a[1] == pytest.approx(np.sqrt(stats.a.second_moment), rel=1e-10)
        assert found.dz[1] == pytest.approx(np.sqrt(stats.dz.second_moment), rel=1e-10)
        assert found.cosine[1] == pytest.approx(stats.a.cosine, rel=1e-8, abs=1e-10)


def test_equation_2_is_right():
    (layers,) = in_code("passes", r"for layer in range\((\d)\)")
    says("A network of «three» layers agrees:", layers)
    text = printed("scale", cell="passes")
    by_chain_rule = float(text.split("by (2) ")[1].split(",")[0])
    by_difference = float(text.split("by a small step ")[1])
    assert by_chain_rule == pytest.approx(by_difference, abs=2e-8)


# ---------------------------------------------------------------- by hand


def test_four_times_the_width_asks_for_half_of_the_scale():
    narrow, middle, wide = WIDTHS
    assert math.sqrt(1 / middle) / math.sqrt(1 / narrow) == pytest.approx(0.5) != 0.25
    assert figures.find_the_scale.settings() == {"activation": "identity", "width": 64, "std": 0.25, "seed": 0}
    says("Find $\\sigma$ for the linear network at widths «16», «64» and «256», then for ReLU.", narrow, middle, wide)
    start = seen("identity", 64, (0.25,))
    sizes = np.array([start.a[0, 0], start.dz[0, -1]])
    says(
        "«Eight» random inputs of size «1» go in, and gradients of size «1» enter at the top.",
        experiments._BATCH,
        near(sizes, abs=0.1),
        near(sizes, abs=0.1),
    )
    says("The figure shows one network of «20» layers of width $n$", DEPTH)
    says(
        "«Four» times the width asks for **«half»** of the scale: «0.25», «0.125» and «0.0625» for the linear network, "
        "and for ReLU «0.354», «0.177» and «0.0884».",
        middle / narrow,
        middle**-0.5 / narrow**-0.5,
        narrow**-0.5,
        middle**-0.5,
        wide**-0.5,
        math.sqrt(2 / narrow),
        math.sqrt(2 / middle),
        math.sqrt(2 / wide),
    )
    # On the slider, no other scale comes nearer to 1, forward or backward.
    for name, gain in (("identity", 1), ("relu", math.sqrt(2))):
        for n in WIDTHS:
            found = seen(name, n, figures.STDS)
            up, down = found.a[:, -1] / found.a[:, 0], found.dz[:, 0] / found.dz[:, -1]
            for ratio in (up, down):
                best = figures.STDS[int(np.argmin(np.abs(np.log(ratio))))]
                assert best == pytest.approx(gain / math.sqrt(n), rel=2e-3)


def test_one_step_of_the_slider():
    steps = np.divide(figures.STDS[1:], figures.STDS[:-1])
    says(
        "One step of the slider, «19 per cent», makes a factor of «32» over «20» layers.",
        near(steps - 1, abs=0.006),
        (2**0.25) ** 20,
        DEPTH,
    )


def test_tanh_is_flat_forward_and_explodes_backward():
    most = activations.get("tanh").f(np.array([1e3]))
    says(
        "With **tanh** the forward picture is flat for *every* large $\\sigma$: its outputs cannot exceed «1», so an "
        "explosion shows in the gradients alone.",
        most,
    )
    for n in WIDTHS:
        found = seen("tanh", n, figures.STDS)
        large = np.array(figures.STDS) * math.sqrt(n) > 1.3
        assert large.sum() >= 4
        assert (found.a[large, 10:].max(axis=1) / found.a[large, 10:].min(axis=1) < 1.8).all()
        assert found.a[:, 1:].max() <= 1
    assert found.dz[-1, 0] > 1e6 * found.dz[-1, -1]


def test_the_sigmoid_is_flat_forward_and_vanishes_backward():
    says(
        "With the **sigmoid** it is flat at every $\\sigma$, yet the gradients vanish, at all but the two largest at "
        "width «256».",
        WIDTHS[-1],
    )
    for n in WIDTHS:
        found = seen("sigmoid", n, figures.STDS)
        assert (found.a[:, 1:].max(axis=1) / found.a[:, 1:].min(axis=1) < 1.5).all()
        kept = found.dz[:, 0] / found.dz[:, -1] > 0.1
        assert kept.sum() == (2 if n == 256 else 0)
        assert not kept[:-2].any()


def test_gelu_leaves_even_less_room():
    says(
        "**GELU**, a smooth ReLU, leaves least room: near the good scale one step makes a factor of hundreds or "
        "thousands."
    )
    z = np.linspace(-5, 5, 101)
    assert activations.get("gelu").f(z) == pytest.approx(z * ndtr(z), abs=1e-12)
    for n, seed in itertools.product(WIDTHS, range(4)):
        end = seen("gelu", n, figures.STDS, seed=seed).a[:, -1]
        steps = end[1:] / end[:-1]
        near_one = np.abs(np.log(end)).argmin()
        assert 100 < steps[near_one - 1 : near_one + 1].max() < 10_000
        linear = seen("identity", n, figures.STDS, seed=seed).a[:, -1]
        assert (linear[1:] / linear[:-1] < 40).all()


def test_the_third_picture():
    says(
        "the sigmoid makes unrelated inputs the same, and **ReLU** nearly the same, at every $\\sigma$. Linear and "
        "tanh networks keep them apart if they are wide."
    )
    for n in WIDTHS:
        cosine = {name: seen(name, n, figures.STDS).cosine for name in NAMES}
        for name in ("identity", "tanh"):
            assert np.abs(cosine[name]).max() < min(4 / math.sqrt(n), 0.5)
        assert cosine["sigmoid"][:, -1].min() > 0.96
        assert cosine["relu"][:, -1].min() > 0.94
        # the directions of a ReLU network do not depend on the scale
        assert cosine["relu"] == pytest.approx(np.broadcast_to(cosine["relu"][0], cosine["relu"].shape), abs=1e-9)


def test_in_narrow_networks_cosines_of_both_signs_cancel():
    alike, (narrow, _, wide) = {}, WIDTHS
    for n, draws in ((narrow, 150), (wide, 15)):
        nets = network.sample([n] * (DEPTH + 1), "identity", partial(normal, std=n**-0.5), seeds=range(draws))
        a = network.forward(nets, np.random.default_rng(0).standard_normal((n, 6))).a
        for layer in (0, DEPTH):
            v = a[layer] / np.linalg.norm(a[layer], axis=-2, keepdims=True)
            cosines = (np.swapaxes(v, -1, -2) @ v)[..., *np.triu_indices(6, 1)]
            alike[n, layer] = np.abs(cosines).mean()
            assert abs(cosines.mean()) < 0.06
    says(
        "In narrow ones cosines of both signs grow, and cancel in the mean: at width «16», «20» linear layers take "
        "their average absolute value from «0.2» to «0.7».",
        narrow,
        DEPTH,
        alike[narrow, 0],
        alike[narrow, DEPTH],
    )
    assert alike[wide, DEPTH] < 0.3


# ---------------------------------------------------------------- the scan


@cache
def slopes(name, widths, seeds):
    found = np.array([[good_std(name, n, seed) for n in widths] for seed in seeds])
    return np.array([np.polyfit(np.log(widths), np.log(each), 1)[0] for each in found])


def test_the_slope_is_minus_one_half():
    widths, seeds = (16, 32, 64, 128, 256), range(5)
    says("For «five» widths, in «five» random networks each, we find the $\\sigma$", len(widths), len(seeds))
    says("at which layer «20» has the size of the input", DEPTH)
    layers = network.observe(network.sample([4] * (DEPTH + 1), "relu", normal, rng=0), np.ones((4, 1))).dz.layers
    says("at which the gradient of layer «1» has the size of that of layer «20».", int(layers[0]), int(layers[-1]))
    stds = tuple(np.geomspace(0.01, 2, 40))
    for name in ("identity", "relu"):
        found = seen(name, 64, stds)
        up, down = found.a[:, -1] / found.a[:, 0], found.dz[:, 0] / found.dz[:, -1]
        for ratio in (up, down):
            assert np.sum(np.diff(np.sign(np.log(ratio))) != 0) == 1
    shown = {(name, way): slope for name, way, *_, slope in table("scale", "scan-code")}
    both = np.array([slopes(name, widths, seeds) for name in ("identity", "relu")])
    says(
        "The good scales lie close to straight lines of slope $-«\\tfrac12»$: $\\sigma$ shrinks like",
        near(-both.mean(axis=1), abs=0.03),
    )
    says("which makes the lines slightly steeper.")  # over many networks, which the luck of five may hide
    many = np.array([slopes(name, (16, 32, 64), range(100)) for name in ("identity", "relu")])
    steeper = -many.mean(axis=1) - 0.5
    assert (steeper > 2 * many.std(axis=1, ddof=1) / 10).all()
    assert steeper.max() < 0.05
    for name in ("identity", "relu"):
        mean = slopes(name, widths, seeds).mean(axis=0)
        error = slopes(name, widths, seeds).std(axis=0, ddof=1) / math.sqrt(5)
        for k, way in enumerate(("forward", "backward")):
            assert shown[name, way] == f"{number(mean[k])} ± {number(error[k], 1)}"
    says(
        "The sigma that keeps the size over «20» layers, against the width from «16» to «256», on logarithmic axes.",
        DEPTH,
        widths[0],
        widths[-1],
    )
    says("lie on a line of slope minus «one half»", near(-slopes("identity", widths, seeds).mean(), abs=0.01))
    constant = [good_std("relu", n, s) / good_std("identity", n, s) for n in (64, 128, 256) for s in range(5)]
    # more than sqrt(2/n), a mean of 200 networks whose standard error is 0.4 per cent
    many = [good_std("relu", widths[0], seed) for seed in range(200)]
    more = np.exp(np.log(many).mean(axis=0)) / math.sqrt(2 / widths[0]) - 1
    says(
        "Only the constant in front differs: «1» for the linear network, about «1.4» for ReLU. Narrow networks ask for "
        "a little more, at width «16» ReLU for «6» to «8 per cent»,",
        near(np.mean([good_std("identity", n, s) * math.sqrt(n) for n in widths for s in range(5)]), abs=0.02),
        near(np.mean(constant), abs=0.06),
        widths[0],
        near(100 * more.min(), abs=1.5),
        near(more.max(), abs=0.015),
    )
    says("those of ReLU on a parallel line above it, «1.4» times as high", near(np.mean(constant), abs=0.06))


# ---------------------------------------------------------------- the rules of variance


def test_variances_of_sums_and_products():
    m_X, m_Y, v_X, v_Y = sp.symbols("m_X m_Y v_X v_Y")
    X, Y = random("X", mean=m_X, variance=v_X), random("Y", mean=m_Y, variance=v_Y)
    assert sp.expand(Var(X + Y) - v_X - v_Y) == 0
    assert sp.expand(Var(X * Y) - (v_X * v_Y + v_X * m_Y**2 + v_Y * m_X**2)) == 0
    says(
        "If $X$ has mean zero, then so has $XY$, and therefore "
        "$\\mathrm{Var}(XY) = \\mathrm{Var}X \\cdot \\mathbb{E}[Y^2]$."
    )
    assert sp.expand(Var(X * Y).subs(m_X, 0) - v_X * E(Y**2)) == 0
    measured = float(printed("scale", cell="rules-code").split("measured ")[1].split(";")[0])
    assert measured == pytest.approx(4 * (1 + 9), rel=0.01)  # a million draws: 0.15 % is a standard error


def test_equation_3():
    n, q, v = sp.symbols("n q v", positive=True)
    W, a = random("W_j", mean=0, variance=v, index="j"), random("a_j", second_moment=q, index="j", shared=("x",))
    assert E(Total(W * a, "j", n) ** 2) == n * v * q
    says(
        "a mixed term contains the factor $\\mathbb{E}[W_{ij}]\\, \\mathbb{E}[W_{ik}] = 0$, "
        "even when $a_j$ and $a_k$ depend"
    )
    text = printed("scale", cell="weighted-code")
    measured, theory = (float(text.split(after)[1].split()[0].rstrip(";")) for after in ("measured ", "by (3) "))
    assert measured == pytest.approx(theory, rel=3 * math.sqrt(2 / 50_000))


# ---------------------------------------------------------------- the constant in front


def test_gains():
    g = {(name, way): gaussian.gain(name, way) for name in NAMES for way in ("forward", "backward")}
    says(
        "For linear layers and ReLU one gain serves both rules: «1», and $\\sqrt«2» = «1.4142»$.",
        [g["identity", "forward"], g["identity", "backward"]],
        [g["relu", "forward"] ** 2, g["relu", "backward"] ** 2],
        [g["relu", "forward"], g["relu", "backward"], math.sqrt(2)],
    )
    z = np.random.default_rng(0).standard_normal(40_000)
    values, slopes = activations.get("relu").f(z), activations.get("relu").df(z)
    says(
        "ReLU removes «half» of the values and «half» of the slopes, so that both mean squares are $«\\tfrac12»$.",
        near(np.mean(values == 0), abs=0.01),
        near(np.mean(slopes == 0), abs=0.01),
        [gaussian.second_moment("relu"), gaussian.squared_slope("relu")],
    )
    says(
        "For the curved activations the rules disagree: mildly for GELU, «1.53» and «1.48», and tanh, «1.59» and "
        "«1.47», and widely for the sigmoid, «1.85» and «4.72».",
        g["gelu", "forward"],
        g["gelu", "backward"],
        g["tanh", "forward"],
        g["tanh", "backward"],
        g["sigmoid", "forward"],
        g["sigmoid", "backward"],
    )
    q = 1
    kept = np.array([g[name, "forward"] ** 2 * gaussian.second_moment(name, q) for name in NAMES])
    says(
        "$$ g^2\\, \\mathbb{E}\\big[f(z)^2\\big] = «1», \\qquad z \\sim \\mathcal{N}(0, «1»). \\tag{5} $$",
        near(kept, abs=1e-12),
        q,
    )
    kept = np.array([g[name, "backward"] ** 2 * gaussian.squared_slope(name, q) for name in NAMES])
    says("$$ g^2\\, \\mathbb{E}\\big[f'(z)^2\\big] = «1». \\tag{6} $$", near(kept, rel=1e-6))
    says("If it has size «1» in one layer, it has size «1» in the next when", q, q)
    assert all(abs(g[name, "forward"] - g[name, "backward"]) > 0.04 for name in ("tanh", "gelu", "sigmoid"))


def test_the_gains_of_sixty_layers():
    count, width, again = in_code("gains", r"W = rng.standard_normal\(\((\d+), (\d+), (\d+)\)\)")
    assert width == again
    says("We measure «sixty» layers of «256» units.", count, width)
    found = {}
    for name, _, theory, measured in table("scale", "gains"):
        found.setdefault(name, []).append((theory, float(measured.split(" ± ")[0])))
    assert tuple(found) == NAMES
    for name in NAMES:
        for way, (theory, mean) in zip(("forward", "backward"), found[name], strict=True):
            assert theory == pytest.approx(gaussian.gain(name, way), abs=5e-5)
            assert abs(mean / theory - 1) < 0.02


def test_five_thirds():
    says("is neither gain; [What the rules leave out]")
    (row,) = (row for row in gaussian.torch_gain_table() if row.activation == "tanh")
    says("PyTorch's `calculate_gain` says «5»/«3» for tanh", 3 * row.torch, 5 / row.torch)
    assert row.torch == pytest.approx(5 / 3)
    assert all(abs(5 / 3 - gaussian.gain("tanh", way)) > 0.05 for way in ("forward", "backward"))


# ---------------------------------------------------------------- one layer is not twenty


def test_three_sizes():
    drawn = {"width": 128, "seed": figures.SEED}
    half, one, double = figures.STARTS.values()
    says(
        "sends «three» signals, whose $z^{[1]}$ has size «0.5», «1» and «2», through the same «20» layers",
        len(figures.STARTS),
        half,
        one,
        double,
        DEPTH,
    )
    first = figures._gains_and_starts("tanh", (1.3,), **drawn).z[:, 0]
    assert first == pytest.approx([half, one, double], rel=0.15)
    assert len(first) == 3
    says("## One layer is not «twenty»", DEPTH)
    fates = {"stay apart": "relu", "come together": "tanh", "drift away": "gelu"}
    says("All «three» answers occur.", len(fates))
    says(
        "The forward gain of each: ReLU at «1.4142», tanh at «1.5925» and GELU at «1.5335».",
        gaussian.gain("relu"),
        gaussian.gain("tanh"),
        gaussian.gain("gelu"),
    )
    says("All this starts from a size of exactly «1».", gaussian.second_moment("identity"))

    def last(name, gain):
        return figures._gains_and_starts(name, (gain,), **drawn).z[:, -1]

    # The draw of the figure is near the median of sixty, and its opening state answers nothing.
    for name, gain in (("identity", 1.0), ("relu", 1.4142)):
        std = gain / math.sqrt(drawn["width"])
        others = [seen(name, drawn["width"], (std,), 1 / gain, seed).z[0] for seed in range(60)]
        kept = last(name, gain)[1] / figures._gains_and_starts(name, (gain,), **drawn).z[1, 0]
        assert kept == pytest.approx(np.median([z[-1] / z[0] for z in others]), rel=0.1)
    assert figures.three_starts.settings() == {"activation": "tanh", "gain": 0.8, **drawn}
    ends = np.array([last("identity", 1.0), last("relu", 1.4142)])
    says(
        "«twice» the input gives «twice» the output in every layer",
        np.divide([one, double], [half, one]),
        ends[:, 1:] / ends[:, :-1],
    )
    least = 1.1
    says("from $g = «1.1»$ on, every gain leads all «three» to one size that stays", least, len(figures.STARTS))
    for gain in np.arange(least, 5, 0.1):
        settled = math.sqrt(gaussian.fixed_points("tanh", scaled_weight_variance=gain**2)[-1].q)
        for start in figures.STARTS.values():
            limit = gaussian.propagate("tanh", scaled_weight_variance=gain**2, depth=DEPTH, input=(start / gain) ** 2)
            assert math.sqrt(limit.z[-1]) == pytest.approx(settled, rel=0.05)
        assert (settled < 1) == (gain < 1.5925)
    assert max(last("tanh", least)) / min(last("tanh", least)) < 1.4
    dies, _, grows = last("gelu", 1.5335)
    assert dies < 0.01
    assert grows > 4
    for start, end in ((0.95, 0.5), (1.05, 1.5)):  # in theory, a little too small and a little too large
        limit = gaussian.propagate(
            "gelu", scaled_weight_variance=gaussian.gain("gelu") ** 2, depth=40, input=start**2 / 2.3517
        )
        assert (limit.z[-1] < end) if start < 1 else (limit.z[-1] > end)


def test_gelu_wanders_off():
    g = gaussian.gain("gelu")
    width = WIDTHS[-1]
    found = [seen("gelu", width, (g / math.sqrt(width),), 1 / g, seed) for seed in range(60)]
    ends = np.array([each.z[0, -1] / each.z[0, 0] for each in found])
    low, high = 0.6, 2.5
    share, error = np.mean((low < ends) & (ends < high)), 2 * math.sqrt(0.8 * 0.2 / len(ends))
    says(
        "What starts at «1» wanders off, too: of the networks of width «256», «80 per cent» end between «0.6» and "
        "«2.5».",
        near(np.array([each.z[0, 0] for each in found]), abs=0.15),
        width,
        near(share, abs=error),
        low,
        high,
    )


def test_keeping_forward_does_not_keep_backward():
    start = math.sqrt(gaussian.length_map("tanh", 1, scaled_weight_variance=gaussian.gain("tanh") ** 2))
    says("At each forward gain, we start at size «1»:", start)
    rows = {name: rest for name, *rest in table("scale", "folklore-code")}
    assert tuple(rows) == NAMES
    for name in ("identity", "relu"):
        _, up, down, theory = rows[name]
        assert theory == 1
        assert abs(math.log(up)) < 3 * luck(name, 256)
        assert abs(math.log(down)) < 3 * luck(name, 256)
        assert gaussian.second_moment(name) == pytest.approx(gaussian.squared_slope(name))
    g, up, down, theory = rows["tanh"]
    factor = math.sqrt(gaussian.chi("tanh", 1.0, scaled_weight_variance=gaussian.gain("tanh") ** 2))
    says("At $g = «1.5925»$ the activations of tanh have mean zero and the same variance in every layer", g)
    assert abs(gaussian.mean("tanh")) < 1e-12
    assert abs(up - 1) < 0.05
    assert theory == pytest.approx(factor ** (DEPTH - 1), rel=0.01)
    says(
        "the gradients grow almost «fivefold»: in each layer by a factor of «1.085», the forward gain over the "
        "backward one.",
        near(theory, rel=0.1),
        [factor, gaussian.gain("tanh") / gaussian.gain("tanh", "backward")],
    )
    assert 4 < down < 5


def test_tanh_cannot_have_both():
    critical = 1 / math.sqrt(gaussian.squared_slope("tanh", 1e-12))  # above it, small signals grow
    says(
        "At every $g > «1»$ its size settles, and each layer multiplies the gradient by more than «1».",
        critical,
        critical,
    )
    for g in (1.01, 1.02, 1.05, 1.1, 1.5, 2, 3, 5, 10, 30, 100):
        zero, point = gaussian.fixed_points("tanh", scaled_weight_variance=g**2)
        assert not zero.stable
        assert point.stable
        assert point.chi_1 > 1
    says("At $g \\le «1»$ the signal dies out.", critical)
    z = np.linspace(0.01, 9, 900)
    assert (abs(activations.get("tanh").f(z)) < z).all()
    for g in (critical, 0.9):
        limit = gaussian.propagate("tanh", scaled_weight_variance=g**2, depth=2000)
        assert limit.z[-1] < 1e-3


def test_random_biases_give_tanh_a_critical_line():
    bias = 0.05
    (point,) = gaussian.critical_line("tanh", bias_variance=bias)
    g = math.sqrt(point.scaled_weight_variance)
    (settled,) = gaussian.fixed_points("tanh", scaled_weight_variance=g**2, bias_variance=bias)
    assert settled.chi_1 == pytest.approx(1, abs=1e-9)
    assert settled.stable
    size = math.sqrt(gaussian.second_moment("tanh", point.q))
    layers, width = in_code("tanh-biases", r"\[(\d+)\] \* (\d+)")[::-1]
    says(
        "At $g = «1.327»$ and $\\sigma_b^2 = «0.05»$ tanh keeps both: its activations settle at size «0.54», and in "
        "«sixty» layers of «400» units the gradients scatter, but neither explode nor vanish.",
        g,
        bias,
        size,
        layers - 1,
        width,
    )
    says("`gaussian.critical_line` finds where that is exactly «1»:", near(settled.chi_1, abs=1e-9))
    weights, biases = partial(normal, std=g / math.sqrt(width)), partial(normal, std=math.sqrt(bias))
    deep = network.simulate([width] * 61, "tanh", weights, bias_initializer=biases, batch=8, seeds=range(10, 18))
    assert np.sqrt(deep.a.second_moment[:, 5:]) == pytest.approx(size, rel=0.12)
    down = np.sqrt(deep.dz.second_moment)
    theory = gaussian.propagate("tanh", scaled_weight_variance=g**2, bias_variance=bias, depth=60)
    assert math.sqrt(theory.dz[4] / theory.dz[39]) == pytest.approx(0.98, abs=0.005)
    ratios = down[:, 4] / down[:, 39]
    assert ((0.6 < ratios) & (ratios < 1.7)).all()
    # at the forward gain, without biases, the same layers multiply it by 1.085 each
    assert math.sqrt(gaussian.chi("tanh", 1, scaled_weight_variance=gaussian.gain("tanh") ** 2)) ** 35 > 15
    pair = gaussian.propagate_pair("tanh", scaled_weight_variance=g**2, bias_variance=bias, depth=60)
    middle, last = 20, 60
    says("with cosine «0.67» after «20» layers, «0.88» after «60»", pair.a[middle], middle, pair.a[last], last)
    for layer in (middle, last):
        assert deep.a.cosine[:, layer].mean() == pytest.approx(pair.a[layer], abs=0.04)
    assert f"g = {g:.3f}" in printed("scale", cell="tanh-biases")
    assert table("scale", "tanh-biases")[-1][-1] == round(pair.a[60], 2)


def test_no_curved_activation_with_mean_zero_keeps_both():
    says(
        "if $f(z)$ has mean zero and $f$ is no straight line, "
        "$\\mathbb{E}[f(z)^2] < \\mathbb{E}[z^2]\\, \\mathbb{E}[f'(z)^2]$."
    )
    for name in activations.names():
        f = activations.get(name)
        for q in (0.01, 0.1, 1, 10, 100):
            variance = gaussian.second_moment(f, q) - gaussian.mean(f, q) ** 2
            slope = q * gaussian.squared_slope(f, q)
            assert slope == pytest.approx(variance, rel=1e-12) if name == "identity" else slope > variance * (1 + 1e-6)
    # so that with mean zero, and g^2 E f^2 = E z^2, there is g^2 E f'^2 > 1
    for name in ("tanh", "erf", "softsign", "selu"):
        assert abs(gaussian.mean(name, 1.0)) < 1e-9
        assert gaussian.chi(name, 1.0, scaled_weight_variance=gaussian.gain(name) ** 2) > 1


# ---------------------------------------------------------------- widths that differ


def test_forward_and_backward_ask_for_different_variances():
    widths = in_code("widths-code", r"widths = \[" + ", ".join([r"(\d+)"] * 6))
    (networks,) = in_code("widths-code", r"seeds=range\((\d+)\)")
    says(
        "A linear network halves its width «five» times, from «512» to «16»; means over «20» networks:",
        len(widths) - 1,
        widths[0],
        widths[-1],
        networks,
    )
    assert np.divide(widths[1:], widths[:-1]).tolist() == [1 / 2] * 5
    loss = math.sqrt(widths[-1] / widths[0])
    signal_in, gradient_in, signal_out, gradient_out = (np.array(row[2:]) for row in table("scale", "widths-code"))
    flat, falling = np.ones(6), 0.5 ** (np.arange(6) / 2)
    # the narrowest layer has 16 units, 16 inputs and 20 networks, so that no layer is off by more than a few per cent
    assert signal_in == pytest.approx(flat, rel=0.06)
    assert gradient_in == pytest.approx(falling[::-1], rel=0.06)
    assert signal_out == pytest.approx(1 / falling, rel=0.06)
    assert gradient_out == pytest.approx(flat, rel=0.06)
    halved = np.array(gradient_in)[:-1] / gradient_in[1:]
    says(
        "the gradient loses a factor of $\\sqrt{«1»/«2»}$ in each layer",
        near(2 * halved**2, rel=0.15),
        near(1 / halved**2, rel=0.15),
    )
    says("$\\sqrt{«16»/«512»} = «0.18»$, however many layers lie between", widths[-1], widths[0], loss)


# ---------------------------------------------------------------- the mean


def test_what_the_mean_of_relu_does():
    mean, square = gaussian.mean("relu"), gaussian.second_moment("relu")
    says(
        "For ReLU this share is $«1»/\\pi = «0.32»$. Where is the cosine after «20» layers: still at 0.3, at 0.6, or "
        "above 0.9?",
        math.pi * mean**2 / square,
        [mean**2 / square, gaussian.correlation_map("relu", 0.0)],
        DEPTH,
    )
    g = gaussian.gain("relu")
    theory = gaussian.propagate_pair("relu", scaled_weight_variance=g**2, depth=DEPTH).a[-1]
    width = 256
    found = [seen("relu", width, (g / math.sqrt(width),), 1 / g, seed) for seed in range(10)]
    assert min((0.3, 0.6, 0.9), key=lambda guess: abs(guess - theory)) == 0.9 < theory
    says(
        "In layer «1» their preactivations are independent, so that the cosine of their activations is",
        network.observe(network.sample([4, 4], "relu", normal, rng=0), np.ones((4, 1))).z.layers[0],
    )
    says("After «twenty» layers of ReLU inputs differ by little", DEPTH)
    says("Above 0.9: theory puts it at «0.95», and «ten» networks of width «256» agree.", theory, len(found), width)
    assert np.mean([each.cosine[0, -1] for each in found]) == pytest.approx(theory, abs=0.015)
    # for other inputs than those of the figure, and another width
    other = [seen("relu", 512, (g / math.sqrt(512),), 1 / g, seed).cosine[0, -1] for seed in range(20, 30)]
    assert np.mean(other) == pytest.approx(theory, abs=0.015)
    says("The mean is the same for every input")


def test_the_content_of_all_five():
    rows = {name: cosines for name, *cosines in table("scale", "mean-code")}
    assert tuple(rows) == NAMES
    first, last, measured = zip(*rows.values(), strict=True)
    networks, width = 10, 256
    assert f"range({networks})" in code("mean-code")
    assert f"sizes(name, {width}," in code("mean-code")
    says(
        "against the layer, from «0» to «20», at the forward gain of «five» activations. Lines are theory, marks are "
        "means over «ten» networks of width «256».",
        DEPTH - DEPTH,
        DEPTH,
        len(NAMES),
        networks,
        width,
    )
    layer = seen("relu", width, (math.sqrt(2) / 16,)).cosine.shape[1] - DEPTH
    says(
        "Linear and tanh stay at «0». ReLU rises from «0.32» in layer «1» to «0.95», the sigmoid is close to «1» from "
        "the third layer on. The line of GELU rises to «0.71»; its marks fall off it, to «0.43».",
        near(np.array([last[0], last[2], measured[0], measured[2]]), abs=0.03),
        near(first[1], abs=0.005),
        layer,
        near([last[1], measured[1]], abs=0.01),
        near(np.array([last[3], measured[3]]), abs=0.001),
        near(last[4], abs=0.005),
        near(measured[4], abs=0.005),
    )
    says("GELU leaves its line because its size wanders off.")
    rng, f, kept = np.random.default_rng(0), activations.get("gelu").f, []
    for _ in range(20):
        a = rng.standard_normal((width, 8))
        for _ in range(DEPTH):
            z = rng.standard_normal((width, width)) @ a
            a = f(z / np.sqrt(np.mean(z**2, axis=0)))  # of size 1 in every layer, it stays
        unit = a / np.linalg.norm(a, axis=0)
        kept.append((np.sum(unit.sum(axis=1) ** 2) - 8) / 56)
    assert np.mean(kept) == pytest.approx(last[4], abs=0.06)
    g = gaussian.gain("sigmoid")
    for seed in range(10):
        assert seen("sigmoid", 256, (g / 16,), 1 / g, seed).cosine[0, 3:].min() > 0.995
    says("Without biases, linear and tanh networks have no mean, and wide ones keep unrelated inputs unrelated.")
    share = gaussian.mean("sigmoid") ** 2 / gaussian.second_moment("sigmoid")
    says("The sigmoid starts with a share of «85 per cent», and soon there is nothing else.", share)
    says(
        "after «twenty» wide layers of ReLU two unrelated inputs have cosine «0.95», with tanh and no biases «0».",
        DEPTH,
        near(last[1], abs=0.005),
        near(last[2], abs=1e-6),
    )


# ---------------------------------------------------------------- exercises and takeaways


def test_the_absolute_value():
    absolute = activations.Activation("absolute", np.abs, np.sign, kinks=(0.0,))
    mean = gaussian.expectation(np.abs, kinks=(0.0,))
    square = gaussian.expectation(np.square)
    says("$f(z)^2 = z^2$, so $\\mathbb{E} f^2 = «1»$ and the forward gain is «1».", square, square**-0.5)
    slopes = np.unique(np.diff(np.abs(np.arange(-9.0, 10))))
    assert slopes.size == 2
    says(
        "The slopes are $«-1»$ and $«1»$, so $\\mathbb{E} f'^2 = «1»$, and the backward gain is «1» as well.",
        slopes[0],
        slopes[1],
        slopes**2,
        np.mean(slopes**2) ** -0.5,
    )
    says(
        "The mean squared makes up $«2»/\\pi = «0.64»$ of the second moment, and the size still stays near 1",
        math.pi * mean**2,
        mean**2,
    )
    says("two unrelated inputs have cosine «0.64» after one layer already", gaussian.correlation_map(absolute, 0.0))
    sizes = [float(line.split()[-1]) for line in printed("scale").splitlines() if line.startswith("size after 20")]
    assert len(sizes) == 3
    assert all(0.5 < size < 2 for size in sizes)


def test_two_standard_deviations():
    inputs, units = 512, 128
    forward, backward = exercises.two_stds.solution(inputs, units, "tanh")
    says(
        "A tanh layer with «512» inputs and «128» units asks for «0.0704» and for «0.1297»: the two rules differ by a "
        "factor of «1.84».",
        inputs,
        units,
        forward,
        backward,
        backward / forward,
    )
    assert forward == pytest.approx(gaussian.gain("tanh") / math.sqrt(512))
    assert backward == pytest.approx(gaussian.gain("tanh", "backward") / math.sqrt(128))


def test_the_product_variance():
    m_X, m_Y, v_X, v_Y = sp.symbols("m_X m_Y v_X v_Y")
    terms = sp.expand((v_X + m_X**2) * (v_Y + m_Y**2)).args
    says("the «fourth» term, the product of the squared means, cancels", len(terms))
    assert (m_X * m_Y) ** 2 in terms
    rng = np.random.default_rng(0)
    X, Y = rng.normal(1, 0.5**0.5, 10**6), rng.normal(-2, 3**0.5, 10**6)
    assert exercises.product_variance.solution(1, 0.5, -2, 3) == pytest.approx(np.var(X * Y), rel=0.01)


def test_measured_gains():
    samples = re.search(r"rng\.standard_normal\(([\d_]+)\)", exercise.code(exercises.measured_gain.solution))[1]
    says(
        "Measure its forward gain from «100,000» normal samples. (The checker lets you be wrong by «3 per cent»",
        int(samples),
        exercises.measured_gain.tolerance,
    )
    sine = gaussian.expectation(lambda z: np.sin(z) ** 2) ** -0.5
    says(
        "For $f(z) = \\sin z$ the gain is «1.521», for $f(z) = z + 1$ it is $1/\\sqrt«2» = «0.707»$, although the "
        "standard deviation of $z + 1$ is «1».",
        sine,
        gaussian.expectation(lambda z: (z + 1) ** 2),
        gaussian.expectation(lambda z: (z + 1) ** 2) ** -0.5,
        math.sqrt(gaussian.expectation(lambda z: (z + 1 - 1) ** 2)),
    )


def test_weights_with_a_mean():
    sigma, mu, n = math.sqrt(2) / 16, 0.01, 256
    says(
        "with «256» units a layer have standard deviation $\\sigma = \\sqrt«2»/«16»$, which is right, but also a small "
        "mean $\\mu = «0.01»$, «a ninth» of $\\sigma$",
        n,
        1 / gaussian.second_moment("relu"),
        math.sqrt(n),
        mu,
        near(mu / sigma, abs=0.003),
    )
    says(
        "whose inputs have $\\mathbb{E}[a^2] = «1»$ and $(\\mathbb{E}\\,a)^2 = «1»/\\pi$ and are independent",
        gaussian.second_moment("relu", 2.0),
        math.pi * gaussian.mean("relu", 2.0) ** 2,
    )
    squares, mixed = n * (sigma**2 + mu**2), n * (n - 1) * mu**2 / math.pi
    says(
        "Together $«256»\\,(\\sigma^2 + \\mu^2) + «256» \\cdot «255»\\, \\mu^2/\\pi = «2.03» + «2.08» = «4.10»$, where "
        "«2» would be right.",
        n,
        n,
        n - 1,
        squares,
        mixed,
        squares + mixed,
        n * sigma**2,
    )
    m, v, q, mean, width = sp.symbols("m v q mu n")
    W = random("W_j", mean=mean, variance=v, index="j")
    a = random("a_j", mean=m, second_moment=q, index="j")
    result = E(Total(W * a, "j", width) ** 2)
    assert sp.expand(result - width * (v + mean**2) * q - width * (width - 1) * mean**2 * m**2) == 0
    assert "= 4.1\n" in printed("scale")
    says("One layer «doubles» the second moment of $z$.", near((squares + mixed) / (n * sigma**2), abs=0.1))
    inputs = np.maximum(np.random.default_rng(0).normal(0, math.sqrt(2), (n, 16)), 0)  # as the exercise has them
    assert (np.mean(inputs**2), np.mean(inputs) ** 2) == pytest.approx((1, 1 / math.pi), rel=0.1)
    with_mean = network.simulate(
        [n] * (DEPTH + 1), "relu", partial(normal, mean=mu, std=sigma), seeds=range(3), inputs=inputs
    )
    size = np.sqrt(with_mean.a.second_moment)
    says("ReLU makes no number smaller, so $\\mathbb{E}\\,a \\ge \\mathbb{E}\\,z$")
    z = np.random.default_rng(0).standard_normal(1000)
    assert (activations.get("relu").f(z) >= z).all()
    says("each layer multiplies the shift by $n\\mu = «2.56»$ or a little more", n * mu)
    shift = with_mean.z.mean.mean(axis=0)
    growth = (shift[19] / shift[9]) ** 0.1
    assert n * mu < growth < 1.04 * n * mu
    says("After «20» layers the signal is more than a hundred million times too large. With $\\mu = 0$, nothing", DEPTH)
    assert ((size[:, 20] > 1e8) & (size[:, 20] < 3e8)).all()
    without = network.simulate([n] * (DEPTH + 1), "relu", partial(normal, mean=0, std=sigma), seeds=range(3), batch=16)
    assert (np.sqrt(without.a.second_moment[:, 20]) < 3).all()


def test_the_gain_that_keeps_the_gradients_of_a_sigmoid():
    says(
        '`gaussian.fixed_points("sigmoid", scaled_weight_variance=g**2)[-1]` holds the square of the size at which '
        "$z$ settles"
    )

    def settled(g):
        (point,) = gaussian.fixed_points("sigmoid", scaled_weight_variance=g**2)
        assert point == gaussian.fixed_points("sigmoid", scaled_weight_variance=g**2)[-1]
        return point

    far, backward = 3.0, gaussian.gain("sigmoid", "backward")
    says(
        "The backward gain of (6), «4.72», does not do it. It is meant for $z$ of size 1, and with it $z$ settles at "
        "«2.92», where the slopes are smaller.",
        backward,
        math.sqrt(settled(backward).q),
    )
    assert settled(backward).chi_1 < 0.5
    assert gaussian.squared_slope("sigmoid", settled(backward).q) < gaussian.squared_slope("sigmoid", 1)
    gains = np.arange(10, 10.3, 0.01)
    keeps = gains[np.argmin([abs(settled(g).chi_1 - 1) for g in gains])]
    says("At $g = «10.15»$ signal and gradient both keep their size, far from where (5) and (6) point.", keeps)
    assert settled(10.15).chi_1 == pytest.approx(1, abs=0.001)
    assert settled(10.15).stable
    for seed in range(3):
        found = seen("sigmoid", 256, (10.15 / 16,), 1.0, seed)
        assert found.a[0, -1] == pytest.approx(found.a[0, 1], rel=0.1)
        assert abs(math.log(found.dz[0, 0] / found.dz[0, -1])) < 0.7  # 19 factors with the luck of width 256
    says(
        "But $z$ has size «6.76» there, and «two thirds» of the units sit beyond $|z| = «3»$, where the slope is below "
        "a fifth of its largest value.",
        math.sqrt(settled(10.15).q),
        near(2 * ndtr(-far / math.sqrt(settled(10.15).q)), abs=0.02),
        far,
    )
    slope = activations.get("sigmoid").df
    assert slope(np.array([far]))[0] < slope(np.array([0.0]))[0] / 5
    says(
        "the gradients of the sigmoid survived at width «256» and the largest $\\sigma$",
        max(n for n in WIDTHS if ends("sigmoid", n, figures.STDS[-1])[1] > 0.1),
    )


def test_takeaways():
    says("One gain keeps both signal and gradient for linear and ReLU networks.")
    for name in ("identity", "relu"):
        assert gaussian.gain(name) == pytest.approx(gaussian.gain(name, "backward"))
    says("the second moment instead of the variance, and $\\sqrt«2»$ for ReLU", gaussian.gain("relu") ** 2)
    says("What holds for one layer may not hold for «twenty»", DEPTH)
    assert gaussian.length_map("gelu", 1, scaled_weight_variance=gaussian.gain("gelu") ** 2) == pytest.approx(1)
    assert seen("gelu", 256, (gaussian.gain("gelu") / 16,), 0.5).z[0, 19] < 0.1


# ---------------------------------------------------------------- the quiz

quiz_holds = partial(quiz_says, quiz)


def test_the_quiz():
    quiz_holds("The gain of ReLU is √2, and σ = √2/√400 = 0.0707.")
    assert round(math.sqrt(2 / 400), 4) == 0.0707
    quiz_holds("1/√400 = 0.05", "2/400 = 0.005", "2/√400")
    assert (1 / 400**0.5, 2 / 400, 2 / 400**0.5) == pytest.approx((0.05, 0.005, 0.1))
    assert round(math.sqrt(2) / 400, 5) == 0.00354

    quiz_holds("of the same size, 0.73, and mean zero", "At 0.73 the gain is 2, and the gradients grow by 17 %")
    point = gaussian.fixed_points("tanh", scaled_weight_variance=2.0**2)[-1]
    assert round(math.sqrt(gaussian.second_moment("tanh", point.q)), 2) == 0.73
    assert round(math.sqrt(point.chi_1), 2) == 1.17
    quiz_holds("for 0.73 by 1.17, which is a factor of 19 over the whole network")
    assert round(point.chi_1 ** ((DEPTH - 1) / 2)) == 19
    limit = gaussian.propagate("tanh", scaled_weight_variance=4.0, depth=DEPTH)
    assert np.sqrt(limit.a[5:]) == pytest.approx(0.73, abs=0.005)

    quiz_holds("Forward it asks for 1.59, backward for 1.47.", "Forward it asks for 1.53, backward for 1.48.")
    assert [round(gaussian.gain("tanh", way), 2) for way in ("forward", "backward")] == [1.59, 1.47]
    assert [round(gaussian.gain("gelu", way), 2) for way in ("forward", "backward")] == [1.53, 1.48]
    quiz_holds("E f² and E f′² are both 1/2, so g = √2 does both.", "E f² = E f′² = 1, so g = 1 does both.")
    assert gaussian.second_moment("relu") == pytest.approx(gaussian.squared_slope("relu"))

    quiz_holds("about a third of their mean square is the square of their mean")
    mean, square = gaussian.mean("relu"), gaussian.second_moment("relu")
    assert mean**2 / square == pytest.approx(1 / 3, abs=0.02)
    quiz_holds("gives the gain 1.71 instead of 1.41, and a signal that is 46 times too large after 20 layers")
    wrong = (square - mean**2) ** -0.5
    assert (round(wrong, 2), round(math.sqrt(2), 2)) == (1.71, 1.41)
    assert round((wrong / math.sqrt(2)) ** 20) == 46

    quiz_holds("The product is 64/1024 = 1/16, whatever lies between, and the size is its root.")
    assert math.sqrt(64 / 1024) == 0.25
    assert 64 / 1024 == 0.0625
