"""Record small networks and their gradients as PyTorch's autograd computes them, in float64.

    python tests/peers/record_network.py    write network.json beside this file

It needs the packages in requirements.txt, and nothing of initlab.
"""

import itertools
import json
from pathlib import Path

import torch

HERE = Path(__file__).parent
# The names that initlab gives to them.
ACTIVATIONS = {
    "identity": lambda z: z,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "elu": torch.nn.functional.elu,
    "selu": torch.selu,
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
    "softplus": torch.nn.functional.softplus,
}
WIDTHS, BATCH, STEPS, RATE = [3, 5, 4, 3], 4, 6, 0.1
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
# AdamW has a weight decay of its own by default; initlab has none.
TRAININGS = [
    {"optimizer": "sgd"},
    {"optimizer": "sgd", "momentum": 0.9},
    {"optimizer": "sgd", "momentum": 0.5, "weight_decay": 0.2},
    {"optimizer": "adam"},
    {"optimizer": "adam", "weight_decay": 0.2, "betas": [0.5, 0.7], "eps": 1e-3},
    {"optimizer": "adamw", "weight_decay": 0.0},
    {"optimizer": "adamw", "weight_decay": 0.2, "betas": [0.8, 0.95]},
]


def network(generator, activation, output_activation, loss):
    """One network: everything needed to run it, and everything autograd says about it."""

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    f = [ACTIVATIONS[activation]] * (len(WIDTHS) - 2) + [ACTIVATIONS[output_activation]]
    pairs = list(itertools.pairwise(WIDTHS))
    weights = [(0.5 * normal(n_out, n_in)).requires_grad_() for n_in, n_out in pairs]
    biases = [normal(n_out).requires_grad_() for _, n_out in pairs]
    x = normal(WIDTHS[0], BATCH).requires_grad_()
    if loss == "softmax_cross_entropy":
        y = torch.randint(WIDTHS[-1], (BATCH,), generator=generator)
    else:
        y = normal(WIDTHS[-1], BATCH)

    def run():
        z, a = [], [x]
        for W, b, f_l in zip(weights, biases, f, strict=True):
            z.append(W @ a[-1] + b[:, None])
            a.append(f_l(z[-1]))
        if loss == "softmax_cross_entropy":
            return z, a, torch.nn.functional.cross_entropy(a[-1].T, y)
        return z, a, 0.5 * (a[-1] - y).square().sum(dim=0).mean()

    def plain(tensors):
        return [t.detach().tolist() for t in tensors]

    z, a, value = run()
    leaves = [*z, *weights, *biases, x]
    gradients = torch.autograd.grad(value, leaves)
    depth = len(weights)
    record = {
        "activation": activation,
        "output_activation": output_activation,
        "loss": loss,
        "weights": plain(weights),
        "biases": plain(biases),
        "x": x.tolist(),
        "y": y.tolist(),
        "z": plain(z),
        "a": plain(a),
        "value": value.item(),
        "dz": plain(gradients[:depth]),
        "dW": plain(gradients[depth : 2 * depth]),
        "db": plain(gradients[2 * depth : 3 * depth]),
        "dx": gradients[-1].tolist(),
    }

    parameters = [*weights, *biases]
    start = [p.detach().clone() for p in parameters]

    def trained(optimizer, **options):
        with torch.no_grad():
            for p, first in zip(parameters, start, strict=True):
                p.copy_(first)
        optimizer = OPTIMIZERS[optimizer](parameters, lr=RATE, **options)
        losses = []
        for _ in range(STEPS):
            optimizer.zero_grad()
            value = run()[2]
            losses.append(value.item())
            value.backward()
            optimizer.step()
        losses.append(run()[2].item())
        return {"losses": losses, "weights": plain(weights), "biases": plain(biases)}

    return record | {"trained": [trained(**how) for how in TRAININGS]}


def main():
    generator = torch.Generator().manual_seed(0)
    records = [
        network(generator, activation, output_activation, loss)
        for activation in ACTIVATIONS
        for output_activation, loss in (("identity", "softmax_cross_entropy"), (activation, "squared_error"))
    ]
    content = {"torch": torch.__version__.split("+")[0], "rate": RATE, "trainings": TRAININGS, "networks": records}
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    (HERE / "network.json").write_text(text.replace('{"activation"', '\n{"activation"') + "\n")


if __name__ == "__main__":
    main()
