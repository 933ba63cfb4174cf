"""The figures of the chapter "He initialization"."""

import numpy as np

from initlab.finite_width import spread
from initlab_book.figure import Demo, Lines, Menu, Seed, Series
from initlab_book.numbers import number

from .experiments import (
    DEPTH,
    MODES,
    SHAPES,
    activation,
    factor,
    he_moments,
    luck,
)


def size_quantiles(widths, slope):
    """Between which multiples of its root mean square the size of a lies in 95 % of networks, from the input to the
    last layer of these widths. Backward, the gradient takes the same walk, from the top."""
    # With He's variance q stays 1 on average; what the units of layer l bring is in the q of the layer above it.
    theory = spread(activation(slope), [*widths, 1], scaled_weight_variance=1 / factor(slope))
    return [np.sqrt(theory.quantile(p)) for p in (0.025, 0.975)]


# ---------------------------------------------------------------- layers of different widths

SHAPE_NAMES = {
    "equal": "equal: 64",
    "taper": "narrowing: 256 to 32",
    "widen": "widening: 32 to 256",
    "bottleneck": "in turn: 128, 32",
}


def _shapes(shape, mode, seed):
    widths, layers = SHAPES[shape], np.arange(DEPTH + 1)
    signal, gradient = (np.sqrt(moments) for moments in he_moments(mode, widths))
    forward, backward = luck(shape, seed)
    up, down = size_quantiles(widths[1:], slope=0.0), size_quantiles(widths[:0:-1], slope=0.0)
    panels = {
        "forward": {
            "y": {"strands": signal * forward, "theory": signal},
            "band": tuple(signal * edge for edge in up),
        },
        "backward": {
            "x": layers[1:],
            "y": {"strands": gradient * backward, "theory": gradient},
            "band": tuple(gradient * edge[:0:-1] for edge in down),
        },
    }
    ends = np.sort(signal[-1] * forward[:, -1])
    text = (
        f"Widths {SHAPE_NAMES[shape]}; {MODES[mode]}. In theory the size of the signal goes from 1 to "
        f"{number(signal[-1])} on its way up, and that of the gradient is multiplied by "
        f"{number(gradient[0] / gradient[-1])} on its way down from layer {DEPTH} to layer 1. The signals of these "
        f"four networks end between {number(ends[0])} and {number(ends[-1])}."
    )
    return panels, text


shapes = Demo(
    name="shapes",
    title="Thirty ReLU layers of different widths",
    controls=(
        Menu("shape", "Widths", SHAPE_NAMES, "taper"),
        Menu("mode", "Variance of the weights", MODES, "fan_in"),
        Seed(),
    ),
    panels=(
        Lines(
            "forward",
            "Forward: size of a[l]",
            "layer",
            (Series("strands", "networks", style="strands"), Series("theory", "theory", style="theory", tone=0)),
            y_range=(1e-3, 1e3),
            x=tuple(range(DEPTH + 1)),
            log=True,
            guide=1.0,
            band_label="theory: 95 %",
        ),
        Lines(
            "backward",
            "Backward: size of ∂L/∂z[l]",
            "layer",
            (
                Series("strands", "networks", style="strands", tone=2),
                Series("theory", "theory", style="theory", tone=0),
            ),
            y_range=(1e-3, 1e3),
            log=True,
            guide=1.0,
            band_label="theory: 95 %",
        ),
    ),
    compute=_shapes,
    digits=3,
    engine=True,
    caption="Thirty ReLU layers: four networks (thin), the expected size, and where 95 % of all networks lie.",
)
