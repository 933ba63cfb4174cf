"""What an interactive figure shows: its controls, its panels, and the function that computes them.

Nothing here draws. A `Demo` turns settings into a *frame*: a dict that JSON can hold,

    {"panels": {panel name: data}, "text": one or two sentences that say what the picture shows}

and both hosts, the widget and the static page, draw that frame with the same JavaScript.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .controls import Control
from .packing import jsonable
from .panels import Panel
from .prediction import Prediction

Settings = dict[str, Any]
"""A value for every setting of a figure, by name."""


@dataclass(frozen=True)
class Demo:
    """An interactive figure: named controls, panels, and the function that computes what they show."""

    name: str
    """Identifies the figure in the address of a page: letters and hyphens."""
    title: str
    """One line, shown above the controls."""
    controls: tuple[Control, ...]
    """What the reader can choose, in the order in which it is shown."""
    panels: tuple[Panel, ...]
    """What is drawn, in order."""
    compute: Callable[..., Any]
    """Takes every setting by name; returns (dict of panel data by panel name, text). The text is one or two sentences
    that tell somebody who does not see the picture what it shows."""
    digits: int = 4
    """Significant digits kept of every number. Both hosts show the rounded numbers, so they agree."""
    caption: str = ""
    """What stands below the figure: what is computed, on what. On a page its number stands before it."""
    engine: bool = False
    """Whether `figures.js` of its chapter computes the same: a page then takes any setting, not only its grid's."""
    engine_data: Callable[[], Any] | None = None
    """What the engine needs besides the settings: a function of what the page is to carry for it."""
    prediction: Prediction | None = None
    """What the reader is asked before the picture is shown."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """What settings, or their values, were once called, so that links to them keep working: {"scale": "gain"} or
    {"start=small": "start=x0.1"}."""

    @property
    def choices(self) -> tuple[Control, ...]:
        """All that can be set: a control for every setting."""
        return self.controls

    def settings(self, **changes: Any) -> Settings:
        """All settings: the start values, with the given changes.

        Raises
        ------
        ValueError
            If there is no such setting, or its control does not allow the value.
        """
        settings = {control.name: control.value for control in self.choices}
        for name in changes:
            if name not in settings:
                raise ValueError(f"unknown setting {name!r}; {self.name} has {', '.join(settings)}")
        return settings | {c.name: c.check(changes[c.name]) for c in self.choices if c.name in changes}

    def frame(self, **changes: Any) -> dict[str, Any]:
        """The frame for the start values, with the given changes."""
        panels, text = self.compute(**self.settings(**changes))
        return {"panels": jsonable(panels, self.digits), "text": text}

    def grid(self) -> Iterator[Settings]:
        """The settings of every picture on the static page, the last control changing fastest."""
        names = [control.name for control in self.controls]
        for values in itertools.product(*(control.values for control in self.controls)):
            yield dict(zip(names, values, strict=True))

    def spec(self) -> dict[str, Any]:
        """What stays the same in every frame, for the JavaScript."""
        controls = [control_spec(control) for control in self.controls]
        panels = [jsonable(asdict(panel), 17) for panel in self.panels]
        return {
            "name": self.name,
            "title": self.title,
            "controls": controls,
            "panels": panels,
            "caption": self.caption,
            "digits": self.digits,
            "engine": self.engine,
            "prediction": jsonable(asdict(self.prediction), 17) if self.prediction else None,
            "aliases": dict(self.aliases),
        }


def control_spec(control: Control) -> dict[str, Any]:
    """A control, for the JavaScript."""
    return asdict(control) | {"kind": type(control).__name__.lower(), "values": jsonable(control.values, 17)}
