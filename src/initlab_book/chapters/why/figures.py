"""The figure of the chapter "Why initialization matters": one network, seven starts, three optimizers,
each at many learning rates."""

import numpy as np

from initlab_book.figure import Demo, Lines, Menu, Number, Seed, Series, Slider
from initlab_book.numbers import number

from .experiments import RATES, SHOWN, STEPS, runs

LABELS = {
    "zero": "all weights 0",
    "constant": "all weights 0.1",
    "x0.1": "random, scale 0.1",
    "x0.3": "random, scale 0.3",
    "x1": "random, scale 1",
    "x3": "random, scale 3",
    "x10": "random, scale 10",
}


OPTIMIZERS = {"sgd": "plain SGD", "momentum": "SGD with momentum", "adam": "Adam"}


def percent(share):
    """A share as the book writes it."""
    return f"{100 * share:.1f}".rstrip("0").rstrip(".") + " %"


def _from_to(values):
    """The range of some values, in words."""
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} to {high}"


def _starts(start, optimizer, rate, width, depth, seed):
    every = runs(start, optimizer, width, depth, seed)
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
    drawn, overflows, rest = len(accuracy), int(every.overflow[at].sum()), loss[-1][~every.overflow[at]]
    if overflows == drawn:
        end = "all five networks overflow"
    else:
        end = f"after {STEPS} steps it is {_from_to(rest)}"
        if overflows:
            end += f", and {overflows} of 5 networks have overflowed"
    right = f"{percent(mean[at])} are right"
    if drawn > 1:
        right += f" on average, {percent(accuracy.min())} with the worst seed"
    text = (
        f"{LABELS[start].capitalize()}, {OPTIMIZERS[optimizer]}, rate {number(RATES[at])}: the loss starts at "
        f"{_from_to(loss[0])}; {end}. Of new points {right}."
    )
    return panels, text


starts = Demo(
    name="starts",
    title="One network, seven starts",
    controls=(
        Menu("start", "Start", LABELS, "zero"),
        Menu("optimizer", "Optimizer", OPTIMIZERS, "sgd"),
        Slider("rate", "Learning rate", RATES, 0.1),
        Number("width", "Units a layer", 16, 1, 64),
        Number("depth", "Hidden layers", 5, 1, 20),
        Seed(label="First seed"),
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
    engine=True,
    caption=(
        "A ReLU network, at first five hidden layers of 16 units, on the spiral: every start at fourteen learning "
        "rates, random ones with five seeds."
    ),
)
