"""Numbers as people write them: find them in prose, formulas and outputs, and read what they say and how precisely.

This module knows nothing of notebooks. `find` gives every number of a piece of text with its place; `read` takes a text
that is one number and nothing else. "One", "two" and "third" are not counted as numbers when they are spelled out.
"""

import functools
import math
import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A number as it is written, in its place: text[start:end]."""

    text: str
    start: int
    value: float  # NaN for what cannot be compared, such as "hundreds"
    unit: float  # one unit of the last digit: the number stands for value - unit / 2 to value + unit / 2
    plain: float  # the number in it: 3 for "3 %", 84 for "84 million", 4 for "a quarter"

    @property
    def end(self):
        return self.start + len(self.text)

    def agrees(self, value):
        """Whether a computed value rounds to this."""
        return abs(value - self.value) <= self.unit / 2 + 1e-9 * max(abs(self.value), self.unit)


@functools.cache  # the mutations of a chapter change one piece of its text
def find(text, formula=False):
    """Every number of the text, in order; `formula` says that the text is LaTeX."""
    found = []
    for match in (FORMULA if formula else TEXT).finditer(text):
        if match.lastgroup:  # and no name
            value, unit = _digits(match)
            minus = _is_minus(text[max(0, match.start() - 40) : match.start()], formula)
            found.append(_with_suffix(text, match.start() - minus, match.end(), -value if minus else value, unit))
    if not formula:
        taken = {at for number in found for at in range(number.start, number.end)}
        for match in WORDS.finditer(text):
            value, unit, plain = _words(match)
            if value and taken.isdisjoint(range(*match.span())):
                found.append(_with_suffix(text, *match.span(), value, unit, plain))
    return tuple(sorted(found, key=lambda number: number.start))


def read(text):
    """The number that the text is; dollar signs around it do not matter. ValueError if it is no number with a value."""
    inner = text.strip().strip("$").strip()
    if match := FRACTION.fullmatch(inner):
        over, under = (float(part) for part in match.groups() if part)
        return Written(inner, 0, over / under, abs(over / under) / 50, under)
    for formula in (False, True):
        numbers = find(inner, formula)
        if [number.text for number in numbers] == [inner] and not math.isnan(numbers[0].value):
            return numbers[0]
    raise ValueError(f"«{text}» is not one number with a value: assert what it means")


# ---------------------------------------------------------------- digits

SCALES = {"dozen": 12, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
DIGITS = (
    r"(?P<symbol>[½⅓⅔¼¾⅕⅛⁰¹²³⁴⁵⁶⁷⁸⁹])|(?P<part>(?<=frac)\d)"  # \frac12 is 1 over 2
    r"|10\^\{(?P<power>-?\d+)\}"
    r"|(?=\.?\d)(?P<whole>\d{1,3}(?:,\d{3})+(?!\d)|\d*)(?P<decimals>\.\d+|)"
    r"(?:e(?P<e>[-+]?\d+)(?!\w)|\s*\\cdot\s*10\^\{(?P<times>-?\d+)\}|)"
)
FORMULA = re.compile(DIGITS)
TEXT = re.compile(rf"[A-Za-z_]\w*|{DIGITS}")  # float32 is a name
FRACTION = re.compile(r"\\[dt]?frac(?:(\d)(\d)|\{(\d+)\}\{(\d+)\})")
SUFFIX = re.compile(rf"(?:\s|\\,)*\\?%|\sper\scent\b|[\s-](?P<scale>{'|'.join(SCALES)})s?\b")


def _digits(match):
    """The value and the unit of a match of DIGITS."""
    if match["symbol"]:
        value = unicodedata.numeric(match["symbol"])
        return value, 1.0 if value >= 1 else value / 50
    if match["part"]:
        return float(match["part"]), 1.0
    if match["power"]:
        return (10.0 ** int(match["power"]),) * 2
    exponent = int(match["e"] or match["times"] or 0)
    number = match["whole"].replace(",", "") + match["decimals"]
    return float(f"{number}e{exponent}"), 10.0 ** (exponent - len(match["decimals"][1:]))


def _is_minus(before, formula):
    """Whether the text before a number ends with its sign: a minus that neither subtracts nor joins."""
    if not before.endswith(("-", "−")):
        return False
    before = re.sub(r"(?:\s|\\[,;:! ])+\Z", "", before[:-1]) if formula else before[:-1]
    return bool(re.search(r"\\[A-Za-z]+\Z", before) or not re.search(r"[\w)\]}|'!%$-]\Z", before))


def _with_suffix(text, start, end, value, unit, plain=None):
    """The number text[start:end], with the "million" or "%" that may follow."""
    plain = value if plain is None else plain
    if match := SUFFIX.match(text, end):
        factor = SCALES[match["scale"]] if match["scale"] else 0.01
        value, unit, end = value * factor, unit * factor, match.end()
    return Written(text[start:end], start, value, unit, plain)


# ---------------------------------------------------------------- words

CARDINALS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
CARDINALS = [*CARDINALS.split(), "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBERS = {word: n for n, word in enumerate(CARDINALS)} | {word: 10 * n for n, word in enumerate(TENS, 2)}
FRACTIONS = {"half": 2, "halve": 2, "quarter": 4}
PARTS = FRACTIONS | {"third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
PARTS |= {word + "th": n for word, n in (NUMBERS | SCALES).items() if n in (4, 6, 7, 10, 11) or 12 < n < 20 or n >= 100}
PARTS |= {word[:-1] + "ieth": NUMBERS[word] for word in TENS}
CHANGES = {"twice": 2, "thrice": 3, "halved": 0.5, "halving": 0.5}
for stem, factor in {"doubl": 2, "tripl": 3, "quadrupl": 4}.items():
    CHANGES |= {stem + end: factor for end in ("e", "es", "ed", "ing")}

_WORD = "|".join(sorted([*NUMBERS, *SCALES], key=len, reverse=True))
_PART = "|".join(sorted(PARTS, key=len, reverse=True))
WORDS = re.compile(
    rf"\b(?:(?P<change>{'|'.join(CHANGES)})"
    rf"|(?P<vague>tens|(?:{'|'.join(SCALES)})s)"
    rf"|(?P<article>an?\s)?(?P<count>(?:(?:{_WORD})[\s-])*)(?P<part>{_PART})(?P<plural>s?)"
    rf"|(?:an?\s)?(?P<cardinal>(?:{_WORD})(?:[\s-](?:{_WORD}))*)(?P<fold>-?fold)?"
    r")(?!\w)",
    re.IGNORECASE,
)


def _words(match):
    """The value, the unit and the plain number of a match of WORDS; the value is 0 where it says nothing."""
    if match["change"]:
        value = CHANGES[match["change"].lower()]
        return value, value / 50, value
    if match["vague"]:
        return math.nan, math.nan, math.nan
    if match["part"]:
        count, word = match["count"].lower(), match["part"].lower()
        part = PARTS[word]
        if count.endswith("-"):  # a five-hundredth, the twenty-fifth
            count, part = "", _cardinal(count) * part if part >= 100 else _cardinal(count) + part
        if count or match["article"] or match["plural"] or word in FRACTIONS:
            value = (_cardinal(count) or 1) / part
            return value, value / 50, part
        return (part if part > 3 else 0), 1.0, part
    value = _cardinal(match["cardinal"].lower())
    return (value if value >= 3 or match["fold"] else 0), 1.0, value


def _cardinal(words):
    total = run = 0
    for word in re.findall(_WORD, words):
        if word in SCALES:
            run = (run or 1) * SCALES[word]
            if SCALES[word] > 100:
                total, run = total + run, 0
        else:
            run += NUMBERS[word]
    return total + run
