"""The live host: an ordinary ipywidget whose pictures Python computes on demand."""

import asyncio
import time
from typing import Any

import traitlets

from ..host.widget import Widget
from .controls import Control
from .demo import Demo, Settings
from .film import SECOND, Film, Frame
from .front_end import EXPLORER

YIELD_EVERY = 0.02
"""Seconds of work on a film after which the kernel handles its messages, such as a stop."""
DELIVER_EVERY = 0.1
"""Seconds between two deliveries of a film that is being made."""


class Explorer(Widget):
    """The interactive figure of a `Demo`.

    Every setting is a trait: read it, set it, `observe` it, or `link` it to another widget. A slider takes any value
    between its ends here, not only those of the static page.

    A `Film` is made while the reader watches, by a task of the kernel's event loop that lets the kernel handle its
    messages some fifty times a second. Where no loop is running, the film is made at once.

    Parameters
    ----------
    demo : Demo
        The figure.
    **settings
        Start values that differ from the demo's own.

    Raises
    ------
    ValueError
        For an unknown setting or a value that is not allowed; a trait set later raises `traitlets.TraitError`.
    """

    _esm = EXPLORER.module()
    _css = EXPLORER.stylesheet()
    spec = traitlets.Dict(read_only=True).tag(sync=True)
    """What stays the same in every frame."""
    frame = traitlets.Dict(read_only=True).tag(sync=True)
    """The frame for the settings, unless it is a film."""
    film = traitlets.Dict(read_only=True).tag(sync=True)
    """The film of the first side, as far as it has been made."""
    film_2 = traitlets.Dict(read_only=True).tag(sync=True)
    """The film of the second side."""
    running = traitlets.Bool(False).tag(sync=True)
    """Whether a film is being made. Set it to False to stop."""
    progress = traitlets.Float(0.0, read_only=True).tag(sync=True)
    """Which share of the film has been made."""
    answered = traitlets.Int(read_only=True).tag(sync=True)
    """Counts the changes of settings that have been answered: until then a page may say that the kernel is busy."""
    status = traitlets.Unicode(read_only=True).tag(sync=True)
    """What a reader is to be told of a film that has been stopped."""

    def __init__(self, demo: Demo, **settings: Any) -> None:
        self.demo = demo
        self._start = demo.settings(**settings)
        names = list(self._start)
        taken = [name for name in names if self.has_trait(name)]
        if taken:
            raise ValueError(f"{demo.name} has a setting named {taken[0]!r}, which every widget has already")
        self.add_traits(**{control.name: _trait(control) for control in demo.choices})
        super().__init__(**self._start)
        self.set_trait("spec", demo.spec())
        if not isinstance(demo, Film):
            self._compute()
            self.observe(self._compute, names)
        else:
            self._film = demo
            self._task: asyncio.Task[None] | None = None
            self._wanted: set[str] = set()
            self._making: tuple[str, list[Frame]] = "film", []
            self._begin()
            self.observe(self._begin, names)
            self.observe(self._stop, "running")

    @property
    def settings(self) -> Settings:
        """All settings, by name."""
        return {name: getattr(self, name) for name in self._start}

    def _compute(self, change: Any = None) -> None:
        self.set_trait("frame", self.demo.frame(**self.settings))
        self.set_trait("answered", self.answered + 1)

    # ---- films

    def _begin(self, change: Any = None) -> None:
        """Begin to make the films that a change of settings asks for: of the first side, the second or both."""
        name = change.name if change else None
        self.set_trait("answered", self.answered + 1)
        if name == self._film.player.name or (name == "compare" and not self.compare):
            return
        if name != "compare" and not (name or "").endswith(SECOND):
            self._wanted.add("film")
        if self.settings.get("compare") and name not in self._film.compare:
            self._wanted.add("film_2")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(self._make())
            return
        if self._task:
            self._task.cancel()
        self._making = "film", []
        self._task = loop.create_task(self._make())

    async def _make(self) -> None:
        """Make the films that are wanted, one after the other."""
        task = asyncio.current_task()
        self.running = True
        try:
            for name in sorted(self._wanted):
                await self._make_one(name)
                self._wanted.discard(name)
        finally:
            if self._task in (task, None):  # else other films have been begun
                self._task, self.running = None, False

    async def _make_one(self, name: str) -> None:
        settings = self.settings
        self.set_trait("status", "")
        self.set_trait("progress", 0.0)
        frames: list[Frame] = []
        yielded, shown = time.monotonic(), 0.0
        self._making = name, frames
        for frame in self._film.compute(**self._film.of_side(settings, second=name == "film_2")):
            if frame is not None:
                frames.append(frame)
                if time.monotonic() > shown + DELIVER_EVERY:
                    self._deliver(name, frames)
                    shown = time.monotonic()
            if time.monotonic() > yielded + YIELD_EVERY:
                await asyncio.sleep(0.002)
                yielded = time.monotonic()
        self._deliver(name, frames)

    def _deliver(self, name: str, frames: list[Frame]) -> None:
        self.set_trait("progress", len(frames) / len(self._film.player.values))
        self.set_trait(name, self._film.pack(frames))

    def _stop(self, change: Any) -> None:
        if not change.new and self._task:
            self._task.cancel()
            self._wanted.clear()
            name, frames = self._making
            if frames:
                self._deliver(name, frames)  # to the last one: what is said must be what is seen
            at = self._film.player.values[max(len(frames) - 1, 0)]
            self.set_trait("status", f"Stopped at {self._film.player.label.lower()} {at}.")

    def _text(self) -> str:
        if not isinstance(self.demo, Film):
            return self.frame["text"]
        return self.film["texts"][-1] if self.film else self.demo.title


def _trait(control: Control) -> traitlets.TraitType:
    """A synchronised trait that holds what the control allows."""

    class Setting(traitlets.TraitType):
        info_text = f"a value for {control.label}"

        def validate(self, obj: Any, value: Any) -> Any:
            try:
                return control.check(value)
            except ValueError as error:
                raise traitlets.TraitError(str(error)) from None

    return Setting(default_value=control.value).tag(sync=True)
