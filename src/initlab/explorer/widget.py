"""The live host: an ordinary ipywidget whose pictures Python computes on demand."""

from pathlib import Path

import traitlets

from ..front_end.widget import Widget
from . import static
from .demo import Demo

_HERE = Path(__file__).parent


class Explorer(Widget):
    """The interactive figure of a `Demo`.

    Every setting is a trait: read it, set it, `observe` it, or `link` it to another widget. The grid of the sliders is
    no limit here: any value between a slider's ends will do.

    Parameters
    ----------
    demo : Demo
    **settings
        Start values that differ from the demo's own.

    Raises
    ------
    ValueError
        For an unknown setting or a value that is not allowed; a trait set later raises `traitlets.TraitError`.
    """

    _esm = _HERE / "explorer.js"
    _css = static.stylesheet()
    spec = traitlets.Dict(read_only=True).tag(sync=True)
    frame = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(self, demo: Demo, **settings):
        self.demo = demo
        self._start = demo.settings(**settings)
        names = list(self._start)
        taken = [name for name in names if self.has_trait(name)]
        if taken:
            raise ValueError(f"{demo.name} has a setting named {taken[0]!r}, which every widget has already")
        self.add_traits(**{control.name: _trait(control) for control in demo.controls})
        super().__init__(**self._start)
        self.set_trait("spec", demo.spec())
        self._compute()
        self.observe(self._compute, names)

    def _compute(self, change=None):
        self.set_trait("frame", self.demo.frame(**{name: getattr(self, name) for name in self._start}))

    def _html(self):
        return static.figure(self.demo, **self._start)

    def _text(self):
        return self.frame["text"]


def _trait(control):
    """A synchronised trait that holds what the control allows."""

    class Setting(traitlets.TraitType):
        info_text = f"a value for {control.label}"

        def validate(self, obj, value):
            try:
                return control.check(value)
            except ValueError as error:
                raise traitlets.TraitError(str(error)) from None

    return Setting(default_value=control.value).tag(sync=True)
