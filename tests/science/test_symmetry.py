"""Twins: they stay twins, and linear theory says what becomes of a small difference between them."""

import re
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initlab import datasets, symmetry
from initlab.initializers import constant, he_normal, xavier_normal
from initlab.network import Network, sample
from initlab.training import train
from initlab_book.chapters import symmetry as demo

OPTIONS = {"learning_rate": 0.3, "steps": 60}


def equal(activation, centre=0.5, units=6):
    return sample([2, units, 2], activation, partial(constant, value=centre))


def test_units_hold_everything_that_belongs_to_a_unit():
    net = sample([2, 4, 3, 2], "tanh", xavier_normal, bias_initializer=partial(constant, value=0.1), rng=0)
    rows = symmetry.units(net, 2)
    assert rows.shape == (3, 4 + 1 + 2)
    assert rows[1] == pytest.approx([*net.weights[1][1], 0.1, *net.weights[2][:, 1]])
    assert symmetry.units(net, 3).shape == (2, 3 + 1)  # nothing goes out of the last layer


def test_units_of_an_ensemble_and_without_biases():
    net = sample([2, 4, 2], "relu", he_normal, bias_initializer=None, seeds=range(3))
    assert symmetry.units(net, 1).shape == (3, 4, 2 + 2)
    assert symmetry.unit_spread(net, 1).shape == (3,)


@pytest.mark.parametrize("layer", [0, 3, -1])
def test_a_layer_that_is_not_there_is_named(layer):
    with pytest.raises(ValueError, match=re.escape(f"layer must be an int from 1 to 2, got {layer}")):
        symmetry.units(equal("tanh"), layer)


def test_twins_are_counted_once():
    net = sample([2, 4, 2], "tanh", xavier_normal, rng=0)
    W, V = (A.copy() for A in net.weights)
    W[1], V[:, 1] = W[3], V[:, 3]
    assert symmetry.distinct_units(Network((W, V), net.biases, "tanh"), 1) == 3
    V[0, 1] += 1e-6  # what goes out counts too
    assert symmetry.distinct_units(Network((W, V), net.biases, "tanh"), 1) == 4


def test_units_that_rounding_alone_has_parted_count_once():
    net = sample([2, 4, 2], "tanh", xavier_normal, rng=0)
    W, V = (A.copy() for A in net.weights)
    W[1], V[:, 1] = W[3] * (1 + 1e-13), V[:, 3]
    parted = Network((W, V), net.biases, "tanh")
    assert symmetry.distinct_units(parted, 1) == 3
    assert symmetry.distinct_units(parted, 1, tolerance=0) == 4
    assert symmetry.distinct_units(parted, 1, tolerance=10) == 1
    single = Network(tuple(A.astype(np.float32) for A in (W * (1 + 1e-5), V)), (None, None), "tanh")
    assert symmetry.distinct_units(single, 1) == 3


@pytest.mark.parametrize("width", [2, 3, 5, 6, 7, 10, 16])
def test_equal_units_are_one_after_two_hundred_steps_at_every_width(width):
    x, y = datasets.cross(rng=0)
    run = train(equal("tanh", units=width), x, y, loss="softmax_cross_entropy", learning_rate=0.3, steps=200)
    assert symmetry.distinct_units(run.network, 1) == 1


def test_steps_within_the_tolerance_make_one_chain():
    W = np.array([[0.0], [2.0], [1.0], [3.0], [5.0]])
    chain = Network((W, np.zeros((1, 5))), (None, None), "tanh")
    assert symmetry.distinct_units(chain, 1, tolerance=0.21) == 2  # of 5, the largest number
    assert symmetry.distinct_units(chain, 1, tolerance=0.41) == 1


def test_units_of_which_no_two_are_equal_are_all_counted():
    assert symmetry.distinct_units(sample([100, 512, 100], "relu", he_normal, rng=0), 1) == 512
    nan = Network((np.full((3, 2), np.nan),), (None,), "tanh")
    assert symmetry.distinct_units(nan, 1) == symmetry.distinct_units(nan, 1, tolerance=0)


def test_units_of_a_network_that_has_overflowed_are_told_apart():
    W = np.array([[1.0, np.inf], [1.0, 2.0], [3.0, 4.0], [1.0, np.inf], [3.0, 4.0 + 1e-12]])
    assert symmetry.distinct_units(Network((W, np.ones((2, 5))), (None, None), "relu"), 1) == 3


def test_an_ensemble_and_a_negative_tolerance_are_named():
    with pytest.raises(ValueError, match=r"network must be one network.*\(2,\)"):
        symmetry.distinct_units(sample([2, 4, 2], "tanh", xavier_normal, seeds=[0, 1]), 1)
    with pytest.raises(ValueError, match=r"tolerance.*>= 0, got -1"):
        symmetry.distinct_units(equal("tanh"), 1, tolerance=-1)
    with pytest.raises(TypeError, match="network must be a Network, got a list"):
        symmetry.units([[1.0]], 1)


def test_the_spread_of_twins_is_exactly_zero():
    assert symmetry.unit_spread(equal("tanh", centre=0.1), 1) == 0.0
    one_away = equal("tanh", units=4)
    W = one_away.weights[0].copy()
    W[0, 0] += 1.0  # from the average 3/4 for one unit and 1/4 for three
    rms = np.sqrt((9 / 16 + 3 / 16) / 4)
    assert symmetry.unit_spread(Network((W, one_away.weights[1]), one_away.biases, "tanh"), 1) == pytest.approx(rms)


@settings(max_examples=25, deadline=None)
@given(
    activation=st.sampled_from(["tanh", "relu", "sigmoid", "gelu", "softsign"]),
    value=st.floats(-1, 1),
    depth=st.integers(1, 3),
    rate=st.floats(0.001, 1.0),
    batch=st.sampled_from([None, 8]),
)
def test_twins_stay_twins_whatever_the_network(activation, value, depth, rate, batch):
    x, y = datasets.moons(40, rng=0)
    net = sample([2] + [4] * depth + [2], activation, partial(constant, value=value))
    options = {"loss": "softmax_cross_entropy", "learning_rate": rate, "steps": 10, "batch_size": batch, "rng": 0}
    end = train(net, x, y, **options).network
    for layer in range(1, depth + 1):
        rows = symmetry.units(end, layer)
        # equal but for the order in which a machine adds up
        assert np.ptp(rows, axis=0) == pytest.approx(0, abs=1e-12 * max(1, np.abs(rows).max()))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "softsign"])
@pytest.mark.parametrize("data", [datasets.cross, datasets.moons])
def test_linear_theory_predicts_what_becomes_of_a_small_difference(activation, data):
    x, y = data(rng=0)
    theory = symmetry.twin_differences(equal(activation), x, y, **OPTIONS)
    rng = np.random.default_rng(0)
    noise = 1e-6
    net = equal(activation)
    W, V = (A + noise * rng.standard_normal(A.shape) for A in net.weights)
    start = Network((W, V), net.biases, activation)
    end = train(start, x, y, loss="softmax_cross_entropy", **OPTIONS).network
    before, after = (symmetry.units(n, 1) for n in (start, end))
    before, after = (rows - rows.mean(axis=0) for rows in (before, after))
    predicted = before @ theory.growth[-1].T
    # the error is of second order in the noise, which has grown by less than a factor of 1000
    assert np.abs(after - predicted).max() < 0.01 * np.abs(after).max()
    assert np.abs(after - before).max() > 0.1 * np.abs(before).max()  # there was something to predict


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("output_bias", [True, False])
def test_the_loss_of_equal_units_is_that_of_training_them(activation, output_bias):
    x, y = datasets.moons(rng=0)
    net = equal(activation)
    if not output_bias:
        net = Network(net.weights, (net.biases[0], None), activation)
    theory = symmetry.twin_differences(net, x, y, **OPTIONS)
    run = train(net, x, y, loss="softmax_cross_entropy", **OPTIONS)
    assert theory.loss == pytest.approx(run.loss, rel=1e-9)
    assert symmetry.distinct_units(net, 1) == 1  # the network itself was not touched
    assert net.weights[0] == pytest.approx(0.5)


def test_relu_has_no_curvature_of_its_own():
    """Where no example changes sides, ReLU is linear: H has no block of second derivatives, also on the kink."""
    x, y = datasets.moons(rng=0)
    theory = symmetry.twin_differences(equal("relu", centre=0.0), x, y, **OPTIONS)
    assert theory.growth[-1] == pytest.approx(np.eye(5))


@pytest.mark.parametrize(
    "network",
    [
        sample([2, 4, 4, 2], "tanh", partial(constant, value=0.5)),
        sample([2, 4, 2], "tanh", xavier_normal, rng=0),
        sample([2, 4, 2], "tanh", partial(constant, value=0.5), seeds=[0]),
        sample([2, 4, 2], "tanh", partial(constant, value=0.5), bias_initializer=None),
        sample([2, 4, 2], "tanh", partial(constant, value=0.5), output_activation="tanh"),
    ],
    ids=["deep", "random", "ensemble", "no-biases", "output-activation"],
)
def test_another_form_of_network_is_refused(network):
    x, y = datasets.moons(rng=0)
    with pytest.raises(ValueError, match="one network with one hidden layer, biases there, and equal hidden units"):
        symmetry.twin_differences(network, x, y, **OPTIONS)


def test_parting_is_told_by_the_loss():
    seen = demo.experiments.parting("cross", "0.5", "tanh")
    for i, step in enumerate(seen.parted_at):
        if step >= 0:
            assert seen.loss[step, i] < 0.9 * seen.equal_loss[step]
            assert (seen.loss[:step, i] >= 0.9 * np.minimum(seen.equal_loss[:step], seen.equal_loss[0])).all()
    assert seen.parted_at[0] == -1  # without noise they never part


@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1e-200), (np.float64, 1e200), (np.float32, 1e-25)])
def test_the_spread_of_units_does_not_depend_on_their_scale(dtype, scale):
    W = (scale * np.array([[1.0], [3.0]])).astype(dtype)
    assert symmetry.unit_spread(Network((W, np.zeros((1, 2), dtype)), (None, None), "relu"), 1) == pytest.approx(scale)
