"""Compute the cells of experiments that are missing, with joblib: on all cores, or on all machines of a cluster.

Cells are kept one by one as they come. So an interrupted run goes on where it stopped, and the results of an experiment
are written when its last cell is there.
"""

import importlib.util
import json
import os
import pkgutil
import random
import sys
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import joblib
from tqdm import tqdm

from . import chapters, results
from .experiment import Cell, Experiment, find


def every_experiment() -> list[Experiment]:
    """All experiments of the book, by chapter and name."""
    found = []
    for chapter in sorted(module.name for module in pkgutil.iter_modules(chapters.__path__)):
        module = f"{chapters.__name__}.{chapter}.experiments"
        if importlib.util.find_spec(module) is None:
            continue  # the lab has none
        names = vars(importlib.import_module(module)).values()
        found += [each for each in names if isinstance(each, Experiment) and each.module == module]
    return sorted(found, key=lambda each: (each.chapter, each.name))


class CellCache:
    """The cells of an experiment that have been computed so far: lines at the end of a file.

    Its name is a hash of all that makes the numbers, so that other code begins another file. A line is written in one
    go; one that was cut off by a crash is passed over.
    """

    def __init__(self, experiment: Experiment, folder: Path) -> None:
        made_by = json.dumps([results.code(experiment.module), results.made_with(), experiment.settings])
        key = sha256(made_by.encode()).hexdigest()[:16]
        self.experiment = experiment
        self.path = folder / f"{experiment.chapter}-{experiment.name}-{key}.jsonl"
        self._numbers: dict[str, dict[str, Any]] = {}
        if self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    cell, numbers = json.loads(line)
                except ValueError:
                    continue
                self._numbers[_key(cell)] = numbers

    def missing(self) -> list[Cell]:
        return [cell for cell in self.experiment.cells if _key(cell) not in self._numbers]

    def keep(self, cell: Cell, numbers: dict[str, Any]) -> None:
        self._numbers[_key(cell)] = numbers
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab", buffering=0) as file:
            # The line break in front ends a line that was cut off.
            file.write(f"\n{json.dumps([cell, numbers])}\n".encode())

    def numbers(self) -> list[dict[str, Any]]:
        """Those of all cells, in the order of the grid."""
        return [self._numbers[_key(cell)] for cell in self.experiment.cells]


def _key(cell: Cell) -> str:
    return json.dumps(cell, sort_keys=True)


def run(experiments: Sequence[Experiment], folder: Path, *, jobs: int = -1) -> list[str]:
    """Compute what is missing, and write the results of every experiment that is complete.

    Parameters
    ----------
    experiments : sequence of Experiment
        Which ones. All their cells are computed together, in random order: so the time that is left can be told from
        the time that was taken.
    folder : Path
        Where cells are kept until an experiment is complete, and after.
    jobs : int
        How many processes compute; -1 means one on every core. A backend of joblib's may take no notice of it.

    Returns
    -------
    list of str
        What went wrong in which cell. All other cells are kept.
    """
    caches = [CellCache(experiment, folder) for experiment in experiments]
    tasks = [(i, cell) for i, cache in enumerate(caches) for cell in cache.missing()]
    random.Random(0).shuffle(tasks)
    left = [len(cache.missing()) for cache in caches]
    made_with, errors = results.made_with(), []

    def complete(i: int) -> None:
        if not left[i]:
            results.write(caches[i].experiment, caches[i].numbers())

    for i in range(len(caches)):
        complete(i)
    calls = (
        joblib.delayed(_compute)(i, each.module, each.name, cell, results.code(each.module), made_with)
        for i, cell in tasks
        for each in [caches[i].experiment]
    )
    # One cell at a time: what is in a batch would be lost together.
    parallel = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
    every = 0.5 if sys.stderr.isatty() else 30  # seconds: a log is not to be filled with bars
    # smoothing=0: the time left from the average cell, not from the last ones.
    bar = tqdm(total=len(tasks), unit="cell", smoothing=0, mininterval=every, disable=not tasks)
    with bar, closing(parallel(calls)) as computed:
        for i, cell, numbers, error in computed:
            if error:
                errors.append(error)
            else:
                caches[i].keep(cell, numbers)
                left[i] -= 1
                complete(i)
            bar.update()
    return errors


def confirm(experiments: Sequence[Experiment], *, jobs: int = -1) -> list[str]:
    """Compute a sample of the cells with the code that is there, and note in the results if they come out the same.

    Parameters
    ----------
    experiments : sequence of Experiment
        Those whose results are older than the code, and should not depend on what was changed.
    jobs : int
        As for `run`.

    Returns
    -------
    list of str
        What went wrong, or came out otherwise.
    """
    made_with, samples = results.made_with(), [sample(each) for each in experiments]
    calls = [
        joblib.delayed(_compute)(i, each.module, each.name, cell, results.code(each.module), made_with)
        for i, each in enumerate(experiments)
        for cell in samples[i]
    ]
    computed = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator")(calls)
    done = list(tqdm(computed, total=len(calls), unit="cell", disable=not calls))
    errors = [error for *_, error in done if error]
    for i, each in enumerate(experiments):
        found = [(cell, numbers) for k, cell, numbers, error in done if k == i and not error]
        if len(found) == len(samples[i]) and (different := results.confirm(each, found)):
            errors.append(different)
    return errors


def sample(experiment: Experiment) -> list[Cell]:
    """One cell in twenty or more, drawn at random, in which every value of every condition occurs."""
    cells = list(experiment.cells)
    random.Random(results.code(experiment.module)).shuffle(cells)
    wanted = {(axis, json.dumps(value)) for axis, values in experiment.grid.items() for value in values}
    chosen: list[Cell] = []
    for cell in cells:
        new = wanted & {(axis, json.dumps(value)) for axis, value in cell.items()}
        if new or len(chosen) < len(cells) / 20:
            chosen.append(cell)
            wanted -= new
    return chosen


def _compute(
    i: int, module: str, name: str, cell: Cell, code: str, made_with: dict[str, str]
) -> tuple[int, Cell, dict[str, Any], str]:
    """What a process does with a cell, wherever it is: (i, cell, its numbers, what went wrong)."""
    numbers: dict[str, Any] = {}
    try:
        experiment = find(module, name)
        if (results.code(module), results.made_with()) != (code, made_with):
            raise RuntimeError(
                f"process {os.getpid()} computes with code {results.code(module)} and {results.made_with()}, "
                f"the one that asks with {code} and {made_with}"
            )
        numbers = experiment.compute(cell)
    except Exception as error:
        where = ", ".join(f"{condition}={value!r}" for condition, value in cell.items())
        return i, cell, {}, f"{name}({where}): {type(error).__name__}: {error}"
    return i, cell, numbers, ""
