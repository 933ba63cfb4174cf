"""Claims about products of random matrices."""

import mpmath
import numpy as np
import pytest
from scipy import stats

from initlab import random_matrices


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


@pytest.mark.parametrize(("width", "tolerance"), [(1, 0.15), (2, 0.05), (8, 0.01), (64, 0.01)])
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


def test_quantiles_rise_with_the_probability():
    p = np.geomspace(0.001, 0.5, 30)
    for width in (1, 2, 3, 8):
        quantiles = [float(random_matrices.growth_quantile(at, 1, width)) for at in [*p, *(1 - p[::-1])]]
        assert np.all(np.diff(quantiles[:30]) > 0)
        assert np.all(np.diff(quantiles[30:]) > 0)


def test_real_matrices_stretch_by_the_predicted_law():
    width, layers, seeds = 4, 10, 2000
    logs = np.log(random_matrices.stretch(width, layers, seeds=seeds, rng=0)[:, -1])
    # Kolmogorov-Smirnov against the exact law, sampled; at p > 1e-3 a true law fails once in a thousand seeds
    assert stats.ks_2samp(logs, log_lengths(width, layers, 100_000)).pvalue > 1e-3


def test_lengths_beyond_the_largest_number_are_inf():
    assert random_matrices.stretch(2, 1000, gain=1e10, rng=0)[0, -1] == np.inf
    assert random_matrices.growth_quantile(0.5, 1000, 2, gain=1e10) == np.inf


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


@pytest.mark.parametrize(
    ("bad", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError), ("8", TypeError), (True, TypeError)]
)
def test_a_width_is_a_whole_number(bad, error):
    with pytest.raises(error, match="width must be an int >= 1, got"):
        random_matrices.growth_rate(bad)


def test_the_drift_of_wide_layers_is_not_lost_in_rounding():
    for n in (999, 1000, 10**6, 10**10, 10**14):
        with mpmath.workdps(50):
            exact = float((mpmath.digamma(mpmath.mpf(n) / 2) - mpmath.log(mpmath.mpf(n) / 2)) / 2)
        assert random_matrices.growth_rate(n) == pytest.approx(exact, rel=1e-12)
