"""The figures of the chapter "Xavier initialization"."""

import numpy as np

from initlab.activations import labels
from initlab.gaussian import propagate
from initlab.random_matrices import growth_rate, growth_variance
from initlab_book import results
from initlab_book.figure import Demo, Histograms, Lines, Menu, Number, Prediction, Seed, Series, Widths, histogram_data
from initlab_book.numbers import number

from .experiments import (
    BATCH,
    DEPTH,
    RANGES,
    RULES,
    SHAPES,
    SHOWN,
    VARIANCES,
    WIDTH,
    deep,
    expected,
    on_digits,
    one_network,
)
from .experiments import rules as rules_experiment

ACTIVATIONS = labels("identity", "tanh", "softsign", "sigmoid")


# ---------------------------------------------------------------- one depth, one width, five rules


def _layers(rule, activation, width, seed):
    seen = deep(rule, activation, width, seed)
    theory = propagate(activation, scaled_weight_variance=RULES[rule][1], depth=DEPTH)
    a, dz = seen.a.second_moment[0], seen.dz.second_moment[0]
    dW = seen.dW.second_moment[0] / BATCH

    def histogram(of, first):
        at = SHOWN - first
        counts, below, above = (array[0, at] for array in (of.counts, of.below, of.above))
        return histogram_data(SHOWN, counts, below, above, np.sqrt(of.second_moment[0, at]))

    curves = {"a": a[1:], "dz": dz, "dW": dW, "theory_a": theory.a[1:], "theory_dz": theory.dz}
    panels = {"moments": {"y": curves}, "signal": histogram(seen.a, 0), "gradient": histogram(seen.dz, 1)}
    text = (
        f"{RULES[rule][2]}; activation: {ACTIVATIONS[activation]}. From layer 1 to 10 the mean square of the "
        f"activations goes from {number(a[1])} to {number(a[-1])}. From layer 10 down to 1 that of the gradient goes "
        f"from {number(dz[-1])} to {number(dz[0])}. That of the weight gradients lies between {number(dW.min())} and "
        f"{number(dW.max())}."
    )
    return panels, text


rules = Demo(
    name="rules",
    title="Ten layers under five rules",
    controls=(
        Menu("rule", "Rule, and variance", {name: label for name, (_, _, label) in RULES.items()}, "standard"),
        Menu("activation", "Activation", ACTIVATIONS, "tanh"),
        Number("width", "Width n", WIDTH, 1, 256),
        Seed(),
    ),
    panels=(
        Lines(
            "moments",
            "Mean squares, layer by layer",
            "layer",
            (
                Series("a", "a"),
                Series("dz", "∂L/∂z", tone=2),
                Series("dW", "∂L/∂W, per input", tone=3),
                Series("theory_a", "theory for a", style="theory", tone=1),
                Series("theory_dz", "theory for ∂L/∂z", style="theory", tone=2),
            ),
            y_range=(1e-6, 1e4),
            x=tuple(range(1, DEPTH + 1)),
            log=True,
            guide=1.0,
            wide=True,
        ),
        Histograms("signal", "Activations a", "layer", RANGES["a"], wide=False),
        Histograms("gradient", "Gradients ∂L/∂z", "layer", RANGES["dz"], wide=False),
    ),
    compute=_layers,
    digits=3,
    engine=True,
    caption=(
        "Ten layers and 256 random inputs: mean squares in every layer, with the theory for layers "
        "of infinite width, and histograms of four layers."
    ),
    prediction=Prediction(
        (
            "We replace the standard rule by Xavier, in the same ten tanh layers. Are activations, gradients and "
            "weight gradients all level now, from layer to layer?"
        ),
        outcome=(
            "None of them quite: without an activation all three are level, but tanh takes a little from the "
            "signal in every layer, and from the gradient."
        ),
        options=("all three", "only the activations", "only the gradients", "none of them quite"),
    ),
)


# ---------------------------------------------------------------- widths that change


def _band(mean, widths):
    """The middle 95 % of networks: each layer multiplies a mean square by chi^2/n, so its log is a random walk."""
    drift, spread = (np.cumsum([of(n) for n in widths]) for of in (growth_rate, growth_variance))
    low, high = (np.exp(2 * (drift + step * np.sqrt(spread))) for step in (-1.96, 1.96))
    return np.concatenate([[1], low]) * mean, np.concatenate([[1], high]) * mean


def _tapers(shape, rule, seed, widths):
    name, widths = (widths, [int(n) for n in widths.split(",")]) if widths else SHAPES[shape]
    label, variance = VARIANCES[rule]
    layers = np.arange(len(widths))
    forward, backward = expected(widths, variance)
    seen = one_network(widths, variance, seed)
    low, high = _band(backward[::-1], widths[1:-1][::-1])
    panels = {
        "forward": {
            "x": layers,
            "y": {"measured": seen.a.second_moment[0], "theory": forward},
            "band": _band(forward, widths[1:]),
        },
        "backward": {
            "x": layers[1:],
            "y": {"measured": seen.dz.second_moment[0], "theory": backward},
            "band": (low[::-1], high[::-1]),
        },
        "widths": {"x": layers, "y": {"n": widths}},
    }
    text = (
        f"Widths: {name}. Variance {label}: on average, all layers together multiply the mean square of the signal "
        f"by {number(forward[-1])}, and those above layer 1, on the way down, that of the gradient by "
        f"{number(backward[0])}. In the network drawn here it is {number(seen.a.second_moment[0, -1])} and "
        f"{number(seen.dz.second_moment[0, 0])}."
    )
    return panels, text


_MARKS = (Series("measured", "one network"), Series("theory", "expected", style="theory", tone=0))

tapers = Demo(
    name="tapers",
    title="A linear network whose widths change",
    controls=(
        Menu("shape", "Widths", {name: label for name, (label, _) in SHAPES.items()}, "narrow"),
        Menu("rule", "Variance", {name: label for name, (label, _) in VARIANCES.items()}, "in"),
        Seed(),
        Widths(),
    ),
    panels=(
        Lines(
            "forward",
            "Forward: mean square of a",
            "layer",
            _MARKS,
            y_range=(1e-2, 1e2),
            log=True,
            guide=1.0,
            band_label="95 %",
        ),
        Lines(
            "backward",
            "Backward: of ∂L/∂z",
            "layer",
            (Series("measured", "one network", tone=2), _MARKS[1]),
            y_range=(1e-2, 1e2),
            log=True,
            guide=1.0,
            band_label="95 %",
        ),
        Lines(
            "widths",
            "Units in each layer",
            "layer",
            (Series("n", "units", tone=3),),
            y_range=(16, 1024),
            log=True,
            wide=True,
        ),
    ),
    compute=_tapers,
    digits=3,
    engine=True,
    caption="Linear layers: one network, the expected mean squares, and where 95 % of all networks lie.",
    prediction=Prediction(
        "A network narrows from 512 units to 32 in ten layers. Which direction suffers under 1/n_in?",
        outcome=(
            "The gradient. 1/n_in keeps the signal, and every layer multiplies the gradient by n_out/n_in, here "
            "less than 1."
        ),
        options=("the signal", "the gradient", "both", "neither"),
    ),
)


# ---------------------------------------------------------------- training, each rule at its own best rate

TASKS = {
    "spiral, 2 layers": (rules_experiment, {"depth": 2}),
    "spiral, 10 layers": (rules_experiment, {"depth": 10}),
    "spiral, 20 layers": (rules_experiment, {"depth": 20}),
    "digits, 10 layers": (on_digits, {}),
}


def at_best_rate(task, rule, width, optimizer):
    """Loss on the training examples, and share of new ones that are wrong, of the ten draws: two arrays.

    The best rate is the one with the lowest loss on average.
    """
    made_by, at = TASKS[task]
    found = results.load(made_by)
    loss, right = (found.get(name, rule=rule, width=width, optimizer=optimizer, **at) for name in ("loss", "accuracy"))
    best = np.where(np.isfinite(loss), loss, np.inf).mean(axis=0).argmin()
    return loss[:, best], 1 - right[:, best]
