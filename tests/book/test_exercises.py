"""The exercises: solutions are accepted, typical mistakes are told apart, and notebooks hold what the sources say."""

import importlib
import re
import sys

import numpy as np
import pytest
from harness import NOTEBOOKS, ROOT, read_notebook

from initlab_book import exercise
from initlab_book.exercise import Exercise, Written, Wrong

sys.path.insert(0, str(ROOT / "tools"))
from write_notebooks import notebooks, written

CHAPTERS = [name for name in notebooks() if name not in ("index", "lab")]  # the lab has challenges instead
MODULES = {chapter: importlib.import_module(f"initlab_book.chapters.{chapter}.exercises") for chapter in CHAPTERS}
CODE = [
    pytest.param(item, id=f"{chapter}-{item.name}")
    for chapter, module in MODULES.items()
    for item in vars(module).values()
    if isinstance(item, Exercise)
]
MISTAKES = [
    pytest.param(param.values[0], mistake, id=f"{param.id}-{i}")
    for param in CODE
    for i, mistake in enumerate(param.values[0].mistakes)
]


# ---------------------------------------------------------------- the exercises of the book


def test_there_are_exercises_in_every_chapter():
    assert {f"book/{name}" for name in notebooks()} == set(NOTEBOOKS)
    for module in MODULES.values():
        items = [item for item in vars(module).values() if isinstance(item, (Exercise, Written))]
        assert len(items) >= 4
        assert sum(isinstance(item, Exercise) for item in items) >= 2


@pytest.mark.parametrize("name", notebooks())
def test_the_notebook_holds_what_its_sources_say(name):
    current, new = written(name)
    assert current == new, "run python tools/write_notebooks.py"


@pytest.mark.parametrize("item", CODE)
def test_the_solution_is_accepted(item):
    assert item.accepts(item.solution), item.verdict(item.solution)
    assert item.verdict(item.solution).startswith(f"Right: {item.name} does what was asked")


@pytest.mark.parametrize("item", CODE)
def test_the_empty_cell_is_told_from_a_wrong_answer(item, capsys):
    namespace = {}
    exec(exercise.skeleton(item.solution), namespace)
    item.check(namespace[item.name])
    assert capsys.readouterr().out == exercise.UNFILLED + "\n"


@pytest.mark.parametrize(("item", "mistake"), MISTAKES)
def test_a_typical_mistake_gets_its_own_explanation(item, mistake):
    assert item.verdict(mistake.answer) == f"Not yet. {mistake.message}"
    assert re.search(r"[.?]$", mistake.message)


@pytest.mark.parametrize("item", CODE)
def test_no_two_mistakes_are_the_same_number(item):
    measured = [item._measured_all(mistake.answer) for mistake in item.mistakes]
    for i, a in enumerate(measured):
        assert not any(item._agree(a, b) for b in measured[:i])


@pytest.mark.parametrize("item", CODE)
def test_every_exercise_has_several_typical_mistakes_and_a_hint(item):
    assert len(item.mistakes) >= 4
    assert item.hint


@pytest.mark.parametrize("item", CODE)
@pytest.mark.parametrize(
    "answer",
    [
        lambda *arguments: "a word",
        lambda *arguments: [],
        lambda *arguments: np.nan,
        lambda *arguments: -np.inf,
        lambda *arguments: {},
        lambda *arguments: np.zeros((2, 3, 4)),
        lambda *arguments: [[1], [2, 3]],
        lambda *arguments: (np.zeros(2), "x"),
        lambda *arguments: undefined,  # noqa: F821
        lambda: 1.0,
        5,
        "text",
        None,
        ...,
    ],
)
def test_no_answer_breaks_the_checker(item, answer):
    verdict = item.verdict(answer)
    assert verdict == exercise.UNFILLED or verdict.startswith("Not yet. ")
    assert "Traceback" not in verdict


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({1: "equal units"}.get, "Right up to patient 1; there is no answer yet for patient 2."),
        ({1: "equal units"}.__getitem__, "Right up to patient 1; there is no answer yet for patient 2."),
        ([None, "equal units", "rate too small"].__getitem__, "Right up to patient 2; there is no answer yet"),
        (lambda number: {1: "equal units"}.get(number, ...), "Right up to patient 1; there is no answer yet"),
        (lambda number: {1: "equal units"}.get(number, 2), "illness(2) must return one of the words"),
        (lambda number: "equal units" if number == 1 else undefined, "illness(2) raised NameError"),  # noqa: F821
        ({1: "healthy"}.get, "Patient 1: Compare its columns W mean and W rms."),
    ],
)
def test_patients_are_looked_at_one_after_the_other(answer, said):
    assert MODULES["watching"].illness.verdict(answer).startswith(f"Not yet. {said}")


def test_an_answer_that_fails_later_is_told_so():
    collapse = MODULES["symmetry"].collapse
    verdict = collapse.verdict(lambda W, b, V: collapse.solution(W, b, V) if len(b) == 2 else undefined)  # noqa: F821
    assert "raised NameError" in verdict


def test_a_right_answer_written_in_another_way_is_accepted():
    he = MODULES["why"].he
    assert he.accepts(lambda shape, rng: rng.standard_normal(shape) * (2 / shape[1]) ** 0.5)
    assert MODULES["exploding"].weight_std.accepts(lambda n: n**-0.5)

    def flat(W, b, V):
        return W[0], b[0], V @ np.ones(len(W))

    assert MODULES["symmetry"].collapse.accepts(flat)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda shape, rng: rng.normal(0, 0.1, shape[::-1]), "array of shape (100, 300). Rows belong to outputs"),
        (lambda shape, rng: rng.normal(0, 0.1, shape).tolist(), "must return a NumPy array, but it returns list"),
        (lambda shape, rng: np.full(shape, 0.1), "All weights are equal"),
        (lambda shape, rng: np.random.normal(0, 0.1, shape), "Draw from rng, and from nothing else"),  # noqa: NPY002
        (lambda shape, rng: np.random.default_rng(0).normal(0, 0.1, shape), "Every rng gives the same weights"),
        (
            lambda shape, rng: rng.normal(0.1, np.sqrt(2 / shape[1]), shape),
            "mean 0.101. It should be 0.",
        ),
        (
            lambda shape, rng: rng.normal(0, 2 * np.sqrt(2 / shape[1]), shape),
            "too large by the same factor each time, 2",
        ),
        (lambda shape, rng: rng.uniform(-1, 1, shape) * np.sqrt(6 / shape[1]), "not normal: 0.0% of them lie beyond"),
        (lambda shape: 1, "raised TypeError"),
    ],
)
def test_an_initializer_is_told_what_is_wrong_with_it(answer, said):
    assert said in MODULES["why"].he.verdict(answer)


def test_sampling_error_does_not_fail_a_right_initializer():
    """The tolerance is five standard errors. One seed is tried, and all of many seeds would pass."""
    he = MODULES["why"].he
    for seed in range(50):
        measured = [
            np.std(he.solution(shape, np.random.default_rng(seed))) / np.sqrt(2 / shape[1])
            for shape in ((300, 100), (100, 400))
        ]
        assert measured == pytest.approx([1, 1], rel=he.tolerance)


# ---------------------------------------------------------------- the machinery


def double(n):
    """Twice n, a number."""
    return 2.0 * n


DOUBLE = Exercise(double, statement="Double.", explanation="So.", cases=((1,), (3,), (10,)))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda n: 6 * n, "double(1) gives 6; it should be 2. It is too large by the same factor each time, 3."),
        (lambda n: n / 2, "double(1) gives 0.5; it should be 2. It is too small by the same factor each time, 4."),
        (lambda n: -2 * n, "double(1) gives −2; it should be 2. Only the sign is wrong."),
        (lambda n: 4 * n * n, "double(1) gives 4; it should be 2. That is the square of what was asked."),
        (
            lambda n: (2 * n) ** 0.5,
            "double(1) gives 1.414; it should be 2. That is the square root of what was asked.",
        ),
        (lambda n: 1 / (2 * n), "double(1) gives 0.5; it should be 2. That is one over what was asked."),
        (lambda n: 2 * n + 0.01, "double(1) gives 2.01; it should be 2. That is close, but it is not exact."),
        (lambda n: 2 if n == 1 else 7, "double(3) gives 7; it should be 6."),
        (lambda n: 0 * n, "double(1) gives 0; it should be 2."),
        (lambda n: [2 * n], "double(1) returned an array of shape (1,); a number was asked for."),
        (lambda n: n / 0, "double(1) raised ZeroDivisionError: division by zero."),
        (lambda n: np.nan, "double(1) returned nan, not a number."),
        (lambda n: "two", "double(1) returned 'two'. What was asked for: Twice n, a number."),
        (2.0, "double must be a function, but it is 2.0."),
    ],
)
def test_a_slip_is_named(answer, said):
    assert DOUBLE.verdict(answer) == f"Not yet. {said}"


def test_a_function_that_prints_instead_of_returning_is_told_so():
    said = "returned None. Did you forget the return?"
    assert DOUBLE.verdict(lambda n: None) == f"Not yet. double(1) {said}"
    assert DOUBLE.verdict(lambda n: 2 * n if n == 1 else None) == f"Not yet. double(3) {said}"
    assert DOUBLE.verdict(lambda n: 2 * n if n == 1 else ...) == exercise.UNFILLED


def test_a_rounded_answer_is_told_so():
    def half(n):
        """Half of n."""
        return n / 2

    item = Exercise(half, statement="", explanation="", cases=((3,), (7,)))
    assert item.verdict(lambda n: n // 2).endswith("Do not round: the number need not be whole.")
    assert item.verdict(lambda n: np.ceil(n / 2)).endswith("Do not round: the number need not be whole.")


def test_a_transposed_array_is_told_so():
    def grid(n):
        """An array of shape (n, 3)."""
        return np.ones((n, 3))

    item = Exercise(grid, statement="", explanation="", cases=((2,),))
    assert item.verdict(lambda n: np.ones((3, n))) == (
        "Not yet. grid(2) returned an array of shape (3, 2); an array of shape (2, 3) was asked for: it is transposed."
    )
    assert item.verdict(lambda n: np.zeros((n, 3))) == "Not yet. grid(2) is not right."


def test_a_check_may_look_at_the_answer_first():
    def require(answer):
        if answer(1) < 0:
            raise Wrong("It is negative.")

    item = Exercise(double, statement="", explanation="", cases=((1,),), require=require)
    assert item.verdict(lambda n: -n) == "Not yet. It is negative."


def test_a_solution_that_is_not_accepted_stops_the_build(monkeypatch):
    calls = iter(range(1000))
    unsteady = Exercise(lambda n: next(calls), statement="", explanation="", cases=((1,),))
    monkeypatch.setenv("INITLAB_BOOK", "1")
    with pytest.raises(AssertionError, match="is not accepted"):
        unsteady.check(lambda n: ...)
    monkeypatch.delenv("INITLAB_BOOK")
    unsteady.check(lambda n: ...)


def test_a_solution_needs_a_docstring():
    def silent(n):
        return n

    with pytest.raises(ValueError, match="silent must have a body, and a docstring"):
        exercise.skeleton(silent)


def test_cells_are_the_solution_with_and_without_its_body():
    assert exercise.skeleton(double) == 'def double(n):\n    """Twice n, a number."""\n    return ...'
    assert exercise.code(double) == 'def double(n):\n    """Twice n, a number."""\n    return 2.0 * n'


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_solution_is_hidden_and_its_cell_is_not(chapter):
    cells = {cell["id"]: "".join(cell["source"]) for cell in read_notebook(f"book/{chapter}")["cells"]}
    for name, item in vars(MODULES[chapter]).items():
        slug = f"exercise-{name}".replace("_", "-")
        if isinstance(item, Exercise):
            assert exercise.code(item.solution) not in cells[slug] + cells[f"{slug}-code"]
            assert cells[f"{slug}-solution"].startswith("<details>\n<summary>Solution</summary>\n\n```python\n")
