"""Initializers: their laws, their variances, their invariances, and what a wrong argument is told.

Laws are tested with a Kolmogorov-Smirnov test at alpha = 0.001 on fixed seeds: a test that passes once passes always.
Each is paired with a wrong law that the same test must reject, so that none of them passes for lack of power.
"""

import math
import re
import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from initlab import initializers as I
from initlab.initializers import fans, normal, orthogonal, truncated_normal, uniform, variance_scaling

ALPHA = 0.001
SHAPE = (300, 100)  # fan_in 100, fan_out 300
CONV = (32, 16, 3, 3)  # fan_in 144, fan_out 288

# scheme, shape, distribution, variance
SCHEMES = [
    (I.xavier_normal, SHAPE, "normal", 2 / 400),
    (I.xavier_uniform, SHAPE, "uniform", 2 / 400),
    (partial(I.xavier_uniform, gain=5 / 3), CONV, "uniform", 25 / 9 * 2 / 432),
    (I.he_normal, SHAPE, "normal", 2 / 100),
    (I.he_uniform, CONV, "uniform", 2 / 144),
    (partial(I.he_normal, mode="fan_out"), SHAPE, "normal", 2 / 300),
    (partial(I.he_normal, mode="fan_avg"), SHAPE, "normal", 2 / 200),
    (partial(I.he_uniform, negative_slope=5**0.5), SHAPE, "uniform", 1 / 300),
    (partial(I.he_normal, layout="IO"), SHAPE, "normal", 2 / 300),
    (I.lecun_normal, SHAPE, "normal", 1 / 100),
    (partial(I.lecun_uniform, layout="IO"), (3, 3, 16, 32), "uniform", 1 / 144),
    *(
        (partial(variance_scaling, scale=1.5, mode=mode, distribution="truncated_normal"), SHAPE, "truncated_normal", v)
        for mode, v in (("fan_in", 1.5 / 100), ("fan_out", 1.5 / 300), ("fan_avg", 1.5 / 200))
    ),
]
# Laws of variance 1. Scaling a law by s scales its standard deviation by s.
UNIT_LAWS = {
    "normal": stats.norm(),
    "uniform": stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)),
    "truncated_normal": stats.truncnorm(-2, 2, scale=1 / stats.truncnorm(-2, 2).std()),
}

every_scheme = pytest.mark.parametrize(("scheme", "shape", "distribution", "variance"), SCHEMES)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

matrices = st.lists(st.integers(0, 6), min_size=2, max_size=5).map(tuple)
shapes = st.lists(st.integers(0, 6), min_size=0, max_size=4).map(tuple)
seeds = st.integers(0, 2**32)
dtypes = st.sampled_from([np.float16, np.float32, np.float64, "float32"])
layouts = st.sampled_from(I.LAYOUTS)
ANY_SHAPE = [
    I.zeros,
    partial(I.constant, value=0.5),
    I.normal,
    partial(uniform, low=-1, high=2),
    truncated_normal,
]
NEEDS_FANS = [
    *(
        partial(variance_scaling, scale=2.0, mode=mode, distribution=distribution)
        for mode in I.MODES
        for distribution in I.DISTRIBUTIONS
    ),
    I.xavier_normal,
    I.xavier_uniform,
    I.he_normal,
    I.he_uniform,
    I.lecun_normal,
    I.lecun_uniform,
    I.orthogonal,
]


def p_value(W, law):
    return stats.kstest(np.ravel(W).astype(np.float64), law.cdf).pvalue


# Laws


@every_dtype
@every_scheme
def test_weights_follow_the_law_and_the_variance_of_their_scheme(scheme, shape, distribution, variance, dtype):
    W = scheme(shape, rng=0, dtype=dtype)
    unit = W / math.sqrt(variance)
    assert p_value(unit, UNIT_LAWS[distribution]) > ALPHA
    assert p_value(unit * 1.1, UNIT_LAWS[distribution]) < ALPHA  # a scale that is 10 % off


@every_scheme
def test_mean_and_variance_are_the_scheme_s_within_sampling_error(scheme, shape, distribution, variance):
    # Of n draws with mean 0, variance v and kurtosis k, the mean has variance v/n and the mean square has variance
    # (E[w^4] - E[w^2]^2) / n = (k - 1) v^2 / n. We allow 4 standard errors: 1.5 to 3 % of the variance.
    W = np.concatenate([scheme(shape, rng=seed).ravel() for seed in range(3)])
    kurtosis = float(UNIT_LAWS[distribution].stats("k")) + 3
    assert abs(W.mean()) < 4 * math.sqrt(variance / W.size)
    assert abs(np.mean(W**2) / variance - 1) < 4 * math.sqrt((kurtosis - 1) / W.size)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("scheme", "bound"),
    [
        (partial(I.xavier_uniform, gain=2.0), 2 * math.sqrt(6 / 400)),
        (I.he_uniform, math.sqrt(6 / 100)),
        (I.lecun_uniform, math.sqrt(3 / 100)),
        (partial(uniform, low=-0.3, high=0.3), 0.3),
        (partial(truncated_normal, std=0.1, low=-0.15, high=0.15), 0.15),
        (partial(variance_scaling, scale=1.0, mode="fan_in", distribution="truncated_normal"), 0.2 / I.TRUNCATED_STD),
    ],
)
def test_bounded_weights_fill_their_interval_and_stay_inside(scheme, bound, dtype):
    W = scheme(SHAPE, rng=0, dtype=dtype)
    assert abs(W).max() <= dtype(bound)
    # |w| has density 0.22 / bound or more at its bound in every case here, so 30,000 draws leave its last 0.1 % empty
    # with probability below (1 - 0.00022)^30000 = 0.0014.
    assert abs(W).max() > 0.999 * bound


def test_uniform_covers_an_interval_that_is_not_centred():
    W = uniform(30_000, low=2, high=5, rng=0)
    assert p_value(W, stats.uniform(2, 3)) > ALPHA
    assert p_value(W, stats.uniform(2, 3.1)) < ALPHA


@every_dtype
@pytest.mark.parametrize(
    ("mean", "std", "low", "high"),
    [
        (0, 1, -2, 2),
        (0, 0.02, -2, 2),
        (0.5, 1, -1, 1),
        (0, 1, 2, 3),
        (0, 1, -9, -5),
        (3, 0.5, -2, 2),
        (0, 1, 30, 31),
        (0, 1e-3, -0.05, -0.04),
    ],
)
def test_truncated_normal_follows_its_law_however_far_out_it_is_cut(mean, std, low, high, dtype):
    law = stats.truncnorm((low - mean) / std, (high - mean) / std, loc=mean, scale=std)
    W = truncated_normal(30_000, mean=mean, std=std, low=low, high=high, rng=0, dtype=dtype)
    assert dtype(low) <= W.min()
    assert W.max() <= dtype(high)
    if dtype is np.float64 or abs(mean) + abs(low) < 20:  # at 30 +- 0.03 float32 has too few values for a KS test
        assert p_value(W, law) > ALPHA
        assert p_value(np.clip(mean + (W - mean) * 1.05, low, high), law) < ALPHA


@pytest.mark.parametrize(
    ("mean", "std", "low", "high", "law"),
    [
        (0, 1e8, -2, 2, stats.uniform(-2, 4)),  # nothing of the bell is left
        (5, 1e300, -2, 2, stats.uniform(-2, 4)),
        (0, 1, 3, 3 + 1e-9, stats.uniform(3, 1e-9)),
        (-1, 1e-8, 0, 1, stats.expon(0, 1e-16)),  # far out: density exp(-low t / std^2)
        (1, 1e-8, -1, 0, stats.uniform(-1, 1)),  # not this
        (0, 1e-3, 1000, 2000, stats.uniform(1000, 1000)),  # nor this
    ],
)
def test_truncated_normal_in_a_narrow_interval_and_far_out(mean, std, low, high, law):
    W = truncated_normal(30_000, mean=mean, std=std, low=low, high=high, rng=0)
    assert low <= W.min() <= W.max() <= high
    far = abs(np.clip(mean, low, high) - mean) / std > 1e4
    assert (p_value(W, law) > ALPHA) == (not far or law.dist.name == "expon")


@pytest.mark.parametrize(("mean", "low", "high"), [(0, 1, 1 + 1e-5), (0, -3 - 1e-5, -3), (-1e5, 0, 1), (1e5, -9, 0)])
def test_the_two_ways_to_draw_a_truncated_normal_meet(mean, low, high):
    """Where one takes over from the other, both give the same numbers."""
    one, other = (truncated_normal(1000, mean=mean, std=s, low=low, high=high, rng=0) for s in (1 - 1e-9, 1 + 1e-9))
    end = min(low, high, key=lambda x: abs(x - mean))
    np.testing.assert_allclose(abs(one - end), abs(other - end), rtol=1e-4, atol=1e-6 * abs(one - end).max())
    assert np.unique(one).size > 900


@pytest.mark.parametrize("std", [1e-100, 1e-155, 1e-310])
def test_a_truncated_normal_beyond_all_reach_is_at_its_bound(std):
    np.testing.assert_array_equal(truncated_normal(3, std=std, low=1, high=2, rng=0), 1)
    np.testing.assert_array_equal(truncated_normal(3, std=std, low=-2, high=-1, rng=0), -1)


@every_dtype
def test_truncation_leaves_no_mass_at_the_bounds(dtype):
    # 1 million draws; within 1e-4 of each bound the law expects n 1e-4 phi(2) / 0.9545 = 5.66 of them. A law that
    # clips instead would put 22,750 there.
    n = 1_000_000
    W = truncated_normal(n, rng=0, dtype=dtype)
    expected = n * 1e-4 * stats.norm.pdf(2) / (stats.norm.cdf(2) - stats.norm.cdf(-2))
    for near in (np.sum(W > 2 - 1e-4), np.sum(W < -2 + 1e-4)):
        assert stats.poisson.sf(near - 1, expected) > ALPHA
        assert stats.poisson.cdf(near, expected) > ALPHA
    assert np.sum(abs(W) == 2) <= 1  # rounding to float32 moves at most the last 1e-7


@pytest.mark.parametrize("initializer", [normal, partial(uniform, low=-1, high=1), truncated_normal])
def test_draws_use_all_digits_of_float64(initializer):
    # Two of 100,000 draws from 2^53 equally likely values coincide with probability 1e-6; of 2^24 values, about 300 do.
    assert np.unique(initializer(100_000, rng=0)).size == 100_000


def test_truncated_bounds_are_values_and_not_multiples_of_std():
    np.testing.assert_array_equal(
        truncated_normal(1000, std=0.02, rng=0), truncated_normal(1000, std=0.02, low=-3, high=3, rng=0)
    )


def test_the_constant_of_truncation_is_the_std_of_a_normal_cut_at_two():
    assert pytest.approx(0.87962566103423978, rel=1e-15) == I.TRUNCATED_STD  # the digits in JAX and Keras
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-14) == I.TRUNCATED_STD


# Orthogonal matrices


def entries_of_orthogonal(draw, n=3, count=3000):
    return np.array([draw(seed, n) for seed in range(count)])


def haar_p_values(W):
    """How well 3 x 3 matrices fit Haar's law: each entry uniform on [-1, 1] (Archimedes), and so is any rotated entry;
    the sign of the determinant is a fair coin, and the trace of a rotation, 1 + 2 cos(angle), has density
    (1 - cos angle) / pi in the angle."""
    yield from (stats.kstest(W[:, i, j], stats.uniform(-1, 2).cdf).pvalue for i in range(3) for j in range(3))
    u, v = np.array([1, 2, -2]) / 3, np.array([2, -1, 2]) / 3
    yield stats.kstest(u @ W @ v, stats.uniform(-1, 2).cdf).pvalue
    sign = np.round(np.linalg.det(W))
    yield stats.binomtest(int(np.sum(sign > 0)), len(W)).pvalue
    angle = np.arccos(np.clip((sign * np.trace(W, axis1=1, axis2=2) - 1) / 2, -1, 1))
    yield stats.kstest(angle, lambda t: (t - np.sin(t)) / np.pi).pvalue


def test_orthogonal_matrices_are_haar_distributed():
    W = entries_of_orthogonal(lambda seed, n: orthogonal((n, n), rng=seed))
    p_values = list(haar_p_values(W))
    assert min(p_values) > ALPHA / len(p_values)  # Bonferroni: 12 tests at a joint alpha of 0.001


def test_the_q_of_a_qr_without_its_signs_is_not_haar_distributed():
    W = entries_of_orthogonal(lambda seed, n: np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0])
    assert min(haar_p_values(W)) < 1e-100


def test_an_orthogonal_row_is_a_uniform_direction_in_a_wide_matrix():
    # The square of an entry of a unit vector in n dimensions is Beta(1/2, (n - 1)/2), here with n = 7.
    W = entries_of_orthogonal(lambda seed, n: orthogonal((2, n), rng=seed), n=7)
    for entry in (W[:, 0, 0], W[:, 1, 1], W[:, 0, 6]):
        assert stats.kstest(entry**2, stats.beta(0.5, 3).cdf).pvalue > ALPHA
        assert stats.binomtest(int(np.sum(entry > 0)), len(entry)).pvalue > ALPHA


@given(shape=matrices, layout=layouts, gain=st.floats(0.01, 100), seed=seeds)
def test_orthogonal_kernels_have_orthonormal_rows_or_columns(shape, layout, gain, seed):
    W = orthogonal(shape, gain=gain, layout=layout, rng=seed)
    assert W.shape == shape
    outputs = shape[0] if layout == "OI" else shape[-1]
    W = W.reshape(outputs, -1 if outputs else 0) if layout == "OI" else W.reshape(-1 if outputs else 0, outputs)
    few = min(W.shape)
    gram = W @ W.T if W.shape[0] == few else W.T @ W
    np.testing.assert_allclose(gram, gain**2 * np.eye(few), atol=1e-13 * gain**2)


@given(shape=st.tuples(st.integers(1, 6), st.integers(1, 6)), seed=seeds)
def test_orthogonal_float32_is_orthogonal_to_float32_rounding(shape, seed):
    W = orthogonal(shape, rng=seed, dtype=np.float32)
    np.testing.assert_allclose(np.linalg.svd(W, compute_uv=False), 1, atol=1e-6)


# Properties that hold for every initializer


@pytest.mark.parametrize("initializer", [*ANY_SHAPE, *NEEDS_FANS, I.identity])
@settings(max_examples=20)
@given(data=st.data(), seed=seeds, dtype=dtypes)
def test_shape_dtype_and_seed_decide_the_weights_and_nothing_else_does(initializer, data, seed, dtype):
    if initializer is I.identity:
        shape = data.draw(st.tuples(st.integers(0, 6), st.integers(0, 6)))
    else:
        shape = data.draw(shapes if initializer in ANY_SHAPE else matrices)
    before = np.random.get_state()  # noqa: NPY002
    W = initializer(shape, rng=seed, dtype=dtype)
    np.random.seed(seed % 1000)  # noqa: NPY002
    again = initializer(list(shape), rng=np.random.default_rng(seed), dtype=dtype)
    np.random.set_state(before)  # noqa: NPY002
    assert (W.shape, W.dtype) == (shape, dtype)
    assert isinstance(W, np.ndarray)
    assert W.flags.writeable
    assert np.isfinite(W).all()
    np.testing.assert_array_equal(W, again)


@pytest.mark.parametrize("initializer", [*ANY_SHAPE, *NEEDS_FANS, I.identity])
def test_global_random_state_is_not_touched(initializer):
    before = np.random.get_state()  # noqa: NPY002
    for rng in (None, 0, np.random.default_rng(0)):
        initializer((5, 4), rng=rng)
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


@pytest.mark.parametrize("initializer", [*ANY_SHAPE[2:], *NEEDS_FANS])
def test_other_seeds_a_used_generator_and_no_seed_give_other_weights(initializer):
    rng = np.random.default_rng(0)
    draws = [initializer((5, 4), rng=r) for r in (0, 1, None, None, rng, rng)]
    np.testing.assert_array_equal(draws[0], draws[4])
    del draws[4]
    assert len({W.tobytes() for W in draws}) == len(draws)


@pytest.mark.parametrize("initializer", [*ANY_SHAPE[2:], *NEEDS_FANS])
def test_one_seed_gives_the_same_weights_at_every_precision(initializer):
    W = initializer((50, 40), rng=0)
    for dtype in (np.float16, np.float32):
        np.testing.assert_array_equal(initializer((50, 40), rng=0, dtype=dtype), W.astype(dtype))


@every_dtype
@every_scheme
def test_with_one_seed_every_scheme_is_a_multiple_of_the_same_draws(scheme, shape, distribution, variance, dtype):
    standard, spread = {
        "normal": (normal, math.sqrt(variance)),
        "uniform": (partial(uniform, low=-1, high=1), math.sqrt(3 * variance)),
        "truncated_normal": (truncated_normal, math.sqrt(variance) / I.TRUNCATED_STD),
    }[distribution]
    # Rounded twice here (the factor, the product) and twice there.
    expected = standard(shape, rng=7, dtype=dtype) * spread
    np.testing.assert_allclose(scheme(shape, rng=7, dtype=dtype), expected, rtol=2 * np.finfo(dtype).eps)


@given(seed=seeds, std=st.floats(0, 1e3), mean=st.floats(-1e3, 1e3))
def test_normal_scales_and_shifts_standard_draws(seed, std, mean):
    np.testing.assert_array_equal(normal(20, mean=mean, std=std, rng=seed), normal(20, rng=seed) * std + mean)


@given(shape=matrices)
def test_both_layouts_agree_on_the_fans_of_one_kernel(shape):
    n_out, n_in, *kernel = shape
    fan_in, fan_out = fans((n_out, n_in, *kernel), "OI")
    assert fans((*kernel, n_in, n_out), "IO") == (fan_in, fan_out)
    assert fan_in * n_out == fan_out * n_in == math.prod(shape)


@pytest.mark.parametrize(
    ("shape", "layout", "expected"),
    [
        ((3, 5), "OI", (5, 3)),
        ((3, 5), "IO", (3, 5)),
        ((64, 3, 7, 7), "OI", (147, 3136)),
        ((7, 7, 3, 64), "IO", (147, 3136)),
        ((2, 3, 5), "OI", (15, 10)),
        ((0, 4), "OI", (4, 0)),
        ((4, 2, 0), "OI", (0, 0)),
    ],
)
def test_fans_multiply_in_the_receptive_field(shape, layout, expected):
    assert fans(shape, layout) == expected


def connections(n_out, n_in, kernel, groups=1, size=5, stride=1):
    """(outputs, inputs) matrix of a convolution with wrap-around in one dimension: 1 where an input feeds an output."""
    places = size // stride
    matrix = np.zeros((n_out, places, n_in, size), int)
    for o, i in np.ndindex(n_out, n_in):
        if o * groups // n_out == i * groups // n_in:
            for place, offset in np.ndindex(places, kernel):
                matrix[o, place, i, (place * stride + offset) % size] = 1
    return matrix.reshape(n_out * places, n_in * size)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(("n_out", "n_in"), [(4, 4), (8, 4), (4, 8)])
def test_fans_count_connections(n_out, n_in, groups):
    matrix = connections(n_out, n_in, kernel=3, groups=groups)
    assert len(set(matrix.sum(axis=1))) == len(set(matrix.sum(axis=0))) == 1
    expected = matrix.sum(axis=1)[0], matrix.sum(axis=0)[0]
    assert fans((n_out, n_in // groups, 3), groups=groups) == expected
    assert fans((3, n_in // groups, n_out), layout="IO", groups=groups) == expected
    assert fans((3, n_in // groups, n_out), layout="KIO", groups=groups) == expected


def test_what_the_head_says_of_strides_counts_connections_on_average():
    matrix = connections(8, 4, kernel=3, size=6, stride=2)
    assert (matrix.sum(axis=1).mean(), matrix.sum(axis=0).mean()) == (3 * 4, 3 * 8 / 2)
    transposed = matrix.T  # from 8 to 4 channels
    assert (transposed.sum(axis=1).mean(), transposed.sum(axis=0).mean()) == (3 * 8 / 2, 3 * 4)


@pytest.mark.parametrize(
    ("shape", "how", "expected"),
    [
        ((64, 1, 3, 3), {"groups": 64}, (9, 9)),
        ((3, 3, 64, 1), {"layout": "KKBO"}, (9, 9)),  # DepthwiseConv2D in Keras; with a multiplier of 2:
        ((3, 3, 64, 2), {"layout": "KKBO"}, (9, 18)),
        ((128, 1, 3, 3), {"groups": 64}, (9, 18)),
        ((3 * 512, 512), {"groups": 3}, (512, 512)),
        ((512, 8, 64), {"layout": "IOO"}, (512, 512)),
        ((8, 64, 512), {"layout": "IIO"}, (512, 512)),
        ((7, 30, 20), {"layout": "BOI"}, (20, 30)),
        ((500, 128), {"layout": "BO"}, (1, 128)),
        ((4, 3, 2, 2), {"layout": "OIKK"}, (12, 16)),
        ((3, 4, 2, 2), {"layout": "IOKK"}, (12, 16)),
        ((2, 2, 4, 3), {"layout": "KKOI"}, (12, 16)),
        ((4 * 20, 30), {"groups": 4}, (30, 20)),
    ],
)
def test_what_a_shape_cannot_tell_can_be_said(shape, how, expected):
    assert fans(shape, **how) == expected
    fan_in, fan_out = expected
    for mode, n in (("fan_in", fan_in), ("fan_out", fan_out), ("fan_avg", (fan_in + fan_out) / 2)):
        by_shape = I.he_uniform(shape, mode=mode, rng=0, **how)
        assert abs(by_shape).max() == pytest.approx(math.sqrt(6 / n), rel=0.02)
        np.testing.assert_array_equal(by_shape, I.he_uniform(shape, mode=mode, rng=0, fans=expected))


def test_a_fan_may_be_less_than_one():
    """Of a transposed convolution with a stride of 4 and a kernel of 3 x 3, with one input channel."""
    assert I.he_normal((100, 100), fans=(9 / 16, 9), rng=0).var() == pytest.approx(2 * 16 / 9, rel=0.03)


@pytest.mark.parametrize(
    "f", [I.xavier_normal, I.xavier_uniform, I.he_normal, I.he_uniform, I.lecun_normal, I.lecun_uniform]
)
def test_every_rule_takes_fans_by_hand(f):
    size = abs(f((64, 1, 3, 3), rng=0))
    fan_in, fan_out = fans((64, 1, 3, 3))
    factor = {"xavier": (fan_in + fan_out) / 2, "he": fan_in, "lecun": fan_in}[f.__name__.split("_")[0]]
    np.testing.assert_allclose(abs(f((64, 1, 3, 3), rng=0, fans=(7.5, 7.5))), size * math.sqrt(factor / 7.5))


@pytest.mark.parametrize(
    "f",
    [
        I.zeros,
        partial(I.constant, value=1.5),
        I.identity,
        I.normal,
        partial(uniform, low=-1, high=1),
        I.truncated_normal,
        I.xavier_normal,
        I.he_uniform,
        I.lecun_normal,
        partial(variance_scaling, scale=1.0, mode="fan_in", distribution="truncated_normal"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nothing_but_the_result_takes_memory(f, dtype):
    W, peak = memory(f, (1500, 1000), dtype)
    assert peak <= W.nbytes + 1e6


@pytest.mark.parametrize(("dtype", "times"), [(np.float32, 3), (np.float64, 2)])
@pytest.mark.parametrize("shape", [(600, 300), (300, 600), (400, 400)])
def test_orthogonal_matrices_take_the_memory_of_one_in_float64_besides(shape, dtype, times):
    W, peak = memory(I.orthogonal, shape, dtype)
    assert peak <= times * W.nbytes + 1e6


def memory(f, shape, dtype):
    """What f draws, and how much memory it took meanwhile, in bytes."""
    f((2, 2), rng=0, dtype=dtype)  # what is imported on the way is no memory of the draw
    tracemalloc.start()
    try:
        W = f(shape, rng=0, dtype=dtype)
        return W, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_is_left_out_is_a_line_that_does_what_it_says():
    lines = [line for line in re.findall("`([^`]*)`", " ".join(I.__doc__.split())) if "(" in line]
    dirac, centre, sparse, embedding, classes, sigmoid = lines[-6:]
    shape, n, share = (6, 4, 3, 3), 4, np.array([0.7, 0.2, 0.1])

    def run(code, **known):
        names = vars(I) | known
        exec(code, names)
        return names

    signal = np.random.default_rng(0).standard_normal((4, 8, 8))
    passed = convolve(signal, run(dirac, shape=shape, n=n)["W"])
    np.testing.assert_array_equal(passed, [*signal, *np.zeros((2, 8, 8))])
    kernel = run(f"W = zeros(shape); {centre}", shape=shape)["W"]
    np.testing.assert_allclose(np.square(convolve(signal, kernel)).sum(axis=0), np.square(signal).sum(axis=0))
    assert run(f"W = {sparse}", shape=(30, 20))["W"].std() == pytest.approx(0.01, rel=0.1)
    assert run(f"W = {embedding.replace('...', '1')}", words=7, d=5)["W"].shape == (7, 5)
    biases = run(f"b = {classes}", share=share)["b"]
    np.testing.assert_allclose(np.exp(biases) / np.exp(biases).sum(), share)
    np.testing.assert_allclose(1 / (1 + np.exp(-run(f"b = {sigmoid}", share=share)["b"])), share)


def convolve(signal, kernel):
    """The convolution of PyTorch, with wrap-around: (in, height, width) to (out, height, width)."""
    return sum(
        np.einsum("oi,ihw->ohw", kernel[:, :, 1 + y, 1 + x], np.roll(signal, (-y, -x), axis=(1, 2)))
        for y in (-1, 0, 1)
        for x in (-1, 0, 1)
    )


def test_glorot_and_kaiming_are_other_names_of_xavier_and_he():
    assert (I.glorot_normal, I.glorot_uniform) == (I.xavier_normal, I.xavier_uniform)
    assert (I.kaiming_normal, I.kaiming_uniform) == (I.he_normal, I.he_uniform)


def test_initializers_that_draw_nothing_have_the_values_they_are_named_for():
    np.testing.assert_array_equal(I.zeros((2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(I.constant(4, value=-0.5), [-0.5] * 4)
    np.testing.assert_array_equal(I.identity((2, 3), gain=2), [[2, 0, 0], [0, 2, 0]])
    np.testing.assert_array_equal(I.identity((3, 2)), [[1, 0], [0, 1], [0, 0]])


# Arguments

NAN, INF = float("nan"), float("inf")
scaling = partial(variance_scaling, (3, 2), scale=1.0, mode="fan_in", distribution="normal")
WRONG = [
    # call, argument, value, error, what is allowed
    (partial(I.zeros, (3, -1)), "shape", (3, -1), ValueError, ">= 0"),
    (partial(I.zeros, -2), "shape", -2, ValueError, ">= 0"),
    (partial(I.normal, (3, 2.0)), "shape", (3, 2.0), TypeError, "integers"),
    (partial(I.normal, "32"), "shape", "32", TypeError, "integers"),
    (partial(I.normal, (True, 2)), "shape", (True, 2), TypeError, "integers"),
    (partial(I.normal, None), "shape", None, TypeError, "integers"),
    *((partial(f, s), "shape", s, ValueError, "at least 2") for f in NEEDS_FANS for s in ((), (3,), 3)),
    (partial(fans, (3,)), "shape", (3,), ValueError, "at least 2"),
    (partial(fans, (3, 2), "HWIO"), "layout", "HWIO", ValueError, "'OI', 'IO'"),
    (partial(fans, (3, 2, 2), "OIX"), "layout", "OIX", ValueError, "O (outputs), I (inputs)"),
    (partial(fans, (3, 2, 2), "KIK"), "layout", "KIK", ValueError, "O (outputs)"),
    (partial(fans, (3, 2), groups=2), "groups", 2, ValueError, "divide the number of outputs, 3"),
    (partial(fans, (3, 2), groups=0), "groups", 0, ValueError, ">= 1"),
    (partial(fans, (4, 2), groups=2.0), "groups", 2.0, TypeError, ">= 1"),
    (partial(I.he_normal, (3, 2), fans=5), "fans", 5, TypeError, "a pair (fan_in, fan_out)"),
    (partial(I.he_normal, (3, 2), fans=(5, 0)), "fans", 0, ValueError, "> 0"),
    (partial(I.he_normal, (4, 2), fans=(5, 5), groups=2), "fans", (5, 5), ValueError, "layout or groups"),
    (partial(fans, (3, 2), None), "layout", None, TypeError, "'OI', 'IO'"),
    (partial(I.orthogonal, (3, 2), layout="oi"), "layout", "oi", ValueError, "'OI', 'IO'"),
    (partial(I.identity, (3, 3, 3)), "shape", (3, 3, 3), ValueError, "exactly 2"),
    (partial(I.identity, 3), "shape", (3,), ValueError, "exactly 2"),
    (partial(I.identity, (3, 3), gain=NAN), "gain", NAN, ValueError, "finite"),
    (partial(I.constant, 3, value=INF), "value", INF, ValueError, "finite"),
    (partial(I.constant, 3, value="1"), "value", "1", TypeError, "finite"),
    (partial(I.constant, 3, value=1j), "value", 1j, TypeError, "finite"),
    (partial(I.normal, 3, std=-1.0), "std", -1.0, ValueError, ">= 0"),
    (partial(I.normal, 3, std=NAN), "std", NAN, ValueError, ">= 0"),
    (partial(I.normal, 3, std=True), "std", True, TypeError, "number"),
    (partial(I.normal, 3, mean=INF), "mean", INF, ValueError, "finite"),
    (partial(I.truncated_normal, 3, std=0.0), "std", 0.0, ValueError, "> 0"),
    (partial(I.truncated_normal, 3, low=2, high=-2), "low", 2.0, ValueError, "less than high"),
    (partial(I.truncated_normal, 3, low=NAN), "low", NAN, ValueError, "finite"),
    (partial(I.uniform, 3, low=1, high=1), "high", 1.0, ValueError, "less than high"),
    (partial(I.uniform, 3, low=-INF, high=1), "low", -INF, ValueError, "finite"),
    (partial(scaling, scale=0.0), "scale", 0.0, ValueError, "> 0"),
    (partial(scaling, scale=-1), "scale", -1, ValueError, "> 0"),
    (partial(scaling, scale=NAN), "scale", NAN, ValueError, "> 0"),
    (partial(scaling, scale=INF), "scale", INF, ValueError, "finite"),
    (partial(scaling, scale="2"), "scale", "2", TypeError, "> 0"),
    (partial(scaling, mode="fan"), "mode", "fan", ValueError, "'fan_in', 'fan_out', 'fan_avg'"),
    (partial(scaling, mode=None), "mode", None, TypeError, "'fan_in', 'fan_out', 'fan_avg'"),
    (partial(scaling, distribution="gauss"), "distribution", "gauss", ValueError, "'normal', 'uniform', 'truncated"),
    (partial(scaling, layout="OIHW"), "layout", "OIHW", ValueError, "'OI', 'IO'"),
    (partial(I.he_normal, (3, 2), mode="fan_inn"), "mode", "fan_inn", ValueError, "'fan_in', 'fan_out', 'fan_avg'"),
    (partial(I.he_normal, (3, 2), negative_slope=[0.1]), "negative_slope", [0.1], TypeError, "number"),
    (partial(I.he_uniform, (3, 2), negative_slope=True), "negative_slope", True, TypeError, "number"),
    (partial(I.he_uniform, (3, 2), negative_slope=NAN), "negative_slope", NAN, ValueError, "finite"),
    (partial(I.xavier_normal, (3, 2), gain=0), "gain", 0, ValueError, "> 0"),
    (partial(I.xavier_uniform, (3, 2), gain=-1.0), "gain", -1.0, ValueError, "> 0"),
    (partial(I.xavier_uniform, (3, 2), gain="tanh"), "gain", "tanh", TypeError, "> 0"),
    (partial(I.orthogonal, (3, 2), gain=0.0), "gain", 0.0, ValueError, "> 0"),
    (partial(I.xavier_uniform, (3, 2), gain=1e200), "the square of gain", INF, ValueError, "finite"),
    (partial(I.xavier_normal, (3, 2), gain=1e-200), "the square of gain", 0.0, ValueError, "> 0"),
    (partial(I.he_normal, (3, 2), negative_slope=1e200), "the square of negative_slope", INF, ValueError, "finite"),
    (partial(I.normal, 3, std=10**400), "std", 10**400, ValueError, "finite"),
    *(
        (partial(f, (3, 2), rng=rng), "rng", rng, error, "Generator")
        for f in (I.normal, I.he_uniform, I.orthogonal)
        for rng, error in (
            (-1, ValueError),
            (1.5, TypeError),
            (True, TypeError),
            ("0", TypeError),
            (np.random, TypeError),
        )
    ),
    *(
        (partial(f, (3, 2), dtype=dtype), "dtype", dtype, TypeError, "floating")
        for f in (I.zeros, I.normal, I.he_uniform, I.orthogonal, I.identity)
        for dtype in (int, "complex64", None, "double precision", bool)
    ),
]


@pytest.mark.parametrize(("call", "argument", "value", "error", "allowed"), WRONG)
def test_a_wrong_argument_is_named_with_its_value_and_what_is_allowed(call, argument, value, error, allowed):
    with pytest.raises(error) as raised:
        call()
    message = str(raised.value)
    assert argument in message
    assert repr(value) in message
    assert allowed in message


def test_numpy_numbers_are_numbers():
    W = I.he_normal((np.int64(3), np.int32(2)), negative_slope=np.float32(0.5), rng=np.int64(4))
    np.testing.assert_array_equal(W, I.he_normal((3, 2), negative_slope=0.5, rng=4))


def test_what_a_type_cannot_hold_is_refused():
    for dtype, value in ((np.float16, 1e6), (np.float32, -1e39)):
        with pytest.raises(ValueError, match="value must be a number that float"):
            I.constant((2, 2), value=value, dtype=dtype)
        with pytest.raises(ValueError, match="gain must be a number that float"):
            I.identity((2, 2), gain=value, dtype=dtype)  # was nan beside the diagonal
    assert np.array_equal(I.identity((3, 2), gain=-2), [[-2, 0], [0, -2], [0, 0]])


def test_the_average_of_two_fans_does_not_overflow():
    assert I.fan_of("fan_avg", 1e308, 1.5e308) == 1.25e308
