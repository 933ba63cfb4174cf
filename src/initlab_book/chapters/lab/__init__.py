"""The room of the chapter "The lab"."""

from .lab import lab

__all__ = ["lab"]
