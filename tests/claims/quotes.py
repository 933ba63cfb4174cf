"""Sentences of the book in tests: `says` holds one to account, and `quotes_in` finds all of them in a test file.

The report does not have to run the tests: it reads them. So a sentence stands in the call of `says` as it is, not as
the value of a name, and the call stands in the body of a test, where nothing can skip it.
"""

import ast
import bisect
import functools
import math
import re
from dataclasses import KW_ONLY, dataclass

import numpy as np

from . import numerals
from .prose import chapter_prose

MARKED = re.compile(r"«([^«»]*)»")


@dataclass(frozen=True)
class near:
    """A computed value that the prose rounds loosely: `near(38.44, rel=0.05)` is also said by "about 40"."""

    value: float
    _: KW_ONLY
    rel: float = 0.0
    abs: float = 0.0

    def __post_init__(self):
        if not (self.rel > 0 or self.abs > 0):
            raise TypeError("near needs a tolerance, rel or abs")


def chapter(name):
    """The `says` of a chapter: says(sentence, *values).

    `says` fails unless the sentence is in the prose of the chapter, once. White space does not matter. What is marked
    «like this» in the sentence is compared with the values, in order: a number has to round to what is written, a
    string has to be what is written, all elements of an array have to be what is written, and `near` gives a looser
    bound.
    """
    chapter_prose(name)

    def says(sentence, *values):
        __tracebackhide__ = True
        hold(chapter_prose(name), name, sentence, values)

    return says


def hold(prose, name, sentence, values):
    """What `says` does, for the given prose."""
    __tracebackhide__ = True
    plain, marks = unmark(sentence)
    start = locate(prose, name, plain)
    for number in prose.numbers:
        for low, high in marks:
            inside = (start + low <= number.start) and (number.core <= start + high)
            if not inside and number.start < start + high and start + low < number.core:
                raise ValueError(f"a mark cuts the number {number.written.text!r} in: {sentence}")
    if len(marks) != len(values):
        raise ValueError(f"{len(marks)} numbers are marked and {len(values)} values given for: {sentence}")
    wrong = [
        f"  written {plain[low:high]}, computed {_show(value)}"
        for (low, high), value in zip(marks, values, strict=True)
        if not agrees(plain[low:high], value)
    ]
    assert not wrong, "\n".join([f"{name} says: {sentence}", *wrong])


def agrees(text, value):
    """Whether a computed value is what the marked text says."""
    if isinstance(value, str):
        return text == value
    written = numerals.read(text)
    values = np.asarray(value.value if isinstance(value, near) else value, dtype=float).ravel()
    if isinstance(value, near):
        right = np.abs(values - written.value) <= np.maximum(value.rel * np.abs(values), value.abs)
    else:
        right = [written.agrees(float(each)) for each in values]
    return values.size > 0 and bool(np.all(right))


def _show(value):
    if isinstance(value, near):
        tolerance = f"{value.rel:.3g} of it" if value.rel else f"{value.abs:.3g}"
        return f"{_show(value.value)}, give or take {tolerance}"
    return repr(value.item() if isinstance(value, np.generic) else value)


def unmark(sentence):
    """The sentence without its marks, white space normalised, and where the marked texts are in it."""
    sentence = " ".join(sentence.split())
    marks, plain, position = [], "", 0
    for match in MARKED.finditer(sentence):
        plain += sentence[position : match.start()]
        marks.append((len(plain), len(plain) + len(match[1])))
        plain += match[1]
        position = match.end()
    plain += sentence[position:]
    if "«" in plain or "»" in plain:
        raise ValueError(f"a mark is not closed in: {sentence}")
    return plain, marks


def locate(prose, name, plain):
    """Where the sentence is in the prose; it must be there once, and must not end in the middle of a number."""
    __tracebackhide__ = True
    places = [match.start() for match in re.finditer(re.escape(plain), prose.text)] if plain else []
    assert places, f"{name} no longer says: {plain}\n{_closest(prose.text, plain)}"
    assert len(places) == 1, f"{name} says this {len(places)} times, so quote more of the sentence: {plain}"
    start, end = places[0], places[0] + len(plain)
    for number in prose.numbers:
        cut = number.start < start < number.core or number.start < end < number.core
        assert not cut, f"the quote ends inside the number {number.written.text!r}, so quote more of it: {plain}"
    return start


def _closest(text, plain):
    def shared(size):
        pieces = (plain[at : at + size] for at in range(len(plain) - size + 1))
        return next((piece for piece in pieces if piece in text), None)

    least = 8
    more = bisect.bisect_left(range(least, len(plain) + 1), True, key=lambda size: shared(size) is None)
    if not more:
        return ""
    piece = shared(least + more - 1)
    start = max(0, text.index(piece) - plain.index(piece))
    return f"  the closest it says: {text[start : start + len(plain) + 20]}"


# ---------------------------------------------------------------- reading the tests


@dataclass(frozen=True)
class Quote:
    """A sentence that a test quotes.

    Attributes
    ----------
    where : str
        Name of the test and line.
    text : str
        The sentence without marks.
    marks : list
        Where the marked numbers are in it.
    used : frozenset of float
        The numbers that stand in the code of the test, and in what it uses of its own file.
    """

    where: str
    text: str
    marks: list
    used: frozenset


@functools.cache
def quotes_in(source):
    """The quotes of a test file, and the faults in how it quotes."""
    quotes, faults = [], []
    tree = ast.parse(source)
    definitions = _definitions(tree)
    for test in tree.body:
        calls = [node for node in ast.walk(test) if _calls(node, "says")]
        if not calls:
            continue
        if not (isinstance(test, ast.FunctionDef) and test.name.startswith("test_")):
            faults += [f"line {call.lineno}: a sentence is quoted outside a test" for call in calls]
            continue
        if definitions[test.name] is not test:
            faults.append(f"{test.name}: a later test has the same name, so this one never runs")
            continue
        marks = any(word in ast.unparse(mark) for mark in test.decorator_list for word in ("skip", "xfail"))
        if marks or any(_calls(node, "skip", "xfail", "importorskip") for node in ast.walk(test)):
            faults.append(f"{test.name}: a test that may be skipped holds nothing to account")
            continue
        asserts = any(_asserts(node) for node in ast.walk(test))
        used = frozenset().union(*(_numbers_used(node) for node in _reached(test, definitions)))
        body = [statement.value for statement in _unconditional(test.body) if isinstance(statement, ast.Expr)]
        for call in calls:
            where = f"{test.name}, line {call.lineno}"
            problem = _problem(call, asserts) if call in body else "says must not depend on a condition"
            if problem:
                faults.append(f"{where}: {problem}")
            else:
                quotes.append(Quote(where, *unmark(call.args[0].value), used))
    return tuple(quotes), tuple(faults)


def _unconditional(statements):
    for statement in statements:
        if isinstance(statement, ast.Return):
            return
        yield statement
        if isinstance(statement, ast.With):
            yield from _unconditional(statement.body)


def _problem(call, asserts):
    sentence, *values = call.args or [None]
    if not (isinstance(sentence, ast.Constant) and isinstance(sentence.value, str)):
        return "write the sentence out in the call of says"
    if any(isinstance(value, ast.Starred) for value in values):
        return "give the values one by one"
    if typed := [ast.unparse(value) for value in values if _is_typed_in(value)]:
        return f"{typed[0]} is typed in, not computed"
    if len(unmark(sentence.value)[1]) != len(values):
        return "as many values are needed as numbers are marked"
    if not values and not asserts:
        return "the sentence is quoted and nothing is asserted"
    return None


def _is_typed_in(value):
    if isinstance(value, ast.Call) and getattr(value.func, "id", getattr(value.func, "attr", "")) in ("near", "approx"):
        return bool(value.args) and _is_typed_in(value.args[0])
    if isinstance(value, ast.UnaryOp):
        return _is_typed_in(value.operand)
    return isinstance(value, ast.Constant)


def _calls(node, *names):
    return isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names


def _asserts(node):
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant)
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return name == "raises" or name.startswith("assert_")
    return False


def _reached(test, definitions):
    """The test, and the functions and constants of its file that it uses."""
    reached, waiting = [], [test]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.append(node)
            names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            waiting += [definitions[name] for name in names & definitions.keys()]
    return reached


def _definitions(tree):
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    constants = {
        target.id: node
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return functions | constants


def _numbers_used(test):
    """The numbers in a piece of code and in its strings, but for what `says` quotes and for the docstring."""
    quoted = {
        id(node) for call in ast.walk(test) if _calls(call, "says") for arg in call.args[:1] for node in ast.walk(arg)
    }
    if isinstance(test, ast.FunctionDef) and isinstance(test.body[0], ast.Expr):
        quoted.add(id(test.body[0].value))
    used = set()
    for node in ast.walk(test):
        if not isinstance(node, ast.Constant) or id(node) in quoted:
            continue
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            used.add(float(node.value))
        elif isinstance(node.value, str):
            values = {found.written.value for found in numerals.find(node.value)}
            used |= {value for value in values if not math.isnan(value)}
    return frozenset(used)
