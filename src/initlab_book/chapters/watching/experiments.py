"""The experiments of the chapter "Watching networks train"."""

from dataclasses import dataclass
from functools import cache, cached_property, partial

import numpy as np

from initlab import datasets
from initlab.initializers import constant, he_normal, normal, uniform, xavier_normal, zeros
from initlab.network import sample
from initlab.training import train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, powers_of_two

MOMENTUM = 0.9
STEPS = (0, 1, 2, 4, 7, 11, 16, 22, 30, 40, 52, 66, 82, 100, 120, 145, 170, 200)
"""What the players show; the last one ends the training."""
LOSS = "softmax_cross_entropy"


def xavier_times(factor):
    """Xavier's normal initialization, its standard deviation multiplied by `factor`."""
    return partial(xavier_normal, gain=factor)


@dataclass(frozen=True)
class Task:
    """Something to learn, and how it is trained."""

    x: np.ndarray
    y: np.ndarray
    new_x: np.ndarray
    new_y: np.ndarray
    batch: int
    shown: tuple
    """Steps of the player; the last one ends the training."""
    examples: str
    """What the examples are called."""

    @property
    def chance(self):
        """The loss of a network that knows nothing."""
        return float(np.log(self.y.max() + 1))

    @cached_property
    def points(self):
        """The training examples, for a heat map."""
        return {"x": self.x[0], "y": self.x[1], "label": self.y}

    @property
    def options(self):
        """What `training.train` needs to know, but for the learning rate."""
        return {
            "loss": LOSS,
            "steps": self.shown[-1],
            "batch_size": self.batch,
            "momentum": MOMENTUM,
            "rng": 0,
            "snapshots": self.shown,
            "held_out": (self.new_x, self.new_y),
        }


def best_rate(network, rates, task):
    """The rate with the lowest mean loss on the held-out examples at the end, or None if none is better than chance.

    Where a run diverges, the rate is out.
    """
    options = task.options | {"snapshots": task.shown[-1:]}
    (end,) = train(network, task.x, task.y, learning_rate=np.array(rates)[:, None], **options).snapshots
    loss = np.where(np.isfinite(end.held_out_loss), end.held_out_loss, np.inf).mean(axis=1)
    return rates[loss.argmin()] if loss.min() < task.chance - 0.005 else None


PLANE_STARTS = {
    "zero": zeros,
    "constant": partial(constant, value=0.1),
    "small": xavier_times(0.3),
    "xavier": xavier_normal,
    "he": he_normal,
    "large": xavier_times(4),
}
PLANE_RATES = (0.0002, 0.001, 0.005, 0.03, 0.2)
PLANE_DEPTH, PLANE_WIDTH = 5, 12

PLANE_BEST = {
    ("blobs", "tanh"): {"constant": 0.2, "small": 0.2, "xavier": 0.2, "he": 0.2, "large": 0.03},
    ("blobs", "relu"): {"constant": 0.2, "small": 0.2, "xavier": 0.2, "he": 0.03, "large": 0.001},
    ("circles", "tanh"): {"constant": 0.03, "xavier": 0.03, "he": 0.03, "large": 0.03},
    ("circles", "relu"): {"constant": 0.03, "xavier": 0.03, "he": 0.03, "large": 0.005},
    ("moons", "tanh"): {"constant": 0.03, "small": 0.2, "xavier": 0.03, "he": 0.03, "large": 0.03},
    ("moons", "relu"): {"constant": 0.03, "xavier": 0.03, "he": 0.03, "large": 0.001},
    ("spiral", "tanh"): {"constant": 0.03, "small": 0.2, "xavier": 0.03, "he": 0.03, "large": 0.03},
    ("spiral", "relu"): {"constant": 0.2, "xavier": 0.03, "he": 0.03, "large": 0.001},
}
"""Of each start the rate with the lowest held-out loss at the end, on the average of five seeds (see `best_rate`). A
start that is missing does no better than chance at any of the rates. A test recomputes them all, and names the four
starts, of these and of DIGIT_BEST, for which two rates do so equally well that rounding decides."""


@cache
def plane_task(data):
    """100 points to train on and 200 new ones."""
    make = {
        "blobs": partial(datasets.blobs, noise=0.5),
        "circles": partial(datasets.circles, noise=0.12),
        "moons": datasets.moons,
        "spiral": datasets.spiral,
    }[data]
    return Task(*make(100, rng=0), *make(200, rng=1), batch=20, shown=STEPS, examples="points")


def plane_network(start, activation, width=PLANE_WIDTH, depth=PLANE_DEPTH, **seeds):
    """Two inputs, `depth` hidden layers, two outputs."""
    return sample([2, *[width] * depth, 2], activation, PLANE_STARTS[start], **seeds)


# ---------------------------------------------------------------- handwritten digits

DIGIT_STARTS = {
    "zero": zeros,
    "uniform": partial(uniform, low=-0.05, high=0.05),
    "xavier": xavier_normal,
    "he": he_normal,
    "normal": normal,
}
DIGIT_RATES = (0.002, 0.01, 0.05, 0.2)
DIGIT_DEPTH, DIGIT_WIDTH = 8, 50

DIGIT_BEST = {
    "tanh": {"xavier": 0.01, "he": 0.01, "normal": 0.05},
    "relu": {"xavier": 0.01, "he": 0.01},
    "sigmoid": {"normal": 0.05},
}
"""As PLANE_BEST."""


@cache
def split_digits():
    """Raw pixels of 700 digits to train on and of 300 new ones."""
    x, y = datasets.digits()
    return datasets.split(x[:, :1000], y[:1000], held_out=0.3, rng=0)


@cache
def digit_task():
    """700 digits to train on, 300 new ones."""
    some = split_digits()
    x, new_x = (part.astype(np.float32) for part in datasets.standardize(some.x, some.held_out_x))
    return Task(x, some.y, new_x, some.held_out_y, batch=32, shown=STEPS, examples="digits")


def digit_network(start, activation, width=DIGIT_WIDTH, depth=DIGIT_DEPTH, **seeds):
    """64 pixels, `depth` hidden layers, ten outputs."""
    widths = [64, *[width] * depth, 10]
    return sample(widths, activation, DIGIT_STARTS[start], dtype=np.float32, **seeds)


@experiment(
    grid={"draw": DRAWS, "width": (25, 50), "optimizer": tuple(OPTIMIZERS), "activation": ("tanh", "relu")},
    settings={"rates": powers_of_two(-13, 0), "steps": 200, "batch": 32, "looks": (20, 100)},
    small={"draw": 0, "width": 25, "optimizer": "sgd", "activation": "tanh"},
    erratic=0.15,
)
def update_ratio(*, draw, width, optimizer, activation, rates, steps, batch, looks):
    """Size of an update over that of the weights, median of the layers, at the steps `looks`, (rates, looks); and loss
    and share of right answers on new digits in the end, (rates,).

    Five hidden layers, Xavier with tanh and He with ReLU, and a tenth of standard normal weights at the output.
    """
    x, y = datasets.digits()
    some = np.random.default_rng(draw).permutation(len(y))[:1000]
    data = datasets.split(x[:, some], y[some], held_out=0.3, rng=draw)
    x, new_x = datasets.standardize(data.x, data.held_out_x)
    hidden = {"tanh": xavier_normal, "relu": he_normal}[activation]
    weights = [hidden] * 5 + [partial(normal, std=0.1)]
    start = sample([64, *[width] * 5, 10], activation, weights, rng=draw, dtype=np.float32)
    options = {"loss": LOSS, "steps": steps, "batch_size": batch, "rng": draw, "snapshots": (*looks, steps)}
    options |= {"learning_rate": rates, "held_out": (new_x, data.held_out_y)}
    *early, end = train(start, x, data.y, **options, **OPTIMIZERS[optimizer]).snapshots
    return {
        "ratio": np.median([seen.update_ratio for seen in early], axis=-1).T,
        "loss": end.held_out_loss,
        "accuracy": np.where(np.isfinite(end.held_out_loss), end.held_out_accuracy, np.nan),
    }
