"""The first code cell of every chapter: it gets the book's packages when a notebook is opened where they are not."""

from typing import Any

CELL = "install"

KNOWN = """\
try:  # the packages of this book
    import initlab_book
except ModuleNotFoundError:  # this notebook was opened without them, in Colab for example
    get_ipython().run_line_magic("pip", 'install --quiet "initlab[book] @ git+{address}"')"""

UNKNOWN = """\
try:  # the packages of this book
    import initlab_book
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "The package initlab_book is missing. Download the repository that this notebook comes from, as an "
        'archive, unpack it, and run: %pip install "path/to/the/folder[book]"'
    ) from None"""


def source(address: str) -> str:
    """The cell's code. `address` is that of the repository; where it is unknown, the cell says what to do instead."""
    return KNOWN.format(address=address.rstrip("/")) if address else UNKNOWN


def put(notebook: dict[str, Any], address: str) -> None:
    """Put the cell before all other code of a notebook, in place of the one that may be there."""
    lines = source(address).splitlines(keepends=True)
    cell: dict[str, Any] = {"cell_type": "code", "id": CELL, "metadata": {"tags": ["remove-cell"]}, "source": lines}
    cell |= {"execution_count": None, "outputs": []}
    cells = [other for other in notebook["cells"] if other["id"] != CELL]
    at = next(i for i, other in enumerate(cells) if other["cell_type"] == "code")
    notebook["cells"] = [*cells[:at], cell, *cells[at:]]
