"""What is installed, for whom: the pins, what each part needs, and how a chapter that is alone gets its packages."""

import ast
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
import types

import pytest
import yaml
from environment import Environment
from harness import NOTEBOOKS, ROOT, copy_repository, read_notebook
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import initlab
from initlab_book import install

sys.path.insert(0, str(ROOT / "tools"))
from pin import oldest_python, resolve

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
# In requirements.txt alone: they build the site, and nobody imports them.
BUILDERS = {"jupyter-book", "sphinxcontrib-katex"}
IN_EVERY_KERNEL = {"ipython", "matplotlib-inline", "traitlets"}


def names(lines):
    return {canonicalize_name(Requirement(line).name) for line in lines}


# ---------------------------------------------------------------- dependencies and pins


def test_requirements_are_the_constraints_the_dependencies_and_the_package():
    assert REQUIREMENTS[0] == "-c constraints.txt"
    assert REQUIREMENTS[-1] == "-e ."
    needed = [line for line in REQUIREMENTS[1:-1] if not line.startswith("#")]
    assert names(needed) == names(PROJECT["dependencies"] + EXTRAS["book"]) | BUILDERS


def test_every_direct_dependency_is_pinned():
    direct = [line for line in REQUIREMENTS if not line.startswith(("-", "#"))] + PROJECT["dependencies"]
    direct += [line for extra in EXTRAS.values() for line in extra]
    pins = {canonicalize_name(pin.name): pin.specifier for pin in map(Requirement, PINS.splitlines())}
    for requirement in map(Requirement, direct):
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


def test_the_oldest_python_is_the_same_wherever_it_is_named():
    oldest = PROJECT["requires-python"].removeprefix(">=")
    major, minor = oldest.split(".")
    named = {
        "README.md": f"Needed: Python {oldest} or later",
        "book/index.ipynb": f"With Python {oldest} or later",
        "setup.py": f"sys.version_info < ({major}, {minor})",
        "Makefile": f"v >= ({major}, {minor})",
        "runtime.txt": f"python-{oldest}",
        "pyproject.toml": f'python_version = "{oldest}"',
        ".github/workflows/book.yml": f'python-version: "{oldest}"',
    }
    for path, words in named.items():
        assert words in (ROOT / path).read_text(encoding="utf-8"), f"{path} must say: {words}"


def test_there_is_one_version():
    assert "version" in PROJECT["dynamic"]  # setuptools reads it from src/initlab/__init__.py
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == initlab.__version__


# ---------------------------------------------------------------- what each part imports


def test_each_part_imports_what_it_declares_and_declares_what_it_imports():
    science, book = names(PROJECT["dependencies"]), names(EXTRAS["book"])
    assert imported(ROOT.glob("src/initlab/**/*.py")) == science
    notebooks = imported_by(cell for name in NOTEBOOKS for cell in code_of(name))
    house = imported(ROOT.glob("src/initlab_book/**/*.py"))
    assert (house | notebooks) - science - IN_EVERY_KERNEL == book - {"ipywidgets"}  # which is behind anywidget


def code_of(name):
    return ("".join(cell["source"]) for cell in read_notebook(name)["cells"] if cell["cell_type"] == "code")


def imported(paths):
    return imported_by(path.read_text(encoding="utf-8") for path in paths)


def imported_by(sources):
    """The distributions that sources import, wherever in them; those of Python and ours apart."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    modules = {name.partition(".")[0] for name in found} - sys.stdlib_module_names - {"initlab", "initlab_book"}
    owners = importlib.metadata.packages_distributions()
    return {canonicalize_name(owner) for module in modules for owner in owners[module]}


def test_the_book_says_what_it_needs_beyond_the_science():
    absent = [Requirement(line).name for line in EXTRAS["book"]]
    done = python("-c", "import sys; sys.modules.update(dict.fromkeys(sys.argv[1:])); import initlab_book", *absent)
    assert f"initlab_book needs {', '.join(absent)}, too: install initlab[book]" in done.stderr


def python(*arguments):
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)


def test_pip_names_a_python_that_is_too_old():
    done = python("-c", "import sys; sys.version_info = (3, 10, 13); import runpy; runpy.run_path('setup.py')")
    assert done.stderr == "Initialization Lab needs Python 3.11 or later; this is 3.10.\n"


def test_make_names_a_python_that_is_too_old(tmp_path):
    """Every Python on the PATH says that it is 3.10; nothing is installed."""
    old = tmp_path / "python3"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 10, 13); $2"\n')
    old.chmod(0o755)
    for tool in ("sh", "make"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    command = ["make", "serve", f"VENV={tmp_path}/new"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert "Python 3.11 or later is needed; python3 is 3.10." in done.stderr
    assert not (tmp_path / "new").exists()


# ---------------------------------------------------------------- a chapter that is alone

ALONE = "book/xavier"  # pictures, SymPy, a figure, training, a quiz, exercises


def test_the_install_cell_does_nothing_where_the_packages_are():
    for address in ("", "https://example.org/somebody/lab"):
        exec(install.source(address), {})


def test_the_install_cell_installs_from_the_repository(monkeypatch):
    monkeypatch.setitem(sys.modules, "initlab_book", None)
    called = []
    shell = types.SimpleNamespace(run_line_magic=lambda *arguments: called.append(arguments))
    exec(install.source("https://example.org/somebody/lab/"), {"get_ipython": lambda: shell})
    assert called == [("pip", 'install --quiet "initlab[book] @ git+https://example.org/somebody/lab"')]


def test_the_install_cell_says_what_to_do_where_the_repository_is_unknown(monkeypatch):
    monkeypatch.setitem(sys.modules, "initlab_book", None)
    with pytest.raises(ModuleNotFoundError, match=r'as an archive, unpack it, and run: %pip install ".*\[book\]"'):
        exec(install.source(""), {})


@pytest.mark.network
def test_a_chapter_alone_gets_its_packages_and_runs(tmp_path, measured):
    """In an environment that has Jupyter's kernel and nothing else, from a repository that git clones."""
    repository = copy_repository(tmp_path / "repository")
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for command in (("init", "--quiet"), ("add", "."), (*author, "commit", "--quiet", "--message=all")):
        subprocess.run(["git", *command], cwd=repository, check=True)
    folder = tmp_path / "alone"
    folder.mkdir()
    # The versions of the day would be installed; the pinned ones make the test say the same tomorrow. Most of what
    # comes is never imported, and need not be compiled.
    pins = str(ROOT / "constraints.txt")
    environment = Environment(tmp_path / "environment", PIP_CONSTRAINT=pins, PIP_NO_COMPILE="1")
    environment.provide(f"--constraint={pins}", "ipykernel", "nbclient", folder=folder)
    assert environment.run("python", "-c", "import initlab", folder=folder).returncode == 1

    notebook = read_notebook(ALONE)
    install.put(notebook, f"file://localhost{repository}")  # an address without a host is none to pip 23
    (folder / "chapter.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    begun = time.perf_counter()
    command = ("jupyter", "execute", "--timeout=600", "--inplace", "chapter.ipynb")
    done = environment.run(*command, folder=folder, timeout=900)
    assert done.returncode == 0, done.stdout
    measured.append(f"{ALONE} alone: packages installed, all cells run in {time.perf_counter() - begun:.0f} s.")

    executed = json.loads((folder / "chapter.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in executed["cells"] for output in cell.get("outputs", ())]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in outputs)

    (site_packages,) = environment.folder.glob("lib/python*/site-packages")
    for package in ("initlab", "initlab_book"):
        assert files(site_packages / package) == files(ROOT / "src" / package)


def files(folder):
    """What runs, and what it reads: neither bytecode nor the types of the JavaScript, which only its checks read."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if path.suffix not in (".pyc", ".ts")}
