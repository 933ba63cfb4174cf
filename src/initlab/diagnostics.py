"""A check-up of a network: one forward and one backward pass, and what is seen in every layer.

The quantities are those of two classics: the histograms of activations and gradients, layer by layer, of
[Glorot and Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html), and the shares and ratios that
[Andrej Karpathy](https://www.youtube.com/watch?v=P6sfmUTpUmc) reads off a network in training (2022). By how much an
update changes the weights is in `training.Snapshot.update_ratio`: that depends on the learning rate, too.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from . import losses
from .activations import Activation
from .layer_statistics import BinsArgument, LayerStatistics, Survey, check_bins
from .network import Buffers, Forward, Network, backward_layers, forward_layers
from .training import accuracy, check_data

FLAT = 0.05
"""A unit is saturated where its slope is below this share of the greatest slope that its activation has."""


@dataclass(frozen=True)
class Diagnostics:
    """What `diagnose` saw: arrays of shape (L,), or (runs, L) for an ensemble, for layers 1..L.

    dz is short for dL/dz, dW for dL/dW. The losses are means over the examples: dz, the gradient with respect to what
    one example sends through one unit, carries the factor 1 / examples; dW is the sum over all of them.
    """

    layers: np.ndarray
    """(L,): 1, ..., L, to plot against."""
    loss: np.ndarray
    """The loss, () or (runs,)."""
    accuracy: np.ndarray | None
    """Share of examples whose largest output is at their label, () or (runs,); None where targets are not labels."""
    W: LayerStatistics
    """Weights, without biases."""
    a: LayerStatistics
    """Activations, over units and examples."""
    dz: LayerStatistics
    """Gradients with respect to z, over units and examples."""
    dW: LayerStatistics
    """Gradients with respect to the weights."""
    saturated: np.ndarray
    """Share of the pairs of a unit and an example where |f'(z)| is below 5 % of the greatest slope that f has, so that
    hardly any gradient gets through; nan where a slope is not a number.

    For tanh that is |a| > 0.975 (Karpathy counts |a| > 0.97), for ReLU that the unit is off. A leaky ReLU with slope
    0.01 lets so little through where z < 0 that it counts, too; with a slope of 0.05 or more it never counts as
    saturated, and neither does the identity.
    """
    dead: np.ndarray
    """Share of the units that are saturated for all examples: ReLUs that are never on."""
    gradient_ratio: np.ndarray
    """rms of dW over rms of W: how large the gradient is next to the weights that it is to change; nan where both are
    0, inf where only W is. Times the learning rate, this is the update ratio of a step without momentum."""


@np.errstate(all="ignore")
def diagnose(
    network: Network, x: ArrayLike, y: ArrayLike, *, loss: str | losses.Loss, bins: BinsArgument = None
) -> Diagnostics:
    """Send examples through a network and the gradient of their loss back, and look at every layer.

    Overflow and underflow are results: they show as inf, nan or 0, and harm no other run of an ensemble.

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
    bins : int or dict, optional
        Asks for histograms of some of W, a, dz and dW: {"a": (40, -1, 1)} means 40 equal bins from -1 to 1, and
        {"dz": (40, -12, 0, "log")} 40 equal bins of log10 |dz|, from 1e-12 to 1. An int means that many bins of each
        from -5 to 5, and of dW from -5 sqrt(examples) to 5 sqrt(examples).

    Returns
    -------
    Diagnostics
        Arrays of shape (L,), or (runs, L) for an ensemble.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> from initlab.datasets import moons
    >>> from initlab.initializers import normal
    >>> from initlab.network import sample
    >>> network = sample([2, 100, 100, 2], "tanh", normal, rng=0)  # N(0, 1) is far too large here
    >>> seen = diagnose(network, *moons(rng=0), loss="softmax_cross_entropy", bins={"a": (4, -1, 1)})
    >>> seen.saturated.round(2)
    array([0.1 , 0.74, 0.  ])
    >>> seen.a.counts[1]
    array([4668,  346,  308, 4678])
    """
    loss = losses.get(loss)
    x, y = check_data(network, x, y, loss)
    survey = Survey(check_bins(bins, ("W", "a", "dz", "dW"), x.shape[-1]))
    buffers = Buffers.shared(network, network.runs, x.shape[-1])
    flat = []

    signals = forward_layers(network, x, buffers)
    for W, f, (z, a), free in zip(network.weights, network.activations, signals, buffers.dz, strict=True):
        survey.see(W=W, a=a)
        flat.append(_flat(f.df(z, a, out=free), _greatest_slope(f)))
    value, gradient = loss(a, y)
    forward_pass = Forward(buffers.z, (x, *buffers.a))
    for dz, dW, _, _ in backward_layers(network, forward_pass, gradient, buffers, input_gradient=False):
        survey.see(dz=dz, dW=dW)

    seen = {name: survey.statistics(name, downwards=name in ("dz", "dW")) for name in ("W", "a", "dz", "dW")}
    saturated, dead = (np.stack(layers, axis=-1) for layers in zip(*flat, strict=True))
    return Diagnostics(
        layers=np.arange(1, network.depth + 1),
        loss=value,
        accuracy=accuracy(a, y),
        **seen,
        saturated=saturated,
        dead=dead,
        gradient_ratio=seen["dW"].rms / seen["W"].rms,
    )


def _flat(slope: np.ndarray, greatest: float) -> list[np.ndarray]:
    """The share of pairs of a unit and an example where the slope is nearly 0, and of units where it always is."""
    unknown = np.isnan(slope).any(axis=(-2, -1))
    flat = (np.abs(slope, out=slope) < FLAT * greatest) | (slope == 0)  # a step has no slope anywhere
    return [np.where(unknown, np.nan, share) for share in (flat.mean(axis=(-2, -1)), flat.all(axis=-1).mean(axis=-1))]


@functools.lru_cache
def _greatest_slope(f: Activation) -> float:
    """The greatest |f'(z)|: 1 for tanh and ReLU, 1/4 for the sigmoid, 1.13 for GELU."""
    z = np.concatenate([np.linspace(-20, 20, 40_001), [-1000, 1000]])
    return float(np.fmax.reduce(np.abs(f.df(z))))
