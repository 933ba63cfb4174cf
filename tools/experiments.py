"""Compute the experiments whose results are missing or older than their code; see src/initlab_book/experiment.py.

    python tools/experiments.py [NAME ...] [--jobs N | --scheduler ADDRESS] [--fresh | --confirm]

A NAME is a chapter or chapter/experiment; none means all of them. Interrupt it whenever you like: it goes on where it
stopped. --fresh computes everything anew, results that are in order included. --confirm computes one cell in twenty of
results that are older than the code, and notes in the file if they come out the same: for changes that should not
matter. --scheduler hands the work to a Dask cluster: install initlab[book,cluster] in the same versions there and here.
"""

import argparse
import contextlib
import signal
import sys
from pathlib import Path

import joblib

from initlab_book import results
from initlab_book.computing import CellCache, confirm, every_experiment, run

CELLS = Path(__file__).resolve().parents[1] / ".experiments"  # a fresh build of the book empties _build


def cluster(address):
    """All that joblib does inside, it does on the Dask cluster with the scheduler of that address."""
    try:
        from distributed import Client
    except ModuleNotFoundError:
        sys.exit("--scheduler needs Dask: pip install 'initlab[cluster]'")
    stack = contextlib.ExitStack()
    stack.enter_context(Client(address))
    stack.enter_context(joblib.parallel_config("dask"))
    return stack


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--fresh", action="store_true")
    what.add_argument("--confirm", action="store_true")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=int, default=-1, metavar="N")
    where.add_argument("--scheduler", metavar="ADDRESS")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does: end the processes, too

    known = {f"{each.chapter}/{each.name}": each for each in every_experiment()}
    asked = arguments.names or list(known)
    chosen = {name: each for name, each in known.items() if name in asked or each.chapter in asked}
    for name in asked:
        if not any(name in (each.chapter, full) for full, each in known.items()):
            parser.error(f"there is no {name}; there are {', '.join(known)}")
    if arguments.fresh:
        for each in chosen.values():
            CellCache(each, CELLS).path.unlink(missing_ok=True)
    else:
        reasons = {name: results.outdated(each) for name, each in chosen.items()}
        chosen = {name: each for name, each in chosen.items() if reasons[name]}
        for name in chosen:
            print(f"{name}: {reasons[name]}")
        if arguments.confirm:
            chosen = {name: each for name, each in chosen.items() if reasons[name] == results.OLDER}
    if not chosen:
        return print("All results are up to date.")
    try:
        with cluster(arguments.scheduler) if arguments.scheduler else contextlib.nullcontext():
            if arguments.confirm:
                errors = confirm(list(chosen.values()), jobs=arguments.jobs)
            else:
                errors = run(list(chosen.values()), CELLS, jobs=arguments.jobs)
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. What is computed is kept; the same command goes on from here.")
    if errors:
        sys.exit("\n".join(["This went wrong; all other cells are kept.", *errors]))
    print(*(f"{name}: {results.file(each)}" for name, each in chosen.items()), sep="\n")


if __name__ == "__main__":
    main()
