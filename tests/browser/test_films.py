"""Films: played, paused, stepped and scrubbed, one or two at a time; on a bare page with a film of every kind of panel,
and the films of the book on the built site."""

import json
import random
import re

import pytest
from figure import ADDRESS_SETTLES, AXE, Figure, bare_page, legend
from harness import explorers, guess_nothing
from playwright.sync_api import expect
from toy_film import LABELS, STEPS, TOY, X, Y

from initlab_book.figure import Film, Menu
from initlab_book.figure.front_end import EXPLORER

pytestmark = pytest.mark.browser

FILMS = [placed for placed in explorers() if isinstance(placed.demo, Film)]
IN_SIGHT = {"width": 1280, "height": 3000}  # a window that shows all of a figure: what is out of sight waits
every_film = pytest.mark.parametrize("placed", FILMS, ids=str)


def text_of(figure, side=0):
    return figure.root.locator(".il-text").nth(side)


def scrub(figure):
    return figure.root.get_by_role("slider", name="Step", exact=True)


def sentence(demo=TOY, **settings):
    return demo.frame(**settings)["text"]


# ---------------------------------------------------------------- the player


def test_a_film_is_played_to_its_end_and_again(bare):
    figure, visitor = bare(TOY)
    visitor.page.set_viewport_size(IN_SIGHT)
    heard = figure.root.locator(".il-text").evaluate(
        "(e) => { window.heard = []; new MutationObserver(() => heard.push(e.textContent)).observe(e,"
        " { childList: true, characterData: true, subtree: true }); }"
    )
    assert heard is None
    play = figure.button("Play")
    play.press("Enter")  # at the end: it begins again
    expect(figure.button("Pause")).to_be_visible()
    expect(figure.button("Play")).to_be_visible()
    assert visitor.page.evaluate("heard") == [sentence(step=step) for step in STEPS]
    assert figure.root.locator(".il-scrub .il-output").text_content() == "16"
    assert visitor.problems == []


def test_a_film_can_be_paused_and_stepped(bare):
    figure, visitor = bare(TOY)
    visitor.page.set_viewport_size(IN_SIGHT)
    figure.root.get_by_label("Speed").select_option("0.5")
    figure.button("Play").click()
    expect(text_of(figure)).to_have_text(re.compile("Step [124] "))
    figure.button("Pause").click()
    shown = text_of(figure).text_content()
    visitor.page.wait_for_timeout(800)
    assert text_of(figure).text_content() == shown
    at = [sentence(step=step) for step in STEPS].index(shown)
    figure.button("One frame on").click()
    expect(text_of(figure)).to_have_text(sentence(step=STEPS[at + 1]))
    figure.button("One frame back").press("Enter")
    expect(text_of(figure)).to_have_text(shown)


def test_a_film_can_be_scrubbed_by_keyboard(bare):
    figure, _ = bare(TOY)
    scrub(figure).press("Home")
    expect(text_of(figure)).to_have_text(sentence(step=0))
    scrub(figure).press("ArrowRight")
    scrub(figure).press("ArrowRight")
    expect(text_of(figure)).to_have_text(sentence(step=2))
    assert scrub(figure).get_attribute("aria-valuetext") == "2"


def test_nothing_moves_while_a_film_plays(bare):
    figure, visitor = bare(TOY)
    scrub(figure).press("Home")
    before = figure.layout()
    for _ in STEPS[1:]:
        scrub(figure).press("ArrowRight")
        assert figure.layout() == before
    assert visitor.problems == []


def test_panels_out_of_sight_wait_until_a_film_rests(bare):
    figure, visitor = bare(TOY, width=360)
    *_, weights = TOY.panels
    scrub(figure).press("Home")
    visitor.page.evaluate("scrollTo(0, 0)")
    assert not figure.panel(4).evaluate("(e) => e.getBoundingClientRect().top < innerHeight + 100")
    last = figure.reading(4), figure.probe(weights).get_attribute("aria-valuetext")
    figure.root.evaluate("""(figure) => {
        window.drawn = [1, 4].map(() => 0);
        [1, 4].forEach((panel, i) => new MutationObserver(() => { drawn[i] += 1; }).observe(
            figure.querySelectorAll(".il-panel")[panel], { subtree: true, childList: true, attributes: true }));
    }""")
    figure.button("Play").click()
    expect(figure.button("Pause")).to_be_visible()
    expect(figure.button("Play")).to_be_visible()
    visitor.page.wait_for_function("drawn[1] > 0")
    assert visitor.page.evaluate("drawn[0]") >= len(STEPS) - 1
    assert visitor.page.evaluate("drawn[1]") == 1
    assert (figure.reading(4), figure.probe(weights).get_attribute("aria-valuetext")) != last
    scrub(figure).press("End")
    assert "step 16" in text_of(figure).text_content().lower()


def test_what_a_film_says_is_announced_when_it_rests(bare):
    figure, visitor = bare(TOY)
    spoken = figure.root.locator(".il-spoken")
    figure.button("Play").click()
    visitor.page.wait_for_timeout(400)
    assert spoken.text_content() == ""
    expect(spoken).to_have_text(sentence(step=16))


# ---------------------------------------------------------------- the panels


def test_every_panel_can_be_read_by_keyboard(bare):
    figure, _ = bare(TOY)
    surface, loss, gradients, digits, weights = TOY.panels
    right = [sum((x * y > 0) == label and label == k for x, y, label in zip(X, Y, LABELS, strict=True)) for k in (0, 1)]
    at, values = figure.reading(0)
    assert at == "on its own side"
    # Points within one cell of a border may be on the other side of it.
    for found, all_right, k in zip(values, right, (0, 1), strict=True):
        n, of = map(int, found.split(" of "))
        assert of == LABELS.count(k)
        assert all_right - 4 <= n <= all_right
    figure.probe(surface).press("ArrowRight")
    assert figure.reading(0)[0] == f"point 2, class {LABELS[1]}"
    shares = [int(share.removesuffix(" %")) for share in figure.reading(0)[1]]
    assert sum(shares) in (99, 100, 101)
    assert (shares[1] > 50) == (X[1] * Y[1] > 0)

    data = TOY.frame(step=16)["panels"]
    assert figure.reading(1) == ("step + 1 17", [legend(data["loss"]["y"][name][-1]) for name in ("train", "new")])
    figure.probe(loss).press("Home")
    assert figure.reading(1) == ("step + 1 1", [legend(data["loss"]["y"][name][0]) for name in ("train", "new")])

    figure.probe(gradients).press("Home")
    assert figure.reading(2) == ("layer 1", [legend(0.1)])

    assert figure.reading(3)[1][0] == "11 right"
    figure.probe(digits).press("End")
    assert figure.reading(3) == ("image 12: is 1", ["0", "90 %"])
    figure.probe(weights).press("ArrowLeft")
    assert figure.reading(4) == ("layer 3", [legend(7.5), "12.5 %"])


def test_panels_can_be_read_with_the_mouse(bare):
    figure, visitor = bare(TOY)
    canvas = figure.panel(0).locator("canvas").bounding_box()
    x, y = (canvas["x"] + canvas["width"] * (X[7] + 3) / 6, canvas["y"] + canvas["height"] * (3 - Y[7]) / 6)
    visitor.page.mouse.move(x, y)
    assert figure.reading(0)[0] == f"point 8, class {LABELS[7]}"
    visitor.page.mouse.move(0, 0)
    assert figure.reading(0)[0] == "on its own side"


def test_a_network_that_has_diverged_has_no_surface(bare):
    figure, visitor = bare(TOY)
    painted = """(canvas) => {
        const empty = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
        return canvas.toDataURL() !== empty.toDataURL();
    }"""
    assert figure.panel(0).locator("canvas").evaluate(painted)
    figure.control(TOY.controls[1]).select_option("large")
    expect(text_of(figure)).to_have_text(sentence(start="large"))
    assert not figure.panel(0).locator("canvas").evaluate(painted)
    assert figure.reading(0)[1] == [f"0 of {LABELS.count(k)}" for k in (0, 1)]
    assert visitor.problems == []


def test_the_best_value_is_marked(bare):
    figure, _ = bare(TOY)
    slider = figure.control(TOY.controls[2])
    assert figure.value(TOY.controls[2]) == slider.get_attribute("aria-valuetext") == "1, the best"
    figure.control(TOY.controls[1]).select_option("zero")
    expect(text_of(figure)).to_have_text(sentence(start="zero"))
    assert figure.value(TOY.controls[2]) == "1, best 0.5"


# ---------------------------------------------------------------- two sides


def test_two_runs_side_by_side_share_the_player(bare):
    for width in (1000, 360):
        figure, visitor = bare(TOY, width=width)
        figure.button("Compare two").click()
        sides = figure.root.locator(".il-side")
        if width == 360:
            figure.button("Second run").click()
            expect(figure.button("Second run")).to_have_attribute("aria-pressed", "true")
        second = sides.nth(1)
        expect(text_of(figure, 1)).to_have_text(sentence())
        figure.root.get_by_role("group", name="Second run: settings").get_by_label("Start").select_option("zero")
        expect(text_of(figure, 1)).to_have_text(sentence(start="zero"))
        expect(text_of(figure)).to_have_text(sentence())
        scrub(figure).press("Home")
        scrub(figure).press("ArrowRight")
        expect(text_of(figure, 0)).to_have_text(sentence(step=1))
        expect(text_of(figure, 1)).to_have_text(sentence(step=1, start="zero"))
        figure.control(TOY.controls[0]).select_option("stripe")  # both sides
        expect(text_of(figure, 0)).to_have_text(sentence(step=1, data="stripe"))
        expect(text_of(figure, 1)).to_have_text(sentence(step=1, data="stripe", start="zero"))
        if width == 1000:
            boxes = [sides.nth(i).locator(".il-stage").first.bounding_box() for i in (0, 1)]
            assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
            assert boxes[0]["y"] == boxes[1]["y"]
        else:  # one at a time
            assert [sides.nth(i).is_visible() for i in (0, 1)] == [False, True]
        assert visitor.page.evaluate("document.scrollingElement.scrollWidth") <= width
        figure.button("Compare two").click()
        expect(second).to_be_hidden()
        assert visitor.problems == []


def test_the_address_names_both_sides_and_the_step(bare):
    figure, visitor = bare(TOY)
    figure.button("Compare two").click()
    figure.root.get_by_role("group", name="Second run: settings").get_by_label("Start").select_option("large")
    scrub(figure).press("Home")
    visitor.page.wait_for_timeout(2 * ADDRESS_SETTLES)
    address = visitor.page.evaluate("location.hash")
    assert address == (
        "#explorer-toy?data=cross&start=good&rate=1&sign=false&step=0&compare=true&start_2=large&rate_2=1"
    )
    visitor.page.goto("about:blank")
    other, visitor = bare(TOY)
    visitor.page.evaluate("(hash) => { location.hash = hash; }", address.replace("step=0", "step=4"))
    expect(text_of(other, 1)).to_have_text(sentence(start="large", step=4))
    expect(text_of(other, 0)).to_have_text(sentence(step=4))


def test_a_film_is_accessible_with_one_side_and_with_two(bare):
    figure, visitor = bare(TOY)
    visitor.page.add_script_tag(path=AXE)
    check = "async () => (await axe.run('.initlab-explorer')).violations.map((v) => v.id + ': ' + v.nodes[0].html)"
    assert visitor.page.evaluate(check) == []
    figure.button("Compare two").click()
    expect(figure.button("Compare two")).to_have_attribute("aria-pressed", "true")
    assert visitor.page.evaluate(check) == []
    for side in ("First run", "Second run"):
        assert figure.root.get_by_role("group", name=f"{side}: settings").get_by_label("Start").count() == 1
        assert figure.root.get_by_role("group", name=side, exact=True).locator(".il-stage").count() == 5


# ---------------------------------------------------------------- parts that are loaded when they are chosen


@pytest.fixture
def in_parts(open_page, tmp_path):
    """A page whose films stand in scripts of their own, as on the site."""

    def in_parts(lost=()):
        folder = tmp_path / "films"
        folder.mkdir(exist_ok=True)

        def move(found):
            part = re.search(r'data-part="(\w+)"', found[1])[1]
            if part not in lost:
                code = f'(window.initlabFilms ||= {{}})["toy {part}"] = {found[2]};'
                (folder / f"{part}.js").write_text(code, encoding="utf-8")
            return f'{found[1]} data-src="films/{part}.js"></script>'

        html = re.sub(r"(<script [^>]*data-film[^>]*)>(.*?)</script>", move, bare_page(TOY), flags=re.S)
        (tmp_path / "explorer.js").write_text(EXPLORER.script(), encoding="utf-8")
        page = tmp_path / "parts.html"
        inline = f"<script>{EXPLORER.script()}</script>"
        assert inline in html
        page.write_text(html.replace(inline, '<script src="explorer.js"></script>'), encoding="utf-8")
        visitor = open_page(page.as_uri())
        return Figure(visitor.page, TOY), visitor, folder

    return in_parts


def test_a_part_is_loaded_once_when_it_is_first_chosen(in_parts):
    figure, visitor, _ = in_parts()
    loaded = [url for url in visitor.requests if "films/" in url]
    assert loaded == []
    expect(text_of(figure)).to_have_text(sentence())
    for start in ("zero", "large", "good"):
        figure.control(TOY.controls[1]).select_option(start)
        expect(text_of(figure)).to_have_text(sentence(start=start))
    figure.control(TOY.controls[0]).select_option("stripe")
    expect(text_of(figure)).to_have_text(sentence(data="stripe"))
    expect(figure.root.locator(".il-status")).to_be_hidden()
    loaded = [url.rsplit("/")[-1] for url in visitor.requests if "films/" in url]
    assert loaded == ["cross.js", "stripe.js"]
    assert visitor.problems == []


def test_a_part_that_cannot_be_loaded_says_so_and_can_be_tried_again(in_parts):
    figure, _, folder = in_parts(lost=("stripe",))
    menu = figure.control(TOY.controls[0])
    menu.select_option("stripe")
    expect(figure.root.locator(".il-status")).to_contain_text("could not be loaded")
    (folder / "stripe.js").write_text('(window.initlabFilms ||= {})["toy stripe"] = null;', encoding="utf-8")
    menu.select_option("cross")
    expect(text_of(figure)).to_have_text(sentence())
    expect(figure.root.locator(".il-status")).to_be_hidden()


# ---------------------------------------------------------------- the films of the book


@pytest.fixture
def opened(open_page, served, placed):
    def opened(base=served, **options):
        visitor = open_page(f"{base}/{placed.page}.html", **options)
        visitor.settle()
        guess_nothing(visitor.page)
        return Figure(visitor.page, placed.demo), visitor

    return opened


def some_points(film, count, seed):
    return random.Random(seed).sample(list(film.grid()), count)


@every_film
def test_every_sentence_of_the_films_of_a_page_stands_alone(site, placed):
    html = (site / f"{placed.page}.html").read_text(encoding="utf-8")
    addresses = dict(re.findall(rf'data-film="{placed.demo.name}" data-part="([^"]*)" data-src="([^"]*)"', html))
    assert addresses.keys() - {"engine"} == {part or "all" for part in placed.demo.parts()}
    for name in addresses.keys() - {"engine"}:
        path = site / "_static" / addresses[name]
        part = json.loads(path.read_text(encoding="utf-8").partition("] = ")[2].removesuffix(";\n"))
        for film in part["films"]:
            assert set(film["still"]) | set(film["moving"]) | set(part["common"]) - {"marks"} >= {
                panel.name for panel in placed.demo.panels
            }
            for text in film["texts"]:
                assert 40 < len(text) < 420
                assert text.endswith(".")
                assert not re.search(r"nan|None|inf\b", text)


@every_film
@pytest.mark.parametrize(("from_disk", "width"), [(False, 1280), (True, 360)])
def test_the_films_of_the_page_are_those_that_python_makes_and_keep_their_height(
    opened, placed, site, from_disk, width
):
    film = placed.demo
    figure, visitor = opened(**({"base": site.as_uri()} if from_disk else {}), width=width)
    expect(text_of(figure)).to_have_text(sentence(film, **placed.start))
    for point in some_points(film, 2, seed=width):
        figure.put(placed.start | point)
        expect(text_of(figure)).to_have_text(sentence(film, **placed.start | point))

    figure.button("Reset").click()
    expect(text_of(figure)).to_have_text(sentence(film, **placed.start))
    height = figure.root.bounding_box()["height"]
    menu = next(control for control in figure.offered if isinstance(control, Menu))
    for choice in menu.values:
        figure.control(menu).select_option(choice)
        expect(figure.root.locator(".il-status")).to_be_hidden()
        for key in ("Home", "End"):
            scrub(figure).press(key)
            assert figure.root.bounding_box()["height"] == height
    assert figure.page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert visitor.problems == []
