"""The figure of the front page: does a signal live through a deep network?"""

import numpy as np

from initlab.activations import labels
from initlab_book.figure import Demo, Histograms, Lines, Menu, Number, Series, Slider, histogram_data
from initlab_book.numbers import number

from .experiments import DEPTH, HISTOGRAM_RANGE, deep_network

ACTIVATIONS = labels("tanh", "relu", "gelu", "sigmoid", "identity")
GAINS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.4142, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.25, 2.5, 3.0)


def _fate(ratio):
    """What became of a signal: it lives if its size is still within a factor of 100."""
    if ratio < 0.01:
        return "dies"
    return "lives" if ratio <= 100 else "explodes"


def _signal(activation, gain, width, depth, seed):
    deep, theory = deep_network(activation, gain, width, depth, seed)
    a, dz = np.sqrt(deep.a.second_moment[0]), np.sqrt(deep.dz.second_moment[0])
    layers = np.arange(depth + 1)
    picks = np.unique(np.linspace(1, depth, 7).round().astype(int))
    counts, below, above = (array[0, picks] for array in (deep.a.counts, deep.a.below, deep.a.above))
    panels = {
        "forward": {"x": layers, "y": {"measured": a, "theory": np.sqrt(theory.a)}},
        "backward": {"x": layers[1:], "y": {"measured": dz, "theory": np.sqrt(theory.dz)}},
        "histograms": histogram_data(picks, counts, below, above + deep.a.nan[0, picks], a[picks]),
    }
    forward, backward = a[-1] / a[0], dz[0] / dz[-1]
    mean, spread = deep.a.mean[0, -1], np.sqrt(deep.a.variance[0, -1])
    around = f" (mean {number(mean)}, spread over units and inputs {number(spread)})" if mean > spread else ""
    text = (
        f"{ACTIVATIONS[activation]}, g = {number(gain)}. Forward, the signal {_fate(forward)}: an input of size 1 has "
        f"size {number(a[-1])} after {depth} layers{around}. Backward, the gradient {_fate(backward)}: on its way "
        f"from layer {depth} to layer 1 it is multiplied by {number(backward)}."
    )
    return panels, text


_SIZE = (1e-10, 1e10)

signal = Demo(
    name="signal",
    title="Will the signal live?",
    controls=(
        Menu("activation", "Activation", ACTIVATIONS, "tanh"),
        Slider("gain", "Gain g of the weights", GAINS, 0.5),
        Number("width", "Width n", 200, 1, 4096),
        Number("depth", "Depth", DEPTH, 7, 500),
        Number("seed", "Seed", 0, 0, 2**31),
    ),
    panels=(
        Lines(
            "forward",
            "Forward: size of the activations",
            "layer",
            (Series("measured", "network", tone=1), Series("theory", "theory", style="theory", tone=0)),
            y_range=_SIZE,
            log=True,
            guide=1.0,
        ),
        Lines(
            "backward",
            "Backward: size of the gradients",
            "layer",
            (Series("measured", "network", tone=2), Series("theory", "theory", style="theory", tone=0)),
            y_range=_SIZE,
            log=True,
            guide=1.0,
        ),
        Histograms("histograms", "Distribution of the activations, layer by layer", "layer", HISTOGRAM_RANGE),
    ),
    compute=_signal,
    digits=3,
)
