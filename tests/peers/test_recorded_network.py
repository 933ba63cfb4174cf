"""Passes, losses and optimizers against PyTorch, as recorded by record_network.py; PyTorch is not needed here."""

import json
from pathlib import Path

import numpy as np
import pytest

from initlab import losses
from initlab.network import Network, backward, forward
from initlab.training import train

RECORD = json.loads((Path(__file__).parent / "network.json").read_text())
CLOSE = {"rtol": 1e-9, "atol": 1e-14}

every_network = pytest.mark.parametrize(
    "record", RECORD["networks"], ids=lambda record: f"{record['activation']}-{record['loss']}"
)


def network_of(record, prefix=""):
    weights, biases = (tuple(map(np.array, record[prefix + name])) for name in ("weights", "biases"))
    return Network(weights, biases, record["activation"], record["output_activation"])


def assert_all_close(ours, recorded):
    assert len(ours) == len(recorded) > 0
    for mine, theirs in zip(ours, recorded, strict=True):
        np.testing.assert_allclose(mine, np.array(theirs), **CLOSE)


@every_network
def test_forward_and_backward_agree_with_autograd(record):
    network = network_of(record)
    passed = forward(network, np.array(record["x"]))
    assert_all_close(passed.z, record["z"])
    assert_all_close(passed.a, record["a"])
    value, gradient = losses.get(record["loss"])(passed.output, np.array(record["y"]))
    np.testing.assert_allclose(value, record["value"], **CLOSE)
    gradients = backward(network, passed, gradient)
    assert_all_close(gradients.dz, record["dz"])
    assert_all_close(gradients.dW, record["dW"])
    assert_all_close(gradients.db, record["db"])
    np.testing.assert_allclose(gradients.dx, np.array(record["dx"]), **CLOSE)


@every_network
@pytest.mark.parametrize("number", range(len(RECORD["trainings"])))
def test_training_takes_the_steps_that_torch_takes(record, number):
    how, trained = RECORD["trainings"][number], record["trained"][number]
    x, y = np.array(record["x"]), np.array(record["y"])
    steps = len(trained["losses"]) - 1
    run = train(network_of(record), x, y, loss=record["loss"], learning_rate=RECORD["rate"], steps=steps, **how)
    np.testing.assert_allclose(run.loss, trained["losses"], rtol=1e-9)
    assert_all_close(run.network.weights, trained["weights"])
    assert_all_close(run.network.biases, trained["biases"])
