"""No number of the book is left over."""

import pytest

from .prose import CHAPTERS
from .report import report

every_chapter = pytest.mark.parametrize("chapter", CHAPTERS)


@every_chapter
def test_no_number_is_left_over(chapter):
    found = report(chapter)
    left = [found.line(each) for each in found.left_over]
    assert not left, f"{len(left)} numbers of {chapter} are neither printed nor asserted:\n" + "\n".join(left)


@every_chapter
def test_every_quote_is_held_to_account(chapter):
    faults = report(chapter).faults
    assert not faults, f"quotes of {chapter} that hold nothing to account:\n" + "\n".join(faults)
