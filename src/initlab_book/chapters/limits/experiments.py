"""The experiments of the chapter "What the rules leave out"."""

from functools import cache, partial
from typing import NamedTuple

import numpy as np

from initlab.initializers import xavier_normal
from initlab.network import sample
from initlab_book.chapters.why import experiments as why

# ---------------------------------------------------------------- does the sigmoid train?

RATES = tuple(float(f"{10**k:.3g}") for k in np.arange(-1.5, 0.6, 0.5))


class Trained(NamedTuple):
    """Accuracy on new points after training at every rate."""

    accuracy: np.ndarray
    """(rates, seeds)"""

    @property
    def best(self):
        """The accuracies of all seeds at the rate that is best on average."""
        return self.accuracy[self.accuracy.mean(axis=1).argmax()]


@cache
def trained(activation, gain, hidden=5, rates=RATES, steps=why.STEPS):
    """Networks on the two spirals of the first chapter: as deep, as wide, trained as long, each at all the rates."""
    widths = (2, *[16] * hidden, 2)
    start = sample(widths, activation, partial(xavier_normal, gain=gain), seeds=why.SEEDS)
    return Trained(why.at_every_rate(start, rates, steps)[1])
