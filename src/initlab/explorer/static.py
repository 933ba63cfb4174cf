"""The static host: a figure as a piece of HTML that needs no kernel, no server and no other host.

The page carries the frames of all settings as JSON; `host.js` hands them to the same `explorer.js` that the widget
uses. Until the script runs, and if it never does, the start frame's sentence and a small table stand in its place.
"""

import json
import math
from html import escape
from pathlib import Path

from .demo import Demo

_HERE = Path(__file__).parent
_EXPORT = "export default { render };"


def script():
    """The figure's JavaScript and its static host as one classic script: modules do not load from file://."""
    module = (_HERE / "explorer.js").read_text(encoding="utf-8")
    if module.count("export") != 1 or _EXPORT not in module or "import " in module:
        raise RuntimeError(f"explorer.js must import nothing and export one thing, by the line {_EXPORT!r}")
    host = (_HERE / "host.js").read_text(encoding="utf-8")
    return f'(() => {{\n"use strict";\n{module.replace(_EXPORT, "")}\n{host}}})();\n'


def stylesheet():
    """The figure's CSS."""
    return (_HERE / "explorer.css").read_text(encoding="utf-8")


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
    frame = demo.frame(**start)
    narrow, wide = heights(payload["spec"])
    tables = "".join(_table(panel, frame["panels"][panel.name]) for panel in demo.panels)
    # "</" would end the script element early.
    packed = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return (
        f'<div class="initlab-explorer" id="explorer-{demo.name}" '
        f'style="--il-narrow:{narrow}px;--il-wide:{wide}px">'
        f'<div class="il-body"><div class="il-fallback"><p class="il-title">{escape(demo.title)}</p>'
        f"<p>{escape(frame['text'])}</p>{tables}</div></div>"
        f'<script type="application/json">{packed}</script></div>'
    )


def heights(spec):
    """Pixels to reserve for a figure on a narrow and on a wide page, so that nothing moves when it is drawn.

    Mirrors the fixed sizes in explorer.css; a browser test compares the two.
    """
    controls = sum(control["kind"] != "number" for control in spec["controls"])
    narrow = 130 + 62 * controls + 24 * math.ceil(spec["text_length"] / 36)
    wide = 90 + 62 * math.ceil(controls / 3) + 24 * math.ceil(spec["text_length"] / 88)
    row = []  # keys in the legends of the panels that stand side by side
    for panel in spec["panels"]:
        keys = len(panel["series"]) + bool(panel["band_label"]) if panel["kind"] == "lines" else 2
        narrow += 312 + 22 * keys
        if panel["wide"]:
            wide += 312 + 22 * math.ceil(keys / 2)
        elif len(row) == 1:
            wide += 22 * max(keys - row.pop(), 0)
        else:
            row.append(keys)
            wide += 312 + 22 * keys
    return narrow, wide


def _table(panel, data):
    columns, rows = panel.table(data)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(panel.title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
