"""The two ways to compute a film agree: all runs of a part at once, and one run as it goes."""

import re

import pytest

from initlab.training import train
from initlab_book.chapters import watching
from initlab_book.figure.packing import jsonable

pytestmark = pytest.mark.slow

PARTS = [(watching.figures.two_dimensions, "spiral"), (watching.figures.digits, "relu")]


def words(film, frames):
    return [(jsonable(panels, film.digits), text) for panels, text in frames]


@pytest.mark.parametrize(("film", "part"), PARTS, ids=lambda value: getattr(value, "name", value))
def test_all_runs_at_once_are_the_runs_one_by_one(film, part):
    every = film.films(part)
    points = {tuple(v for name, v in p.items() if name != film.part): p for p in film.part_grid(part)}
    assert set(every) == set(points)
    for key in list(points)[3::17]:
        frames = [frame for frame in film.compute(**points[key]) if frame]
        assert len(frames) == len(film.player.values)
        assert words(film, every[key]) == words(film, frames)


def test_a_run_that_diverges_says_when():
    texts = [text for _, text in filter(None, watching.figures.digits.frames(activation="relu", start="normal"))]
    assert len(texts) == len(watching.experiments.STEPS)
    opening = "Step 0, standard normal, ReLU, rate 0.01: loss 3.87\u00a0×\u00a010⁶ on the training digits"
    assert texts[0].startswith(opening)
    task = watching.experiments.digit_task(dtype=float)
    network = watching.experiments.digit_network("normal", "relu", dtype=float, rng=0)
    run = train(network, task.x, task.y, learning_rate=0.01, **task.options)
    assert run.diverged_at == 3
    assert all("the run diverged at step 3; its loss is no number any more." in text for text in texts[3:])


def test_a_run_at_chance_says_so():
    for film, price in ((watching.figures.two_dimensions, "0.693"), (watching.figures.digits, "2.3")):
        *_, (_, text) = filter(None, film.frames(start="zero"))
        assert f"no better than chance: guessing among {'two' if price == '0.693' else 'ten'} costs {price}." in text
        assert "Layers 1 to " in text or "No layer has a gradient" in text


def test_chance_is_judged_by_the_answers_too():
    frames = watching.figures.two_dimensions.frames(data="circles", start="xavier", activation="tanh", rate=0.005)
    texts = [text for _, text in filter(None, frames)]
    (unsure,) = (text for text in texts if text.startswith("Step 30,"))
    assert "62 % of new points are right. The answers are better than chance, but the loss is not: guessing" in unsure
    sure = [text for text in texts if re.search(r"(5[89]|[6-9]\d|100) % of new", text)]
    assert not any("no better than chance" in text for text in sure)


def test_the_best_rate_is_marked_for_the_usual_size_only():
    def marks(**settings):
        panels, _ = next(filter(None, watching.figures.two_dimensions.frames(**settings)))
        return panels.get("marks")

    assert marks(start="large", activation="relu") == {"rate": 0.001}
    assert marks(start="zero") is None
    assert marks(start="large", width=20) is None


def test_any_depth_and_width_will_do():
    for film in (watching.figures.two_dimensions, watching.figures.digits):
        frames = [frame for frame in film.frames(width=7, depth=1, seed=3) if frame]
        assert len(frames) == len(film.player.values)
