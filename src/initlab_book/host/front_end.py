"""Put together what a host needs: the script, the style sheet, and the data in a page."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_EXPORT = "export default { render };"


@dataclass(frozen=True)
class FrontEnd:
    """The files of a front end."""

    folder: Path
    modules: tuple
    """Names of its JavaScript files, one after another; the last one exports `render`, and names the style sheet."""

    def module(self):
        """The ES module that a widget loads: its files one after another."""
        code = "\n".join((self.folder / f"{name}.js").read_text(encoding="utf-8") for name in self.modules)
        if code.count("export") != 1 or _EXPORT not in code or "import " in code:
            raise RuntimeError(f"{self.modules[-1]}.js must import nothing and export one thing, by {_EXPORT!r}")
        return code

    def script(self):
        """The front end and its static host as one classic script: modules do not load from file://."""
        code = self.module().replace(_EXPORT, "") + "\n" + (self.folder / "host.js").read_text(encoding="utf-8")
        code = re.sub(r"^\s*//.*\n", "", code, flags=re.MULTILINE)  # comments are a third of a front end's weight
        return f'(() => {{\n"use strict";\n{code}}})();\n'

    def stylesheet(self):
        """The look that all share, and what this one adds."""
        name = self.modules[-1]
        look = (_HERE / "look.css").read_text(encoding="utf-8").replace(".initlab-any", f".initlab-{name}")
        own = (self.folder / f"{name}.css").read_text(encoding="utf-8")
        return re.sub(r"/\*.*?\*/", "", f"{look}\n{own}", flags=re.DOTALL)


def json_script(payload, attributes=""):
    """An element that carries data in a page."""
    # "</" would end the script element early.
    packed = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f'<script type="application/json"{attributes}>{packed}</script>'


@dataclass(frozen=True)
class Still:
    """What a page of the book carries in the place of a widget."""

    html: str
    text: str
    """The same in plain words."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "text/plain": self.text}
