"""The sentences of the book, held to account.

Every test quotes what a chapter says and works it out again. `says` fails when the sentence is no longer in the
chapter, so a claim cannot outlive its test or the other way round.
"""

import contextlib
import functools
import io
import json
import math
import re
from functools import partial
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from initlab import gaussian, products
from initlab.demos import exploding, signal
from initlab.initializers import xavier_normal
from initlab.losses import squared_error
from initlab.network import Network, backward, forward, sample
from initlab.training import train

BOOK = Path(__file__).resolve().parents[1] / "book"


@functools.cache
def cells(chapter):
    return json.loads((BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def says(chapter, *sentences):
    """Fail unless the prose of the chapter contains every one of the sentences."""
    prose = " ".join(" ".join(source(c) for c in cells(chapter) if c["cell_type"] == "markdown").split())
    for sentence in sentences:
        assert " ".join(sentence.split()) in prose, f"{chapter} no longer says: {sentence}"


@functools.cache
def printed(chapter):
    """Everything that the code cells of a chapter print, and then the code in its hidden solutions."""
    matplotlib.use("agg")
    out, namespace = io.StringIO(), {}
    solutions = re.findall(r"```python\n(.*?)```", "\n".join(source(c) for c in cells(chapter)), re.S)
    with contextlib.redirect_stdout(out):
        for code in [source(c) for c in cells(chapter) if c["cell_type"] == "code"] + solutions:
            exec(compile(code, chapter, "exec"), namespace)
    return out.getvalue()


def descend(factor, rate, steps=1000):
    x, y = exploding.turn()
    return train(exploding.equal_layers(factor), x, y, loss="squared_error", learning_rate=rate, steps=steps)


def solved_rates(factor):
    fates = [exploding.outcome(loss) for loss in exploding.losses(factor).T]
    return {rate: step for rate, (fate, step) in zip(exploding.RATES, fates, strict=True) if fate == "solved"}


# ---------------------------------------------------------------- the front page


def test_ten_per_cent_too_large_is_a_hundred_times_too_large():
    says("index", "$1.1^{50} = 117$: weights ten per cent too large make a signal a hundred times too large")
    assert round(1.1**50) == 117


def test_the_picture_is_the_network_that_the_page_describes():
    says("index", "a network of 50 layers with 200 units each", "standard deviation $g/\\sqrt{200}$")
    assert signal.signal.settings()["depth"] == 50
    assert signal.signal.settings()["width"] == 200


def test_relu_wants_root_two():
    says("index", "ReLU throws half of the signal's energy away, so it wants $g = \\sqrt2 = 1.414$")
    assert gaussian.second_moment("relu", 1.0) == pytest.approx(0.5)
    assert math.sqrt(2) in [pytest.approx(gain, abs=5e-4) for gain in signal.GAINS]
    assert "Forward, the signal lives" in signal.signal.frame(activation="relu", gain=1.4142)["text"]
    # "Now switch to ReLU without moving the slider: what happened": at a scale that suits tanh, ReLU dies
    for activation, fates in (("tanh", ("lives", "lives")), ("relu", ("dies", "dies"))):
        text = signal.signal.frame(activation=activation, gain=1.0)["text"]
        assert re.findall(r"(lives|dies|explodes)", text) == list(fates)


def test_no_scale_on_the_slider_keeps_the_gradient_of_a_sigmoid_alive():
    says(
        "index",
        "multiplies the gradient by at most $g/4$ per layer; at no setting of this slider does the gradient survive",
    )
    for gain in signal.GAINS:
        assert "Backward, the gradient dies" in signal.signal.frame(activation="sigmoid", gain=gain)["text"]
    for q in np.geomspace(1e-3, 1e3, 13):
        assert gaussian.squared_slope("sigmoid", q) <= (1 / 4) ** 2 * (1 + 1e-12)


def test_each_unit_of_a_deep_sigmoid_network_ends_on_a_constant_of_its_own():
    says("index", "each unit ends on a constant of its own that says practically nothing about the input")
    x = np.random.default_rng(0).standard_normal((200, 50))
    for gain in signal.GAINS:
        last = forward(sample([200] * 51, "sigmoid", partial(xavier_normal, gain=gain), rng=0), x).a[-2]
        assert last.std(axis=1).max() < 1e-6 * last.std(axis=0).min()  # over inputs, against over units


def test_for_a_linear_network_the_factor_is_g():
    says("index", "For a linear network the factor is $g$ itself")
    theory = gaussian.propagate("identity", weight_variance=1.3**2, depth=4)
    assert theory.a == pytest.approx(1.3 ** (2 * np.arange(5)))


# ---------------------------------------------------------------- exploding and vanishing signals


def test_nine_equal_matrices():
    says("exploding", "About 40 times: $1.5^9 = 38.44$.", "$0.5^9 = 0.00195$", "keeps a five-hundredth of its length")
    assert 1.5**9 == pytest.approx(38.44, abs=0.005)
    assert 0.5**9 == pytest.approx(0.00195, abs=5e-6) == pytest.approx(1 / 500, rel=0.03)
    assert "c = 1.5:  |a[9]| / |x| = 38.44336" in printed("exploding")


def test_weight_gradients_are_the_same_in_all_hidden_layers():
    says("exploding", "**the same in all nine hidden layers**", "$1.5^8 = 25.63$, and $0.5^8 = 0.0039$")
    assert 1.5**8 == pytest.approx(25.63, abs=0.005)
    assert 0.5**8 == pytest.approx(0.0039, abs=5e-5)
    for line in ("layer 9: dL/da  1.00000, dL/dW 25.62891", "layer 1: dL/da 25.62891, dL/dW 25.62891"):
        assert line in printed("exploding")
    for panel in (exploding.ten_matrices.frame(factor=c)["panels"]["backward"]["y"] for c in exploding.FACTORS):
        assert len(set(panel["weight"][1:])) == 1  # the flat curve of the figure


def test_the_figure_of_the_ten_matrices_agrees_with_backpropagation():
    factor = 1.5
    net = exploding.equal_layers(factor)
    passed = forward(net, np.array([[1.0], [1.0]]))
    grads = backward(net, passed, np.array([[1.0], [-1.0]]))
    frame = exploding.ten_matrices.frame(factor=factor)["panels"]
    lengths = [np.linalg.norm(a) / np.sqrt(2) for a in passed.a[:10]]
    assert frame["forward"]["y"]["signal"] == pytest.approx(lengths, rel=1e-3)
    gradients = [np.linalg.norm(g) / np.sqrt(2) for g in (grads.dx, *grads.dz[:9])]
    assert frame["backward"]["y"]["gradient"] == pytest.approx(gradients, rel=1e-3)
    weights = [np.linalg.norm(dW) / 2 for dW in grads.dW[:9]]
    assert frame["backward"]["y"]["weight"][1:] == pytest.approx(weights, rel=1e-3)


def test_three_starts_at_one_rate():
    says(
        "exploding",
        "Only $c = 1$ solves it.",
        "From $c = 1.5$ the loss starts at 720, and the very first step makes it worse by a factor of 84 million; "
        "at step 3 it overflows, and what follows is nan, not a number.",
        "From $c = 0.5$ the loss sits at 0.5",
        "a network that always answers 0 has loss 0.5",
    )
    large, right, small = (descend(c, 0.01) for c in (1.5, 1.0, 0.5))
    assert large.loss[0] == pytest.approx(720, abs=0.5)
    assert large.loss[1] / large.loss[0] == pytest.approx(84e6, rel=0.01)
    assert large.diverged_at == 3
    assert right.loss[-1] < exploding.SOLVED
    assert small.loss == pytest.approx(0.5, abs=0.0025)
    _, y = exploding.turn()
    assert np.square(y).sum() / (2 * y.shape[1]) == pytest.approx(0.5)


def test_the_task_is_a_turn_of_six_degrees_in_every_layer():
    says("exploding", "turn the plane by 60 degrees. A turn of six degrees in every layer would do.")
    angle = np.deg2rad(6)
    six = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x, y = exploding.turn(60)
    assert np.linalg.matrix_power(six, 10) @ x == pytest.approx(y)


def test_each_start_has_rates_that_work():
    says(
        "exploding",
        "nineteen rates, from 0.0001 to 3.16",
        "With its own best rate every start reaches the solution.",
        "how fast, by a factor of a hundred",
        "From $c = 1.5$ the largest rate that works is 0.001; from $c = 1$ it is 0.316.",
        "an error that is 38 times too large: together almost a thousandfold",
        "At $c = 0.5$ the factor is $0.5^8$, so that the gradient is hundreds of times too small",
    )
    assert len(exploding.RATES) == 19
    assert (exploding.RATES[0], exploding.RATES[-1]) == (0.0001, 3.16)
    rates = {c: solved_rates(c) for c in exploding.FACTORS}
    assert all(rates.values())
    steps = {c: min(rates[c].values()) for c in rates}
    assert steps[1.5] / steps[1.0] > 100
    assert steps[0.5] > 40 * steps[1.0]
    assert (max(rates[1.5]), max(rates[1.0])) == (0.001, 0.316)
    x, y = exploding.turn()
    errors = {c: np.linalg.norm(c**9 * x - y) for c in (0.5, 1.0, 1.5)}
    assert errors[1.5] / errors[1.0] == pytest.approx(38, abs=0.5)
    assert 900 < 1.5**8 * errors[1.5] / errors[1.0] < 1000
    assert 1 / 300 < 0.5**8 * errors[0.5] / errors[1.0] < 1 / 200


def test_large_starts_do_not_oscillate_around_the_minimum():
    says(
        "exploding",
        "none of the 19 runs from $c = 1.5$ oscillates",
        "Our grid has one such rate, 0.562. With it most starts between 0.5 and 1.1 oscillate, up to losses of 0.3 and "
        "more; one rate lower, at 0.316, all of them solve the task.",
    )
    oscillating = set()
    for c in exploding.FACTORS:
        for rate, loss in zip(exploding.RATES, exploding.losses(c).T, strict=True):
            if exploding.outcome(loss)[0] == "unsolved" and np.sum(np.diff(loss[-201:]) > 0) > 50:
                oscillating.add((c, rate))
                assert loss[-200:].max() > 0.3
    small = {c for c in exploding.FACTORS if c <= 1.1}
    # just beyond the edge of stability a run is chaotic, and rounding may decide for one of them
    assert len(small) / 2 < len(oscillating) <= len(small)
    assert {rate for _, rate in oscillating} == {0.562}
    assert {c for c, _ in oscillating} <= small
    assert all(0.316 in solved_rates(c) for c in small)


def test_the_largest_stable_rate_at_the_solution():
    says("exploding", "just beyond what is stable *at the solution*, which is 0.4 here")
    solution = descend(1.0, 0.1).network
    theta = np.concatenate([W.ravel() for W in solution.weights])

    def gradient(theta):
        net = Network(tuple(theta.reshape(10, 2, 2)), solution.biases, "identity")
        passed = forward(net, exploding.turn()[0])
        _, top = squared_error(passed.output, exploding.turn()[1])
        return np.concatenate([dW.ravel() for dW in backward(net, passed, top).dW])

    step = 1e-5
    hessian = [(gradient(theta + step * e) - gradient(theta - step * e)) / (2 * step) for e in np.eye(theta.size)]
    # gradient descent is stable up to 2 / (largest curvature)
    assert 2 / np.linalg.eigvalsh(hessian).max() == pytest.approx(0.4, abs=0.005)


def test_one_step_from_too_large_to_vanished():
    says(
        "exploding",
        "From $c = 1.5$ at rates between 0.00178 and 0.00562, the first step or two *shrink* every hidden matrix so "
        "violently that the loss falls from 720 straight to about 0.5, and does not visibly move for the rest of the "
        "thousand steps.",
    )
    for rate in (0.00178, 0.00316, 0.00562):
        run = descend(1.5, rate)
        assert run.loss[2:] == pytest.approx(0.5, abs=0.005)
        assert all(np.linalg.norm(W) < 0.5 * 1.5 * np.sqrt(2) for W in run.network.weights[:9])


def test_a_small_start_stagnates_and_then_solves_the_task():
    says(
        "exploding",
        "At $c = 0.5$ and rate 0.01 the loss looks settled for three thousand steps; then it falls, faster and faster, "
        "and the task is solved at step 4202.",
    )
    run = descend(0.5, 0.01, steps=5000)
    assert run.loss[:3000] == pytest.approx(0.5, abs=0.01)
    assert exploding.outcome(run.loss)[1] == 4202


def test_the_typical_length_at_width_two():
    says(
        "exploding", "Half of all networks end below 0.0002.", "the middle 95 % of the networks cover six powers of ten"
    )
    low, typical, high = (float(products.growth_quantile(p, 30, 2)) for p in (0.025, 0.5, 0.975))
    assert typical == pytest.approx(0.0002, rel=0.05)
    assert np.log10(high / low) == pytest.approx(6, abs=0.1)


def test_the_mean_square_of_twenty_thousand_networks_misses_its_expectation():
    says("exploding", "Even the average of 20,000 networks misses its own expectation")
    assert "20,000 networks of width 2: 0.3% end above 1,\nand the mean square is 0.18. (Expected: 1.)" in printed(
        "exploding"
    )


def test_wide_layers_are_predictable():
    says("exploding", "At width 512 they lie between 0.69 and 1.36.", "a relative spread of $1/\\sqrt{2n}$")
    low, high = (float(products.growth_quantile(p, 30, 512)) for p in (0.025, 0.975))
    assert (round(low, 2), round(high, 2)) == (0.69, 1.36)
    factor = products.stretch(512, 1, seeds=400, rng=0)[:, 1]
    # the standard error of a standard deviation from 400 draws is its 1/sqrt(800)-th part
    assert factor.std() == pytest.approx(1 / np.sqrt(2 * 512), rel=4 / np.sqrt(800))


def test_drift_and_spread_go_with_depth_over_width():
    says("exploding", "drifted by $-L/(2n)$, at $g = 1$, and spread by $\\sqrt{L/(2n)}$")
    for n in (32, 128, 512):
        assert products.growth_rate(n) == pytest.approx(-1 / (2 * n), rel=0.05)
        assert products.growth_variance(n) == pytest.approx(1 / (2 * n), rel=0.05)


def test_randomness_takes_the_edge_off():
    says(
        "exploding",
        "at width 2 and $g = 1.3$ equal matrices would multiply a signal by 2620 in thirty layers, while more than "
        "half of the random networks let it shrink",
    )
    assert 1.3**30 == pytest.approx(2620, abs=5)
    assert products.growth_quantile(0.55, 30, 2, 1.3) < 1


def test_random_products_flatten_directions():
    text = printed("exploding")
    for n in (2, 8, 32):
        assert re.search(rf"width +{n}: one direction is multiplied by [\d.]+,\n +another by [\d.]+e-\d+", text)


def test_forward_and_backward_take_the_same_walk():
    says("exploding", "a linear network of 40 layers with 256 units and $g = 0.9$", "$\\sqrt{256} = 16$ times as large")
    lines = dict(re.findall(r"layer ( ?\d+) +([\d. ]+)\n", printed("exploding").split("size of:")[1]))
    sizes = {int(layer): [float(v) for v in row.split()] for layer, row in lines.items()}
    # The log of a size after l layers of width n spreads by sqrt(l / 2n): 0.28 here; three of them either way.
    slack = math.exp(3 * math.sqrt(40 / 512))
    assert 1 / slack < sizes[40][0] / 0.9**40 < slack
    assert 1 / slack < sizes[1][1] / 0.9**39 < slack
    weight = [sizes[layer][2] for layer in sizes]
    assert max(weight) / min(weight) < slack


def test_exercises():
    says("exploding", "$l > \\ln 1000 / \\ln 1.1 = 72.5$. So 73 layers.", "$1/\\sqrt{512} = 0.0442$")
    assert math.log(1000) / math.log(1.1) == pytest.approx(72.5, abs=0.05)
    assert 1 / math.sqrt(512) == pytest.approx(0.0442, abs=5e-5)
    says("exploding", "$0.01\\,\\sqrt{512} = 0.226$")
    assert 0.01 * math.sqrt(512) == pytest.approx(0.226, abs=5e-4)
    says("exploding", "the exact gain is 1.33457, and the approximation gives 1.28403, which is 4 % too small.")
    says("exploding", "At width 100 they are 1.00503 and 1.00501.")
    assert "width 2: 1.33457, approximately 1.28403\nwidth 100: 1.00503, approximately 1.00501" in printed("exploding")
    assert 1 - 1.28403 / 1.33457 == pytest.approx(0.04, abs=0.005)
    says("exploding", "of length $1.5\\sqrt2 = 2.12$ at the start, have length 0.07 after the step")
    says("exploding", "Their product has length $4 \\cdot 10^{-12}$")
    text = printed("exploding")
    assert "loss before and after: 720, 0.500000" in text
    assert text.count("length 0.07") == 9
    assert "length of the product: 4e-12" in text


def test_a_repaired_output_trains_like_a_good_network_at_a_quarter_of_the_rate():
    says("exploding", "Divide the learning rate by 4, and the network trains exactly like the one with $g = 1$.")
    depth = 6
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 8, 20))

    def repaired(output, targets):
        loss, gradient = squared_error(2.0**depth * output, targets)
        return loss, 2.0**depth * gradient

    histories = []
    for gain, loss, rate in ((1.0, squared_error, 0.02), (0.5, repaired, 0.005)):
        scheme = partial(xavier_normal, gain=gain)
        net = sample([8] * (depth + 1), "identity", scheme, bias_initializer=None, rng=1)
        histories.append(train(net, x, y, loss=loss, learning_rate=rate, steps=100).loss)
    assert histories[0][-1] < 0.9 * histories[0][0]
    assert histories[1] == pytest.approx(histories[0], rel=1e-9)


def test_directions_of_a_product_are_lost_in_single_precision():
    says("exploding", "at width 32 in single precision already after these nine layers")
    largest, smallest = re.findall(
        r"width 32: .* multiplied by ([\d.]+),\n +another by ([\d.e-]+)", printed("exploding")
    )[0]
    assert float(smallest) / float(largest) < np.finfo(np.float32).eps


def test_takeaways():
    says("exploding", "$1.5^9 = 38$, $0.5^9 = 0.002$, and $1.1^{50} = 117$")
    assert (round(1.5**9), round(0.5**9, 3), round(1.1**50)) == (38, 0.002, 117)
