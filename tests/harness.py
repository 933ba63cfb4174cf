"""What the tests of the book and the benchmarks of the site share: a list of its parts, a server, and a browser."""

import ast
import functools
import gzip
import http.server
import json
import mimetypes
import os
import re
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx_external_toc.parsing import parse_toc_yaml

from initlab_book.figure import Demo
from initlab_book.quiz import Quiz

ROOT = Path(__file__).resolve().parents[1]


# ---------------------------------------------------------------- the book as its sources describe it


def table_of_contents():
    """The files that _toc.yml names, in order, without suffix: book/index, ..."""
    documents = parse_toc_yaml(ROOT / "_toc.yml").values()
    return [Path(document.docname).with_suffix("").as_posix() for document in documents]


def copy_repository(folder):
    """What a clone holds, and what is not committed yet: all but what .gitignore names."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if line]
    return Path(shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *ignored)))


PAGES = [*table_of_contents(), "search"]
NOTEBOOKS = [page for page in table_of_contents() if (ROOT / f"{page}.ipynb").is_file()]


def read_notebook(name):
    return json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))


@dataclass(frozen=True, eq=False)
class Placed:
    """An explorer in its place: the page, the demo, and the settings it starts with."""

    page: str
    demo: Demo
    start: dict

    def __str__(self):
        return f"{self.page.removeprefix('book/')}/{self.demo.name}"


def explorers():
    """Every figure of the book, found in the notebooks: the lines that end a cell with `show(a demo, ...)`."""
    return [placed for page in NOTEBOOKS for placed in _explorers_of(page)]


def _explorers_of(page):
    for thing, changes in _shown(page):
        if isinstance(thing, Demo):
            yield Placed(page, thing, thing.settings(**changes))


def one_of_every(kind, items):
    """The first of the items of every kind."""
    return list({kind(item): item for item in reversed(items)}.values())


def fewest_with_all(features, items):
    """Few of the items, chosen one by one, that together have all the features that any item has."""
    chosen, missing = [], set().union(*map(features, items))
    while missing:
        chosen.append(max(items, key=lambda item: len(missing & features(item))))
        missing -= features(chosen[-1])
    return sorted(chosen, key=items.index)


@dataclass(frozen=True, eq=False)
class Asked:
    """A quiz in its place."""

    page: str
    quiz: Quiz

    def __str__(self):
        return f"{self.page.removeprefix('book/')}/{self.quiz.name}"


def quiz_says(quiz, *sentences):
    """Fail unless the questions or explanations of a quiz hold each of the sentences."""
    words = json.dumps(quiz.spec(), ensure_ascii=False)
    for sentence in sentences:
        assert sentence in words, f"the quiz {quiz.name} no longer says: {sentence}"


def quizzes():
    """Every quiz of the book, found in the notebooks: the lines that end a cell with `show(a quiz)`."""
    return [Asked(page, thing) for page in NOTEBOOKS for thing, _ in _shown(page) if isinstance(thing, Quiz)]


@functools.cache
def _shown(page):
    """(thing, keyword arguments) of every cell of a notebook that ends with `show(thing, ...)`."""
    shown = []
    cells = ["".join(cell["source"]) for cell in read_notebook(page)["cells"] if cell["cell_type"] == "code"]
    names = {}
    for cell in cells:
        for statement in ast.parse(cell).body:  # an import may take several lines
            if re.match(r"(from|import) initlab", ast.unparse(statement)):
                exec(ast.unparse(statement), names)
        found = re.fullmatch(r"show\(([\w.]+)(?:, (.*))?\)", cell.strip().splitlines()[-1])
        if found:
            shown.append((eval(found[1], names), eval(f"dict({found[2] or ''})", names)))
    return shown


# ---------------------------------------------------------------- a server, as the published site has one


@contextmanager
def serve(folder):
    """Serve a folder on a free port, with gzip as every web host does it; yields the address without last slash."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@functools.cache
def _zipped(path, changed):
    """A file, which was changed last at that time."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class _Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.directory, unquote(urlsplit(self.path).path).lstrip("/"))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_error(404)
            return
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
        body = _zipped(path, path.stat().st_mtime_ns) if text else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if text:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


# ---------------------------------------------------------------- a browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NO_BROWSER = (
    "These tests drive a real browser, and none was found. Install Chromium, either from the system (apt-get install "
    "chromium-headless-shell) or with playwright (playwright install --with-deps chromium), and run them again."
)
PATIENCE = 60_000  # ms: on a slow or busy machine everything takes longer


class NoBrowserError(Exception):
    pass


def launch(playwright, flags=()):
    """Start the Chromium on the PATH, or else the one that playwright installed; or the one that the environment
    variable INITLAB_BROWSER names.

    The headless shell draws pages as Chromium does and spends less than half the time: it has no windows around them.
    """
    named = os.environ.get("INITLAB_BROWSER")
    names = (
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
    )
    found = next(filter(None, map(shutil.which, [named] if named else names)), None)
    if not found and (named or not Path(playwright.chromium.executable_path).exists()):
        raise NoBrowserError(f"INITLAB_BROWSER={named} is not there." if named else NO_BROWSER)
    return playwright.chromium.launch(executable_path=found, args=[*FLAGS, *flags])


class Visit:
    """One page in a browser window of its own, and all that went wrong or over the wire since it was opened."""

    def __init__(self, page):
        self.page = page
        self.problems = []
        self.requests = []
        self._finished = []
        self._under_way = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", self._requested)
        page.on("requestfinished", self._arrived)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def settle(self):
        """Wait until nothing has been on its way for a quarter of a second. ("networkidle" may never come.)"""
        deadline = time.monotonic() + PATIENCE / 1000
        known = None
        while self._under_way or known != len(self.requests):
            assert time.monotonic() < deadline, f"still on its way: {[request.url for request in self._under_way]}"
            known = len(self.requests)
            self.page.wait_for_timeout(250)

    def _requested(self, request):
        self.requests.append(request.url)
        self._under_way.add(request)

    def _arrived(self, request):
        self._finished.append(request)
        self._under_way.discard(request)

    def weigh(self, address):
        """Rows (bytes over the wire, what), the heaviest first, of all that has come from `address`."""
        # A font that only a part further down needs is loaded when it comes near.
        self.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        self.settle()
        loaded = [request for request in self._finished if request.url.startswith(address)]
        rows = [(request.sizes()["responseBodySize"], request.url.removeprefix(address)) for request in loaded]
        return sorted(rows, reverse=True)

    def _failed(self, request):
        self._under_way.discard(request)
        if request.failure != "net::ERR_ABORTED":  # what is still on its way when a reader goes on to the next page
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _response(self, response):
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")


def guess_nothing(page):
    """Skip all that a reader may guess before a figure is shown."""
    page.evaluate("document.querySelectorAll('.il-skip').forEach((skip) => skip.click())")


@contextmanager
def visit(browser, url, *, width=1280, theme="light", **options):
    """Open `url` in a fresh window; `options` are those of playwright's Browser.new_context."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)
    context.set_default_timeout(PATIENCE)
    try:
        visitor = Visit(context.new_page())
        visitor.page.goto(url)
        yield visitor
    finally:
        context.close()
