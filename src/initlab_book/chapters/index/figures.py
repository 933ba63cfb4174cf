"""The figure of the front page: do signal, gradient and content come through a deep network?"""

import numpy as np

from initlab.activations import labels
from initlab_book.figure import Demo, Lines, Menu, Number, Seed, Series, Slider
from initlab_book.numbers import number

from .experiments import DEPTH, deep_network, rounding_decides

ACTIVATIONS = labels("tanh", "relu", "gelu", "sigmoid", "identity")
GAINS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.4142, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.25, 2.5, 3.0)


def _fate(ratio):
    """What became of a signal: it lives if its size is still within a factor of 100."""
    if ratio < 0.01:
        return "dies"
    return "lives" if ratio <= 100 else "explodes"


ALIKE = 0.9
"""The cosine of two inputs from which we say that a network can hardly tell them apart."""


@np.errstate(over="ignore", divide="ignore", invalid="ignore")  # they are results
def _signal(activation, gain, width, depth, seed):
    deep, theory, pair = deep_network(activation, gain, width, depth, seed)
    a, dz, cosine = np.sqrt(deep.a.second_moment[0]), np.sqrt(deep.dz.second_moment[0]), deep.a.cosine[0]
    layers = np.arange(depth + 1)
    panels = {
        "forward": {"x": layers, "y": {"measured": a, "theory": np.sqrt(theory.a)}},
        "backward": {"x": layers[1:], "y": {"measured": dz, "theory": np.sqrt(theory.dz)}},
        "content": {"x": layers, "y": {"measured": np.round(cosine, 3), "theory": np.round(pair.a, 3)}},
    }
    forward, backward = a[-1] / a[0], dz[0] / dz[-1]
    if np.isnan(cosine[-1]):
        content = "there is nothing left to compare"
    else:
        fate = "fades" if cosine[-1] > ALIKE else "lives"
        content = f"it {fate}: two unrelated inputs end with a cosine of {number(cosine[-1].round(3))}"
    text = (
        f"{ACTIVATIONS[activation]}, g = {number(gain)}. Forward, the signal {_fate(forward)}: an input of size 1 has "
        f"size {number(a[-1])} after {depth} layers. Backward, the gradient {_fate(backward)}: on its way from layer "
        f"{depth} to layer 1 it is multiplied by {number(backward)}. Content: {content}."
    )
    if layer := rounding_decides(theory):
        text += f" From layer {layer} on, rounding decides: another computer may end elsewhere."
    return panels, text


_SIZE = (1e-10, 1e10)

signal = Demo(
    name="signal",
    title="What comes through a deep network?",
    controls=(
        Menu("activation", "Activation", ACTIVATIONS, "tanh"),
        Slider("gain", "Gain g of the weights", GAINS, 0.5),
        Number("width", "Width n", 200, 1, 512),
        Number("depth", "Depth", DEPTH, 7, 200),
        Seed(),
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
        Lines(
            "content",
            "Content: how alike different inputs are (cosine)",
            "layer",
            (Series("measured", "network", tone=3), Series("theory", "theory", style="theory", tone=0)),
            y_range=(-0.1, 1.0),
            guide=1.0,
            wide=True,
        ),
    ),
    compute=_signal,
    digits=3,
    engine=True,
    caption=(
        "A deep network, its weights drawn once with variance g²/n. Fifty random inputs of size 1 go in, and "
        "gradients of size 1 come back from the top; the dashed lines are the theory for layers of infinite width."
    ),
)
