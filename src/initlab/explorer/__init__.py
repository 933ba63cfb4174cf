"""The Explorer: the book's one interactive figure.

A `Demo` is a function from a few named settings to the numbers of a picture (`demo.py`). An `Explorer` shows it
(`widget.py`, drawn by `explorer.js`): with a kernel, Python is asked for every picture; on the static page the pictures
of all settings are computed when the book is built and shipped inside the page (`static.py`, `host.js`).
"""

from .demo import (
    Code,
    Demo,
    Formulas,
    Histograms,
    Lines,
    Menu,
    Number,
    Series,
    Slider,
    Toggle,
    formula_row,
    histogram_data,
    number,
)

__all__ = [
    "Code",
    "Demo",
    "Explorer",
    "Formulas",
    "Histograms",
    "Lines",
    "Menu",
    "Number",
    "Series",
    "Slider",
    "Toggle",
    "formula_row",
    "histogram_data",
    "number",
]


def __getattr__(name):
    # The widget machinery takes half a second to import, and a build of the site needs only `static`.
    if name == "Explorer":
        from .widget import Explorer

        return Explorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
