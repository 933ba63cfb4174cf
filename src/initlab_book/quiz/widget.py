"""The live host: a widget that carries the whole quiz, so that it is marked without the kernel."""

import traitlets

from ..host.widget import Widget
from .front_end import QUIZ
from .quiz import Quiz


class QuizWidget(Widget):
    """A `Quiz` in a notebook."""

    _esm = QUIZ.module()
    _css = QUIZ.stylesheet()
    spec = traitlets.Dict(read_only=True).tag(sync=True)
    """The quiz, for the JavaScript."""

    def __init__(self, quiz: Quiz) -> None:
        self.quiz = quiz
        super().__init__()
        self.set_trait("spec", quiz.spec())

    def _text(self) -> str:
        return self.quiz.text()
