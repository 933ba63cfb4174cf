"""The live host: a widget that carries the whole quiz, so that it is marked without the kernel."""

from pathlib import Path

import traitlets

from ..front_end.widget import Widget
from . import static
from .quiz import Quiz

_HERE = Path(__file__).parent


class QuizWidget(Widget):
    """A `Quiz` in a notebook."""

    _esm = _HERE / "quiz.js"
    _css = static.stylesheet()
    spec = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(self, quiz: Quiz):
        self.quiz = quiz
        super().__init__()
        self.set_trait("spec", quiz.spec())

    def _html(self):
        return static.html(self.quiz)

    def _text(self):
        return static.text(self.quiz)
