"""Write the exercises of the chapters into the notebooks: python tools/write_exercises.py [--check]

In a notebook they stand behind the cell whose id is "exercises"; every cell there whose id begins with "exercise-" is
replaced. --check changes nothing, and fails when a notebook is not what would be written.
"""

import argparse
import importlib.util
import json
import pkgutil
import sys
from pathlib import Path

from initlab_book import chapters as rooms
from initlab_book import exercise

BOOK = Path(__file__).resolve().parents[1] / "book"


def chapters():
    """The names of the chapters that have exercises."""
    names = (room.name for room in pkgutil.iter_modules(rooms.__path__))
    return [name for name in names if importlib.util.find_spec(f"{rooms.__name__}.{name}.exercises")]


def written(chapter):
    """(what the notebook of a chapter holds, what it should hold), as texts."""
    current = (BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(current)
    kept = [cell for cell in notebook["cells"] if not cell["id"].startswith("exercise-")]
    at = [cell["id"] for cell in kept].index("exercises") + 1
    new = list(exercise.cells(importlib.import_module(f"{rooms.__name__}.{chapter}.exercises")))
    notebook["cells"] = kept[:at] + new + kept[at:]
    return current, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    for chapter in chapters():
        current, new = written(chapter)
        if current != new:
            if check:
                sys.exit(f"book/{chapter}.ipynb is not what its exercises say: run python tools/write_exercises.py")
            (BOOK / f"{chapter}.ipynb").write_text(new, encoding="utf-8")
            print(f"book/{chapter}.ipynb: exercises written")


if __name__ == "__main__":
    main()
