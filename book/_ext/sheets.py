"""Few style sheets, once the pages are written.

A browser shows nothing before it has all style sheets of a page, and it fetches a few files at a time: twenty short
ones take longer than three long ones. So a page names as one sheet those that every page begins with, which a browser
needs to fetch once for the whole book; then by itself each that holds a font, as KaTeX's does; and as one the others.

The single sheets stay where they are, for a build that writes only some of the pages anew.
"""

import functools
import hashlib
import itertools
import os
import re
from pathlib import Path

from sphinx.errors import ExtensionError

LINK = re.compile(r'<link (?![^>]*\bmedia=)[^>]*rel="stylesheet"[^>]*>\s*')  # what is for paper only, nobody waits for
ADDRESS = re.compile(r'\bhref="([^"]*\b_static/)([^"?]*)')
PARTS = re.compile(r'\bdata-parts="([^"]*)"')
IMPORT = re.compile(r'@import "([^"]*)";?')
CHARSET = re.compile(r'@charset "[^"]*";')
FILE = re.compile(r"""url\((?!["']?(?:data:|#))([^)]*)\)""")


def join(app, exception):
    """Join the style sheets of all pages, each of which has its final form by now."""
    if exception:
        return
    files = Path(app.outdir, "_static")
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")}
    sheets = {path: named for path, page in pages.items() if (named := sheets_of(page))}
    same = itertools.takewhile(lambda ith: len(set(ith)) == 1, zip(*sheets.values(), strict=False))
    first = [sheet for sheet, *_ in same]
    read = functools.cache(functools.partial(read_sheet, files))
    joined = {}  # {sheets: the name of the one that says what they say}
    for path, named in sheets.items():
        own = named[len(first) :]
        fonts = [sheet for sheet in own if "data:font" in read(sheet)]
        others = [sheet for sheet in own if sheet not in fonts]
        groups = [tuple(group) for group in (first, *([font] for font in fonts), others) if group]
        for group in groups:
            if group not in joined:
                css = "\n".join(map(read, group))
                joined[group] = f"sheets-{digest(css)}.css"
                (files / joined[group]).write_text(css, encoding="utf-8")
        page = with_links(pages[path], {joined[group]: group for group in groups})
        if page != pages[path]:
            path.write_text(page, encoding="utf-8")
    for path in files.glob("sheets-*.css"):
        if path.name not in joined.values():
            path.unlink()


def sheets_of(page):
    """The sheets that a page names, or that were joined into those, by their places in _static."""
    named = []
    for link in LINK.findall(page.partition("</head>")[0]):
        joined = PARTS.search(link)
        named += joined[1].split() if joined else [ADDRESS.search(link)[2]]
    return named


def with_links(page, links):
    """A page that names these sheets, {name: parts}, in the place of its own."""
    head, end, rest = page.partition("</head>")
    folder = ADDRESS.search(LINK.search(head)[0])[1]
    tags = [f'<link rel="stylesheet" href="{folder}{name}" data-parts="{" ".join(links[name])}" />' for name in links]
    start = LINK.search(head).start()
    return head[:start] + "\n    ".join([*tags, LINK.sub("", head[start:])]) + end + rest


def digest(code):
    """Tells versions of a script or of a style sheet apart."""
    return hashlib.sha256(code.encode()).hexdigest()[:8]


def read_sheet(files, name):
    """A sheet with those that it imports, as it reads in a sheet of the folder `files`."""
    path = files / name
    css = CHARSET.sub("", path.read_text(encoding="utf-8"))
    if path.parent != files and (other := FILE.search(css)):
        raise ExtensionError(f"{name} names a file by its place beside it, {other[1]}: teach {__file__} to move that")
    return IMPORT.sub(lambda found: read_sheet(files, Path(os.path.relpath(path.parent / found[1], files))), css)
