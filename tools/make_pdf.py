"""Print the built book into one PDF, with a cover, contents that lead to the chapters, and page numbers.

    python tools/make_pdf.py [SITE] [PDF]

joins the articles of all pages of SITE (_build/html by default), in the order of the table of contents, and has
Chromium print them into PDF (_build/initialization-lab.pdf by default). Figures show their start, films their end.
"""

import argparse
import html
import re
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from build import FINISHED, ROOT, pages
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(ROOT / "tests"))
from harness import launch

HOST = "http://book.invalid"  # the browser asks for files there, and gets those of the site
WIDTH = 800  # CSS pixels: figures are drawn for as many, and made smaller to fit between the margins
PATIENCE = 600_000  # ms: hundreds of pages, on a busy machine
MARGINS = {"top": "18mm", "bottom": "20mm", "left": "17.5mm", "right": "17.5mm"}
PAGE_NUMBER = """<div style="width: 100%; font: 9px sans-serif; color: #4b5866; text-align: center">
    <span class="pageNumber"></span></div>"""
ARTICLE = re.compile(r'<article class="bd-article">(.*?)</article>', re.DOTALL)
HEADING = re.compile(r'<section [^>]*id="([^"]*)">\s*<h([12])>(.*?)</h\2>', re.DOTALL)
# Nothing can be copied from paper, the theme has nothing to do there, and without its script a quiz shows all answers.
ASSET = re.compile(
    r"<link [^>]*\.css[^>]*>|<script defer(?!.*(?:quiz|theme|clipboard|copybutton)).*?</script>"
    r"|<script [^>]*initlab-(?:explorer|lab)[^>]*></script>"
)
ANCHOR = re.compile(r'\b(id|for|aria-labelledby|aria-describedby|href)="(#?)([^"]*)"')


def combine(site, numbers):
    """The book as one page of HTML, to be shown in place of SITE/book/all.html; `numbers` are those of the pages of the
    PDF on which anchors stand."""
    names = pages()
    sources = {name: (site / f"{name}.html").read_text(encoding="utf-8") for name in names}
    articles = {name: ARTICLE.search(source)[1] for name, source in sources.items()}
    ids = Counter(anchor for article in articles.values() for anchor in set(re.findall(r'\bid="([^"]+)"', article)))
    assets = dict.fromkeys(tag for source in sources.values() for tag in ASSET.findall(source))

    def place(name, anchor):
        """What an anchor of a page is called where all pages are one."""
        if not anchor:
            return f"page-{Path(name).name}"
        return f"{Path(name).name}--{anchor}" if ids[anchor] > 1 else anchor

    def rename(name, found):
        attribute, hash_, value = found.groups()
        if attribute != "href":
            return f'{attribute}="{" ".join(place(name, one) for one in value.split())}"'
        address = urlsplit(value)
        target = name if hash_ else f"{Path(name).parent}/{address.path}".removesuffix(".html")
        if address.scheme or target not in articles:
            return found[0]
        return f'href="#{place(target, value if hash_ else address.fragment)}"'

    chapters = [
        f'<article class="bd-article" id="{place(name, "")}">'
        + ANCHOR.sub(lambda found, name=name: rename(name, found), article)
        + "</article>"
        for name, article in articles.items()
    ]
    address = re.search(r'<link rel="canonical" href="([^"]*)', sources[names[0]])
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en" data-theme="light" data-content_root="../"><head><meta charset="utf-8">',
            "<title>Initialization Lab</title>",
            *sorted(assets, key=lambda tag: 'media="print"' in tag),  # what is said for paper comes last
            "</head><body>",
            cover(address and address[1]),
            contents(names, articles, place, numbers),
            '<main class="bd-main"><div class="bd-content"><div class="bd-article-container">',
            *chapters,
            "</div></div></main></body></html>",
        ]
    )


def cover(address):
    import initlab

    where = f'<p>The figures move at <a href="{address}">{address}</a>.</p>' if address else ""
    return f"""<header class="book-cover"><img src="../_static/logo.svg" alt="">
        <h1>Initialization Lab</h1>
        <p>How to choose the first weights of a neural network,<br>so that signals neither die nor explode.</p>
        <p>An interactive primer, printed. Version {initlab.__version__}.</p>{where}</header>"""


def contents(names, articles, place, numbers):
    lines = []
    for name in names:
        for anchor, level, title in HEADING.findall(articles[name]):
            words = re.sub(r'<a class="headerlink".*?</a>', "", title)
            target = place(name, "" if level == "1" else anchor)
            link = f'<a href="#{html.escape(target)}"><span>{words}</span><span>{numbers.get(target, "")}</span></a>'
            lines.append(f'<li class="book-level-{level}">{link}</li>')
    return f'<nav class="book-contents"><p>Contents</p><ol>{"".join(lines)}</ol></nav>'


def print_book(browser, site, pdf):
    """Print it twice: where a chapter begins is known only then."""
    print_once(browser, site, pdf, {})
    print_once(browser, site, pdf, page_numbers(pdf.read_bytes()))


def page_numbers(pdf):
    """{anchor: page}. Chromium writes pages and anchors as plain text, the pages in their order."""
    pages = re.findall(rb"^(\d+) 0 obj\s*<</Type /Page\b", pdf, re.MULTILINE)
    numbers = {page: number for number, page in enumerate(pages, 1)}
    anchors = re.findall(rb"^(?:<<)?/(\S+) \[(\d+) 0 R /XYZ", pdf, re.MULTILINE)
    return {anchor.decode(): numbers[page] for anchor, page in anchors}


def print_once(browser, site, pdf, numbers):
    book = combine(site, numbers)

    def answer(route):
        path = urlsplit(route.request.url).path
        if path == "/book/all.html":
            route.fulfill(body=book, content_type="text/html")
        else:
            route.fulfill(path=site / path.lstrip("/"))

    page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
    page.set_default_timeout(PATIENCE)
    page.route(f"{HOST}/**", answer)
    page.emulate_media(media="print")
    page.goto(f"{HOST}/book/all.html")
    page.wait_for_function("!document.querySelector('.il-fallback')")
    page.pdf(
        path=pdf,
        format="A4",
        margin=MARGINS,
        print_background=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=PAGE_NUMBER,
        outline=True,
        tagged=True,
    )
    page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("pdf", nargs="?", type=Path, default=ROOT / "_build" / "initialization-lab.pdf")
    arguments = parser.parse_args()
    if not (arguments.site / FINISHED).exists():
        sys.exit(f"There is no finished site in {arguments.site}: build it first, with make book.")
    print("Printing the book takes some minutes.", flush=True)
    with sync_playwright() as playwright, closing(launch(playwright)) as browser:
        print_book(browser, arguments.site, arguments.pdf)
    print(f"{arguments.pdf}: {arguments.pdf.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
