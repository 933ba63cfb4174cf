"""No number of the book is left over, and no quote holds nothing to account."""

import pytest

from .prose import CHAPTERS
from .report import report, summary


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_number_is_held_to_account(chapter):
    found = report(chapter)
    assert not [*found.left_over, *found.faults], summary([found])
