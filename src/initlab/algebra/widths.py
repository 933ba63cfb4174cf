"""Layers of different widths: the factors of all layers multiply, and for one of the rules most of them cancel.

The one-layer derivations of `derivation` hold in every layer, with its own fan-in, fan-out and variance. For a whole
network they give a product over the layers, here with the widths n[0], ..., n[L] as symbols. With the fan-in
rule every forward factor is 1, and the backward factors n[l] / n[l-1] telescope to n[L] / n[1]; with fan-out it is the
other way round. He et al. (2015, section 2.2) conclude that either rule alone is enough.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy as sp
from sympy.printing.printer import Printer

from ..arguments import kind_of, one_of, whole
from ..initializers import MODES, fan_of
from .assumptions import L, check_values, s, sigma_w
from .derivation import Derivation, Notation, Step
from .expectation import Undetermined, evaluate

l = sp.Symbol("l", integer=True)  # noqa: E741
"""The number of a layer."""


class _OfLayer(Notation):
    """A positive quantity that differs from layer to layer: printed n[l] in text and n^{[l]} on a page."""

    is_positive = True

    def _sympystr(self, printer: Printer) -> str:
        return f"{self.sign}[{printer._print(self.args[0])}]"

    def _latex(self, printer: Printer, exp: str | None = None) -> str:
        symbol = rf"{printer._print(sp.Symbol(self.sign))}^{{[{printer._print(self.args[0])}]}}"
        return symbol if exp is None else rf"\left({symbol}\right)^{{{exp}}}"


class Width(_OfLayer):
    """n[l], the number of units, or of channels, of layer l."""

    sign = "n"


class Field(_OfLayer):
    """k[l], the receptive field of a convolution: the number of positions of its kernel."""

    sign = "k"


class Std(_OfLayer):
    """sigma_w[l], the standard deviation of the weights of layer l."""

    sign = "sigma_w"


@dataclass(frozen=True)
class WidthsDerivation(Derivation):
    """A derivation for layers of different widths; see `over_widths`."""

    factor: sp.Expr
    """The factor by which layer l multiplies the second moment."""

    # Unlike that of one layer, this prediction needs the widths of a network and is an array.
    def predict(self, widths: Sequence[int], **values: float) -> np.ndarray:  # type: ignore[override]
        """The second moment in every layer, in numbers.

        Parameters
        ----------
        widths : sequence of int
            n[0], ..., n[L].
        **values : float
            q or p, the second moment that comes in, default 1; s, the slope of a leaky ReLU.

        Returns
        -------
        array
            Forward (L + 1,): E[a^2] from the input to layer L. Backward (L,): E[delta^2] of layers 1 to L, where p is
            the second moment of the last.

        Raises
        ------
        Undetermined
            If the derivation was made without a mode: the variance of a weight must be known.
        ValueError, TypeError
            If widths are not two or more whole numbers from 1 on, or a value is not as described.

        Examples
        --------
        >>> from initlab.algebra import derive_backward
        >>> over_widths(derive_backward(activation="relu"), "fan_in").predict([8, 4, 2, 6])
        array([1.5, 3. , 1. ])
        """
        start = self.direction.second_moment
        if unknown := set(values) - {str(start), str(s)}:
            raise ValueError(f"values must be of {start} and {s}, got {', '.join(sorted(unknown))}")
        if isinstance(widths, str) or not isinstance(widths, Sequence | np.ndarray):
            raise TypeError(f"widths must list n[0], ..., n[L], such as [784, 100, 10], got {widths!r}")
        if len(widths) < 2:
            raise ValueError(f"widths must list n[0], ..., n[L], two or more, got {widths!r}")
        values = {str(start): 1.0} | check_values(values)
        first = evaluate(start, values)
        ratio = self._ratio
        n = np.array([whole(f"n[{layer}] in widths", n, at_least=1) for layer, n in enumerate(widths)], float)
        slope = float(values.get(str(s), 0.0))
        if self.direction.name == "forward":
            return first * np.cumprod([1.0, *ratio(n[:-1], n[1:], slope)])
        return first * np.cumprod([1.0, *ratio(n[1:-1], n[2:], slope)[::-1]])[::-1]

    @cached_property
    def _ratio(self) -> Callable[[np.ndarray, np.ndarray, float], np.ndarray]:
        below, here = sp.symbols("below here", positive=True)
        ratio = self.factor.subs({Width(l - 1): below, Width(l): here})
        if left := ratio.atoms(_OfLayer):
            names = ", ".join(sorted(map(str, left)))
            raise Undetermined(f"{names} must be known: give a mode, which says what the variance of a weight is")
        function = sp.lambdify([below, here, s], ratio, "numpy")
        return lambda n_below, n_here, slope: np.broadcast_to(function(n_below, n_here, slope), n_here.shape)


def over_widths(layer: Derivation, mode: str | None = None, *, convolution: bool = False) -> WidthsDerivation:
    """The second moment over layers of widths n[0], ..., n[L], from the derivation for one layer with its activation.

    Forward it starts from q, that of the input, and ends with E[a[L]^2]; backward it starts from p, that of the
    gradient dL/dz[L], and ends with the one of layer 1.

    Parameters
    ----------
    layer : Derivation
        From `derive_forward` or `derive_backward`, with an activation and zero biases.
    mode : {"fan_in", "fan_out", "fan_avg"}, optional
        The rule for the variance: that which preserves the second moment in a layer with this fan. Default: a symbol.
    convolution : bool
        Whether each layer has a receptive field k[l]. The fans are then k[l] n[l-1] and k[l] n[l].

    Returns
    -------
    WidthsDerivation
        The steps, their result and the factor of one layer.

    Raises
    ------
    Undetermined
        If the second moment is not all that the next layer needs to know, or biases add to it.
    ValueError, TypeError
        If the layer has no activation, or the mode is not as described.

    Examples
    --------
    >>> from initlab.algebra import derive_backward, derive_forward
    >>> "Product(" in str(over_widths(derive_forward(activation="relu")).result)
    True
    >>> over_widths(derive_forward(activation="relu"), "fan_in").result
    q
    >>> over_widths(derive_backward(activation="relu"), "fan_in").result
    p*n[L]/n[1]
    """
    d = kind_of("layer", layer, Derivation).direction
    one = layer.repeatable()
    if one.subs(d.second_moment, 0) != 0:
        missing = ", ".join(sorted(layer.without))
        raise Undetermined(f"something is added to the second moment in every layer; missing: {missing}")

    field = Field(l) if convolution else sp.Integer(1)
    fans = field * Width(l - 1), field * Width(l)
    own = fans[0] if d.name == "forward" else fans[1]
    factor = sp.factor(one.coeff(d.second_moment).subs({d.n: own, sigma_w: Std(l)}))

    first = 1 if d.name == "forward" else 2  # the lowest layer with a factor
    if d.name == "forward":
        start, next_one, which, count = sp.Symbol("q_L"), sp.Symbol("q_{L-1}"), L, "L layers"
    else:
        start, next_one, which, count = sp.Symbol("p_1"), sp.Symbol("p_2"), sp.Integer(2), "L - 1 layers"
    lines = [factor.subs(l, which) * next_one, d.second_moment * sp.Product(factor, (l, first, L))]
    steps = [
        Step("one layer", tuple(sorted(layer.uses)), tuple(sorted(layer.without)), start, lines[0]),
        Step(count, (), (), *lines),
    ]
    if mode is not None:
        kept = sp.cancel(d.n * sigma_w**2 / one.coeff(d.second_moment))  # n Var W at which a layer's factor is 1
        variance = kept / fan_of(one_of("mode", mode, MODES), *fans)
        factor = sp.factor(factor.subs(Std(l), sp.sqrt(variance)))
        ratios = d.second_moment * (1 if factor == 1 else sp.Product(factor, (l, first, L)))
        steps.append(Step(f"the {mode.replace('_', '-')} rule", (), (), steps[-1].after, ratios))
        if (ends := _telescoped(factor, first)) is not None and factor != 1:
            steps.append(Step("telescoping", (), (), ratios, d.second_moment * ends))
    return WidthsDerivation(layer.assume, d, layer.statistic, layer.activation, start, tuple(steps), factor)


def _telescoped(factor: sp.Expr, first: int) -> sp.Expr | None:
    """The product of F(l) / F(l-1) from `first` to L, which is F(L) / F(first-1), for F = n or 1/n; None otherwise."""
    for F in (Width(l), Width(l) ** -1):
        if sp.cancel(factor * F.subs(l, l - 1) / F) == 1:
            return F.subs(l, L) / F.subs(l, first - 1)
    return None
