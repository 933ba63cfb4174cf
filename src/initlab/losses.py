"""Losses, each a function (output, targets) -> (loss, dL/d output).

A loss and its derivative travel together: whoever needs one usually needs the other. With leading run axes there is
one loss per run. Losses to train with are means over the batch, so their gradient carries the factor 1 / batch.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arguments import numbers

LossAndGradient = tuple[np.ndarray, np.ndarray]
"""The loss, one number for each run, and its derivative with respect to the output, of the shape of the output."""
Loss = Callable[[np.ndarray, Any], LossAndGradient]
"""A function (output, targets) -> (loss, dL/d output). Targets are whatever this loss compares the output with."""


def linear(output: ArrayLike, coefficients: ArrayLike) -> LossAndGradient:
    """The loss of signal propagation: L = sum g a, over units and batch, so that dL/da[L] is the array g itself.

    With g drawn from N(0, 1) it sends a gradient of known size into the top of a network, whatever its output is.

    Parameters
    ----------
    output : (..., units, batch) array
        a[L]; integers count as float64.
    coefficients : (units, batch) or (..., units, batch) array
        The array g.

    Returns
    -------
    loss : (...) array
        One number for each run.
    gradient : (..., units, batch) array
        The array g.

    Raises
    ------
    ValueError
        If the shapes do not match.
    TypeError
        If an array holds anything but real numbers.

    Examples
    --------
    >>> loss, gradient = linear(np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]]))
    >>> float(loss), gradient.tolist()
    (1.0, [[3.0, -1.0]])
    """
    output = _floats("output", output)
    gradient = np.broadcast_to(_matching(output, coefficients, "coefficients"), output.shape)
    with np.errstate(all="ignore"):
        return (output * gradient).sum(axis=(-2, -1)), gradient


def squared_error(output: ArrayLike, targets: ArrayLike) -> LossAndGradient:
    """Half the squared distance to the targets, averaged over the batch: (1 / 2 batch) sum (a - y)^2.

    Parameters
    ----------
    output : (..., units, batch) array
        a = a[L]; integers count as float64.
    targets : (units, batch) or (..., units, batch) array
        y, what the output should be.

    Returns
    -------
    loss : (...) array
        One number for each run.
    gradient : (..., units, batch) array
        (a - y) / batch.

    Raises
    ------
    ValueError
        If the shapes do not match.
    TypeError
        If an array holds anything but real numbers.

    Examples
    --------
    >>> loss, gradient = squared_error(np.array([[1.0, 2.0]]), np.array([[0.0, 2.0]]))
    >>> float(loss), gradient.tolist()
    (0.25, [[0.5, 0.0]])
    """
    output = _floats("output", output)
    targets, batch = _matching(output, targets, "targets"), output.shape[-1]
    with np.errstate(all="ignore"):
        error = output - targets
        return np.square(error).sum(axis=(-2, -1)) / (2 * batch), error / batch


def _floats(name: str, values: ArrayLike) -> np.ndarray:
    """Floats in their own precision; integers become float64."""
    array = numbers(name, values)
    if array.ndim < 2 or 0 in array.shape[-2:]:
        raise ValueError(f"{name} must have shape (..., units, batch), got {array.shape}; no size may be 0")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _matching(output: np.ndarray, targets: ArrayLike, name: str) -> np.ndarray:
    targets = numbers(name, targets)
    if targets.ndim < 2 or targets.shape not in (output.shape, output.shape[-2:]):
        allowed = " or ".join(dict.fromkeys(map(str, (output.shape, output.shape[-2:]))))
        raise ValueError(f"{name} must have the shape of the output, {allowed}, got {targets.shape}")
    return targets.astype(output.dtype, copy=False)


def softmax_cross_entropy(output: ArrayLike, labels: ArrayLike) -> LossAndGradient:
    """Cross-entropy of softmax(z) with the true class, averaged over the batch: mean of log sum_k exp(z_k) - z_label.

    The largest entry of every column is subtracted first, which changes nothing and keeps exp from overflowing.
    At the start of training a network that knows nothing should have loss log(classes).

    Parameters
    ----------
    output : (..., classes, batch) array
        Logits: the output of a last layer without activation. Integers count as float64.
    labels : (batch,) or (..., batch) array of int
        The class of every example, 0..classes-1.

    Returns
    -------
    loss : (...) array
        One number for each run.
    gradient : (..., classes, batch) array
        (softmax(z) - onehot(label)) / batch.

    Raises
    ------
    ValueError, TypeError
        If labels are not ints, do not match the batch, or name a class that does not exist.

    Examples
    --------
    >>> loss, gradient = softmax_cross_entropy(np.zeros((4, 1)), np.array([2]))
    >>> float(loss), gradient.ravel().tolist()
    (1.3862943611198906, [0.25, 0.25, -0.75, 0.25])
    """
    output, labels = _floats("output", output), numbers("labels", labels)
    check_labels(labels, output.shape)
    with np.errstate(all="ignore"):
        return _softmax_cross_entropy(output, labels)


def _softmax_cross_entropy(output: np.ndarray, labels: np.ndarray) -> LossAndGradient:
    batch = output.shape[-1]
    runs: tuple = (...,) if labels.ndim == 1 else np.indices(labels.shape, sparse=True)[:-1]
    correct = (*runs, labels, np.arange(batch))
    p = output - np.maximum.reduce(output, axis=-2, keepdims=True)
    score = p[correct]
    np.exp(p, out=p)
    total = np.add.reduce(p, axis=-2, keepdims=True)
    loss = np.add.reduce(np.log(total[..., 0, :]) - score, axis=-1) / batch
    p /= total * batch
    p[correct] -= 1 / batch
    return loss, p


def check_labels(labels: np.ndarray, output_shape: tuple[int, ...], name: str = "labels") -> None:
    """Raise unless `labels` name a class for every example.

    Parameters
    ----------
    labels : array
        What was given.
    output_shape : tuple of int
        (..., classes, batch).
    name : str
        What the argument is called, for the message of an error.

    Raises
    ------
    TypeError
        If labels are not ints.
    ValueError
        If their shape is not (batch,) or (..., batch), or a label is not from 0 to classes - 1.
    """
    classes, batch = output_shape[-2:]
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"{name} must be ints 0..{classes - 1}, got an array of {labels.dtype}")
    if labels.ndim == 0 or labels.shape[-1] != batch or labels.shape[:-1] not in ((), output_shape[:-2]):
        raise ValueError(f"{name} must have shape ({batch},) to match the output {output_shape}, got {labels.shape}")
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(f"{name} must be ints 0..{classes - 1}, one of {classes} classes, got {wrong}")


LOSSES: dict[str, Loss] = {
    "linear": linear,
    "squared_error": squared_error,
    "softmax_cross_entropy": softmax_cross_entropy,
}
"""The losses, by name."""


class _Own:
    """One's own loss: what it returns is checked, for a wrong shape would be broadcast without a word."""

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def __call__(self, output: np.ndarray, targets: Any) -> LossAndGradient:
        found = self.loss(output, targets)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise TypeError(f"loss must return a pair (loss, gradient), got {type(found).__name__}")
        value, gradient = numbers("the loss that loss returns", found[0]), numbers("the gradient", found[1])
        if value.shape != output.shape[:-2]:
            raise ValueError(
                f"loss must return one number for each run, of shape {output.shape[:-2]}, got shape {value.shape}"
            )
        if gradient.shape != output.shape:
            raise ValueError(
                f"loss must return a gradient of the shape of the output, {output.shape}, got {gradient.shape}"
            )
        return value, gradient


def get(loss: str | Loss) -> Loss:
    """The loss of that name; of a function it is checked what it returns.

    Parameters
    ----------
    loss : str or callable
        A name in `LOSSES`, or a function (output, targets) -> (loss, gradient).

    Returns
    -------
    callable
        A function (output, targets) -> (loss, gradient). One's own raises an error when it returns anything but one
        number for each run and a gradient of the shape of the output.

    Raises
    ------
    TypeError
        If `loss` is neither a name nor a function.
    ValueError
        If there is no loss of that name.

    Examples
    --------
    >>> get("squared_error").__name__
    'squared_error'
    """
    allowed = f"one of {', '.join(LOSSES)} or a function (output, targets) -> (loss, gradient)"
    if callable(loss):
        return loss if loss in LOSSES.values() or isinstance(loss, _Own) else _Own(loss)
    if not isinstance(loss, str):
        raise TypeError(f"loss must be {allowed}, got {loss!r}")
    if loss not in LOSSES:
        raise ValueError(f"loss must be {allowed}, got {loss!r}")
    return LOSSES[loss]


def unchecked(loss: Loss) -> Loss:
    """The same loss without the check of its labels, for a loop that has checked them once.

    Parameters
    ----------
    loss : callable
        A function (output, targets) -> (loss, gradient).

    Returns
    -------
    callable
        Likewise. Only `softmax_cross_entropy` has a version without the check.
    """
    return _softmax_cross_entropy if loss is softmax_cross_entropy else loss
