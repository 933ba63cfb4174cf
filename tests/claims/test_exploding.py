"""The chapter on exploding and vanishing signals, held to account."""

import itertools
import math
import re
from functools import partial

import numpy as np
import pytest
from harness import quiz_says

from initlab import datasets, random_matrices
from initlab.initializers import orthogonal, variance_scaling, xavier_normal
from initlab.losses import softmax_cross_entropy, squared_error
from initlab.network import Network, backward, forward, sample, simulate, stack
from initlab.training import train
from initlab_book import results
from initlab_book.chapters.exploding import exercises, experiments, figures, quiz
from initlab_book.experiment import OPTIMIZERS

from . import chapter, near, printed, table

says = chapter("exploding")

HIDDEN = experiments.DEPTH - 1
ANSWERS_ZERO = float(np.square(experiments.turn()[1]).sum() / (2 * experiments.turn()[1].shape[1]))


def descend(factor, rate, steps=1000):
    x, y = experiments.turn()
    return train(experiments.equal_layers(factor), x, y, loss="squared_error", learning_rate=rate, steps=steps)


def solved_rates(factor):
    fates = [experiments.outcome(loss) for loss in experiments.losses(factor).T]
    return {rate: step for rate, (fate, step) in zip(experiments.RATES, fates, strict=True) if fate == "solved"}


def fates(loss, optimizer):
    """What became of the first chapter's network from scales 3 and 10: (draws, widths, scales, rates)."""
    return results.load(experiments.both_losses).get("fate", loss=loss, optimizer=optimizer)[:, :, 1:]


def share(fate, loss, *optimizers):
    """The share of these runs that had that fate."""
    return float(np.mean([fates(loss, optimizer) == experiments.FATES.index(fate) for optimizer in optimizers]))


# ---------------------------------------------------------------- ten matrices


def test_the_network_of_the_chapter():
    weights = experiments.equal_layers(1.5).weights
    says("**The question.** «Ten» layers, each of which", len(weights))
    least, *_, most = experiments.FACTORS
    says("Does it matter whether that is «1.5» or «0.5»?", most, least)
    assert most**9 > 30
    assert least**9 < 1 / 30
    says("## «Ten» matrices", len(weights))
    equal = sum(bool((W == weights[0]).all()) for W in weights)
    says(
        "no activation function, $L = «10»$ weight matrices. «Nine» are hidden and all equal to one matrix "
        "$W$; the «tenth» turns the last hidden layer into the output",
        len(weights),
        equal,
        next(layer for layer, W in enumerate(weights, start=1) if (W != weights[0]).any()),
    )
    says(
        "So $a^{[«9»]}$ is the last hidden layer, and «nine» equal factors lie between it and the input.", equal, equal
    )


def test_nine_equal_matrices():
    c = 1.5
    says("With $g = «1.5»$, every hidden layer makes the signal «half» as long again.", c, c - 1)
    says("How much longer is it after «nine» of them: about 4 times, 40 times or 400 times?", HIDDEN)
    assert min((4, 40, 400), key=lambda times: abs(math.log(times / c**9))) == 40
    says("About «40» times: $«1.5»^«9» = «38.44»$.", near(c**9, rel=0.05), c, HIDDEN, c**9)
    says(
        "$«0.5»^«9» = «0.00195»$, «a five-hundredth».",
        1 - (c - 1),
        HIDDEN,
        0.5**9,
        near(0.5**9, rel=0.03),
    )
    assert [1.5, 38.44] in table("exploding", "powers")
    says(
        "straight lines from 1. For g = 1.5 it rises to «38», for g = 1 it stays at «1», for g = 0.5 it falls to "
        "«0.002»",
        c**HIDDEN,
        1.0**HIDDEN,
        0.5**HIDDEN,
    )


# ---------------------------------------------------------------- the same thing backward


def backpropagated(factor):
    """Lengths in the network of equal matrices, as multiples of those at g = 1: signal, gradient, dW."""
    net = experiments.equal_layers(factor)
    passed = forward(net, np.array([[1.0], [1.0]]))
    found = backward(net, passed, np.array([[1.0], [-1.0]]))
    signal = [np.linalg.norm(a) / np.sqrt(2) for a in passed.a[:10]]
    gradient = [np.linalg.norm(d) / np.sqrt(2) for d in (found.dx, *found.dz[:9])]
    return np.array(signal), np.array(gradient), np.array([np.linalg.norm(dW) / 2 for dW in found.dW[:9]])


def test_weight_gradients_are_the_same_in_all_hidden_layers():
    says(
        "Draw three curves over the layers: the size of the signal, of its gradient, and of the gradient of "
        "the weights."
    )
    assert len(backpropagated(1.5)) == 3
    for g in (*experiments.FACTORS, 1.2):
        signal, gradient, weights = backpropagated(g)
        layers = np.arange(10)
        assert signal == pytest.approx(g**layers)
        assert gradient == pytest.approx(g ** (9.0 - layers))
        assert weights == pytest.approx(g**8)
    says("One of them is flat, whatever $g$ is.")
    says("**the same in all «nine» hidden layers**", HIDDEN)
    says("Layer $l$ gets $«9» - l$ factors from above, with the gradient", HIDDEN)
    says(
        "Together that is always «eight»: $«1.5»^«8» = «25.63»$, and $«0.5»^«8» = «0.0039»$.",
        HIDDEN - 1,
        experiments.FACTORS[-1],
        HIDDEN - 1,
        experiments.FACTORS[-1] ** 8,
        experiments.FACTORS[0],
        HIDDEN - 1,
        experiments.FACTORS[0] ** 8,
    )
    text = printed("exploding", cell="backward-code")
    assert "g = 1.5: dL/dW from 25.6289 to 25.6289" in text
    assert "g = 0.5: dL/dW from 0.0039 to 0.0039" in text
    says(
        "For g = «1.5» the signal rises from «1» to «38» and its gradient falls from «38» in layer 0 to «1» in layer "
        "«9»; for g = «0.5» it is the other way round. The gradient of the weights is a flat line in both, at «26» and "
        "at «0.004».",
        experiments.FACTORS[-1],
        backpropagated(1.5)[0][0],
        backpropagated(1.5)[0][9],
        backpropagated(1.5)[1][0],
        backpropagated(1.5)[1][9],
        HIDDEN,
        experiments.FACTORS[0],
        backpropagated(1.5)[2],
        backpropagated(0.5)[2],
    )


def test_the_factors_of_a_sigmoid_do_not_agree():
    layers = 10
    ratios, fall, sizes = [], [], []
    for seed in range(10):
        seen = simulate([256] * (layers + 1), "sigmoid", xavier_normal, seeds=[seed])
        weights, gradient = seen.dW.rms.ravel(), seen.dz.rms.ravel()
        ratios.append(weights[-1] / weights[0])
        fall.append((gradient[-1] / gradient[0]) ** (1 / (layers - 1)))
        sizes.append(seen.a.rms.ravel()[1:])
    says("Sigmoid layers with Xavier's weights keep the size of their signal and divide the gradient by more than four")
    assert np.array(sizes) == pytest.approx(0.52, abs=0.04)
    assert 4 < min(fall) < max(fall) < 4.5
    says(
        "in a network of «ten» the weight gradients of the first layer are some «250,000» times smaller than those",
        layers,
        near(np.median(ratios), rel=0.1),
    )
    assert 150_000 < min(ratios) < max(ratios) < 400_000


def test_weight_gradients_of_tanh_networks_are_alike_at_the_start():
    says("found the same in random tanh networks at the start of training")
    for seed in range(10):  # their "standard" weights
        standard = partial(variance_scaling, scale=1 / 3, mode="fan_in", distribution="uniform")
        seen = simulate([256] * 11, "tanh", standard, seeds=[seed])
        weights, gradient = seen.dW.rms.ravel(), seen.dz.rms.ravel()
        assert max(weights[:-1]) / min(weights[:-1]) < 1.6
        assert gradient[-1] / gradient[0] > 50


# ---------------------------------------------------------------- what it does to the loss


def test_the_task():
    x, y = experiments.turn()
    weights = experiments.equal_layers(1.5).weights
    says("We give the «ten» matrices a task that they can solve perfectly", len(weights))
    says("The data are «eight» points on the unit circle", x.shape[1])
    assert np.linalg.norm(x, axis=0) == pytest.approx(1)
    answers = np.random.default_rng(0).standard_normal(y.shape)
    mean_square = np.square(answers - y).sum(axis=0).mean()
    says(
        "the loss is «half» the mean squared distance, so that always answering 0 has loss «0.5»",
        squared_error(answers, y)[0] / mean_square,
        squared_error(0 * y, y)[0],
    )
    moved = descend(1.0, 0.01, steps=1).network.weights
    says("gradient descent adjusts all «ten»", sum(bool((W != np.eye(2)).any()) for W in moved))


def test_the_task_is_a_turn_of_six_degrees_in_every_layer():
    x, y = experiments.turn()
    turned = np.rad2deg(np.angle((y[0] + 1j * y[1]) / (x[0] + 1j * x[1])))
    says(
        "turn the plane by «60» degrees. «Six» degrees in every layer would do.",
        turned,
        turned / experiments.DEPTH,
    )
    angle = np.deg2rad(6)
    six = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert np.linalg.matrix_power(six, experiments.DEPTH) @ x == pytest.approx(y)


def test_three_starts_at_one_rate():
    starts, rate, steps = (0.5, 1, 1.5), 0.01, 1000
    small, right, large = (descend(c, rate, steps) for c in starts)
    says(
        "«Three» networks, with $g = «0.5»$, $«1»$ and $«1.5»$, train with the same learning rate «0.01».",
        len(starts),
        starts[0],
        starts[1],
        starts[2],
        rate,
    )
    says("Which of them solve the task within «a thousand» steps?", steps)
    solves = [c for c, run in zip(starts, (small, right, large), strict=True) if run.loss[-1] < experiments.SOLVED]
    says("Only $g = «1»$ solves it.", np.array(solves))
    says(
        "From $g = «1.5»$ the loss starts at «720», and the very first step makes it worse by a factor of "
        "«84 million»; at step «3» it overflows.",
        starts[2],
        large.loss[0],
        large.loss[1] / large.loss[0],
        large.diverged_at,
    )
    says(
        "From $g = «0.5»$ it sits at «0.5», the loss of a network that answers 0.",
        starts[0],
        near(small.loss, abs=0.0025),
    )
    assert squared_error(0 * experiments.turn()[1], experiments.turn()[1])[0] == pytest.approx(0.5)
    says("But one learning rate for all «three» is not a fair test.", len(starts))


def test_each_start_has_rates_that_work():
    rates = {g: solved_rates(g) for g in experiments.FACTORS}
    says(
        "So each of them gets «nineteen», from «0.0001» to «3.16».",
        len(experiments.RATES),
        min(experiments.RATES),
        max(experiments.RATES),
    )
    degrees = 60
    says("With a rate of its own, every start learns to turn by «60» degrees.", degrees)
    assert all(rates.values())
    says("Set $g = 1.5$ and look for a rate that works. Then $g = 0.5$.")
    assert {panel.guide for panel in figures.descent.panels} == {ANSWERS_ZERO}
    assert np.square(0 - experiments.turn()[1]).sum() / 16 == pytest.approx(ANSWERS_ZERO)

    says("The start still decides how fast, and how many rates work")
    assert max(len(rates[0.5]), len(rates[1.5])) < len(rates[1.0]) / 2
    large, right = 1.5, 1.0
    says(
        "from $g = «1.5»$ the largest of the «nineteen» that works is «0.001», from $g = «1»$ it is «0.316».",
        large,
        len(experiments.RATES),
        max(rates[large]),
        right,
        max(rates[right]),
    )
    for g in (0.5, 1.0, 1.5):
        row = [f"{degrees}°", g, len(rates[g]), max(rates[g]), min(rates[g].values())]
        assert row in table("exploding", "best-rates")


def fastest(factor, rates):
    """The fewest steps in which any of the rates solves the task."""
    fates = [experiments.outcome(loss) for loss in descend(factor, rates).loss.T]
    return min(step for fate, step in fates if fate == "solved")


def test_a_finer_search():
    large, right = 1.5, 1
    rates = np.linspace(0.004, 0.006, 101)
    says(
        "A finer search finds more around «0.005», where the first step happens to turn the hidden matrices into about "
        "$-I$; even then it takes dozens of steps, and from $g = «1»$ «three».",
        rates.mean(),
        right,
        fastest(right, np.geomspace(0.1, 0.4, 81)),
    )
    for W in descend(large, rates.mean(), steps=1).network.weights[:9]:
        assert W == pytest.approx(-np.eye(2), abs=0.1)
    # "how fast": from 0.5 and 1.5 at no rate in less than dozens of steps
    assert 48 < fastest(large, rates) < 100 < fastest(large, np.geomspace(1e-4, 0.004, 200))
    assert fastest(0.5, np.geomspace(0.01, 1.0, 200)) > 48


def solved(factors, degrees, optimizer="sgd", steps=experiments.STEPS):
    """At how many rates the task is solved, from each of the starts."""
    starts = stack([experiments.equal_layers(g) for g in factors])
    task = {"loss": "squared_error", "learning_rate": np.array(experiments.RATES)[:, None], "steps": steps}
    run = train(starts, *experiments.turn(degrees), **task, **OPTIMIZERS[optimizer])
    return [
        sum(experiments.outcome(loss)[0] == "solved" for loss in losses.T) for losses in np.moveaxis(run.loss, 2, 0)
    ]


def test_a_harder_turn_takes_longer():
    degrees, longer, large = 150, 3000, max(experiments.FACTORS)
    assert solved([large], degrees) == [0]
    says(
        "To turn by «150» degrees, none of the «nineteen» works from $g = «1.5»$ within «a thousand» steps, «four» "
        "within «three thousand».",
        degrees,
        len(experiments.RATES),
        large,
        experiments.STEPS,
        solved([large], degrees, steps=longer)[0],
        longer,
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_harder_turn(optimizer):
    says("Adam has several from every start.")
    assert min(solved(experiments.FACTORS, 60, optimizer)) > 0  # with all three optimizers
    found = solved(experiments.FACTORS, 150, optimizer)
    if optimizer == "sgd":
        assert found[-1] == 0 < min(found[:-1])
    if optimizer == "adam":
        assert min(found) > 3


def test_the_reason_is_in_the_exponents():
    x, y = experiments.turn()
    small, large = 0.5, 1.5
    errors = {c: np.linalg.norm(c**9 * x - y) for c in (small, 1.0, large)}
    says(
        "At $g = «1.5»$ each weight gradient carries the factor $«1.5»^«8»$, and on top of it an error that "
        "is «38» times too large: together almost «a thousandfold».",
        large,
        large,
        HIDDEN - 1,
        errors[large] / errors[1.0],
        near(large**8 * errors[large] / errors[1.0], rel=0.05),
    )
    assert large**8 * errors[large] / errors[1.0] < 1000
    says("At $g = «0.5»$ the gradient is hundreds of times too small.", small)
    assert 1 / 300 < small**8 * errors[small] / errors[1.0] < 1 / 200
    says("A step that is safe at the start is far too small later.")
    assert max(solved_rates(large)) < min(rate for rate, step in solved_rates(1.0).items() if step < 100)


# ---------------------------------------------------------------- two sayings, put to the test


def test_the_runs_of_both_losses():
    found = results.load(experiments.both_losses)
    first, second = (experiments.FATES[2], experiments.FATES[3])
    widths, draws, rates = (found.axes["width"], found.axes["draw"], found.settings["rates"])
    says("We take the ReLU network of [Why initialization matters](why.ipynb)")
    says(
        "with «16» and «32» units and all examples in every step, and start it at «three» and «ten» times "
        "He's weights: «ten» draws, «fourteen» rates from «0.0001» to «1».",
        widths[0],
        widths[1],
        found.axes["scale"][1],
        found.axes["scale"][2],
        len(draws),
        len(rates),
        rates[0],
        rates[-1],
    )
    assert np.divide(rates[1:], rates[:-1]) == pytest.approx(2)
    assert fates("squared_error", "sgd").shape == (len(draws), len(widths), 2, len(rates))
    says("A run *oscillates* if its loss stays finite but rises in more than 50 of the last 200 steps.")
    for rises, word in ((50, "slow"), (51, first)):
        steps = np.full(500, -1e-3)
        steps[-200:][:rises] = 1e-3
        assert experiments.fate(1 + np.cumsum(steps)) == word
    for loss in found.axes["loss"]:
        for optimizer in OPTIMIZERS:
            row = [round(share(fate, loss, optimizer), 2) for fate in experiments.FATES]
            assert [loss.replace("_", " "), optimizer, *row] in table("exploding", "folklore-code")

    descent = ("sgd", "momentum")
    says(
        "With the squared loss and gradient descent, with or without momentum, «97 %» of the runs overflow; at "
        "rates far below these none does.",
        [share(second, "squared_error", optimizer) for optimizer in descent],
    )
    x, y = datasets.spiral(found.settings["examples"], rng=0)
    for scale, low in ((3, 2.0**-22), (10, 2.0**-44)):
        he = partial(variance_scaling, scale=2 * scale**2, mode="fan_in", distribution="normal")
        start = sample([2, *[16] * 5, 2], "relu", he, seeds=range(10))
        for optimizer in descent:
            options = {"learning_rate": low, "steps": 100, **OPTIMIZERS[optimizer]}
            run = train(start, x, np.eye(2)[:, y], loss="squared_error", **options)
            assert (run.loss[-1] < run.loss[0]).all()
    says(
        "There «35 %» overflow, and «26 %» do oscillate.",
        share(second, "softmax_cross_entropy", *descent),
        share(first, "softmax_cross_entropy", *descent),
    )
    says("its step does not grow with the gradient, and no run overflows, with either loss")
    assert {share(second, loss, "adam") for loss in found.axes["loss"]} == {0}
    ends = np.concatenate(
        [
            found.get("end", loss="softmax_cross_entropy", optimizer=optimizer)[:, :, 1:][
                fates("softmax_cross_entropy", optimizer) == 2
            ]
            for optimizer in descent
        ]
    )
    guess = ANSWERS_ZERO
    says(
        "*around the minimum* is kind: «three quarters» of these runs end above «0.5», near the loss of a guess",
        near(np.mean(ends > guess), abs=0.02),
        guess,
    )
    assert np.median(ends) == pytest.approx(np.log(2), abs=0.01)


def test_the_gradient_of_cross_entropy_does_not_grow_with_the_error():
    says("its gradient at the output is a probability minus 0 or 1, however wrong the answer")
    y = np.array([0])
    for wrong in (1.0, 100.0, 1e6):
        scores = np.array([[-wrong], [wrong]])
        probability = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
        assert softmax_cross_entropy(scores, y)[1] == pytest.approx(probability - [[1], [0]])
        assert np.abs(squared_error(scores, np.array([[1.0], [0.0]]))[1]).max() >= wrong


def test_one_step_from_too_large_to_vanished():
    c, steps, rates = 1.5, 1000, np.linspace(0.0018, 0.004, 23)
    runs = [descend(c, rate, steps) for rate in rates]
    says(
        "On the «ten» matrices, from $g = «1.5»$ at rates between «0.0018» and «0.004», the first step "
        "*shrinks* every hidden matrix so violently that the loss falls from «720» straight to «0.5», and stays",
        len(experiments.equal_layers(c).weights),
        c,
        min(rates),
        max(rates),
        np.array([run.loss[0] for run in runs]),
        near(np.array([run.loss[1:] for run in runs]), abs=0.005),
    )
    for run in runs:
        assert all(np.linalg.norm(W) < 0.5 * c * np.sqrt(2) for W in run.network.weights[:9])
    says("exploding gradients have made a vanishing signal")
    y = experiments.turn()[1]
    assert squared_error(0 * y, y)[0] == ANSWERS_ZERO


def test_a_small_start_stagnates_and_then_solves_the_task():
    c, rate = 0.5, 0.01
    run = descend(c, rate, steps=5000)
    settled = np.flatnonzero(abs(run.loss - ANSWERS_ZERO) > 0.01)[0]
    says("The loss looks settled for «three thousand» steps; then it falls", near(settled, rel=0.2))
    says("and the task is solved at step «4202»", experiments.outcome(run.loss)[1])
    assert [3000, float(f"{run.loss[3000]:.3g}")] in table("exploding", "stagnation")
    assert "solved at step 4202" in printed("exploding", "stagnation")
    says("the gradient is small because the signal is, not because a minimum is near")


# ---------------------------------------------------------------- from equal matrices to random ones


def test_the_guess_to_be_made():
    start = figures.random_matrices.frame(**figures.random_matrices.settings())["panels"]["lengths"]["y"]
    assert np.all(np.array(start["equal"]) == 1)
    assert figures.random_matrices.settings()["width"] == 512
    assert start["median"][-1] == pytest.approx(1, abs=0.05)
    assert len(start["equal"]) == 31
    assert figures.random_matrices.frame(width=2, gain=1.0)["panels"]["lengths"]["y"]["median"][-1] < 0.001


def test_how_large_a_step_of_the_walk_is():
    n = 100
    factor = np.random.default_rng(0).chisquare(n, 400_000) / n
    two = near(factor.var() * n, rel=0.01)
    says("has mean $n$ and variance $«2»n$", two)
    says("The factor $X/n$ has mean «1» and variance $«2»/n$", near(factor.mean(), abs=0.001), two)
    says(
        "for wide layers its logarithm has mean about $«-1»/n$ and variance about $«2»/n$",
        near(np.log(factor).mean() * n, rel=0.05),
        near(np.log(factor).var() * n, rel=0.05),
    )
    says("Half of that is the step; its mean is called the *drift*")
    assert random_matrices.growth_rate(n) / np.log(factor).mean() == pytest.approx(0.5, abs=0.02)
    assert random_matrices.growth_variance(n) == pytest.approx(np.log(factor).var() / 4, rel=0.02)


def test_the_exact_values_of_drift_and_variance():
    says("`random_matrices` has the exact values:")
    step = 1e-4
    for n, g in ((2, 1.0), (5, 1.3), (64, 0.9)):
        below, here, above = (math.lgamma(n / 2 + shift) for shift in (-step, 0, step))
        digamma, trigamma = (above - below) / (2 * step), (above - 2 * here + below) / step**2
        drift = math.log(g) + (digamma - math.log(n / 2)) / 2
        assert random_matrices.growth_rate(n, g) == pytest.approx(drift, abs=1e-6)
        assert random_matrices.growth_variance(n) == pytest.approx(trigamma / 4, abs=1e-5)
        assert drift < math.log(g)


def test_the_typical_length_at_width_two():
    width = 2
    low, typical, high = (float(random_matrices.growth_quantile(p, 30, width)) for p in (0.025, 0.5, 0.975))
    ends = random_matrices.stretch(width, 30, seeds=20_000, rng=0)[:, -1]
    says(
        "At width «2» «half» of the networks end below «0.0002».",
        width,
        near(np.mean(ends < 0.0002), abs=0.02),
        near(typical, rel=0.05),
    )
    says(
        "At width «2» the middle «95 %» of the networks cover «six» powers of «ten»;",
        width,
        0.975 - 0.025,
        near(np.log10(high / low), abs=0.1),
        near((high / low) ** (1 / 6), rel=0.05),
    )


def test_the_mean_square_of_twenty_thousand_networks_misses_its_expectation():
    shown = printed("exploding", cell="walk-code")
    networks = re.search(r"([\d,]+) networks of width 2: 0.3\xa0% end above 1,\nand the mean square is 0.18", shown)[1]
    says("so few that even the average of «20,000» networks misses its own expectation", int(networks.replace(",", "")))
    assert "(Expected: 1.)" in shown


def test_wide_layers_are_predictable():
    width = 512
    low, high = (float(random_matrices.growth_quantile(p, 30, width)) for p in (0.025, 0.975))
    says("at width «512» they lie between «0.69» and «1.36».", width, low, high)


def test_drift_and_spread_go_with_depth_over_width():
    widths, g = np.array([32, 128, 512]), 1
    rates = np.array([random_matrices.growth_rate(n, gain=g) for n in widths])
    variances = np.array([random_matrices.growth_variance(n) for n in widths])
    says(
        "After $L$ layers, at $g = «1»$, the logarithm of the length has drifted by $-L/(«2»n)$ and spread by "
        "$\\sqrt{L/(«2»n)}$",
        g,
        near(-1 / rates / widths, rel=0.05),
        near(1 / variances / widths, rel=0.05),
    )
    says(
        "\\text{drift} \\approx \\ln g - \\frac{«1»}{«2»n}, "
        "\\qquad \\text{variance} \\approx \\frac{«1»}{«2»n}. \\tag{5}",
        near(-rates * 2 * widths, rel=0.05),
        near(-1 / rates / widths, rel=0.05),
        near(variances * 2 * widths, rel=0.05),
        near(1 / variances / widths, rel=0.05),
    )


def test_the_spread_of_random_networks():
    for n in (2, 8, 32):
        logs = np.log(random_matrices.stretch(n, 30, seeds=500, rng=n))[:, -1]
        # the standard error of a standard deviation from 500 draws is its 1/sqrt(1000)-th part
        assert logs.std() == pytest.approx(math.sqrt(30 * random_matrices.growth_variance(n)), rel=4 / math.sqrt(1000))


def test_randomness_takes_the_edge_off():
    width, depth, gain = 2, 30, 1.5
    typical = random_matrices.growth_quantile(0.5, depth, width, gain)
    says(
        "at width «2», «thirty» equal matrices $«1.5»\\, I$ multiply a signal by «190,000», and «thirty» random ones "
        "with $g = «1.5»$ typically by «38».",
        width,
        depth,
        gain,
        near(gain**depth, rel=0.01),
        depth,
        gain,
        typical,
    )
    lengths = random_matrices.stretch(width, depth, seeds=20_000, rng=1)[:, -1] * gain**depth
    assert np.median(lengths) == pytest.approx(typical, rel=0.1)
    for n, g in ((2, 1.5), (8, 1.0), (32, 0.7)):
        assert random_matrices.growth_rate(n, g) < math.log(g)


def test_random_products_lose_the_content():
    shown = {int(n): (before, after) for n, before, after in table("exploding", "flatten")}
    assert list(shown) == [2, 8, 32, 128]
    for seed in range(3):
        rng = np.random.default_rng(100 + seed)
        for n, (before, after) in shown.items():
            alike = []
            for _ in range(100):
                a = rng.standard_normal((n, 2))
                for _ in range(30):
                    a = rng.standard_normal((n, n)) @ a / math.sqrt(n)
                one, other = a.T / np.linalg.norm(a, axis=0)[:, None]
                alike.append(abs(one @ other))
            assert before < after == pytest.approx(np.median(alike), abs=0.15)
    says("Again depth over width counts, and no gain brings the content back.")
    assert [after for _, after in shown.values()] == sorted((after for _, after in shown.values()), reverse=True)
    line = np.array([1.0, 2.0])
    ends = [line @ other / np.linalg.norm(line) / np.linalg.norm(other) for other in (3 * line, -line)]
    says("A cosine of «1» or «−1» between them means that both lie on one line.", ends[0], ends[1])
    says("Orthogonal matrices keep every angle")
    rng = np.random.default_rng(0)
    a = rng.standard_normal((32, 2))
    b = orthogonal((32, 32), gain=1.3, rng=rng) @ a
    assert b[:, 0] @ b[:, 1] / math.prod(np.linalg.norm(b, axis=0)) == pytest.approx(
        a[:, 0] @ a[:, 1] / math.prod(np.linalg.norm(a, axis=0))
    )


def test_forward_and_backward_take_the_same_walk():
    says("so gradients take a random walk of the same law on their way down")
    n, layers = 8, 20
    rng = np.random.default_rng(0)
    walks = []
    for _ in range(2000):
        W = rng.standard_normal((layers, n, n)) / math.sqrt(n)
        up, down = rng.standard_normal((2, n))
        lengths = []
        for vector, matrices in ((up, W), (down, [M.T for M in W[::-1]])):
            start = np.linalg.norm(vector)
            for M in matrices:
                vector = M @ vector
            lengths.append(math.log(np.linalg.norm(vector) / start))
        walks.append(lengths)
    for walk in np.transpose(walks):
        assert walk.mean() == pytest.approx(layers * random_matrices.growth_rate(n), rel=0.1)
        assert walk.var() == pytest.approx(layers * random_matrices.growth_variance(n), rel=0.15)


# ---------------------------------------------------------------- exercises and takeaways


def test_layers_that_make_a_signal_a_thousand_times_as_long():
    factor, goal = 1.1, 1000
    says("How many layers of $«1.1»\\, I$ make a signal more than «a thousand» times as long?", factor, goal)
    says("We need $«1.1»^l > «1000»$", factor, goal)
    layers = math.log(goal) / math.log(factor)
    says("$l > \\ln «1000» / \\ln «1.1» = «72.5»$. So «73» layers.", goal, factor, layers, math.ceil(layers))
    assert factor**72 < goal < factor**73
    says("«Ten per cent» is not a small error if it is repeated.", factor - 1)


def test_the_gradient_of_the_weights_lacks_the_factor_of_the_matrix_itself():
    says("By which factor does the gradient of the weights of hidden layer `layer` (from 1 to `hidden`) differ")
    says("differ from what it is at $g = 1$?")
    says("Together they are $L_h - 1$, whatever $l$ is: all but the matrix itself.")
    x, top = np.array([[1.0], [2.0]]), np.array([[3.0], [-1.0]])
    for c, hidden in ((1.5, 9), (0.5, 4), (0.9, 20)):
        sizes = {}
        for factor in (1, c):
            weights = (*[factor * np.eye(2)] * hidden, np.eye(2))
            net = Network(weights, (None,) * (hidden + 1), "identity")
            sizes[factor] = [np.linalg.norm(dW) for dW in backward(net, forward(net, x), top).dW[:hidden]]
        solution = [exercises.weight_gradient.solution(c, layer, hidden) for layer in range(1, hidden + 1)]
        assert solution == pytest.approx([c ** (hidden - 1)] * hidden)
        assert np.divide(sizes[c], sizes[1]) == pytest.approx(solution)


def test_the_standard_deviation_that_keeps_the_mean_square():
    says("Which standard deviation of the weights keeps the mean square of the signal in a linear network with `n`")
    n, fixed = 512, 0.01
    says("Work it out for «512» units first.", n)
    says(
        "By (4) the mean square is kept at $g = 1$, so the standard deviation is $«1»/\\sqrt{«512»} = «0.0442»$.",
        exercises.weight_std.solution(n) * math.sqrt(n),
        n,
        exercises.weight_std.solution(n),
    )
    says(
        "A fixed value such as «0.01» would shrink the signal to $«0.01»\\,\\sqrt{«512»} = «0.226»$",
        fixed,
        fixed,
        n,
        fixed * math.sqrt(n),
    )
    h = np.random.default_rng(0).standard_normal((n, 200))
    for std, ratio in ((1 / math.sqrt(n), 1), (fixed, 0.226)):
        W = std * np.random.default_rng(1).standard_normal((n, n))
        assert math.sqrt(np.square(W @ h).mean() / np.square(h).mean()) == pytest.approx(ratio, rel=0.01)


def test_the_gain_that_keeps_the_typical_length():
    says("At width $n = 2$ and $g = 1$ a typical signal dies.")
    assert random_matrices.growth_quantile(0.5, 30, 2, gain=1) < 0.001
    narrow, wide = 2, 100
    says("How good is that at width «2», and at width «100»?", narrow, wide)
    says("is the exact drift at $g = 1$, and $g$ adds $\\ln g$ to it")
    assert random_matrices.growth_rate(2, gain=1) == pytest.approx(-np.euler_gamma / 2)  # psi(1) = -gamma, and ln 1 = 0
    assert random_matrices.growth_rate(2, 1.5) == pytest.approx(random_matrices.growth_rate(2, gain=1) + math.log(1.5))
    says("The exact drift has to be zero, so $\\ln g$ must cancel what it is at $g = 1$.")
    (exact, approximation), (exact_100, approximation_100) = (
        (np.exp(-random_matrices.growth_rate(n, gain=1)), np.exp(1 / (2 * n))) for n in (narrow, wide)
    )
    assert random_matrices.growth_rate(2, exact) == pytest.approx(0, abs=1e-12)
    assert random_matrices.growth_rate(100, exact_100) == pytest.approx(0, abs=1e-12)
    says(
        "At width «2» the exact gain is «1.33457», and the approximation gives «1.28403», which is «4 %» too small.",
        narrow,
        exact,
        approximation,
        1 - approximation / exact,
    )
    says("At width «100» they are «1.00503» and «1.00501».", wide, exact_100, approximation_100)
    assert "width 2: 1.33457, approximately 1.28403\nwidth 100: 1.00503, approximately 1.00501" in printed("exploding")


def test_what_a_single_step_has_done_to_the_matrices():
    c, rate = 1.5, 0.00316
    start, run = experiments.equal_layers(c), descend(c, rate, steps=1)
    says(
        "From $g = «1.5»$ at learning rate «0.00316», the loss falls from «720» to «0.5» and stays there.",
        c,
        rate,
        run.loss[0],
        run.loss[1],
    )
    says("look at every matrix, and multiply all «ten»", len(run.network.weights))
    says(
        "The hidden matrices, of length $«1.5»\\sqrt«2» = «2.12»$ at the start, have length «0.07» after the step.",
        c,
        (np.linalg.norm(start.weights[0]) / c) ** 2,
        [np.linalg.norm(W) for W in start.weights[:9]],
        [np.linalg.norm(W) for W in run.network.weights[:9]],
    )
    says(
        "Their product has length «$4 \\cdot 10^{-12}$»", np.linalg.norm(np.linalg.multi_dot(run.network.weights[::-1]))
    )
    text = printed("exploding")
    assert "loss before and after: 720, 0.500000" in text
    assert text.count("length 0.07") == 9
    assert "length of the product: 4e-12" in text


def test_a_repaired_output_trains_like_a_good_network_at_a_quarter_of_the_rate():
    small, right, slower = 0.5, 1.0, 4
    says("repair a deep linear network with $g = «0.5»$ by multiplying its output by $«2»^{L}$", small, right / small)
    depth = 6
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 8, 20))

    def repaired(output, targets):
        loss, gradient = squared_error((right / small) ** depth * output, targets)
        return loss, (right / small) ** depth * gradient

    nets, gradients, losses = [], [], []
    for gain, loss, rate in ((right, squared_error, 0.02), (small, repaired, 0.02 / slower)):
        scheme = partial(xavier_normal, gain=gain)
        nets.append(sample([8] * (depth + 1), "identity", scheme, bias_initializer=None, rng=1))
        passed = forward(nets[-1], x)
        gradients.append(backward(nets[-1], passed, loss(passed.output, y)[1]).dW)
        losses.append(train(nets[-1], x, y, loss=loss, learning_rate=rate, steps=100).loss)
    half = [np.median(b / a) for a, b in zip(nets[0].weights, nets[1].weights, strict=True)]
    twice = [np.median(b / a) for a, b in zip(*gradients, strict=True)]
    says(
        "a network with $g = «1»$, except for a factor: a weight «half» as large gets a gradient «twice» as large",
        right,
        half,
        twice,
    )
    says("A step is then «four» times as long in proportion.", np.divide(twice, half))
    says("Divide the learning rate by «4», and the network trains exactly like the one with $g = «1»$.", slower, right)
    for a, b in zip(nets[0].weights, nets[1].weights, strict=True):
        assert b == pytest.approx(half[0] * a)
    for a, b in zip(*gradients, strict=True):
        assert b == pytest.approx(twice[0] * a)
    assert losses[0][-1] < 0.9 * losses[0][0]
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)


def test_takeaways():
    least, *_, most = experiments.FACTORS
    says(
        "$«1.5»^«9» = «38»$, $«0.5»^«9» = «0.002»$, and $1.1^{50} = «117»$",
        most,
        HIDDEN,
        most**HIDDEN,
        least,
        HIDDEN,
        least**HIDDEN,
        1.1**50,
    )
    says("Where the factors up and down agree, weight gradients are too large, or too small, in all layers at once")
    says(
        "Too large a start overflows with the squared loss and gradient descent, with or without momentum, unless the "
        "rate is tiny."
    )
    says("With cross-entropy some runs oscillate; with Adam none overflows.")
    assert share("overflow", "squared_error", "sgd", "momentum") > 0.9
    assert share("oscillates", "softmax_cross_entropy", "sgd", "momentum") > 0.2
    rates = {g: solved_rates(g) for g in experiments.FACTORS}
    for g, solved in rates.items():
        assert solved
        narrower = max(solved) / min(solved) < max(rates[1.0]) / min(rates[1.0])
        assert g == 1.0 or narrower or min(solved.values()) > min(rates[1.0].values())


# ---------------------------------------------------------------- the quiz


def test_twenty_factors_of_1_3():
    question = quiz.questions[0]
    assert question.answer == round(1.3**20)
    assert [number for number, _ in question.wrong] == [20 * 1.3, 1 + 20 * 0.3, round(1.3**19, 1), round(1.3**21, 1)]
    quiz_says(quiz, "1.3²⁰ = 190", "1.3¹⁹ = 146.2", "1.3²¹ = 247.1", "26 is 20 × 1.3")


def test_nine_hidden_layers_get_equally_small_weight_gradients():
    quiz_says(quiz, "None: all nine get an equally small one", "always eight: 0.5⁸ = 0.0039", "a[8] = 0.5⁸ x")
    x, W, gradient = np.array([1.0, 1.0]), 0.5 * np.eye(2), np.array([1.0, -1.0])
    a = list(itertools.accumulate(range(9), lambda a, _: W @ a, initial=x))
    assert np.allclose(a[8], 0.5**8 * x)
    sizes = []
    for layer in range(9, 0, -1):
        sizes.append(np.linalg.norm(np.outer(gradient, a[layer - 1])) / 2)
        gradient = W.T @ gradient
    assert sizes == pytest.approx([0.5**8] * 9)
    assert round(0.5**8, 4) == 0.0039


def test_a_loss_of_one_half_may_be_a_plateau_or_what_an_explosion_left():
    quiz_says(quiz, "g = 0.5 looks settled like this at learning rate 0.01, and solves the task at step 4202")
    x, y = experiments.turn(60)
    slow = train(experiments.equal_layers(0.5), x, y, loss="squared_error", learning_rate=0.01, steps=5000).loss
    assert experiments.outcome(slow) == ("solved", 4202)
    assert np.allclose(slow[:1000], 0.5, atol=0.005)
    quiz_says(quiz, "From g = 1.5 at learning rate 0.00316, the first step shrinks", "falls from 720 to 0.5 and stays")
    thrown = train(experiments.equal_layers(1.5), x, y, loss="squared_error", learning_rate=0.00316, steps=1000)
    assert round(thrown.loss[0]) == 720
    assert np.allclose(thrown.loss[1:], 0.5, atol=0.001)


def test_what_keeps_a_typical_signal():
    lengths = random_matrices.stretch(2, 30, seeds=20_000, rng=2)
    quiz_says(quiz, "a typical signal has shrunk to 0.0002", "After 3 layers of width 2", "about half of its length")
    assert np.median(lengths[:, 30]) == pytest.approx(0.0002, rel=0.1)
    assert np.median(lengths[:, 3]) == pytest.approx(0.5, abs=0.06)
    quiz_says(quiz, "drifts by about −1/(2n)", "At width 512 a typical signal keeps 97 %")
    assert random_matrices.growth_rate(512) == pytest.approx(-1 / 1024, rel=0.01)
    assert round(100 * random_matrices.growth_quantile(0.5, 30, 512)) == 97
    quiz_says(quiz, "At width 2 a gain of 1.335 cancels the drift", "about kept, but the mean square explodes")
    assert random_matrices.growth_rate(2, 1.335) == pytest.approx(0, abs=0.001)
    assert 0.8 < np.median(lengths[:, 30]) * 1.335**30 < 1.25
    assert 1.335**60 > 1e7
