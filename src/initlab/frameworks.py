"""What PyTorch, Keras and Flax do: the weights of their layers by default, and those that our code gave them.

Nothing is imported from a framework here. `frameworks.json` was recorded by `tests/peers/record_frameworks.py`, with
the versions in `VERSIONS`; `make peers` compares it with what the installed ones do. Each `Draw` holds the moments of
one large draw, so a number from it has a sampling error.

>>> linear = DEFAULTS["torch", "nn.Linear"]
>>> print(f"{linear.n_in_variance:.4f} +- {linear.n_in_variance_error:.4f}")
0.3335 +- 0.0004
>>> RULES["torch", "nn.Linear"]
Rule(distribution='uniform', scale=0.3333333333333333, mode='fan_in', bias=True)
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from .initializers import fan_of


@dataclass(frozen=True)
class Draw:
    """The weights and biases of one layer, as a framework drew them."""

    shape: tuple  # of the weights, in the framework's own order
    fan_in: int
    fan_out: int
    n: int  # how many weights
    mean: float
    variance: float
    kurtosis: float  # 3 for a normal, 1.8 for a uniform, 2.37 for a normal cut at 2 std
    low: float
    high: float
    bias: tuple | None  # (smallest, largest), or None for a layer without biases

    @property
    def n_in_variance(self):
        """fan_in Var(W), the square of the gain."""
        return self.fan_in * self.variance

    @property
    def n_in_variance_error(self):
        """Standard error of the same: the variance of n draws errs by sqrt((kurtosis - 1) / n), relative to it."""
        return self.n_in_variance * math.sqrt((self.kurtosis - 1) / self.n)


@dataclass(frozen=True)
class Rule:
    """How a layer draws its weights: variance scale / fan, or `scale` itself where `mode` is None."""

    distribution: str
    scale: float
    mode: str | None
    bias: bool = False  # whether biases are drawn from U[-1/sqrt(fan_in), 1/sqrt(fan_in)] instead of being 0

    def variance(self, fan_in, fan_out):
        """Var(W) of a layer with these fans.

        >>> RULES["keras", "layers.Dense"].variance(100, 300)
        0.005
        """
        return self.scale / (1 if self.mode is None else fan_of(self.mode, fan_in, fan_out))

    def bias_variance(self, fan_in):
        """Var(b), that of U[-1/sqrt(fan_in), 1/sqrt(fan_in)] or 0.

        >>> round(RULES["torch", "nn.Linear"].bias_variance(100), 6)
        0.003333
        """
        return 1 / (3 * fan_in) if self.bias else 0.0


# What happens when no initializer is named. The moments in DEFAULTS agree, see tests/test_frameworks.py.
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


def _draw(row):
    fields = ("shape", "fan_in", "fan_out", "n", "mean", "variance", "kurtosis", "low", "high", "bias")
    return Draw(*(tuple(value) if isinstance(value, list) else value for value in (row[name] for name in fields)))


_RECORD = json.loads(Path(__file__).with_suffix(".json").read_text())

VERSIONS = _RECORD["versions"]  # of every package that the record was made with, by name
DEFAULTS = {(row["framework"], row["layer"]): _draw(row) for row in _RECORD["defaults"]}
LEAKY_SLOPES = _RECORD["slopes"]  # of every leaky ReLU for which none is given
SHARED = _RECORD["shared"]  # whether layers that share an initializer start with the same weights
SNIPPETS = {row["code"]: _draw(row) for row in _RECORD["snippets"]}  # by fingerprint, see recommend
