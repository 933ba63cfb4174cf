"""Measure every budget: `python benchmarks/run.py [name ...]` runs all benchmarks, or bench_<name>.py for each name.

Each bench_*.py has a function measure() that returns rows; a new file joins the table by being there. The comparators
need PyTorch, which is no dependency of the book: run this with an environment that has it. The exit code is 1 if a
budget is not met, or if a benchmark could not run.
"""

import argparse
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main():
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(description="Measure the budgets.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"some of {', '.join(found)}; default: all")
    names = parser.parse_args().names or found
    if unknown := sorted(set(names) - set(found)):
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(found)}")

    sys.path.insert(0, str(HERE))
    rows, failed = [], []
    for name in names:
        try:
            rows += importlib.import_module(f"bench_{name}").measure()
        except ImportError as error:
            failed.append(f"{name}: not measured, {error}")

    table = [("what", "figure", "compared with", "ratio", "budget", "met")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.append((row.name, row.figure, row.comparator, ratio, row.budget, "yes" if row.met else "NO"))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    for line in failed:
        print(line)
    return 0 if not failed and all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
