"""A step of SGD on a 64-5x200-10 tanh network, softmax cross-entropy, minibatch 10, float32: initlab and PyTorch eager.

Both draw a new order for each pass through 1,797 examples. PyTorch runs with the number of threads that suits it best.
"""

import numpy as np
import torch
from common import Row, compare

from initlab.initializers import xavier_normal
from initlab.network import sample
from initlab.training import train

WIDTHS = [64, 200, 200, 200, 200, 200, 10]
EXAMPLES, BATCH, STEPS = 1797, 10, 300


def measure():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, EXAMPLES), dtype=np.float32), rng.integers(0, 10, EXAMPLES)
    network = sample(WIDTHS, "tanh", xavier_normal, rng=0, dtype=np.float32)

    def ours():
        train(network, x, y, loss="softmax_cross_entropy", learning_rate=0.01, steps=STEPS, batch_size=BATCH, rng=0)

    theirs = [torch_training(network, x, y, threads) for threads in (1, 2)]
    times = compare(ours, *theirs, rounds=15)
    mine, *theirs = (seconds / STEPS for seconds in times)
    best = min(theirs)
    return [
        Row(
            "training step, 64-5x200-10, minibatch 10",
            f"{1 / mine:,.0f} steps/s",
            f"PyTorch ({1 + theirs.index(best)} of 2 threads) {1 / best:,.0f} steps/s",
            best / mine,
            ">= 2 x",
            best / mine >= 2,
        )
    ]


def torch_training(network, x, y, threads):
    """The training loop that a user of PyTorch writes."""
    linears = []
    for W, b in zip(network.weights, network.biases, strict=True):
        linear = torch.nn.Linear(W.shape[1], W.shape[0])
        linear.load_state_dict({"weight": torch.from_numpy(W), "bias": torch.from_numpy(b)})
        linears += [linear, torch.nn.Tanh()]
    model = torch.nn.Sequential(*linears[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    loss = torch.nn.CrossEntropyLoss()
    x, y = torch.from_numpy(x.T.copy()), torch.from_numpy(y)

    def run():
        torch.set_num_threads(threads)
        for step in range(STEPS):
            start = step * BATCH % (EXAMPLES - BATCH)
            if start < BATCH:
                order = torch.randperm(EXAMPLES)
            some = order[start : start + BATCH]
            optimizer.zero_grad()
            loss(model(x[some]), y[some]).backward()
            optimizer.step()

    return run
