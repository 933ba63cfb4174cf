"""The code of the chapters on the pages: machinery is folded (the cells tagged hide-input), and one button in the
header shows all of it, none of it, or what is open and what is folded as the chapter has it.

Also an extension of Sphinx: it writes the fold, for myst-nb's has words that only a screen reader hears.
"""

import re

from myst_nb.sphinx_ import HideCodeCellNode


def setup(app):
    app.add_node(HideCodeCellNode, override=True, html=(open_fold, close_fold))
    app.connect("html-page-context", offer_switch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def open_fold(self, node):
    name = "Imports" if re.match("from |import ", node.astext()) else "Code"
    self.body.append(f'<details class="folded-code"><summary>{name}</summary>\n')


def close_fold(self, node):
    self.body.append("</details>\n")


def offer_switch(app, pagename, templatename, context, doctree):
    context["has_code"] = "cell_input" in context.get("body", "")
