"""The front page, held to account."""

import math
import re
import tomllib
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from harness import ROOT

from initlab import frameworks, gaussian
from initlab.activations import get
from initlab.initializers import variance_scaling, xavier_normal
from initlab.network import backward, forward, sample, simulate
from initlab_book.chapters import exploding, why, xavier
from initlab_book.chapters.index import experiments, figures

from . import chapter, near, prose_of
from .prose import CHAPTERS

says = chapter("index")


def fates(**settings):
    """What the figure says about the signal and the gradient."""
    return re.findall(r"(?:signal|gradient) (lives|dies|explodes)", figures.signal.frame(**settings)["text"])


def content(**settings):
    """The cosine in every layer: measured, and by theory."""
    y = figures.signal.frame(**settings)["panels"]["content"]["y"]
    return np.array(y["measured"], float), np.array(y["theory"], float)


# ---------------------------------------------------------------- the figure


def test_the_picture_is_the_network_that_the_page_describes():
    settings = figures.signal.settings()
    says("a network of «50» layers with «200» units each", settings["depth"], settings["width"])
    says("Gradients of size 1 enter behind layer «50»", settings["depth"])
    weights = variance_scaling((200, 200), scale=1.3**2, mode="fan_in", distribution="normal", rng=0)
    says("Its weights are drawn at random with standard deviation $g/\\sqrt{«200»}$.", settings["width"])
    assert weights.std() == pytest.approx(1.3 / math.sqrt(200), rel=0.02)


def test_size_gradient_and_content():
    pictures = len(figures.signal.panels)
    says("«Three» things have to come through it.", pictures)
    says("Which scale $g$ brings all «three» through?", pictures)
    says("Look at all «three» pictures.", pictures)
    assert [panel.name for panel in figures.signal.panels] == ["forward", "backward", "content"]


def test_signal_and_gradient_enter_with_size_one():
    panels = figures.signal.frame(activation="identity", gain=1.0)["panels"]
    enters = near(panels["forward"]["y"]["measured"][0], rel=0.02)
    says("Signals of size «1» enter on the left of the first picture.", enters)
    enters = near(panels["backward"]["y"]["measured"][-1], rel=0.02)
    says("Gradients of size «1» enter behind layer 50, on the right of the second picture", enters)


def test_tanh_lives_at_a_scale_between_one_and_two():
    says("raise $g$ until signal and gradient both survive «50» layers", experiments.DEPTH)
    alive = [gain for gain in figures.GAINS if fates(activation="tanh", gain=gain) == ["lives", "lives"]]
    says("from $g = «1»$ to «1.6» signal and gradient both survive here", alive[0], alive[-1])
    says("and unrelated inputs stay unrelated.")
    similar, largest = 0.99, 1.6
    far = {
        gain: gaussian.propagate_pair("tanh", scaled_weight_variance=gain**2, depth=experiments.DEPTH, cosine=similar).a
        for gain in (1.0, 1.1, 1.3, largest)
    }
    says(
        "But above «1» similar inputs become so, too: at «1.6» a cosine of «0.99» falls to «0.13».",
        alive[0],
        alive[-1],
        similar,
        far[largest][-1],
    )
    assert far[1.0][-1] > 0.98 > far[1.1][-1] > far[1.3][-1] > far[largest][-1]
    x = np.random.default_rng(0).standard_normal((2, 2000))
    pair = np.array([x[0], similar * x[0] + math.sqrt(1 - similar**2) * x[1]]).T
    seen = simulate([2000] * 11, "tanh", partial(xavier_normal, gain=largest), inputs=pair)
    assert seen.a.cosine[0, 10] == pytest.approx(far[largest][10], abs=0.03)
    assert max(abs(content(activation="tanh", gain=gain)[0]).max() for gain in alive) < 0.05
    assert alive == [gain for gain in figures.GAINS if alive[0] <= gain <= alive[-1]]


def test_a_signal_lives_while_its_size_stays_within_a_factor_of_a_hundred():
    lives = [ratio for ratio in np.geomspace(1e-4, 1e4, 801) if figures._fate(ratio) == "lives"]
    says(
        "We say that signal and gradient *live* if their size stays within a factor of «100», and that content *fades* "
        "if the cosine ends above «0.9».",
        near(lives[-1], rel=0.03),
        figures.ALIKE,
    )
    assert lives[-1] * lives[0] == pytest.approx(1, rel=0.03)


def test_fifty_equal_layers_raise_the_factor_to_the_fiftieth_power():
    says("if every layer has the same factor, «fifty» layers raise it", experiments.DEPTH)
    size = math.sqrt(gaussian.propagate("identity", scaled_weight_variance=1.1**2, depth=experiments.DEPTH).a[-1])
    says("raise it to the «fiftieth» power", math.log(size) / math.log(1.1))


def test_ten_per_cent_too_large_is_a_hundred_times_too_large():
    factor = 1.1
    says(
        "$«1.1»^{«50»} = «117»$: weights «ten per cent» too large make a signal «a hundred» times too large",
        factor,
        experiments.DEPTH,
        factor**50,
        factor - 1,
        near(factor**50, rel=0.2),
    )


def test_relu_wants_root_two():
    says(
        "**ReLU** passes on «half» of the mean square, so it wants $g = \\sqrt«2» = «1.414»$",
        gaussian.second_moment("relu", 1.0),
        1 / gaussian.second_moment("relu", 1.0),
        math.sqrt(2),
    )
    assert math.sqrt(2) in [pytest.approx(gain, abs=5e-4) for gain in figures.GAINS]
    assert fates(activation="relu", gain=1.4142)[0] == "lives"
    # "Now switch to ReLU without moving the slider: what happened": at a scale that suits tanh, ReLU dies
    assert fates(activation="tanh", gain=1.0) == ["lives", "lives"]
    assert fates(activation="relu", gain=1.0) == ["dies", "dies"]


def test_content_is_measured_as_a_cosine():
    says(
        "«0» for unrelated ones, «1» if all point the same way.",
        near(content()[0][0], abs=0.01),
        figures.signal.panels[2].guide,
    )
    x = np.random.default_rng(0).standard_normal((200, 2))
    seen = simulate([200, 200], "relu", partial(xavier_normal), inputs=x)
    first, second = x.T
    by_hand = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert seen.a.cosine[0, 0] == pytest.approx(by_hand)


def test_relu_loses_content_at_any_gain():
    first = 30
    theory = gaussian.propagate_pair("relu", scaled_weight_variance=2.0, depth=figures.DEPTH).a
    says(
        "at any $g$, two unrelated inputs have a cosine of «0.97» after «30» wide layers and «0.99» after «50».",
        theory[first],
        first,
        theory[figures.DEPTH],
        figures.DEPTH,
    )
    for gain in (0.5, 1.4142, 3.0):
        measured, predicted = content(activation="relu", gain=gain)
        assert measured[[30, 50]] == pytest.approx(theory[[30, 50]], abs=0.03)
        assert predicted == pytest.approx(theory, abs=1e-3)
    assert fates(activation="relu", gain=1.4142) == ["lives", "lives"]
    draws = simulate([200] * 51, "relu", partial(xavier_normal, gain=math.sqrt(2)), seeds=range(10), batch=20)
    assert draws.a.cosine[:, 50].min() > 0.97
    says("Up there most of a signal is the same for all inputs, and only a small rest tells them apart.")


def test_no_scale_on_the_slider_keeps_the_gradient_of_a_sigmoid_alive():
    says("at no setting of this slider does it survive")
    for gain in figures.GAINS:
        assert fates(activation="sigmoid", gain=gain)[1] == "dies"
    steepest = [math.sqrt(gaussian.squared_slope("sigmoid", q)) for q in np.geomspace(1e-6, 1e3, 19)]
    says("one layer multiplies the gradient by at most $g/«4»$", 1 / max(steepest))


def test_each_unit_of_a_deep_sigmoid_network_ends_on_a_constant_of_its_own():
    gone = 10
    x, means = np.random.default_rng(0).standard_normal((200, 50)), []
    for gain in figures.GAINS:
        last = forward(sample([200] * 51, "sigmoid", partial(xavier_normal, gain=gain), rng=0), x).a[-2]
        assert last.std(axis=1).max() < 1e-6 * last.std(axis=0).min()  # over inputs, against over units
        means.append(last.mean())
        assert content(activation="sigmoid", gain=gain)[0][gone] > 0.99
        assert fates(activation="sigmoid", gain=gain)[0] == "lives"
    says(
        "**The sigmoid** keeps the mean of its activations at about $«\\tfrac12»$, so the signal never dies in size. "
        "But after «ten» layers its content is gone: each unit has a constant of its own.",
        near(np.array(means), abs=0.04),
        gone,
    )


def test_for_a_linear_network_the_factor_is_g():
    says("For a linear network the factor is $g$ itself")
    theory = gaussian.propagate("identity", scaled_weight_variance=1.3**2, depth=4)
    assert theory.a == pytest.approx(1.3 ** (2 * np.arange(5)))


def test_the_power_that_the_third_chapter_explains():
    net = exploding.experiments.equal_layers(1.5)
    found = backward(net, forward(net, np.ones((2, 1))), np.ones((2, 1)))
    gradient = [np.linalg.norm(each) / np.sqrt(2) for each in (found.dx, *found.dz[:9])]
    factors = [above / below for above, below in pairwise(gradient)]
    says("You will be able to say what $«1.5»^«9»$ has to do with gradients", np.array(factors), len(factors))
    assert gradient[0] == pytest.approx(1.5**9, rel=1e-3)


# ---------------------------------------------------------------- the rest of the page


def section(title):
    return re.split(r" #+ ", prose_of("index").split(f"# {title} ")[1])[0]


def test_ten_minutes():
    says("Answer the three questions under the figure above. (3 minutes)")
    says("and go through the menu of its figure. (4 minutes)")
    says("switch the assumptions off one by one. (2 minutes)")
    says("Choose your own layer in [Which call do I write?](guide.ipynb), and copy the code. (1 minute)")
    says("## «Ten» minutes", 3 + 4 + 2 + 1)
    assert re.findall(r"\((\d+) minutes?\)", section("Ten minutes")) == ["3", "4", "2", "1"]
    tasks = re.findall(r"what happened|which \$g\$|Is there any scale", section("Initialization Lab"))
    says("Answer the «three» questions under the figure above.", len(tasks))
    title = re.search(r"## (\w+) starts", prose_of("why"))[1]
    says("In [Why initialization matters](why.ipynb), read *«Seven» starts*, make the guess it asks for", title)
    says("In [Deriving Xavier](deriving.ipynb), go to *The switchboard*")
    assert "## The switchboard" in prose_of("deriving")


def test_the_chapters():
    says(
        "One network, «seven» starts, each at its own best learning rate, under SGD and under Adam.",
        len(why.experiments.STARTS),
    )
    chapters = re.findall(r"\d\. \[[^\]]+\]\(([\w-]+)\.ipynb\)", section("The chapters"))
    assert chapters == [name for name in CHAPTERS if name != "index"]
    says("You will be able to say what it does to «ten» layers", xavier.experiments.DEPTH)
    says("You will be able to say where the factor «2» comes from", 1 / gaussian.second_moment("relu"))
    says("computes the first two for linear networks, the «eighth» for all others", chapters.index("limits") + 1)
    says("The one-page answer for PyTorch, Keras and Flax, with code that has run")
    assert {name for name, _ in frameworks.DEFAULTS} == {"torch", "keras", "flax"}
    assert frameworks.SNIPPETS


def test_three_ways_to_use_the_book():
    ways = re.findall(r"\*\*\w+ it\.\*\*", section("Three ways to use the book"))
    says("## «Three» ways to use the book", len(ways))


def test_the_python_that_is_needed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    says("With Python «3.11» or later", project["requires-python"].removeprefix(">="))


def test_layers_are_counted_from_the_input():
    x = np.ones((3, 1))
    passed = forward(sample([3, 2, 1], "tanh", xavier_normal, rng=0), x)
    says("the input is layer «0»", next(layer for layer, a in enumerate(passed.a) if a is x))
    slopes = get("leaky_relu").df(np.array([-2.0, -1.0, 3.0]))
    below = np.array([-2.0, -1.0]).max() + 1
    says("| $s$ | slope of a leaky ReLU below «0» |", below)
    assert slopes[0] == slopes[1] < slopes[2] == 1
    says("$l = «1», \\dots, L$ | layers with weights", next(layer for layer, a in enumerate(passed.a) if a is not x))


def test_how_to_cite():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    says("year = {«2026»}", int(re.search(r"date-released: \"(\d{4})", citation)[1]))
    says("journal = {Distilled AI}, year = {«2020»}", int(re.search(r"Distilled AI\n +year: (\d+)", citation)[1]))
