"""Make the theme's files small, once the pages are written.

The theme ships all of Bootstrap and 2,000 icons. What stays is what the pages and scripts of this book mention: the
rules of a style sheet for classes that occur nowhere are dropped, and then (`fonts.py`) the icons and letters that
nothing asks for.
The theme's own files are never touched, only their copies in the site, which Sphinx renews whenever it writes a page.
"""

import re
import shutil
from pathlib import Path

import fonts
from sphinx.errors import ExtensionError

# Of Sphinx's own search, in whose place search_page.py puts another.
SPHINX_SEARCH = ("language_data.js", "searchtools.js", "sphinx_highlight.js", "doctools.js")
# Never loaded by a page, or only by the developer tools of a browser.
DEAD = (
    *SPHINX_SEARCH,
    "scripts/fontawesome.js",
    "scripts/bootstrap.js",
    "scripts/*.LICENSE.txt",
    "**/*.map",
    "*webpack-macros.html",
    "locales",
)


def slim(app, exception):
    files = Path(app.outdir, "_static")
    if exception or not any(any(files.glob(pattern)) for pattern in DEAD):
        return  # nothing was written, so nothing was copied, and all is as the last build left it
    for pattern in DEAD:
        for path in _found(files, pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")}
    scripts = [path.read_text(encoding="utf-8") for path in files.rglob("*.js")]
    # Any class that a page or a script names, or could name: every word in them. The page of the API brings rules of
    # its own, and must not make the sheets of all others larger.
    texts = [text for path, text in pages.items() if path.name != "api.html"] + scripts
    words = {word for text in texts for word in re.findall(r"[\w-]+", text)}
    for pattern in ("styles/pydata-sphinx-theme.css", "styles/sphinx-book-theme.css", "basic.css", "mystnb.*.css"):
        for path in _found(files, pattern):
            path.write_text(purge(path.read_text(encoding="utf-8"), words), encoding="utf-8")
    fonts.inline_icons(files, "".join(pages.values()))
    if app.config.katex_prerender:  # else browsers render formulas, and nobody knows with which letters
        fonts.inline_formula_fonts(files / app.config.katex_css_path, "".join(pages.values()))
    fonts.inline_whole_font(files / "latinmodern/latinmodern.css")


def _found(folder, pattern):
    paths = list(folder.glob(pattern))
    if not paths:
        raise ExtensionError(f"the theme has changed: it has no {pattern} any more; adapt {__file__}")
    return paths


def purge(css, words):
    """`css` without the rules whose every selector needs a class that is not in `words`; licences move to the end."""
    comments = re.compile(r"/\*.*?\*/", re.S)
    licences = "\n".join(comment for comment in comments.findall(css) if comment.startswith("/*!"))
    return "".join(_kept_rules(comments.sub("", css), words)) + licences


def _kept_rules(css, words):
    for head, body in _rules(css):
        if head.startswith(("@media", "@supports", "@layer", "@container")):
            inner = "".join(_kept_rules(body, words))
            if inner:
                yield f"{head}{{{inner}}}"
        elif head.startswith("@") or body is None:
            yield head if body is None else f"{head}{{{body}}}"
        else:
            selectors = [s.strip() for s in _split(head) if _classes(s) <= words]
            if selectors:
                yield f"{','.join(selectors)}{{{body.strip()}}}"


def _classes(selector):
    while "(" in selector:  # what stands in :not(), :is(), :where() and :has() is no condition, or only one of several
        selector, before = re.sub(r"\([^()]*\)", "", selector), selector
        if selector == before:
            break
    return set(re.findall(r"\.([\w-]+)(?!\\)\b", selector))


def _split(selectors):
    return re.split(r",(?![^(]*\))(?![^\[]*\])", selectors)


def _rules(css):
    """Pairs of what stands before a block and what stands in it, which is None for a statement such as @import."""
    start = depth = opened = 0
    for token in re.finditer(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[{};]', css):
        mark = token.group()
        if mark == ";" and depth == 0:
            yield css[start : token.end()].strip(), None
            start = token.end()
        elif mark == "{":
            if depth == 0:
                opened = token.start()
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : token.start()]
                start = token.end()
    if depth or css[start:].strip():
        raise ExtensionError(f"a style sheet of the theme cannot be read near {css[start : start + 80]!r}")
