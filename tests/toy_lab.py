"""A package with the toy experiment, in a folder of its own, where tests may change it."""

import importlib
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("toy_experiments.py").read_text(encoding="utf-8")


class ToyLab:
    """`name` is that of the package: every lab of a process needs one of its own."""

    def __init__(self, folder, name, pause=0.0):
        self.folder, self.name = Path(folder), name
        self.package = self.folder / name
        self.package.mkdir(parents=True)
        self.package.joinpath("__init__.py").touch()
        self.package.joinpath("experiments.py").write_text(SOURCE, encoding="utf-8")
        self.task = self.package / "task.py"
        self.task.write_text(f"PAUSE = {pause}\n\n\ndef slope(draw):\n    return 1.0\n", encoding="utf-8")
        self.cells = self.folder / "cells"  # where the cells are kept

    @property
    def experiment(self):
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        return importlib.import_module(f"{self.name}.experiments").ends

    @property
    def results(self):
        return self.package / "results" / "ends.json"

    def calls(self):
        """The cells that were computed, in this order."""
        log = self.package / "calls.txt"
        return log.read_text().splitlines() if log.is_file() else []
