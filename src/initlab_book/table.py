"""Rows that a cell has computed, as a table."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .numbers import number


class Table:
    """A table at the end of a cell: typeset in a notebook and on a page of the book, of aligned text elsewhere.

    Parameters
    ----------
    head : sequence of str
        What stands above the columns.
    rows : iterable of sequences
        What stands in them: words as they are, numbers as the book writes them, formulas of SymPy typeset.
    digits : int
        How many significant digits a number has.

    Examples
    --------
    >>> Table(["layer", "size"], [(1, 0.5), (30, 0.0268)])
    layer    size
    ─────────────
        1     0.5
       30  0.0268
    ─────────────
    """

    def __init__(self, head: Sequence[str], rows: Iterable[Sequence[Any]], digits: int = 3) -> None:
        self.head, self.rows, self.digits = tuple(head), [tuple(row) for row in rows], digits
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError(f"every row must have {len(self.head)} values, as many as the head, got {self.rows}")
        if not all(self.head):
            raise ValueError(
                f"every column needs a name, which a screen reader says before its values, got {self.head}"
            )

    def _repr_markdown_(self) -> str:
        rule = [("---:" if numeric else "---") for numeric in self._numeric()]
        lines = [self.head, rule, *([self._typeset(value) for value in row] for row in self.rows)]
        return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)

    def __repr__(self) -> str:
        lines = [self.head, *([self._written(value) for value in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        how = [">" if numeric else "<" for numeric in self._numeric()]
        head, *rows = (
            "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(line, how, widths, strict=True)).rstrip()
            for line in lines
        )
        rule = "─" * (sum(widths) + 2 * len(widths) - 2)
        return "\n".join([head, rule, *rows, rule])

    def _numeric(self) -> list[bool]:
        """Which columns hold no words: numbers, 97 %, 0.3 ± 0.1."""
        columns = zip(*([self._written(value) for value in row] for row in self.rows), strict=True)
        texts = (re.sub("overflow|not a number", "", " ".join(column)) for column in columns)
        return [not re.search("[A-Za-z]", text) for text in texts]

    def _written(self, value: Any) -> str:
        if value is None or (isinstance(value, int | float | np.number) and not isinstance(value, bool)):
            return number(value, self.digits)
        return str(value)

    def _typeset(self, value: Any) -> str:
        if hasattr(value, "_repr_latex_"):  # it is SymPy's, which nobody has to load for other tables
            from initlab.algebra import latex

            return rf"$\displaystyle {latex(value)}$"
        return self._written(value)
