"""The engine computes in JavaScript what `initlab` computes: the same draws, and from them the same signals and runs.

Sums are in another order there. How much that may matter, two runs of NumPy tell that differ in nothing else.
"""

import json
import math
from dataclasses import replace
from functools import partial
from itertools import cycle

import numpy as np
import pytest
from harness import ROOT
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from test_front_end import node

from initlab import datasets, initializers, network, training
from initlab.activations import ACTIVATIONS
from initlab.diagnostics import diagnose

ENGINE = ROOT / "tests" / "js" / "engine.mjs"


def computed(cases):
    """What the engine returns for each case, from one process."""
    return json.loads(node(ENGINE, stdin=json.dumps(cases)), parse_int=float)  # one may have 300 digits


def drawn(strategy, count):
    """So many examples, always the same ones."""
    examples = []

    @seeded(0)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example):
        examples.append(example)

    collect()
    return examples


def called(given):
    """An initializer, or one for each layer, given as the engine is given it: name and options."""
    if isinstance(given, list):
        return [called(each) for each in given]
    name, options = given
    return partial(getattr(initializers, name), **options)


# --- draws ------------------------------------------------------------------------------------------------------------


def test_draws_are_those_of_numpy():
    keys = st.lists(st.integers(0, 2**33), max_size=5)
    some = st.tuples(st.integers(0, 2**53 - 1) | st.integers(0, 100), keys, st.integers(0, 2000))
    cases = [
        {"call": "draws", "seed": seed, "key": key, "count": 3000, "order": order}
        for seed, key, order in drawn(some, 150)
    ]
    cases.append({"call": "draws", "seed": 0, "key": [0, 1], "count": 10**5, "order": 0})
    for case, (first, order, normal, last) in zip(cases, computed(cases), strict=True):
        rng = np.random.default_rng(np.random.SeedSequence(case["seed"], spawn_key=case["key"]))
        assert first == rng.random()
        assert order == rng.permutation(case["order"]).tolist()
        expected = rng.standard_normal(case["count"])
        beyond = np.abs(expected) > 3.654  # in the tail there is a logarithm, which may differ in the last place
        np.testing.assert_array_equal(np.array(normal)[~beyond], expected[~beyond])
        np.testing.assert_allclose(np.array(normal)[beyond], expected[beyond], rtol=1e-15)
        assert last == rng.random()


GAINS = st.floats(0.01, 100)
MODES = st.sampled_from(initializers.MODES)
SLOPES = st.floats(0, 3)
INITIALIZERS = st.one_of(
    st.just(("zeros", {})),
    st.tuples(st.just("constant"), st.fixed_dictionaries({"value": st.floats(-2, 2)})),
    st.tuples(
        st.sampled_from(["identity", "orthogonal", "xavier_normal", "xavier_uniform"]),
        st.fixed_dictionaries({"gain": GAINS}),
    ),
    st.tuples(st.just("normal"), st.fixed_dictionaries({"mean": st.floats(-1, 1), "std": GAINS})),
    st.tuples(st.just("uniform"), st.fixed_dictionaries({"low": st.floats(-3, 0), "high": st.floats(0.1, 2)})),
    st.tuples(
        st.just("variance_scaling"),
        st.fixed_dictionaries({"scale": GAINS, "mode": MODES, "distribution": st.sampled_from(["normal", "uniform"])}),
    ),
    st.tuples(st.just("he_normal"), st.fixed_dictionaries({"mode": MODES, "negative_slope": SLOPES})),
)


def test_initializers():
    shapes = st.tuples(st.integers(1, 80), st.integers(1, 80))
    cases = [
        {"call": "initializer", "given": given, "shape": shape, "seed": seed}
        for given, shape, seed in drawn(st.tuples(INITIALIZERS, shapes, st.integers(0, 9999)), 150)
    ]
    cases.append({"call": "initializer", "given": ("orthogonal", {}), "shape": (256, 256), "seed": 1})
    for case, W in zip(cases, computed(cases), strict=True):
        expected = called(case["given"])(case["shape"], rng=case["seed"]).ravel()
        np.testing.assert_allclose(W, expected, rtol=1e-13, atol=1e-13 * np.abs(expected).max(), err_msg=str(case))


# --- signals ----------------------------------------------------------------------------------------------------------

SMALL_GAINS = st.sampled_from([0.5, 1.0, 1.4142, 2.0, 4.0, 100.0]) | st.floats(0.1, 3)
SCHEMES = st.one_of(
    st.tuples(
        st.sampled_from(["xavier_normal", "xavier_uniform", "orthogonal"]), st.fixed_dictionaries({"gain": SMALL_GAINS})
    ),
    st.tuples(st.just("normal"), st.fixed_dictionaries({"std": st.floats(0.001, 1)})),
    st.tuples(st.just("he_normal"), st.fixed_dictionaries({"mode": MODES})),
    st.tuples(st.just("constant"), st.just({"value": 0.1})),
)
BINS = {"z": (40, -3, 3), "a": (40, -1, 1), "dz": (30, -12, 0, "log"), "dW": (20, -5, 5), "dx": (9, -2, 2)}


@st.composite
def simulations(draw):
    """A setting of at most 10^6 weights, mostly of far fewer, and its batch."""
    depth, weights = draw(st.integers(1, 200)), 10 ** draw(st.integers(3, 6))
    width = draw(st.integers(1, min(512, math.isqrt(weights // depth))))
    tapering = st.lists(st.integers(1, 60), min_size=2, max_size=8)
    return {
        "initializer": draw(SCHEMES),
        "widths": draw(st.just([width] * (depth + 1)) | tapering),
        "seed": draw(st.integers(0, 9999)),
    }, draw(st.integers(1, 20))


EXTREMES = [
    (
        {"activation": "relu", "initializer": ("normal", {"std": 30.0}), "widths": [60] * 181, "seed": 0},
        20,
    ),  # overflows
    (
        {"activation": "tanh", "initializer": ("normal", {"std": 1e-9}), "widths": [20] * 61, "seed": 1},
        20,
    ),  # underflows
    ({"activation": "tanh", "initializer": ("xavier_normal", {"gain": 4.0}), "widths": [50] * 201, "seed": 2}, 20),
    ({"activation": "selu", "initializer": ("he_normal", {"negative_slope": 1.0}), "widths": [512] * 4, "seed": 3}, 20),
]


def in_another_order(draw, batch):
    """What `network.simulate` sees, with all sums over units and examples in another order."""
    activation, seed = draw["activation"], draw["seed"]
    net = network.sample(
        draw["widths"], activation, called(draw["initializer"]), seeds=[seed], output_activation=activation
    )
    turned = network.Network(
        tuple(W[..., ::-1, ::-1] for W in net.weights), net.biases, net.activation, net.output_activation
    )
    x, y = (
        np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(kind, 0))).standard_normal((1, n, batch))
        for kind, n in ((2, draw["widths"][0]), (3, draw["widths"][-1]))
    )
    return network.observe(turned, x[..., ::-1, ::-1], targets=y[..., ::-1, ::-1], bins=BINS)


def of_python(seen, name, statistic):
    return getattr(getattr(seen, name), statistic)[0]


def of_engine(seen, name, statistic):
    if statistic in ("counts", "below", "above", "nan"):
        return np.array([histogram[statistic] for histogram in seen[name]["histograms"]])
    return np.array(seen[name]["secondMoment" if statistic == "second_moment" else statistic], float)


def when(name, depth):
    """When each layer of a quantity is computed, on the way up and down again."""
    layers = np.arange(depth + 1)
    return {
        "a": 2 * layers,
        "z": 2 * layers[:-1] + 1,
        "dz": 4 * depth - 2 * layers[:-1],
        "dW": 4 * depth - 2 * layers[:-1],
        "dx": np.array([4 * depth + 1]),
    }[name]


def agree(one, other, size, tolerance):
    """Where numbers agree, relative to a size. The smallest have no digits left."""
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return same | (np.abs(one - other) <= tolerance * size + 1e-300)


STATISTICS = [
    *((name, moment) for name in ("z", "a", "dz", "dW", "dx") for moment in ("second_moment", "mean", "variance")),
    *((name, alike) for name in ("z", "a") for alike in ("cosine", "correlation")),
]


@pytest.mark.filterwarnings("ignore:.*encountered")
def test_signals():
    """Where two runs of NumPy that differ in the order of their sums agree; from there on rounding decides."""
    named = zip(cycle(ACTIVATIONS), drawn(simulations(), 100), strict=False)
    settings = EXTREMES + [({"activation": name, **draw}, batch) for name, (draw, batch) in named]
    cases = [{"call": "simulate", "draw": draw, "batch": batch, "bins": BINS} for draw, batch in settings]
    whole = 0
    for (draw, batch), engine in zip(settings, computed(cases), strict=True):
        start, depth = called(draw["initializer"]), len(draw["widths"]) - 1
        python = network.simulate(
            draw["widths"], draw["activation"], start, seeds=[draw["seed"]], batch=batch, bins=BINS
        )
        again = in_another_order(draw, batch)
        until, wrong = np.inf, {}
        for name, statistic in STATISTICS:
            one, two = of_python(python, name, statistic), of_python(again, name, statistic)
            second = of_python(python, name, "second_moment")
            size = {"mean": np.sqrt(second), "cosine": 1, "correlation": 1}.get(statistic, second)
            time = when(name, depth)
            until = min(until, *time[~agree(one, two, size, 1e-10)], np.inf)
            if statistic == "mean":  # values that overflow: whether they end as inf or nan hangs on the order, too
                until = min(until, *time[~np.isfinite(one)], np.inf)
            wrong[name, statistic] = time[~agree(one, of_engine(engine, name, statistic), size, 1e-9)]
        for name in BINS:
            for counts in ("counts", "below", "above", "nan"):
                one, two = of_python(python, name, counts), of_python(again, name, counts)
                off = np.abs(one - of_engine(engine, name, counts)).reshape(len(one), -1).sum(axis=1)
                settled = (one == two).reshape(len(one), -1).all(axis=1)
                wrong[name, counts] = when(name, depth)[settled & (off > 2)]  # one value may be at an edge
        for what, times in wrong.items():
            assert not (times < until).any(), (draw, batch, what, times, until)
        if until == np.inf:
            whole += 1
            assert agree(python.loss[0], engine["loss"], np.abs(python.loss[0]) + 1e3, 1e-9)
    assert whole > 0.9 * len(settings)


# --- training ---------------------------------------------------------------------------------------------------------

DECAYS = st.sampled_from([0.0, 0.01])
OPTIMIZERS = st.one_of(
    st.fixed_dictionaries(
        {"optimizer": st.just("sgd"), "momentum": st.sampled_from([0.0, 0.9]), "weight_decay": DECAYS}
    ),
    st.fixed_dictionaries({"optimizer": st.sampled_from(["adam", "adamw"]), "weight_decay": DECAYS}),
)
STEPS = 60


@st.composite
def trainings(draw):
    """A network, its data and how it is trained."""
    make, count = draw(st.sampled_from(["spiral", "moons", "cross", "blobs", "circles"])), 2 * draw(st.integers(5, 50))
    batch = draw(st.none() | st.integers(1, count))
    options = {
        "loss": draw(st.sampled_from(["softmax_cross_entropy", "squared_error"])),
        "learning_rate": 10 ** draw(st.floats(-4, 1)),
        "steps": STEPS,
        "snapshots": [0, 1, 7, 30, STEPS],
        **({} if batch is None else {"batch_size": batch}),
        **draw(OPTIMIZERS),
    }
    widths = [2, *draw(st.lists(st.integers(1, 20), max_size=6)), 2]
    f, each = st.sampled_from(list(ACTIVATIONS)), len(widths) - 1
    network = {
        "widths": widths,
        "activation": draw(f | st.lists(f, min_size=each - 1, max_size=each)),
        "initializer": draw(SCHEMES | st.lists(SCHEMES, min_size=each, max_size=each)),
        "seed": draw(st.integers(0, 99)),
        "bias_initializer": draw(st.sampled_from([("zeros", {}), ("normal", {"std": 0.5}), None])),
    }
    return network, make, count, options, draw(st.integers(0, 99))


def start(draw):
    bias_initializer = draw["bias_initializer"] and called(draw["bias_initializer"])
    return network.sample(
        draw["widths"],
        draw["activation"],
        called(draw["initializer"]),
        bias_initializer=bias_initializer,
        rng=draw["seed"],
    )


def in_reverse(batches):
    """The same batches, the examples of each in the opposite order."""
    return lambda *of: ((x[:, ::-1], y[..., ::-1]) for x, y in batches(*of))


def turned(net):
    """The same network with all units but the outputs in the opposite order."""
    *hidden, last = net.weights
    biases = [b if b is None else b[::-1] for b in net.biases[:-1]]
    return replace(net, weights=(*(W[::-1, ::-1] for W in hidden), last[:, ::-1]), biases=(*biases, net.biases[-1]))


@pytest.mark.filterwarnings("ignore:.*encountered")
def test_training(monkeypatch):
    """The same run, step by step, as long as two runs of NumPy agree."""
    batches = training._batches
    cases, expected = [], []
    for draw, make, count, options, order in drawn(trainings(), 60):
        (x, y), (new_x, new_y) = (getattr(datasets, make)(count, rng=order + i) for i in (0, 1))
        if options["loss"] == "squared_error":
            y, new_y = (np.eye(2)[labels].T for labels in (y, new_y))
        run = partial(training.train, y=y, rng=order, **options)
        expected.append([run(start(draw), x, held_out=(new_x, new_y))])
        monkeypatch.setattr(training, "_batches", in_reverse(batches))
        expected[-1].append(run(turned(start(draw)), x[::-1]))
        monkeypatch.undo()
        given = {"x": x.tolist(), "y": y.tolist(), "held_out": (new_x.tolist(), new_y.tolist())}
        cases.append({"call": "train", "draw": draw, "options": {**options, "seed": order}, **given})
    whole = 0
    for case, (run, again), engine in zip(cases, expected, computed(cases), strict=True):
        what = case["draw"], case["options"]
        for step, losses in enumerate(zip(run.loss, again.loss, engine["loss"], strict=True)):
            if not agree(*losses[:2], 1 + abs(losses[0]), 1e-10):
                break
            assert agree(*losses[::2], 1 + abs(losses[0]), 1e-9), (*what, step, losses)
        else:
            assert engine["divergedAt"] == run.diverged_at
            whole += 1
        for kept, seen in zip(run.snapshots, engine["seen"], strict=True):
            if kept.step >= step:
                break
            assert seen["step"] == kept.step
            assert seen["divergedAt"] == kept.diverged_at
            assert seen["accuracy"] == pytest.approx(kept.accuracy, abs=1.01 / len(case["x"][0]))
            assert seen["heldOutAccuracy"] == pytest.approx(kept.held_out_accuracy, abs=1.01 / len(case["x"][0]))
            for name, value in (("loss", kept.loss), ("heldOutLoss", kept.held_out_loss)):
                np.testing.assert_allclose(seen[name], value, rtol=1e-8, atol=1e-9)
            np.testing.assert_allclose(seen["updateRatio"], kept.update_ratio, rtol=1e-6, atol=1e-15)
            for W, expected_W in zip(seen["network"]["weights"], kept.network.weights, strict=True):
                np.testing.assert_allclose(W["data"], expected_W.ravel(), rtol=1e-7, atol=1e-9)
    assert whole > 0.7 * len(cases)


def test_data_sets():
    some = st.tuples(
        st.sampled_from(["spiral", "moons", "cross", "blobs", "circles"]),
        st.fixed_dictionaries({"examples": st.integers(1, 200).map(lambda n: 2 * n), "noise": st.floats(0.01, 2)}),
        st.integers(0, 9999),
    )
    settings = drawn(some, 40)
    cases = [{"call": "dataset", "name": name, "options": {**how, "seed": seed}} for name, how, seed in settings]
    for (name, how, seed), engine in zip(settings, computed(cases), strict=True):
        x, y = getattr(datasets, name)(**how, rng=seed)
        np.testing.assert_allclose(engine["x"]["data"], x.ravel(), rtol=1e-11, atol=1e-12)
        assert engine["y"] == y.tolist()


def test_split_and_standardized_digits():
    x, y = datasets.digits()
    x, y = x[:, :300], y[:300]
    shares = [0.1, 0.25, 0.3, 0.5]
    cases = [
        {"call": "split", "x": x.tolist(), "y": y.tolist(), "held_out": s, "seed": i} for i, s in enumerate(shares)
    ]
    for i, (share, engine) in enumerate(zip(shares, computed(cases), strict=True)):
        expected = datasets.split(x, y, held_out=share, rng=i)
        for name, part in (("x", expected.x), ("heldOutX", expected.held_out_x)):
            assert engine[name]["data"] == part.ravel().tolist()
        assert (engine["y"], engine["heldOutY"]) == (expected.y.tolist(), expected.held_out_y.tolist())
    one, other = expected.x, expected.held_out_x
    [scaled] = computed([{"call": "standardize", "x": one.tolist(), "other": other.tolist()}])
    for engine, part in zip(scaled, datasets.standardize(one, other), strict=True):
        np.testing.assert_allclose(engine["data"], part.ravel(), rtol=1e-12, atol=1e-13)


@pytest.mark.filterwarnings("ignore:.*encountered")
def test_diagnostics():
    settings = [
        (make, {"widths": [2, 30, 30, 2], "activation": f, "initializer": scheme, "seed": 1, "bias_initializer": None})
        for make in ("moons", "spiral")
        for f in ACTIVATIONS
        for scheme in (("xavier_normal", {"gain": 4.0}), ("zeros", {}), ("normal", {"std": 30.0}))
    ]
    bins = {"W": (24, -4, 1, "log"), "a": (24, -2, 2), "dz": (24, -12, 0, "log")}
    cases, expected = [], []
    for make, draw in settings:
        x, y = getattr(datasets, make)(rng=0)
        given = {"x": x.tolist(), "y": y.tolist(), "loss": "softmax_cross_entropy", "bins": bins}
        cases.append({"call": "diagnose", "draw": draw, **given})
        expected.append(diagnose(start(draw), x, y, loss="softmax_cross_entropy", bins=bins))
    for case, engine, python in zip(cases, computed(cases), expected, strict=True):
        what = str(case["draw"])
        for name in ("loss", "accuracy", "saturated", "dead"):
            np.testing.assert_allclose(engine[name], getattr(python, name), rtol=1e-9, err_msg=what)
        some = python.W.rms > 0  # of zero weights, any gradient is infinitely much, and that of rounding is 0 or 1e-19
        ratio = np.array(engine["gradientRatio"], float)
        np.testing.assert_allclose(ratio[some], python.gradient_ratio[some], rtol=1e-6, err_msg=what)
        assert not np.isfinite(ratio[~some]).any(), what
        for name in ("W", "a", "dz", "dW"):
            of = getattr(python, name)
            dust = 1e-12 * python.dz.rms.max() if name == "dW" else 1e-300  # what is left where a sum is 0
            np.testing.assert_allclose(engine[name]["rms"], of.rms, rtol=1e-9, atol=dust, err_msg=what)
            for layer, histogram in enumerate(engine[name]["histograms"]):
                assert np.abs(np.array(histogram["counts"]) - of.counts[layer]).sum() <= 2, what
                below = of.below[layer] + (0 if of.zero is None else of.zero[layer])  # 1 - tanh² may be 0 or 1e-16
                assert abs(histogram["below"] + histogram["zero"] - below) <= 1, what
                assert abs(histogram["above"] - of.above[layer]) <= 1, what
                assert histogram["nan"] == of.nan[layer], what
