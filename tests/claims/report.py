"""How every number of a chapter is accounted for, and what is left over.

A number is
- checked: marked in a sentence that a test quotes, and compared with a computed value;
- quoted: in a sentence that a test quotes, and in the code of that test, which asserts something;
- excused: a label, a citation or a constant of algebra, by a rule of `excuses.py`;
- left over otherwise.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from . import excuses
from .prose import CHAPTERS, Number, Prose, chapter_prose
from .quotes import place, quotes_in

VERDICTS = ("checked", "quoted", "excused", "left over")


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
    faults: list

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
    return account(chapter, chapter_prose(chapter), path.read_text(encoding="utf-8") if path.is_file() else "")


def account(chapter, prose, tests):
    """The account of a chapter from its prose and the source of its tests."""
    quotes, faults = quotes_in(tests)
    faults = [*faults]
    if quotes and re.findall(r"^says = (.*)$", tests, re.MULTILINE) != [f'chapter("{chapter}")']:
        faults.append(f'the file must say once: says = chapter("{chapter}")')
    placed = []
    for quote in quotes:
        try:
            placed.append((quote, place(prose, chapter, quote.sentence)))
        except (AssertionError, ValueError) as error:
            faults.append(f"{quote.where}: {error}")
    return Report(chapter, prose, [_judge(number, prose, placed) for number in prose.numbers], faults)


def _judge(number, prose, placed):
    around = [(quote, marks) for quote, (whole, *marks) in placed if _lies_in(number, whole)]
    for quote, marks in around:
        if any(_lies_in(number, mark) for mark in marks):
            return Judged(number, "checked", quote.where)
    for quote, _ in around:
        if _is_used(number.written, quote.used):
            return Judged(number, "quoted", quote.where)
    if reason := excuses.reason(number, prose):
        return Judged(number, "excused", reason)
    return Judged(number, "left over", *(f"quoted in {quote.where}, but not in its code" for quote, _ in around[:1]))


def _lies_in(number, span):
    return span[0] <= number.start and number.end <= span[1]


def _is_used(written, used):
    if math.isnan(written.value):  # "hundreds" is no single number that could stand in code
        return True
    ways = (written.value, abs(written.value), written.plain)
    return any(math.isclose(way, value, rel_tol=1e-9) for way in ways for value in used)


def summary(reports):
    """A table of the chapters, why numbers are excused, then faults and what is left over."""
    lines = [f"{'chapter':<14}{'numbers':>9}" + "".join(f"{verdict:>11}" for verdict in VERDICTS)]
    every = [(each.chapter, judged.verdict) for each in reports for judged in each.judged]
    for chapter in [each.chapter for each in reports] + ["together"]:
        count = Counter(verdict for name, verdict in every if chapter in (name, "together"))
        lines.append(f"{chapter:<14}{count.total():>9}" + "".join(f"{count[verdict]:>11}" for verdict in VERDICTS))
    excused = Counter(judged.reason for each in reports for judged in each.judged if judged.verdict == "excused")
    lines += ["", "excused", *(f"  {count:4}  {reason}" for reason, count in excused.most_common())]
    for each in reports:
        if each.faults:
            lines += ["", f"{each.chapter}: quotes that hold nothing to account", *(f"  {f}" for f in each.faults)]
        if each.left_over:
            lines += ["", f"{each.chapter}: left over", *map(each.line, each.left_over)]
    return "\n".join(lines)


def main(arguments):
    chapters = [argument for argument in arguments if argument != "--all"] or CHAPTERS
    reports = [report(chapter) for chapter in chapters]
    for each in reports if "--all" in arguments else ():
        print(each.chapter, *(f"  {judged.verdict:<10}{each.line(judged)}" for judged in each.judged), "", sep="\n")
    print(summary(reports))
    return int(any(each.left_over or each.faults for each in reports))
