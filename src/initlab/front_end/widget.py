"""The live host of a front end. Apart from the package's own file, because anywidget takes half a second to import."""

import os

import anywidget


class Widget(anywidget.AnyWidget):
    """A widget in a notebook, and a piece of HTML on the page that the book makes of the notebook."""

    def _html(self):
        """What stands on a page of the site."""
        raise NotImplementedError

    def _text(self):
        """The same in plain words, for a reader of the notebook that shows neither widgets nor HTML."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        if os.environ.get("INITLAB_BOOK"):
            return {"text/html": self._html(), "text/plain": self._text()}
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/plain": self._text()}, metadata
