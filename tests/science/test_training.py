"""SGD: the definition, one network or many at a time, with divergence as a result."""

import copy
import itertools
import time

import numpy as np
import pytest

from initlab import losses
from initlab.initializers import constant, he_normal, normal, xavier_normal, zeros
from initlab.network import Network, backward, forward, sample
from initlab.training import accuracy, descend, evaluate, sweep, train


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


@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_ensemble_of_seeds_and_rates_is_exactly_its_single_runs(batch_size, dtype, momentum):
    arguments = {"steps": 30, "batch_size": batch_size, "momentum": momentum, "rng": 3, **CROSS_ENTROPY}
    arguments |= {"snapshots": [10, 30], "held_out": two_classes(20, rng=1)}
    rates = np.array([0.01, 0.1, 0.5])
    together = train(networks(seeds=range(3), dtype=dtype), X, LABELS, learning_rate=rates, **arguments)
    assert together.loss.shape == (31, 3)
    for i, rate in enumerate(rates):
        alone = train(networks(rng=i, dtype=dtype), X, LABELS, learning_rate=rate, **arguments)
        np.testing.assert_array_equal(together.loss[:, i], alone.loss)
        assert_same_network(run_of(together.network, i), alone.network)
        for of_all, of_one in zip(together.snapshots, alone.snapshots, strict=True):
            for name in ("loss", "accuracy", "update_ratio", "held_out_loss", "held_out_accuracy"):
                np.testing.assert_array_equal(getattr(of_all, name)[i], getattr(of_one, name), err_msg=name)
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


@pytest.mark.parametrize("momentum", [0, 0.5])
def test_a_run_that_diverges_says_when_and_leaves_the_others_unharmed(momentum):
    how = {"loss": "squared_error", "momentum": momentum, "steps": 100}
    y = np.stack([LABELS, 1 - LABELS]).astype(float)
    rates = np.array([0.05, 1e3, 0.1])
    start = networks(rng=0, activation="relu", initializer=he_normal)
    run = train(start, X, y, learning_rate=rates, snapshots=[100], **how)
    assert run.diverged_at[0] == run.diverged_at[2] == -1
    first = run.diverged_at[1]
    assert 0 < first < 100
    assert np.isfinite(run.loss[:first, 1]).all()
    assert not np.isfinite(run.loss[first, 1])
    assert run.snapshots[0].accuracy[1] == 0
    assert np.isfinite(run.snapshots[0].update_ratio).all(axis=-1).tolist() == [True, False, True]
    for i in (0, 2):
        alone = train(start, X, y, learning_rate=rates[i], **how)
        np.testing.assert_array_equal(run.loss[:, i], alone.loss)
        assert alone.diverged_at == -1
    alone = train(start, X, y, learning_rate=1e3, snapshots=range(101), **how)
    assert alone.diverged_at == first
    assert [seen.diverged_at for seen in alone.snapshots] == [-1] * first + [first] * (101 - first)


def test_a_network_of_nan_gets_no_example_right():
    start = networks(rng=0)
    broken = Network(tuple(W * np.nan for W in start.weights), start.biases, "tanh")
    assert evaluate(broken, X, LABELS, **CROSS_ENTROPY)[1] == 0


@pytest.mark.parametrize("batch_size", [None, 7])
def test_momentum_adds_up_gradients_and_moves_by_their_sum(batch_size):
    """v <- momentum v + rate dL/dtheta, theta <- theta - v, with gradients from `backward`."""
    batches = []

    def spy(output, labels):
        batches.append(labels)  # the loss sees labels only: number the examples to know which they are
        return losses.softmax_cross_entropy(output, LABELS[labels])

    run = train(networks(rng=0), X, np.arange(60), loss=spy, learning_rate=0.1, momentum=0.8, steps=6,
                batch_size=batch_size, rng=0)  # fmt: skip
    network = networks(rng=0)
    theta = [*network.weights, *network.biases]
    v = [np.zeros_like(p) for p in theta]
    for some in batches[:6]:
        network = Network(theta[:3], theta[3:], "tanh")
        passed = forward(network, X[:, some])
        gradient = backward(network, passed, losses.softmax_cross_entropy(passed.output, LABELS[some])[1])
        v = [0.8 * old + 0.1 * g for old, g in zip(v, (*gradient.dW, *gradient.db), strict=True)]
        theta = [p - step for p, step in zip(theta, v, strict=True)]
    for mine, expected in zip((*run.network.weights, *run.network.biases), theta, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("momentum", [0.3, 0.9])
def test_in_a_parabola_momentum_is_the_heavy_ball(momentum):
    """L = (h/2) w^2 gives w[t+1] = (1 + m - rate h) w[t] - m w[t-1], whose solution is known."""
    h, rate = 2.0, 0.1
    ball = Network((np.ones((1, 1)),), (None,), "identity")
    run = train(ball, [[np.sqrt(h)]], [[0.0]], loss="squared_error", learning_rate=rate, momentum=momentum, steps=40,
                snapshots=range(41))  # fmt: skip
    roots = np.roots([1, rate * h - 1 - momentum, momentum]).astype(complex)
    shares = np.linalg.solve([[1, 1], roots], [1, 1 - rate * h])
    expected = [(shares @ roots**t).real for t in range(41)]
    np.testing.assert_allclose([s.network.weights[0][0, 0] for s in run.snapshots], expected, rtol=1e-10, atol=1e-13)


def test_on_a_steady_slope_momentum_makes_steps_up_to_ten_times_as_long():
    def slope(output, targets):
        return output.sum(), np.ones_like(output)

    start = Network((np.zeros((1, 1)),), (None,), "identity")
    how = {"loss": slope, "learning_rate": 0.1, "steps": 200, "snapshots": [0, 1, 199, 200]}
    run = train(start, np.ones((1, 1)), np.ones(1), momentum=0.9, **how)
    at = [s.network.weights[0].item() for s in run.snapshots]
    assert at[1] - at[0] == pytest.approx(-0.1)
    assert at[3] - at[2] == pytest.approx(-0.1 / (1 - 0.9))


def test_the_update_ratio_is_the_size_of_the_step_that_follows_over_that_of_the_weights():
    how = {"learning_rate": 0.5, "momentum": 0.9, "batch_size": 10, "rng": 0, **CROSS_ENTROPY}
    run = train(networks(rng=0), X, LABELS, steps=8, snapshots=range(9), **how)
    for this, following in itertools.pairwise(run.snapshots):
        for layer, (W, after) in enumerate(zip(this.network.weights, following.network.weights, strict=True)):
            ratio = np.sqrt(np.mean((after - W) ** 2)) / np.sqrt(np.mean(W**2))
            assert this.update_ratio[layer] == pytest.approx(ratio, rel=1e-9)
    stopped = train(networks(rng=0), X, LABELS, steps=5, snapshots=[5], **how)
    assert np.array_equal(stopped.snapshots[0].update_ratio, run.snapshots[5].update_ratio)


def test_the_update_ratio_of_zero_weights_is_inf_where_they_move_and_nan_where_they_do_not():
    one, three = sample([2, 2], "tanh", zeros, rng=0), networks(rng=0, initializer=zeros)
    for start, ratios in ((one, [np.inf]), (three, [np.nan] * 3)):
        run = train(start, X, LABELS, learning_rate=0.5, steps=1, snapshots=[0], **CROSS_ENTROPY)
        np.testing.assert_array_equal(run.snapshots[0].update_ratio, ratios)


def test_snapshots_see_held_out_examples_as_evaluate_does_and_learn_nothing_from_them():
    held_out = two_classes(40, rng=9)
    how = {"learning_rate": 0.5, "steps": 20, "snapshots": [0, 20], **CROSS_ENTROPY}
    run = train(networks(rng=0), X, LABELS, held_out=held_out, **how)
    without = train(networks(rng=0), X, LABELS, **how)
    np.testing.assert_array_equal(run.loss, without.loss)
    for seen, blind in zip(run.snapshots, without.snapshots, strict=True):
        assert (seen.held_out_loss, seen.held_out_accuracy) == evaluate(seen.network, *held_out, **CROSS_ENTROPY)
        assert blind.held_out_loss is blind.held_out_accuracy is None


DESCENT = {"learning_rate": 0.5, "momentum": 0.9, "steps": 6, "batch_size": 10, "rng": 0, "snapshots": [0, 4]}


def to_the_end(updates):
    """What a generator yields, and what it returns."""
    seen = []
    while True:
        try:
            seen.append(next(updates))
        except StopIteration as end:
            return seen, end.value


def test_descend_yields_a_snapshot_where_one_is_kept_and_none_at_other_steps_and_returns_what_train_does():
    seen, run = to_the_end(descend(networks(rng=0), X, LABELS, **DESCENT, **CROSS_ENTROPY))
    assert [s and s.step for s in seen] == [0, None, None, None, 4, None, None]
    assert (seen[0], seen[4]) == run.snapshots
    trained = train(networks(rng=0), X, LABELS, **DESCENT, **CROSS_ENTROPY)
    np.testing.assert_array_equal(run.loss, trained.loss)
    assert_same_network(run.network, trained.network)


def test_a_descent_can_be_abandoned_and_others_go_on():
    start = networks(rng=0)
    before = copy.deepcopy(start)
    abandoned, other = (descend(start, X, LABELS, **DESCENT, **CROSS_ENTROPY) for _ in range(2))
    first = next(abandoned)
    next(other)
    next(abandoned)
    abandoned.close()
    assert_same_network(start, before)
    assert_same_network(first.network, before)
    _, run = to_the_end(other)
    assert_same_network(run.network, train(start, X, LABELS, **DESCENT, **CROSS_ENTROPY).network)


def test_whoever_takes_the_snapshots_is_still_warned_of_overflow():
    settings = np.geterr()
    for _ in descend(networks(rng=0), X, LABELS, **DESCENT, **CROSS_ENTROPY):
        assert np.geterr() == settings


def test_descend_complains_at_once():
    with pytest.raises(ValueError, match="steps"):
        descend(networks(rng=0), X, LABELS, **DESCENT | {"steps": -1}, **CROSS_ENTROPY)
    with pytest.raises(TypeError, match="rng"):
        descend(networks(rng=0), X, LABELS, **DESCENT | {"rng": "0"}, **CROSS_ENTROPY)


def slow(seconds):
    def loss(output, labels):
        time.sleep(seconds)
        return losses.softmax_cross_entropy(output, labels)

    return loss


# --- Adam, AdamW, weight decay ----------------------------------------------------------------------------------------


def step_by_step(start, optimizer, rate, *, momentum=0.0, weight_decay=0.0, betas=(0.9, 0.999), eps=1e-8, steps=5):
    """The equations of `optimizers`, in plain NumPy, with gradients from `backward`."""
    theta = [p.copy() for p in (*start.weights, *start.biases)]
    first, second = ([np.zeros_like(p) for p in theta] for _ in range(2))
    for t in range(1, steps + 1):
        network = Network(theta[: start.depth], theta[start.depth :], start.activation)
        passed = forward(network, X)
        gradients = backward(network, passed, losses.softmax_cross_entropy(passed.output, LABELS)[1])
        for i, g in enumerate((*gradients.dW, *gradients.db)):
            if optimizer != "adamw":
                g = g + weight_decay * theta[i]
            if optimizer == "sgd":
                first[i] = momentum * first[i] + rate * g
                theta[i] = theta[i] - first[i]
                continue
            if optimizer == "adamw":
                theta[i] = theta[i] - rate * weight_decay * theta[i]
            first[i] = betas[0] * first[i] + (1 - betas[0]) * g
            second[i] = betas[1] * second[i] + (1 - betas[1]) * g**2
            m, s = first[i] / (1 - betas[0] ** t), second[i] / (1 - betas[1] ** t)
            theta[i] = theta[i] - rate * m / (np.sqrt(s) + eps)
    return theta


OPTIMIZERS = [
    {"optimizer": "sgd", "weight_decay": 0.3},
    {"optimizer": "sgd", "weight_decay": 0.3, "momentum": 0.8},
    {"optimizer": "adam"},
    {"optimizer": "adam", "weight_decay": 0.3, "betas": (0.5, 0.0), "eps": 1e-2},
    {"optimizer": "adamw", "betas": (0.0, 0.9)},
    {"optimizer": "adamw", "weight_decay": 0.3},
]


@pytest.mark.parametrize("how", OPTIMIZERS, ids=str)
def test_optimizers_are_their_equations(how):
    start = sample([2, 12, 12, 2], "tanh", xavier_normal, bias_initializer=normal, rng=0)
    run = train(start, X, LABELS, learning_rate=0.05, steps=5, **how, **CROSS_ENTROPY)
    for mine, theirs in zip(
        (*run.network.weights, *run.network.biases), step_by_step(start, rate=0.05, **how), strict=True
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("how", OPTIMIZERS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_runs_of_an_ensemble_share_no_optimizer(how, dtype):
    rates = np.array([0.01, 1e3, 0.1])
    common = {"steps": 20, "batch_size": 13, "rng": 1, "snapshots": [7], **how, **CROSS_ENTROPY}
    run = train(networks(seeds=range(3), dtype=dtype), X, LABELS, learning_rate=rates, **common)
    for i, rate in enumerate(rates):
        alone = train(networks(rng=i, dtype=dtype), X, LABELS, learning_rate=rate, **common)
        np.testing.assert_array_equal(run.loss[:, i], alone.loss)
        np.testing.assert_array_equal(run.snapshots[0].update_ratio[i], alone.snapshots[0].update_ratio)
        assert_same_network(run_of(run.network, i), alone.network)


@pytest.mark.parametrize("how", OPTIMIZERS, ids=str)
def test_the_update_ratio_is_that_of_the_step_that_follows_for_every_optimizer(how):
    run = train(networks(rng=0), X, LABELS, learning_rate=0.1, steps=4, snapshots=range(5), **how, **CROSS_ENTROPY)
    for before, after in itertools.pairwise(run.snapshots):
        for layer, (W, later) in enumerate(zip(before.network.weights, after.network.weights, strict=True)):
            ratio = np.sqrt(np.mean((later - W) ** 2) / np.mean(W**2))
            assert before.update_ratio[layer] == pytest.approx(ratio, rel=1e-9)


def test_adams_first_step_is_the_learning_rate_whatever_the_size_of_the_gradient():
    for size in (1e-3, 1.0, 1e3):
        start = Network((np.zeros((1, 1)),), (None,), "identity")
        run = train(start, [[1.0]], [[size]], loss="squared_error", learning_rate=0.01, steps=1, optimizer="adam")
        assert run.network.weights[0][0, 0] == pytest.approx(0.01, rel=1e-4)


def test_weight_decay_without_a_gradient_is_a_geometric_series_except_with_adam():
    start = Network((np.full((1, 1), 2.0),), (np.full(1, 3.0),), "identity")
    how = {"loss": lambda output, y: (output.sum(axis=(-2, -1)) * 0, output * 0), "learning_rate": 0.1, "steps": 7}
    for optimizer in ("sgd", "adamw"):
        run = train(start, [[1.0]], [0.0], optimizer=optimizer, weight_decay=0.5, **how)
        assert run.network.weights[0][0, 0] == pytest.approx(2 * 0.95**7)
        assert run.network.biases[0][0] == pytest.approx(3 * 0.95**7)  # biases, too, as in PyTorch
    run = train(start, [[1.0]], [0.0], optimizer="adam", weight_decay=0.5, **how)
    assert run.network.weights[0][0, 0] == pytest.approx(2 - 7 * 0.1, rel=1e-2)  # steps of the learning rate


# --- what goes in -----------------------------------------------------------------------------------------------------


def test_one_hot_targets_count():
    one_hot = np.stack([LABELS == 0, LABELS == 1])
    network = networks(rng=3)
    right = evaluate(network, X, LABELS, **CROSS_ENTROPY)[1]
    for y in (one_hot, one_hot.astype(int), one_hot.astype(float)):
        assert evaluate(network, X, y, loss="squared_error")[1] == right
    for y in (2.0 * one_hot, one_hot - 0.5, one_hot * 0, np.ones((2, 60)), X):
        assert evaluate(network, X, y, loss="squared_error")[1] is None
    assert accuracy(np.ones((1, 4)), np.ones((1, 4))) is None  # one output names no class
    own = np.stack([one_hot, one_hot[::-1]])
    ensemble = networks(seeds=[3, 3])
    assert evaluate(ensemble, X, own, loss="squared_error")[1].tolist() == pytest.approx([right, 1 - right])


def test_integers_train_as_the_numbers_that_they_are():
    W = [[[1, 0], [0, 1], [1, 1]], [[1, -1, 0], [0, 1, 0]]]
    x, y = np.array([[1, 0, 2, 1], [0, 1, 1, 3]]), np.array([0, 1, 1, 0])
    for loss, target in (("softmax_cross_entropy", y), ("squared_error", np.eye(2, dtype=int)[y].T)):
        how = {"loss": loss, "learning_rate": 1, "steps": 3}
        whole = train(Network(W, [None, None], "tanh"), x, target, **how)
        as_floats = [np.array(matrix, float) for matrix in W]
        right = train(Network(as_floats, [None, None], "tanh"), x.astype(float), target, **how)
        np.testing.assert_array_equal(whole.loss, right.loss)


def test_a_matrix_that_is_two_layers_is_refused():
    W, b, x = np.eye(3), np.zeros(3), np.ones((3, 4))
    how = {"loss": "squared_error", "learning_rate": 0.1, "steps": 2}
    V = W.copy()
    both = np.zeros((2, 3, 3))
    for weights, biases in (
        ((W, W), (None, None)),
        ((W, W.T), (None, None)),
        ((W, V, W[::-1]), (None, None, None)),
        ((W, V), (b, b)),
        ((W, V), (W[0], None)),
        ((both[0], both[0]), (None, None)),
    ):
        tied = Network(weights, biases, "tanh")
        forward(tied, x)  # a pass has nothing against it
        with pytest.raises(ValueError, match=r"network must have .* of its own in every layer: the .* of layer"):
            train(tied, x, x, **how)
    train(Network((both[0], both[1]), (b, b.copy()), "tanh"), x, x, **how)
    train(Network((W, V), (None, None), "tanh"), x, x, **how)


def test_a_bar_appears_when_training_takes_longer_than_a_second_and_goes_away(capsys):
    train(networks(rng=0), X, LABELS, loss=slow(0), learning_rate=0.1, steps=20, progress=True)
    assert capsys.readouterr().err == ""
    train(networks(rng=0), X, LABELS, loss=slow(0.12), learning_rate=0.1, steps=10, progress=True)
    *_, last_shown, erased, rest = capsys.readouterr().err.split("\r")
    assert "Training" in last_shown
    assert erased.strip() == rest == ""


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


def test_a_sweep_with_momentum_trains_with_it():
    how = {"steps": 20, "momentum": 0.9, "batch_size": 7, "rng": 0, **CROSS_ENTROPY}
    run = train(networks(rng=0), X, LABELS, learning_rate=0.1, snapshots=[20], **how)
    assert sweep(networks(rng=0), X, LABELS, rates=[0.1], **how).loss == run.snapshots[0].loss


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
        (lambda: train_(optimizer="rmsprop"), ValueError, "optimizer must be one of 'sgd', 'adam', 'adamw', got 'rms"),
        (lambda: train_(optimizer=None), TypeError, "optimizer.*None"),
        (lambda: train_(optimizer="adam", momentum=0.9), ValueError, "momentum must be 0 for 'adam'.*got 0.9"),
        (lambda: train_(weight_decay=-1), ValueError, "weight_decay.*>= 0, got -1"),
        (lambda: train_(optimizer="adam", betas=0.9), TypeError, "betas.*0.9"),
        (lambda: train_(optimizer="adam", betas=(0.9, 1)), ValueError, "betas.*< 1, got 1"),
        (lambda: train_(optimizer="adam", betas=(0.9,)), TypeError, "betas.*pair"),
        (lambda: train_(optimizer="adam", eps=0), ValueError, "eps.*> 0, got 0"),
        (lambda: train_(momentum=1), ValueError, "momentum.*>= 0 and < 1, got 1"),
        (lambda: train_(momentum=-0.1), ValueError, "momentum.*>= 0 and < 1, got -0.1"),
        (lambda: train_(momentum=[0.9]), TypeError, r"momentum.*\[0.9\]"),
        (lambda: train_(held_out=X), TypeError, r"held_out must be a pair \(x, y\)"),
        (lambda: train_(held_out=(X.T, LABELS)), ValueError, r"held_out.*\(60, 2\)"),
        (lambda: train_(held_out=(X, LABELS + 1)), ValueError, "held_out.*labels.*2"),
        (lambda: train_(held_out=7), TypeError, "held_out"),
        (lambda: train_(progress="yes"), TypeError, "progress.*True or False.*'yes'"),
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
        (lambda: sweep(networks(rng=0), X, LABELS, rates=0.1, steps=1, **CROSS_ENTROPY), TypeError, "rates"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


# Where a number went wrong without a word


def test_accuracy_is_none_where_the_largest_output_is_at_no_class():
    one, three = np.array([[0.2, 0.9, -0.3]]), np.eye(3)
    assert accuracy(one, np.array([0, 1, 0])) is None  # one output with a sigmoid: its sign decides
    assert accuracy(three, np.array([0.0, 1.0, 0.5])) is None  # numbers to predict
    assert accuracy(three, np.array([0, 1, 3])) is None
    assert accuracy(three, np.array([0, 1, -1])) is None
    assert accuracy(three, np.array([[1, 0, 1], [0, 1, 0]])) is None  # two classes
    assert accuracy(three, np.array([0, 1, 1])) == 2 / 3
    for output, y in ((three, 3), (three, [0, 1]), (np.ones(3), [0, 1, 1]), (three[:, :0], [])):
        with pytest.raises(ValueError, match="must have"):
            accuracy(output, y)


def test_a_loss_for_one_run_is_not_taken_for_that_of_all():
    def half_square(output, targets):
        return np.square(output - targets).sum() / 2, output - targets

    y = np.zeros((2, 60))
    train(networks(rng=0), X, y, loss=half_square, learning_rate=0.0, steps=1)
    with pytest.raises(ValueError, match=r"loss must return one number for each run, of shape \(3,\)"):
        train(networks(seeds=range(3)), X, y, loss=half_square, learning_rate=0.0, steps=1)


def test_a_rate_that_the_type_of_the_network_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="learning_rate must be a number that float32 can hold, got 1e"):
        train(networks(rng=0, dtype=np.float32), X, LABELS, learning_rate=1e39, steps=1, **CROSS_ENTROPY)


@pytest.mark.parametrize(("dtype", "eps"), [(np.float32, 1e-60), (np.float64, 1e-323)])
def test_an_eps_that_is_0_in_the_type_of_the_network_is_refused(dtype, eps):
    with pytest.raises(ValueError, match=r"eps \(in float..\) must be a finite number >="):
        train(networks(rng=0, initializer=zeros, dtype=dtype), X, LABELS, learning_rate=0.1, steps=1, optimizer="adam",
              eps=eps, **CROSS_ENTROPY)  # fmt: skip
