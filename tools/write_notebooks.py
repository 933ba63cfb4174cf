"""Write into the notebooks what has its source elsewhere: python tools/write_notebooks.py [--check]

- The cell "install", first of all code: how to get the book's packages, from `repository.url` in _config.yml.
- The exercises of a chapter, behind the cell "exercises", from its exercises.py: every cell there whose id begins with
  "exercise-" is replaced.

--check changes nothing, and fails when a notebook is not what would be written.
"""

import argparse
import importlib
import importlib.util
import json
import sys
from pathlib import Path

import yaml

from initlab_book import exercise, install

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"


def notebooks():
    """The names of the chapters, the front page among them."""
    return sorted(path.stem for path in BOOK.glob("*.ipynb"))


def address():
    """The address of the repository, or ""."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]


def written(name):
    """(what a notebook holds, what it should hold), as texts."""
    current = (BOOK / f"{name}.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(current)
    install.put(notebook, address())
    put_exercises(notebook, f"initlab_book.chapters.{name}.exercises")
    return current, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def put_exercises(notebook, module):
    cells = [cell for cell in notebook["cells"] if not cell["id"].startswith("exercise-")]
    if importlib.util.find_spec(module):
        at = [cell["id"] for cell in cells].index("exercises") + 1
        cells[at:at] = exercise.cells(importlib.import_module(module))
    notebook["cells"] = cells


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for name in notebooks():
        current, new = written(name)
        if current != new:
            if check:
                sys.exit(f"book/{name}.ipynb is not what its sources say: run python tools/write_notebooks.py")
            (BOOK / f"{name}.ipynb").write_text(new, encoding="utf-8")
            print(f"book/{name}.ipynb written")


if __name__ == "__main__":
    main()
