"""What an interactive figure shows: its controls, its panels, and the function that computes them.

Nothing here draws. A `Demo` turns settings into a *frame*: a dict that JSON can hold,

    {"panels": {panel name: data}, "text": one sentence that says what the picture shows}

and both hosts, the widget and the static page, draw that frame with the same JavaScript.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from .formula import mathml


@dataclass(frozen=True)
class Slider:
    """A row of numbers to choose from. A live kernel also takes any number between the first and the last."""

    name: str
    label: str
    values: tuple
    value: float

    def check(self, value):
        low, high = self.values[0], self.values[-1]
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low <= value <= high:
            raise ValueError(f"{self.name} must be a number from {low} to {high}, got {value!r}")
        return float(value)


@dataclass(frozen=True)
class Menu:
    """A few named choices: `options` maps each value to the words that the reader sees."""

    name: str
    label: str
    options: dict
    value: str

    @property
    def values(self):
        return tuple(self.options)

    def check(self, value):
        if value not in self.values:
            raise ValueError(f"{self.name} must be one of {', '.join(map(repr, self.options))}, got {value!r}")
        return value


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    name: str
    label: str
    value: bool
    values = (False, True)

    def check(self, value):
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"{self.name} must be True or False, got {value!r}")
        return bool(value)


@dataclass(frozen=True)
class Number:
    """A whole number to type in. Only a live kernel offers it; the static page keeps the start value."""

    name: str
    label: str
    value: int
    low: int
    high: int

    @property
    def values(self):
        return (self.value,)

    def check(self, value):
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or not self.low <= value <= self.high:
            raise ValueError(f"{self.name} must be a whole number from {self.low} to {self.high}, got {value!r}")
        return int(value)


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


@dataclass(frozen=True)
class Demo:
    """An interactive figure: named controls, panels, and the function that computes what they show.

    Parameters
    ----------
    name : str
        Identifies the figure in the address of a page: letters and hyphens.
    title : str
        One line, shown above the controls.
    controls : tuple of Slider, Menu, Toggle or Number
    panels : tuple of Lines, Histograms, Formulas or Code
    compute : callable
        Takes every setting by name; returns (dict of panel data by panel name, text). The text is one or two
        sentences that tell somebody who does not see the picture what it shows.
    digits : int
        Significant digits kept of every number. Both hosts show the rounded numbers, so they agree.
    """

    name: str
    title: str
    controls: tuple
    panels: tuple
    compute: Callable
    digits: int = 4

    def settings(self, **changes):
        """All settings: the start values with the given changes, checked."""
        settings = {control.name: control.value for control in self.controls}
        for name in changes:
            if name not in settings:
                raise ValueError(f"unknown setting {name!r}; {self.name} has {', '.join(settings)}")
        return settings | {c.name: c.check(changes[c.name]) for c in self.controls if c.name in changes}

    def frame(self, **changes):
        """The numbers to draw, and the sentence that describes them, for the given settings."""
        panels, text = self.compute(**self.settings(**changes))
        return {"panels": jsonable(panels, self.digits), "text": text}

    def grid(self):
        """The settings of every picture on the static page, the last control changing fastest."""
        names = [control.name for control in self.controls]
        for values in itertools.product(*(control.values for control in self.controls)):
            yield dict(zip(names, values, strict=True))

    def spec(self):
        """What stays the same in every frame, for the JavaScript."""
        controls = [
            asdict(c) | {"kind": type(c).__name__.lower(), "values": jsonable(c.values, 17)} for c in self.controls
        ]
        panels = [jsonable(asdict(panel), 17) for panel in self.panels]
        return {"name": self.name, "title": self.title, "controls": controls, "panels": panels}

    def explorer(self, **changes):
        """The figure itself, ready to be the last line of a notebook cell."""
        from .widget import Explorer

        return Explorer(self, **changes)


def jsonable(value, digits):
    """Plain lists, dicts and numbers, floats rounded to `digits`; JSON has no inf or nan, so these become words."""
    if isinstance(value, dict):
        return {str(key): jsonable(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [jsonable(item, digits) for item in value]
    if isinstance(value, (float, np.floating)):
        if math.isnan(value):
            return "nan"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        rounded = float(f"{value:.{digits}g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e6 else rounded
    if isinstance(value, np.integer):
        return int(value)
    return value


def number(value, digits=3):
    """A number as the book writes it: 38.4, 0.002, 3.05 × 10⁻⁵, overflow.

    >>> number(38.4434), number(0.5**30), number(float("inf")), number(0), number(1024)
    ('38.4', '9.31 × 10⁻¹⁰', 'overflow', '0', '1024')
    """
    if value is None:
        return "–"
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "overflow" if value > 0 else "minus overflow"
    if value.is_integer() and abs(value) < 1e5:
        return f"{value:.0f}".replace("-", "−")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    exponent = int(exponent)
    if -4 < exponent < 5:
        return _trimmed(f"{float(f'{mantissa}e{exponent}'):.{max(digits - 1 - exponent, 0)}f}")
    return f"{_trimmed(mantissa)} × 10{str(exponent).translate(_SUPERSCRIPT)}"


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _trimmed(text):
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
