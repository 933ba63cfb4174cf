"""The figures of the chapter "Deriving Xavier"."""

import numpy as np
import sympy as sp

from initlab.activations import labels
from initlab.algebra import Expected, latex, linear_network, random
from initlab.algebra.assumptions import FORWARD, n_in, q, sigma_b, sigma_w
from initlab_book.figure import Demo, Formulas, Lines, Menu, Series, Slider, Toggle, formula_row
from initlab_book.numbers import number

from .experiments import (
    BROKEN,
    DEPTH,
    DRAWS,
    FAN_INS,
    MEANS,
    NETWORKS,
    SWITCHES,
    WIDTH,
    derivation,
    measured_sizes,
    sizes,
    values,
)

# ---------------------------------------------------------------- the switchboard: one unit, assumptions on and off


def surviving(derived):
    """The terms of E[z_i^2], as (LaTeX, whether it came back): first what is left under all assumptions.

    Covariances stay as they are: they say which dependence a term comes from.
    """
    _, a = FORWARD.quantities(derived.assume)
    last = [step for step in derived.steps if step.rule != "notation"][-1].after
    last = last.xreplace({Expected(a**2): q, Expected(random("b_i") ** 2): sigma_b**2})
    kept = n_in * q * sigma_w**2
    pieces = [(f"= {latex(kept)}", False)]
    for term in sp.Add.make_args(last):
        count = sp.Mul(*(factor for factor in sp.Mul.make_args(term) if not factor.free_symbols - {n_in}))
        inner = sp.expand_mul(term / count) if count == n_in else term / count
        many = latex(count) if count != 1 else ""
        pieces += [(f"+ {many} {latex(part)}", True) for part in sp.Add.make_args(inner) if count * part != kept]
    return pieces


def _steps(derived):
    yield formula_row(latex(derived.start), "one unit, one input")
    for step in derived.steps:
        words = [*step.reasons[:1], *(f"needs {key}" for key in step.uses), *(f"without {key}" for key in step.without)]
        if step.rule != "notation":  # the result is shown apart, its terms sorted
            yield formula_row(f"= {latex(step.after)}", "; ".join(words), bool(step.without))


def _switchboard(**holds):
    dropped = frozenset(SWITCHES[name][0] for name, on in holds.items() if not on)
    derived = derivation(dropped)
    predicted = np.array([derived.predict(**values(n)) for n in FAN_INS])
    measured, error = np.array([measured_sizes(dropped, n) for n in FAN_INS]).T
    panels = {
        "result": {"rows": [formula_row([(latex(derived.start), False), *surviving(derived)])]},
        "steps": {"rows": list(_steps(derived))},
        "size": {
            "y": {"all": [1.0] * len(FAN_INS), "predicted": predicted, "measured": measured},
            "band": (predicted - 2 * error, predicted + 2 * error),
        },
    }
    last = FAN_INS[-1]
    if not dropped:
        text = f"All six hold: E[z²] = n Var(W) q, which is 1 here, at every width. Measured at n = {last}: "
        return panels, f"{text}{number(measured[-1])}."
    names = ", ".join(SWITCHES[name][1].replace(": ", " ").lower() for name, on in holds.items() if not on)
    told = "nothing comes back" if abs(predicted[-1] - 1) < 1e-12 else "the marked terms come back"
    return panels, (
        f"Dropped: {names}. Here {told}: at n = {last} theory says E[z²] = {number(predicted[-1])}, and "
        f"{DRAWS} drawn units give {number(measured[-1])}."
    )


switchboard = Demo(
    name="switchboard",
    title="Which assumption removes which term?",
    controls=tuple(Toggle(name, label, True) for name, (_, label) in SWITCHES.items()),
    panels=(
        Formulas("result", "What is left of E[z²]; marked: what came back"),
        Lines(
            "size",
            "E[z²] of one unit, with Var W = 1/n and q = 1",
            "inputs n",
            (
                Series("measured", "drawn units"),
                Series("predicted", "derived above", style="theory", tone=2),
                Series("all", "if all six held", style="theory", tone=0),
            ),
            y_range=(0.5, 20.0),
            x=FAN_INS,
            log=True,
            log_x=True,
            band_label="derived ± 2 errors",
            wide=True,
        ),
        Formulas("steps", "How it is derived, step by step"),
    ),
    compute=_switchboard,
    digits=3,
)
# ---------------------------------------------------------------- the same in twenty layers

ACTIVATIONS = labels("identity", "tanh")


def _twenty_layers(mean, activation, biases_zero):
    sigma_b = 0.0 if biases_zero else BROKEN["sigma_b"]
    measured = sizes(activation, mean, sigma_b)
    std = WIDTH**-0.5
    derived = linear_network(DEPTH, WIDTH, sigma_w=std, mu=mean * std, sigma_b=sigma_b).q
    panels = {"size": {"y": {"networks": measured, "derived": derived, "all": np.ones(DEPTH + 1)}}}
    low, high = number(measured[:, -1].min()), number(measured[:, -1].max())
    return panels, (
        f"Each layer multiplies the mean of the signal by {number(mean * WIDTH**0.5)}. After {DEPTH} layers theory "
        f"gives a linear network E[a²] = {number(derived[-1])}; the {NETWORKS} drawn here, with activation "
        f"{ACTIVATIONS[activation]}, end between {low} and {high}."
    )


twenty_layers = Demo(
    name="twenty-layers",
    title="Twenty layers of 100 units",
    controls=(
        Slider("mean", "Mean of a weight, in σ", MEANS, 0.0),
        Menu("activation", "Activation", ACTIVATIONS, "identity"),
        Toggle("biases_zero", "Biases: zero", True),
    ),
    panels=(
        Lines(
            "size",
            "E[a²], layer by layer",
            "layer",
            (
                Series("networks", "drawn networks", style="strands"),
                Series("derived", "derived, linear", style="theory", tone=2),
                Series("all", "if all held", style="theory", tone=0),
            ),
            y_range=(1e-2, 1e8),
            x=tuple(range(DEPTH + 1)),
            log=True,
            wide=True,
        ),
    ),
    compute=_twenty_layers,
    digits=3,
)
