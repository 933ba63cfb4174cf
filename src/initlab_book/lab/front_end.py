"""The lab's JavaScript and style sheet."""

from dataclasses import dataclass
from pathlib import Path

from .. import engine
from ..figure.front_end import EXPLORER
from ..host.front_end import FrontEnd


@dataclass(frozen=True)
class LabFrontEnd(FrontEnd):
    """It draws with the figure's own modules, so it has the figure's look as well."""

    def module(self) -> str:
        """The ES module that a widget loads: the engine comes with it."""
        return engine.script("lab") + super().module()

    def stylesheet(self) -> str:
        """The figure's look, and what the lab adds."""
        look = EXPLORER.stylesheet().replace("initlab-explorer", "initlab-lab")
        return look + (self.folder / "lab.css").read_text(encoding="utf-8")


LAB = LabFrontEnd(Path(__file__).parent, "lab")
