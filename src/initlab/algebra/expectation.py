"""Random quantities and the rules of E: exact for polynomials, also in sums over a symbolic number of terms.

Each rule is a function from an expression to an equal one. It acts on the expectations `Expected(X)` in the expression,
and an expectation that it cannot work out stays as it is, so that nothing is lost:

- `linearity`: E[c X + Y] = c E[X] + E[Y]
- `sums`: the moments of sums of n terms, from the moments of a few of their terms
- `independence`: E[X Y] = E[X] E[Y] when X and Y have no source in common
- `alike`: terms of one sum have the same distribution, so it does not matter which one is meant
- `known`: E[X^k] from what was stated about X

`E` applies all of them. `sympy.stats` does not: it leaves Variance(X*Y) alone even when X and Y are independent.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations, count, permutations
from math import comb, prod

import sympy as sp
from sympy.core.sorting import default_sort_key
from sympy.printing.printer import Printer

from ..arguments import finite, whole

Rule = Callable[[sp.Expr], sp.Expr]
"""A function from an expression to an equal one."""


class Undetermined(ValueError):
    """The assumptions do not determine what was asked for. The message says what is missing."""


# --- random quantities ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Law:
    """What is stated about the distribution of a random quantity."""

    moments: tuple[tuple[int, sp.Expr], ...] = ()
    """Pairs (k, E[X^k])."""
    variance: sp.Expr | None = None
    """Var(X), if that is stated."""
    symmetric: bool = False
    """Whether it is symmetric about its mean: all odd central moments are 0."""
    normal: bool = False
    """Whether it is normal, so that two moments give all others."""

    def moment(self, X: "Random", k: int) -> sp.Expr:
        """E[X^k], as far as it is known.

        Parameters
        ----------
        X : Random
            The quantity that has this law.
        k : int
            Which moment, k >= 0.

        Returns
        -------
        sympy.Expr
            The moment, or an expression that holds an E[...] where it is not determined.
        """
        if k == 0:
            return sp.Integer(1)
        stated = dict(self.moments)
        if k in stated:
            return stated[k]
        if k == 2 and self.variance is not None:
            return self.variance + self.moment(X, 1) ** 2
        if k <= 2:
            return Expected(X**k)
        mean = self.moment(X, 1)
        if self.normal:  # integration by parts: E[(X - m) X^(k-1)] = v (k-1) E[X^(k-2)]
            variance = self.moment(X, 2) - mean**2 if self.variance is None else self.variance
            return sp.expand(mean * self.moment(X, k - 1) + (k - 1) * variance * self.moment(X, k - 2))
        if self.symmetric and k % 2:  # 0 = E[(X - m)^k], solved for its first term
            return sp.expand(-sum(comb(k, i) * (-mean) ** (k - i) * self.moment(X, i) for i in range(k)))
        return Expected(X**k)


class Random(sp.Symbol):
    """A random quantity: a real SymPy symbol that carries its law and its sources. Made by `random`.

    A *source* is one of the independent things that the quantity is a function of. Quantities that have no source in
    common are therefore independent.

    Parameters
    ----------
    name : str
        Such as "W" or "a_j".
    law : Law
        What is stated about its distribution.
    index : str or None
        The letter in its subscript that numbers quantities of the same kind, if there is one.
    home : str or None
        The letter with which it was made: a_k is a_j for another value of its index.
    own, shared : tuple of str
        Its sources: `own` are numbered by the index, `shared` are not.
    root : str, optional
        The name with which it was made. Default: `name`.
    """

    __slots__ = ("_identity", "home", "index", "law", "own", "root", "shared")
    _diff_wrt = False  # SymPy would take a_j and a_k, and a sum and its terms, for unrelated variables

    def __new__(
        cls,
        name: str,
        law: Law,
        index: str | None,
        home: str | None,
        own: tuple[str, ...],
        shared: tuple[str, ...],
        root: str | None = None,
    ) -> "Random":
        symbol = sp.Symbol.__xnew__(cls, name, real=True)
        symbol.root = root or name
        symbol.law, symbol.index, symbol.home, symbol.own, symbol.shared = law, index, home, own, shared
        symbol._identity = str((index, symbol.stated))
        return symbol

    def __getnewargs_ex__(self) -> tuple[tuple, dict]:
        return (self.name, self.law, self.index, self.home, self.own, self.shared, self.root), {}

    def _hashable_content(self) -> tuple:
        return (*super()._hashable_content(), self._identity)

    @property
    def stated(self) -> tuple:
        """All that is stated about it and about those of its kind."""
        law = (sp.srepr(self.law.moments), sp.srepr(self.law.variance), self.law.symmetric, self.law.normal)
        return self.kind, law, self.own, self.shared

    @property
    def kind(self) -> str:
        """Its name with a star for the index: that of a_1, a_j and a_k is a_*."""
        return _kind(self.root, self.home)

    @property
    def sources(self) -> set[tuple[str, str | None]]:
        """What it is a function of: its own sources, one for each value of its index, and shared ones."""
        return {(source, self.index) for source in self.own} | {(source, None) for source in self.shared}

    def at(self, index: str) -> "Random":
        """The same quantity for another value of its index, such as a_k for a_j, or a_1.

        Different letters stand for different values, each one of 1, ..., n. So what is worked out for two letters
        holds from n = 2 on.

        Parameters
        ----------
        index : str
            The other letter, or a whole number as text.

        Returns
        -------
        Random
            With the same law and sources.

        Raises
        ------
        ValueError, TypeError
            If it has no index, or this is neither a letter nor such a number.
        """
        if self.home is None:
            raise ValueError(f"{self.name} has no index that could have another value, got {index!r}")
        return self._at(_check_index(index))

    def _at(self, index: str) -> "Random":
        name = _kind(self.root, self.home).replace("*", index)
        return Random(name, self.law, index, self.home, self.own, self.shared, self.root)


def _kind(name: str, index: str | None) -> str:
    """The name with a star in place of the index in its subscript."""
    stem, line, subscript = name.partition("_")
    return name if index is None else stem + line + subscript.replace(index, "*")


def _check_index(index: object) -> str:
    """A letter (or a short name), or a whole number as text."""
    if not isinstance(index, str):
        raise TypeError(f"index must be a letter, or a whole number as text, got {index!r}")
    if not (index.isidentifier() or (index.isdecimal() and str(int(index)) == index)):
        raise ValueError(f"index must be a letter, or a whole number as text, got {index!r}")
    return index


def random(
    name: str,
    *,
    mean: sp.Expr | None = None,
    variance: sp.Expr | None = None,
    second_moment: sp.Expr | None = None,
    moments: Mapping[int, sp.Expr] | None = None,
    symmetric: bool = False,
    normal: bool = False,
    index: str | None = None,
    own: Iterable[str] | None = None,
    shared: Iterable[str] = (),
) -> Random:
    """A random quantity X, with what is stated about it. Quantities with different names are independent.

    Names that differ in the letter of the index only are names of one kind: `random("a_j", index="j")` and
    `random("a_k", index="k")` are a_j and a_k of the same a_1, ..., a_n.

    Parameters
    ----------
    name : str
        Such as "W" or "a_j".
    mean, variance, second_moment : number or sympy.Expr, optional
        E[X], and Var(X) or E[X^2].
    moments : dict, optional
        Further moments E[X^k] by k.
    symmetric : bool
        Whether X is symmetric about its mean.
    normal : bool
        Whether X is normal, which gives all moments.
    index : str, optional
        The letter in the subscript that numbers quantities of the same kind: `random("a_j", index="j")` is one of
        a_1, ..., a_n.
    own, shared : tuple of str, optional
        The sources, if X is not independent of all others: `own` are numbered by the index as X is, `shared` are not.
        Two quantities of the same kind are independent unless they have a shared source.

    Returns
    -------
    Random
        A SymPy symbol of this name.

    Raises
    ------
    ValueError, TypeError
        If both variance and second moment are given, the index is not in the subscript, a moment is no real number, or
        no distribution has these moments, as far as symbols leave that open.

    Examples
    --------
    >>> v, q = sp.symbols("v q", positive=True)
    >>> W, a = random("W", mean=0, variance=v), random("a", second_moment=q)
    >>> E(W**2 * a**2), Var(W * a)
    (q*v, q*v)
    >>> E(a**3)
    E[a**3]
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"name must be a string, got {name!r}")
    for which, sources in (("own", own), ("shared", shared)):
        if isinstance(sources, str):
            raise TypeError(f"{which} must be a tuple of names, got the string {sources!r}")
    if variance is not None and second_moment is not None:
        raise ValueError(f"{name}: give variance or second_moment, got both; with the mean, one gives the other")
    if index is not None and _check_index(index) not in name.partition("_")[2]:
        raise ValueError(
            f"index must be a letter in the subscript of the name, as j is in a_j, got {index!r} in {name!r}"
        )
    by_power: dict[int, sp.Expr | None] = {1: mean, 2: second_moment}
    for k, value in (moments or {}).items():
        if whole("each k in moments", k, at_least=1) in by_power and by_power[k] is not None:
            raise ValueError(f"{name}: moments must not state E[X^{k}] a second time, got {value!r}")
        if k == 2 and variance is not None:
            raise ValueError(f"{name}: give variance or E[X^2], got both; with the mean, one gives the other")
        by_power[k] = value
    stated = tuple((k, _real(name, f"E[X^{k}]", value)) for k, value in sorted(by_power.items()) if value is not None)
    law = Law(
        stated, None if variance is None else _real(name, "variance", variance), bool(symmetric or normal), bool(normal)
    )
    X = Random(name, law, index, index, tuple(own or (_kind(name, index),)), tuple(shared))
    _check_law(X)
    return X


def _expression(what: str, value: object) -> sp.Expr:
    """A SymPy expression, or a number as one."""
    try:
        expression = sp.sympify(value, strict=True)
    except sp.SympifyError:
        expression = None
    if not isinstance(expression, sp.Expr) or expression.is_Matrix:
        raise TypeError(f"{what} must be a real number or a SymPy expression, got {value!r}")
    if expression.has(sp.I, sp.nan, sp.oo, -sp.oo, sp.zoo):
        raise ValueError(f"{what} must be real and finite, got {value}")
    return expression


def _real(name: str, what: str, value: object) -> sp.Expr:
    """A number or an expression that may be real and finite."""
    number = _expression(f"{name}: {what}", value)
    if randoms(number):
        raise TypeError(f"{name}: {what} must be a number or an expression in numbers, got the random {value}")
    if number.is_real is False or number.is_finite is False or number.has(sp.nan):
        raise ValueError(f"{name}: {what} must be real and finite, got {value!r}")
    return number


def _check_law(X: Random) -> None:
    """Raise if no distribution has these moments. What symbols leave open is let pass.

    There is one only if no principal minor of the matrix of all E[X^(i+k)] is negative
    ([Hamburger 1920](https://doi.org/10.1007/BF01504834)). A moment that is not known is a symbol like others.
    """
    law, stated = X.law, dict(X.law.moments)
    if law.variance is not None and _negative(law.variance):
        raise ValueError(f"{X}: variance must be >= 0, got {law.variance}")
    for k in stated if law.symmetric else ():  # what symmetry says, or normality, about moments from the third on
        lower = Law(tuple((i, value) for i, value in law.moments if i < k), law.variance, law.symmetric, law.normal)
        implied = lower.moment(X, k)
        if k > 2 and not implied.has(Expected) and not _zero(stated[k] - implied):
            which = "normal" if law.normal else "symmetric"
            raise ValueError(
                f"{X}: a {which} quantity with such a mean and variance has E[X^{k}] = {implied}, got {stated[k]}"
            )
    highest = min(max([2, *stated]), _CHECKED)
    moment = [law.moment(X, k) for k in range(2 * ((highest + 1) // 2) + 1)]
    for size in range(1, len(moment) // 2 + 2):
        for rows in combinations(range(len(moment) // 2 + 1), size):
            minor = sp.Matrix([[moment[i + k] for k in rows] for i in rows]).det(method="berkowitz")
            if _negative(minor, scale=prod(moment[2 * i] for i in rows)):
                needed = f"E[X^{2 * rows[-1]}] must be >= 0" if size == 1 else "no distribution has these moments"
                if size == 2 and rows[0] == 0:
                    low, high = f"E[X^{rows[1]}]".replace("^1]", "]"), f"E[X^{2 * rows[1]}]"
                    needed = f"{high} must be >= {low}^2"
                shown = ", ".join(f"E[X^{k}] = {m}" for k, m in enumerate(moment) if k and k <= highest)
                raise ValueError(f"{X}: {needed}, got {shown}".replace("X^1]", "X]"))


_CHECKED = 8  # moments


def _negative(value: sp.Expr, scale: sp.Expr | int = 1) -> bool:
    """Whether it is known to be negative, by more than rounding."""
    rounding = 1e-12 * scale if value.has(sp.Float) else 0
    return bool(sp.expand(value + rounding).is_negative)


def _zero(value: sp.Expr) -> bool:
    """Whether it may be zero, up to rounding."""
    value = sp.simplify(value)
    return not value.is_nonzero or (value.has(sp.Float) and value.is_number and abs(float(value)) < 1e-9)


def randoms(expression: sp.Expr) -> set[Random]:
    """The random quantities in an expression. Those inside an expectation do not count: E[X] is a number.

    Parameters
    ----------
    expression : sympy.Expr
        Any expression.

    Returns
    -------
    set of Random
        Each of them once.

    Examples
    --------
    >>> a = random("a")
    >>> randoms(2 * a + 1), randoms(2 * Expected(a) + 1)
    ({a}, set())
    """
    if isinstance(expression, Random):
        return {expression}
    if isinstance(expression, Expected | Covariance):
        return set()
    return set().union(*map(randoms, expression.args))


# --- expressions ------------------------------------------------------------------------------------------------------


class Expected(sp.Expr):
    """E[X], not worked out.

    Parameters
    ----------
    X : sympy.Expr
        An expression in random quantities. One that is not random is its own expectation.
    *symbols : sympy.Tuple
        The symbols in what is stated about these quantities. They are worked out from X, whatever is given.
    """

    is_commutative = True

    def __new__(cls, X: sp.Expr, *symbols: sp.Tuple) -> sp.Expr:
        X = _expression("X", X)
        laws = [Y.law for Y in randoms(X)]
        stated = (value for law in laws for value in (*dict(law.moments).values(), law.variance) if value is not None)
        # SymPy must not take it for a constant when it differentiates by a symbol of a law.
        free = set().union(*(value.free_symbols for value in stated))
        symbols = (sp.Tuple(*sorted(free, key=default_sort_key)),) if free else ()
        return super().__new__(cls, X, *symbols) if laws else X

    def _eval_is_real(self) -> bool | None:
        return self.args[0].is_real

    def _sympystr(self, printer: Printer) -> str:
        return f"E[{printer._print(self.args[0])}]"

    def _latex(self, printer: Printer) -> str:
        return rf"\mathbb{{E}}\left[{printer._print(self.args[0])}\right]"


class Covariance(sp.Expr):
    """Cov(X, Y), not worked out; printed as Var(X) if Y is X.

    Parameters
    ----------
    X, Y : sympy.Expr
        Expressions in random quantities.
    """

    is_commutative = True
    is_real = True

    def __new__(cls, X: sp.Expr, Y: sp.Expr) -> "Covariance":
        return super().__new__(cls, *sorted((_expression("X", X), _expression("Y", Y)), key=default_sort_key))

    def _printed(self, printer: Printer) -> tuple[str, str]:
        """Cov, "X, Y" or Var, "X"."""
        X, Y = map(printer._print, self.args)
        return ("Var", X) if X == Y else ("Cov", f"{X}, {Y}")

    def _sympystr(self, printer: Printer) -> str:
        return "{}({})".format(*self._printed(printer))

    def _latex(self, printer: Printer) -> str:
        return r"\mathrm{{{}}}\left({}\right)".format(*self._printed(printer))


class Total(sp.Expr):
    """The sum X_1 + ... + X_n of n identically distributed terms.

    Parameters
    ----------
    term : sympy.Expr
        X_j, an expression in random quantities. One that is not random gives n times the term.
    index : str
        The letter j that numbers the terms. It means nothing outside of the sum.
    n : int or sympy.Symbol
        How many terms, a whole number >= 0.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described, or a numbered quantity in the term is not numbered by this letter.

    Examples
    --------
    >>> n = sp.Symbol("n", integer=True, positive=True)
    >>> a = random("a_j", mean=0, variance=1, index="j")
    >>> E(Total(a, "j", n) ** 2)
    n
    >>> Total(a, "j", n) == Total(a.at("k"), "k", n)
    True
    """

    is_commutative = True

    def __new__(cls, term: sp.Expr, index: str, n: sp.Expr) -> sp.Expr:
        term, n, letter = _expression("term", term), _expression("n", n), str(index)
        if n.is_integer is False or n.is_negative or n.is_finite is False or n.has(sp.Float) or randoms(n):
            raise ValueError(f"n must be a whole number >= 0, got {n}")
        if not letter.startswith(_BOUND):
            if not letter.isidentifier():
                raise ValueError(f"index of a sum must be a letter, got {index!r}")
            others = {X for X in randoms(term) if X.index != letter}
            if others == randoms(term) and any(X.index for X in others):
                raise ValueError(f"term must have the index {letter} to be added up over it, got {term}")
            if unclear := [X for X in others if letter in X.kind.partition("_")[2]]:
                raise ValueError(
                    f"{listed(unclear)} must be made with index={letter!r}, or have no {letter} in the name, to be "
                    f"added up over {letter}"
                )
        if not any(X.index == letter for X in randoms(term)):
            return n * term
        # A letter of its own, so that it is not taken for one outside or for that of a sum inside
        inside = [int(str(T.args[1]).removeprefix(_BOUND)) for T in term.atoms(Total)]
        bound = f"{_BOUND}{1 + max(inside, default=0)}"
        return super().__new__(cls, _renamed(term, {letter: bound}), sp.Symbol(bound), n)

    def term(self, index: str) -> sp.Expr:
        """The term for one value of the index.

        Parameters
        ----------
        index : str
            A letter, or a number as text.

        Returns
        -------
        sympy.Expr
            The term, with this index.
        """
        return self._at(_check_index(index))

    def _at(self, index: str) -> sp.Expr:
        return _renamed(self.args[0], {str(self.args[1]): index})

    def written_out(self) -> sp.Expr:
        """X_1 + ... + X_n term by term, for a number n.

        Returns
        -------
        sympy.Expr
            The sum.
        """
        return sp.Add(*(self.term(str(i)) for i in range(1, int(self.args[2]) + 1)))

    def _eval_is_real(self) -> bool | None:
        return self.args[0].is_real

    @property
    def numbered(self) -> set[Random]:
        """What has another value in every term."""
        return {X for X in randoms(self.args[0]) if X.index == str(self.args[1])}

    @property
    def letter(self) -> str:
        """The letter with which it is printed."""
        taken = {X.index for X in randoms(self.args[0]) if X.index}
        return next(_letters(min(X.home for X in self.numbered), taken))

    def _sympystr(self, printer: Printer) -> str:
        term, n = map(printer._print, (self._at(self.letter), self.args[2]))
        return f"Sum({term}, ({self.letter}, 1, {n}))"

    def _latex(self, printer: Printer) -> str:
        precedence = sp.printing.precedence.PRECEDENCE["Mul"]
        term = printer.parenthesize(self._at(self.letter), precedence, strict=True)
        return rf"\sum_{{{self.letter}=1}}^{{{printer._print(self.args[2])}}} {term}"

    precedence = sp.printing.precedence.PRECEDENCE["Add"]  # its powers get parentheses

    @classmethod
    def class_key(cls) -> tuple[int, int, str]:
        """What SymPy sorts by: a sum is printed before symbols, so that it stands before the bias.

        Returns
        -------
        tuple
            As of all classes of SymPy: lower ones come first.
        """
        return 1, 0, cls.__name__


_BOUND = "#"  # begins the index of the terms of a sum: no letter outside, but all of them at once


def _renamed(expression: sp.Expr, letters: Mapping[str, str]) -> sp.Expr:
    """The expression with other index letters."""
    if isinstance(expression, Random):
        return expression._at(letters[expression.index]) if expression.index in letters else expression
    if isinstance(expression, Total) and str(expression.args[1]) in letters:  # not the same, though it has one name
        letters = {letter: to for letter, to in letters.items() if letter != str(expression.args[1])}
    if not randoms(expression):
        return expression
    return expression.func(*(_renamed(part, letters) for part in expression.args))


# --- rules ------------------------------------------------------------------------------------------------------------


def each_expectation(rule: Rule) -> Rule:
    """The rule for an expression, from the one for the X of a single E[X].

    Parameters
    ----------
    rule : callable
        A function from X to an expression that is equal to E[X].

    Returns
    -------
    callable
        A function from an expression to an equal one, in which the rule has been applied to every E[X].
    """

    def for_expressions(expression: sp.Expr) -> sp.Expr:
        return expression.xreplace({E_X: rule(E_X.args[0]) for E_X in expression.atoms(Expected)})

    for_expressions.__name__, for_expressions.__doc__ = rule.__name__, rule.__doc__
    return for_expressions


def _constant_and_random(X: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The factors of X that are numbers, and those that are random."""
    factors = sp.Mul.make_args(X)
    return sp.Mul(*(f for f in factors if not randoms(f))), sp.Mul(*(f for f in factors if randoms(f)))


@each_expectation
def linearity(X: sp.Expr) -> sp.Expr:
    """E[c X + Y] = c E[X] + E[Y].

    Parameters
    ----------
    expression : sympy.Expr
        Any expression; its expectations E[X] are changed.

    Returns
    -------
    sympy.Expr
        An equal one.

    Examples
    --------
    >>> linearity(Expected(2 * random("X") + random("Y")))
    2*E[X] + E[Y]
    """
    split = map(_constant_and_random, sp.Add.make_args(sp.expand(X)))
    return sp.Add(*(constant * Expected(random_part) for constant, random_part in split))


def _letters(first: str, taken: set[str], mark: str = "") -> Iterator[str]:
    """Names for the terms that are meant: the letter of the sum, k, l, ... as far as they are not taken."""
    others = (name for name in chain("klrstuvw", (f"k{i}" for i in count(1))) if name != first)
    return (name for name in (f"{letter}{mark}" for letter in chain([first], others)) if name not in taken)


@each_expectation
def sums(X: sp.Expr) -> sp.Expr:
    """E of a product with sums of n terms: each of them is replaced by its terms, one sum after the other.

    A sum of X_j has the same share in the mean of a product by each of its terms, except those that the rest of the
    product has in it: E[S Y] = n E[X_j Y], but E[S X_1] = E[X_1^2] + (n - 1) E[X_j' X_1], where the prime says that j
    is not 1. So E[S^2] = n E[X_j S] = n E[X_j^2] + n (n - 1) E[X_j X_k].

    Parameters
    ----------
    expression : sympy.Expr
        Any expression; its expectations E[X] are changed. A sum in a denominator, in a root or in another function
        stays in it.

    Returns
    -------
    sympy.Expr
        An equal one.

    Raises
    ------
    Undetermined
        If sums of different length have terms in common, or it is not known which terms are meant.

    Examples
    --------
    >>> n = sp.Symbol("n", integer=True, positive=True)
    >>> a = random("a_j", index="j")
    >>> sums(Expected(Total(a, "j", n) ** 2))
    n*(n - 1)*E[a_j*a_k] + n*E[a_j**2]
    >>> sums(Expected(Total(a, "j", n) * a.at("1")))
    (n - 1)*E[a_1*a_j'] + E[a_1**2]
    """
    return sp.Add(*(number * Expected(product) for number, product in _without_sums(X)))


def _without_sums(X: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """Pairs of a number c and a product Y of terms, with E[X] = sum of c E[Y]."""
    for part in sp.Add.make_args(sp.expand(X)):
        constant, factors = _constant_and_random(part)
        powers = (factor.as_base_exp() for factor in sp.Mul.make_args(factors))
        here = (base for base, k in powers if isinstance(base, Total) and k.is_Integer and k > 0)
        total = next(here, None)
        if total is None:
            yield constant, factors
            continue
        for times, index in _choices(total, factors):
            for number, product in _without_sums(factors / total * total._at(index)):
                yield constant * times * number, product


def _choices(total: Total, X: sp.Expr) -> Iterator[tuple[sp.Expr, str]]:
    """Pairs of an index of its terms, and how many terms are in the product X as this one is."""
    related, own = {total}, _own(total)  # to permute these sources in all of these sums at once changes nothing
    while more := {T for T in X.atoms(Total) - related if _own(T) & own}:
        related, own = related | more, own.union(*map(_own, more))
    if len({T.args[2] for T in related}) > 1:
        raise Undetermined(f"sums of different length have terms in common in {X}: write them as one sum and the rest")
    n, numbered = total.args[2], {Y for Y in randoms(X) if Y.index}
    beside = {Y.index for Y in numbered if own.intersection(Y.own) and not Y.index.startswith(_BOUND)}
    met = _among(beside, n, X)
    for index in sorted(met):
        yield sp.Integer(1), index
    if n != len(met):
        taken = {Y.index for Y in numbered}.union(*(Y.kind for Y in numbered))
        yield n - len(met), next(_letters(total.letter, taken, _OTHER if any(map(str.isdecimal, beside)) else ""))


def _own(total: Total) -> set[str]:
    """The sources that have another value in every term of a sum."""
    return set().union(*(X.own for X in total.numbered))


_OTHER = "'"  # at the end of a letter: no number that stands beside it is meant


def _among(indices: set[str], n: sp.Expr, X: sp.Expr) -> set[str]:
    """Those that number terms of a sum of n: all letters, and numbers from 1 to n. They have to be known to differ."""
    numbers = {i for i in indices if i.isdecimal() and i != "0" and not (n - int(i)).is_negative}
    letters = {i for i in indices if not i.isdecimal()}
    if numbers and any(not i.endswith(_OTHER) for i in letters):
        raise Undetermined(f"which of the terms {listed(indices)} are the same must be known in {X}")
    # Letters stand for terms that are there, as far as there can be so many.
    enough = all((n - int(i)).is_nonnegative for i in numbers)
    if not enough or (n - len(numbers | letters)).is_negative:
        raise Undetermined(f"whether a sum of {n} terms has the terms {listed(indices)} must be known in {X}")
    return numbers | letters


@each_expectation
def independence(X: sp.Expr) -> sp.Expr:
    """E[X Y] = E[X] E[Y] when X and Y have no source in common.

    Parameters
    ----------
    expression : sympy.Expr
        Any expression; its expectations E[X] are changed.

    Returns
    -------
    sympy.Expr
        An equal one.

    Examples
    --------
    >>> W, a = random("W"), random("a")
    >>> independence(Expected(W**2 * a**2))
    E[W**2]*E[a**2]
    """
    return sp.Mul(*(Expected(part) for part in _independent_parts(X)))


def _independent_parts(X: sp.Expr) -> list[sp.Expr]:
    """The factors of X, in groups that have no source in common, as far as that is known."""
    groups: list[tuple[sp.Expr, set]] = []  # pairs of a product and its sources
    for factor in sp.Mul.make_args(X):
        sources = _sources(factor)
        joined = [group for group in groups if _meet(group[1], sources)]
        groups = [group for group in groups if not _meet(group[1], sources)]
        groups.append((factor * prod(part for part, _ in joined), sources.union(*(other for _, other in joined))))
    return [part for part, _ in groups]


def _sources(factor: sp.Expr) -> set[tuple[str, str | None]]:
    """What a factor is a function of, as `Random.sources`."""
    return set().union(*(X.sources for X in randoms(factor)))


def _meet(some: set[tuple[str, str | None]], others: set[tuple[str, str | None]]) -> bool:
    """Whether they may have a source in common. Two letters stand for different values, as two numbers do; a letter may
    stand for any number."""
    return any(
        source == other and (i is None or k is None or i == k or _BOUND in i + k or _undecided({i, k}))
        for source, i in some
        for other, k in others
    )


def _undecided(indices: Iterable[str | None]) -> bool:
    """Whether there are a number and a letter that may stand for it."""
    plain = {str(index).isdecimal() for index in indices if not str(index).endswith(_OTHER)}
    return len(plain) > 1


@each_expectation
def alike(X: sp.Expr) -> sp.Expr:
    """E[a_k] = E[a_j]: terms of one sum have the same joint distribution, in any order.

    Parameters
    ----------
    expression : sympy.Expr
        Any expression; its expectations E[X] are changed.

    Returns
    -------
    sympy.Expr
        An equal one.

    Examples
    --------
    >>> a = random("a_j", index="j")
    >>> alike(Expected(a.at("l") * a.at("k")))
    E[a_j*a_k]
    """
    homes = {Y.index: Y.home for Y in sorted(randoms(X), key=default_sort_key) if Y.index}
    if X.has(Total) or _undecided(homes):
        return Expected(X)
    choices = []
    for order in permutations(sorted(homes)):
        free = {home: _letters(home, set()) for home in homes.values()}
        choices.append(_renamed(X, {letter: next(free[homes[letter]]) for letter in order}))
    return Expected(min(choices, key=default_sort_key))


@each_expectation
def known(X: sp.Expr) -> sp.Expr:
    """E[X^k] from what was stated about X.

    Parameters
    ----------
    expression : sympy.Expr
        Any expression; its expectations E[X] are changed.

    Returns
    -------
    sympy.Expr
        An equal one.

    Examples
    --------
    >>> known(Expected(random("X", mean=0, variance=1, normal=True) ** 4))
    3
    """
    base, exponent = X.as_base_exp()
    if isinstance(base, Random) and exponent.is_Integer and exponent > 0:
        return base.law.moment(base, int(exponent))
    return Expected(X)


# --- E, Var, Cov ------------------------------------------------------------------------------------------------------


def E(X: sp.Expr) -> sp.Expr:
    """E[X], worked out by all the rules; what they cannot work out stays in it as E[...].

    Parameters
    ----------
    X : sympy.Expr
        An expression in random quantities.

    Returns
    -------
    sympy.Expr
        A number, or an expression in what is stated about them.

    Raises
    ------
    Undetermined
        If it is not known which quantities are the same, or sums of different length have terms in common.
    ValueError
        If two different things are stated about one quantity.

    Examples
    --------
    >>> m, v = sp.symbols("m v")
    >>> E(random("X", mean=m, variance=v, symmetric=True) ** 3)
    m**3 + 3*m*v
    """
    result = _expression("X", X)
    _check_kinds(result)
    for rule in (Expected, linearity, sums, independence, alike, known):
        result = rule(result)
    return sp.expand(result)


def _check_kinds(X: sp.Expr) -> None:
    """Raise if two random quantities may be the same, and what is stated about them is not."""
    one_of_each = {Y.stated: Y for Y in sorted(randoms(X), key=str)}.values()
    for one, other in combinations(one_of_each, 2):
        if one.kind == other.kind:
            raise ValueError(f"{one} must have one distribution, got two that are stated about {one.kind}")
        letters = [re.findall(r"\d+|.", Y.kind) for Y in (one, other)]
        if len(letters[0]) == len(letters[1]) and all(f == g or "*" in (f, g) for f, g in zip(*letters, strict=True)):
            raise Undetermined(
                f"whether a quantity {one.kind} is also one of {other.kind} must be known; quantities of one kind are "
                f"made from one of them, by its method at"
            )


def Var(X: sp.Expr) -> sp.Expr:
    """Var(X) = E[X^2] - E[X]^2, worked out like `E`.

    Parameters
    ----------
    X : sympy.Expr
        An expression in random quantities.

    Returns
    -------
    sympy.Expr
        A number, or an expression in what is stated about them.

    Examples
    --------
    >>> m, n, v, w = sp.symbols("m n v w")
    >>> Var(random("X", mean=m, variance=v) * random("Y", mean=n, variance=w))
    m**2*w + n**2*v + v*w
    """
    return Cov(X, X)


def Cov(X: sp.Expr, Y: sp.Expr) -> sp.Expr:
    """Cov(X, Y) = E[X Y] - E[X] E[Y], worked out like `E`.

    Parameters
    ----------
    X, Y : sympy.Expr
        Expressions in random quantities.

    Returns
    -------
    sympy.Expr
        A number, or an expression in what is stated about them.

    Examples
    --------
    >>> X, Y, Z = (random(name, mean=0, variance=1) for name in "XYZ")
    >>> Cov(X + Z, Y + Z)
    1
    """
    return sp.expand(E(X * Y) - E(X) * E(Y))


def evaluate(expression: sp.Expr, values: Mapping) -> float:
    """The value of an expression, as a number.

    Parameters
    ----------
    expression : sympy.Expr
        An expression in which nothing is random.
    values : dict
        The values of its symbols, by symbol or name.

    Raises
    ------
    Undetermined
        If there is an E[...] left in it, or a symbol without a value.
    ValueError, TypeError
        If something in it is random, a value is no number that its symbol may have, or the result is not finite.

    Examples
    --------
    >>> evaluate(Var(random("a", mean=1, second_moment=sp.Symbol("q"))), {"q": 4})
    3.0
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"values must be a dict of numbers by name, got {values!r}")
    values = {str(name): value for name, value in values.items()}
    expression = _expression("expression", expression)
    if randoms(expression):
        raise ValueError(f"expression must be a number such as E[X], got the random {expression}")
    if left := expression.atoms(Expected, Covariance):
        raise Undetermined(f"{listed(left)} must be known; state it in random(..., moments={{...}}), or normal=True")
    if missing := {s for s in expression.free_symbols if s.name not in values}:
        raise Undetermined(f"{listed(missing)} must have a value, got values for {listed(values) or 'nothing'}")
    known = {
        s: finite(s.name, values[s.name], at_least=0 if s.is_nonnegative else None) for s in expression.free_symbols
    }
    result = expression.subs(known).doit()
    if not (result.is_real and result.is_finite):
        raise ValueError(f"{expression} must be a finite real number, got {result} for {listed(values)}")
    return float(result)


def listed(names: Iterable) -> str:
    """Names in alphabetical order, for messages.

    Parameters
    ----------
    names : iterable
        Strings, or anything that prints as one.
    """
    return ", ".join(sorted(map(str, names)))
