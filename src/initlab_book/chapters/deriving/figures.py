"""The figures of the chapter "Deriving Xavier"."""

import numpy as np
import sympy as sp

from initlab.algebra import Expected, latex, random
from initlab.algebra.assumptions import FORWARD, n_in, q, sigma_b, sigma_w
from initlab_book.figure import Demo, Formulas, Lines, Prediction, Series, Toggle, formula_row
from initlab_book.numbers import number

from .experiments import DRAWS, FAN_INS, SWITCHES, derivation, measured_sizes, values


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
        text = f"All seven hold: E[z²] = n Var(W) q, which is 1 here, at every width. Measured at n = {last}: "
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
                Series("all", "if all seven held", style="theory", tone=0),
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
    caption=(
        "E[z²] of a unit by its number of inputs: what the algebra derives from the assumptions that are left "
        "(dashed), what it would be with all seven, and 2000 drawn units in which exactly the dropped ones are "
        "broken."
    ),
    prediction=Prediction(
        (
            "Switch off one assumption at a time, and put it back. For how many of the seven does a term come "
            "back in the formula?"
        ),
        outcome=(
            "Four. The two about the activations, and that weights are uncorrelated, change nothing alone: "
            "each leaves a product whose other factor is still zero."
        ),
        options=("two", "four", "six", "all seven"),
    ),
)
