"""The figures of the chapter "What the rules leave out"."""

import math
from functools import partial

import numpy as np

from initlab import gaussian
from initlab.activations import labels
from initlab.finite_width import sample_lengths, spread
from initlab.gaussian import fixed_points, length_map
from initlab_book.figure import Demo, Lines, Menu, Number, Prediction, Seed, Series, Slider
from initlab_book.numbers import number

# ---------------------------------------------------------------- the length map

ACTIVATIONS = labels("tanh", "relu", "gelu", "selu", "sigmoid")
GAINS = tuple(
    sorted(
        [0.8, 1.0, 1.1, 1.2, 2.0, math.sqrt(2), 5 / 3] + [gaussian.gain(name) for name in ("tanh", "gelu", "sigmoid")]
    )
)
MAP_DEPTH = 30
STARTS = (0.1, 1.0, 10.0)
_SIZES = np.geomspace(1e-3, 1e3, 25)


def _length_map(activation, gain):
    step = partial(length_map, activation, scaled_weight_variance=gain**2)
    walks = np.empty((len(STARTS), MAP_DEPTH))
    walks[:, 0] = STARTS
    for layer in range(1, MAP_DEPTH):
        walks[:, layer] = [step(q) for q in walks[:, layer - 1]]
    here = [q for q in walks[STARTS.index(1.0), :8] if _SIZES[0] < q < _SIZES[-1]]
    x = np.unique([*_SIZES, *here])
    factor = [step(q) / q for q in x]
    panels = {
        "map": {
            "x": x,
            "y": {"factor": factor, "here": [v if q in here else None for q, v in zip(x, factor, strict=True)]},
        },
        "walks": {"y": {"walks": walks}},
    }
    points = ", ".join(_describe(point) for point in fixed_points(activation, scaled_weight_variance=gain**2))
    end = walks[STARTS.index(1.0), -1]
    text = (
        f"{ACTIVATIONS[activation]}, g = {number(gain, 5)}. Fixed points: {points or 'none'}. "
        f"From λ = 1, layer {MAP_DEPTH} has λ = {number(end)}."
    )
    return panels, text


def _describe(point):
    if math.isnan(point.q):
        return "every λ (it stays where it is)"
    if point.q in (0, math.inf):
        name = "λ = 0" if point.q == 0 else "growth without end"
        return f"{name} ({'attracts' if point.stable else 'repels'})"
    return f"λ = {number(point.q)} ({'attracts' if point.stable else 'repels'}, slope {number(point.slope)})"


length_maps = Demo(
    name="length-map",
    title="Where does the size settle?",
    controls=(
        Menu("activation", "Activation", ACTIVATIONS, "tanh"),
        Slider("gain", "Gain g (n Var W = g²)", GAINS, 1.0),
    ),
    panels=(
        Lines(
            "map",
            "One layer: factor λ′/λ",
            "λ",
            (Series("factor", "λ′/λ", style="theory", tone=0), Series("here", "from λ = 1", style="points", tone=2)),
            y_range=(0.1, 10),
            log=True,
            log_x=True,
            guide=1.0,
        ),
        Lines(
            "walks",
            "Many layers: λ from 0.1, 1, 10",
            "layer",
            (Series("walks", "λ", style="strands"),),
            y_range=(1e-3, 1e3),
            x=tuple(range(1, MAP_DEPTH + 1)),
            log=True,
            guide=1.0,
        ),
    ),
    compute=_length_map,
    digits=3,
    caption=(
        "Left, the factor by which one infinitely wide layer multiplies λ; right, three signals that pass through "
        "thirty such layers."
    ),
    prediction=Prediction(
        (
            "Tanh brings the three signals together. In which direction must the curve on the left cross the "
            "dotted line?"
        ),
        outcome=(
            "Falling: what is too large must shrink, and what is too small must grow. GELU's curve rises through "
            "the line, and drives the signals apart."
        ),
        options=("falling", "rising"),
    ),
)


# ---------------------------------------------------------------- finite width

DEPTH = 50
WIDTHS = (32, 64, 128, 256, 512)
STRANDS = 8
SCHEMES = {"identity": 1.0, "relu": math.sqrt(2), "tanh": 5 / 3}
_NAMES = {"identity": "none (linear), g = 1", "relu": "ReLU, g = √2", "tanh": "tanh, g = 5/3"}


def _luck(activation, width, depth, seed):
    gain = SCHEMES[activation]
    settings = {"scaled_weight_variance": gain**2, "q": 1.0}
    strands = np.sqrt(sample_lengths(activation, [width] * depth, **settings, seeds=STRANDS, rng=seed))
    theory = spread(activation, [width] * depth, **settings)
    low, median, high = (np.sqrt(theory.quantile(p)) for p in (0.025, 0.5, 0.975))
    y = {"strands": strands, "median": median, "wide": np.sqrt(theory.q)}
    panels = {"sizes": {"x": np.arange(1, depth + 1), "y": y, "band": (low, high)}}
    ends = np.sort(strands[:, -1])
    text = (
        f"{_NAMES[activation]}, width {width}: in layer {depth} theory puts 95 % of the networks between "
        f"{number(low[-1])} and {number(high[-1])}, with median {number(median[-1])}; the eight drawn here lie between "
        f"{number(ends[0])} and {number(ends[-1])}. An infinitely wide network has {number(np.sqrt(theory.q[-1]))}."
    )
    return panels, text


luck = Demo(
    name="luck",
    title="Many layers, eight draws",
    controls=(
        Menu("activation", "Activation and gain", _NAMES, "relu"),
        Slider("width", "Width n", WIDTHS, 128, whole=True),
        Number("depth", "Depth", DEPTH, 2, 200),
        Seed(),
    ),
    panels=(
        Lines(
            "sizes",
            "Size of z (layer 1 has 1)",
            "layer",
            (
                Series("strands", "draws", style="strands"),
                Series("median", "theory: median", style="theory", tone=0),
                Series("wide", "infinite width", style="theory", tone=2),
            ),
            y_range=(3e-3, 10),
            log=True,
            guide=1.0,
            band_label="theory: 95 %",
            wide=True,
        ),
    ),
    compute=_luck,
    digits=3,
    engine=True,
    caption=(
        "The size of the signal in deep networks, drawn at random: eight of them, the median, and where 95 % lie."
    ),
    prediction=Prediction(
        (
            "He's rule, 50 layers of 128 units. By what factor do two draws typically differ in the size of what "
            "comes out?"
        ),
        outcome=(
            "By about 2. Every layer multiplies the length by a random factor near 1, and fifty of them add up. "
            "Tanh with gain 5/3 forgets what the layers before did, and its draws hardly differ."
        ),
        options=("1.1", "2", "10"),
    ),
)
