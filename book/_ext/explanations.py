"""Terms and citations that explain themselves.

A term is linked as `[fan-in](glossary.md)`, a citation as `[He et al. (2015)](https://arxiv.org/abs/1502.01852)`: plain
Markdown, which JupyterLab follows too. Here the first finds its entry in the glossary and the second its work in the
references, and the page gets a copy of what they say, once for all links to it. `explain.js` shows it beside the link;
without a script the link leads there.

Words name an entry if they are the same apart from capitals, hyphens, and an s at the end of a word: `[Fan-ins]` is
"fan-in". A citation names a work if its address is that of the work, or lies below it.
"""

import difflib
import functools
import re
from urllib.parse import unquote

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

GLOSSARY, REFERENCES = "book/glossary", "book/references"
logger = logging.getLogger(__name__)


def setup(app):
    app.add_node(explained, html=(visit_explained, lambda translator, node: translator.depart_reference(node)))
    app.connect("doctree-read", depend_on_entries)
    app.connect("doctree-resolved", explain)
    app.connect("html-page-context", add_explanations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class explained(nodes.reference):
    """A link that an entry explains: the one called `about`."""


def visit_explained(translator, node):
    translator.visit_reference(node)
    translator.body[-1] = translator.body[-1].replace("<a ", f'<a data-about="{node["about"]}" ', 1)


def depend_on_entries(app, doctree):
    """A page carries copies of entries: it is read again when they change."""
    for path in app.config.bibtex_bibfiles:
        app.env.note_dependency(path)
    if GLOSSARY in app.env.found_docs:
        app.env.note_dependency(app.env.doc2path(GLOSSARY))


def explain(app, doctree, docname):
    if docname in (GLOSSARY, REFERENCES):
        return
    glossary = app.builder.get_relative_uri(docname, GLOSSARY)
    for link in list(doctree.findall(nodes.reference)):
        address, words = link.get("refuri", ""), link.astext()
        if address == glossary and words.lower() != "glossary":
            about = entries(app).term(words)
            if about is None:
                near = ", ".join(entries(app).near(words)) or "there is none like it"
                logger.warning("%r is no term of the glossary (the nearest: %s)", words, near, location=link)
                continue
            link["refuri"] += f"#{about}"
            link["classes"].append("term")
        elif address.startswith("http"):
            about = entries(app).work(address)
        else:
            about = None
        if about:
            link.replace_self(explained("", "", *link.children, **link.attributes, about=about))


def add_explanations(app, pagename, templatename, context, doctree):
    about = dict.fromkeys(link["about"] for link in doctree.findall(explained)) if doctree else ()
    if about:
        context["body"] += "".join(entries(app).templates[each] for each in about)
        app.add_css_file("explain.css")
        app.add_js_file("explain.js", loading_method="defer")


@functools.cache
def entries(app):
    return Entries(app)


class Entries:
    """What the glossary and the references say, as HTML, by the id that it has there."""

    def __init__(self, app):
        self.builder = app.builder
        self.terms, self.works, self.templates = {}, {}, {}
        for item in self._all(GLOSSARY, nodes.definition_list_item):
            for term in item.findall(nodes.term):
                name = term[0].astext()
                self.terms[bare(name)] = name, term["ids"][0]
                self._add(term["ids"][0], nodes.strong("", name), *item[-1].children)
        for citation in self._all(REFERENCES, nodes.citation):
            link = citation.next_node(nodes.reference)
            if link is None:
                continue
            work = citation[-1].deepcopy()  # after the label: "Authors. Title. Where, year. URL: ..."
            children = list(work.children)
            end = next(i for i, child in enumerate(children) if isinstance(child, nodes.reference))
            before = children[end - 1].astext().rpartition("URL:")[0]
            work.children = [*children[: end - 1], nodes.Text(before)]
            self.works[bare_address(link["refuri"])] = citation["ids"][0]
            self._add(citation["ids"][0], work)

    def _add(self, about, *said):
        html = "".join(self.builder.render_partial(node.deepcopy())["fragment"] for node in said)
        self.templates[about] = f'<template id="about-{about}">{html}</template>\n'

    def _all(self, page, kind):
        env = self.builder.env
        if page not in env.found_docs:
            return []
        doctree = env.get_and_resolve_doctree(page, self.builder)
        inside = addnodes.glossary if page == GLOSSARY else nodes.document
        return [each for part in doctree.findall(inside) for each in part.findall(kind)]

    def term(self, words):
        return self.terms.get(bare(words), (None, None))[1]

    def near(self, words):
        close = difflib.get_close_matches(bare(words), self.terms, n=3, cutoff=0.5)
        return [self.terms[each][0] for each in close]

    def work(self, address):
        parts = bare_address(address).split("/")
        paths = ("/".join(parts[:n]) for n in range(len(parts), 2, -1))
        return next((self.works[path] for path in paths if path in self.works), None)


def bare(words):
    return " ".join(word.removesuffix("s") for word in re.split(r"[\s\-–‑]+", words.lower()))


def bare_address(address):
    return unquote(address).rstrip("/")
