"""The figure's JavaScript and style sheet."""

from pathlib import Path

from ..host.front_end import FrontEnd

EXPLORER = FrontEnd(Path(__file__).parent, "explorer")
