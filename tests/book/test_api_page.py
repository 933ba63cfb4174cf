"""The page of the API: all that `initlab` offers is on it, nothing else, and no other page pays for it."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re

import pytest
from bs4 import BeautifulSoup
from harness import PAGES, ROOT

import initlab

PAGE = "book/api"
MODULES = [name for _, name, _ in pkgutil.walk_packages(initlab.__path__, "initlab.") if "._" not in name]


def defined(body):
    """The public names that the statements of a module or a class define, functions and classes with their node."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        else:
            names = []
        yield from ((name, node) for name in names if not name.startswith("_"))


def members(node):
    """The fields, properties and methods of a class; what it only sets for a base class or a host does not count."""
    if isinstance(node, ast.ClassDef):
        yield from (name for name, inner in defined(node.body) if not isinstance(inner, ast.Assign))


def offered(module):
    """Full names of all that a module defines for others, and of the members of its classes."""
    for name, node in defined(ast.parse(inspect.getsource(importlib.import_module(module))).body):
        yield f"{module}.{name}"
        yield from (f"{module}.{name}.{member}" for member in members(node))


@pytest.fixture(scope="module")
def page(site):
    return BeautifulSoup((site / f"{PAGE}.html").read_text(encoding="utf-8"), "html.parser")


@pytest.mark.build
@pytest.mark.parametrize("module", MODULES)
def test_all_that_a_module_offers_is_on_the_page(page, module):
    assert module in [heading.get_text().removesuffix("#") for heading in page.select("h2")]
    described = {entry["id"] for entry in page.select("dt.sig")}
    assert set(offered(module)) - described == set()


@pytest.mark.build
def test_nothing_else_is_on_the_page(page):
    described = [entry["id"] for entry in page.select("dt.sig")]
    everything = {name for module in MODULES for name in offered(module)}
    assert len(everything) > 200
    assert [name for name in described if not {name, name.rpartition(".")[0]} & everything] == []
    assert len(described) == len(set(described)), "something is described twice"


@pytest.mark.build
def test_docstrings_are_markup_that_sphinx_understood(page):
    for element in page.select("article pre, article code, article .sig"):
        element.decompose()
    text = page.select_one("article").get_text()
    assert re.findall(r".{20}(?:`|\]\(http|\\\*|----|:\w+:).{20}", text) == []


def test_the_example_at_the_top_is_right():
    source = (ROOT / f"{PAGE}.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(>>>.*?)```", source, re.DOTALL)[1]
    test = doctest.DocTestParser().get_doctest(example, {}, "api.md", None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.build
def test_no_other_page_pays_for_it(site):
    for name in PAGES:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        assert ("api.css" in html) == (name == PAGE), name
    shared = "".join(path.read_text(encoding="utf-8") for path in (site / "_static/styles").glob("*.css"))
    shared += (site / "_static/basic.css").read_text(encoding="utf-8")
    assert re.findall(r"[^{}]*\.(?:sig|field-list)\b[^{}]*\{", re.sub(r":not\([^)]*\)", "", shared)) == []
