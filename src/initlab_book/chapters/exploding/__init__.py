"""The room of the chapter "Exploding and vanishing signals"."""

from . import exercises, experiments, figures
from .quiz import quiz

__all__ = ["exercises", "experiments", "figures", "quiz"]
