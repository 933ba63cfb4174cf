"""Derivations: sequences of steps, each with the rule that it applies and the assumptions that it needs.

A rule whose assumption is dropped is replaced by the one that holds without it: E[X Y] is then E[X] E[Y] + Cov(X, Y).
So the terms that the assumption had removed come back, and nothing is lost. A rule that changes nothing makes no step:
the assumptions that a derivation uses are those that it needs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from textwrap import wrap

import sympy as sp
from sympy.printing.printer import Printer

from ..arguments import kind_of, one_of
from . import assumptions
from .assumptions import ALL, BACKWARD, FORWARD, Direction, check, check_values, sigma_b, sigma_w
from .expectation import (
    Cov,
    Covariance,
    Expected,
    Random,
    Rule,
    Total,
    Undetermined,
    each_expectation,
    evaluate,
    linearity,
    listed,
    random,
    randoms,
    sums,
)

STATISTICS = ("second moment", "mean", "variance")
"""What can be derived about z."""
ACTIVATIONS = ("identity", "relu", "leaky_relu", "f")
"""The leaky ReLU has slope s for z < 0; "f" is any other activation, such as tanh."""

_z, _b, _g, _delta = random("z_i"), random("b_i"), random("g_j"), random("delta_j")
_z_below = random("z_j")


class Notation(sp.Function):
    """f(z) and f'(z), printed as a book prints them: f(z)^2, not f^2(z)."""

    is_real = True
    sign: str
    """What is printed for f."""

    def _sympystr(self, printer: Printer) -> str:
        return f"{self.sign}({printer._print(self.args[0])})"

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{self.sign}\left({printer._print(self.args[0])}\right){power}"


class _f(Notation):
    sign = "f"


class _df(Notation):
    sign = "f'"


@dataclass(frozen=True)
class Step:
    """One line of a derivation."""

    rule: str
    """The name of the rule that is applied."""
    uses: tuple[str, ...]
    """The assumptions that the step needs."""
    without: tuple[str, ...]
    """The dropped assumptions that would have made the result shorter."""
    before: sp.Expr
    """The expression that the rule is applied to."""
    after: sp.Expr
    """An equal one."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Rule and assumptions in words."""
        return (self.rule, *self.uses, *(f"without: {key}" for key in self.without))


@dataclass(frozen=True)
class Derivation:
    """What follows from a set of assumptions, step by step. A notebook shows it as aligned lines with their reasons."""

    assume: frozenset[str]
    """The keys of the assumptions."""
    direction: Direction
    """Forward or backward: `assumptions.FORWARD` or `assumptions.BACKWARD`."""
    statistic: str
    """What is derived: "second moment", "mean" or "variance"."""
    activation: str | None
    """The activation of the layer: "identity", "relu", "leaky_relu", "f", or None for a layer without one."""
    start: sp.Expr
    """The first line: what is derived."""
    steps: tuple[Step, ...]
    """What is done to it, step by step."""

    @property
    def result(self) -> sp.Expr:
        """The last line."""
        return self.steps[-1].after if self.steps else self.start

    @property
    def uses(self) -> frozenset[str]:
        """The assumptions that were needed, out of those that were given."""
        return frozenset(key for step in self.steps for key in step.uses)

    @property
    def without(self) -> frozenset[str]:
        """The dropped assumptions that made a difference."""
        nonlinear = {"linear activation"} if self.result.has(_f, _df) else set()
        return frozenset(key for step in self.steps for key in step.without) | nonlinear

    def latex(self) -> str:
        """The derivation in LaTeX: an aligned environment, with the reasons at the right, small to fit the page."""
        lines = [rf"&= {latex(step.after)} && {{\scriptsize {_stacked(step.reasons)}}}" for step in self.steps]
        return "\\begin{aligned}\n" + latex(self.start) + " " + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def predict(self, **values: float) -> float:
        """The result as a number.

        Parameters
        ----------
        **values : float
            Values of the symbols of `assumptions`, by name. Those that do not matter may be given, too.

        Raises
        ------
        Undetermined
            If the assumptions do not determine a number, or a value is missing.
        ValueError, TypeError
            If there is no symbol with such a name, it cannot have such a value, or no layer has all of them.

        Examples
        --------
        >>> derive_forward().predict(n_in=64, sigma_w=0.25, q=2)
        8.0
        """
        self.direction.check(self.assume, check_values(values))
        return evaluate(self._determined(), values)

    def preserving(self) -> sp.Expr:
        """The Var W with which as much second moment comes out of a layer as went in.

        Returns
        -------
        sympy.Expr
            In the symbols of `assumptions`.

        Raises
        ------
        Undetermined
            If there is no such variance, or more than one.

        Examples
        --------
        >>> derive_forward(activation="relu").preserving(), derive_backward(activation="relu").preserving()
        (2/n_in, 2/n_out)
        """
        equation = self._determined() - self.direction.second_moment
        solutions = sp.solve(equation, sigma_w)
        if self.statistic != "second moment" or len(solutions) != 1:
            raise Undetermined(f"{equation} = 0 does not determine Var W")
        return sp.simplify(solutions[0] ** 2)

    def repeatable(self) -> sp.Expr:
        """The result for a layer, expanded, if the second moment is all that the next layer needs to know.

        Layers like this one can then follow each other.

        Returns
        -------
        sympy.Expr
            The second moment that comes out of the layer.

        Raises
        ------
        Undetermined
            If the mean or the correlations of the output matter, too.
        ValueError
            If the layer has no activation.
        """
        if self.activation is None:
            raise ValueError(
                "layer must have an activation, as derive_forward(activation='relu') has one, got one without"
            )
        one = sp.expand(self._determined())
        needed = {"zero-mean weights", "uncorrelated weights", "equal variances", self.direction.independent}
        if not needed <= self.uses:
            raise Undetermined(
                f"the next layer must know more of this one's output than its second moment "
                f"{self.direction.second_moment}; missing: {', '.join(sorted(needed - self.uses))}"
            )
        return one

    def _determined(self) -> sp.Expr:
        if left := self.result.atoms(Expected, Covariance):
            missing = ", ".join(sorted(self.without))
            hint = " (for normal z, initlab.gaussian computes it)" if self.result.has(_f, _df) else ""
            raise Undetermined(f"{listed(left)} is not determined by what is assumed; missing: {missing}{hint}")
        return self.result


def latex(expression: sp.Expr) -> str:
    """An expression of a derivation in LaTeX.

    Parameters
    ----------
    expression : sympy.Expr
        An expression in the symbols of `assumptions`.

    Examples
    --------
    >>> print(latex(assumptions.n_in * sigma_w**2))
    n_{\\mathrm{in}} \\sigma_{w}^{2}
    """
    # 1/2 (...) instead of a long (...) over 2; words upright
    upright = {n: rf"n_{{\mathrm{{{n.name[2:]}}}}}" for n in (assumptions.n_in, assumptions.n_out)}
    return sp.latex(expression, long_frac_ratio=3, symbol_names=upright)


def _stacked(texts: Iterable[str]) -> str:
    lines = [line for text in texts for line in wrap(text, 20)]
    return r"\begin{array}{l}" + r" \\ ".join(rf"\text{{{line}}}" for line in lines) + r"\end{array}"


@dataclass(frozen=True)
class _Rule:
    """A rule, and what a `Step` says about it, which may depend on the expression."""

    name: str
    apply: Rule
    uses: tuple[str, ...] | Callable[[sp.Expr], tuple[str, ...]] = ()
    without: tuple[str, ...] | Callable[[sp.Expr], tuple[str, ...]] = ()


def _derive(start: sp.Expr, rules: Iterable[_Rule]) -> tuple[Step, ...]:
    steps, before = [], start
    for rule in rules:
        after = rule.apply(before)
        if after != before:
            uses, without = (keys(before) if callable(keys) else keys for keys in (rule.uses, rule.without))
            steps.append(Step(rule.name, uses, without, before, after))
            before = after
    return tuple(steps)


def _put(values: Mapping[sp.Expr, sp.Expr]) -> Rule:
    """The rule that replaces expectations and covariances by their values."""
    return lambda expression: expression.xreplace(values)


class _Rules:
    """The rules under a set of assumptions, for one direction."""

    def __init__(self, assume: frozenset[str], direction: Direction) -> None:
        self.assume, self.direction = assume, direction
        self.W, self.x = direction.quantities(assume)

    def rule(self, name: str, key: str, held: Rule, dropped: Rule) -> _Rule:
        """`held` under the assumption, `dropped` without it."""
        if key in self.assume:
            return _Rule(name, held, uses=(key,))
        return _Rule(name, dropped, without=(key,))

    def sum_of_products(self, output: sp.Expr, bias: sp.Expr | None = None) -> Iterator[_Rule]:
        """Rules for the moments of output = sum_j W_ij x_j + b_i."""
        W, x, d = self.W, self.x, self.direction
        summed = Total(W * x, d.index, d.n) + (bias or 0)

        @each_expectation
        def definition(X: sp.Expr) -> sp.Expr:
            return Expected(X.subs(output, summed) if X.is_polynomial(output) else X)

        @each_expectation
        def bias_apart(X: sp.Expr) -> sp.Expr:  # E[b X] = E[b] E[X] = 0
            return sp.Integer(0) if sp.degree(X, bias) == 1 else Expected(X)

        yield _Rule("chain rule" if output == _g else "definition of z", definition)
        if bias:
            yield self.rule("b = 0", "zero biases", lambda expression: expression.subs(bias, 0), _unchanged)
        yield _Rule("E of a sum of n terms", lambda expression: sums(linearity(expression)))
        if bias:
            yield _Rule("E of a product, b symmetric", bias_apart, without=("zero biases",))
        yield self.product(lambda Y: Y.name[0] == "W", d.independent, squares="equal variances")
        yield self.pair("uncorrelated weights", W)
        yield self.rule(
            "mean",
            "zero-mean weights",
            _put({Expected(W): 0, Expected(W**2): sigma_w**2}),
            _put({Expected(W): assumptions.mu, Expected(W**2): sigma_w**2 + assumptions.mu**2}),
        )
        yield self.pair(d.uncorrelated, x)
        yield self.rule("mean", d.zero_mean, _put({Expected(x): 0}), _put({Expected(x): d.mean}))
        yield _Rule("notation", self.notation, uses=self.covariances_use)

    def product(self, is_left: Callable[[sp.Symbol], bool], key: str, squares: str | None = None) -> _Rule:
        """E[X Y] = E[X] E[Y] + Cov(X, Y), X being the factors whose random quantities are all `is_left`.

        The covariance is 0 under the assumption `key`, if X is a square together with the assumption `squares`.
        """

        def parts(X: sp.Expr) -> tuple[sp.Expr, sp.Expr, frozenset[str]]:
            left = sp.Mul(*(f for f in sp.Mul.make_args(X) if all(map(is_left, randoms(f)))))
            needed = frozenset({key, squares} if squares and left.is_Pow else {key})
            return left, X / left, frozenset() if 1 in (left, X / left) else needed

        @each_expectation
        def split(X: sp.Expr) -> sp.Expr:
            left, right, needed = parts(X)
            return Expected(left) * Expected(right) + (0 if needed <= self.assume else Covariance(left, right))

        def needed_by_all(expression: sp.Expr) -> list[frozenset[str]]:
            return [parts(mean.args[0])[2] for mean in expression.atoms(Expected)]

        def uses(expression: sp.Expr) -> tuple[str, ...]:
            return tuple(sorted(frozenset().union(*(n for n in needed_by_all(expression) if n <= self.assume))))

        def without(expression: sp.Expr) -> tuple[str, ...]:
            return tuple(sorted(frozenset().union(*needed_by_all(expression)) - self.assume))

        return _Rule("E of a product", split, uses, without)

    def pair(self, key: str, X: Random) -> _Rule:
        """E[X_j X_k] = E[X_j]^2 + Cov(X_j, X_k)."""
        X_k, mean = X.at("k"), Expected(X)
        return self.rule(
            "E of a product",
            key,
            _put({Expected(X * X_k): mean**2}),
            _put({Expected(X * X_k): mean**2 + Covariance(X, X_k)}),
        )

    def notation(self, expression: sp.Expr) -> sp.Expr:
        """What is left in the end, written with the parameters of the model."""
        holds = {assumptions.ASSUMPTIONS[key].parameter: 0 for key in self.covariances_use(expression)}
        values = {
            covariance: sp.factor(value.subs(holds)) for covariance, value in self.covariances(expression).items()
        }
        values |= {Expected(self.x**2): self.direction.second_moment, Expected(_b**2): sigma_b**2}
        return expression.xreplace(values)

    def covariances(self, expression: sp.Expr) -> dict[Covariance, sp.Expr]:
        """Covariances of weights and signals in the model in which nothing is assumed."""
        model = dict(zip((self.W, self.x), self.direction.model(frozenset()), strict=True))
        model |= {X.at("k"): V.xreplace({e: e.at("k") for e in randoms(V) if e.index}) for X, V in list(model.items())}
        return {
            covariance: _covariance(*(X.xreplace(model) for X in covariance.args))
            for covariance in expression.atoms(Covariance)
            if randoms(sp.Mul(*covariance.args)) <= set(model)
        }

    def covariances_use(self, expression: sp.Expr) -> tuple[str, ...]:
        """The assumptions that make these covariances simpler."""
        parameters = set().union(*(value.free_symbols for value in self.covariances(expression).values()))
        return tuple(key for key in sorted(self.assume) if assumptions.ASSUMPTIONS[key].parameter in parameters)

    def leaky(self, start: sp.Expr, constant: sp.Expr, odd: sp.Expr, slope: sp.Expr) -> Iterator[_Rule]:
        """start = (1 + s^2) / 2 constant + (1 - s^2) / 2 odd, where odd vanishes if z is symmetric around zero."""
        needed = ("zero-mean weights", "symmetric weights", "weights independent of activations")
        missing = tuple(key for key in needed if key not in self.assume)
        value = (1 + slope**2) / 2 * constant + (1 - slope**2) / 2 * odd
        yield _Rule("even and odd part", _put({start: value}), without=missing)
        if not missing:
            yield _Rule("z symmetric", _put({odd: sp.Integer(0)}), uses=needed)

    def activation(self, name: str, start: sp.Expr, constant: sp.Expr, odd: sp.Expr) -> Iterator[_Rule]:
        """Rules for E[f(z)^2] (constant: E[z^2]) or E[f'(z)^2] (constant: 1)."""
        if name == "identity":
            yield _Rule("f(z) = z", _put({start: constant}))
        elif name == "f":
            yield self.rule("f(z) = z", "linear activation", _put({start: constant}), _unchanged)
        else:
            yield from self.leaky(start, constant, odd, assumptions.s if name == "leaky_relu" else sp.Integer(0))


def _unchanged(expression: sp.Expr) -> sp.Expr:
    return expression


@cache
def _covariance(X: sp.Expr, Y: sp.Expr) -> sp.Expr:
    return sp.factor(Cov(X, Y))


# --- the derivations --------------------------------------------------------------------------------------------------


def derive_forward(
    assume: Iterable[str] = ALL, *, activation: str | None = None, statistic: str = "second moment"
) -> Derivation:
    """What a layer makes of the second moment q of its input: E[z_i^2], or with an activation E[f(z_i)^2].

    z_i = sum_j W_ij a_j + b_i over n_in units. E is a mean over draws and over the terms: q is the average of the
    activations' second moments, sigma_w^2 that of the weights' variances, and a covariance of W^2 and a^2 says that
    large weights meet large activations.

    Parameters
    ----------
    assume : set of str
        Keys of `ASSUMPTIONS`, such as `ALL - {"zero-mean weights"}`.
    activation : str, optional
        "identity", "relu", "leaky_relu" (slope s for z < 0) or "f" for any other, such as tanh.
    statistic : str
        "second moment", "mean" or "variance" of z_i; with an activation the second moment.

    Returns
    -------
    Derivation
        The steps and their result, in the symbols of `assumptions`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> derive_forward().result
    n_in*q*sigma_w**2
    >>> print(*sorted(derive_forward().uses), sep=", ")
    equal variances, uncorrelated weights, weights independent of activations, zero biases, zero-mean weights
    >>> derive_forward(ALL - {"zero-mean weights"}).result
    n_in*q*(mu**2 + sigma_w**2)
    >>> derive_forward(ALL - {"symmetric weights"}, activation="relu").result
    n_in*q*sigma_w**2/2 + E[z_i*Abs(z_i)]/2
    """
    assumed = check(assume)
    one_of("statistic", statistic, STATISTICS)
    rules, start = _Rules(assumed, FORWARD), _STARTS[statistic](_z)
    before: list[_Rule] = []
    if activation is not None:
        one_of("activation", activation, ACTIVATIONS)
        one_of("statistic (with an activation)", statistic, STATISTICS[:1])
        start = Expected(_f(_z) ** 2)
        before = [*rules.activation(activation, start, Expected(_z**2), Expected(_z * sp.Abs(_z)))]
    if statistic == "variance":
        before = [_Rule("definition of Var", _put({start: Expected(_z**2) - Expected(_z) ** 2}))]
    rest = [_Rule("terms collected", sp.factor)] if statistic == "variance" else []
    steps = _derive(start, [*before, *rules.sum_of_products(_z, _b), *rest])
    return Derivation(assumed, FORWARD, statistic, activation, start, steps)


_STARTS: dict[str, Rule] = {
    "second moment": lambda z: Expected(z**2),
    "mean": Expected,
    "variance": lambda z: Covariance(z, z),
}


def derive_backward(assume: Iterable[str] = ALL, *, activation: str | None = None) -> Derivation:
    """What a layer makes of the second moment p of the gradients delta_i = dL/dz_i that come back to it.

    Without an activation this is E[g_j^2] for g_j = dL/da_j = sum_i W_ij delta_i over n_out units; with one it is
    E[delta_j^2] of the layer below, delta_j = f'(z_j) g_j. That gradients are independent of weights and of signals
    that went forward is an assumption in its own right: all of them depend on the same weights.

    Parameters
    ----------
    assume : set of str
        Keys of `ASSUMPTIONS`, such as `ALL - {"zero-mean weights"}`.
    activation : str, optional
        "identity", "relu", "leaky_relu" (slope s for z < 0) or "f" for any other, such as tanh.

    Returns
    -------
    Derivation
        The steps and their result, in the symbols of `assumptions`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> derive_backward(activation="f").result
    n_out*p*sigma_w**2
    >>> derive_backward(ALL - {"linear activation"}, activation="f").result
    n_out*p*sigma_w**2*E[f'(z_j)**2]
    """
    assumed = check(assume)
    rules, start = _Rules(assumed, BACKWARD), Expected(_g**2)
    before: list[_Rule] = []
    if activation is not None:
        one_of("activation", activation, ACTIVATIONS)
        start, slope = Expected(_delta**2), _df(_z_below)
        before = [
            _Rule("chain rule", _put({start: Expected(slope**2 * _g**2)})),
            rules.product(lambda Y: Y == _z_below, "independent gradients"),
            *rules.activation(activation, Expected(slope**2), sp.Integer(1), Expected(sp.sign(_z_below))),
        ]
    steps = _derive(start, [*before, *rules.sum_of_products(_g)])
    return Derivation(assumed, BACKWARD, "second moment", activation, start, steps)


def over_layers(layer: Derivation) -> Derivation:
    """The second moment after L layers like this one, from the derivation for one layer with its activation.

    Parameters
    ----------
    layer : Derivation
        From `derive_forward` or `derive_backward`, with an activation.

    Returns
    -------
    Derivation
        Its result holds the symbol L.

    Raises
    ------
    Undetermined
        If the second moment is not all that the next layer needs to know: the mean or the correlations of the output
        matter, too.
    ValueError, TypeError
        If the layer has no activation, or is no derivation.

    Examples
    --------
    >>> over_layers(derive_forward(activation="relu")).result
    q*(n_in*sigma_w**2/2)**L
    """
    d, one = kind_of("layer", layer, Derivation).direction, layer.repeatable()
    start, previous = sp.Symbol(f"{d.second_moment}_L"), sp.Symbol(f"{d.second_moment}_{{L-1}}")
    factor, added = one.coeff(d.second_moment), one.subs(d.second_moment, 0)
    l = sp.Symbol("l", integer=True)  # noqa: E741
    first = factor * previous + added
    last = d.second_moment * factor**assumptions.L + added * sp.Sum(factor**l, (l, 0, assumptions.L - 1))
    steps = (
        Step("one layer", tuple(sorted(layer.uses)), tuple(sorted(layer.without)), start, first),
        Step("L layers", (), (), first, last),
    )
    return Derivation(layer.assume, d, layer.statistic, layer.activation, start, steps)


@dataclass(frozen=True)
class Compromise:
    """A variance between the one that preserves the signal and the one that preserves the gradient."""

    variance: sp.Expr
    """Var W."""
    forward: sp.Expr
    """By how much a layer multiplies the second moment of the signal."""
    backward: sp.Expr
    """By how much it multiplies that of the gradient."""


def compromise(activation: str = "identity") -> Compromise:
    """Glorot and Bengio's compromise: the harmonic mean of the two variances that forward and backward ask for.

    The factors of signal and gradient then add up to 2: what one gains the other loses.
    Source: [Glorot and Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html), equations 10 to 12; for the
    identity.

    Parameters
    ----------
    activation : str
        "identity", "relu" or "leaky_relu" (slope s for z < 0).

    Returns
    -------
    Compromise
        The variance and both factors.

    Raises
    ------
    ValueError, TypeError
        If there is no activation of that name.

    Examples
    --------
    >>> compromise().variance
    2/(n_in + n_out)
    >>> compromise().forward, compromise().backward
    (2*n_in/(n_in + n_out), 2*n_out/(n_in + n_out))
    """
    directions = [derive(activation=activation) for derive in (derive_forward, derive_backward)]
    variance = sp.simplify(2 / sum(1 / derivation.preserving() for derivation in directions))
    factors = (d.result.subs(sigma_w, sp.sqrt(variance)) / d.direction.second_moment for d in directions)
    return Compromise(variance, *map(sp.simplify, factors))
