"""Which call to write: from an activation, a layer and a framework to a rule, its reason and code to paste.

The scales of the rules are computed by `gaussian`. What each piece of code was seen to do in its framework is recorded
in `frameworks`; the code itself stands only here.

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
import re
from dataclasses import dataclass
from functools import cache

from . import activations
from .arguments import finite, kind_of, one_of
from .gaussian import critical_gain, gain
from .initializers import fan_of

SLOPE = 0.2
"""The slope of the leaky ReLU for z < 0."""

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
"""The activations that the inputs of a layer may come from, by name."""

FRAMEWORKS = {"torch": "PyTorch", "keras": "Keras", "flax": "Flax (JAX)"}
"""The frameworks: how each is written, by name."""


@dataclass(frozen=True)
class Layer:
    """A layer to initialize, and the network that it stands for."""

    label: str
    """How a menu calls it."""
    n_in: int
    """Number of inputs, or of input channels."""
    n_out: int
    """Number of outputs, or of output channels."""
    widths: tuple[int, ...]
    """Widths of a network made of such layers, input first."""
    kernel: tuple[int, ...] = ()
    """Sizes of a convolution's kernel; () for a dense layer."""

    @property
    def fans(self) -> tuple[int, int]:
        """(fan_in, fan_out) of the layer."""
        field = math.prod(self.kernel)
        return self.n_in * field, self.n_out * field


LAYERS = {
    "dense": Layer("256 → 256", 256, 256, (256,) * 21),
    "halving": Layer("1024 → 512 … → 32", 1024, 512, (1024, 512, 256, 128, 64, 32)),
    "doubling": Layer("32 → 64 … → 1024", 512, 1024, (32, 64, 128, 256, 512, 1024)),
    "bottleneck": Layer("512 → 128 → 512", 512, 128, (512, 128) * 10 + (512,)),
    "conv": Layer("3×3 conv, 64 → 64", 64, 64, (64 * 9,) * 21, (3, 3)),
}
"""The layers, by name."""


@dataclass(frozen=True)
class Recommendation:
    """How to draw the weights of a layer: variance `scale / n`, with n the fan that `mode` names. Biases are zero."""

    rule: str
    """Whose rule it is, or which gain: "Xavier", "He", "LeCun", "forward gain" or "critical gain"."""
    scale: float
    """The variance of a weight, times the fan."""
    mode: str
    """Which fan: "fan_in" or "fan_avg"."""
    distribution: str
    """"normal", "uniform" or "truncated_normal"."""
    why: str
    """The reason, in a sentence or two."""
    snippet: str
    """The code, ready to paste."""

    def variance(self, fan_in: int, fan_out: int) -> float:
        """Var(W) of a layer with these fans.

        Parameters
        ----------
        fan_in, fan_out : int
            The fans of the layer, as `initializers.fans` counts them, each > 0.

        Raises
        ------
        ValueError, TypeError
            If a fan is not as described.

        Examples
        --------
        >>> recommend("identity").variance(100, 300)
        0.005
        """
        return self.scale / fan_of(self.mode, finite("fan_in", fan_in, above=0), finite("fan_out", fan_out, above=0))

    @property
    def call(self) -> str:
        """The initializer of the weights alone, in one line.

        >>> recommend("relu", "dense", "torch").call
        'kaiming_normal_(weight, nonlinearity="relu")'
        >>> recommend("gelu", "dense", "torch").call
        'normal_(weight, std=(2.352 / fan_in) ** 0.5)'
        >>> recommend("gelu", "dense", "keras").call
        'VarianceScaling(2.352, "fan_in", "truncated_normal")'
        """
        code = re.sub(r"\(\s+", "(", re.sub(r",?\s*\n\s*\)", ")", self.snippet))
        (call,) = re.findall(r"^ *(?:nn\.init\.(?=[xkn])|kernel_init\w*=\w+\.initializers\.)(.+?),?$", code, re.M)
        return call.replace("layer.weight", "weight").replace("std=std", f"std=({self.scale} / fan_in) ** 0.5")


def recommend(activation: str, layer: str = "dense", framework: str = "torch") -> Recommendation:
    """What to write for a layer whose inputs come from `activation`.

    Parameters
    ----------
    activation : str
        A name in `ACTIVATIONS`.
    layer : str
        A name in `LAYERS`.
    framework : str
        A name in `FRAMEWORKS`.

    Returns
    -------
    Recommendation
        Rule, scale, fan, distribution, the reason and the code.

    Raises
    ------
    ValueError, TypeError
        If an argument is not one of these names.

    Examples
    --------
    >>> recommend("gelu").rule, recommend("gelu").scale
    ('forward gain', 2.352)
    >>> recommend("tanh").mode, recommend("tanh", "bottleneck").mode
    ('fan_avg', 'fan_in')
    """
    one_of("activation", activation, ACTIVATIONS)
    one_of("layer", layer, LAYERS)
    one_of("framework", framework, FRAMEWORKS)
    f, name = ACTIVATIONS[activation], _RULES[activation]
    scale = _scale(f, name)
    mode = "fan_avg" if activation in _XAVIER and layer != "bottleneck" else "fan_in"
    distribution = "uniform" if mode == "fan_avg" else _NORMAL[framework]
    if activation == "identity":
        name = "Xavier" if mode == "fan_avg" else "LeCun"
    code = {"torch": _torch, "keras": _keras, "flax": _flax}[framework]
    snippet = code(activation, LAYERS[layer], scale, mode, distribution)
    return Recommendation(name, scale, mode, distribution, _WHY[activation], snippet)


@cache
def _scale(f: activations.Activation, rule: str) -> float:
    """The square of the gain, to three digits, as it is written into code."""
    return round((critical_gain if rule == "critical gain" else gain)(f) ** 2, 3)


_NORMAL = {"torch": "normal", "keras": "truncated_normal", "flax": "truncated_normal"}  # what each calls a normal
_RULES = {
    "identity": "Xavier",
    "relu": "He",
    "leaky_relu": "He",
    "gelu": "forward gain",
    "silu": "forward gain",
    "selu": "LeCun",
    "tanh": "forward gain",
    "sigmoid": "critical gain",
}
# Those that are drawn with the mean of both fans, unless wide and narrow layers alternate: there the mean shrinks the
# signal and the gradient, because 2 n / (n + m) times 2 m / (n + m) is less than 1.
_XAVIER = ("identity", "tanh", "sigmoid")

_WHY = {
    "identity": "There is nothing to make up for: gain 1.",
    "relu": "ReLU keeps half of E[z²] and, on the way back, of E[(∂L/∂a)²]. The factor 2 makes up for both.",
    "leaky_relu": "Leaky ReLU keeps (1 + s²)/2 of both; here the slope s is 0.2.",
    "gelu": "It keeps E[z²] = 1, but what is off by chance grows from layer to layer. Beyond ten layers, normalize.",
    "silu": "It keeps E[z²] = 1, but what is off by chance grows from layer to layer. Beyond ten layers, normalize.",
    "selu": "SELU is made for gain 1: a signal of another size comes back to size 1.",
    "tanh": "It holds the signal, whatever its size was. Gradients grow by up to 9 % a layer; no gain holds both.",
    "sigmoid": "Better take another activation. With Xavier, gradients vanish; this large gain holds them.",
}


def fingerprint(code: str) -> str:
    """A short name for a piece of code, which changes with the code.

    Parameters
    ----------
    code : str
        The code.

    Raises
    ------
    TypeError
        If it is no string.

    Examples
    --------
    >>> fingerprint("print(1)")
    'd287bb7f9d15'
    """
    return hashlib.sha256(kind_of("code", code, str).encode()).hexdigest()[:12]


def every_snippet() -> list[tuple[str, str]]:
    """Everything that is recommended, each piece of code once.

    Returns
    -------
    list of tuple
        Pairs (framework, code).
    """
    advice = {
        (framework, recommend(activation, layer, framework).snippet): None
        for framework in FRAMEWORKS
        for activation in ACTIVATIONS
        for layer in LAYERS
    }
    return [*advice, ("torch", WHOLE_MODEL)]


WHOLE_MODEL = """\
from torch import nn

def initialize(module):
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)

model = nn.Sequential(
    nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
)
model.apply(initialize)"""
"""PyTorch sets weights after a layer has been made, so that one function can do it for all layers of a model."""


# The code. Scales that have no name in a framework are written as numbers.


def _torch(activation: str, layer: Layer, scale: float, mode: str, distribution: str) -> str:
    if layer.kernel:
        made = f'nn.Conv2d({layer.n_in}, {layer.n_out}, {layer.kernel[0]}, padding="same")'
        fan_in = f"({' * '.join(map(str, (layer.n_in, *layer.kernel)))})"
    else:
        made = f"nn.Linear({layer.n_in}, {layer.n_out})"
        fan_in = f"{layer.n_in}"
    if mode == "fan_avg":
        factor = "" if scale == 1 else f", gain={math.sqrt(scale):.5g}"
        drawn = [f"nn.init.xavier_uniform_(layer.weight{factor})"]
    elif scale == 1:
        drawn = ['nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")']
    elif activation == "relu":
        drawn = ['nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")']
    elif activation == "leaky_relu":
        drawn = ["nn.init.kaiming_normal_(", f'    layer.weight, a={SLOPE}, nonlinearity="leaky_relu"', ")"]
    else:
        drawn = [f"std = ({scale} / {fan_in}) ** 0.5  # fan_in", "nn.init.normal_(layer.weight, std=std)"]
    return "\n".join(["from torch import nn", "", f"layer = {made}", *drawn, "nn.init.zeros_(layer.bias)"])


def _keras(activation: str, layer: Layer, scale: float, mode: str, distribution: str) -> str:
    if layer.kernel:
        made, options = "Conv2D", [f"{layer.n_out},", f"{layer.kernel[0]},", 'padding="same",']
        shape = f"(None, None, None, {layer.n_in})"
    else:
        made, options = "Dense", [f"{layer.n_out},"]
        shape = f"(None, {layer.n_in})"
    if activation != "identity":
        options.append(f'activation="{activation}",')
    named = ("GlorotUniform", "LecunNormal", "HeNormal", "VarianceScaling")
    drawn = _drawn("kernel_initializer=keras.initializers.", named, scale, mode, distribution)
    arguments = [" ".join(options), *drawn, 'bias_initializer="zeros",']
    return "\n".join(["import keras", "", *_made(f"keras.layers.{made}", arguments), f"layer.build({shape})"])


def _flax(activation: str, layer: Layer, scale: float, mode: str, distribution: str) -> str:
    options = [f"{layer.n_in},", f"{layer.n_out},", *([f"kernel_size={layer.kernel},"] if layer.kernel else [])]
    named = ("glorot_uniform", "lecun_normal", "he_normal", "variance_scaling")
    drawn = _drawn("kernel_init=nnx.initializers.", named, scale, mode, distribution)
    arguments = [" ".join(options), *drawn, "bias_init=nnx.initializers.zeros_init(),", "rngs=nnx.Rngs(0),"]
    return "\n".join(["from flax import nnx", "", *_made(f"nnx.{'Conv' if layer.kernel else 'Linear'}", arguments)])


def _drawn(prefix: str, named: tuple[str, ...], scale: float, mode: str, distribution: str) -> list[str]:
    """The argument that draws the weights. `named` holds what Xavier, LeCun, He and any other scale are called."""
    xavier, lecun, he, other = named
    name = {(1.0, "fan_avg"): xavier, (1.0, "fan_in"): lecun, (2.0, "fan_in"): he}.get((scale, mode))
    if name:
        return [f"{prefix}{name}(),"]
    return [f"{prefix}{other}(", f'    {scale}, "{mode}", "{distribution}"', "),"]


def _made(call: str, arguments: list[str]) -> list[str]:
    """The lines of `layer = call(...)`."""
    return [f"layer = {call}(", *(f"    {line}" for line in arguments), ")"]
