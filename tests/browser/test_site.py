"""Every page of the built site, as readers meet it: in light and dark, wide and narrow, with and without JavaScript."""

import json
import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from figure import AXE, luminance
from harness import NOTEBOOKS, PAGES, guess_nothing, read_notebook, table_of_contents, visit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

BOOK_PAGES = table_of_contents()


@dataclass(frozen=True)
class ThemeFault:
    """Something that axe-core reports and that the theme, not this book, is to blame for."""

    rule: str
    selector: str
    reason: str


THEME_FAULTS = [
    ThemeFault(
        "region",
        ".bd-sidebar-primary .logo__title",
        "the title beside the logo stands outside the sidebar's <nav>; its link leads to the front page and is named",
    ),
    ThemeFault(
        "label-content-name-mismatch",
        "button.search-button-field",
        'the name is "Search", and the keys Ctrl + K are part of what one sees',
    ),
    *(
        ThemeFault(rule, ".citation-list", "docutils writes bibliographies with a role that ARIA has meanwhile dropped")
        for rule in ("aria-deprecated-role", "aria-allowed-role", "aria-required-children")
    ),
]


def variants():
    """Each width and each theme once: what goes wrong, goes wrong in one of them."""
    for page in PAGES:
        for theme, width in (("light", 1280), ("dark", 360)):
            yield pytest.param((page, theme, width), id=f"{page.removeprefix('book/')}-{theme}-{width}")


# ---------------------------------------------------------------- nothing moves

# What may arrive long after the page: on a slow line, the text has been read by then.
# (The script of the figures is waited for, as the style sheets are.)
LATE = re.compile(r"\.(woff2?|ttf|png|svg)(\?|$)|/(initlab-quiz|pydata-sphinx-theme)\.js")
# Inside a figure or quiz all is drawn anew, in the place that is kept for it.
WATCH = """() => {
    const elements = [...document.querySelectorAll("main *")]
        .filter((e) => !e.closest(".initlab-explorer *, .initlab-lab *, .initlab-quiz *"));
    const places = () => elements.map((e) => e.getBoundingClientRect())
        .map((box) => box.width && [box.x, box.y + scrollY, box.width, box.height]);
    const before = places();
    window.moved = () => places()
        .map((place, i) => [i, before[i], place])
        .filter(([, old, place]) => old && place && String(old) !== String(place)).slice(0, 20)
        .map(([i, ...both]) => [elements[i].outerHTML.slice(0, 100), ...both]);
}"""
# While a page is being read, a formula that is half there grows, and the lines of its paragraph break anew, by chance
# when a picture of it is taken. Nothing else shifts, and later nothing at all.
SHIFTS = """() => new Promise((resolve) => {
    const shifts = [];
    new PerformanceObserver((list) => shifts.push(...list.getEntries()))
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(shifts), 100);
}).then((shifts) => {
    const { domInteractive: whole } = performance.getEntriesByType("navigation")[0];
    const element = (node) => (node instanceof Element ? node : node?.parentElement);
    const half = (node) => element(node)?.closest("p:has(.math), .math");
    return shifts.flatMap(({ startTime, sources }) => (sources.length ? sources : [{ node: null }])
        .filter(({ node }) => startTime >= whole || !half(node))
        .map(({ node }) => (element(node)?.outerHTML ?? "what is gone").slice(0, 100)));
})"""


def watched_while_it_comes(visitor, address):
    """Open a page whose fonts and pictures come late, and tell what has moved."""
    page, waiting = visitor.page, []
    page.route(LATE, lambda route: waiting.append(route))
    page.goto(address, wait_until="commit")
    page.wait_for_function("document.readyState !== 'loading' && !document.documentElement.style.visibility")
    page.evaluate(WATCH)
    assert any("pydata-sphinx-theme.js" in route.request.url for route in waiting)
    page.route(LATE, lambda route: route.continue_())
    for route in waiting:
        route.continue_()
    visitor.settle()
    return page.evaluate("moved()") + page.evaluate(SHIFTS)


HEAVIEST = 300  # KB over the wire, with gzip, fonts and pictures included


@pytest.fixture(scope="module", params=variants())
def seen(request, browser, served):
    """One visit to one page, shared by all that is claimed about it."""
    name, theme, width = request.param
    with visit(browser, "about:blank", theme=theme, width=width, has_touch=width == 360) as visitor:
        visitor.name, visitor.width = name, width
        visitor.moved = watched_while_it_comes(visitor, f"{served}/{name}.html")
        visitor.page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
        yield visitor


def test_the_first_visit_to_a_page_is_light(seen, served):
    """Before anything else is done with the page."""
    rows = seen.weigh(served)
    total = sum(size for size, _ in rows) / 1000
    assert total <= HEAVIEST, "\n".join(f"{size / 1000:8.1f} KB  {what}" for size, what in rows)
    assert rows, "nothing was measured"


def test_nothing_moves_while_a_page_loads(seen):
    assert seen.moved == []


def test_a_page_has_no_errors(seen):
    assert seen.problems == []


def test_a_page_asks_no_other_host(seen, served):
    assert [url for url in seen.requests if not url.startswith((f"{served}/", "data:"))] == []


def test_a_page_never_scrolls_sideways(seen):
    wide = """() => [...document.querySelectorAll("main *")]
        .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .slice(0, 5).map((e) => `${e.tagName}.${e.className}`)"""
    scroll, client = seen.page.evaluate("[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client, f"{scroll} > {client} px because of one of {seen.page.evaluate(wide)}"


# The texts and pictures beyond an edge of the window, and the boxes that scroll without a shadow that says so.
CUT = """() => {
    const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1;
    const shaded = (e) => getComputedStyle(e).backgroundAttachment.includes("local");
    const apart = (e) => e.closest(".initlab-explorer, .initlab-lab, .initlab-quiz, .katex-mathml, script, style");
    const page = document.querySelector(".bd-article-container");
    const found = [...page.querySelectorAll("*")].filter((e) => !apart(e) && scrolls(e) && !shaded(e));
    const nodes = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    const pieces = [...page.querySelectorAll("img, svg")].map((e) => [e, e]);
    while (nodes.nextNode()) {
        const text = nodes.currentNode;
        if (text.data.trim()) pieces.push([text.parentElement, range, text]);
    }
    for (const [element, measured, text] of pieces) {
        if (apart(element)) continue;
        if (text) range.selectNodeContents(text);
        const { left, right, width } = measured.getBoundingClientRect();
        if (!width || (left > -1 && right < document.documentElement.clientWidth + 1)) continue;
        let box = element;
        while (box && !scrolls(box)) box = box.parentElement;
        if (!box) found.push(element);
    }
    return found.slice(0, 8).map((e) => e.outerHTML.slice(0, 150));
}"""


def test_what_does_not_fit_visibly_scrolls(seen):
    assert seen.page.evaluate(CUT) == []


def test_a_page_shows_the_theme_the_reader_prefers(seen, request):
    preferred = request.node.callspec.params["seen"][1]
    background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (luminance(background) < 0.2) == (preferred == "dark"), background


def test_a_page_is_accessible(seen):
    seen.page.add_script_tag(path=AXE)
    # axe takes its time with every element, and words of code, formulas and parts of pictures are most of a page. Of
    # code it can tell no contrast, for its ground is a gradient: its text will do, as it will for the arguments of the
    # API, and one letter in the place of a formula. Pictures have one name, and no parts for a screen reader.
    excuse = """async (faults) => {
        const [all, text] = [(some) => [...document.querySelectorAll(some)], (element) => element.textContent];
        const plain = [
            ...all(".katex-html, .katex-mathml semantics").map((formula) => [formula, "x"]),
            ...all("svg.initlab-picture").map((picture) => [picture, ""]),
            ...all("pre, dt.sig .sig-param, dt.sig .sig-return").map((code) => [code, text(code)]),
        ];
        const parts = plain.map(([element]) => [element, [...element.childNodes]]);
        for (const [element, words] of plain) element.replaceChildren(words);
        const { violations } = await axe.run(document, { resultTypes: ["violations"] });
        for (const [element, children] of parts) element.replaceChildren(...children);
        const excused = (rule, node) => faults.some((fault) =>
            fault.rule === rule && document.querySelector(node.target.at(-1))?.closest(fault.selector));
        return violations.flatMap(({ id, help, nodes }) => nodes.filter((node) => !excused(id, node))
            .map((node) => `${id} (${help}): ${node.target} ${node.html.slice(0, 150)} ${node.failureSummary}`));
    }"""
    found = seen.page.evaluate(excuse, [{"rule": fault.rule, "selector": fault.selector} for fault in THEME_FAULTS])
    assert found == [], "\n".join(found)


def test_every_image_is_there_and_described(seen):
    missing = "[...document.images].filter((i) => !i.complete || !i.naturalWidth).map((i) => i.src)"
    assert seen.page.evaluate(missing) == []
    # An empty text says that an image is decoration, as the logo beside the title is; no image of a chapter is.
    silent = """[...document.images].filter((i) => !i.hasAttribute("alt") || (i.closest("article") && !i.alt.trim()))
        .map((i) => i.outerHTML)"""
    assert seen.page.evaluate(silent) == []
    plots = seen.page.locator("svg.initlab-picture").evaluate_all(
        "(all) => all.map((svg) => svg.getAttribute('aria-label'))"
    )
    assert all(map(str.strip, plots))


def test_letters_in_pictures_can_be_read(seen):
    """On a telephone too, where the same picture has its panels below each other."""
    pictures = seen.page.locator("svg.initlab-picture:visible").all()
    cells = read_notebook(seen.name)["cells"] if seen.name in NOTEBOOKS else ()
    assert len(pictures) == sum("mystnb" in cell["metadata"] for cell in cells)
    for picture in pictures:
        assert f"il-{'narrow' if seen.width == 360 else 'wide'}" in picture.get_attribute("class")
        smallest = picture.evaluate("""(svg) => svg.clientWidth / svg.viewBox.baseVal.width * Math.min(
            ...[...svg.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize)))""")
        assert smallest > 8.5, f"letters of {smallest:.1f} px: {picture.get_attribute('aria-label')}"


def test_no_two_things_on_a_page_have_the_same_name(seen):
    ids = seen.page.locator("article [id]").evaluate_all("(all) => all.map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_a_page_has_one_main_heading(seen):
    # The theme repeats the heading for print, hidden on the screen.
    assert seen.page.locator("h1:visible").count() == 1


def test_formulas_are_set_in_their_own_letters(seen):
    """The style sheet brings only those that were found in the pages: none may be missing."""
    page = seen.page
    page.evaluate("""async () => {
        const letters = {}; // by font
        for (const formula of document.querySelectorAll("article .katex-html")) {
            const texts = document.createTreeWalker(formula, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                const { fontFamily, fontStyle, fontWeight } = getComputedStyle(texts.currentNode.parentElement);
                const font = `font: ${fontStyle} ${fontWeight} 20px ${fontFamily}`;
                letters[font] = new Set([...(letters[font] || []), ...texts.currentNode.data]);
            }
        }
        for (const [font, those] of Object.entries(letters)) {
            const line = document.querySelector("main").appendChild(document.createElement("div"));
            line.className = "all-letters";
            line.style = font;
            line.textContent = [...those].join("");
        }
        await new Promise(requestAnimationFrame);
    }""")
    tools = page.context.new_cdp_session(page)
    tools.send("DOM.enable")
    tools.send("CSS.enable")
    root = tools.send("DOM.getDocument")["root"]["nodeId"]
    lines = tools.send("DOM.querySelectorAll", {"nodeId": root, "selector": ".all-letters"})["nodeIds"]
    fonts = [tools.send("CSS.getPlatformFontsForNode", {"nodeId": line})["fonts"] for line in lines]
    page.evaluate("document.querySelectorAll('.all-letters').forEach((line) => line.remove())")
    assert all(fonts)
    assert {
        font["familyName"] for line in fonts for font in line if not font["familyName"].startswith("KaTeX_")
    } == set()
    assert bool(fonts) == (page.locator("article .katex-html").count() > 0)


def test_a_chapter_can_be_downloaded_as_the_notebook_it_is(seen):
    button = seen.page.locator("a[download][href$='.ipynb']")
    assert button.count() == (seen.name in NOTEBOOKS)
    if seen.name in NOTEBOOKS and seen.width == 1280:
        with seen.page.expect_download() as download:
            button.click()
        notebook = json.loads(download.value.path().read_text(encoding="utf-8"))
        assert notebook == read_notebook(seen.name)
        assert not any(cell.get("outputs") for cell in notebook["cells"])


# ---------------------------------------------------------------- links


class Places(HTMLParser):
    """The links of a page, and what a link can name in it."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if not (tag == "link" and attributes.get("rel") == "canonical"):
            self.links += [attributes[name] or "" for name in ("href", "src") if name in attributes]


def test_every_internal_link_and_anchor_resolves(site):
    places = cache(Places)
    broken, followed = [], set()
    for path in [site / f"{name}.html" for name in PAGES]:
        for link in places(path).links:
            target, anchor = urldefrag(urljoin(path.as_uri(), link))
            if urlsplit(target).scheme != "file":
                continue
            target = Path(unquote(urlsplit(target).path))
            if not target.is_file():
                broken.append(f"{path.name}: {link} leads nowhere")
            elif anchor and target.suffix == ".html":
                known = places(target).ids
                if unquote(anchor) not in known and unquote(anchor).split("?")[0] not in known:
                    broken.append(f"{path.name}: {link} names no place there")
            followed.add(target)
    assert broken == []
    assert {site / f"{name}.html" for name in BOOK_PAGES} <= followed


def test_the_root_of_the_site_leads_to_the_front_page(open_page, served):
    open_page(f"{served}/index.html").page.wait_for_url("**/book/index.html")


def test_reading_on_leads_through_the_whole_book(site):
    read, following = [], "book/index"
    while following and following not in read:
        read.append(following)
        html = (site / f"{following}.html").read_text(encoding="utf-8")
        link = re.search(r'<a class="right-next"\s+href="([^"#]+)\.html"', html)
        following = link and urljoin(following, link[1])
    assert read == BOOK_PAGES
    assert following is None


# ---------------------------------------------------------------- what a page carries


@pytest.mark.parametrize("name", PAGES)
def test_a_page_carries_no_dead_weight(site, name):
    html = (site / f"{name}.html").read_text(encoding="utf-8")
    for unwanted in (
        "widget-state",
        "require.js",
        "requirejs",
        "fontawesome.js",
        "thebe",
        "unpkg",
        "cdnjs",
        "jsdelivr",
    ):
        assert unwanted not in html, unwanted


@pytest.mark.parametrize("name", BOOK_PAGES)
def test_before_a_page_is_shown_few_files_are_fetched(site, name):
    """What is waited for, while it is, keeps a reader on a slow line from seeing anything: a page has room for six."""
    head = (site / f"{name}.html").read_text(encoding="utf-8").partition("</head>")[0]
    sheets = re.findall(r'<link (?![^>]*media="print")[^>]*rel="stylesheet"[^>]*href="([^"?]*)', head)
    scripts = [tag for tag in re.findall("<script [^>]*src=[^>]*>", head) if "defer" not in tag]
    assert sheets
    assert len(sheets) + len(scripts) <= 6
    for sheet in sheets:
        css = (site / name).parent.joinpath(sheet).read_text(encoding="utf-8")
        assert "@import" not in css, f"{sheet} asks for another one"


@pytest.mark.parametrize("name", BOOK_PAGES)
def test_without_an_address_of_the_repository_no_button_leads_there(site, name):
    html = (site / f"{name}.html").read_text(encoding="utf-8")
    for button in ("mybinder", "colab.research", "Launch on", "repository-button", "github.com/executablebooks"):
        assert button not in html.split("<article")[0], button


# ---------------------------------------------------------------- without a server, without JavaScript, on paper


PICTURE = ".il-stage svg, .il-block code"  # the guide's figure is code


@pytest.fixture(scope="module", params=BOOK_PAGES)
def opened(request, browser, site):
    """A page from the disk, in the dark."""
    with visit(browser, f"{(site / request.param).as_uri()}.html", theme="dark") as visitor:
        visitor.settle()
        yield visitor


def test_on_paper_a_figure_is_a_figure(opened):
    page = opened.page
    page.emulate_media(media="print", color_scheme="dark")  # paper is light all the same
    figures = page.locator(".initlab-explorer").all()
    for figure in figures:
        expect(figure.locator(".il-body[role=group]")).to_be_visible()
        for button in figure.locator("button").all():
            expect(button).to_be_hidden()
        expect(figure.locator(PICTURE).first).to_be_visible()
        paper = figure.locator(".il-body").evaluate("(e) => getComputedStyle(e).backgroundColor")
        ink = figure.locator(".il-text").evaluate("(e) => getComputedStyle(e).color")
        assert luminance(paper) > 0.9, f"printed on {paper}"
        assert luminance(ink) < 0.3, f"printed in {ink}"
    body = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert luminance(body) > 0.9, f"the page is printed on {body}"
    assert not figures or page.pdf(print_background=True).startswith(b"%PDF")
    page.emulate_media(media="screen", color_scheme="dark")


def test_a_page_works_from_a_file(opened):
    assert opened.problems == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    guess_nothing(opened.page)
    for figure in opened.page.locator(".initlab-explorer").all():
        expect(figure.locator(PICTURE).first).to_be_visible()
        if figure.locator(".il-stage svg").count():  # a level line is drawn, too, though it has no height
            expect(figure.locator(".il-stage svg .il-mark, .il-stage svg .il-strands").first).to_be_attached()
        else:
            expect(figure.locator(".il-block code").first).to_contain_text("layer = ")


@pytest.mark.parametrize("name", BOOK_PAGES)
def test_a_page_can_be_read_without_javascript(open_page, served, name):
    page = open_page(f"{served}/{name}.html", java_script_enabled=False, width=360).page
    expect(page.locator("article h1")).to_be_visible()
    for figure in page.locator(".initlab-explorer").all():
        expect(figure.locator(".il-fallback p").nth(1)).to_be_visible()
        expect(figure.locator(".il-fallback table, .il-fallback pre").first).to_be_visible()
    for lab in page.locator(".initlab-lab").all():
        expect(lab.locator(".il-fallback table")).to_be_visible()
    for quiz in page.locator(".initlab-quiz").all():
        expect(quiz.locator("details").first).to_be_visible()
    formulas = page.locator("article .katex-html").count()
    text = page.evaluate("""() => {
        const article = document.querySelector("article").cloneNode(true);
        article.querySelectorAll(".katex, pre, code, script, .initlab-explorer").forEach((e) => e.remove());
        return article.textContent;
    }""")
    for raw in ("\\(", "\\[", "$", "\\frac", "\\begin"):
        assert raw not in text, raw
    source = Path(f"{name}.ipynb").name if name in NOTEBOOKS else None
    assert formulas or source is None


# ---------------------------------------------------------------- search and theme


@pytest.mark.parametrize("width", [1280, 360])
def test_search_finds_the_page(open_page, served, width):
    visitor = open_page(f"{served}/book/index.html", width=width)
    page = visitor.page
    page.keyboard.press("Control+k")
    page.keyboard.type("Lyapunov")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=Lyapunov*")
    hit = page.locator("#search-results a", has_text="Glossary").first
    expect(hit).to_be_visible()
    hit.click()
    page.wait_for_url("**/book/glossary.html*")
    assert visitor.problems == []


def test_dark_mode_can_be_chosen_and_stays(open_page, served):
    visitor = open_page(f"{served}/book/index.html")
    page = visitor.page
    button = page.locator(".theme-switch-button:visible").first
    for _ in range(3):
        if page.locator("html").get_attribute("data-theme") == "dark":
            break
        button.click()
    assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) < 0.2
    page.goto(f"{served}/{BOOK_PAGES[1]}.html")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    paper = page.locator(".il-body").first.evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert luminance(paper) < 0.2
    assert visitor.problems == []
