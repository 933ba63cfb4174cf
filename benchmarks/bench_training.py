"""A step of training, by SGD or Adam, of a 64-5x200-10 tanh network with softmax cross-entropy, minibatch 10, float32:
initlab and PyTorch eager.

Both draw a new order for each pass through 1,797 examples. PyTorch runs with the number of threads that suits it best.
What statistics cost has no budget, for they are taken as often as a reader likes: it is stated, next to the same
training without them.
"""

import numpy as np
import torch
from common import Row, compare

from initlab.diagnostics import diagnose
from initlab.initializers import xavier_normal
from initlab.network import sample
from initlab.training import descend, train

WIDTHS = [64, 200, 200, 200, 200, 200, 10]
EXAMPLES, BATCH, STEPS = 1797, 10, 300
BINS = {"W": (40, -6, 2, "log"), "a": (40, -1, 1), "dz": (40, -12, 0, "log")}
OPTIMIZERS = {
    "training step, 64-5x200-10, minibatch 10": {},
    "  with momentum": {"momentum": 0.9},
    "  with Adam": {"optimizer": "adam"},
}
SEEN = 100  # examples that the diagnostics look at


def measure():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, EXAMPLES), dtype=np.float32), rng.integers(0, 10, EXAMPLES)
    network = sample(WIDTHS, "tanh", xavier_normal, rng=0, dtype=np.float32)
    how = {"loss": "softmax_cross_entropy", "learning_rate": 0.01, "steps": STEPS, "batch_size": BATCH, "rng": 0}

    def ours(**optimizer):
        return lambda: train(network, x, y, **how, **optimizer)

    def with_statistics():
        for seen in descend(network, x, y, snapshots=range(0, STEPS, 10), **how):
            if seen:
                diagnose(seen.network, x[:, :SEEN], y[:SEEN], loss="softmax_cross_entropy", bins=BINS)

    rows = []
    for name, optimizer in OPTIMIZERS.items():
        theirs = [torch_training(network, x, y, threads, **optimizer) for threads in (1, 2)]
        mine, *theirs = (seconds / STEPS for seconds in compare(ours(**optimizer), *theirs, rounds=15))
        best = min(theirs)
        figure = f"{1 / mine:,.0f} steps/s"
        comparator = f"PyTorch ({1 + theirs.index(best)} of 2 threads) {1 / best:,.0f} steps/s"
        rows.append(Row(name, figure, comparator, best / mine, ">= 2 x", best / mine >= 2))
    without, with_them = (seconds / STEPS for seconds in compare(ours(), with_statistics, rounds=5))
    each = 10 * (with_them - without)
    rows.append(
        Row(
            "  with a snapshot and diagnostics every 10 steps",
            f"{1 / with_them:,.0f} steps/s, {each * 1e3:.1f} ms each",
            f"without {1 / without:,.0f} steps/s",
            with_them / without,
            "stated",
            True,
        )
    )
    return rows


def torch_training(network, x, y, threads, optimizer="sgd", momentum=0.0):
    """The training loop that a user of PyTorch writes."""
    linears = []
    for W, b in zip(network.weights, network.biases, strict=True):
        linear = torch.nn.Linear(W.shape[1], W.shape[0])
        linear.load_state_dict({"weight": torch.from_numpy(W), "bias": torch.from_numpy(b)})
        linears += [linear, torch.nn.Tanh()]
    model = torch.nn.Sequential(*linears[:-1])
    parameters = model.parameters()
    if optimizer == "adam":
        optimizer = torch.optim.Adam(parameters, lr=0.01)
    else:
        optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=momentum)
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
