"""A fresh virtual environment, for the tests of what installing brings."""

import os
import subprocess
import venv
from pathlib import Path

import pytest


class Environment:
    """A virtual environment in a new folder. Nothing of the one that runs the tests is found from it."""

    def __init__(self, folder, **variables):
        venv.create(folder, with_pip=True)
        self.folder = Path(folder)
        self.bin = self.folder / "bin"
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
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

    def pip(self, *command, folder):
        if command[0] == "install":
            command = (*command, "--disable-pip-version-check", "--progress-bar=off")
        done = self.run("python", "-m", "pip", *command, folder=folder, timeout=900)
        print(done.stdout)
        if done.returncode != 0:
            pytest.fail(f"pip {command[0]} failed (to install it needs the package index): see its log", pytrace=False)
