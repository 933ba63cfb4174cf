"""Claims about E, Var and Cov: what is made of terms and of sums of them is right, or not told.

Expressions are drawn, worked out for a symbolic number of terms, and held against the definition of the mean: each sum
written out, over all that can happen.
"""

from fractions import Fraction
from functools import partial
from itertools import count

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from initlab.algebra import Cov, E, Expected, Total, Undetermined, Var, random
from initlab.algebra.expectation import randoms

n, m = sp.symbols("n m", integer=True, positive=True)
t = sp.Symbol("t", real=True)

# Few values, so that all that can happen can be counted: (chance, value).
OUTCOMES = {
    "a": [(Fraction(2, 3), 1), (Fraction(1, 3), 4)],
    "b": [(Fraction(1, 4), -2), (Fraction(3, 4), 1)],
    "C": [(Fraction(1, 2), -1), (Fraction(1, 2), 3)],
}


def known(name, **more):
    moments = {k: sum(sp.Rational(chance) * value**k for chance, value in OUTCOMES[name[0]]) for k in range(1, 9)}
    return random(name, moments=moments, **more)


a, b, C = known("a_j", index="j"), known("b_j", index="j"), known("C")


def counted(X):
    """E[X] of an expression without sums by definition, over all outcomes of the quantities in it."""
    quantities = sorted(randoms(X), key=str)
    chances, values = np.ones(1), np.empty((0, 1))
    for outcomes in (OUTCOMES[quantity.root[0]] for quantity in quantities):
        chances = np.concatenate([float(chance) * chances for chance, _ in outcomes])
        values = np.hstack([np.vstack([values, np.full((1, values.shape[1]), float(x))]) for _, x in outcomes])
    return float(np.sum(chances * sp.lambdify([*quantities, t], X, "numpy")(*values, 2.0)))


def written_out(X, lengths, letters):
    """X with numbers for lengths and letters, and without sums.

    A letter that the algebra has brought in is another one than those beside it: it gets the first number that is free.
    """
    X = X.subs(lengths)
    terms = sorted((Y for Y in randoms(X) if Y.index and not Y.index.startswith("#")), key=str)
    numbers = {Y.index: letters.get(Y.index, Y.index) for Y in terms if Y.index in letters or Y.index.isdecimal()}
    for letter in sorted({Y.index for Y in terms} - set(numbers)):
        kinds = {Y.kind for Y in terms if Y.index == letter}
        for together in ({Y.kind for Y in T.numbered} for T in X.atoms(Total)):  # in one sum, under one number
            kinds |= together if kinds & together else set()
        taken = {numbers.get(Y.index) for Y in terms if Y.kind in kinds}
        numbers[letter] = next(str(i) for i in count(1) if str(i) not in taken)
    X = X.xreplace({Y: Y.at(numbers[Y.index]) for Y in terms})
    while sums := X.atoms(Total):
        X = X.xreplace({T: T.written_out() for T in sums if not T.args[0].has(Total)})
    return X


def number(result, lengths, letters):
    """A result as a number: what was left as E[...] is counted."""
    result = result.subs({**lengths, t: 2})
    left = {mean: counted(written_out(mean.args[0], lengths, letters)) for mean in result.atoms(Expected)}
    return float(result.xreplace({mean: sp.Float(x) for mean, x in left.items()}))


def terms(indices, of=(a, b)):
    return st.builds(lambda X, index: X.at(index), st.sampled_from(of), st.sampled_from(indices))


SUMMANDS = [
    lambda a, b, beside, mean: a,
    lambda a, b, beside, mean: b,
    lambda a, b, beside, mean: a * b,
    lambda a, b, beside, mean: a**2 - b,
    lambda a, b, beside, mean: b * beside,
    lambda a, b, beside, mean: C + b,
    lambda a, b, beside, mean: t * (a - mean) ** 2,
]
FUNCTIONS = [
    lambda term, total: 1 / term,
    lambda term, total: 1 / total,
    lambda term, total: term / total,
    lambda term, total: sp.sqrt(total),
    lambda term, total: sp.exp(-total / 4),
]


def totals(indices, lengths):
    def total(summand, beside, letter, length):
        return Total(summand(a.at(letter), b.at(letter), beside, Total(a, "j", length) / length), letter, length)

    return st.builds(
        total, st.sampled_from(SUMMANDS), terms(indices), st.sampled_from(["j", "z"]), st.sampled_from(lengths)
    )


def expressions(indices, lengths, most=3):
    """Sums of products of terms, totals, powers, quotients, other functions, symbols and numbers."""
    sums = totals(indices, lengths)
    positive = st.builds(lambda length: Total(a, "j", length), st.sampled_from(lengths))
    functions = st.builds(
        lambda f, term, total: f(term, total), st.sampled_from(FUNCTIONS), terms(indices, of=(a,)), positive
    )
    single = st.one_of(terms(indices), functions, st.sampled_from([C, t]))
    double = st.one_of(sums, sums, sums.map(lambda X: X**2), sums.map(sp.Abs), st.builds(sp.Mul, sums, sums))
    factors = (
        st.tuples(double, st.lists(single, max_size=most - 1))
        if most > 1
        else st.tuples(st.one_of(single, sums), st.just([]))
    )
    products = factors.map(lambda factors: sp.Mul(factors[0], *factors[1]))
    parts = st.tuples(st.sampled_from([1, -2, sp.Rational(1, 3)]), products)
    return st.lists(parts, min_size=1, max_size=2).map(lambda parts: sp.Add(*(c * X for c, X in parts)))


drawn = settings(max_examples=60, deadline=None, derandomize=True)
nearly = partial(pytest.approx, rel=1e-9, abs=1e-9)


@drawn
@given(data=st.data(), terms=st.integers(1, 5))
def test_means_of_sums_of_a_number_of_terms_are_those_counted(data, terms):
    X = data.draw(expressions(["1", str(terms), str(terms + 1)], [sp.Integer(terms)]))
    mean = counted(written_out(X, {}, {}))
    assert number(E(X), {}, {}) == nearly(mean), X


@drawn
@given(data=st.data(), terms=st.integers(2, 5), indices=st.sampled_from([["x", "y"], ["1"]]))
def test_means_of_sums_of_n_terms_are_those_counted(data, terms, indices):
    X = data.draw(expressions(indices, [n]))
    where = {n: terms}, {"x": "1", "y": str(terms)}
    mean = counted(written_out(X, *where))
    assert number(E(X), *where) == nearly(mean), X


@drawn
@given(data=st.data(), terms=st.integers(1, 5), others=st.integers(1, 5), x=st.integers(1, 3), y=st.integers(1, 3))
def test_whatever_is_asked_the_answer_is_right_or_undetermined(data, terms, others, x, y):
    """Letters that may be the number beside them, sums of different lengths."""
    assume(x != y and max(x, y) <= min(terms, others))
    X = data.draw(expressions(["x", "y", "1", "2"], [n, m, n + 1, sp.Integer(2)]))
    where = {n: terms, m: others}, {"x": str(x), "y": str(y)}
    try:
        result = E(X)
    except Undetermined:
        return
    mean = counted(written_out(X, *where))
    assert number(result, *where) == nearly(mean), X


@drawn
@given(data=st.data(), terms=st.integers(1, 5))
def test_variances_and_covariances_are_those_counted(data, terms):
    X, Y = (data.draw(expressions(["1"], [n], most=1)) for _ in range(2))
    where = {n: terms}, {}
    x, y = (written_out(Z, *where) for Z in (X, Y))
    mean_x, mean_y, xx, xy = map(counted, (x, y, x**2, x * y))
    assert number(Var(X), *where) == nearly(xx - mean_x**2), X
    assert number(Cov(X, Y), *where) == nearly(xy - mean_x * mean_y), (X, Y)


A, B = (random(f"{name}_j", index="j", moments={k: sp.Symbol(f"{name}{k}") for k in range(1, 7)}) for name in "AB")
D = random("D", mean=sp.Symbol("d"), variance=sp.Symbol("v"), normal=True)
POLYNOMIALS = st.lists(
    st.sampled_from(
        [
            A.at("1"),
            Total(A, "j", n),
            Total(D - t * B, "j", n),
            Total(A * B, "j", n),
            Total(A.at("z") * B.at("1"), "z", n),
            Total(B**2 - Total(B, "j", n), "j", n),
        ]
    ),
    min_size=1,
    max_size=3,
).map(lambda factors: sp.Mul(*factors))


@drawn
@given(X=POLYNOMIALS, terms=st.integers(1, 5))
def test_with_symbols_for_all_moments_sums_of_n_are_exactly_those_written_out(X, terms):
    difference = E(X).subs(n, terms) - E(written_out(X, {n: terms}, {}))
    assert sp.expand(difference) == 0, X
