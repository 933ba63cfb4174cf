"""A Matplotlib picture once more, for a narrow page, with letters that can be read there."""

from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

WIDTH = 3.42  # inches: 328 pixels, the text of a page that is 360 wide
LETTERS = 13.5  # to an inch
SAMPLE = 0.5  # inches: what stands before a word in a legend


def narrow(figure: Figure) -> None:
    """Make a figure as wide as the text on a telephone: up to four axes go below each other, more into two columns;
    long titles and labels take several lines, and legends leave the data alone.

    Parameters
    ----------
    figure : Figure
        What is changed.
    """
    placed = _placed(figure)
    rows, columns = (1 + max(at[i] for at in placed) for i in (0, 1))
    width, height = figure.get_size_inches() / (columns, rows)
    if columns > 1:
        if rows * columns <= 4:
            placed = {(row * columns + column, 0): axes for (row, column), axes in placed.items()}
            rows, columns = rows * columns, 1
        else:
            placed = {(column, row): axes for (row, column), axes in placed.items()}
            rows, columns = columns, rows
        grid = figure.add_gridspec(rows, columns)
        for (row, column), axes in placed.items():
            axes.set_subplotspec(grid[row, column])
            _label(axes, placed.get((row + 1, column)), placed.get((row, column - 1)), placed[0, column])
    inches = WIDTH / columns
    height *= rows * min(1, max(0.8, inches / width))
    figure.set_size_inches(WIDTH, height)
    for axes in placed.values():
        title = fill(axes.get_title("left"), int(LETTERS * inches))
        axes.set_xlabel(fill(axes.get_xlabel(), int(LETTERS * inches)))
        legend = axes.get_legend()
        above = 0.0
        if legend:
            handles, labels, size = _entries(legend)
            legend = axes.legend(
                handles,
                labels,
                title=legend.get_title().get_text(),
                fontsize=size,
                ncols=_columns(labels, inches - 0.6),
                loc="lower left",
                bbox_to_anchor=(0, 1),
                borderpad=0.2,
            )
            figure.draw_without_rendering()
            above = legend.get_window_extent().height / figure.dpi
            height += above
        axes.set_title(title, pad=72 * above + 8)
    for legend in figure.legends:
        handles, labels, size = _entries(legend)
        legend.remove()
        figure.legend(handles, labels, ncols=_columns(labels, WIDTH), fontsize=size, loc="outside lower center")
    figure.set_size_inches(WIDTH, height)
    figure.supxlabel(fill(figure.get_supxlabel(), int(LETTERS * WIDTH)))
    if not figure.get_constrained_layout():
        figure.tight_layout()


def _placed(figure: Figure) -> dict[tuple[int, int], Axes]:
    """The axes by row and column."""
    found = {}
    for axes in figure.axes:
        spec = axes.get_subplotspec()
        assert spec is not None, "every axes of a picture has its place in a grid"
        found[spec.rowspan.start, spec.colspan.start] = axes
    return found


def _label(axes: Axes, below: Axes | None, beside: Axes | None, top: Axes) -> None:
    """Labels, where a neighbour does not give the same ones."""
    shared = below and axes.get_shared_x_axes().joined(axes, below)
    axes.tick_params(labelbottom=not shared)
    if shared:
        axes.set_xlabel("")
    axes.tick_params(labelleft=not (beside and axes.get_shared_y_axes().joined(axes, beside)))
    if not axes.get_ylabel() and axes.get_shared_y_axes().joined(axes, top):
        axes.set_ylabel(top.get_ylabel())


def _entries(legend: Legend) -> tuple[Any, list[str], Any]:
    texts = legend.get_texts()
    return legend.legend_handles, [text.get_text() for text in texts], texts[0].get_fontsize()


def _columns(labels: list[str], inches: float) -> int:
    """How many entries of a legend have room beside each other."""
    return max(1, min(len(labels), int(inches / (SAMPLE + max(map(len, labels)) / LETTERS))))
