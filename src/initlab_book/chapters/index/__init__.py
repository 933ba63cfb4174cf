"""The room of the front page."""

from . import figures

__all__ = ["figures"]
