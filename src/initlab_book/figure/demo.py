"""What an interactive figure shows: its controls, its panels, and the function that computes them.

Nothing here draws. A `Demo` turns settings into a *frame*: a dict that JSON can hold,

    {"panels": {panel name: data}, "text": one sentence that says what the picture shows}

and both hosts, the widget and the static page, draw that frame with the same JavaScript.
"""

import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass

from ..numbers import jsonable


@dataclass(frozen=True)
class Demo:
    """An interactive figure: named controls, panels, and the function that computes what they show.

    Parameters
    ----------
    name : str
        Identifies the figure in the address of a page: letters and hyphens.
    title : str
        One line, shown above the controls.
    controls : tuple of Slider, Menu, Toggle or Number
    panels : tuple of Lines, Histograms, Formulas or Code
    compute : callable
        Takes every setting by name; returns (dict of panel data by panel name, text). The text is one or two
        sentences that tell somebody who does not see the picture what it shows.
    digits : int
        Significant digits kept of every number. Both hosts show the rounded numbers, so they agree.
    """

    name: str
    title: str
    controls: tuple
    panels: tuple
    compute: Callable
    digits: int = 4

    @property
    def choices(self):
        """All that can be set: a control for every setting."""
        return self.controls

    def settings(self, **changes):
        """All settings: the start values with the given changes, checked."""
        settings = {control.name: control.value for control in self.choices}
        for name in changes:
            if name not in settings:
                raise ValueError(f"unknown setting {name!r}; {self.name} has {', '.join(settings)}")
        return settings | {c.name: c.check(changes[c.name]) for c in self.choices if c.name in changes}

    def frame(self, **changes):
        """The numbers to draw, and the sentence that describes them, for the given settings."""
        panels, text = self.compute(**self.settings(**changes))
        return {"panels": jsonable(panels, self.digits), "text": text}

    def grid(self):
        """The settings of every picture on the static page, the last control changing fastest."""
        names = [control.name for control in self.controls]
        for values in itertools.product(*(control.values for control in self.controls)):
            yield dict(zip(names, values, strict=True))

    def spec(self):
        """What stays the same in every frame, for the JavaScript."""
        controls = [control_spec(control) for control in self.controls]
        panels = [jsonable(asdict(panel), 17) for panel in self.panels]
        return {"name": self.name, "title": self.title, "controls": controls, "panels": panels}


def control_spec(control):
    """A control, for the JavaScript."""
    return asdict(control) | {"kind": type(control).__name__.lower(), "values": jsonable(control.values, 17)}
