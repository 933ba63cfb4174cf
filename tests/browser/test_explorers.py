"""Every explorer of the book on the built site: by mouse and keyboard, by address, for eye and screen reader."""

import random
import re
from functools import cache

import pytest
from figure import (
    ADDRESS_SETTLES,
    Figure,
    Windows,
    box_in_sight,
    expected_reading,
    home,
    legend,
    payload,
    plots,
    positions,
)
from harness import explorers, fewest_with_all, one_of_every
from playwright.sync_api import expect

from initlab_book.figure import (
    Code,
    Demo,
    Film,
    Formulas,
    Histograms,
    Lines,
    Menu,
    Number,
    Series,
    Slider,
    Toggle,
    formula_row,
    histogram_data,
)
from initlab_book.numbers import number

pytestmark = pytest.mark.browser

EXPLORERS = [placed for placed in explorers() if not isinstance(placed.demo, Film)]  # films: test_films.py


def features(placed):
    """What the code that draws and drives a figure can tell from others: kinds of controls, and of panels."""
    found = {type(control).__name__ for control in placed.demo.controls}
    for panel in placed.demo.panels:
        found.add(panel.kind)
        if isinstance(panel, Lines):
            own = {
                "log": panel.log,
                "log x": panel.log_x,
                "guide": panel.guide is not None,
                "x of its own": not panel.x,
            }
            own |= {"band": bool(panel.band_label), "wide": panel.wide} | {
                series.style: True for series in panel.series
            }
            found |= {f"lines, {name}" for name, there in own.items() if there}
    return found


# A few figures that have all of this: the others are drawn and driven by the same code. What depends on the figure
# itself, its numbers, words and sizes, is tested for each of them.
KINDS = fewest_with_all(features, EXPLORERS)
SLIDING = [placed for placed in KINDS if "Slider" in features(placed)]
WIDTHS = (360, 768, 1280)


@pytest.fixture(scope="module", params=EXPLORERS, ids=str)
def placed(request):
    return request.param


@pytest.fixture(scope="module")
def windows(browser, served):
    windows = Windows(browser, served)
    yield windows
    windows.close()


@pytest.fixture
def window(windows, placed):
    """The page of a figure; many tests share the window."""
    return windows(placed.page)


@pytest.fixture
def telephone(windows, placed):
    """The same page on a narrow screen that is touched."""
    return windows(placed.page, width=WIDTHS[0], has_touch=True, is_mobile=True)


@pytest.fixture
def figure(window, placed):
    """The explorer on its page, in its start state."""
    figure = Figure(window.page, placed.demo)
    figure.rest()
    window.problems.clear()
    return figure


@pytest.fixture
def opened(open_page):
    """opened(demo, address) -> (Figure, Visit), in a window of its own."""

    def opened(demo, address):
        visitor = open_page(address)
        figure = Figure(visitor.page, demo)
        expect(figure.root.locator(".il-actions")).to_be_visible()  # the script has run
        figure.wait_until_drawn()
        return figure, visitor

    return opened


@cache
def page_of(site, placed):
    """What the page carries for a figure."""
    return payload((site / f"{placed.page}.html").read_text(encoding="utf-8"), placed.demo)


@pytest.fixture
def frame_of(site, placed):
    """frame_of(**changes) -> the frame that the page carries for the start settings with these changes. That it is the
    one that Python computes is tested once, below."""
    grid, frames = list(placed.demo.grid()), page_of(site, placed)["frames"]
    return lambda **changes: frames[grid.index(placed.start | changes)]


def first_slider(demo):
    """The first slider, or the first control of a figure that has none."""
    return next((control for control in demo.controls if isinstance(control, Slider)), demo.controls[0])


def some_settings(demo, count, seed=0):
    """A few settings of the static page, drawn at random but always the same."""
    grid = list(demo.grid())
    return random.Random(seed).sample(grid, min(count, len(grid)))


# ---------------------------------------------------------------- the same numbers in both hosts


def test_the_pages_hold_exactly_the_explorers_of_the_notebooks(site):
    for page in {placed.page for placed in explorers()}:
        html = (site / f"{page}.html").read_text(encoding="utf-8")
        found = re.findall(r'class="initlab-explorer" id="explorer-([\w-]+)"', html)
        assert found == [placed.demo.name for placed in explorers() if placed.page == page]


def test_the_pictures_of_the_page_are_those_a_kernel_computes(site, placed):
    page = page_of(site, placed)
    assert page["start"] == placed.start
    longest = max((frame["text"] for frame in page["frames"]), key=len)
    assert page["spec"] == placed.demo.spec() | {"longest": longest}
    pictures = list(zip(placed.demo.grid(), page["frames"], strict=True))
    for point, frame in [pictures[0], pictures[-1], *random.Random(0).sample(pictures, 3)]:
        assert frame == placed.demo.frame(**point), point


def test_every_sentence_of_a_page_stands_alone(site, placed):
    for frame in page_of(site, placed)["frames"]:
        assert set(frame["panels"]) - {"marks"} == {panel.name for panel in placed.demo.panels}
        assert 40 < len(frame["text"]) < 420
        assert frame["text"].endswith(".")
        assert not re.search(r"nan|None|inf\b", frame["text"])


def test_the_figure_starts_where_the_notebook_says(telephone, placed, frame_of):
    figure = Figure(telephone.page, placed.demo)  # as it was loaded, nothing having been reset
    assert figure.sentence == frame_of()["text"]
    assert figure.shown().items() <= placed.start.items()


def test_sentence_and_legend_give_the_numbers_of_the_settings(figure, placed, frame_of):
    for settings in some_settings(placed.demo, 3):
        figure.put(settings)
        frame = frame_of(**settings)
        assert figure.sentence == frame["text"]
        for i, panel in enumerate(plots(placed.demo)):
            data = frame["panels"][panel.name]
            assert figure.reading(i) == expected_reading(panel, data, home(panel, data))


# ---------------------------------------------------------------- controls


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_every_control_works_with_the_mouse(figure, window, frame_of):
    page = window.page
    for control in figure.offered:
        figure.rest()  # where another control stands, this one may change nothing
        before = figure.picture, figure.sentence
        locator = figure.control(control)
        if isinstance(control, Slider):
            box = box_in_sight(locator)
            at = int(locator.input_value()) / (len(control.values) - 1)
            goal = 0.98 if at < 0.5 else 0.02
            y = box["y"] + box["height"] / 2
            page.mouse.move(box["x"] + 8 + at * (box["width"] - 16), y)
            page.mouse.down()
            page.mouse.move(box["x"] + goal * box["width"], y, steps=12)
            page.mouse.up()
            expect(locator).to_have_value(str(len(control.values) - 1 if goal > 0.5 else 0))
        elif isinstance(control, Menu):
            after = control.values.index(locator.input_value()) + 1
            locator.select_option(control.values[after % len(control.values)])
        else:
            figure.root.get_by_text(control.label, exact=True).click()
        assert figure.picture != before[0], control.name
        assert figure.sentence != before[1], control.name
        assert figure.sentence == frame_of(**figure.shown())["text"]
    assert window.problems == []


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_every_control_works_from_the_keyboard(figure, window, frame_of):
    for control in figure.offered:
        figure.rest()  # where another control stands, this one may change nothing
        locator = figure.control(control)
        locator.focus()
        start = figure.shown()[control.name]
        keys = ["Space"] if isinstance(control, Toggle) else ["Home", "End"]
        pictures = {(figure.picture, figure.sentence)}
        for key in keys:
            locator.press(key)
            pictures.add((figure.picture, figure.sentence))
            if isinstance(control, Slider):
                value = figure.shown()[control.name]
                assert value == control.values[0 if key == "Home" else -1]
                expect(locator).to_have_attribute("aria-valuetext", number(value, 4))
                assert figure.value(control) == number(value, 4)
        assert len(pictures) == 1 + len({*keys} - ({"Home", "End"} & _at_an_end(control, start)))
        assert figure.sentence == frame_of(**figure.shown())["text"]
    assert window.problems == []


def _at_an_end(control, value):
    return {key for key, i in (("Home", 0), ("End", -1)) if control.values[i] == value}


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_a_slider_moves_one_step_a_key(figure, frame_of):
    for control in figure.offered:
        if not isinstance(control, Slider):
            continue
        locator = figure.control(control)
        at = control.values.index(figure.shown()[control.name])
        step, key = (1, "ArrowRight") if at + 1 < len(control.values) else (-1, "ArrowLeft")
        locator.press(key)
        assert figure.shown()[control.name] == control.values[at + step]
        assert figure.sentence == frame_of(**figure.shown())["text"]


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_tab_visits_everything_in_order_by_name(figure, window, placed):
    figure.button("Reset").focus()
    stops = [figure.button("Reset"), figure.root.locator(".il-drop summary")]
    stops += [figure.button("What comes out?")] * bool(placed.demo.prediction)
    controls = placed.demo.controls if placed.demo.engine else figure.offered
    stops += [stop for control in controls for stop in figure.stops_of(control)]
    stops += [stop for panel in placed.demo.panels for stop in figure.stops(panel)]
    for i, stop in enumerate(stops):
        if i:
            window.page.keyboard.press("Tab")
        expect(stop).to_be_focused()
    window.page.keyboard.press("Tab")
    assert not figure.root.evaluate("(figure) => figure.contains(document.activeElement)"), (
        "nothing unnamed takes focus"
    )


def test_numbers_are_typed_where_something_computes_them(figure, placed):
    fields = [control for control in placed.demo.controls if isinstance(control, Slider | Number)]
    expect(figure.root.locator("input[type=number]:visible")).to_have_count(len(fields) * placed.demo.engine)


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_reset_brings_back_the_start(figure, placed):
    before = figure.picture, figure.sentence, figure.shown()
    for control in figure.offered:
        figure.control(control).press("Space" if isinstance(control, Toggle) else "End")
        figure.control(control).press("Home")
    figure.button("Reset").click()
    assert (figure.picture, figure.sentence, figure.shown()) == before


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_one_figure_leaves_the_others_alone(figure, window, placed):
    others = [Figure(window.page, p.demo) for p in EXPLORERS if p.page == placed.page and p.demo != placed.demo]
    before = [(other.picture, other.sentence) for other in others]
    figure.choose(some_settings(placed.demo, 1)[0])
    assert [(other.picture, other.sentence) for other in others] == before


# ---------------------------------------------------------------- what a screen reader is told


LIVE_REGIONS = ":is([aria-live], output, [role=status], [role=alert], [role=log]):not([aria-live=off])"


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_a_drag_is_announced_once_after_it_rests(telephone, placed):
    figure = Figure(telephone.page, placed.demo)
    regions = figure.root.locator(LIVE_REGIONS)
    assert [region for region in regions.all() if region.is_visible() and region.text_content()] == []
    spoken = figure.root.locator(".il-spoken")
    expect(spoken).to_have_attribute("aria-live", "polite")
    expect(spoken).to_be_empty()
    watch = "(e) => new MutationObserver(() => told.push(e.textContent)).observe(e, { childList: true })"
    telephone.page.evaluate("window.told = []")
    spoken.evaluate(watch)
    control = first_slider(placed.demo)
    for key in ("Space",) if isinstance(control, Toggle) else ("Home", "End", "ArrowUp", "ArrowUp"):
        figure.control(control).press(key)
    expect(spoken).to_have_text(figure.sentence)
    assert telephone.page.evaluate("told") == [figure.sentence]
    told = [region.text_content() for region in regions.all() if region.is_visible()]
    assert list(filter(None, told)) == [figure.sentence]


# ---------------------------------------------------------------- exact numbers


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_the_keyboard_reads_exact_numbers(figure, window, placed, frame_of):
    frame = frame_of()
    for i, panel in enumerate(plots(placed.demo)):
        data = frame["panels"][panel.name]
        last = positions(panel, data) - 1
        probe = figure.probe(panel)
        probe.focus()
        for key, position in (
            ("Home", 0),
            ("ArrowRight", 1),
            ("ArrowRight", 2),
            ("End", last),
            ("ArrowLeft", last - 1),
        ):
            probe.press(key)
            where, values = expected_reading(panel, data, position)
            assert figure.reading(i) == (where, values)
            spoken = probe.get_attribute("aria-valuetext")
            assert spoken.startswith(f"{where}: ")
            assert all(value in spoken for value in values)
            expect(figure.panel(i).locator(".il-cursor > *").first).to_be_attached()
        window.page.evaluate("document.activeElement.blur()")
        assert figure.reading(i) == expected_reading(panel, data, home(panel, data))
        expect(figure.panel(i).locator(".il-cursor > *")).to_have_count(0)


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_the_mouse_reads_exact_numbers(figure, window, placed, frame_of):
    frame = frame_of()
    for i, panel in enumerate(plots(placed.demo)):
        data = frame["panels"][panel.name]
        count = positions(panel, data)
        places = {expected_reading(panel, data, k)[0]: k for k in range(count)}
        svg = figure.panel(i).locator(".il-stage > svg")
        box = box_in_sight(svg)
        found = []
        for share in (0.0, 0.3, 0.5, 0.7, 1.0):
            left, right = (40, 8) if box["width"] < 240 else (46, 18)
            window.page.mouse.move(box["x"] + left + share * (box["width"] - left - right - 1), box["y"] + 100)
            where, values = figure.reading(i)
            found.append(places[where])
            assert (where, values) == expected_reading(panel, data, places[where])
            _cursors_agree(figure, placed.demo, frame, panel, where)
        assert found == sorted(found)
        assert (found[0], found[-1]) == (0, count - 1)
        if not getattr(panel, "log_x", False):
            assert found[2] == pytest.approx((count - 1) / 2, abs=1)
        window.page.mouse.move(box["x"] + 50, box["y"] - 60)
        assert figure.reading(i) == expected_reading(panel, data, home(panel, data))


def _cursors_agree(figure, demo, frame, moved, where):
    """Panels over the same x point to the same place, or to the nearest they have."""
    plain = re.fullmatch(r"−?[\d,.]+", where.removeprefix(f"{moved.x_label} "))  # else a power of ten
    at = float(plain[0].replace("−", "-").replace(",", "")) if plain else None
    for i, panel in enumerate(plots(demo)):
        if at is None or panel.x_label != moved.x_label:
            continue
        data = frame["panels"][panel.name]
        xs = data["layers"] if panel.kind == "histograms" else data.get("x", panel.x)
        place, values = figure.reading(i)
        k = [expected_reading(panel, data, k)[0] for k in range(len(xs))].index(place)
        assert abs(xs[k] - at) == pytest.approx(min(abs(x - at) for x in xs), rel=1e-3)
        assert values == expected_reading(panel, data, k)[1]


@pytest.mark.parametrize("placed", [p for p in KINDS if plots(p.demo)], ids=str, indirect=True, scope="module")
def test_a_finger_reads_numbers_too(telephone, placed, frame_of):
    figure = Figure(telephone.page, placed.demo)
    figure.rest(WIDTHS[0])
    frame = frame_of()
    panel = plots(placed.demo)[0]
    svg = figure.panel(0).locator(".il-stage > svg")
    box = box_in_sight(svg)
    telephone.page.touchscreen.tap(box["x"] + 48, box["y"] + 100)
    assert figure.reading(0) == expected_reading(panel, frame["panels"][panel.name], 0)


# ---------------------------------------------------------------- links to one picture


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_the_address_leads_to_exactly_this_picture(figure, window, opened, placed, site):
    settings = next(s for s in some_settings(placed.demo, 3, seed=1) if s != placed.start)
    figure.put(settings)
    window.page.wait_for_timeout(ADDRESS_SETTLES + 50)  # what follows must not come from an earlier setting
    fragment = "#" + window.page.url.partition("#")[2]
    assert fragment.startswith(f"#explorer-{placed.demo.name}?")
    leads_to_the_same(f"{site.as_uri()}/{placed.page}.html{fragment}", figure, opened)


def leads_to_the_same(address, figure, opened):
    again, visitor = opened(figure.demo, address)
    assert (again.picture, again.sentence) == (figure.picture, figure.sentence)
    assert again.shown() == figure.shown()
    assert visitor.problems == []
    expect(again.root).to_be_in_viewport()


@pytest.mark.parametrize("placed", KINDS[:1], ids=str, indirect=True, scope="module")
def test_the_link_button_hands_out_the_address(figure, window, opened, placed, served, frame_of):
    page = window.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served)
    settings = next(s for s in some_settings(placed.demo, 3, seed=2) if s != placed.start)
    figure.put(settings)
    figure.more("Copy link")
    expect(figure.button("Link copied")).to_be_visible()
    link, picture = page.evaluate("navigator.clipboard.readText()"), figure.picture
    assert link == page.url
    leads_to_the_same(link, figure, opened)
    expect(figure.root.locator(".il-drop")).not_to_have_attribute("open", "")
    figure.rest()
    page.wait_for_timeout(ADDRESS_SETTLES + 50)  # now the address is that of the start
    assert page.url != link
    page.evaluate("(link) => (location.href = link)", link)
    expect(figure.root.locator(".il-text")).to_have_text(frame_of(**settings)["text"])
    assert figure.picture == picture


@pytest.mark.parametrize("placed", KINDS, ids=str, indirect=True, scope="module")
def test_a_link_within_the_page_moves_the_figure(figure, window, placed, frame_of):
    control = first_slider(placed.demo)
    window.page.wait_for_timeout(ADDRESS_SETTLES + 50)  # the address is that of the start
    for value in (control.values[0], control.values[-1]):
        written = str(value).lower() if isinstance(value, bool) else value
        moved = f"""location.hash = '#explorer-{placed.demo.name}?{control.name}={written}';
            new Promise((done) => addEventListener('hashchange', done, {{ once: true }})).then(() => null)"""
        window.page.evaluate(moved)
        assert figure.shown()[control.name] == value
        assert figure.sentence == frame_of(**figure.shown())["text"]


@pytest.mark.parametrize(
    "fragment",
    [
        "#explorer-sign",
        "#explorer-sign?",
        "#explorer-sign?nothing=1&size=",
        "#explorer-sign?size=-7",
        "#explorer-sign?size=abc&__proto__=1&constructor=2",
        "#explorer-sign?%E0%A4%A",
        "#explorer-sign?size=%E0%A4%A",
        "#explorer-sign?%%%=%&&&==",
        "#explorer-sign?<img src=x onerror=alert(1)>",
        "#explorer-nowhere?size=1",
        "#elsewhere?size=2",
        "#%E0%A4%A",
        "#?size=2",
    ],
)
def test_a_bad_address_does_no_harm(bare, fragment):
    figure, visitor = bare(SIGN, NOWHERE)
    visitor.page.evaluate("(fragment) => (location.hash = fragment)", fragment)
    visitor.page.reload()
    assert visitor.problems == []
    assert figure.sentence == "False 1.0"
    assert Figure(visitor.page, NOWHERE).sentence == "some: text."
    figure.control(SIGN.controls[1]).press("End")
    assert figure.sentence == "False 2.0"


# ---------------------------------------------------------------- nothing moves


@pytest.mark.parametrize(
    "placed", one_of_every(lambda placed: placed.page, EXPLORERS), ids=str, indirect=True, scope="module"
)
def test_nothing_moves_while_a_page_loads(window, telephone):
    assert window.shifts == []
    assert telephone.shifts == []


READING = """new MutationObserver(() => (window.left_out_while = document.readyState))
    .observe(document, { attributes: true, attributeFilter: ["data-figures"], subtree: true });"""


def test_nothing_is_left_out_while_the_page_is_still_being_read(open_page, served):
    page = open_page("about:blank", has_touch=True, is_mobile=True).page
    page.add_init_script(READING)
    held = []
    page.route("**/print.js*", lambda route: held.append(route))  # a script that the page waits for, as on a slow line
    page.goto(f"{served}/book/limits.html", wait_until="commit")
    page.locator("#explorer-length-map").wait_for()
    for width in (390, 360):  # a telephone tells its size while a page comes
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("(width) => innerWidth === width", arg=width)
    page.wait_for_timeout(500)
    assert held
    for route in held:
        route.continue_()
    page.wait_for_function("document.documentElement.dataset.figures === 'ready'")
    assert page.evaluate("left_out_while") == "complete"


BLOCKS = """async (ready) => {
    if (ready) document.documentElement.dataset.figures = "ready"; else delete document.documentElement.dataset.figures;
    for (let i = 0; i < 2; i += 1) await new Promise(requestAnimationFrame);
    const blocks = [...document.querySelectorAll(".bd-article section > :not(section)")];
    const inside = blocks.map((block) => block.firstElementChild).filter((element) => element);
    return {
        left_out: inside.filter((element) => !element.checkVisibility({ contentVisibilityAuto: true })).length,
        places: blocks.map((block) => block.getBoundingClientRect()).map(({ top, height }) => [top, height]),
    };
}"""


def test_what_is_out_of_sight_is_left_out_and_keeps_its_place(open_page, served):
    page = open_page(f"{served}/book/watching.html").page
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("(width) => innerWidth === width", arg=width)
        page.wait_for_function("document.documentElement.dataset.figures === 'ready'")
        without, whole = page.evaluate(BLOCKS, True), page.evaluate(BLOCKS, False)
        assert without["left_out"] > len(whole["places"]) / 3
        assert whole["left_out"] == 0
        assert without["places"] == whole["places"]
        page.evaluate(BLOCKS, True)


@pytest.mark.parametrize("placed", SLIDING, ids=str, indirect=True, scope="module")
def test_nothing_moves_while_a_slider_is_dragged(figure, window, placed):
    page = window.page
    slider = [control for control in figure.offered if isinstance(control, Slider)][-1]
    locator = figure.control(slider)
    box = box_in_sight(locator)
    at = int(locator.input_value()) / (len(slider.values) - 1)
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8 + at * (box["width"] - 16), y)
    page.mouse.down()
    before, sentences = figure.layout(), set()
    for share in (0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        page.mouse.move(box["x"] + share * box["width"], y, steps=3)
        sentences.add(figure.sentence)
        assert figure.value(slider) == number(figure.shown()[slider.name], 4)
        assert figure.layout() == before
    page.mouse.up()
    assert len(sentences) > 2


# Goes through all settings of a figure by events on its controls, and looks at the picture of each.
TOUR = """(figure) => {
    const controls = [...figure.querySelectorAll(".il-control :is(input:not([type=number], [type=text]), select)")];
    const choices = (c) => c.type === "range" ? [...Array(+c.max + 1).keys()] : c.type === "checkbox" ? [false, true]
        : [...c.options].map((o) => o.value);
    const heights = new Set(), bad = new Set(), texts = new Set();
    (function go(i) {
        if (i === controls.length) {
            heights.add(figure.getBoundingClientRect().height);
            for (const svg of figure.querySelectorAll("svg")) {
                const drawn = svg.outerHTML, at = drawn.search(/NaN|undefined|Infinity|null/);
                if (at >= 0) bad.add(drawn.slice(Math.max(0, at - 30), at + 40));
            }
            texts.add(figure.querySelector(".il-text").textContent);
            for (const sheet of figure.querySelectorAll(".il-sheet"))
                if (sheet.scrollHeight > sheet.clientHeight + 1) bad.add(`${sheet.className} is too small`);
            return;
        }
        const c = controls[i];
        for (const choice of choices(c)) {
            if (c.type === "checkbox") c.checked = choice; else c.value = choice;
            c.dispatchEvent(new Event(c.type === "range" ? "input" : "change", { bubbles: true }));
            go(i + 1);
        }
    })(0);
    return { heights: [...heights], bad: [...bad], texts: texts.size };
}"""


# Labels that are cut off, and words of a picture that overlap or reach beyond it.
ILLEGIBLE = """(figure) => {
    const found = [...figure.querySelectorAll(".il-key, .il-at, .il-panel-title, label, .il-output, select")]
        .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== "visible")
        .map((e) => `cut off: ${e.textContent}`);
    for (const svg of figure.querySelectorAll(".il-stage > svg")) {
        const frame = svg.getBoundingClientRect();
        const words = [...svg.querySelectorAll("text")].map((e) => [e.textContent, e.getBoundingClientRect()]);
        words.forEach(([text, a], i) => {
            if (a.left < frame.left - 0.5 || a.right > frame.right + 0.5) found.push(`beyond the picture: ${text}`);
            for (const [other, b] of words.slice(i + 1)) {
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (across > 1 && down > 4) found.push(`overlap: ${text} / ${other}`);
            }
        });
    }
    return found;
}"""


def test_at_every_width_a_figure_keeps_its_place_whatever_is_chosen(figure, window, telephone, site, placed):
    grid, frames = list(placed.demo.grid()), page_of(site, placed)["frames"]
    texts = len({frame["text"] for frame in frames})
    for width in WIDTHS if placed in KINDS else (WIDTHS[0], WIDTHS[-1]):
        figure.rest(width)
        sideways = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        assert window.page.evaluate(sideways) <= 0, f"{width} px wide"
        if width == WIDTHS[0]:
            small = Figure(telephone.page, placed.demo)
            small.rest(width)
            assert figure.picture == small.picture, "resized to a width, and loaded at it"
        tour = figure.root.evaluate(TOUR)
        assert (tour["bad"], tour["texts"]) == ([], texts), f"{width} px wide"
        # Formulas and code take more room where they need it, and keep it: what is below never moves up.
        heights = tour["heights"]
        assert heights == sorted(heights)
        assert len(heights) == 1 or len(plots(placed.demo)) < len(placed.demo.panels)
        for settings in some_settings(placed.demo, 2, seed=3):
            figure.put(settings)
            assert figure.root.evaluate(ILLEGIBLE) == [], f"{width} px wide, {settings}"
        room = []
        for longest_or_shortest in (max, min):
            figure.put(grid[longest_or_shortest(range(len(grid)), key=lambda i: len(frames[i]["text"]))])
            room.append(box_in_sight(figure.root.locator(".il-words"))["height"])
        assert room[0] == room[1], f"{width} px wide: the room of a long sentence shrinks with it"
    assert window.problems == []


# ---------------------------------------------------------------- numbers that are none


def nowhere(size):
    inf, nan = float("inf"), float("nan")
    y = {
        "overflow": [1, 1e3, 1e6, inf, inf],
        "nothing": [1, 0.1, nan, nan, nan],
        "zero": [1, 1e-3, 0, 0, 0],
        "minus": [1, 1, 1, 1, -1.5],
    }
    if size == "none":
        y = {name: [nan] * 5 for name in y}
    counts = [[0] * 4, [1, 2, 0, 0]]
    histogram = histogram_data([1, 2], counts, below=[0, 0], above=[8, 5], rms=[inf, nan])
    return {"curve": {"y": y, "band": ([nan, 1, 1, 1, 0], [inf, 2, inf, 2, 2])}, "bars": histogram}, f"{size}: text."


NOWHERE = Demo(
    name="nowhere",
    title="Numbers that are none",
    controls=(Menu("size", "Size", {"some": "some", "none": "none"}, "some"),),
    panels=(
        Lines(
            "curve",
            "Curve",
            "layer",
            tuple(Series(name, name, tone=i + 1) for i, name in enumerate(("overflow", "nothing", "zero", "minus"))),
            y_range=(1e-4, 1e4),
            x=(0, 1, 2, 3, 4),
            log=True,
            band_label="band",
        ),
        Histograms("bars", "Bars", "layer", (-2.0, 2.0)),
    ),
    compute=nowhere,
)


SIGN = Demo(
    name="sign",
    title="A sign",
    controls=(Toggle("minus", "Minus", False), Slider("size", "Size", (1.0, 2.0), 1.0)),
    panels=(Lines("line", "Line", "at", (Series("y", "y"),), (-3, 3), x=(0, 1)),),
    compute=lambda minus, size: ({"line": {"y": {"y": [0, -size if minus else size]}}}, f"{minus} {size}"),
)


def test_overflow_and_underflow_are_drawn_as_what_they_are(bare):
    figure, visitor = bare(NOWHERE)
    notes = figure.panel(0).locator(".il-note").all_text_contents()
    assert notes[:3] == ["overflow from 3", "not a number from 2", "0 from 2"]
    assert "0 from 4" not in notes, "a negative number is not 0"
    assert figure.reading(0)[1][:4] == ["overflow", "not a number", "0", "−1.5"]
    assert figure.reading(1)[1] == ["not a number", "62.5 %"]
    assert not re.search(r"NaN|Infinity|undefined", figure.picture)
    figure.probe(NOWHERE.panels[1]).press("Home")
    assert figure.reading(1) == ("layer 1", ["overflow", "100 %"])
    assert visitor.problems == []


def test_a_picture_without_any_number_says_so(bare):
    figure, visitor = bare(NOWHERE)
    figure.control(NOWHERE.controls[0]).press("End")
    assert "not a number from 0" in figure.panel(0).locator(".il-note").all_text_contents()
    assert figure.reading(0)[1][:4] == ["not a number"] * 4
    assert not re.search(r"NaN|Infinity|undefined", figure.picture)
    assert visitor.problems == []


def test_a_picture_without_any_number_can_be_hovered(bare):
    figure, visitor = bare(NOWHERE)
    for key in ("End", "Home"):
        figure.control(NOWHERE.controls[0]).press(key)
        for i in range(2):
            figure.panel(i).locator(".il-stage > svg").hover()
            figure.probe(NOWHERE.panels[i]).press("ArrowLeft")
    assert visitor.problems == []


def test_python_and_javascript_write_numbers_alike(bare):
    values = [0, 1, -3, 0.5, 1 / 3, 2 / 3 * 1e4, 9.9996, 99995, 99999.5, 1e5, 123456, 1e-3, 1.5e-4, 0.00099996, 5e-324]
    values += [1.7e308, -2.5e-7, 12345.678, 1e21, 0.1 + 0.2, float("inf"), float("-inf"), float("nan"), None]
    values += [random.Random(i).uniform(-1, 1) * 10.0 ** random.Random(-i).randint(-12, 12) for i in range(60)]
    many = Demo(
        name="many",
        title="Many numbers",
        controls=(),
        panels=(Lines("line", "Line", "at", (Series("y", "y"),), (-1, 1), x=tuple(range(len(values)))),),
        compute=lambda: ({"line": {"y": {"y": values}}}, "Text."),
        digits=17,
    )
    figure, _ = bare(many)
    shown = figure.root.evaluate(
        """(figure, count) => [...Array(count).keys()].map((i) => {
            const probe = figure.querySelector(".il-probe");
            probe.value = i;
            probe.dispatchEvent(new Event("input"));
            return figure.querySelector(".il-value").textContent;
        })""",
        len(values),
    )
    assert shown == [legend(value) for value in values]


def test_a_toggle_works_by_mouse_and_keyboard(bare):
    figure, visitor = bare(SIGN)
    box = figure.control(SIGN.controls[0])
    assert not box.is_checked()
    visitor.page.get_by_text("Minus", exact=True).click()
    assert box.is_checked()
    assert figure.sentence == "True 1.0"
    assert figure.reading(0)[1] == ["−1"]
    box.press("Space")
    assert figure.sentence == "False 1.0"
    visitor.page.evaluate("location.hash = '#explorer-sign?minus=true&size=2'")
    expect(box).to_be_checked()
    assert figure.sentence == "True 2.0"


SHEETS = Demo(
    name="sheets",
    title="Formulas and code",
    controls=(Menu("which", "Which", {"short": "short", "long": "long"}, "short"),),
    panels=(Formulas("lines", "Lines"), Code("call", "Call")),
    compute=lambda which: (
        {
            "lines": {"rows": [formula_row("x^2 + 1", "a reason", marked=True)] * (1 if which == "short" else 9)},
            "call": {"code": f"f({which!r})  # <b>&", "note": f"It is {which}."},
        },
        f"{which} text.",
    ),
)


def test_formulas_are_typeset_and_take_the_room_that_they_need(bare):
    figure, visitor = bare(SHEETS)
    assert figure.root.locator("math mn").all_text_contents() == ["2", "1"]
    expect(figure.root.locator(".il-reason.il-marked")).to_have_text("a reason")
    height = figure.root.bounding_box()["height"]
    figure.control(SHEETS.controls[0]).press("End")
    expect(figure.root.locator("li")).to_have_count(9)
    long = figure.root.bounding_box()["height"]
    assert long > height
    figure.control(SHEETS.controls[0]).press("Home")
    expect(figure.root.locator("li")).to_have_count(1)
    assert figure.root.bounding_box()["height"] == long  # what is below does not move up
    assert visitor.problems == []


def test_code_is_shown_as_it_is_and_copied(bare):
    figure, visitor = bare(SHEETS, permissions=["clipboard-read", "clipboard-write"])
    expect(figure.root.locator("pre")).to_have_text("f('short')  # <b>&")
    figure.button("Copy code").click()
    copied = figure.root.locator(".il-copy")
    expect(copied).to_have_text(re.compile("Copied|Selected"))
    if copied.text_content() == "Copied":
        assert visitor.page.evaluate("navigator.clipboard.readText()") == "f('short')  # <b>&"
    else:
        assert visitor.page.evaluate("String(getSelection())") == "f('short')  # <b>&"
    expect(copied).to_have_text("Copy code")


def test_formulas_and_code_are_there_without_javascript(bare):
    figure, _ = bare(SHEETS, java_script_enabled=False)
    assert figure.root.locator(".il-fallback math").count() == 2
    expect(figure.root.locator(".il-fallback pre")).to_have_text("f('short')  # <b>&")
