"""The house around `initlab`: the interactive figures, quizzes and exercises of the book Initialization Lab.

A notebook of the book needs two lines of it:

    from initlab_book import show
    from initlab_book.chapters import xavier as chapter

and then `show(chapter.figures.rules)`, `show(chapter.quiz)`, `chapter.exercises.bound.check(bound)`. The science is in
`initlab`, which knows nothing of all this.
"""

from importlib.util import find_spec

from .numbers import number, percent
from .show import show
from .table import Table

__all__ = ["Table", "number", "percent", "show"]

# The distribution can be installed without them, for `initlab` alone.
if missing := [name for name in ("matplotlib", "ipywidgets", "anywidget", "latex2mathml") if not find_spec(name)]:
    raise ModuleNotFoundError(f"initlab_book needs {', '.join(missing)}, too: install initlab[book]")
