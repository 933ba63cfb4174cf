"""The results of experiments: numbers that were computed once, and what they were made with.

They are in `chapters/<name>/results/<experiment>.json`, and a notebook reads them with `load`:

    found = results.load(chapter.experiments.learning)
    found.get("accuracy", optimizer="adam", width=16)      # an array: draws, rates

The file names the settings, the versions, and the *code* that made it: a hash of the chapter's experiments and of all
that they import from this project, without comments and docstrings. `outdated` says whether it is still the same, or
was found to give the same numbers. (A change that should not matter, such as a new check of an argument, need not cost
an hour of computing. A sample of the cells is then computed anew, and the file says how large it was and on what:
`confirm`.)
"""

import ast
import functools
import hashlib
import importlib.util
import io
import json
import os
import platform
import sys
import tempfile
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

import initlab

from .experiment import Cell, Experiment

OLDER = "they are older than the code"
ROUNDING = ("python", "numpy", "blas", "simd")  # of what results are made with: where they agree, no digit may differ
SEEDS = "draw i takes its weights, its data and the order of its examples from seed i, new examples from seed 1000 + i"


@dataclass(frozen=True)
class Results:
    """The numbers of all cells, as arrays."""

    axes: dict[str, list[Any]]
    """The grid: {condition: values}. They are the first axes of every array."""
    settings: dict[str, Any]
    """What is the same in all cells."""
    values: dict[str, np.ndarray]
    """{name: array}. What was not finite is nan."""

    def get(self, name: str, **at: Any) -> np.ndarray:
        """The array of that name; an axis for which a value is given has only that value, and falls away."""
        unknown = [f"{axis}={value!r}" for axis, value in at.items() if value not in self.axes.get(axis, [])]
        if unknown:
            raise ValueError(f"there is no {', '.join(unknown)} in {self.axes}")
        index = [self.axes[axis].index(at[axis]) if axis in at else slice(None) for axis in self.axes]
        return self.values[name][tuple(index)]


def file(experiment: Experiment) -> Path:
    """Where the results of an experiment are."""
    source = sys.modules[experiment.module].__file__
    assert source is not None
    return Path(source).parent / "results" / f"{experiment.name}.json"


def load(experiment: Experiment) -> Results:
    """The results that were computed last."""
    kept = json.loads(file(experiment).read_text(encoding="utf-8"))
    shape = [len(values) for values in kept["grid"].values()]
    names = [name for name in kept["cells"][0] if name not in kept["grid"]]
    arrays = {name: np.array([cell[name] for cell in kept["cells"]]) for name in names}
    numbers = {name: array.astype(float) if array.dtype == object else array for name, array in arrays.items()}
    values = {name: array.reshape(*shape, *array.shape[1:]) for name, array in numbers.items()}
    return Results(kept["grid"], kept["settings"], values)


def outdated(experiment: Experiment) -> str | None:
    """What is wrong with the results that are there, or None: whether they have to be computed again."""
    path = file(experiment)
    if not path.is_file():
        return "there are none yet"
    kept = json.loads(path.read_text(encoding="utf-8"))
    if {name: kept[name] for name in ("settings", "grid")} != _conditions(experiment):
        return "they were made with other settings"
    same = code(experiment.module) in (kept["code"], kept.get("confirmed", {}).get("code"))
    return None if same else OLDER


def record(experiment: Experiment, computed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the file of an experiment says. `computed` are the numbers of its cells, in the order of the grid."""
    return {
        "experiment": f"{experiment.chapter}/{experiment.name}",
        "code": code(experiment.module),
        "made_with": made_with(),
        "seeds": SEEDS,
        **_conditions(experiment),
        "cells": [cell | dict(numbers) for cell, numbers in zip(experiment.cells, computed, strict=True)],
    }


def confirm(experiment: Experiment, computed: Sequence[tuple[Cell, Mapping[str, Any]]]) -> str | None:
    """Note in the file that the code that is there computed these cells again, or say what came out otherwise."""
    if different := departure(experiment, computed):
        return f"{different}: compute it again"
    kept = json.loads(file(experiment).read_text(encoding="utf-8"))
    confirmed = {"confirmed": {"code": code(experiment.module), "cells": len(computed), "made_with": made_with()}}
    kept.pop("confirmed", None)
    _put(file(experiment), to_text({"experiment": kept.pop("experiment"), "code": kept.pop("code")} | confirmed | kept))
    return None


def departure(experiment: Experiment, computed: Sequence[tuple[Cell, Mapping[str, Any]]]) -> str | None:
    """How cells that were computed again differ from what the file says, or None.

    With the same versions on the same kind of processor not a digit may differ. Others round otherwise, and where
    training is erratic, as at the largest rates, that decides where it ends. So there these cells must resemble what
    was kept of them more than they resemble the same cells with any other draw (more numbers within 1 %), and at most
    one number in twenty may lie further from those of all draws than these lie apart.

    Parameters
    ----------
    experiment : Experiment
        With results that are there.
    computed : sequence of (cell, numbers)
        As `Experiment.compute` returns them.

    Returns
    -------
    str or None
        Which cell came out otherwise, and how.
    """
    found, what = load(experiment), f"{experiment.chapter}/{experiment.name}"
    made = json.loads(file(experiment).read_text(encoding="utf-8"))["made_with"]
    exact = all(made[name] == made_with()[name] for name in ROUNDING)
    # How many numbers are what was kept of the same draw, and of each draw after it.
    alike = np.zeros(len(found.axes["draw"]), dtype=int)
    count = far = 0
    for cell, numbers in computed:
        others = {axis: value for axis, value in cell.items() if axis != "draw"}
        for name, value in numbers.items():
            now = np.array(value, dtype=float)
            draws = np.roll(found.get(name, **others).astype(float), -found.axes["draw"].index(cell["draw"]), axis=0)
            if exact and not np.array_equal(now, draws[0], equal_nan=True):
                return f"{what} at {cell} is not what it was: {name} is {now.tolist()}, and was {draws[0].tolist()}"
            near = np.isclose(now, draws, rtol=0.01, atol=1e-4, equal_nan=True)
            low, high = draws.min(axis=0), draws.max(axis=0)
            possible = near[0] | np.isnan(draws).any(axis=0) | ((now >= 2 * low - high) & (now <= 2 * high - low))
            alike += near.reshape(len(near), -1).sum(axis=1)
            count, far = count + now.size, far + int(np.sum(~possible))
    if far > count / 20:
        return f"{what} is not what it was: of {count} numbers, {far} are far from those of all draws"
    if alike[0] < count and alike[0] <= alike[1:].max():
        return f"{what} is not what it was: {alike[0]} of {count} numbers are, with another draw {alike[1:].max()}"
    return None


def to_text(record: Mapping[str, Any]) -> str:
    """The same as JSON, with a line for each cell."""
    head = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in record.items() if name != "cells"]
    cells = ",\n".join(json.dumps(cell, allow_nan=False) for cell in record["cells"])
    return "{\n" + ",\n".join([*head, f'"cells": [\n{cells}\n]']) + "\n}\n"


def write(experiment: Experiment, computed: Sequence[Mapping[str, Any]]) -> None:
    """Put the file in the place of the one that is there: all of it, or if something goes wrong nothing."""
    _put(file(experiment), to_text(record(experiment, computed)))


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False) as new:
        try:
            new.write(text)
            new.flush()
            os.chmod(new.name, 0o644)
            os.replace(new.name, path)
        except BaseException:
            os.unlink(new.name)
            raise


def made_with() -> dict[str, str]:
    """What else may decide the last digits: versions, and the processors that NumPy and its BLAS compute for."""
    blas = [
        library.get("architecture", library["internal_api"])
        for library in threadpool_info()
        if library["user_api"] == "blas"
    ]
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return {
        "initlab": initlab.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "blas": ", ".join(sorted(set(blas))),
        "simd": ", ".join(simd),
    }


def _conditions(experiment: Experiment) -> dict[str, Any]:
    """Settings and grid as JSON has them."""
    found: dict[str, Any] = json.loads(json.dumps({"settings": experiment.settings, "grid": experiment.grid}))
    return found


# --- the code that made a result --------------------------------------------------------------------------------------


@functools.cache
def code(module: str) -> str:
    """A hash of the source of a module and of everything that it imports from the project, directly or not."""
    digest = hashlib.sha256()
    for name, path in sorted(sources(module).items()):
        digest.update(f"{name}\n{bare(path.read_text(encoding='utf-8'))}\n".encode())
    return digest.hexdigest()[:16]


def sources(module: str) -> dict[str, Path]:
    """{name: file} of a module and of all modules of the project that it imports, read off the source."""
    project = {"initlab", "initlab_book", module.partition(".")[0]}
    found: dict[str, Path] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        path = _file(name, project)
        if path and name not in found:
            found[name] = path
            # `from . import network` imports the module, `from .algebra import derive_forward` the package.
            names = [(source, f"{source}.{of_it}") for source, of_it in _imported(name, path)]
            todo += [full if _file(full, project) else source for source, full in names]
    return found


def _file(module: str, project: set[str]) -> Path | None:
    """The file of a module of the project; None for any other."""
    top, *rest = module.split(".")
    package = importlib.util.find_spec(top) if top in project else None
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent.joinpath(*rest)
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _imported(module: str, path: Path) -> Iterator[tuple[str, str | None]]:
    """(module, name or None) of everything that a module imports."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outside = package[: len(package) - node.level + 1] if node.level else []
            yield from ((".".join([*outside, *filter(None, [node.module])]), alias.name) for alias in node.names)


def bare(source: str) -> str:
    """The source without what changes no result: comments, docstrings and empty lines.

    >>> print(bare('x = 1  # one' + chr(10) + '"Its docstring."' + chr(10) * 2 + 'y = 2'))
    x = 1
    y = 2
    """
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            assert node.end_lineno is not None
            for row in range(node.lineno - 1, node.end_lineno):  # ruff gives every docstring lines of its own
                lines[row] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())
