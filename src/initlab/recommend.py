"""Which call to write: from a place in the network, the activation before it, a kind of layer and a framework to a
rule, its reason and code to paste.

What decides is where the *inputs* of a layer come from, not the activation behind it. The scales of the rules are
computed by `gaussian`. What each piece of code was seen to do in its framework is recorded in `frameworks`; the code
itself stands only here.

>>> advice = recommend("relu")
>>> advice.rule, advice.scale, advice.mode, advice.distribution
('He', 2.0, 'fan_in', 'normal')
>>> print(advice.snippet)
from torch import nn
<BLANKLINE>
# A hidden layer: its inputs come from ReLU.
layer = nn.Linear(256, 256)
nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
nn.init.zeros_(layer.bias)
"""

import hashlib
import math
import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate

from . import activations
from .arguments import finite, kind_of, one_of
from .gaussian import gain
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
}
"""The activations that the inputs of a layer may come from, by name; "identity" stands for none, and for a
normalization. A sigmoid is not among them: which gain it needs in a deep plain network depends on the task."""

FRAMEWORKS = {"torch": "PyTorch", "keras": "Keras", "flax": "Flax (JAX)"}
"""The frameworks: how each is written, by name."""

BRANCHES = 20
"""How many residual branches the network has for which code is written."""
SMALL = 0.01
"""n Var W of the last layer: its gain is 0.1."""


@dataclass(frozen=True)
class Place:
    """Where in a network a layer stands."""

    label: str
    """How a menu calls it."""
    layers: tuple[str, ...]
    """The kinds of layer that code is written for, names in `LAYERS`; the first is the usual one."""


PLACES = {
    "first": Place("first layer", ("dense", "conv")),
    "hidden": Place("hidden layer", ("dense", "conv", "depthwise", "packed")),
    "branch": Place("last layer of a residual branch", ("dense", "conv")),
    "last": Place("last layer", ("dense",)),
    "embedding": Place("embedding", ("table",)),
    "tied": Place("embedding, tied to the last layer", ("table",)),
}
"""The places, by name."""


@dataclass(frozen=True)
class Layer:
    """A kind of layer, with the sizes that code is written for."""

    label: str
    """How a menu calls it."""
    n_in: int
    """Number of inputs, or of input channels, or of rows of a table."""
    n_out: int
    """Number of outputs, or of output channels, or of features of a table."""
    kernel: tuple[int, ...] = ()
    """Sizes of a convolution's kernel; () for other layers."""
    groups: int = 1
    """In how many groups its channels are."""

    @property
    def fans(self) -> tuple[int, int]:
        """(fan_in, fan_out): how many inputs one output adds up, and how many outputs one input feeds. For a table they
        are rows and features; where it is the last layer, too, it adds up the features."""
        field = math.prod(self.kernel)
        return self.n_in // self.groups * field, self.n_out // self.groups * field


LAYERS = {
    "dense": Layer("dense", 256, 256),
    "conv": Layer("3×3 convolution", 64, 64, (3, 3)),
    "depthwise": Layer("3×3 convolution, depthwise", 64, 64, (3, 3), groups=64),
    "packed": Layer("queries, keys and values in one", 256, 3 * 256),
    "table": Layer("table", 1000, 512),
}
"""The kinds of layer, by name."""
OUTPUTS = 10
"""How many outputs the last layer has, whatever its kind."""


@dataclass(frozen=True)
class Recommendation:
    """How to draw the weights of a layer: variance `scale / n`, with n the fan that `mode` names. Biases are zero."""

    rule: str
    """Whose rule it is, or which gain: "LeCun", "He", "forward gain", "branch", "small" or "unit rows"."""
    scale: float
    """The variance of a weight, times the fan."""
    mode: str | None
    """Which fan: "fan_in", "fan_out" for the features of a tied table, or None where `scale` is the variance itself."""
    distribution: str
    """"normal" or "truncated_normal"."""
    fans: tuple[int, int]
    """(fan_in, fan_out) of the layer in the code."""
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
        >>> recommend("relu").variance(100, 300)
        0.02
        """
        fans = finite("fan_in", fan_in, above=0), finite("fan_out", fan_out, above=0)
        return self.scale / (1 if self.mode is None else fan_of(self.mode, *fans))

    @property
    def call(self) -> str:
        """The initializer of the weights alone, in one line.

        >>> recommend("relu").call
        'kaiming_normal_(weight, nonlinearity="relu")'
        >>> recommend("gelu").call
        'normal_(weight, std=(2.352 / fan_in) ** 0.5)'
        >>> recommend("gelu", framework="keras").call
        'VarianceScaling(2.352, "fan_in", "truncated_normal")'
        """
        found = re.search(r"nn\.init\.(?=[kn])|_init\w*=\w+\.initializers\.", self.snippet)
        assert found
        code = self.snippet[found.end() :]
        depths = accumulate({"(": 1, ")": -1}.get(letter, 0) for letter in code)
        end = next(i for i, depth in enumerate(depths) if depth == 0 and code[i] == ")")
        call = re.sub(r"(?<=\() | (?=\))", "", " ".join(code[: end + 1].split()))
        return call.replace("layer.weight", "weight").replace("std=std", f"std=({self.scale:g} / fan_in) ** 0.5")


def recommend(
    activation: str, place: str = "hidden", layer: str | None = None, framework: str = "torch"
) -> Recommendation:
    """What to write for a layer, from its place and from where its inputs come.

    Parameters
    ----------
    activation : str
        The activation that the *inputs* of the layer come from, a name in `ACTIVATIONS`. It decides in hidden layers
        and at the end of residual branches; elsewhere the advice is the same for all.
    place : str
        Where the layer stands, a name in `PLACES`.
    layer : str or None
        The kind of layer, one of `PLACES[place].layers`. None takes the first of them.
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
    >>> recommend("gelu", "first").scale, recommend("gelu", "branch").scale, recommend("gelu", "last").scale
    (1.0, 0.1176, 0.01)
    """
    one_of("activation", activation, ACTIVATIONS)
    stands = PLACES[one_of("place", place, PLACES)]
    layer = stands.layers[0] if layer is None else one_of("layer", layer, stands.layers)
    one_of("framework", framework, FRAMEWORKS)
    rule, scale, why = _rule(activation, place)
    mode = {"embedding": None, "tied": "fan_out"}.get(place, "fan_in")
    distribution = "normal" if framework == "torch" or place == "embedding" else "truncated_normal"
    kind = LAYERS[layer] if place != "last" else replace(LAYERS[layer], n_out=OUTPUTS)
    number = f"{_scale(activation)} / {BRANCHES}" if place == "branch" else f"{scale}"
    draws = {"torch": _torch, "keras": _keras, "flax": _flax}[framework]
    named = {(1.0, "first"): "lecun", (1.0, "hidden"): "lecun", (2.0, "hidden"): "he"}.get((scale, place), "")
    if framework == "torch" and activation == "leaky_relu" and place == "hidden":
        named = "leaky"
    snippet = draws(_comments(activation, place), kind, named, number, mode)
    return Recommendation(rule, scale, mode, distribution, kind.fans, why, snippet)


@cache
def _scale(activation: str) -> float:
    """The square of the forward gain, to three digits, as it is written into code."""
    return round(gain(ACTIVATIONS[activation]) ** 2, 3)


def _rule(activation: str, place: str) -> tuple[str, float, str]:
    """(rule, scale, reason)."""
    if place in ("first", "last", "embedding", "tied"):
        return {
            "first": ("LeCun", 1.0, "Its inputs are data: standardized, they have size 1 already."),
            "last": ("small", SMALL, "Scores start near 0, so that the first loss is ln C, for C classes."),
            "embedding": ("unit rows", 1.0, "A row is looked up, nothing is summed: no fan counts, and 1 is size 1."),
            "tied": ("small", SMALL, "The table is the last layer, too: scores start near 0. Rows are scaled back up."),
        }[place]
    if place == "branch":
        why = (
            f"{BRANCHES} branches add up: with a share of 1/{BRANCHES} each, the size grows by a factor of 1.5 to 1.7."
        )
        return "branch", round(_scale(activation) / BRANCHES, 6), why
    return _RULES[activation], _scale(activation), _WHY[activation]


_RULES = {
    "identity": "LeCun",
    "relu": "He",
    "leaky_relu": "He",
    "gelu": "forward gain",
    "silu": "forward gain",
    "selu": "LeCun",
    "tanh": "forward gain",
}
_WHY = {
    "identity": "There is nothing to make up for: gain 1.",
    "relu": "ReLU keeps half of E[z²], and half of E[(∂L/∂a)²] on the way back. The factor 2 makes up for both.",
    "leaky_relu": f"A leaky ReLU of slope s keeps (1 + s²)/2 of both; here s is {SLOPE}.",
    "gelu": "It keeps E[z²] = 1, but what is off by chance grows from layer to layer. Beyond ten layers, normalize.",
    "silu": "It keeps E[z²] = 1, but what is off by chance grows from layer to layer. Beyond ten layers, normalize.",
    "selu": "SELU is made for gain 1: a signal of another size comes back to size 1.",
    "tanh": "It holds the signal at any depth; gradients grow by up to 9 % a layer. In ten layers gain 1 does as well.",
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


def every_advice() -> dict[tuple[str, str, str, str], Recommendation]:
    """All advice there is.

    Returns
    -------
    dict
        {(activation, place, layer, framework): Recommendation}.
    """
    return {
        (activation, place, layer, framework): recommend(activation, place, layer, framework)
        for framework in FRAMEWORKS
        for place, stands in PLACES.items()
        for layer in stands.layers
        for activation in ACTIVATIONS
    }


# The code. Scales that have no name in a framework are written as numbers.

_COMMENTS = {
    "first": ["The first layer: its inputs are standardized data."],
    "hidden": ["A hidden layer: its inputs come from {before}."],
    "branch": ["The last layer of each of {branches} branches, behind {before}."],
    "last": ["The last layer: small scores. Biases may be the class prior."],
    "embedding": ["An embedding: a row is looked up, nothing is added up."],
    "tied": [
        "An embedding that is the last layer's matrix, too. On its way in,",
        "multiply a row by 10 * 512 ** 0.5, or normalize it.",
    ],
}


def _before(activation: str) -> str:
    return "no activation" if activation == "identity" else ACTIVATIONS[activation].label.partition(",")[0]


def _comments(activation: str, place: str) -> list[str]:
    """The lines that say for which layer the code is."""
    return [f"# {line.format(before=_before(activation), branches=BRANCHES)}" for line in _COMMENTS[place]]


def _torch(comments: list[str], kind: Layer, named: str, number: str, mode: str | None) -> str:
    if kind.kernel:
        groups = f", groups={kind.groups}" if kind.groups > 1 else ""
        made = f'nn.Conv2d({kind.n_in}, {kind.n_out}, {kind.kernel[0]}, padding="same"{groups})'
    else:
        made = f"nn.{'Embedding' if kind is LAYERS['table'] else 'Linear'}({kind.n_in}, {kind.n_out})"
    if mode is None:
        drawn = [f"nn.init.normal_(layer.weight, std={number})"]
    elif named:
        drawn = {
            "lecun": ['nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")'],
            "he": ['nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")'],
            "leaky": ["nn.init.kaiming_normal_(", f'    layer.weight, a={SLOPE}, nonlinearity="leaky_relu"', ")"],
        }[named]
    else:
        fan = kind.fans[mode == "fan_out"]
        drawn = [f"std = ({number} / {fan}) ** 0.5", "nn.init.normal_(layer.weight, std=std)"]
    biases = [] if kind is LAYERS["table"] else ["nn.init.zeros_(layer.bias)"]
    return "\n".join(["from torch import nn", "", *comments, f"layer = {made}", *drawn, *biases])


def _keras(comments: list[str], kind: Layer, named: str, number: str, mode: str | None) -> str:
    drawn = {"lecun": ["LecunNormal()"], "he": ["HeNormal()"]}.get(
        named, ["VarianceScaling(", f'    {number}, "{mode}", "truncated_normal"', ")"]
    )
    if kind is LAYERS["table"]:
        made, built, argument = f"Embedding({kind.n_in}, {kind.n_out}", "", "embeddings_initializer"
        drawn = drawn if mode else ["RandomNormal(", f"    stddev={number}", ")"]
    elif kind.kernel:
        groups = f", groups={kind.groups}" if kind.groups > 1 else ""
        made = f'Conv2D({kind.n_out}, {kind.kernel[0]}, padding="same"{groups}'
        built, argument = f"(None, None, None, {kind.n_in})", "kernel_initializer"
    else:
        made, built, argument = f"Dense({kind.n_out}", f"(None, {kind.n_in})", "kernel_initializer"
    layer = _made("keras.layers." + made, [], f"{argument}=keras.initializers.", drawn)
    return "\n".join(["import keras", "", *comments, *layer, f"layer.build({built})"])


def _flax(comments: list[str], kind: Layer, named: str, number: str, mode: str | None) -> str:
    drawn = {"lecun": ["lecun_normal()"], "he": ["he_normal()"]}.get(
        named, ["variance_scaling(", f'    {number}, "{mode}", "truncated_normal"', ")"]
    )
    made, argument = f"Linear({kind.n_in}, {kind.n_out}", "kernel_init"
    if kind is LAYERS["table"]:
        made, argument = f"Embed({kind.n_in}, {kind.n_out}", "embedding_init"
        drawn = drawn if mode else [f"normal({number})"]
    elif kind.kernel:
        groups = f", feature_group_count={kind.groups}" if kind.groups > 1 else ""
        made = f"Conv({kind.n_in}, {kind.n_out}, {kind.kernel}{groups}"
    layer = _made("nnx." + made, ["rngs=nnx.Rngs(0),"], f"{argument}=nnx.initializers.", drawn)
    return "\n".join(["from flax import nnx", "", *comments, *layer])


def _made(made: str, more: list[str], argument: str, drawn: list[str]) -> list[str]:
    """The lines of `layer = made(sizes, initializer, more)`."""
    call, sizes = made.split("(", 1)
    first, *rest = drawn
    lines = [f"{sizes},", *more, f"{argument}{first}", *rest]
    lines[-1] += ","
    return [f"layer = {call}(", *(f"    {line}" for line in lines), ")"]


# A whole model

DEPTH = 20
"""How many layers a whole model has."""


def model(activation: str, framework: str = "torch") -> str:
    """Code for a whole plain network of `DEPTH` dense layers of 256 units, with ten scores at the end.

    Parameters
    ----------
    activation : str
        The activation of its hidden layers, a name in `ACTIVATIONS`.
    framework : str
        A name in `FRAMEWORKS`.

    Returns
    -------
    str
        Code that makes a `model`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not one of these names.

    Examples
    --------
    >>> print(model("gelu", "torch"))
    from torch import nn
    <BLANKLINE>
    f = nn.GELU()
    layers = [nn.Linear(256, 256) for _ in range(19)]
    layers += [nn.Linear(256, 10)]
    model = nn.Sequential(layers[0])
    for layer in layers[1:]:
        model.extend([f, layer])
    <BLANKLINE>
    # data come in, then GELU, and scores go out
    scales = [1.0] + [2.352] * 18 + [0.01]
    for layer, scale in zip(layers, scales):
        std = (scale / layer.in_features) ** 0.5
        nn.init.normal_(layer.weight, std=std)
        nn.init.zeros_(layer.bias)
    """
    one_of("activation", activation, ACTIVATIONS)
    one_of("framework", framework, FRAMEWORKS)
    f = dict(zip(FRAMEWORKS, _CALLED[activation], strict=True))[framework]
    words = {
        "$F": f,
        "$BEFORE": _before(activation),
        "$SCALE": _scale(activation),
        "$SMALL": SMALL,
        "$N1": DEPTH - 1,
        "$N": DEPTH - 2,
    }
    code = _MODELS[framework]
    for word, meant in words.items():
        code = code.replace(word, str(meant))
    return code


_CALLED = {
    "identity": ("nn.Identity()", '"linear"', "lambda z: z"),
    "relu": ("nn.ReLU()", '"relu"', "nnx.relu"),
    "leaky_relu": (
        f"nn.LeakyReLU({SLOPE})",
        f"keras.layers.LeakyReLU({SLOPE})",
        f"lambda z: nnx.leaky_relu(z, {SLOPE})",
    ),
    "gelu": ("nn.GELU()", '"gelu"', "nnx.gelu"),
    "silu": ("nn.SiLU()", '"silu"', "nnx.silu"),
    "selu": ("nn.SELU()", '"selu"', "nnx.selu"),
    "tanh": ("nn.Tanh()", '"tanh"', "nnx.tanh"),
}

_MODELS = {
    "torch": """\
from torch import nn

f = $F
layers = [nn.Linear(256, 256) for _ in range($N1)]
layers += [nn.Linear(256, 10)]
model = nn.Sequential(layers[0])
for layer in layers[1:]:
    model.extend([f, layer])

# data come in, then $BEFORE, and scores go out
scales = [1.0] + [$SCALE] * $N + [$SMALL]
for layer, scale in zip(layers, scales):
    std = (scale / layer.in_features) ** 0.5
    nn.init.normal_(layer.weight, std=std)
    nn.init.zeros_(layer.bias)""",
    "keras": """\
import keras

def dense(units, scale, activation=None):
    draw = keras.initializers.VarianceScaling(
        scale, "fan_in", "truncated_normal"
    )
    return keras.layers.Dense(
        units, activation, kernel_initializer=draw
    )

# data come in, then $BEFORE, and scores go out
f = $F
model = keras.Sequential([
    keras.Input((256,)),
    dense(256, 1.0, f),
    *[dense(256, $SCALE, f) for _ in range($N)],
    dense(10, $SMALL),
])""",
    "flax": """\
from flax import nnx

rngs = nnx.Rngs(0)

def linear(n_out, scale):
    draw = nnx.initializers.variance_scaling(
        scale, "fan_in", "truncated_normal"
    )
    return nnx.Linear(256, n_out, kernel_init=draw, rngs=rngs)

# data come in, then $BEFORE, and scores go out
f = $F
layers = [linear(256, 1.0), f]
for _ in range($N):
    layers += [linear(256, $SCALE), f]
model = nnx.Sequential(*layers, linear(10, $SMALL))""",
}


def every_snippet() -> list[tuple[str, str]]:
    """All code for one layer, each piece once.

    Returns
    -------
    list of tuple
        Pairs (framework, code).
    """
    return list({(key[-1], advice.snippet): None for key, advice in every_advice().items()})
