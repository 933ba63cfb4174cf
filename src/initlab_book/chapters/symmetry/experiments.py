"""The experiments of the chapter "Symmetry"."""

from functools import cache
from typing import NamedTuple

import numpy as np

from initlab import datasets, symmetry
from initlab.network import Network
from initlab.training import train

UNITS, STEPS = 8, 1000
DATA = {"cross": datasets.cross, "moons": datasets.moons}
RATES = {"tanh": 0.3, "sigmoid": 0.6, "relu": 0.3}  # the slope of a sigmoid is at most 1/4
NOISE = (0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 0.5)
SHOWN = np.linspace(0, STEPS, 51).astype(int)
PARTED = 0.9  # the units have parted when the loss is this share of what it is with equal units


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
        """(noise,): the step from which the loss tells that the units are different, or -1."""
        parted = self.loss < PARTED * np.minimum(self.equal_loss[:, None], self.equal_loss[0])
        return np.where(parted.any(axis=0), parted.argmax(axis=0), -1)


def noisy(centre, noise, activation="tanh", rng=1):
    """A network with 8 hidden units, its weights `centre` plus N(0, noise^2); an array gives one network for each."""
    rng = np.random.default_rng(rng)
    noise = np.asarray(noise, dtype=float)[..., None, None]
    weights = (centre + noise * rng.standard_normal((UNITS, 2)), centre + noise * rng.standard_normal((2, UNITS)))
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
