"""The code cells of the chapters: what is machinery, and folded on the pages, and where the imports stand."""

import ast
import re

import pytest
from harness import NOTEBOOKS, read_notebook

from initlab_book import install

CHAPTERS = [name for name in NOTEBOOKS if name != "book/index"]
FEW = 16  # lines of code that a reader is shown unasked


def code_cells(name):
    """(cell, source) of the cells that are the chapter's own: not the cells to install, of exercises, of the quiz."""
    for cell in read_notebook(name)["cells"]:
        if cell["cell_type"] == "code" and not re.match(rf"{install.CELL}$|quiz$|exercise-", cell["id"]):
            yield cell, "".join(cell["source"])


def machinery(source):
    """Why a cell is to be folded: it imports, draws, reads results that were computed before, or is long."""
    nodes = list(ast.walk(ast.parse(source)))
    lines = [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return [
        reason
        for reason, holds in {
            "imports": any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes),
            "draws": names & {"plt", "ax", "axes"},
            "reads results": "results" in names,
            f"has more than {FEW} lines": len(lines) > FEW,
        }.items()
        if holds
    ]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_machinery_is_folded_and_nothing_else_is(name):
    for cell, source in code_cells(name):
        tags = cell["metadata"].get("tags", [])
        if re.search(r"^show\(.*\)$", source, re.MULTILINE):
            assert tags == ["remove-input"], f"{cell['id']}: a figure stands for itself"
        else:
            assert tags == ["hide-input"] * bool(machinery(source)), f"{cell['id']}: {machinery(source)}"


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_import_opens_a_chapter(name):
    cells = read_notebook(name)["cells"]
    first = next(i for i, cell in enumerate(cells) if cell["cell_type"] == "code")
    assert any("".join(cell["source"]).startswith("## ") for cell in cells[:first])
    assert [cell["id"] for cell in cells[first : first + 2]] == [install.CELL, "imports"]
    assert not any("imports" in machinery(source) for cell, source in code_cells(name) if cell["id"] != "imports")


@pytest.mark.parametrize("name", CHAPTERS)
def test_rows_are_a_table(name):
    """Nobody pads columns with blanks: `Table` does, where it has to."""
    for cell, source in code_cells(name):
        assert re.findall(r"\{[^{}]*:[<>^]?\d+(?:\.\d+)?[a-z%]?\}", source) == [], cell["id"]
