"""Checks of arguments: one convention for the whole package.

Each returns the value that it was given, in the type that the caller computes with, or raises: a TypeError for what is
of another kind, a ValueError for a value that is not allowed. Both name the argument, the value and what is allowed.
"""

from __future__ import annotations  # numpy.random loads when something is drawn, and not for its types

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any, Union, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

Seed = Union["np.random.Generator", int, None]
"""What every `rng` may be: a generator, a seed, or None for fresh entropy."""

Shape = int | Sequence[int]
"""What every `shape` may be: one size, or a tuple of sizes."""


def finite(
    name: str,
    value: object,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> float:
    """A finite real number within the given limits, as a float.

    Parameters
    ----------
    name : str
        What the argument is called, for the message of an error.
    value : object
        What was given.
    above, at_least, below, at_most : float, optional
        The limits: value > above, value >= at_least, value < below, value <= at_most.

    Raises
    ------
    TypeError
        If the value is not a real number; True and False are not.
    ValueError
        If it is not finite, or outside the limits.

    Examples
    --------
    >>> finite("gain", 2, above=0)
    2.0
    """
    limits = [f"> {above}"] * (above is not None) + [f">= {at_least}"] * (at_least is not None)
    limits += [f"< {below}"] * (below is not None) + [f"<= {at_most}"] * (at_most is not None)
    allowed = " ".join(["a finite number", " and ".join(limits)]).strip()
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    try:
        number = float(value)
    except OverflowError:  # an int of more than 308 digits
        number = math.inf
    if (
        not math.isfinite(number)
        or (above is not None and number <= above)
        or (at_least is not None and number < at_least)
        or (below is not None and number >= below)
        or (at_most is not None and number > at_most)
    ):
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return number


def whole(name: str, value: object, *, at_least: int | None = None, at_most: int | None = None) -> int:
    """A whole number within the given limits, as an int.

    Parameters
    ----------
    name : str
        What the argument is called, for the message of an error.
    value : object
        What was given.
    at_least, at_most : int, optional
        The limits, both included. `at_most` needs `at_least`.

    Raises
    ------
    TypeError
        If the value is not an integer; True and 3.0 are not.
    ValueError
        If it is outside the limits.

    Examples
    --------
    >>> whole("width", np.int64(3), at_least=1)
    3
    """
    allowed = "an int"
    if at_most is not None:
        allowed = f"an int from {at_least} to {at_most}"
    elif at_least is not None:
        allowed = f"an int >= {at_least}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    number = int(value)
    if (at_least is not None and number < at_least) or (at_most is not None and number > at_most):
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return number


def one_of(name: str, value: object, allowed: Iterable[str]) -> str:
    """One of the allowed strings, as it was given.

    Parameters
    ----------
    name : str
        What the argument is called, for the message of an error.
    value : object
        What was given.
    allowed : iterable of str
        The strings that it may be.

    Raises
    ------
    TypeError
        If the value is not a string.
    ValueError
        If it is another string.

    Examples
    --------
    >>> one_of("mode", "fan_in", ("fan_in", "fan_out"))
    'fan_in'
    """
    allowed = tuple(allowed)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def sizes(shape: object) -> tuple[int, ...]:
    """A shape as a tuple of ints.

    Parameters
    ----------
    shape : object
        What was given: an integer >= 0, or a tuple or list of them.

    Returns
    -------
    tuple of int
        The sizes along all axes.

    Raises
    ------
    TypeError
        If `shape` is anything else.
    ValueError
        If a size is negative.

    Examples
    --------
    >>> sizes(3), sizes([2, 3])
    ((3,), (2, 3))
    """
    dims = (shape,) if isinstance(shape, Integral) else shape
    if not isinstance(dims, tuple | list) or any(isinstance(n, bool) or not isinstance(n, Integral) for n in dims):
        raise TypeError(f"shape must be an integer or a tuple of integers >= 0, got {shape!r}")
    if any(n < 0 for n in dims):
        raise ValueError(f"shape must be an integer or a tuple of integers >= 0, got {shape!r}")
    return tuple(map(int, dims))


def floating(dtype: DTypeLike) -> np.dtype:
    """A real floating type, such as float64.

    Parameters
    ----------
    dtype : dtype
        What was given: a type, a dtype or its name. None is not taken for float64.

    Returns
    -------
    numpy.dtype
        The same as a dtype.

    Raises
    ------
    TypeError
        If it is not a real floating type.

    Examples
    --------
    >>> floating("float32")
    dtype('float32')
    """
    allowed = "a real floating type such as float32 or float64"
    try:
        kind: str = np.dtype(dtype).kind
    except TypeError:
        kind = ""
    if dtype is None or kind != "f":
        raise TypeError(f"dtype must be {allowed}, got {dtype!r}")
    return np.dtype(dtype)


def precision(dtype: DTypeLike) -> np.dtype:
    """What a simulator computes in: float64 or float32, for which NumPy has both matrix products and random numbers.

    Parameters
    ----------
    dtype : dtype
        What was given.

    Returns
    -------
    numpy.dtype
        The same as a dtype.

    Raises
    ------
    TypeError
        If it is another type.

    Examples
    --------
    >>> precision(np.float32)
    dtype('float32')
    """
    if (found := floating(dtype)) not in (np.float64, np.float32):
        raise TypeError(f"dtype must be float64 or float32, got {dtype!r}")
    return found


def numbers(name: str, values: ArrayLike) -> np.ndarray:
    """An array of real numbers: floats as they are, integers (and True and False, as 1 and 0) as they are, too.

    Parameters
    ----------
    name : str
        What the argument is called, for the message of an error.
    values : array
        What was given.

    Returns
    -------
    array
        The same.

    Raises
    ------
    TypeError
        If it holds anything but real numbers.
    ValueError
        If its rows are of different lengths.

    Examples
    --------
    >>> numbers("x", [[1, 2], [3, 4]])
    array([[1, 2],
           [3, 4]])
    """
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name} must be an array of real numbers, got {values!r}") from None
    if array.dtype.kind not in "fiub":
        got = repr(values) if array.size <= 10 else f"an array of {array.dtype}"
        raise TypeError(f"{name} must be an array of real numbers, got {got}")
    return array


def sequence(name: str, values: object) -> list[Any]:
    """A list of what a sequence holds, such as the widths of layers.

    Parameters
    ----------
    name : str
        What the argument is called, for the message of an error.
    values : object
        What was given: a list, a tuple, a range, or an array of one dimension or more.

    Returns
    -------
    list
        Its members, unchecked.

    Raises
    ------
    TypeError
        If it is no sequence; a string is none here.

    Examples
    --------
    >>> sequence("widths", range(3))
    [0, 1, 2]
    """
    if isinstance(values, str | bytes) or not isinstance(values, Sequence | np.ndarray) or np.ndim(values) < 1:
        raise TypeError(f"{name} must be a sequence, such as a list, got {values!r}")
    return list(values)


def kind_of(name: str, value: object, kind: type) -> Any:
    """An object of one of the package's own kinds, as it was given.

    Parameters
    ----------
    name : str
        What the argument is called, for the message of an error.
    value : object
        What was given.
    kind : type
        What it has to be.

    Returns
    -------
    object
        The value.

    Raises
    ------
    TypeError
        If it is of another kind.

    Examples
    --------
    >>> kind_of("rng", np.random.default_rng(0), int)
    Traceback (most recent call last):
    TypeError: rng must be an int, got a Generator
    """
    if not isinstance(value, kind):
        wanted, given = (f"{'an' if t.__name__[0] in 'AEIOUaeiou' else 'a'} {t.__name__}" for t in (kind, type(value)))
        raise TypeError(f"{name} must be {wanted}, got {given}")
    return value


# ---------------------------------------------------------------- randomness


def generator(rng: Seed) -> np.random.Generator:
    """The generator that an `rng` stands for; NumPy's global random state is never touched.

    Parameters
    ----------
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.

    Returns
    -------
    numpy.random.Generator
        `rng` itself if it is one, else a new one.

    Raises
    ------
    TypeError
        If `rng` is anything else.
    ValueError
        If the seed is negative.
    """
    return rng if isinstance(rng, np.random.Generator) else np.random.default_rng(_seed("rng", rng))


def seed_sequence(rng: Seed, name: str = "rng") -> np.random.SeedSequence:
    """Where independent streams of random numbers come from; a generator gives another one at every call.

    Parameters
    ----------
    rng : numpy.random.Generator, int or None
        A generator, a seed, or None for fresh entropy.
    name : str
        What the argument is called, for the message of an error.

    Returns
    -------
    numpy.random.SeedSequence
        The root of the streams.

    Raises
    ------
    TypeError
        If `rng` is anything else.
    ValueError
        If the seed is negative.
    """
    if isinstance(rng, np.random.Generator):
        # NumPy's types promise less than all of its own bit generators have.
        return cast(np.random.SeedSequence, rng.bit_generator.seed_seq).spawn(1)[0]
    return np.random.SeedSequence(_seed(name, rng))


def seed_sequences(seeds: object) -> list[np.random.SeedSequence]:
    """A `seed_sequence` for each of several seeds.

    Parameters
    ----------
    seeds : object
        What was given: a sequence of ints >= 0, such as range(10).

    Returns
    -------
    list of numpy.random.SeedSequence
        One for each seed.

    Raises
    ------
    TypeError
        If `seeds` is not a sequence, or one of the seeds is not an int.
    ValueError
        If there is no seed, or a negative one.
    """
    if isinstance(seeds, str | Integral) or not isinstance(seeds, Iterable):
        raise TypeError(f"seeds must be a sequence of ints, such as range(10) or [7], got {seeds!r}")
    sequences = [seed_sequence(seed, "each of the seeds") for seed in seeds]
    if not sequences:
        raise ValueError("seeds must hold at least one seed, got none")
    return sequences


def _seed(name: str, value: object) -> int | None:
    allowed = "a numpy.random.Generator, an int >= 0 or None"
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    seed = int(value)
    if seed < 0:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return seed
