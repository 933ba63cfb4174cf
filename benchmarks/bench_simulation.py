"""Statistics of a deep network: 50 layers x 512 units x batch 512 in float32, forward, backward and weight gradients;
and of an ensemble, 8 networks of 50 layers x 200 units, batch 50, in float64, given or drawn anew.

The networks have no biases, as in signal-propagation theory. Ours say how alike the examples are in every layer, too;
PyTorch is not asked to.
Compared with the matrix products alone, on the same arrays, and with PyTorch computing the same statistics, in the
faster of two ways: by autograd, and written out by hand into preallocated tensors.
"""

from functools import partial

import numpy as np
import torch
from common import at_most, compare

from initlab.initializers import he_normal, xavier_normal
from initlab.network import forward, observe, sample, simulate

DEPTH, WIDTH, BATCH, BINS, ROUNDS = 50, 512, 512, 60, 8
RUNS, RUN_WIDTH, RUN_BATCH = 8, 200, 50


def measure():
    return one_network() + ensemble()


def one_network():
    rows = []
    for activation, initializer in (("tanh", xavier_normal), ("relu", he_normal)):
        network = sample(
            [WIDTH] * (DEPTH + 1),
            activation,
            initializer,
            bias_initializer=None,
            output_activation=activation,
            rng=0,
            dtype=np.float32,
        )
        rng = np.random.default_rng(1)
        x, g = rng.standard_normal((2, WIDTH, BATCH), dtype=np.float32)
        products, moments, histograms, *theirs = compare(
            matrix_products(network, x),
            partial(observe, network, x, targets=g),
            partial(observe, network, x, targets=g, bins=BINS),
            *(way(network, x, g, bins) for bins in (None, BINS) for way in (torch_autograd, torch_by_hand)),
            rounds=ROUNDS,
        )
        torch_moments, torch_histograms = min(theirs[:2]), min(theirs[2:])
        rows += [
            at_most(f"50 x 512 x 512 {activation}, moments", moments, products, 1.1, versus="matrix products"),
            at_most(f"50 x 512 x 512 {activation}, moments", moments, torch_moments, 1, versus="PyTorch"),
            at_most(f"  and {BINS}-bin histograms", histograms, torch_histograms, 1, versus="PyTorch"),
        ]
    return rows


def ensemble():
    widths = [RUN_WIDTH] * (DEPTH + 1)
    network = sample(widths, "tanh", xavier_normal, bias_initializer=None, output_activation="tanh", seeds=range(RUNS))
    rng = np.random.default_rng(1)
    x, g = rng.standard_normal((2, RUNS, RUN_WIDTH, RUN_BATCH))

    def drawn_by_torch():
        weights = [torch.randn(RUNS, RUN_WIDTH, RUN_WIDTH, dtype=torch.float64) / RUN_WIDTH**0.5 for _ in range(DEPTH)]
        torch_ensemble(weights, *torch.randn(2, RUNS, RUN_WIDTH, RUN_BATCH, dtype=torch.float64))

    given = [torch.from_numpy(W) for W in network.weights]
    ours, theirs, our_draws, their_draws = compare(
        partial(observe, network, x, targets=g),
        partial(torch_ensemble, given, torch.from_numpy(x), torch.from_numpy(g)),
        partial(simulate, widths, "tanh", xavier_normal, bias_initializer=None, seeds=range(RUNS), batch=RUN_BATCH),
        drawn_by_torch,
        rounds=ROUNDS,
    )
    name = f"{RUNS} networks of {DEPTH} x {RUN_WIDTH}, batch {RUN_BATCH}"
    return [
        at_most(f"{name}, moments", ours, theirs, 1, versus="PyTorch"),
        at_most("  drawn anew each time", our_draws, their_draws, 1, versus="PyTorch"),
    ]


def torch_ensemble(weights, x, g):
    """One product for all networks, `bmm`, and the moments of each network."""

    def moments(values):
        return values.mean(dim=(1, 2)), values.square().mean(dim=(1, 2))

    with torch.no_grad():
        a = [x]
        for W in weights:
            z = torch.bmm(W, a[-1])
            moments(z)
            a.append(torch.tanh(z))
            moments(a[-1])
        top = g
        for W, above, below in zip(weights[::-1], a[:0:-1], a[-2::-1], strict=True):
            dz = torch.ops.aten.tanh_backward(top, above)
            moments(dz)
            moments(torch.bmm(dz, below.mT))
            top = torch.bmm(W.mT, dz)
        moments(top)


def matrix_products(network, x):
    """The three products of every layer, with the operands of a real pass, and nothing else."""
    a = forward(network, x).a
    z, dW, da = np.empty_like(x), np.empty_like(network.weights[0]), np.empty_like(x)

    def run():
        for W, a_below in zip(network.weights, a[:-1], strict=True):
            np.matmul(W, a_below, out=z)
        for W, a_below in zip(network.weights[::-1], a[-2::-1], strict=True):
            np.matmul(z, a_below.T, out=dW)
            np.matmul(W.T, z, out=da)

    return run


def torch_moments(values):
    flat = values.reshape(-1)
    return values.mean(), torch.dot(flat, flat) / flat.numel()


def torch_summary(values, bins, limit):
    if bins is None:
        return torch_moments(values)
    # Much faster than torch.histc (0.3 against 0.8 ms for one layer); like it, for equal bins.
    index = values.reshape(-1).add(limit).mul_(bins / (2 * limit)).clamp_(-1, bins).add_(1).long()
    return torch_moments(values), torch.bincount(index, minlength=bins + 2)


def torch_autograd(network, x, g, bins):
    """As a user of PyTorch writes it."""
    weights = [torch.from_numpy(W).requires_grad_() for W in network.weights]
    f = {"tanh": torch.tanh, "relu": torch.relu}[network.activation.name]
    x, g = torch.from_numpy(x).requires_grad_(), torch.from_numpy(g)

    def run():
        z, a = [], [x]
        for W in weights:
            z.append(W @ a[-1])
            a.append(f(z[-1]))
        gradients = torch.autograd.grad(a[-1], [x, *z, *weights], g)
        with torch.no_grad():
            for values in (*z, *a, *gradients[: 1 + len(z)]):
                torch_summary(values, bins, 5)
            for values in gradients[1 + len(z) :]:
                torch_summary(values, bins, 5 * BATCH**0.5)

    return run


def torch_by_hand(network, x, g, bins):
    """Every tensor written out into preallocated memory, statistics taken while it is in the cache."""
    weights = [torch.from_numpy(W) for W in network.weights]
    name = network.activation.name
    x, g = torch.from_numpy(x), torch.from_numpy(g)
    kept = torch.empty(DEPTH, WIDTH, BATCH)
    z, dz, da = torch.empty(3, WIDTH, BATCH)
    dW = torch.empty(WIDTH, WIDTH)

    @torch.no_grad()
    def run():
        a = x
        torch_summary(x, bins, 5)
        for i, W in enumerate(weights):
            torch.mm(W, a, out=z)
            torch_summary(z, bins, 5)
            a = torch.tanh(z, out=kept[i]) if name == "tanh" else torch.clamp(z, min=0, out=kept[i])
            torch_summary(a, bins, 5)
        top = g
        for i in reversed(range(DEPTH)):
            if name == "tanh":
                torch.ops.aten.tanh_backward(top, kept[i], grad_input=dz)
            else:
                torch.ops.aten.threshold_backward(top, kept[i], 0, grad_input=dz)
            torch_summary(dz, bins, 5)
            torch_summary(torch.mm(dz, (kept[i - 1] if i else x).T, out=dW), bins, 5 * BATCH**0.5)
            top = torch.mm(weights[i].T, dz, out=da)
        torch_summary(da, bins, 5)

    return run
