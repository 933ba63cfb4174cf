"""The pages of the site name few style sheets, which say what the single ones say."""

import re
import sys
from types import SimpleNamespace

import pytest
from harness import ROOT
from sphinx.errors import ExtensionError

sys.path.append(str(ROOT / "book" / "_ext"))

import sheets

PAPER = '<link media="print" rel="stylesheet" href="../_static/print.css" />'


def page(*names, start="../_static/", body=""):
    links = "".join(f'    <link rel="stylesheet" type="text/css" href="{start}{name}?v=1" />\n' for name in names)
    return f"<html><head>\n{links}    {PAPER}\n</head><body>{body}</body></html>"


@pytest.fixture
def out(tmp_path):
    """A small site: three pages, and the sheets that they name."""
    (tmp_path / "_static/theme").mkdir(parents=True)
    written = {
        "base.css": "p { color: red }",
        "theme/theme.css": '@charset "UTF-8";@import "../base.css";b { color: blue }',
        "code.css": "pre { margin: 0 }",
        "letters.css": "@font-face { src: url(data:font/woff;base64,AA) }",
        "figure.css": ".figure { width: 1px }",
        "book.css": "h1 { width: 2px }",
    }
    for name, css in written.items():
        (tmp_path / "_static" / name).write_text(css)
    (tmp_path / "book").mkdir()
    always = "theme/theme.css", "code.css"
    (tmp_path / "book/chapter.html").write_text(page(*always, "figure.css", "letters.css", "book.css", body=PAPER))
    (tmp_path / "book/glossary.html").write_text(page(*always, "letters.css", "book.css"))
    (tmp_path / "404.html").write_text(page(*always, "book.css", start="/site/_static/"))
    (tmp_path / "index.html").write_text("<html><head></head><body>Read on elsewhere.</body></html>")
    return tmp_path


def join(out):
    sheets.join(SimpleNamespace(outdir=out), None)
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*.html")}


def addresses(page):
    return re.findall(r'<link rel="stylesheet" href="([^"]*)"', page)  # not that for paper, which begins otherwise


def styles(out, page):
    """What the sheets of a page say, in their order."""
    return [(out / "_static" / link.rpartition("/")[2]).read_text() for link in addresses(page)]


def test_a_page_names_what_all_have_then_fonts_and_what_else_it_needs(out):
    pages = join(out)
    first = "p { color: red }b { color: blue }\npre { margin: 0 }"
    font = "@font-face { src: url(data:font/woff;base64,AA) }"
    assert styles(out, pages["book/chapter.html"]) == [first, font, ".figure { width: 1px }\nh1 { width: 2px }"]
    assert styles(out, pages["book/glossary.html"]) == [first, font, "h1 { width: 2px }"]
    assert styles(out, pages["404.html"]) == [first, "h1 { width: 2px }"]
    assert all(address.startswith("/site/_static/sheets-") for address in addresses(pages["404.html"]))
    assert addresses(pages["book/chapter.html"])[:2] == addresses(pages["book/glossary.html"])[:2]


def test_what_is_for_paper_and_what_a_page_shows_stays(out):
    chapter = join(out)["book/chapter.html"]
    assert chapter.count(PAPER) == 2
    assert "data-parts" not in chapter.partition("</head>")[2]
    assert join(out)["index.html"] == "<html><head></head><body>Read on elsewhere.</body></html>"


def test_a_later_build_that_writes_some_pages_anew_renews_all(out):
    before = join(out)
    assert join(out) == before
    (out / "_static/book.css").write_text("h1 { width: 3px }")
    (out / "book/glossary.html").write_text(page("theme/theme.css", "code.css", "figure.css", "book.css"))
    pages = join(out)
    for name in ("book/chapter.html", "book/glossary.html"):
        assert styles(out, pages[name])[-1] == ".figure { width: 1px }\nh1 { width: 3px }"
    assert styles(out, pages["404.html"])[-1] == "h1 { width: 3px }"
    named = {address.rpartition("/")[2] for page in pages.values() for address in addresses(page)}
    assert {path.name for path in out.glob("_static/sheets-*")} == named


def test_a_build_that_failed_is_left_alone(out):
    before = (out / "404.html").read_text()
    sheets.join(SimpleNamespace(outdir=out), ValueError())
    assert (out / "404.html").read_text() == before


@pytest.mark.parametrize("address", ["arrow.svg", '"../arrow.svg"'])
def test_a_picture_that_a_sheet_names_by_its_place_is_not_lost_silently(out, address):
    (out / "_static/theme/theme.css").write_text(f"b {{ background: url({address}) }}")
    with pytest.raises(ExtensionError, match=r"theme/theme\.css names a file by its place beside it"):
        join(out)


def test_addresses_that_hold_anywhere_are_taken_over(out):
    css = "b { background: url('data:image/png;base64,AA'); filter: url(#blur) }"
    (out / "_static/theme/theme.css").write_text(css)
    assert styles(out, join(out)["404.html"])[0] == f"{css}\npre {{ margin: 0 }}"
