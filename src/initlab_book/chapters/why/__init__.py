"""The room of the chapter "Why initialization matters"."""

from . import exercises, experiments, figures
from .quiz import quiz

__all__ = ["exercises", "experiments", "figures", "quiz"]
