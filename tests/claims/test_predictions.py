"""What figures say when a reader asks what comes out, worked out again."""

import numpy as np
import pytest
from harness import explorers

from initlab import finite_width, gaussian, random_matrices
from initlab_book import results
from initlab_book.chapters import deriving, exploding, limits, scale, symmetry, watching, xavier
from initlab_book.figure import Film

PREDICTED = [placed for placed in explorers() if placed.demo.prediction]


def asks(demo, *sentences):
    """Fail unless the question, the options or the outcome of a figure have each of the sentences."""
    prediction = demo.prediction
    words = " | ".join([prediction.question, *prediction.options, prediction.outcome])
    for sentence in sentences:
        assert sentence in words, f"{demo.name} no longer says: {sentence}"


def test_every_question_is_held_to_account():
    tests = " ".join(name for name in globals() if name.startswith("test_"))
    assert [p.demo.name for p in PREDICTED if p.demo.name.replace("-", "_") not in tests] == []


@pytest.mark.parametrize("placed", PREDICTED, ids=str)
def test_the_opening_state_is_among_those_of_the_page(placed):
    assert placed.demo.prediction.options
    if isinstance(placed.demo, Film):  # else the picture would be the answer
        assert placed.start[placed.demo.player.name] == placed.demo.player.values[0]


def test_twins():
    asks(symmetry.figures.twins, "Noise of 0.1 parts the units after 33 steps.", "A few times as long")
    seen = symmetry.experiments.parting("cross", "0.5", "tanh")
    at = dict(zip(symmetry.experiments.NOISE, seen.parted_at, strict=True))
    assert at[0.1] == 33
    assert 2 < at[1e-4] / 33 < 10
    thousandths = np.diff([at[noise] for noise in (1e-3, 1e-6, 1e-9)])
    assert (thousandths > 100).all()
    assert (thousandths < 300).all()
    assert at[0] == -1


def test_descent():
    asks(exploding.figures.descent, "at the rate 0.01", "a few small rates work, and for 0.5 a few large ones")
    works = {}
    for g in (0.5, 1.0, 1.5):
        losses = exploding.experiments.losses(g)
        fates = [exploding.experiments.outcome(losses[:, i])[0] for i in range(len(exploding.experiments.RATES))]
        works[g] = [rate for rate, fate in zip(exploding.experiments.RATES, fates, strict=True) if fate == "solved"]
        at = list(exploding.experiments.RATES).index(0.01)
        assert fates[at] == {0.5: "unsolved", 1.0: "solved", 1.5: "overflow"}[g]
    assert max(works[1.5]) < 0.01 < min(works[0.5])
    assert max(len(works[0.5]), len(works[1.5])) <= 4
    assert len(works[1.0]) > 2 * max(len(works[0.5]), len(works[1.5]))
    assert len(exploding.experiments.RATES) == 19


def test_random_matrices():
    asks(
        exploding.figures.random_matrices, "after 30 layers of only two units", "Half of all networks end below 0.0002."
    )
    assert random_matrices.growth_quantile(0.5, 30, 2) < 0.0002
    assert random_matrices.growth_rate(512) == pytest.approx(-1 / (2 * 512), rel=0.01)


def test_find_the_scale():
    asks(scale.figures.find_the_scale, "with 16 units a layer needs σ = 0.25", "Half.")
    for width, std in ((16, 0.25), (64, 0.125)):
        assert width * std**2 == 1
        assert 0.3 < scale.experiments.sizes("identity", width, (std,)).a[0, -1] < 3
    assert scale.experiments.sizes("identity", 64, (0.25,)).a[0, -1] > 1e4


def test_three_starts():
    asks(scale.figures.three_starts, "ReLU 1.4142, tanh 1.5925, GELU 1.5335", "All three occur")
    ratio = {}
    for f, gain in (("relu", 1.4142), ("tanh", 1.5925), ("gelu", 1.5335)):
        assert gaussian.gain(f) == pytest.approx(gain, abs=5e-5)
        ends = [
            size[-1]
            for size in scale.figures.three_starts.frame(activation=f, gain=gain)["panels"]["forward"]["y"].values()
        ]
        ratio[f] = float(ends[2]) / float(ends[0])
    assert ratio["relu"] == pytest.approx(4, rel=0.02)
    assert ratio["tanh"] < 1.1
    assert ratio["gelu"] > 10


def test_rules():
    asks(xavier.figures.rules, "None of them quite: without an activation all three are level")

    def levels(activation):
        seen = xavier.experiments.deep("xavier", activation)
        moments = {of: getattr(seen, of).second_moment[0] for of in ("a", "dz", "dW")}
        return {of: m[-1] / m[1 if of == "a" else 0] for of, m in moments.items()}

    assert all(0.5 < ratio < 2 for ratio in levels("identity").values())
    with_tanh = levels("tanh")
    assert with_tanh["a"] < 0.5
    assert 1 / with_tanh["dz"] < 0.5


def test_tapers():
    asks(xavier.figures.tapers, "narrows from 512 units to 32 in ten layers", "The gradient. 1/n_in keeps the signal")
    widths, variance = xavier.experiments.SHAPES["narrow"][1], xavier.experiments.VARIANCES["in"][1]
    forward, backward = xavier.experiments.expected(widths, variance)
    assert (widths[0], widths[-1], len(widths)) == (512, 32, 11)
    np.testing.assert_allclose(forward, 1)
    assert backward[0] < 0.2


def test_switchboard():
    asks(
        deriving.figures.switchboard,
        "For how many of the seven",
        "Four. The two about the activations, and that weights are uncorrelated",
    )
    switches = deriving.figures.SWITCHES
    assert len(switches) == 7
    sizes = {name: deriving.figures.switchboard.frame(**{name: False})["panels"]["size"]["y"] for name in switches}
    same = {name for name, y in sizes.items() if y["predicted"] == y["all"]}
    assert len(same) == 3
    assert sorted(switches[name][1] for name in same) == [
        "Activations: mean zero",
        "Activations: uncorrelated",
        "Weights: uncorrelated",
    ]


def test_length_map():
    asks(limits.figures.length_maps, "Falling", "GELU's curve rises through the line")
    (tanh,) = (p for p in gaussian.fixed_points("tanh", scaled_weight_variance=1.44) if 0 < p.q < np.inf)
    (gelu,) = (p for p in gaussian.fixed_points("gelu", scaled_weight_variance=1.5335**2) if 0 < p.q < np.inf)
    assert tanh.stable
    assert tanh.slope < 1 < gelu.slope
    assert not gelu.stable


def test_luck():
    asks(limits.figures.luck, "He's rule, 50 layers of 128 units", "By about 2.")

    def factor(f, gain):
        lengths = finite_width.sample_lengths(f, [128] * 50, scaled_weight_variance=gain**2, seeds=600, rng=1)[:, -1]
        return np.median(np.exp(abs(np.log(lengths[::2] / lengths[1::2])) / 2))

    assert 1.5 < factor("relu", 2**0.5) < 3
    assert factor("tanh", 5 / 3) < 1.1


def test_two_dimensions():
    asks(watching.figures.two_dimensions, "All weights 0.1", "gets at most two thirds of the circles right")
    found = results.load(watching.experiments.plane)
    starts = list(watching.experiments.PLANE_TESTED)
    right = [
        found.get("right", data="circles", width=width, optimizer=optimizer, activation=f)[
            ..., starts.index("constant")
        ]
        for width in (12, 24)
        for optimizer in ("sgd", "momentum", "adam")
        for f in ("tanh", "relu")
    ]
    assert np.max(right) < 0.667


def test_digits():
    asks(watching.figures.digits, "three quarters of all units are saturated", "more than a hundredfold")
    task = watching.experiments.digit_task()
    network = watching.experiments.digit_network("normal", "tanh", rng=0)
    seen = watching.figures.diagnose(network, task.x, task.y, loss=watching.experiments.LOSS)
    assert np.mean(seen.saturated[:-1]) == pytest.approx(0.75, abs=0.05)
    assert seen.dz.rms[0] / seen.dz.rms[-1] > 100
