"""A small film with every kind of panel, for tests: a made-up run whose numbers are easy to tell."""

import time

import numpy as np

from initlab_book.figure import Film, HeatMap, Images, Lines, Menu, Number, Player, Ridges, Series, Slider, Toggle
from initlab_book.figure.packing import Levels
from initlab_book.numbers import number

STEPS = (0, 1, 2, 4, 8, 16)
SPEED = {"zero": 0.0, "good": 1.0, "large": 2.0}
_RNG = np.random.default_rng(0)
PIXELS = _RNG.random((12, 64))
X, Y = _RNG.uniform(-3, 3, (2, 40))
LABELS = (X * Y > 0).astype(int).tolist()
CENTRES = (np.arange(16) + 0.5) / 16 * 6 - 3


def run(data, start, rate, sign, seed, pause=0.0):
    """Frames of the run; `pause` seconds of work between two of them, in small pieces."""
    speed, loss = SPEED[start] * rate, []
    slope = {"cross": np.outer(CENTRES, CENTRES), "stripe": np.outer(CENTRES, np.ones(16))}[data] * (-1 if sign else 1)
    for t, step in enumerate(STEPS):
        for _ in range(round(pause / 0.01)):
            time.sleep(0.01)
            yield None
        loss.append(2.0 ** -(speed * t) + seed)
        known = loss + [None] * (len(STEPS) - len(loss))
        surface = 1 / (1 + np.exp(-slope * speed * t)) if start != "large" or t < 4 else np.full((16, 16), np.nan)
        bells = np.exp(-((np.linspace(-3, 3, 12) - 0.1 * t * np.arange(4)[:, None]) ** 2))
        panels = {
            "surface": {"levels": Levels(surface), "points": {"x": X, "y": Y, "label": LABELS}},
            "loss": {"y": {"train": known, "new": [v if v is None else 1.5 * v for v in known]}},
            "gradients": {"y": {"size": [10.0 ** (-layer * speed) for layer in range(1, 5)]}},
            "digits": {
                "pixels": Levels(PIXELS),
                "label": [i % 10 for i in range(12)],
                "says": [i % 10 if i <= 2 * t else 0 for i in range(12)],
                "sure": Levels(np.linspace(0.1, 0.9, 12)),
            },
            "weights": {
                "layers": [1, 2, 3, 4],
                "counts": Levels(bells / bells.max(axis=1, keepdims=True)),
                "rms": [0.5 * speed * t * layer for layer in range(1, 5)],
                "outside": [0, 0.4, 12.5, 100],
            },
            "marks": {"rate": 1.0 if start == "good" else 0.5},
        }
        yield (
            panels,
            f"Step {step} of {start} on {data}, rate {number(rate)}{', minus' * sign}: loss {number(loss[-1])}.",
        )


def film(pause=0.0, **changes):
    options = {
        "name": "toy",
        "title": "A made-up run",
        "controls": (
            Menu("data", "Data set", {"cross": "cross", "stripe": "stripe"}, "cross"),
            Menu("start", "Start", {start: start for start in SPEED}, "good"),
            Slider("rate", "Learning rate", (0.5, 1.0, 2.0), 1.0),
            Toggle("sign", "Minus", False),
            Number("seed", "Seed", 0, 0, 9),
        ),
        "panels": (
            HeatMap("surface", "Surface", "x1", (-3, 3), (-3, 3)),
            Lines(
                "loss",
                "Loss",
                "step + 1",
                (Series("train", "training"), Series("new", "new points", tone=2)),
                (1e-4, 20),
                x=tuple(step + 1 for step in STEPS),
                log=True,
                log_x=True,
                over_time=True,
            ),
            Lines("gradients", "Gradients", "layer", (Series("size", "size"),), (1e-9, 1), x=(1, 2, 3, 4), log=True),
            Images("digits", "Digits", (8, 8)),
            Ridges("weights", "Weights", "|w|", (-6, 2), log=True),
        ),
        "compute": lambda **settings: run(pause=pause, **settings),
        "player": Player("step", "Step", STEPS, 16),
        "part": "data",
        "compare": ("start", "rate"),
    }
    return Film(**options | changes)


TOY = film()
