"""The search page: the words of every section of the book, in a script that the page loads (`search.js` finds its way
in them). Sphinx's own search knows only which page a word is on, and would show LaTeX, code and figures' data.
"""

import json
from pathlib import Path

import plain
from docutils import nodes
from sphinx import addnodes


def setup(app):
    app.connect("builder-inited", lambda app: setattr(app.builder, "search", False))
    app.connect("html-page-context", read_page)
    app.connect("html-collect-pages", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def read_page(app, pagename, templatename, context, doctree):
    """Keep the words of a page for the time when all others are read, which may be in another build."""
    if pagename == "search":
        app.add_css_file("search.css")
        app.add_js_file("sections.js", loading_method="defer")
        app.add_js_file("search.js", loading_method="defer")
    if doctree is not None:
        found = [entry for entry in sections(doctree) if entry[2]]
        _stored(app, pagename).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def write(app):
    pages = []
    for name in sorted(app.env.found_docs):
        found = json.loads(_stored(app, name).read_text(encoding="utf-8"))
        pages.append([app.builder.get_target_uri(name), app.env.titles[name].astext(), found])
    code = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    Path(app.outdir, "_static/sections.js").write_text(f"window.initlabSections = {code};\n", encoding="utf-8")
    yield "search", {"title": "Search", "description": "Search the book, section by section."}, "search.html"


def _stored(app, name):
    return Path(app.doctreedir, f"{name}.words.json")


def sections(doctree):
    """(anchor, title, text) of each part of a page that a link can lead to: sections, terms, what the API offers."""
    for part in doctree.findall(_anchor):
        name = _name(part)
        rest = [child for child in part.children if child is not name]
        title = name.get("fullname") or plain.text(name)  # the API: the name without what is passed
        yield _anchor(part), title, plain.text(*rest, omit=_anchor)


def _anchor(node):
    """The id of a part, or None if the node is none."""
    name = _name(node)
    return name and next(iter(node["ids"] + name["ids"]), None)


def _name(node):
    kind = next((name for part, name in NAMES.items() if isinstance(node, part)), None)
    return next((child for child in node.children if isinstance(child, kind)), None) if kind else None


NAMES = {
    nodes.section: nodes.title,
    nodes.definition_list_item: nodes.term,
    addnodes.desc: addnodes.desc_signature,
}
