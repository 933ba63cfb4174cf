"""Numbers on their way to the page: rounded, packed, and in words."""

import math

import numpy as np

LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NONE = len(LEVELS) - 1  # stands for nan
_LETTER = np.frombuffer(LEVELS.encode(), np.uint8)
_LEVEL = np.zeros(128, np.uint8)
_LEVEL[_LETTER] = np.arange(len(LEVELS))


class Levels:
    """Numbers from 0 to 1, kept in 63 levels, one character each: for large arrays that are only looked at.

    >>> Levels([0, 0.5, 1, float("nan")]).text
    'Af-_'
    """

    def __init__(self, values):
        values = np.asarray(values, dtype=float)
        with np.errstate(invalid="ignore"):
            known = np.rint((_NONE - 1) * values)
        if np.any((known < 0) | (known > _NONE - 1)):
            raise ValueError(f"levels must lie between 0 and 1, got {np.nanmin(values)} to {np.nanmax(values)}")
        self.text = _LETTER[np.where(np.isnan(values), _NONE, known).astype(int)].tobytes().decode()


def changes(texts):
    """Levels of the same length one after another: the first as it is, the others as differences to the one before.

    >>> changes(["AAB", "AAC", "BAC"])
    ['AAB', 'AAB', 'BAA']
    """
    rows = np.stack([_LEVEL[np.frombuffer(text.encode(), np.uint8)] for text in texts])
    rows[1:] = (rows[1:] - rows[:-1]) % len(LEVELS)  # unsigned: 2^8 is a multiple of the number of levels
    return [_LETTER[row].tobytes().decode() for row in rows]


def jsonable(value, digits):
    """Plain lists, dicts and numbers, floats rounded to `digits`; JSON has no inf or nan, so these become words."""
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


def number(value, digits=3):
    """A number as the book writes it: 38.4, 0.002, 3.05 × 10⁻⁵, overflow, with 1 to 15 significant digits.

    On a page `number` in figure/js/numbers.js says the same. Both round a tie to the even digit.

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
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    exponent = int(exponent)
    if -4 < exponent < 5:
        return _trimmed(f"{float(f'{mantissa}e{exponent}'):.{max(digits - 1 - exponent, 0)}f}")
    return f"{_trimmed(mantissa)} × 10{str(exponent).translate(_SUPERSCRIPT)}"


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _trimmed(text):
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
