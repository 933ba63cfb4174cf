"""SGD: the definition, one network or many at a time, with divergence as a result."""

import copy

import numpy as np
import pytest

from initlab import losses
from initlab.initializers import constant, he_normal, normal, xavier_normal, zeros
from initlab.network import Network, backward, forward, sample
from initlab.training import evaluate, sweep, train


def two_classes(n=60, rng=0):
    """Points inside and outside a circle: x (2, n), labels (n,)."""
    x = np.random.default_rng(rng).uniform(-1, 1, (2, n))
    return x, (np.sum(x**2, axis=0) > 0.6).astype(int)


X, LABELS = two_classes()
CROSS_ENTROPY = {"loss": "softmax_cross_entropy"}


def networks(seeds=None, rng=None, activation="tanh", initializer=xavier_normal, dtype=np.float64):
    return sample([2, 12, 12, 2], activation, initializer, seeds=seeds, rng=rng, dtype=dtype)


def assert_same_network(one, other):
    for a, b in zip((*one.weights, *one.biases), (*other.weights, *other.biases), strict=True):
        np.testing.assert_array_equal(a, b)


def run_of(network, i):
    """Run i of an ensemble."""
    return Network(
        tuple(W[i] for W in network.weights),
        tuple(b[i] for b in network.biases),
        network.activation,
        network.output_activation,
    )


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
@pytest.mark.parametrize("loss", [losses.softmax_cross_entropy, losses.squared_error])
def test_a_step_is_theta_minus_rate_times_gradient(activation, loss):
    network = networks(rng=0, activation=activation)
    y = LABELS if loss is losses.softmax_cross_entropy else np.stack([LABELS, 1 - LABELS])
    passed = forward(network, X)
    value, top = loss(passed.output, y)
    gradient = backward(network, passed, top)
    run = train(network, X, y, loss=loss, learning_rate=0.1, steps=1)
    assert run.loss[0] == value
    for W, dW, after in zip(network.weights, gradient.dW, run.network.weights, strict=True):
        np.testing.assert_allclose(after, W - 0.1 * dW, rtol=1e-13, atol=1e-15)
    for b, db, after in zip(network.biases, gradient.db, run.network.biases, strict=True):
        np.testing.assert_allclose(after, b - 0.1 * db, rtol=1e-13, atol=1e-15)


def test_training_learns_to_tell_two_classes_apart():
    run = train(networks(rng=0), X, LABELS, learning_rate=0.5, steps=1500, snapshots=[0, 1500], **CROSS_ENTROPY)
    before, after = run.snapshots
    assert before.accuracy < 0.9 < 0.97 < after.accuracy
    assert after.loss < 0.1 * before.loss
    assert run.diverged_at == -1


def test_the_network_that_goes_in_is_not_modified():
    network = networks(seeds=range(3))
    before = copy.deepcopy(network)
    train(network, X, LABELS, learning_rate=0.5, steps=5, **CROSS_ENTROPY)
    assert_same_network(network, before)


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_ensemble_of_seeds_and_rates_is_exactly_its_single_runs(batch_size, dtype):
    arguments = {"steps": 30, "batch_size": batch_size, "rng": 3, "snapshots": [10], **CROSS_ENTROPY}
    rates = np.array([0.01, 0.1, 0.5])
    together = train(networks(seeds=range(3), dtype=dtype), X, LABELS, learning_rate=rates, **arguments)
    assert together.loss.shape == (31, 3)
    for i, rate in enumerate(rates):
        alone = train(networks(rng=i, dtype=dtype), X, LABELS, learning_rate=rate, **arguments)
        np.testing.assert_array_equal(together.loss[:, i], alone.loss)
        assert_same_network(run_of(together.network, i), alone.network)
        assert together.snapshots[0].loss[i] == alone.snapshots[0].loss
        assert together.snapshots[0].accuracy[i] == alone.snapshots[0].accuracy
        assert alone.network.dtype == dtype


def test_one_network_trained_at_several_rates_becomes_an_ensemble():
    run = train(networks(rng=0), X, LABELS, learning_rate=np.array([0.1, 0.2]), steps=4, **CROSS_ENTROPY)
    alone = train(networks(rng=0), X, LABELS, learning_rate=0.2, steps=4, **CROSS_ENTROPY)
    assert run.network.runs == (2,)
    np.testing.assert_array_equal(run.loss[:, 1], alone.loss)


def test_training_is_deterministic_by_seed():
    def losses_of(rng):
        run = train(networks(rng=0), X, LABELS, learning_rate=0.1, steps=20, batch_size=8, rng=rng, **CROSS_ENTROPY)
        return run.loss

    np.testing.assert_array_equal(losses_of(1), losses_of(1))
    assert not np.array_equal(losses_of(1), losses_of(2))


def test_each_pass_takes_every_example_once():
    """A linear unit with a loss that only records: what it is given must be the examples, each once per pass."""
    x = np.arange(12.0)[None]
    network = Network((np.ones((1, 1)),), (np.zeros(1),), "identity")
    seen = []

    def spy(output, targets):
        np.testing.assert_array_equal(output[0], targets[0])
        seen.append(targets[0].tolist())
        return np.array(0.0), np.zeros_like(output)

    train(network, x, x, loss=spy, learning_rate=0.1, steps=5, batch_size=4, rng=0)
    assert [len(batch) for batch in seen] == [4] * 6
    for one_pass in (seen[:3], seen[3:]):
        assert sorted(example for batch in one_pass for example in batch) == x[0].tolist()
    assert seen[:3] != seen[3:]


def test_the_loss_history_ends_after_the_last_update():
    run = train(networks(rng=0), X, LABELS, learning_rate=0.1, steps=3, snapshots=range(4), **CROSS_ENTROPY)
    assert run.loss.shape == (4,)
    np.testing.assert_allclose([s.loss for s in run.snapshots], run.loss, rtol=1e-14)
    assert [s.step for s in run.snapshots] == [0, 1, 2, 3]
    assert evaluate(run.network, X, LABELS, **CROSS_ENTROPY)[0] == run.snapshots[-1].loss
    assert_same_network(run.network, run.snapshots[-1].network)


def test_snapshots_are_copies():
    network = networks(rng=0)
    run = train(network, X, LABELS, learning_rate=0.5, steps=10, snapshots=[0, 5], **CROSS_ENTROPY)
    assert_same_network(run.snapshots[0].network, network)
    shorter = train(network, X, LABELS, learning_rate=0.5, steps=5, **CROSS_ENTROPY)
    assert_same_network(run.snapshots[1].network, shorter.network)


def test_a_run_that_diverges_says_when_and_leaves_the_others_unharmed():
    y = np.stack([LABELS, 1 - LABELS]).astype(float)
    rates = np.array([0.05, 1e3, 0.1])
    start = networks(rng=0, activation="relu", initializer=he_normal)
    run = train(start, X, y, loss="squared_error", learning_rate=rates, steps=100, snapshots=[100])
    assert run.diverged_at[0] == run.diverged_at[2] == -1
    first = run.diverged_at[1]
    assert 0 < first < 100
    assert np.isfinite(run.loss[:first, 1]).all()
    assert not np.isfinite(run.loss[first, 1])
    assert run.snapshots[0].accuracy is None
    for i in (0, 2):
        alone = train(start, X, y, loss="squared_error", learning_rate=rates[i], steps=100)
        np.testing.assert_array_equal(run.loss[:, i], alone.loss)
        assert alone.diverged_at == -1
    alone = train(start, X, y, loss="squared_error", learning_rate=1e3, steps=100)
    assert alone.diverged_at == first


def test_a_network_of_nan_gets_no_example_right():
    start = networks(rng=0)
    broken = Network(tuple(W * np.nan for W in start.weights), start.biases, "tanh")
    assert evaluate(broken, X, LABELS, **CROSS_ENTROPY)[1] == 0


def test_zero_weights_with_tanh_never_move():
    """The gradient of the hidden weights is exactly zero; with unbalanced classes only the output biases learn."""
    run = train(networks(rng=0, initializer=zeros), X, LABELS, learning_rate=0.5, steps=50, **CROSS_ENTROPY)
    assert all(np.all(W == 0) for W in run.network.weights)
    assert np.any(run.network.biases[-1] != 0)


def test_equal_units_stay_equal():
    def half(shape, **options):
        return constant(shape, value=0.5, **options)

    run = train(networks(rng=0, initializer=half), X, LABELS, learning_rate=0.5, steps=50, **CROSS_ENTROPY)
    W = run.network.weights[0]
    assert np.any(W != 0.5)
    np.testing.assert_allclose(W, np.broadcast_to(W[0], W.shape), rtol=1e-12)


def test_networks_without_biases_train():
    start = sample([2, 8, 2], "tanh", xavier_normal, bias_initializer=None, rng=0)
    run = train(start, X, LABELS, learning_rate=0.5, steps=50, **CROSS_ENTROPY)
    assert run.loss[-1] < run.loss[0]
    assert run.network.biases == (None, None)


def test_a_sweep_trains_every_seed_at_every_rate_and_names_the_best():
    start = networks(seeds=range(3))
    rates = [1e-3, 0.1, 0.5]
    result = sweep(start, X, LABELS, rates=rates, steps=200, **CROSS_ENTROPY)
    assert result.loss.shape == result.accuracy.shape == result.diverged.shape == (3, 3)
    for i, rate in enumerate(rates):
        run = train(start, X, LABELS, learning_rate=rate, steps=200, snapshots=[200], **CROSS_ENTROPY)
        np.testing.assert_array_equal(result.loss[i], run.snapshots[0].loss)
        np.testing.assert_array_equal(result.accuracy[i], run.snapshots[0].accuracy)
    assert result.best_rate == rates[result.loss.mean(axis=1).argmin()]


def test_a_sweep_of_one_network_has_one_axis():
    result = sweep(networks(rng=0), X, LABELS, rates=[0.1, 0.5], steps=20, **CROSS_ENTROPY)
    assert result.loss.shape == (2,)


def test_a_rate_at_which_a_run_diverges_is_never_the_best():
    y = np.stack([LABELS, 1 - LABELS]).astype(float)
    start = networks(seeds=range(2), activation="relu", initializer=he_normal)
    arguments = {"loss": "squared_error", "steps": 60}
    result = sweep(start, X, y, rates=[1e-4, 1e3], **arguments)
    assert result.diverged.tolist() == [[False, False], [True, True]]
    assert result.best_rate == 1e-4
    assert np.isnan(sweep(start, X, y, rates=[1e3], **arguments).best_rate)


def test_mini_batches_of_an_ensemble_are_the_same_for_every_run():
    """Two equal networks stay equal."""
    one = networks(rng=0)
    twins = Network(tuple(np.stack([W, W]) for W in one.weights), tuple(np.stack([b, b]) for b in one.biases), "tanh")
    run = train(twins, X, LABELS, learning_rate=0.1, steps=20, batch_size=5, rng=0, **CROSS_ENTROPY)
    np.testing.assert_array_equal(run.loss[:, 0], run.loss[:, 1])


def train_(x=X, y=LABELS, loss="softmax_cross_entropy", learning_rate=0.1, steps=1, **options):
    network = sample([2, 3, 2], "tanh", normal, rng=0)
    return train(network, x, y, loss=loss, learning_rate=learning_rate, steps=steps, **options)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: train_(learning_rate=-1.0), ValueError, "learning_rate.*-1.0"),
        (lambda: train_(learning_rate=np.nan), ValueError, "learning_rate.*nan"),
        (lambda: train_(learning_rate="0.1"), TypeError, "learning_rate.*'0.1'"),
        (lambda: train_(steps=-1), ValueError, "steps.*-1"),
        (lambda: train_(steps=1.5), TypeError, "steps.*1.5"),
        (lambda: train_(batch_size=0), ValueError, "batch_size.*60.*0"),
        (lambda: train_(batch_size=61), ValueError, "batch_size.*60.*61"),
        (lambda: train_(snapshots=[2]), ValueError, "snapshots.*1.*2"),
        (lambda: train_(loss="nll"), ValueError, "loss.*'nll'"),
        (lambda: train_(y=LABELS + 1), ValueError, "labels.*2"),
        (lambda: train_(y=LABELS * 1.0), TypeError, "labels.*float64"),
        (lambda: train_(y=LABELS[:5]), ValueError, "labels"),
        (lambda: train_(y=np.zeros((2, 5)), loss="squared_error"), ValueError, "y must"),
        (lambda: train_(x=X.T), ValueError, "x must"),
        (lambda: train_(x=X[:, :0], y=LABELS[:0]), ValueError, "x must"),
        (
            lambda: train(networks(seeds=range(3)), X, LABELS, learning_rate=[0.1, 0.2], steps=1, **CROSS_ENTROPY),
            ValueError,
            r"learning_rate.*\(3,\).*\(2,\)",
        ),
        (lambda: sweep(networks(rng=0), X, LABELS, rates=0.1, steps=1, **CROSS_ENTROPY), ValueError, "rates"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()
