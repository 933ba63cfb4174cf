"""The experiments of the chapter "Symmetry"."""

from functools import cache
from typing import NamedTuple

import numpy as np

from initlab import datasets, symmetry
from initlab.initializers import xavier_normal
from initlab.network import Network, sample, stack
from initlab.training import train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, from_then_on

UNITS, STEPS = 8, 1000
DATA = {"cross": datasets.cross, "moons": datasets.moons}
RATES = {"tanh": 0.3, "sigmoid": 0.6, "relu": 0.3}  # the slope of a sigmoid is at most 1/4
NOISE = (0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 0.5)
SHOWN = np.linspace(0, STEPS, 51).astype(int)
PARTED = 0.9  # the units have parted when the loss stays below this share of what it is with equal units


class Parting(NamedTuple):
    """Training from nearly equal units, for every amount of noise."""

    loss: np.ndarray
    """(steps + 1, noise)"""
    equal_loss: np.ndarray
    """(steps + 1,): of a network whose units stay equal."""
    spread: np.ndarray
    """(steps shown, noise): how different the hidden units are."""
    growth: np.ndarray
    """(steps shown,): by linear theory, the spread for every unit of noise."""
    network: Network
    """All networks after the last step, with a leading axis (noise,)."""

    @property
    def parted_at(self):
        """(noise,): the step from which the loss stays below that of equal units by a tenth, or -1."""
        return from_then_on(self.loss < PARTED * np.minimum(self.equal_loss[:, None], self.equal_loss[0]))


def noisy(centre, noise, activation="tanh", rng=1, units=UNITS):
    """A network with one hidden layer, its weights `centre` plus N(0, noise^2); an array gives one network for each."""
    rng = np.random.default_rng(rng)
    noise = np.asarray(noise, dtype=float)[..., None, None]
    weights = (centre + noise * rng.standard_normal((units, 2)), centre + noise * rng.standard_normal((2, units)))
    return Network(weights, tuple(np.zeros(W.shape[:-1]) for W in weights), activation)


@cache
def parting(data, centre, activation):
    """Train from all amounts of noise at once, and work out what linear theory predicts."""
    x, y = DATA[data](rng=0)
    options = {"learning_rate": RATES[activation], "steps": STEPS}
    start = noisy(float(centre), NOISE, activation)
    run = train(start, x, y, loss="softmax_cross_entropy", snapshots=SHOWN, **options)
    spread = np.array([symmetry.unit_spread(snapshot.network, 1) for snapshot in run.snapshots])

    equal = symmetry.twin_differences(noisy(float(centre), 0.0, activation), x, y, **options)
    rows = symmetry.units(start, 1)[-1] / NOISE[-1]
    away = (rows - rows.mean(axis=0)) @ equal.growth[SHOWN].mT
    growth = np.sqrt(np.square(away).sum(axis=-1).mean(axis=-1))
    return Parting(run.loss, equal.loss, spread, growth, run.network)


@experiment(
    grid={"draw": DRAWS, "width": (8, 16), "optimizer": tuple(OPTIMIZERS), "data": tuple(DATA)},
    settings={
        "noise": (1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1),
        "rates": (0.0375, 0.075, 0.15, 0.3, 0.6),
        "centre": 0.5,
        "steps": 5000,
    },
    small={"draw": 0, "width": 8, "optimizer": "sgd", "data": "moons"},
)
def parted_for_good(*, draw, width, optimizer, data, noise, rates, centre, steps):
    """The step from which the loss stays below that of equal units by a tenth, or -1, (rates, noise). The units are
    tanh, and all examples are in every step."""
    start = noisy(centre, (0.0, *noise), rng=draw, units=width)
    options = {"loss": "softmax_cross_entropy", "steps": steps, "learning_rate": np.array(rates)[:, None]}
    run = train(stack([start] * len(rates)), *DATA[data](rng=draw), **options, **OPTIMIZERS[optimizer])
    equal = run.network.member((slice(None), 0))
    if not np.array_equal(symmetry.unit_spread(equal, 1), np.zeros(len(rates))):
        raise ArithmeticError("rounding has parted the equal units: there is nothing to compare with")
    loss, equal_loss = run.loss[..., 1:], run.loss[..., :1]
    return {"step": from_then_on(loss < PARTED * np.minimum(equal_loss, equal_loss[0]))}


@experiment(
    grid={"draw": DRAWS, "width": (8, 16), "optimizer": tuple(OPTIMIZERS)},
    settings={
        "noise": (1e-12, 1e-6, 1e-3),
        "rates": (0.01875, 0.0375, 0.075, 0.15, 0.3, 0.6),
        "steps": 5000,
        "falling": 0.4,
        "low": 0.1,
    },
    small={"draw": 0, "width": 8, "optimizer": "momentum"},
)
def grown_from_zero(*, draw, width, optimizer, noise, rates, steps, falling, low):
    """The moons, tanh, from weights 0 with noise, and last from Xavier's weights, (rates, starts): how alike the least
    alike hidden units are, in weights that come in, when the loss first falls below `falling`, as a |cosine|, and from
    which step on it is below `low`, or -1."""
    little, full = noisy(0.0, noise, rng=draw, units=width), sample([2, width, 2], "tanh", xavier_normal, rng=draw)
    weights = [np.concatenate([a, b[None]]) for a, b in zip(little.weights, full.weights, strict=True)]
    start = Network(weights, [np.zeros(W.shape[:-1]) for W in weights], "tanh")
    looks = np.unique([*range(100), *range(100, 1000, 10), *range(1000, steps + 1, 50)])
    run = train(
        stack([start] * len(rates)),
        *DATA["moons"](rng=draw),
        loss="softmax_cross_entropy",
        learning_rate=np.array(rates)[:, None],
        steps=steps,
        snapshots=looks,
        **OPTIMIZERS[optimizer],
    )
    below = run.loss[looks] < falling
    alike = np.full(below.shape[1:], np.nan)
    for place in zip(*np.nonzero(below.any(axis=0)), strict=True):
        W = run.snapshots[below[:, *place].argmax()].network.weights[0][place]
        unit = W / np.linalg.norm(W, axis=1, keepdims=True)
        alike[place] = np.abs(unit @ unit.T).min()
    return {"alike": alike, "low": from_then_on(run.loss < low)}
