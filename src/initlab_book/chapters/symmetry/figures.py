"""The figure of the chapter "Symmetry": equal units, a little noise, and how long it takes until they part."""

import numpy as np

from initlab import symmetry
from initlab.activations import labels
from initlab_book.figure import Demo, Lines, Menu, Prediction, Series, Slider
from initlab_book.numbers import number

from .experiments import NOISE, SHOWN, STEPS, parting

ACTIVATIONS = labels("tanh", "sigmoid", "relu")
CENTRES = {"0.5": "all weights 0.5", "0": "all weights 0"}


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
    distinct, step = symmetry.distinct_units(seen.network.member(at), 1, tolerance=0), int(seen.parted_at[at])
    noise_text = "no noise" if NOISE[at] == 0 else f"noise {number(NOISE[at])}"
    fate = f"have not parted after {STEPS} steps"
    if step >= 0:
        fate = f"part for good at step {step}" if step else "are different from the start"
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
        Slider("noise", "Noise", NOISE, 0.1),
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
    caption=(
        "Eight hidden units whose weights differ by a little normal noise, trained by gradient descent; dashed, "
        "the loss of equal units, and the spread that linear theory predicts."
    ),
    prediction=Prediction(
        "Noise of 0.1 parts the units after 33 steps. How long will a thousandth of that noise take?",
        outcome=(
            "A few times as long: in every step the spread multiplies, so that each thousandth of the noise costs some "
            "hundred further steps. Only without any noise do they never part."
        ),
        options=("a thousand times as long", "a few times as long", "for ever"),
    ),
)
