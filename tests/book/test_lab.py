"""The lab without a page: its runs are those of `initlab`, and its challenges can be lost and won."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from initlab import datasets, network
from initlab.activations import ACTIVATIONS
from initlab.diagnostics import diagnose
from initlab.symmetry import distinct_units
from initlab_book.engine import digits

JS = Path(__file__).parents[1] / "js"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs node")


def ask(function, arguments):
    """What a function of tests/js/lab.mjs returns for each list of arguments, from one process."""
    command = [NODE, JS / "call.mjs", (JS / "lab.mjs").as_uri(), function]
    done = subprocess.run(command, input=json.dumps(arguments), capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


HE = {"scheme": "he_normal", "scale": 1}
STEPS = 40
EXPERIMENTS = {
    "usual": {},
    "each layer another": {
        "data": {"set": "circles", "n": 60, "noise": 0.1, "seed": 4, "heldOut": 0.3, "scale": 3, "standardize": False},
        "runs": [
            {},
            {
                "hidden": [5, 7, 6, 64],
                "activations": ["relu", "gelu", "sigmoid", "selu"],
                "initializers": [
                    {"scheme": "orthogonal", "scale": 1.5},
                    {"scheme": "he_uniform", "scale": 0.7},
                    {"scheme": "lecun_normal", "scale": 1},
                    {"scheme": "truncated_normal", "scale": 0.3},
                    {"scheme": "uniform", "scale": 0.2},
                ],
                "biases": [0, 0.5, 0, -1, 0],
                "optimizer": "adam",
                "rate": 0.01,
                "decay": 0.001,
                "batch": 0,
            },
        ],
        "seeds": {"first": 7, "count": 2},
    },
    "own points": {
        "data": {"set": "own", "points": [[1, 2.5, 0], [-1, 0.25, 1], [3, 3, 1], [0, 0, 0], [2, 1, 1], [0.5, 1, 0]]},
        "runs": [{"hidden": [3], "activations": "tanh", "initializers": {"scheme": "constant", "scale": 0.5}}],
    },
    "few own points": {"data": {"set": "own", "points": [[1, 2, 0], [2, 1, 1]], "standardize": False}},
    "no hidden layer": {
        "data": {"set": "blobs", "heldOut": 0},
        "runs": [{"hidden": [], "optimizer": "adamw", "decay": 1}],
    },
    "digits": {
        "data": {"set": "digits", "n": 200, "heldOut": 0.3},
        "runs": [{"hidden": [20, 20], "activations": "relu", "initializers": HE, "biased": False, "momentum": 0}],
    },
    "overflow": {"runs": [{"activations": "relu", "initializers": {"scheme": "normal", "scale": 100}, "rate": 100}]},
}


@cache
def runs():
    """What the lab shows of each experiment, of its last network."""
    images = digits(200)
    cases = [[json_, len(json_.get("runs", [0])) - 1, STEPS, 10, images] for json_ in EXPERIMENTS.values()]
    return dict(zip(EXPERIMENTS, ask("played", cases), strict=True))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_same_in_python_gives_the_same_numbers(name, capsys):
    found = runs()[name]
    assert not found["problems"]
    scope = {}
    exec(found["code"], scope)
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    frames = found["frames"]
    assert [frame["step"] for frame in frames] == list(range(0, STEPS + 1, 10))
    drawn = [[draw["seed"], frame["step"], draw] for frame in frames for draw in frame["draws"]]
    for (seed, step, draw), line in zip(sorted(drawn, key=lambda each: each[:2]), printed, strict=True):
        assert (seed, step) == (int(line[0]), int(line[1]))
        said = [draw[key] for key in ("loss", "accuracy", "heldOutLoss", "heldOutAccuracy")]
        said = [np.nan if v is None else v for v in said[: len(line) - 2]]
        np.testing.assert_allclose(said, [float(v) for v in line[2:]], rtol=1e-9)


@pytest.mark.parametrize("name", ["usual", "each layer another", "no hidden layer", "digits"])
def test_a_frame_shows_what_diagnostics_show(name):
    found = runs()[name]
    scope = {}
    exec(found["code"].replace("for seed in range(7, 9)", "for seed in range(7, 8)"), scope)
    for frame, seen in zip(found["frames"], scope["run"].snapshots, strict=True):
        health = diagnose(seen.network, scope["x"], scope["y"], loss="softmax_cross_entropy")
        expected = {
            "size": [np.sqrt(np.mean(scope["x"] ** 2)), *health.a.rms],
            "gradient": health.dz.rms,
            "weightGradient": health.dW.rms,
            "weights": health.W.rms,
            "weightMean": health.W.mean,
            "saturated": health.saturated,
            "dead": health.dead,
            "updateRatio": seen.update_ratio,
            "alike": [_mean_cosine(a) for a in network.forward(seen.network, scope["x"]).a],
            "different": [distinct_units(seen.network, layer) for layer in range(1, seen.network.depth + 1)],
        }
        for key, values in expected.items():
            np.testing.assert_allclose(frame[key], values, rtol=1e-8, atol=1e-12, err_msg=key)


def _mean_cosine(a):
    unit = a / np.linalg.norm(a, axis=0)
    pairs = ~np.eye(a.shape[1], dtype=bool)
    return (unit.T @ unit)[pairs].mean()


def test_of_digits_images_are_shown_with_what_the_network_says_of_them():
    found = runs()["digits"]
    scope = {}
    exec(found["code"].replace("for seed in range(7, 9)", "for seed in range(7, 8)"), scope)
    places = [i for digit in range(10) for i in np.flatnonzero(scope["new_y"] == digit)[:2]]
    images = found["frames"][0]["images"]
    assert images["label"] == list(scope["new_y"][places])
    x, y = datasets.digits()
    given = datasets.split(x[:, :200], y[:200], held_out=0.3, rng=0).held_out_x[:, places]
    np.testing.assert_allclose(np.reshape(images["pixels"], (-1, 64)).T, given / 16, atol=1e-7)
    for frame, seen in zip(found["frames"], scope["run"].snapshots, strict=True):
        scores = network.forward(seen.network, scope["new_x"][:, places]).output
        p = np.exp(scores) / np.exp(scores).sum(axis=0)
        assert [answer["says"] for answer in frame["answers"]] == list(p.argmax(axis=0))
        np.testing.assert_allclose([answer["sure"] for answer in frame["answers"]], p.max(axis=0), rtol=1e-8)


def test_the_plane_is_what_the_network_says_of_its_places():
    found = runs()["each layer another"]
    scope = {}
    exec(found["code"].replace("range(7, 9)", "range(7, 8)"), scope)
    frame, seen = found["frames"][-1], scope["run"].snapshots[-1]
    surface = frame["surface"]
    cells = surface["cells"]
    centres = (np.arange(cells) + 0.5) / cells * 4.8 - 2.4
    places = 3 * np.array(np.meshgrid(centres, centres)).reshape(2, -1)
    scores = network.forward(seen.network, places).output
    np.testing.assert_allclose(surface["levels"], 1 / (1 + np.exp(scores[0] - scores[1])), rtol=1e-6)
    assert surface["x"] == surface["y"] == [-2.4, 2.4]
    points = found["frames"][0]["points"]
    assert sum(points["heldOut"]) == 18
    assert len(points["x"]) == 60


def _any_experiment(rng):
    """An experiment with settings of every kind, drawn at random."""
    depth = int(rng.integers(0, 6))
    schemes = ["zeros", "constant", "identity", "normal", "uniform", "truncated_normal", "orthogonal"]
    schemes += ["xavier_normal", "xavier_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform"]

    def layer():
        return {"scheme": str(rng.choice(schemes)), "scale": float(rng.choice([0.3, 1, 1.7]))}

    return {
        "data": {
            "set": str(rng.choice(["blobs", "circles", "moons", "cross", "spiral"])),
            "n": 2 * int(rng.integers(10, 60)),
            "seed": int(rng.integers(1000)),
            "heldOut": float(rng.choice([0, 0.1, 0.35, 0.9])),
            "standardize": bool(rng.integers(2)),
            "scale": float(rng.choice([1, 0.5])),
        },
        "runs": [
            {
                "hidden": rng.integers(1, 65, depth).tolist(),
                "activations": rng.choice(list(ACTIVATIONS), depth).tolist(),
                "initializers": [layer() for _ in range(depth + 1)],
                "biases": rng.choice([0, 0.25, -1], depth + 1).tolist(),
                "biased": bool(rng.integers(3)),
                "optimizer": str(rng.choice(["sgd", "adam", "adamw"])),
                "rate": float(rng.choice([0.001, 0.02])),
                "momentum": float(rng.choice([0, 0.5, 0.9])),
                "batch": int(rng.choice([0, 1, 7, 500])),
                "decay": float(rng.choice([0, 0.01])),
            }
        ],
        "seeds": {"first": int(rng.integers(1000)), "count": 1},
    }


@pytest.mark.filterwarnings("ignore")
def test_any_experiment_gives_the_numbers_that_its_python_gives(capsys):
    rng = np.random.default_rng(0)
    experiments = [_any_experiment(rng) for _ in range(60)]
    for found in ask("played", [[each, 0, 10, 10] for each in experiments]):
        assert not found["problems"]
        exec(found["code"], {})
        for line, frame in zip(capsys.readouterr().out.splitlines(), found["frames"], strict=True):
            (draw,) = frame["draws"]
            said = [draw[key] for key in ("loss", "accuracy", "heldOutLoss", "heldOutAccuracy")]
            printed = [float(v) for v in line.split()[2:]]
            said = [np.nan if v is None else v for v in said[: len(printed)]]
            np.testing.assert_allclose(said, printed, rtol=1e-8, err_msg=found["code"])


# ---------------------------------------------------------------- challenges


def _scheme(scheme, scale=1):
    return {"initializers": {"scheme": scheme, "scale": scale}}


SOLUTIONS = {
    "dead": [{"biases": 0}, {"activations": "tanh"}],
    "saturated": [_scheme("xavier_normal"), _scheme("normal", 0.3), {"hidden": [16], "activations": "tanh"}],
    "symmetric": [_scheme("xavier_normal"), _scheme("orthogonal"), _scheme("uniform", 0.5)],
    "exploding": [_scheme("he_normal"), {"activations": "tanh"}, {"optimizer": "adam"}, {"rate": 0.001}],
    "unscaled": [{"standardize": True}, {"activations": "relu"}, {"optimizer": "adam"}],
    "vanishing": [{"activations": "tanh"}, _scheme("xavier_normal", 5), _scheme("normal", 2)],
}
"""Of each challenge, single changes that solve it."""

FAILURES = {
    "dead": {"optimizer": "adam"},
    "saturated": {"activations": "relu"},
    "symmetric": {"optimizer": "adam"},
    "exploding": _scheme("normal", 2),
    "unscaled": {"rate": 0.003},
    "vanishing": {"rate": 1},
}
"""And single changes that do not."""

SAID = {
    "dead": "every unit is dead",
    "saturated": "saturated",
    "symmetric": "are equal",
    "exploding": "scores are too large",
    "unscaled": "Standardize",
    "vanishing": "fades",
}
"""What is seen before the first step."""


def _changed(change):
    if "standardize" in change:
        return [{}, change]
    if "hidden" in change:
        return [{**change, **_scheme("normal", 3), "biases": 0}]
    return [change]


@cache
def verdicts():
    cases = [(name, change) for name, changes in SOLUTIONS.items() for change in (*changes, FAILURES[name])]
    found = ask("judged", [[name, *_changed(change)] for name, change in cases])
    return [(name, change, verdict) for (name, change), verdict in zip(cases, found, strict=True)]


@cache
def challenges():
    (names,) = ask("challengeNames", [[]])
    return dict(zip(names, ask("asItStands", [[name] for name in names]), strict=True))


@pytest.mark.slow
def test_there_are_six_challenges():
    assert list(challenges()) == list(SOLUTIONS)


@pytest.mark.slow
@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_challenge_fails_as_it_stands_and_the_lab_says_why(name):
    stands = challenges()[name]
    assert max(stands["right"]) < 0.9
    assert SAID[name] in " ".join(finding["text"] for finding in stands["findings"][0])


@pytest.mark.slow
@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_challenge_has_more_than_one_solution(name):
    for challenge, change, verdict in verdicts():
        if challenge == name:
            assert verdict["solved"] == (change is not FAILURES[name]), verdict["text"]
            assert verdict["text"].startswith("Solved." if verdict["solved"] else "Not yet.")


def test_exactly_one_thing_is_to_be_changed():
    cases = [["dead", {}], ["dead", {"biases": 0, "biased": False, "rate": 0.1}], ["dead", {"biases": 0}, {"n": 100}]]
    said = [verdict["text"] for verdict in ask("judged", cases)]
    assert said[0] == "Nothing has been changed yet."
    assert said[1] == "You have changed 2 things: the biases and the learning rate. Change one only."
    assert said[2].startswith("The data have to stay as they are")
