"""The experiments of the chapter "What the rules leave out"."""

from functools import partial

import numpy as np

from initlab.initializers import xavier_normal
from initlab.network import sample
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, powers_of_two

from ..why.experiments import new_that_are_right

# ---------------------------------------------------------------- does the sigmoid train?

STARTS = {"sigmoid 1": ("sigmoid", 1.0), "sigmoid 4": ("sigmoid", 4.0), "sigmoid 10": ("sigmoid", 10.0)}
STARTS |= {"tanh 1": ("tanh", 1.0)}
"""Activation and gain."""


@experiment(
    grid={
        "draw": DRAWS,
        "data": ("spiral", "digits"),
        "width": (16, 32),
        "optimizer": tuple(OPTIMIZERS),
        "start": tuple(STARTS),
    },
    settings={"rates": powers_of_two(-12, 3), "hidden": 5, "steps": 500, "batch": 20},
    small={"draw": 0, "data": "digits", "width": 16, "optimizer": "sgd", "start": "tanh 1"},
)
def sigmoids(*, draw, data, width, optimizer, start, rates, hidden, steps, batch):
    """Share of new examples that are right after the last step, at every rate; nan where a run overflowed."""
    activation, gain = STARTS[start]
    n_in, n_out = {"spiral": (2, 2), "digits": (64, 10)}[data]
    widths = [n_in, *[width] * hidden, n_out]
    network = sample(widths, activation, partial(xavier_normal, gain=gain), rng=draw, dtype=np.float32)
    return {"accuracy": new_that_are_right(network, data, draw, optimizer, rates, steps, batch)}
