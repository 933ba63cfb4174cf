"""Gradient descent (SGD, Adam, AdamW) on the networks of `network`, one or a whole ensemble at a time.

An ensemble (many seeds, many learning rates) trains in one call, along the leading run axis; its runs share nothing
but the order of the examples. Divergence is a result: a run that overflows goes on as inf and nan, and does no harm to
the others.

`descend` is the algorithm, one update at a time; `train` runs it to its end.
"""

from __future__ import annotations  # numpy.random loads when something is drawn, and not for its types

import math
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from itertools import combinations, repeat
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import losses, optimizers, threads
from .arguments import Seed, finite, kind_of, numbers, seed_sequence, sequence, whole
from .layer_statistics import rms
from .network import Buffers, Forward, Network, backward_layers, blocks_of_runs, check_input, forward_layers

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
    """Share of examples whose largest output is at their class, () or (runs,); None where targets name no classes."""
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
    optimizer: str = "sgd",
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    rng: Seed = None,
    snapshots: Iterable[int] = (),
    held_out: tuple[ArrayLike, ArrayLike] | None = None,
    progress: bool = False,
) -> Run:
    """Gradient descent for all weights and biases theta, in its plain form:

        theta <- theta - learning_rate dL/dtheta

    `optimizers` has the equations of momentum, weight decay and Adam.

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
    optimizer : {"sgd", "adam", "adamw"}
        What makes an update of a gradient: see `optimizers`.
    momentum : float
        Of SGD, 0 <= momentum < 1.
    weight_decay : float
        >= 0, for weights and biases: "sgd" and "adam" add it, times the parameter, to the gradient; "adamw" takes it,
        times the learning rate, off the parameter.
    betas : (float, float)
        Of Adam and AdamW: how much of the means of gradients and of their squares a step keeps, each >= 0 and < 1.
    eps : float
        Of Adam and AdamW, > 0: keeps them from dividing by 0.
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
    task = _Task.checked(
        network,
        x,
        y,
        loss=loss,
        learning_rate=learning_rate,
        steps=steps,
        batch_size=batch_size,
        optimizer=optimizers.get(optimizer, momentum=momentum, weight_decay=weight_decay, betas=betas, eps=eps),
        rng=rng,
        snapshots=snapshots,
        held_out=held_out,
    )
    tasks = task.blocks()
    stop = threading.Event()

    def one(task: _Task) -> Run | None:
        updates = _descend(task)
        try:
            while not stop.is_set():
                next(updates)
                advance()
        except StopIteration as end:
            return end.value
        except BaseException:  # an interrupt, too: the other blocks end at once
            stop.set()
            raise
        return None

    with _bar(task.steps, len(tasks), progress) as advance:
        return _joined([run for run in threads.each(one, tasks) if run], task.runs)


def descend(
    network: Network,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: str | losses.Loss,
    learning_rate: ArrayLike,
    steps: int,
    batch_size: int | None = None,
    optimizer: str = "sgd",
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
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
    optimizer : {"sgd", "adam", "adamw"}
        What makes an update of a gradient: see `optimizers`.
    momentum : float
        Of SGD, 0 <= momentum < 1.
    weight_decay : float
        >= 0, for weights and biases: "sgd" and "adam" add it, times the parameter, to the gradient; "adamw" takes it,
        times the learning rate, off the parameter.
    betas : (float, float)
        Of Adam and AdamW: how much of the means of gradients and of their squares a step keeps, each >= 0 and < 1.
    eps : float
        Of Adam and AdamW, > 0: keeps them from dividing by 0.
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
    task = _Task.checked(
        network,
        x,
        y,
        loss=loss,
        learning_rate=learning_rate,
        steps=steps,
        batch_size=batch_size,
        optimizer=optimizers.get(optimizer, momentum=momentum, weight_decay=weight_decay, betas=betas, eps=eps),
        rng=rng,
        snapshots=snapshots,
        held_out=held_out,
    )
    return _descend(task)


@dataclass(frozen=True)
class _Task:
    """What `train` and `descend` are to do: their arguments, checked."""

    network: Network
    x: np.ndarray
    y: np.ndarray
    loss: losses.Loss
    rate: np.ndarray
    steps: int
    batch_size: int
    optimizer: optimizers.Optimizer
    order: np.random.SeedSequence
    keep: frozenset[int]
    held_out: Examples | None

    @classmethod
    def checked(
        cls,
        network: Network,
        x: ArrayLike,
        y: ArrayLike,
        *,
        loss: str | losses.Loss,
        learning_rate: ArrayLike,
        steps: int,
        batch_size: int | None,
        optimizer: optimizers.Optimizer,
        rng: Seed,
        snapshots: Iterable[int],
        held_out: tuple[ArrayLike, ArrayLike] | None,
    ) -> _Task:
        _check_apart(kind_of("network", network, Network))
        loss = losses.get(loss)
        x, y = check_data(network, x, y, loss)
        examples, steps = x.shape[-1], whole("steps", steps, at_least=0)
        if isinstance(optimizer, optimizers.Adam):
            # At the first step eps is multiplied by the root of 1 - beta_2.
            smallest = float(np.finfo(network.dtype).smallest_subnormal / (1 - optimizer.betas[1]) ** 0.5)
            finite(f"eps (in {network.dtype})", optimizer.eps, at_least=smallest)
        return cls(
            network,
            x,
            y,
            loss,
            _check_rates(learning_rate, network).astype(network.dtype),
            steps,
            examples if batch_size is None else whole("batch_size", batch_size, at_least=1, at_most=examples),
            optimizer,
            seed_sequence(rng),
            _check_snapshots(snapshots, steps),
            _check_held_out(network, held_out, loss),
        )

    @property
    def runs(self) -> tuple[int, ...]:
        """The leading axes of what is trained: those of the network and of the learning rates."""
        return np.broadcast_shapes(self.network.runs, self.rate.shape)

    def blocks(self) -> list[_Task]:
        """The same in parts, some runs in each, along one axis; itself if it is too small for that. One's own loss may
        know how many runs there are, so that only those of `losses` are divided."""
        parts = blocks_of_runs(math.prod(self.runs), self.network.widths, self.batch_size)
        if len(parts) == 1 or self.y.ndim > 2 or self.loss not in losses.LOSSES.values():
            return [self]
        network, rate = _copy(self.network, self.runs, flat=True), np.broadcast_to(self.rate, self.runs).ravel()
        return [replace(self, network=network.member(part), rate=rate[part]) for part in parts]


def _descend(task: _Task) -> Generator[Snapshot | None, None, Run]:
    """`descend`, with checked arguments."""
    network, x, y, loss, steps = _copy(task.network, task.runs), task.x, task.y, task.loss, task.steps
    rate, optimizer = task.rate, task.optimizer
    buffers = Buffers.shared(network, network.runs, task.batch_size)
    batches = _batches(x, y, task.batch_size, steps + 1, task.order)
    scale = optimizer.scale(rate[..., None, None])
    loss_of_batch = losses.unchecked(loss)
    # From the top layer down, as the gradients come.
    layers = [*zip(network.weights, network.biases, strict=True)][::-1]
    updates = [
        (optimizer.update(W, rate[..., None, None]), None if b is None else optimizer.update(b, rate[..., None]))
        for W, b in layers
    ]
    history = np.empty((steps + 1, *network.runs))
    kept: list[Snapshot] = []
    for step, (x_batch, y_batch) in enumerate(batches):
        before = _copy(network) if step in task.keep else None
        sizes: list[np.ndarray] = []
        with np.errstate(all="ignore"):  # left before the yield, or it would silence the caller, too
            *_, (_, output) = forward_layers(network, x_batch, buffers)
            history[step], gradient = loss_of_batch(output, y_batch)
            forward_pass = Forward(buffers.z, (x_batch, *buffers.a))
            if scale is not None:
                gradient = scale * gradient
            gradients = backward_layers(network, forward_pass, gradient, buffers, input_gradient=False)
            for (W, b), (update_W, update_b), (_, dW, db, _) in zip(layers, updates, gradients, strict=True):
                if update_W is not None:
                    dW = update_W(W, dW)
                if update_b is not None and b is not None and db is not None:
                    db = update_b(b, db)
                if before:
                    sizes.append(rms(dW))
                if step < steps:
                    W -= dW
                    if b is not None and db is not None:
                        b -= db
        if before:
            kept.append(_snapshot(step, before, sizes, history[: step + 1], (x, y), task.held_out, loss))
        yield kept[-1] if before else None
    return Run(network, history, _diverged_at(history), tuple(kept))


def _joined(parts: Sequence[Run], runs: tuple[int, ...]) -> Run:
    """What all runs have become, from the blocks of `_Task.blocks`."""
    if len(parts) == 1:
        return parts[0]

    def join(arrays: Sequence[Any], axis: int = 0) -> Any:
        if arrays[0] is None:
            return None
        joined: np.ndarray = np.concatenate(arrays, axis=axis)
        return joined.reshape(*joined.shape[:axis], *runs, *joined.shape[axis + 1 :])

    def network(parts: Sequence[Network]) -> Network:
        weights = map(join, zip(*(part.weights for part in parts), strict=True))
        biases = map(join, zip(*(part.biases for part in parts), strict=True))
        return replace(parts[0], weights=tuple(weights), biases=tuple(biases))

    def snapshot(parts: Sequence[Snapshot]) -> Snapshot:
        arrays = [f.name for f in fields(Snapshot) if f.name not in ("step", "network")]
        joined = {name: join([getattr(part, name) for part in parts]) for name in arrays}
        return Snapshot(parts[0].step, network([part.network for part in parts]), **joined)

    return Run(
        network([part.network for part in parts]),
        join([part.loss for part in parts], axis=1),
        join([part.diverged_at for part in parts]),
        tuple(map(snapshot, zip(*(part.snapshots for part in parts), strict=True))),
    )


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
def _bar(steps: int, blocks: int, shown: bool) -> Iterator[Callable[[], object]]:
    """What to call after every update of a block, to move a bar that appears after a second."""
    if not shown:
        yield lambda: None
        return
    from tqdm.auto import tqdm

    lock = threading.Lock()
    # From -1: a descent yields once more than it makes updates.
    with tqdm(total=steps, initial=-1, desc="Training", unit="step", delay=1, leave=False) as bar:

        def advance() -> None:
            with lock:
                bar.update(1 / blocks)

        yield advance if blocks > 1 else bar.update


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
        () or (runs,), as `accuracy` defines it.

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
    """Share of the examples whose largest output is at their class; an output with inf or nan counts as wrong.

    Parameters
    ----------
    output : (..., classes, examples) array
        a[L], one example in each column.
    y : (examples,) array of int labels, or (..., classes, examples) array of targets
        What the output should be.

    Returns
    -------
    (...) array, or None
        One share for each run; None where there is one output only, or y are neither int labels of classes nor one-hot:
        a 1 at the class of every example, and 0 elsewhere.

    Raises
    ------
    ValueError, TypeError
        If the arrays do not fit together, or hold anything but real numbers.

    Examples
    --------
    >>> accuracy(np.array([[0.2, 0.9], [0.8, 0.1]]), np.array([1, 1]))
    np.float64(0.5)
    """
    output, y = numbers("output", output), numbers("y", y)
    if output.ndim < 2 or not output.shape[-1]:
        raise ValueError(f"output must have shape (..., classes, examples), at least one example, got {output.shape}")
    count, examples = output.shape[-2:]
    if y.shape[-1:] != (examples,) or y.shape[:-2] not in ((), output.shape[:-2]):
        raise ValueError(f"y must have one label or one column for each of {examples} examples, got shape {y.shape}")
    if count < 2:  # the largest of one output is at no class
        return None
    if y.ndim == 1:
        if y.dtype.kind == "f" or y.min() < 0 or y.max() >= count:
            return None
        classes = y
    elif y.shape[-2] == count and ((y == 0) | (y == 1)).all() and (y.sum(axis=-2) == 1).all():
        classes = y.argmax(axis=-2)
    else:
        return None
    right = (output.argmax(axis=-2) == classes) & np.isfinite(output).all(axis=-2)
    return right.mean(axis=-1)


@dataclass(frozen=True)
class Sweep:
    """What `sweep` returns."""

    rates: np.ndarray
    """(rates,): the learning rates."""
    loss: np.ndarray
    """(rates, ...), with the leading axes of the network last: on all examples, after the last update."""
    accuracy: np.ndarray | None
    """(rates, ...): on all examples, after the last update; None where targets name no classes."""
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
    optimizer: str = "sgd",
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
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
    optimizer : {"sgd", "adam", "adamw"}
        What makes an update of a gradient: see `optimizers`.
    momentum : float
        Of SGD, 0 <= momentum < 1.
    weight_decay : float
        >= 0, for weights and biases: "sgd" and "adam" add it, times the parameter, to the gradient; "adamw" takes it,
        times the learning rate, off the parameter.
    betas : (float, float)
        Of Adam and AdamW: how much of the means of gradients and of their squares a step keeps, each >= 0 and < 1.
    eps : float
        Of Adam and AdamW, > 0: keeps them from dividing by 0.
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
    all_rates = np.array([finite("each of the rates", rate, at_least=0) for rate in sequence("rates", rates)])
    if not all_rates.size:
        raise ValueError(f"rates must be a sequence of learning rates, at least one, got {rates!r}")
    run = train(
        network,
        x,
        y,
        loss=loss,
        learning_rate=all_rates.reshape(-1, *(1 for _ in kind_of("network", network, Network).runs)),
        steps=steps,
        batch_size=batch_size,
        optimizer=optimizer,
        momentum=momentum,
        weight_decay=weight_decay,
        betas=betas,
        eps=eps,
        rng=rng,
    )
    value, right = evaluate(run.network, x, y, loss=loss)
    diverged = (run.diverged_at >= 0) | ~np.isfinite(value)
    mean = np.where(diverged, np.inf, value).reshape(len(all_rates), -1).mean(axis=1)
    best = all_rates[mean.argmin()] if np.isfinite(mean.min()) else np.nan
    return Sweep(all_rates, value, right, diverged, float(best))


def _copy(network: Network, runs: tuple[int, ...] | None = None, *, flat: bool = False) -> Network:
    """The same network in new arrays, with the given run axes, or with one that goes through them all."""
    runs = network.runs if runs is None else runs
    leading = (-1,) if flat else runs

    def copy(array: np.ndarray, own_axes: int) -> np.ndarray:
        own = array.shape[array.ndim - own_axes :]
        return np.array(np.broadcast_to(array, (*runs, *own)), network.dtype).reshape(*leading, *own)

    return replace(
        network,
        weights=tuple(copy(W, 2) for W in network.weights),
        biases=tuple(None if b is None else copy(b, 1) for b in network.biases),
    )


def _batches(x: np.ndarray, y: np.ndarray, size: int, count: int, order: np.random.SeedSequence) -> Iterable[Examples]:
    """`count` batches: each pass takes the examples in a new order, as long as there are enough for a batch."""
    if size == x.shape[-1]:
        return repeat((x, y), count)
    return _batches_in_new_orders(x, y, size, count, np.random.default_rng(order))


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
    x = check_input(network, x)
    if x.ndim != 2 or not x.shape[-1]:
        raise ValueError(f"x must have shape ({network.widths[0]}, examples), with at least one example, got {x.shape}")
    y = numbers("y", y)
    if loss is losses.softmax_cross_entropy:
        losses.check_labels(y, (network.widths[-1], x.shape[-1]), "y (labels)")
    elif loss in losses.LOSSES.values():
        shape = (network.widths[-1], x.shape[-1])
        if y.shape not in (shape, (*network.runs, *shape)):
            raise ValueError(f"y must have shape {shape}: {shape[0]} outputs, {shape[1]} examples; got {y.shape}")
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
    if not isinstance(held_out, tuple | list) or len(held_out) != 2:
        raise TypeError(
            f"held_out must be a pair (x, y), shaped like the examples to train on, got a {type(held_out).__name__}"
        )
    try:
        return check_data(network, *held_out, loss)
    except (TypeError, ValueError) as error:
        raise type(error)(f"held_out must be a pair (x, y), shaped like the examples to train on: {error}") from None


def _check_apart(network: Network) -> None:
    """Raise if one array is the weights, or the biases, of two layers: each layer would learn its own."""
    arrays = [("weights", i, W) for i, W in enumerate(network.weights, start=1)]
    arrays += [("biases", i, b) for i, b in enumerate(network.biases, start=1) if b is not None]
    for (name, i, one), (_, j, other) in combinations(arrays, 2):
        if np.may_share_memory(one, other) and np.shares_memory(one, other):
            raise ValueError(
                f"network must have weights and biases of its own in every layer: the {name} of layer {i} share memory "
                f"with an array of layer {j}. To train them apart, give copies; tied weights are not supported"
            )


def _check_snapshots(snapshots: Iterable[int], steps: int) -> frozenset[int]:
    if isinstance(snapshots, str) or not isinstance(snapshots, Iterable):
        raise TypeError(f"snapshots must hold ints from 0 to {steps}, such as range(0, 100, 10), got {snapshots!r}")
    return frozenset(whole("each of the snapshots", step, at_least=0, at_most=steps) for step in snapshots)


def _check_rates(learning_rate: ArrayLike, network: Network) -> np.ndarray:
    rate = numbers("learning_rate", learning_rate)
    if rate.dtype.kind == "b":
        raise TypeError(f"learning_rate must be a number >= 0 or an array of them, got {learning_rate!r}")
    if not (np.isfinite(rate).all() and (rate >= 0).all()):
        raise ValueError(f"learning_rate must be a number >= 0 or an array of them, got {learning_rate!r}")
    if rate.max(initial=0) > np.finfo(network.dtype).max:
        raise ValueError(f"learning_rate must be a number that {network.dtype} can hold, got {learning_rate!r}")
    try:
        np.broadcast_shapes(network.runs, rate.shape)
    except ValueError:
        raise ValueError(
            f"learning_rate must be one number or one for each run {network.runs}, got shape {rate.shape}"
        ) from None
    return rate
