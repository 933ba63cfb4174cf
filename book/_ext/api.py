"""The page of the API: the docstrings of `initlab`, made ready for Sphinx's autodoc and napoleon.

The docstrings are written for somebody who reads the code: in Markdown, with numpydoc's sections and `>>>` examples.
Here they become reStructuredText; a name between backticks becomes a link, if it has a place on the page.
"""

import ast
import gc
import importlib
import inspect
import itertools
import pkgutil
import re
import sys
import textwrap

from docutils import nodes
from sphinx import addnodes
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

PAGE = "book/api"


def setup(app):
    app.connect("env-before-read-docs", make_haste)
    app.connect("autodoc-process-docstring", convert, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", write_signature)
    app.connect("object-description-transform", finish_entry)
    app.connect("missing-reference", find_type)
    app.connect("html-page-context", finish_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def make_haste(app, env, docnames):
    """Leave out two things that would take half of the page's time."""
    if PAGE in docnames:
        # What is read stays to the end: there is hardly any garbage to look for.
        gc.set_threshold(50_000, 20, 20)
        # Sphinx would parse the modules of the classes that ours are derived from, to describe what they inherit.
        importlib.import_module("initlab.algebra")
        for name in sys.modules:
            if name.startswith("sympy."):
                ModuleAnalyzer.cache["module", name] = PycodeError("not on the page")


# ---------------------------------------------------------------- docstrings


def convert(app, what, name, obj, options, lines):
    """Turn the lines of a docstring into reStructuredText, in place."""
    if what == "function" and obj.__name__ != name.rpartition(".")[2]:
        lines[:] = [f"Another name of :py:func:`{obj.__name__}`."]
        return
    text = Text(name, obj)
    blocks = list(_blocks(lines))
    if what in ("attribute", "data", "property") and blocks:
        # Napoleon would take "(depth,): E[z^2] of ..." for a type and a description, were it all in one line.
        blocks[0][:1] = blocks[0][0].replace(": ", ":\n", 1).split("\n")
    lines.clear()
    in_section, indent = False, 0  # in a section of numpydoc; how far the line before was indented
    for block in blocks:
        if block[0].startswith(">>>"):
            lines += ["", *block] if in_section else block  # two empty lines end a section
            in_section = False
        elif _indent(block[0]) >= indent + 4:  # a formula
            lines += [".. code-block:: text", "", *block]
        elif in_section or (len(block) > 1 and re.fullmatch("-{3,}", block[1])):
            in_section = True
            for indented, part in itertools.groupby(block, _indent):
                rows = list(part)
                lines += text.convert(rows) if indented else rows  # names and types are napoleon's
        else:
            lines += text.convert(block)
        indent = _indent(block[-1])
        lines.append("")


class Text:
    """Plain text of the docstring of `name`: what is markup in Markdown becomes so in reStructuredText, and nothing
    else does."""

    # `code`, [text](address) and *emphasis*
    MARKUP = re.compile(r"`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)|(?<![\w*])\*(\w[^*]*)\*(?![\w*])")
    # What would be markup: the star of *kernel, the bars of |z|, the end of name_.
    SPECIAL = re.compile(r"[\\|`]|\*(?=\S)|(?<=\S)\*|_(?!\w)")

    def __init__(self, name, obj):
        self.name = name
        try:
            self.parameters = set(inspect.signature(obj).parameters)
        except (TypeError, ValueError):
            self.parameters = set()

    def convert(self, lines):
        """Lines for lines. They belong together, because markup may go from one to the next."""
        text, parts, end = "\n".join(lines), [], 0
        for match in self.MARKUP.finditer(text):
            parts += [self._plain(text[end : match.start()]), self._marked(*match.groups())]
            end = match.end()
        return "".join([*parts, self._plain(text[end:])]).split("\n")

    def _plain(self, text):
        return self.SPECIAL.sub(r"\\\g<0>", text)

    def _marked(self, code, text, address, emphasis):
        if code:
            target = None if code in self.parameters else find(code, self.name)
            return f":py:obj:`{code} <{target}>`" if target else f"``{code}``"
        return f"`{text} <{address}>`__" if text else f"*{emphasis}*"


def find(reference, name):
    """The full name of what the docstring of `name` calls `reference`, or None if it is nothing of this package."""
    if not re.fullmatch(r"[A-Za-z][\w.]*", reference):
        return None
    scope = name
    while scope:
        try:
            found = pkgutil.resolve_name(f"{scope}.{reference}")
        except (AttributeError, ImportError):
            scope = scope.rpartition(".")[0]
            continue
        if inspect.ismodule(found):
            full = found.__name__
        elif "<" not in (qualified := getattr(found, "__qualname__", "<")):  # not made by a decorator
            full = f"{found.__module__}.{qualified}"
        else:
            return f".{reference}"  # data do not know where they come from: Sphinx looks for the nearest of that name
        return full if full.startswith("initlab.") and "._" not in full else None
    return None


def _blocks(lines):
    """What stands between empty lines; examples are a block of their own."""
    block = []
    for line in [*lines, ""]:
        example = line.startswith(">>>") and not (block and block[0].startswith(">>>"))
        if block and (example or not line.strip()):
            yield block
            block = []
        if line.strip():
            block.append(line)


def _indent(line):
    return len(line) - len(line.lstrip())


def finish_entry(app, domain, kind, content):
    """A quoted word is a value, and three dots are axes: they stay as in the code. A long value is better described."""
    content["support_smartquotes"] = False
    for value in content.parent[0].findall(addnodes.desc_annotation):
        if value.astext().startswith(" = ") and len(value.astext()) > 40:
            value.parent.remove(value)


# ---------------------------------------------------------------- signatures


def write_signature(app, what, name, obj, options, arguments, returned):
    """A signature as the source has it: an alias such as ArrayLike has lost its name when Python runs. The fields of a
    record stand below it, with their types: they need no signature."""
    if what == "class" and (hasattr(obj, "__dataclass_fields__") or hasattr(obj, "_fields")):
        return "", None
    function = obj.__init__ if what in ("class", "exception") else obj
    if not inspect.isfunction(inspect.unwrap(function)):
        return arguments, returned
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    parameters = definition.args
    if what != "function" and not _is_static(definition):
        del parameters.args[0]  # self or cls
    for parameter in (*parameters.args, *parameters.kwonlyargs, parameters.vararg, parameters.kwarg):
        if parameter is not None and parameter.annotation is not None:
            parameter.annotation = Short().visit(parameter.annotation)
    returns = definition.returns and Short().visit(definition.returns)
    return f"({ast.unparse(parameters)})", returns and ast.unparse(returns)


class Short(ast.NodeTransformer):
    """An annotation without the names of modules, nor the quotes around a class that is not yet defined."""

    def visit_Attribute(self, node):
        return ast.Name(node.attr)

    def visit_Constant(self, node):
        return ast.Name(node.value) if isinstance(node.value, str) else node

    def visit_Subscript(self, node):
        return node if ast.unparse(node.value) == "Literal" else self.generic_visit(node)


# Types of others that stand in signatures.
ELSEWHERE = {
    "ArrayLike": "https://numpy.org/doc/stable/reference/typing.html#numpy.typing.ArrayLike",
    "DTypeLike": "https://numpy.org/doc/stable/reference/typing.html#numpy.typing.DTypeLike",
    "Expr": "https://docs.sympy.org/latest/modules/core.html#sympy.core.expr.Expr",
    "Generator": "https://numpy.org/doc/stable/reference/random/generator.html#numpy.random.Generator",
    "SeedSequence": (
        "https://numpy.org/doc/stable/reference/random/bit_generators/generated/numpy.random.SeedSequence.html"
    ),
    "Symbol": "https://docs.sympy.org/latest/modules/core.html#sympy.core.symbol.Symbol",
    "Tuple": "https://docs.sympy.org/latest/modules/core.html#sympy.core.containers.Tuple",
    "dtype": "https://numpy.org/doc/stable/reference/generated/numpy.dtype.html",
    "ndarray": "https://numpy.org/doc/stable/reference/generated/numpy.ndarray.html",
}


def find_type(app, env, node, contnode):
    """A type in a signature that Sphinx did not find: an alias of ours, which is data to it, or a type of others."""
    if (node.get("refdomain"), node["reftype"]) != ("py", "class"):
        return None
    module, _, name = node["reftarget"].rpartition(".")
    if module == "collections.abc":
        return contnode
    if address := ELSEWHERE.get(name):
        return nodes.reference("", "", contnode, internal=False, refuri=address)
    node["refspecific"] = True  # search all modules
    domain, page = env.get_domain("py"), node["refdoc"]
    return domain.resolve_xref(env, page, app.builder, "data", node["reftarget"], node, contnode)


def _is_static(definition):
    return any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in definition.decorator_list)


# ---------------------------------------------------------------- the page


def finish_page(app, pagename, templatename, context, doctree):
    if pagename != PAGE:
        return
    app.add_css_file("api.css")
    body = re.sub(r"(?<=[)>]) -- ", " – ", context["body"])
    body = MANGLED.sub(r"\1\2", body)
    body = re.sub('<dt class="sig .*?</dt>', list_parameters, body, flags=re.DOTALL)
    # The button that copies an example leaves out line numbers; of a session at the prompt it is to take the code.
    body = body.replace('<span class="gp">', '<span class="gp linenos">')
    context["body"] = re.sub(r'(<span class="go">.*?</span>\n)+', r'<span class="linenos">\g<0></span>', body)


def list_parameters(signature):
    """A signature with a line for each parameter. Sphinx makes them a list of definitions of nothing, which misleads
    those who listen to the page."""
    tags = {"<dl>": '<span class="sig-lines">', "<dd>": "<span>", "</dl>": "</span>", "</dd>": "</span>"}
    return re.sub("</?d[ld]>", lambda tag: tags[tag[0]], signature[0])


# Sphinx 7 writes Callable[[...], x] for Callable[..., x], with its brackets in spans or without.
OPEN, CLOSE = '(?:<span class="p"><span class="pre">)?', "(?:</span></span>)?"
MANGLED = re.compile(rf"(Callable.{{,60}}\[{CLOSE}){OPEN}\[{CLOSE}({OPEN}\.\.\.{CLOSE}){OPEN}\]{CLOSE}")
