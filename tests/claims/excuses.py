"""Numbers that need no account, each with the reason: labels, and the constants of algebra.

A rule is as narrow as it can be, for a false number must not find shelter behind it. Most are patterns: a number is
excused when it lies in a group of a match in its own cell, or in the whole match when the pattern has no group.
"""

import functools
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Excuses the numbers in the groups of `pattern`, in regions of these kinds, where `also(number, prose)` holds."""

    reason: str
    pattern: str
    kinds: tuple = ("text",)
    also: object = lambda number, prose: True


def reason(number, prose):
    """Why the number needs no account, or None."""
    for rule in RULES:
        if number.kind in rule.kinds and _lies_in(number, rule.pattern) and rule.also(number, prose):
            return rule.reason
    if number.kind == "formula":
        return _of_formula(number)
    return None


def _lies_in(number, pattern):
    low, high = number.at
    return any(start <= low and high <= end for start, end in _spans(number.part.source, pattern))


@functools.lru_cache(maxsize=10_000)
def _spans(source, pattern):
    matches = re.finditer(pattern, source, re.MULTILINE)
    return [match.span(group) for match in matches for group in (range(1, (match.re.groups or 0) + 1) or (0,))]


# ---------------------------------------------------------------- labels


def _is_equation(number, prose):
    tags = re.findall(r"\\tag\{(\d+)\}", "\n".join(part.source for part in prose.parts))
    return number.written.text in tags


def _exercises(prose):
    return _labels(prose, r"^(?:\*\*|#+ +Exercise +)(\d+)\b")


def _labels(prose, pattern):
    return [match[1] for part in prose.parts for match in re.finditer(pattern, part.source, re.MULTILINE)]


def _is_exercise(number, prose):
    return number.written.text in _exercises(prose)


def _counts_up(number, prose):
    """Items are numbered 1, 2, 3, ...: within a cell for a list, within the chapter for exercises."""
    item = r"^ {0,3}(\d+)\. "
    exercise = r"^(?:\*\*|#+ +Exercise +)(\d+)\b"
    for labels in ([m[1] for m in re.finditer(item, number.part.source, re.MULTILINE)], _labels(prose, exercise)):
        counted = [int(label) for label in labels]
        expected = []
        for label in counted:
            expected.append(1 if label == 1 else expected[-1] + 1 if expected else 1)
        if counted and counted == expected and number.written.value in counted:
            return True
    return False


def _cites(number, prose):
    """A work is cited, with a link, in the same paragraph."""
    before, after = number.part.source[: number.at[0]], number.part.source[number.at[1] :]
    paragraph = before.split("\n\n")[-1] + after.split("\n\n")[0]
    return re.search(r"\]\(https?://", paragraph) is not None


def _is_past_year(number, prose):
    return 1900 <= number.written.value <= 2030


def _is_no_claim(number, prose):
    """A whole number in a code span that is more than this number."""
    spans = [(start, end) for kind, start, end in number.part.regions if kind == "code"]
    inside = next(number.part.source[start:end] for start, end in spans if start <= number.at[0] < end)
    return re.fullmatch(r"[\W\d_e]*", inside) is None and "." not in number.written.text


_LABEL = r"\d+(?:\.\d+)*"
_LIST = rf"{_LABEL}(?:(?:, | and |, and |–| to ){_LABEL})*"

RULES = (
    Rule("number of an equation", r"\\tag\{(\d+)\}", ("formula",)),
    Rule("reference to an equation of the chapter", r"(?<![\w)\]])\((\d+)\)(?!\w)", also=_is_equation),
    Rule("number of an item or exercise", r"^ {0,3}(\d+)\. |^\*\*(\d+)\.|^#+ +Exercise +(\d+)\b", also=_counts_up),
    Rule("reference to an exercise of the chapter", r"\b[Ee]xercise (\d+)\b", also=_is_exercise),
    Rule(
        "figure, table, section or equation of a cited work",
        rf"\b(?:[Ff]igures?|[Tt]ables?|[Ss]ections?|[Ee]quations?|[Tt]heorems?|[Cc]hapters?|[Pp]ages?) ({_LIST})(?!\w)",
        also=_cites,
    ),
    Rule("year of a publication", r"(?:[A-Z][\w'’-]+|others|et al\.),? \((\d{4})[a-z]?\)", also=_is_past_year),
    Rule("year of a publication", r"\byear\s*=\s*\{(\d{4})\}", ("listing",), _is_past_year),
    Rule("version of a program", r"\b(?:Python|NumPy|SciPy|PyTorch|JAX|Jupyter Book) (\d+\.\d+)\b"),
    Rule("time to read", r"\((\d+) minutes?\)"),
    Rule("idiom", r"\bpowers? of (ten)\b|\b([Hh]alf)(?: a page| an hour| a minute|way)\b|\b([Dd]ouble) precision\b"),
    Rule("layer superscript", r"\^\{\[[^\]]*\]\}", ("formula",)),
    Rule("limit of a sum or product, range of an index", r"_\{[a-z] ?= ?([01])\}", ("formula",)),
    Rule(
        "limit of a sum or product, range of an index",
        r"(?<![.\d])([012]), ?(?:([123]), ?)?\\l?dots *, *[A-Za-z]",
        ("formula",),
    ),
    Rule("whole number in code", r"(\d+)", ("code",), _is_no_claim),
)

# ---------------------------------------------------------------- algebra

RELATION = re.compile(
    r"[=<>&;]|\\(?:approx|sim|simeq|le|leq|ge|geq|ll|gg|neq?|to|mapsto|in|propto|equiv|quad|qquad|\\)\b|\\\\"
)
# What is no variable although it is made of letters.
NAMES = re.compile(
    r"\\(?:text|mathrm|operatorname|mathcal|mathbb|mathbf|begin|end|tag)\s*\{[^}]*\}"
    r"|\\(?:pi|tfrac|dfrac|frac|sqrt|ln|log|exp|cdot|times|left|right|big|Big|bigl|bigr|sum|prod|int|top|partial|infty|d?dots|ldots)"
    r"(?![A-Za-z])"
    r"|(?<![A-Za-z\\])e(?=\^)"
)


def _of_formula(number):
    """Whole numbers of one digit that stand with a variable on one side of a formula without any decimal number."""
    _, start, end = next(region for region in number.part.regions if region[1] <= number.at[0] < region[2])
    formula = number.part.source[start:end]
    if re.search(r"\.\d", formula) or not re.fullmatch(r"\d", number.written.text):
        return None
    at = number.at[0] - start
    low = max((m.end() for m in RELATION.finditer(formula, 0, at)), default=0)
    high = next((m.start() for m in RELATION.finditer(formula, at)), len(formula))
    low, high = _within_commas(formula, low, high, at)
    side = NAMES.sub(" ", re.sub(r"\^\{\[[^\]]*\]\}|_\{[^}]*\}|_\w", " ", formula[low:high]))
    return "constant in a symbolic formula" if re.search(r"[A-Za-z]", side) else None


def _within_commas(formula, low, high, at):
    """Narrow formula[low:high] to what lies between commas around `at`, except for commas in brackets."""
    depth, cuts = 0, [low]
    for i in range(low, high):
        depth += (formula[i] in "([{") - (formula[i] in ")]}")
        if formula[i] == "," and depth <= 0 and formula[i - 1] != "\\":
            cuts.append(i + 1)
    return max(cut for cut in cuts if cut <= at), min([cut - 1 for cut in cuts if cut > at] + [high])
