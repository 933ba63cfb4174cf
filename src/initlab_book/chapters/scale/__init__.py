"""The room of the chapter "Finding the right scale"."""

from . import exercises, experiments, figures
from .quiz import quiz

__all__ = ["exercises", "experiments", "figures", "quiz"]
