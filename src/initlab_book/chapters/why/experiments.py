"""The experiments of the chapter "Why initialization matters"."""

from functools import cache, partial
from typing import NamedTuple

import numpy as np

from initlab.datasets import digits, spiral, split, standardize
from initlab.initializers import constant, variance_scaling, xavier_normal, zeros
from initlab.network import Network, observe, sample
from initlab.training import evaluate, train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, new_examples, powers_of_two

WIDTHS = (2, 16, 16, 16, 16, 16, 2)
SEEDS = range(5)
STEPS = 1000
BATCH = 20
RATES = tuple(float(f"{10**k:.3g}") for k in np.arange(-6, 0.6, 0.5))
SHOWN = (0, *np.unique(np.geomspace(1, STEPS, 30).round().astype(int)).tolist())


def he_times(factor):
    """He's normal initialization, its standard deviation multiplied by `factor`."""
    return partial(variance_scaling, scale=2 * factor**2, mode="fan_in", distribution="normal")


STARTS = {
    "zero": zeros,
    "constant": partial(constant, value=0.1),
    "x0.1": he_times(0.1),
    "x0.3": he_times(0.3),
    "x1": he_times(1),
    "x3": he_times(3),
    "x10": he_times(10),
}
EQUAL = ("zero", "constant")
"""The starts that draw nothing: every seed gives the same network."""

DEEP = {"relu x0.3": ("relu", he_times(0.3)), "relu x1": ("relu", he_times(1)), "sigmoid": ("sigmoid", xavier_normal)}
"""Activation and start of the deeper networks."""


def data():
    """The 200 points that every network of the chapter is trained on."""
    return spiral(200, rng=0)


def new_points():
    """A thousand points of the same two arms that no network was trained on."""
    return spiral(1000, rng=1)


class Runs(NamedTuple):
    """Training from one start with one optimizer, at every rate and from every seed; of equal weights there is one."""

    loss: np.ndarray
    """(steps shown, rates, seeds): on all 200 points."""
    accuracy: np.ndarray
    """(rates, seeds): share of new points that are right, after the last step."""
    overflow: np.ndarray
    """(rates, seeds): whether the run overflowed on the way."""
    network: Network
    """All networks after the last step, with leading axes (rates, seeds)."""

    @property
    def best(self):
        """Which rate does best on new points, on average over the seeds."""
        return int(self.accuracy.mean(axis=1).argmax())


def at_every_rate(network, rates, steps=STEPS, snapshots=(), optimizer="sgd"):
    """Train on the points of the chapter: the `training.Run` of all rates, and the accuracy on new points."""
    options = {"loss": "softmax_cross_entropy", "steps": steps, "batch_size": BATCH, "rng": 0} | OPTIMIZERS[optimizer]
    run = train(network, *data(), learning_rate=np.array(rates)[:, None], snapshots=snapshots, **options)
    _, accuracy = evaluate(run.network, *new_points(), loss="softmax_cross_entropy")
    return run, accuracy


def runs(start, optimizer="sgd", width=16, depth=5, seed=0):
    """Train from the start of that name at every learning rate, from five seeds each, of which `seed` is the first."""
    return _runs(start, optimizer, width, depth, seed)


@cache  # which takes runs("x1") and runs("x1", "sgd") for two things
def _runs(start, optimizer, width, depth, seed):
    seeds = range(seed, seed + (1 if start in EQUAL else len(SEEDS)))
    start_of = sample([2, *[width] * depth, 2], "relu", STARTS[start], seeds=seeds)
    run, accuracy = at_every_rate(start_of, RATES, snapshots=SHOWN, optimizer=optimizer)
    loss = np.array([snapshot.loss for snapshot in run.snapshots])
    return Runs(loss, accuracy, run.diverged_at >= 0, run.network)


def trained(start, seed=0):
    """The network of that start and seed after training by plain SGD at the start's best rate."""
    every = runs(start)
    return every.network.member((every.best, seed))


def examples(data, draw):
    """What to train on and what is new, two pairs (x, y): two arms of a spiral, or handwritten digits, standardized, a
    quarter of them held out."""
    if data == "spiral":
        return spiral(200, rng=draw), spiral(1000, rng=new_examples(draw))
    x, y, new_x, new_y = split(*digits(), rng=draw)
    x, new_x = standardize(x, new_x)
    return (x, y), (new_x, new_y)


def new_that_are_right(network, data, draw, optimizer, rates, steps, batch):
    """Share of new examples that are right after the last step, at every rate; nan where a run overflowed."""
    old, new = examples(data, draw)
    options = {"loss": "softmax_cross_entropy", "steps": steps, "batch_size": batch, "rng": draw}
    run = train(network, *old, learning_rate=rates, **options, **OPTIMIZERS[optimizer])
    _, accuracy = evaluate(run.network, *new, loss="softmax_cross_entropy")
    return np.where(run.diverged_at < 0, accuracy, np.nan)


@experiment(
    grid={"draw": DRAWS, "width": (16, 32), "optimizer": tuple(OPTIMIZERS), "scale": (0.01, 0.1, 0.3, 1, 3, 10)},
    settings={"rates": powers_of_two(-20, 0), "steps": STEPS, "batch": BATCH},
    small={"draw": 0, "width": 16, "optimizer": "sgd", "scale": 1},
)
def learning(*, draw, width, optimizer, scale, rates, steps, batch):
    """The network of the chapter, started at multiples of He's rule: share of new points that are right."""
    start = sample([2, *[width] * 5, 2], "relu", he_times(scale), rng=draw)
    return {"accuracy": new_that_are_right(start, "spiral", draw, optimizer, rates, steps, batch)}


@experiment(
    grid={"draw": DRAWS, "width": (16, 32), "optimizer": tuple(OPTIMIZERS), "start": tuple(DEEP)},
    settings={"rates": powers_of_two(-12, 0), "hidden": 20, "steps": 500, "batch": BATCH},
    small={"draw": 0, "width": 16, "optimizer": "sgd", "start": "sigmoid"},
)
def deep(*, draw, width, optimizer, start, rates, hidden, steps, batch):
    """The same with twenty hidden layers; and how alike the inputs are in the last of them before training."""
    activation, initializer = DEEP[start]
    net = sample([2, *[width] * hidden, 2], activation, initializer, rng=draw)
    (x, y), _ = examples("spiral", draw)
    seen = observe(net, x, loss="softmax_cross_entropy", targets=y)
    right = new_that_are_right(net, "spiral", draw, optimizer, rates, steps, batch)
    return {"accuracy": right, "cosine": seen.a.cosine[hidden]}


@experiment(
    grid={"draw": DRAWS, "width": (32, 64), "optimizer": tuple(OPTIMIZERS), "scale": (0.1, 1, 10)},
    settings={"rates": powers_of_two(-24, -1), "steps": 300, "batch": BATCH},
    small={"draw": 0, "width": 32, "optimizer": "sgd", "scale": 1},
)
def on_digits(*, draw, width, optimizer, scale, rates, steps, batch):
    """The same on handwritten digits, a quarter of them held out."""
    start = sample([64, *[width] * 5, 10], "relu", he_times(scale), rng=draw)
    return {"accuracy": new_that_are_right(start, "digits", draw, optimizer, rates, steps, batch)}
