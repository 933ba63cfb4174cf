"""The static host: a figure as a piece of HTML that needs no kernel, no server and no other host.

The page carries the frames of all settings as JSON; `static.js` hands them to the same `explorer.js` that the widget
uses. Until the script runs, and if it never does, the start frame's sentence and a small table stand in its place.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

from ..host.front_end import Still, json_script
from .demo import Demo, Settings
from .film import Film
from .formula import line_count
from .panels import Code, Data, Formulas, HeatMap, Histograms, Images, Lines, Panel, Ridges

Spec = dict[str, Any]
"""What stays the same in every frame, as `Demo.spec` returns it, and what only a page needs."""


def data(demo: Demo, **start: Any) -> dict[str, Any]:
    """What the static page carries: spec, start settings, and a frame for every point of the grid, in grid order.

    Parameters
    ----------
    demo : Demo
        The figure.
    **start
        Start values that differ from the figure's own.

    Raises
    ------
    ValueError
        If the page has no picture for the start values.
    """
    settings = _on_grid(demo, start)
    frames = [demo.frame(**point) for point in demo.grid()]
    spec = demo.spec() | {"text_length": max(len(frame["text"]) for frame in frames)}
    spec |= {"sheets": sheets(demo, frames)}
    return {"spec": spec, "start": settings, "frames": frames}


def film_data(film: Film, **start: Any) -> tuple[dict[str, Any], dict[str | None, dict[str, Any]]]:
    """What the static page carries of a film.

    Parameters
    ----------
    film : Film
        The figure.
    **start
        Start values that differ from the figure's own.

    Returns
    -------
    dict
        What is there at once: spec, start settings and the start film, by side.
    dict
        The parts, each with the films of its grid, to be loaded when they are needed.

    Raises
    ------
    ValueError
        If the page has no film for the start values.
    """
    settings = _on_grid(film, start)
    parts = {part: film.part_films(part) for part in film.parts()}
    texts = (text for part in parts.values() for one in part["films"] for text in one["texts"])
    spec = film.spec() | {"text_length": max(map(len, texts)), "sheets": {}}
    sides = {"film": film.of_side(settings)}
    if settings.get("compare"):
        sides["film_2"] = film.of_side(settings, second=True)
    films = {}
    for name, point in sides.items():
        part = point[film.part] if film.part else None
        at = list(film.part_grid(part)).index(point)
        films[name] = {"common": parts[part]["common"], **parts[part]["films"][at]}
    return {"spec": spec, "start": settings, "films": films}, parts


def _on_grid(demo: Demo, start: Settings) -> Settings:
    settings = demo.settings(**start)
    off_grid = [c.name for c in demo.choices if settings[c.name] not in c.values]
    if off_grid:
        raise ValueError(f"the static page has no picture for {off_grid[0]} = {settings[off_grid[0]]!r}")
    return settings


def still(demo: Demo, **start: Any) -> Still:
    """What a page of the book carries of a figure.

    Parameters
    ----------
    demo : Demo
        The figure.
    **start
        Start values that differ from the figure's own.
    """
    text = demo.title if isinstance(demo, Film) else demo.frame(**start)["text"]
    return Still(html(demo, **start), text)


def html(demo: Demo, **start: Any) -> str:
    """The HTML of one figure.

    The parts of a film stand in it as JSON of their own. When the book is built, each of them becomes a script, whose
    address then stands in its place, in `data-src`.

    Parameters
    ----------
    demo : Demo
        The figure.
    **start
        Start values that differ from the figure's own.
    """
    parts: dict[str | None, dict[str, Any]] = {}
    if isinstance(demo, Film):
        payload, parts = film_data(demo, **start)
        frame = demo.frame(**payload["start"])
    else:
        payload = data(demo, **start)
        frame = payload["frames"][list(demo.grid()).index(payload["start"])]
    reserved = ";".join(f"--il-{width}:{px}px" for width, px in zip(_PAGES, heights(payload["spec"]), strict=True))
    plain: dict[str, Callable[[Any, Data], str]] = {"formulas": _formulas, "code": _code}
    tables = "".join(plain.get(panel.kind, _table)(panel, frame["panels"][panel.name]) for panel in demo.panels)
    return (
        f'<div class="initlab-explorer" id="explorer-{demo.name}" style="{reserved}">'
        f'<div class="il-body"><div class="il-fallback"><p class="il-title">{escape(demo.title)}</p>'
        f"<p>{escape(frame['text'])}</p>{tables}</div></div>"
        f"{json_script(payload)}"
        + "".join(
            json_script(films, f' data-film="{demo.name}" data-part="{part or "all"}"') for part, films in parts.items()
        )
        + "</div>"
    )


class _Page(NamedTuple):
    """What fits on a page."""

    columns: int
    """Panels, or controls, beside each other."""
    title: int
    """Characters on a line of the figure's title."""
    panel_title: int
    """Characters on a line of a panel's title, in one column."""
    sentence: int
    """Characters on a line of text."""
    formula: int
    """Pixels for a formula."""


# By the width from which explorer.css reserves the next height.
_PAGES = {
    0: _Page(1, 26, 30, 29, 200),
    320: _Page(1, 26, 34, 35, 280),
    560: _Page(2, 60, 29, 59, 330),
    640: _Page(2, 60, 34, 76, 410),
}


def _lines(text: str | int, per_line: int) -> int:
    """The lines that a text takes, or one of so many characters."""
    return math.ceil((len(text) if isinstance(text, str) else text) / per_line)


def _sheet_head(panel: Panel, page: _Page) -> int:
    return 8 + 23 * _lines(panel.title, page.panel_title * page.columns)


def _formulas_height(panel: Formulas, frames: Sequence[dict[str, Any]], page: _Page) -> int:
    def height(row: Data) -> int:
        formula = 36 * line_count(row["formula"], page.formula)
        if page.columns == 2:  # the reason stands beside the formula
            return 9 + max(formula, 20 * _lines(row["reason"], 24))
        return 9 + formula + 20 * _lines(row["reason"], page.sentence)

    rows = max(sum(map(height, frame["panels"][panel.name]["rows"])) for frame in frames)
    return min(_sheet_head(panel, page) + rows, panel.most)


def _code_height(panel: Code, frames: Sequence[dict[str, Any]], page: _Page) -> int:
    shown = [frame["panels"][panel.name] for frame in frames]
    code = max(len(data["code"].splitlines()) for data in shown)
    note = max(_lines(data["note"], page.sentence) for data in shown)
    return 44 + _sheet_head(panel, page) + 20 * code + 23 * note


# The panels whose height depends on what they show get the height of the largest frame.
_SHEETS: dict[str, Callable[[Any, Sequence[dict[str, Any]], _Page], int]] = {
    "formulas": _formulas_height,
    "code": _code_height,
}


def sheets(demo: Demo, frames: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """Pixels for each of the panels that hold text, by name; one number for each of the widths of a page."""
    return {
        panel.name: [_SHEETS[panel.kind](panel, frames, page) for page in _PAGES.values()]
        for panel in demo.panels
        if panel.kind in _SHEETS
    }


def heights(spec: Spec) -> list[int]:
    """Pixels to reserve for a figure, so that nothing moves when it is drawn or used; one number for each of the widths
    of a page.

    Adds up the sizes that explorer.css gives the parts. A browser test holds the sum against every setting of every
    figure, at the narrowest page of each kind.
    """

    def head(panel: Spec, page: _Page) -> int:
        columns = page.columns if panel["wide"] else 1
        keys = len(panel["series"]) + bool(panel["band_label"]) if panel["kind"] == "lines" else 2
        return 23 * _lines(panel["title"], page.panel_title * columns) + 22 * (1 + _lines(keys, columns))

    def rows(items: list[Spec], columns: int) -> Iterator[list[Spec]]:
        """The items in rows; those that are wide, alone."""
        row: list[Spec] = []
        for item in items:
            alone = item.get("wide", item["kind"] in _SHEETS)
            if row and (alone or len(row) == columns):
                yield row
                row = []
            row.append(item)
            if alone:
                yield row
                row = []
        if row:
            yield row

    def height(i: int, page: _Page) -> int:
        total = 64
        for group in _groups(spec):
            for row in rows(group, page.columns):
                total += max(38 if control["kind"] == "toggle" else 62 for control in row)
        if page.columns == 1:
            total += 26 * _lines(spec["title"], page.title)  # else it stands beside the buttons
        total += 23 + 23 * _lines(spec["text_length"], page.sentence)
        if "player" in spec:
            total += 82 if page.columns == 2 else 122
        for row in rows(spec["panels"], page.columns):
            if row[0]["kind"] in _SHEETS:
                total += 14 + spec["sheets"][row[0]["name"]][i]
            else:
                total += 264 + max(head(panel, page) for panel in row)
        return total

    return [height(i, page) for i, page in enumerate(_PAGES.values())]


def _groups(spec: Spec) -> list[list[Spec]]:
    """The controls that stand together: in a film, those that both sides share and those that each has for itself."""
    offered = [control for control in spec["controls"] if control["kind"] != "number"]
    own = spec.get("compare", ())
    return [[c for c in offered if c["name"] not in own], [c for c in offered if c["name"] in own]]


def _formulas(panel: Formulas, data: Data) -> str:
    rows = (f"<li><p>{row['formula']}</p><p>{escape(row['reason'])}</p></li>" for row in data["rows"])
    return f"<p>{escape(panel.title)}</p><ol>{''.join(rows)}</ol>"


def _code(panel: Code, data: Data) -> str:
    return f"<p>{escape(panel.title)}</p><pre>{escape(data['code'])}</pre><p>{escape(data['note'])}</p>"


def _table(panel: Lines | Histograms | HeatMap | Images | Ridges, data: Data) -> str:
    columns, rows = panel.table(data)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(panel.title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
