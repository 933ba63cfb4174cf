"""Whatever is public in `initlab` says by itself what a caller needs to know, in one form: that of numpydoc.

Public are the modules, and in them the functions, classes and methods without an underscore. All is read from the
source, so that nothing is imported.
"""

import ast
import inspect
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src/initlab"
# In this order. Sphinx would not know other titles.
SECTIONS = ["Parameters", "Returns", "Yields", "Raises", "Examples"]
# What a summary line can say all about. Arrays have shapes; tuples and records have parts.
SCALARS = {"None", "bool", "float", "int", "str"}


def modules():
    """{dotted name: syntax tree} of all public modules."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text(encoding="utf-8"))


MODULES = dict(modules())


def public():
    """{dotted name: definition} of all public functions, classes and methods."""
    for module, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
                yield f"{module}.{node.name}", node
                for member in node.body if isinstance(node, ast.ClassDef) else ():
                    if isinstance(member, ast.FunctionDef) and member.name[0] != "_":
                        yield f"{module}.{node.name}.{member.name}", member


PUBLIC = dict(public())
CLASSES = {name: node for name, node in PUBLIC.items() if isinstance(node, ast.ClassDef)}


def decorators(node):
    return {ast.unparse(decorator).split("(")[0].split(".")[-1] for decorator in node.decorator_list}


PROPERTIES = {name: node for name, node in PUBLIC.items() if decorators(node) & {"property", "cached_property"}}
FUNCTIONS = {name: node for name, node in PUBLIC.items() if name not in CLASSES.keys() | PROPERTIES.keys()}
RECORDS = {
    name: node
    for name, node in CLASSES.items()
    if "dataclass" in decorators(node) or "NamedTuple" in map(ast.unparse, node.bases)
}


def sections(docstring):
    """{title: lines} of a docstring; what comes first has the title ""."""
    found, title = {"": []}, ""
    lines = docstring.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch("-{3,}", below):
            title = line
            found[title] = []
        elif not re.fullmatch("-{3,}", line):
            found[title].append(line)
    return found


def entries(node, title):
    """[(names, type, description)] of a section: a line "names : type", and below it what they are."""
    found = []
    for line in sections(ast.get_docstring(node)).get(title, ()):
        if line.startswith(" "):
            found[-1][2] += line.strip()
        elif line:
            names, _, kind = line.partition(" : ")
            found.append([names, kind, ""])
    return found


def constructors(node):
    """What makes an object of a class; of a function, itself."""
    if isinstance(node, ast.FunctionDef):
        return [node]
    return [f for f in node.body if getattr(f, "name", "") in ("__init__", "__new__", "__post_init__")]


def arguments(function):
    """The arguments of a function as a caller sees them, in their order."""
    a = function.args
    found = [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs, *([a.kwarg] if a.kwarg else [])]
    return [argument for argument in found if argument.arg not in ("self", "cls")]


def outer(function):
    """The nodes of a function, without those of functions inside it."""
    todo = [*function.body]
    while todo:
        node = todo.pop()
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            yield node
            todo += ast.iter_child_nodes(node)


# The functions that check an argument, and raise.
CHECKS = {name.split(".")[-1] for name in FUNCTIONS if name.startswith("initlab.arguments.")}


# ---------------------------------------------------------------- what is looked at


def test_nothing_public_is_overlooked():
    assert {"initlab.initializers.he_normal", "initlab.network.Network.member", "initlab.algebra.expectation.E"} <= (
        FUNCTIONS.keys()
    )
    assert {"initlab.network.Network", "initlab.gaussian.FixedPoint"} <= RECORDS.keys()
    assert {"initlab.network.Network.activations", "initlab.layer_statistics.LayerStatistics.rms"} <= PROPERTIES.keys()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_a_docstring(name):
    assert ast.get_docstring(MODULES[name])


# ---------------------------------------------------------------- form


@pytest.mark.parametrize("name", PUBLIC)
def test_a_docstring_has_a_summary_and_sections_in_order(name):
    text = ast.get_docstring(PUBLIC[name])
    assert text, "no docstring"
    summary = text.split("\n\n")[0]
    assert summary.count("\n") < 2, "the summary is longer than two lines"
    assert summary.endswith((".", ":")), "the summary is not a sentence"  # a colon: a formula follows
    titles = [title for title in sections(text) if title]
    assert titles == [title for title in SECTIONS if title in titles]
    in_examples = "\n".join(sections(text).get("Examples", ()))
    assert text.count(">>> ") == in_examples.count(">>> ") or not titles, "an example outside of its section"


# ---------------------------------------------------------------- content


@pytest.mark.parametrize("name", PUBLIC)
def test_parameters_are_exactly_those_of_the_signature(name):
    node = PUBLIC[name]
    functions = [] if name in RECORDS else constructors(node)
    expected = [argument.arg for function in functions for argument in arguments(function)]
    if "each_expectation" in decorators(node):
        expected = ["expression"]
    described = entries(node, "Parameters")
    assert [part.strip().lstrip("*") for names, _, _ in described for part in names.split(",")] == expected
    for names, kind, description in described:
        assert kind, f"{names} has no type"
        assert description, f"{names} has no description"


@pytest.mark.parametrize("name", PUBLIC)
def test_annotations_are_complete(name):
    for function in [PUBLIC[name]] if name not in CLASSES else [f for f in PUBLIC[name].body if hasattr(f, "returns")]:
        assert function.returns is not None, f"{function.name} has no type of what it returns"
        assert [a.arg for a in arguments(function) if a.annotation is None] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_not_a_scalar_is_described_where_it_is_returned(name):
    node = FUNCTIONS[name]
    returned = ast.unparse(node.returns)
    described = entries(node, "Returns") + entries(node, "Yields")
    if returned not in SCALARS:
        assert described, f"returns {returned}, and does not say what that is"
    for names, _, description in described:
        assert description, f"{names} has no description"
    assert bool(entries(node, "Yields")) == returned.startswith("Iterator")


@pytest.mark.parametrize("name", PUBLIC)
def test_errors_are_named(name):
    """Those that it raises itself, and those of the functions that check its arguments."""
    node = PUBLIC[name]
    inside = [x for function in constructors(node) for x in outer(function)]
    raised = {ast.unparse(x.exc.func) for x in inside if isinstance(x, ast.Raise) and isinstance(x.exc, ast.Call)}
    checked = {ast.unparse(x.func) for x in inside if isinstance(x, ast.Call)} & CHECKS
    described = entries(node, "Raises")
    assert raised <= {part.strip() for names, _, _ in described for part in names.split(",")}
    assert described or not checked, f"{', '.join(checked)} may raise"
    for names, _, description in described:
        assert description, f"{names}: not said when"


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_of_a_record_is_described_below_it(name):
    body = RECORDS[name].body
    for field, below in zip(body, [*body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign):
            described = isinstance(below, ast.Expr) and isinstance(getattr(below.value, "value", None), str)
            assert described, f"{field.target.id} is not described"
            assert inspect.cleandoc(below.value.value).endswith((".", '."')), f"{field.target.id}: not a sentence"
