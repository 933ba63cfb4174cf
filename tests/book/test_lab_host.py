"""The lab as a thing of the book: what a page and a notebook get of it."""

import json
import re

import pytest
from harness import ROOT, read_notebook
from test_front_end import call

from initlab_book import show
from initlab_book.chapters.lab import lab


def test_the_engine_takes_what_the_lab_opens_with_as_it_is():
    (opened,) = call("engine/experiment.js", "checkExperiment", [[lab.experiment]])
    assert opened == {"experiment": lab.experiment, "problems": []}


def test_the_chapters_that_it_names_are_called_so():
    assert {path.stem for path in (ROOT / "book").glob("*.ipynb")} - {"index", "lab"} == lab.chapters.keys()
    for name, title in lab.chapters.items():
        assert "".join(read_notebook(f"book/{name}")["cells"][0]["source"]).startswith(f"# {title}\n")


def test_a_page_carries_what_the_lab_opens_with(monkeypatch):
    monkeypatch.setenv("INITLAB_BOOK", "1")
    still = show(lab, seeds={"first": 3, "count": 1})
    carried = json.loads(re.search(r'<script type="application/json">(.*?)</script>', still.html)[1])
    assert carried["start"] == {**lab.experiment, "seeds": {"first": 3, "count": 1}}
    assert still.text == lab.text


def test_in_a_notebook_the_experiment_is_a_trait(monkeypatch):
    monkeypatch.delenv("INITLAB_BOOK", raising=False)
    widget = show(lab, seeds={"first": 3, "count": 1})
    assert widget.experiment["seeds"]["first"] == 3
    seen = []
    widget.observe(lambda change: seen.append(change.new), "experiment")
    widget.experiment = {**widget.experiment, "seeds": {"first": 4, "count": 1}}
    assert seen[0]["seeds"]["first"] == 4
    assert widget.digits == {}
    widget.wants_digits = True
    assert len(widget.digits["pixels"]) == 64 * len(widget.digits["labels"])
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["text/plain"] == lab.text


def test_a_lab_knows_no_other_settings():
    with pytest.raises(TypeError, match="must be a Demo, a Film, a Quiz or a Lab"):
        show(lab.spec())
