"""Numbers as people write them: find them in prose, formulas and outputs, and read what they say and how precisely.

This module knows nothing of notebooks. `find` gives every number of a piece of text with its place; `read` takes a text
that is one number and nothing else. "One" and "two" are not counted as numbers when they are spelled out.
"""

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A number as it is written.

    Attributes
    ----------
    text : str
    value : float
        NaN for what cannot be compared, such as "hundreds".
    unit : float
        One unit of the last digit, so that the number stands for value - unit / 2 to value + unit / 2.
    digits : int
        Significant digits; the zeros at the end of a whole number do not count.
    kin : tuple of float
        Other ways to say it in code: 3 for "3 %", 84 for "84 million", 4 for "a quarter".
    """

    text: str
    value: float
    unit: float
    digits: int
    kin: tuple = ()

    def agrees(self, value):
        """Whether a computed value rounds to this."""
        return abs(value - self.value) <= self.unit / 2 + 1e-9 * max(abs(self.value), self.unit)


@dataclass(frozen=True)
class Found:
    """A number in its place: text[start:end]. Its core, without "million" or "%", is text[start:core]."""

    written: Written
    start: int
    end: int
    core: int


# ---------------------------------------------------------------- digits

SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
VULGAR = {"½": 2, "⅓": 3, "¼": 4, "⅕": 5, "⅛": 8}
POWER = r"10\s*(?:\^\s*\{\s*(?P<{0}brace>[-−+]?\s*\d+)\s*\}|\^\s*(?P<{0}bare>[-−]?\d)|(?P<{0}raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))"
DIGITS = re.compile(
    r"(?:(?P<whole>\d{1,3}(?:(?:,|\{,\}|\\,|[\u00a0\u2009\u202f]|_)\d{3})+(?!\d)|\d+)(?P<decimals>\.\d+)?|(?P<point>\.\d+))"
    r"(?:[eE](?P<e>[-+]?\d+)(?!\w)|\s*(?:×|·|\\times|\\cdot)\s*" + POWER.replace("{0}", "x") + ")?"
)
BARE_POWER = re.compile(POWER.replace("{0}", "p"))
RAISED = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+|[" + "".join(VULGAR) + "]")
PERCENT = re.compile(r"(?:\s|~|\\,|\\ )*(?:\\?%|per[ \n]?cent\b)")
SCALE = re.compile(r"[\s-]+(hundred|thousand|million|billion|trillion)s?\b")
START = re.compile(r"\.?\d|[⁰¹²³⁴⁵⁶⁷⁸⁹" + "".join(VULGAR) + "]")
NAME = re.compile(r"\w*")
LENGTH = re.compile(r"\s*(?:pt|em|ex|mu)\b")  # \hspace{1em} is layout


def _exponent(match, prefix):
    text = next(filter(None, (match[f"{prefix}{kind}"] for kind in ("brace", "bare", "raised"))), None)
    return None if text is None else int(text.translate(SUPERSCRIPT).replace("−", "-").replace(" ", ""))


def _digits_at(text, position, formula):
    """The number in digits that begins at `position`, without sign and suffix, as (value, unit, digits, end)."""
    if match := BARE_POWER.match(text, position):
        power = 10.0 ** _exponent(match, "p")
        return power, power, 1, match.end()
    if match := RAISED.match(text, position):
        if match[0] in VULGAR:
            value = 1 / VULGAR[match[0]]
            return value, value / 50, 0, match.end()
        return float(match[0].translate(SUPERSCRIPT)), 1.0, _significant(match[0].translate(SUPERSCRIPT)), match.end()
    if formula and re.search(r"\\[dt]?frac\s*\d?\Z", text[max(0, position - 8) : position]):
        return float(text[position]), 1.0, 1, position + 1  # \frac12 is 1 over 2
    match = DIGITS.match(text, position)
    whole = re.sub(r"\D", "", match["whole"] or "0")
    decimals = (match["decimals"] or match["point"] or ".")[1:]
    exponent = int(match["e"]) if match["e"] else _exponent(match, "x") or 0
    value = float(f"{whole}.{decimals}e{exponent}")
    raised = match["e"] or _exponent(match, "x") is not None
    digits = len((whole + decimals).lstrip("0")) if decimals or raised else _significant(whole)
    return value, 10.0 ** (exponent - len(decimals)), max(digits, 1), match.end()


def _significant(whole):
    return len(whole.strip("0"))


def _sign(text, position, formula):
    """How many characters before `position` are a minus sign that belongs to the number."""
    if position == 0 or text[position - 1] not in "-−":
        return 0
    before = text[: position - 1]
    if formula:
        before = re.sub(r"(\s|\\[,;:! ]|\{\})+\Z", "", before)
    return 0 if re.search(r"[\w)\]}|'!%$-]\Z", before) and not re.search(r"\\[A-Za-z]+\Z", before) else 1


def _suffix(text, end, value, unit):
    if match := SCALE.match(text, end):
        factor = SCALES[match[1]]
        return value * factor, unit * factor, match.end(), (value,)
    if match := PERCENT.match(text, end):
        return value / 100, unit / 100, match.end(), (value,)
    return value, unit, end, ()


# ---------------------------------------------------------------- words

CARDINALS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
CARDINALS += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBERS = {word: float(n) for n, word in enumerate(CARDINALS)} | {t: 10.0 * n for n, t in enumerate(TENS, 2)}
NUMBERS["dozen"] = 12.0
IRREGULAR = {"fifth": "five", "eighth": "eight", "ninth": "nine", "twelfth": "twelve"}
ORDINALS = IRREGULAR | {word + "th": word for word in [*CARDINALS[4:], *SCALES] if word not in IRREGULAR.values()}
ORDINALS |= {word[:-1] + "ieth": word for word in TENS}
TIMES = {"twice": 2, "double": 2, "doubles": 2, "doubled": 2, "doubling": 2, "thrice": 3, "triple": 3, "tripled": 3}
TIMES |= {"quadruple": 4, "quadrupled": 4}
PARTS = {"half": 2, "halves": 2, "halve": 2, "halved": 2, "halving": 2, "quarter": 4, "quarters": 4}

_PLAIN = "|".join(sorted([*NUMBERS, *SCALES], key=len, reverse=True))
_ORDINAL = "|".join(sorted(ORDINALS, key=len, reverse=True))
_PLURAL = "|".join([*SCALES, "ten", "dozen"])
_LINK = r"(?:[ \n-]|(?:(?<=hundred)|(?<=thousand)|(?<=million)) and )"
WORDS = re.compile(
    rf"\b(?:(?P<times>{'|'.join(TIMES)})"
    # a third, two thirds, thirds; but not the third layer
    r"|(?P<thirds>(?:an?|one|two)[ \n-]thirds?|thirds?(?= of\b)|thirds)"
    rf"|(?P<several>(?:(?:an?|one|two|three)[ \n-])?)(?P<part>{'|'.join(PARTS)})"
    rf"|(?P<article>an?[ \n-])?(?P<cardinal>(?:(?:{_PLAIN})(?:{_LINK}(?=(?:{_PLAIN}|{_ORDINAL})))?)*)"
    rf"(?:(?P<ordinal>{_ORDINAL})(?P<plural>s?)|(?P<vague>(?:{_PLURAL})s)|(?P<fold>-?fold)|)"
    r")(?!\w)",
    re.IGNORECASE,
)


def _cardinal(words):
    total = run = 0.0
    for word in words:
        if word in SCALES:
            run = (run or 1) * SCALES[word]
            if SCALES[word] > 100:
                total, run = total + run, 0.0
        elif word == "dozen":
            run = (run or 1) * 12
        else:
            run += NUMBERS[word]
    return total + run


def _words(match):
    """What the match of WORDS says, or None if that is nothing or less than three."""
    text = match[0]
    if match["times"]:
        value = float(TIMES[text.lower()])
        return Written(text, value, value / 50, 0)
    if match["thirds"]:
        value = (2 if text.lower().startswith("two") else 1) / 3
        return Written(text, value, value / 50, 0, (3.0,))
    if match["part"]:
        several = NUMBERS.get(match["several"].strip(" -\n").lower(), 1)
        parts = PARTS[match["part"].lower()]
        return Written(text, several / parts, several / parts / 50, 0, (float(parts),))
    words = re.findall(_PLAIN, match["cardinal"].lower())
    if match["vague"]:
        return Written(text, math.nan, math.nan, 0)
    if match["fold"] and not words:
        return None
    if match["ordinal"]:
        last = ORDINALS[match["ordinal"].lower()]
        if match["article"] or match["plural"]:  # a five-hundredth, two hundredths
            joined = "-" in match["cardinal"] or not match["plural"]
            parts = _cardinal([*words, last]) if joined else _cardinal([last])
            several = 1 if joined else _cardinal(words) or 1
            return Written(text, several / parts, several / parts / 50, 0, (parts,))
        words.append(last)
    elif not words:
        return None
    value = _cardinal(words)
    if value < 3 and not match["fold"]:
        return None
    return Written(text, value, 1.0, _significant(f"{value:.0f}"))


# ---------------------------------------------------------------- both


def find(text, formula=False):
    """Every number of the text, in order; `formula` says that the text is LaTeX."""
    found = []
    position = 0
    while match := START.search(text, position):
        at = match.start()
        if not formula and match[0].isdecimal() and at and (text[at - 1].isalpha() or text[at - 1] == "_"):
            position = NAME.match(text, match.end()).end()  # float32 is a name
            continue
        value, unit, digits, core = _digits_at(text, at, formula)
        position = core
        if formula and LENGTH.match(text, core):
            continue
        minus = _sign(text, at, formula)
        value, unit, end, kin = _suffix(text, core, -value if minus else value, unit)
        found.append(Found(Written(text[at - minus : end], value, unit, digits, kin), at - minus, end, core))
        position = max(position, end)
    if not formula:
        taken = [(number.start, number.end) for number in found]
        for match in WORDS.finditer(text):
            written = match[0] and _words(match)
            if not written or any(a < match.end() and match.start() < b for a, b in taken):
                continue
            value, unit, end, kin = written.value, written.unit, match.end(), written.kin
            if percent := PERCENT.match(text, end):
                value, unit, end, kin = value / 100, unit / 100, percent.end(), (value,)
            written = Written(text[match.start() : end], value, unit, written.digits, kin)
            found.append(Found(written, match.start(), end, match.end()))
    return sorted(found, key=lambda number: number.start)


def read(text):
    """The number that the text is; dollar signs around it do not matter.

    Raises
    ------
    ValueError
        If the text is no number, more than one, or one that stands for no value, such as "hundreds".

    >>> read("84 million").value, read("84 million").unit
    (84000000.0, 1000000.0)
    """
    inner = text.strip().strip("$").strip()
    for formula in (False, True):
        numbers = find(inner, formula)
        if len(numbers) == 1 and (numbers[0].start, numbers[0].end) == (0, len(inner)):
            if math.isnan(numbers[0].written.value):
                raise ValueError(f"«{text}» stands for no definite value: assert what it means")
            return numbers[0].written
    raise ValueError(f"«{text}» is not one number")
