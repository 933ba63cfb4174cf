"""Resolve all dependencies for the oldest Python that pyproject.toml promises, and write constraints.txt.

    python tools/pin.py [--check | --upgrade]

Versions that are pinned already stay if they still fit; --upgrade takes the newest of everything. --check writes
nothing and fails when the pins are not what the resolution says. A resolver installs nothing, so this takes seconds;
pins for other systems and newer Pythons are among them, with markers. Frameworks that only `make peers` compares with
are pinned in tests/peers/requirements.txt.
"""

import argparse
import difflib
import importlib.util
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
# Whoever makes an environment chooses the tools that install into it.
INSTALLERS = ("setuptools", "wheel")


def oldest_python():
    """The first release of the oldest Python that is promised: 3.11.0 for ">=3.11"."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["requires-python"].removeprefix(">=")
    return version if version.count(".") == 2 else f"{version}.0"


def resolve(pinned):
    """The lines of constraints.txt; of the versions in the text `pinned`, those stay that can."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    direct = "".join(line for line in lines if not line.startswith("-"))
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / CONSTRAINTS.name
        output.write_text(pinned, encoding="utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", f"--output-file={output}", "--all-extras"]
        command += [f"--python-version={oldest_python()}", "--universal", "--fork-strategy=fewest"]
        command += ["--no-header", "--no-annotate", *(f"--no-emit-package={name}" for name in INSTALLERS)]
        done = subprocess.run(
            [*command, "pyproject.toml", "-"], input=direct, text=True, cwd=ROOT, stderr=subprocess.PIPE
        )
        if done.returncode:
            sys.exit(f"No versions fit together:\n{done.stderr}")
        return output.read_text(encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true")
    choice.add_argument("--upgrade", action="store_true")
    arguments = parser.parse_args()
    if importlib.util.find_spec("uv") is None:
        sys.exit("uv resolves the versions, and it is not installed: pip install uv.")
    current = CONSTRAINTS.read_text(encoding="utf-8")
    new = resolve("" if arguments.upgrade else current)
    if arguments.check and new != current:
        changes = difflib.unified_diff(current.splitlines(), new.splitlines(), n=0, lineterm="")
        print(*changes, sep="\n")
        sys.exit(f"{CONSTRAINTS.name} is not what fits Python {oldest_python()}: run python tools/pin.py")
    if not arguments.check:
        CONSTRAINTS.write_text(new, encoding="utf-8")
    print(f"{CONSTRAINTS.name} pins {len(new.splitlines())} versions for Python {oldest_python()} and newer")


if __name__ == "__main__":
    main()
