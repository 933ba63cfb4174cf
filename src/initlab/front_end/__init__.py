"""What the front ends of the book share: one ES module for two hosts, one look, one rule for who shows it.

A front end (the Explorer, the quiz) is a folder with an ES module, of one file or a few, that imports nothing and
exports `render({ model, el })`, the interface of anywidget. In a notebook a `Widget` loads it (`widget.py`). On a page
of the site it is part of a classic script, together with `host.js`, which gives it a model made of the JSON in the
page. Colours, cards and buttons are the same everywhere: `look.css`.
"""

import json
import re
from pathlib import Path

_HERE = Path(__file__).parent
_EXPORT = "export default { render };"


def module(*files: Path):
    """The ES module of a front end: its files one after another, of which the last one exports."""
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    if code.count("export") != 1 or _EXPORT not in code or "import " in code:
        raise RuntimeError(f"{files[-1].name} must import nothing and export one thing, by the line {_EXPORT!r}")
    return code


def classic_script(code: str, host: Path):
    """A front end and its static host as one classic script: modules do not load from file://."""
    code = code.replace(_EXPORT, "") + "\n" + host.read_text(encoding="utf-8")
    code = re.sub(r"^\s*//.*\n", "", code, flags=re.MULTILINE)  # comments are a third of a front end's weight
    return f'(() => {{\n"use strict";\n{code}}})();\n'


def stylesheet(own: Path):
    """The style sheet of a front end, `own` being its file: the look that all share, and what it adds."""
    look = (_HERE / "look.css").read_text(encoding="utf-8").replace(".initlab-any", f".initlab-{own.stem}")
    return re.sub(r"/\*.*?\*/", "", f"{look}\n{own.read_text(encoding='utf-8')}", flags=re.DOTALL)


def json_script(payload, attributes=""):
    """An element that carries data in a page."""
    # "</" would end the script element early.
    packed = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f'<script type="application/json"{attributes}>{packed}</script>'
