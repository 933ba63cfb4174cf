"""What figures and quizzes cost over the wire, with gzip. (Whole pages are weighed in test_site.)"""

import gzip
import re

import pytest
from harness import explorers, quizzes

from initlab_book.figure import Film
from initlab_book.quiz import static
from initlab_book.quiz.front_end import QUIZ

pytestmark = pytest.mark.browser

# KB: the numbers of one explorer; the films of one data set; a quiz without its words
DATA, PART, ASKED = 60, 150, 5


@pytest.mark.parametrize("placed", explorers(), ids=str)
def test_the_numbers_of_a_figure_are_light(site, placed):
    html = (site / f"{placed.page}.html").read_text(encoding="utf-8")
    after = html.partition(f'id="explorer-{placed.demo.name}"')[2]
    data = re.search(r'<script type="application/json">(.*?)</script>', after, re.S)[1]
    assert len(gzip.compress(data.encode(), 6)) <= DATA * 1000


def test_the_films_of_a_choice_are_light(site):
    """What is loaded when a reader chooses another data set, all runs on it."""
    films = [placed.demo for placed in explorers() if isinstance(placed.demo, Film)]
    paths = sorted((site / "_static" / "films").glob("*.js"))
    engines = sum(film.engine_data is not None for film in films)
    assert len(paths) == sum(len(film.parts()) for film in films) + engines > 0
    for path in paths:
        assert len(gzip.compress(path.read_bytes(), 6)) <= PART * 1000, path.name


def test_a_quiz_is_light():
    """Script and styles, and on each page its words: those cost less than as much again."""
    machinery = len(gzip.compress(QUIZ.script().encode(), 6)) + len(gzip.compress(QUIZ.stylesheet().encode(), 6))
    assert machinery <= ASKED * 1000
    for asked in quizzes():
        assert len(gzip.compress(static.html(asked.quiz).encode(), 6)) <= ASKED * 1000, asked
