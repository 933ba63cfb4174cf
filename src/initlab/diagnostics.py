"""What a doctor of networks looks at: one forward and one backward pass, and how every layer took it.

The quantities are those of two classics: the histograms of activations and gradients, layer above layer, of Glorot and
Bengio ([2010]), and the shares and ratios that Andrej Karpathy reads off a network in training ([2022]). By how much an
update changes the weights is in `training.Snapshot.update_ratio`: that depends on the learning rate, too.

[2010]: https://proceedings.mlr.press/v9/glorot10a.html
[2022]: https://www.youtube.com/watch?v=P6sfmUTpUmc
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import losses
from .network import Forward, _backward_layers, _Buffers, _by_name, _forward_layers, _histogram, _makes_bins, _moments
from .training import _accuracy, _check_data

FLAT = 0.05
"""A unit is saturated where its slope is below this share of the greatest slope that its activation has."""


@dataclass(frozen=True)
class Histogram:
    """How many values of one quantity fall into each bin, in every layer. Every value is counted exactly once."""

    edges: np.ndarray
    """(bins + 1,): the same for every layer and run. On a log scale, edges of log10 |v|: -3 stands for 0.001."""
    counts: np.ndarray
    """(..., L, bins): values in [edges[i], edges[i+1]), the last bin including its upper edge."""
    below: np.ndarray
    """(..., L): values below the first edge; on a log scale without those that are 0."""
    above: np.ndarray
    """(..., L): values above the last edge, inf included."""
    nan: np.ndarray
    """(..., L): values that are not a number."""
    zero: np.ndarray | None = None
    """(..., L): values that are exactly 0 and so have no logarithm; None where the scale is linear."""


@dataclass(frozen=True)
class Diagnostics:
    """What `diagnose` saw: arrays (L,), or (runs, L) for an ensemble, for layers 1..L.

    dz is short for dL/dz, dW for dL/dW. The losses are means over the examples: dz, the gradient with respect to what
    one example sends through one unit, carries the factor 1 / examples; dW is the sum over all of them.
    """

    layers: np.ndarray
    """(L,): 1, ..., L, to plot against."""
    loss: np.ndarray
    """() or (runs,)"""
    accuracy: np.ndarray | None
    """Share of examples whose largest output is at their label, () or (runs,); None where targets are not labels."""
    W_mean: np.ndarray
    W_rms: np.ndarray
    """sqrt(E[W^2]), over the weights of a layer."""
    a_mean: np.ndarray
    a_second_moment: np.ndarray
    """E[a^2], over units and examples."""
    saturated: np.ndarray
    """Share of the pairs of a unit and an example where |f'(z)| is below 5 % of the greatest slope that f has, so that
    hardly any gradient gets through; nan where a slope is not a number.

    tanh: |a| > 0.975 (Karpathy counts |a| > 0.97). ReLU: the unit is off. A leaky ReLU with slope 0.01 lets so little
    through where z < 0 that it counts, too; with a slope from 0.05 on it never does, and neither does the identity.
    """
    dead: np.ndarray
    """Share of the units that are saturated for all examples: ReLUs that are never on."""
    dz_rms: np.ndarray
    """sqrt(E[(dL/dz)^2]), over units and examples."""
    dW_rms: np.ndarray
    """sqrt(E[(dL/dW)^2]), over the weights of a layer."""
    gradient_ratio: np.ndarray
    """dW_rms / W_rms: how large the gradient is next to what it is to change; nan where both are 0, inf where only W
    is. Times the learning rate, this is the update ratio of a step without momentum."""
    histograms: Mapping[str, Histogram]
    """By the names in `bins`."""


@np.errstate(all="ignore")
def diagnose(network, x, y, *, loss, bins=None):
    """Send examples through a network and the gradient of their loss back, and look at every layer.

    Overflow and underflow are results: they show as inf, nan or 0, and harm no other run of an ensemble.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    x : (n[0], examples) array
    y : (n[L], examples) array of targets, or (examples,) array of int labels
    loss : str or callable
        "squared_error", "softmax_cross_entropy", or a function (output, targets) -> (loss, gradient).
    bins : dict, optional
        Asks for histograms of some of "W", "a", "dz" and "dW". {"a": (40, -1, 1)} means 40 equal bins from -1 to 1,
        {"dz": (40, -12, 0, "log")} means 40 equal bins of log10 |dz|, from 1e-12 to 1.

    Returns
    -------
    Diagnostics

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    >>> from initlab.datasets import moons
    >>> from initlab.initializers import normal
    >>> from initlab.network import sample
    >>> network = sample([2, 100, 100, 2], "tanh", normal, rng=0)  # N(0, 1) is far too large here
    >>> seen = diagnose(network, *moons(rng=0), loss="softmax_cross_entropy", bins={"a": (4, -1, 1)})
    >>> seen.saturated.round(2)
    array([0.1 , 0.74, 0.  ])
    >>> seen.histograms["a"].counts[1]
    array([4668,  346,  308, 4678])
    """
    loss = losses.get(loss)
    x, y = _check_data(network, x, y, loss)
    bins = _check_bins(bins)
    buffers = _Buffers.shared(network, network.runs, x.shape[-1])
    upwards, downwards, counted = [], [], {name: [] for name in bins}

    def look(name, values):
        mean, _, second = _moments(values)
        if name in bins:
            counted[name].append(_count(values, mean, *bins[name]))
        return mean, second

    signals = _forward_layers(network, x, buffers)
    for W, f, (z, a), free in zip(network.weights, network.activations, signals, buffers.dz, strict=True):
        upwards.append((*look("W", W), *look("a", a), *_flat(f.df(z, a, out=free), _greatest_slope(f))))
    value, gradient = loss(a, y)
    forward_pass = Forward(buffers.z, (x, *buffers.a))
    for dz, dW, _, _ in _backward_layers(network, forward_pass, gradient, buffers, input_gradient=False):
        downwards.append((look("dz", dz)[1], look("dW", dW)[1]))

    W_mean, W_second, a_mean, a_second, saturated, dead = _by_layer(upwards)
    dz_second, dW_second = _by_layer(downwards[::-1])
    for name in {"dz", "dW"} & set(counted):
        counted[name].reverse()
    return Diagnostics(
        layers=np.arange(1, network.depth + 1),
        loss=value,
        accuracy=_accuracy(a, y),
        W_mean=W_mean,
        W_rms=np.sqrt(W_second),
        a_mean=a_mean,
        a_second_moment=a_second,
        saturated=saturated,
        dead=dead,
        dz_rms=np.sqrt(dz_second),
        dW_rms=np.sqrt(dW_second),
        gradient_ratio=np.sqrt(dW_second) / np.sqrt(W_second),
        histograms={name: _histogram_of(counted[name], *bins[name]) for name in bins},
    )


def _by_layer(rows):
    """One array of each quantity from the values of layer after layer, with the layers along the last axis."""
    return (np.stack(layers, axis=-1) for layers in zip(*rows, strict=True))


def _flat(slope, greatest):
    """The share of pairs of a unit and an example where the slope is next to none, and of units where it always is."""
    unknown = np.isnan(slope).any(axis=(-2, -1))
    flat = np.abs(slope, out=slope) < FLAT * greatest
    return [np.where(unknown, np.nan, share) for share in (flat.mean(axis=(-2, -1)), flat.all(axis=-1).mean(axis=-1))]


@functools.lru_cache
def _greatest_slope(f):
    """The greatest |f'(z)|: 1 for tanh and ReLU, 1/4 for the sigmoid, 1.13 for GELU."""
    z = np.concatenate([np.linspace(-20, 20, 40_001), [-1000, 1000]])
    return float(np.fmax.reduce(np.abs(f.df(z))))


def _count(values, mean, log, *bins):
    """What `_histogram` counts, and on a log scale the number of zeros."""
    if not log:
        return _histogram(values, mean, *bins), None
    counts = _histogram(np.log10(np.abs(values)), mean, *bins)
    zeros = values.shape[-2] * values.shape[-1] - np.count_nonzero(values, axis=(-2, -1))
    counts[..., 1] -= zeros  # log10 0 = -inf is below every edge
    return counts, zeros


def _histogram_of(counted, log, *bins):
    counts, zeros = zip(*counted, strict=True)
    return Histogram(**_by_name(counts, bins), zero=np.stack(zeros, axis=-1) if log else None)


_QUANTITIES = ("W", "a", "dz", "dW")


def _check_bins(bins):
    """(whether on a log scale, bins, low, high) by quantity."""
    if bins is None:
        return {}
    if not isinstance(bins, Mapping):
        raise TypeError(f"bins must be a dict such as {{'a': (40, -1, 1)}} or None, got {bins!r}")
    checked = {}
    for name, histogram in bins.items():
        if name not in _QUANTITIES:
            raise ValueError(f"bins must name some of {', '.join(_QUANTITIES)}, got {name!r}")
        log = isinstance(histogram, Sequence) and len(histogram) == 4 and histogram[3] == "log"
        if not _makes_bins(histogram[:3] if log else histogram):
            raise ValueError(
                "bins must be (bins, low, high) or (bins, low, high, 'log') for each quantity, with finite low < high "
                f"not too close together to hold so many bins, got {histogram!r} for {name!r}"
            )
        checked[name] = (log, *histogram[:3])
    return checked
