"""A chapter as the claims see it: its prose with every number in it, and what its code prints.

Prose is what a reader reads or hears: the Markdown cells and the alt texts of the figures. Code, the addresses of links
and HTML tags are not prose; code spans and listings of anything but Python are, for a number can be claimed there too.
"""

import ast
import contextlib
import functools
import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import matplotlib
import matplotlib.pyplot as plt
from harness import NOTEBOOKS, read_notebook

from . import numerals

CHAPTERS = tuple(page.removeprefix("book/") for page in NOTEBOOKS)

NO_TEXT = re.compile(
    r"(?P<python>^```python\n.*?^```)"
    r"|(?P<listing>^(?P<bars>```+|~~~+).*?^(?P=bars))"
    r"|(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<formula>\$\$.+?\$\$|(?<![\\$\w])\$[^$]+?\$(?!\d))"
    r"|(?P<address>(?<=\]\()[^)\s]+|<https?://[^>\s]+>|https?://[^\s)>]+)"
    r"|(?P<tag></?[a-z]+ ?/?>)",
    re.MULTILINE | re.DOTALL,
)


TERM = re.compile(r"\[([^\]]+)\]\(glossary\.md\)")  # a quote of the prose need not know which words are linked


@dataclass(frozen=True)
class Number:
    """A number in its place, prose.text[start:end], and the formula or piece of text that it stands in."""

    written: numerals.Written
    start: int
    end: int
    kind: str  # text, formula, code or listing
    region: tuple
    cell: str


class Prose:
    """The prose of a notebook as one text, and every number in it."""

    def __init__(self, notebook):
        self.notebook, self.text, self.numbers = notebook, "", []
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code":
                source = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            source = TERM.sub(r"\1", source)
            for kind, start, end in _regions(source):
                for written in numerals.find(source[start:end], kind == "formula"):
                    first, *region = (len(self.text) + start + at for at in (written.start, 0, end - start))
                    number = Number(written, first, first + len(written.text), kind, tuple(region), cell["id"])
                    self.numbers.append(number)
            self.text += source + "\n\n"
        # {place between two characters of a number: that number}
        self.inside = {at: each.written.text for each in self.numbers for at in range(each.start + 1, each.end)}

    def around(self, number, characters=40):
        """The number in the middle of a few words."""
        before = self.text[max(0, number.start - characters) : number.start]
        return " ".join(f"{before}«{number.written.text}»{self.text[number.end : number.end + characters]}".split())


def _regions(source):
    position = 0
    for match in NO_TEXT.finditer(source):
        yield "text", position, match.start()
        kind = next(kind for kind, text in match.groupdict().items() if text is not None)
        if kind in ("formula", "code", "listing"):
            yield kind, *match.span()
        position = match.end()
    yield "text", position, len(source)


@functools.cache
def chapter_prose(chapter):
    if chapter not in CHAPTERS:
        raise ValueError(f"the book has no chapter {chapter!r}; it has {', '.join(CHAPTERS)}")
    return Prose(read_notebook(f"book/{chapter}"))


def prose_of(chapter):
    """The prose of a chapter as one text, with runs of white space made one space."""
    return " ".join(chapter_prose(chapter).text.split())


# ---------------------------------------------------------------- what the code prints


def printed(chapter, cell=None):
    """Everything that a chapter prints, or what one cell prints: its code, or the solutions hidden in its text."""
    outputs = _outputs(chapter)
    return "".join(outputs.values()) if cell is None else outputs[cell]


def table(chapter, cell):
    """The rows of all tables that a cell shows: words as texts, numbers and shares in per cent as numbers."""
    tables = re.findall(r"^─+\n(.*?)\n─+$", printed(chapter, cell), re.MULTILINE | re.DOTALL)
    rows = (line.strip(" ") for text in tables for line in text.split("\n"))
    return [[_value(text) for text in re.split(" {2,}", row)] for row in rows]


def _value(text):
    """10⁻⁶ and 3.05 × 10⁻⁵, 35,000 and 97 % as numbers; words as they are."""
    plain = text.translate(PLAIN).removesuffix("%")
    plain = re.sub(r"(?<![\d×])10(?=[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])", "1×10", plain).replace("×10", "e").translate(SUPERSCRIPTS)
    try:
        return float(plain) / (100 if text.endswith("%") else 1)
    except ValueError:
        return text


PLAIN = str.maketrans({"\xa0": None, ",": None, "−": "-"})
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@functools.cache
def _outputs(chapter):
    """What each cell of a chapter prints; the code runs once a session."""
    # In a thread of its own: in this one the event loop of a browser may be running, and films would wait for it.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run, read_notebook(f"book/{chapter}")).result()


def run(notebook):
    """Run the code cells in order, then the code in the hidden solutions: {cell: what it prints}, in that order."""
    matplotlib.use("agg")
    namespace = {"__name__": "__main__", "display": lambda value: print(_shown(value))}
    cells = [(cell["id"], cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    code = [(name, source) for name, kind, source in cells if kind == "code"]
    for name, kind, source in cells:
        if kind == "markdown":
            code += [(name, part) for part in re.findall(r"^```python\n(.*?)^```", source, re.DOTALL | re.MULTILINE)]
    outputs = {}
    for name, source in code:
        outputs[name] = outputs.get(name, "") + _execute(source, name, namespace)
    plt.close("all")
    return outputs


def _execute(source, name, namespace):
    """What the code prints; as in a notebook, the value of a last line is shown."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(tree, name, "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
            if value is not None and not source.rstrip().endswith(";"):
                print(_shown(value))
    return out.getvalue()


def _shown(value):
    """Of a figure, the sentence which says what it shows; of a film, that of its last step."""
    if hasattr(value, "frame"):
        return value.frame["text"] if value.frame else value.film["texts"][-1]
    # Matplotlib's objects are shown as a picture; their names would only carry arbitrary numbers.
    return "" if " at 0x" in repr(value) or type(value).__module__.startswith("matplotlib") else repr(value)
