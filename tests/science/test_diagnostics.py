"""Diagnostics: every quantity counted again, in plain loops or from `forward` and `backward`."""

import math
from dataclasses import fields

import numpy as np
import pytest

from initlab import activations, losses
from initlab.activations import Activation, leaky_relu
from initlab.datasets import moons
from initlab.diagnostics import diagnose
from initlab.initializers import constant, he_normal, normal, xavier_normal, zeros
from initlab.layer_statistics import LayerStatistics
from initlab.network import Network, backward, forward, sample
from initlab.training import evaluate, train

X = np.random.default_rng(5).standard_normal((3, 50))
LABELS = np.arange(50) % 4
CROSS_ENTROPY = {"loss": "softmax_cross_entropy"}
BINS = {"W": (7, -4, 1, "log"), "a": (8, -1, 1), "dz": (9, -6, 0, "log"), "dW": (10, -0.02, 0.02)}


def networks(activation="tanh", initializer=normal, dtype=np.float64, **seed):
    return sample([3, 20, 15, 4], activation, initializer, dtype=dtype, **seed or {"rng": 0})


def passes(network, x=X, labels=LABELS):
    there = forward(network, x)
    return there, backward(network, there, losses.softmax_cross_entropy(there.output, labels)[1])


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_sizes_are_those_of_the_forward_and_the_backward_pass(activation):
    network = networks(activation)
    there, back = passes(network)
    seen = diagnose(network, X, LABELS, **CROSS_ENTROPY)
    assert seen.layers.tolist() == [1, 2, 3]
    for i, W in enumerate(network.weights):
        a, dz, dW = there.a[i + 1], back.dz[i], back.dW[i]
        assert seen.W.mean[i] == pytest.approx(W.mean())
        assert seen.W.rms[i] == pytest.approx(np.sqrt(np.mean(W**2)))
        assert seen.a.mean[i] == pytest.approx(a.mean())
        assert seen.a.second_moment[i] == pytest.approx(np.mean(a**2))
        assert seen.dz.rms[i] == pytest.approx(np.sqrt(np.mean(dz**2)))
        assert seen.dW.rms[i] == pytest.approx(np.sqrt(np.mean(dW**2)))
        assert seen.gradient_ratio[i] == pytest.approx(np.sqrt(np.mean(dW**2) / np.mean(W**2)))


GREATEST_SLOPE = {
    "identity": 1,
    "relu": 1,
    "leaky_relu": 1,
    "elu": 1,
    "selu": 1.758099341,  # scale x alpha, just below 0
    "gelu": 1.128904145,  # at sqrt(2), like the others found from f'' = 0
    "silu": 1.099839320,
    "softplus": 1,
    "softsign": 1,
    "tanh": 1,
    "sigmoid": 1 / 4,
    "lecun_tanh": 1.7159 * 2 / 3,
    "erf": 2 / math.sqrt(math.pi),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("activation", GREATEST_SLOPE)
def test_saturated_and_dead_units_are_those_counted_one_by_one(activation, dtype):
    network = networks(activation, lambda shape, **how: 3 * normal(shape, **how), dtype)
    seen = diagnose(network, X, LABELS, **CROSS_ENTROPY)
    there = forward(network, X.astype(dtype))
    for layer, z in enumerate(there.z[:-1]):
        saturated = dead = 0
        for unit in z:
            flat = 0
            for value in unit:
                slope = activations.get(activation).df(np.float64(value))
                flat += abs(slope) < 0.05 * GREATEST_SLOPE[activation]
            saturated += flat
            dead += flat == len(unit)
        assert seen.saturated[layer] == pytest.approx(
            saturated / z.size, abs=1.5 / z.size if dtype == np.float32 else 0
        )
        assert seen.dead[layer] == pytest.approx(dead / len(z))
    assert (seen.saturated[-1], seen.dead[-1]) == (0, 0)  # the output has no activation


def test_tanh_is_saturated_beyond_0_975():
    a = np.array([[0.974, 0.975, -0.975, 0.0]])
    network = Network((np.eye(1), np.eye(1)), (None, None), "tanh")
    seen = diagnose(network, np.arctanh(a), a, loss="squared_error")
    assert seen.saturated.tolist() == [0.5, 0]


def test_a_relu_that_is_never_on_is_dead_and_saturated_where_it_is_off():
    """Of three units the first is always off, the second for one of two examples, the third never."""
    network = Network((np.array([[1.0], [1], [1]]), np.ones((1, 3))), (np.array([-9.0, -1.5, 0]), None), "relu")
    seen = diagnose(network, [[1.0, 2.0]], [[0.0, 0.0]], loss="squared_error")
    assert seen.dead[0] == pytest.approx(1 / 3)
    assert seen.saturated[0] == pytest.approx(3 / 6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_leaky_relu_saturates_only_if_it_leaks_less_than_5_percent(dtype):
    def shares(slope):
        return diagnose(networks(leaky_relu(slope), dtype=dtype), X, LABELS, **CROSS_ENTROPY).saturated[:2]

    assert np.all((0.3 < shares(0.01)) & (shares(0.01) < 0.7))
    assert shares(0.05).tolist() == [0, 0]


def test_the_gradient_ratio_times_the_rate_is_the_update_ratio_of_the_first_step():
    run = train(networks(), X, LABELS, learning_rate=0.3, momentum=0.9, steps=1, snapshots=[0], **CROSS_ENTROPY)
    seen = diagnose(networks(), X, LABELS, **CROSS_ENTROPY)
    assert 0.3 * seen.gradient_ratio == pytest.approx(run.snapshots[0].update_ratio)


def test_loss_and_accuracy_are_those_of_evaluate():
    network = networks(seeds=range(3))
    seen = diagnose(network, X, LABELS, **CROSS_ENTROPY)
    value, accuracy = evaluate(network, X, LABELS, **CROSS_ENTROPY)
    assert np.array_equal(seen.loss, value)
    assert np.array_equal(seen.accuracy, accuracy)
    assert diagnose(network, X, np.zeros((4, 50)), loss="squared_error").accuracy is None


def assert_equal_but_for_runs(of_all, i, of_one):
    for field in fields(of_one):
        mine, alone = getattr(of_all, field.name), getattr(of_one, field.name)
        if isinstance(alone, LayerStatistics):
            assert_equal_but_for_runs(mine, i, alone)
        elif field.name in ("layers", "edges") or alone is None:
            np.testing.assert_array_equal(mine, alone)
        else:
            np.testing.assert_array_equal(mine[i], alone, err_msg=field.name)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("activation", ["tanh", "relu", "silu"])
def test_each_run_of_an_ensemble_has_exactly_what_it_has_alone(activation, dtype):
    together = diagnose(networks(activation, dtype=dtype, seeds=range(3)), X, LABELS, bins=BINS, **CROSS_ENTROPY)
    assert together.saturated.shape == (3, 3)
    for i in range(3):
        alone = diagnose(networks(activation, dtype=dtype, rng=i), X, LABELS, bins=BINS, **CROSS_ENTROPY)
        assert_equal_but_for_runs(together, i, alone)


def total(histogram):
    zero = 0 if histogram.zero is None else histogram.zero
    return histogram.counts.sum(axis=-1) + histogram.below + histogram.above + histogram.nan + zero


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_histograms_count_every_value_once(activation):
    network = networks(activation, seeds=range(2))
    seen = diagnose(network, X, LABELS, bins=BINS, **CROSS_ENTROPY)
    weights, values = [60, 300, 60], [20 * 50, 15 * 50, 4 * 50]
    for name, expected in {"W": weights, "dW": weights, "a": values, "dz": values}.items():
        assert total(getattr(seen, name)).tolist() == [expected, expected], name


def test_histograms_are_those_of_numpy():
    network = networks("relu")
    there, back = passes(network)
    seen = diagnose(network, X, LABELS, bins=BINS, **CROSS_ENTROPY)
    for i in range(3):
        with np.errstate(divide="ignore"):
            values = {"W": np.log10(np.abs(network.weights[i])), "a": there.a[i + 1], "dW": back.dW[i]}
            values["dz"] = np.log10(np.abs(back.dz[i]))
        for name, v in values.items():
            histogram = getattr(seen, name)
            zero = 0 if histogram.zero is None else histogram.zero[i]
            counts, _ = np.histogram(v, histogram.edges)
            np.testing.assert_array_equal(histogram.counts[i], counts, err_msg=name)
            assert histogram.below[i] + zero == np.sum(v < histogram.edges[0])
            assert histogram.above[i] == np.sum(v > histogram.edges[-1])
    assert seen.dz.zero[0] == np.sum(back.dz[0] == 0) > 0
    assert seen.a.zero is None


def test_log_bins_hold_powers_of_ten_of_either_sign_and_zeros_apart():
    W = np.array([[0.0, 0.0, 1e-9, 3e-3, -3e-3, 5e-2, -2.0, 1e4]])
    one = Network((W,), (None,), "identity")
    seen = diagnose(one, np.ones((8, 1)), np.zeros((1, 1)), loss="squared_error", bins={"W": (4, -3, 1, "log")})
    W = seen.W
    assert W.edges.tolist() == [-3, -2, -1, 0, 1]
    assert W.counts.tolist() == [[2, 1, 0, 1]]
    assert (W.zero, W.below, W.above, W.nan) == (2, 1, 1, 0)


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "identity"])
def test_overflow_is_a_result_and_leaves_the_other_runs_unharmed(activation):
    """Three runs: as drawn, far too large, and not a number."""
    healthy = networks(activation)
    factors = np.array([1, 1e200, np.nan])[:, None, None]
    biases = tuple(np.stack([b] * 3) for b in healthy.biases)
    network = Network(tuple(W * factors for W in healthy.weights), biases, activation)
    together = diagnose(network, X, LABELS, bins=BINS, **CROSS_ENTROPY)
    assert_equal_but_for_runs(together, 0, diagnose(healthy, X, LABELS, bins=BINS, **CROSS_ENTROPY))
    assert np.isnan(together.loss[2])
    assert together.accuracy[2] == 0
    assert np.isinf(together.W.rms[1]).all()
    assert together.W.nan[2].tolist() == [60, 300, 60]
    assert np.isnan(together.W.rms[2]).all()
    assert together.a.nan[2].tolist() == [1000, 750, 200]
    if activation != "identity":
        assert np.isnan(together.saturated[2, :2]).all()
        assert np.isnan(together.dead[2, :2]).all()
    if activation == "tanh":  # it bounds what it passes on
        assert np.isfinite(together.loss[1])
        assert together.saturated[1, :2].tolist() == [1, 1]


def test_ratios_to_zero_weights_are_inf_where_there_is_a_gradient_and_nan_where_there_is_none():
    one = sample([3, 4], "tanh", zeros, rng=0)
    assert diagnose(one, X, LABELS, **CROSS_ENTROPY).gradient_ratio.tolist() == [np.inf]
    assert np.isnan(diagnose(networks(initializer=zeros), X, LABELS, **CROSS_ENTROPY).gradient_ratio).all()


def test_networks_without_biases_are_seen_too():
    bare = sample([3, 8, 4], "relu", he_normal, bias_initializer=None, rng=0)
    seen = diagnose(bare, X, LABELS, **CROSS_ENTROPY)
    statistics = (seen.W, seen.a, seen.dz, seen.dW)
    assert all(np.isfinite(each.rms).all() for each in statistics)
    assert np.isfinite([seen.saturated, seen.dead, seen.gradient_ratio]).all()


def test_the_network_is_not_changed():
    network = networks()
    diagnose(network, X, LABELS, bins=BINS, **CROSS_ENTROPY)
    for W, fresh in zip(network.weights, networks().weights, strict=True):
        assert np.array_equal(W, fresh)


def test_a_deep_network_that_is_too_small_loses_its_signal_and_one_that_is_too_large_saturates():
    def deep(std):
        def scaled(shape, **how):
            return std * normal(shape, **how)

        return diagnose(sample([3, *[40] * 8, 4], "tanh", scaled, rng=0), X, LABELS, **CROSS_ENTROPY)

    small, large = deep(0.01), deep(1.0)
    assert np.all(np.diff(np.log10(small.a.second_moment)) < -1)
    assert small.saturated.max() == 0
    assert large.saturated[:-1].min() > 0.1
    xavier = diagnose(sample([3, *[40] * 8, 4], "tanh", xavier_normal, rng=0), X, LABELS, **CROSS_ENTROPY)
    assert xavier.saturated.max() < 0.05


def test_constant_weights_have_exact_moments():
    half = networks(initializer=lambda shape, **how: constant(shape, value=0.5, **how))
    seen = diagnose(half, X, LABELS, **CROSS_ENTROPY)
    assert seen.W.mean.tolist() == seen.W.rms.tolist() == [0.5, 0.5, 0.5]


def diagnose_(bins=None, x=X, y=LABELS, **loss):
    return diagnose(networks(), x, y, bins=bins, **loss or CROSS_ENTROPY)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: diagnose_(bins=0), ValueError, r"bins \(where it is no dict\) must be an int >= 1, got 0"),
        (lambda: diagnose_(bins="all"), TypeError, r"bins \(where it is no dict\) must be an int >= 1, got 'all'"),
        (lambda: diagnose_(bins={"z": (4, 0, 1)}), ValueError, "bins must name some of W, a, dz, dW, got 'z'"),
        (lambda: diagnose_(bins={"a": (0, -1, 1)}), ValueError, r"bins.*\(0, -1, 1\) for 'a'"),
        (lambda: diagnose_(bins={"a": (4, 1, -1)}), ValueError, r"bins.*\(4, 1, -1\) for 'a'"),
        (lambda: diagnose_(bins={"a": (4, -1, 1, "linear")}), ValueError, "bins.*'linear'"),
        (lambda: diagnose_(bins={"a": 4}), ValueError, "bins.*4 for 'a'"),
        (lambda: diagnose_(bins={"a": "4, log"}), ValueError, "bins.*'4, log' for 'a'"),
        (lambda: diagnose_(x=X.T), ValueError, "x must"),
        (lambda: diagnose_(x=X[:, :0], y=LABELS[:0]), ValueError, "at least one example"),
        (lambda: diagnose_(y=LABELS + 1), ValueError, "labels.*4"),
        (lambda: diagnose_(y=LABELS[:9]), ValueError, "labels"),
        (lambda: diagnose_(loss="nll"), ValueError, "loss.*'nll'"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_a_step_lets_no_gradient_through():
    step = Activation("step", lambda z: (z > 0) * 1.0, np.zeros_like, kinks=(0.0,))
    seen = diagnose(sample([2, 5, 2], step, normal, rng=0), *moons(rng=0), loss="softmax_cross_entropy")
    assert seen.saturated.tolist() == seen.dead.tolist() == [1, 0]
