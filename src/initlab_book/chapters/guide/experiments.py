"""The experiments of the chapter "Which call do I write?"."""

from functools import cache, partial
from itertools import pairwise
from math import prod

import numpy as np

from initlab.datasets import spiral
from initlab.finite_width import band
from initlab.frameworks import RULES
from initlab.gaussian import propagate_layers
from initlab.initializers import variance_scaling
from initlab.network import backward, forward, sample
from initlab.recommend import ACTIVATIONS, LAYERS, recommend
from initlab.training import sweep


def scheme(activation, layer):
    """The initializers of a network: the first layer, which gets inputs and hands no gradient on, has gain 1."""
    advice = recommend(activation, layer)
    rest = partial(
        variance_scaling, scale=advice.scale, mode=advice.mode, distribution=advice.distribution, dtype=np.float32
    )
    first = partial(variance_scaling, scale=1.0, mode="fan_in", distribution="normal", dtype=np.float32)
    return [first, *[rest] * (len(LAYERS[layer].widths) - 2)]


def variances(activation, layer):
    """Var(W) of every layer of the same network."""
    widths, advice = LAYERS[layer].widths, recommend(activation, layer)
    first, *rest = pairwise(widths)
    return [1 / first[0], *(advice.variance(*fans) for fans in rest)]


@cache
def expected(activation, layer):
    """What theory expects of the recommended network: (`gaussian.Signal`, band).

    The places of a picture share the weights of a convolution. Its band takes them to agree, so that chance averages
    over the channels alone; they nearly do in deep layers, and the band is a little too wide.
    """
    f, widths, weights = ACTIVATIONS[activation], LAYERS[layer].widths, variances(activation, layer)
    field = prod(LAYERS[layer].kernel)
    channels = [n // field for n in widths]
    return propagate_layers(f, widths, weights), band(f, channels, [field * variance for variance in weights])


@cache
def expected_by_default(activation, layer, framework):
    """The same of the network that nobody initializes."""
    name = {"torch": "nn.Linear", "keras": "layers.Dense", "flax": "nnx.Linear"}[framework]
    rule, widths = RULES[framework, name], LAYERS[layer].widths
    weights = [rule.variance(*fans) for fans in pairwise(widths)]
    return propagate_layers(ACTIVATIONS[activation], widths, weights, [rule.bias_variance(n) for n in widths[:-1]])


@cache
def drawn(activation, layer):
    """Sizes of signal and gradient of one input in one drawn network; None for a convolution."""
    widths, f = LAYERS[layer].widths, ACTIVATIONS[activation]
    if LAYERS[layer].kernel:
        return [None] * len(widths), [None] * (len(widths) - 1)
    network = sample(widths, f, scheme(activation, layer), output_activation=f, rng=0, dtype=np.float32)
    rng = np.random.default_rng(0)
    x, top = (rng.choice([-1, 1], size=(n, 1)).astype(np.float32) for n in (widths[0], widths[-1]))
    passed = forward(network, x)
    return [[np.sqrt(np.square(v).mean()) for v in vs] for vs in (passed.a, backward(network, passed, top).dz)]


# ---------------------------------------------------------------- does the gain decide?

UNITS, STEPS, NETWORKS = 32, 300, 5
RATES = (0.013, 0.032, 0.075, 0.18, 0.42)


@cache
def best_loss(activation, gain, depth, rates=RATES, seed=0):
    """(loss, accuracy, rate): what gradient descent makes of the spiral at the best of some learning rates.

    Hidden layers of `UNITS` units, all but the first with weights of variance gain^2 / UNITS; `STEPS` steps with
    batches of 20; medians over `NETWORKS` networks, since one of them may diverge.
    """
    x, y = spiral(200, rng=seed)
    first, rest = (
        partial(variance_scaling, scale=scale, mode="fan_in", distribution="normal") for scale in (1.0, gain**2)
    )
    start = sample(
        [2, *[UNITS] * depth, 2],
        activation,
        [first, *[rest] * (depth - 1), first],
        seeds=range(seed, seed + NETWORKS),
        dtype=np.float32,
    )
    found = sweep(start, x, y, rates=rates, loss="softmax_cross_entropy", steps=STEPS, batch_size=20, rng=seed)
    loss = np.median(np.where(found.diverged, np.inf, found.loss), axis=1)
    best = loss.argmin()
    return loss[best], np.median(found.accuracy[best]), rates[best]
