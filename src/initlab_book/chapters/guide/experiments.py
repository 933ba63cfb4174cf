"""The experiments of the chapter "Which call do I write?"."""

from functools import partial

import numpy as np

from initlab import gaussian
from initlab.initializers import lecun_normal, normal, uniform, variance_scaling
from initlab.network import sample, stack
from initlab.training import train
from initlab_book.experiment import DRAWS, OPTIMIZERS, experiment, powers_of_two

from ..watching.experiments import digit_task

LOSS = "softmax_cross_entropy"


def fan_in(gain):
    """Normal weights of variance gain^2 / fan_in."""
    return partial(variance_scaling, scale=gain**2, mode="fan_in", distribution="normal") if gain else zero


def zero(shape, *, rng=None, dtype=np.float64):
    """Weights that are all 0, of the same law as the others."""
    return normal(shape, std=0.0, rng=rng, dtype=dtype)


def like_torch(shape, *, rng=None, dtype=np.float64):
    """U[-1/sqrt(fan_in), 1/sqrt(fan_in)], PyTorch's default."""
    return uniform(shape, low=-(shape[1] ** -0.5), high=shape[1] ** -0.5, rng=rng, dtype=dtype)


def start(name, activation, widths, draw):
    """A network of that start: a framework's default, or this chapter's rules with the gain sqrt(2) or the guide's."""
    options = {"rng": draw, "dtype": np.float32}
    if name == "torch":
        biases = [lambda shape, n=n, **how: like_torch((*shape, n), **how)[:, 0] for n in widths[:-1]]
        return sample(widths, activation, like_torch, bias_initializer=biases, **options)
    if name == "flax":
        return sample(widths, activation, lecun_normal, **options)
    gain = {"he": np.sqrt(2), "guide": gaussian.gain(activation)}[name]
    return sample(widths, activation, [fan_in(1), *[fan_in(gain)] * (len(widths) - 3), fan_in(0.1)], **options)


def trained(networks, data, draw, optimizer, rates, batch, looks):
    """Loss on the digits trained on, and share of right answers on new ones, as (looks, rates, networks)."""
    ends = train(
        stack(networks),
        data.x,
        data.y,
        loss=LOSS,
        learning_rate=np.array(rates)[:, None],
        steps=looks[-1],
        batch_size=batch,
        rng=draw,
        snapshots=looks,
        held_out=(data.new_x, data.new_y),
        **OPTIMIZERS[optimizer],
    ).snapshots
    loss, new_loss, right = (
        np.array([getattr(end, name) for end in ends]) for name in ("loss", "held_out_loss", "held_out_accuracy")
    )
    return loss, np.where(np.isfinite(new_loss), right, np.nan)


STARTS = ("torch", "flax", "he", "guide")


@experiment(
    grid={
        "draw": DRAWS,
        "width": (32, 64),
        "optimizer": tuple(OPTIMIZERS),
        "activation": ("relu", "gelu", "silu", "tanh"),
    },
    settings={"starts": STARTS, "rates": powers_of_two(-12, 1), "hidden": 10, "steps": 200, "batch": 32},
    small={"draw": 0, "width": 32, "optimizer": "sgd", "activation": "tanh"},
)
def calls(*, draw, width, optimizer, activation, starts, rates, hidden, steps, batch):
    """Share of right answers on new digits after the last step: (rates, starts)."""
    networks = [start(name, activation, [64, *[width] * hidden, 10], draw) for name in starts]
    _, accuracy = trained(networks, digit_task(draw), draw, optimizer, rates, batch, (steps,))
    return {"accuracy": accuracy[0]}


@experiment(
    grid={"draw": DRAWS, "width": (32, 64), "optimizer": tuple(OPTIMIZERS)},
    settings={"gains": (0, 0.1, 1, 2), "rates": powers_of_two(-12, 1), "hidden": 4, "looks": (0, 10, 200), "batch": 32},
    small={"draw": 0, "width": 32, "optimizer": "sgd"},
)
def last_layer(*, draw, width, optimizer, gains, rates, hidden, looks, batch):
    """ReLU, He's rule, and a last layer with the gains `gains`: loss on the digits trained on, and share of right
    answers on new ones, at the steps `looks`: (looks, rates, gains)."""
    widths = [64, *[width] * hidden, 10]
    rest = [fan_in(1), *[fan_in(np.sqrt(2))] * (hidden - 1)]
    networks = [sample(widths, "relu", [*rest, fan_in(gain)], rng=draw, dtype=np.float32) for gain in gains]
    loss, accuracy = trained(networks, digit_task(draw), draw, optimizer, rates, batch, looks)
    return {"loss": loss, "accuracy": accuracy}
