"""SGD with momentum on the networks of `network`, one or a whole ensemble at a time.

An ensemble (many seeds, many learning rates) trains in one call, along the leading run axis; its runs share nothing
but the order of the examples. Divergence is a result: a run that overflows goes on as inf and nan, and does no harm to
the others.

`descend` is the algorithm, one update at a time; `train` runs it to its end.
"""

from __future__ import annotations  # numpy.random loads when something is drawn, and not for its types

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
from numpy.typing import ArrayLike

from . import losses
from .arguments import Seed, finite, seed_sequence, whole
from .layer_statistics import rms
from .network import Buffers, Forward, Network, backward_layers, check_input, forward_layers

Examples = tuple[np.ndarray, np.ndarray]
"""Inputs x, (features, examples), and their targets or labels y."""


@dataclass(frozen=True)
class Snapshot:
    """A network on its way through training, with its loss and accuracy on *all* examples."""

    step: int
    """Number of updates made so far."""
    network: Network
    """A copy of it."""
    loss: np.ndarray
    """The loss, () or (runs,)."""
    accuracy: np.ndarray | None
    """Share of examples whose largest output is at their label, () or (runs,); None where targets are not labels."""
    update_ratio: np.ndarray
    """rms of the update of W[l] that is due at this step (after the last step: that would be next) over the rms of
    W[l], (L,) or (runs, L): by what share one step changes the weights. nan where both are 0, inf where only W[l] is.

    A rule of thumb wants it near 1e-3 ([Karpathy 2022](https://www.youtube.com/watch?v=P6sfmUTpUmc), who takes
    standard deviations).
    """
    diverged_at: np.ndarray
    """() or (runs,): the first step, up to this one, whose loss was not finite, or -1."""
    held_out_loss: np.ndarray | None = None
    """Like `loss`, on the held-out examples; None if there are none."""
    held_out_accuracy: np.ndarray | None = None
    """Like `accuracy`, on the held-out examples; None if there are none."""


@dataclass(frozen=True)
class Run:
    """What `train` returns."""

    network: Network
    """The network after the last update."""
    loss: np.ndarray
    """(steps + 1,) or (steps + 1, runs): before each update, on the examples of that update; then after the last one,
    on the examples that would have come next."""
    diverged_at: np.ndarray
    """() or (runs,): the first step whose loss is not finite, or -1."""
    snapshots: tuple[Snapshot, ...]
    """What was kept on the way, in the order of the steps."""


def train(
    network: Network,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: str | losses.Loss,
    learning_rate: ArrayLike,
    steps: int,
    batch_size: int | None = None,
    momentum: float = 0.0,
    rng: Seed = None,
    snapshots: Iterable[int] = (),
    held_out: tuple[ArrayLike, ArrayLike] | None = None,
    progress: bool = False,
) -> Run:
    """Gradient descent, with momentum if asked for, for all weights and biases theta:

        v <- momentum v + learning_rate dL/dtheta,   theta <- theta - v,   from v = 0

    Without momentum that is theta <- theta - learning_rate dL/dtheta. With it, every gradient acts on all later steps,
    and on a steady slope the steps grow up to 1 / (1 - momentum) times as long: the heavy ball of
    [Polyak 1964](https://doi.org/10.1016/0041-5553%2864%2990137-5).

    Parameters
    ----------
    network : Network
        Where to start, one network or an ensemble. It is not modified. Its dtype is that of the training.
    x : (n[0], examples) array
        The inputs, one example in each column.
    y : (n[L], examples) array of targets, or (examples,) array of int labels
        What the loss compares the output with.
    loss : str or callable
        "squared_error", "softmax_cross_entropy", or a function (output, targets) -> (loss, gradient).
    learning_rate : float or array
        The learning rate, >= 0. An array is broadcast against the run axes: (runs,) gives every run its own rate,
        (rates, 1) trains every run at every rate.
    steps : int
        Number of updates.
    batch_size : int, optional
        Examples per update: each pass through the data takes them in a new random order. Default: all.
    momentum : float
        0 <= momentum < 1, the same for all runs.
    rng : numpy.random.Generator, int or None
        For that order, which is the same for all runs: a generator, a seed, or None for fresh entropy.
    snapshots : iterable of int
        Steps to keep a copy of the network at, from 0 (before the first update) to `steps`.
    held_out : (x, y), optional
        Examples that are not trained on, shaped like the others: snapshots then carry loss and accuracy on them, too.
    progress : bool
        Show a bar if this takes longer than a second. It goes away at the end.

    Returns
    -------
    Run
        The trained network, the loss at every step and the snapshots.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> from initlab.initializers import xavier_normal
    >>> from initlab.network import sample
    >>> x, y = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]]), np.array([0, 1, 1, 0])
    >>> networks = sample([2, 8, 2], "tanh", xavier_normal, seeds=range(3))
    >>> run = train(networks, x, y, loss="softmax_cross_entropy", learning_rate=1.0, steps=200, snapshots=[200])
    >>> run.snapshots[0].accuracy
    array([1., 1., 1.])
    """
    if not isinstance(progress, bool | np.bool_):
        raise TypeError(f"progress must be True or False, got {progress!r}")
    updates = descend(
        network,
        x,
        y,
        loss=loss,
        learning_rate=learning_rate,
        steps=steps,
        batch_size=batch_size,
        momentum=momentum,
        rng=rng,
        snapshots=snapshots,
        held_out=held_out,
    )
    with _bar(steps, progress) as advance:
        while True:
            try:
                next(updates)
            except StopIteration as end:
                return end.value
            advance()


def descend(
    network: Network,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: str | losses.Loss,
    learning_rate: ArrayLike,
    steps: int,
    batch_size: int | None = None,
    momentum: float = 0.0,
    rng: Seed = None,
    snapshots: Iterable[int] = (),
    held_out: tuple[ArrayLike, ArrayLike] | None = None,
) -> Generator[Snapshot | None, None, Run]:
    """`train` one update at a time, to show training as it happens or to stop it before its end.

    Parameters
    ----------
    network : Network
        Where to start, one network or an ensemble. It is not modified. Its dtype is that of the training.
    x : (n[0], examples) array
        The inputs, one example in each column.
    y : (n[L], examples) array of targets, or (examples,) array of int labels
        What the loss compares the output with.
    loss : str or callable
        "squared_error", "softmax_cross_entropy", or a function (output, targets) -> (loss, gradient).
    learning_rate : float or array
        The learning rate, >= 0. An array is broadcast against the run axes: (runs,) gives every run its own rate,
        (rates, 1) trains every run at every rate.
    steps : int
        Number of updates.
    batch_size : int, optional
        Examples per update: each pass through the data takes them in a new random order. Default: all.
    momentum : float
        0 <= momentum < 1, the same for all runs.
    rng : numpy.random.Generator, int or None
        For that order, which is the same for all runs: a generator, a seed, or None for fresh entropy.
    snapshots : iterable of int
        Steps to keep a copy of the network at, from 0 (before the first update) to `steps`.
    held_out : (x, y), optional
        Examples that are not trained on, shaped like the others: snapshots then carry loss and accuracy on them, too.

    Returns
    -------
    generator
        For every step from 0 to `steps` it yields a Snapshot where one is to be kept and None elsewhere; its return
        value is the Run. What it has yielded does not change any more.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> from initlab.initializers import xavier_normal
    >>> from initlab.network import sample
    >>> x, y = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]]), np.array([0, 1, 1, 0])
    >>> network = sample([2, 8, 2], "tanh", xavier_normal, rng=0)
    >>> updates = descend(network, x, y, loss="softmax_cross_entropy", learning_rate=1.0, steps=200,
    ...                   momentum=0.5, snapshots=range(0, 201, 10))
    >>> next(seen.step for seen in updates if seen and seen.accuracy == 1)
    10
    """
    loss = losses.get(loss)
    rate = _check_rates(learning_rate, network)
    momentum = finite("momentum", momentum, at_least=0, below=1)
    x, y = check_data(network, x, y, loss)
    checked_held_out = _check_held_out(network, held_out, loss)
    examples = x.shape[-1]
    steps = whole("steps", steps, at_least=0)
    batch_size = examples if batch_size is None else whole("batch_size", batch_size, at_least=1, at_most=examples)
    keep = {whole("snapshots", step, at_least=0, at_most=steps) for step in snapshots}

    network = _copy(network, np.broadcast_shapes(network.runs, rate.shape))
    buffers = Buffers.shared(network, network.runs, batch_size)
    batches = _batches(x, y, batch_size, steps + 1, rng)
    rate = rate.astype(network.dtype)[..., None, None]
    loss_of_batch = losses.unchecked(loss)
    # From the top layer down, as the gradients come. Without momentum a step is not kept, and there is no v.
    layers = [*zip(network.weights, network.biases, strict=True)][::-1]
    velocities = [[np.zeros_like(p) if momentum and p is not None else None for p in layer] for layer in layers]

    def updates() -> Generator[Snapshot | None, None, Run]:
        history = np.empty((steps + 1, *network.runs))
        kept: list[Snapshot] = []
        for step, (x_batch, y_batch) in enumerate(batches):
            before = _copy(network) if step in keep else None
            sizes: list[np.ndarray] = []
            with np.errstate(all="ignore"):  # left before the yield, or it would silence the caller, too
                *_, (_, output) = forward_layers(network, x_batch, buffers)
                history[step], gradient = loss_of_batch(output, y_batch)
                # Gradients are linear in the one at the top: times the rate there, they arrive as steps to take.
                forward_pass, gradient = Forward(buffers.z, (x_batch, *buffers.a)), rate * gradient
                gradients = backward_layers(network, forward_pass, gradient, buffers, input_gradient=False)
                for (W, b), (v_W, v_b), (_, dW, db, _) in zip(layers, velocities, gradients, strict=True):
                    if v_W is not None:  # v <- momentum v + learning_rate dL/dtheta
                        dW = _add_up(v_W, momentum, dW)
                    if v_b is not None and db is not None:
                        db = _add_up(v_b, momentum, db)
                    if before:
                        sizes.append(rms(dW))
                    if step < steps:  # theta <- theta - v
                        W -= dW
                        if b is not None and db is not None:
                            b -= db
            if before:
                kept.append(_snapshot(step, before, sizes, history[: step + 1], (x, y), checked_held_out, loss))
            yield kept[-1] if before else None
        return Run(network, history, _diverged_at(history), tuple(kept))

    return updates()


def _add_up(v: np.ndarray, momentum: float, step: np.ndarray) -> np.ndarray:
    """v <- momentum v + step, in place."""
    v *= momentum
    v += step
    return v


def _diverged_at(history: np.ndarray) -> np.ndarray:
    bad = ~np.isfinite(history)
    return np.where(bad.any(axis=0), bad.argmax(axis=0), -1)


@np.errstate(all="ignore")
def _snapshot(
    step: int,
    network: Network,
    sizes: list[np.ndarray],
    history: np.ndarray,
    examples: Examples,
    held_out: Examples | None,
    loss: losses.Loss,
) -> Snapshot:
    ratio = np.stack(sizes[::-1], axis=-1) / np.stack([rms(W) for W in network.weights], axis=-1)
    seen = evaluate(network, *examples, loss=loss)
    seen_held_out = evaluate(network, *held_out, loss=loss) if held_out else (None, None)
    return Snapshot(step, network, *seen, ratio, _diverged_at(history), *seen_held_out)


@contextmanager
def _bar(steps: int, shown: bool) -> Iterator[Callable[[], object]]:
    """What to call after every update, to move a bar that appears after a second."""
    if not shown:
        yield lambda: None
        return
    from tqdm.auto import tqdm

    # From -1: a descent yields once more than it makes updates.
    with tqdm(total=steps, initial=-1, desc="Training", unit="step", delay=1, leave=False) as bar:
        yield bar.update


@np.errstate(all="ignore")
def evaluate(
    network: Network, x: ArrayLike, y: ArrayLike, *, loss: str | losses.Loss
) -> tuple[np.ndarray, np.ndarray | None]:
    """Loss and accuracy on all examples.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    x : (n[0], examples) array
        The inputs, one example in each column.
    y : (n[L], examples) array of targets, or (examples,) array of int labels
        What the loss compares the output with.
    loss : str or callable
        "squared_error", "softmax_cross_entropy", or a function (output, targets) -> (loss, gradient).

    Returns
    -------
    loss : array
        () or (runs,).
    accuracy : array or None
        () or (runs,), as `accuracy` defines it; None where y are not labels.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.
    """
    loss = losses.get(loss)
    x, y = check_data(network, x, y, loss)
    for _, a in forward_layers(network, x):
        output = a  # a layer's activations are dropped as soon as the next ones are there
    return loss(output, y)[0], accuracy(output, y)


def accuracy(output: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Share of the examples whose largest output is at their label; an output with inf or nan counts as wrong.

    Parameters
    ----------
    output : (..., classes, examples) array
        a[L], one example in each column.
    y : (examples,) array of int labels, or any array of targets
        What the output should be.

    Returns
    -------
    (...) array, or None
        One share for each run; None where y are not labels.

    Examples
    --------
    >>> accuracy(np.array([[0.2, 0.9], [0.8, 0.1]]), np.array([1, 1]))
    np.float64(0.5)
    """
    if y.ndim != 1:
        return None
    right = (output.argmax(axis=-2) == y) & np.isfinite(output).all(axis=-2)
    return right.mean(axis=-1)


@dataclass(frozen=True)
class Sweep:
    """What `sweep` returns."""

    rates: np.ndarray
    """(rates,): the learning rates."""
    loss: np.ndarray
    """(rates, ...), with the leading axes of the network last: on all examples, after the last update."""
    accuracy: np.ndarray | None
    """(rates, ...): on all examples, after the last update; None where targets are not labels."""
    diverged: np.ndarray
    """(rates, ...): whether any loss on the way was not finite."""
    best_rate: float
    """The rate with the lowest mean loss among those at which no run diverged; nan if there is none."""


def sweep(
    network: Network,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rates: Sequence[float],
    loss: str | losses.Loss,
    steps: int,
    batch_size: int | None = None,
    momentum: float = 0.0,
    rng: Seed = None,
) -> Sweep:
    """Train from the same start at every learning rate, so that schemes can be compared each at its own best rate.

    All rates and all runs train as one ensemble.

    Parameters
    ----------
    network : Network
        Where to start, one network or an ensemble. It is not modified. Its dtype is that of the training.
    x : (n[0], examples) array
        The inputs, one example in each column.
    y : (n[L], examples) array of targets, or (examples,) array of int labels
        What the loss compares the output with.
    rates : sequence of float
        The learning rates, at least one, each >= 0.
    loss : str or callable
        "squared_error", "softmax_cross_entropy", or a function (output, targets) -> (loss, gradient).
    steps : int
        Number of updates.
    batch_size : int, optional
        Examples per update: each pass through the data takes them in a new random order. Default: all.
    momentum : float
        0 <= momentum < 1, the same for all runs.
    rng : numpy.random.Generator, int or None
        For that order, which is the same for all runs: a generator, a seed, or None for fresh entropy.

    Returns
    -------
    Sweep
        Loss and accuracy at every rate, and the best rate.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> from initlab.datasets import blobs
    >>> from initlab.initializers import xavier_normal
    >>> from initlab.network import sample
    >>> networks = sample([2, 4, 2], "tanh", xavier_normal, seeds=range(3))
    >>> x, y = blobs(rng=0)
    >>> result = sweep(networks, x, y, rates=[0.01, 1.0], loss="softmax_cross_entropy", steps=50)
    >>> result.loss.shape, result.best_rate
    ((2, 3), 1.0)
    """
    all_rates = np.asarray(rates, dtype=float)
    if all_rates.ndim != 1 or not all_rates.size:
        raise ValueError(f"rates must be a sequence of learning rates, got shape {all_rates.shape}")
    run = train(
        network,
        x,
        y,
        loss=loss,
        learning_rate=all_rates.reshape(-1, *(1 for _ in network.runs)),
        steps=steps,
        batch_size=batch_size,
        momentum=momentum,
        rng=rng,
    )
    value, right = evaluate(run.network, x, y, loss=loss)
    diverged = (run.diverged_at >= 0) | ~np.isfinite(value)
    mean = np.where(diverged, np.inf, value).reshape(len(all_rates), -1).mean(axis=1)
    best = all_rates[mean.argmin()] if np.isfinite(mean.min()) else np.nan
    return Sweep(all_rates, value, right, diverged, float(best))


def _copy(network: Network, runs: tuple[int, ...] | None = None) -> Network:
    """The same network in new arrays, with the given run axes."""
    runs = network.runs if runs is None else runs

    def copy(array: np.ndarray, own_axes: int) -> np.ndarray:
        return np.array(np.broadcast_to(array, (*runs, *array.shape[-own_axes:])), network.dtype)

    return replace(
        network,
        weights=tuple(copy(W, 2) for W in network.weights),
        biases=tuple(None if b is None else copy(b, 1) for b in network.biases),
    )


def _batches(x: np.ndarray, y: np.ndarray, size: int, count: int, rng: Seed) -> Iterable[Examples]:
    """`count` batches: each pass takes the examples in a new order, as long as there are enough for a batch."""
    seeds = seed_sequence(rng)  # checked where no order is drawn, too
    if size == x.shape[-1]:
        return repeat((x, y), count)
    return _batches_in_new_orders(x, y, size, count, np.random.default_rng(seeds))


def _batches_in_new_orders(
    x: np.ndarray, y: np.ndarray, size: int, count: int, rng: np.random.Generator
) -> Iterator[Examples]:
    examples = x.shape[-1]
    per_pass = examples // size
    for i in range(count):
        if i % per_pass == 0:
            order = rng.permutation(examples)
        some = order[i % per_pass * size :][:size]
        yield x.take(some, axis=-1), y.take(some, axis=-1)


def check_data(network: Network, x: ArrayLike, y: ArrayLike, loss: losses.Loss) -> tuple[np.ndarray, np.ndarray]:
    """Examples that fit the network, and targets or labels that fit the examples.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    x, y : array
        What was given.
    loss : callable
        The loss that is to take them.

    Returns
    -------
    x : (n[0], examples) array
        The inputs, in the precision of the network.
    y : (n[L], examples) or (examples,) array
        The targets or labels.

    Raises
    ------
    ValueError, TypeError
        If x or y is of another shape, or labels are not ints or name a class that does not exist.
    """
    x = check_input(network, np.asarray(x, dtype=network.dtype))
    if x.ndim != 2 or not x.shape[-1]:
        raise ValueError(f"x must have shape ({network.widths[0]}, examples), with at least one example, got {x.shape}")
    y = np.asarray(y)
    if loss is losses.softmax_cross_entropy:
        losses.check_labels(y, (network.widths[-1], x.shape[-1]))
    elif y.ndim == 0 or y.shape[-1] != x.shape[-1]:
        examples = x.shape[-1]
        raise ValueError(f"y must have shape (units, {examples}) or ({examples},), like x, got {y.shape}")
    return x, y


def _check_held_out(
    network: Network, held_out: tuple[ArrayLike, ArrayLike] | None, loss: losses.Loss
) -> Examples | None:
    """The pair (x, y), or None."""
    if held_out is None:
        return None
    try:
        x, y = held_out
        return check_data(network, x, y, loss)
    except (TypeError, ValueError) as error:
        raise type(error)(f"held_out must be a pair (x, y), shaped like the examples to train on: {error}") from None


def _check_rates(learning_rate: ArrayLike, network: Network) -> np.ndarray:
    rate = np.asarray(learning_rate)
    if rate.dtype.kind not in "iuf":
        raise TypeError(f"learning_rate must be a number >= 0 or an array of them, got {learning_rate!r}")
    if not (np.isfinite(rate).all() and (rate >= 0).all()):
        raise ValueError(f"learning_rate must be a number >= 0 or an array of them, got {learning_rate!r}")
    try:
        np.broadcast_shapes(network.runs, rate.shape)
    except ValueError:
        raise ValueError(
            f"learning_rate must be one number or one for each run {network.runs}, got shape {rate.shape}"
        ) from None
    return rate
