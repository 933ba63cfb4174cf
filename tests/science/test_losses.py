"""The losses: what they are at the extremes, and for every run of its own."""

import numpy as np
import pytest

from initlab import losses


def test_cross_entropy_survives_extreme_logits():
    z = np.array([[1000.0, -1000, 0], [0, 1000, 0]])
    loss, gradient = losses.softmax_cross_entropy(z, np.array([0, 0, 1]))
    assert loss == pytest.approx((0 + 2000 + np.log(2)) / 3)
    np.testing.assert_allclose(gradient * 3, [[0, -1, 0.5], [0, 1, -0.5]], atol=1e-12)


def test_a_network_that_knows_nothing_has_loss_log_classes():
    assert losses.softmax_cross_entropy(np.zeros((10, 7)), np.arange(7))[0] == pytest.approx(np.log(10))


def test_losses_take_runs_and_labels_of_each_run():
    z = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    labels = np.random.default_rng(1).integers(0, 4, (2, 3, 5))
    shared = losses.softmax_cross_entropy(z, labels[0, 0])
    own = losses.softmax_cross_entropy(z, labels)
    for i, j in np.ndindex(2, 3):
        for got, y in ((shared, labels[0, 0]), (own, labels[i, j])):
            loss, gradient = losses.softmax_cross_entropy(z[i, j], y)
            assert got[0][i, j] == loss
            np.testing.assert_array_equal(got[1][i, j], gradient)
    y = z[0, 0]
    loss, gradient = losses.squared_error(z, y)
    assert loss[1, 2] == losses.squared_error(z[1, 2], y)[0]
    np.testing.assert_array_equal(gradient[1, 2], losses.squared_error(z[1, 2], y)[1])
