"""Resolve all dependencies anew and write constraints.txt: python tools/pin.py [--check]

A fresh environment gets requirements.txt and the extras `site` and `test` without constraints; what pip then lists is
written down. --check installs with the constraints instead, changes nothing, and fails when they leave a package free.
Frameworks that only `make peers` compares with are pinned in tests/peers/requirements.txt.
"""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"


def freeze(constrained):
    """What pip lists in a fresh environment that has everything installed."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        direct = [line for line in lines if line and not line.startswith("-")]
        limits = ["-c", str(CONSTRAINTS)] if constrained else []
        install = [python, "-m", "pip", "install", "--disable-pip-version-check", *limits]
        subprocess.run([*install, *direct, "-e", f"{ROOT}[site,test]"], check=True)
        listing = [python, "-m", "pip", "freeze", "--exclude-editable", "--disable-pip-version-check"]
        return subprocess.run(listing, check=True, capture_output=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    found = freeze(constrained=check)
    strange = [line for line in found.splitlines() if "@" in line or "==" not in line]
    if strange:
        sys.exit(f"not a pinned version: {strange}")
    if not check:
        CONSTRAINTS.write_text(found, encoding="utf-8")
        print(f"{len(found.splitlines())} versions written to {CONSTRAINTS.name}")
        return
    pinned = set(CONSTRAINTS.read_text(encoding="utf-8").split())
    free = sorted(set(found.split()) - pinned)
    if free:
        sys.exit(f"constraints.txt does not pin {', '.join(free)}: run python tools/pin.py")
    print("constraints.txt pins everything")


if __name__ == "__main__":
    main()
