"""Claims about products of random matrices."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from initlab import random_matrices
from initlab.activations import leaky_relu
from initlab.initializers import he_normal
from initlab.network import simulate


def log_lengths(width, layers, seeds):
    """ln|h[l]| by its exact law, a sum of log chi-squared steps: an independent way to the same numbers."""
    steps = np.random.default_rng(0).chisquare(width, (seeds, layers)) / width
    return 0.5 * np.log(steps).sum(axis=1)


@pytest.mark.parametrize("width", [1, 2, 8, 64])
def test_growth_rate_and_variance_are_those_of_log_chi_squared(width):
    seeds, layers = 100_000, 3
    sample = log_lengths(width, layers, seeds)
    error = sample.std() / np.sqrt(seeds)
    assert abs(sample.mean() - layers * random_matrices.growth_rate(width)) < 4 * error
    fourth = np.mean((sample - sample.mean()) ** 4)
    error_of_variance = np.sqrt((fourth - sample.var() ** 2) / seeds)
    assert abs(sample.var() - layers * random_matrices.growth_variance(width)) < 4 * error_of_variance


@pytest.mark.parametrize(("width", "tolerance"), [(2, 0.05), (8, 0.01), (64, 0.01)])
@pytest.mark.parametrize("layers", [1, 5, 30])
def test_quantiles_are_right_to_the_stated_accuracy(width, tolerance, layers):
    seeds = 400_000
    lengths = np.sort(np.exp(log_lengths(width, layers, seeds)))
    for p in (0.025, 0.1, 0.5, 0.9, 0.975):
        # the sampling error of an empirical quantile, as a range of ranks
        slack = 4 * np.sqrt(seeds * p * (1 - p))
        low, high = lengths[int(seeds * p - slack)], lengths[int(seeds * p + slack)]
        quantile = random_matrices.growth_quantile(p, layers, width)
        assert low * (1 - tolerance) < quantile < high * (1 + tolerance)


def test_real_matrices_stretch_by_the_predicted_law():
    width, layers, seeds = 4, 10, 2000
    logs = np.log(random_matrices.stretch(width, layers, seeds=seeds, rng=0)[:, -1])
    # Kolmogorov-Smirnov against the exact law, sampled; at p > 1e-3 a true law fails once in a thousand seeds
    assert stats.ks_2samp(logs, log_lengths(width, layers, 100_000)).pvalue > 1e-3


def test_a_gain_only_multiplies():
    plain, doubled = (random_matrices.stretch(3, 5, gain=g, seeds=2, rng=1) for g in (1.0, 2.0))
    assert doubled == pytest.approx(plain * 2.0 ** np.arange(6))


def test_lyapunov_exponents_are_the_growth_rates_of_a_long_product():
    width, layers = 3, 20_000
    rng = np.random.default_rng(0)
    Q, logs = np.eye(width), np.zeros((layers, width))
    for layer in range(layers):  # QR keeps the directions apart
        Q, R = np.linalg.qr(rng.standard_normal((width, width)) / np.sqrt(width) @ Q)
        logs[layer] = np.log(np.abs(np.diag(R)))
    error = logs.std(axis=0) / np.sqrt(layers)
    assert np.all(np.abs(logs.mean(axis=0) - random_matrices.lyapunov_exponents(width)) < 4 * error)
    assert random_matrices.lyapunov_exponents(width)[0] == pytest.approx(random_matrices.growth_rate(width))


def test_wide_layers_follow_the_wide_layer_formulas():
    n = 4096
    assert random_matrices.growth_rate(n) == pytest.approx(-1 / (2 * n), rel=1e-3)
    assert random_matrices.growth_variance(n) == pytest.approx(1 / (2 * n), rel=1e-3)


@pytest.mark.parametrize("bad", [0, -3, 2.5, "8", True])
def test_a_width_is_a_whole_number(bad):
    with pytest.raises(ValueError, match="width must be a whole number"):
        random_matrices.growth_rate(bad)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_a_leaky_relu_network_takes_the_walk_of_its_slope(slope):
    widths, seeds = [60, 80, 60, 100, 80], 600
    f, scheme = leaky_relu(slope), partial(he_normal, negative_slope=slope)
    deep = simulate([50, *widths], f, scheme, seeds=range(seeds), batch=1, bias_initializer=None)
    logs = np.log(deep.a.second_moment / deep.a.second_moment[:, :1]) / 2  # He keeps E[a^2], whatever the widths
    drift, variance = random_matrices.relu_walk(widths, slope)
    assert logs.mean(axis=0) == pytest.approx(drift, abs=4 * np.sqrt(variance[-1] / seeds))
    # the standard error of a variance is sqrt(2/seeds) of it; beyond that, the formula is one for wide layers
    assert logs.var(axis=0)[1:] == pytest.approx(variance[1:], rel=4 * np.sqrt(2 / seeds) + 5 / 60)
    low, high = (random_matrices.relu_quantile(p, widths, slope)[-1] for p in (0.025, 0.975))
    inside = np.mean((np.log(low) < logs[:, -1]) & (logs[:, -1] < np.log(high)))
    assert inside == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / seeds))


def test_the_walk_of_a_linear_network_is_that_of_its_products():
    for n in (32, 512):
        drift, variance = random_matrices.relu_walk([n] * 7, 1.0)
        assert drift[-1] == pytest.approx(7 * random_matrices.growth_rate(n), rel=2 / n)
        assert variance[-1] == pytest.approx(7 * random_matrices.growth_variance(n), rel=2 / n)


@pytest.mark.parametrize(("widths", "slope", "message"), [([3, 0], 0.0, "width"), ([3], np.nan, "negative_slope")])
def test_a_walk_of_nonsense_is_refused(widths, slope, message):
    with pytest.raises(ValueError, match=message):
        random_matrices.relu_walk(widths, slope)
