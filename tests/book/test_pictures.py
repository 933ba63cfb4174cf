"""Matplotlib's pictures: the look of the interactive figures, and how they get into a page."""

import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from harness import ROOT

from initlab_book import style
from initlab_book.host.front_end import palette

sys.path.append(str(ROOT / "book" / "_ext"))
import pictures


@pytest.fixture
def styled():
    with plt.rc_context():
        style.use()
        yield
        plt.close("all")


def labels(axis):
    axis.figure.canvas.draw()
    low, high = axis.get_view_interval()
    ticks = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [label.get_text() for at, label in ticks if low <= at <= high]


def test_colours_are_those_of_the_figures(styled):
    colours = style.light()
    assert {"ink", "soft", "line", "paper", "tone1", "tone2", "tone3", "tone4"} <= colours.keys()
    assert all(f"--il-{name}: {colour};" in palette("picture") for name, colour in colours.items())
    (line,) = plt.plot([1, 2])
    assert line.get_color() == colours["tone1"]


def test_ticks_are_written_as_in_the_figures(styled):
    _, (near, far) = plt.subplots(1, 2)
    near.set(xscale="log", xlim=(1e-3, 5e4))
    far.set(xscale="log", xlim=(1e-8, 1e8))
    assert set(labels(near.xaxis)) <= {"0.001", "0.01", "0.1", "1", "10", "100", "1000", "10,000"}
    powers = labels(far.xaxis)
    assert len(powers) > 3
    assert all(re.fullmatch("1|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*", label) for label in powers)


def test_a_picture_in_a_page_has_its_colours_and_loses_no_digit(styled, tmp_path):
    _, axes = plt.subplots()
    axes.plot(np.arange(9) / 7, "k", label="rate 0.0043")
    axes.legend()
    plt.savefig(tmp_path / "plot.svg")
    svg = pictures.inline((tmp_path / "plot.svg").read_text(encoding="utf-8"), 'x < 1 & "y"', "wide", "one-")
    assert svg.startswith('<svg class="initlab-picture il-wide" role="img" aria-label="x &lt; 1 &amp; &quot;y&quot;"')
    assert ">rate 0.0043<" in svg
    assert not re.search(r"#[0-9a-f]{6}\b|font-family|<style|\d\.\d{3}", svg.replace("0.0043", ""))
    assert "var(--il-ink)" in svg
    ids = re.findall(r' id="([^"]*)"', svg)
    assert ids
    assert set(re.findall(r'(?:href="|url\()#([^")]*)', svg)) == set(ids)
    assert all(name.startswith("one-") for name in ids)
