"""The figures of the chapter "Watching networks train": two films, of points in the plane and of handwritten digits.

A film is computed in two ways that give the same frames. `compute` trains one network and shows it as it goes, with any
settings; `films` trains all runs that the static page shows as one ensemble. What a frame holds is worked out by the
same functions, from arrays with or without run axes.
"""

from functools import cache, partial

import numpy as np

from initlab.activations import labels
from initlab.diagnostics import diagnose
from initlab.network import forward, stack
from initlab.training import descend
from initlab_book import engine
from initlab_book.figure import (
    Film,
    HeatMap,
    Images,
    Levels,
    Lines,
    Menu,
    Number,
    Player,
    Prediction,
    Ridges,
    Seed,
    Series,
    Slider,
)
from initlab_book.numbers import number

from .experiments import (
    DIGIT_BEST,
    DIGIT_DEPTH,
    DIGIT_RATES,
    DIGIT_STARTS,
    DIGIT_WIDTH,
    LOSS,
    PLANE_BEST,
    PLANE_DEPTH,
    PLANE_RATES,
    PLANE_STARTS,
    PLANE_WIDTH,
    STEPS,
    digit_network,
    digit_task,
    plane_network,
    plane_task,
    split_digits,
)

ACTIVATIONS = labels("tanh", "relu", "sigmoid")


class _Story:
    """What is told of one run, step after step: the curves so far, and the sentence of every step."""

    def __init__(self, task, names, opening):
        self.task, self.opening = task, opening
        self.curves = {name: [None] * len(task.shown) for name in names}
        self.told = 0

    def curve(self, *names):
        """The data of a panel over time: the curves of those names up to this step."""
        return {"y": {name: list(self.curves[name]) for name in names}}

    def add(self, **values):
        for name, value in values.items():
            self.curves[name][self.told] = float(value)
        self.told += 1

    def sentence(self, step, loss, new_loss, right, diverged_at):
        """How well it goes."""
        task = self.task
        text = f"Step {step}, {self.opening}: "
        if not np.isfinite(loss):
            at = diverged_at if diverged_at >= 0 else step
            return f"{text}the run diverged at step {at}; its loss is no number any more."
        text += f"loss {number(loss)} on the training {task.examples}, {number(new_loss)} on new ones; "
        text += f"{100 * right:.0f} % of new {task.examples} are right."
        if loss > task.chance - 0.005:
            classes = int(task.y.max()) + 1
            luck = 1 / classes + 2 * np.sqrt((1 - 1 / classes) / classes / len(task.new_y))
            if right > luck:  # more than two standard errors above chance
                text += (
                    f" The answers are better than chance, but the loss is not: guessing costs {number(task.chance)}."
                )
            else:
                among = {2: "two", 10: "ten"}[classes]
                text += f" That is no better than chance: guessing among {among} costs {number(task.chance)}."
        return text


def _units(activation, saturated, dead):
    """The sentence on the layer whose units are worst off, if any is."""
    saturated, dead = np.asarray(saturated)[:-1], np.asarray(dead)[:-1]  # the output layer has no f
    if activation == "relu":
        layer, share, what = int(dead.argmax()), dead.max(), "ReLU units off for every example"
    else:
        layer, share, what = int(saturated.argmax()), saturated.max(), f"{activation} units saturated"
    return f" Layer {layer + 1}: {100 * share:.0f} % of {what}." if share >= 0.005 else ""


def _gradient(sizes, what):
    """The sentence on how much of the gradient comes down to the first layer."""
    sizes = np.asarray(sizes)
    if not np.isfinite(sizes).all():
        return ""
    silent = np.flatnonzero(sizes == 0) + 1
    if len(silent) == len(sizes):
        return f" No layer has a {what}."
    if len(silent):
        where = f"layers {silent[0]} to {silent[-1]} have" if len(silent) > 1 else f"layer {silent[0]} has"
        return f" {where.capitalize()} no {what}."
    return f" {what.capitalize()}: {number(sizes[-1], 2)} in layer {len(sizes)}, {number(sizes[0], 2)} in layer 1."


def _teller(scene, task, start, activation, rate, best):
    """What makes the frames of one run, in their order: a function of what was looked at, and of the run's index.

    `best` has the best rate of the starts for which it is known: the mark at the slider.
    """
    opening = f"{scene.labels[start]}, {ACTIVATIONS[activation]}, rate {number(rate)}"
    extra = {"marks": {"rate": best[start]}} if start in best else {}
    return partial(scene.frame, story=_Story(task, scene.curves, opening), activation=activation, extra=extra)


def _looks(scene, network, rate, task):
    """Train, and yield what every step of a film shows, or None between two of them."""
    for snapshot in descend(network, task.x, task.y, learning_rate=rate, **task.options):
        yield None
        if snapshot:  # after a pause, for to look takes as long as many updates
            yield scene.look(snapshot, task)


def _one_run(scene, network, rate, task, tell):
    """The frames of one run, as it goes."""
    for looked in _looks(scene, network, rate, task):
        yield looked and tell(looked, ())


def _all_runs(scene, networks, rates, task, tell):
    """Yield (start, rate, frames) for every start, given with its network, at every rate: one ensemble trains."""
    looks = _looks(scene, stack([*networks.values()]), np.array(rates)[:, None], task)
    every = [looked for looked in looks if looked]
    for i, rate in enumerate(rates):
        for j, start in enumerate(networks):
            frame = tell(start=start, rate=rate)
            yield start, rate, [frame(looked, (i, j)) for looked in every]


def _over_time(name, title, series, y_range, guide):
    """A panel of curves over the steps of the player."""
    x = tuple(step + 1 for step in STEPS)
    return Lines(name, title, "before step", series, y_range, x=x, log_x=True, guide=guide, over_time=True)


# ---------------------------------------------------------------- points in the plane

DATA = {"blobs": "two clouds", "circles": "two circles", "moons": "two moons", "spiral": "spiral"}
PLANE_LABELS = {
    "zero": "all weights 0",
    "constant": "all weights 0.1",
    "small": "too small: 0.3 × Xavier",
    "xavier": "Xavier",
    "he": "He",
    "large": "too large: 4 × Xavier",
}
CELLS, REACH = 20, 2.4


def _cells():
    centres = (np.arange(CELLS) + 0.5) / CELLS * 2 * REACH - REACH
    return np.array(np.meshgrid(centres, centres)).reshape(2, -1)


class _Plane:
    """What a frame of the plane shows."""

    labels = PLANE_LABELS
    curves = ("train", "new")

    @staticmethod
    def look(snapshot, task):
        """Everything about one step, with the run axes of the network."""
        seen = diagnose(snapshot.network, task.x, task.y, loss=LOSS)
        return snapshot, seen, _share_of_class_1(forward(snapshot.network, _cells()).output)

    @staticmethod
    def frame(looked, run, story, activation, extra):
        """The frame of one run."""
        snapshot, seen, share = looked
        loss, new_loss = snapshot.loss[run], snapshot.held_out_loss[run]
        story.add(train=loss, new=new_loss)
        task, gradient = story.task, seen.dW.rms[run]
        panels = {
            "surface": {"levels": Levels(share[run].reshape(CELLS, CELLS)), "points": task.points},
            "loss": story.curve("train", "new"),
            "gradient": {"y": {"now": gradient}, "x": seen.layers},
        }
        right, diverged_at = snapshot.held_out_accuracy[run], snapshot.diverged_at[run]
        text = story.sentence(snapshot.step, loss, new_loss, right, diverged_at)
        if np.isfinite(loss):
            text += _gradient(gradient, "gradient of weights") + _units(activation, seen.saturated[run], seen.dead[run])
        return panels | extra, text


@np.errstate(all="ignore")
def _share_of_class_1(scores):
    return 1 / (1 + np.exp(scores[..., 0, :] - scores[..., 1, :]))


def _plane(data, start, activation, rate, width, depth, seed):
    """One run, as it goes."""
    task, network = plane_task(data), plane_network(start, activation, width, depth, rng=seed)
    best = PLANE_BEST[data, activation] if (width, depth) == (PLANE_WIDTH, PLANE_DEPTH) else {}
    return _one_run(_Plane, network, rate, task, _teller(_Plane, task, start, activation, rate, best))


def _plane_films(data):
    """All runs on one data set."""
    task, films = plane_task(data), {}
    for activation in PLANE_ACTIVATIONS:
        networks = {start: plane_network(start, activation, rng=0) for start in PLANE_STARTS}
        tell = partial(_teller, _Plane, task, activation=activation, best=PLANE_BEST[data, activation])
        for start, rate, frames in _all_runs(_Plane, networks, PLANE_RATES, task, tell):
            films[start, activation, rate, PLANE_WIDTH, PLANE_DEPTH, 0] = frames
    return films


PLANE_ACTIVATIONS = ("tanh", "relu")

two_dimensions = Film(
    name="two-dimensions",
    title="A network learns to tell two classes of points apart",
    controls=(
        Menu("data", "Data", DATA, "moons"),
        Menu("start", "Start", PLANE_LABELS, "xavier"),
        Menu("activation", "Activation", {name: ACTIVATIONS[name] for name in PLANE_ACTIVATIONS}, "tanh"),
        Slider("rate", "Learning rate", PLANE_RATES, 0.03),
        Number("width", "Units a layer", PLANE_WIDTH, 1, 64),
        Number("depth", "Hidden layers", PLANE_DEPTH, 1, 30),
        Seed(),
    ),
    panels=(
        HeatMap(
            "surface",
            "Probability of class 1",
            "x₁",
            (-REACH, REACH),
            (-REACH, REACH),
        ),
        _over_time(
            "loss",
            "Loss so far",
            (Series("train", "training points", tone=1), Series("new", "new points", tone=2)),
            y_range=(0, 1.5),
            guide=float(np.log(2)),
        ),
        Lines(
            "gradient",
            "Size of the gradient of W, now",
            "layer",
            (Series("now", "root mean square", tone=3),),
            y_range=(1e-8, 100),
            log=True,
        ),
    ),
    compute=_plane,
    films=_plane_films,
    player=Player("step", "Step", STEPS, 0),
    part="data",
    compare=("start", "activation", "rate"),
    digits=3,
    engine=True,
    caption=(
        "A network of tanh or ReLU units, trained with minibatches: the share that it gives to each class, the "
        "loss, and the gradient of every layer."
    ),
    prediction=Prediction(
        "All weights 0.1: what will the network that starts so make of the two circles?",
        outcome=(
            "Its equal units act as one: it finds what one unit can find, a straight border, and gets at most two "
            "thirds of the circles right."
        ),
        options=("it separates them", "a straight border", "it guesses"),
    ),
    against={"start": "large"},
)
DIGIT_LABELS = {
    "zero": "all weights 0",
    "uniform": "uniform, −0.05 to 0.05",
    "xavier": "Xavier",
    "he": "He",
    "normal": "standard normal",
}
DIGIT_BINS = 24
RANGES = {"W": (-4, 1), "a": (-2, 2), "dz": (-12, 0)}
BINS = {
    "W": (DIGIT_BINS, *RANGES["W"], "log"),
    "a": (DIGIT_BINS, *RANGES["a"]),
    "dz": (DIGIT_BINS, *RANGES["dz"], "log"),
}
LOOKED_AT = 60  # examples on which activations and gradients are looked at


@cache
def digit_pictures():
    """Two new digits of every class: where they are among the new ones, and their pixels from 0 to 1."""
    some = split_digits()
    at = np.concatenate([np.flatnonzero(some.held_out_y == k)[:2] for k in range(10)])
    return at, Levels(some.held_out_x[:, at].T / 16)


@np.errstate(all="ignore")
def _answers(scores):
    """What a network says, and how sure it is."""
    p = np.exp(scores - scores.max(axis=-2, keepdims=True))
    p /= p.sum(axis=-2, keepdims=True)
    return p.argmax(axis=-2), p.max(axis=-2)


class _Digits:
    """What a frame of the digits shows."""

    labels = DIGIT_LABELS
    curves = ("train", "new", "right")

    @staticmethod
    def look(snapshot, task):
        """Everything about one step, with the run axes of the network."""
        at, _ = digit_pictures()
        seen = diagnose(snapshot.network, task.x[:, :LOOKED_AT], task.y[:LOOKED_AT], loss=LOSS, bins=BINS)
        return snapshot, seen, _answers(forward(snapshot.network, task.new_x[:, at]).output)

    @staticmethod
    def ridges(seen, name, run, layers):
        """The data of a panel of ridges."""
        h = {"W": seen.W, "a": seen.a, "dz": seen.dz}[name]
        counts = h.counts[run][:layers].astype(float)
        outside = (h.below + h.above)[run][:layers].astype(float)
        total = counts.sum(axis=-1) + outside + h.nan[run][:layers]
        if h.zero is not None:
            zero = h.zero[run][:layers]
            total, outside = total + zero, outside + zero
        return {
            "layers": seen.layers[:layers],
            "counts": Levels(counts / np.maximum(counts.max(axis=-1, keepdims=True), 1)),
            "rms": h.rms[run][:layers],
            "outside": [round(100 * share) for share in (outside + h.nan[run][:layers]) / total],
        }

    @classmethod
    def frame(cls, looked, run, story, activation, extra):
        """The frame of one run."""
        snapshot, seen, (says, sure) = looked
        loss, new_loss, right = snapshot.loss[run], snapshot.held_out_loss[run], snapshot.held_out_accuracy[run]
        story.add(train=loss, new=new_loss, right=100 * right)
        at, pixels = digit_pictures()
        label, alive = story.task.new_y[at], np.isfinite(sure[run])
        depth = len(seen.layers) - 1
        panels = {
            "digits": {
                "pixels": pixels,
                "label": label,
                "says": [int(k) if known else None for k, known in zip(says[run], alive, strict=True)],
                "sure": Levels(np.where(alive, sure[run], 0)),
            },
            "loss": story.curve("train", "new"),
            "right": story.curve("right"),
            "weights": cls.ridges(seen, "W", run, depth + 1),
            "activations": cls.ridges(seen, "a", run, depth),
            "gradients": cls.ridges(seen, "dz", run, depth + 1),
        }
        text = story.sentence(snapshot.step, loss, new_loss, right, snapshot.diverged_at[run])
        if np.isfinite(loss):
            wrong = int(np.sum((says[run] != label) | ~alive))
            text += f" Of the {len(at)} shown {wrong} are wrong."
            text += _gradient(seen.dz.rms[run], "gradient") + _units(activation, seen.saturated[run], seen.dead[run])
        return panels | extra, text


def _digits(activation, start, rate, width, depth, seed):
    """One run, as it goes."""
    task, network = digit_task(dtype=float), digit_network(start, activation, width, depth, float, rng=seed)
    best = DIGIT_BEST[activation] if (width, depth) == (DIGIT_WIDTH, DIGIT_DEPTH) else {}
    return _one_run(_Digits, network, rate, task, _teller(_Digits, task, start, activation, rate, best))


def _digit_films(activation):
    """All runs with one activation."""
    task = digit_task(dtype=float)
    networks = {start: digit_network(start, activation, dtype=float, rng=0) for start in DIGIT_STARTS}
    tell = partial(_teller, _Digits, task, activation=activation, best=DIGIT_BEST[activation])
    runs = _all_runs(_Digits, networks, DIGIT_RATES, task, tell)
    return {(start, rate, DIGIT_WIDTH, DIGIT_DEPTH, 0): frames for start, rate, frames in runs}


digits = Film(
    name="digits",
    title="A deep network learns to read digits",
    controls=(
        Menu("activation", "Activation", ACTIVATIONS, "tanh"),
        Menu("start", "Start", DIGIT_LABELS, "xavier"),
        Slider("rate", "Learning rate", DIGIT_RATES, 0.01),
        Number("width", "Units a layer", DIGIT_WIDTH, 1, 200),
        Number("depth", "Hidden layers", DIGIT_DEPTH, 1, 30),
        Seed(),
    ),
    panels=(
        Images("digits", "New digits, and what the network says", (8, 8)),
        _over_time(
            "loss",
            "Loss so far",
            (Series("train", "training digits", tone=1), Series("new", "new digits", tone=2)),
            y_range=(0, 4),
            guide=float(np.log(10)),
        ),
        _over_time(
            "right",
            "New digits that are right, in per cent",
            (Series("right", "right", tone=3),),
            y_range=(0, 100),
            guide=10.0,
        ),
        Ridges("weights", "Weights, layer by layer", "|w|", RANGES["W"], log=True),
        Ridges("activations", "Activations", "a", RANGES["a"]),
        Ridges("gradients", "Gradients", "|∂L/∂z|", RANGES["dz"], log=True),
    ),
    compute=_digits,
    films=_digit_films,
    player=Player("step", "Step", STEPS, 0),
    part="activation",
    compare=("start", "rate"),
    digits=3,
    engine=True,
    engine_data=engine.digits,
    caption=(
        "A deep network, at first eight hidden layers of 50 units, trained on handwritten digits: answers to digits "
        "that it has not seen, the losses, and what happens in every layer."
    ),
    prediction=Prediction(
        (
            "With tanh and standard normal weights three quarters of all units are saturated before the first "
            "step. How large are the gradients in the lower layers?"
        ),
        outcome=(
            "Far larger: they grow on the way down, more than a hundredfold. Few units pass a gradient, but the "
            "large weights multiply what they pass."
        ),
        options=("far smaller than at the top", "as large", "far larger"),
    ),
    against={"start": "normal"},
    narrow=("digits", "right", "gradients"),
)
