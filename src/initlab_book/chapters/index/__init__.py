"""The room of the front page."""

from . import experiments, figures

__all__ = ["experiments", "figures"]
