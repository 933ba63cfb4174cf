"""The static host: a figure as a piece of HTML that needs no kernel, no server and no other host.

The page carries the frames of all settings as JSON; `static.js` hands them to the same `explorer.js` that the widget
uses. Until the script runs, and if it never does, the start frame's sentence and a small table stand in its place.
"""

from collections.abc import Callable
from html import escape
from typing import Any

from ..host.front_end import Still, json_script
from .demo import Demo, Settings
from .film import Film
from .panels import Code, Data, Formulas, HeatMap, Histograms, Images, Lines, Ridges
from .prediction import Prediction


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
    spec = demo.spec() | {"longest": max((frame["text"] for frame in frames), key=len)}
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
    spec = film.spec() | {"longest": max(texts, key=len)}
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
    plain: dict[str, Callable[[Any, Data], str]] = {"formulas": _formulas, "code": _code}
    tables = "".join(plain.get(panel.kind, _table)(panel, frame["panels"][panel.name]) for panel in demo.panels)
    engine = ' data-engine="figures"' if demo.engine else ""  # when the book is built, the address of its script
    caption = f'<figcaption class="il-caption">{NUMBER}{escape(demo.caption)}</figcaption>' if demo.caption else ""
    if demo.engine_data:
        parts["engine"] = demo.engine_data()
    films = "".join(
        json_script(films, f' data-film="{demo.name}" data-part="{part or "all"}"') for part, films in parts.items()
    )
    return (
        f'<figure class="initlab-explorer" id="explorer-{demo.name}"{engine}>'
        f'<div class="il-body"><div class="il-fallback"><p class="il-title">{escape(demo.title)}</p>'
        f"{_prediction(demo.prediction)}<p>{escape(frame['text'])}</p>{tables}</div></div>{caption}"
        f"{json_script(payload)}{films}"
        # Where the script is missing, the words above stay.
        "<script>window.initlabFigure?.(document.currentScript.parentElement)</script></figure>"
    )


NUMBER = '<span class="il-number"></span>'
"""Where the number of the figure goes, when the book is built."""


def _prediction(prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    options = "".join(f"<li>{escape(option)}</li>" for option in prediction.options)
    return (
        f"<p><strong>Predict.</strong> {escape(prediction.question)}</p>{f'<ul>{options}</ul>' if options else ''}"
        f"<details><summary>What comes out?</summary><p>{escape(prediction.outcome)}</p></details>"
    )


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
