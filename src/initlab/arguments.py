"""Checks of arguments: one convention for the whole package.

Each returns the value that it was given, in the type that the caller computes with, or raises: a TypeError for what is
of another kind, a ValueError for a value that is not allowed. Both name the argument, the value and what is allowed.
"""

import math
from collections.abc import Iterable
from numbers import Integral, Real

import numpy as np
from numpy.typing import DTypeLike

Seed = np.random.Generator | int | None
"""What every `rng` may be: a generator, a seed, or None for fresh entropy."""


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

    >>> finite("gain", 2, above=0)
    2.0
    """
    limits = [f"> {above}"] * (above is not None) + [f">= {at_least}"] * (at_least is not None)
    limits += [f"< {below}"] * (below is not None) + [f"<= {at_most}"] * (at_most is not None)
    allowed = " ".join(["a finite number", " and ".join(limits)]).strip()
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    if (
        not math.isfinite(value)
        or (above is not None and value <= above)
        or (at_least is not None and value < at_least)
        or (below is not None and value >= below)
        or (at_most is not None and value > at_most)
    ):
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return float(value)


def whole(name: str, value: object, *, at_least: int | None = None, at_most: int | None = None) -> int:
    """A whole number within the given limits, as an int; True and 3.0 are none.

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
    if (at_least is not None and value < at_least) or (at_most is not None and value > at_most):
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return int(value)


def one_of(name: str, value: object, allowed: Iterable[str]) -> str:
    """One of the allowed strings."""
    allowed = tuple(allowed)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def sizes(shape: object) -> tuple[int, ...]:
    """A shape, an integer or a sequence of integers >= 0, as a tuple."""
    dims = (shape,) if isinstance(shape, Integral) else shape
    if not isinstance(dims, tuple | list) or any(isinstance(n, bool) or not isinstance(n, Integral) for n in dims):
        raise TypeError(f"shape must be an integer or a tuple of integers >= 0, got {shape!r}")
    if any(n < 0 for n in dims):
        raise ValueError(f"shape must be an integer or a tuple of integers >= 0, got {shape!r}")
    return tuple(map(int, dims))


def floating(dtype: DTypeLike) -> np.dtype:
    """A real floating type."""
    allowed = "a real floating type such as float32 or float64"
    try:
        kind = np.dtype(dtype).kind
    except TypeError:
        kind = None
    if dtype is None or kind != "f":
        raise TypeError(f"dtype must be {allowed}, got {dtype!r}")
    return np.dtype(dtype)


# ---------------------------------------------------------------- randomness


def generator(rng: Seed) -> np.random.Generator:
    """The generator that an `rng` stands for; NumPy's global random state is never touched."""
    return rng if isinstance(rng, np.random.Generator) else np.random.default_rng(_seed("rng", rng))


def seed_sequence(rng: Seed, name: str = "rng") -> np.random.SeedSequence:
    """Where independent streams of random numbers come from; a generator gives another one at every call."""
    if isinstance(rng, np.random.Generator):
        return rng.bit_generator.seed_seq.spawn(1)[0]
    return np.random.SeedSequence(_seed(name, rng))


def seed_sequences(seeds: object) -> list[np.random.SeedSequence]:
    """The same for a sequence of seeds, such as range(10)."""
    if isinstance(seeds, str | Integral) or not isinstance(seeds, Iterable):
        raise TypeError(f"seeds must be a sequence of ints, such as range(10) or [7], got {seeds!r}")
    sequences = [seed_sequence(seed, "each of the seeds") for seed in seeds]
    if not sequences:
        raise ValueError("seeds must hold at least one seed, got none")
    return sequences


def _seed(name, value):
    allowed = "a numpy.random.Generator, an int >= 0 or None"
    if value is not None and (isinstance(value, bool) or not isinstance(value, Integral)):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    if value is not None and value < 0:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return value if value is None else int(value)
