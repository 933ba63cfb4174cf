"""What a reader meets around the pictures: a guess, a window that is large enough, a menu, a frame in another page."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest
from figure import Figure, bare_page
from harness import explorers, guess_nothing, read_notebook
from playwright.sync_api import expect
from toy_film import STEPS, TOY, film

from initlab_book.figure import Demo, Lines, Menu, Prediction, Series, Slider

pytestmark = pytest.mark.browser

PLACED = explorers()
HEADER = 60  # px of the bar at the top of a page

LINE = Demo(
    name="line",
    title="A line",
    controls=(Slider("slope", "Slope", (1.0, 2.0, 4.0), 2.0), Menu("kind", "Kind", {"a": "A", "b": "B"}, "a")),
    panels=(Lines("line", "Line", "x", (Series("y", "y, the value"),), (0, 10), x=(0, 1, 2), band_label="band"),),
    compute=lambda slope, kind: (
        {"line": {"y": {"y": [0, slope, 2 * slope]}, "band": ([0, 0, 0], [1, 1, 1])}},
        f"{kind}: the line ends at {2 * slope}.",
    ),
    caption="Three points.",
    prediction=Prediction("Where does it end?", outcome="At 4, twice the slope.", options=("at 2", "at 4")),
    aliases={"gain": "slope", "kind=old": "kind=b"},
)


# ---------------------------------------------------------------- a guess


def test_the_picture_is_shown_when_a_guess_is_made_and_kept_on_the_next_visit(bare):
    figure, visitor = bare(LINE)
    stage = figure.root.locator(".il-stage")
    expect(stage).to_be_hidden()
    expect(figure.root.locator(".il-text")).to_be_hidden()
    figure.button("at 2").press("Enter")
    expect(stage).to_be_visible()
    figure.wait_until_drawn()
    group = figure.root.get_by_role("group", name="Where does it end?")
    expect(group).to_contain_text("Your guess: at 2")
    expect(group).not_to_contain_text("twice the slope")
    expect(figure.button("What comes out?")).to_be_focused()
    visitor.page.keyboard.press("Enter")
    expect(group.get_by_role("status")).to_have_text("At 4, twice the slope.")
    expect(group).to_contain_text("Your guess: at 2")
    visitor.page.reload()
    expect(stage).to_be_visible()
    expect(group).to_contain_text("Your guess: at 2")
    assert visitor.problems == []


def test_a_guess_can_be_skipped_and_is_no_matter_for_a_link_or_on_paper(bare):
    figure, visitor = bare(LINE)
    visitor.page.emulate_media(media="print")
    visitor.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(figure.root.locator(".il-stage")).to_be_visible()
    assert figure.root.locator(".il-line").count() > 0
    visitor.page.emulate_media(media="screen")
    visitor.page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(figure.root.locator(".il-stage")).to_be_hidden()
    figure.button("Skip").click()
    expect(figure.root.locator(".il-stage")).to_be_visible()
    visitor.page.evaluate("localStorage.clear()")
    visitor.page.goto(visitor.page.url.split("#")[0] + "#explorer-line?slope=4")
    visitor.page.reload()
    expect(figure.root.locator(".il-text")).to_have_text("a: the line ends at 8.0.")
    expect(figure.button("at 2")).to_have_count(0)


def test_a_number_can_be_guessed(bare):
    asks = Demo(**{**vars(LINE), "prediction": Prediction("How much?", outcome="4.", unit="steps")})
    figure, _ = bare(asks)
    field = figure.root.get_by_role("textbox", name="How much?")
    field.press("Enter")
    expect(figure.root.locator(".il-stage")).to_be_hidden()  # nothing is no guess
    field.fill("7")
    field.press("Enter")
    expect(figure.root.locator(".il-guess")).to_contain_text("Your guess: 7 steps")


def test_without_javascript_question_picture_and_answer_are_there(bare):
    figure, _ = bare(LINE, java_script_enabled=False)
    for words in ("Where does it end?", "at 2", "a: the line ends at 4.0.", "Three points."):
        expect(figure.root.get_by_text(words).first).to_be_visible()
    answer = figure.root.get_by_text("At 4, twice the slope.")
    expect(answer).to_be_hidden()
    figure.root.get_by_text("What comes out?").click()
    expect(answer).to_be_visible()


# ---------------------------------------------------------------- on one screen


BOX = """(figure, [selector, last]) => {
    const found = [...figure.querySelectorAll(selector)].filter((e) => e.offsetParent);
    const { top, bottom } = found[last ? found.length - 1 : 0].getBoundingClientRect();
    return { top, bottom };
}"""


def shares_a_window(figure, page, height):
    """Controls, sentence and picture are seen together."""

    def measure(selector, last=False):
        return figure.root.evaluate(BOX, [selector, last])

    # From the first control to the end of the sentence, and a good part of the first picture below it.
    page.evaluate("(y) => scrollBy(0, y)", measure(".il-content")["top"] - HEADER)
    assert measure(".il-steer")["bottom"] <= measure(".il-text")["top"] + 1
    assert measure(".il-stage, .il-sheet")["top"] + 60 <= height, "the sentence leaves no room for the picture"
    # The last picture is seen together with the controls: they fit, or they stay.
    page.evaluate("(y) => scrollBy(0, y)", max(0, measure(".il-stage, .il-sheet", last=True)["bottom"] - height + 10))
    steer = measure(".il-steer")
    if figure.demo.panels[-1].kind not in ("formulas", "code"):  # these are as long as their text
        assert 0 <= steer["top"] < steer["bottom"] <= measure(".il-stage, .il-sheet", last=True)["top"]
    assert steer["bottom"] <= height


@pytest.mark.parametrize("name", sorted({placed.page for placed in PLACED}))
def test_the_figures_of_a_page_fit_every_screen(open_page, served, name):
    visitor = open_page(f"{served}/{name}.html")
    page = visitor.page
    visitor.settle()
    guess_nothing(page)
    figures = [Figure(page, placed.demo) for placed in PLACED if placed.page == name]

    chapter = page.locator("h1 .section-number").all_text_contents()
    for i, figure in enumerate(figures, start=1):  # the number of chapter and figure, then the caption
        number = f"Figure {chapter[0].strip().rstrip('.')}.{i}. " if chapter else ""
        assert figure.demo.caption
        assert figure.root.locator("figcaption").text_content() == number + figure.demo.caption

    text = page.locator(".bd-article section > p").first
    for width, height in ((1280, 800), (360, 740), (768, 1024), (1440, 900), (1920, 1080)):
        for figure in figures:
            figure.rest(width, height)
            shares_a_window(figure, page, height)
            # A wide screen gives figures more room than text.
            wider = figure.root.bounding_box()["width"] > 1.3 * text.bounding_box()["width"]
            assert wider is (width >= 1400)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert visitor.problems == []


# ---------------------------------------------------------------- films


def test_a_film_shows_the_past_only(bare):
    figure, visitor = bare(film(caption="A toy."))
    loss = figure.panel(1)
    scrub = figure.root.get_by_role("slider", name="Step", exact=True)
    seen = []
    for key in ("Home", *["ArrowRight"] * (len(STEPS) - 1)):
        scrub.press(key)
        seen.append(loss.locator(".il-stage .il-line.il-tone1").get_attribute("d").count("L"))
    assert seen[0] < seen[-1]
    assert seen == sorted(seen)
    scrub.press("Home")
    probe = figure.probe(TOY.panels[1])
    probe.press("End")
    assert figure.reading(1)[0] == "step + 1 1"  # there is nothing beyond the first step yet
    visitor.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(figure.root.locator(".il-scrub .il-output")).to_have_text(str(STEPS[-1]))
    visitor.page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(figure.root.locator(".il-scrub .il-output")).to_have_text(str(STEPS[0]))


def test_a_comparison_opens_with_the_pair_that_is_named_and_is_visibly_on(bare):
    figure, _ = bare(film(against={"start": "zero"}))
    compare = figure.button("Compare two")
    look = "(e) => getComputedStyle(e).backgroundColor"
    before = compare.evaluate(look)
    compare.click()
    expect(figure.root.locator(".il-text").nth(1)).to_contain_text("zero on cross")
    assert compare.evaluate(look) != before


def test_a_reader_chooses_the_panels(bare):
    figure, _ = bare(film(narrow=("surface", "loss")), width=360)
    assert [panel.is_visible() for panel in figure.root.locator(".il-panel").all()] == [True, True, False, False, False]
    figure.root.get_by_label("Panels that are shown").click()
    figure.root.get_by_label("Gradients", exact=True).check()
    expect(figure.panel(2)).to_be_visible()
    figure.wait_until_drawn()
    figure.root.get_by_label("Surface", exact=True).uncheck()
    expect(figure.panel(0)).to_be_hidden()


# ---------------------------------------------------------------- the menu


def saved(figure, visitor, name):
    with visitor.page.expect_download() as caught:
        figure.more(name)
    return caught.value.suggested_filename, caught.value.path().read_bytes()


def test_picture_and_numbers_can_be_taken_along(bare):
    figure, visitor = bare(LINE)
    figure.button("Skip").click()
    figure.wait_until_drawn()
    name, file = saved(figure, visitor, "Numbers (CSV)")
    assert name == "line.csv"
    rows = list(csv.reader(io.StringIO(file.decode())))
    assert rows[:4] == [
        ["panel", "quantity", "at", "value"],
        ["Line", "y, the value", "0", "0"],
        ["Line", "y, the value", "1", "2"],
        ["Line", "y, the value", "2", "4"],
    ]
    assert ["Line", "band, high", "2", "1"] in rows
    name, file = saved(figure, visitor, "Picture (SVG)")
    drawing = ElementTree.fromstring(file)
    assert name == "line.svg"
    words = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A line", "Line", "y, the value", "0", "10", "x"} <= set(words)
    assert not re.search(rb'class="il-', file)
    name, file = saved(figure, visitor, "Picture (PNG)")
    assert file.startswith(b"\x89PNG")
    assert len(file) > 3000
    assert visitor.problems == []


def test_numbers_of_every_kind_of_panel(bare):
    figure, visitor = bare(TOY)
    _, file = saved(figure, visitor, "Numbers (CSV)")
    rows = list(csv.DictReader(io.StringIO(file.decode())))
    assert {row["panel"] for row in rows} == {panel.title for panel in TOY.panels}
    assert len([row for row in rows if row["quantity"] == "training"]) == len(STEPS)
    figure.button("Compare two").click()
    _, file = saved(figure, visitor, "Numbers (CSV)")
    assert {row["run"] for row in csv.DictReader(io.StringIO(file.decode()))} == {"1", "2"}


def test_the_menu_closes_by_itself_and_by_key(bare):
    figure, visitor = bare(LINE)
    menu, summary = figure.root.locator(".il-drop"), figure.root.locator(".il-drop summary")
    summary.press("Enter")
    expect(menu).to_have_attribute("open", "")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    visitor.page.mouse.click(5, 5)
    expect(menu).not_to_have_attribute("open", "")


def test_a_figure_can_be_shown_alone_in_a_frame(open_page, served):
    placed = next(p for p in PLACED if p.demo.name == "random-matrices")
    frame = f"{served}/{placed.page}.html?embed=explorer-random-matrices#explorer-random-matrices?width=2&gain=1.1"
    page = open_page(frame, width=800).page
    figure = Figure(page, placed.demo)
    expect(figure.root).to_be_visible()
    figure.wait_until_drawn()
    assert figure.sentence == placed.demo.frame(width=2, gain=1.1)["text"]
    expect(page.get_by_role("link")).to_have_count(1)  # the credit
    expect(page.get_by_role("link")).to_have_attribute("href", re.compile(r"exploding\.html#explorer-random-matrices"))
    assert page.locator("h1:visible, nav:visible, .initlab-quiz:visible").count() == 0
    assert figure.root.bounding_box()["y"] < 30


def test_the_code_for_a_frame_is_handed_out(open_page, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(bare_page(LINE), encoding="utf-8")
    visitor = open_page(path.as_uri() + "#explorer-line?slope=4", permissions=["clipboard-read", "clipboard-write"])
    figure = Figure(visitor.page, LINE)
    figure.more("Embed")
    expect(figure.root.get_by_text(re.compile("copied|Not copied"))).to_be_visible()
    code = visitor.page.evaluate("navigator.clipboard?.readText()") or ""
    if code:
        assert re.fullmatch(
            r'<iframe src="file://[^"]*page\.html\?embed=explorer-line#[^"]*slope=4[^"]*"[^>]*></iframe>', code
        )


# ---------------------------------------------------------------- links


@pytest.mark.parametrize(
    ("query", "said", "remark"),
    [
        ("slope=3.7", "a: the line ends at 8.0.", "the nearest, 4"),
        ("slope=1&kind=c", "a: the line ends at 2.0.", "no picture for kind = c"),
        ("gain=1&kind=old", "b: the line ends at 2.0.", ""),
    ],
)
def test_a_link_to_what_the_page_does_not_have_says_so(bare, query, said, remark):
    figure, visitor = bare(LINE)
    visitor.page.evaluate(f"location.hash = '#explorer-line?{query}'")
    visitor.page.reload()
    expect(figure.root.locator(".il-text")).to_have_text(said)
    note = figure.root.locator(".il-remark")
    if remark:
        expect(note).to_contain_text(remark)
    else:
        expect(note).to_be_hidden()


# ---------------------------------------------------------------- the notebooks


@pytest.mark.parametrize("placed", [p for p in PLACED if p.demo.prediction], ids=str)
def test_a_guess_is_asked_in_one_place(placed):
    cells = read_notebook(placed.page)["cells"]
    words = "".join("".join(cell["source"]) for cell in cells)
    assert placed.demo.prediction.question not in words
