"""The figures of the chapter "Exploding and vanishing signals"."""

import numpy as np

from initlab.random_matrices import growth_quantile, growth_rate
from initlab_book.figure import Demo, Lines, Number, Prediction, Seed, Series, Slider
from initlab_book.numbers import number

from .experiments import FACTORS, RANDOM_DEPTH, RATES, SHOWN, STEPS, losses, outcome, strands

# ---------------------------------------------------------------- gradient descent on the ten matrices


def _descent(factor, rate):
    every = losses(factor)
    at = int(np.argmin(np.abs(np.log(np.array(RATES) / rate))))
    run = every[:, at]
    kind, step = outcome(run)
    here = [last if i == at else None for i, last in enumerate(every[-1])]
    panels = {"curve": {"y": {"loss": run[SHOWN]}}, "rates": {"y": {"final": every[-1], "here": here}}}
    story = {
        "solved": f"and the task is solved after {step} steps",
        "overflow": f"and overflows at step {step}",
        "unsolved": f"and is {number(run[-1])} after {step} steps: not solved",
    }[kind]
    text = f"g = {number(factor)}, learning rate {number(RATES[at])}: the loss starts at {number(run[0])} {story}."
    return panels, text


_LOSS = (1e-6, 1e6)

descent = Demo(
    name="descent",
    title="Gradient descent on the ten matrices",
    controls=(
        Slider("factor", "Gain g of the start, W = g I", FACTORS, 1.0),
        Slider("rate", "Learning rate", RATES, 0.01),
    ),
    panels=(
        Lines(
            "curve",
            "Loss, step by step",
            "before step",
            (Series("loss", "loss"),),
            y_range=_LOSS,
            x=tuple(int(updates) + 1 for updates in SHOWN),
            log=True,
            log_x=True,
            guide=0.5,
        ),
        Lines(
            "rates",
            f"Loss after {STEPS} steps, for every rate",
            "learning rate",
            (Series("final", "any rate", tone=3), Series("here", "this rate", style="points", tone=2)),
            y_range=_LOSS,
            x=RATES,
            log=True,
            log_x=True,
            guide=0.5,
        ),
    ),
    compute=_descent,
    digits=3,
    caption=(
        "The loss of the ten matrices during a thousand steps of gradient descent at one learning rate, and after "
        "them at all nineteen."
    ),
    prediction=Prediction(
        (
            "With g = 1.5 the loss overflows at the rate 0.01, and with g = 0.5 it stays at 0.5. Give each its "
            "own rate: for which of them does one of nineteen rates work?"
        ),
        outcome=(
            "For 1.5 a few small rates work, and for 0.5 a few large ones. The start g = 1 works over a wide "
            "range of rates: the closer to it, the less the rate matters."
        ),
        options=("for both", "only for 1.5", "only for 0.5", "for neither"),
    ),
)


# ---------------------------------------------------------------- products of random matrices

WIDTHS = (2, 8, 32, 128, 512)
GAINS = tuple(float(round(g, 2)) for g in np.arange(0.5, 1.55, 0.1))


def _random_matrices(width, gain, depth, seed):
    layers = np.arange(depth + 1)
    lengths = strands(width, depth, seed) * gain**layers  # the same draws at every gain
    median = growth_quantile(0.5, layers, width, gain)
    low, high = growth_quantile(0.025, layers, width, gain), growth_quantile(0.975, layers, width, gain)
    y = {"strands": lengths, "median": median, "equal": gain**layers}
    panels = {"lengths": {"x": layers, "y": y, "band": (low, high)}}
    ends = np.sort(lengths[:, -1])
    text = (
        f"Width {width}, g = {number(gain)}: after {depth} layers theory puts the median length at "
        f"{number(median[-1])} (95 % of networks between {number(low[-1])} and {number(high[-1])}); the eight drawn "
        f"here end between {number(ends[0])} and {number(ends[-1])}. Equal matrices g I would give exactly "
        f"{number(gain**depth)}. Per layer, the logarithm drifts by {number(growth_rate(width, gain))}."
    )
    return panels, text


random_matrices = Demo(
    name="random-matrices",
    title="Random layers, eight draws",
    controls=(
        Slider("width", "Width n", WIDTHS, 512, whole=True),
        Slider("gain", "Gain g (variance g²/n)", GAINS, 1.0),
        Number("depth", "Depth", RANDOM_DEPTH, 1, 100),
        Seed(),
    ),
    panels=(
        Lines(
            "lengths",
            "Length of the signal (input = 1)",
            "layer",
            (
                Series("strands", "draws", style="strands"),
                Series("median", "theory: median", style="theory", tone=0),
                Series("equal", "equal matrices g I", style="theory", tone=2),
            ),
            y_range=(1e-8, 1e6),
            log=True,
            guide=1.0,
            band_label="theory: 95 %",
            wide=True,
        ),
    ),
    compute=_random_matrices,
    digits=3,
    engine=True,
    caption=(
        "The length of a signal in eight random networks without activations, and where theory puts the median "
        "and 95 % of all networks. The same draws at every gain."
    ),
    prediction=Prediction(
        (
            "At g = 1 and 512 units a layer the signal keeps its length. How long is a typical signal after 30 "
            "layers of only two units?"
        ),
        outcome=(
            "Half of all networks end below 0.0002. Every layer multiplies the length by a random factor; its "
            "logarithm falls on average, by about 1/(2n) a layer, and 30 layers of two units add that up."
        ),
        options=("still about 1", "about a tenth", "below a thousandth", "it explodes"),
    ),
)
