"""The look of Matplotlib's pictures: that of the interactive figures, with the same colours, fonts and numbers."""

import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.scale import LogScale, register_scale
from matplotlib.ticker import LogFormatter

from .host.front_end import palette
from .narrow import narrow
from .numbers import number, power
from .show import building


def light() -> dict[str, str]:
    """The colours of look.css in light mode: {"ink": "#1f2933", ...}."""
    return dict(re.findall(r"--il-(\w+): (#\w{6});", palette("picture").partition("@media")[0]))


def use() -> None:
    """Draw like the interactive figures from now on."""
    colours = light()
    soft, line, paper = colours["soft"], colours["line"], colours["paper"]
    plt.rcParams.update(
        {
            "font.size": 10,
            "text.color": colours["ink"],
            "figure.facecolor": paper,
            "figure.dpi": 96,
            "figure.labelsize": 9.5,
            "axes.facecolor": paper,
            "axes.prop_cycle": cycler(color=[colours[f"tone{k}"] for k in (1, 2, 3, 4)]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.spines.left": False,
            "axes.edgecolor": soft,
            "axes.linewidth": 0.75,
            "axes.labelcolor": soft,
            "axes.labelsize": 9.5,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.axisbelow": True,
            "grid.color": line,
            "grid.linewidth": 0.75,
            "xtick.color": soft,
            "ytick.color": soft,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "xtick.minor.size": 0,
            "ytick.major.size": 0,
            "ytick.minor.size": 0,
            "lines.linewidth": 1.65,
            "legend.facecolor": paper,
            "legend.edgecolor": "none",
            "legend.framealpha": 0.8,
            "legend.fontsize": 9,
            "svg.fonttype": "none",
            "svg.hashsalt": "initlab",
        }
    )
    register_scale(_LogScale)
    if building():
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")
        get_ipython().display_formatter.formatters["image/svg+xml"].for_type(Figure, _twice)


def _twice(figure: Figure) -> str:
    """A picture for wide pages, and behind it the same for narrow ones: the book shows the one that fits."""
    from IPython.core.pylabtools import print_figure

    wide = print_figure(figure, "svg")
    narrow(figure)
    return wide + print_figure(figure, "svg")


class _LogScale(LogScale):
    """Matplotlib's, with the numbers of the book at its ticks."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # before Matplotlib 3.11 the axis is the first
        super().__init__(*arguments, **options)

    def set_default_locators_and_formatters(self, axis: Any) -> None:
        super().set_default_locators_and_formatters(axis)
        axis.set_major_formatter(_Ticks())
        axis.set_minor_formatter(_Ticks(labelOnlyBase=False, minor_thresholds=(0.6, 0.3)))


class _Ticks(LogFormatter):
    """As `tickLabel` in figure/js/scales.js: on an axis that goes far, all ticks are powers of ten."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        if not super().__call__(x, pos):
            return ""
        assert self.axis is not None
        low, high = sorted(self.axis.get_view_interval())
        exponent = round(np.log10(x))
        far = low < 1e-3 or high >= 1e5
        return power(exponent) if far and not 0 <= exponent <= 1 else number(x)
