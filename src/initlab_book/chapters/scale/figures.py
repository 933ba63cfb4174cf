"""The figures of the chapter "Finding the right scale"."""

from functools import lru_cache

import numpy as np

from initlab.activations import labels
from initlab.gaussian import propagate
from initlab_book.figure import Demo, Lines, Menu, Number, Prediction, Seed, Series, Slider
from initlab_book.numbers import number

from .experiments import DEPTH, sizes

ACTIVATIONS = labels("identity", "relu", "tanh", "sigmoid", "gelu")
_SIZES = (1e-4, 1e4)


# ---------------------------------------------------------------- find the scale by hand

WIDTHS = (16, 64, 256)
STDS = tuple(float(f"{2 ** (k / 4):.3g}") for k in range(-18, -1))
SHOWN = (0, 1, 2, *range(5, DEPTH + 1, 3))


@lru_cache(maxsize=8)
def _of_every_std(activation, width, seed):
    return sizes(activation, width, STDS, seed=seed)


@np.errstate(over="ignore", divide="ignore", invalid="ignore")  # they are results
def _find(activation, width, std, seed):
    every = _of_every_std(activation, width, seed) if std in STDS else sizes(activation, width, (std,), seed=seed)
    _, size, cosine, gradient = (rows[STDS.index(std) if std in STDS else 0] for rows in every)
    shown = list(SHOWN)
    panels = {
        "forward": {"y": {"size": size[shown]}},
        "backward": {"y": {"gradient": [None, *(gradient[layer - 1] for layer in shown[1:])]}},
        "content": {"y": {"cosine": [None if np.isnan(c) else c for c in cosine[shown]]}},
    }
    alike = "undefined" if np.isnan(cosine[-1]) else number(cosine[-1], 2)
    text = (
        f"Activation {ACTIVATIONS[activation]}, width {width}, σ = {number(std)}: the activations of layer {DEPTH} "
        f"have size {number(size[-1], 2)}, and the mean cosine of two inputs is {alike}. The gradient of layer 1 is "
        f"{number(gradient[0] / gradient[-1], 2)} times as large as that of layer {DEPTH}."
    )
    return panels, text


find_the_scale = Demo(
    name="find-the-scale",
    title="Find the scale: 20 random layers",
    controls=(
        Menu("activation", "Activation", ACTIVATIONS, "identity"),
        Slider("width", "Width n", WIDTHS, 64, whole=True),
        Slider("std", "Std. deviation σ", STDS, 0.25),
        Seed(),
    ),
    panels=(
        Lines(
            "forward",
            "Forward: activations",
            "layer",
            (Series("size", "size of a[l]"),),
            y_range=_SIZES,
            x=SHOWN,
            log=True,
            guide=1.0,
        ),
        Lines(
            "backward",
            "Backward: gradients",
            "layer",
            (Series("gradient", "size of ∂L/∂z[l]", tone=2),),
            y_range=_SIZES,
            x=SHOWN,
            log=True,
            guide=1.0,
        ),
        Lines(
            "content",
            "Content: how alike the inputs are",
            "layer",
            (Series("cosine", "mean cosine", tone=3),),
            y_range=(-0.2, 1.05),
            x=SHOWN,
            guide=1.0,
        ),
    ),
    compute=_find,
    digits=2,
    engine=True,
    caption=(
        "One random network of 20 layers: eight random inputs of size 1 go in, and gradients of size 1 enter at "
        "the top. The same draw at every scale."
    ),
    prediction=Prediction(
        "A linear network with 16 units a layer needs σ = 0.25. Which σ does it need with 64 units?",
        outcome=(
            "Half. A unit adds up four times as many terms, and such a sum grows with the square root of their number."
        ),
        options=("a larger one", "the same", "half", "a quarter"),
    ),
)


# ---------------------------------------------------------------- one layer is not twenty

STARTS = {"half": 0.5, "one": 1.0, "double": 2.0}
GAINS = (0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4142, 1.4811, 1.5335, 1.5925, 1.7, 1.8462, 2.0, 3.0, 4.7226)
SEED = 3
"""A draw near the median: linear and ReLU networks keep 0.96 and 0.95 of the size, the median of sixty 0.93."""
LAYERS = (1, *range(2, DEPTH + 1, 3))


def _gains_and_starts(activation, gains, width, seed):
    """`Sizes` with one row for each gain and start, the start changing fastest."""
    gain, start = (v.ravel() for v in np.meshgrid(gains, list(STARTS.values()), indexing="ij"))
    return sizes(activation, width, gain / np.sqrt(width), start / gain, seed)


@lru_cache(maxsize=8)
def _of_every_gain(activation, width, seed):
    return _gains_and_starts(activation, GAINS, width, seed)


@np.errstate(over="ignore", divide="ignore", invalid="ignore")  # they are results
def _three_starts(activation, gain, width, seed):
    every, at = (
        (_of_every_gain(activation, width, seed), GAINS.index(gain))
        if gain in GAINS
        else (_gains_and_starts(activation, (gain,), width, seed), 0)
    )
    rows = slice(3 * at, 3 * at + 3)
    z = dict(zip(STARTS, every.z[rows], strict=True))
    gradient = every.dz[rows][1]
    limits = [
        propagate(activation, scaled_weight_variance=gain**2, depth=DEPTH, input=(start / gain) ** 2)
        for start in STARTS.values()
    ]
    theory, expected = [np.sqrt(limit.z) for limit in limits], np.sqrt(limits[1].dz)
    picks = np.array(LAYERS) - 1
    panels = {
        "forward": {"y": {name: size[picks] for name, size in z.items()} | {"theory": [t[picks] for t in theory]}},
        "backward": {"y": {"gradient": gradient[picks], "limit": expected[picks]}},
    }
    ends = [number(size[-1]) for size in z.values()]
    text = (
        f"Activation {ACTIVATIONS[activation]}, g = {number(gain, 5)}: preactivations of size 0.5, 1 and 2 in layer 1 "
        f"have sizes {ends[0]}, {ends[1]} and {ends[2]} in layer {DEPTH}. For the start at 1, the gradient of layer 1 "
        f"is {number(gradient[0] / gradient[-1])} times as large as that of layer {DEPTH} "
        f"(theory: {number(expected[0] / expected[-1])})."
    )
    return panels, text


three_starts = Demo(
    name="three-starts",
    title="Three signals through 20 layers",
    controls=(
        Menu("activation", "Activation", ACTIVATIONS, "tanh"),
        Slider("gain", "Gain g (σ = g/√n)", GAINS, 0.8),
        Number("width", "Width n", 128, 1, 512),
        Seed(value=SEED),
    ),
    panels=(
        Lines(
            "forward",
            "Forward: size of z[l]",
            "layer",
            (
                Series("half", "from 0.5", tone=1),
                Series("one", "from 1", tone=2),
                Series("double", "from 2", tone=3),
                Series("theory", "infinite width", style="strands", tone=0),
            ),
            y_range=(1e-2, 1e2),
            x=LAYERS,
            log=True,
            guide=1.0,
        ),
        Lines(
            "backward",
            "Backward: size of ∂L/∂z[l]",
            "layer",
            (
                Series("gradient", "for the start at 1", tone=2),
                Series("limit", "infinite width", style="theory", tone=0),
            ),
            y_range=_SIZES,
            x=LAYERS,
            log=True,
            guide=1.0,
        ),
    ),
    compute=_three_starts,
    digits=3,
    engine=True,
    caption=(
        "Three signals, of size 0.5, 1 and 2 in the first layer, through one network of 20 layers; "
        "thin, the theory for layers of infinite width."
    ),
    prediction=Prediction(
        (
            "With the forward gain of each activation (ReLU 1.4142, tanh 1.5925, GELU 1.5335), do the three sizes "
            "stay apart in the same ratio, come together, or drift further apart?"
        ),
        outcome="All three occur: ReLU keeps them apart, tanh brings them together, and GELU drives them apart.",
        options=("stay apart", "come together", "drift apart", "each does something else"),
    ),
)
