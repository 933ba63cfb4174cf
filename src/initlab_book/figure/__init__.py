"""The Explorer: the book's one interactive figure.

A `Demo` is a function from a few named settings to the numbers of a picture (`demo.py`), a `Film` one to the pictures
of a whole run (`film.py`); both are made of controls and panels (`controls.py`, `panels.py`). An `Explorer` shows them
(`widget.py`, drawn by `explorer.js`): with a kernel, Python is asked for every picture; on the static page the pictures
of a grid of settings are computed when the book is built and shipped inside the page (`static.py`, `js/static.js`), and
others, where there is an engine for the figure, by the page itself (`js/computed.js`).
"""

from .controls import Menu, Number, Player, Seed, Slider, Toggle, Widths
from .demo import Demo
from .film import Film
from .packing import Levels
from .panels import Code, Formulas, HeatMap, Histograms, Images, Lines, Ridges, Series, formula_row, histogram_data
from .prediction import Prediction

__all__ = [
    "Code",
    "Demo",
    "Film",
    "Formulas",
    "HeatMap",
    "Histograms",
    "Images",
    "Levels",
    "Lines",
    "Menu",
    "Number",
    "Player",
    "Prediction",
    "Ridges",
    "Seed",
    "Series",
    "Slider",
    "Toggle",
    "Widths",
    "formula_row",
    "histogram_data",
]
