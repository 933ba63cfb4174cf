"""Which call to write: from an activation, a layer and a framework to a rule, its reason and code to paste.

The rules are the book's, their scales are computed by `gaussian`. What each piece of code was seen to do in its
framework is recorded in `frameworks`; the code itself stands here alone.

>>> advice = recommend("relu", "dense", "torch")
>>> advice.rule, advice.scale, advice.mode, advice.distribution
('He', 2.0, 'fan_in', 'normal')
>>> print(advice.snippet)
from torch import nn
<BLANKLINE>
layer = nn.Linear(256, 256)
nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
nn.init.zeros_(layer.bias)
"""

import hashlib
import math
from dataclasses import dataclass
from functools import cache

from . import activations
from ._check import one_of
from .gaussian import gain

SLOPE = 0.2  # of the leaky ReLU, below 0

# The activation after the layer before: what the layer's inputs have been through.
ACTIVATIONS = {
    "identity": activations.get("identity"),
    "relu": activations.get("relu"),
    "leaky_relu": activations.leaky_relu(SLOPE),
    "gelu": activations.get("gelu"),
    "silu": activations.get("silu"),
    "selu": activations.get("selu"),
    "tanh": activations.get("tanh"),
    "sigmoid": activations.get("sigmoid"),
}

FRAMEWORKS = {"torch": "PyTorch", "keras": "Keras", "flax": "Flax (JAX)"}


@dataclass(frozen=True)
class Layer:
    """A layer to initialize, and the network that it stands for."""

    label: str
    n_in: int
    n_out: int
    widths: tuple  # of a network made of such layers, input first
    kernel: tuple = ()  # sizes of a convolution's kernel

    @property
    def fans(self):
        """(fan_in, fan_out)"""
        field = math.prod(self.kernel)
        return self.n_in * field, self.n_out * field


LAYERS = {
    "dense": Layer("dense 256 → 256", 256, 256, (256,) * 21),
    "halving": Layer("dense 1024 → 512 → … → 32", 1024, 512, (1024, 512, 256, 128, 64, 32)),
    "doubling": Layer("dense 32 → 64 → … → 1024", 512, 1024, (32, 64, 128, 256, 512, 1024)),
    "bottleneck": Layer("dense 512 → 128 → 512 …", 512, 128, (512, 128) * 10 + (512,)),
    "conv": Layer("convolution 3 × 3, 64 → 64", 64, 64, (64 * 9,) * 21, (3, 3)),
}


@dataclass(frozen=True)
class Recommendation:
    """How to draw the weights of a layer: variance `scale / n`, with n the fan that `mode` names. Biases are zero."""

    rule: str
    scale: float
    mode: str
    distribution: str
    why: str
    snippet: str

    def variance(self, fan_in, fan_out):
        """Var(W) of a layer with these fans.

        >>> recommend("tanh").variance(100, 300)
        0.005
        """
        return self.scale / {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]


@cache
def recommend(activation, layer="dense", framework="torch"):
    """What to write for a layer whose inputs come from `activation`.

    Parameters
    ----------
    activation : str
        A name in `ACTIVATIONS`.
    layer : str
        A name in `LAYERS`.
    framework : str
        A name in `FRAMEWORKS`.

    >>> recommend("gelu").rule, recommend("gelu").scale
    ('forward gain', 2.352)
    >>> recommend("tanh").mode, recommend("tanh", "bottleneck").mode
    ('fan_avg', 'fan_in')
    """
    rule, scale, mode, shape, why = _rule(activation, layer)
    one_of("framework", framework, FRAMEWORKS)
    if shape == "normal" and framework != "torch":
        shape = "truncated_normal"  # what Keras and JAX call normal
    code = {"torch": _torch, "keras": _keras, "flax": _flax}[framework](activation, LAYERS[layer], rule, scale)
    return Recommendation(rule, scale, mode, shape, why, code)


def fingerprint(code):
    """A short name for a piece of code, another one as soon as it changes.

    >>> fingerprint("print(1)")
    'd287bb7f9d15'
    """
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def every_snippet():
    """(framework, code) of everything that can be recommended, each piece of code once."""
    return list(
        dict.fromkeys(
            (framework, recommend(activation, layer, framework).snippet)
            for framework in FRAMEWORKS
            for activation in ACTIVATIONS
            for layer in LAYERS
        )
    )


def _rule(activation, layer):
    """(name, scale, mode, distribution, reason)"""
    one_of("activation", activation, ACTIVATIONS)
    one_of("layer", layer, LAYERS)
    f = ACTIVATIONS[activation]
    if activation in ("relu", "leaky_relu"):
        return "He", round(gain(f) ** 2, 3), "fan_in", "normal", _WHY[activation]
    if activation in ("gelu", "silu"):
        return "forward gain", round(gain(f) ** 2, 3), "fan_in", "normal", _WHY[activation]
    if activation == "selu":
        return "LeCun", 1.0, "fan_in", "normal", _WHY[activation]
    if layer == "bottleneck":
        return "LeCun", 1.0, "fan_in", "normal", _WHY[activation]
    return "Xavier", 1.0, "fan_avg", "uniform", _WHY[activation]


_WHY = {
    "identity": "Nothing to make up for: gain 1.",
    "relu": "ReLU keeps half of E[z²], forward and backward: a factor 2 makes up for both.",
    "leaky_relu": "Leaky ReLU keeps (1 + s²)/2 of E[z²], forward and backward; here the slope is s = 0.2.",
    "gelu": "Keeps E[z²] = 1, but not for long: what is off grows from layer to layer.",
    "silu": "Keeps E[z²] = 1, but not for long: what is off grows from layer to layer.",
    "selu": "Made for gain 1: sizes that are off come back to 1.",
    "tanh": "No gain keeps both directions; at gain 1 both fade, but slowly.",
    "sigmoid": "No gain helps: the gradient fades in every layer. Use another activation.",
}


# The code. Scales that have no name in a framework are written as numbers.


def _torch(activation, layer, rule, scale):
    if layer.kernel:
        made = f'nn.Conv2d({layer.n_in}, {layer.n_out}, {layer.kernel[0]}, padding="same")'
        fan_in = f"({' * '.join(map(str, (layer.n_in, *layer.kernel)))})"
    else:
        made = f"nn.Linear({layer.n_in}, {layer.n_out})"
        fan_in = f"{layer.n_in}"
    if rule == "Xavier":
        drawn = ["nn.init.xavier_uniform_(layer.weight)"]
    elif rule == "LeCun":
        drawn = ['nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")']
    elif activation == "relu":
        drawn = ['nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")']
    elif activation == "leaky_relu":
        drawn = ["nn.init.kaiming_normal_(", f'    layer.weight, a={SLOPE}, nonlinearity="leaky_relu"', ")"]
    else:
        drawn = [f"std = ({scale} / {fan_in}) ** 0.5  # fan_in", "nn.init.normal_(layer.weight, std=std)"]
    return "\n".join(["from torch import nn", "", f"layer = {made}", *drawn, "nn.init.zeros_(layer.bias)"])


def _keras(activation, layer, rule, scale):
    if layer.kernel:
        made, options = "Conv2D", [f"{layer.n_out},", f"{layer.kernel},", 'padding="same",']
        shape = f"(None, None, None, {layer.n_in})"
    else:
        made, options = "Dense", [f"{layer.n_out},"]
        shape = f"(None, {layer.n_in})"
    named = {"Xavier": "GlorotUniform()", "LeCun": "LecunNormal()"}
    if rule in named:
        drawn = [f"kernel_initializer=keras.initializers.{named[rule]},"]
    elif activation == "relu":
        drawn = ["kernel_initializer=keras.initializers.HeNormal(),"]
    else:
        drawn = [
            "kernel_initializer=keras.initializers.VarianceScaling(",
            f'    {scale}, mode="fan_in", distribution="truncated_normal"',
            "),",
        ]
    if activation != "identity":
        options.append(f'activation="{activation}",')
    arguments = [*options, *drawn, 'bias_initializer="zeros",']
    return "\n".join(
        [
            "import keras",
            "",
            f"layer = keras.layers.{made}(",
            *(f"    {line}" for line in arguments),
            ")",
            f"layer.build({shape})",
        ]
    )


def _flax(activation, layer, rule, scale):
    options = [f"kernel_size={layer.kernel},"] if layer.kernel else []
    named = {"Xavier": "glorot_uniform()", "LeCun": "lecun_normal()"}
    if rule in named:
        drawn = [f"kernel_init=nnx.initializers.{named[rule]},"]
    elif activation == "relu":
        drawn = ["kernel_init=nnx.initializers.he_normal(),"]
    else:
        drawn = [
            "kernel_init=nnx.initializers.variance_scaling(",
            f'    {scale}, "fan_in", "truncated_normal"',
            "),",
        ]
    arguments = [*options, *drawn, "bias_init=nnx.initializers.zeros_init(),", "rngs=nnx.Rngs(0),"]
    return "\n".join(
        [
            "from flax import nnx",
            "",
            f"layer = nnx.{'Conv' if layer.kernel else 'Linear'}(",
            f"    {layer.n_in},",
            f"    {layer.n_out},",
            *(f"    {line}" for line in arguments),
            ")",
        ]
    )
