"""The experiments of the chapter "He initialization"."""

from functools import cache, partial

import numpy as np

from initlab import activations, algebra, gaussian
from initlab.datasets import moons
from initlab.initializers import variance_scaling
from initlab.network import sample, simulate, stack
from initlab.training import train

DEPTH = 30
SLOPES = (0.0, 0.01, 0.1, 0.25, 0.5, 1.0)
STRANDS = 4


def activation(slope):
    """The (leaky) ReLU of this slope for z < 0: 0 is ReLU, 1 a linear layer."""
    return activations.leaky_relu(slope)


def normal(scale, mode="fan_in"):
    """The initializer N(0, scale / fan)."""
    return partial(variance_scaling, scale=scale, mode=mode, distribution="normal")


@cache
def factor(slope):
    """The share of the second moment of z that a (leaky) ReLU lets through: (1 + s^2) / 2."""
    return algebra.derive_forward(activation="leaky_relu").predict(n_in=1, sigma_w=1, q=1, s=slope)


# ---------------------------------------------------------------- schemes for (leaky) ReLU, equal widths

SCHEMES = {
    "xavier": "Xavier: 1/n",
    "he": "He: 2/((1+s²) n)",
    "he-relu": "He for ReLU: 2/n",
    "std": "1/Var f(z), over n",
}


def scale(scheme, slope):
    """n Var(W) of a scheme."""
    f = activation(slope)
    return {
        "xavier": 1.0,
        "he": 1 / factor(slope),
        "he-relu": 2.0,
        "std": 1 / (gaussian.second_moment(f) - gaussian.mean(f) ** 2),
    }[scheme]


@cache
def standard_sizes(slope, width, seed):
    """Sizes of a and dL/dz for n Var(W) = 1, (strands, layers): one input and one network for each strand."""
    widths, seeds = [width] * (DEPTH + 1), range(seed, seed + STRANDS)
    deep = simulate(widths, activation(slope), normal(1.0), seeds=seeds, batch=1, bias_initializer=None)
    return np.sqrt(deep.a.second_moment), np.sqrt(deep.dz.second_moment)


# ---------------------------------------------------------------- layers of different widths

SHAPES = {
    "equal": (64,) * (DEPTH + 1),
    "taper": tuple(int(n) for n in np.geomspace(256, 32, DEPTH + 1).round()),
    "widen": tuple(int(n) for n in np.geomspace(32, 256, DEPTH + 1).round()),
    "bottleneck": (128, 32) * (DEPTH // 2) + (128,),
}
MODES = {"fan_in": "He, fan-in: 2/n[l−1]", "fan_out": "He, fan-out: 2/n[l]", "fan_avg": "mean of the two fans"}


@cache
def he_over_widths(direction, mode):
    """The derivation for ReLU layers of different widths with He's variance."""
    derive = {"forward": algebra.derive_forward, "backward": algebra.derive_backward}[direction]
    return algebra.over_widths(derive(activation="relu"), mode)


def he_moments(mode, widths):
    """E[a^2] of layers 0..L and E[(dL/dz)^2] of layers 1..L that theory gives, for input and top gradient N(0, 1)."""
    forward, backward = (he_over_widths(direction, mode).predict(widths) for direction in ("forward", "backward"))
    return forward, backward / 2  # the last ReLU lets half of the top gradient through


@cache
def luck(shape, seed):
    """Sizes of a and dL/dz over those of theory: the same for every mode, because ReLU networks are homogeneous."""
    widths, seeds = SHAPES[shape], range(seed, seed + STRANDS)
    drawn = simulate(widths, "relu", normal(2.0), seeds=seeds, batch=1, bias_initializer=None)
    signal, gradient = he_moments("fan_in", widths)
    a, dz = drawn.a.second_moment / signal, drawn.dz.second_moment / gradient
    return np.sqrt(a / a[:, :1]), np.sqrt(dz)


# ---------------------------------------------------------------- training networks of 22 and of 30 layers

RATES = (0.01, 0.03, 0.1, 0.3)
TRAINED = {"Xavier": 1.0, "He": 2.0}  # n Var(W)


RACE_POINTS, RACE_WIDTH = 40, 24


@cache
def race(depth, *, schemes=tuple(TRAINED), steps=200, rates=RATES, seeds=5):
    """Loss of ReLU networks on two moons, for every scheme, rate and seed: (steps + 1, schemes, rates, seeds)."""
    x, y = moons(RACE_POINTS, rng=0)
    widths = [2, *[RACE_WIDTH] * (depth - 1), 2]
    starts = [sample(widths, "relu", normal(TRAINED[name]), seeds=range(seeds), dtype=np.float32) for name in schemes]
    together = stack([stack([start]) for start in starts])  # (schemes, 1, seeds)
    rates = np.array(rates)[:, None]
    return train(together, x, y, loss="softmax_cross_entropy", learning_rate=rates, steps=steps).loss


# ---------------------------------------------------------------- theory and simulation, all cells at once

TRIAL_WIDTHS = (96, 120, 72, 96, 120, 72)
TRIALS = {"Xavier, fan-in": "fan_in", "He, fan-in": "fan_in", "He, fan-out": "fan_out"}


def _trial_scale(slope, scheme):
    return 1.0 if scheme.startswith("Xavier") else 1 / factor(slope)


def trial(slope, scheme, seeds, batch=16):
    """Second moments of real networks, (seeds, cells), and their predictions, (cells,).

    The cells are E[a^2] of layers 1..L, then E[(dL/dz)^2] of layers 1..L, for inputs and top gradients from N(0, 1).
    """
    weights = normal(_trial_scale(slope, scheme), TRIALS[scheme])
    seen = simulate(TRIAL_WIDTHS, activation(slope), weights, seeds=seeds, batch=batch, bias_initializer=None)
    measured = np.concatenate([seen.a.second_moment[:, 1:], seen.dz.second_moment], axis=1)
    return measured, predicted(slope, scheme)


@cache
def _over_trial_widths(slope, mode):
    derived = (derive(activation="leaky_relu") for derive in (algebra.derive_forward, algebra.derive_backward))
    return [algebra.over_widths(layer, mode).predict(TRIAL_WIDTHS, s=slope) for layer in derived]


def predicted(slope, scheme, error=1.0):
    """What theory says of the cells of `trial` for weights of `error` times the variance of the scheme."""
    signal, gradient = _over_trial_widths(slope, TRIALS[scheme])  # for the variance that preserves
    per_layer = error * _trial_scale(slope, scheme) * factor(slope)
    layers = np.arange(len(gradient))
    return np.concatenate(
        [signal[1:] * per_layer ** (layers + 1), factor(slope) * gradient * per_layer ** layers[::-1]]
    )
