"""Matplotlib's pictures, inside the pages: in the page's own font, in its colours by day and night, and at once there.

Also an extension of Sphinx. Kernels draw SVG while the book is built (`initlab_book.style`); as a file of its own it
would know nothing of the page around it.
"""

import functools
import re
from html import escape, unescape
from pathlib import Path

from initlab_book import style
from initlab_book.host.front_end import palette


def setup(app):
    app.connect("builder-inited", write_stylesheet)
    app.connect("html-page-context", put_pictures, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


PICTURE = re.compile(r'<img [^>]*src="[^"]*_images/([^"/]+\.svg)"[^>]*>')


def write_stylesheet(app):
    folder = app.outdir / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "picture.css").write_text(palette("picture"), encoding="utf-8")


def put_pictures(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    context["body"] = PICTURE.sub(functools.partial(inside, app), body)
    if context["body"] != body:
        app.add_css_file("picture.css")


def inside(app, image):
    source = next(path for path, name in app.builder.images.items() if name == image[1])
    _, *drawn = Path(app.srcdir, source).read_text(encoding="utf-8").split("<?xml")
    alt = unescape(re.search(r'alt="([^"]*)"', image[0])[1])
    kinds = ("wide", "narrow")
    return "".join(inline(svg, alt, kind, f"{kind[0]}{image[1][:8]}-") for kind, svg in zip(kinds, drawn, strict=True))


def inline(svg, alt, kind, prefix):
    """An <svg> element for wide or for narrow pages, whose names begin with the prefix, from what Matplotlib wrote."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', svg))
    svg = re.sub(r' id="([\w.-]+)"', lambda found: f' id="{prefix}{found[1]}"' if found[1] in used else "", svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{prefix}", svg).replace("xlink:href", "href")
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", re.sub(r"font-family: [^;\"]*;? ?", "", svg))
    svg = re.sub(r' transform="rotate\(-?0 [^"]*"', "", svg)
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r"-?\d+\.\d+", _shorter, tag[0]), svg)  # not what stands between tags
    for name, colour in [*style.light().items(), ("ink", "#000000"), ("soft", "#808080")]:
        svg = svg.replace(f" {colour}", f" var(--il-{name})")
    svg = re.sub(r"\s*\n\s*", " ", svg).replace("> <", "><")
    points = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    size = 'width="{}" height="{}"'.format(*(round(float(each) * 4 / 3) for each in points))
    start = f'<svg class="initlab-picture il-{kind}" role="img" aria-label="{escape(alt)}" {size} viewBox='
    return re.sub(r"<svg .*?viewBox=", lambda _: start, svg, count=1)


def _shorter(number):
    return f"{round(float(number[0]), 2):g}"
