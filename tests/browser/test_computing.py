"""Pages that compute: what the grid of a figure does not hold is worked out by the engine, here a toy of one;
`tests/book/test_engine_figures.py` compares the true one with Python."""

import json
import re

import pytest
from figure import ADDRESS_SETTLES, NO_WORKER, Figure, bare_page
from harness import explorers, guess_nothing
from playwright.sync_api import expect

from initlab_book.chapters.xavier.figures import tapers
from initlab_book.figure import Demo, Film, Lines, Menu, Number, Player, Seed, Series, Slider, Widths

pytestmark = pytest.mark.browser

SLOW, LATE, UNLUCKY = 99, 77, 13


def _line(size, seed):
    return {"line": {"y": {"y": [size, 2 * size, seed / 3]}}}, f"Size {size:g}, seed {seed:g}."


SIZE, SEED = Slider("size", "Size", (1.0, 2.0, 4.0), 1.0), Seed()
LINE = Lines("line", "Line", "at", (Series("y", "y"),), (0, 40), x=(0, 1, 2))
TOY = Demo(
    name="toy",
    title="A toy",
    controls=(SIZE, SEED),
    panels=(LINE,),
    compute=lambda size, seed: _line(size, seed),
    digits=3,
    engine=True,
)


def _steps(scale, seed):
    for step in range(5):
        yield {"line": {"y": {"y": [step * (2 if scale == "two" else 1), seed, 0]}}}, f"Step {step}, seed {seed:g}."


FILM = Film(
    name="toy-film",
    title="A film of a toy",
    controls=(Menu("scale", "Scale", {"one": "one", "two": "two"}, "one"), SEED),
    panels=(LINE,),
    compute=_steps,
    player=Player("step", "Step", tuple(range(5)), 0),
    engine=True,
)

# What the toys compute, in the language of pages; seed 99 never ends, seed 77 pauses for two seconds, seed 13 fails.
ENGINE = """
FIGURES.toy = function* ({ size, seed }) {
    if (seed === 13) throw new RangeError("13 brings bad luck");
    while (seed === 99) yield;
    const y = Float64Array.of(size, 2 * size, seed / 3);
    return { panels: { line: { y: { y } } }, text: `Size ${size}, seed ${seed}.` };
};
FIGURES["toy-film"] = function* ({ scale, seed }) {
    const since = performance.now();
    for (let step = 0; step < 5; step += 1) {
        if (seed === 13) throw new RangeError("13 brings bad luck");
        while (seed === 99 && step === 3) yield;
        while (seed === 77 && step === 3 && performance.now() < since + 2000) yield;
        const y = [step * (scale === "two" ? 2 : 1), seed, 0];
        yield { panels: { line: { y: { y } } }, text: `Step ${step}, seed ${seed}.` };
    }
};
return serveFigures;
"""
WORKERS = {
    "worker": "",
    "none": NO_WORKER,
    "forbidden": '<meta http-equiv="Content-Security-Policy" content="worker-src \'none\'">',
}


@pytest.fixture(params=WORKERS)
def computing(request, open_page, tmp_path):
    """computing(demo) -> (Figure, Visit): with a worker, without one, and with one that the site forbids."""

    def computing(demo, address=""):
        path = tmp_path / "computing.html"
        html = (
            bare_page(demo)
            .replace("return serveFigures;", ENGINE)
            .replace("<style>", WORKERS[request.param] + "<style>", 1)
        )
        path.write_text(html, encoding="utf-8")
        visitor = open_page(path.as_uri() + address)
        return Figure(visitor.page, demo), visitor

    return computing


def type_in(field, value):
    field.fill(str(value))
    field.press("Enter")


def said(figure):
    return figure.root.locator(".il-text")


def test_what_is_not_in_store_is_computed_and_agrees_with_python(computing):
    figure, visitor = computing(TOY)
    for size, seed in ((1.0, 3), (2.5, 3), (2.5, 0), (2.0, 0), (1 / 3, 7)):
        if size >= 1:
            type_in(figure.exact(SIZE), size)
        type_in(figure.control(SEED), seed)
        expected = TOY.frame(**figure_settings(figure) | {"seed": seed})
        expect(said(figure)).to_have_text(expected["text"])
        shown = [float(value.replace("−", "-")) for value in figure.reading(0)[1]]
        assert shown == [pytest.approx(expected["panels"]["line"]["y"]["y"][-1], rel=5e-3)]
    assert not [problem for problem in visitor.problems if "Content Security Policy" not in problem]


def figure_settings(figure):
    return {"size": float(figure.exact(SIZE).input_value())}


def test_draw_again_takes_the_next_seed_and_the_link_says_so(computing):
    figure, visitor = computing(TOY)
    figure.button("Draw again").click()
    figure.button("Draw again").click()
    expect(said(figure)).to_have_text("Size 1, seed 2.")
    visitor.page.wait_for_function("location.hash.includes('seed=2')")
    address = visitor.page.evaluate("location.hash")
    again, _ = computing(TOY, address)
    expect(said(again)).to_have_text("Size 1, seed 2.")
    figure.button("Reset").click()
    expect(said(figure)).to_have_text("Size 1, seed 0.")


@pytest.mark.parametrize(
    ("given", "words", "said_then"),
    [
        ("seed=-4", "There is no picture for seed = -4; this is the nearest, 0.", "Size 1, seed 0."),
        ("size=3.25&seed=1", "", "Size 3.25, seed 1."),
        ("size=7", "There is no picture for size = 7; this is the nearest, 4.", "Size 4, seed 0."),
        ("seed=1.5", "There is no picture for seed = 1.5; this is the nearest, 2.", "Size 1, seed 2."),
    ],
)
def test_a_link_may_name_what_is_not_in_store(open_page, tmp_path, given, words, said_then):
    path = tmp_path / "linked.html"
    path.write_text(bare_page(TOY).replace("return serveFigures;", ENGINE), encoding="utf-8")
    figure = Figure(open_page(f"{path.as_uri()}#explorer-toy?{given}").page, TOY)
    expect(said(figure)).to_have_text(said_then)
    assert figure.root.locator(".il-remark").all_text_contents() == ([words] if words else [""])


def test_a_newer_setting_takes_the_place_of_an_older_one_and_the_page_stays_awake(computing):
    figure, visitor = computing(TOY)
    visitor.page.evaluate("""() => {
        window.seen = [];
        const text = document.querySelector(".il-text");
        new MutationObserver(() => seen.push(text.textContent))
            .observe(text, { childList: true, characterData: true, subtree: true });
        window.beats = 0;
        (function beat() { beats += 1; requestAnimationFrame(beat); })();
    }""")
    type_in(figure.control(SEED), SLOW)
    status = figure.root.locator(".il-status")
    expect(status).to_have_text("Computing: the picture will follow.")
    beats = visitor.page.evaluate("beats")
    visitor.page.wait_for_function("(before) => beats > before + 5", arg=beats)
    type_in(figure.control(SEED), 5)
    expect(said(figure)).to_have_text("Size 1, seed 5.")
    expect(status).to_be_empty()
    assert json.loads(visitor.page.evaluate("JSON.stringify(seen)")) == ["Size 1, seed 5."]


def test_what_is_in_store_needs_no_engine_and_stops_it(computing):
    figure, _ = computing(TOY)
    type_in(figure.control(SEED), SLOW)
    expect(figure.root.locator(".il-status")).to_have_text("Computing: the picture will follow.")
    type_in(figure.control(SEED), 0)
    expect(said(figure)).to_have_text("Size 1, seed 0.")
    expect(figure.root.locator(".il-status")).to_be_empty()
    figure.control(SIZE).press("End")
    expect(said(figure)).to_have_text("Size 4, seed 0.")


@pytest.mark.parametrize("demo", [TOY, FILM], ids=lambda demo: demo.name)
def test_what_goes_wrong_is_said_and_the_next_setting_works(computing, demo):
    figure, _ = computing(demo)
    type_in(figure.control(SEED), UNLUCKY)
    status = figure.root.locator(".il-status")
    expect(status).to_have_text("This could not be computed: RangeError: 13 brings bad luck")
    type_in(figure.control(SEED), 14)
    expect(said(figure)).to_have_text(re.compile(r"seed 14\.$"))
    expect(status).to_be_empty()


def test_a_film_is_shown_while_it_is_made_and_can_be_stopped(computing):
    figure, _ = computing(FILM)
    type_in(figure.control(SEED), 7)
    expect(said(figure)).to_have_text("Step 4, seed 7.")
    figure.button("One frame back").click()
    expect(said(figure)).to_have_text("Step 3, seed 7.")
    type_in(figure.control(SEED), SLOW)
    stop = figure.root.locator(".il-stop")
    expect(stop).to_be_enabled()
    expect(said(figure)).to_have_text("Step 2, seed 99.")
    stop.click()
    expect(figure.root.locator(".il-status")).to_have_text("Stopped at step 2.")
    expect(stop).to_be_disabled()
    type_in(figure.control(SEED), 0)
    figure.control(FILM.controls[0]).select_option("two")
    expect(said(figure)).to_have_text(re.compile(r"^Step \d, seed 0\.$"))


def test_a_film_that_is_played_waits_for_what_is_still_being_made(computing):
    figure, _ = computing(FILM)
    type_in(figure.control(SEED), LATE)
    expect(said(figure)).to_have_text("Step 2, seed 77.")
    figure.button("Play").click()
    expect(said(figure)).to_have_text("Step 0, seed 77.")
    expect(said(figure)).to_have_text("Step 4, seed 77.")
    expect(figure.button("Play")).to_be_visible()  # not "Pause": it has come to its end


def test_widths_are_typed_as_a_list(open_page, tmp_path):
    path = tmp_path / "widths.html"
    path.write_text(bare_page(tapers), encoding="utf-8")
    figure = Figure(open_page(f"{path.as_uri()}#explorer-tapers?widths=9%2C4%2C3").page, tapers)
    expect(said(figure)).to_have_text(tapers.frame(widths="9, 4, 3")["text"])
    own = tapers.controls[-1]
    for wrong in ("9, 4", "9; 4; 3", "9, 4, 1000", "9, 0, 3", "9, 4, x"):
        figure.typed(own, wrong)
        expect(figure.root.locator(".il-refused:not(:empty)")).to_have_text(
            "Widths are 3 to 31 whole numbers from 1 to 512, with commas between them."
        )
        with pytest.raises(ValueError, match="widths must be 3 to 31 whole numbers from 1 to 512"):
            tapers.frame(widths=wrong)
    figure.typed(own, "5,5 , 5")
    expect(figure.root.locator(".il-refused:not(:empty)")).to_have_count(0)
    expect(figure.control(own)).to_have_value("5, 5, 5")
    expect(said(figure)).to_have_text(tapers.frame(widths="5,5 , 5")["text"])


def test_where_the_script_is_missing_the_figure_says_so(open_page, tmp_path):
    html = bare_page(TOY).replace("globalThis.initlabEngines ||=", "globalThis.nothing ||=")
    path = tmp_path / "missing.html"
    path.write_text(html.replace(' data-engine="figures">', ' data-engine="missing.js">'), encoding="utf-8")
    figure = Figure(open_page(path.as_uri()).page, TOY)
    type_in(figure.control(SEED), 1)
    status = figure.root.locator(".il-status")
    expect(status).to_have_text("This could not be computed: its script could not be loaded.")
    type_in(figure.control(SEED), 0)
    expect(said(figure)).to_have_text("Size 1, seed 0.")


# ---------------------------------------------------------------- the figures of the book


COMPUTED = {  # a small network each, none of them in store
    "signal": {"gain": 1.05, "width": 50, "depth": 80, "seed": 3},
    "starts": {"start": "x1", "width": 8, "depth": 2, "seed": 4},
    "random-matrices": {"gain": 1.03, "width": 12, "depth": 40, "seed": 1},
    "find-the-scale": {"std": 0.23, "width": 20, "seed": 2},
    "three-starts": {"gain": 1.05, "width": 30, "seed": 9},
    "rules": {"width": 40, "seed": 5},
    "tapers": {"seed": 6, "widths": "40, 20, 10, 5"},
    "shapes": {"seed": 7},
    "luck": {"width": 50, "depth": 20, "seed": 8},
    "two-dimensions": {"rate": 0.02, "width": 6, "depth": 3, "seed": 1},
    "digits": {"rate": 0.02, "width": 12, "depth": 2, "seed": 1},
}
ENGINES = [placed for placed in explorers() if placed.demo.engine]


@pytest.mark.parametrize("placed", ENGINES, ids=str)
def test_a_page_opened_from_the_disk_computes_what_python_does(open_page, site, placed):
    demo = placed.demo
    settings = placed.start | COMPUTED[demo.name]
    last = {demo.player.name: demo.player.values[-1]} if isinstance(demo, Film) else {}
    expected = demo.frame(**settings | last)["text"]
    visitor = open_page(f"{(site / placed.page).as_uri()}.html")
    guess_nothing(visitor.page)
    figure = Figure(visitor.page, demo)
    for control in demo.controls:
        if isinstance(control, Slider | Number | Widths) and control.name in COMPUTED[demo.name]:
            figure.typed(control, settings[control.name])
        elif isinstance(control, Menu) and control.name in COMPUTED[demo.name]:
            figure.control(control).select_option(settings[control.name])
    expect(said(figure).first).to_have_text(expected)
    visitor.page.wait_for_timeout(ADDRESS_SETTLES + 50)
    fragment = visitor.page.url.partition("#")[2]
    again = open_page(f"{(site / placed.page).as_uri()}.html#{fragment}")
    expect(said(Figure(again.page, demo)).first).to_have_text(expected)
    assert visitor.problems == again.problems == []
