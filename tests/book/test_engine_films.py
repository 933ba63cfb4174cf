"""The films that the page computes are those of Python, frame by frame."""

from dataclasses import replace

import pytest
from test_engine import computed

from initlab_book import engine
from initlab_book.chapters import why
from initlab_book.chapters.watching import figures
from initlab_book.figure.packing import LEVELS, jsonable

pytestmark = pytest.mark.slow

PLANE = [
    {},
    {"data": "circles", "start": "he", "activation": "relu"},
    {"data": "spiral", "start": "large", "rate": 0.2},
    {"data": "blobs", "start": "zero"},
    {"data": "moons", "start": "constant", "activation": "relu", "rate": 0.2},
    {"data": "blobs", "start": "small", "rate": 0.001, "width": 5, "depth": 12, "seed": 7},
    {"data": "circles", "start": "xavier", "width": 30, "depth": 2, "seed": 123},
    {"data": "moons", "start": "large", "activation": "relu", "rate": 0.2},
    {"data": "moons", "start": "he", "activation": "relu", "rate": 0.03, "width": 1, "depth": 1, "seed": 2},
]
DIGITS = [
    {},
    {"start": "normal"},
    {"start": "zero", "activation": "sigmoid"},
    {"start": "he", "activation": "relu", "width": 20, "depth": 3, "seed": 5},
    {"start": "normal", "activation": "relu"},
]


def close(one, other, tolerance):
    """Whether two frames, or parts of them, say the same: numbers to a tolerance, and all but a few levels."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key], tolerance) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(close(*pair, tolerance) for pair in zip(one, other, strict=True))
    if isinstance(one, str) and set(one) <= set(LEVELS):
        off = [abs(LEVELS.index(a) - LEVELS.index(b)) for a, b in zip(one, other, strict=True) if a != b]
        return len(off) <= 3 and max(off, default=0) <= 1
    if isinstance(one, str) or one is None:
        return one == other
    return other == pytest.approx(one, rel=tolerance, abs=1e-290)


def reversed_units(net):
    """The same network with its hidden units in the opposite order: its sums have another one."""
    first, *middle, last = net.weights
    return replace(net, weights=(first[::-1], *(W[::-1, ::-1] for W in middle), last[:, ::-1]))


def frames(film, settings):
    return [(jsonable(panels, 15), text) for panels, text in filter(None, film.compute(**settings))]


@pytest.mark.parametrize(
    ("film", "name", "network", "some"),
    [
        (figures.two_dimensions, "twoDimensions", "plane_network", PLANE),
        (figures.digits, "digits", "digit_network", DIGITS),
    ],
)
def test_frames(film, name, network, some, monkeypatch):
    """As long as two runs of NumPy agree to 1e-9 that differ in the order of their sums."""
    settings = [film.of_side(film.settings(**changes)) for changes in some]
    data = engine.digits() if name == "digits" else None
    cases = [{"call": "film", "chapter": "watching", "name": name, "settings": s, "data": data} for s in settings]
    python = [frames(film, case) for case in settings]
    drawn = getattr(figures, network)
    monkeypatch.setattr(figures, network, lambda *of, **seeds: reversed_units(drawn(*of, **seeds)))
    compared = 0
    for case, one, made in zip(settings, python, computed(cases), strict=True):
        assert len(made) == len(one)
        for step, (frame, again, shown) in enumerate(zip(one, frames(film, case), made, strict=True)):
            if not close(frame, again, 1e-9):
                break
            if any(0 < size < 1e-15 for size in frame[0].get("gradient", {"y": {"now": []}})["y"]["now"]):
                continue  # what is left of 0.1 x - 0.1 x depends on the processor
            where = f"{case}, frame {step}"
            assert shown["text"] == frame[1], where
            assert close(frame[0], jsonable(shown["panels"], 15), 1e-6), where
            compared += 1
    assert compared > 0.7 * len(some) * len(film.player.values)


STARTS = [  # not equal weights: whether a ReLU of exactly 0 is on, what rounding leaves of 0.1 x - 0.1 x decides
    {"start": "zero", "optimizer": "adam", "rate": 3.16, "width": 8, "depth": 2},
    *(
        {"start": "x3", "optimizer": "momentum", "rate": rate, "width": 4, "depth": 1, "seed": 7}
        for rate in (1e-6, 3.16)
    ),
    {"start": "x1", "rate": 0.1, "width": 4, "depth": 2, "seed": 30},
]


def test_starts():
    settings = [why.figures.starts.settings(**changes) for changes in STARTS]
    cases = [{"call": "figure", "chapter": "why", "name": "starts", "settings": case} for case in settings]
    for case, made in zip(settings, computed(cases), strict=True):
        panels, text = why.figures.starts.compute(**case)
        assert made["text"] == text
        assert close(jsonable(panels, 15), jsonable(made["panels"], 15), 1e-6), case
