"""What tools/build.py refuses, and what it must never show: tried on small books, this one with other pages."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from harness import ROOT
from PIL import Image

from initlab_book import install

pytestmark = pytest.mark.build

COPIED = ("_config.yml", "constraints.txt", "pyproject.toml", "tools", "src", "book/_ext", "book/assets")


DIGITS = """import numpy as np


def load_digits(return_X_y):
    return np.zeros((1, 64)), np.zeros(1, int)
"""


class SmallBook:
    """The book's machinery with pages of the test's own: {name: Markdown text, or list of code cells}."""

    def __init__(self, folder, pages):
        self.folder = folder
        for name in COPIED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(source, target)
        (folder / "book/references.bib").write_text("")
        # Every build writes down the digits for the lab. One of the test's own will do: scikit-learn takes a second.
        (folder / "src/sklearn").mkdir()
        (folder / "src/sklearn/__init__.py").touch()  # or the package that is installed would be found
        (folder / "src/sklearn/datasets.py").write_text(DIGITS)
        for name, content in pages.items():
            self.write(name, content)
        chapters = "".join(f"  - file: book/{name}\n" for name in list(pages)[1:])
        self.contents(
            f"format: jb-book\nroot: book/{next(iter(pages))}\n" + (f"chapters:\n{chapters}" if chapters else "")
        )

    def contents(self, text):
        (self.folder / "_toc.yml").write_text(text)

    def write(self, name, content):
        if isinstance(content, str):
            (self.folder / f"book/{name}.md").write_text(content)
            return
        cells = [{"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# The page {name}"}]
        for i, source in enumerate(content):
            code = {"cell_type": "code", "id": f"code-{i}", "metadata": {}, "source": source}
            cells.append(code | {"outputs": [], "execution_count": None})
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (self.folder / f"book/{name}.ipynb").write_text(json.dumps(notebook))

    def start(self, *options, **environment):
        """Begin to build it in a process of its own."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("INITLAB_")}
        return subprocess.Popen(
            [sys.executable, self.folder / "tools/build.py", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=kept | {"PYTHONPATH": str(self.folder / "src")} | environment,
            # Where the tests run in the background, a shell may have them, and all that they start, ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def build(self, *options, **environment):
        """Build it in a process of its own; returns (exit code, log)."""
        return ended(self.start(*options, **environment))

    def serve(self):
        """What tools/serve.py says about the site; returns (whether it would show it, what it says)."""
        command = [sys.executable, self.folder / "tools/serve.py", self.folder / "_build/html"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
            said = "".join(line for _, line in zip(range(2), server.stdout, strict=False))
            server.kill()
        return "is at http" in said, said

    def processes(self):
        """All that are at work here: run from here, or told of something here."""

        def at_work(process):
            try:
                return any(str(self.folder) in word for word in [process.cwd(), *process.cmdline()])
            except (psutil.NoSuchProcess, psutil.AccessDenied):  # ZombieProcess is a NoSuchProcess
                return False

        return [process for process in psutil.process_iter() if at_work(process)]

    def page(self, name):
        return (self.folder / f"_build/html/book/{name}.html").read_text(encoding="utf-8")


def ended(process, limit=300):
    """Wait for a build, `limit` seconds at most; returns (exit code, log)."""
    try:
        log, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, re.sub(r"\x1b\[[0-9;]*m", "", log)


def wait_for(condition, process):
    """Wait until the condition holds while a build is at work."""
    while not condition():
        assert process.poll() is None, ended(process)
        time.sleep(0.05)


@pytest.fixture
def small_book(tmp_path):
    return lambda pages: SmallBook(tmp_path, pages)


def test_a_notebook_that_raises_fails_the_build_and_is_named(small_book):
    book = small_book({"index": "# Front\n\nText.", "broken": ["depth = 10", "widths = {}\nprint(widths['hidden'])"]})
    status, log = book.build()
    assert status != 0
    assert "broken.ipynb" in log
    assert "print(widths['hidden'])" in log
    assert "KeyError: 'hidden'" in log
    assert "Traceback (most recent call last):\n  File" not in log.partition("KeyError")[2], "no traceback of the tools"

    # It fails again, although nothing has changed; and what is repaired is built.
    status, log = book.build()
    assert status != 0
    assert "KeyError: 'hidden'" in log
    book.write("broken", ["depth = 10", "print('repaired')"])
    status, log = book.build()
    assert status == 0, log
    assert "repaired" in book.page("broken")


def test_a_missing_page_fails_the_build_and_is_named(small_book):
    book = small_book({"index": "# Front\n\nText."})
    book.contents("format: jb-book\nroot: book/index\nchapters:\n  - file: book/missing\n")
    status, log = book.build()
    assert status != 0
    assert "book/missing" in log


GLOSSARY = """# Glossary

```{glossary}
fan-in
    The number of inputs: $n$.

fan-out
    The number of outputs.
```
"""


def test_a_link_to_nowhere_fails_the_build(small_book):
    text = """# Front

[A chapter](nowhere.ipynb) that is not there, [Fan ins](glossary.md), which are, and a [fun-in](glossary.md).
"""
    status, log = small_book({"index": text, "glossary": GLOSSARY}).build()
    assert status != 0
    assert "nowhere.ipynb" in log
    assert re.search(r"book/index.md:3: .*'fun-in' is no term of the glossary \(the nearest: fan-in", log)
    assert "Fan ins" not in log


def test_a_formula_that_cannot_be_read_fails_the_build_and_is_shown(small_book):
    status, log = small_book({"index": "# Front\n\nA formula: $\\frac{1}{$."}).build()
    assert status != 0
    assert "\\frac{1}{" in log


def test_results_of_old_code_and_old_styles_are_never_shown(small_book):
    book = small_book({"index": ["from initlab.probe import NUMBER\nprint('the number is', NUMBER)"]})
    probe = book.folder / "src/initlab/probe.py"
    for number in (17, 23):
        probe.write_text(f"NUMBER = {number}\n")
        status, log = book.build()
        assert status == 0, log
        assert f"the number is {number}" in book.page("index")
    for changed in ("book/assets/book.css", "book/_ext/templates/social.html"):
        with (book.folder / changed).open("a") as file:
            file.write("/* changed */")
    status, log = book.build()
    assert status == 0, log
    assert "/* changed */" in book.page("index")
    *_, sheet = re.findall(r'href="([^"]*sheets-\w+\.css)', book.page("index"))
    assert "/* changed */" in (book.folder / "_build/html/book" / sheet).read_text()


def test_the_addresses_of_the_site_and_the_repository_bring_what_needs_them(small_book):
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    book = small_book({"index": ["print(1)"], "glossary": "# Glossary\n\nThe words of the book.", "plot": [plot]})
    notebook = json.loads((book.folder / "book/index.ipynb").read_text())
    install.put(notebook, "")
    (book.folder / "book/index.ipynb").write_text(json.dumps(notebook))
    address = "https://github.com/somebody/initialization-lab"
    site = "https://somebody.github.io/initialization-lab"
    status, log = book.build(INITLAB_REPOSITORY=address, INITLAB_SITE=site)
    assert status == 0, log
    page = book.page("index")
    assert "https://mybinder.org/v2/gh/somebody/initialization-lab/main?urlpath=lab/tree/book/index.ipynb" in page
    assert "https://colab.research.google.com/github/somebody/initialization-lab/blob/main/book/index.ipynb" in page
    assert 'href="https://github.com/somebody/initialization-lab"' in page
    # Whatever is launched on any page is a notebook of the repository.
    launched = [re.findall(r"(?:lab/tree|blob/main)/([^\"?#&]+)", book.page(name)) for name in ("index", "glossary")]
    assert [set(paths) for paths in launched] == [{"book/index.ipynb"}, set()]
    assert (ROOT / "book/index.ipynb").is_file()
    # What the page offers for download installs from there, too.
    downloaded = json.loads((book.folder / "_build/html/_sources/book/index.ipynb").read_text())
    cells = {cell["id"]: "".join(cell["source"]) for cell in downloaded["cells"]}
    assert cells["install"] == install.source(address)
    assert "ModuleNotFoundError" not in page
    check_links_to_report_and_edit(book, address, site)
    check_what_a_shared_page_shows(book, site)


def check_links_to_report_and_edit(book, address, site):
    links = [html.unescape(link) for link in re.findall('href="([^"]*)"', book.page("glossary"))]
    (report,) = (link for link in links if link.startswith(f"{address}/issues/new?"))
    asked = parse_qs(urlsplit(report).query)
    assert asked["title"] == ["Error in “Glossary”"]
    assert f"{site}/book/glossary.html" in asked["body"][0]
    assert f"{address}/edit/main/book/glossary.md" in links
    assert f"{address}/edit/main/book/plot.ipynb" in book.page("plot")


def check_what_a_shared_page_shows(book, site):
    built = book.folder / "_build/html"
    for name, card in ("glossary", "social-card.png"), ("plot", "cards/plot.png"):
        page = book.page(name)
        assert f'<link rel="canonical" href="{site}/book/{name}.html" />' in page
        assert f'<meta property="og:image" content="{site}/_static/{card}" />' in page
        with Image.open(built / "_static" / card) as picture:
            assert picture.size == (1200, 630)
    root = (built / "index.html").read_text()
    assert "url=book/index.html" in root
    assert f'<link rel="canonical" href="{site}/book/index.html" />' in root
    addresses = re.findall("<loc>(.*)</loc>", (built / "sitemap.xml").read_text())
    assert addresses == [f"{site}/book/{name}.html" for name in ("glossary", "index", "plot")]
    assert f"Sitemap: {site}/sitemap.xml" in (built / "robots.txt").read_text()
    # The page that is shown at any address: its links begin at the root of the host.
    links = re.findall('(?:href|src|action)="([^"]*)"', (built / "404.html").read_text())
    assert [link for link in links if not re.match(r"#|https?:|/initialization-lab/(?!/)", link)] == []
    assert "/initialization-lab/book/plot.html" in links


# ---------------------------------------------------------------- interrupted, or two at once


SLEEPING = """import time
from pathlib import Path

running = Path("running")
running.touch()
while running.exists():
    time.sleep(0.05)
"""


def build_and_interrupt(book, stop=signal.SIGTERM):
    """While a kernel is at work. Returns (how many processes there were, exit code, log)."""
    process = book.start()
    wait_for((book.folder / "book/running").exists, process)
    count = len(book.processes())
    process.send_signal(stop)
    return count, *ended(process, limit=60)  # the kernel would sleep for longer


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_build_leaves_no_process(small_book, stop):
    book = small_book({"index": [SLEEPING], "second": [SLEEPING]})
    count, status, log = build_and_interrupt(book, stop)
    assert book.processes() == []
    assert count >= 3, "the tool, jupyter-book, and at least one kernel"
    assert status != 0
    assert log.endswith("The build was interrupted.\n")


def test_an_interrupted_build_is_not_taken_for_a_finished_one(small_book):
    book = small_book({"index": ["print('the first text')"], "other": "# Other"})
    status, log = book.build()
    assert status == 0, log
    assert book.serve()[0]

    book.write("index", [SLEEPING])
    build_and_interrupt(book)
    shown, said = book.serve()
    assert not shown
    assert "half built" in said

    # What a build may leave behind that ends while it writes: half a page, newer than its source; and an entry of the
    # notebook cache without its file.
    book.write("index", ["print('the first text')"])
    (book.folder / "_build/html/book/other.html").write_text("<html><body>Half a")
    (cached,) = (book.folder / "_build/notebook_cache").rglob("base.ipynb")
    cached.unlink()
    status, log = book.build()
    assert status == 0, log
    assert "the first text" in book.page("index")
    assert "</html>" in book.page("other")
    assert book.serve()[0]


def test_a_second_build_waits_for_the_first_and_leaves_it_alone(small_book):
    book = small_book({"index": [SLEEPING + "print('slept well')"]})
    first = book.start()
    wait_for((book.folder / "book/running").exists, first)
    second = book.start("--fresh")
    assert second.stdout.readline() == f"Another build is at work in {book.folder}: waiting for it to end.\n"
    assert (book.folder / "_build/html").exists()
    (book.folder / "book/running").unlink()
    status, log = ended(first)
    assert status == 0, log
    wait_for((book.folder / "book/running").exists, second)  # it starts from nothing, as it was told
    (book.folder / "book/running").unlink()
    status, log = ended(second)
    assert status == 0, log
    assert "slept well" in book.page("index")
