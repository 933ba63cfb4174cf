"""The experiments of the chapter "What the rules leave out"."""

from functools import partial

import numpy as np

from initlab.datasets import digits, spiral, split, standardize
from initlab.initializers import xavier_normal
from initlab.network import sample
from initlab.training import evaluate, train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, new_examples, powers_of_two

# ---------------------------------------------------------------- does the sigmoid train?

STARTS = {"sigmoid 1": ("sigmoid", 1.0), "sigmoid 4": ("sigmoid", 4.0), "sigmoid 10": ("sigmoid", 10.0)}
STARTS |= {"tanh 1": ("tanh", 1.0)}
"""Activation and gain."""


def examples(data, draw):
    """What to train on, and what was not trained on: two tuples (x, y)."""
    if data == "spiral":
        return spiral(200, rng=draw), spiral(1000, rng=new_examples(draw))
    x, y, new_x, new_y = split(*digits(), rng=draw)
    x, new_x = standardize(x, new_x)
    return (x, y), (new_x, new_y)


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
    erratic=1 / 3,
)
def sigmoids(*, draw, data, width, optimizer, start, rates, hidden, steps, batch):
    """Share of new examples that are right after the last step, at every rate; nan where a run overflowed."""
    old, new = examples(data, draw)
    activation, gain = STARTS[start]
    widths = [old[0].shape[0], *[width] * hidden, int(old[1].max()) + 1]
    network = sample(widths, activation, partial(xavier_normal, gain=gain), rng=draw, dtype=np.float32)
    options = {"loss": "softmax_cross_entropy", "steps": steps, "batch_size": batch, "rng": draw}
    run = train(network, *old, learning_rate=rates, **options, **OPTIMIZERS[optimizer])
    _, accuracy = evaluate(run.network, *new, loss="softmax_cross_entropy")
    return {"accuracy": np.where(run.diverged_at < 0, accuracy, np.nan)}
