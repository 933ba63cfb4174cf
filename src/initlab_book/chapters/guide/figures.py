"""The figure of the chapter "Which call do I write?"."""

import numpy as np

from initlab.frameworks import SNIPPETS, VERSIONS
from initlab.initializers import fan_of
from initlab.recommend import ACTIVATIONS, FRAMEWORKS, LAYERS, fingerprint, recommend
from initlab_book.figure import Code, Demo, Lines, Menu, Series
from initlab_book.numbers import number

from .experiments import drawn, expected, expected_by_default

NAMES = {
    name: ACTIVATIONS[name].label
    for name in ("relu", "leaky_relu", "gelu", "silu", "selu", "tanh", "sigmoid", "identity")
}
FACTORS = {"fan_in": "fan_in", "fan_avg": "(fan_in + fan_out)/2"}


def _guide(activation, layer, framework):
    advice = recommend(activation, layer, framework)
    theory, range_of_networks = expected(activation, layer)
    default = expected_by_default(activation, layer, framework)
    signal, gradient = drawn(activation, layer)
    layers = np.arange(len(LAYERS[layer].widths))
    draw = SNIPPETS[fingerprint(advice.snippet)]
    relative = draw.n_in_variance_error / draw.n_in_variance
    measured = fan_of(advice.mode, *LAYERS[layer].fans) * draw.variance
    note = (
        f"Rule: {advice.rule}, {FACTORS[advice.mode]} · Var W = {number(advice.scale, 4)}. {advice.why} "
        f"Recorded with {framework} {VERSIONS[framework]}: {measured:.3f} ± {measured * relative:.3f}, biases 0."
    )
    panels = {
        "code": {"code": advice.snippet, "note": note},
        "forward": {
            "x": layers,
            "y": {"network": signal, "theory": np.sqrt(theory.a), "default": np.sqrt(default.a)},
        },
        "backward": {
            "x": layers[1:],
            "y": {"network": gradient, "theory": np.sqrt(theory.dz), "default": np.sqrt(default.dz)},
        },
    }
    low, high = panels["forward"]["band"] = tuple(np.sqrt(range_of_networks))
    depth = layers[-1]
    ends = [np.sqrt(value) for seen in (theory, default) for value in (seen.a[-1], seen.dz[0] / seen.dz[-1])]
    signal, gradient, default_signal, default_gradient = (number(end, 2) for end in ends)
    text = (
        f"{NAMES[activation]}, {depth} layers. Theory expects a signal of size {signal} at the top (95 % of networks: "
        f"{number(low[-1], 2)} to {number(high[-1], 2)}) and multiplies the gradient by {gradient} from layer {depth} "
        f"to layer 1. By default, {FRAMEWORKS[framework]} has {default_signal} and {default_gradient}."
    )
    return panels, text


_SIZE = (1e-4, 1e2)
_SERIES = ("network", "a drawn network"), ("theory", "theory"), ("default", "framework's default")


def _series(tone):
    styles = ("measured", tone), ("theory", 0), ("theory", 3)
    return tuple(Series(*name, style=style, tone=t) for name, (style, t) in zip(_SERIES, styles, strict=True))


guide = Demo(
    name="guide",
    title="Which call do I write?",
    controls=(
        Menu("activation", "Activation", NAMES, "relu"),
        Menu("layer", "Layers", {name: layer.label for name, layer in LAYERS.items()}, "dense"),
        Menu("framework", "Framework", FRAMEWORKS, "torch"),
    ),
    panels=(
        Code("code", "The code"),
        Lines(
            "forward",
            "Forward: size of the signal",
            "layer",
            _series(1),
            y_range=_SIZE,
            log=True,
            guide=1.0,
            band_label="95 % of networks",
        ),
        Lines("backward", "Backward: size of the gradient", "layer", _series(2), y_range=_SIZE, log=True, guide=1.0),
    ),
    compute=_guide,
    digits=3,
)
