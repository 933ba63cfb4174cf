"""Build the book without Jupyter Book, with the newest Sphinx and theme, in an environment of its own.

    python tools/build_without_jupyter_book.py [FOLDER]

Jupyter Book 1 is no longer developed and needs a Sphinx older than 8. This shows that the book can leave it when it has
to: `jupyter-book config sphinx` turns _config.yml into a conf.py, and without the extension jupyter_book in it Sphinx
builds all pages, which `book/_ext` makes small. Warnings are errors, as in tools/build.py. The environment is
FOLDER/environment, the site FOLDER/html; FOLDER is _build/sphinx9 by default.

One thing would be left to do on the day: the newer theme's switch between light and dark is a menu, which opens only
with Bootstrap's scripts, and `book/_ext/templates` leaves those out.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from build import ROOT, pages, run


def build(folder):
    """Return the folder of the pages, or end with what is wrong."""
    python = make_environment(folder / "environment")
    source = make_source(folder / "source")
    html = folder / "html"
    sphinx = [python, "-m", "sphinx", "-b", "html", "-d", folder / "doctrees", "-W", "-n", "--keep-going", "-E", "-a"]
    status, complaints = run([*sphinx, source, html])
    complaints += [f"page missing: {page}" for page in pages() if not (html / f"{page}.html").is_file()]
    if status or complaints:
        sys.exit("\n".join(["\nThe book was not built without Jupyter Book.", *complaints]))
    return html


def make_environment(folder):
    """A new environment, or the one that is there, with the newest of everything. Returns its Python."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--upgrade"]
    subprocess.run([*install, "-r", ROOT / "tools/sphinx9-requirements.txt", "-e", f"{ROOT}[book]"], check=True)
    return python


def make_source(folder):
    """The repository as it would be without Jupyter Book: the chapters, the table of contents, and a conf.py."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "book", folder / "book")
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, folder)
    config = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "config", "sphinx", folder]
    subprocess.run(config, check=True)
    conf = folder / "conf.py"
    settings = conf.read_text(encoding="utf-8").replace("'jupyter_book', ", "")
    conf.write_text(f"import sys\n\nsys.path.insert(0, {str(ROOT / 'book/_ext')!r})\n{settings}", encoding="utf-8")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=ROOT / "_build" / "sphinx9", type=Path)
    html = build(parser.parse_args().folder.resolve())
    print(f"Built without Jupyter Book: {html / 'index.html'}")


if __name__ == "__main__":
    main()
