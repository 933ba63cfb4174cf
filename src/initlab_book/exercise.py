"""Exercises with a checker that says what is wrong.

An exercise has one source, in `chapters/<name>/exercises.py`: its statement, its solution, an ordinary Python function,
and the wrong answers that people typically give. The cell that readers fill in is the solution without its body, the
hidden solution on the page is the function itself, and `tools/write_notebooks.py` writes both into the notebook. The
checker calls the reader's function and the solution on the same arguments; where they differ it looks for the reason,
first among the typical mistakes, then among the slips that can happen in any formula (a factor, a square, a transpose).

    @exercise(
        statement="Which standard deviation keeps the mean square of a linear network of width `n`?",
        hint="Look at equation (5).",
        explanation="By (5) the mean square is kept at $g = 1$.",
        cases=[(512,), (100,)],
        mistakes=[Mistake(lambda n: 1 / n, "That is the variance of the weights.")],
    )
    def weight_std(n):
        \"\"\"The standard deviation of the weights.\"\"\"
        return 1 / np.sqrt(n)
"""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from .numbers import number
from .show import building

UNFILLED = "Not filled in yet: replace the dots, then run this cell."
"""What the checker says of a function that still returns the dots."""

Arguments = tuple[Any, ...]
"""The arguments of one call."""
Case = Arguments | Callable[[], Arguments]
"""The arguments of one call, or a function that makes them."""


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people typically give."""

    answer: Callable[..., Any]
    """A function like the solution that gives it."""
    message: str
    """What to tell them."""


class Wrong(Exception):
    """Raised by a check with the sentence that the reader is to see."""


@dataclass(frozen=True)
class Written:
    """An exercise for paper or for the head: there is nothing to run."""

    statement: str
    """What is asked, in Markdown."""
    explanation: str
    """The solution, in Markdown."""
    hint: str = ""
    """A hint, in Markdown, folded away."""
    kind: str = "By hand"
    """What kind of work it is, in words that stand before the statement."""


@dataclass(frozen=True)
class Exercise:
    """An exercise in which the reader writes a function."""

    solution: Callable[..., Any]
    """The function that readers are to write. Its docstring says what to return."""
    statement: str
    """What is asked, in Markdown."""
    explanation: str
    """Why the solution is right, in Markdown."""
    cases: tuple[Case, ...]
    """Arguments to try: a tuple for each call, or a function that makes one, where a call uses an argument up."""
    mistakes: tuple[Mistake, ...] = ()
    """Wrong answers that are recognized."""
    hint: str = ""
    """A hint, in Markdown, folded away."""
    tolerance: float = 1e-6
    """The relative difference that still counts as right. It covers rounding, or the sampling error of `measure`."""
    measure: Callable[..., Any] = field(default=lambda answer, *case: answer(*case))
    """What is compared: by default, what the function returns. A random answer is measured by its statistics."""
    gives: str = "gives"
    """The words between the call and what is measured."""
    require: Callable[[Callable[..., Any]], None] = field(default=lambda answer: None)
    """Looks at the answer before it is measured; raises `Wrong` where its form is not as asked."""
    kind: str = "Code"
    """What kind of work it is, in words that stand before the statement."""

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.solution.__name__

    def check(self, answer: Any) -> None:
        """Print whether the reader's function does what the exercise asks for, and if not, what is wrong.

        Parameters
        ----------
        answer : callable
            The reader's function. Whatever else it is, the reader is told.

        Raises
        ------
        AssertionError
            While the book is built, if the solution itself is not accepted.
        """
        print(self.verdict(answer))
        # While the book is built nobody has filled in anything; the solution must pass in this very place.
        if building() and not self.accepts(self.solution):
            raise AssertionError(f"the solution of {self.name} is not accepted: {self.verdict(self.solution)}")

    def accepts(self, answer: Any) -> bool:
        """Whether the checker takes this function for right."""
        return self._fault(answer) is None

    def verdict(self, answer: Any) -> str:
        """The sentence that `check` prints."""
        fault = self._fault(answer)
        if fault is None:
            count = len(self.cases)
            tried = "" if count == 1 else f" (tried with {count} different sets of arguments)"
            return f"Right: {self.name} does what was asked{tried}."
        return fault if fault == UNFILLED else f"Not yet. {fault}"

    def _fault(self, answer: Any) -> str | None:
        """What is wrong with an answer, as a sentence, or None."""
        if not callable(answer):
            return f"{self.name} must be a function, but it is {_short(answer)}."
        try:
            first, *others = map(_arguments, self.cases)
            if self._returned(answer, first) is Ellipsis:
                return UNFILLED
            self.require(partial(self._called, answer))
            if any(self._returned(answer, case) is Ellipsis for case in others):
                return UNFILLED
            given = [self._measured(answer, case) for case in self.cases]
            expected = self._measured_all(self.solution)
            if self._agree(given, expected):
                return None
            for mistake in self.mistakes:
                if self._agree(given, self._measured_all(mistake.answer)):
                    return mistake.message
            for case, *pair in zip(self.cases, given, expected, strict=True):
                self._compare(case, *pair)
        except Wrong as wrong:
            return str(wrong)
        at = next(i for i, (a, b) in enumerate(zip(given, expected, strict=True)) if not self._agree([a], [b]))
        call = _call_text(self.name, _arguments(self.cases[at]))
        if given[at].ndim:
            seen = f"{call} is not right."
        else:
            a, b = (number(values[at], 4) for values in (given, expected))
            seen = f"{call} {self.gives} {a}; it should be {b}."
        return f"{seen} {self._slip(given, expected)}".strip()

    def _measured_all(self, answer: Callable[..., Any]) -> list[np.ndarray]:
        return [np.asarray(self.measure(answer, *_arguments(case)), dtype=float) for case in self.cases]

    def _called(self, answer: Callable[..., Any], *arguments: Any) -> Any:
        """What the reader's function returns to a plain call."""
        try:
            with np.errstate(all="ignore"):
                return answer(*arguments)
        except Exception as error:
            call = _call_text(self.name, arguments)
            raise Wrong(f"{call} raised {type(error).__name__}: {error}.") from error

    def _returned(self, answer: Callable[..., Any], arguments: Arguments) -> Any:
        """The same, unless it is None."""
        result = self._called(answer, *arguments)
        if result is None:
            raise Wrong(f"{_call_text(self.name, arguments)} returned None. Did you forget the return?")
        return result

    def _measured(self, answer: Callable[..., Any], case: Case) -> np.ndarray:
        """What is measured on the reader's answer, as an array."""
        try:
            with np.errstate(all="ignore"):
                return np.asarray(self.measure(answer, *_arguments(case)), dtype=float)
        except (TypeError, ValueError, IndexError):
            result = answer(*_arguments(case))
            call, asked = _call_text(self.name, _arguments(case)), inspect.getdoc(self.solution)
            raise Wrong(f"{call} returned {_short(result)}. What was asked for: {asked}") from None

    def _compare(self, case: Case, given: np.ndarray, expected: np.ndarray) -> None:
        """Say so where an array has another form than was asked for."""
        call = _call_text(self.name, _arguments(case))
        if given.shape != expected.shape:
            turned = ": it is transposed" if given.ndim == 2 and given.T.shape == expected.shape else ""
            raise Wrong(f"{call} returned {_form(given)}; {_form(expected)} was asked for{turned}.")
        if not np.isfinite(given).all() and np.isfinite(expected).all():
            raise Wrong(f"{call} returned {'nan, not a number' if np.isnan(given).any() else 'an infinite number'}.")

    def _agree(self, given: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> bool:
        return all(
            np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=self.tolerance, atol=1e-12, equal_nan=True)
            for a, b in zip(given, expected, strict=True)
        )

    def _slip(self, given: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> str:
        """What the wrong numbers have to do with the right ones, if it is something simple."""
        with np.errstate(all="ignore"):
            a, b = (np.concatenate([np.ravel(part) for part in parts]) for parts in (given, expected))
            if (a == np.rint(a)).all() and (abs(a - b) < 1).all():
                return "Do not round: the number need not be whole."
            if self._agree([a], [b**2]):
                return "That is the square of what was asked."
            if self._agree([a**2], [b]):
                return "That is the square root of what was asked."
            if self._agree([a], [1 / b]):
                return "That is one over what was asked."
            ratio = a[b != 0] / b[b != 0]
            if ratio.size > 1 and np.allclose(ratio, ratio[0], rtol=max(self.tolerance, 1e-6)) and ratio[0] != 0:
                if np.isclose(ratio[0], -1):
                    return "Only the sign is wrong."
                way, factor = ("large", ratio[0]) if abs(ratio[0]) > 1 else ("small", 1 / ratio[0])
                return f"It is too {way} by the same factor each time, {number(factor, 4)}."
        close = np.allclose(a, b, rtol=0.05)
        return "That is close, but it is not exact." if close else ""


def exercise(**description: Any) -> Callable[[Callable[..., Any]], Exercise]:
    """Make an `Exercise` of the function that follows, which is its solution.

    Parameters
    ----------
    **description
        The other fields of the exercise, by name. `cases` and `mistakes` may be lists.
    """

    def make(solution: Callable[..., Any]) -> Exercise:
        for name in ("cases", "mistakes"):
            description[name] = tuple(description.get(name, ()))
        return Exercise(solution, **description)

    return make


def _arguments(case: Case) -> Arguments:
    return case() if callable(case) else case


def _call_text(name: str, arguments: Arguments) -> str:
    return f"{name}({', '.join(map(_short, arguments))})"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        values = f", {number(value.min())} to {number(value.max())}" if value.size else ""
        return f"<array of shape {value.shape}{values}>"
    if isinstance(value, np.random.Generator):
        return "rng"
    text = repr(value)
    return text if len(text) <= 40 else f"<{type(value).__name__}>"


def _form(array: np.ndarray) -> str:
    return "a number" if array.ndim == 0 else f"an array of shape {array.shape}"


# ---------------------------------------------------------------- from the source to the cells of a notebook


def cells(module: ModuleType) -> Iterator[dict[str, Any]]:
    """The cells of a chapter's exercises, in the order in which the module defines them.

    Parameters
    ----------
    module : module
        A chapter's `exercises`.

    Yields
    ------
    dict
        A cell, as a notebook file holds it.
    """
    numbers = itertools.count(1)
    for name, item in vars(module).items():
        slug = f"exercise-{name}".replace("_", "-")
        if isinstance(item, Written):
            yield _cell("markdown", slug, f"{_statement(item, next(numbers))}\n\n{_solution(item)}")
        elif isinstance(item, Exercise):
            yield _cell("markdown", slug, _statement(item, next(numbers)))
            call = f"chapter.exercises.{name}.check({item.name})"
            yield _cell("code", f"{slug}-code", f"{skeleton(item.solution)}\n\n\n{call}")
            yield _cell("markdown", f"{slug}-solution", _solution(item, code(item.solution)))


def code(function: Callable[..., Any]) -> str:
    """The source of a function, without its decorators."""
    text = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(text).body
    return "\n".join(text.splitlines()[definition.lineno - 1 :])


def skeleton(function: Callable[..., Any]) -> str:
    """The source of a function, without its decorators, and with dots in place of its body; the docstring stays.

    Raises
    ------
    ValueError
        If the function has no docstring, or nothing else.
    """
    text = code(function)
    (definition,) = ast.parse(text).body
    assert isinstance(definition, ast.FunctionDef)
    head = definition.body[0]
    if not (isinstance(head, ast.Expr) and isinstance(head.value, ast.Constant) and len(definition.body) > 1):
        raise ValueError(f"{function.__name__} must have a body, and a docstring that says what to return")
    return "\n".join([*text.splitlines()[: head.end_lineno], "    return ..."])


def _statement(item: Exercise | Written, n: int) -> str:
    parts = [f"**{n}.** *({item.kind}.)* {item.statement.strip()}"]
    if n > 1:
        parts.insert(0, "---")  # a line between two exercises
    if item.hint:
        parts.append(_details("Hint", item.hint))
    return "\n\n".join(parts)


def _solution(item: Exercise | Written, source: str = "") -> str:
    block = f"```python\n{source}\n```\n\n" if source else ""
    return _details("Solution", block + item.explanation.strip())


def _details(summary: str, text: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n\n{text.strip()}\n\n</details>"


def _cell(kind: str, identity: str, source: str) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": identity, "metadata": {}, "source": source.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
