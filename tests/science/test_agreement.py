"""Claims about the test of agreement: it accepts right predictions, and rejects those that are a few per cent off."""

import numpy as np
import pytest
from scipy import stats

from initlab.agreement import agreement, critical, z_scores


def table(seeds=100, cells=(3, 20), spread=0.1, rng=0):
    """Second moments of true mean 1, log-normal, with a part that all cells of one seed share."""
    rng = np.random.default_rng(rng)
    noise = rng.standard_normal((seeds, *cells)) + rng.standard_normal((seeds, *[1] * len(cells)))
    sigma = spread / np.sqrt(2)
    return np.exp(sigma * noise - sigma**2)


def test_z_is_the_t_statistic_of_every_cell():
    measured, predicted = table(), np.linspace(0.9, 1.1, 60).reshape(3, 20)
    assert z_scores(measured, predicted) == pytest.approx(stats.ttest_1samp(measured, predicted, axis=0).statistic)


def test_z_keeps_the_shape_of_the_cells_and_broadcasts_the_prediction():
    assert z_scores(table(), 1.0).shape == (3, 20)
    assert z_scores(table(cells=()), 1.0).shape == ()
    assert z_scores(table(), np.ones((3, 1))) == pytest.approx(z_scores(table(), 1.0))


def test_a_right_prediction_is_rarely_rejected():
    p_values = np.array([agreement(z_scores(table(rng=rng), 1.0), 100).p_value for rng in range(400)])
    for level in (0.05, 0.2):  # at most the level, and here, with dependent cells, not above it by 3 standard errors
        assert np.mean(p_values < level) < level + 3 * np.sqrt(level * (1 - level) / 400)
    assert np.mean(p_values < 0.2) > 0.02  # the correction is cautious, not blind


@pytest.mark.parametrize("wrong", [0.95, 1.05])
def test_a_prediction_that_is_a_few_per_cent_off_is_rejected(wrong):
    # the standard error is 1 %, so 5 % are five of them, and more in some of 60 cells
    assert all(agreement(z_scores(table(rng=rng), wrong), 100).p_value < 0.01 for rng in range(100))


def test_one_wrong_cell_among_many_is_enough():
    predicted = np.ones((3, 20))
    predicted[1, 7] = 1.08
    for rng in range(50):
        z = z_scores(table(rng=rng), predicted)
        assert agreement(z, 100).p_value < 0.01
        assert np.unravel_index(np.abs(z).argmax(), z.shape) == (1, 7)


def test_the_correction_counts_every_cell_of_every_piece():
    pieces = [np.array([[0.5, -3.0]]), np.float64(1.0)]
    found = agreement(pieces, seeds=30)
    assert (found.cells, found.worst) == (3, 3.0)
    assert found.p_value == pytest.approx(3 * 2 * stats.t.sf(3.0, 29))
    assert agreement([0.1, 0.2], seeds=30).p_value == 1


def test_the_critical_value_is_where_the_p_value_crosses():
    z = critical(cells=192, seeds=100, p_value=0.01)
    zeros = np.zeros(191)
    assert agreement([zeros, z + 1e-6], 100).p_value < 0.01 < agreement([zeros, z - 1e-6], 100).p_value
    assert stats.norm.isf(0.01 / 384) < z < 1.1 * stats.norm.isf(0.01 / 384)


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        ([[1.0, 2.0]], "two seeds or more"),
        (1.0, "two seeds or more"),
        ([[1.0], [np.inf]], "finite"),
        ([[1.0, 2.0], [1.0, 3.0]], "differ between seeds"),
    ],
)
def test_a_table_without_a_standard_error_is_refused(measured, message):
    with pytest.raises(ValueError, match=message):
        z_scores(measured, 1.0)


@pytest.mark.parametrize("z", [[], [np.nan], np.empty((0, 3))])
def test_a_test_of_nothing_is_refused(z):
    with pytest.raises(ValueError, match="z must hold"):
        agreement(z, 100)


def test_a_test_needs_two_seeds():
    with pytest.raises(ValueError, match="seeds must be"):
        agreement([1.0], 1)


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e307])
def test_squares_that_overflow_or_underflow_do_no_harm(scale):
    measured = np.array([[1.0], [2.0], [3.5]])
    assert z_scores(measured * scale, [5 * scale]) == pytest.approx(z_scores(measured, [5.0]))
