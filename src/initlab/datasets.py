"""The data that the book trains on: small, drawn from a seed, nothing to download.

Each function returns (x, y): x of shape (2, examples), centred and scaled to mean square 1 per coordinate, and labels
y, ints 0 and 1 of shape (examples,), half of each. One call after another takes the examples of the two classes in
turn, so that any even number of first examples is balanced too.
"""

import numpy as np

from ._check import finite
from .initializers import _generator


def spiral(examples=200, *, turns=1.0, noise=0.03, rng=None):
    """Two arms that wind around each other, `turns` times about the origin.

    A straight line, or a few of them, cannot part the arms: a network needs many different units.

    >>> x, y = spiral(rng=0)
    >>> x.shape, y[:4]
    ((2, 200), array([0, 1, 0, 1]))
    """
    examples, turns = _even(examples), finite("turns", turns, above=0)
    y = np.arange(examples) % 2
    radius = np.sqrt((np.arange(examples) // 2 + 0.5) / (examples / 2))  # evenly dense along the arm
    angle = 2 * np.pi * turns * radius + np.pi * y
    return _finish(radius * np.array([np.cos(angle), np.sin(angle)]), noise, rng), y


def moons(examples=100, *, noise=0.15, rng=None):
    """Two half circles that reach into each other. A straight line gets most of them right.

    >>> x, y = moons(rng=0)
    >>> x.shape, int(y.sum())
    ((2, 100), 50)
    """
    examples = _even(examples)
    y = np.arange(examples) % 2
    angle = np.pi * (np.arange(examples) // 2 + 0.5) / (examples / 2)
    upper, lower = [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)]
    return _finish(np.where(y, lower, upper), noise, rng), y


def cross(examples=100, *, noise=0.3, rng=None):
    """Four clouds at the corners of a square, opposite corners alike: the exclusive or. A straight line is of no use.

    >>> x, y = cross(rng=0)
    >>> x.shape, int(y.sum())
    ((2, 100), 50)
    """
    examples = _even(examples)
    corner = np.arange(examples) % 4
    y = corner % 2
    corners = np.array([[1.0, -1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]])
    return _finish(corners[:, corner], noise, rng), y


def _even(examples):
    if isinstance(examples, bool) or not isinstance(examples, (int, np.integer)):
        raise TypeError(f"examples must be an even int >= 2, got {examples!r}")
    if examples < 2 or examples % 2:
        raise ValueError(f"examples must be an even int >= 2, got {examples!r}")
    return int(examples)


def _finish(x, noise, rng):
    """Add normal noise of the given standard deviation, then centre and scale."""
    x = x + finite("noise", noise, at_least=0) * _generator(rng).standard_normal(x.shape)
    x -= x.mean(axis=1, keepdims=True)
    return x / np.sqrt(np.square(x).mean(axis=1, keepdims=True))
