"""Building the site, and what its pages weigh.

Built in a copy of the book: from nothing, again with nothing changed, and with one chapter changed; compared with an
empty book of one page, made by the same tools. The weight of a page is all that a first visit loads, with gzip;
compared with the page of a Jupyter Book as it comes, with the defaults of its makers and one sentence in it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import Row
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from harness import NOTEBOOKS, PAGES, launch, serve, visit  # noqa: E402

PARTS = ("_config.yml", "_toc.yml", "constraints.txt", "tools", "src", "book")
FROM_NOTHING, NOTHING_CHANGED, ONE_CHANGED, WEIGHT = 90, 5, 20, 300  # s, s, s, KB


def measure():
    with tempfile.TemporaryDirectory() as folder:
        book, empty, plain = (Path(folder, name) for name in ("book", "empty", "plain"))
        for copy in (book, empty):
            for part in PARTS:
                copy_part(ROOT / part, copy / part)
        front = empty / "book" / "front.md"
        front.write_text("# Front\n\nOne sentence.\n")
        (empty / "_toc.yml").write_text("format: jb-book\nroot: book/front\n")

        empty_fresh, empty_again = timed_build(empty), timed_build(empty)
        front.write_text("# Front\n\nAnother sentence.\n")
        empty_changed = timed_build(empty)
        fresh, again = timed_build(book), timed_build(book)
        chapter = book / f"{NOTEBOOKS[-1]}.ipynb"
        change(chapter)
        changed = timed_build(book)
        rows = [
            at_most("build from nothing", fresh, empty_fresh, FROM_NOTHING),
            at_most("build with nothing changed", again, empty_again, NOTHING_CHANGED),
            at_most("build with one chapter changed", changed, empty_changed, ONE_CHANGED),
        ]
        return rows + weights(book / "_build" / "html", plain_book(plain))


def copy_part(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    else:
        shutil.copy(source, target)


def timed_build(folder):
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    start = time.perf_counter()
    run([sys.executable, folder / "tools" / "build.py"], env=environment)
    return time.perf_counter() - start


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stdout[-3000:]}")


def change(path):
    """A word more in the text and a line more in the last cell of code, so that the notebook is executed again."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] += ["\n\nChanged."]
    [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][-1]["source"] += ["\nprint('changed')"]
    path.write_text(json.dumps(notebook), encoding="utf-8")


def plain_book(folder):
    folder.mkdir()
    (folder / "_config.yml").write_text("title: Plain\n")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (folder / "index.md").write_text("# Plain\n\nOne sentence.\n")
    run([sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(folder)])
    return folder / "_build" / "html"


def weights(site, plain):
    def total(browser, address, page):
        with visit(browser, f"{address}/{page}.html") as visitor:
            visitor.settle()
            return sum(size for size, _ in visitor.weigh(address)) / 1000

    with sync_playwright() as playwright, serve(site) as address, serve(plain) as plain_address:
        browser = launch(playwright)
        pages = {page: total(browser, address, page) for page in PAGES}
        comparator = total(browser, plain_address, "index")
        browser.close()
    heaviest = max(pages, key=pages.get)
    return [
        at_most(f"first visit of {heaviest}, the heaviest", pages[heaviest], comparator, WEIGHT, "KB", "a plain page")
    ]


def at_most(name, figure, comparator, limit, unit="s", versus="an empty book"):
    met = figure <= limit
    return Row(
        name,
        f"{figure:.1f} {unit}",
        f"{versus} {comparator:.1f} {unit}",
        figure / comparator,
        f"<= {limit} {unit}",
        met,
    )
