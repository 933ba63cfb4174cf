"""Units that are equal: how many different ones a layer has, and how fast equal ones drift apart.

Units that start with equal incoming and outgoing weights receive equal gradients, and stay equal, as far as rounding
lets them: at some widths a matrix product rounds equal rows differently. A small difference between them obeys a linear
equation, because to first order it changes neither the output nor the loss: differences of twins cancel.
`twin_differences` solves it, along the path that the equal units take together.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import losses
from .activations import Activation
from .arguments import finite, kind_of, numbers, whole
from .network import Network


def units(network: Network, layer: int) -> np.ndarray:
    """All numbers that belong to each unit of a layer: its incoming weights, its bias, its outgoing weights.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    layer : int
        Which layer, from 1 to L.

    Returns
    -------
    (..., units, numbers) array
        One row for each unit. Without biases, and in layer L, there are fewer numbers.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer.

    Examples
    --------
    >>> from initlab.network import Network
    >>> units(Network(([[1.0, 2.0]], [[3.0], [4.0]]), ([0.5], None), "relu"), 1)
    array([[1. , 2. , 0.5, 3. , 4. ]])
    """
    kind_of("network", network, Network)
    layer = whole("layer", layer, at_least=1, at_most=network.depth)
    parts = [network.weights[layer - 1]]
    if (b := network.biases[layer - 1]) is not None:
        parts.append(b[..., None])
    if layer < network.depth:
        parts.append(network.weights[layer].mT)
    return np.concatenate(parts, axis=-1)


def distinct_units(network: Network, layer: int, *, tolerance: float | None = None) -> int:
    """How many different units a layer of one network has, up to rounding.

    In exact arithmetic units that start equal stay equal. A computer parts some of them by a few units in the last
    place, because a matrix product does not add up every row in the same order, and where equality is unstable such a
    difference grows like any other. Two units count as one if none of their `units` numbers differs by more than the
    tolerance, or if others stand between them with no larger step.

    Parameters
    ----------
    network : Network
        One network, not an ensemble.
    layer : int
        Which layer, from 1 to L.
    tolerance : float, optional
        As a share of the largest of all these numbers, >= 0; with 0 they have to be equal to the last bit. Default: the
        root of the precision, 1.5e-8 in float64 and 3e-4 in float32.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer, the network is an ensemble, or the tolerance is negative.

    Examples
    --------
    >>> from initlab.network import sample
    >>> from initlab.initializers import he_normal, zeros
    >>> distinct_units(sample([2, 8, 2], "relu", zeros), 1), distinct_units(sample([2, 8, 2], "relu", he_normal), 1)
    (1, 8)
    """
    rows = units(network, layer)
    if rows.ndim > 2:
        raise ValueError(f"network must be one network, not an ensemble, got one with runs {network.runs}")
    share = np.finfo(rows.dtype).eps ** 0.5 if tolerance is None else finite("tolerance", tolerance, at_least=0)
    left = np.unique(rows, axis=0)
    allowed = share * np.abs(left[np.isfinite(left)]).max(initial=0)
    count = 0
    while len(left):
        count += 1
        reached, left = left[:1], left[1:]
        while len(reached):  # all that can be reached from one of them, step by step
            with np.errstate(invalid="ignore"):  # inf - inf: a unit with such a number is near no other
                near = (np.abs(left - reached[0]) <= allowed).all(axis=1)
            reached, left = np.concatenate([reached[1:], left[near]]), left[~near]
    return count


def unit_spread(network: Network, layer: int) -> np.ndarray:
    """How different the units of a layer are: the root mean square distance from the average unit, 0 if all are equal.

    A unit is the vector of its `units` numbers.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    layer : int
        Which layer, from 1 to L.

    Returns
    -------
    (...) array
        One number for each run.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer.

    Examples
    --------
    >>> from initlab.network import Network
    >>> unit_spread(Network(([[1.0], [3.0]], [[0.0, 0.0]]), (None, None), "relu"), 1)
    np.float64(1.0)
    """
    rows = units(network, layer)
    away = rows - rows[..., :1, :]  # first from one of them, so that twins give exactly 0
    away -= away.mean(axis=-2, keepdims=True)
    # In units of a power of 2, so that no square overflows or underflows and nothing else changes.
    largest = np.abs(away).max(axis=(-2, -1))
    unit = np.ldexp(away.dtype.type(1), np.frexp(np.where(np.isfinite(largest), largest, 1))[1] - 1)
    return unit * np.sqrt(np.square(away / unit[..., None, None]).sum(axis=-1).mean(axis=-1))


class Twins(NamedTuple):
    """What `twin_differences` returns."""

    growth: np.ndarray
    """(steps + 1, m, m): the difference of two twins after t steps is growth[t] times the difference at the start.
    The m numbers of a unit are its incoming weights, its bias and its outgoing weights."""
    loss: np.ndarray
    """(steps + 1,): the loss of the network whose hidden units are all equal."""


def twin_differences(network: Network, x: ArrayLike, labels: ArrayLike, *, learning_rate: float, steps: int) -> Twins:
    """How a small difference between the equal hidden units of a network grows while it trains.

    The network has one hidden layer and is trained by gradient descent on all examples, with softmax cross-entropy.
    A unit adds v f(u) to the output, with u = w x + b. Two twins that differ by +d and -d leave the output as it is, to
    first order, so the gradient g at the output is that of the equal units, and the gradient of a twin changes by H d:

        H = sum over examples of [ (v.g) f''(u) x x^T    f'(u) x g^T ]
                                 [ f'(u) g x^T           0           ]

    (x with a 1 appended for the bias). So one step multiplies the difference by I - learning_rate H.

    Parameters
    ----------
    network : Network
        widths [n, units, classes], hidden units all equal, no activation of the output. It is not modified.
    x : (n, examples) array
        The inputs, one example in each column.
    labels : (examples,) array of int
        The class of every example.
    learning_rate : float
        Learning rate, >= 0.
    steps : int
        Number of updates.

    Returns
    -------
    Twins
        The growth of a difference and the loss, after every number of steps.

    Raises
    ------
    ValueError, TypeError
        If the network is not of this form, its hidden units are not equal, or an argument is not as described.
    """
    kind_of("network", network, Network)
    hidden_biases, output_biases = network.biases if network.depth == 2 else (None, None)
    if (
        network.runs
        or hidden_biases is None
        or network.activations[1].name != "identity"
        or distinct_units(network, 1) != 1
    ):
        raise ValueError(
            "network must be one network with one hidden layer, biases there, and equal hidden units, and without an "
            f"activation of its output, got {network!r}"
        )
    learning_rate, steps = finite("learning_rate", learning_rate, at_least=0), whole("steps", steps, at_least=0)
    f, count = network.activations[0], network.widths[1]
    x, labels = numbers("x", x), numbers("labels", labels)
    if x.ndim != 2 or len(x) != network.widths[0]:
        raise ValueError(f"x must have shape ({network.widths[0]}, examples), got {x.shape}")
    x = np.vstack([x, np.ones(x.shape[1])])
    inward, out = np.append(network.weights[0][0], hidden_biases[0]), network.weights[1][:, 0].copy()
    bias = np.zeros(len(out)) if output_biases is None else output_biases.copy()
    n, m = len(inward), len(inward) + len(out)
    growth, loss = np.empty((steps + 1, m, m)), np.empty(steps + 1)
    growth[0], H = np.eye(m), np.zeros((m, m))
    for step in range(steps + 1):
        u = inward @ x
        a, slope = f.f(u), f.df(u)
        loss[step], g = losses.softmax_cross_entropy(count * np.outer(out, a) + bias[:, None], labels)
        if step == steps:
            break
        H[:n, :n] = (x * ((out @ g) * _curvature(f, u))) @ x.T
        H[:n, n:] = (x * slope) @ g.T
        H[n:, :n] = H[:n, n:].T
        growth[step + 1] = growth[step] - learning_rate * H @ growth[step]
        inward, out = inward - learning_rate * x @ (slope * (out @ g)), out - learning_rate * g @ a
        if output_biases is not None:
            bias -= learning_rate * g.sum(axis=1)
    return Twins(growth, loss)


def _curvature(f: Activation, u: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """f''(u), from differences of f'; 0 at a kink, where there is none."""
    bend = (f.df(u + step) - f.df(u - step)) / (2 * step)
    for kink in f.kinks:
        bend[np.abs(u - kink) <= step] = 0
    return bend
