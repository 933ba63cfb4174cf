"""What pages say of themselves, how they are found, and how they look on paper: on the built site, without addresses.
(With addresses: test_build.)"""

import json
import re
import sys
from urllib.parse import quote, urldefrag

import pytest
from bs4 import BeautifulSoup
from harness import PAGES, ROOT, read_notebook, table_of_contents
from playwright.sync_api import expect

sys.path.insert(0, str(ROOT / "tools"))
import make_pdf

pytestmark = pytest.mark.browser
BOOK_PAGES = table_of_contents()


def head(site, name):
    return BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8").partition("</head>")[0], "html.parser")


def said(soup, name):
    return soup.select_one(f'meta[name="{name}"], meta[property="{name}"]')["content"]


# ---------------------------------------------------------------- the head


def test_every_page_says_what_it_is_about(site):
    heads = {name: head(site, name) for name in (*PAGES, "404")}
    for name, soup in heads.items():
        assert said(soup, "description") == said(soup, "og:description"), name
        assert 20 < len(said(soup, "description")) <= 220, name
        assert not re.search(r"[\\$]|What you will learn", said(soup, "description")), name
    for key in ("description", "og:title"):
        values = [said(soup, key) for soup in heads.values()]
        assert sorted(set(values)) == sorted(values)


@pytest.mark.parametrize("name", ["why", "xavier"])
def test_a_chapter_is_described_by_its_question(site, name):
    question = re.search(r"\*\*The question\.\*\* (.*)", "".join(read_notebook(f"book/{name}")["cells"][0]["source"]))[
        1
    ]
    described = said(head(site, f"book/{name}"), "description")
    assert [part for part in re.split(r"\$.*?\$", question) if part not in described] == []
    assert described.endswith("?")


def test_without_addresses_nothing_leads_to_them(site):
    for name in BOOK_PAGES:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        for absent in ('rel="canonical"', "og:image", "og:url", "issues/new", "/edit/main/"):
            assert absent not in html, f"{name}: {absent}"
    assert not (site / "sitemap.xml").exists()
    assert not (site / "robots.txt").exists()


def test_the_missing_page_works_wherever_it_is_shown(open_page, site, served):
    page = open_page("about:blank").page
    body = (site / "404.html").read_bytes()
    page.route("**/no/such/page", lambda route: route.fulfill(body=body, content_type="text/html", status=404))
    page.goto(f"{served}/no/such/page")
    links = page.evaluate("[...document.querySelectorAll('[href], [src]')].map((e) => e.href || e.src)")
    for link in {urldefrag(link)[0] for link in links if link.startswith(served)} - {f"{served}/no/such/page"}:
        assert (site / link.removeprefix(f"{served}/").partition("?")[0]).is_file(), link
    page.locator("article input[type=search]").fill("Adam")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=Adam")
    expect(page.locator("#search-results li").first).to_be_visible()


# ---------------------------------------------------------------- search


QUESTIONS = {
    "Adam": "Watching networks train › What Adam mends, and what it cannot",
    "why 5/3": "What the rules leave out › One gain, two directions",
    "fan_out torchvision": "Which call do I write? › Shapes that hide their fan",
    "sqrt 5": "Xavier initialization › Why √5 in PyTorch?",
    "fan-in": "Glossary › fan-in",
    "He or Xavier": "He initialization",
    "gradients explode": "Exploding and vanishing signals",
    "propagate_pair": "API reference › propagate_pair",
}


def test_a_question_finds_its_chapter(open_page, served):
    visitor = open_page("about:blank")
    page = visitor.page
    for query, answer in QUESTIONS.items():
        page.goto(f"{served}/search.html?q={quote(query)}")
        expect(page.locator("#search-results mark").first).to_be_visible()
        found = page.locator("#search-results a").all_inner_texts()
        if " › " in answer:
            assert found[0] == answer, query
        else:
            assert any(heading.startswith(answer) for heading in found[:3]), f"{query}: {found[:3]}"
    assert visitor.problems == []


def test_a_result_leads_to_the_section(open_page, served):
    page = open_page(f"{served}/search.html?q={quote('sqrt 5')}").page
    page.locator("#search-results a").first.click()
    page.wait_for_url("**/book/xavier.html#why-5-in-pytorch")
    expect(page.locator("#why-5-in-pytorch > h3")).to_be_in_viewport()


def test_what_search_shows_is_prose(site):
    code = (site / "_static/sections.js").read_text(encoding="utf-8")
    pages = json.loads(code.partition(" = ")[2].rstrip(";\n"))
    assert {address.removesuffix(".html") for address, _, _ in pages} == set(BOOK_PAGES)
    texts = {f"{address}#{anchor}": text for address, _, entries in pages for anchor, _, text in entries}
    for place, text in texts.items():
        if not place.startswith("book/api"):  # where code is what the page is about
            assert not re.search(r'\\[a-z]|[{}]"|\$|<[a-z/]|>>>|import ', text), f"{place}: {text}"
    assert "E[a_j²]" in texts["book/deriving.html#one-unit-one-input"]
    anchors = {name: set(re.findall(r'id="([^"]*)"', (site / f"{name}.html").read_text())) for name in BOOK_PAGES}
    for place in texts:
        name, _, anchor = place.partition(".html#")
        assert anchor in anchors[name], place


def test_search_says_when_it_finds_nothing_and_works_from_a_file(open_page, site):
    visitor = open_page(f"{(site / 'search.html').as_uri()}?q=qwertz")
    expect(visitor.page.get_by_role("status")).to_contain_text("Nothing in the book")
    visitor.page.locator(".bd-search-container input").fill("momentum")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("#search-results li").first).to_be_visible()
    assert visitor.problems == []


# ---------------------------------------------------------------- paper

WIDE, HIGH = 660, 1000  # what an A4 page has room for, in CSS pixels


@pytest.mark.parametrize("width", [360, 1280])
def test_paper_loses_nothing(open_page, served, width):
    """The page with the widest and highest figure, from a dark screen."""
    visitor = open_page(f"{served}/book/watching.html", theme="dark", width=width)
    visitor.settle()
    page = visitor.page
    # A printer's page: nothing is drawn anew for it. A window as wide as paper would have the figures drawn for it.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    figures = page.evaluate("""[...document.querySelectorAll(".initlab-explorer")].map((figure) => {
        const { width, height } = figure.getBoundingClientRect();
        const cut = [...figure.querySelectorAll(".il-stage > svg")].filter(
            (svg) => svg.getBoundingClientRect().right > svg.parentElement.getBoundingClientRect().right + 1);
        return [width, height, cut.length];
    })""")
    assert figures
    for wide, high, cut in figures:
        assert wide <= WIDE
        assert high <= 0.8 * HIGH
        assert cut == 0
    page.set_viewport_size({"width": WIDE // 2, "height": HIGH})  # lines that are longer than the paper is wide
    cut = """[...document.querySelectorAll("article pre")].filter((e) => !e.closest(".initlab-explorer"))
        .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"""
    assert page.evaluate(cut) == []
    # Machinery that is folded stays so.
    folded = """[...document.querySelectorAll("article details:not(.folded-code, .il-drop)")]
        .filter((e) => !e.lastElementChild.checkVisibility()).map((e) => e.textContent)"""
    assert page.evaluate(folded) == []
    dark = "[...document.querySelectorAll('article input')].map((e) => getComputedStyle(e).colorScheme)"
    assert set(page.evaluate(dark)) == {"light"}
    assert page.locator("h1:visible").count() == 1


def test_the_book_as_one_page_holds_all_and_its_links_lead_somewhere(site):
    book = make_pdf.combine(site, {"page-he": 123})
    assert re.findall(r'<article [^>]*id="([^"]*)"', book) == [n.replace("book/", "page-") for n in BOOK_PAGES]
    sheets = re.findall(r"<link [^>]*\.css[^>]*>", book)
    paper = ['media="print"' in sheet for sheet in sheets]
    assert any(paper)
    assert paper == sorted(paper), "what is said for paper must be said last, or the screen's rules undo it"
    # Text in scripts may quote what looks like an attribute.
    book = re.sub(r"<script.*?</script>", "", book, flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]*)"', book)
    assert len(ids) == len(set(ids)) > 500
    links = re.findall(r'<a [^>]*href="([^"]*)"', book)
    assert {link for link in links if link.startswith("#")} <= {f"#{anchor}" for anchor in ids}
    assert [link for link in links if not link.startswith(("#", "http"))] == []
    contents = BeautifulSoup(re.search(r'<nav class="book-contents">.*?</nav>', book, re.DOTALL)[0], "html.parser")
    titles = [link.span.get_text() for link in contents.select("a")]
    assert len(titles) > 100
    assert titles[-1] == "API reference"
    assert "5.2. The rule" in titles
    assert contents.select_one("a[href='#page-he']").get_text() == "7. He initialization123"


def test_the_pdf_has_pages_and_an_outline(site, browser, tmp_path, monkeypatch):
    monkeypatch.setattr(make_pdf, "pages", lambda: ["book/index", "book/references"])
    pdf = tmp_path / "book.pdf"
    make_pdf.print_book(browser, site, pdf)
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", data)) > 5
    assert b"/Outlines" in data
    numbers = make_pdf.page_numbers(data)
    assert numbers["page-index"] == 3  # after the cover and the contents
    assert numbers["page-index"] < numbers["the-chapters"] < numbers["symbols"] < numbers["page-references"]
