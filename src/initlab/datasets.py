"""Small data sets to train on, with nothing to download; how to hold some examples out, and how to standardize.

`spiral`, `moons`, `cross`, `blobs` and `circles` are drawn from a seed. Each returns (x, y): x of shape (2, examples),
centred and scaled to mean square 1 per coordinate, and labels y, ints 0 and 1 of shape (examples,), half of each. The
two classes take turns, so that the first examples are balanced, too, whenever their number is even. `digits` are real:
1,797 images of 64 pixels, in ten classes, as they are.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .arguments import Seed, finite, generator, numbers, whole

XY = tuple[np.ndarray, np.ndarray]
"""Points x, (features, examples), and labels y, (examples,)."""


def spiral(examples: int = 200, *, turns: float = 1.0, noise: float = 0.03, rng: Seed = None) -> XY:
    """Two arms that wind around each other, `turns` times around the origin.

    Neither one straight line nor a few of them can separate the arms: a network needs many different units.

    Parameters
    ----------
    examples : int
        How many points, an even number >= 2: half of them in each class.
    turns : float
        How many times each arm goes around, turns > 0.
    noise : float
        Standard deviation of the normal noise on each coordinate, noise >= 0, before the data are scaled.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    x : (2, examples) array
        The points, each coordinate with mean 0 and mean square 1.
    y : (examples,) array of int
        Labels 0, 1, 0, 1, ...

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> x, y = spiral(rng=0)
    >>> x.shape, y[:4]
    ((2, 200), array([0, 1, 0, 1]))
    """
    examples, turns = _even(examples), finite("turns", turns, above=0)
    y = np.arange(examples) % 2
    radius = np.sqrt((np.arange(examples) // 2 + 0.5) / (examples / 2))  # evenly dense along the arm
    angle = 2 * np.pi * turns * radius + np.pi * y
    return _finish(radius * np.array([np.cos(angle), np.sin(angle)]), noise, rng), y


def moons(examples: int = 100, *, noise: float = 0.15, rng: Seed = None) -> XY:
    """Two interlocking half circles. A straight line gets most of the points right.

    Parameters
    ----------
    examples : int
        How many points, an even number >= 2: half of them in each class.
    noise : float
        Standard deviation of the normal noise on each coordinate, noise >= 0, before the data are scaled.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    x : (2, examples) array
        The points, each coordinate with mean 0 and mean square 1.
    y : (examples,) array of int
        Labels 0, 1, 0, 1, ...

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> x, y = moons(rng=0)
    >>> x.shape, int(y.sum())
    ((2, 100), 50)
    """
    examples = _even(examples)
    y = np.arange(examples) % 2
    angle = np.pi * (np.arange(examples) // 2 + 0.5) / (examples / 2)
    upper, lower = [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)]
    return _finish(np.where(y, lower, upper), noise, rng), y


def cross(examples: int = 100, *, noise: float = 0.3, rng: Seed = None) -> XY:
    """Four clouds at the corners of a square, opposite corners in one class: the exclusive or.

    A straight line is of no use.

    Parameters
    ----------
    examples : int
        How many points, an even number >= 2: half of them in each class.
    noise : float
        Standard deviation of the normal noise on each coordinate, noise >= 0, before the data are scaled.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    x : (2, examples) array
        The points, each coordinate with mean 0 and mean square 1.
    y : (examples,) array of int
        Labels 0, 1, 0, 1, ...

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> x, y = cross(rng=0)
    >>> x.shape, int(y.sum())
    ((2, 100), 50)
    """
    examples = _even(examples)
    corner = np.arange(examples) % 4
    y = corner % 2
    corners = np.array([[1.0, -1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]])
    return _finish(corners[:, corner], noise, rng), y


def blobs(examples: int = 100, *, noise: float = 0.5, rng: Seed = None) -> XY:
    """Two clouds, each of standard deviation `noise` around its centre, (-1, -1) or (1, 1). A straight line will do.

    Parameters
    ----------
    examples : int
        How many points, an even number >= 2: half of them in each class.
    noise : float
        Standard deviation of the normal noise on each coordinate, noise >= 0, before the data are scaled.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    x : (2, examples) array
        The points, each coordinate with mean 0 and mean square 1.
    y : (examples,) array of int
        Labels 0, 1, 0, 1, ...

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> x, y = blobs(rng=0)
    >>> x.shape, int(y.sum())
    ((2, 100), 50)
    """
    examples = _even(examples)
    y = np.arange(examples) % 2
    return _finish(np.stack([2.0 * y - 1, 2.0 * y - 1]), noise, rng), y


def circles(examples: int = 100, *, noise: float = 0.08, rng: Seed = None) -> XY:
    """A circle of radius 0.5 within one of radius 1. No straight line separates them; one closed curve does.

    Parameters
    ----------
    examples : int
        How many points, an even number >= 2: half of them in each class.
    noise : float
        Standard deviation of the normal noise on each coordinate, noise >= 0, before the data are scaled.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    x : (2, examples) array
        The points, each coordinate with mean 0 and mean square 1.
    y : (examples,) array of int
        Labels 0, 1, 0, 1, ...

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> x, y = circles(rng=0)
    >>> x.shape, int(y.sum())
    ((2, 100), 50)
    """
    examples = _even(examples)
    y = np.arange(examples) % 2
    angle = 2 * np.pi * (np.arange(examples) // 2 + 0.5) / (examples / 2)
    radius = np.where(y, 0.5, 1.0)
    return _finish(radius * np.array([np.cos(angle), np.sin(angle)]), noise, rng), y


def digits() -> XY:
    """Handwritten digits: 1,797 images of 8 x 8 pixels, scanned for the UCI repository.

    They come with scikit-learn, which loads at the first call.
    Source: [Alpaydin and Kaynak 1998](https://doi.org/10.24432/C50P49).

    Returns
    -------
    x : (64, 1797) array
        Each image row by row, from 0.0 (paper) to 16.0 (ink).
    y : (1797,) array of int
        The digit, 0 to 9, about a tenth of each.

    Examples
    --------
    >>> x, y = digits()
    >>> x.shape, y[:12]
    ((64, 1797), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]))
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return np.ascontiguousarray(x.T), y


class Split(NamedTuple):
    """What `split` returns: examples to train on, and examples to see what was learnt."""

    x: np.ndarray
    """(features, examples): what to train on."""
    y: np.ndarray
    """(examples,): its labels."""
    held_out_x: np.ndarray
    """(features, held-out examples): what was held out."""
    held_out_y: np.ndarray
    """(held-out examples,): its labels."""


def split(x: ArrayLike, y: ArrayLike, *, held_out: float = 0.25, rng: Seed = None) -> Split:
    """Hold out a random choice of examples, the same share of every class. Examples stay in their order.

    Parameters
    ----------
    x : (features, examples) array
        Numbers, at least one feature and one example.
    y : (examples,) array of int
        The label of each example.
    held_out : float
        Share of each class to hold out, 0 < held_out < 1, rounded to whole examples.
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    Split
        A tuple (x, y, held_out_x, held_out_y) with names.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described, or nothing is left on one side; the message names it.

    Examples
    --------
    >>> x, y, held_out_x, held_out_y = split(*moons(rng=0), rng=0)
    >>> x.shape, held_out_x.shape, held_out_y.mean()
    ((2, 76), (2, 24), np.float64(0.5))
    """
    x, y = _features("x", x), numbers("y", y)
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must be an array of int labels, one for each example, got an array of {y.dtype}")
    if y.shape != x.shape[1:]:
        raise ValueError(f"y must have shape {x.shape[1:]}, one label for each example of x, got {y.shape}")
    share, rng = finite("held_out", held_out, above=0, below=1), generator(rng)
    out = np.zeros(len(y), bool)
    for label in np.unique(y):
        (of_class,) = np.nonzero(y == label)
        out[rng.permutation(of_class)[: round(share * len(of_class))]] = True
    if out.all() or not out.any():
        raise ValueError(f"held_out must leave examples on both sides, got {held_out!r} of {len(y)} examples")
    return Split(x[:, ~out], y[~out], x[:, out], y[out])


def standardize(x: ArrayLike, *others: ArrayLike) -> np.ndarray | tuple[np.ndarray, ...]:
    """Shift and scale every feature to mean 0 and standard deviation 1 over the examples of x.

    The others get the shift and the scale of x, not their own: what is held out must not shape what a network is
    trained on. A feature that is constant in x carries no information there and becomes 0 in all of them.

    Parameters
    ----------
    x : (features, examples) array
        What sets shift and scale.
    *others : (features, any number of examples) array
        What is shifted and scaled likewise.

    Returns
    -------
    array, or tuple of arrays
        x alone, or (x, *others). Floats keep their precision, ints become float64.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> x, held_out = standardize(np.array([[1.0, 3.0], [5.0, 5.0]]), np.array([[4.0], [6.0]]))
    >>> x.tolist(), held_out.tolist()
    ([[-1.0, 1.0], [0.0, 0.0]], [[2.0], [0.0]])
    """
    x = _features("x", x)
    everything = (x, *(_features("others", other, len(x)) for other in others))
    kind = np.result_type(x.dtype, np.float64)  # sums over many float32 are too rough
    with np.errstate(over="ignore", invalid="ignore"):
        mean, spread = (f(axis=1, keepdims=True, dtype=kind) for f in (x.mean, x.std))
        rest = (x - mean).mean(axis=1, keepdims=True)  # how far the mean itself is rounded, far from 0
        rest[np.abs(rest) < 1e-12 * spread] = 0
        spread = np.where(rest == 0, spread, np.sqrt(np.square(x - mean - rest).mean(axis=1, keepdims=True)))
    constant = np.ptp(x, axis=1, keepdims=True) == 0  # where rounding of the mean could leave a spread that is not 0
    if not (np.isfinite(spread) & ((spread > 0) | constant)).all():
        raise ValueError(f"x must hold numbers whose squares a {spread.dtype} can hold, got up to {np.abs(x).max()!r}")
    scaled = tuple(
        np.where(constant, 0, (v - mean - rest) / np.where(constant, 1, spread)).astype(
            v.dtype if v.dtype.kind == "f" else np.float64, copy=False
        )
        for v in everything
    )
    return scaled if others else scaled[0]


def _features(name: str, array: ArrayLike, features: int | None = None) -> np.ndarray:
    """A (features, examples) array of numbers, not empty."""
    array = numbers(name, array)
    allowed = (
        f"an array of finite numbers ({'features' if features is None else features}, examples), at least one of each"
    )
    if array.dtype.kind == "b":
        raise TypeError(f"{name} must be {allowed}, got an array of {array.dtype}")
    if array.ndim != 2 or not array.size or len(array) != (features or len(array)):
        raise ValueError(f"{name} must be {allowed}, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be {allowed}, got nan or inf")
    return array


def _even(examples: int) -> int:
    if whole("examples", examples, at_least=2) % 2:
        raise ValueError(f"examples must be an even int >= 2, got {examples!r}")
    return int(examples)


def _finish(x: np.ndarray, noise: float, rng: Seed) -> np.ndarray:
    """Add normal noise of the given standard deviation, then centre and scale."""
    x = x + finite("noise", noise, at_least=0) * generator(rng).standard_normal(x.shape)
    x -= x.mean(axis=1, keepdims=True)
    with np.errstate(over="ignore"):
        size = np.sqrt(np.square(x).mean(axis=1, keepdims=True))
    if not ((size > 0) & np.isfinite(size)).all():
        raise ValueError(f"noise must leave points that differ and are finite, got {noise!r} for {x.shape[1]} examples")
    return x / size
