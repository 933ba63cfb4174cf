"""The machinery of the claims: it must notice what is wrong, and no false number may hide from it."""

import copy
import functools

import numpy as np
import pytest

from . import numerals
from .prose import CHAPTERS, Prose, chapter_prose, run
from .quotes import hold, near, quotes_in
from .report import account, claims_file, main

# ---------------------------------------------------------------- reading numbers


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("38.44", 38.44, 0.01),
        (".50", 0.5, 0.01),
        ("$-0.29$", -0.29, 0.01),
        ("−0.29", -0.29, 0.01),
        ("20,000", 20_000, 1),
        ("84 million", 84e6, 1e6),
        ("1.5 thousand", 1500, 100),
        ("4 \\cdot 10^{-12}", 4e-12, 1e-12),
        ("2.5e-3", 2.5e-3, 1e-4),
        ("10^{-7}", 1e-7, 1e-7),
        ("99.5%", 0.995, 0.001),
        ("$3\\,\\%$", 0.03, 0.01),
        ("ten per cent", 0.1, 0.01),
        ("nineteen", 19, 1),
        ("eighty-one", 81, 1),
        ("a hundred", 100, 1),
        ("two dozen", 24, 1),
        ("a thousandfold", 1000, 1),
        ("half", 0.5, 0.01),
        ("a quarter", 0.25, 0.005),
        ("two thirds", 2 / 3, 0.0133),
        ("a five-hundredth", 1 / 500, 4e-5),
        ("a hundred-thousandth", 1e-5, 2e-7),
        ("twice", 2, 0.04),
        ("¼", 0.25, 0.005),
        ("\\tfrac34", 0.75, 0.015),
    ],
)
def test_a_number_is_read_as_it_is_written(text, value, unit):
    written = numerals.read(text)
    assert written.value == pytest.approx(value)
    assert written.unit == pytest.approx(unit, rel=0.01)
    assert written.agrees(value + 0.49 * unit)
    assert not written.agrees(value + 0.51 * unit)
    assert not written.agrees(value - 0.51 * unit)


@pytest.mark.parametrize("text", ["", "many", "hundreds", "3 and 4", "38.44 times", "one", "float32", "1.5^9"])
def test_what_is_not_one_number_cannot_be_marked(text):
    with pytest.raises(ValueError, match="not one number"):
        numerals.read(text)


@pytest.mark.parametrize(
    ("text", "formula", "found"),
    [
        ("one of two; seven and eight, twenty-one", False, ["seven", "eight", "twenty-one"]),
        ("the third layer, a third of it, the tenth", False, ["a third", "tenth"]),
        ("half of all, twice as long, hundreds of times", False, ["half", "twice", "hundreds"]),
        ("often someone freighted a ton of attention", False, []),
        ("float32, x_1, W3, 3x, 7-8, layers 9–10, x²", False, ["3", "7", "8", "9", "10"]),
        ("Ten\nper cent, 84\nmillion; 3 %", False, ["Ten\nper cent", "84\nmillion", "3 %"]),
        (r"\tfrac12 + \frac34 x + \tfrac n2 + \sqrt2", True, ["1", "2", "3", "4", "2", "2"]),
        (r"= -0.5, l-1, x - 2, |a| - 3, \approx -4", True, ["-0.5", "1", "2", "3", "-4"]),
        (r"10^{-3}, 4 \cdot 10^{-12}, 2^{10}", True, ["10^{-3}", r"4 \cdot 10^{-12}", "2", "10"]),
    ],
)
def test_numbers_are_found(text, formula, found):
    assert [number.text for number in numerals.find(text, formula)] == found


# ---------------------------------------------------------------- says


def notebook(*cells):
    """A notebook of Markdown cells, and of code cells where the text begins with a hash-bang."""
    kinds = ["code" if text.startswith("#!") else "markdown" for text in cells]
    return {
        "cells": [
            {"id": f"cell-{i}", "cell_type": kind, "metadata": {}, "source": [text]}
            for i, (kind, text) in enumerate(zip(kinds, cells, strict=True))
        ]
    }


PAGE = Prose(
    notebook("# Title\n\nAbout 40 times: $1.5^9 =\n38.44$. It fell by 84 million, by -0.5, to 3 %.", "Nine. Nine.")
)
says = functools.partial(hold, PAGE, "page")


def test_says_compares_at_the_precision_of_the_prose():
    values = (near(38, rel=0.1), 9, 38.435, 84.4e6, np.array([-0.52, -0.49]), 0.034)
    says("About «40» times: $1.5^«9» = «38.44»$. It fell by «84 million», by «-0.5», to «3 %».", values)
    says("«Title»", ("Title",))


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("$1.5^9 = «38.44»$", 38.45),
        ("$1.5^9 = «38.44»$", float("nan")),
        ("$1.5^9 = «38.44»$", []),
        ("by «-0.5»", 0.5),
        ("by «-0.5»", [-0.5, -0.6]),
        ("About «40» times", near(38.44, rel=0.01)),
        ("to «3 %»", 3),
        ("by «84 million»", 84),
        ("«Title»", "title"),
    ],
)
def test_says_fails_on_a_wrong_value_and_shows_it(sentence, value):
    with pytest.raises(AssertionError, match=r"written .*, computed") as failure:
        says(sentence, (value,))
    assert sentence in str(failure.value)


@pytest.mark.parametrize(
    ("sentence", "values", "message"),
    [
        ("It fell by «85 million»", (85e6,), r"no longer says: It fell by 85 million(.|\n)*It fell by 84 million"),
        ("Nine.", (), "2 times"),
        ("$1.5^9 = 38.4", (), "inside the number"),
        ("8.44$. It fell", (), "inside the number"),
        ("fell by 84", (), "inside the number"),
        ("by -0", (), "inside the number"),
        ("= «38».44$", (38,), "inside the number"),
        ("by -«0.5»", (0.5,), "inside the number"),
        ("to «3» %", (3,), "inside the number"),
        ("About «40» times", (), "marked"),
        ("About 40 times", (40,), "marked"),
        ("About «40 times", (40,), "closed"),
        ("«About» 40 times", (40,), "not one number"),
    ],
)
def test_a_quote_has_to_fit(sentence, values, message):
    with pytest.raises((AssertionError, ValueError), match=message):
        says(sentence, values)


# ---------------------------------------------------------------- what counts as a quote


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("says('a 3')", "nothing is asserted"),
        ("says('a 3')\nassert True", "nothing is asserted"),
        ("says('a 3')\nsays('b «4»', f(2))", "nothing is asserted"),
        ("says('a «-3»', -3)", "typed in"),
        ("says('a «3»', near(3, rel=0.1))", "typed in"),
        ("says('a «3»')", "as many values"),
        ("says('a «3»', *values)", "one by one"),
        ("says(sentence)\nassert f(2)", "write the sentence out"),
        ("says(f'a {x}')\nassert f(2)", "write the sentence out"),
        ("if x:\n    says('a «3»', f(2))", "condition"),
        ("return\nsays('a «3»', f(2))", "condition"),
        ("pytest.skip('no time')\nsays('a «3»', f(2))", "may be skipped"),
    ],
)
def test_quotes_that_hold_nothing_to_account_are_faults(body, fault):
    assert fault in faults(body)[0]


def faults(body, head="def test_it():"):
    return [*quotes_in(f"{head}\n" + "\n".join("    " + line for line in body.splitlines()))[1]]


def test_a_sentence_stands_in_a_test_that_asserts():
    assert faults("says('a «3»', f(2))") == []
    assert faults("says('a 3')\nassert f(2) == 3") == []
    assert faults("says('a 3')\nwith pytest.raises(ValueError):\n    f(3)") == []
    assert "outside a test" in quotes_in("says('a «3»', f(2))")[1][0]
    assert "outside a test" in faults("says('a «3»', f(2))", "def helper():")[0]
    assert "may be skipped" in faults("says('a «3»', f(2))", "@pytest.mark.skip\ndef test_it():")[0]
    assert "never runs" in quotes_in("def test_it():\n    says('a «3»', f(2))\n" * 2)[1][0]


# ---------------------------------------------------------------- the verdicts


def verdicts(prose, tests=""):
    """{number: verdict} of a small chapter; `tests` is the body of its only test, after what it may use."""
    source = 'says = chapter("page")\nLIMIT = 50\ndef f():\n    return LIMIT\n'
    source += "def test_it():\n" + "".join(f"    {line}\n" for line in tests.splitlines()) if tests else ""
    report = account("page", Prose(notebook(prose)), source)
    assert report.faults == []
    return {each.number.written.text: each.verdict for each in report.judged}


def test_a_number_is_checked_quoted_or_left_over():
    tests = "says('It is «38.44» and 1.25, 95 %, 7.5', x())\nsays('or 50')\nassert '1.25' in y() and f() < 0.95"
    found = verdicts("It is 38.44 and 1.25, 95 %, 7.5. Not 9.5, or 50.", tests)
    assert [*found.values()] == ["checked", "quoted", "quoted", "left over", "left over", "quoted"]


def test_alt_texts_are_prose_and_code_is_not():
    page = notebook("Text `f(2)`.\n\n```python\nx = 38.44\n```\n\nSee [7 pages](https://a.org/38.44).", "#!\nx = 38.44")
    page["cells"][1]["metadata"] = {"mystnb": {"image": {"alt": "The curve ends at 0.75."}}}
    found = [(number.cell, number.written.text) for number in Prose(page).numbers]
    assert found == [("cell-0", "2"), ("cell-0", "7"), ("cell-1", "0.75")]


def test_solutions_run_after_the_cells_and_last_values_are_shown():
    page = notebook(
        "#!\nx = 1\nx + 1", "```python\nprint(x)\n```\n\n```python\n'three'\n```", "#!\nx = 5\nNone", "#!\nx;"
    )
    assert run(page) == {"cell-0": "2\n", "cell-2": "", "cell-3": "", "cell-1": "5\n'three'\n"}


# ---------------------------------------------------------------- excuses, and what may not hide behind them


@pytest.mark.parametrize(
    "prose",
    [
        "$$x = y. \\tag{1}$$ By (1), and equation (1), we know.",
        "$W^{[1]} = W^{[l-1]}$",
        "**1.** *(By hand.)* Do it.\n\n**2.** Do exercise 1.",
        "1. First\n2. Second\n3. Last\n\nText.\n\n1. Again",
        "By [He et al. (2015)](https://arxiv.org/abs/1502.01852) (their figures 2 and 3), after Newman (1986).",
        "- [Goodfellow, Bengio and others (2016)](https://www.deeplearningbook.org), section 8.4.",
        "$\\tfrac12 n + x^2 - g/4$ and $2^L$, $\\sqrt{2/n}$, $a = 2b$, $\\psi(n/2)$ and $\\sum_{l=0}^{L} x$",
    ],
)
def test_labels_citations_and_constants_of_algebra_are_excused(prose):
    assert set(verdicts(prose).values()) == {"excused"}


@pytest.mark.parametrize(
    ("prose", "numbers"),
    [
        ("$1.5^9 = 38.44$ $c = 0.5$ $c = 1$ $n \\le 8$ holds $0.25 x^2$ $12 x$", "1.5 9 38.44 0.5 1 8 0.25 2 12"),
        ("$x = 2y = 6$ $f(x), 7$ $\\pi^3/5$ $e^4$ $\\text{rate} = 9$ $\\sqrt{8}$", "6 7 3 5 4 9 8"),
        ("$x \\approx 4\\,\\%$ $W^{[1]}$ has 3 $x^{[1] + 3.5}$ $a_{l=7} = 7$ $8, \\dots, L$", "4\\,\\% 3 3.5 7 8"),
        ("$$x = y. \\tag{1}$$ Five networks (5) do. The value f(1) and 1.", "Five 5 1"),
        ("1. First\n3. Last", "3"),
        ("1. First\n\nIt has\n38. Then **Result.** **39.** is it\n\n**1.** Do exercise 7.", "38 39 7"),
        ("[A (2015)](https://a.org).\n\nSee figure 7. A loss (2015), Newton (38), in (2016).", "7 38 2016"),
        ("Half of half a page, ten layers. It doubled.\na\nhundred times", "half ten doubled a\nhundred"),
        ("`38.44` and `39` and `loss = 40` and `f(41)`", "38.44 39 40 41"),
        ("```\nloss 38.44\n```\n\n~~~text\n39.55\n~~~\n\n```bibtex\nyear = {2026}\n```", "38.44 39.55 2026"),
        ('<img alt="a loss of 38.44"> \\$39 <details>40</details> <!-- 41 --> $x$42', "38.44 39 40 41 42"),
        ("> 3 times\n\n| 38.44 | 5 |\n\n## The 7 rules **39.2** [41 in all](https://a.org)", "3 38.44 5 7 39.2 41"),
    ],
)
def test_no_false_number_hides_behind_an_excuse(prose, numbers):
    found = verdicts(prose)
    assert {found.get(number) for number in numbers.split(" ")} == {"left over"}, found


# ---------------------------------------------------------------- mutations of the book


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_changed_digit_is_noticed(chapter):
    """Without running anything: a quote no longer fits, or a number is left over."""
    tests = claims_file(chapter).read_text(encoding="utf-8")
    before = account(chapter, chapter_prose(chapter), tests)
    cells = before.prose.notebook["cells"]
    for at, cell in enumerate(cells):
        judged = [each for each in before.judged if each.number.cell == cell["id"]]
        alone = Prose({"cells": [cell]})
        for number, was in [*zip(alone.numbers, judged, strict=True)][::12]:
            if was.verdict != "excused" and cell["cell_type"] == "markdown":
                changed = copy.deepcopy(cells)
                changed[at]["source"] = [with_another_digit(alone.text, number)]
                after = account(chapter, Prose({"cells": changed}), tests)
                assert after.faults or after.left_over, before.prose.around(was.number)


def with_another_digit(prose, number):
    """The prose with the first digit of the number changed; of a number in words, with 3 in its place."""
    text = number.written.text
    digit = next(filter(str.isdigit, text), text)
    return prose[: number.start] + text.replace(digit, "8" if digit == "3" else "3", 1) + prose[number.end :]


def test_the_command_reports_and_fails_only_when_something_is_left(capsys):
    assert main(["index", "--all"]) == 0
    out = capsys.readouterr().out
    assert "left over" in out
    assert "«117»" in out
