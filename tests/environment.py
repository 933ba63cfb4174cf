"""A fresh virtual environment, for the tests of what installing brings."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest


class Environment:
    """A virtual environment in a new folder. Nothing of the one that runs the tests is found from it."""

    def __init__(self, folder, **variables):
        venv.create(folder, with_pip=True)
        self.folder = Path(folder)
        self.bin = self.folder / "bin"
        # What is imported is compiled once, and not in every process.
        left = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if name not in left}
        self.variables = kept | {"PATH": f"{self.bin}{os.pathsep}{kept['PATH']}"} | variables

    def run(self, *command, folder, timeout=60):
        """Run a command of the environment in a folder; its output and its errors are one text."""
        return subprocess.run(
            [self.bin / command[0], *command[1:]],
            cwd=folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )

    def provide(self, *what, folder):
        """Install what the test takes for granted, in the quickest way: with uv, and its cache."""
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", f"--python={self.bin}/python"]
        subprocess.run([*uv, *what], cwd=folder, check=True)

    def pip(self, *command, folder):
        """Run pip; returns its log."""
        done = self.run("python", "-m", "pip", *command, folder=folder, timeout=900)
        if done.returncode != 0:
            print(done.stdout)
            pytest.fail(f"pip {command[0]} failed (to install it needs the package index): see its log", pytrace=False)
        return done.stdout
