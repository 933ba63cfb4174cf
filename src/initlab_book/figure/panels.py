"""The panels of an interactive figure, each with the data that it draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..numbers import number
from .formula import mathml

Data = dict[str, Any]
"""What a frame holds for one panel; each panel says what that is."""

Table = tuple[list[str], list[list[str]]]
"""The heads of the columns, and the rows."""


@dataclass(frozen=True)
class Series:
    """One curve of a `Lines` panel."""

    name: str
    """Identifies the curve in the data of a frame."""
    label: str
    """What it is called in the legend."""
    style: str = "measured"
    """"measured" (solid, with marks), "theory" (dashed), "points" (marks alone), or "strands" (many thin lines: its
    data is a list of curves)."""
    tone: int = 1
    """1 to 4 picks the colour and the shape of the marks; 0 is the colour of the text."""


@dataclass(frozen=True)
class Lines:
    """Curves over a common x.

    Data of a frame: {"y": {series name: values}, "band": (low values, high values)?, "x": values?}. The axes stay put
    while the settings change, so that the eye can compare.
    """

    name: str
    """Identifies the panel in a frame."""
    title: str
    """Stands above it."""
    x_label: str
    """Stands below the x axis."""
    series: tuple[Series, ...]
    """The curves, in the order of the legend."""
    y_range: tuple[float, float]
    """The ends of the y axis. What lies beyond is marked at the edge, with overflow and underflow called by name."""
    x: Sequence[float] = ()
    """The x of every frame, unless a frame brings its own."""
    log: bool = False
    """Whether the y axis is logarithmic."""
    log_x: bool = False
    """Whether the x axis is logarithmic."""
    guide: float | None = None
    """Where a horizontal line is drawn, if there is one."""
    band_label: str = ""
    """What the band is called in the legend; empty if there is none."""
    wide: bool = False
    """Whether it takes the whole width of the figure."""
    over_time: bool = False
    """For the panels of a film: there is one value for every step of the player, None for the steps to come. The
    picture shows all that is known of the run, and marks the step that the player is at."""
    kind: str = "lines"
    """Tells the JavaScript how to draw it."""

    def table(self, data: Data) -> Table:
        """Column names and a few rows of numbers, for a page without JavaScript."""
        x = data.get("x", self.x)
        picks = sorted({0, len(x) // 2, len(x) - 1})
        columns = [s for s in self.series if s.style != "strands"]
        rows = [[number(x[i]), *(number(data["y"][s.name][i]) for s in columns)] for i in picks]
        return [self.x_label, *(s.label for s in columns)], rows


@dataclass(frozen=True)
class Histograms:
    """A row of sideways histograms, one for each of a few layers, over a common range.

    Data of a frame: {"layers": numbers, "counts": one list of 0..99 per layer (99 is the fullest bin),
    "outside": [share below, share above] per layer, in percent, "rms": root mean square per layer}. `histogram_data`
    makes it.
    """

    name: str
    """Identifies the panel in a frame."""
    title: str
    """Stands above it."""
    x_label: str
    """Stands below the row."""
    y_range: tuple[float, float]
    """The range of the bins."""
    wide: bool = True
    """Whether it takes the whole width of the figure."""
    kind: str = "histograms"
    """Tells the JavaScript how to draw it."""

    def table(self, data: Data) -> Table:
        """Column names and a few rows of numbers, for a page without JavaScript."""
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
    """Identifies the panel in a frame."""
    title: str
    """Stands above it."""
    x_label: str
    """Stands below the square."""
    x_range: tuple[float, float]
    """The left and the right edge."""
    y_range: tuple[float, float]
    """The lower and the upper edge."""
    classes: tuple[str, str] = ("class 0", "class 1")
    """What the classes are called in the legend."""
    wide: bool = False
    """Whether it takes the whole width of the figure."""
    levels: tuple[str, ...] = ("levels",)
    """The entries of its data that are `Levels`."""
    kind: str = "heatmap"
    """Tells the JavaScript how to draw it."""

    def table(self, data: Data) -> Table:
        """Column names and a few rows of numbers, for a page without JavaScript."""
        labels = data["points"]["label"]
        return ["class", "points"], [[name, number(labels.count(k))] for k, name in enumerate(self.classes)]


@dataclass(frozen=True)
class Images:
    """A grid of small pictures, each with what a network says it is.

    Data of a frame: {"pixels": Levels (images, pixels), 1 is ink, "label": true classes, "says": classes, or None where
    there is no answer, "sure": Levels, the probability of what it says}.
    """

    name: str
    """Identifies the panel in a frame."""
    title: str
    """Stands above it."""
    shape: tuple[int, int]
    """Rows and columns of pixels in a picture."""
    wide: bool = False
    """Whether it takes the whole width of the figure."""
    levels: tuple[str, ...] = ("pixels", "sure")
    """The entries of its data that are `Levels`."""
    kind: str = "images"
    """Tells the JavaScript how to draw it."""

    def table(self, data: Data) -> Table:
        """Column names and a few rows of classes, for a page without JavaScript."""
        pairs = zip(data["label"], data["says"], strict=True)
        return ["is", "network says"], [[number(label), number(says)] for label, says in pairs]


@dataclass(frozen=True)
class Ridges:
    """Histograms of the same quantity in every layer, one above the other, the first layer at the bottom.

    Data of a frame: {"layers": numbers, "counts": Levels (layers, bins), 1 is the layer's fullest bin, "rms": root mean
    square per layer, "outside": per cent of the values that lie outside the range, or, with `log`, are 0}.
    """

    name: str
    """Identifies the panel in a frame."""
    title: str
    """Stands above it."""
    x_label: str
    """Stands below the x axis."""
    x_range: tuple[float, float]
    """The range of the bins; with `log`, powers of ten."""
    log: bool = False
    """Whether the histograms are of log10 |value|."""
    wide: bool = False
    """Whether it takes the whole width of the figure."""
    levels: tuple[str, ...] = ("counts",)
    """The entries of its data that are `Levels`."""
    kind: str = "ridges"
    """Tells the JavaScript how to draw it."""

    def table(self, data: Data) -> Table:
        """Column names and a few rows of numbers, for a page without JavaScript."""
        rows = zip(data["layers"], data["rms"], data["outside"], strict=True)
        return ["layer", "root mean square", "outside"], [[*map(number, row[:2]), f"{row[2]} %"] for row in rows]


@dataclass(frozen=True)
class Formulas:
    """Lines of mathematics, each with its reason. Data of a frame: {"rows": list of what `formula_row` returns}."""

    name: str
    """Identifies the panel in a frame."""
    title: str
    """Stands above it."""
    kind: str = "formulas"
    """Tells the JavaScript how to draw it."""


def formula_row(formulas: str | Sequence[tuple[str, bool]], reason: str = "", marked: bool = False) -> Data:
    """A row of a `Formulas` panel.

    Parameters
    ----------
    formulas : str or sequence of (str, bool)
        LaTeX; or several pieces of it, each with whether it is to stand out.
    reason : str
        What stands beside it, in words.
    marked : bool
        Whether the reason is to stand out.

    Returns
    -------
    dict
        {"formula": HTML, "reason": words, "marked": bool}
    """
    pieces = [(formulas, False)] if isinstance(formulas, str) else formulas
    return {"formula": " ".join(mathml(*piece) for piece in pieces), "reason": reason, "marked": marked}


@dataclass(frozen=True)
class Code:
    """A piece of code to copy. Data of a frame: {"code": lines of code, "note": a sentence below it}."""

    name: str
    """Identifies the panel in a frame."""
    title: str
    """Stands above it."""
    kind: str = "code"
    """Tells the JavaScript how to draw it."""


Panel = Lines | Histograms | HeatMap | Images | Ridges | Formulas | Code
"""Any of them."""


def histogram_data(layers: ArrayLike, counts: ArrayLike, below: ArrayLike, above: ArrayLike, rms: ArrayLike) -> Data:
    """The data of a `Histograms` panel, from what `initlab.layer_statistics` counts.

    Parameters
    ----------
    layers : (layers,) array of int
        The numbers of the layers shown.
    counts : (layers, bins) array of int
        How many values fell into each bin.
    below, above : (layers,) array of int
        How many fell outside, on either side.
    rms : (layers,) array
        Root mean squares.

    Returns
    -------
    dict
        As `Histograms` describes it.
    """
    counts, below, above = np.asarray(counts, dtype=float), np.asarray(below), np.asarray(above)
    total = counts.sum(axis=-1) + below + above
    heights = np.rint(99 * counts / np.maximum(counts.max(axis=-1, keepdims=True), 1)).astype(int)
    outside = np.round(100 * np.stack([below, above], axis=-1) / total[:, None], 1)
    return {"layers": layers, "counts": heights, "outside": outside, "rms": rms}
