"""Numbers on their way to the page: rounded, packed, and in words."""

import math
from collections.abc import Sequence
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NONE = len(LEVELS) - 1  # stands for nan
_LETTER = np.frombuffer(LEVELS.encode(), np.uint8)
_LEVEL = np.zeros(128, np.uint8)
_LEVEL[_LETTER] = np.arange(len(LEVELS))


class Levels:
    """Numbers from 0 to 1, kept in 63 levels, one character each: for large arrays that are only looked at.

    Parameters
    ----------
    values : array
        Numbers from 0 to 1, of any shape; nan where there is none.

    Raises
    ------
    ValueError
        If a number lies outside.

    Examples
    --------
    >>> Levels([0, 0.5, 1, float("nan")]).text
    'Af-_'
    """

    text: str
    """One of the characters of `LEVELS` for each number, the last one for nan."""

    def __init__(self, values: ArrayLike) -> None:
        values = np.asarray(values, dtype=float)
        with np.errstate(invalid="ignore"):
            known = np.rint((_NONE - 1) * values)
        if np.any((known < 0) | (known > _NONE - 1)):
            raise ValueError(f"levels must lie between 0 and 1, got {np.nanmin(values)} to {np.nanmax(values)}")
        self.text = _LETTER[np.where(np.isnan(values), _NONE, known).astype(int)].tobytes().decode()


def changes(texts: Sequence[str]) -> list[str]:
    """Levels of the same length one after another: the first as it is, the others as differences from the one before.

    Parameters
    ----------
    texts : sequence of str
        The `text` of several `Levels`, all equally long.

    Returns
    -------
    list of str
        As many texts of the same length. A difference counts on from the last level to the first.

    Examples
    --------
    >>> changes(["AAB", "AAC", "BAC"])
    ['AAB', 'AAB', 'BAA']
    """
    rows = np.stack([_LEVEL[np.frombuffer(text.encode(), np.uint8)] for text in texts])
    rows[1:] = (rows[1:] - rows[:-1]) % len(LEVELS)  # unsigned: 2^8 is a multiple of the number of levels
    return [_LETTER[row].tobytes().decode() for row in rows]


def jsonable(value: Any, digits: int) -> Any:
    """The same value as JSON can hold it: plain lists, dicts and numbers.

    Parameters
    ----------
    value : object
        Lists, tuples, arrays and dicts, however deep, of numbers, `Levels`, and what JSON takes anyway.
    digits : int
        To how many significant digits a float is rounded. A whole number below a million becomes an int. JSON has no
        inf and no nan: they become the words "inf", "-inf" and "nan".

    Examples
    --------
    >>> jsonable({"y": np.array([1.0, 2 / 3, np.inf])}, digits=3)
    {'y': [1, 0.667, 'inf']}
    """
    if isinstance(value, Levels):
        return value.text
    if isinstance(value, dict):
        return {str(key): jsonable(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [jsonable(item, digits) for item in value]
    if isinstance(value, (float, np.floating)):
        if math.isnan(value):
            return "nan"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        rounded = float(f"{value:.{digits}g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e6 else rounded
    if isinstance(value, np.integer):
        return int(value)
    return value


def number(value: SupportsFloat | None, digits: int = 3) -> str:
    """A number as the book writes it: 38.4, 0.002, 3.05 × 10⁻⁵, overflow.

    On a page, `number` in figure/js/numbers.js writes the same. Both round a tie to the even digit.

    Parameters
    ----------
    value : float or None
        None stands for a number that is missing, and becomes a dash.
    digits : int
        How many significant digits, 1 to 15. Zeros at the end are left out.

    Examples
    --------
    >>> number(38.4434), number(0.5**30), number(float("inf")), number(0), number(1024)
    ('38.4', '9.31 × 10⁻¹⁰', 'overflow', '0', '1024')
    """
    if value is None:
        return "–"
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "overflow" if value > 0 else "minus overflow"
    if value.is_integer() and abs(value) < 1e5:
        return str(int(value)).replace("-", "−")  # -0.0, too, is "0"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if -4 < exponent < 5:
        return _trimmed(f"{float(f'{mantissa}e{exponent}'):.{max(digits - 1 - exponent, 0)}f}")
    return f"{_trimmed(mantissa)} × 10{str(exponent).translate(_SUPERSCRIPT)}"


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _trimmed(text: str) -> str:
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
