"""The figure of the chapter "Symmetry": equal units, a little noise, and how long it takes until they part."""

from functools import cache
from typing import NamedTuple

import numpy as np

from .. import datasets, symmetry
from ..explorer import Demo, Lines, Menu, Series, Slider, number
from ..network import Network
from ..training import train

UNITS, STEPS = 8, 1000
DATA = {"cross": datasets.cross, "moons": datasets.moons}
ACTIVATIONS = {"tanh": "tanh", "sigmoid": "sigmoid", "relu": "ReLU"}
RATES = {"tanh": 0.3, "sigmoid": 0.6, "relu": 0.3}  # the slope of a sigmoid is at most 1/4
CENTRES = {"0.5": "all weights 0.5", "0": "all weights 0"}
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
    spread = np.array([symmetry.spread(snapshot.network, 1) for snapshot in run.snapshots])

    equal = symmetry.twin_differences(noisy(float(centre), 0.0, activation), x, y, **options)
    rows = symmetry.units(start, 1)[-1] / NOISE[-1]
    away = (rows - rows.mean(axis=0)) @ equal.growth[SHOWN].mT
    growth = np.sqrt(np.square(away).sum(axis=-1).mean(axis=-1))
    return Parting(run.loss, equal.loss, spread, growth, run.network)


def _twins(data, centre, activation, noise):
    seen = parting(data, centre, activation)
    at = int(np.argmin(np.abs(np.array(NOISE) - noise)))
    # Where a kink lies at the centre itself there is no linear theory.
    smooth = NOISE[at] > 0 and not (activation == "relu" and centre == "0")
    predicted = np.clip(NOISE[at] * seen.growth, 1e-300, 1e300) if smooth else [None] * len(SHOWN)
    panels = {
        "loss": {"y": {"loss": seen.loss[SHOWN, at], "equal": seen.equal_loss[SHOWN]}},
        "spread": {"y": {"measured": seen.spread[:, at], "theory": predicted}},
    }
    distinct, step = symmetry.distinct_units(seen.network.member(at), 1), int(seen.parted_at[at])
    noise_text = "no noise" if NOISE[at] == 0 else f"noise {number(NOISE[at])}"
    fate = f"have not parted after {STEPS} steps"
    if step >= 0:
        fate = f"have parted by step {step}" if step else "are different from the start"
    how = "Bit for bit they are still the same." if distinct == 1 else f"They differ by {number(seen.spread[-1, at])}."
    text = (
        f"{CENTRES[centre].capitalize()} with {noise_text}, {ACTIVATIONS[activation]}, {data}: the eight units {fate}. "
        f"{how} The loss ends at {number(seen.loss[-1, at])}, with equal units at {number(seen.equal_loss[-1])}."
    )
    return panels, text


twins = Demo(
    name="twins",
    title="Eight equal units and a little noise",
    controls=(
        Menu("data", "Data", {"cross": "cross", "moons": "moons"}, "cross"),
        Menu("centre", "Start", CENTRES, "0.5"),
        Menu("activation", "Activation", ACTIVATIONS, "tanh"),
        Slider("noise", "Noise", NOISE, 0.0),
    ),
    panels=(
        Lines(
            "loss",
            "Loss, step by step",
            "step",
            (Series("loss", "this network"), Series("equal", "equal units", style="theory", tone=0)),
            y_range=(0, 0.8),
            x=tuple(SHOWN.tolist()),
        ),
        Lines(
            "spread",
            "How different the units are",
            "step",
            (Series("measured", "this network", tone=2), Series("theory", "linear theory", style="theory", tone=0)),
            y_range=(1e-16, 1e2),
            x=tuple(SHOWN.tolist()),
            log=True,
        ),
    ),
    compute=_twins,
    digits=3,
)
