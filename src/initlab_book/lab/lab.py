"""What a lab opens with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..numbers import number


@dataclass(frozen=True, eq=False)
class Lab:
    """The instrument of the chapter "The lab"."""

    name: str
    """Identifies it on the page, and in the reader's browser."""
    title: str
    """Stands above it."""
    text: str
    """What it is, for a page without JavaScript."""
    experiment: Mapping[str, Any]
    """What it opens with, as `engine/lab.d.ts` describes it, with all networks in full."""
    chapters: Mapping[str, str]
    """The titles of the chapters that explain what it sees, by file."""

    def spec(self) -> dict[str, Any]:
        """What the JavaScript needs to know."""
        return {
            "name": self.name,
            "title": self.title,
            "start": dict(self.experiment),
            "chapters": dict(self.chapters),
        }

    def table(self) -> tuple[list[str], list[list[str]]]:
        """The heads of the columns and the rows of a table: the networks that it opens with, layer by layer."""
        rows = []
        for letter, network in zip("AB", self.experiment["runs"], strict=False):
            units = [*map(number, network["hidden"]), "output"]
            activations = [*network["activations"], "–"]
            starts = [f"{how['scheme']}, scale {number(how['scale'])}" for how in network["initializers"]]
            layers = zip(units, activations, starts, strict=True)
            rows += [[f"{letter}{layer}", *cells] for layer, cells in enumerate(layers, start=1)]
        return ["layer", "units", "activation", "weights start as"], rows
