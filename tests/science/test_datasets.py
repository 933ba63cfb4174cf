"""The data sets: balanced, standardized, drawn from a seed, and as hard as the book says they are."""

import re
import subprocess
import sys

import numpy as np
import pytest

from initlab import datasets

ALL = [datasets.spiral, datasets.moons, datasets.cross, datasets.blobs, datasets.circles]
every = pytest.mark.parametrize("data", ALL, ids=lambda f: f.__name__)


@every
def test_shape_and_scale(data):
    x, y = data(60, rng=3)
    assert x.shape == (2, 60)
    assert y.shape == (60,)
    assert y.dtype.kind == "i"
    assert x.mean(axis=1) == pytest.approx([0, 0], abs=1e-12)
    assert np.square(x).mean(axis=1) == pytest.approx([1, 1])


@every
def test_classes_take_turns(data):
    _, y = data(40, rng=0)
    for some in (2, 10, 40):
        assert y[: some - some % 4 or 2].mean() == 0.5


@every
def test_the_same_seed_gives_the_same_points(data):
    (x, _), (again, _), (other, _) = data(rng=0), data(rng=0), data(rng=1)
    assert np.array_equal(x, again)
    assert not np.array_equal(x, other)


@every
def test_without_noise_nothing_is_random(data):
    assert np.array_equal(data(noise=0, rng=0)[0], data(noise=0, rng=1)[0])


@every
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"examples": 7}, ValueError, "examples must be an even int >= 2, got 7"),
        ({"examples": 0}, ValueError, "examples must be an int >= 2, got 0"),
        ({"examples": 10.0}, TypeError, "examples must be an int >= 2, got 10.0"),
        ({"examples": True}, TypeError, "examples must be an int >= 2"),
        ({"noise": -1}, ValueError, "noise must be a finite number >= 0"),
        ({"noise": float("nan")}, ValueError, "noise must be a finite number >= 0"),
        ({"rng": "seed"}, TypeError, "rng must be"),
    ],
)
def test_bad_input_is_named(data, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        data(**options)


def best_line(x, y):
    """The largest share of points that a straight line gets right, over many directions."""
    shares = []
    for angle in np.linspace(0, 2 * np.pi, 180, endpoint=False):
        order = np.argsort(np.cos(angle) * x[0] + np.sin(angle) * x[1])
        left = np.concatenate([[0], np.cumsum(2 * y[order] - 1)])  # labels 1 minus labels 0 before the cut
        shares.append((left.max() + (y == 0).sum()) / len(y))
    return max(shares)


def test_a_line_does_for_the_blobs_for_most_of_the_moons_and_not_for_the_others():
    assert best_line(*datasets.blobs(rng=0)) > 0.98
    assert 0.85 < best_line(*datasets.moons(rng=0)) < 0.98
    for data in (datasets.cross, datasets.spiral, datasets.circles):
        assert best_line(*data(rng=0)) < 0.8, data.__name__


def test_the_distance_from_the_centre_tells_the_circles_apart():
    x, y = datasets.circles(1000, rng=0)
    radius = np.hypot(*x) * np.sqrt((1 + 0.5**2) / 4 + 0.08**2)  # undo the scale: a coordinate's mean square became 1
    assert np.mean((radius < 0.75) == (y == 1)) > 0.99
    assert [radius[y == label].mean() for label in (0, 1)] == pytest.approx([1, 0.5], abs=0.02)


def test_blobs_without_noise_are_two_points():
    x, y = datasets.blobs(6, noise=0)
    assert x.tolist() == [[-1, 1, -1, 1, -1, 1]] * 2
    assert y.tolist() == [0, 1, 0, 1, 0, 1]


def test_spiral_arms_are_each_other_turned():
    x, y = datasets.spiral(100, noise=0, rng=0)
    assert x[:, y == 0] == pytest.approx(-x[:, y == 1])


def test_digits_are_images_of_64_pixels_in_ten_classes_of_about_the_same_size():
    x, y = datasets.digits()
    assert x.shape == (64, 1797)
    assert x.dtype == np.float64
    assert x.flags.c_contiguous
    assert (x.min(), x.max()) == (0, 16)
    assert y.shape == (1797,)
    assert np.all(np.abs(np.bincount(y, minlength=10) / 1797 - 0.1) < 0.005)


def test_pixels_are_in_reading_order():
    """A one stands upright: ink in every row of the mean image, and none in its outer columns."""
    x, y = datasets.digits()
    one = x[:, y == 1].mean(axis=1).reshape(8, 8)
    assert one.max(axis=1).min() > 5
    assert one[:, [0, 7]].max() < 2


def test_scikit_learn_loads_only_when_digits_are_asked_for():
    code = "import sys; from initlab import datasets; datasets.moons(); assert 'sklearn' not in sys.modules; "
    subprocess.run([sys.executable, "-c", code + "datasets.digits(); assert 'sklearn' in sys.modules"], check=True)


def numbered(y):
    """Examples that can be told apart: the first feature is their number."""
    return np.stack([np.arange(len(y)), np.zeros(len(y))])


@pytest.mark.parametrize("held_out", [0.1, 0.25, 0.5])
def test_a_split_is_complete_disjoint_and_in_order_and_labels_stay_with_their_examples(held_out):
    y = np.random.default_rng(0).integers(0, 5, 200)
    parts = datasets.split(numbered(y), y, held_out=held_out, rng=0)
    kept, out = parts.x[0].astype(int), parts.held_out_x[0].astype(int)
    assert sorted([*kept, *out]) == list(range(200))
    assert np.all(np.diff(kept) > 0)
    assert np.all(np.diff(out) > 0)
    assert np.array_equal(parts.y, y[kept])
    assert np.array_equal(parts.held_out_y, y[out])


def test_a_split_holds_out_the_same_share_of_every_class():
    y = np.repeat([0, 1, 2, 7], [100, 40, 12, 8])
    parts = datasets.split(numbered(y), y, held_out=0.25, rng=3)
    assert np.unique_counts(parts.held_out_y).counts.tolist() == [25, 10, 3, 2]
    assert np.unique_counts(parts.y).counts.tolist() == [75, 30, 9, 6]


def test_a_split_is_drawn_at_random_from_its_seed():
    y = np.arange(100) % 2
    first, again, other = (datasets.split(numbered(y), y, rng=rng).held_out_x[0] for rng in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    often = sum(np.isin(np.arange(100), datasets.split(numbered(y), y, rng=rng).held_out_x[0]) for rng in range(400))
    # each example is held out with probability 12/50, so in 400 splits 96 +- 8.5 times: within 5 standard errors
    assert np.all(np.abs(often - 96) < 5 * 8.5)


def test_standardize_gives_each_feature_mean_0_and_standard_deviation_1():
    x = np.random.default_rng(0).standard_normal((4, 300)) * [[1], [100], [1e-6], [3]] + [[0], [5], [1], [-7]]
    done = datasets.standardize(x)
    assert done.mean(axis=1) == pytest.approx(np.zeros(4), abs=1e-9)
    assert done.std(axis=1) == pytest.approx(np.ones(4))


def test_standardize_uses_only_the_statistics_of_the_first():
    rng = np.random.default_rng(0)
    x, other, third = (rng.standard_normal((3, n)) + n for n in (50, 20, 5))
    alone = datasets.standardize(x)
    first, second, last = datasets.standardize(x, other, third)
    assert np.array_equal(first, alone)
    for before, after in ((other, second), (third, last)):
        for feature in range(3):
            expected = (before[feature] - x[feature].mean()) / x[feature].std()
            np.testing.assert_allclose(after[feature], expected, rtol=1e-12)


def test_features_that_are_constant_in_the_first_become_0_in_all():
    x, other = np.full((2, 7), 0.1), np.array([[0.1, 5.0], [0.0, 1.0]])
    x[1] = np.arange(7)
    x, other = datasets.standardize(x, other)  # the mean of seven times 0.1 is not 0.1
    assert np.all(x[0] == 0)
    assert np.all(other[0] == 0)
    assert np.all(other[1] != 0)


@pytest.mark.parametrize(("given", "becomes"), [(np.float32, np.float32), (np.uint8, np.float64)])
def test_standardize_keeps_the_precision_of_floats(given, becomes):
    x = np.arange(12).reshape(2, 6).astype(given)
    first, second = datasets.standardize(x, x[:, ::-1])
    assert first.dtype == second.dtype == becomes
    assert first == pytest.approx(-second, abs=1e-6)


X, LABELS = np.ones((2, 6)), np.arange(6) % 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: datasets.split(X, LABELS, held_out=1),
            ValueError,
            "held_out must be a finite number > 0 and < 1, got 1",
        ),
        (
            lambda: datasets.split(X, LABELS, held_out=0),
            ValueError,
            "held_out must be a finite number > 0 and < 1, got 0",
        ),
        (lambda: datasets.split(X, LABELS, held_out="1/4"), TypeError, "held_out must be"),
        (lambda: datasets.split(X, LABELS, held_out=0.01), ValueError, "held_out must leave examples on both sides"),
        (lambda: datasets.split(X, LABELS, held_out=0.99), ValueError, "held_out must leave examples on both sides"),
        (lambda: datasets.cross(2, noise=0), ValueError, "noise must leave points that differ and are finite, got 0"),
        (
            lambda: datasets.moons(noise=1e300),
            ValueError,
            "noise must leave points that differ and are finite, got 1e+300",
        ),
        (lambda: datasets.standardize([[1e200, 3e200]]), ValueError, "x must hold numbers whose squares a float64 can"),
        (
            lambda: datasets.standardize([[1e-200, 3e-200]]),
            ValueError,
            "x must hold numbers whose squares a float64 can",
        ),
        (lambda: datasets.split(X * np.nan, LABELS), ValueError, "x must be an array of finite numbers"),
        (lambda: datasets.split(X, LABELS * 1.0), TypeError, "y must be an array of int labels"),
        (lambda: datasets.split(X, LABELS[:5]), ValueError, "y must have shape (6,)"),
        (lambda: datasets.split(X[0], LABELS), ValueError, "x must be an array of finite numbers (features, examples)"),
        (lambda: datasets.split(X, LABELS, rng=-1), ValueError, "rng must be"),
        (lambda: datasets.standardize(X[0]), ValueError, "x must be an array of finite numbers (features, examples)"),
        (lambda: datasets.standardize(X[:, :0]), ValueError, "at least one of each, got shape (2, 0)"),
        (lambda: datasets.standardize([["a"]]), TypeError, "x must be an array of real numbers"),
        (lambda: datasets.standardize(X, X.T), ValueError, "others must be an array of finite numbers (2, examples)"),
    ],
)
def test_bad_input_of_split_and_standardize_is_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_standardizing_is_exact_in_float32_and_far_from_0():
    rng = np.random.default_rng(0)
    many = rng.normal(50, 1, (200_000, 2)).astype(np.float32).T  # one feature in each row, as columns in memory
    far = 1.7e9 + 1e-5 * rng.standard_normal((2, 1000))  # seconds since 1970
    for x, precision in ((many, 1e-6), (far, 1e-12)):
        scaled = datasets.standardize(x)
        assert scaled.dtype == x.dtype
        assert np.abs(scaled.mean(axis=1, dtype=float)).max() < precision
        assert np.abs(scaled.std(axis=1, dtype=float) - 1).max() < precision
