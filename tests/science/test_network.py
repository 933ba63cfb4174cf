"""The layer simulators: exact, the same for one network and for many, and honest about overflow."""

import re
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initlab import activations, gaussian, losses
from initlab.initializers import constant, he_normal, normal, orthogonal, xavier_normal, zeros
from initlab.network import Forward, Network, backward, forward, observe, sample, simulate, stack

QUANTITIES = ("z", "a", "dz", "dW", "dx")
small_normal = partial(normal, std=0.5)


def loss_at(network, x, loss, targets):
    return loss(forward(network, x).output, targets)[0]


# --- the passes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("loss", [losses.squared_error, losses.softmax_cross_entropy])
def test_the_backward_pass_agrees_with_finite_differences(name, loss):
    rng = np.random.default_rng(0)
    network = sample([3, 4, 5, 2], name, normal, bias_initializer=small_normal, output_activation=name, rng=1)
    x = rng.standard_normal((3, 6))
    targets = rng.integers(0, 2, 6) if loss is losses.softmax_cross_entropy else rng.standard_normal((2, 6))
    passed = forward(network, x)
    gradients = backward(network, passed, loss(passed.output, targets)[1])

    h = 1e-5
    for arrays, exact in ((network.weights, gradients.dW), (network.biases, gradients.db), ((x,), (gradients.dx,))):
        for array, gradient in zip(arrays, exact, strict=True):
            for index in np.ndindex(array.shape):
                value = array[index]
                array[index] = value + h
                up = loss_at(network, x, loss, targets)
                array[index] = value - h
                down = loss_at(network, x, loss, targets)
                array[index] = value
                assert gradient[index] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-8)


def test_the_forward_pass_is_the_definition():
    network = sample([3, 4, 2], "tanh", normal, bias_initializer=normal, rng=0)
    x = np.random.default_rng(1).standard_normal((3, 5))
    (W1, W2), (b1, b2) = network.weights, network.biases
    passed = forward(network, x)
    a1 = np.tanh(W1 @ x + b1[:, None])
    np.testing.assert_allclose(passed.a[1], a1)
    np.testing.assert_allclose(passed.output, W2 @ a1 + b2[:, None])
    assert passed.a[0] is x


def test_a_network_without_biases_is_one_with_zero_biases():
    x = np.random.default_rng(0).standard_normal((3, 5))
    without, with_zeros = (sample([3, 4, 2], "relu", normal, bias_initializer=b, rng=0) for b in (None, zeros))
    passed = forward(without, x)
    np.testing.assert_array_equal(passed.output, forward(with_zeros, x).output)
    assert backward(without, passed, passed.output).db == (None, None)


@given(scale=st.floats(-8, 8).filter(bool), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_the_backward_pass_is_linear_in_the_gradient_at_the_top(scale, seed):
    rng = np.random.default_rng(seed)
    network = sample([3, 4, 2], "tanh", normal, rng=seed)
    passed = forward(network, rng.standard_normal((3, 5)))
    g, h = rng.standard_normal((2, 2, 5))
    both, of_g, of_h = (backward(network, passed, top) for top in (scale * g + h, g, h))
    for name in ("dz", "dW", "db"):
        for whole, part, rest in zip(getattr(both, name), getattr(of_g, name), getattr(of_h, name), strict=True):
            np.testing.assert_allclose(whole, scale * part + rest, rtol=1e-9, atol=1e-12)


@given(exponent=st.integers(-8, 8), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_scaling_the_weights_of_a_relu_network_by_c_scales_layer_l_by_c_to_the_l(exponent, seed):
    c = 2.0**exponent  # a power of two, so that the claim holds to the last bit
    network = sample([5] * 5, "relu", normal, output_activation="relu", rng=seed)
    scaled = Network(tuple(c * W for W in network.weights), network.biases, "relu", "relu")
    x = np.random.default_rng(seed).standard_normal((5, 3))
    for layer, (a, b) in enumerate(zip(forward(network, x).a, forward(scaled, x).a, strict=True)):
        np.testing.assert_array_equal(b, c**layer * a)


@given(seed=st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_hidden_units_can_be_permuted_without_changing_the_output(seed):
    network = sample([3, 6, 2], "tanh", normal, bias_initializer=normal, rng=seed)
    order = np.random.default_rng(seed).permutation(6)
    (W1, W2), (b1, b2) = network.weights, network.biases
    permuted = Network((W1[order], W2[:, order]), (b1[order], b2), "tanh")
    x = np.random.default_rng(seed).standard_normal((3, 4))
    np.testing.assert_allclose(forward(permuted, x).output, forward(network, x).output, rtol=1e-12, atol=1e-12)


def test_slopes_that_are_read_off_the_output_are_the_slopes_of_z():
    z = np.concatenate([[-np.inf, -1e3, -1.0, -1e-310, 0.0, 1e-310, 1.0, 1e3, np.inf], np.linspace(-20, 20, 401)])
    for f in (f for f in map(activations.get, activations.names()) if f.slope_from_output):
        a = f.f(z)
        np.testing.assert_array_equal(f.df(a, a), f.df(z, a), err_msg=f.name)


# --- ensembles and randomness -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("widths", [[3, 5, 2], [40, 33, 33, 10]])
def test_an_ensemble_is_exactly_its_single_runs(widths, dtype):
    seeds = [4, 0, 123456789]
    together = sample(widths, "tanh", xavier_normal, bias_initializer=normal, seeds=seeds, dtype=dtype)
    x = np.random.default_rng(0).standard_normal((widths[0], 21)).astype(dtype)
    passed = forward(together, x)
    gradients = backward(together, passed, passed.output)
    for run, seed in enumerate(seeds):
        alone = sample(widths, "tanh", xavier_normal, bias_initializer=normal, rng=seed, dtype=dtype)
        p = forward(alone, x)
        g = backward(alone, p, p.output)
        assert p.output.dtype == g.dx.dtype == dtype
        for many, one in zip((*passed.z, *passed.a[1:]), (*p.z, *p.a[1:]), strict=True):
            np.testing.assert_array_equal(many[run], one)
        for many, one in zip((*gradients.dW, *gradients.db, gradients.dx), (*g.dW, *g.db, g.dx), strict=True):
            np.testing.assert_array_equal(many[run], one)


def test_every_run_can_have_inputs_of_its_own():
    x = np.random.default_rng(0).standard_normal((3, 4, 7))
    networks = sample([4, 5, 2], "relu", he_normal, seeds=range(3))
    output = forward(networks, x).output
    for run in range(3):
        alone = sample([4, 5, 2], "relu", he_normal, rng=run)
        np.testing.assert_array_equal(output[run], forward(alone, x[run]).output)


def test_one_network_can_see_many_batches():
    x = np.random.default_rng(0).standard_normal((3, 4, 7))
    network = sample([4, 5, 2], "relu", he_normal, rng=0)
    passed = forward(network, x)
    gradients = backward(network, passed, passed.output)
    for run in range(3):
        p = forward(network, x[run])
        np.testing.assert_array_equal(gradients.dW[0][run], backward(network, p, p.output).dW[0])


def test_schemes_of_one_seed_share_their_random_numbers():
    he, xavier = (sample([6, 6, 6], "relu", f, rng=3) for f in (he_normal, xavier_normal))
    for a, b in zip(he.weights, xavier.weights, strict=True):
        np.testing.assert_allclose(a, np.sqrt(2) * b)


def test_a_scheme_that_draws_differently_in_one_layer_leaves_the_others_alone():
    plain = sample([6, 6, 6, 6], "tanh", normal, rng=3)
    mixed = sample([6, 6, 6, 6], "tanh", [normal, orthogonal, normal], bias_initializer=normal, rng=3)
    np.testing.assert_array_equal(plain.weights[0], mixed.weights[0])
    np.testing.assert_array_equal(plain.weights[2], mixed.weights[2])
    deeper = sample([6] * 9, "tanh", normal, rng=3)
    np.testing.assert_array_equal(plain.weights[2], deeper.weights[2])


def test_layers_weights_and_biases_are_drawn_independently():
    network = sample([50] * 3, "tanh", normal, bias_initializer=normal, rng=0)
    streams = [network.weights[0][0], network.weights[1][0], *network.biases]
    correlation = np.corrcoef(streams) - np.eye(4)
    assert np.abs(correlation).max() < 4 / np.sqrt(50)


def test_same_seed_same_network_and_a_generator_gives_new_ones():
    def draw(rng):
        return sample([4, 3], "tanh", normal, rng=rng).weights[0]

    np.testing.assert_array_equal(draw(5), draw(5))
    assert not np.array_equal(draw(5), draw(6))
    assert not np.array_equal(draw(None), draw(None))
    rng = np.random.default_rng(5)
    first, second = draw(rng), draw(rng)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, draw(np.random.default_rng(5)))


def test_sampling_leaves_the_global_random_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    sample([4, 3], "tanh", normal, seeds=range(3))
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


# --- statistics -------------------------------------------------------------------------------------------------------


def test_simulate_gives_every_seed_what_it_gives_it_alone():
    settings_ = {"batch": 30, "bins": 20, "bias_initializer": normal}
    many = simulate([40, 50, 30], "relu", he_normal, seeds=range(70), **settings_)
    assert many.z.mean.shape == (70, 2)
    assert many.a.counts.shape == (70, 3, 20)
    for seed in (0, 41, 69):
        one = simulate([40, 50, 30], "relu", he_normal, seeds=[seed], **settings_)
        np.testing.assert_array_equal(one.loss[0], many.loss[seed])
        for name in QUANTITIES:
            for field in ("mean", "variance", "second_moment", "counts", "below", "above", "nan"):
                ours, theirs = (getattr(getattr(s, name), field) for s in (one, many))
                np.testing.assert_array_equal(ours[0], theirs[seed], err_msg=f"{name} {field}")
            np.testing.assert_array_equal(getattr(one, name).layers, getattr(many, name).layers)


def test_simulate_feeds_all_schemes_the_same_inputs_and_gradients():
    he, xavier = (simulate([30, 20, 20], "tanh", f, seeds=[4]) for f in (he_normal, xavier_normal))
    assert he.a.second_moment[0, 0] == xavier.a.second_moment[0, 0]
    top = [simulate([30, 20, 20], "identity", f, seeds=[4]).dz.second_moment[0, -1] for f in (he_normal, xavier_normal)]
    assert top[0] == top[1]


def test_layers_are_numbered_from_the_input():
    seen = simulate([4, 4, 4, 4], "tanh", xavier_normal)
    assert seen.a.layers.tolist() == [0, 1, 2, 3]
    assert seen.z.layers.tolist() == seen.dz.layers.tolist() == seen.dW.layers.tolist() == [1, 2, 3]
    assert seen.dx.layers.tolist() == [0]


@pytest.mark.parametrize(("activation", "gain"), [("tanh", 1.0), ("relu", 2.0), ("sigmoid", 1.0)])
def test_wide_networks_follow_the_theory_of_infinite_width(activation, gain):
    """Means over 16 seeds. The tolerance is four standard errors, as the seeds show them, and O(depth/width)."""
    width, depth, batch = 150, 6, 40
    scheme = partial(normal, std=np.sqrt(gain / width))
    seen = simulate([width] * (depth + 1), activation, scheme, seeds=range(16), batch=batch, dtype=np.float32)
    theory = gaussian.propagate(activation, scaled_weight_variance=gain, depth=depth)
    for name in ("z", "a", "dz"):
        measured = getattr(seen, name).second_moment
        error = measured.std(axis=0, ddof=1) / np.sqrt(len(measured))
        expected = getattr(theory, name)
        assert np.all(np.abs(measured.mean(axis=0) - expected) < 4 * error + expected * 2 * depth / width), name


def test_the_second_moment_of_a_weight_gradient_is_batch_times_those_of_its_factors():
    """For a linear loss. Exact in expectation in the top layer, where dz and a are independent: 4 standard errors."""
    seen = simulate([50, 60, 70], "identity", xavier_normal, seeds=range(50), batch=20)
    ratio = seen.dW.second_moment[:, -1] / (20 * seen.dz.second_moment[:, -1] * seen.a.second_moment[:, -2])
    assert abs(ratio.mean() - 1) < 4 * ratio.std() / np.sqrt(50)


def test_a_loss_can_be_given_by_name_or_as_a_function():
    labels = np.random.default_rng(0).integers(0, 3, 8)
    x = np.random.default_rng(1).standard_normal((5, 8))
    arguments = ([5, 4, 3], "tanh", xavier_normal)
    by_name, by_function = (
        simulate(*arguments, inputs=x, loss=loss, targets=labels, seeds=range(3))
        for loss in ("softmax_cross_entropy", losses.softmax_cross_entropy)
    )
    np.testing.assert_array_equal(by_name.dW.second_moment, by_function.dW.second_moment)
    assert by_name.loss.shape == (3,)
    output = forward(sample(*arguments, rng=2), x).output
    assert by_name.loss[2] == losses.softmax_cross_entropy(output, labels)[0]


def test_targets_and_inputs_can_differ_from_seed_to_seed():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((3, 5, 8)), rng.standard_normal((3, 2, 8))
    many = simulate([5, 4, 2], "tanh", xavier_normal, inputs=x, loss="squared_error", targets=y, seeds=range(3))
    one = simulate([5, 4, 2], "tanh", xavier_normal, inputs=x[1], loss="squared_error", targets=y[1], seeds=[1])
    np.testing.assert_array_equal(many.dx.second_moment[1], one.dx.second_moment[0])
    np.testing.assert_array_equal(many.loss[1], one.loss[0])


# --- overflow and underflow -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "identity", "gelu"])
def test_overflow_is_reported_without_a_warning(activation):
    seen = simulate([50] * 41, activation, partial(normal, std=1e3), dtype=np.float32, bins=60)
    assert np.isfinite(seen.z.second_moment[0, 0])
    assert not np.isfinite(seen.z.second_moment[0, -1])
    assert not np.isfinite(seen.dx.second_moment[0, 0])
    for name in QUANTITIES:
        s = getattr(seen, name)
        total = s.counts.sum(axis=-1) + s.below + s.above + s.nan
        np.testing.assert_array_equal(total, np.broadcast_to(50 * (50 if name == "dW" else 256), total.shape))


def test_moments_are_reported_beyond_the_range_of_float32():
    seen = simulate([50] * 10, "identity", partial(normal, std=1e3), dtype=np.float32)
    growth = seen.z.second_moment[0, 1:] / seen.z.second_moment[0, :-1]
    assert np.all((growth > 1e7) & (growth < 1e8))  # 50 x 1e6 a layer
    assert seen.z.second_moment[0, -1] > 1e60


def test_underflow_ends_at_zero():
    seen = simulate([50] * 41, "tanh", partial(normal, std=1e-3), dtype=np.float32)
    assert seen.a.second_moment[0, -1] == 0
    assert seen.dx.second_moment[0, 0] == 0


def test_zero_weights_give_zeros_and_not_nan():
    seen = simulate([20] * 4, "tanh", zeros, bins=10)
    assert np.all(seen.z.second_moment == 0)
    assert np.all(seen.z.variance == 0)
    assert np.all(seen.dW.second_moment == 0)


def test_constant_weights_have_mean_but_no_variance_in_a_layer():
    seen = simulate([20] * 2, "identity", partial(constant, value=0.1), inputs=np.ones((20, 4)))
    assert seen.z.mean[0, 0] == pytest.approx(2)
    assert seen.z.second_moment[0, 0] == pytest.approx(4)
    assert seen.z.variance[0, 0] == pytest.approx(0, abs=1e-30)


def test_one_run_that_overflows_leaves_the_others_unharmed():
    good = sample([10] * 4, "relu", he_normal, seeds=[0, 1])
    bad = Network(tuple(W * np.array([1, 1e200])[:, None, None] for W in good.weights), good.biases, "relu")
    x = np.random.default_rng(0).standard_normal((10, 5))
    both, alone = observe(bad, x, rng=0), observe(good, x, rng=0)
    np.testing.assert_array_equal(both.z.second_moment[0], alone.z.second_moment[0])
    assert not np.isfinite(both.z.second_moment[1, -1])


# --- bad input --------------------------------------------------------------------------------------------------------

NETWORK, WIDER = (sample([3, n, 2], "tanh", normal, rng=0) for n in (4, 5))
X = np.zeros((3, 5))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: sample([3], "tanh", normal), ValueError, "widths"),
        (lambda: sample(7, "tanh", normal), TypeError, "widths"),
        (lambda: sample([3, 0], "tanh", normal), ValueError, "widths.*0"),
        (lambda: sample([3, -2], "tanh", normal), ValueError, "widths.*-2"),
        (lambda: sample([3, 2.0], "tanh", normal), TypeError, "widths.*2.0"),
        (lambda: sample([3, True], "tanh", normal), TypeError, "widths.*True"),
        (lambda: sample([3, 2], "tanhh", normal), ValueError, "activation.*tanhh"),
        (lambda: sample([3, 2], "tanh", "normal"), TypeError, "initializer.*'normal'"),
        (lambda: sample([3, 2], "tanh", [normal, normal]), ValueError, "initializer.*1.*2"),
        (lambda: sample([3, 2], "tanh", normal, bias_initializer=0), TypeError, "bias_initializer.*0"),
        (lambda: sample([3, 2], "tanh", normal, rng="0"), TypeError, "rng.*'0'"),
        (lambda: sample([3, 2], "tanh", normal, rng=-1), ValueError, "rng.*-1"),
        (lambda: sample([3, 2], "tanh", normal, seeds=3), TypeError, "seeds.*3"),
        (lambda: sample([3, 2], "tanh", normal, seeds=[]), ValueError, "seeds"),
        (lambda: sample([3, 2], "tanh", normal, seeds=[0], rng=0), ValueError, "rng.*seeds"),
        (lambda: Network((np.zeros((2, 3)),), (), "tanh"), ValueError, "weights and biases"),
        (lambda: Network((np.zeros((2, 3)), np.zeros((2, 3))), (None, None), "tanh"), ValueError, "layer 2"),
        (lambda: Network((np.zeros((2, 3)),), (np.zeros(3),), "tanh"), ValueError, r"layer 1.*\(3,\)"),
        (lambda: Network(([[1.0, 2.0], [3.0]],), (None,), "tanh"), ValueError, "weights of layer 1"),
        (lambda: Network(([["a"]],), (None,), "tanh"), TypeError, r"weights of layer 1.*real numbers.*'a'"),
        (lambda: Network(([[1j]],), (None,), "tanh"), TypeError, "weights of layer 1.*real numbers"),
        (lambda: Network(([[1.0]],), ([None],), "tanh"), TypeError, "biases of layer 1.*real numbers"),
        (lambda: sample([3, 2, 2, 2], ["tanh"], normal), ValueError, r"activation.*\(2\).*\(3\), got 1"),
        (lambda: sample([3, 2, 2], ["tanh"] * 2, normal, output_activation="tanh"), ValueError, "activation.*got 2"),
        (lambda: sample([3, 2], "tanh", normal, dtype=np.float16), TypeError, "dtype.*float64 or float32.*float16"),
        (lambda: simulate([3, 2], "tanh", normal, dtype=np.longdouble), TypeError, "dtype.*float64 or float32"),
        (lambda: sample([3, 2], "tanh", normal, dtype=int), TypeError, "dtype.*int"),
        (lambda: forward("network", X), TypeError, "network must be a Network, got a str"),
        (lambda: observe((NETWORK,), X), TypeError, "network must be a Network, got a tuple"),
        (lambda: observe(NETWORK, X, loss="squared_error"), ValueError, "targets.*squared_error"),
        (lambda: simulate([3, 2], "tanh", normal, loss="softmax_cross_entropy"), ValueError, "targets.*softmax"),
        (
            lambda: forward(stack([NETWORK] * 3), np.zeros((2, 3, 5))),
            ValueError,
            r"x must.*\(3,\), got shape \(2, 3, 5\)",
        ),
        (lambda: forward(NETWORK, [["a"] * 5] * 3), TypeError, "x must.*real numbers"),
        (lambda: backward(NETWORK, X, X), TypeError, "forward_pass must be a Forward, got a ndarray"),
        (lambda: backward(WIDER, forward(NETWORK, X), np.zeros((2, 5))), ValueError, "forward_pass.*widths"),
        (lambda: forward(NETWORK, np.zeros((4, 5))), ValueError, r"x must.*\(4, 5\)"),
        (lambda: forward(NETWORK, np.zeros(3)), ValueError, "x must"),
        (lambda: backward(NETWORK, forward(NETWORK, X), np.zeros((3, 5))), ValueError, r"gradient.*\(2, 5\).*\(3, 5\)"),
        (lambda: simulate([3, 2], "tanh", normal, batch=0), ValueError, "batch.*0"),
        (lambda: simulate([3, 2], "tanh", normal, loss="mse"), ValueError, "loss.*squared_error.*'mse'"),
        (lambda: simulate([3, 2], "tanh", normal, loss=1), TypeError, "loss.*1"),
        (lambda: simulate([3, 2], "tanh", normal, loss="squared_error"), ValueError, "targets"),
        (lambda: simulate([3, 2], "tanh", normal, bins=0), ValueError, "bins.*0"),
        (lambda: simulate([3, 2], "tanh", normal, bins={"w": (3, 0, 1)}), ValueError, "bins.*'w'"),
        (lambda: simulate([3, 2], "tanh", normal, bins={"z": (3, 1, 0)}), ValueError, "bins"),
        (lambda: simulate([3, 2], "tanh", normal, bins={"z": 3}), ValueError, "bins.*3"),
        (lambda: simulate([3, 2], "tanh", normal, bins={"z": (60, 1, 1 + 1e-13)}), ValueError, "bins.*close"),
        (lambda: simulate([3, 2], "tanh", normal, inputs=np.zeros((2, 3, 5))), ValueError, "inputs.*1 seeds"),
        (lambda: losses.softmax_cross_entropy(np.zeros((3, 2)), np.array([0, 3])), ValueError, "labels.*3"),
        (lambda: losses.softmax_cross_entropy(np.zeros((3, 2)), np.array([0, -1])), ValueError, "labels.*-1"),
        (lambda: losses.softmax_cross_entropy(np.zeros((3, 2)), np.array([0.0, 1])), TypeError, "labels.*float64"),
        (lambda: losses.softmax_cross_entropy(np.zeros((3, 2)), np.array([0])), ValueError, r"labels.*\(2,\).*\(1,\)"),
        (lambda: losses.squared_error(np.zeros((3, 2)), np.zeros((1, 2))), ValueError, r"targets.*\(3, 2\).*\(1, 2\)"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


# --- one activation for each layer, numbers as they come --------------------------------------------------------------


def test_every_layer_may_have_an_activation_of_its_own():
    how = {"bias_initializer": small_normal, "rng": 3}
    each = sample([3, 4, 5, 2], ["tanh", "relu", "sigmoid"], normal, **how)
    hidden = sample([3, 4, 5, 2], ["tanh", activations.get("relu")], normal, output_activation="sigmoid", **how)
    x = np.random.default_rng(0).standard_normal((3, 6))
    a = x
    for W, b, name in zip(each.weights, each.biases, ("tanh", "relu", "sigmoid"), strict=True):
        a = activations.get(name).f(W @ a + b[:, None])
    for network in (each, hidden):
        assert [f.name for f in network.activations] == ["tanh", "relu", "sigmoid"]
        np.testing.assert_allclose(forward(network, x).output, a)
    assert [f.name for f in each.member(()).activations] == ["tanh", "relu", "sigmoid"]
    assert [f.name for f in stack([each, hidden]).activations] == ["tanh", "relu", "sigmoid"]
    assert sample([3, 4, 5], ["relu"], normal).activation is activations.get("relu")
    assert sample([3, 4, 4, 5], ["relu"] * 3, normal).activation is activations.get("relu")
    assert sample([3, 5], ["relu"], normal).activations == (activations.get("relu"),)


def test_the_backward_pass_knows_every_layers_activation():
    network = sample([3, 4, 5, 2], ["gelu", "tanh", "softplus"], normal, bias_initializer=small_normal, rng=1)
    x, g = np.random.default_rng(0).standard_normal((3, 6)), np.random.default_rng(1).standard_normal((2, 6))
    exact = backward(network, forward(network, x), g).dx
    for index in np.ndindex(x.shape):
        h = np.zeros_like(x)
        h[index] = 1e-5
        slope = (loss_at(network, x + h, losses.linear, g) - loss_at(network, x - h, losses.linear, g)) / 2e-5
        assert exact[index] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_a_simulation_goes_on_with_the_last_hidden_activation_unless_it_is_told_otherwise():
    def a(activation, **how):
        return simulate([20] * 4, activation, normal, **how).a.second_moment

    np.testing.assert_array_equal(a(["tanh", "relu"]), a(["tanh", "relu", "relu"]))
    np.testing.assert_array_equal(a(["tanh", "relu"], output_activation="tanh"), a(["tanh", "relu", "tanh"]))
    np.testing.assert_array_equal(a("tanh"), a(["tanh"] * 3))
    assert (a(["tanh", "relu"]) != a("relu")).any()


@pytest.mark.parametrize("dtype", [int, np.int8, np.uint8, bool])
def test_integers_are_the_numbers_that_they_are(dtype):
    W, x, b = np.array([[1, 0], [1, 1]], dtype), np.array([[1, 0, 1], [0, 1, 1]], dtype), np.array([1, 0], dtype)
    as_floats = Network((W.astype(float),), (b.astype(float),), "tanh", "tanh")
    network = Network((W,), (b,), "tanh", "tanh")
    assert network.dtype == np.float64
    for mine, right in ((x, x.astype(float)), (x.tolist(), x.astype(float)), (0.5 * x, 0.5 * x)):
        np.testing.assert_array_equal(forward(network, mine).output, forward(as_floats, right).output)
        np.testing.assert_array_equal(observe(network, mine, rng=0).dW.mean, observe(as_floats, right, rng=0).dW.mean)
        gradients = backward(network, forward(network, mine), np.ones((2, 3), dtype))
        np.testing.assert_array_equal(gradients.dx, backward(as_floats, forward(as_floats, right), np.ones((2, 3))).dx)
    # Beside floats they take on the precision of those.
    assert Network((W.astype(np.float32),), (b,), "tanh").dtype == np.float32


def test_a_pass_is_in_the_precision_of_the_network():
    network = sample([3, 4, 2], "relu", normal, rng=0, dtype=np.float32)
    passed = forward(network, np.ones((3, 2)))
    assert {array.dtype for array in (*passed.z, *passed.a)} == {np.dtype(np.float32)}
    assert backward(network, passed, np.ones((2, 2))).dx.dtype == np.float32


def test_it_is_said_whose_initializer_failed():
    def refuses(shape, *, rng, dtype):
        raise ValueError("no")

    with pytest.raises(ValueError, match=r"bias_initializer of layer 1.*\(4,\).*no"):
        sample([3, 4, 2], "tanh", normal, bias_initializer=refuses)
    with pytest.raises(ValueError, match=r"bias_initializer of layer 2.*\(2,\)"):
        sample([3, 4, 2], "tanh", normal, bias_initializer=[zeros, he_normal])
    with pytest.raises(ValueError, match=r"initializer of layer 2.*\(2, 4\).*got \(4, 2\)"):
        sample([3, 4, 2], "tanh", [normal, lambda shape, **how: normal(shape[::-1], **how)])
    with pytest.raises(TypeError, match=r"initializer of layer 1.*real numbers"):
        sample([3, 2], "tanh", lambda shape, **how: None)
    # One that takes no notice of dtype is welcome.
    assert sample([3, 2], "tanh", lambda shape, **how: np.ones(shape, int), dtype=np.float32).dtype == np.float32


# --- content: how alike the examples are ------------------------------------------------------------------------------


def mean_cosine(v, centred):
    """By the definition, pair by pair."""
    v = v.astype(np.float64)
    v = v - v.mean(axis=0) if centred else v
    pairs = combinations(v.T, 2)
    return np.mean([one @ other / np.sqrt((one @ one) * (other @ other)) for one, other in pairs])


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_alikeness_is_the_mean_cosine_of_all_pairs(activation, dtype):
    network = sample(
        [30, 40, 20, 10], activation, he_normal, seeds=range(3), bias_initializer=small_normal, dtype=dtype
    )
    x = np.random.default_rng(0).standard_normal((3, 30, 9))
    seen, passed = observe(network, x, rng=0), forward(network, x)
    close = {"abs": 1e-6 if dtype is np.float32 else 1e-13}
    for run in range(3):
        for layer in range(3):
            assert seen.z.cosine[run, layer] == pytest.approx(mean_cosine(passed.z[layer][run], False), **close)
            assert seen.z.correlation[run, layer] == pytest.approx(mean_cosine(passed.z[layer][run], True), **close)
        for layer in range(4):
            assert seen.a.cosine[run, layer] == pytest.approx(mean_cosine(passed.a[layer][run], False), **close)
            assert seen.a.correlation[run, layer] == pytest.approx(mean_cosine(passed.a[layer][run], True), **close)
    assert seen.dz.cosine is seen.dW.cosine is seen.dx.correlation is None


def seen_at_once(x):
    """(cosine, correlation) of an input."""
    x = np.asarray(x)
    a = observe(Network((np.zeros((1, len(x)), x.dtype),), (None,), "identity"), x, rng=0).a
    return a.cosine[0], a.correlation[0]


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_alikeness_does_not_depend_on_size(scale):
    x = np.random.default_rng(0).standard_normal((20, 6))
    np.testing.assert_allclose(seen_at_once(scale * x), seen_at_once(x), rtol=1e-12)
    sizes = scale ** np.linspace(0, 1, 6)
    np.testing.assert_allclose(seen_at_once(sizes * x), seen_at_once(x), rtol=1e-12)


def test_an_example_without_a_direction_is_left_out():
    x = np.random.default_rng(0).standard_normal((20, 6))
    with_zeros = np.insert(x, [0, 3], 0, axis=1)
    np.testing.assert_allclose(seen_at_once(with_zeros), seen_at_once(x), rtol=1e-12)
    constant_too = np.insert(x, 2, 7, axis=1)  # it has a direction, and none when its mean is subtracted
    assert seen_at_once(constant_too)[1] == pytest.approx(seen_at_once(x)[1], rel=1e-12)
    assert seen_at_once(constant_too)[0] == pytest.approx(mean_cosine(constant_too, False), rel=1e-12)
    assert np.isnan(seen_at_once(x[:, :1])).all()
    assert np.isnan(seen_at_once(np.zeros((5, 4)))).all()
    assert np.isnan(seen_at_once([[np.inf, 1.0, 2.0], [1.0, 1.0, 3.0]])).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_differences_on_top_of_a_large_mean_are_seen(dtype):
    away = np.random.default_rng(0).standard_normal((500, 5))
    size = np.finfo(dtype).eps ** 0.4
    x = (1 + size * away).astype(dtype)
    cosine, correlation = seen_at_once(x)
    assert cosine == pytest.approx(mean_cosine(x, False), abs=1e-6 if dtype is np.float32 else 1e-14)
    assert correlation == pytest.approx(mean_cosine(x, True), abs=1e-6)


def test_at_hes_gain_examples_become_alike_and_in_a_linear_network_they_do_not():
    """Two orthogonal inputs; theory is that of infinite width, rounded. The tolerance is four standard errors over 20
    draws, and 0.003 for the width: over 400 draws of width 150 the mean is 0.001 to 0.003 below theory."""
    theory = {1: 0.318, 5: 0.736, 10: 0.872, 20: 0.948, 30: 0.972}
    x = np.zeros((200, 2))
    x[0, 0] = x[1, 1] = np.sqrt(200)
    how = {"inputs": x, "seeds": range(20), "bias_initializer": None}
    relu = simulate([200] * 31, "relu", he_normal, **how).a.cosine
    error = relu.std(axis=0, ddof=1) / np.sqrt(20)
    for layer, expected in theory.items():
        assert abs(relu[:, layer].mean() - expected) < 4 * error[layer] + 0.003
    linear = simulate([200] * 31, "identity", xavier_normal, **how).a.cosine
    assert abs(linear[:, -1].mean()) < 4 * linear[:, -1].std(ddof=1) / np.sqrt(20)


def test_results_cannot_be_reassigned():
    with pytest.raises(AttributeError):
        Forward((), ()).z = 1


# --- stacking ---------------------------------------------------------------------------------------------------------


def test_stacked_networks_are_the_members_of_an_ensemble():
    nets = [sample([2, 5, 3], "tanh", normal, bias_initializer=b, seeds=range(4)) for b in (normal, normal)]
    both = stack(nets)
    assert both.runs == (2, 4)
    for i, net in enumerate(nets):
        for mine, own in zip(both.member(i).weights + both.member(i).biases, net.weights + net.biases, strict=True):
            np.testing.assert_array_equal(mine, own)
    bare = sample([2, 5, 3], "tanh", normal, bias_initializer=None, rng=0)
    assert stack([bare]).biases == (None, None)
    assert stack([stack([bare])]).runs == (1, 1)


def test_networks_of_another_form_are_not_stacked():
    one = sample([2, 5, 3], "tanh", normal, rng=0)
    others = [
        sample([2, 6, 3], "tanh", normal, rng=0),
        sample([2, 5, 3], "relu", normal, rng=0),
        sample([2, 5, 3], "tanh", normal, bias_initializer=None, rng=0),
        sample([2, 5, 3], "tanh", normal, seeds=range(2)),
    ]
    for other in others:
        with pytest.raises(ValueError, match=r"networks\[1\] differs from networks\[0\]"):
            stack([one, other])
    with pytest.raises(ValueError, match="at least one network, got none"):
        stack([])


def test_a_member_is_one_of_the_networks():
    units = Network((np.ones((3, 2)),), (None,), "relu")  # a slice of this would be fewer units
    three = sample([2, 5, 3], "tanh", normal, seeds=range(3))
    for network, at in ((units, slice(0, 2)), (units, 0), (three, 3), (three, -4), (three, (0, slice(0, 1)))):
        with pytest.raises(ValueError, match=re.escape(f"at must be an index in the leading axes {network.runs}, got")):
            network.member(at)
    for at in ("0", 1.0, True, [0, 1], None):
        with pytest.raises(TypeError, match="at must be an int, a slice or a tuple of them"):
            three.member(at)
    assert three.member(np.int64(-1)).runs == ()


@pytest.mark.parametrize("inputs", [np.ones((2, 3)), np.ones((3, 0)), np.ones((1, 5, 3))])
def test_inputs_that_do_not_fit_are_named(inputs):
    with pytest.raises(ValueError, match=r"inputs must have shape \(3, batch\) or \(seeds, 3, batch\), got"):
        simulate([3, 4], "relu", normal, inputs=inputs)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda n: stack([n, 3]), TypeError, "each of the networks must be a Network, got an int"),
        (lambda n: stack(n), TypeError, "networks must be a sequence"),
        (lambda n: Network(None, (None,), "relu"), TypeError, "weights must hold one array per layer, got None"),
        (lambda n: Network(([[1.0]],), 3, "relu"), TypeError, "biases must hold one array per layer, got 3"),
        (
            lambda n: Network((np.ones((0, 2)), np.ones((1, 0))), (None,) * 2, "relu"),
            ValueError,
            "layer 1 .* none of them 0",
        ),
        (lambda n: observe(n, np.ones((2, 0))), ValueError, "x must hold at least one example"),
        (lambda n: observe(n, np.ones((2, 4)), targets=np.ones(4)), ValueError, "targets do not fit the loss: .*must"),
        (
            lambda n: observe(n, np.ones((2, 4)), loss="softmax_cross_entropy", targets=[0.0] * 4),
            TypeError,
            "targets do not fit the loss: labels must be ints",
        ),
        (
            lambda n: backward(n, forward(sample([2, 5, 3], "tanh", normal, seeds=range(4)), [[1], [2]]), 0),
            ValueError,
            r"forward_pass must be one of this network, of runs \(3,\), got one of \(4,\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call(sample([2, 5, 3], "tanh", normal, seeds=range(3)))
