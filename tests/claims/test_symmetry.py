"""The chapter on symmetry, held to account.

Equation (5) is compared with training in tests/test_symmetry.py. A machine may add up one row in another order than the
next, so twins are asked to agree to 1e-9 here, and ranks are taken with that tolerance.
"""

import functools
import math
from fractions import Fraction

import numpy as np
import pytest
from harness import quiz_says

from initlab import datasets, symmetry
from initlab.initializers import constant, normal, xavier_normal, zeros
from initlab.losses import softmax_cross_entropy
from initlab.network import Network, backward, forward, sample
from initlab.training import evaluate, train
from initlab_book import number, results
from initlab_book.chapters.symmetry import exercises, experiments, figures, quiz
from initlab_book.experiment import OPTIMIZERS

from . import chapter, near, printed, table

says = chapter("symmetry")

DATA = {"cross": datasets.cross(rng=0), "moons": datasets.moons(rng=0)}
OPTIONS = {"loss": "softmax_cross_entropy", "learning_rate": 0.3}


def trained(data, centre, noise, activation="tanh", steps=1000, **options):
    """The run from a nearly equal start; an array of noise trains one network for each."""
    return train(experiments.noisy(centre, noise, activation), *DATA[data], steps=steps, **OPTIONS | options)


@functools.cache
def theory(data, activation="tanh", steps=5000):
    """Growth of the largest difference, and loss of equal units, along the path that they take from 0.5."""
    equal = experiments.noisy(0.5, 0.0, activation)
    growth, loss = symmetry.twin_differences(equal, *DATA[data], learning_rate=0.3, steps=steps)
    return np.linalg.norm(growth, ord=2, axis=(1, 2)), loss


def parted(loss, equal_loss):
    """For every run the step from which its loss stays 10 % below that of equal units, or -1."""
    return experiments.from_then_on(loss < 0.9 * equal_loss[:, None])


def for_good(optimizer, noise, *, data, width=8, rate=0.3):
    """Ten draws: the step from which units with that noise have parted for good, or -1."""
    found = results.load(experiments.parted_for_good)
    step = found.get("step", data=data, optimizer=optimizer, width=width)
    return step[:, found.settings["rates"].index(rate), found.settings["noise"].index(noise)]


def different(rows):
    """How many different rows there are, but for rounding."""
    return len(np.unique(np.round(rows, 9), axis=0))


def rank(W):
    return np.linalg.matrix_rank(W, tol=1e-9)


def same(a, b):
    return np.allclose(a, b, rtol=0, atol=1e-9)


def answers(net, x):
    """Which class the network gives to every point."""
    return forward(net, x).output.argmax(axis=0)


def plane():
    line = np.linspace(-2.4, 2.4, 80)
    return np.array(np.meshgrid(line, line)).reshape(2, -1)


def cut(along, labels):
    """The largest share of labels that one cut across `along` gets right."""
    ones = np.r_[0, np.cumsum(labels[np.argsort(along)])]
    wrong = ones + (len(labels) - np.arange(len(ones))) - (ones[-1] - ones)  # 0 before the cut and 1 after it
    return max(1 - wrong.min() / len(labels), wrong.max() / len(labels))


def gradients(net, x, y):
    """Gradients of all weights and biases, in one list: dW of all layers, then db."""
    passed = forward(net, x)
    found = backward(net, passed, softmax_cross_entropy(passed.output, y)[1])
    return [*found.dW, *found.db]


def descend(net, step_of, steps=20):
    """Train by any rule: step_of(t, network, gradients) gives the step of every weight and bias."""
    values = [np.array(A) for A in (*net.weights, *net.biases)]
    for t in range(1, steps + 1):
        now = Network(values[: net.depth], values[net.depth :], net.activation)
        for A, step in zip(values, step_of(t, now, gradients(now, *DATA["moons"])), strict=True):
            A -= step
    return Network(values[: net.depth], values[net.depth :], net.activation)


def with_twins():
    """Two hidden layers of different units, but for the first two of layer 1, which are twins."""
    net = sample([2, 6, 6, 2], "tanh", xavier_normal, bias_initializer=normal, rng=0)
    net.weights[0][1], net.biases[0][1], net.weights[1][:, 1] = (
        net.weights[0][0],
        net.biases[0][0],
        net.weights[1][:, 0],
    )
    return net


# ---------------------------------------------------------------- twins


def test_all_differences_of_the_gradients_of_twins_are_zero():
    lines = table("symmetry", "sympy")
    assert all(difference == 0 for _, _, difference in lines)
    says("None can. All «four» differences are zero, for every $f$ and every loss.", len(lines))


def test_swapping_two_units_swaps_the_gradient():
    says("So the gradient at the swapped weights is the swapped gradient")
    text = printed("symmetry", cell="swap-code")
    assert "swapped gradient: True" in text
    before, after = text.split("(1)")[1].split("(2)")[0].split("=")
    assert float(before) == pytest.approx(float(after), abs=1e-11)


def test_momentum_and_adam_keep_twins_together():
    says("The argument holds for any batch. It holds for momentum and for Adam, which treat every weight by the same")
    says("**Adam does not break the symmetry**, for equal units get equal updates.")

    def momentum():
        velocity = None

        def rule(t, net, found):
            nonlocal velocity
            velocity = found if velocity is None else [0.9 * v + g for v, g in zip(velocity, found, strict=True)]
            return [0.1 * v for v in velocity]

        return rule

    def adam():
        mean = square = 0.0

        def rule(t, net, found):
            nonlocal mean, square
            if t == 1:
                mean, square = ([np.zeros_like(g) for g in found] for _ in range(2))
            mean = [0.9 * m + 0.1 * g for m, g in zip(mean, found, strict=True)]
            square = [0.999 * s + 0.001 * g**2 for s, g in zip(square, found, strict=True)]
            return [
                0.01 * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
                for m, s in zip(mean, square, strict=True)
            ]

        return rule

    start = with_twins()
    ends = [descend(start, rule) for rule in (momentum(), adam())]
    ends += [train(start, *DATA["moons"], steps=20, **OPTIONS | kind).network for kind in OPTIMIZERS.values()]
    ends.append(train(start, *DATA["moons"], batch_size=7, rng=0, steps=20, **OPTIONS).network)
    for end in ends:
        rows = symmetry.units(end, 1)
        assert np.abs(rows - symmetry.units(start, 1)).max(axis=1).min() > 0.01  # every unit has moved
        assert same(rows[0], rows[1])
        assert different(rows) == 5


def test_dropout_and_learning_rates_of_their_own_part_twins():
    says("It fails where units are *not* treated alike: when dropout switches one of them off, or when each has a")
    rng = np.random.default_rng(0)

    def dropout(t, net, found):
        # a unit is off when nothing goes out of it; the weights out are not used then, and get no gradient
        on = rng.random(6) < 0.5
        W1, W2, W3 = net.weights
        dropped = gradients(Network((W1, W2 * on, W3), net.biases, "tanh"), *DATA["moons"])
        dropped[1] = dropped[1] * on
        return [0.3 * g for g in dropped]

    def own_rates(t, net, found):
        rates = np.linspace(0.1, 0.6, 6)
        dW1, dW2, dW3, db1, db2, db3 = found
        return [rates[:, None] * dW1, rates * dW2, 0.3 * dW3, rates * db1, 0.3 * db2, 0.3 * db3]

    start = with_twins()
    assert different(symmetry.units(start, 1)) == 5
    for rule in (dropout, own_rates):
        first, second, *_ = symmetry.units(descend(start, rule), 1)
        assert np.abs(first - second).max() > 0.01


def test_random_biases_break_constant_weights():
    says("random biases break the symmetry of constant weights, because units with different biases are no twins")
    half = functools.partial(constant, value=0.5)
    start = sample([2, 8, 2], "tanh", half, bias_initializer=[normal, zeros], rng=0)
    end = train(start, *DATA["cross"], steps=1000, **OPTIONS).network
    assert different(symmetry.units(end, 1)) == 8
    assert rank(end.weights[0]) == 2


# ---------------------------------------------------------------- what a constant start can learn


def test_a_constant_start_is_worth_a_single_unit():
    start = experiments.noisy(0.5, 0.0)
    says("Two interlocked moons now; «eight» tanh units, all weights 0.5, no noise", start.widths[1])
    assert (start.depth, start.activation.name) == (2, "tanh")
    assert all((W == 0.5).all() for W in start.weights)
    run = train(start, *DATA["moons"], steps=1000, **OPTIONS)
    W, V = run.network.weights
    says("But all «eight» hidden units move together", len(W))
    says("since the two outputs are no twins: the loss wants one to rise where the other should fall")
    assert V[0] - 0.5 == pytest.approx(0.5 - V[1])
    assert abs(V[0] - V[1]).min() > 0.1
    assert run.loss[-1] < run.loss[0] - 0.3
    assert different(symmetry.units(run.network, 1)) == rank(W) == 1
    assert f"distinct rows: {different(W)}, rank: {rank(W)}\n" in printed("symmetry", cell="constant-code")
    assert np.abs(W - 0.5).max() > 0.1
    says("the network is worth a single unit. Its output is a function of one number, $w \\cdot x + b$")
    one = exercises.collapse.solution(W, run.network.biases[0], run.network.weights[1])
    single = Network((one[0], one[2]), (one[1], run.network.biases[1]), "tanh")
    assert forward(single, plane()).output == pytest.approx(forward(run.network, plane()).output)
    says("and its border a straight line. No straight line separates the moons.")
    assert cut(W[0] @ plane(), answers(run.network, plane())) == 1
    x, y = DATA["moons"]
    angles = np.linspace(0, np.pi, 721)
    assert max(cut(np.cos(a) * x[0] + np.sin(a) * x[1], y) for a in angles) < 0.95


def test_random_weights_part_the_moons():
    says("Here it is beside a network that started with random weights.")
    start = sample([2, 8, 2], "tanh", xavier_normal, rng=0)
    random = train(start, *DATA["moons"], steps=1000, **OPTIONS).network
    equal = trained("moons", 0.5, 0.0).network
    right = [evaluate(net, *DATA["moons"], loss="softmax_cross_entropy")[1] for net in (equal, random)]
    assert right[0] < 0.9 < 0.98 < right[1]


# ---------------------------------------------------------------- zero


def tfrac(value):
    """A fraction as the book writes it."""
    part = Fraction(float(value)).limit_denominator(100)
    return f"{'-' * (part < 0)}\\tfrac{abs(part.numerator)}{part.denominator}"


def test_what_the_gradients_are_at_zero():
    says("With all weights 0.5 the twins at least move together. From 0 they often do not move at all.")
    for centre, moves in ((0.5, True), (0.0, False)):
        weights = trained("moons", centre, 0.0, steps=50).network.weights
        assert all(np.any(W != centre) == moves for W in weights)
        assert different(weights[0]) == 1
    for activation, value in (("tanh", 0), ("relu", 0), ("sigmoid", 0.5)):
        net = sample([2, 8, 2], activation, zeros)
        x, y = DATA["moons"]
        dW1, dW2, _, _ = gradients(net, x[:, :51], y[:51])  # one more of class 0 than of class 1
        assert not dW1.any()
        assert bool(dW2.any()) == (value != 0)
        passed = forward(net, x)
        assert (passed.a[1] == value).all()
        delta = softmax_cross_entropy(passed.output, y)[1] * x.shape[1]
        share = np.exp(passed.output) / np.exp(passed.output).sum(axis=0)
    says("If all weights and biases are 0, then $W^{[2]} = 0$ makes (4) vanish, for every activation.")
    says("tanh and ReLU have $f(0) = 0$, and nothing is left.")
    says(
        "The sigmoid has $f(0) = «\\tfrac12»$, and what is left depends on $\\sum_i \\delta_i$.",
        tfrac(passed.a[1][0, 0]),
    )
    says(
        "At the start each class gets probability $«\\tfrac12»$, so that $\\delta_i$ is $(«-\\tfrac12», «\\tfrac12»)$ "
        "for an example of class 0 and $(«\\tfrac12», «-\\tfrac12»)$ for one of class 1, divided by the number of "
        "examples.",
        tfrac(share[0, 0]),
        tfrac(delta[0, y == 0][0]),
        tfrac(delta[1, y == 0][0]),
        tfrac(delta[0, y == 1][0]),
        tfrac(delta[1, y == 1][0]),
    )
    assert (share == 0.5).all()
    assert (delta == np.where(y == [[0], [1]], -0.5, 0.5)).all()
    says("What is $\\sum_i \\delta_i$ if «half» of the examples belong to each class?", np.mean(y == 0))
    assert same(delta.sum(axis=1), 0)


def test_what_fifty_steps_from_zero_do():
    x, y = DATA["moons"]
    fewer = np.r_[0:80:2, 1:41:2]
    batches = {
        "all, classes equal": (x, y, None),
        "all, classes unequal": (x[:, fewer], y[fewer], None),
        "ten at a time": (x, y, 10),
    }
    steps = 50
    says("Now we train for fifty steps from weights 0, with «three» kinds of batches.", len(batches))
    ranks, biases = {}, {}
    for activation in ("tanh", "relu", "sigmoid"):
        for kind, (x_, y_, size) in batches.items():
            net = sample([2, experiments.UNITS, 2], activation, zeros)
            end = train(net, x_, y_, batch_size=size, rng=0, steps=steps, **OPTIONS).network
            case = activation, kind
            ranks[case], biases[case] = [rank(W) for W in end.weights], bool(np.abs(end.biases[1]).max() > 1e-9)
            row = [activation, kind, *ranks[case], "moved" if biases[case] else 0]
            assert row in table("symmetry", "zero-table")
            if activation != "sigmoid":
                assert not any(W.any() for W in end.weights)
                assert not end.biases[0].any()
            assert different(symmetry.units(end, 1)) == 1

    frozen = [ranks[case] for case in ranks if case[0] != "sigmoid"]
    says("**tanh and ReLU.** The rank of both matrices is «0»: not one of the weights has moved.", frozen)
    says("Only the biases of the output can, because their gradient is $\\sum_i \\delta_i$ itself.")
    says("With equal classes and all examples in each step even that is 0, and the network is frozen.")
    for activation in ("tanh", "relu"):
        assert [biases[activation, kind] for kind in batches] == [False, True, True]
    says("**Sigmoid.** With equal classes and all examples it is frozen too.")
    assert ranks["sigmoid", "all, classes equal"] == [0, 0]
    assert not biases["sigmoid", "all, classes equal"]
    unequal = [ranks["sigmoid", kind] for kind in batches if kind != "all, classes equal"]
    says(
        "Otherwise $\\sum_i \\delta_i$ is not 0, and (3) moves $W^{[2]}$. Then (4) is no longer 0 either, and "
        "everything moves, in lockstep: rank «1».",
        unequal,
    )
    says("is true for the sigmoid, unless every step sees equal classes. With tanh and ReLU they learn nothing at all.")


def test_w2_moves_first_and_then_w1():
    says("(3) moves $W^{[2]}$. Then (4) is no longer 0 either")
    x, y = DATA["moons"]
    start = sample([2, 8, 2], "sigmoid", zeros)
    moved = [train(start, x[:, :51], y[:51], steps=steps, **OPTIONS).network for steps in (1, 2)]
    assert [[bool(W.any()) for W in net.weights] for net in moved] == [[False, True], [True, True]]


def test_without_a_hidden_layer_zero_is_a_fine_start():
    says("Without one, as in logistic regression, zero weights are a fine start: each weight has an input of its own")
    x, y = DATA["moons"]
    right = []
    for scheme in (zeros, xavier_normal):
        run = train(sample([2, 2], "identity", scheme, rng=0), x, y, steps=3000, **OPTIONS)
        right.append(evaluate(run.network, x, y, loss="softmax_cross_entropy"))
    assert right[0] == pytest.approx(right[1], abs=1e-4)
    assert right[0][1] > 0.85


# ---------------------------------------------------------------- eight units, and a little noise


def test_the_two_data_sets():
    x, y = datasets.cross(noise=0.0)
    clouds = {(*point, label) for point, label in zip(x.round(6).T.tolist(), y.tolist(), strict=True)}
    says("Gradient descent trains it on the *cross*: «four» clouds of points, opposite ones alike.", len(clouds))
    assert {(-a, -b, label) for a, b, label in clouds} == clouds
    start = experiments.noisy(0.5, 0.0)
    says(
        "A network has two inputs, «eight» hidden tanh units, two outputs. All its weights are «0.5», give or take a "
        "little normal noise, and its biases are «0».",
        start.widths[1],
        np.concatenate([W.ravel() for W in start.weights]),
        np.concatenate(start.biases),
    )
    assert start.widths == (2, 8, 2)
    says(
        "We say that the units *have parted* when the loss is at least «10 %» below that of equal units, and "
        "stays there.",
        1 - experiments.PARTED,
    )


def test_the_figure_of_the_cross():
    seen = experiments.parting("cross", "0.5", "tanh")
    at = dict(zip(experiments.NOISE, seen.parted_at, strict=True))
    assert figures.twins.settings() == {"data": "cross", "centre": "0.5", "activation": "tanh", "noise": 0.1}
    says("## «Eight» units that start alike", seen.network.widths[1])
    ladder = np.array([1e-3, 1e-6, 1e-9])
    says(
        "Set the noise to «0.001», make it «a thousand» times smaller, and again, until the figure runs out of steps; "
        "then set it to 0.",
        ladder[0],
        ladder[:-1] / ladder[1:],
    )
    more, less = 0.1, 1e-4
    costs = np.array([at[less] - at[more], *np.diff([at[noise] for noise in ladder])])
    says(
        "a thousandth costs one or «two hundred» steps more, not «a thousand» times as many",
        near(costs.max(), abs=50),
        more / less,
    )
    assert round(costs.min(), -2) == 100
    assert at[1e-12] == -1
    says("Without noise the «eight» units stay one. With noise they may part", seen.network.widths[1])
    assert symmetry.distinct_units(seen.network.member(0), 1) == 1


def test_the_figure_of_the_moons():
    says("Now choose the moons, and find the smallest noise that parts the units.")
    at = dict(zip(experiments.NOISE, experiments.parting("moons", "0.5", "tanh").parted_at, strict=True))
    assert {noise for noise, step in at.items() if step >= 0} == {0.01, 0.1, 0.5}


def test_parted_means_parted_for_good():
    """Noise of 0.01 on the moons crosses the bound long before it stays below."""
    seen = experiments.parting("moons", "0.5", "tanh")
    below = seen.loss[:, experiments.NOISE.index(0.01)] < experiments.PARTED * seen.equal_loss
    assert below.argmax() < 50 < 400 < seen.parted_at[experiments.NOISE.index(0.01)]


def test_how_long_noise_takes_on_the_cross():
    noise = np.array([1e-1, 1e-3, 1e-6, 1e-9, 1e-12])
    growth, equal_loss = theory("cross", steps=3000)
    at = parted(trained("cross", 0.5, noise, steps=3000).loss, equal_loss)
    text = printed("symmetry", cell="parting")
    assert table("symmetry", "parting") == [list(pair) for pair in zip(noise, at, strict=True)]
    assert f"after 1000 steps noise is {number(growth[1000], 2)} times as large" in text
    says(
        "From noise of 0.001 to a millionth, a thousandth costs «142» steps more: growth is exponential", at[2] - at[1]
    )
    assert noise[1] / noise[2] == pytest.approx(1000)
    says("Then equal units leave the plateau, growth slows down, and $10^{-12}$ takes «2436» steps.", at[4])
    logs = np.log(growth[[100, 200, 300]])
    assert np.diff(logs) == pytest.approx(np.diff(logs)[0], rel=0.15)
    assert equal_loss[200] > 0.69 - 0.01
    assert equal_loss[1000] < 0.53
    assert growth[1000] / growth[500] > 50
    assert growth[1500] / growth[1000] < 5
    says(
        "Measured points at noise 0.1, 0.001, a millionth and a billionth rise slowly, the point at «ten» to the minus "
        "«twelve» lies far higher. All lie near a line that was predicted from equal units alone.",
        noise[-1] ** (-1 / 12),
        -np.log10(noise[-1]),
    )
    assert np.diff(at)[:3].max() < 250
    assert at[4] > 4 * at[3]
    says("Steps until the units part, against the noise on a logarithmic axis, for tanh from weights 0.5 on the cross.")
    says("The theory says in advance when noise will be as large as the weights.")
    assert [np.argmax(each * growth > 0.5) for each in noise] == pytest.approx(at, rel=0.2)


def test_noise_on_a_saddle_grows_by_a_fixed_factor():
    says("Where an eigenvalue of $H$ is negative, some difference grows by a factor in every step: the units sit on a")
    net, rate = experiments.noisy(0.0, 0.0), 0.3
    growth, _ = symmetry.twin_differences(net, *DATA["moons"], learning_rate=rate, steps=100)
    H = (np.eye(5) - growth[1]) / rate
    lowest = np.linalg.eigvalsh(H)[0]
    assert lowest < 0
    factor = 1 - rate * lowest
    assert factor > 1
    size = np.linalg.norm(growth, ord=2, axis=(1, 2))
    assert size[1:] / size[:-1] == pytest.approx(factor)
    at = dict(zip(experiments.NOISE, experiments.parting("moons", "0", "tanh").parted_at, strict=True))
    costs = np.diff([at[noise] for noise in (1e-6, 1e-9, 1e-12, 1e-15)])
    assert costs == pytest.approx(math.log(1000) / math.log(factor), abs=1.5)


def test_ten_draws_and_three_optimizers():
    found = results.load(experiments.parted_for_good)
    rate = 0.3
    draws = len(found.axes["draw"])
    says("Here are «ten» draws of noise and data, at the same rate of «0.3».", draws, rate)
    assert OPTIONS["learning_rate"] == rate
    text = printed("symmetry", cell="table")
    assert f"within {found.settings['steps']} steps" in text
    for data in DATA:
        for optimizer in OPTIMIZERS:
            (shown,) = (row[2:] for row in table("symmetry", "table") if row[:2] == [data, optimizer])
            counts = [int(str(each).split(" ")[0].removesuffix(".0")) for each in shown]
            steps = (for_good(optimizer, noise, data=data) for noise in (0.1, 1e-3, 1e-6, 1e-15))
            assert counts == [int(np.sum(step >= 0)) for step in steps]

    wide = 16
    says(
        "Noise of 0.1 parts these tanh units in every draw, with every optimizer, also at width «16» and at half and "
        "double the rate.",
        wide,
    )
    for data in DATA:
        for optimizer in OPTIMIZERS:
            for width in (8, wide):
                for each in (rate / 2, rate, 2 * rate):
                    assert (for_good(optimizer, 0.1, data=data, width=width, rate=each) >= 0).all()

    little = [for_good("sgd", 0.001, data="moons", width=width) >= 0 for width in (8, wide)]
    least = np.concatenate([for_good("sgd", 1e-6, data="moons", width=width) for width in (8, wide)])
    says("On the moons, equal units come to rest in a place that is almost stable")
    says(
        "with gradient descent noise of 0.001 parts two draws of «ten», with «16» units «nine», and a millionth none",
        len(little[0]),
        wide,
        little[1].sum(),
    )
    assert little[0].sum() == 2
    assert (least == -1).all()
    growth, equal_loss = theory("moons")
    assert equal_loss[1000] - equal_loss[5000] < 0.005
    assert growth[5000] < 2 * growth[100]

    cases, slower = [(data, noise) for data in DATA for noise in (0.1, 1e-3, 1e-6)], 0.0375
    typical = {
        each: max(np.median(for_good("adam", noise, data=data, rate=each)) for data, noise in cases)
        for each in (rate, slower)
    }
    says(
        "Adam typically parts them within dozens of steps, at «an eighth» of the rate within «150», from noise down "
        "to a millionth.",
        slower / rate,
        near(typical[slower], rel=0.1),
    )
    assert 12 < typical[rate] < 40
    assert typical[slower] < 150
    assert all((for_good("adam", noise, data=data, rate=each) >= 0).all() for data, noise in cases for each in typical)
    says("where all gradients are tiny, it magnifies what little tells twins apart, rounding included")
    assert (for_good("adam", 1e-15, data="moons") >= 0).all()
    assert (for_good("sgd", 1e-15, data="moons") == -1).all()

    ends = []
    for draw in range(10):
        start = experiments.noisy(0.5, (0.0, 0.1), "relu", rng=draw)
        equal, loss = train(start, *datasets.cross(rng=draw), steps=1000, **OPTIONS).loss.T
        ends.append(parted(loss[:, None], equal)[0] >= 0)
    says(
        "In the figure, with ReLU from 0.5 on the cross, even 0.1 is too little; it parts «five» of «ten» other draws.",
        sum(ends),
        len(ends),
    )
    at = dict(zip(experiments.NOISE, experiments.parting("cross", "0.5", "relu").parted_at, strict=True))
    assert {step for noise, step in at.items() if noise <= 0.1} == {-1}


def test_the_noise_of_rounding():
    options = OPTIONS | {"steps": 10_000}
    ends = {n: train(experiments.noisy(0.5, 0.0, units=n), *DATA["cross"], **options) for n in (16, 18, 19)}
    says("Noise of $10^{-15}$ is what a computer rounds off.")
    assert np.spacing(0.5) < 1e-15
    counts = {n: symmetry.distinct_units(run.network, 1) for n, run in ends.items()}
    says("Nothing here is random, and yet some of these networks have two or three kinds of units in the end,")
    assert max(counts.values()) in (2, 3)
    says("and have left the plateau.")
    equal = {n: train(experiments.noisy(0.5, 0.0, units=n), *DATA["cross"], **OPTIONS, steps=500).loss for n in ends}
    left = {n for n, run in ends.items() if run.loss[-1] < 0.1 * equal[n][-1]}
    assert left
    assert all(counts[n] > 1 for n in left)
    text = printed("symmetry", cell="rounding-code")
    for n, run in ends.items():
        assert f"{n} units: loss {run.loss[-1]:.3f}, kinds {counts[n]}" in text


# ---------------------------------------------------------------- different, and yet alike


def test_the_moons_from_zero():
    centre = 0
    seen = experiments.parting("moons", str(centre), "tanh")
    at = dict(zip(experiments.NOISE, seen.parted_at, strict=True))
    says("In the figure, set the moons and weights «0». Even noise of $10^{-15}$ parts the units in less", centre)
    says("than two hundred steps.")
    assert max(step for noise, step in at.items() if noise) == at[1e-15]
    assert 0 < at[1e-15] < 200
    equal = experiments.parting("moons", "0.5", "tanh").equal_loss[-1]
    ends = [loss for noise, loss in zip(experiments.NOISE, seen.loss[-1], strict=True) if 0 < noise <= 0.1]
    says(
        "But then the loss stands at «0.27», where equal units end that start at 0.5.", near(np.array(ends), abs=0.0055)
    )
    assert np.array(ends) == pytest.approx(equal, abs=0.002)


def test_units_that_are_different_and_yet_alike():
    found = results.load(experiments.grown_from_zero)
    rate, millionth = found.settings["rates"].index(0.3), found.settings["noise"].index(1e-6)
    says("We stop when the loss first falls below «0.4» and compare", found.settings["falling"])
    says(
        "With gradient descent and momentum all units have grown in one direction, in every draw, at widths «8» and "
        "«16» and at all «six» rates",
        found.axes["width"][0],
        found.axes["width"][1],
        len(found.settings["rates"]),
    )
    for optimizer in ("sgd", "momentum"):
        assert found.get("alike", optimizer=optimizer)[..., millionth].min() > 0.998
    assert len(found.axes["width"]) == 2
    says("with Adam they usually have")
    adam = found.get("alike", optimizer="adam")[..., millionth]
    assert 0.7 < np.mean(adam > 0.9) < 0.9
    assert np.median(adam[:, :, rate], axis=0).min() > 0.97

    shown = {(start, optimizer): step for start, optimizer, _, step in table("symmetry", "aligned")}
    slower = {optimizer: [] for optimizer in OPTIMIZERS}
    for optimizer in OPTIMIZERS:
        low = found.get("low", optimizer=optimizer, width=8)[:, rate][:, [millionth, -1]]
        noise, xavier = np.median(np.where(low < 0, np.inf, low), axis=0)
        steps = [each if np.isfinite(each) else "–" for each in (noise, xavier)]
        assert [shown["noise of a millionth", optimizer], shown["Xavier", optimizer]] == steps
        for width in found.axes["width"]:  # every optimizer loses steps, at every rate
            low = found.get("low", optimizer=optimizer, width=width)
            low = np.where(low < 0, np.inf, low)
            noise, xavier = np.median(low, axis=0)[:, [millionth, -1]].T
            both = np.isfinite(xavier)
            slower[optimizer].extend(noise[both] / xavier[both])
    assert min(slower["momentum"]) > 5
    assert min(slower["sgd"] + slower["adam"]) > 1
    says(
        "Momentum then takes many times as long as from Xavier's weights, Adam typically «twice»; gradient descent "
        "gets there within «5000» steps in two draws of «ten».",
        near(np.median(slower["adam"]), abs=0.2),
        found.settings["steps"],
        len(found.axes["draw"]),
    )
    assert np.sum(found.get("low", optimizer="sgd", width=8)[:, rate, millionth] >= 0) == 2
    says("until they turn apart")
    run = trained("moons", 0.0, 1e-12, steps=5000)
    assert run.loss[3000] > 0.25
    assert run.loss[4000] < 0.05


# ---------------------------------------------------------------- exercises


def test_which_layers_have_twins():
    says("A network has two hidden layers, biases 0, tanh.")
    says(
        "(a) All weights of all layers equal to 0.1. (b) $W^{[1]}$ random, $W^{[2]}$ and $W^{[3]}$ all 0.1. (c) "
        "$W^{[1]}$ and $W^{[2]}$ random, $W^{[3]} = 0$. (d) $W^{[1]} = 0$, $W^{[2]}$ and $W^{[3]}$ random."
    )
    tenth = functools.partial(constant, value=0.1)
    schemes = {
        "a": [tenth, tenth, tenth],
        "b": [xavier_normal, tenth, tenth],
        "c": [xavier_normal, xavier_normal, zeros],
        "d": [zeros, xavier_normal, xavier_normal],
    }
    x, y = DATA["moons"]
    start = {name: sample([2, 5, 6, 2], "tanh", scheme, rng=0) for name, scheme in schemes.items()}
    assert not any(b.any() for net in start.values() for b in net.biases)
    ends = {name: train(net, x, y, steps=100, **OPTIONS).network for name, net in start.items()}
    counted = {name: [different(symmetry.units(end, layer)) for layer in (1, 2)] for name, end in ends.items()}
    assert counted == {"a": [1, 1], "b": [5, 1], "c": [5, 6], "d": [5, 6]}
    says("leave it with units that can never become different?")
    says("</summary> (a) and (b).")

    says(
        "(b) The units of layer 1 have different weights coming in: no twins there. The units of layer 2 are twins: "
        "each row of $W^{[2]}$ is 0.1 everywhere, and so is what goes out of them. Layer 2 stays one unit for ever."
    )
    assert symmetry.distinct_units(start["b"], 2) == 1
    assert (start["b"].weights[1] == 0.1).all()

    says("(c) has no twins. The output is 0 at first, and so are the gradients of the hidden weights")
    says("since the activations of layer 2 are not 0, and it differs from unit to unit, since they are not equal")
    passed = forward(start["c"], x)
    assert not passed.output.any()
    assert np.abs(passed.a[2]).mean(axis=1).min() > 0.01
    dW1, dW2, dW3, *_ = gradients(start["c"], x, y)
    assert not dW1.any()
    assert not dW2.any()
    assert different(dW3.T) == 6
    says("From the second step on everything moves.")
    moved = [train(start["c"], x, y, steps=steps, **OPTIONS).network.weights for steps in (1, 2)]
    still = [[np.array_equal(W, V) for W, V in zip(each, start["c"].weights, strict=True)] for each in moved]
    assert still == [[True, True, False], [False, False, False]]

    says(
        "(d) has no twins either, because the units of layer 1 have different weights going out. All activations are 0 "
        "at first (tanh 0 = 0), but the gradients that come back through $W^{[2]}$ differ from unit to unit, so"
    )
    assert not any(a.any() for a in forward(start["d"], x).a[1:])
    dW1, dW2, dW3, *_ = gradients(start["d"], x, y)
    assert different(dW1) == 5
    assert not dW2.any()
    assert not dW3.any()
    moved = train(start["d"], x, y, steps=2, **OPTIONS).network.weights
    assert not any(np.array_equal(W, V) for W, V in zip(moved, start["d"].weights, strict=True))


def test_a_last_layer_of_zeros_is_a_respectable_choice():
    says("Setting the last layer to 0 is a respectable choice, and it makes the loss begin at exactly $\\ln C$.")
    x, y = DATA["moons"]
    for classes in (2, 5):
        start = sample([2, 8, 8, classes], "tanh", [xavier_normal, xavier_normal, zeros], rng=0)
        run = train(start, x, y, steps=1000, **OPTIONS)
        assert run.loss[0] == pytest.approx(math.log(classes), rel=1e-15)
        assert run.loss[-1] < 0.1
    says("Biases may start at 0, and so may the last layer.")


def test_branches_may_end_in_zeros():
    says("a start with the last layer of every branch at 0, and without trouble")
    x, y = DATA["moons"]
    rng = np.random.default_rng(0)
    first, last = rng.standard_normal((8, 2)), rng.standard_normal((2, 8)) / 8
    branches = [sample([8, 8, 8], "tanh", [xavier_normal, zeros], rng=k) for k in range(5)]
    losses = []
    for _ in range(300):
        passed, h = [], first @ x
        for branch in branches:
            passed.append(forward(branch, h))
            h = h + passed[-1].output
        loss, top = softmax_cross_entropy(last @ h, y)
        losses.append(loss)
        top = last.T @ top
        for branch, seen in zip(branches[::-1], passed[::-1], strict=True):
            found = backward(branch, seen, top)
            top = top + found.dx
            for A, dA in zip((*branch.weights, *branch.biases), (*found.dW, *found.db), strict=True):
                A -= 0.3 * dA
    assert losses[-1] < 0.1 < losses[0]
    assert all(different(symmetry.units(branch, 1)) == 8 for branch in branches)


def test_a_layer_of_twins_has_a_weight_out_that_is_n_times_as_large():
    says("So $n$ twins are one unit whose weights out are $n$ times as large.")
    rng = np.random.default_rng(0)
    for n in (2, 8, 16):
        W, b, V = np.tile(rng.standard_normal(3), (n, 1)), np.full(n, 0.3), np.tile(rng.standard_normal((2, 1)), n)
        one = exercises.collapse.solution(W, b, V)
        assert [part.shape for part in one] == [(1, 3), (1,), (2, 1)]
        assert same(one[2], n * V[:, :1])
        x = rng.standard_normal((3, 10))
        for f in (np.tanh, np.abs, np.exp):
            assert V @ f(W @ x + b[:, None]) == pytest.approx(one[2] @ f(one[0] @ x + one[1][:, None]))


def test_steps_until_twins_part_near_a_saddle():
    says(
        "Near a saddle the difference of two twins is multiplied by $1 + \\eta\\lambda$ in every step, where $\\eta$ is"
    )
    says("$\\eta$ is the learning rate and $\\lambda > 0$ says how strongly the loss curves downward there.")
    says("How many steps does it take until a difference `noise` has grown to 0.1?")
    says("Solve $\\text{noise} \\cdot (1 + \\eta\\lambda)^t = 0.1$ for $t$.")
    says("$t = \\ln(0.1 / \\text{noise}) / \\ln(1 + \\eta\\lambda)$")
    rate, curvature = 0.3, 0.2
    assert min(rate, curvature) > 0
    for noise in (1e-3, 1e-6):
        difference, steps = noise, 0
        while difference < 0.1:
            difference, steps = (1 + rate * curvature) * difference, steps + 1
        assert steps == math.ceil(exercises.steps_to_part.solution(noise, rate, curvature))
    says("to start from a thousandth of it costs the same number of steps each time")
    steps = [exercises.steps_to_part.solution(0.1 / 1000**k, rate, curvature) for k in range(5)]
    assert np.diff(steps) == pytest.approx(steps[1])
    says("Near such a saddle even rounding errors part twins before long.")
    assert exercises.steps_to_part.solution(np.spacing(0.5), rate, curvature) < 1000


def test_random_biases_break_the_symmetry_and_may_not_be_enough():
    says(
        "All weights 0.5, but the biases of the hidden units are drawn from $\\mathcal{N}(0, 1)$. Are the units twins? "
        "Does the network learn the cross? And if all weights are 0 instead?"
    )
    x, y = DATA["cross"]
    biases = normal((100_000,), rng=0)
    assert biases.mean() == pytest.approx(0, abs=0.02)
    assert biases.std() == pytest.approx(1, abs=0.02)
    nets = {
        value: sample(
            [2, 8, 2], "tanh", functools.partial(constant, value=value), bias_initializer=[normal, zeros], rng=0
        )
        for value in (0.5, 0.0)
    }
    runs = {value: train(net, x, y, steps=1000, **OPTIONS) for value, net in nets.items()}
    says("With weights 0.5 the network learns the cross.")
    assert runs[0.5].loss[-1] < 0.02
    assert (answers(runs[0.5].network, x) == y).all()
    says(
        "With weights 0 the units are «eight» different ones as well, and yet the loss stays at $\\ln «2»$: no unit "
        "sees anything of the input, so every point gets the same scores.",
        [symmetry.distinct_units(net, 1) for net in nets.values()],
        near(np.exp(runs[0.0].loss), abs=1e-9),
    )
    assert same(np.ptp(forward(runs[0.0].network, x).output, axis=1), 0)
    says("With classes of equal size that is a point where all gradients are 0.")
    assert all(same(gradient, 0) for gradient in gradients(nets[0.0], x, y))


# ---------------------------------------------------------------- takeaways


def test_takeaways():
    says("A constant start other than 0 is worth one unit per layer: rank «1».", _ranks(0.5))
    says("Zero weights and biases with tanh or ReLU: no weight ever moves, rank «0».", _ranks(0.0))
    says("On a saddle noise grows exponentially, and a thousandth of it costs the same number of steps each time.")
    at = dict(zip(experiments.NOISE, experiments.parting("cross", "0", "relu").parted_at, strict=True))
    thousandths = (1e-3, 1e-6, 1e-9)
    assert np.divide(thousandths[1:], thousandths[:-1]) == pytest.approx(1 / 1000)
    assert np.diff([at[noise] for noise in thousandths]) == pytest.approx(at[1e-9] - at[1e-6], abs=6)
    says("How long noise takes to part the units depends on data, optimizer, width and activation.")
    says("tanh units that grow out of noise of a millionth first all point the same way, in every draw with gradient")


def _ranks(value):
    """Ranks of all matrices of a deeper network after training from a constant, on unequal classes."""
    x, y = DATA["moons"]
    start = sample([2, 8, 8, 8, 2], "tanh", functools.partial(constant, value=value))
    return [rank(W) for W in train(start, x[:, :91], y[:91], steps=100, **OPTIONS).network.weights]


# ---------------------------------------------------------------- the quiz


def train_a_while(net, x, y, steps=100, **options):
    return train(net, x, y, steps=steps, **OPTIONS | options)


def gradients_at(W, b, V, x, y):
    """Gradients of all arrays of a tanh network with one hidden layer, [W, b, V]."""
    dW, dV, db, _ = gradients(Network((W, V), (b, np.zeros(2)), "tanh"), x, y)
    return [dW, db, dV]


def test_what_a_hundred_steps_from_zero_change():
    quiz_says(
        quiz, "W[2] = 0 lets no gradient down", "tanh(0) = 0 gives W[2] none", "A tanh network starts with all weights"
    )
    quiz_says(quiz, "That is so when the classes are unequal or the batches small", "Their gradient is Σ δᵢ f(0)")
    quiz_says(quiz, "That happens with a sigmoid, whose f(0) is ½, and when the classes are unequal")
    x, y = datasets.cross(rng=0)
    moved = {}
    for activation in ("tanh", "sigmoid"):
        start = sample([2, 8, 2], activation, zeros)
        assert (forward(start, x).a[1] == {"tanh": 0, "sigmoid": 1 / 2}[activation]).all()
        for data, options in (("equal", {}), ("unequal", {}), ("small", {"batch_size": 10, "rng": 0})):
            some = slice(0, 97) if data == "unequal" else slice(None)
            end = train_a_while(start, x[:, some], y[some], **options).network
            assert symmetry.unit_spread(end, 1) < 1e-9  # in lockstep, if at all
            moved[activation, data] = [bool(np.abs(A).max() > 1e-9) for A in (*end.weights, end.biases[1])]
    assert moved["tanh", "equal"] == [False, False, False]
    assert moved["tanh", "unequal"] == moved["tanh", "small"] == [False, False, True]
    assert moved["sigmoid", "equal"] == [False, False, False]
    assert moved["sigmoid", "unequal"] == moved["sigmoid", "small"] == [True, True, True]


def test_what_makes_units_different_that_start_at_one_half():
    x, y = datasets.moons(rng=0)
    half = functools.partial(constant, value=0.5)
    start = sample([2, 8, 2], "tanh", half)

    def apart(network):
        return bool(symmetry.unit_spread(network, 1) > 1e-6)

    def by_rule(step, mask=lambda: np.ones(8)):
        W, b, V = (np.array(A) for A in (start.weights[0], start.biases[0], start.weights[1]))
        for _ in range(20):
            on = mask()
            dW, db, dV = gradients_at(W, b, V * on, x, y)
            for A, dA in zip((W, b, V), step([dW, db, dV * on]), strict=True):
                A -= dA
        return Network((W, V), (b, np.zeros(2)), "tanh")

    mean, square, rng = [0.0] * 3, [0.0] * 3, np.random.default_rng(0)

    def adam(found):
        for i, g in enumerate(found):
            mean[i], square[i] = 0.9 * mean[i] + 0.1 * g, 0.999 * square[i] + 0.001 * g**2
        return [0.01 * m / (np.sqrt(s) + 1e-8) for m, s in zip(mean, square, strict=True)]

    random_biases = sample([2, 8, 2], "tanh", half, bias_initializer=[normal, zeros], rng=0)
    different = {
        "Taking the examples in random order": apart(train_a_while(start, x, y, batch_size=10, rng=0).network),
        "Dropout": apart(by_rule(lambda found: [0.3 * g for g in found], lambda: rng.random(8) < 0.5)),
        "Adam instead of plain gradient descent": apart(by_rule(adam)),
        "Random biases of the hidden units": apart(train_a_while(random_biases, x, y).network),
        "A larger learning rate": apart(train_a_while(start, x, y, learning_rate=1.0).network),
    }
    assert {option.text: option.right for option in quiz.questions[1].options} == different


def test_sixteen_equal_units_are_one_with_sixteen_times_the_weight():
    question = quiz.questions[2]
    quiz_says(quiz, "The output adds up 16 equal terms v f(u)", "√16 is right for random signs")
    assert [number for number, _ in question.wrong] == [1, 16**0.5, 1 / 16]
    u, v = np.linspace(-2, 2, 9), 0.7
    assert np.full(16, v) @ np.tanh(np.tile(u, (16, 1))) == pytest.approx(question.answer * v * np.tanh(u))
    signs = np.random.default_rng(0).choice([-1, 1], size=(100_000, 16))
    assert np.sqrt(np.square(signs.sum(axis=1)).mean()) == pytest.approx(4, rel=0.02)


def test_noise_that_grows_tenfold_every_forty_steps():
    question = quiz.questions[3]
    quiz_says(quiz, "grows tenfold every 40 steps, and noise of 10⁻⁶ has grown to 1 after 240", "10⁻⁹ need?")
    factor = 10 ** (1 / 40)
    steps = {noise: round(-np.log(noise) / np.log(factor)) for noise in (1e-6, 1e-9)}
    assert 1e-6 * factor**240 == pytest.approx(1)
    assert (steps[1e-6], steps[1e-9]) == (240, question.answer)
    quiz_says(quiz, "Nine powers of ten, 40 steps each. A thousandth of the noise costs 120 steps more.")
    assert steps[1e-9] == 9 * 40 == 240 + 120
    assert [number for number, _ in question.wrong] == [1000 * 240, steps[1e-9] - steps[1e-6], steps[1e-6]]


def test_units_that_are_different_and_do_the_work_of_one():
    x, y = datasets.moons(rng=0)
    noise = (1e-12, 0.1)
    quiz_says(quiz, "The moons, tanh, weights 0 with noise of 10⁻¹²: after 1000 steps all eight units are different")
    quiz_says(quiz, "With noise of 0.1, a hundred billion times as much, the loss after 1000 steps is 0.27 as well.")
    assert noise[1] / noise[0] == pytest.approx(100e9)
    ends = [train_a_while(experiments.noisy(0.0, each), x, y, steps=1000) for each in noise]
    one_unit = train_a_while(experiments.noisy(0.5, 0.0), x, y, steps=1000).loss[-1]
    assert [end.loss[-1] for end in ends] == pytest.approx([one_unit, one_unit], abs=0.002)
    assert [round(end.loss[-1], 2) for end in ends] == [0.27, 0.27]
    quiz_says(quiz, "Their weights lie along one line. Their lengths differ, their direction does not.")
    for end in ends:
        assert symmetry.distinct_units(end.network, 1) == 8
        W = end.network.weights[0]
        lengths = np.linalg.norm(W, axis=1)
        assert lengths.max() > 2 * lengths.min()
        unit = W / lengths[:, None]
        assert np.abs(unit @ unit.T).min() > 0.99
