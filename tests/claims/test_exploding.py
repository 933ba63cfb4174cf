"""The chapter on exploding and vanishing signals, held to account."""

import itertools
import math
import re
from functools import partial

import numpy as np
import pytest
from harness import quiz_says

from initlab import random_matrices
from initlab.initializers import he_normal, xavier_normal
from initlab.losses import squared_error
from initlab.network import Network, backward, forward, sample
from initlab.training import evaluate, train
from initlab_book.chapters import why
from initlab_book.chapters.exploding import exercises, experiments, figures, quiz

from . import chapter, near, printed

says = chapter("exploding")

HIDDEN = experiments.DEPTH - 1
ANSWERS_ZERO = float(np.square(experiments.turn()[1]).sum() / (2 * experiments.turn()[1].shape[1]))


def descend(factor, rate, steps=1000):
    x, y = experiments.turn()
    return train(experiments.equal_layers(factor), x, y, loss="squared_error", learning_rate=rate, steps=steps)


def solved_rates(factor):
    fates = [experiments.outcome(loss) for loss in experiments.losses(factor).T]
    return {rate: step for rate, (fate, step) in zip(experiments.RATES, fates, strict=True) if fate == "solved"}


def every_run():
    """(c, rate, losses) of all runs on the grid of the chapter."""
    return [
        (c, rate, loss)
        for c in experiments.FACTORS
        for rate, loss in zip(experiments.RATES, experiments.losses(c).T, strict=True)
    ]


def oscillating_runs():
    """(c, rate, smallest and largest of the last 200 losses) of the runs that oscillate, as the chapter defines it."""
    for c, rate, loss in every_run():
        rises = np.sum(np.diff(loss[-201:]) > 0)
        if np.isfinite(loss).all() and loss[-1] >= experiments.SOLVED and rises > 50:
            yield c, rate, loss[-200:].min(), loss[-200:].max()


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
        "It has $L = «10»$ weight matrices. «Nine» are hidden and all equal to one matrix $W$; the «tenth» turns the "
        "last hidden layer into the output",
        len(weights),
        equal,
        next(layer for layer, W in enumerate(weights, start=1) if (W != weights[0]).any()),
    )
    says(
        "So $a^{[«9»]}$ is the last hidden layer, and «nine» equal factors lie between it and the input.", equal, equal
    )


def test_what_five_layers_at_a_tenth_of_the_right_size_did_in_another_chapter():
    tenth, right = (why.experiments.STARTS[name]((16, 16), rng=0) for name in ("x0.1", "x1"))
    assert (right == he_normal((16, 16), rng=0)).all()
    x, _ = why.experiments.data()
    says(
        "In the chapter [Why initialization matters](why.ipynb), «five» layers whose weights were «a tenth» of the "
        "right size shrank a signal to a few millionths.",
        len(why.experiments.WIDTHS) - 2,
        tenth / right,
    )
    last = forward(sample(why.experiments.WIDTHS, "relu", why.experiments.STARTS["x0.1"], rng=0), x).a[
        5
    ]  # the network of that chapter's table
    assert 1e-6 < np.sqrt(np.square(last).mean()) < 1e-5
    assert np.sqrt(np.square(x).mean()) == pytest.approx(1)


def test_nine_equal_matrices():
    c = 1.5
    says("With $c = «1.5»$, every hidden layer makes the signal «half» as long again.", c, c - 1)
    says("How much longer is it after «nine» of them: about 4 times, 40 times or 400 times?", HIDDEN)
    assert min((4, 40, 400), key=lambda times: abs(math.log(times / c**9))) == 40
    says("About «40» times: $«1.5»^«9» = «38.44»$.", near(c**9, rel=0.05), c, HIDDEN, c**9)
    says(
        "$«0.5»^«9» = «0.00195»$, and the signal keeps «a five-hundredth» of its length",
        1 - (c - 1),
        HIDDEN,
        0.5**9,
        near(0.5**9, rel=0.03),
    )
    assert "c = 1.5:  |a[9]| / |x| = 38.44336" in printed("exploding", cell="powers")


# ---------------------------------------------------------------- the same thing backward


def test_three_curves_and_one_of_them_flat():
    panels = figures.ten_matrices.frame(factor=1.2)["panels"]
    says("«Three» curves are drawn below", sum(len(panel["y"]) for panel in panels.values()))
    says("each as a multiple of its size at $c = 1$")
    for panel in figures.ten_matrices.frame(factor=1.0)["panels"].values():
        assert all(value == 1 for curve in panel["y"].values() for value in curve if value is not None)


def test_the_gradient_of_the_input_carries_all_factors():
    gradient = figures.ten_matrices.frame(factor=1.5)["panels"]["backward"]["y"]["gradient"]
    says(
        "the input's own gradient carries all «nine» factors, $«1.5»^«9»$", HIDDEN, gradient[-2] / gradient[-1], HIDDEN
    )
    assert gradient[0] == pytest.approx(1.5**9, rel=1e-3)


def test_weight_gradients_are_the_same_in_all_hidden_layers():
    ends = np.array([experiments.FACTORS[0], experiments.FACTORS[-1]])
    gradients = [figures.ten_matrices.frame(factor=c)["panels"]["backward"]["y"]["gradient"] for c in ends]
    powers = np.log(gradients) / np.log(ends)[:, None]
    says("there it is $c^{\\,«9»-l}$ times as long", near(powers + range(10), abs=0.001))
    says("**the same in all «nine» hidden layers**", HIDDEN)
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
    for line in ("layer 9: dL/da  1.00000, dL/dW 25.62891", "layer 1: dL/da 25.62891, dL/dW 25.62891"):
        assert line in printed("exploding", cell="backward-code")
    for panel in (figures.ten_matrices.frame(factor=c)["panels"]["backward"]["y"] for c in experiments.FACTORS):
        assert len(set(panel["weight"][1:])) == 1  # the flat curve of the figure


def test_the_figure_of_the_ten_matrices_agrees_with_backpropagation():
    factor = 1.5
    net = experiments.equal_layers(factor)
    passed = forward(net, np.array([[1.0], [1.0]]))
    grads = backward(net, passed, np.array([[1.0], [-1.0]]))
    frame = figures.ten_matrices.frame(factor=factor)["panels"]
    lengths = [np.linalg.norm(a) / np.sqrt(2) for a in passed.a[:10]]
    assert frame["forward"]["y"]["signal"] == pytest.approx(lengths, rel=1e-3)
    gradients = [np.linalg.norm(g) / np.sqrt(2) for g in (grads.dx, *grads.dz[:9])]
    assert frame["backward"]["y"]["gradient"] == pytest.approx(gradients, rel=1e-3)
    weights = [np.linalg.norm(dW) / 2 for dW in grads.dW[:9]]
    assert frame["backward"]["y"]["weight"][1:] == pytest.approx(weights, rel=1e-3)


# ---------------------------------------------------------------- what it does to the loss


def test_the_task():
    x, y = experiments.turn()
    weights = experiments.equal_layers(1.5).weights
    says("We give the «ten» matrices a task", len(weights))
    says("The data are «eight» points on the unit circle", x.shape[1])
    assert np.linalg.norm(x, axis=0) == pytest.approx(1)
    answers = np.random.default_rng(0).standard_normal(y.shape)
    mean_square = np.square(answers - y).sum(axis=0).mean()
    says(
        "the loss is «half» the mean squared distance, so a network that always answers 0 has loss «0.5»",
        squared_error(answers, y)[0] / mean_square,
        squared_error(0 * y, y)[0],
    )
    moved = descend(1.0, 0.01, steps=1).network.weights
    says("gradient descent adjusts all «ten»", sum(bool((W != np.eye(2)).any()) for W in moved))


def test_the_task_is_a_turn_of_six_degrees_in_every_layer():
    x, y = experiments.turn()
    turned = np.rad2deg(np.angle((y[0] + 1j * y[1]) / (x[0] + 1j * x[1])))
    says(
        "turn the plane by «60» degrees. A turn of «six» degrees in every layer would do.",
        turned,
        turned / experiments.DEPTH,
    )
    angle = np.deg2rad(6)
    six = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert np.linalg.matrix_power(six, experiments.DEPTH) @ x == pytest.approx(y)


def test_three_starts_at_one_rate():
    starts, rate, steps = (0.5, 1, 1.5), 0.01, 1000
    small, right, large = (descend(c, rate, steps) for c in starts)
    x, y = experiments.turn()
    long = np.linalg.norm(forward(experiments.equal_layers(1.5), x).output) / np.linalg.norm(y)
    says(
        "«Three» networks, with $c = «0.5»$, $«1»$ and $«1.5»$, train with the same learning rate «0.01».",
        len(starts),
        starts[0],
        starts[1],
        starts[2],
        rate,
    )
    says("Which of them solve the task within «a thousand» steps?", steps)
    solves = [c for c, run in zip(starts, (small, right, large), strict=True) if run.loss[-1] < experiments.SOLVED]
    says("Only $c = «1»$ solves it.", np.array(solves))
    says(
        "From $c = «1.5»$ the loss starts at «720» (the output is «38» times too long, and «half» of $«38»^«2»$ is "
        "about that), and the very first step makes it worse by a factor of «84 million»; at step «3» it overflows, "
        "and what follows is nan, not a number.",
        starts[2],
        large.loss[0],
        long,
        near(large.loss[0] / long**2, abs=0.02),
        long,
        near(math.log(2 * large.loss[0]) / math.log(long), abs=0.05),
        large.loss[1] / large.loss[0],
        large.diverged_at,
    )
    assert np.isnan(large.loss[large.diverged_at + 1 :]).all()
    says(
        "From $c = «0.5»$ the loss sits at «0.5», the loss of a network that answers 0",
        starts[0],
        near(small.loss, abs=0.0025),
    )
    assert squared_error(0 * experiments.turn()[1], experiments.turn()[1])[0] == pytest.approx(0.5)
    says("But one learning rate for all «three» is not a fair test", len(starts))


def test_each_start_has_rates_that_work():
    rates = {c: solved_rates(c) for c in experiments.FACTORS}
    says(
        "we give each of them «nineteen» rates, from «0.0001» to «3.16»",
        len(experiments.RATES),
        min(experiments.RATES),
        max(experiments.RATES),
    )
    says("With its own best rate every start reaches the solution.")
    assert all(rates.values())
    says("Set $c = 1.5$ and look for a rate that works. Then $c = 0.5$.")
    assert rates[1.5]
    assert rates[0.5]
    says("(The dotted line is the loss of a network that answers 0.)")
    assert {panel.guide for panel in figures.descent.panels} == {ANSWERS_ZERO}
    assert np.square(0 - experiments.turn()[1]).sum() / 16 == pytest.approx(ANSWERS_ZERO)

    steps = {c: min(rates[c].values()) for c in rates}
    fastest, *_, slowest = sorted(steps, key=steps.get)
    says("The start still decides how fast, by a factor of more than a hundred")
    assert steps[1.5] / steps[1.0] > 100
    assert steps[0.5] > 40 * steps[1.0]
    says(
        "From $c = «1.5»$ the largest rate that works is «0.001»; from $c = «1»$ it is «0.316».",
        slowest,
        max(rates[slowest]),
        fastest,
        max(rates[fastest]),
    )


def test_the_reason_is_in_the_exponents():
    x, y = experiments.turn()
    small, large = 0.5, 1.5
    errors = {c: np.linalg.norm(c**9 * x - y) for c in (small, 1.0, large)}
    says(
        "At $c = «1.5»$ each weight gradient carries the factor $«1.5»^«8» = «25.63»$, and on top of it an error that "
        "is «38» times too large: together almost «a thousandfold».",
        large,
        large,
        HIDDEN - 1,
        large**8,
        errors[large] / errors[1.0],
        near(large**8 * errors[large] / errors[1.0], rel=0.05),
    )
    assert large**8 * errors[large] / errors[1.0] < 1000
    says(
        "At $c = «0.5»$ the factor is $«0.5»^«8»$, so that the gradient is hundreds of times too small",
        small,
        small,
        HIDDEN - 1,
    )
    assert 1 / 300 < small**8 * errors[small] / errors[1.0] < 1 / 200


# ---------------------------------------------------------------- two sayings, put to the test


def test_the_count():
    first, second, *_, last = experiments.FACTORS
    says(
        "We have «eleven» starts, $c = «0.5», «0.6», \\dots, «1.5»$, and «nineteen» rates at hand.",
        len(experiments.FACTORS),
        first,
        second,
        last,
        len(experiments.RATES),
    )
    assert np.diff(experiments.FACTORS) == pytest.approx(second - first)
    says("A run oscillates if its loss stays finite but rises in more than 50 of the last 200 steps")
    oscillating = list(oscillating_runs())
    assert oscillating
    assert {run[:2] for run in oscillating} == {
        (c, rate) for c, rate, loss in every_run() if experiments.fate(loss) == "oscillates"
    }
    text = printed("exploding", cell="folklore-code")
    for c, rate, low, high in oscillating:
        assert f"c = {c}, rate {rate}: oscillates, {low:.3f} to {high:.3f}\n" in text
    says("What does neither overflow nor oscillate nor solve the task is slow, or stuck near «0.5».", ANSWERS_ZERO)
    fates = [(c, experiments.fate(loss)) for c, _, loss in every_run()]
    for fate in ("solved", "overflow", "oscillates", "slow"):
        large = fates.count((1.5, fate))
        total = sum(each == fate for _, each in fates)
        assert f"{fate:10}: {total:3} runs, {large:2} of them from c = 1.5\n" in text
    for c, rate, loss in every_run():
        if experiments.fate(loss) == "slow":
            assert loss[-1] == pytest.approx(ANSWERS_ZERO, abs=0.005) or loss[-1] < loss[-200], (c, rate)


def test_large_starts_do_not_oscillate_around_the_minimum():
    says("none of the «19» runs from $c = 1.5$ oscillates", len(experiments.RATES))
    oscillating = list(oscillating_runs())
    assert 1.5 not in {c for c, _, _, _ in oscillating}
    says("Our grid has one such rate, «0.562».", min(rate for rate in experiments.RATES if rate > 0.4))
    assert {rate for _, rate, _, _ in oscillating} == {0.562}
    small = {c for c in experiments.FACTORS if 0.5 <= c <= 1.1}
    says(
        "With it starts from 0.5 to 1.1 oscillate, up to losses of 0.3 and more (here all «seven»; beyond the edge the "
        "motion is erratic, so that rounding may decide)",
        len(small),
    )
    # just beyond the edge of stability a run is chaotic, and rounding may decide for some of them
    assert len(small) / 2 < len(oscillating) <= len(small)
    assert {c for c, _, _, _ in oscillating} <= small
    assert all(high > 0.3 for _, _, _, high in oscillating)
    below = [rate for rate in experiments.RATES if rate < 0.562]
    says("one rate lower, at «0.316», all of them solve the task", max(below))
    assert all(max(below) in solved_rates(c) for c in small)


def test_the_largest_stable_rate_at_the_solution():
    solution = descend(1.0, 0.1).network
    theta = np.concatenate([W.ravel() for W in solution.weights])

    def gradient(theta):
        net = Network(tuple(theta.reshape(10, 2, 2)), solution.biases, "identity")
        passed = forward(net, experiments.turn()[0])
        _, top = squared_error(passed.output, experiments.turn()[1])
        return np.concatenate([dW.ravel() for dW in backward(net, passed, top).dW])

    step = 1e-5
    hessian = [(gradient(theta + step * e) - gradient(theta - step * e)) / (2 * step) for e in np.eye(theta.size)]
    # gradient descent is stable up to 2 / (largest curvature)
    curvatures, directions = np.linalg.eigh(hessian)
    curvature, steepest = curvatures[-1], directions[:, -1]
    largest = 2 / curvature
    says(
        "Here a loss oscillates at a rate somewhat beyond «0.4», the largest that is stable *at the solution*.",
        near(largest, abs=0.005),
    )
    assert all(largest < rate < 1.5 * largest for _, rate, _, _ in oscillating_runs())
    says(
        "(There the loss curves like $\\tfrac12 \\cdot «5»\\, t^2$ along its steepest direction, and steps above "
        "$«2»/«5»$ overshoot more each time.)",
        near(curvature, abs=0.05),
        near(largest * curvature, abs=1e-9),
        near(curvature, abs=0.05),
    )
    assert 2 / 5 == pytest.approx(largest, rel=0.01)
    t = 0.001
    for rate, overshoots in ((1.05 * largest, True), (0.95 * largest, False)):
        moved = theta + t * steepest
        after = steepest @ (moved - rate * gradient(moved) - theta)
        assert (after < -t) == overshoots


def test_scale_a_tenth_died_on_its_plateau_for_the_noise_of_its_batches():
    tenth, right = (why.experiments.STARTS[name]((16, 16), rng=0) for name in ("x0.1", "x1"))
    large = np.array([0.1, 0.316, 1.0])
    says(
        "In [Why initialization matters](why.ipynb) scale «0.1» sat on such a plateau, and at rates of «0.1» to «1» "
        "the noise of its batches killed it there.",
        tenth / right,
        min(large),
        max(large),
    )
    runs = why.experiments.runs("x0.1")
    assert runs.loss[:, :-1] == pytest.approx(np.log(2), abs=0.05)
    x, y = why.experiments.data()
    start = sample(why.experiments.WIDTHS, "relu", why.experiments.he_times(0.1), seeds=why.experiments.SEEDS)
    options = {"loss": "softmax_cross_entropy", "learning_rate": 0.1, "steps": 1000}
    noisy = train(start, x, y, batch_size=why.experiments.BATCH, rng=0, **options).network
    assert evaluate(noisy, x, y, loss="softmax_cross_entropy")[0] == pytest.approx(np.log(2), abs=0.001)
    assert not forward(noisy, x).a[5].any()  # no unit is on any more, so nothing will move
    last = forward(runs.network, x).a[5]
    dead = ~last.any(axis=(-2, -1)).any(axis=1)  # all five seeds, at every rate
    alive = last.any(axis=(-2, -1)).all(axis=1)
    assert [rate for rate, none in zip(why.experiments.RATES, dead, strict=True) if none] == [
        r for r in why.experiments.RATES if r >= min(large)
    ]
    assert all(each for rate, each in zip(why.experiments.RATES, alive, strict=True) if rate <= 0.001)
    free = train(start, x, y, **options | {"learning_rate": large[:, None]}).network
    assert forward(free, x).a[5].any(axis=(-2, -1)).all()  # all points at once leave it alive, with every seed


def test_one_step_from_too_large_to_vanished():
    c, steps, rates = 1.5, 1000, [rate for rate in experiments.RATES if 0.001 < rate < 0.01]
    runs = [descend(c, rate, steps) for rate in rates]
    says(
        "From $c = «1.5»$ at rates between «0.00178» and «0.00562», the first step or two *shrink* every hidden matrix "
        "so violently that the loss falls from «720» straight to about «0.5», and does not visibly move for the rest "
        "of the «thousand» steps.",
        c,
        min(rates),
        max(rates),
        np.array([run.loss[0] for run in runs]),
        near(np.array([run.loss[2:] for run in runs]), abs=0.005),
        steps,
    )
    for run in runs:
        assert all(np.linalg.norm(W) < 0.5 * c * np.sqrt(2) for W in run.network.weights[:9])
    says("But «0.5» is the loss of a network that answers 0: exploding gradients have made", ANSWERS_ZERO)
    y = experiments.turn()[1]
    assert squared_error(0 * y, y)[0] == ANSWERS_ZERO


def test_a_small_start_stagnates_and_then_solves_the_task():
    c, rate = 0.5, 0.01
    run = descend(c, rate, steps=5000)
    settled = np.flatnonzero(abs(run.loss - ANSWERS_ZERO) > 0.01)[0]
    says(
        "At $c = «0.5»$ and rate «0.01» the loss looks settled for «three thousand» steps; then it falls, faster and "
        "faster",
        c,
        rate,
        near(settled, rel=0.2),
    )
    says("and the task is solved at step «4202»", experiments.outcome(run.loss)[1])


# ---------------------------------------------------------------- from equal matrices to random ones


def test_nine_equal_diagonal_matrices():
    hidden = experiments.equal_layers(1.5).weights[:-1]
    says(
        "Nobody initializes a network with $«1.5»\\, I$; «nine» equal diagonal matrices",
        np.array([np.diag(W) for W in hidden]),
        len(hidden),
    )
    assert all((W == np.diag(np.diag(W))).all() for W in hidden)


def test_the_guess_to_be_made():
    start = figures.random_matrices.frame(width="2", gain=1.0)["panels"]["lengths"]
    says(
        "Take $g = «1»$, which keeps the mean square exactly, and only two units a layer.",
        np.array(start["y"]["equal"]),
    )
    assert len(start["y"]["equal"]) == 31
    says(
        "How long is a typical signal after «30» layers, if it starts with length «1»?",
        experiments.RANDOM_DEPTH,
        start["y"]["median"][0],
    )
    says("If you wrote 1, you are in good company.")
    assert start["y"]["median"][-1] < 1


def order(epsilon):
    """How much smaller the logarithm of 1 + epsilon is than epsilon."""
    return epsilon - math.log1p(epsilon)


def test_how_large_a_step_of_the_walk_is():
    n = 100
    factor = np.random.default_rng(0).chisquare(n, 400_000) / n
    two = near(factor.var() * n, rel=0.01)
    says("has mean $n$ and variance $«2»n$", two)
    says("The factor $X/n$ has mean «1» and variance $«2»n/n^2 = «2»/n$.", near(factor.mean(), abs=0.001), two, two)
    says("Write it as $«1» + \\varepsilon$.", near(factor.mean(), abs=0.001))
    says(
        "has mean about $«-1»/n$ and variance about $«2»/n$",
        near(np.log(factor).mean() * n, rel=0.05),
        near(np.log(factor).var() * n, rel=0.05),
    )
    says(
        "$\\ln(1 + \\varepsilon) \\approx \\varepsilon - \\varepsilon^«2»/«2»$",
        near(math.log(order(0.02) / order(0.01)) / math.log(2), abs=0.02),
        near(0.01**2 / order(0.01), abs=0.02),
    )
    says(
        "Take «half» of the logarithm, as (6) does",
        near(random_matrices.growth_rate(n) / np.log(factor).mean(), abs=0.02),
    )
    assert random_matrices.growth_variance(n) == pytest.approx(np.log(factor).var() / 4, rel=0.02)


def test_the_exact_values_of_drift_and_variance():
    says("$\\psi$, the digamma function, is the derivative of $\\ln \\Gamma$")
    step = 1e-4
    for n, g in ((2, 1.0), (5, 1.3), (64, 0.9)):
        below, here, above = (math.lgamma(n / 2 + shift) for shift in (-step, 0, step))
        digamma, trigamma = (above - below) / (2 * step), (above - 2 * here + below) / step**2
        drift = math.log(g) + (digamma - math.log(n / 2)) / 2
        assert random_matrices.growth_rate(n, g) == pytest.approx(drift, abs=1e-6)
        assert random_matrices.growth_variance(n) == pytest.approx(trigamma / 4, abs=1e-5)
        assert drift < math.log(g)
    says("so the drift is always below $\\ln g$")


def test_the_typical_length_at_width_two():
    width = 2
    low, typical, high = (float(random_matrices.growth_quantile(p, 30, width)) for p in (0.025, 0.5, 0.975))
    ends = random_matrices.stretch(width, 30, seeds=20_000, rng=0)[:, -1]
    says(
        "«Half» of all networks end below «0.0002».",
        near(np.mean(ends < 0.0002), abs=0.02),
        near(typical, rel=0.05),
    )
    says(
        "At width «2» the middle «95 %» of the networks cover «six» powers of «ten».",
        width,
        0.975 - 0.025,
        near(np.log10(high / low), abs=0.1),
        near((high / low) ** (1 / 6), rel=0.05),
    )
    says("same narrow network differ by powers of «ten».", near((high / low) ** (1 / 6), rel=0.05))


def test_the_mean_square_of_twenty_thousand_networks_misses_its_expectation():
    shown = printed("exploding", cell="walk-code")
    networks = re.search(r"([\d,]+) networks of width 2: 0.3% end above 1,\nand the mean square is 0.18", shown)[1]
    says("Even the average of «20,000» networks misses its own expectation", int(networks.replace(",", "")))
    assert "(Expected: 1.)" in shown


def test_wide_layers_are_predictable():
    width = 512
    low, high = (float(random_matrices.growth_quantile(p, 30, width)) for p in (0.025, 0.975))
    says("At width «512» they lie between «0.69» and «1.36».", width, low, high)
    factor = random_matrices.stretch(width, 1, seeds=4000, rng=0)[:, 1]
    # the relative error of a variance from 4000 draws is sqrt(2/4000)
    says("a relative spread of $1/\\sqrt{«2»n}$", near(1 / factor.var() / width, rel=4 * math.sqrt(2 / 4000)))
    assert factor.mean() == pytest.approx(1, abs=0.01)


def test_drift_and_spread_go_with_depth_over_width():
    widths, g = np.array([32, 128, 512]), 1
    rates = np.array([random_matrices.growth_rate(n, gain=g) for n in widths])
    variances = np.array([random_matrices.growth_variance(n) for n in widths])
    says(
        "drifted by $-L/(«2»n)$, at $g = «1»$, and spread by $\\sqrt{L/(«2»n)}$",
        near(-1 / rates / widths, rel=0.05),
        g,
        near(1 / variances / widths, rel=0.05),
    )
    says(
        "\\text{drift} \\approx \\ln g - \\frac{«1»}{«2»n}, "
        "\\qquad \\text{variance} \\approx \\frac{«1»}{«2»n}. \\tag{7}",
        near(-rates * 2 * widths, rel=0.05),
        near(-1 / rates / widths, rel=0.05),
        near(variances * 2 * widths, rel=0.05),
        near(1 / variances / widths, rel=0.05),
    )


def test_the_picture_of_the_spread():
    widths, networks, depth = (2, 8, 32), 500, experiments.RANDOM_DEPTH
    says(
        "for widths «2», «8» and «32». In each case the points from «500» simulated networks lie on the theoretical "
        "curve",
        widths[0],
        widths[1],
        widths[2],
        networks,
    )
    for n in widths:
        logs = np.log(random_matrices.stretch(n, 30, seeds=networks, rng=n))[:, -1]
        # the standard error of a standard deviation from 500 draws is its 1/sqrt(1000)-th part
        assert logs.std() == pytest.approx(math.sqrt(30 * random_matrices.growth_variance(n)), rel=4 / math.sqrt(1000))
    ends = (math.sqrt(depth * random_matrices.growth_variance(n)) for n in widths)
    says("The line is the exact theory.")
    exact, rough = (
        [math.sqrt(depth * f(n)) for n in widths] for f in (random_matrices.growth_variance, lambda n: 1 / (2 * n))
    )
    close = [n for n, e, r in zip(widths, exact, rough, strict=True) if abs(r / e - 1) < 0.07]
    says(
        "From width «8» on (7) comes close to it; at width «2» it gives «2.7» after «30» layers instead of «3.5».",
        min(close),
        widths[0],
        rough[0],
        depth,
        exact[0],
    )
    for n in range(min(close), 513):
        assert math.sqrt(1 / (2 * n) / random_matrices.growth_variance(n)) == pytest.approx(1, abs=0.07)
    says("after «30» layers it reaches «3.5», «1.5» and «0.7»", depth, next(ends), next(ends), next(ends))


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


def test_random_products_flatten_directions():
    text = printed("exploding", cell="flatten")
    for n in (2, 8, 32):
        assert re.search(rf"width +{n}: one direction is multiplied by [\d.]+,\n +another by [\d.]+e-\d+", text)
    product = np.linalg.matrix_power(np.eye(2), 9)
    says("«Nine» matrices $I$ would multiply every direction by exactly «1».", HIDDEN, np.linalg.svd(product)[1])


def test_directions_of_a_product_are_lost_in_single_precision():
    width, layers = 32, 9
    says("at width «32» in single precision already after these «nine» layers", width, layers)
    largest, smallest = re.findall(
        rf"width {width}: .* multiplied by ([\d.]+),\n +another by ([\d.e-]+)", printed("exploding", cell="flatten")
    )[0]
    assert float(smallest) / float(largest) < np.finfo(np.float32).eps
    rng = np.random.default_rng(1)
    product = np.linalg.multi_dot(rng.standard_normal((layers, width, width)) / math.sqrt(width))
    assert np.linalg.cond(product) > 1 / np.finfo(np.float32).eps


def test_forward_and_backward_take_the_same_walk():
    depth, width, gain, text = 40, 256, 0.9, printed("exploding", cell="both-ways")
    says("a linear network of «40» layers with «256» units and $g = «0.9»$", depth, width, gain)
    lines = dict(re.findall(r"layer ( ?\d+) +([\d. ]+)\n", text.split("size of:")[1]))
    sizes = {int(layer): [float(v) for v in row.split()] for layer, row in lines.items()}
    # The log of a size after l layers of width n spreads by sqrt(l / 2n): 0.28 here; three of them either way.
    slack = math.exp(3 * math.sqrt(depth / (2 * width)))
    assert 1 / slack < sizes[depth][0] / gain**depth < slack
    assert 1 / slack < sizes[1][1] / gain ** (depth - 1) < slack
    weight = [sizes[layer][2] for layer in sizes]
    assert max(weight) / min(weight) < slack
    batch = 256
    says(
        "sums over a batch of «256» random examples, which makes them $\\sqrt{«256»} = «16»$ times as large",
        batch,
        batch,
        math.sqrt(batch),
    )
    for layer, (_, _, dW) in sizes.items():  # dL/dW = sum over the batch of dL/dz a, sizes 0.9^(40-l) and 0.9^(l-1)
        assert 1 / slack < dW / (math.sqrt(batch) * gain ** (depth - 1)) < slack, layer


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
    says("differ from what it is at $c = 1$?")
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
        "By (5) the mean square is kept at $g = 1$, so the standard deviation is $«1»/\\sqrt{«512»} = «0.0442»$.",
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
    says("is the exact drift at $g = 1$ (see *The exact values* below (7)), and $g$ adds $\\ln g$ to it")
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
        "From $c = «1.5»$ at learning rate «0.00316», the loss falls from «720» to «0.5» and stays there.",
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
        "a network with $g = «1»$, but for a factor: a weight «half» as large gets a gradient «twice» as large",
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
    rates = {c: solved_rates(c) for c in experiments.FACTORS}
    says(
        "On the «ten» matrices each still had a learning rate that works, in a narrower range or more slowly.",
        len(experiments.equal_layers(1.5).weights),
    )
    for c, solved in rates.items():
        assert solved
        narrower = max(solved) / min(solved) < max(rates[1.0]) / min(rates[1.0])
        assert c == 1.0 or narrower or min(solved.values()) > min(rates[1.0].values())
    # a rate works, in that chapter, if every seed gets 99 % of new points right
    enough = 0.99  # with every seed
    works = {scale: why.experiments.runs(f"x{scale:g}").accuracy.min(axis=1) >= enough for scale in (0.1, 1, 3, 10)}
    none = [scale for scale, each in works.items() if not each.any()]
    says(
        "In the first chapter scales «0.1», «3» and «10» had none that got «99 %» right within «a thousand» steps.",
        none[0],
        none[1],
        none[2],
        enough,
        why.experiments.STEPS,
    )
    assert len(none) == 3


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
    quiz_says(quiz, "c = 0.5 looks settled like this at learning rate 0.01, and solves the task at step 4202")
    x, y = experiments.turn(60)
    slow = train(experiments.equal_layers(0.5), x, y, loss="squared_error", learning_rate=0.01, steps=5000).loss
    assert experiments.outcome(slow) == ("solved", 4202)
    assert np.allclose(slow[:1000], 0.5, atol=0.005)
    quiz_says(quiz, "From c = 1.5 at learning rate 0.00316, the first step shrinks", "falls from 720 to 0.5 and stays")
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
