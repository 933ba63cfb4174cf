"""Which host shows a thing: a widget where there is a kernel, a piece of HTML on the pages of the book.

This is the only module that knows of both, and the only one that asks whether the book is being built.
"""

import os
from typing import TYPE_CHECKING, Any

from .figure.demo import Demo
from .quiz.quiz import Quiz

if TYPE_CHECKING:
    from .figure.widget import Explorer
    from .host.front_end import Still
    from .quiz.widget import QuizWidget


def building() -> bool:
    """Whether the book is being built: the extension in `book/_ext` says so to the kernels that it starts."""
    return bool(os.environ.get("INITLAB_BOOK"))


def show(thing: Demo | Quiz, **settings: Any) -> "Explorer | QuizWidget | Still":
    """A figure or a quiz, ready to be the last line of a notebook cell.

    Parameters
    ----------
    thing : Demo or Quiz
        What to show. A `Film` is a `Demo`.
    **settings
        Start values of a figure that differ from its own.

    Returns
    -------
    Explorer, QuizWidget or Still
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
    raise TypeError(f"thing must be a Demo, a Film or a Quiz, got {thing!r}")
