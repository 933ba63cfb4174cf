"""The live host of a front end. Apart from the package's own file, because anywidget takes half a second to import."""

from typing import Any

import anywidget


class Widget(anywidget.AnyWidget):
    """A widget in a notebook, which says in plain words what it shows wherever widgets are not shown."""

    def _text(self) -> str:
        """What it shows, in plain words."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return data | {"text/plain": self._text()}, metadata
