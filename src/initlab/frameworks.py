"""What PyTorch, Keras and Flax do: the weights of their layers by default, those that our code gives them, and what
whole models do that were made with it.

No framework is imported here. `frameworks.json` was recorded by `tests/peers/record_frameworks.py`, with the versions
in `VERSIONS`; `make peers` compares it with what the installed ones do. Each `Draw` holds the moments of one large
draw, so a number from it has a sampling error.

>>> linear = DEFAULTS["torch", "nn.Linear"]
>>> print(f"{linear.n_in_variance:.4f} +- {linear.n_in_variance_error:.4f}")
0.3335 +- 0.0004
>>> RULES["torch", "nn.Linear"]
Rule(distribution='uniform', scale=0.3333333333333333, mode='fan_in', bias=True)
"""

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

from .arguments import finite
from .initializers import fan_of


@dataclass(frozen=True)
class Draw:
    """The weights and biases of one layer, as a framework drew them."""

    shape: tuple[int, ...]
    """Shape of the weights, with the axes in the framework's own order."""
    fan_in: int
    """How many inputs feed one output."""
    fan_out: int
    """How many outputs one input feeds."""
    n: int
    """How many weights were drawn."""
    mean: float
    """Their mean."""
    variance: float
    """Their variance."""
    kurtosis: float
    """Their fourth central moment over the squared variance: 3 for a normal distribution, 1.8 for a uniform one, 2.37
    for a normal one cut at 2 standard deviations."""
    low: float
    """The smallest weight."""
    high: float
    """The largest weight."""
    bias: tuple[float, float] | None
    """The smallest and the largest bias, or None for a layer without biases."""

    @property
    def n_in_variance(self) -> float:
        """fan_in Var(W), the square of the gain."""
        return self.fan_in * self.variance

    @property
    def n_in_variance_error(self) -> float:
        """Standard error of `n_in_variance`: the relative error of the variance of n draws is
        sqrt((kurtosis - 1) / n)."""
        return self.n_in_variance * math.sqrt((self.kurtosis - 1) / self.n)


@dataclass(frozen=True)
class Model:
    """What a whole model did with a batch of standard normal inputs, as `recommend.model` makes it; five were drawn."""

    framework: str
    """A name in `recommend.FRAMEWORKS`."""
    activation: str
    """A name in `recommend.ACTIVATIONS`."""
    code: str
    """The `recommend.fingerprint` of its code."""
    size: tuple[tuple[float, ...], ...]
    """E[a^2] of every hidden layer: (models, layers)."""
    cosine: tuple[tuple[float, ...], ...]
    """The mean cosine of the activations of two examples: (models, layers)."""
    scores: tuple[float, ...]
    """E[z^2] of the scores, of every model."""
    loss: tuple[float, ...]
    """The cross-entropy before the first step, with labels drawn at random from ten classes, of every model."""


@dataclass(frozen=True)
class Rule:
    """How a layer draws its weights: with mean 0 and variance scale / fan, or `scale` itself where `mode` is None."""

    distribution: str
    """"normal", "uniform" or "truncated_normal"."""
    scale: float
    """The variance of a weight, times the fan."""
    mode: str | None
    """Which fan: "fan_in", "fan_out" or "fan_avg", or None for weights that do not depend on the fans."""
    bias: bool = False
    """Whether biases are drawn from U[-1/sqrt(fan_in), 1/sqrt(fan_in)] instead of being 0."""

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
        >>> RULES["keras", "layers.Dense"].variance(100, 300)
        0.005
        """
        fans = finite("fan_in", fan_in, above=0), finite("fan_out", fan_out, above=0)
        return self.scale / (1 if self.mode is None else fan_of(self.mode, *fans))

    def bias_variance(self, fan_in: int) -> float:
        """Var(b), that of U[-1/sqrt(fan_in), 1/sqrt(fan_in)] or 0.

        Parameters
        ----------
        fan_in : int
            How many inputs feed one output, > 0.

        Raises
        ------
        ValueError, TypeError
            If it is not as described.

        Examples
        --------
        >>> round(RULES["torch", "nn.Linear"].bias_variance(100), 6)
        0.003333
        """
        return 1 / (3 * finite("fan_in", fan_in, above=0)) if self.bias else 0.0


RULES = {
    ("torch", "nn.Linear"): Rule("uniform", 1 / 3, "fan_in", bias=True),
    ("torch", "nn.Conv2d"): Rule("uniform", 1 / 3, "fan_in", bias=True),
    ("torch", "nn.Embedding"): Rule("normal", 1.0, None),
    ("keras", "layers.Dense"): Rule("uniform", 1.0, "fan_avg"),
    ("keras", "layers.Conv2D"): Rule("uniform", 1.0, "fan_avg"),
    ("keras", "layers.Embedding"): Rule("uniform", 0.05**2 / 3, None),
    ("flax", "nnx.Linear"): Rule("truncated_normal", 1.0, "fan_in"),
    ("flax", "nnx.Conv"): Rule("truncated_normal", 1.0, "fan_in"),
    ("flax", "nnx.Embed"): Rule("normal", 1.0, "fan_out"),
    ("flax", "linen.Dense"): Rule("truncated_normal", 1.0, "fan_in"),
}
"""What happens when no initializer is named, by framework and layer; a test compares `DEFAULTS` with it."""


def _draw(row: dict) -> Draw:
    """A row of the record, whose lists are tuples here."""
    values: dict = {field.name: row[field.name] for field in fields(Draw)}
    return Draw(**values | {name: tuple(value) for name, value in values.items() if isinstance(value, list)})


def _model(row: dict) -> Model:
    """A row of the record, whose lists are tuples here."""
    values: dict = {
        name: tuple(tuple(one) if isinstance(one, list) else one for one in value) if isinstance(value, list) else value
        for name, value in row.items()
    }
    return Model(**values)


_RECORD = json.loads(Path(__file__).with_suffix(".json").read_text())

VERSIONS: dict[str, str] = _RECORD["versions"]
"""The version of every package that the record was made with, by name."""
DEFAULTS = {(row["framework"], row["layer"]): _draw(row) for row in _RECORD["defaults"]}
"""What a layer draws when no initializer is named, by framework and layer."""
MISREAD = {(row["framework"], row["layer"]): _draw(row) for row in _RECORD["misread"]}
"""What layers draw whose fans the framework reads wrongly off the shape; `fan_in` and `fan_out` are the right ones. The
depthwise convolution of Keras was given `HeNormal()`, the attention of PyTorch nothing: it packs queries, keys and
values into one matrix, and draws that by Xavier."""
LEAKY_SLOPES: dict[str, float] = _RECORD["slopes"]
"""The slope of every leaky ReLU for which none is given."""
SHARED: dict[str, bool] = _RECORD["shared"]
"""Whether layers that share an initializer start with the same weights, by framework."""
SNIPPETS = {row["code"]: _draw(row) for row in _RECORD["snippets"]}
"""What the code of `recommend` draws, by its `recommend.fingerprint`."""
MODELS = {(row["framework"], row["activation"]): _model(row) for row in _RECORD["models"]}
"""What whole models did, by framework and activation."""
