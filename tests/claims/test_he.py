"""The chapter on He initialization, held to account."""

import math
import re
from functools import cache, partial

import numpy as np
import pytest
from harness import quiz_says

from initlab import activations, algebra, gaussian, losses
from initlab.agreement import agreement, critical, z_scores
from initlab.finite_width import relative_variance
from initlab.initializers import fans, he_normal, he_uniform, lecun_normal, normal, variance_scaling
from initlab.network import forward, sample, simulate
from initlab_book.chapters import exploding
from initlab_book.chapters.he import exercises, experiments, figures, quiz

from . import chapter, near, printed

says = chapter("he")

DEPTH = experiments.DEPTH
RELU_SHARE = gaussian.second_moment("relu")  # of E[z^2] = 1


def sizes(width, scheme, *, runs=10, batch=16, activation="relu"):
    """Root mean square of a over `runs` networks of 30 layers, (31,)."""
    deep = simulate([width] * (DEPTH + 1), activation, scheme, seeds=range(runs), batch=batch)
    return np.sqrt(deep.a.second_moment.mean(axis=0))


# ---------------------------------------------------------------- break it first


def test_thirty_relu_layers_with_xavier():
    says("why ReLU «halves» a signal, and why it is the second moment that is «halved»", RELU_SHARE, RELU_SHARE)
    says("What is left of it after «thirty» layers of ReLU?", DEPTH)
    says("«Thirty» ReLU layers of 128 units, weights of variance $1/n$, no biases, and an input of size 1.", DEPTH)
    measured = sizes(128, lecun_normal, batch=32)
    assert measured[0] == pytest.approx(1, rel=0.02)
    says("How large is the signal in the last layer: about 0.5, 0.03 or 0.00003?")
    assert min((0.5, 0.03, 0.00003), key=lambda guess: abs(math.log(guess / measured[DEPTH]))) == 0.00003
    says("About «0.00003». Every layer «halves» the second moment", near(measured[DEPTH], rel=0.2), RELU_SHARE)
    says(
        "«thirty» layers leave $2^{«-30»}$ of it, and of the size the square root, $2^{«-15»} = «0.0000305»$.",
        DEPTH,
        -DEPTH,
        -DEPTH / 2,
        RELU_SHARE ** (DEPTH / 2),
    )
    assert algebra.over_layers(algebra.derive_forward(activation="relu")).predict(
        n_in=128, sigma_w=128**-0.5, q=1, L=DEPTH
    ) == pytest.approx(2**-30)
    ten = simulate([128] * (DEPTH + 1), "relu", lecun_normal, seeds=range(10), batch=32).a.second_moment
    says("(«Ten» networks do not agree with this exactly.", len(ten))
    assert ten[:, DEPTH].mean() != pytest.approx(2.0**-DEPTH, rel=0.01)
    text = printed("he", cell="halves")
    assert text.endswith("size after 30 layers: 2.7e-05\n")
    ratios = [float(line.split()[2]) for line in text.splitlines()[1:-1]]
    assert ratios == pytest.approx([0.5] * 6, abs=0.1)


def test_the_first_figure():
    (width,) = (control.value for control in figures.deep.controls if control.name == "width")
    says("The figure shows «four» networks with «128» units in every layer", experiments.STRANDS, width)
    deep = figures.deep.frame(slope=0.0)["panels"]["backward"]
    top = len(deep["y"]["theory"])
    says("with one input each and a gradient of size «1» at $a^{[«30»]}$", math.sqrt(2) * deep["y"]["theory"][-1], top)
    relu, none = 0, 1
    says(
        "$f(z) = z$ for $z > 0$ and $s z$ below, so that $s = «0»$ is ReLU and $s = «1»$ is no activation at all.",
        relu,
        none,
    )
    z = np.linspace(-2, 2, 9)
    for s, f in ((relu, np.maximum(z, 0)), (none, z), (0.25, np.where(z > 0, z, 0.25 * z))):
        assert activations.leaky_relu(s).f(z) == pytest.approx(f)
    for slope in experiments.SLOPES:
        kept = figures.deep.frame(slope=slope, scheme="he")["panels"]
        assert kept["forward"]["y"]["theory"] == pytest.approx([1] * (DEPTH + 1))
        assert len(set(kept["backward"]["y"]["theory"])) == 1
    for scheme in ("xavier", "he-relu", "std"):
        gone = [
            figures.deep.frame(slope=s, scheme=scheme)["panels"]["forward"]["y"]["theory"][-1]
            for s in experiments.SLOPES
        ]
        assert any(not 0.9 < end < 1.1 for end in gone)
    says("Then take *He for ReLU* and move the slope to «1»", max(experiments.SLOPES))
    says(
        "At slope «1», $«2»/n$ «doubles» the second moment in every layer",
        max(experiments.SLOPES),
        experiments.scale("he-relu", 1.0),
        experiments.scale("he-relu", 1.0) * experiments.factor(1.0),
    )
    says("like the «ten» matrices with $c > 1$", exploding.experiments.DEPTH)


def test_the_figures_agree_with_the_simulator_and_with_gaussian_theory():
    slope, scheme = 0.25, "he-relu"
    panels = figures.deep.frame(slope=slope, scheme=scheme)["panels"]
    f = activations.leaky_relu(slope)
    theory = gaussian.propagate(f, scaled_weight_variance=2.0, depth=DEPTH)
    assert panels["forward"]["y"]["theory"] == pytest.approx(np.sqrt(theory.a), rel=0.01)
    assert panels["backward"]["y"]["theory"] == pytest.approx(np.sqrt(theory.dz), rel=0.01)
    drawn = simulate([128] * (DEPTH + 1), f, he_normal, seeds=range(experiments.STRANDS), batch=1)
    ratio = np.sqrt(drawn.a.second_moment / drawn.a.second_moment[:, :1])
    assert np.array(panels["forward"]["y"]["strands"]) == pytest.approx(ratio, rel=0.01)
    assert np.array(panels["backward"]["y"]["strands"]) == pytest.approx(np.sqrt(drawn.dz.second_moment), rel=0.01)


def test_the_bands_of_the_figures_hold_95_per_cent_of_the_networks():
    seeds, depth, width = 200, 30, 128
    says(
        "is wide after «30» layers of «128» units; it is the random walk of that chapter, with larger steps",
        depth,
        width,
    )
    says("The networks scatter, mostly below the mean that theory gives, within the shaded band")
    deep = simulate([width] * (depth + 1), "relu", he_normal, seeds=range(seeds), batch=1, bias_initializer=None)
    forward_size = np.sqrt(deep.a.second_moment[:, -1] / deep.a.second_moment[:, 0])
    backward_size = np.sqrt(2 * deep.dz.second_moment[:, 0])
    low, high = (edge[-1] for edge in figures.size_quantiles([128] * 30, slope=0.0))
    for size in (forward_size, backward_size):
        # three standard errors of a share of 0.95
        assert np.mean((low < size) & (size < high)) == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / seeds))
        assert np.mean(size < 1) > 0.6
    says("(How much larger, the next chapter shows.)")
    for slope, variance in ((0, 5 / (4 * 128)), (1, 1 / (2 * 128))):  # of the logarithm of a size, half of that of q
        assert relative_variance(activations.leaky_relu(slope)) / 128 / 4 == pytest.approx(variance)


# ---------------------------------------------------------------- where the half goes


def test_the_half():
    says("## Where the «half» goes", RELU_SHARE)
    rng = np.random.default_rng(0)
    samples = (rng.uniform(-1, 1, 10**6), rng.choice([-3, -0.1, 0.1, 3], 10**6), 5 * rng.standard_normal(10**6))
    shares = [np.mean(np.maximum(z, 0) ** 2) / np.mean(z**2) for z in samples]
    share = near(np.array(shares), abs=0.005)
    says(
        "ReLU squared is «half» of $z^2$ and «half» of $z\\,|z|$, and the second «half» vanishes on average",
        share,
        share,
        share,
    )
    z = rng.standard_normal(100) + 0.3
    assert np.maximum(z, 0) ** 2 == pytest.approx((z**2 + z * abs(z)) / 2)
    text = printed("he", cell="derive")
    assert text.startswith("E[f(z_i)**2]\n= E[z_i**2]/2 + E[z_i*Abs(z_i)]/2\n")
    assert "= n_in*q*sigma_w**2/2\n" in text
    derived = algebra.derive_forward(activation="relu")
    says(
        "$$ «\\tfrac12»\\, n\\, \\sigma_w^2 = «1», "
        "\\quad \\text{so that} \\quad \\sigma_w^2 = \\frac{«2»}{n}. \\tag{2}",
        derived.predict(n_in=50, sigma_w=1, q=1) / 50,
        derived.predict(n_in=50, sigma_w=math.sqrt(2 / 50), q=1),
        1 / derived.predict(n_in=1, sigma_w=1, q=1),
    )


def test_the_leaky_half():
    says("For a leaky ReLU the negative «half» is not dropped", 1 - RELU_SHARE)
    says("its square by $s^2$. The «half» becomes", RELU_SHARE)
    small, start = 0.01, 0.25
    text = printed("he", cell="leaky-code")
    for s in (0, 0.25, 0.5, 1):
        assert f"s = {s}: E[f(z)^2] = {(1 + s**2) / 2:.5f}, " in text
    assert "leaky: 2/(n_in*(s**2 + 1))" in text
    says(
        "A slope of «0.01» hardly matters: it changes the variance by one part in «10,000».",
        small,
        near(1 / (experiments.scale("he", 0) / experiments.scale("he", small) - 1), rel=0.01),
    )
    says("A slope of «0.25», with which He and colleagues start", start)
    says("asks for $«1.88»/n$ instead of $«2»/n$.", experiments.scale("he", start), experiments.scale("he", 0))
    growth = experiments.scale("he", 0) * experiments.factor(start)
    says("grow by «6 %» in every layer: by a factor of «6» after «thirty».", growth - 1, growth**DEPTH, DEPTH)


# ---------------------------------------------------------------- the second moment, not the variance


def test_the_gain_that_keeps_the_variance_explodes():
    exact = 1 / math.sqrt(RELU_SHARE - gaussian.mean("relu") ** 2)
    # somebody measured it, on 100,000 points, with a standard error of about 0.3 %
    he = gaussian.gain("relu")
    says("for ReLU it was «1.707», where He has $\\sqrt«2» = «1.414»$", near(exact, rel=0.01), he**2, he)
    says("Weights of standard deviation $«1.707»/\\sqrt n$, «thirty» ReLU layers.", near(exact, rel=0.01), DEPTH)
    says("The signal grows, as [Finding the right scale](scale.ipynb) has shown: to about 5, 30 or 300?")
    text = printed("he", cell="variance-code")
    assert re.match(r"E\[a\^2\] = 0\.50\d, Var a = 0\.34\d: gains 1\.41\d and 1\.71\d\n", text)
    rows = re.findall(r"g = ([\d.]+), layer +(\d+): size +([\d.]+), standard deviation +([\d.]+)", text)
    size = {(g, int(layer)): (float(a), float(b)) for g, layer, a, b in rows}
    assert size["1.707", 1][1] == pytest.approx(1, rel=0.02)
    assert 1 / 2 < size["1.414", 30][0] < 2
    gain = 1.707
    says("With $g = «1.707»$ the first layer's activations do have standard deviation one.", gain)
    assert gain / exact == pytest.approx(1, rel=0.01)
    says(
        "the next layer feels their second moment, $«1.707»^2/«2» = «1.457»$, and so on.",
        gain,
        1 / RELU_SHARE,
        gain**2 * RELU_SHARE,
    )
    predicted = (gain**2 * RELU_SHARE) ** (DEPTH / 2)
    assert min((5, 30, 300), key=lambda guess: abs(math.log(guess / predicted))) == 300
    says("About «300». The mean of $a$ is not lost", near(predicted, rel=0.1))
    says(
        "Theory says $(«1.707»^2/«2»)^{«15»} = «283»$ for the size after «thirty» layers.",
        gain,
        1 / RELU_SHARE,
        DEPTH / 2,
        predicted,
        DEPTH,
    )
    variance = DEPTH * 5 / (4 * 128)
    # of the mean square of ten networks, and of the inputs' common luck
    assert abs(math.log(size["1.707", 30][0] / predicted)) < 3 * math.sqrt(variance / 10) + variance


# ---------------------------------------------------------------- the small print


def skewed(shape, *, rng, dtype, sign=1):
    W = rng.exponential(size=shape) - 1
    return (sign * np.sqrt(2 / shape[1]) * W).astype(dtype)


def shifted(shape, *, rng, dtype):
    std = np.sqrt(2 / shape[1])
    return normal(shape, mean=0.01 * std, std=std, rng=rng, dtype=dtype)


def test_skewed_and_shifted_weights():
    says("since the long tail of $z$ is on the side that ReLU keeps; mirrored ones make it shrink")
    rng = np.random.default_rng(0)
    z = skewed((20_000, 50), rng=rng, dtype=float) @ np.maximum(rng.standard_normal(50), 0)
    assert np.mean(z**3) / np.mean(z**2) ** 1.5 > 0.1
    rows = re.findall(r"width (\d+), ([\w, ]+?) *: typical size +([\d.]+)", printed("he", cell="skew-code"))
    size = {(int(n), name): float(value) for n, name, value in rows}
    for n in (50, 150):
        assert size[n, "skewed, mirrored"] < size[n, "He"] / 3
        assert size[n, "He"] < size[n, "skewed"] / 3
        assert size[n, "He"] < size[n, "shifted"]
    says(
        "At width «150» a mean of one per cent of the standard deviation has made the signal «five» times as large as "
        "He's.",
        max(width for width, _ in size),
        near(size[150, "shifted"] / size[150, "He"], abs=0.6),
    )
    fresh = {
        name: np.median(np.sqrt(simulate([150] * 31, "relu", f, seeds=range(100, 120), batch=1).a.second_moment[:, -1]))
        for name, f in (("He", he_normal), ("shifted", shifted))
    }
    assert 3 < fresh["shifted"] / fresh["He"] < 9


@pytest.mark.parametrize(("scheme", "exponent"), [(skewed, -0.5), (shifted, 0.5)])
def test_skew_washes_out_and_a_mean_grows_with_the_root_of_the_width(scheme, exponent):
    says("what it does in one layer falls like $1/\\sqrt n$")
    says("in proportion to the spread of $z$ the push grows like $\\sqrt n$")
    assert abs(exponent) == 1 / 2
    # one layer behind a ReLU: how far the share of E[z^2] that passes is from a half, at widths 50 and 800
    rng = np.random.default_rng(0)
    excess = []
    for n in (50, 800):
        a = np.maximum(rng.standard_normal((n, 4000)), 0)
        W = scheme((4000, n), rng=rng, dtype=np.float64)  # one unit for each example
        z = np.einsum("ij,ji->i", W, a)
        for _ in range(15):
            W = scheme((4000, n), rng=rng, dtype=np.float64)
            z = np.append(z, np.einsum("ij,ji->i", W, a))
        excess.append(np.mean(np.maximum(z, 0) ** 2) / np.mean(a**2) - 1)
    assert math.log(excess[1] / excess[0]) / math.log(800 / 50) == pytest.approx(exponent, abs=0.25)


# ---------------------------------------------------------------- backward


def test_backward_the_same_half():
    z = np.random.default_rng(0).standard_normal(10**5)
    slopes = activations.leaky_relu(0.25).df(z)
    share = near(np.mean(z > 0), abs=0.01)
    says("## Backward: the same «half»", gaussian.squared_slope("relu"))
    says(
        "passes $f'(z)$, which is «1» for «half» of the units and «0» for the other «half» (or $s$)",
        slopes[z > 0],
        share,
        activations.get("relu").df(z[z < 0]),
        share,
    )
    says("and which ReLUs are open ($z > 0$) depends on them")
    assert set(activations.get("relu").df(z[z > 0])) == {1}
    leaky = gaussian.squared_slope(activations.leaky_relu(0.25))
    says(
        "So $\\mathbb{E}[f'(z)^2] = «\\tfrac12»$ again, or $(«1» + s^2)/«2»$",
        gaussian.squared_slope("relu"),
        leaky / RELU_SHARE - 0.25**2,
        (1 + 0.25**2) / leaky,
    )
    text = printed("he", cell="backward-code")
    assert text.startswith("n_out*p*sigma_w**2/2    preserved if Var W = 2/n_out\n")
    assert "independent gradients" in text


def test_the_backward_rule_is_exact_at_any_width():
    rng = np.random.default_rng(0)
    w = rng.standard_normal((10**5, 3))
    a, v = np.array([1.0, 2.0, 0.5]), np.array([0.3, 1.0, -1.0])
    is_open = w @ a > 0
    says(
        'So "open" has probability «one half» *given* the value of $(w \\cdot v)^2$',
        near(np.array([is_open[abs(w @ v) > limit].mean() for limit in (0, 1, 2)]), abs=0.02),
    )
    share = np.mean((w @ v) ** 2 * is_open) / np.mean((w @ v) ** 2)
    says("keeps on average «half» of its squared length", near(share, abs=0.02))
    seeds, widths, slope = 1500, [5, 8, 6, 9, 7], 0.1
    scheme = partial(variance_scaling, scale=2 / (1 + slope**2), mode="fan_in", distribution="uniform")
    deep = simulate(widths, activations.leaky_relu(slope), scheme, seeds=range(seeds), batch=1)
    theory = algebra.over_widths(algebra.derive_backward(activation="leaky_relu"), "fan_in").predict(widths, s=slope)
    assert np.abs(z_scores(deep.dz.second_moment, theory * (1 + slope**2) / 2)).max() < 4.5
    says("It fails above a layer that is closed as a whole, $a = 0$.")
    net = sample([5, 3], "relu", he_normal, output_activation="relu", seeds=range(4000), bias_initializer=None)
    output = forward(net, np.ones((5, 1))).output
    closed = np.mean((output == 0).all(axis=(1, 2)))
    says("With $n$ units this happens with probability $«2»^{-n}$.", near(closed ** (-1 / 3), abs=0.1))
    assert closed == pytest.approx(2**-3, abs=4 * math.sqrt(2**-3 / 4000))
    # Layers of one unit: layer 1 is open in half of all networks, and only then does layer 2 receive a gradient.
    deep = simulate([5, 1, 1, 50], "relu", he_normal, seeds=range(4000), batch=1, bias_initializer=None)
    live = deep.a.second_moment[:, 1] > 0
    assert live.mean() == pytest.approx(2**-1, abs=4 * math.sqrt(1 / 4 / 4000))
    assert (deep.dz.second_moment[~live, 1] == 0).all()
    assert (deep.dz.second_moment[live, 1] > 0).any()


# ---------------------------------------------------------------- either direction


def test_one_direction_is_enough():
    taper = experiments.SHAPES["taper"]
    says(
        "«Thirty» ReLU layers whose widths go from «256» down to «32».",
        len(taper) - 1,
        taper[0],
        taper[-1],
    )
    eighth = near(taper[-1] / taper[1], rel=0.1)
    says("in layer 1: all of it, about «an eighth», or next to nothing?", eighth)
    says("About «an eighth». As in [linear layers]", eighth)
    text = printed("he", cell="three-rules")
    for line in (
        "fan_in   forward  q",
        "fan_in   backward p*n[L]/n[1]",
        "fan_out  forward  q*n[0]/n[L]",
        "fan_out  backward p",
    ):
        assert line + "\n" in text
    assert text.count("Product") == 2
    says("Compare the «three» rules when widths narrow", len(experiments.MODES))
    for widths in experiments.SHAPES.values():
        signal, gradient = experiments.he_moments("fan_in", widths)
        assert signal == pytest.approx(1)
        assert gradient[0] / gradient[-1] == pytest.approx(widths[-1] / widths[1])
        signal, gradient = experiments.he_moments("fan_out", widths)
        assert signal[-1] == pytest.approx(widths[0] / widths[-1])
        assert gradient == pytest.approx(0.5)


def test_the_mean_of_the_fans_splits_the_damage_and_fails_where_widths_alternate():
    says("the mean splits the damage evenly between signal and gradient")
    for shape in ("taper", "widen"):
        widths = experiments.SHAPES[shape]
        signal, gradient = experiments.he_moments("fan_avg", widths)
        even = math.sqrt(widths[0] / widths[-1])
        assert signal[-1] == pytest.approx(even, rel=0.05)
        assert gradient[-1] / gradient[0] == pytest.approx(even, rel=0.05)
    widths = experiments.SHAPES["bottleneck"]
    signal, gradient = experiments.he_moments("fan_avg", widths)
    pair = (signal[2] / signal[0], gradient[-3] / gradient[-1])
    says(
        "multiplies the second moment of *both* by $«\\tfrac85» \\cdot «\\tfrac25» = «0.64»$.",
        signal[1] / signal[0],
        signal[2] / signal[1],
        pair,
    )
    assert (signal[1] / signal[0], signal[2] / signal[1]) == pytest.approx((8 / 5, 2 / 5))
    says(
        "$«0.64»^{«15»} = «0.0012»$ is left of either after «thirty» layers.",
        signal[2],
        (len(widths) - 1) / 2,
        (signal[-1] / signal[0], 0.64**15),
        len(widths) - 1,
    )
    assert "two layers: x 0.64; thirty: x 0.0012" in printed("he", cell="zigzag")
    drawn = simulate(
        widths, "relu", experiments.normal(2.0, "fan_avg"), seeds=range(40), batch=1, bias_initializer=None
    )
    assert (
        np.abs(z_scores(np.log(drawn.a.second_moment[:, -1]), math.log(signal[-1]) - 1.6)) < 4
    )  # drift at such widths


def test_the_first_layer_may_lack_its_factor_of_two():
    text = printed("he", cell="first-layer")
    rows = re.findall(r"\|a\| ([\d.]+) \.\.\. ([\d.]+),  \|dz\| ([\d.]+) \.\.\. ([\d.]+)", text)
    with_two, without = ([float(value) for value in row] for row in rows)
    says("A factor of two in one layer, in the second moment, stays a factor of two")
    assert np.square(np.divide(with_two[:2], without[:2])) == pytest.approx(2, abs=0.06)
    assert with_two[2:] == without[2:]


# ---------------------------------------------------------------- convolutions


def test_fans_of_convolutions():
    says("(For a stride of 1. And pixels at the border")
    assert fans((64, 32, 3, 3)) == (3 * 3 * 32, 3 * 3 * 64)
    text = printed("he", cell="conv-code")
    right, wrong = (float(x) for x in re.findall(r"multiplied by ([\d.]+)", text))
    assert right == pytest.approx(1, abs=0.05)
    says("Whoever forgets the kernel makes the second moment «nine» times too large.", near(wrong / right, abs=0.5))
    kernel = (3, 3, 32, 64)
    misread, true = fans(kernel)[0], fans(kernel, layout="IO")[0]
    says(
        "takes $«3» \\cdot «32» \\cdot «64» = «6144»$ for the fan-in instead of «288». The layer then makes the second "
        "moment «21» times *smaller*.",
        kernel[1],
        kernel[2],
        kernel[3],
        misread,
        true,
        misread / true,
    )
    dense = fans((300, 100))
    assert fans((300, 100), layout="IO") == dense[::-1]


def test_a_fixed_standard_deviation():
    filters = [64] + [128] * 2 + [256] * 2 + [512] * 4
    fixed, kernel = 0.01, (3, 3)
    says("started from a fixed standard deviation of «0.01».", fixed)
    says(
        "to a network with «nine» convolutions of «3» × «3», from its second to its «tenth» layer",
        len(filters),
        kernel[0],
        kernel[1],
        len(filters) + 1,
    )
    divided = math.prod(math.sqrt(2 / fans((d, d, *kernel))[1]) / fixed for d in filters)
    text = printed("he", cell="fixed-code")
    assert f"the gradient is divided by {divided:.0f} in all" in text
    assert divided == pytest.approx(
        5.9 * 4.2**2 * 2.9**2 * 2.1**4, rel=0.02
    )  # as the paper has it, from rounded factors
    for line in ("64 filters: 0.0589", "128 filters: 0.0417", "256 filters: 0.0295", "512 filters: 0.0208"):
        assert line in text


# ---------------------------------------------------------------- twenty-two layers and thirty


def test_what_theory_says_of_22_and_30_layers():
    says("## «Twenty-two» layers and «thirty»", DEPTHS[0], DEPTHS[1])
    says("a network of «22» layers converged from both starts", DEPTHS[0])
    says("One of «30» layers converged from He's start", DEPTHS[1])
    ratio = [math.sqrt(experiments.factor(0.0) ** depth) for depth in DEPTHS]
    says(
        "$«2»^{«-11»} = «0.0005»$ times as large after «22» layers, $«2»^{«-15»} = «0.00003»$ times after «30».",
        1 / experiments.factor(0.0),
        math.log2(ratio[0]),
        near(ratio[0], rel=0.03),
        DEPTHS[0],
        1 / experiments.factor(0.0),
        math.log2(ratio[1]),
        near(ratio[1], rel=0.03),
        DEPTHS[1],
    )
    says("Between the two lies a factor of «16» in size.", ratio[0] / ratio[1])
    says("nothing *happens* at «22» or at «30»", DEPTHS[0], DEPTHS[1])


DEPTHS = (22, 30)


@cache
def best(scheme, depth):
    """(best rate, losses after the last step at it by seed, all losses) as the chapter chooses the rate."""
    loss = experiments.race(depth)[:, list(experiments.TRAINED).index(scheme)]
    last = np.nan_to_num(loss[-1], nan=np.inf)
    at = np.median(last, axis=1).argmin()
    return experiments.RATES[at], np.sort(last[at]), loss[:, at]


def learns(loss):
    """The first step at which each network has a loss below 0.5, inf where it never has: from (steps + 1, networks)."""
    return np.where((loss < 0.5).any(axis=0), np.argmax(loss < 0.5, axis=0), np.inf)


def test_the_race():
    loss = experiments.race(22)
    says(
        "two moons, «40» points, networks of «24» units a layer, «200» steps of gradient descent on all points.",
        experiments.RACE_POINTS,
        experiments.RACE_WIDTH,
        len(loss) - 1,
    )
    says("Each scheme may choose among «four» learning rates", len(experiments.RATES))
    says(
        "**Predict.** «Four» kinds of runs: «22» or «30» layers",
        len(experiments.TRAINED) * len(DEPTHS),
        DEPTHS[0],
        DEPTHS[1],
    )
    guessing, _ = losses.softmax_cross_entropy(np.zeros((2, 4)), np.array([0, 1, 0, 1]))
    says("has the loss $\\ln «2» = «0.693»$", math.exp(guessing), guessing)
    says(
        "for networks of «22» layers on the left and «30» layers on the right, «five» seeds for each scheme",
        DEPTHS[0],
        DEPTHS[1],
        loss.shape[3],
    )
    text = printed("he", cell="race")
    for depth in DEPTHS:
        for scheme in experiments.TRAINED:
            rate, last, _ = best(scheme, depth)
            line = f"{depth} layers, {scheme:6}: rate {rate}, losses at the end: "
            values = np.array(re.search(re.escape(line) + r"\[(.*)\]", text)[1].split(), dtype=float)
            # single precision in another order of summation may end elsewhere
            assert values == pytest.approx(last, abs=0.1), line


def test_what_the_race_shows():
    says("With «22» layers both learn, He's networks earlier.", DEPTHS[0])
    says("One or two of Xavier's may not get there in «200» steps.", len(best("Xavier", 22)[2]) - 1)
    first = {(name, depth): learns(best(name, depth)[2]) for name in experiments.TRAINED for depth in DEPTHS}
    # which rate is the best one depends on the rounding, and which networks do not get there, too
    assert np.isfinite(first["He", 22]).all()
    assert np.isinf(first["Xavier", 22]).sum() <= 2
    assert np.median(first["Xavier", 22]) > 2 * np.median(first["He", 22])
    says("most of Xavier's leave a plateau later. On the right He's learn too, and all of Xavier's stay")
    assert np.isfinite(first["He", 30]).all()
    says("He's networks of «30» layers suffer from them too.", DEPTHS[1])
    says("What follows a spike depends on the last digits, so the losses at the end differ from computer to computer.")
    assert np.nanmax(best("He", 30)[2]) > 0.8
    stalled = experiments.race(30)[:, 0]
    says(
        "With «30» layers Xavier's do not move within «200» steps, at *any* of the rates.", DEPTHS[1], len(stalled) - 1
    )
    assert np.abs(stalled - math.log(2)).max() < 0.01
    # a rate larger or smaller than all of these would not have helped Xavier's networks
    smallest = np.median(experiments.race(22, schemes=("Xavier",), rates=experiments.RATES[:1])[-1])
    above = np.nan_to_num(experiments.race(22, schemes=("Xavier",), rates=(1.0,))[-1], nan=np.inf)
    assert min(smallest, np.median(above)) > np.median(best("Xavier", 22)[1]) + 0.1


def test_stagnation_and_not_a_dead_end():
    rate, patience = 0.01, 3000
    slow, fast = (
        learns(experiments.race(30, schemes=(name,), steps=steps, rates=(rate,), seeds=10)[:, 0, 0])
        for name, steps in (("Xavier", patience), ("He", 200))
    )
    says(
        "At rate «0.01», at least eight of «ten» such networks of «30» layers bring their loss below 0.5 within «3000» "
        "steps, the first after 700 to 900. He's need fewer than 150.",
        rate,
        len(slow),
        DEPTHS[1],
        patience,
    )
    # with twelve roundings nine or ten get there, after 736 to 848 steps at the earliest; He's need 8 to 113
    assert np.sum(slow < patience) >= 8
    assert 700 < slow.min() < 900
    assert fast.max() < 150
    says("What carries over is the mechanism, a factor of two per layer. The number «30» does not.", DEPTHS[1])


# ---------------------------------------------------------------- do theory and simulation agree?

SLOPES = {"ReLU": 0.0, "leaky": 0.25, "linear": 1.0}
CELLS = len(SLOPES) * len(experiments.TRIALS) * 2 * (len(experiments.TRIAL_WIDTHS) - 1)
SEEDS = 80


def trial(first, factor=1.0, uniform=1.0):
    """The agreement of the chapter on seeds of its own, with predictions that may be wrong."""
    z = []
    for slope in SLOPES.values():
        for scheme in experiments.TRIALS:
            measured, _ = _measured(slope, scheme, first)
            z.append(z_scores(measured, uniform * experiments.predicted(slope, scheme, factor)))
            first += SEEDS
    return agreement(z, SEEDS)


@cache
def _measured(slope, scheme, first):
    return experiments.trial(slope, scheme, range(first, first + SEEDS))


def test_theory_and_simulation_agree_in_all_cells():
    says(
        "linear, ReLU and leaky networks, «three» schemes, «five» layers of unequal width, forward and backward",
        len(experiments.TRIALS),
        len(experiments.TRIAL_WIDTHS) - 1,
    )
    says("Each of these «90» *cells* has a prediction", CELLS)
    says("a mean over «80» networks, and a standard error $\\mathrm{se}$ from the spread among the «80».", SEEDS, SEEDS)
    says("The *largest* of «90» such numbers, up or down, is larger than 2 as a rule.", CELLS)
    assert 1 - (1 - math.erfc(2 / math.sqrt(2))) ** CELLS > 0.95
    says("the chance that a single one is so large, by «90»; this is Bonferroni's correction", CELLS)
    says("A corrected p-value below 0.01 would mean that theory and simulation disagree.")
    found = trial(0)
    assert found.cells == CELLS
    assert found.p_value > 0.01
    text = printed("he", cell="agree-code")
    assert re.match(
        rf"{CELLS} cells: largest \|z\| {trial(0).worst:.2f}, corrected p-value {trial(0).p_value:.2g}\n", text
    )


def test_an_error_of_two_per_cent_is_found():
    errors = np.array([0.98, 1.02])
    size = near(abs(errors - 1), abs=1e-9)
    says("Predictions for weights whose variance is only «2 %» larger or smaller are thrown out", size)
    says("with p-values below one in a million")
    assert max(trial(0, factor).p_value for factor in errors) < 1 / 1_000_000
    says("All predictions «2 %» too large, for whatever reason, would not pass either.", size)
    assert max(trial(0, uniform=error).p_value for error in errors) < 0.001
    he = experiments.scale("he", 0.0)
    says("tells $«2»/n$ from $«2.04»/n$", he, he * errors[1])


def test_the_picture_of_all_cells():
    limit = critical(CELLS, SEEDS)
    says("at the dashed lines the corrected p-value would be «0.01»", agreement([limit] * CELLS, SEEDS).p_value)
    says(
        "The z-scores of all «90» cells, in «three» groups for ReLU, leaky and linear networks. All lie between the "
        "two "
        "dashed lines at plus and minus «4.07», and most between minus 2 and 2.",
        CELLS,
        len(SLOPES),
        limit,
    )
    z = [
        z_scores(*_measured(slope, scheme, SEEDS * (3 * i + j)))
        for i, slope in enumerate(SLOPES.values())
        for j, scheme in enumerate(experiments.TRIALS)
    ]
    assert np.abs(z).max() < limit
    assert np.mean(np.abs(z) < 2) > 0.8


def test_schemes_on_the_same_seeds_would_be_one_measurement():
    says(
        "so with the same seeds «three» schemes would be one measurement, counted «three» times",
        len(experiments.TRIALS),
        len(experiments.TRIALS),
    )
    ends = [
        simulate([20] * 5, "relu", experiments.normal(g**2), seeds=[3], batch=4).a.second_moment[0, -1] for g in (1, 2)
    ]
    growth = math.sqrt(ends[1] / ends[0]) ** (1 / 4)
    says("a (leaky) ReLU network with weights «twice» as large computes $«2»^L$ times the same numbers", growth, growth)
    assert math.sqrt(ends[1] / ends[0]) == pytest.approx(2**4)
    z = [z_scores(*experiments.trial(0.0, scheme, range(10))) for scheme in experiments.TRIALS]
    assert z[1] == pytest.approx(z[0])
    assert z[2] == pytest.approx(z[0])


# ---------------------------------------------------------------- exercises and takeaways


def test_the_standard_deviation():
    n = 256
    says(
        "For ReLU and «256» inputs this is $\\sqrt{«2»/«256»} = «0.0884»$.",
        n,
        n * exercises.he_std.solution(n, 0.0) ** 2,
        n,
        exercises.he_std.solution(n, 0.0),
    )
    W = he_normal((200, n), negative_slope=0.3, rng=0)
    assert W.std() == pytest.approx(exercises.he_std.solution(n, 0.3), rel=0.02)


def test_the_gradient_over_widths():
    says("By which factor does $\\mathbb{E}[\\delta^2]$ change between layer $L$ and layer 1?")
    for widths in ([784, 300, 100, 50, 10], [10, 20, 30, 40]):
        _, gradient = experiments.he_moments("fan_in", widths)
        assert gradient[1 - 1] / gradient[-1] == pytest.approx(exercises.gradient_factor.solution(widths))


def test_grouped_convolutions():
    says("(Stride 1.)")
    for c, d, k, groups in ((4, 6, 3, 2), (5, 5, 3, 5)):
        # connect every pair of channels of one group at every position of a ring of 9 x 9 pixels, and count
        same = np.add.outer(np.arange(d) // (d // groups), -(np.arange(c) // (c // groups))) == 0
        into, out_of = same.sum(axis=1) * k**2, same.sum(axis=0) * k**2
        fan_in, fan_out = exercises.grouped_fans.solution(c, d, k, groups)
        assert set(into) == {fan_in}
        assert set(out_of) == {fan_out}
        assert fans((d, c // groups, k, k)) == (fan_in, groups * fan_out)
    says(
        "makes the variance «256» times too small",
        fans((256, 1, 3, 3))[1] / exercises.grouped_fans.solution(256, 256, 3, 256)[1],
    )
    assert "(9, 2304) (9, 9)" in printed("he")


def test_dropout_divides_the_second_moment_by_the_share_that_stays():
    p, rng, ratios = 0.5, np.random.default_rng(0), {}
    for scale in (2 * p, 2):
        a = np.abs(rng.standard_normal((400, 200)))
        stays = rng.random(a.shape) < p
        kept = stays * a / p
        z = normal((400, 400), std=math.sqrt(scale / 400), rng=rng) @ kept
        ratios[scale] = np.mean(np.maximum(z, 0) ** 2) / np.mean(a**2)
    says("An activation is $a/p$ with probability $p$ and else «0».", kept[~stays])
    scale = 2 * p / ratios[2 * p]  # what would have kept the second moment
    says(
        "$«\\tfrac12»\\, n\\, \\sigma_w^2 / p = «1»$, and $\\sigma_w^2 = «2»p/n$.",
        near(p / scale, rel=0.1),
        near(ratios[2 * p], rel=0.1),
        near(scale / p, rel=0.1),
    )
    says("With $p = «0.5»$ this happens to be Xavier's $«1»/n$.", p, near(scale, rel=0.1))
    says(
        "With $«2»/n$ instead, the second moment would «double» in every layer.", max(ratios), near(ratios[2], rel=0.1)
    )


def test_half_precision():
    smallest = float(np.finfo(np.float16).smallest_subnormal)
    says("The smallest positive number in half precision (float16) is about $«6 \\cdot 10^{-8}»$.", smallest)
    assert np.dtype(np.float16).itemsize / np.dtype(np.float32).itemsize == 1 / 2
    says("In which ReLU layer does the size of a signal fall below it, with variance $1/n$ and an input of size 1?")
    says("(The largest activations last a few layers longer. Then there is nothing but zeros.)")
    rng = np.random.default_rng(0)
    ends = []
    for _ in range(5):
        a, layer = rng.standard_normal(128).astype(np.float16), 0
        while a.any() and layer < 100:
            W = rng.standard_normal((128, 128)) / math.sqrt(128)
            a, layer = np.maximum(W @ a, 0).astype(np.float16), layer + 1
        ends.append(layer)
    assert 49 < np.median(ends) < 60
    says(
        "It is below $«6 \\cdot 10^{-8}» = «2»^{«-24»}$ when $l > «48»$: in layer «49».",
        smallest,
        1 / RELU_SHARE,
        math.log2(smallest),
        -2 * math.log2(smallest),
        next(layer for layer in range(1, 100) if 1 * 2 ** (-layer / 2) < smallest),
    )


def test_the_half_is_exact_in_narrow_layers():
    width, networks, kept = 8, 2000, 1
    says(
        "Take networks with layers of «8» units, uniform weights of He's variance, and average over «2000» of them.",
        width,
        networks,
    )
    says("Is the «half» exact in narrow layers, too?", RELU_SHARE)
    deep = simulate([width] * 6, "relu", he_uniform, seeds=range(networks), batch=1)
    z = z_scores(deep.a.second_moment[:, 1:], kept)
    says("All «five» means lie within two standard errors of «1».", np.sum(np.abs(z) < 2), kept)
    spread = deep.a.second_moment.std(axis=0)[1:]
    says("the spread between networks grows from layer to layer")
    assert (np.diff(spread) > 0).all()


def test_takeaways():
    says("A ReLU lets «half» of the second moment through, forward and backward", RELU_SHARE)
    assert gaussian.squared_slope("relu") == pytest.approx(RELU_SHARE)
    says("The «half» needs weights that are symmetric around zero.", RELU_SHARE)
    says(
        "One layer without its factor of two does no harm. «Thirty» do: $«2»^{«-15»}$.",
        DEPTH,
        1 / RELU_SHARE,
        math.log2(math.sqrt(RELU_SHARE**DEPTH)),
    )
    says("the parametric ReLU, and the networks of «22» and «30» layers", DEPTHS[0], DEPTHS[1])


def test_the_numbers_of_the_quiz():
    first, mean, leaky, turns, layout = quiz.questions
    assert first.answer == math.sqrt(0.5**20)
    quiz_says(quiz, f"2⁻¹⁰ = {2**-10:.5f}")
    scale = 1 / math.sqrt(RELU_SHARE)
    m, std = scale * gaussian.mean("relu"), math.sqrt(1 - scale**2 * gaussian.mean("relu") ** 2)
    quiz_says(quiz, f"mean {m:.3f} and standard deviation {std:.3f}", f"from the mean, {m:.3f}²")
    assert [option.text[:4] for option in mean.options] == [
        "1, b",
        f"{std**2:.2f}",
        "0.5,",
        f"{m**2:.2f}",
    ]
    assert leaky.answer == 2 / (1 + 0.5**2)
    assert [number for number, _ in leaky.wrong] == pytest.approx([2, 4 / 3, 0.625, math.sqrt(1.6)], abs=1e-4)
    widths = [256, 64] * 20
    ends = {}
    for mode in ("fan_in", "fan_out", "fan_avg"):
        signal, gradient = experiments.he_moments(mode, widths)
        ends[mode] = [max(x.max() / x.min(), 1) for x in (signal, gradient)]
    assert [max(ends[mode]) < 5 for mode in ends] == [True, True, False]
    assert [option.right for option in turns.options] == [True, True, False, False]
    quiz_says(quiz, "factors 1/4 and 4 cancel", "multiplies by 1.6 · 0.4 = 0.64")
    misread, true = fans((3, 3, 64, 128))[0], fans((3, 3, 64, 128), layout="IO")[0]
    quiz_says(quiz, f"3 · 64 · 128 = {misread:,} instead of 3 · 3 · 64 = {true}, a factor of {misread / true:.1f}")
    (right,) = (option for option in layout.options if option.right)
    assert f"about {misread / true:.0f} times too small" in right.text
