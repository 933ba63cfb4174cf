"""The quiz without a browser: what a quiz may be, and what goes into a static page.

What a reader sees and touches is tested in tests/browser, the numbers of each quiz in tests/claims.
"""

import importlib.util
import json
import pkgutil
import re

import pytest
from harness import quizzes

from initlab_book import chapters
from initlab_book.quiz import Choose, Estimate, Option, Quiz, static
from initlab_book.quiz.front_end import QUIZ
from initlab_book.show import show

ASKED = quizzes()
YES, NO = Option("Yes", "It is.", right=True), Option("No", 'It is not, for a < b & "c" > `d`.')
ESTIMATE = {"text": "How many?", "answer": 12.5, "explanation": "25 / 2.", "otherwise": "Halve it."}
SMALL = Quiz(
    name="small",
    title="Two & two",
    questions=(
        Choose("Is `a < b` </script> <b>bold</b>?", (NO, YES)),
        Choose("Which?", (Option("A", "No."), Option("B", "Yes, B.", right=True), Option("C", "C too.", right=True))),
        Estimate(**ESTIMATE, unit="%", wrong=((25, "That is not halved."),)),
    ),
)


# ---------------------------------------------------------------- what a quiz may be


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Option("", "Why."), "text must not be empty, nor begin or end with a space, got ''"),
        (lambda: Option("Yes", " "), "explanation of 'Yes' must not be empty"),
        (lambda: Option("Yes", None), "explanation of 'Yes' must be a string, got None"),
        (lambda: Option("Yes ", "Why."), "text must not be empty, nor begin or end with a space, got 'Yes '"),
        (lambda: Option("`a", "Why."), "text must close every backtick, got '`a'"),
        (lambda: Option("Yes", "Why.", right=1), "right of 'Yes' must be True or False, got 1"),
        (lambda: Choose("Q?", (YES,)), "options of 'Q?' must be at least 2, got 1"),
        (lambda: Choose("Q?", [YES, NO]), "options of 'Q?' must be a tuple of Option, got ["),
        (lambda: Choose("Q?", (YES, "No")), "options of 'Q?' must be a tuple of Option, got ("),
        (lambda: Choose("Q?", (YES, NO, NO)), "options of 'Q?' must differ from each other, got 'No' twice"),
        (lambda: Choose("Q?", (NO, Option("So", "No."))), "must hold a right one and a wrong one, got 0 right"),
        (lambda: Choose("Q?", (YES, Option("So", "So.", True))), "must hold a right one and a wrong one, got 2 right"),
        (lambda: Choose(3, (YES, NO)), "text must be a string, got 3"),
        (lambda: estimate(answer=float("inf")), "answer of 'How many?' must be a finite number, got inf"),
        (lambda: estimate(answer="12"), "answer of 'How many?' must be a finite number, got '12'"),
        (lambda: estimate(answer=0), "answer of 'How many?' must not be 0, got 0; let the reader choose it instead"),
        (lambda: estimate(within=0), "within of 'How many?' must be a finite number > 0 and <= 0.5, got 0"),
        (lambda: estimate(within=2), "within of 'How many?' must be a finite number > 0 and <= 0.5, got 2"),
        (lambda: estimate(explanation=""), "explanation of 'How many?' must not be empty"),
        (lambda: estimate(otherwise=""), "otherwise of 'How many?' must not be empty"),
        (lambda: estimate(unit=" %"), "unit of 'How many?' must not be empty, nor begin or end with a space"),
        (lambda: estimate(wrong=(25, "No.")), "wrong of 'How many?' must be a tuple of (number, explanation), got 25"),
        (lambda: estimate(wrong=[(25, "No.")]), "wrong of 'How many?' must be a tuple of (number, explanation), got ["),
        (lambda: estimate(wrong=((25, ""),)), "explanation of 25 of 'How many?' must not be empty"),
        (lambda: estimate(wrong=((12.6, "No."),)), "must be further apart than within = 0.02, got 12.5 and 12.6"),
        (lambda: estimate(wrong=((25, "No."), (25.5, "No."))), "must be further apart than within = 0.02, got 25 and"),
        (lambda: Quiz("Small", "T", (Choose("Q?", (YES, NO)),)), "name must be made of small letters and hyphens"),
        (lambda: Quiz("a", "", (Choose("Q?", (YES, NO)),)), "title must not be empty"),
        (lambda: Quiz("a", "T", ()), "questions must be at least 1, got 0"),
        (lambda: Quiz("a", "T", (YES,)), "questions must be a tuple of Choose or Estimate, got ("),
        (lambda: Quiz("a", "T", (Choose("Q?", (YES, NO)),) * 2), "questions must differ from each other, got 'Q?' tw"),
    ],
)
def test_what_is_no_quiz_says_what_is_wrong(make, complaint):
    with pytest.raises((TypeError, ValueError), match=re.escape(complaint)):
        make()


def estimate(**changes):
    return Estimate(**ESTIMATE | changes)


def test_several_right_options_are_asked_for():
    prompts = [question["prompt"] for question in SMALL.spec()["questions"]]
    assert prompts[1:] == ["Which? Choose all that apply.", "How many?"]


# ---------------------------------------------------------------- what goes where


def test_the_widget_carries_the_whole_quiz_and_is_html_only_while_the_book_is_built(monkeypatch):
    monkeypatch.delenv("INITLAB_BOOK", raising=False)
    widget = show(SMALL)
    assert widget.spec == SMALL.spec()
    bundle, _ = widget._repr_mimebundle_()
    assert bundle.keys() == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert bundle["text/plain"] == SMALL.text()
    monkeypatch.setenv("INITLAB_BOOK", "1")
    assert show(SMALL)._repr_mimebundle_() == {"text/html": static.html(SMALL), "text/plain": SMALL.text()}


def test_in_plain_words_a_quiz_is_its_questions():
    assert SMALL.text().splitlines()[4:] == [
        "2. Which? Choose all that apply.",
        "   - A",
        "   - B",
        "   - C",
        "3. How many?",
    ]


def test_a_static_page_carries_what_the_widget_carries():
    html = static.html(SMALL)
    data = re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1]
    assert json.loads(data) == json.loads(json.dumps(SMALL.spec()))
    assert html.count("</script>") == 2, "text cannot end a script early"


def test_text_is_never_taken_for_markup():
    fallback = static.html(SMALL).split("<script")[0]
    assert "1. Is <code>a &lt; b</code> &lt;/script&gt; &lt;b&gt;bold&lt;/b&gt;?" in fallback
    assert "for a &lt; b &amp; &quot;c&quot; &gt; <code>d</code>." in fallback
    assert "Two &amp; two" in fallback


def test_without_javascript_every_answer_is_there_and_folded_away():
    fallback = static.html(SMALL).split("<script")[0]
    assert fallback.count("<details><summary>Answer</summary>") == 3
    assert "<p>✗ <strong>No</strong><br>It is not" in fallback
    assert "<p>✓ <strong>12.5 %</strong><br>25 / 2.</p>" in fallback


def test_the_script_is_one_classic_script_without_comments():
    script = QUIZ.script()
    assert script.startswith("(() => {")
    for unwanted in ("export ", "import ", "http", "fetch"):
        assert unwanted not in script, unwanted
    assert not re.search(r"^\s*//", script, re.MULTILINE)


def test_the_style_sheet_styles_the_quiz_alone():
    css = QUIZ.stylesheet()
    assert "/*" not in css
    assert "initlab-any" not in css
    for selectors in re.findall(r"^\s*([^@{}\n]+)\{", css, re.MULTILINE):
        assert ".initlab-quiz" in selectors, selectors


# ---------------------------------------------------------------- the quizzes of the book


def test_every_quiz_that_was_written_is_asked():
    rooms = [room.name for room in pkgutil.iter_modules(chapters.__path__)]
    written = [room for room in rooms if importlib.util.find_spec(f"initlab_book.chapters.{room}.quiz")]
    asked = [asked.page.removeprefix("book/").replace("-", "_") for asked in ASKED]
    assert sorted(asked) == sorted(written), "a quiz and its chapter have the same name"


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_neither_place_nor_length_gives_an_answer_away(asked):
    single = [q.options for q in asked.quiz.questions if isinstance(q, Choose) and sum(o.right for o in q.options) == 1]
    if len(single) > 1:
        assert len({[o.right for o in options].index(True) for options in single}) > 1, "always in the same place"
        assert any(not max(options, key=lambda o: len(o.text)).right for options in single), "always the longest"


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_an_explanation_is_a_sentence(asked):
    for question in asked.quiz.questions:
        if isinstance(question, Choose):
            explanations = [option.explanation for option in question.options]
        else:
            explanations = [question.explanation, question.otherwise, *(why for _, why in question.wrong)]
        for why in explanations:
            assert re.search(r"[.!?]$", why), why
            assert len(why) >= 30, f"{why!r} explains little"
