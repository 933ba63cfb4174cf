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
from .numerals import Written

CHAPTERS = tuple(page.removeprefix("book/") for page in NOTEBOOKS)

REGION = re.compile(
    r"(?P<fence>^(?P<bars>```+|~~~+)(?P<language>[^\n]*)\n.*?^(?P=bars))"
    r"|(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<formula>\$\$.+?\$\$|(?<![\\$\w])\$[^$]+?\$(?!\d))"
    r"|(?P<address>(?<=\]\()[^)\s]+|<https?://[^>\s]+>|https?://[^\s)>]+)"
    r"|(?P<tag></?[a-z]+ ?/?>)",
    re.MULTILINE | re.DOTALL,
)
HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """One Markdown cell or one alt text: its source, and where in the prose its characters are."""

    cell: str
    source: str
    places: tuple
    regions: tuple  # (kind, start, end) in the source; kind is text, formula, code, listing or nothing (no prose)


@dataclass(frozen=True)
class Number:
    """A number in the prose, prose[start:end], or prose[start:core] without "million" or "%"; `at` is in the source."""

    written: Written
    start: int
    end: int
    core: int
    part: Part
    section: int
    kind: str
    at: tuple

    @property
    def cell(self):
        return self.part.cell


@dataclass(frozen=True)
class Output:
    """What one code cell, or the code of one hidden solution in a Markdown cell, prints."""

    cell: str
    section: int
    text: str


class Prose:
    """The prose of a notebook, with runs of white space made one space, and every number in it."""

    def __init__(self, notebook):
        self.notebook = notebook
        texts, self.parts, self.numbers = [], [], []
        length, self.section_of, section = 0, {}, 0
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code":
                self.section_of[cell["id"]] = section
                source = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            places, text = _normalise(source, length)
            part = Part(cell["id"], source, places, tuple(_regions(source)))
            self.parts.append(part)
            texts += [text] if text else []
            length += len(text) + 1 if text else 0
            headings = _headings(part)
            for kind, start, end in part.regions:
                for found in numerals.find(source[start:end], kind == "formula") if kind else ():
                    low, high, core = (start + offset for offset in (found.start, found.end, found.core))
                    self.numbers.append(
                        Number(
                            found.written,
                            places[low],
                            places[high - 1] + 1,
                            places[core - 1] + 1,
                            part,
                            section + sum(heading <= low for heading in headings),
                            kind,
                            (low, high),
                        )
                    )
            if cell["cell_type"] == "markdown":
                self.section_of[cell["id"]] = section
                section += len(headings)
        self.text = " ".join(texts)

    def around(self, number, words=6):
        """The number in the middle of a few words."""
        before = " ".join(self.text[: number.start].split(" ")[-words - 1 :])
        after = " ".join(self.text[number.end :].split(" ")[: words + 1])
        return f"{before}«{self.text[number.start : number.end]}»{after}"


def _normalise(source, start):
    """Where each character of the source goes, and the text with every run of white space made one space."""
    places, text = [], []
    position = start
    for run in re.finditer(r"\s+|\S+", source):
        blank = run[0].isspace()
        if not blank:
            places += range(position, position + len(run[0]))
            text.append(run[0])
            position += len(run[0])
        else:
            outside = run.start() == 0 or run.end() == len(source)
            places += [position] * len(run[0])
            text.append("" if outside else " ")
            position += not outside
    return tuple(places), "".join(text)


def _regions(source):
    position = 0
    for match in REGION.finditer(source):
        yield "text", position, match.start()
        kind = match.lastgroup if match.lastgroup in ("formula", "code") else None
        if match["code"]:
            kind = "code"
        elif match["fence"] and not match["language"].strip().startswith("python"):
            kind = "listing"
        yield kind, match.start(), match.end()
        position = match.end()
    yield "text", position, len(source)


def _headings(part):
    fences = [(start, end) for kind, start, end in part.regions if part.source[start:end].startswith(("```", "~~~"))]
    starts = [match.start() for match in HEADING.finditer(part.source)]
    return [at for at in starts if not any(low <= at < high for low, high in fences)]


# ---------------------------------------------------------------- what the code prints


def run(notebook):
    """Run the code cells in order, and then the code in the hidden solutions; the `Output` of each, in that order.

    As in a notebook, the value of a last line is shown. Of a figure that is the sentence which says what it shows.
    """
    matplotlib.use("agg")
    prose = Prose(notebook)
    namespace = {"__name__": "__main__"}
    cells = [(cell["id"], cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    outputs = []
    for name, kind, source in cells:
        if kind == "code":
            outputs.append(Output(name, prose.section_of[name], _execute(source, name, namespace)))
    for part, (name, kind, source) in zip(prose.parts, cells, strict=True):
        if kind == "markdown":
            for match in re.finditer(r"^```python\n(.*?)^```", source, re.DOTALL | re.MULTILINE):
                section = prose.section_of[name] + sum(at <= match.start() for at in _headings(part))
                outputs.append(Output(name, section, _execute(match[1], name, namespace)))
    plt.close("all")
    return outputs


def _execute(source, name, namespace):
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(tree, name, "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
            if value is not None and not source.rstrip().endswith(";"):
                print(_sentence(value) if hasattr(value, "frame") else _shown(value))
    return out.getvalue()


def _sentence(figure):
    """What a figure shows; of a film, its last step."""
    return figure.frame["text"] if figure.frame else figure.film["texts"][-1]


def _shown(value):
    text = repr(value)
    # Matplotlib's objects are shown as a picture; their names would only carry arbitrary numbers.
    return "" if " at 0x" in text or type(value).__module__.startswith("matplotlib") else text


# ---------------------------------------------------------------- the chapters of the book


@functools.cache
def chapter_prose(chapter):
    if chapter not in CHAPTERS:
        raise ValueError(f"the book has no chapter {chapter!r}; it has {', '.join(CHAPTERS)}")
    return Prose(read_notebook(f"book/{chapter}"))


def prose_of(chapter):
    """The prose of a chapter as one text, with runs of white space made one space."""
    return chapter_prose(chapter).text


@functools.cache
def chapter_outputs(chapter):
    """What the code of a chapter prints; it runs once a session."""
    # In a thread of its own: in this one the event loop of a browser may be running, and films would wait for it.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run, chapter_prose(chapter).notebook).result()


def printed(chapter, cell=None):
    """Everything that a chapter prints, or what one cell prints: its code, or the solutions hidden in its text."""
    outputs = chapter_outputs(chapter)
    if cell is not None:
        outputs = [output for output in outputs if output.cell == cell]
        if not outputs:
            raise ValueError(f"chapter {chapter} has no cell {cell!r} with code")
    return "".join(output.text for output in outputs)
