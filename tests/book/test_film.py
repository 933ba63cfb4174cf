"""Films without a browser: their frames, packed and in parts, and the widget that makes them while one watches."""

import asyncio
import functools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pytest
import traitlets
from toy_film import STEPS, TOY, film, run

from initlab_book.figure import Film, Lines, Player, Series, static
from initlab_book.figure.packing import LEVELS, Levels, changes, jsonable
from initlab_book.figure.widget import Explorer
from initlab_book.show import show


def numbers(text):
    """What a text of levels stands for."""
    return [float("nan") if letter == LEVELS[-1] else LEVELS.index(letter) / 62 for letter in text]


def unfold(film, spec):
    """The frames of a packed film, as the JavaScript unpacks them."""
    frames = []
    for t, text in enumerate(film["texts"]):
        panels = {}
        for part in (film.get("common", {}), film["still"]):
            for name, data in part.items():
                panels.setdefault(name, {}).update(data)
        for name, data in film["moving"].items():
            levels = next(p["levels"] for p in spec["panels"] if p["name"] == name) if name in LEVELED else ()
            for key, values in data.items():
                if key in levels:
                    rows = np.array([[LEVELS.index(letter) for letter in row] for row in values[: t + 1]])
                    panels.setdefault(name, {})[key] = "".join(LEVELS[i % 64] for i in rows.sum(axis=0))
                else:
                    panels.setdefault(name, {})[key] = values[t]
        frames.append((panels, text))
    return frames


LEVELED = {"surface", "digits", "weights"}


def frames_of(**settings):
    return [frame for frame in run(**settings) if frame is not None]


def apart(test):
    """Run a test in a thread of its own, where no event loop is running: that of a browser may be, in the main one."""

    @functools.wraps(test)
    def run_apart():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(test).result()

    return run_apart


GOOD = {"data": "cross", "start": "good", "rate": 1.0, "sign": False, "seed": 0}


def test_levels_lose_less_than_one_part_in_a_hundred():
    values = np.linspace(0, 1, 1001)
    assert np.abs(numbers(Levels(values).text) - values).max() <= 0.5 / 62 + 1e-12
    assert np.isnan(numbers(Levels([np.nan]).text)).all()


@pytest.mark.parametrize("values", [[0, 1.1], [-0.1], [np.inf]])
def test_levels_must_lie_between_0_and_1(values):
    with pytest.raises(ValueError, match="levels must lie between 0 and 1, got"):
        Levels(values)


def test_changes_can_be_added_up_again():
    rng = np.random.default_rng(0)
    texts = [Levels(rng.random(50)).text for _ in range(6)]
    rows = np.array([[LEVELS.index(letter) for letter in row] for row in changes(texts)])
    assert ["".join(LEVELS[i] for i in row) for row in rows.cumsum(axis=0) % 64] == texts


@pytest.mark.parametrize("start", ["zero", "good", "large"])
def test_a_packed_film_holds_every_frame(start):
    frames = frames_of(**GOOD | {"start": start})
    unpacked = unfold(TOY.film(start=start), TOY.spec())
    assert len(unpacked) == len(STEPS)
    for (panels, text), (found, said) in zip(frames, unpacked, strict=True):
        assert said == text
        # Curves over time are kept once, as they are at the end.
        assert found.pop("loss") == jsonable(frames[-1][0]["loss"], 4)
        assert found == {name: jsonable(data, 4) for name, data in panels.items() if name != "loss"}


def test_what_stays_the_same_is_packed_once():
    packed = TOY.film()
    assert "points" in packed["still"]["surface"]
    assert packed["still"]["marks"] == {"rate": 1}
    assert set(packed["moving"]["digits"]) == {"says"}
    assert len(json.dumps(packed)) < 0.5 * len(json.dumps(jsonable([frame[0] for frame in frames_of(**GOOD)], 4)))


def test_a_part_has_the_films_of_its_grid_and_shares_what_is_common():
    part = TOY.part_films("stripe")
    points = list(TOY.part_grid("stripe"))
    assert len(part["films"]) == len(points) == 3 * 3 * 2
    assert {point["data"] for point in points} == {"stripe"}
    assert "points" in part["common"]["surface"]
    for point, packed in zip(points, part["films"], strict=True):
        whole = unfold({"common": part["common"], **packed}, TOY.spec())
        assert whole == unfold(TOY.film(**point), TOY.spec())


def test_the_runs_of_a_part_may_be_made_together():
    asked = []

    def films(part):
        asked.append(part)
        names = [control.name for control in TOY.controls if control.name != "data"]
        return {tuple(point[name] for name in names): frames_of(**point) for point in TOY.part_grid(part)}

    together = film(films=films)
    assert together.part_films("cross") == TOY.part_films("cross")
    assert asked == ["cross"]


def test_a_frame_is_that_of_the_step_of_the_player():
    frame = TOY.frame(step=4, start="large")
    panels, text = frames_of(**GOOD | {"start": "large"})[STEPS.index(4)]
    assert frame == {"panels": jsonable(panels, 4), "text": text}


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ({"step": 3}, "step must be one of 0, 1, 2, 4, 8, 16, got 3"),
        ({"step": True}, "step must be one of"),
        ({"start_2": "bad"}, "start_2 must be one of 'zero', 'good', 'large', got 'bad'"),
        ({"compare": 1}, "compare must be True or False, got 1"),
        ({"sign_2": True}, "unknown setting 'sign_2'"),
    ],
)
def test_a_setting_that_is_not_allowed_says_what_is(setting, allowed):
    with pytest.raises(ValueError, match=re.escape(allowed)):
        TOY.frame(**setting)
    with pytest.raises(ValueError, match=re.escape(allowed)):
        Explorer(TOY, **setting)


# ---------------------------------------------------------------- the page


def scripts(html):
    return re.findall(r'<script type="application/json"([^>]*)>(.*?)</script>', html, re.S)


def test_the_page_carries_the_start_film_and_the_parts():
    (_, first), *parts = scripts(static.html(TOY, start="large", step=2))
    payload = json.loads(first)
    assert payload["start"] == TOY.settings(start="large", step=2)
    assert list(payload["films"]) == ["film"]
    assert unfold(payload["films"]["film"], payload["spec"]) == unfold(TOY.film(start="large"), TOY.spec())
    assert [attributes for attributes, _ in parts] == [
        f' data-film="toy" data-part="{part}"' for part in ("cross", "stripe")
    ]
    for part, (_, films) in zip(("cross", "stripe"), parts, strict=True):
        assert json.loads(films) == jsonable(TOY.part_films(part), 17)


def test_the_page_can_start_with_two_sides():
    payload = json.loads(scripts(static.html(TOY, compare=True, start_2="zero"))[0][1])
    assert payload["films"]["film_2"]["texts"] == TOY.film(start="zero")["texts"]


def test_without_a_script_the_sentence_and_the_numbers_of_the_start_frame_are_there():
    html = static.html(TOY, step=2)
    fallback = re.sub(r"<script.*?</script>", "", html, flags=re.S)
    assert TOY.frame(step=2)["text"] in fallback
    assert fallback.count("<table>") == len(TOY.panels)


def test_a_film_without_parts_is_in_one_piece():
    assert film(part=None).parts() == (None,)
    assert ' data-part="all"' in static.html(film(part=None))


# ---------------------------------------------------------------- the widget


@apart
def test_without_an_event_loop_the_film_is_made_at_once():
    figure = Explorer(TOY, start="large")
    assert figure.film == TOY.film(start="large")
    assert (figure.running, figure.progress, figure.status) == (False, 1.0, "")
    figure.rate = 1.5  # off the grid of the static page
    assert figure.film == TOY.film(start="large", rate=1.5)


@apart
def test_the_player_and_the_second_side_leave_the_first_film_alone():
    figure = Explorer(TOY)
    made = []
    figure.observe(lambda change: made.append(change.name), ["film", "film_2"])
    figure.step = 2
    assert made == []
    figure.compare = True
    figure.start_2 = "zero"
    assert set(made) == {"film_2"}
    assert figure.film_2 == TOY.film(start="zero")
    figure.rate = 2.0  # the first side's own
    assert figure.film_2 == TOY.film(start="zero")
    figure.data = "stripe"  # that of both
    assert figure.film == TOY.film(data="stripe", rate=2.0)
    assert figure.film_2 == TOY.film(data="stripe", start="zero")
    with pytest.raises(traitlets.TraitError, match="rate_2 must be a number from"):
        figure.rate_2 = 5


@apart
def test_a_film_comes_while_it_is_made_and_can_be_stopped():
    async def watch():
        figure = Explorer(film(pause=0.2))
        lengths = set()
        figure.observe(lambda change: lengths.add(len(change.new["texts"])), "film")
        while figure.progress < 0.5:
            await asyncio.sleep(0.01)
            assert figure.running
        asked = asyncio.get_running_loop().time()
        seen = len(figure.film["texts"])
        figure.running = False
        frames = len(figure.film["texts"])
        assert seen <= frames
        await asyncio.sleep(0.6)
        assert len(figure.film["texts"]) == frames < len(STEPS)
        assert figure.status == f"Stopped at step {STEPS[frames - 1]}."
        assert len(lengths) > 1
        figure.start = "zero"  # another film begins anew
        await asyncio.sleep(0)
        assert figure.running
        assert asyncio.get_running_loop().time() > asked
        assert figure.progress == 0.0
        figure.running = False  # before its first frame
        assert figure.status == "Stopped at step 0."

    asyncio.run(watch())


@apart
def test_a_new_setting_takes_the_place_of_a_film_that_is_being_made():
    async def watch():
        figure = Explorer(film(pause=0.1))
        await asyncio.sleep(0.15)
        figure.start = "large"
        while figure.running:
            await asyncio.sleep(0.01)
        assert figure.film == TOY.film(start="large")
        assert figure.status == ""

    asyncio.run(watch())


def test_while_the_book_is_built_a_film_is_html(monkeypatch):
    monkeypatch.setenv("INITLAB_BOOK", "1")
    assert show(TOY)._repr_mimebundle_() == {"text/html": static.html(TOY), "text/plain": TOY.title}


def test_a_film_may_hand_control_back_as_often_as_it_likes():
    assert sum(frame is None for frame in run(**GOOD, pause=0.02)) == 2 * len(STEPS)
    assert list(islice(film(pause=0.02).frames(), 2)) == [None, None]


@apart
def test_a_film_of_curves_alone_works():
    def compute():
        for t in range(3):
            yield {"line": {"y": {"y": [1] * (t + 1) + [None] * (2 - t)}}}, f"Frame {t}."

    small = Film(
        name="small",
        title="Small",
        controls=(),
        panels=(Lines("line", "Line", "t", (Series("y", "y"),), (0, 2), x=(0, 1, 2), over_time=True),),
        compute=compute,
        player=Player("t", "Time", (0, 1, 2), 0),
    )
    assert Explorer(small).film["texts"] == ["Frame 0.", "Frame 1.", "Frame 2."]
    assert "Frame 0." in static.html(small)
