"""Numbers that need no account: labels, citations, and the constants of algebra.

A rule is as narrow as it can be, for a false number must not find shelter behind it.
"""

import functools
import re


def reason(number, prose):
    """Why the number needs no account, or None."""
    return _excused(prose.text).get((number.start, number.end)) or _constant(number, prose.text)


@functools.lru_cache
def _excused(text):
    """{place of a number: why it needs no account}, for the labels and citations of a text."""
    equations = re.findall(r"\\tag\{(\d+)\}", text)
    exercises = re.findall(r"^\*\*(\d+)\.", text, re.MULTILINE)
    labels = [*re.finditer(r"\\tag\{(\d+)\}", text)]
    labels += [match for match in re.finditer(r"(?<![\w)\]])\((\d+)\)(?!\w)", text) if match[1] in equations]
    labels += [match for match in re.finditer(r"\b[Ee]xercise (\d+)\b", text) if match[1] in exercises]
    for pattern in (r"^ {0,3}(\d+)\. ", r"^\*\*(\d+)\."):  # items and exercises count up, or begin again
        last = 0
        for match in re.finditer(pattern, text, re.MULTILINE):
            if int(match[1]) in (1, last + 1):
                last = int(match[1])
                labels.append(match)
    places = {match.span(1): "label of an equation, an item or an exercise" for match in labels}
    for paragraph in re.finditer(r"(?:.+\n)*.*\]\(https?://.*(?:\n.+)*", text):
        for match in re.finditer(CITATION, paragraph[0]):
            for number in re.finditer(r"\d+(?:\.\d+)?", match[0]):
                at = paragraph.start() + match.start() + number.start()
                places[at, at + len(number[0])] = "citation: a year, or a place in a work that is linked"
    return places


CITATION = (
    r"(?:[A-Z][\w'’-]+|others|et al\.) \((?:19|20)\d\d\)"
    r"|\b(?:figures?|tables?|sections?|equations?|theorems?) \d+(?:\.\d+)*(?:(?:, | and | to )\d+(?:\.\d+)*)*(?!\w)"
)

# ---------------------------------------------------------------- algebra

RELATION = re.compile(
    r"[=<>&;]|\\(?:approx|sim|simeq|le|leq|ge|geq|ll|gg|neq?|to|mapsto|in|propto|equiv|quad|qquad|\\)\b|\\\\"
)
# What is no variable although it is made of letters.
NAMES = re.compile(
    r"\\(?:text|mathrm|operatorname|mathcal|mathbb|mathbf|begin|end|tag)\s*\{[^}]*\}"
    r"|\\(?:pi|tfrac|dfrac|frac|sqrt|ln|log|exp|cdot|times|left|right|big|Big|bigl|bigr|sum|prod|int|top|partial|infty"
    r"|d?dots|ldots)(?![A-Za-z])|(?<![A-Za-z\\])e(?=\^)|\^\{\[[^\]]*\]\}|_\{[^}]*\}|_\w"
)


def _constant(number, text):
    """Whole numbers of one digit that stand with a variable on one side of a formula, and the numbers of layers.

    That is all of algebra, and none of its results: in a formula with a decimal number every number is a claim.
    """
    start, end = number.region
    formula, at = text[start:end], number.start - start
    if number.kind != "formula":
        return None
    if any(match.start() < at < match.end() for match in re.finditer(r"\^\{\[[^\]]*\]\}", formula)):
        return "constant in a symbolic formula" if number.written.value == int(number.written.value) else None
    if re.search(r"\.\d", formula) or not re.fullmatch(r"\d", number.written.text):
        return None
    low = max((m.end() for m in RELATION.finditer(formula, 0, at)), default=0)
    high = next((m.start() for m in RELATION.finditer(formula, at)), len(formula))
    cuts, depth = [low, high + 1], 0
    for i in range(low, high):  # commas separate, too, but for those in brackets, and for \,
        depth += (formula[i] in "([{") - (formula[i] in ")]}")
        cuts += [i + 1] * (formula[i] == "," and depth <= 0 and formula[i - 1] != "\\")
    side = formula[max(cut for cut in cuts if cut <= at) : min(cut for cut in cuts if cut > at) - 1]
    return "constant in a symbolic formula" if re.search("[A-Za-z]", NAMES.sub(" ", side)) else None
