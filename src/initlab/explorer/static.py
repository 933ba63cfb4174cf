"""The static host: a figure as a piece of HTML that needs no kernel, no server and no other host.

The page carries the frames of all settings as JSON; `host.js` hands them to the same `explorer.js` that the widget
uses. Until the script runs, and if it never does, the start frame's sentence and a small table stand in its place.
"""

import math
from html import escape
from pathlib import Path

from .. import front_end
from .demo import Demo

_HERE = Path(__file__).parent


def script():
    """The figure's JavaScript and its static host, as one classic script."""
    return front_end.classic_script(_HERE / "explorer.js", _HERE / "host.js")


def stylesheet():
    """The figure's CSS."""
    return front_end.stylesheet(_HERE / "explorer.css")


def data(demo: Demo, **start):
    """What the static page carries: spec, start settings, and a frame for every point of the grid, in grid order."""
    settings = demo.settings(**start)
    off_grid = [c.name for c in demo.controls if settings[c.name] not in c.values]
    if off_grid:
        raise ValueError(f"the static page has no picture for {off_grid[0]} = {settings[off_grid[0]]!r}")
    frames = [demo.frame(**point) for point in demo.grid()]
    spec = demo.spec() | {"text_length": max(len(frame["text"]) for frame in frames)}
    return {"spec": spec, "start": settings, "frames": frames}


def figure(demo: Demo, **start):
    """The HTML of one figure."""
    payload = data(demo, **start)
    frame = payload["frames"][list(demo.grid()).index(payload["start"])]
    reserved = ";".join(f"--il-{width}:{px}px" for width, px in zip(_PAGES, heights(payload["spec"]), strict=True))
    tables = "".join(_table(panel, frame["panels"][panel.name]) for panel in demo.panels)
    return (
        f'<div class="initlab-explorer" id="explorer-{demo.name}" style="{reserved}">'
        f'<div class="il-body"><div class="il-fallback"><p class="il-title">{escape(demo.title)}</p>'
        f"<p>{escape(frame['text'])}</p>{tables}</div></div>"
        f"{front_end.json_script(payload)}</div>"
    )


# The widths from which explorer.css reserves the next height, and what fits there: columns of controls and of panels,
# and characters on a line of the figure's title, of a panel's title and of the sentence.
_PAGES = {0: (1, 26, 30, 29), 320: (1, 26, 34, 35), 560: (2, 60, 29, 59), 640: (2, 60, 34, 76)}


def heights(spec):
    """Pixels to reserve for a figure on pages of different width, so that nothing moves when it is drawn or used.

    Adds up the sizes that explorer.css gives the parts. A browser test holds the sum against every setting of every
    figure, at the narrowest page of each kind.
    """

    def lines(text, per_line):
        return math.ceil((len(text) if isinstance(text, str) else text) / per_line)

    def head(panel, columns, per_line):
        if not panel["wide"]:
            columns = 1
        keys = len(panel["series"]) + bool(panel["band_label"]) if panel["kind"] == "lines" else 2
        return 23 * lines(panel["title"], per_line * columns) + 22 * (1 + lines(keys, columns))

    def height(columns, title, panel_title, sentence):
        total = 64 + 62 * lines(sum(control["kind"] != "number" for control in spec["controls"]), columns)
        if columns == 1:
            total += 26 * lines(spec["title"], title)  # else it stands beside the buttons
        total += 23 + 23 * lines(spec["text_length"], sentence)
        row = []  # panels side by side
        for panel in spec["panels"]:
            row.append(panel)
            if panel["wide"] or len(row) == columns or panel is spec["panels"][-1]:
                total += 264 + max(head(p, columns, panel_title) for p in row)
                row = []
        return total

    return [height(*page) for page in _PAGES.values()]


def _table(panel, data):
    columns, rows = panel.table(data)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(panel.title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
