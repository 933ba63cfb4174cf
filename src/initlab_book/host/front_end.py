"""Put together what a host needs: the script, the style sheet, and the data in a page."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

_HERE = Path(__file__).parent
_DEFAULT = "export default { render };\n"


@dataclass(frozen=True)
class FrontEnd:
    """The files of a front end: its JavaScript in the folder `js`, and a style sheet."""

    folder: Path
    """The folder of all of them."""
    name: str
    """`js/NAME.js` is the module that exports `render`, `js/static.js` its static host, `NAME.css` the style sheet."""

    def module(self) -> str:
        """The ES module that a widget loads."""
        return bundle(self.folder / "js" / f"{self.name}.js") + _DEFAULT

    def script(self) -> str:
        """The front end and its static host as one classic script: modules do not load from file://."""
        return f'(() => {{\n"use strict";\n{bundle(self.folder / "js" / "static.js")}}})();\n'

    def stylesheet(self) -> str:
        """The look that all front ends share, and what this one adds."""
        own = (self.folder / f"{self.name}.css").read_text(encoding="utf-8")
        return _without_comments(f"{_LOOK}\n{own}").replace(".initlab-any", f".initlab-{self.name}")


_LOOK = (_HERE / "look.css").read_text(encoding="utf-8")


def palette(name: str) -> str:
    """The part of the look that says the colours and the font, light and dark, for the class `initlab-NAME`."""
    return _without_comments(_LOOK.partition(".initlab-any .il-body")[0]).replace(".initlab-any", f".initlab-{name}")


def _without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def bundle(entry: Path) -> str:
    """A JavaScript module and all that it imports as one piece of code, every module after those that it imports.

    The modules then share one scope, so that all their names must differ, and only what keeps its meaning there is
    allowed: `import { a, b } from "./x.js"`, and `export` before a declaration. Comments, a third of the weight, are
    left out, and so is indentation.

    Parameters
    ----------
    entry : Path
        The file of the module.

    Raises
    ------
    ValueError
        If the modules import each other in a circle, a name is declared twice or imported but not exported, or a
        module is written in a way that is not understood here.
    """
    modules: dict[Path, _Module] = {}  # by path, in the order of the bundle
    _collect(entry.resolve(), (), modules)
    declared: dict[str, Path] = {}
    for path, module in modules.items():
        for name in module.names:
            if name in declared:
                raise ValueError(f"{path.name} and {declared[name].name} both declare {name}")
            declared[name] = path
    return "".join(module.code for module in modules.values())


# A line of its own; the end of a line, where no quote follows that could end a string; JSDoc.
_COMMENT = re.compile(
    r"""^[ \t]*//[^\n]*\n|[ \t]+// [^"'`\n]*$|(?:^|(?<=[\s(]))/\*\*.*?\*/\s*""", re.MULTILINE | re.DOTALL
)
_IMPORT = re.compile(r'^import \{([^{}]*)\} from "(\.[^"]*)";\n', re.MULTILINE)
_DECLARATION = re.compile(r"^(export )?(?:const|let|class|(?:async )?function\*?) (\w+)(?=[ (;])", re.MULTILINE)
# What is left of imports, exports and declarations when those above are taken away.
_UNKNOWN = re.compile(
    r"^\s*(?:import|export)\b.*|\bimport\s*[(.].*|^(?:const|let|var|class|async|function)\b.*", re.MULTILINE
)
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')


class _Module(NamedTuple):
    code: str
    """What is left of it in the bundle."""
    names: list[str]
    """What it declares at the top level."""
    exports: set[str]
    """What others may import."""


def _collect(path: Path, importers: tuple[Path, ...], modules: dict[Path, _Module]) -> None:
    """Put a module into `modules`, behind all that it imports."""
    if path in importers:
        raise ValueError(f"modules import each other in a circle: {' > '.join(p.name for p in (*importers, path))}")
    if path in modules:
        return
    code = _COMMENT.sub("", path.read_text(encoding="utf-8").replace(_DEFAULT, ""))
    for names, address in _IMPORT.findall(code):
        source = (path.parent / address).resolve()
        if not source.is_file():
            raise ValueError(f"{path.name} imports from {address}, which does not exist")
        _collect(source, (*importers, path), modules)
        for name in filter(None, map(str.strip, names.split(","))):
            if name not in modules[source].exports:
                raise ValueError(f"{path.name} imports {name!r} from {source.name}, which does not export it")
    code = _IMPORT.sub("", code)
    declarations = _DECLARATION.findall(code)
    unknown = _UNKNOWN.search(_DECLARATION.sub("", code))
    if unknown:
        raise ValueError(f"{path.name} has what cannot be bundled: {unknown[0].strip()}")
    for line in code.splitlines():
        if _STRING.sub("", line).count("`") % 2:  # its text might begin like a comment
            raise ValueError(f"{path.name} must end a template on the line on which it begins: {line.strip()}")
    code = _DECLARATION.sub(lambda found: found[0].removeprefix("export "), code)
    code = re.sub(r"^[ \t]+|^\n", "", code, flags=re.MULTILINE)
    names = [name for _, name in declarations]
    modules[path] = _Module(code, names, {name for export, name in declarations if export})


def json_script(payload: Any, attributes: str = "") -> str:
    """A script element that carries data in a page.

    Parameters
    ----------
    payload : object
        What JSON can hold.
    attributes : str
        Further attributes of the element, with a space before each.
    """
    # "</" would end the script element early.
    packed = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f'<script type="application/json"{attributes}>{packed}</script>'


@dataclass(frozen=True)
class Still:
    """What a page of the book carries in the place of a widget."""

    html: str
    """What the page shows."""
    text: str
    """The same in plain words."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}
