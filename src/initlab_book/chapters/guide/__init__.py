"""The room of the chapter "Which call do I write?"."""

from . import exercises, experiments, figures
from .quiz import quiz

__all__ = ["exercises", "experiments", "figures", "quiz"]
