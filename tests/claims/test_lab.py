"""The chapter "The lab", held to account: what its three things to try show, in Python."""

import functools
import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from harness import ROOT

from initlab import datasets, initializers, network, training
from initlab_book.chapters.lab import lab

from . import chapter

says = chapter("lab")

DRAWS, STEPS, ADAMS_RATE = 10, 500, 0.01
SMALL = partial(initializers.normal, std=lab.experiment["runs"][0]["initializers"][0]["scale"])


@functools.cache
def points():
    """The points of the lab as it opens."""
    data = lab.experiment["data"]
    x, y = datasets.moons(data["n"], noise=data["noise"], rng=data["seed"])
    return datasets.split(x, y, held_out=data["heldOut"], rng=data["seed"])


def right(initializer, *, width=None, **changes):
    """For ten draws, the share of held-out points that are right, and the training loss."""
    (given,) = lab.experiment["runs"]
    data = points()
    x, new_x = datasets.standardize(data.x, data.held_out_x)
    hidden = [width] * len(given["hidden"]) if width else given["hidden"]
    options = {"learning_rate": given["rate"], "momentum": given["momentum"]} | changes
    ends = []
    for seed in range(DRAWS):
        run = training.train(
            network.sample([2, *hidden, 2], given["activations"][0], initializer, rng=seed),
            x,
            data.y,
            loss="softmax_cross_entropy",
            steps=STEPS,
            batch_size=given["batch"],
            rng=seed,
            snapshots=[STEPS],
            held_out=(new_x, data.held_out_y),
            **options,
        )
        (end,) = run.snapshots
        ends.append((end.held_out_accuracy, end.loss))
    return np.array(ends).T


small = functools.cache(lambda: right(SMALL))
he = functools.cache(lambda: right(initializers.he_normal))


def test_the_same_draw_another_scale():
    says("The lab opens with a network of «six» hidden layers", len(lab.experiment["runs"][0]["hidden"]))
    says("All with the network that the lab opens with, after «500» steps.", STEPS)
    says("Network A stays at the loss of guessing, $\\ln 2 = «0.693»$.", small()[1][0])
    says("Network B has more than 90 % of the held-out points right.")
    assert he()[0][0] > 90 / 100


def test_luck():
    says("Under *Draws*, ask for «ten» at once. With the small weights most of them stay at guessing;", DRAWS)
    assert np.sum(small()[1] > 0.69) > DRAWS / 2
    says("with He's rule every one learns.")
    assert np.all(he()[0] > 0.9)
    says("Now give He's network 2 units a layer in place of 16: most draws are lost again.")
    assert lab.experiment["runs"][0]["hidden"][0] == 16
    assert np.sum(right(initializers.he_normal, width=2)[1] > 0.69) > DRAWS / 2


def test_another_optimizer():
    says("with the learning rate «0.01». All «ten» draws leave guessing behind.", ADAMS_RATE, DRAWS)
    assert np.all(right(SMALL, optimizer="adam", learning_rate=ADAMS_RATE, momentum=0)[1] < 0.6)


def goals():
    """What the challenges ask for. `tests/book/test_lab.py` trains what solves them."""
    node = shutil.which("node", path=Path(sys.executable).parent) or shutil.which("node")
    module = ROOT / "src" / "initlab_book" / "engine" / "challenges.js"
    code = f"import({json.dumps(module.as_uri())}).then((m) => console.log(JSON.stringify(m.CHALLENGES)))"
    said = subprocess.run([node, "-e", code], capture_output=True, check=True, encoding="utf-8")
    return [challenge["goal"] for challenge in json.loads(said.stdout)]


def test_the_challenges():
    count = len(goals())
    (goal,) = {(goal["of"], goal["draws"], goal["right"]) for goal in goals()}
    says("- to mend «six» networks that do not train, by one change each.", count)
    says("## «Six» challenges", count)
    says("At the end of the lab «six» networks wait that do not train.", count)
    says(
        "training from «five» draws: at least «four» must get «90 %» of the held-out points right.",
        goal[0],
        goal[1],
        goal[2],
    )
