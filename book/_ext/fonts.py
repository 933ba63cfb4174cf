"""Fonts inside the style sheets that ask for them, with only the letters that this book uses.

A font in a file of its own arrives after the text has been set. Its letters are wider or narrower than those that
stood in for them: lines are broken anew, and the page moves under the reader's eyes. A browser shows nothing before it
has the style sheets, so a font inside one of them is always there in time. With all its letters it would be too much to
wait for; the formulas of this book need 150 of several thousand.
"""

import base64
import functools
import io
import logging
import re
import shutil
from html import unescape

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.errors import ExtensionError

logging.getLogger("fontTools").setLevel(logging.ERROR)


def inline_whole_font(sheet):
    """Put the one font that a style sheet names, and that lies beside it, into the sheet as it is."""
    css = sheet.read_text(encoding="utf-8")
    name = re.search(r'url\("([^"]*)"\)', css)[1]
    font = sheet.parent / name
    sheet.write_text(css.replace(name, _data_uri(font.read_bytes(), "woff2")), encoding="utf-8")
    font.unlink()


def _data_uri(font, kind):
    return f"data:font/{kind};base64,{base64.b64encode(font).decode()}"


def _subset(path, letters, **options):
    """The font with these letters only, as WOFF: the better compression of WOFF 2 needs a package of its own."""
    options = subset.Options(flavor="woff", **options)
    font = TTFont(path)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    file = io.BytesIO()
    subset.save_font(font, file, options)
    return _data_uri(file.getvalue(), "woff")


FACE = re.compile(r"@font-face\s*\{[^{}]*\}")


# ---------------------------------------------------------------- formulas


def inline_formula_fonts(sheet, pages):
    """Put into KaTeX's style sheet the letters that formulas on these pages use, from the fonts beside it."""
    css = sheet.read_text(encoding="utf-8")
    letters = letters_of_formulas(css, pages)

    def inline(face):
        declared = _declarations(face[0])
        used = letters.pop(_font(declared), None)
        if not used:
            return ""
        path = re.search(r"url\(([^)]*)\)", declared["src"])[1]
        return face[0].replace(path, _subset(sheet.parent / path, used))

    css = FACE.sub(inline, css)
    if letters:
        raise ExtensionError(f"KaTeX has no font for {letters}")
    sheet.write_text(css, encoding="utf-8")
    shutil.rmtree(sheet.parent / "fonts")


def letters_of_formulas(css, pages):
    """{(family, style, weight): code points}, by the rules of the style sheet."""
    rules = [
        (frozenset(re.findall(r"\.([\w-]+)", re.split(r"[\s>]+(?=\.)", selector)[-1])), declared)
        for selectors, body in re.findall(r"([^{}]+)(\{[^{}]*\})", FACE.sub("", css))
        if (declared := _declarations(body)).keys() & set(INHERITED)
        for selector in selectors.split(",")
    ]

    @functools.cache
    def font(outer, classes):
        inner = dict(zip(INHERITED, outer, strict=True))
        for needed, declared in rules:
            if needed <= set(classes.split()):
                inner.update(declared)
        return _font(inner)

    letters = {}
    for formula in re.finditer('<span class="katex-html"', pages):
        fonts = [KATEX]
        for found in TAG_OR_TEXT.finditer(pages, formula.start()):
            if found["text"]:
                letters.setdefault(fonts[-1], set()).update(map(ord, unescape(found["text"])))
            elif found[0].startswith("<span"):
                fonts.append(font(fonts[-1], found["classes"] or ""))
            elif found[0] == "</span>":
                fonts.pop()
                if len(fonts) == 1:
                    break
    return letters


INHERITED = ("font-family", "font-style", "font-weight")
KATEX = ("KaTeX_Main", "normal", "400")  # the font of .katex
TAG_OR_TEXT = re.compile(r'<[^>]*?(?:class="(?P<classes>[^"]*)"[^>]*)?>|(?P<text>[^<]+)')


def _declarations(rule):
    """{property: value} of `... {property: value; ...}`."""
    pairs = rule[rule.index("{") + 1 : -1].split(";")
    return {name.strip(): value.strip().strip('"') for name, _, value in (pair.partition(":") for pair in pairs)}


def _font(declared):
    return tuple(declared[name] for name in INHERITED)


# ---------------------------------------------------------------- icons


def inline_icons(files, pages):
    """Put into the theme's style sheet the icons that its rules still ask for."""
    sheet = files / "styles/pydata-sphinx-theme.css"
    folder = files / "vendor/fontawesome/webfonts"
    css = sheet.read_text(encoding="utf-8")
    quoted = "".join(re.findall(r'(?:content|--[\w-]+):\s*"((?:\\.|[^"\\])*)"', css))
    escapes = re.compile(r"\\([0-9a-f]{2,5})")
    wanted = {int(code, 16) for code in escapes.findall(quoted)} | set(map(ord, escapes.sub("", quoted)))
    unknown = {code for code in wanted if 0xE000 <= code <= 0xF8FF}
    faces = []

    def inline(face):
        found = re.search(r"url\(\S*?/(fa-(\w+)-\d+)\.woff2\)", face[0])
        if not found:
            raise ExtensionError(f"the theme names its icon fonts in another way; adapt {__file__}")
        faces.append(found[1])
        # As TrueType, where there is one: to read WOFF 2 takes a package of its own.
        path = next(path for path in (folder / f"{found[1]}.ttf", folder / f"{found[1]}.woff2") if path.exists())
        unknown.difference_update(TTFont(path).getBestCmap())
        if not re.search(rf'class="([^"]* )?({ASKING[found[2]]})[ "]', pages):
            return ""
        source = f'src:url({_subset(path, wanted, layout_features=[], hinting=False)}) format("woff")'
        return re.sub(r"src:[^;}]*", lambda _: source, face[0])

    css = FACE.sub(inline, css)
    if sorted(faces) != ["fa-brands-400", "fa-regular-400", "fa-solid-900"]:
        raise ExtensionError(f"the theme has other icon fonts: {faces}; adapt {__file__}")
    if unknown:
        raise ExtensionError(f"no icon font of the theme has {', '.join(map(hex, sorted(unknown)))}")
    sheet.write_text(css, encoding="utf-8")
    shutil.rmtree(folder)


# The classes of elements with icons of a font. The theme gives the last two to links that lead there.
ASKING = {"solid": "fas|fa-solid", "regular": "far|fa-regular", "brands": "fab|fa-brands|github|gitlab"}
