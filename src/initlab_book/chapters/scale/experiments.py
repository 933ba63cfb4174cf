"""The experiments of the chapter "Finding the right scale"."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from initlab import activations
from initlab.activations import Activation
from initlab.initializers import normal
from initlab.network import Network, backward, forward, sample

DEPTH = 20
_BATCH = 8


class Sizes(NamedTuple):
    """What 20 layers make of signals, at several scales of the weights: one row for each scale, one column a layer."""

    z: np.ndarray
    """Root mean square of z[1], ..., z[20]."""
    a: np.ndarray
    """Root mean square of a[0], ..., a[20]."""
    cosine: np.ndarray
    """How alike the examples are in a[0], ..., a[20]: the mean cosine of pairs, nan where a signal is 0."""
    dz: np.ndarray
    """Root mean square of dL/dz[1], ..., dL/dz[20]; the gradient that enters at a[20] has size 1."""


@lru_cache(maxsize=4)
def _draws(width, seed):
    """Weights N(0, 1), a batch N(0, 1) of inputs and one of gradients at the top: the same for every scale."""
    draw = np.random.default_rng(seed).standard_normal
    weights = sample([width] * (DEPTH + 1), "identity", normal, bias_initializer=None, rng=seed).weights
    return weights, draw((width, _BATCH)), draw((width, _BATCH))


def sizes(activation, width, stds, input_sizes=1.0, seed=0):
    """`Sizes` of one random network whose weights are all multiplied by each of the `stds`.

    All scales go through the network at once, side by side in one batch: W stays N(0, 1), and the activation multiplies
    each column by the scale that belongs to it, f(std W a).
    """
    f = activations.get(activation)
    std, start = (np.repeat(values, _BATCH) for values in np.broadcast_arrays(np.asarray(stds, float), input_sizes))
    scaled = Activation(
        f"scaled {f.name}",
        f=lambda z: f.f(std * z),
        df=lambda z: std * f.df(std * z),
    )
    weights, x, top = _draws(width, seed)
    network = Network(weights, (None,) * DEPTH, scaled, output_activation=scaled)
    up = forward(network, start * np.tile(x, len(stds)))
    down = backward(network, up, np.tile(top, len(stds)))

    def of_each(statistic, layers, factor=1.0):
        each = ((factor * v).reshape(width, len(stds), _BATCH) for v in layers)
        return np.stack([statistic(v) for v in each], axis=1)

    def size(v):
        return np.sqrt(np.mean(np.square(v), axis=(0, 2)))

    def cosine(v):
        largest = np.abs(v).max(axis=0)  # divided by it, so that the squares do not underflow
        unit = v / np.where(largest > 0, largest, np.nan)
        unit /= np.sqrt(np.sum(np.square(unit), axis=0))
        total = np.sum(np.square(unit.sum(axis=2)), axis=0)
        return (total - _BATCH) / (_BATCH * (_BATCH - 1))

    # What the network calls z is W a, without the scale; dL/dz goes the other way.
    return Sizes(of_each(size, up.z, std), of_each(size, up.a), of_each(cosine, up.a), of_each(size, down.dz, 1 / std))
