"""The chapter "Why initialization matters", held to account.

Training at large rates is chaotic: another order of the same sums, on another machine, leads to other networks. What is
asserted of such runs holds for any of them. The tolerances were measured with the first weights changed in their last
digits, with learning rates that differ in theirs, and with the matrix products of other processors: scale 3 gets 95.2 %
to 96.5 % right, the 94.4 % of scale 10 become 93.9 %, and with twenty layers of tanh the best share lies between 97.0 %
and 99.2 % at scale 1, and between 72 % and 82 % at scale 3.
"""

import math
import re
import string
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from harness import quiz_says, read_notebook

from initlab import datasets, gaussian, losses, network, training
from initlab.initializers import variance_scaling
from initlab_book.chapters import index
from initlab_book.chapters.why import exercises, experiments, figures, quiz

from . import chapter, near, printed, prose_of

says = chapter("why")

X, Y = experiments.data()
HIDDEN = experiments.WIDTHS[1:-1]
LN2 = math.log(2)
PLANE = np.array(np.meshgrid(*[np.linspace(-2.2, 2.2, 150)] * 2)).reshape(2, -1)
ENTROPY = "softmax_cross_entropy"


def code(cell):
    return next("".join(each["source"]) for each in read_notebook("book/why")["cells"] if each["id"] == cell)


def sampled(start):
    """The networks of a start before training, one for each seed."""
    return network.sample(experiments.WIDTHS, "relu", experiments.STARTS[named(start)], seeds=experiments.SEEDS)


def runs_of(start):
    return experiments.runs(named(start))


def named(start):
    """The name of a start; that of a random one from its scale."""
    return start if isinstance(start, str) else f"x{start:g}"


def at(rate):
    return experiments.RATES.index(rate)


def enough(start):
    """The places of the rates with which every seed gets 99 % right."""
    return np.flatnonzero(runs_of(start).accuracy.min(axis=1) >= 0.99).tolist()


def size(values, axis=None):
    return np.sqrt(np.square(values).mean(axis=axis))


def numbers(text):
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?(?:e[+-]\d+)?", text)]


def before_training(start):
    """Loss, signal and gradient, as the table of the section "Before the first step" shows them."""
    label = figures.LABELS[named(start)]
    return numbers(re.search(rf"^{re.escape(label)} +(.*)", printed("why", "diagnostics-code"), re.MULTILINE)[1])


def scale_of(start):
    """How large the weights of a random start are, as a multiple of those of scale 1."""
    return sampled(start).weights[0].std() / sampled(1).weights[0].std()


def plateau(factor):
    """The steps at which the networks trained on all points leave the plateau, as printed."""
    line = re.search(rf"scale {factor:g}, all points: .* at step (.*)", printed("why", "small-code"))[1]
    return np.array(numbers(line))


def every_weight(net):
    return np.concatenate([W.ravel() for W in net.weights])


# ---------------------------------------------------------------- the loop, and the line before it


def test_the_task():
    says("from «200» points, «half» of them on each arm", X.shape[1], np.mean(Y))
    says("«Two hundred» points in the plane. Two spiral arms", X.shape[1])
    says("what «seven» starts do to the same network", len(experiments.STARTS))


def test_the_network_of_the_loop_is_that_of_the_chapter():
    loop = code("loop-code")
    assert f"widths = {list(experiments.WIDTHS)}" in loop
    assert experiments.WIDTHS[0] == experiments.WIDTHS[-1] == 2
    says("two inputs, «five» hidden layers of «16» ReLU units, and two outputs", len(HIDDEN), HIDDEN)
    says("these lines run «a thousand» times", int(re.search(r"in range\((\d+)\)", loop)[1]))
    assert loop.count("initializers.") == 1
    says("Training repeats «four» things: forward pass, loss, backward pass, update.", len(repeated(loop)))
    assert repeated(loop) == ["forward pass", "loss", "backward pass", "update"]


def repeated(loop):
    return re.findall(r"^    # (.+)$", loop, re.MULTILINE)


def test_knowing_nothing_costs_ln_2():
    loss, _ = losses.softmax_cross_entropy(np.zeros((2, 200)), Y)
    says("says $p = «\\tfrac12»$ every time and pays $\\ln «2» = «0.693»$", np.exp(-loss), np.exp(loss), loss)
    for classes in (3, 10):  # "With C classes it is ln C"
        loss, _ = losses.softmax_cross_entropy(np.zeros((classes, 5)), np.arange(5) % classes)
        assert loss == pytest.approx(math.log(classes))


# ---------------------------------------------------------------- seven starts


def test_the_equal_starts():
    says("## «Seven» starts", len(figures.LABELS))
    says(
        "Biases start at «0» throughout.",
        np.concatenate([b.ravel() for n in experiments.STARTS for b in sampled(n).biases]),
    )
    says(
        "**All weights «0»**, or **all weights «0.1»**: the simplest things",
        every_weight(sampled("zero")),
        every_weight(sampled("constant")),
    )


def test_scale_1_is_the_rule_of_he():
    n = 1000
    W = experiments.he_times(1)((1000, n), rng=0)
    says(
        "**Random, scale 1**: normal with mean «0» and variance $«2»/n$, where $n$ is the number of inputs",
        near(W.mean() / W.std(), abs=0.005),  # five standard errors
        near(W.var() * n, rel=0.01),
    )
    assert np.mean(abs(W) < W.std()) == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.003)  # a normal distribution
    kept = gaussian.second_moment("relu", 1.0)
    says("it passes on «half» of the mean square, and the «2» makes up for that", kept, 1 / kept)
    says("(On the front page, scale 1 is $g = \\sqrt«2»$.)", near(W.var() * n, rel=0.01))
    assert "standard deviation $g/\\sqrt{200}$" in prose_of("index")


def test_the_other_scales_have_the_same_random_numbers():
    times = {factor: every_weight(sampled(factor)) / every_weight(sampled(1)) for factor in (0.1, 0.3, 3, 10)}
    says(
        "**Random, scale 0.1, 0.3, 3 or 10**: the same random numbers, times «0.1», «0.3», «3» or «10».",
        near(times[0.1], rel=1e-6),
        near(times[0.3], rel=1e-6),
        near(times[3], rel=1e-6),
        near(times[10], rel=1e-6),
    )


def test_fourteen_rates_and_five_draws():
    says(
        "So every start gets «fourteen» of them, from $«10^{-6}»$ to «3.16».",
        len(experiments.RATES),
        experiments.RATES[0],
        experiments.RATES[-1],
    )
    draws = sampled(1).weights[0]
    assert len(np.unique(draws[:, 0, 0])) == len(draws)
    says("every random start is drawn «five» times", len(draws))
    says("(«A thousand» steps of «20» points each, as above.", experiments.STEPS, experiments.BATCH)
    assert f"size={experiments.BATCH}" in code("loop-code")
    says(
        "Which of the «seven» reach «99 %» on new points at *some* of the «fourteen» rates?",
        len(figures.LABELS),
        float(re.search(r">= ([\d.]+)", code("table"))[1]),
        len(experiments.RATES),
    )
    says("How much do the «five» seeds differ?", len(experiments.SEEDS))
    says("Here are all «fourteen» rates of every start in one table.", len(experiments.RATES))


def test_the_dotted_lines_are_those_of_a_network_that_guesses():
    loss, accuracy = figures.starts.panels
    overflowed = np.concatenate([runs.accuracy[runs.overflow] for runs in map(runs_of, experiments.STARTS)])
    assert overflowed.size
    says(
        "those of a network that guesses: $\\ln «2»$, and «50 %». A network that has overflowed answers nothing, and "
        "counts as «0 %».",
        math.exp(loss.guide),
        accuracy.guide / 100,
        overflowed,
    )


# ---------------------------------------------------------------- the table


def test_two_starts_of_seven_reach_99_per_cent():
    says(
        "Two starts of «seven» reach 99 %: scale 1 at «three» neighbouring rates, «0.0316», «0.1» and «0.316», and "
        "scale 0.3 at a single one, just.",
        len(experiments.STARTS),
        len(enough(1)),
        experiments.RATES[enough(1)[0]],
        experiments.RATES[enough(1)[1]],
        experiments.RATES[enough(1)[2]],
    )
    assert [name for name in experiments.STARTS if enough(name)] == [named(0.3), named(1)]
    assert len(enough(0.3)) == 1
    assert 0.99 <= runs_of(0.3).accuracy.min(axis=1).max() < runs_of(1).accuracy.min(axis=1).max()
    says("at scale 1 «three» neighbouring rates work, with every seed; elsewhere one rate or none.", len(enough(1)))
    assert all(low + 1 == high for low, high in pairwise(enough(1)))
    assert sorted(len(enough(name)) for name in experiments.STARTS)[-2] == 1


def worst_of_five(factor, rates, data):
    """At each rate the share of new points that are right with the worst of five other seeds, on other data."""
    net = network.sample(experiments.WIDTHS, "relu", experiments.he_times(factor), seeds=range(data, data + 5))
    options = {"loss": ENTROPY, "steps": experiments.STEPS, "batch_size": experiments.BATCH, "rng": data}
    run = training.train(net, *datasets.spiral(200, rng=data), learning_rate=np.array(rates)[:, None], **options)
    _, right = training.evaluate(run.network, *datasets.spiral(1000, rng=data + 1), loss=ENTROPY)
    return right.min(axis=1)


def test_on_other_points_scale_1_does_it_again_and_scale_03_mostly_misses():
    says("(With other points and other draws scale 1 does it again, and scale 0.3 mostly misses.)")
    others = (10, 20, 30)
    for data in others:
        assert sum(worst_of_five(1, (0.0316, 0.1, 0.316), data) >= 0.99) >= 2
    hits = [max(worst_of_five(0.3, (0.1, 0.316, 1.0), data)) >= 0.99 for data in others]
    assert sum(hits) < len(others) / 2


def test_with_all_weights_0_no_weight_ever_moves():
    runs = runs_of("zero")
    says(
        "**All weights «0».** At no rate does it do better than guessing. Not one weight ever moves",
        every_weight(runs.network),
    )
    assert (runs.accuracy <= 0.5).all()


def test_with_all_weights_01_three_quarters_of_the_points_are_right():
    runs = runs_of("constant")
    same = (runs.accuracy == runs.accuracy[:, :1]) & (runs.loss[-1] == runs.loss[-1][:, :1])
    says(
        "**All weights «0.1».** It learns something, and gets stuck where «three quarters» of the points are right. "
        "Its «five» seeds agree to the last digit",
        every_weight(sampled("constant")),
        near(runs.accuracy[runs.best].mean(), abs=0.02),
        same.all(axis=0).sum(),
    )
    late = runs.loss[np.array(experiments.SHOWN) > experiments.STEPS / 2, runs.best]
    assert 0.4 < late.min() <= late.max() < LN2 - 0.1


def test_scale_01_ends_where_it_began():
    runs = runs_of(0.1)
    says(
        "**Scale 0.1.** At every rate but the largest the loss ends where it began, at $\\ln «2»$. That it still gets "
        "up to «60.8 %» right is worth little: when all scores are near «a millionth», a tiny push turns an answer "
        "over.",
        np.exp(runs.loss[0]),
        runs.accuracy.mean(axis=1).max(),
        near(np.median(size(network.forward(runs.network, X).output[runs.best], axis=(1, 2))), rel=0.5),
    )
    assert abs(runs.loss[-1, :-1] - LN2).max() < 0.0002
    assert (runs.loss[-1, -1] > LN2 + 0.01).all()
    says("Scale 0.1 did not learn slowly. It did not learn.")
    assert abs(runs.loss[:, :-1] - LN2).max() < 0.05
    assert runs.loss.min() > LN2 - 0.0001


def test_scale_03_waits_and_then_learns_if_the_rate_is_large_enough():
    runs = runs_of(0.3)
    next_rate = runs.best + 1
    says(
        "**Scale «0.3».** Nothing happens for many steps, and then it learns, at a rate of «0.316». At «three» times "
        "that rate it fails.",
        scale_of("x0.3"),
        experiments.RATES[runs.best],
        experiments.RATES[next_rate] / experiments.RATES[runs.best],
    )
    early = runs.loss[np.array(experiments.SHOWN) <= 100, runs.best]
    assert abs(early - LN2).max() < 0.02
    assert runs.loss[-1, runs.best].max() < 0.1
    assert runs.accuracy[: at(0.0316)].mean(axis=1).max() < 0.75
    assert runs.accuracy[next_rate].max() <= 0.5


def test_scales_3_and_10_do_learn():
    learns = {factor: np.flatnonzero(runs_of(factor).accuracy.mean(axis=1) > 0.9)[-1] for factor in (3, 10)}
    says(
        "**Scale «3» and scale «10».** They do learn, at rates of «0.003» and «0.00001». After «a thousand» steps "
        "scale 3 gets 95 % to 97 % right, depending on how your computer rounds, and scale 10 about «94 %».",
        scale_of(3),
        scale_of(10),
        experiments.RATES[learns[3]],
        experiments.RATES[learns[10]],
        experiments.STEPS,
        runs_of(10).accuracy[learns[10]].mean(),
    )
    for share in (runs_of(3).accuracy[learns[3]].mean(), runs_of(3).accuracy.mean(axis=1).max()):
        assert 0.95 <= share.round(2) <= 0.97


# ---------------------------------------------------------------- what the networks have learned


def arm(start):
    """Which arm the network of the figure sees at each point of the plane."""
    scores = network.forward(experiments.trained(named(start)), PLANE).output
    return (scores[1] > scores[0]).reshape(150, 150)


def border(start):
    """How many neighbouring points of the plane lie on different sides of the border."""
    return sum(np.diff(arm(start), axis=axis).sum() for axis in (0, 1))


def right_on_training_points(start):
    return np.mean(network.forward(experiments.trained(named(start)), X).output.argmax(axis=0) == Y)


def test_the_six_maps():
    shown = re.search(r"names = \[(.*)\]", code("surfaces-code"))[1].split(", ")
    says("«Six» maps of the plane", len(shown))
    says("All weights 0: one colour everywhere.")
    assert len(np.unique(arm("zero"))) == 1
    says("Scale 0.1: a few wedges that meet in the middle and have nothing to do with the arms.")
    says("Scale 0.1 has a border of its own, which has little to do with the arms.")
    assert 0 < np.mean(arm(0.1)) < 1
    assert right_on_training_points(0.1) < 0.7


def test_weights_01_draw_a_straight_line():
    says("All weights 0.1: one straight border across the plane.")
    assert (every_weight(sampled("constant")) == 0.1).all()
    trained = experiments.trained("constant")
    alike = np.array([np.isclose(W, W[:1]).all(axis=1) for W in trained.weights[:-1]])
    says(
        "The network with weights «0.1» has drawn a straight line: the «sixteen» units of a layer act as one",
        every_weight(sampled("constant")),
        alike.sum(axis=1),
    )
    across = trained.weights[0][0] @ PLANE
    above, below = across[arm("constant").ravel()], across[~arm("constant").ravel()]
    assert max(above.min(), below.min()) >= min(above.max(), below.max())


def test_scale_1_winds_between_the_arms_and_larger_scales_are_ragged():
    says(
        "Scale 1: a smooth border that winds between the arms. Scale 3 and scale 10: most points are on the right side"
    )
    says("Scale 1 winds between the arms. Scales 3 and 10 have most of the training points right as well")
    assert right_on_training_points(1) == 1
    for factor in (3, 10):
        assert right_on_training_points(factor) > 0.9
        assert border(factor) > 1.3 * border(1)


# ---------------------------------------------------------------- before the first step


def test_three_numbers_before_the_first_step():
    counts = np.array([len(before_training(start)) for start in experiments.STARTS])
    assert counts.size == len(figures.LABELS)
    says("show «three» numbers: the loss, the size of the signal in the last hidden layer, and", counts)
    says("Before the first step, look at «three» numbers: the loss against $\\ln C$", counts)
    knows_nothing = [
        name for name in experiments.STARTS if not enough(name) and abs(before_training(name)[0] - LN2) < 0.001
    ]
    says("«Three» of the starts that fail begin with the loss of a network that knows nothing", len(knows_nothing))


def test_the_loss_gives_large_scales_away():
    guessing = np.exp(losses.softmax_cross_entropy(np.zeros((2, 4)), Y[:4])[0])
    says("**The loss** should begin at the order of $\\ln «2»$", guessing)
    begins = runs_of(1).loss[0, 0]  # of each seed; the rate does not matter yet
    says(
        "At scale «1» it begins between «0.68» and «2.6», depending on the draw: with «sixteen» units a layer",
        scale_of("x1"),
        begins.min(),
        begins.max(),
        np.array(HIDDEN),
    )
    says("Scales «3» and «10» begin with hundreds and with hundreds of thousands", scale_of(3), scale_of(10))
    loss = {factor: before_training(factor)[0] for factor in (3, 10)}
    assert 100 < loss[3] < 1000
    assert 100_000 < loss[10] < 1_000_000
    assert before_training(1)[0] < 1


def test_the_signal_gives_away_the_weights_0_and_scale_01():
    arrives = {start: before_training(start)[1] for start in ("zero", 0.1, 1)}
    says("about the size of the input, which is «1»", size(X))
    every = np.sqrt(network.observe(sampled(1), X, loss=ENTROPY, targets=Y).a.second_moment[:, 5])
    says(
        "At scale 1 the «five» draws lie between «0.4» and «1.5»; we look for powers of ten.",
        len(every),
        every.min(),
        every.max(),
    )
    says(
        "It gives away the weights 0; scale 0.1, where it is a few millionths, because each of «five» layers has "
        "multiplied it by «a tenth» of what scale 1 does; and scales 3 and 10, where it is far too large.",
        len(HIDDEN),
        (arrives[0.1] / arrives[1]) ** (1 / len(HIDDEN)),
    )
    assert all(before_training(factor)[1] > 50 for factor in (3, 10))
    assert arrives["zero"] == 0
    assert 1e-6 < arrives[0.1] < 1e-5
    assert arrives[1] > 0.3


def test_the_gradient_gives_away_the_weights_01():
    says("At scale 0.1 it is below a millionth.")
    assert 0 < before_training(0.1)[2] < 1e-6
    says(
        "And it gives away the weights «0.1», whose signal looks healthy: there it is «0» but for rounding.",
        every_weight(sampled("constant")),
        near(before_training("constant")[2], abs=1e-15),
    )
    assert 0.1 < before_training("constant")[1] < 1
    # "At first only the last layer gets a gradient; once its two rows differ, the others do too."
    net = network.sample(experiments.WIDTHS, "relu", experiments.STARTS["constant"], rng=0)
    sizes = []
    for steps in (0, 1):
        trained = training.train(net, X, Y, loss=ENTROPY, learning_rate=0.1, steps=steps).network
        sizes.append(np.sqrt(network.observe(trained, X, loss=ENTROPY, targets=Y).dW.second_moment))
    assert sizes[0][-1] > 0.01 > 1e-15 > sizes[0][:-1].max()
    assert sizes[1].min() > 1e-6


def test_scale_03_is_on_the_edge():
    says("Scale 0.3 is on the edge. Its gradient is small, but a large rate makes up for it.")
    assert before_training(0.1)[2] < before_training(0.3)[2] < before_training(1)[2] / 100
    says("what «fifty» layers make of it", index.experiments.DEPTH)


# ---------------------------------------------------------------- a saying, put to the test


def test_the_gradient_of_scale_01_arrives_243_times_smaller():
    ratio = size(every_weight(sampled(0.1))) / size(every_weight(sampled(0.3)))
    small, large = (network.observe(sampled(factor), X, loss=ENTROPY, targets=Y).dW for factor in (0.1, 0.3))
    smaller = np.sqrt(large.second_moment[:, 0] / small.second_moment[:, 0])
    says("Scale «0.1» is «a third» of scale «0.3», and a gradient", scale_of(0.1), ratio, scale_of(0.3))
    assert ratio == pytest.approx(0.1 / 0.3)
    says(
        "comes down through «five» matrices to the first layer, so that it arrives $«3»^«5» = «243»$ times smaller. "
        "Would scale 0.1 get there too",
        len(experiments.WIDTHS) - 2,
        1 / ratio,
        np.log(smaller) / np.log(1 / ratio),
        near(smaller, rel=0.01),
    )
    assert (runs_of(0.1).accuracy < 0.99).all()


def test_with_all_points_scale_01_is_fifty_to_eighty_times_slower():
    loop = code("small-code")
    says(
        "train on all «200» points in every step, and wait until the loss has fallen from «0.693» to «0.6». And we "
        "look at what has become of the networks that trained in batches of «twenty».",
        X.shape[1],
        runs_of(0.1).loss[0],
        float(re.search(r"run\.loss < ([\d.]+)", loop)[1]),
        experiments.BATCH,
    )
    assert "batch_size" not in loop
    slower = plateau(0.1) / plateau(0.3)
    says(
        "With all points in every step scale 0.1 is «fifty» to «eighty» times slower than scale 0.3, and leaves the "
        "plateau in the end.",
        near(slower.min(), rel=0.1),
        near(slower.max(), rel=0.1),
    )
    assert (plateau(0.1) > 0).all()
    smaller = scale_of("x0.3") / scale_of("x0.1")
    above = len(experiments.WIDTHS) - 2  # the matrices that a gradient passes on its way to the first
    says(
        "(Not «243» times: the weights are «three» times smaller too, so a step «a third» as long changes them as much "
        "in proportion, and $«243»/«3» = «81»$.)",
        smaller**above,
        smaller,
        1 / smaller,
        smaller**above,
        smaller,
        smaller**above / smaller,
    )


def test_in_batches_scale_01_dies():
    runs = runs_of(0.1)
    says("With batches of «twenty» it does not get that far.", experiments.BATCH)
    assert runs.loss[:, :-1].min() > 0.6
    last = network.forward(runs.network, X).a[len(HIDDEN)]
    off = (last == 0).all(axis=(-2, -1))
    says(
        "At a rate of «0.1» or more, after «a thousand» steps, every unit of the last hidden layer is off, for every "
        "point; then no gradient passes any more",
        min(rate for rate, each in zip(experiments.RATES, off, strict=True) if each.all()),
        experiments.STEPS,
    )
    assert off[at(0.1) :].all()
    weights, biases = ([A[at(0.1) :] for A in arrays] for arrays in (runs.network.weights, runs.network.biases))
    dead = network.Network(tuple(weights), tuple(biases), "relu")
    passed = network.forward(dead, X)
    _, gradient = losses.softmax_cross_entropy(passed.output, Y)
    assert all(not dW.any() for dW in network.backward(dead, passed, gradient).dW)


def test_a_step_moves_the_biases_by_more_than_the_signal_is_large():
    says(
        "The steps differ from batch to batch, and move the biases by more than the tiny signal is large. At a rate of "
        "0.1 or more"
    )
    net = sampled(0.1)
    passed = network.forward(net, X[:, : experiments.BATCH])
    _, gradient = losses.softmax_cross_entropy(passed.output, Y[: experiments.BATCH])
    step = 0.1 * size(network.backward(net, passed, gradient).db[len(HIDDEN) - 1], axis=-1)
    assert (step > size(passed.a[len(HIDDEN)], axis=(-2, -1))).all()


def test_at_the_best_rate_of_scale_1_scale_10_fails_and_at_a_smaller_one_it_learns():
    mean = runs_of(1).accuracy.mean(axis=1)
    says(
        "At rate «0.316», the best one for scale «1», every network of scale «10» overflows or ends up guessing.",
        experiments.RATES[mean.argmax()],
        scale_of(1),
        scale_of(10),
    )
    assert mean[at(0.316)] > mean.max() - 0.002
    runs = runs_of(10)
    lost = runs.overflow[at(0.316)] | (abs(runs.accuracy[at(0.316)] - 0.5) < 0.03)
    assert lost.all()
    learns = np.flatnonzero((runs.accuracy > 0.9).all(axis=1) & ~runs.overflow.any(axis=1))[-1]
    says(
        "At a rate «thirty thousand» times smaller all «five» learn.",
        near(0.316 / experiments.RATES[learns], rel=0.06),
        sum(runs.accuracy[learns] > 0.9),
    )
    # "The price is that most rates fail, and that answers on new points are worse."
    assert sum(runs.accuracy.mean(axis=1) > 0.9) < len(experiments.RATES) / 2
    assert runs.accuracy.mean(axis=1).max() < mean.max() - 0.03


def test_in_a_thousand_steps_the_scale_decides():
    says(
        "In these «thousand» steps it has: at scale 1 «three» rates work with every seed, and at scale 0.1, 3 or 10 no "
        "rate makes up for the start.",
        experiments.STEPS,
        len(enough(1)),
    )
    for factor in (0.1, 3, 10):
        assert enough(factor) == []
    equal = [name for name in experiments.STARTS if all(np.ptp(W) == 0 for W in sampled(name).weights)]
    says("Two of the «seven» starts were equal weights.", len(experiments.STARTS))
    assert equal == ["zero", "constant"]


# ---------------------------------------------------------------- the exercises


def test_the_first_loss_of_ten_classes():
    digits = len(string.digits)
    says("A classifier of «ten» kinds of digits has just been initialized.", digits)
    loss = 7.9
    says("Before its first step it reports a cross-entropy of «7.9».", loss)
    says(
        "every digit the probability $\\tfrac1{«10»}$, and by (1) its loss is $\\ln «10» = «2.30»$. A loss of «7.9» "
        "means that the right digit gets, in the geometric mean, a probability of $e^{«-7.9»} = «0.0004»$",
        digits,
        digits,
        math.log(digits),
        loss,
        -loss,
        math.exp(-loss),
    )
    p = np.random.default_rng(0).uniform(size=50)
    assert math.exp(np.mean(np.log(p))) == pytest.approx(np.prod(p) ** (1 / 50))  # the geometric mean


def test_the_solution_draws_with_mean_0():
    W = exercises.he.solution((400, 1000), np.random.default_rng(0))
    says(
        "yourself: normal weights with mean «0» and variance $«2»/n$",
        near(W.mean() / W.std(), abs=0.008),
        near(W.var() * 1000, rel=0.02),
    )


def test_scores_of_a_million_overflow():
    scores = network.forward(sampled(10), X).output
    order = 10.0 ** round(math.log10(np.median(size(scores, axis=(1, 2)))))
    says(
        "At scale «10» the scores are of the order of «a million», and $e^{«1000000»}$ is far more than a computer "
        "can hold.",
        scale_of(10),
        order,
        order,
    )
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(order))
    shifted = scores - scores.max(axis=1, keepdims=True)
    sums = np.exp(shifted).sum(axis=1)
    says("After the subtraction the largest score is «0», so that the sum lies", shifted.max(axis=1))
    says("so that the sum lies between «1» and the number of classes", near(sums.min(), abs=1e-9))
    assert sums.max() <= scores.shape[1]
    says("$e^{«-1000000»}$ is rounded to «0»", -order, np.exp(-order))


def tanh_start(factor):
    return partial(variance_scaling, scale=factor**2, mode="fan_in", distribution="normal")


def test_with_tanh_scale_3_is_no_trouble():
    n = 1000
    says(
        "Replace ReLU by tanh, and let the variance of scale 1 be $«1»/n$, without the «2». Is scale 3 still harder to "
        "train than scale 1? Guess first.",
        near(tanh_start(1)((n, n), rng=0).var() * n, rel=0.01),
        near(experiments.he_times(1)((n, n), rng=0).var() * n, rel=0.01),
    )
    drawn = len(network.sample(experiments.WIDTHS, "tanh", tanh_start(1), seeds=range(5)).weights[0])
    says('"tanh", start, seeds=range(«5»))` draws «five» networks', drawn, drawn)

    shown = dict(re.findall(r"scale (\d): (.*)", printed("why", "exercise-other-activation")))
    right = {int(factor): np.array(numbers(shares)) for factor, shares in shown.items()}
    says(
        "With tanh, in this network, scale 3 is no trouble: it is better at the two smaller rates and within half a "
        "per cent at the others."
    )
    assert (right[3] > right[1])[:2].all()
    assert (abs(right[3] - right[1])[2:] < 0.5).all()
    says("one of the exercises has an activation for which scale 3 is no trouble")
    passed = network.forward(network.sample(experiments.WIDTHS, "tanh", tanh_start(3), rng=0), 1e3 * X)
    says(
        "An activation of tanh is never larger than «1», so that weights «three» times too large cannot make",
        near(max(abs(a).max() for a in passed.a[1:-1]), abs=1e-6),
        max(right),
    )


def test_with_twenty_hidden_layers_scale_3_is_trouble_for_tanh_too():
    depth, rates = 20, np.array([0.00316, 0.01, 0.0316])
    right, first = {}, {}
    for factor in (1, 3):
        net = network.sample([2, *[16] * depth, 2], "tanh", tanh_start(factor), seeds=range(5))
        first[factor] = np.sqrt(network.observe(net, X, loss=ENTROPY, targets=Y).dW.second_moment[:, 0])
        options = {"loss": ENTROPY, "steps": experiments.STEPS, "batch_size": experiments.BATCH, "rng": 0}
        run = training.train(net, X, Y, learning_rate=rates[:, None], **options)
        right[factor] = training.evaluate(run.network, *experiments.new_points(), loss=ENTROPY)[1].mean(axis=1).max()
    assert (first[3] > 100 * first[1]).all()  # "Its gradients can still explode."
    says(
        "With «twenty» hidden layers instead of «five», scale 1 reaches 97 % or more and scale 3 stays below 90 %.",
        depth,
        len(HIDDEN),
    )
    assert right[1] >= 0.97
    assert right[3] < 0.90


# ---------------------------------------------------------------- the quiz


def right_at(start, rate):
    """The share of new points that are right with each of the five seeds, in the runs of the chapter."""
    return experiments.runs(start).accuracy[experiments.RATES.index(rate)]


def test_a_first_loss_of_ln_10_is_that_of_equal_probabilities():
    quiz_says(
        quiz, "for ten classes reports a loss of 2.30 before its first step", "2.30 = ln 10 is the loss", "ln 10 = 2.30"
    )
    x, labels = np.random.default_rng(0).standard_normal((20, 50)), np.arange(50) % 10
    tiny, fitting = (network.sample([20, 30, 10], "relu", experiments.he_times(factor), rng=0) for factor in (1e-6, 1))
    loss, _ = losses.softmax_cross_entropy(network.forward(tiny, x).output, labels)
    assert f"{loss:.2f}" == f"{np.log(10):.2f}" == "2.30"  # "weights are far too small ... has this loss too"
    loss, _ = losses.softmax_cross_entropy(network.forward(fitting, x).output, labels)
    assert loss == pytest.approx(2.3, abs=1)  # "well chosen weights begin near this loss too"


def test_another_rate_may_be_all_that_a_start_needs():
    quiz_says(quiz, "in this chapter scale 0.3 gets 74 % right at rate 0.0316 and more than 99 % at 0.316")
    assert right_at("x0.3", 0.0316).mean() == pytest.approx(0.74, abs=0.005)
    assert right_at("x0.3", 0.316).mean() > 0.99
    quiz_says(quiz, "A network that has diverged does not answer 80 % right")
    diverged = [experiments.runs(start).accuracy[experiments.runs(start).overflow] for start in experiments.STARTS]
    assert np.concatenate(diverged).max() < 0.8


def test_halved_weights_divide_the_lowest_gradient_by_32():
    question = quiz.questions[2]
    assert len(experiments.WIDTHS) == 2 + 5  # five hidden layers and an output layer
    x, _ = experiments.data()
    net = network.sample(experiments.WIDTHS, "relu", experiments.STARTS["x1"], rng=0)
    half = network.Network(tuple(W / 2 for W in net.weights), net.biases, "relu")  # the biases are 0
    top = np.ones((2, x.shape[1]))
    whole, halved = (network.backward(each, network.forward(each, x), top).dW[0] for each in (net, half))
    assert halved == pytest.approx(question.answer * whole)
    assert question.answer == 0.5**5
    assert [number for number, _ in question.wrong] == [0.5**6, 0.5, 1 / (5 / 0.5)]
    quiz_says(quiz, "½⁵ = 1/32 = 0.03125", "½⁶ counts all six matrices")


def test_what_is_true_of_scale_10():
    quiz_says(quiz, "At 0.00001 none of the five networks diverges, and all of them learn.")
    runs = experiments.runs("x10")
    assert not runs.overflow[experiments.RATES.index(0.00001)].any()
    assert (right_at("x10", 0.00001) > 0.9).all()
    quiz_says(quiz, "It begins at 300,000 or more: huge scores, and half of them on the wrong side.")
    assert runs.loss[0].min() > 300_000
    x, y = experiments.data()
    scores = network.forward(
        network.sample(experiments.WIDTHS, "relu", experiments.STARTS["x10"], seeds=experiments.SEEDS), x
    ).output
    assert np.mean(scores.argmax(axis=1) == y) == pytest.approx(0.5, abs=0.05)
    quiz_says(quiz, "It gets about 94 % right on average, where scale 1 gets 99.8 %")
    assert runs.accuracy.mean(axis=1).max() == pytest.approx(0.94, abs=0.01)
    assert experiments.runs("x1").accuracy.mean(axis=1).max() == pytest.approx(0.998, abs=0.0005)
