"""The cells on the pages: code that is folded, the switch for all code, tables, formulas, and Matplotlib's pictures."""

import pytest
from figure import luminance
from harness import read_notebook
from playwright.sync_api import expect
from test_site import SHIFTS

pytestmark = pytest.mark.browser

HE = "book/he.html"
FOLDED = ".folded-code .cell_input"
OPEN = ".cell > .cell_input"


def switch(page):
    return page.locator(".code-switch")


def test_machinery_is_folded_and_the_lines_that_tell_are_not(open_page, served):
    page = open_page(f"{served}/{HE}", java_script_enabled=False).page  # no script is needed
    expect(switch(page)).to_be_hidden()
    expect(page.locator(FOLDED).first).to_be_hidden()
    expect(page.locator(OPEN).first).to_be_visible()
    page.get_by_text("Imports", exact=True).click()
    expect(page.locator(FOLDED).first).to_be_visible()


def test_one_switch_for_the_code_of_the_whole_book(open_page, served):
    visitor = open_page(f"{served}/{HE}")
    page = visitor.page
    folded, telling = page.locator(FOLDED), page.locator(OPEN)
    for name, shows in (
        ("machinery is folded", (False, True)),
        ("all is shown", (True, True)),
        ("none", (False, False)),
    ):
        expect(page.get_by_role("button", name=f"Code: {name}")).to_be_visible()
        for cells, visible in zip((folded, telling), shows, strict=True):
            expect(cells.last).to_be_visible(visible=visible)
        switch(page).focus()
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Code: machinery is folded")).to_be_focused()
    assert visitor.problems == []


@pytest.mark.parametrize(("presses", "visible"), [(1, True), (2, False)])
def test_the_switch_is_remembered_and_nothing_moves(open_page, served, presses, visible):
    page = open_page(f"{served}/{HE}").page
    for _ in range(presses):
        switch(page).click()
    page.add_init_script("""addEventListener("DOMContentLoaded", () => {
        const cells = [...document.querySelectorAll(".cell_input")];
        window.shownAtOnce = cells.map((cell) => cell.checkVisibility());
    })""")
    page.goto(f"{served}/book/why.html")
    page.wait_for_load_state("networkidle")
    assert set(page.evaluate("shownAtOnce")) == {visible}
    assert page.evaluate(SHIFTS) == []


def test_on_paper_stand_the_lines_that_tell_whatever_the_switch_says(open_page, served):
    page = open_page(f"{served}/{HE}").page
    switch(page).click()
    switch(page).click()
    expect(page.locator(OPEN).first).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(OPEN).first).to_be_visible()
    for part in (".folded-code > summary", FOLDED):
        expect(page.locator(part).first).to_be_hidden()


def test_tables_are_tables_and_formulas_are_typeset(open_page, served):
    page = open_page(f"{served}/book/deriving.html").page
    table = page.locator("div.cell_output table", has_text="one layer")
    expect(table.locator("td .katex").first).to_be_visible()
    expect(table).not_to_contain_text("**")
    right = page.locator("div.cell_output table", has_text="mean / std").locator("td.text-right")
    assert right.count() == 20
    text = page.locator("article").inner_text()
    assert "sigma_w**2" not in text
    assert "─" not in text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_have_the_colours_of_the_page(open_page, served, theme):
    drawn = sum("mystnb" in cell["metadata"] for cell in read_notebook("book/he")["cells"])
    page = open_page(f"{served}/{HE}", theme=theme).page
    pictures = page.locator("svg.initlab-picture:visible")
    assert pictures.count() == drawn
    colours = pictures.first.evaluate("""(svg) => {
        const [paper, text] = [svg.querySelector("path"), svg.querySelector("text")].map((e) => getComputedStyle(e));
        const page = getComputedStyle(document.body);
        return { paper: paper.fill, text: text.fill, page: page.backgroundColor, font: text.fontFamily };
    }""")
    assert colours["paper"] == colours["page"]
    assert abs(luminance(colours["text"]) - luminance(colours["paper"])) > 0.2
    assert "DejaVu" not in colours["font"].split(",")[0]
