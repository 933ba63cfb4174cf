"""Optimizers: how a gradient becomes an update of the parameters.

With g = dL/dtheta for all weights and biases theta, at step t = 1, 2, ...:

    SGD      g <- g + weight_decay theta
             v <- momentum v + learning_rate g                              from v = 0
             theta <- theta - v

    Adam     g <- g + weight_decay theta
             m <- beta_1 m + (1 - beta_1) g                                 from m = 0
             s <- beta_2 s + (1 - beta_2) g^2                               from s = 0
             theta <- theta - learning_rate m' / (sqrt(s') + eps)           m' = m / (1 - beta_1^t), s' likewise

    AdamW    theta <- theta - learning_rate weight_decay theta, and Adam without weight decay

They are PyTorch's, as long as the learning rate stays the same. Sources: the heavy ball of
[Polyak 1964](https://doi.org/10.1016/0041-5553%2864%2990137-5), on a steady slope up to 1 / (1 - momentum) times as
fast; algorithm 1 of [Kingma and Ba 2015](https://arxiv.org/abs/1412.6980), where an update hardly depends on the size
of the gradients, only on how steady they are; algorithm 2 of
[Loshchilov and Hutter 2019](https://arxiv.org/abs/1711.05101), where weight decay is not divided by that size.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .arguments import finite, one_of

Update = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A function (theta, gradient) -> what is to be subtracted from theta. It may keep or overwrite the gradient's array,
and remembers what it has seen: there is one for each parameter."""


class Optimizer(Protocol):
    """What `training` needs to know."""

    def scale(self, rate: np.ndarray) -> np.ndarray | None:
        """What the gradient at the top is multiplied by: the gradients of all parameters are linear in it.

        Parameters
        ----------
        rate : array
            The learning rate.

        Returns
        -------
        array or None
            None for 1.
        """

    def update(self, theta: np.ndarray, rate: np.ndarray) -> Update | None:
        """How the gradient of a parameter, scaled like that, becomes an update.

        Parameters
        ----------
        theta : (..., n_out, n_in) or (..., n_out) array
            The parameter.
        rate : array
            The learning rate, with axes to be broadcast against theta.

        Returns
        -------
        callable or None
            The update, to be called once for every step. None where there is nothing to be done.
        """


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent, with momentum or without."""

    momentum: float = 0.0
    """Share of a step that is taken again in the next, 0 <= momentum < 1."""
    weight_decay: float = 0.0
    """>= 0, times theta added to the gradient."""

    def scale(self, rate: np.ndarray) -> np.ndarray:
        """The learning rate: gradients arrive as steps to take.

        Parameters
        ----------
        rate : array
            The learning rate.

        Returns
        -------
        array
            The same.
        """
        return rate

    def update(self, theta: np.ndarray, rate: np.ndarray) -> Update | None:
        """How learning_rate x gradient becomes an update.

        Parameters
        ----------
        theta : (..., n_out, n_in) or (..., n_out) array
            The parameter.
        rate : array
            The learning rate, with axes to be broadcast against theta.

        Returns
        -------
        callable or None
            None without momentum and weight decay.
        """
        momentum, decay = self.momentum, rate * self.weight_decay
        if not momentum and not self.weight_decay:
            return None
        v = np.zeros_like(theta)

        def update(theta: np.ndarray, step: np.ndarray) -> np.ndarray:
            if self.weight_decay:
                step += decay * theta
            if not momentum:
                return step
            np.multiply(v, momentum, out=v)
            return np.add(v, step, out=v)

        return update


@dataclass(frozen=True)
class Adam:
    """Adam, or with `decoupled` AdamW."""

    betas: tuple[float, float] = (0.9, 0.999)
    """How much of the running means of g and of g^2 a step keeps."""
    eps: float = 1e-8
    """Added to the root of the mean square."""
    weight_decay: float = 0.0
    """>= 0."""
    decoupled: bool = False
    """Whether weight decay acts on theta directly, as in AdamW, and not by way of the gradient."""

    def scale(self, rate: np.ndarray) -> None:
        """None: Adam wants the gradients as they are.

        Parameters
        ----------
        rate : array
            The learning rate.
        """

    def update(self, theta: np.ndarray, rate: np.ndarray) -> Update:
        """How a gradient becomes an update.

        Parameters
        ----------
        theta : (..., n_out, n_in) or (..., n_out) array
            The parameter.
        rate : array
            The learning rate, with axes to be broadcast against theta.

        Returns
        -------
        callable
            The update, to be called once for every step.
        """
        (beta_1, beta_2), decay = self.betas, rate * self.weight_decay
        m, s, scratch = np.zeros_like(theta), np.zeros_like(theta), np.empty_like(theta)
        steps = 0

        def update(theta: np.ndarray, g: np.ndarray) -> np.ndarray:
            nonlocal steps
            steps += 1
            if self.weight_decay and not self.decoupled:
                g += np.multiply(theta, self.weight_decay, out=scratch)
            np.multiply(m, beta_1, out=m)
            np.add(m, np.multiply(g, 1 - beta_1, out=scratch), out=m)
            np.multiply(s, beta_2, out=s)
            np.multiply(g, g, out=scratch)
            np.add(s, np.multiply(scratch, 1 - beta_2, out=scratch), out=s)
            # Both corrections at once, so that each array is gone through as seldom as possible.
            root = math.sqrt(1 - beta_2**steps)
            np.add(np.sqrt(s, out=scratch), self.eps * root, out=scratch)
            np.divide(m, scratch, out=g)
            g *= rate * (root / (1 - beta_1**steps))
            if self.weight_decay and self.decoupled:
                g += np.multiply(theta, decay, out=scratch)
            return g

        return update


OPTIMIZERS = ("sgd", "adam", "adamw")
"""The names of the optimizers."""


def get(
    optimizer: str,
    *,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> Optimizer:
    """The optimizer of that name.

    Parameters
    ----------
    optimizer : {"sgd", "adam", "adamw"}
        Its name.
    momentum : float
        Of SGD, 0 <= momentum < 1. The others have betas[0] instead, and want 0 here.
    weight_decay : float
        >= 0.
    betas : (float, float)
        Of Adam and AdamW: how much of the means of gradients and of their squares a step keeps, each >= 0 and < 1.
    eps : float
        Of Adam and AdamW, > 0.

    Returns
    -------
    Optimizer
        An `SGD` or an `Adam`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> get("sgd", momentum=0.9)
    SGD(momentum=0.9, weight_decay=0.0)
    """
    one_of("optimizer", optimizer, OPTIMIZERS)
    momentum = finite("momentum", momentum, at_least=0, below=1)
    weight_decay = finite("weight_decay", weight_decay, at_least=0)
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise TypeError(f"betas must be a pair of numbers >= 0 and < 1, got {betas!r}")
    beta_1, beta_2 = (finite("each of betas", beta, at_least=0, below=1) for beta in betas)
    eps = finite("eps", eps, above=0)
    if optimizer == "sgd":
        return SGD(momentum, weight_decay)
    if momentum:
        raise ValueError(f"momentum must be 0 for {optimizer!r}, which has betas instead, got {momentum!r}")
    return Adam((beta_1, beta_2), eps, weight_decay, decoupled=optimizer == "adamw")
