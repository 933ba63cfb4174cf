"""What is installed, for whom: the pins, the dependencies of each part, the version."""

import re
import sys
import tomllib

import pytest
import yaml
from harness import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import initlab

sys.path.insert(0, str(ROOT / "tools"))
from pin import oldest_python, resolve

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
# In requirements.txt alone: they build the site, and nobody imports them.
BUILDERS = {"jupyter-book", "sphinxcontrib-katex"}


def names(lines):
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_requirements_are_the_constraints_the_dependencies_and_the_package():
    assert REQUIREMENTS[0] == "-c constraints.txt"
    assert REQUIREMENTS[-1] == "-e ."
    needed = [line for line in REQUIREMENTS[1:-1] if not line.startswith("#")]
    assert names(needed) == names(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["book"]) | BUILDERS


def test_every_direct_dependency_is_pinned():
    extras = [line for extra in PROJECT["optional-dependencies"].values() for line in extra]
    direct = [line for line in REQUIREMENTS if not line.startswith(("-", "#"))]
    pins = {canonicalize_name(pin.name): pin.specifier for pin in map(Requirement, PINS.splitlines())}
    for requirement in map(Requirement, direct + PROJECT["dependencies"] + extras):
        (pin,) = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.version, prereleases=True), f"{requirement} excludes {pin}"


def test_constraints_are_versions_and_nothing_else():
    for line in PINS.splitlines():
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*==[\w.+!]+( ; .+)?", line), line


@pytest.mark.network
def test_the_pins_are_what_fits_the_oldest_python():
    assert oldest_python() == "3.11.0"
    assert resolve(PINS) == PINS, "run python tools/pin.py"


@pytest.mark.network
def test_a_pin_that_excludes_the_oldest_python_gives_way():
    """soupsieve 4.1.2 needs Python 3.11.5; a resolution for a newer Python once chose it."""
    too_new = re.sub("(?m)^soupsieve==.*$", "soupsieve==4.1.2", PINS)
    assert too_new != PINS
    assert resolve(too_new) == PINS


def test_there_is_one_version():
    assert "version" in PROJECT["dynamic"]  # setuptools reads it from src/initlab/__init__.py
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == initlab.__version__
