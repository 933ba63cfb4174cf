"""Random quantities and the rules of E: exact for polynomials, also in sums over a symbolic number of terms.

Each rule is a function from an expression to an equal one. It acts on the expectations `Expected(X)` in the expression,
and an expectation that it cannot work out stays as it is, so that nothing is lost:

- `linearity`: E[c X + Y] = c E[X] + E[Y]
- `sums`: the moments of a sum of n terms, from the moments of a few of its terms
- `independence`: E[X Y] = E[X] E[Y] when X and Y have no source in common
- `alike`: terms of one sum have the same distribution, so it does not matter which one is meant
- `known`: E[X^k] from what was stated about X

`E` applies all of them. `sympy.stats` does not: it leaves Variance(X*Y) alone even when X and Y are independent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count, islice, permutations, product
from math import comb, prod

import sympy as sp
from sympy.core.sorting import default_sort_key
from sympy.printing.printer import Printer
from sympy.utilities.iterables import multiset_partitions

from ..arguments import whole

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
        known = (sp.srepr(law.moments), sp.srepr(law.variance), law.symmetric, law.normal)
        symbol._identity = str((known, index, home, own, shared))
        return symbol

    def __getnewargs_ex__(self) -> tuple[tuple, dict]:
        return (self.name, self.law, self.index, self.home, self.own, self.shared, self.root), {}

    def _hashable_content(self) -> tuple:
        return (*super()._hashable_content(), self._identity)

    @property
    def sources(self) -> set[tuple[str, str | None]]:
        """What it is a function of: its own sources, one for each value of its index, and shared ones."""
        return {(source, self.index) for source in self.own} | {(source, None) for source in self.shared}

    def at(self, index: str) -> "Random":
        """The same quantity for another value of its index, such as a_k for a_j, or a_1.

        Different letters stand for different values, each one of 1, ..., n.

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
        stem, _, subscript = self.root.partition("_")
        name = f"{stem}_{subscript.replace(self.home, index)}"
        return Random(name, self.law, index, self.home, self.own, self.shared, self.root)


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
        no distribution has these moments.

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
    X = Random(name, law, index, index, tuple(own or (name,)), tuple(shared))
    _check_law(X)
    return X


def _real(name: str, what: str, value: object) -> sp.Expr:
    """A number or an expression that may be real and finite."""
    try:
        number = sp.sympify(value, strict=True)
    except sp.SympifyError:
        raise TypeError(f"{name}: {what} must be a real number or a SymPy expression, got {value!r}") from None
    if not isinstance(number, sp.Expr):
        raise TypeError(f"{name}: {what} must be a real number or a SymPy expression, got {value!r}")
    if number.is_real is False or number.is_finite is False or number.has(sp.nan):
        raise ValueError(f"{name}: {what} must be a finite real number, got {value!r}")
    return number


def _check_law(X: Random) -> None:
    """Raise if no distribution has these moments: the matrices of E[X^(i+k)] must have no negative minor from the top
    left ([Hamburger 1920](https://doi.org/10.1007/BF01504834)). What symbols leave open is let pass."""
    moments = [sp.Integer(1)]
    while not (moment := X.law.moment(X, len(moments))).has(Expected) and len(moments) <= _CHECKED:
        moments.append(moment)
    variance = X.law.variance
    if variance is not None and variance.is_negative:
        raise ValueError(f"{X}: variance must be >= 0, got {variance}")
    for k, moment in X.law.moments:
        if k % 2 == 0 and moment.is_negative:
            raise ValueError(f"{X}: E[X^{k}] must be >= 0, got {moment}")
    for size in range(2, (len(moments) + 1) // 2 + 1):
        minor = sp.Matrix(size, size, lambda i, k: moments[i + k]).det()
        if sp.simplify(minor).is_negative:
            shown = ", ".join(map(str, moments[1 : 2 * size - 1]))
            raise ValueError(f"{X}: no distribution has the moments E[X], E[X^2], ... = {shown}")
    if X.law.symmetric and all(not moment.has(Expected) for moment in moments):
        mean = X.law.moment(X, 1)
        for k in range(3, len(moments), 2):
            central = sum(comb(k, i) * (-mean) ** (k - i) * moments[i] for i in range(k + 1))
            if sp.simplify(central).is_nonzero:
                raise ValueError(f"{X}: a symmetric distribution has E[(X - E X)^{k}] = 0, got {central}")


_CHECKED = 8  # moments


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
    """

    is_commutative = True
    is_real = True

    def __new__(cls, X: sp.Expr) -> sp.Expr:
        X = sp.sympify(X)
        return super().__new__(cls, X) if randoms(X) else X

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
        return super().__new__(cls, *sorted(map(sp.sympify, (X, Y)), key=default_sort_key))

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
        If an argument is not as described.

    Examples
    --------
    >>> n = sp.Symbol("n", integer=True, positive=True)
    >>> a = random("a_j", mean=0, variance=1, index="j")
    >>> E(Total(a, "j", n) ** 2)
    n
    """

    is_commutative = True
    is_real = True

    def __new__(cls, term: sp.Expr, index: str, n: sp.Expr) -> sp.Expr:
        term, n, letter = sp.sympify(term), sp.sympify(n), str(index)
        if not letter.isidentifier():
            raise ValueError(f"index of a sum must be a letter, got {index!r}")
        if n.is_integer is False or n.is_negative or n.is_finite is False:
            raise ValueError(f"n must be a whole number >= 0, got {n}")
        numbered = any(X.index == letter for X in randoms(term))
        return super().__new__(cls, term, sp.Symbol(letter), n) if numbered else n * term

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
        return _renamed(self.args[0], {str(self.args[1]): index})

    def written_out(self) -> sp.Expr:
        """X_1 + ... + X_n term by term, for a number n.

        Returns
        -------
        sympy.Expr
            The sum.
        """
        return sp.Add(*(self.term(str(i)) for i in range(1, int(self.args[2]) + 1)))

    def _sympystr(self, printer: Printer) -> str:
        return "Sum({}, ({}, 1, {}))".format(*map(printer._print, self.args))

    def _latex(self, printer: Printer) -> str:
        term, index, n = self.args
        term = printer.parenthesize(term, sp.printing.precedence.PRECEDENCE["Mul"], strict=True)
        return rf"\sum_{{{index}=1}}^{{{printer._print(n)}}} {term}"

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


def _renamed(expression: sp.Expr, letters: Mapping[str, str]) -> sp.Expr:
    """The expression with other index letters."""
    return expression.xreplace({X: X._at(letters[X.index]) for X in randoms(expression) if X.index in letters})


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
    names = (f"{name}{mark}" for name in chain([first], "klrstuvw", (f"k{i}" for i in count(1))))
    seen = set(taken)
    for name in names:
        if name not in seen:
            seen.add(name)
            yield name


@each_expectation
def sums(X: sp.Expr) -> sp.Expr:
    """E of a product of sums of n terms, and of terms of them: two factors are either the same term, or two different.

    For the square of a sum S of X_j, E[S^2] = n E[X_j^2] + n (n - 1) E[X_j X_k]. In general there is one term for every
    partition of the factors into groups that mean the same term. A group may mean a term that stands outside of the
    sums, too, as X_1 does in E[S X_1] = E[X_1^2] + (n - 1) E[X_j' X_1], where the prime says that j is not 1. For the
    others there are n, n - 1, ... choices, less those that stand outside.

    Parameters
    ----------
    expression : sympy.Expr
        Any expression; its expectations E[X] are changed. One of a sum in a denominator, in a root or in another sum
        stays as it is.

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
    factors = [base for f in sp.Mul.make_args(X) for base in _repeated(f)]
    totals = [f for f in factors if isinstance(f, Total)]
    if not totals:
        return Expected(X)
    here, own = [totals[0]], _numbered_sources(totals[0])
    while more := [f for f in totals if f not in here and _numbered_sources(f) & own]:
        here, own = here + more, own.union(*map(_numbered_sources, more))
    others = [f for f in factors if f not in here]
    here = [f for f in factors if f in here]
    _, letter, n = here[0].args
    if len({f.args[2] for f in here}) > 1:
        raise Undetermined(f"sums of different length have terms in common in {X}: write them as one sum and the rest")
    if any(f.args[0].has(Total) for f in here) or any(
        f.has(Total) and not isinstance(f, Total) and _numbered_sources(f) & own for f in others
    ):
        return Expected(X)
    beside = _outside(X, own)
    outside = _among(beside, n, X)
    taken = {Y.index for Y in randoms(X) if Y.index} - {str(letter)} | beside
    mark = _OTHER if any(i.isdecimal() for i in beside) else ""
    letters = list(islice(_letters(str(letter), taken, mark), len(here)))
    rest, result = sp.Mul(*others), sp.Integer(0)
    for groups in multiset_partitions(list(range(len(here)))):
        for met in product([None, *sorted(outside)], repeat=len(groups)):
            if len(set(met) - {None}) < len(met) - met.count(None):
                continue  # two groups mean two terms
            new = iter(letters)
            at = [index or next(new) for index in met]
            meant = [here[i].term(index) for index, group in zip(at, groups, strict=True) for i in group]
            choices = prod((n - len(outside) - i for i in range(met.count(None))), start=sp.Integer(1))
            result += choices * linearity(Expected(rest * sp.Mul(*meant)))
    return sums(result) if rest.has(Total) else result


def _numbered_sources(factor: sp.Expr) -> set[str]:
    """The sources of the terms of the sums in an expression, which have another value in every term."""
    found: set[str] = set()
    for total in factor.atoms(Total):
        found.update(*(Y.own for Y in randoms(total.args[0]) if Y.index == str(total.args[1])))
    return found


def _outside(X: sp.Expr, own: set[str], bound: frozenset[str] = frozenset()) -> set[str]:
    """The indices of quantities that have some of these sources, and are not the terms of a sum."""
    if isinstance(X, Random):
        return {X.index} if X.index and X.index not in bound and own.intersection(X.own) else set()
    if isinstance(X, Total):
        return _outside(X.args[0], own, bound | {str(X.args[1])})
    if isinstance(X, Expected | Covariance):
        return set()
    return set().union(*(_outside(part, own, bound) for part in X.args))


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


def _repeated(factor: sp.Expr) -> list[sp.Expr]:
    """The base of a power, repeated as often as the exponent says."""
    base, exponent = factor.as_base_exp()
    return [base] * int(exponent) if exponent.is_Integer and exponent > 0 else [factor]


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


_EVERY = "every"  # no letter: the index of the terms of a sum, all of them at once


def _sources(factor: sp.Expr, bound: frozenset[str] = frozenset()) -> set[tuple[str, str | None]]:
    """What a factor is a function of, as `Random.sources`."""
    if isinstance(factor, Random):
        return {(source, _EVERY if index in bound else index) for source, index in factor.sources}
    if isinstance(factor, Total):
        return _sources(factor.args[0], bound | {str(factor.args[1])})
    if isinstance(factor, Expected | Covariance):
        return set()
    return set().union(*(_sources(part, bound) for part in factor.args))


def _meet(some: set[tuple[str, str | None]], others: set[tuple[str, str | None]]) -> bool:
    """Whether they may have a source in common. Two letters stand for different values, as two numbers do; a letter may
    stand for any number."""
    return any(
        source == other and (i == k or None in (i, k) or _EVERY in (i, k) or _undecided({i, k}))
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
    homes = {Y.index: Y.home for Y in randoms(X) if Y.index}
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

    Examples
    --------
    >>> m, v = sp.symbols("m v")
    >>> E(random("X", mean=m, variance=v, symmetric=True) ** 3)
    m**3 + 3*m*v
    """
    result = sp.sympify(X)
    for rule in (Expected, linearity, sums, independence, alike, known):
        result = rule(result)
    return sp.expand(result)


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

    Examples
    --------
    >>> evaluate(Var(random("a", mean=1, second_moment=sp.Symbol("q"))), {"q": 4})
    3.0
    """
    values = {str(name): value for name, value in values.items()}
    expression = sp.sympify(expression)
    if left := expression.atoms(Expected, Covariance):
        raise Undetermined(f"{listed(left)} must be known; state it in random(..., moments={{...}}), or normal=True")
    if missing := {s for s in expression.free_symbols if s.name not in values}:
        raise Undetermined(f"{listed(missing)} must have a value, got values for {listed(values) or 'nothing'}")
    return float(expression.subs({s: values[s.name] for s in expression.free_symbols}).doit())


def listed(names: Iterable) -> str:
    """Names in alphabetical order, for messages.

    Parameters
    ----------
    names : iterable
        Strings, or anything that prints as one.
    """
    return ", ".join(sorted(map(str, names)))
