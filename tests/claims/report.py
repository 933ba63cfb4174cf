"""How every number of a chapter is accounted for, and what is left over.

A number is
- checked: marked in a sentence that a test quotes, and compared with a computed value;
- quoted: in a sentence that a test quotes, and in the code of that test, which asserts something;
- printed: in what a cell of the same section prints, with at least two significant digits;
- excused: a label or a constant of algebra, by a rule of `excuses.py`;
- left over otherwise.
"""

import ast
import functools
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from . import excuses, numerals
from .prose import CHAPTERS, Number, Prose, chapter_outputs, chapter_prose
from .quotes import locate, quotes_in

VERDICTS = ("checked", "quoted", "printed", "excused", "left over")


@dataclass(frozen=True)
class Judged:
    number: Number
    verdict: str
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """The account of one chapter; `faults` are quotes that hold nothing to account."""

    chapter: str
    prose: Prose
    judged: list
    faults: list = field(default_factory=list)

    @property
    def left_over(self):
        return [each for each in self.judged if each.verdict == "left over"]

    def line(self, each):
        reason = f" ({each.reason})" if each.reason else ""
        return f"  {each.number.cell}: {self.prose.around(each.number)}{reason}"


def claims_file(chapter):
    return Path(__file__).with_name(f"test_{chapter.replace('-', '_')}.py")


def report(chapter):
    """The account of a chapter of the book."""
    path = claims_file(chapter)
    tests = path.read_text(encoding="utf-8") if path.is_file() else f"says = chapter({chapter!r})"
    return account(chapter, chapter_prose(chapter), tests, chapter_outputs(chapter))


def account(chapter, prose, tests, outputs):
    """The account of a chapter from its prose, the source of its tests, and the outputs of its code."""
    quotes, faults = quotes_in(tests)
    faults = [*faults]
    bound = _values_of_says(tests)
    if not bound or any(f"chapter({chapter!r})" not in value for value in bound):
        faults.append(f"says must be bound once, to chapter({chapter!r})")
    placed = []
    for quote in quotes:
        try:
            placed.append((quote, locate(prose, chapter, quote.text)))
        except AssertionError as error:
            faults.append(f"{quote.where}: {error}")
    shown = {}
    for output in outputs:
        shown.setdefault(output.section, []).extend(found.written for found in numerals.find(output.text))
    judged = [_judge(number, prose, placed, shown.get(number.section, ())) for number in prose.numbers]
    return Report(chapter, prose, judged, faults)


@functools.cache
def _values_of_says(tests):
    return [ast.unparse(node.value) for node in ast.parse(tests).body if _binds_says(node)]


def _binds_says(node):
    return isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "says" for target in node.targets)


def _judge(number, prose, placed, shown):
    unused = ""
    around = [(q, at) for q, at in placed if at <= number.start and number.core <= at + len(q.text)]
    for quote, at in around:
        if any(at + low <= number.start and number.core <= at + high for low, high in quote.marks):
            return Judged(number, "checked", quote.where)
    for quote, _ in around:
        if _is_used(number.written, quote.used):
            return Judged(number, "quoted", quote.where)
        unused = f"quoted in {quote.where}, but not in the code of that test"
    if is_printed(number.written, shown):
        return Judged(number, "printed")
    if reason := excuses.reason(number, prose):
        return Judged(number, "excused", reason)
    return Judged(number, "left over", unused)


def _is_used(written, used):
    if math.isnan(written.value):  # "hundreds" is no single number that could stand in code
        return True
    ways = (written.value, abs(written.value), *written.kin)
    return any(math.isclose(way, value, rel_tol=1e-9) for way in ways for value in used)


def is_printed(written, shown):
    """Whether one of the numbers shown is this one: the same with two digits, or one that rounds to it with three."""
    for other in shown:
        if written.digits >= 2 and math.isclose(written.value, other.value, rel_tol=1e-9):
            return True
        if written.digits >= 3 and other.unit < written.unit and written.agrees(other.value):
            return True
    return False


# ---------------------------------------------------------------- in words


def summary(reports):
    """A table of the chapters, then the reasons of the excused, then faults and what is left over."""
    lines = [f"{'chapter':<14}{'numbers':>9}" + "".join(f"{verdict:>11}" for verdict in VERDICTS)]
    for each in reports:
        count = Counter(judged.verdict for judged in each.judged)
        counts = "".join(f"{count[verdict]:>11}" for verdict in VERDICTS)
        lines.append(f"{each.chapter:<14}{len(each.judged):>9}{counts}")
    for each in reports:
        excused = Counter(judged.reason for judged in each.judged if judged.verdict == "excused")
        lines += ["", f"{each.chapter}: excused"]
        lines += [f"  {count:4}  {reason}" for reason, count in excused.most_common()]
    for each in reports:
        if each.faults:
            lines += ["", f"{each.chapter}: quotes that hold nothing to account", *(f"  {f}" for f in each.faults)]
        if each.left_over:
            lines += ["", f"{each.chapter}: left over", *map(each.line, each.left_over)]
    return "\n".join(lines)


def listing(reports):
    """Every number with its verdict."""
    lines = []
    for each in reports:
        lines += ["", each.chapter]
        lines += [f"  {judged.verdict:<10}{each.line(judged).lstrip()}" for judged in each.judged]
    return "\n".join(lines)


def main(arguments):
    chapters = [argument for argument in arguments if argument != "--all"] or CHAPTERS
    reports = [report(chapter) for chapter in chapters]
    if "--all" in arguments:
        print(listing(reports), end="\n\n")
    print(summary(reports))
    return int(any(each.left_over or each.faults for each in reports))
