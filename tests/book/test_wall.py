"""The wall between the science and the house around it, and the order of the modules on each side.

Imports are read off the source, those inside of functions included.
"""

import ast
import functools
import graphlib

import pytest
from harness import ROOT

SRC = ROOT / "src"
FILES = {
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted([*(SRC / "initlab").rglob("*.py"), *(SRC / "initlab_book").rglob("*.py")])
}
OF_A_PAGE_OR_A_KERNEL = {
    "initlab_book",
    "matplotlib",
    "ipywidgets",
    "anywidget",
    "traitlets",
    "IPython",
    "latex2mathml",
}


@functools.cache
def tree(module):
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def imports(module):
    """(module, name or None) of everything that a module imports."""
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outside = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield from ((".".join([*outside, *filter(None, [node.module])]), alias.name) for alias in node.names)


def project_imports(module):
    """The modules of the project that a module imports. A package is imported for its sake only where a name of its own
    is: `from . import experiments` asks for the module."""
    for source, name in imports(module):
        found = f"{source}.{name}" if f"{source}.{name}" in FILES else source
        if found in FILES:
            yield found


def test_there_is_something_to_look_at():
    assert {"initlab.network", "initlab.algebra.depth", "initlab_book.chapters.xavier.figures"} <= FILES.keys()
    assert ("initlab.initializers", "zeros") in imports("initlab.network")
    assert "initlab_book.chapters.xavier.experiments" in project_imports("initlab_book.chapters.xavier.figures")


@pytest.mark.parametrize("module", [name for name in FILES if name.partition(".")[0] == "initlab"])
def test_the_science_knows_neither_the_book_nor_a_widget_nor_a_plot(module):
    assert {source.partition(".")[0] for source, _ in imports(module)} & OF_A_PAGE_OR_A_KERNEL == set()
    assert "INITLAB_BOOK" not in FILES[module].read_text(encoding="utf-8")


def test_one_module_asks_whether_the_book_is_being_built():
    assert [name for name, path in FILES.items() if "INITLAB_BOOK" in path.read_text(encoding="utf-8")] == [
        "initlab_book.show"
    ]


def test_no_module_imports_one_that_imports_it():
    """Neither directly nor by a detour, within a package or between the two; graphlib names the circle."""
    graphlib.TopologicalSorter({module: set(project_imports(module)) - {module} for module in FILES}).prepare()


@pytest.mark.parametrize("front_end", ["figure", "quiz"])
def test_a_page_and_a_widget_do_not_know_each_other(front_end):
    static, widget = f"initlab_book.{front_end}.static", f"initlab_book.{front_end}.widget"
    assert widget not in set(project_imports(static))
    assert static not in set(project_imports(widget))
    know_both = [m for m in FILES if {static, widget} <= set(project_imports(m))]
    assert know_both == ["initlab_book.show"]


@pytest.mark.parametrize("module", FILES)
def test_no_private_name_crosses_the_border_of_a_module(module):
    borrowed, of_the_project = [], {}
    for source, name in imports(module):
        if source.partition(".")[0] in ("initlab", "initlab_book") and name:
            borrowed += [name] * name.startswith("_")
            of_the_project[name] = f"{source}.{name}" in FILES
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            owner = node.value
            if isinstance(owner, ast.Name) and of_the_project.get(owner.id):
                borrowed.append(f"{owner.id}.{node.attr}")
    assert borrowed == []
