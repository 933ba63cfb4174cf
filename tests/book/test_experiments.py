"""Experiments: their results are those of the code that is there, and how they are computed."""

import ast
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from harness import ROOT
from toy_lab import ToyLab

from initlab_book import computing, results
from initlab_book.experiment import Experiment, experiment, plain

EXPERIMENTS = {f"{each.chapter}/{each.name}": each for each in computing.every_experiment()}
every_experiment = pytest.mark.parametrize("name", EXPERIMENTS)
CELLS = 18  # of the toy


def kept(name):
    return json.loads(results.file(EXPERIMENTS[name]).read_text(encoding="utf-8"))


# ---------------------------------------------------------------- the results of the book


def test_every_experiment_of_every_chapter_is_known():
    decorated = {
        f"{path.parent.name}/{node.name}"
        for path in ROOT.glob("src/initlab_book/chapters/*/experiments.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and "@experiment(" in "".join(f"@{ast.unparse(d)}" for d in node.decorator_list)
    }
    assert decorated == set(EXPERIMENTS)
    assert len(EXPERIMENTS) >= 5


@every_experiment
@pytest.mark.slow  # make check does not ask for it: not every commit is to wait until all is computed again
def test_results_are_those_of_the_code_that_is_there(name):
    reason = results.outdated(EXPERIMENTS[name])
    assert reason is None, f"results of {name}: {reason}. Run: make experiments (CONTRIBUTING.md)"


def test_there_are_no_results_without_an_experiment():
    files = set(ROOT.glob("src/initlab_book/chapters/*/results/*"))
    assert files <= {results.file(each) for each in EXPERIMENTS.values()}


@every_experiment
def test_results_are_small_complete_and_in_one_form(name):
    text = results.file(EXPERIMENTS[name]).read_text(encoding="utf-8")
    assert len(text.encode()) <= 200_000
    assert text == results.to_text(json.loads(text))
    grid = EXPERIMENTS[name].grid
    assert [{axis: cell[axis] for axis in grid} for cell in kept(name)["cells"]] == EXPERIMENTS[name].cells
    assert set(kept(name)["made_with"]) == {"initlab", "numpy", "python", "blas", "simd"}


@every_experiment
def test_a_verdict_is_over_ten_draws_two_widths_three_optimizers_and_rates_a_factor_of_two_apart(name):
    grid, settings = EXPERIMENTS[name].grid, EXPERIMENTS[name].settings
    assert len(grid["draw"]) >= 10
    assert len(grid["width"]) >= 2
    assert set(grid["optimizer"]) >= {"sgd", "momentum", "adam"}
    ratios = np.divide(settings["rates"][1:], settings["rates"][:-1])
    assert ((ratios > 1) & (ratios <= 2.001)).all()


@every_experiment
@pytest.mark.slow
def test_the_small_cell_comes_out_as_it_did(name):
    each = EXPERIMENTS[name]
    assert results.departure(each, [(each.small, each.compute(each.small))]) is None


@every_experiment
def test_results_are_arrays_over_the_grid(name):
    found = results.load(EXPERIMENTS[name])
    grid = EXPERIMENTS[name].grid
    for quantity, array in found.values.items():
        assert array.shape[: len(grid)] == tuple(len(values) for values in grid.values())
        last = {axis: values[-1] for axis, values in grid.items()}
        expected = np.array(kept(name)["cells"][-1][quantity], dtype=float)
        assert np.array_equal(found.get(quantity, **last), expected, equal_nan=True)


# ---------------------------------------------------------------- how an experiment is computed


@pytest.fixture
def toy(tmp_path, request):
    """A function that makes a toy lab: name -> ToyLab."""
    before = list(sys.path)

    def make(name, **options):
        return ToyLab(tmp_path / name, f"{name}_{abs(hash(request.node.name))}", **options)

    yield make
    sys.path[:] = before


def run(lab, jobs=1):
    return computing.run([lab.experiment], lab.cells, jobs=jobs)


def command(lab, *options):
    """`tools/experiments.py` in a process of its own, for the toy instead of the book."""
    code = f"""
import sys
from pathlib import Path
sys.path[:0] = [{str(lab.folder)!r}, {str(ROOT / "tools")!r}]
import experiments
from {lab.name}.experiments import ends
experiments.every_experiment, experiments.CELLS = lambda: [ends], Path({str(lab.cells)!r})
sys.argv[1:] = {options!r}
experiments.main()
"""
    environment = os.environ | {"PYTHONPATH": str(lab.folder)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        # Where the tests run in the background, a shell may have them, and all that they start, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_calls(lab, count):
    limit = time.monotonic() + 60
    while len(lab.calls()) < count:
        assert time.monotonic() < limit, "no cell was computed"
        time.sleep(0.02)


def test_results_do_not_depend_on_the_number_of_processes(toy):
    one, two = toy("one"), toy("two")
    assert run(one) == run(two, jobs=2) == []
    texts = [lab.results.read_text().replace(lab.name, "") for lab in (one, two)]
    same = [[line for line in text.splitlines() if '"code"' not in line] for text in texts]
    assert same[0] == same[1]
    assert len(same[0]) > CELLS


def test_results_do_not_depend_on_the_order_and_a_run_goes_on_where_it_stopped(toy):
    lab = toy("lab")
    assert run(lab) == []
    text, order = lab.results.read_bytes(), lab.calls()
    assert sorted(order) == sorted(set(order))
    assert len(order) == CELLS

    (file,) = lab.cells.iterdir()
    lines = [line for line in file.read_text().splitlines() if line]
    file.write_text("\n".join([*reversed(lines[:7]), lines[7][:20]]))  # the last one was cut off
    lab.results.unlink()
    assert run(lab) == []
    assert lab.results.read_bytes() == text
    assert len(lab.calls()) == CELLS + CELLS - 7
    assert run(lab) == []
    assert len(lab.calls()) == CELLS + CELLS - 7


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_what_was_there_and_goes_on(toy, by):
    lab = toy("lab", pause=0.1)
    lab.results.parent.mkdir()
    lab.results.write_text(json.dumps({"settings": {}, "grid": {}, "code": "old"}))
    with command(lab, "--jobs", "2" if by == signal.SIGTERM else "1") as process:
        wait_for_calls(lab, 6)
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(by)
        said, _ = process.communicate(timeout=60)
    assert json.loads(lab.results.read_text())["code"] == "old"
    assert sorted(lab.results.parent.iterdir()) == [lab.results]
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    if by != signal.SIGKILL:
        assert process.returncode == 1
        assert said.splitlines()[-1] == "Interrupted. What is computed is kept; the same command goes on from here."

    lab.task.write_text(lab.task.read_text() + "# a comment is no other code\n")
    with command(lab, "--jobs", "1") as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert CELLS <= len(lab.calls()) <= CELLS + 3  # those that were at work are computed again, and no others
    whole = toy("whole")
    assert run(whole) == []
    assert json.loads(lab.results.read_text())["cells"] == json.loads(whole.results.read_text())["cells"]
    with command(lab) as process:
        assert process.communicate(timeout=60)[0] == "All results are up to date.\n"


def test_a_cell_that_fails_is_named_and_the_others_are_kept(toy):
    lab = toy("lab")
    lab.task.write_text(lab.task.read_text().replace("return 1.0", "return 1 / (draw - 1)"))
    errors = run(lab)
    assert len(errors) == CELLS / 3
    assert "ends(draw=1, width=4, optimizer='adam'): ZeroDivisionError: division by zero" in errors
    (file,) = lab.cells.iterdir()
    assert len([line for line in file.read_text().splitlines() if line]) == CELLS * 2 / 3
    assert not lab.results.exists()


def test_a_process_with_other_code_or_versions_does_not_take_part(toy):
    each = toy("lab").experiment
    good = {"code": results.code(each.module), "made_with": results.made_with()}
    assert computing._compute(0, each.module, each.name, each.small, **good)[3] == ""
    for name, value in {"code": "0123", "made_with": good["made_with"] | {"numpy": "1.0"}}.items():
        *_, numbers, error = computing._compute(0, each.module, each.name, each.small, **(good | {name: value}))
        assert numbers == {}
        assert f"RuntimeError: process {os.getpid()} computes with code" in error


def test_results_are_as_old_as_the_code_that_made_them(toy):
    lab = toy("lab")

    def reason():
        results.code.cache_clear()
        return results.outdated(lab.experiment)

    assert reason() == "there are none yet"
    assert run(lab) == []
    assert reason() is None
    source = lab.package / "experiments.py"
    for path, old, new, expected in [
        (lab.task, "return 1.0", "return 1.0  # a comment", None),
        (lab.task, "return 1.0", '"""A docstring."""\n\n    return 1.0', None),
        (lab.task, "return 1.0", "return 2.0", "they are older than the code"),  # a module that it imports
        (source, "rng=draw", "rng=draw + 1", "they are older than the code"),
        (source, "The last loss", "The very last loss", None),
    ]:
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new))
        assert reason() == expected, new
        path.write_text(before)
    text = lab.results.read_text()
    lab.results.write_text(text.replace('"steps": 30', '"steps": 31'))
    assert reason() == "they were made with other settings"


def test_results_can_be_confirmed_for_code_that_computes_the_same(toy):
    lab = toy("lab")
    assert run(lab) == []
    text, source = lab.results.read_text(), lab.task.read_text()
    for change, says in (("return 2.0 / 2.0", None), ("return 2.0", "is not what it was")):
        lab.task.write_text(source.replace("return 1.0", change))
        results.code.cache_clear()
        assert results.outdated(lab.experiment) == "they are older than the code"
        out, _ = (asked := command(lab, "--confirm")).communicate(timeout=120)
        assert (asked.returncode == 0) == (says is None), out
        assert results.outdated(lab.experiment) == (says and "they are older than the code")
        assert (says or "") in out
        if says is None:
            kept = json.loads(lab.results.read_text())
            assert kept.pop("confirmed") == {
                "code": results.code(lab.experiment.module),
                "cells": len(computing.sample(lab.experiment)),
                "made_with": results.made_with(),
            }
            assert kept == json.loads(text)


def test_another_processor_may_round_otherwise_and_no_more(toy, monkeypatch):
    lab = toy("lab")
    assert run(lab) == []
    each = lab.experiment
    cells = [cell for cell in each.cells if cell["draw"] == 0]
    of = {draw: [(cell, each.compute(cell | {"draw": draw})) for cell in cells] for draw in (0, 1)}

    def departure(change=lambda loss: loss, draw=0):
        """Between what was kept of draw 0, and what was computed for a draw, its losses changed."""
        return results.departure(
            each, [(cell, numbers | {"loss": [*map(change, numbers["loss"])]}) for cell, numbers in of[draw]]
        )

    assert departure() is None
    assert "is not what it was: loss is" in departure(lambda loss: loss * 1.001)
    made_with = results.made_with() | {"blas": "an abacus"}
    monkeypatch.setattr(results, "made_with", lambda: made_with)
    assert departure(lambda loss: loss * 1.001) is None
    assert "numbers are, with another draw" in departure(draw=1)
    losses = sorted(loss for _, numbers in of[0] for loss in numbers["loss"])
    for bad in (1e3, -1e3, None):  # one in twenty may be, of 18 losses and as many words on whether they diverged
        assert departure(lambda loss, bad=bad: bad if loss in losses[:1] else loss) is None
        said = departure(lambda loss, bad=bad: bad if loss in losses[:2] else loss)
        assert "of 36 numbers, 2 are far from those of all draws" in said


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_cells_that_confirm_are_one_in_twenty_and_have_every_condition(name):
    experiment = EXPERIMENTS[name]
    cells = computing.sample(experiment)
    assert len(cells) >= len(experiment.cells) / 20
    for axis, values in experiment.grid.items():
        assert {json.dumps(cell[axis]) for cell in cells} == set(map(json.dumps, values))


def test_what_counts_as_code_is_what_is_imported():
    found = results.sources("initlab_book.chapters.limits.experiments")
    assert {"initlab.training", "initlab.threads", "initlab_book.experiment"} <= found.keys()
    assert {"initlab.gaussian", "initlab_book.results", "initlab_book.computing", "initlab"}.isdisjoint(found)
    assert "initlab.algebra.expectation" in results.sources("initlab_book.chapters.deriving.experiments")


def test_a_failed_write_leaves_the_old_results(toy, monkeypatch):
    lab = toy("lab")
    assert run(lab) == []
    text = lab.results.read_text()

    def fail(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        results.write(lab.experiment, json.loads(text)["cells"])
    assert lab.results.read_text() == text
    assert list(lab.results.parent.iterdir()) == [lab.results]


def test_numbers_that_are_missing_are_read_as_nan(toy):
    lab = toy("lab")
    assert run(lab) == []
    lab.results.write_text(lab.results.read_text().replace('"loss": [', '"loss": [null, ', 1))
    kept = json.loads(lab.results.read_text())
    kept["cells"][0]["loss"].pop()
    lab.results.write_text(results.to_text(kept))
    found = results.load(lab.experiment)
    assert found.get("loss").shape == (3, 2, 3, 3)
    assert np.isnan(found.get("loss")).sum() == 1
    assert found.get("loss", width=8, draw=2).shape == (3, 3)
    assert found.get("diverged").dtype == bool
    with pytest.raises(ValueError, match="there is no width=5"):
        found.get("loss", width=5)


def test_an_experiment_is_checked_when_it_is_made():
    def cell(*, draw, steps):
        return {"draw": draw, "loss": 1.0}

    made = experiment(grid={"draw": (0, 1)}, settings={"steps": 3}, small={"draw": 0})(cell)
    assert isinstance(made, Experiment)
    with pytest.raises(ValueError, match=r"cell returns \['draw'\], which are axes of its grid"):
        made.compute(made.small)
    with pytest.raises(ValueError, match="cell takes"):
        experiment(grid={"draw": (0, 1)}, settings={}, small={"draw": 0})(cell)
    with pytest.raises(ValueError, match="and the small cell"):
        experiment(grid={"draw": (0, 1)}, settings={"steps": 3}, small={"draw": 5})(cell)
    with pytest.raises(TypeError, match="not 'word'"):
        plain(["word"])
