"""The experiments of the chapter "Watching networks train"."""

from dataclasses import dataclass
from functools import cache, cached_property, partial

import numpy as np

from initlab import datasets
from initlab.diagnostics import diagnose
from initlab.initializers import constant, he_normal, normal, uniform, xavier_normal, zeros
from initlab.network import sample
from initlab.training import train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, new_examples, powers_of_two

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
def plane_task(data, draw=None):
    """100 points to train on and 200 new ones: those of the film, or those of a draw of the experiment."""
    make = {
        "blobs": partial(datasets.blobs, noise=0.5),
        "circles": partial(datasets.circles, noise=0.12),
        "moons": datasets.moons,
        "spiral": datasets.spiral,
    }[data]
    seeds = (0, 1) if draw is None else (draw, new_examples(draw))
    (x, y), (new_x, new_y) = (make(count, rng=seed) for count, seed in zip((100, 200), seeds, strict=True))
    return Task(x, y, new_x, new_y, batch=20, shown=STEPS, examples="points")


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
def split_digits(draw=None):
    """Raw pixels of 700 digits to train on and of 300 new ones: those of the film, or those of a draw."""
    x, y = datasets.digits()
    some = np.arange(1000) if draw is None else np.random.default_rng(draw).permutation(len(y))[:1000]
    return datasets.split(x[:, some], y[some], held_out=0.3, rng=draw or 0)


@cache
def digit_task(draw=None, dtype=np.float32):
    """700 digits to train on, 300 new ones."""
    some = split_digits(draw)
    x, new_x = (part.astype(dtype) for part in datasets.standardize(some.x, some.held_out_x))
    return Task(x, some.y, new_x, some.held_out_y, batch=32, shown=STEPS, examples="digits")


def digit_network(start, activation, width=DIGIT_WIDTH, depth=DIGIT_DEPTH, dtype=np.float32, **seeds):
    """64 pixels, `depth` hidden layers, ten outputs."""
    widths = [64, *[width] * depth, 10]
    return sample(widths, activation, DIGIT_STARTS[start], dtype=dtype, **seeds)


# ---------------------------------------------------------------- ten draws, two widths, three optimizers


def _at_best_rate(end):
    """Of runs along an axis of learning rates, the one that ends with the lowest held-out loss: which it is, that loss,
    and the shares of new and of training examples that are right."""
    loss = np.where(np.isfinite(end.held_out_loss), end.held_out_loss, np.inf)
    best = loss.argmin()
    return best, {"loss": loss[best], "right": end.held_out_accuracy[best], "learned": end.accuracy[best]}


def _stacked(found):
    """{name: array} of several records with the same names."""
    return {name: np.array([each[name] for each in found]) for name in found[0]}


def _from_every_start(starts, task, rates, draw, optimizer):
    """Loss, share of right answers and best rate from each of the starts, given with its network, at its best rate."""
    found = []
    options = {
        "loss": LOSS,
        "steps": task.shown[-1],
        "batch_size": task.batch,
        "rng": draw,
        "snapshots": task.shown[-1:],
    }
    options |= {"held_out": (task.new_x, task.new_y), "learning_rate": rates, **OPTIMIZERS[optimizer]}
    for network in starts:
        (end,) = train(network, task.x, task.y, **options).snapshots
        best, verdict = _at_best_rate(end)
        found.append(verdict | {"rate": rates[best]})
    return _stacked(found)


PLANE_TESTED = ("constant", "small", "xavier", "he", "large")


@experiment(
    grid={
        "draw": DRAWS,
        "width": (PLANE_WIDTH, 2 * PLANE_WIDTH),
        "optimizer": tuple(OPTIMIZERS),
        "activation": ("tanh", "relu"),
        "data": ("circles", "moons", "spiral"),
    },
    settings={"rates": powers_of_two(-14, 3)},
    small={"draw": 0, "width": PLANE_WIDTH, "optimizer": "sgd", "activation": "tanh", "data": "circles"},
)
def plane(*, draw, width, optimizer, activation, data, rates):
    """What the networks of the film in the plane learn from the starts PLANE_TESTED, each at its best rate."""
    networks = [plane_network(start, activation, width, rng=draw) for start in PLANE_TESTED]
    return _from_every_start(networks, plane_task(data, draw), rates, draw, optimizer)


DIGIT_TESTED = ("uniform", "xavier", "he", "normal")


@experiment(
    grid={
        "draw": DRAWS,
        "width": (DIGIT_WIDTH // 2, DIGIT_WIDTH),
        "optimizer": tuple(OPTIMIZERS),
        "activation": ("tanh", "relu", "sigmoid"),
    },
    settings={"rates": powers_of_two(-14, 3)},
    small={"draw": 0, "width": DIGIT_WIDTH // 2, "optimizer": "momentum", "activation": "sigmoid"},
)
def deep(*, draw, width, optimizer, activation, rates):
    """What the networks of the film of the digits learn from the starts DIGIT_TESTED, each at its best rate."""
    networks = [digit_network(start, activation, width, rng=draw) for start in DIGIT_TESTED]
    return _from_every_start(networks, digit_task(draw), rates, draw, optimizer)


FIXES = {
    "0  as found": ("raw", normal, normal),
    "1  inputs standardized": ("standardized", normal, normal),
    "2  + output layer / 10": ("standardized", normal, partial(normal, std=0.1)),
    "3  + hidden layers Xavier": ("standardized", xavier_normal, partial(normal, std=0.1)),
    "4  + gain 5/3": ("standardized", xavier_times(5 / 3), partial(normal, std=0.1)),
    "3' without fix 2": ("standardized", xavier_normal, normal),
}
"""A network written in haste, and what is repaired in it: its inputs, its hidden layers, its output layer."""


@experiment(
    grid={"draw": DRAWS, "width": (25, 50), "optimizer": tuple(OPTIMIZERS)},
    settings={"rates": powers_of_two(-14, 3), "steps": 200, "early": 20},
    small={"draw": 0, "width": 25, "optimizer": "sgd"},
)
def fixes(*, draw, width, optimizer, rates, steps, early):
    """The rows of FIXES, each at its best rate: first loss, share of saturated pairs before training, loss and size of
    an update over that of the weights (median of the layers) at the step `early`, and what it has learned in the end.

    Five hidden layers of tanh units.
    """
    inputs = {"raw": split_digits(draw), "standardized": digit_task(draw)}
    new = {"raw": inputs["raw"].held_out_x, "standardized": inputs["standardized"].new_x}
    y, new_y = inputs["standardized"].y, inputs["standardized"].new_y
    options = {"loss": LOSS, "steps": steps, "batch_size": 32, "rng": draw, "snapshots": (early, steps)}
    found = []
    for kind, hidden, output in FIXES.values():
        start = sample([64, *[width] * 5, 10], "tanh", [hidden] * 5 + [output], rng=draw, dtype=np.float32)
        x, held_out = inputs[kind].x, (new[kind], new_y)
        seen = diagnose(start, x, y, loss=LOSS)
        run = train(start, x, y, learning_rate=rates, held_out=held_out, **options, **OPTIMIZERS[optimizer])
        soon, end = run.snapshots
        best, verdict = _at_best_rate(end)
        found.append(
            {"first": seen.loss, "saturated": seen.saturated[:-1].mean(), "rate": rates[best]}
            | {"soon": soon.held_out_loss[best], "ratio": np.median(soon.update_ratio[best])}
            | verdict
        )
    return _stacked(found)


@experiment(
    grid={"draw": DRAWS, "width": (25, 50), "optimizer": tuple(OPTIMIZERS), "activation": ("tanh", "relu")},
    settings={"rates": powers_of_two(-13, 2), "steps": 200, "batch": 32, "looks": (20, 100)},
    small={"draw": 0, "width": 25, "optimizer": "sgd", "activation": "tanh"},
)
def update_ratio(*, draw, width, optimizer, activation, rates, steps, batch, looks):
    """Size of an update over that of the weights, median of the layers, at the steps `looks`, (rates, looks); and loss
    and share of right answers on new digits in the end, (rates,).

    Five hidden layers, Xavier with tanh and He with ReLU, and a tenth of standard normal weights at the output.
    """
    task = digit_task(draw)
    hidden = {"tanh": xavier_normal, "relu": he_normal}[activation]
    weights = [hidden] * 5 + [partial(normal, std=0.1)]
    start = sample([64, *[width] * 5, 10], activation, weights, rng=draw, dtype=np.float32)
    options = {"loss": LOSS, "steps": steps, "batch_size": batch, "rng": draw, "snapshots": (*looks, steps)}
    options |= {"learning_rate": rates, "held_out": (task.new_x, task.new_y)}
    *early, end = train(start, task.x, task.y, **options, **OPTIMIZERS[optimizer]).snapshots
    return {
        "ratio": np.median([seen.update_ratio for seen in early], axis=-1).T,
        "loss": end.held_out_loss,
        "accuracy": np.where(np.isfinite(end.held_out_loss), end.held_out_accuracy, np.nan),
    }
