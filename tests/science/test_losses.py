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


def test_integers_are_the_numbers_that_they_are():
    whole = np.array([[1, 2, 3], [0, -1, 2]])
    half = np.full((2, 3), 0.5)
    for loss in (losses.linear, losses.squared_error):
        for mine, theirs in zip(loss(whole, half), loss(whole.astype(float), half), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        for mine, theirs in zip(loss(half, whole), loss(half, whole.astype(float)), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    labels = np.array([0, 1, 1])
    for mine, theirs in zip(
        losses.softmax_cross_entropy(whole, labels), losses.softmax_cross_entropy(whole + 0.0, labels), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert losses.squared_error(np.ones((2, 3), int), half)[0] == 0.25
    assert losses.linear(np.ones((2, 3), int), half)[0] == 3


@pytest.mark.parametrize("loss", [losses.linear, losses.squared_error, losses.softmax_cross_entropy])
@pytest.mark.parametrize(
    ("output", "error", "says"),
    [
        (np.zeros(3), ValueError, r"output must have shape \(\.\.\., units, batch\), got \(3,\)"),
        (np.zeros((2, 3), complex), TypeError, "output must be an array of real numbers, got .*j"),
        ([["a", "b"]], TypeError, "output must be an array of real numbers"),
        ([[1.0, 2.0], [3.0]], ValueError, "output must be an array of real numbers"),
    ],
)
def test_an_output_of_another_kind_is_named(loss, output, error, says):
    with pytest.raises(error, match=says):
        loss(output, np.zeros(3, int))


@pytest.mark.parametrize("loss", [losses.linear, losses.squared_error, losses.softmax_cross_entropy])
def test_no_example_has_no_mean_loss(loss):
    with pytest.raises(ValueError, match=r"output must have shape .* got \(2, 0\)"):
        loss(np.zeros((2, 0)), np.zeros((2, 0)))


@pytest.mark.parametrize(
    ("returned", "error", "says"),
    [
        (lambda z: (np.square(z).sum() / 2, z), ValueError, "one number for each run, of shape .4,., got shape .."),
        (
            lambda z: (np.square(z).sum(axis=-2), z),
            ValueError,
            "one number for each run, of shape .4,., got shape .4, 5",
        ),
        (lambda z: (z[..., 0, 0], z[..., :1, :]), ValueError, "gradient of the shape of the output, .* got .4, 1, 5"),
        (lambda z: (z[..., 0, 0], 1.0), ValueError, "gradient of the shape of the output"),
        (lambda z: (z[..., 0, 0], None), TypeError, "gradient must be an array of real numbers"),
        (lambda z: z[..., 0, 0], TypeError, "loss must return a pair .loss, gradient., got ndarray"),
    ],
)
def test_what_a_loss_of_ones_own_returns_is_checked(returned, error, says):
    own = losses.get(lambda output, targets: returned(output))
    with pytest.raises(error, match=says):
        own(np.ones((4, 3, 5)), None)
    assert losses.get(own) is own
