"""The figure of the chapter "Which call do I write?"."""

from math import sqrt

from initlab.frameworks import RULES, SNIPPETS, VERSIONS
from initlab.gaussian import second_moment
from initlab.initializers import fan_of
from initlab.recommend import ACTIVATIONS, FRAMEWORKS, LAYERS, PLACES, fingerprint, recommend
from initlab_book.figure import Code, Demo, Menu
from initlab_book.numbers import number

NAMES = {name: ACTIVATIONS[name].label for name in ("relu", "leaky_relu", "gelu", "silu", "selu", "tanh")}
NAMES["identity"] = "none, or a normalization"
STANDS = {f"{place}-{layer}": (place, layer) for place, stands in PLACES.items() for layer in stands.layers}
"""Every kind of layer in every place, by the value of the menu."""


def _label(place, layer):
    kinds = len(PLACES[place].layers)
    return PLACES[place].label + (f": {LAYERS[layer].label}" if kinds > 1 else "")


DEFAULT = {
    "dense": ("nn.Linear", "layers.Dense", "nnx.Linear"),
    "packed": ("nn.Linear", "layers.Dense", "nnx.Linear"),
    "conv": ("nn.Conv2d", "layers.Conv2D", "nnx.Conv"),
    "depthwise": ("nn.Conv2d", "layers.Conv2D", "nnx.Conv"),
    "table": ("nn.Embedding", "layers.Embedding", "nnx.Embed"),
}


def default_variance(layer, framework, fans):
    """Var W of the layer that nobody initializes."""
    name = dict(zip(FRAMEWORKS, DEFAULT[layer], strict=True))[framework]
    return RULES[framework, name].variance(*fans)


def _guide(stands, activation, framework):
    place, layer = STANDS[stands]
    advice = recommend(activation, place, layer, framework)
    draw = SNIPPETS[fingerprint(advice.snippet)]
    n = 1 if advice.mode is None else fan_of(advice.mode, *advice.fans)
    law = f"Var W = {number(advice.scale, 4)}" if n == 1 else f"n · Var W = {number(advice.scale, 4)}"
    error = n * draw.n_in_variance_error / draw.fan_in
    digits = 3 if advice.scale > 0.5 else 5
    gave = f"{n * draw.variance:.{digits}f} ± {error:.{digits}f}{'' if layer == 'table' else ', biases 0'}"
    note = (
        f"Rule: {advice.rule}, {law}{'' if n == 1 else f', with n = {n}'}. {advice.why} "
        f"It ran in {framework} {VERSIONS[framework]}, and gave {gave}."
    )
    default = default_variance(layer, framework, advice.fans)
    where = f"{_label(place, layer).capitalize()}, {FRAMEWORKS[framework]}"
    if place == "hidden":
        kept = sqrt(n * default * second_moment(ACTIVATIONS[activation]))
        behind = "no activation" if activation == "identity" else NAMES[activation]
        inside = ", away from the edges" if LAYERS[layer].kernel else ""
        text = (
            f"{where}, inputs from {behind}: the weights have {law}, so that z keeps its size 1{inside}. The default "
            f"would make it {number(kept, 2)}, in this layer alone."
        )
    else:
        std = number(sqrt(advice.variance(*advice.fans)), 2)
        text = f"{where}: the weights have {law}, a standard deviation of {std}. By default it is "
        text += f"{number(sqrt(default), 2)}."
    return {"code": {"code": advice.snippet, "note": note}}, text


guide = Demo(
    name="guide",
    title="Which call do I write?",
    controls=(
        Menu("stands", "Layer", {name: _label(*what) for name, what in STANDS.items()}, "hidden-dense"),
        Menu("activation", "Activation before it", NAMES, "relu"),
        Menu("framework", "Framework", FRAMEWORKS, "torch"),
    ),
    panels=(Code("code", "The code"),),
    compute=_guide,
    digits=3,
    caption=(
        "The call for a layer, by what comes in; every piece of code has run in its framework, and what it gave "
        "stands below it."
    ),
)
