"""Terms and citations explain themselves: with the mouse, by keyboard and by touch."""

import re

import pytest
from harness import NOTEBOOKS, table_of_contents
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CHAPTER = "book/limits"
TERM, SAYS = "term-length-map", "what a wide layer makes of the second moment"  # with a formula
ELSEWHERE = "article h1"


def link_to(page, about):
    return page.locator(f"a[data-about={about}]").first


@pytest.fixture
def explanation(open_page, site):
    """explanation(...) -> (the box, a link to a term, Visit): opened from the disk."""

    def explanation(**options):
        visitor = open_page(f"{(site / CHAPTER).as_uri()}.html", **options)
        link = link_to(visitor.page, TERM)
        link.scroll_into_view_if_needed()
        return visitor.page.locator("#explanation"), link, visitor

    return explanation


@pytest.mark.parametrize("name", table_of_contents())
def test_every_link_to_the_glossary_is_explained(site, name):
    article = (site / f"{name}.html").read_text(encoding="utf-8").partition("<article")[2].partition("</article>")[0]
    about = re.findall(r'<a data-about="([^"]*)"', article)
    assert sorted(set(about)) == sorted(re.findall(r'<template id="about-([^"]*)"', article))
    assert re.findall(r'<a (?!data-about)[^>]*href="glossary.html"(?!>(?:<[^>]*>)?[Gg]lossary<).*', article) == []
    if name in NOTEBOOKS[1:]:
        assert len([each for each in about if each.startswith("term-")]) >= 5
        assert len([each for each in about if not each.startswith("term-")]) >= 3


def test_a_term_is_explained_while_the_pointer_rests_on_it(explanation):
    box, link, visitor = explanation()
    page = visitor.page
    expect(box).to_be_hidden()
    link.hover()
    expect(box).to_be_visible()
    expect(box).to_contain_text(SAYS)
    expect(box.locator(".katex-html").first).to_be_visible()
    assert link.evaluate("(link) => link.ariaDescribedByElements[0].id") == "explanation"
    box.hover()  # the pointer may go there, as long as it likes
    page.wait_for_timeout(400)
    expect(box).to_be_visible()
    page.locator(".bd-header-article").hover()
    expect(box).to_be_hidden()
    link.hover()
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    assert link.get_attribute("aria-describedby") is None
    link.click()
    page.wait_for_url(f"**/glossary.html#{TERM}")
    assert visitor.problems == []


def test_a_term_is_explained_while_it_has_the_focus(explanation):
    box, link, visitor = explanation(theme="dark")
    visitor.page.keyboard.press("Tab")  # from now on the focus is one of the keyboard
    link.focus()
    expect(box).to_contain_text(SAYS)
    description = visitor.page.context.new_cdp_session(visitor.page).send("Accessibility.getFullAXTree")["nodes"]
    described = [node["description"]["value"] for node in description if node.get("description", {}).get("value")]
    assert any(SAYS in words for words in described)
    background, ink = (box.evaluate(f"(e) => getComputedStyle(e).{which}") for which in ("backgroundColor", "color"))
    assert [int(re.findall(r"\d+", colour)[0]) > 128 for colour in (background, ink)] == [False, True]
    visitor.page.emulate_media(media="print")
    expect(box).to_be_hidden()
    visitor.page.emulate_media(media="screen")
    expect(box).to_be_visible()
    visitor.page.locator(".article-header-buttons a").first.focus()
    expect(box).to_be_hidden()


def test_a_tap_explains_a_term_and_a_second_one_follows_it(explanation):
    box, link, visitor = explanation(width=360, has_touch=True, is_mobile=True)
    page = visitor.page
    at = page.url
    for other in page.locator("a[data-about]").all()[:6]:
        other.tap()
        expect(box).to_be_visible()
        assert page.url == at
        place = box.bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 360
        assert box.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    page.locator(ELSEWHERE).tap()
    expect(box).to_be_hidden()
    link.tap()
    expect(box).to_contain_text(SAYS)
    link.tap()
    page.wait_for_url(f"**/glossary.html#{TERM}")


def test_a_citation_says_what_it_cites(explanation):
    box, _, visitor = explanation()
    cited = visitor.page.get_by_role("link", name="Klambauer and others (2017)").first
    cited.hover()
    expect(box).to_contain_text(
        "Günter Klambauer, Thomas Unterthiner, Andreas Mayr, and Sepp Hochreiter. Self-normalizing neural networks. In "
        "Advances in Neural Information Processing Systems. 2017."
    )
    assert cited.get_attribute("href") == "https://arxiv.org/abs/1706.02515"
