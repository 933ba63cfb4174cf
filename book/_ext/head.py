"""What a page says of itself to those who do not read it: search engines, shared links, and whoever finds an error.

The site's own address (`html.baseurl`, INITLAB_SITE) makes addresses canonical and brings a social picture of each
chapter, a sitemap and robots.txt; that of the repository (INITLAB_REPOSITORY) brings links to report an error and to
edit the page. Two pages are nobody's chapter: the root, which leads to the front page, and 404.html.
"""

import re
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import card
import plain
from docutils import nodes

LONGEST = 220  # letters of a description
ROOT = "index"  # the page at the address of the site itself
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def setup(app):
    app.connect("config-inited", link_to_repository, priority=900)  # when initialization_lab knows its address
    app.connect("html-page-context", describe_page, priority=400)  # before the theme leaves out what is empty
    app.connect("html-collect-pages", more_pages)
    app.connect("build-finished", finish, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def link_to_repository(app, config):
    if config.html_theme_options["repository_url"]:
        config.html_theme_options["article_footer_items"] = ["report.html"]


def describe_page(app, pagename, templatename, context, doctree):
    site, root = app.config.html_baseurl, app.config.root_doc
    context["plain_title"] = re.sub(r"^[\d.]+ ", "", re.sub("<[^>]*>", "", context["title"]))
    context["social_card"] = "social-card.png"
    context["social_text"] = "Signals that explode, live on and die out as they pass through the layers of a network"
    if doctree is None:
        context["pageurl"] = f"{site}{root}.html" if site and pagename == ROOT else None
        return
    context["description"] = describe(doctree)
    picture = next(doctree.findall(nodes.image), None)
    if site and pagename != root and picture is not None:
        source = next(path for path, name in app.builder.images.items() if name == Path(picture["uri"]).name)
        name = f"cards/{Path(pagename).name}.png"
        words = context["plain_title"], context["description"]
        card.draw(*words, Path(app.srcdir, source), Path(app.outdir, "_static", name))
        context["social_card"], context["social_text"] = name, picture.get("alt", "")
    options = app.config.html_theme_options
    if options["repository_url"]:
        where = context.get("pageurl") or f"{pagename}.html"
        issue = {
            "title": f"Error in “{context['plain_title']}”",
            "body": f"Page: {where}\n\nWhat is wrong, and where:\n",
        }
        source = f"{pagename}{context['page_source_suffix']}"
        context["report_url"] = f"{options['repository_url']}/issues/new?{urlencode(issue)}"
        context["edit_url"] = f"{options['repository_url']}/edit/{options['repository_branch']}/{source}"


def describe(doctree):
    """The question that a chapter asks; of another page the first paragraph. What is too long ends with a sentence."""
    title = "The question. "
    asked = [plain.text(quote) for quote in doctree.findall(nodes.block_quote)]
    paragraphs = (plain.text(node) for node in doctree.findall(nodes.paragraph))
    text = next((quote.removeprefix(title) for quote in asked if quote.startswith(title)), next(paragraphs, ""))
    return text if len(text) <= LONGEST else re.match(rf".{{0,{LONGEST}}}[.?!](?= )|.{{,{LONGEST}}}\b", text)[0]


# ---------------------------------------------------------------- pages that are no chapters


def more_pages(app):
    yield "404", {"title": "Page not found", "description": "The book has no such page."}, "404.html"
    description = describe(app.env.get_doctree(app.config.root_doc))
    yield ROOT, {"title": app.config.html_title, "description": description}, "redirect.html"


def finish(app, exception):
    if exception:
        return
    site = app.config.html_baseurl
    missing = Path(app.outdir, "404.html")
    if missing.exists():
        # It is shown at whatever address does not exist, so its links must not depend on where it is.
        start = urlsplit(site).path if site else "/"
        page = missing.read_text(encoding="utf-8")
        own = re.compile(r'\b(href|src|action|data-content_root)="(?!https?:|#|data:|/)(?:\./)?')
        missing.write_text(own.sub(rf'\1="{escape(start)}', page), encoding="utf-8")
    if site:
        pages = "".join(f"<url><loc>{escape(site + name)}.html</loc></url>\n" for name in sorted(app.env.found_docs))
        sitemap = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{SITEMAP}">\n{pages}</urlset>\n'
        Path(app.outdir, "sitemap.xml").write_text(sitemap, encoding="utf-8")
        Path(app.outdir, "robots.txt").write_text(
            f"User-agent: *\nAllow: /\nSitemap: {site}sitemap.xml\n", encoding="utf-8"
        )
