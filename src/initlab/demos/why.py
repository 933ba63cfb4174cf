"""The figure of the chapter "Why initialization matters": one network, seven starts, each at many learning rates."""

from functools import cache, partial
from typing import NamedTuple

import numpy as np

from ..datasets import spiral
from ..explorer import Demo, Lines, Menu, Series, Slider, number
from ..initializers import constant, variance_scaling, zeros
from ..network import Network, sample
from ..training import evaluate, train

WIDTHS = (2, 16, 16, 16, 16, 16, 2)
SEEDS = range(5)
STEPS = 1000
BATCH = 20
RATES = tuple(float(f"{10**k:.3g}") for k in np.arange(-6, 0.6, 0.5))
SHOWN = (0, *np.unique(np.geomspace(1, STEPS, 36).round().astype(int)).tolist())


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
LABELS = {
    "zero": "all weights 0",
    "constant": "all weights 0.1",
    "x0.1": "random, scale 0.1",
    "x0.3": "random, scale 0.3",
    "x1": "random, scale 1",
    "x3": "random, scale 3",
    "x10": "random, scale 10",
}


def data():
    """The 200 points that every network of the chapter is trained on."""
    return spiral(200, rng=0)


def new_points():
    """A thousand points of the same two arms that no network was trained on."""
    return spiral(1000, rng=1)


class Runs(NamedTuple):
    """Training from one start, at every rate and from every seed."""

    loss: np.ndarray  # (steps shown, rates, seeds): on all 200 points
    accuracy: np.ndarray  # (rates, seeds): share of new points that are right, after the last step
    overflow: np.ndarray  # (rates, seeds): whether the run overflowed on the way
    network: Network  # all networks after the last step, with leading axes (rates, seeds)

    @property
    def best(self):
        """Which rate does best on new points, on average over the seeds."""
        return int(self.accuracy.mean(axis=1).argmax())


def at_every_rate(network, rates, steps=STEPS, snapshots=()):
    """Train on the points of the chapter: the `training.Run` of all rates, and the accuracy on new points."""
    options = {"loss": "softmax_cross_entropy", "steps": steps, "batch_size": BATCH, "rng": 0}
    run = train(network, *data(), learning_rate=np.array(rates)[:, None], snapshots=snapshots, **options)
    _, accuracy = evaluate(run.network, *new_points(), loss="softmax_cross_entropy")
    return run, accuracy


@cache
def runs(start):
    """Train from the start of that name at every learning rate, five seeds each."""
    run, accuracy = at_every_rate(sample(WIDTHS, "relu", STARTS[start], seeds=SEEDS), RATES, snapshots=SHOWN)
    loss = np.array([snapshot.loss for snapshot in run.snapshots])
    return Runs(loss, accuracy, run.diverged_at >= 0, run.network)


def trained(start, seed=0):
    """The network of that start and seed after training at the start's best rate."""
    every = runs(start)
    return every.network.member((every.best, seed))


def percent(share):
    """A share as the book writes it."""
    return f"{100 * share:.1f}".rstrip("0").rstrip(".") + " %"


def _from_to(values):
    """The range of some values, in words."""
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} to {high}"


def _starts(start, rate):
    every = runs(start)
    at = int(np.argmin(np.abs(np.log(np.array(RATES) / rate))))
    loss, accuracy, mean = every.loss[:, at], every.accuracy[at], every.accuracy.mean(axis=1)
    panels = {
        "loss": {"y": {"seeds": loss.T}},
        "accuracy": {
            "y": {
                "mean": 100 * mean,
                "worst": 100 * every.accuracy.min(axis=1),
                "here": [100 * m if i == at else None for i, m in enumerate(mean)],
            }
        },
    }
    overflows, rest = int(every.overflow[at].sum()), loss[-1][~every.overflow[at]]
    if overflows == len(SEEDS):
        end = "all five networks overflow"
    else:
        end = f"after {STEPS} steps it is {_from_to(rest)}"
        if overflows:
            end += f", and {overflows} of 5 networks have overflowed"
    text = (
        f"{LABELS[start].capitalize()}, rate {number(RATES[at])}: the loss starts at {_from_to(loss[0])}; {end}. "
        f"Of new points {percent(mean[at])} are right on average, {percent(accuracy.min())} with the worst seed."
    )
    return panels, text


starts = Demo(
    name="starts",
    title="One network, seven starts",
    controls=(
        Menu("start", "Start", LABELS, "x1"),
        Slider("rate", "Learning rate", RATES, 0.1),
    ),
    panels=(
        Lines(
            "loss",
            "Loss on the 200 points, step by step",
            "before step",
            (Series("seeds", "five seeds", style="strands"),),
            y_range=(1e-5, 1e6),
            x=tuple(updates + 1 for updates in SHOWN),
            log=True,
            log_x=True,
            guide=float(np.log(2)),
        ),
        Lines(
            "accuracy",
            "New points that are right, in per cent",
            "learning rate",
            (
                Series("mean", "mean of five", tone=3),
                Series("worst", "worst of five", style="theory", tone=0),
                Series("here", "this rate", style="points", tone=2),
            ),
            y_range=(0, 100),
            x=RATES,
            log_x=True,
            guide=50.0,
        ),
    ),
    compute=_starts,
    digits=3,
)
