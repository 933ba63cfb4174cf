"""The panels of an interactive figure, each with the data that it draws."""

from dataclasses import dataclass

import numpy as np

from ..numbers import number
from .formula import mathml


@dataclass(frozen=True)
class Series:
    """One curve of a `Lines` panel. `style` is "measured" (solid, with marks), "theory" (dashed) or "strands"
    (many thin lines: its data is a list of curves) or "points" (marks alone). `tone`, 1 to 4, picks the colour and the
    shape of the marks; 0 is the colour of the text."""

    name: str
    label: str
    style: str = "measured"
    tone: int = 1


@dataclass(frozen=True)
class Lines:
    """Curves over a common x.

    Data of a frame: {"y": {series name: values}, "band": (low values, high values)?, "x": values?}; x may instead be
    given once, here. The axes stay put while the settings change, so that the eye can compare: what leaves `y_range`
    is marked at the edge, with overflow and underflow called by name.

    With `over_time`, for the panels of a film: one value for every step of the player, None for the steps to come. The
    picture shows all that is known of the run, and marks the step that the player is at.
    """

    name: str
    title: str
    x_label: str
    series: tuple
    y_range: tuple
    x: tuple = ()
    log: bool = False
    log_x: bool = False
    guide: float | None = None
    band_label: str = ""
    wide: bool = False
    over_time: bool = False
    kind: str = "lines"

    def table(self, data):
        """Column names and a few rows of numbers for a page without JavaScript."""
        x = data.get("x", self.x)
        picks = sorted({0, len(x) // 2, len(x) - 1})
        columns = [s for s in self.series if s.style != "strands"]
        rows = [[number(x[i]), *(number(data["y"][s.name][i]) for s in columns)] for i in picks]
        return [self.x_label, *(s.label for s in columns)], rows


@dataclass(frozen=True)
class Histograms:
    """A row of sideways histograms, one for each of a few layers, over the common range `y_range`.

    Data of a frame: {"layers": numbers, "counts": one list of 0..99 per layer (99 is the fullest bin),
    "outside": [share below, share above] per layer, in percent, "rms": root mean square per layer}.
    """

    name: str
    title: str
    x_label: str
    y_range: tuple
    wide: bool = True
    kind: str = "histograms"

    def table(self, data):
        rows = [[number(layer), number(rms)] for layer, rms in zip(data["layers"], data["rms"], strict=True)]
        return [self.x_label, "root mean square"], rows


@dataclass(frozen=True)
class HeatMap:
    """A function of two numbers as a square of colours, with points on it: the share that a network gives to the second
    of two classes, and the examples.

    Data of a frame: {"levels": Levels of a square array, "points": {"x", "y", "label": one value for each}}. Row 0 of
    the array is at the bottom; its values are those at the centres of its cells.
    """

    name: str
    title: str
    x_label: str
    x_range: tuple
    y_range: tuple
    classes: tuple = ("class 0", "class 1")
    wide: bool = False
    levels: tuple = ("levels",)
    kind: str = "heatmap"

    def table(self, data):
        labels = data["points"]["label"]
        return ["class", "points"], [[name, number(labels.count(k))] for k, name in enumerate(self.classes)]


@dataclass(frozen=True)
class Images:
    """A grid of small pictures, each with what a network says it is; `shape` is (rows, columns) of pixels.

    Data of a frame: {"pixels": Levels (images, pixels), 1 is ink, "label": true classes, "says": classes, or None where
    there is no answer, "sure": Levels, the probability of what it says}.
    """

    name: str
    title: str
    shape: tuple
    wide: bool = False
    levels: tuple = ("pixels", "sure")
    kind: str = "images"

    def table(self, data):
        pairs = zip(data["label"], data["says"], strict=True)
        return ["is", "network says"], [[number(label), number(says)] for label, says in pairs]


@dataclass(frozen=True)
class Ridges:
    """Histograms of the same quantity in every layer, one above the other, the first layer at the bottom.

    With `log`, `x_range` holds powers of ten and the histograms are of log10 |value|.

    Data of a frame: {"layers": numbers, "counts": Levels (layers, bins), 1 is the layer's fullest bin, "rms": root mean
    square per layer, "outside": per cent of the values that lie outside the range, or, with `log`, are 0}.
    """

    name: str
    title: str
    x_label: str
    x_range: tuple
    log: bool = False
    wide: bool = False
    levels: tuple = ("counts",)
    kind: str = "ridges"

    def table(self, data):
        rows = zip(data["layers"], data["rms"], data["outside"], strict=True)
        return ["layer", "root mean square", "outside"], [[*map(number, row[:2]), f"{row[2]} %"] for row in rows]


@dataclass(frozen=True)
class Formulas:
    """Lines of mathematics, each with its reason; see `formula_row`. Data of a frame: {"rows": list of such rows}.

    `most` is the height in pixels beyond which the lines scroll.
    """

    name: str
    title: str
    most: int = 480
    kind: str = "formulas"


def formula_row(formulas, reason="", marked=False):
    """A row of a `Formulas` panel.

    Parameters
    ----------
    formulas : str or sequence of (str, bool)
        LaTeX; or several pieces of it, each with whether it is to stand out.
    reason : str
        What stands beside it, in words.
    marked : bool
        Whether the reason is to stand out.
    """
    pieces = [(formulas, False)] if isinstance(formulas, str) else formulas
    return {"formula": " ".join(mathml(*piece) for piece in pieces), "reason": reason, "marked": marked}


@dataclass(frozen=True)
class Code:
    """A piece of code to copy. Data of a frame: {"code": lines of code, "note": a sentence below it}."""

    name: str
    title: str
    kind: str = "code"


def histogram_data(layers, counts, below, above, rms):
    """The data of a `Histograms` panel, from counts (layers, bins) and the number of values that fell outside."""
    counts, below, above = np.asarray(counts, dtype=float), np.asarray(below), np.asarray(above)
    total = counts.sum(axis=-1) + below + above
    heights = np.rint(99 * counts / np.maximum(counts.max(axis=-1, keepdims=True), 1)).astype(int)
    outside = np.round(100 * np.stack([below, above], axis=-1) / total[:, None], 1)
    return {"layers": layers, "counts": heights, "outside": outside, "rms": rms}
