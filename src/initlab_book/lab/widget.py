"""The live host: an ordinary ipywidget whose state is the experiment. The engine computes in the page here, too."""

from typing import Any

import traitlets

from .. import engine
from ..host.widget import Widget
from .front_end import LAB
from .lab import Lab


class LabWidget(Widget):
    """A `Lab` in a notebook.

    Parameters
    ----------
    lab : Lab
        What it opens with.
    **experiment
        Parts of the experiment that differ from the lab's own.
    """

    _esm = LAB.module()
    _css = LAB.stylesheet()
    spec = traitlets.Dict(read_only=True).tag(sync=True)
    """What stays the same."""
    experiment = traitlets.Dict().tag(sync=True)
    """What is built and trained: read it, set it, `observe` it."""

    wants_digits = traitlets.Bool(False).tag(sync=True)
    """Set by the page when the images of the digits are first needed: they are not sent before."""
    digits = traitlets.Dict(read_only=True).tag(sync=True)
    """The images."""

    def __init__(self, lab: Lab, **experiment: Any) -> None:
        self.lab = lab
        super().__init__(experiment=dict(lab.experiment) | experiment)
        self.set_trait("spec", lab.spec())
        self.observe(lambda _: self.set_trait("digits", engine.digits()), "wants_digits")

    def _text(self) -> str:
        return self.lab.text
