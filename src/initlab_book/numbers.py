"""How the book writes a number."""

import math
from typing import SupportsFloat


def number(value: SupportsFloat | None, digits: int = 3) -> str:
    """A number as the book writes it: 38.4, 0.002, 35,000, 3.05 × 10⁻⁵, 10⁻⁶, overflow.

    On a page, `number` in figure/js/numbers.js writes the same. Both round a tie to the even digit. The spaces inside a
    number do not break.

    Parameters
    ----------
    value : float or None
        None stands for a number that is missing, and becomes a dash.
    digits : int
        How many significant digits, 1 to 15. Zeros at the end are left out.

    Examples
    --------
    >>> number(38.4434), number(1e-6), number(float("inf")), number(0), number(1024), number(35000)
    ('38.4', '10⁻⁶', 'overflow', '0', '1024', '35,000')
    >>> number(0.5**30).replace("\N{NO-BREAK SPACE}", " ")
    '9.31 × 10⁻¹⁰'
    """
    if value is None:
        return "–"
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "overflow" if value > 0 else "minus overflow"
    if value.is_integer() and abs(value) < 1e5:
        return _grouped(str(int(value)))  # -0.0, too, is "0"
    mantissa, _, after_e = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(after_e)
    if -4 < exponent < 5:
        return _grouped(_trimmed(f"{float(f'{mantissa}e{exponent}'):.{max(digits - 1 - exponent, 0)}f}"))
    mantissa = _trimmed(mantissa).replace("-", "−")
    if mantissa.lstrip("−") == "1":
        return mantissa.replace("1", power(exponent))
    return f"{mantissa}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{power(exponent)}"


def percent(share: SupportsFloat, places: int = 0) -> str:
    """A share of 1 in per cent.

    Examples
    --------
    >>> percent(0.97), percent(0.9957, 1)
    ('97\xa0%', '99.6\xa0%')
    """
    return f"{100 * float(share):.{places}f}\N{NO-BREAK SPACE}%"


def power(exponent: int) -> str:
    """A power of ten.

    Examples
    --------
    >>> power(-6)
    '10⁻⁶'
    """
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _grouped(text: str) -> str:
    """Five digits and more before the point in groups, as the prose has them: 5000, but 35,000."""
    whole, point, rest = text.replace("-", "−").partition(".")
    return (f"{whole[:-3]},{whole[-3:]}" if len(whole.lstrip("−")) > 4 else whole) + point + rest
