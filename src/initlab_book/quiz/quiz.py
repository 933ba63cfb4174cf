"""What a quiz asks, which answers are right, and why. Nothing here marks an answer: `quiz.js` does, in both hosts.

The quiz of a chapter is written as one value, in the file `quiz.py` of its room:

>>> quiz = Quiz(
...     name="symmetry",
...     title="Two questions on symmetry",
...     questions=(
...         Choose(
...             "Two hidden units start with equal weights. What tells them apart after a step of gradient descent?",
...             (
...                 Option("The noise of the data", "Both units see the same data, noise included."),
...                 Option("Nothing", "They compute the same, get the same gradient, and stay equal.", right=True),
...             ),
...         ),
...         Estimate(
...             "Ten layers multiply a signal by `1.5` each. How many times as long is it then?",
...             answer=57.67,
...             within=0.02,
...             explanation="1.5¹⁰ = 57.67.",
...             wrong=((15, "1.5 × 10: the factors multiply, they do not add up."),),
...             otherwise="Ten equal factors make a power.",
...         ),
...     ),
... )

and asked by the last line of a notebook cell, `show(quiz)`. Text is plain, in Unicode (1.5⁹, ∂L/∂W). What stands
between backticks is set as code; nothing else is markup. An explanation is read right after the words "Right." or
"Not right.", so it says why, as a sentence of its own.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from initlab.arguments import finite


@dataclass(frozen=True)
class Option:
    """One answer to choose, and why it is right or wrong."""

    text: str
    """The answer."""
    explanation: str
    """Why it is right or wrong."""
    right: bool = False
    """Whether it is right."""

    def __post_init__(self) -> None:
        _check_text("text", self.text)
        _check_text(f"explanation of {self.text!r}", self.explanation)
        if not isinstance(self.right, bool):
            raise TypeError(f"right of {self.text!r} must be True or False, got {self.right!r}")


@dataclass(frozen=True)
class Choose:
    """A question with options. If several of them are right, the reader is asked for all that apply."""

    text: str
    """The question."""
    options: tuple[Option, ...]
    """The answers to choose from, at least one of them right and one wrong."""

    def __post_init__(self) -> None:
        _check_text("text", self.text)
        _check_items(f"options of {self.text!r}", self.options, Option, at_least=2)
        _check_distinct(f"options of {self.text!r}", [option.text for option in self.options])
        right = sum(option.right for option in self.options)
        if not 0 < right < len(self.options):
            raise ValueError(f"options of {self.text!r} must hold a right one and a wrong one, got {right} right")

    @property
    def prompt(self) -> str:
        """What the reader is asked."""
        return self.text + " Choose all that apply." * (sum(option.right for option in self.options) > 1)


@dataclass(frozen=True)
class Estimate:
    """A question whose answer is a number."""

    text: str
    """The question."""
    answer: float
    """The right number. It is not 0, because a distance from it is measured in multiples of it."""
    explanation: str
    """Why that is the answer."""
    otherwise: str
    """A hint for a number that is neither right nor known to be wrong."""
    within: float = 0.02
    """What counts as equal: a relative distance of at most this, from `answer` or from a number in `wrong`."""
    unit: str = ""
    """Stands after the number: "%", "layers"."""
    wrong: tuple[tuple[float, str], ...] = ()
    """Numbers that a misconception leads to, each with an explanation of its own."""

    @property
    def prompt(self) -> str:
        """What the reader is asked."""
        return self.text

    def __post_init__(self) -> None:
        _check_text("text", self.text)
        which = f"of {self.text!r}"
        if finite(f"answer {which}", self.answer) == 0:
            raise ValueError(f"answer {which} must not be 0, got {self.answer!r}; let the reader choose it instead")
        _check_text(f"explanation {which}", self.explanation)
        _check_text(f"otherwise {which}", self.otherwise)
        finite(f"within {which}", self.within, above=0, at_most=0.5)
        if self.unit:
            _check_text(f"unit {which}", self.unit)
        for pair in self.wrong if isinstance(self.wrong, tuple) else (self.wrong,):
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(f"wrong {which} must be a tuple of (number, explanation), got {pair!r}")
            finite(f"wrong {which}", pair[0])
            _check_text(f"explanation of {pair[0]} {which}", pair[1])
        # One number must not count as two.
        for a, b in itertools.combinations([self.answer, *(number for number, _ in self.wrong)], 2):
            if abs(a - b) <= self.within * (abs(a) + abs(b)):
                raise ValueError(f"numbers {which} must be further apart than within = {self.within}, got {a} and {b}")


@dataclass(frozen=True)
class Quiz:
    """A few questions."""

    name: str
    """Identifies the quiz in the address of a page, `#quiz-name`: small letters and hyphens."""
    title: str
    """One line, shown above the questions."""
    questions: tuple[Choose | Estimate, ...]
    """What is asked, in order."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch(r"[a-z]+(-[a-z]+)*", self.name):
            raise ValueError(f"name must be made of small letters and hyphens, got {self.name!r}")
        _check_text("title", self.title)
        _check_items("questions", self.questions, (Choose, Estimate), at_least=1)
        _check_distinct("questions", [question.text for question in self.questions])

    def spec(self) -> dict[str, Any]:
        """All of it, for the JavaScript."""
        questions = [{"kind": type(q).__name__.lower(), "prompt": q.prompt, **asdict(q)} for q in self.questions]
        return {"name": self.name, "title": self.title, "questions": questions}

    def text(self) -> str:
        """The questions in plain words."""
        lines = [self.title]
        for i, question in enumerate(self.questions, start=1):
            lines.append(f"{i}. {question.prompt}")
            lines += [f"   - {option.text}" for option in getattr(question, "options", ())]
        return "\n".join(lines)


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {value!r}")
    if not value.strip() or value != value.strip():
        raise ValueError(f"{name} must not be empty, nor begin or end with a space, got {value!r}")
    if value.count("`") % 2:
        raise ValueError(f"{name} must close every backtick, got {value!r}")


def _check_items(name: str, items: object, kinds: type | tuple[type, ...], at_least: int) -> None:
    names = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
    if not isinstance(items, tuple) or not all(isinstance(item, kinds) for item in items):
        raise TypeError(f"{name} must be a tuple of {names}, got {items!r}")
    if len(items) < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {len(items)}")


def _check_distinct(name: str, texts: Sequence[str]) -> None:
    repeated = [text for text in texts if texts.count(text) > 1]
    if repeated:
        raise ValueError(f"{name} must differ from each other, got {repeated[0]!r} twice")
