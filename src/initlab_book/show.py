"""Which host shows a thing: a widget where there is a kernel, a piece of HTML on the pages of the book.

This is the only module that knows of both, and the only one that asks whether the book is being built.
"""

import os
from typing import TYPE_CHECKING, Any

from .figure.demo import Demo
from .lab.lab import Lab
from .quiz.quiz import Quiz

if TYPE_CHECKING:
    from .figure.widget import Explorer
    from .host.front_end import Still
    from .lab.widget import LabWidget
    from .quiz.widget import QuizWidget


def building() -> bool:
    """Whether the book is being built: the extension in `book/_ext` says so to the kernels that it starts."""
    return bool(os.environ.get("INITLAB_BOOK"))


def show(thing: Demo | Lab | Quiz, **settings: Any) -> "Explorer | LabWidget | QuizWidget | Still":
    """A figure, a quiz or a lab, ready to be the last line of a notebook cell.

    Parameters
    ----------
    thing : Demo, Lab or Quiz
        What to show. A `Film` is a `Demo`.
    **settings
        Start values of a figure, or parts of the experiment of a lab, that differ from its own.

    Returns
    -------
    Explorer, LabWidget, QuizWidget or Still
        With a kernel an ordinary widget; while the book is built, what the page is to carry.

    Raises
    ------
    TypeError
        If there is no host for such a thing.
    ValueError
        If the figure has no such setting, or does not take that value.
    """
    # The hosts load when they are needed: anywidget alone takes half a second, and a page needs none of it.
    if isinstance(thing, Demo):
        if building():
            from .figure import static as figure_page

            return figure_page.still(thing, **settings)
        from .figure.widget import Explorer

        return Explorer(thing, **settings)
    if isinstance(thing, Quiz):
        if settings:
            raise TypeError(f"a quiz has no settings, got {', '.join(settings)}")
        if building():
            from .quiz import static as quiz_page

            return quiz_page.still(thing)
        from .quiz.widget import QuizWidget

        return QuizWidget(thing)
    if isinstance(thing, Lab):
        if building():
            from .lab import static as lab_page

            return lab_page.still(thing, **settings)
        from .lab.widget import LabWidget

        return LabWidget(thing, **settings)
    raise TypeError(f"thing must be a Demo, a Film, a Quiz or a Lab, got {thing!r}")
