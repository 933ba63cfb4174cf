"""The machinery of the claims: it must notice what is wrong, and no false number may hide from it."""

import copy
import functools

import numpy as np
import pytest

from . import numerals
from .prose import CHAPTERS, Output, Prose, chapter_prose, run
from .quotes import hold, near, quotes_in
from .report import account, claims_file, is_printed, main

# ---------------------------------------------------------------- reading numbers


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("38.44", 38.44, 0.01),
        ("720", 720, 1),
        (".5", 0.5, 0.1),
        ("0.50", 0.5, 0.01),
        ("-0.29", -0.29, 0.01),
        ("−0.29", -0.29, 0.01),
        ("$-0.29$", -0.29, 0.01),
        ("20,000", 20_000, 1),
        ("20{,}000", 20_000, 1),
        ("1\\,000\\,000", 1e6, 1),
        ("84 million", 84e6, 1e6),
        ("1.5 thousand", 1500, 100),
        ("4 \\cdot 10^{-12}", 4e-12, 1e-12),
        ("$3.05 \\times 10^{-5}$", 3.05e-5, 1e-7),
        ("3.05 × 10⁻⁵", 3.05e-5, 1e-7),
        ("2.5e-3", 2.5e-3, 1e-4),
        ("10^{-7}", 1e-7, 1e-7),
        ("10⁶", 1e6, 1e6),
        ("3 %", 0.03, 0.01),
        ("99.5%", 0.995, 0.001),
        ("$3\\,\\%$", 0.03, 0.01),
        ("ten per cent", 0.1, 0.01),
        ("three", 3, 1),
        ("nineteen", 19, 1),
        ("eighty-one", 81, 1),
        ("a hundred", 100, 1),
        ("three thousand", 3000, 1),
        ("two hundred and fifty", 250, 1),
        ("a thousandfold", 1000, 1),
        ("fiftieth", 50, 1),
        ("half", 0.5, 0.01),
        ("a quarter", 0.25, 0.005),
        ("three quarters", 0.75, 0.015),
        ("two thirds", 2 / 3, 0.0133),
        ("a five-hundredth", 1 / 500, 4e-5),
        ("twice", 2, 0.04),
        ("½", 0.5, 0.01),
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
    with pytest.raises(ValueError, match=r"number|value"):
        numerals.read(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one of two; seven and eight, twenty-one", ["seven", "eight", "twenty-one"]),
        ("the third layer, a third of it, the tenth", ["a third", "tenth"]),
        ("half of all, twice as long, hundreds of times", ["half", "twice", "hundreds"]),
        ("often someone freighted a ton of attention", []),
        ("float32 and W1 are names, 2x is a number", ["2"]),
        ("from 3 to -4, or 7-8 and 3–5", ["3", "-4", "7", "8", "3", "5"]),
        ("38.44. And then 40, 50.", ["38.44", "40", "50"]),
        ("at the start\n3 of a line\n-4 and the end 5\n", ["3", "-4", "5"]),
        ("no space.5, (6), 7/8, *9*, '10'", [".5", "6", "7", "8", "9", "10"]),
        ("1.5⁹ = 38.44", ["1.5", "⁹", "38.44"]),
        ("Ten\nper cent, 84\nmillion", ["Ten\nper cent", "84\nmillion"]),
    ],
)
def test_numbers_are_found_in_text(text, found):
    assert [number.written.text for number in numerals.find(text)] == found


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        (r"1.5^9 = 38.44", ["1.5", "9", "38.44"]),
        (r"\tfrac12 + \frac34 x + \tfrac n2 + \sqrt2", ["1", "2", "3", "4", "2", "2"]),
        (r"= -0.5, l-1, x - 2, |a| - 3, \approx -4", ["-0.5", "1", "2", "3", "-4"]),
        (r"10^{-3} \\[2pt] \hspace{1em} 4 \cdot 10^{-12}", ["10^{-3}", r"4 \cdot 10^{-12}"]),
        (r"2^{10}", ["2", "10"]),
    ],
)
def test_numbers_are_found_in_formulas(formula, found):
    assert [number.written.text for number in numerals.find(formula, formula=True)] == found


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
    says("$1.5^9 = «38.44»$", (1.5**9,))
    says(
        "About «40» times: $1.5^«9» = «38.44»$. It fell by «84 million», by «-0.5»",
        (near(38, rel=0.1), 9, 38.435, 84.4e6, -0.5),
    )
    says("to «3 %».", (0.034,))
    says("to «3» %.", (3,))
    says("by «-0.5»", (np.array([-0.52, -0.49]),))
    says("«Title»", ("Title",))


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("$1.5^9 = «38.44»$", 38.45),
        ("$1.5^9 = «38.44»$", 38.4344),
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


def test_says_fails_when_the_sentence_is_gone_and_shows_what_is_there():
    with pytest.raises(AssertionError, match=r"no longer says: It fell by 85 million(.|\n)*It fell by 84 million"):
        says("It fell by «85 million»", (85e6,))


@pytest.mark.parametrize("sentence", ["$1.5^9 = 38.4", "8.44$. It fell", "4 million", "fell by 84", "by -0", "5, to 3"])
def test_a_quote_ends_at_no_place_inside_a_number(sentence):
    if sentence == "fell by 84":
        says(sentence, ())  # "million" is not part of the digits
    else:
        with pytest.raises(AssertionError, match="inside the number"):
            says(sentence, ())


def test_a_quote_names_one_place():
    with pytest.raises(AssertionError, match="2 times"):
        says("Nine.", ())


@pytest.mark.parametrize(
    ("sentence", "values"),
    [
        ("About «40» times", ()),
        ("About 40 times", (40,)),
        ("About «40 times", (40,)),
        ("= «38».44$", (38,)),
        ("by -«0.5»", (0.5,)),
        ("«About» 40 times", (40,)),
    ],
)
def test_marks_and_values_have_to_fit(sentence, values):
    with pytest.raises(ValueError, match=r"marked|closed|cuts|not one number"):
        says(sentence, values)


def test_near_needs_a_tolerance():
    with pytest.raises(TypeError, match="tolerance"):
        near(1.0)


# ---------------------------------------------------------------- what counts as a quote


def faults(body, head="def test_it():"):
    return [*quotes_in(f"{head}\n" + "\n".join("    " + line for line in body.splitlines()))[1]]


def test_a_sentence_in_a_test_has_to_be_asserted():
    assert faults("says('a «3»', f(2))") == []
    assert faults("says('a 3')\nassert f(2) == 3") == []
    assert faults("says('a 3')\nwith pytest.raises(ValueError):\n    f(3)") == []
    assert "nothing is asserted" in faults("says('a 3')")[0]
    assert "nothing is asserted" in faults("says('a 3')\nassert True")[0]
    assert "nothing is asserted" in faults("says('a 3')\nsays('b «4»', f(2))")[0]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("says('a «3»', 3)", "typed in"),
        ("says('a «-3»', -3)", "typed in"),
        ("says('a «3»', near(3, rel=0.1))", "typed in"),
        ("says('a «3»')", "as many values"),
        ("says('a «3»', *values)", "one by one"),
        ("says(sentence)\nassert f(2)", "write the sentence out"),
        ("says(f'a {x}')\nassert f(2)", "write the sentence out"),
        ("if x:\n    says('a «3»', f(2))", "condition"),
        ("for x in y:\n    says('a «3»', f(2))", "condition"),
        ("return\nsays('a «3»', f(2))", "condition"),
    ],
)
def test_quotes_that_hold_nothing_to_account_are_faults(body, fault):
    assert fault in faults(body)[0]


def test_a_quote_outside_a_test_is_a_fault():
    assert "outside a test" in quotes_in("says('a «3»', f(2))")[1][0]
    assert "outside a test" in faults("says('a «3»', f(2))", "def helper():")[0]
    assert "may be skipped" in faults("says('a «3»', f(2))", "@pytest.mark.skip\ndef test_it():")[0]
    assert "may be skipped" in faults("pytest.skip('no time')\nsays('a «3»', f(2))")[0]
    twice = "def test_it():\n    says('a «3»', f(2))\n"
    assert "never runs" in quotes_in(twice + twice)[1][0]


# ---------------------------------------------------------------- the verdicts


def verdicts(prose, tests="", *outputs):
    """{number: verdict} of a small chapter; `tests` is the body of its only test."""
    prose = prose if isinstance(prose, Prose) else Prose(notebook(prose))
    body = "".join(f"    {line}\n" for line in tests.splitlines())
    source = "says = chapter('page')\n" + (f"def test_it():\n{body}" if tests else "")
    report = account("page", prose, source, outputs)
    assert report.faults == []
    return {each.number.written.text: each.verdict for each in report.judged}


def test_a_number_is_checked_quoted_or_left_over():
    prose = "It is 38.44 and 1.25 and 7.5. Not 9.5."
    tests = "says('It is «38.44» and 1.25 and 7.5')\nassert 1.25 == f()".replace("7.5')", "7.5', f(2))")
    expected = {"38.44": "checked", "1.25": "quoted", "7.5": "left over", "9.5": "left over"}
    assert verdicts(prose, tests) == expected


def test_numbers_in_strings_and_in_what_a_test_uses_count_as_its_code():
    tests = "says('It is 38.44 and 50')\nassert '38.44' in printed() and 50 < 51"
    assert set(verdicts("It is 38.44 and 50.", tests).values()) == {"quoted"}
    source = "says = chapter('page')\nLIMIT = 50\ndef f():\n    return LIMIT\n"
    source += "def test_it():\n    says('up to 50')\n    assert f()"
    assert [each.verdict for each in account("page", Prose(notebook("up to 50")), source, []).judged] == ["quoted"]


@pytest.mark.parametrize(
    ("written", "shown", "expected"),
    [
        ("38.44", "38.44336", True),
        ("38.44", "38.44", True),
        ("38.44", "38.4", False),  # the cell says less than the prose
        ("38.44", "38.45", False),
        ("38.4", "38.44", True),
        ("38", "38.44", False),  # two digits must be there as they are
        ("38", "38", True),
        ("3 %", "3 %", False),  # one digit is no evidence
        ("95 %", "95 %", True),
        ("95 %", "95", False),
        ("0.5", "0.5", False),
        ("-0.29", "0.29", False),
        ("84 million", "8.4e+07", True),
        ("nineteen", "19", True),
        ("200", "200", False),
    ],
)
def test_what_counts_as_printed(written, shown, expected):
    assert is_printed(numerals.read(written), [found.written for found in numerals.find(f"x = {shown} ")]) is expected


def test_only_the_same_section_counts_as_printed():
    page = notebook(
        "# A\n\nIt is 38.44.",
        "#!\nprint(38.44336)",
        "Again 38.44.\n\n## B\n\nHere 38.44.",
        "#!\nprint(1.25)",
        "So 1.25.",
    )
    outputs = run(page)
    assert outputs == [Output("cell-1", 1, "38.44336\n"), Output("cell-3", 2, "1.25\n")]
    judged = account("page", Prose(page), "says = chapter('page')", outputs).judged
    assert [each.verdict for each in judged] == ["printed", "printed", "left over", "printed"]


def test_solutions_run_after_the_cells_and_last_values_are_shown():
    page = notebook(
        "#!\nx = 1\nx + 1", "```python\nprint(x)\n```\n\n## B\n\n```python\n'three'\n```", "#!\nx = 5\nNone", "#!\nx;"
    )
    texts = [(output.cell, output.section, output.text) for output in run(page)]
    assert texts == [
        ("cell-0", 0, "2\n"),
        ("cell-2", 1, ""),
        ("cell-3", 1, ""),
        ("cell-1", 0, "5\n"),
        ("cell-1", 1, "'three'\n"),
    ]


def test_alt_texts_are_prose_and_code_is_not():
    page = notebook("Text `f(2)`.\n\n```python\nx = 38.44\n```\n\nSee [7 pages](https://a.org/38.44).", "#!\nx = 38.44")
    page["cells"][1]["metadata"] = {"mystnb": {"image": {"alt": "The curve ends at 0.75."}}}
    assert [(n.cell, n.written.text) for n in Prose(page).numbers] == [
        ("cell-0", "2"),
        ("cell-0", "7"),
        ("cell-1", "0.75"),
    ]


# ---------------------------------------------------------------- excuses, and what may not hide behind them


@pytest.mark.parametrize(
    "prose",
    [
        "$$x = y. \\tag{1}$$ By (1), and equation (1), we know.",
        "$W^{[1]} = W^{[l-1]}$",
        "**1.** *(By hand.)* Do it.\n\n**2.** Do exercise 1.",
        "1. First\n2. Second\n3. Last",
        "By [He et al. (2015)](https://arxiv.org/abs/1502.01852) (their figures 2 and 3), after Newman (1986).",
        "- [Goodfellow, Bengio and Courville (2016)](https://www.deeplearningbook.org), section 8.4.",
        "```\nyear = {2026}\n```",
        "With Python 3.11 or later. (3 minutes)",
        "Six".replace("Six", "Some") + " powers of ten, in half a page, in double precision, halfway.",
        "$\\tfrac12 n + x^2 - g/4$ and $2^L$, $\\sqrt{2/n}$, $a = 2b$, $\\psi(n/2)$",
        "$l = 1, \\dots, L$ and $\\sum_{l=0}^{L} x$, $i = 1, 2, \\ldots, n$",
        "Call `f(200)` and `np.zeros((2, 3))`.",
    ],
)
def test_labels_and_constants_of_algebra_are_excused(prose):
    found = verdicts(prose)
    assert found
    assert set(found.values()) == {"excused"}


@pytest.mark.parametrize(
    ("prose", "number"),
    [
        ("$1.5^9 = 38.44$", "38.44"),
        ("$1.5^9 = 38.44$", "9"),
        ("$c = 0.5$", "0.5"),
        ("$c = 1$", "1"),
        ("$L = 10$", "10"),
        ("$c$ is at most $3$", "3"),
        ("$n \\le 8$ holds", "8"),
        ("$x = 2y = 6$", "6"),
        ("$f(x), 7$", "7"),
        ("$0.5 x^2$", "2"),
        ("$12 x$", "12"),
        ("$\\pi^2/6$", "6"),
        ("$e^3$", "3"),
        ("$\\text{rate} = 3$", "3"),
        ("$\\sqrt{3}$", "3"),
        ("$x \\approx 4\\,\\%$", "4\\,\\%"),
        ("$$x = y. \\tag{1}$$ Five networks (5) do.", "5"),
        ("$$x = y. \\tag{1}$$ The value f(1) and 1.", "1"),
        ("1. First\n3. Last", "3"),
        ("1. First\n\nIt has\n38. Then", "38"),
        ("**Result.** **38.** is it", "38"),
        ("**1.** Do exercise 7.", "7"),
        ("See figure 7.", "7"),
        ("A loss (2015) of it", "2015"),
        ("It takes 3 minutes.", "3"),
        ("The norm is 3.11.", "3.11"),
        ("half of all networks", "half"),
        ("Half a network dies", "Half"),
        ("ten layers", "ten"),
        ("It doubled.", "doubled"),
        ("`38.44` is it", "38.44"),
        ("`38` is it", "38"),
        ("`loss = 38.44` is it", "38.44"),
        ("```\nloss 38.44\n```", "38.44"),
        ("$W^{[1]}$ has 4 entries", "4"),
        ("$x^{[1] + 3.5}$", "3.5"),
        ("$a_{l=7} = 7$", "7"),
        ("$7, \\dots, L$", "7"),
        ("It costs 5 dollars or \\$38.44 or $38.44$.", "38.44"),
        ('<img alt="a loss of 38.44">', "38.44"),
        ("> 3 times as many", "3"),
        ("| 38.44 | 5 |", "38.44"),
        ("| 38.44 | 5 |", "5"),
        ("**38.44**", "38.44"),
        ("## The 7 rules", "7"),
        ("\\begin{x} 38.44", "38.44"),
        ("a hundred", "a hundred"),
        ("[38.44 in all](https://a.org)", "38.44"),
        ("a line\n38.44 of it", "38.44"),
        ("a\nhundred", "a\nhundred"),
        ("$x$38.44", "38.44"),
        ("in (2015)", "2015"),
        ("By Newton (38)", "38"),
        ("[A](b.ipynb) shows figure 7", "7"),
        ("[A (2015)](https://a.org) is cited.\n\nSee figure 7.", "7"),
        ("Python 3.11 beats 3.12", "3.12"),
        ("a factor of ten", "ten"),
        ("twice the powers of three", "three"),
        ("<details>38.44</details>", "38.44"),
        ("<!-- 38.44 -->", "38.44"),
        ("~~~text\n38.44\n~~~", "38.44"),
    ],
)
def test_no_false_number_hides_behind_an_excuse(prose, number):
    assert verdicts(prose).get(number) == "left over", verdicts(prose)


# ---------------------------------------------------------------- mutations of the book


def digits_changed(chapter):
    """(a notebook with one digit of its prose changed, the number that was changed), for every number not excused."""
    prose = chapter_prose(chapter)
    for number in prose.numbers:
        for at in range(*number.at):
            if number.part.source[at].isdigit():
                changed = copy.deepcopy(prose.notebook)
                cell = next(cell for cell in changed["cells"] if cell["id"] == number.cell)
                if cell["cell_type"] == "markdown":
                    digit = "8" if number.part.source[at] == "3" else "3"
                    cell["source"] = [number.part.source[:at] + digit + number.part.source[at + 1 :]]
                    yield changed, number
                break


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_changed_digit_is_noticed(chapter):
    """Without running anything: a quote no longer fits, or a number is left over."""
    tests = claims_file(chapter).read_text(encoding="utf-8")
    before = account(chapter, chapter_prose(chapter), tests, [])
    excused = {(*each.number.at, each.number.cell) for each in before.judged if each.verdict == "excused"}
    for changed, number in list(digits_changed(chapter))[::12]:
        if (*number.at, number.cell) not in excused:
            after = account(chapter, Prose(changed), tests, [])
            assert after.faults or after.left_over, before.prose.around(number)


def test_the_command_reports_and_fails_only_when_something_is_left(capsys):
    assert main(["index", "--all"]) == 0
    out = capsys.readouterr().out
    assert "left over" in out
    assert "«117»" in out
