"""A small experiment for tests, to be copied into a package of its own. The file calls.txt beside it tells how often a
cell was computed."""

import time
from pathlib import Path

from initlab.datasets import blobs
from initlab.initializers import xavier_normal
from initlab.network import sample
from initlab.training import train
from initlab_book.experiment import OPTIMIZERS, experiment, powers_of_two

from .task import PAUSE, slope


@experiment(
    grid={"draw": (0, 1, 2), "width": (4, 8), "optimizer": tuple(OPTIMIZERS)},
    settings={"rates": powers_of_two(-3, -1), "steps": 30},
    small={"draw": 0, "width": 4, "optimizer": "sgd"},
)
def ends(*, draw, width, optimizer, rates, steps):
    """The last loss at every rate."""
    with Path(__file__).with_name("calls.txt").open("a") as calls:
        print(draw, width, optimizer, file=calls)
    time.sleep(PAUSE)
    network = sample([2, width, 2], "tanh", xavier_normal, rng=draw)
    options = {"loss": "softmax_cross_entropy", "learning_rate": rates, "steps": steps, "rng": draw, "batch_size": 20}
    run = train(network, *blobs(rng=draw), **options, **OPTIMIZERS[optimizer])
    return {"loss": slope(draw) * run.loss[-1], "diverged": run.diverged_at >= 0}
