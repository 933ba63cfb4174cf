"""Work on several threads: the same results for any number of them, errors that arrive, BLAS as it was."""

import dataclasses
import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from initlab import threads, training
from initlab.activations import Activation
from initlab.initializers import he_normal, xavier_normal
from initlab.network import observe, sample, simulate
from initlab.training import sweep, train


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture
def allow(monkeypatch):
    """Sets how many threads there may be, whatever the tests' environment says."""

    def allow(count):
        monkeypatch.setattr(threads, "available", lambda: count)

    return allow


def assert_same(one, other):
    """To the last bit."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif dataclasses.is_dataclass(one) and not isinstance(one, Activation):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other or (one is None and other is None)


def an_ensemble(dtype=np.float64):
    return sample([40, 60, 60, 3], "tanh", xavier_normal, seeds=range(24), dtype=dtype)


def some_data():
    rng = np.random.default_rng(0)
    return rng.standard_normal((40, 90)), rng.integers(0, 3, 90)


WORK = {
    "simulate": lambda: simulate([250, 200, 240, 250], "relu", he_normal, seeds=range(7), batch=100, bins=20),
    "observe an ensemble": lambda: observe(
        sample([200] * 4, "tanh", xavier_normal, seeds=range(9)), np.ones((200, 60)), rng=0, bins={"a": (9, -1, 1)}
    ),
    "train": lambda: train(
        an_ensemble(),
        *some_data(),
        loss="softmax_cross_entropy",
        learning_rate=np.geomspace(0.01, 1, 5)[:, None],
        steps=7,
        batch_size=40,
        optimizer="adam",
        rng=0,
        snapshots=[0, 7],
        held_out=some_data(),
    ),
    "sweep": lambda: sweep(
        an_ensemble(np.float32), *some_data(), loss="softmax_cross_entropy", rates=[0.1, 1, 10], steps=5, momentum=0.9
    ),
}


@pytest.mark.parametrize("name", WORK)
def test_results_do_not_depend_on_the_number_of_threads(allow, monkeypatch, name):
    went_to = set()
    side_by_side = threads._side_by_side

    def seen(*how):
        went_to.add(how[1])
        return side_by_side(*how)

    monkeypatch.setattr(threads, "_side_by_side", seen)
    results = []
    for count in (1, 2, 5):
        allow(count)
        results.append(WORK[name]())
    assert max(went_to) > 1, "nothing was done side by side"
    for result in results[1:]:
        assert_same(results[0], result)


def test_an_ensemble_is_its_networks_whatever_it_is_divided_into(allow):
    allow(3)
    x, y = some_data()
    how = {"loss": "softmax_cross_entropy", "steps": 6, "batch_size": 30, "rng": 5, "snapshots": [3]}
    rates = np.array([0.1, 0.3, 1.0, 2.0])
    run = train(an_ensemble(), x, y, learning_rate=rates[:, None], **how)
    assert run.loss.shape == (7, 4, 24)
    assert run.snapshots[0].update_ratio.shape == (4, 24, 3)
    for i, seed in ((0, 0), (3, 23), (2, 11)):
        alone = train(sample([40, 60, 60, 3], "tanh", xavier_normal, rng=seed), x, y, learning_rate=rates[i], **how)
        np.testing.assert_allclose(run.loss[:, i, seed], alone.loss, rtol=1e-10)
        np.testing.assert_allclose(run.network.weights[1][i, seed], alone.network.weights[1], rtol=1e-8, atol=1e-12)
        assert run.snapshots[0].accuracy[i, seed] == alone.snapshots[0].accuracy


def test_blas_has_its_threads_back_after_an_error_too():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with threads.team(2):
            assert set(blas_threads()) == {1}
            with threads.team(2):  # inside, too, and another caller may leave first
                pass
            assert set(blas_threads()) == {1}
        assert blas_threads() == before
        with pytest.raises(ZeroDivisionError):
            threads.each(lambda item: 1 / item, [1, 0])
        assert blas_threads() == before


def test_an_error_is_raised_and_what_has_not_begun_is_left(allow):
    allow(2)
    begun = []

    def work(item):
        begun.append(item)
        time.sleep(0.01)
        if item < 2:
            raise KeyboardInterrupt(f"item {item}")

    with pytest.raises(KeyboardInterrupt, match=r"item [01]"):
        threads.each(work, range(100))
    assert len(begun) < 10


def test_an_interrupted_training_ends_in_every_block(allow):
    allow(2)
    x, y = some_data()
    calls = []

    def interrupted(*how, **options):
        calls.append(threading.current_thread())
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(*how, **options)

    original = training.backward_layers
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "backward_layers", interrupted)
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            train(
                an_ensemble(),
                x,
                y,
                loss="softmax_cross_entropy",
                learning_rate=np.ones((20, 1)),
                steps=10**6,
                batch_size=40,
                rng=0,
            )
    assert time.monotonic() - begun < 60
    assert len(set(calls)) == 2
    assert not any("ThreadPool" in thread.name for thread in threading.enumerate())


def test_warnings_are_those_of_the_caller(allow):
    allow(2)
    with np.errstate(all="ignore"):
        threads.each(lambda item: np.float64(1) / np.zeros(9), range(8))


def test_there_are_as_many_threads_as_blas_may_have_and_one_in_a_block():
    with threadpool_limits(2, user_api="blas"):
        assert threads.available() == min(2, threads._processors())
        with threads.team(2):
            assert threads.available() == 1
    with threadpool_limits(1, user_api="blas"):
        assert threads.available() == 1


@pytest.mark.parametrize(("length", "size"), [(10, 4), (0, 3), (1, 1), (7, 7), (8, 7), (1000, 999), (5, 100)])
def test_a_cut_covers_everything_once_in_parts_of_almost_equal_size(length, size):
    parts = threads.cut(length, size)
    assert [i for part in parts for i in range(length)[part]] == list(range(length))
    sizes = [part.stop - part.start for part in parts]
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [((-1, 3), ValueError, "length.*-1"), ((3, 0), ValueError, "size.*0"), ((3, 1.5), TypeError, "size.*1.5")],
)
def test_bad_input_is_named(arguments, error, says):
    with pytest.raises(error, match=says):
        threads.cut(*arguments)
