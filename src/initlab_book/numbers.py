"""How the book writes a number."""

import math
from typing import SupportsFloat


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
