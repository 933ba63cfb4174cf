"""The room of the chapter "Xavier initialization"."""

from . import exercises, experiments, figures
from .quiz import quiz

__all__ = ["exercises", "experiments", "figures", "quiz"]
