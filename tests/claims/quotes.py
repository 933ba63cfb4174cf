"""Sentences of the book in tests: `says` holds one to account, and `quotes_in` finds all of them in a test file.

The report does not have to run the tests: it reads them. So a sentence stands in the call of `says` as it is, not as
the value of a name, and the call stands in the body of a test, where nothing can skip it.
"""

import ast
import functools
import math
import re
from dataclasses import KW_ONLY, dataclass

import numpy as np

from . import numerals
from .prose import chapter_prose


@dataclass(frozen=True)
class near:
    """A computed value that the prose rounds loosely: `near(38.44, rel=0.05)` is also said by "about 40"."""

    value: float
    _: KW_ONLY
    rel: float = 0.0
    abs: float = 0.0


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
    _, *marks = (prose.text[start:end] for start, end in place(prose, name, sentence))
    if len(marks) != len(values):
        raise ValueError(f"{len(marks)} numbers are marked and {len(values)} values given for: {sentence}")
    wrong = [
        f"  written {mark}, computed {value if isinstance(value, near) else np.asarray(value).tolist()}"
        for mark, value in zip(marks, values, strict=True)
        if not agrees(mark, value)
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


def place(prose, name, sentence):
    """Where the sentence is in the prose, as (start, end), and then where each of its marked texts is.

    It must be there once, and neither it nor a mark may begin or end in the middle of a number.
    """
    __tracebackhide__ = True
    pieces = re.split("[«»]", " ".join(sentence.split()))
    plain = "".join(pieces)
    if len(pieces) % 2 == 0 or not plain:
        raise ValueError(f"a mark is not closed in: {sentence}")
    patterns = [r"\s+".join(map(re.escape, piece.split(" "))) for piece in pieces]
    patterns[1::2] = (f"({pattern})" for pattern in patterns[1::2])
    found = [*re.finditer("".join(patterns), prose.text)]
    assert found, f"{name} no longer says: {plain}\n{_closest(prose, plain)}"
    assert len(found) == 1, f"{name} says this {len(found)} times, so quote more of the sentence: {plain}"
    spans = [found[0].span(i) for i in range(len(pieces) // 2 + 1)]
    cut = [prose.inside[at] for span in spans for at in span if at in prose.inside]
    assert not cut, f"a quote or a mark ends inside the number {cut[0]!r}: {sentence}"
    return spans


def _closest(prose, plain):
    """The place in the prose that begins like the sentence."""
    text = " ".join(prose.text.split())
    shared = next((n for n in range(len(plain), 7, -1) if plain[:n] in text), None)
    start = text.find(plain[:shared]) if shared else 0
    return f"  the closest it says: {text[start : start + len(plain) + 20]}" if shared else ""


# ---------------------------------------------------------------- reading the tests


@dataclass(frozen=True)
class Quote:
    """A sentence that a test quotes, with its marks.

    `where` is the test and the line; `used` are the numbers in the code of the test, and in what it uses of its file.
    """

    where: str
    sentence: str
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
        marks = any(word in ast.unparse(mark) for mark in test.decorator_list for word in ("skip", "xfail"))
        if marks or any(_calls(node, "skip", "xfail", "importorskip") for node in ast.walk(test)):
            faults.append(f"{test.name}: a test that may be skipped holds nothing to account")
        asserts = any(_asserts(node) for node in ast.walk(test))
        used = frozenset().union(*(_numbers_used(node) for node in _reached(test, definitions)))
        body = [statement.value for statement in _unconditional(test.body) if isinstance(statement, ast.Expr)]
        for call in calls:
            where = f"{test.name}, line {call.lineno}"
            if problem := _problem(call, asserts) if call in body else "says must not depend on a condition":
                faults.append(f"{where}: {problem}")
            else:
                quotes.append(Quote(where, call.args[0].value, used))
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
    if sentence.value.count("«") != len(values):
        return "as many values are needed as numbers are marked"
    if not values and not asserts:
        return "the sentence is quoted and nothing is asserted"
    return None


def _is_typed_in(value):
    if _calls(value, "near", "approx"):
        return bool(value.args) and _is_typed_in(value.args[0])
    if isinstance(value, ast.UnaryOp):
        return _is_typed_in(value.operand)
    return isinstance(value, ast.Constant)


def _calls(node, *names):
    return isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names


def _asserts(node):
    return _calls(node, "raises", "assert_allclose", "assert_array_equal") or (
        isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant)
    )


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
    """{name: the function, or the assignment, at the top of the file}; of two functions, the last."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    constants = {name.id: node for node in assigned for name in node.targets if isinstance(name, ast.Name)}
    return functions | constants


def _numbers_used(test):
    """The numbers in a piece of code and in its strings, but for what `says` quotes and for the docstring."""
    quoted = {id(node) for call in ast.walk(test) if _calls(call, "says") for node in ast.walk(call.args[0])}
    if isinstance(test, ast.FunctionDef) and isinstance(test.body[0], ast.Expr):
        quoted.add(id(test.body[0].value))
    values = [node.value for node in ast.walk(test) if isinstance(node, ast.Constant) and id(node) not in quoted]
    used = {float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)}
    for value in values:
        if isinstance(value, str):
            used |= {found.value for found in numerals.find(value) if not math.isnan(found.value)}
    return frozenset(used)
