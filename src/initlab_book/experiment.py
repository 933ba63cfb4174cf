"""An experiment: what becomes of training, over many draws and under many conditions.

What a network does in training may hang on the draw of its weights, on the data, the order of the examples, the width,
the optimizer and the learning rate. An experiment has a *grid* of such conditions, and a function that computes one
*cell* of the grid. It stands in `chapters/<name>/experiments.py`:

    @experiment(
        grid={"draw": DRAWS, "width": (16, 32), "optimizer": tuple(OPTIMIZERS)},
        settings={"rates": powers_of_two(-10, 0), "steps": 500},
        small={"draw": 0, "width": 16, "optimizer": "sgd"},
    )
    def learning(*, draw, width, optimizer, rates, steps):
        \"\"\"Which share of the points is right in the end, at every rate.\"\"\"
        network = sample([2, width, 2], "tanh", xavier_normal, rng=draw)
        ...
        return {"accuracy": accuracy}

`make experiments` computes all cells, in any order and on any machine, and keeps their numbers; `results` has them.
Draw i takes its weights, its data and the order of its examples from seed i: ten draws are ten runs, not a thousand.
"""

import importlib
import inspect
import itertools
import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

Cell = dict[str, Any]
"""{condition: value}, one value from each axis of a grid."""

DRAWS = tuple(range(10))
"""Ten draws: each fixes weights, data and order."""
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {},
    "momentum": {"momentum": 0.9},
    "adam": {"optimizer": "adam"},
}
"""What `training.train` needs to know of the optimizers that a claim is tested with."""
DIGITS = 4
"""Significant digits of the numbers that are kept."""


_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Experiment:
    """A function for one cell, and the grid of all cells. The decorator `experiment` makes it."""

    cell: Callable[..., Mapping[str, Any]]
    """Takes a value of each axis of the grid, and the settings; returns named numbers or arrays. Their shapes are the
    same in all cells. What overflows may be inf or nan."""
    grid: Mapping[str, Sequence[Any]]
    """The axes, {condition: values}; the last one varies fastest. Values are numbers or words."""
    settings: Mapping[str, Any]
    """What is the same in all cells: numbers, words, lists of them."""
    small: Cell
    """The cell that the tests compute anew: it takes a second or two, and rounding decides little in it."""

    @property
    def name(self) -> str:
        """That of the function."""
        return self.cell.__name__

    @property
    def module(self) -> str:
        """Where it stands: initlab_book.chapters.<chapter>.experiments."""
        return self.cell.__module__

    @property
    def chapter(self) -> str:
        """The chapter that it belongs to."""
        return self.module.split(".")[-2]

    @property
    def cells(self) -> list[Cell]:
        """All cells, in the order of the grid."""
        return [dict(zip(self.grid, values, strict=True)) for values in itertools.product(*self.grid.values())]

    def compute(self, cell: Cell) -> dict[str, Any]:
        """The numbers of one cell, as JSON keeps them: rounded, and None for what is not finite.

        BLAS has one thread: the other cores are at work on other cells, and the last digits may not depend on how many
        there are. That limit is one for the whole process, so that a process computes one cell at a time.
        """
        with _one_at_a_time, threadpool_limits(1):
            found = {name: plain(value) for name, value in self.cell(**cell, **self.settings).items()}
        if taken := found.keys() & self.grid.keys():
            raise ValueError(f"{self.name} returns {sorted(taken)}, which are axes of its grid")
        return found


def experiment(
    *, grid: Mapping[str, Sequence[Any]], settings: Mapping[str, Any], small: Cell
) -> Callable[[Callable[..., Mapping[str, Any]]], Experiment]:
    """Make an `Experiment` of the function below."""

    def made(cell: Callable[..., Mapping[str, Any]]) -> Experiment:
        found = Experiment(cell, grid, settings, small)
        taken = set(inspect.signature(cell).parameters)
        if taken != {*grid, *settings} or len(taken) != len(grid) + len(settings):
            raise ValueError(f"{cell.__name__} takes {sorted(taken)}, grid and settings are {[*grid, *settings]}")
        if json.loads(json.dumps(found.cells)) != found.cells or small not in found.cells:
            raise ValueError(f"{cell.__name__}: the grid must hold plain numbers and words, and the small cell")
        return found

    return made


def find(module: str, name: str) -> Experiment:
    """The experiment of that name, for a process that knows only this."""
    found: Experiment = getattr(importlib.import_module(module), name)
    return found


def new_examples(draw: int) -> int:
    """The seed of the examples of a draw that are not trained on."""
    return 1000 + draw


def from_then_on(condition: np.ndarray) -> np.ndarray:
    """The first step from which a condition, (steps, ...), holds to the end; -1 where it does not hold in the end."""
    failed = ~condition[::-1]
    return np.where(condition[-1], np.where(failed.any(axis=0), len(condition) - failed.argmax(axis=0), 0), -1)


def powers_of_two(first: int, last: int) -> tuple[float, ...]:
    """2^first, ..., 2^last: learning rates a factor of 2 apart."""
    return tuple(2.0**k for k in range(first, last + 1))


def plain(value: Any) -> Any:
    """A number or an array of numbers as JSON keeps it.

    >>> plain(np.array([[1, 2], [3, 4]])), plain([0.123456, np.inf]), plain(np.float32(0.5) > 0)
    ([[1, 2], [3, 4]], [0.1235, None], True)
    """
    if isinstance(value, str) or not isinstance(value, bool | int | float | np.ndarray | np.generic | list | tuple):
        raise TypeError(f"an experiment returns numbers and arrays of numbers, not {value!r}")
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value
