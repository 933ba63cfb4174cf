"""The quiz's JavaScript and style sheet."""

from pathlib import Path

from ..host.front_end import FrontEnd

QUIZ = FrontEnd(Path(__file__).parent, "quiz")
