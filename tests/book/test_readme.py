"""What the README says of the code: every module is in its list, and imports only from those above it."""

import ast
import re

import pytest
from harness import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def listed(package):
    """The modules of a package, as the README lists them: file names and folders, without what is behind."""
    _, _, rest = README.partition(f"\nsrc/{package}/ ")
    lines = rest.splitlines()[1:]
    end = next(i for i, line in enumerate(lines) if not line.startswith("  "))
    return [re.match(r"  (\w+)", line)[1] for line in lines[:end]]


def modules(package):
    """{name: files} of all that stands directly in the package's folder."""
    folder = ROOT / "src" / package
    files = {path.stem: [path] for path in folder.glob("*.py") if path.stem != "__init__"}
    return files | {path.parent.name: sorted(path.parent.rglob("*.py")) for path in folder.glob("*/__init__.py")}


def imports(path):
    """The dotted names of the project that a file imports, as far as they can be modules."""
    parts = path.relative_to(ROOT / "src").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join([*parts[: len(parts) - node.level + 1], node.module or ""]) if node.level else node.module
            yield from (f"{start.strip('.')}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", ["initlab", "initlab_book"])
def test_every_module_is_listed(package):
    assert sorted(listed(package)) == sorted(modules(package))


@pytest.mark.parametrize("package", ["initlab", "initlab_book"])
def test_a_module_imports_only_from_those_above_it(package):
    above = []
    for name in listed(package):
        above.append(name)
        for path in modules(package)[name]:
            used = {dotted.split(".")[1] for dotted in imports(path) if dotted.startswith(f"{package}.")}
            assert used & modules(package).keys() <= set(above), f"{path.relative_to(ROOT)} imports from below"
