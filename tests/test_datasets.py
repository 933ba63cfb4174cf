"""The data sets: balanced, standardized, drawn from a seed, and as hard as the book says they are."""

import re

import numpy as np
import pytest

from initlab import datasets

ALL = [datasets.spiral, datasets.moons, datasets.cross]
every = pytest.mark.parametrize("data", ALL, ids=lambda f: f.__name__)


@every
def test_shape_and_scale(data):
    x, y = data(60, rng=3)
    assert x.shape == (2, 60)
    assert y.shape == (60,)
    assert y.dtype.kind == "i"
    assert x.mean(axis=1) == pytest.approx([0, 0], abs=1e-12)
    assert np.square(x).mean(axis=1) == pytest.approx([1, 1])


@every
def test_classes_take_turns(data):
    _, y = data(40, rng=0)
    for some in (2, 10, 40):
        assert y[: some - some % 4 or 2].mean() == 0.5


@every
def test_the_same_seed_gives_the_same_points(data):
    (x, _), (again, _), (other, _) = data(rng=0), data(rng=0), data(rng=1)
    assert np.array_equal(x, again)
    assert not np.array_equal(x, other)


@every
def test_without_noise_nothing_is_random(data):
    assert np.array_equal(data(noise=0, rng=0)[0], data(noise=0, rng=1)[0])


@every
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"examples": 7}, ValueError, "examples must be an even int >= 2, got 7"),
        ({"examples": 0}, ValueError, "examples must be an even int >= 2, got 0"),
        ({"examples": 10.0}, TypeError, "examples must be an even int >= 2, got 10.0"),
        ({"examples": True}, TypeError, "examples must be an even int"),
        ({"noise": -1}, ValueError, "noise must be a finite number >= 0"),
        ({"noise": float("nan")}, ValueError, "noise must be a finite number >= 0"),
        ({"rng": "seed"}, TypeError, "rng must be"),
    ],
)
def test_bad_input_is_named(data, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        data(**options)


def best_line(x, y):
    """The largest share of points that a straight line gets right, over many directions."""
    shares = []
    for angle in np.linspace(0, 2 * np.pi, 180, endpoint=False):
        order = np.argsort(np.cos(angle) * x[0] + np.sin(angle) * x[1])
        left = np.concatenate([[0], np.cumsum(2 * y[order] - 1)])  # labels 1 minus labels 0 before the cut
        shares.append((left.max() + (y == 0).sum()) / len(y))
    return max(shares)


def test_a_line_does_for_most_of_the_moons_and_not_for_the_others():
    assert best_line(*datasets.moons(rng=0)) > 0.85
    assert best_line(*datasets.cross(rng=0)) < 0.8
    assert best_line(*datasets.spiral(rng=0)) < 0.8


def test_spiral_arms_are_each_other_turned():
    x, y = datasets.spiral(100, noise=0, rng=0)
    assert x[:, y == 0] == pytest.approx(-x[:, y == 1])
