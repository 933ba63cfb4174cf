"""Statistics of every layer: moments and histograms, at the edges of what a precision can hold, too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initlab import layer_statistics
from initlab.initializers import he_normal
from initlab.network import Network, backward, forward, observe, sample

QUANTITIES = ("z", "a", "dz", "dW", "dx")


def pass_by_pass(widths, activation, initializer, seed, batch, dtype):
    """What simulate should have looked at, by the public passes; its inputs and gradients are standard normal."""
    network = sample(widths, activation, initializer, output_activation=activation, rng=seed, dtype=dtype)
    rng = np.random.default_rng(seed)
    x, g = (rng.standard_normal((n, batch)).astype(dtype) for n in (widths[0], widths[-1]))
    bins = {"z": (61, -2, 3), "a": (60, -1, 1), "dz": (7, -1, 1), "dW": (300, -9, 9)}
    seen = observe(network, x, targets=g, bins=bins)
    passed = forward(network, x)
    gradients = backward(network, passed, g)
    return seen, {"z": passed.z, "a": passed.a, "dz": gradients.dz, "dW": gradients.dW, "dx": (gradients.dx,)}


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "gelu"])
@pytest.mark.parametrize(("widths", "batch"), [([20, 30, 10], 40), ([300, 270, 300], 310), ([1, 1], 1)])
def test_statistics_are_those_of_the_arrays(activation, widths, batch):
    for dtype, tolerance in ((np.float32, 1e-5), (np.float64, 1e-11)):
        seen, arrays = pass_by_pass(widths, activation, he_normal, 3, batch, dtype)
        for name in QUANTITIES:
            statistics = getattr(seen, name)
            for i, values in enumerate(arrays[name]):
                v = values.astype(np.float64)
                spread = np.sqrt(np.mean(v**2))
                assert statistics.mean[i] == pytest.approx(v.mean(), rel=tolerance, abs=tolerance * spread), name
                assert statistics.second_moment[i] == pytest.approx(np.mean(v**2), rel=tolerance), name
                assert statistics.variance[i] == pytest.approx(v.var(), rel=tolerance, abs=1e-30), name


def test_float32_statistics_keep_their_digits_when_the_spread_is_small_or_the_values_are_tiny_or_huge():
    rng = np.random.default_rng(0)
    for mean, scale in ((1, 1e-4), (0, 1e-25), (0, 1e25), (1e3, 1), (0, 1e-42)):
        x = (mean + scale * rng.standard_normal((64, 700))).astype(np.float32)
        network = Network((np.zeros((1, 64), np.float32),), (np.zeros(1, np.float32),), "tanh")
        seen, exact = observe(network, x, rng=0).a, x.astype(np.float64)
        assert seen.mean[0] == pytest.approx(exact.mean(), rel=1e-5, abs=1e-6 * scale)
        assert seen.variance[0] == pytest.approx(exact.var(), rel=1e-5)
        assert seen.second_moment[0] == pytest.approx(np.mean(exact**2), rel=1e-5)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("width", [20, 300])
def test_histograms_are_those_of_numpy(activation, width):
    """float64 agrees exactly; in float32 a value within rounding of an edge may be on its other side."""
    for dtype in (np.float64, np.float32):
        seen, arrays = pass_by_pass([width] * 3, activation, he_normal, 5, width + 1, dtype)
        for name in ("z", "a", "dz", "dW"):
            statistics = getattr(seen, name)
            low, high = statistics.edges[[0, -1]]
            for i, values in enumerate(arrays[name]):
                expected = np.histogram(values, statistics.edges)[0]
                moved = np.abs(np.cumsum(statistics.counts[i] - expected)).max()
                assert moved <= (0 if dtype == np.float64 else 2)
                assert statistics.below[i] == np.sum(values < dtype(low))
                assert statistics.above[i] == np.sum(values > dtype(high))
                assert statistics.nan[i] == 0


values_and_edges = st.one_of(
    st.sampled_from([-1.0, 1.0, 0.0, -0.0, np.inf, -np.inf, np.nan, 1 + 1e-15, -1 - 1e-15, 1e300]), st.floats(-3, 3)
)


@given(row=st.lists(values_and_edges, min_size=1, max_size=50), bins=st.sampled_from([1, 2, 60, 252, 253, 1000]))
@settings(deadline=None, max_examples=100)
def test_every_value_is_counted_in_exactly_one_place(row, bins):
    network = Network((np.zeros((1, 1)),), (np.zeros(1),), "identity")
    x = np.array([row])
    seen = observe(network, x, rng=0, bins={"a": (bins, -1, 1)}).a
    assert seen.counts[0].sum() + seen.below[0] + seen.above[0] + seen.nan[0] == x.size
    assert seen.nan[0] == np.isnan(x).sum()
    assert seen.below[0] == np.sum(x < -1)
    assert seen.above[0] == np.sum(x > 1)
    if bins == 1:
        assert seen.counts[0, 0] == np.sum((x >= -1) & (x <= 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 0), (-0.3, 0.7), (1, 1.0001), (1, 1 + 1e-7), (-1e-40, 1e-40)])
def test_the_outer_edges_are_exact(low, high, dtype):
    edges = np.array([low, high], dtype)
    x = np.concatenate([np.nextafter(edges, dtype(-9)), edges, np.nextafter(edges, dtype(9)), [dtype(-1e-45)]])
    network = Network((np.zeros((1, 1), dtype),), (None,), "identity")
    seen = observe(network, x[None], rng=0, bins={"a": (60, low, high)}).a
    exact = np.float64 if dtype == np.float64 or high - low < 1e-3 else np.float32  # where float32 is too coarse for it
    assert seen.below[0] == np.sum(x.astype(exact) < exact(low))
    assert seen.above[0] == np.sum(x.astype(exact) > exact(high))
    assert seen.counts[0].sum() == x.size - seen.below[0] - seen.above[0]


def test_large_and_small_arrays_are_counted_alike():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 100_001))
    network = Network((np.zeros((1, 3)),), (np.zeros(1),), "identity")
    for bins in (7, 60, 252, 400):
        counts = observe(network, x, rng=0, bins={"a": (bins, -1, 2)}).a.counts[0]
        np.testing.assert_array_equal(counts, np.histogram(x, bins, (-1, 2))[0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_cosine_is_above_1(dtype):
    rng = np.random.default_rng(0)
    for _ in range(50):
        survey = layer_statistics.Survey({}, alike=["a"])
        survey.see(a=np.repeat(rng.standard_normal((30, 1)), 7, axis=1).astype(dtype))
        seen = survey.statistics("a")
        assert 1 - 1e-6 < seen.cosine[0] <= 1
        assert 1 - 1e-5 < seen.correlation[0] <= 1
