"""Checks of arguments. Each returns the value it was given, or says which argument is wrong and what is allowed."""

import math
from numbers import Integral, Real

import numpy as np


def finite(name, value, *, above=None, at_least=None, below=None, at_most=None):
    """A finite real number within the given limits, as a float."""
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


def one_of(name, value, allowed):
    """One of the allowed strings."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def sizes(shape):
    """A shape, an integer or a sequence of integers >= 0, as a tuple."""
    dims = (shape,) if isinstance(shape, Integral) else shape
    if not isinstance(dims, tuple | list) or any(isinstance(n, bool) or not isinstance(n, Integral) for n in dims):
        raise TypeError(f"shape must be an integer or a tuple of integers >= 0, got {shape!r}")
    if any(n < 0 for n in dims):
        raise ValueError(f"shape must be an integer or a tuple of integers >= 0, got {shape!r}")
    return tuple(map(int, dims))


def whole_width(width):
    """A number of units."""
    if isinstance(width, bool) or not isinstance(width, (int, np.integer)) or width < 1:
        raise ValueError(f"width must be a whole number >= 1, got {width!r}")
    return int(width)
