"""A figure over time: a run of something, frame by frame, with a player.

A `Film` is a `Demo` whose settings give not one frame but a frame for every step of its player. On their way to the
page the frames of one run are packed, see `packing.py`.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .controls import Control, Player, Toggle
from .demo import Demo, Settings, control_spec
from .packing import Frame, jsonable, pack, share

SECOND = "_2"
"""The end of the name of a setting of the second of two sides."""


@dataclass(frozen=True, kw_only=True)
class Film(Demo):
    """An interactive figure over time.

    Its `compute` takes every setting by name except the player's, and is a generator of frames, one for every step of
    the player, in their order. Between frames it may yield None: a live figure then lets the kernel handle its
    messages, and one of them may stop it.
    """

    player: Player
    """The steps."""
    films: Callable[..., dict[tuple, list[Frame]]] | None = None
    """All runs of one part at once, where that is faster: takes the value of `part`, if there is one, and returns the
    list of frames for every point of `part_grid`; the keys are the values of the other controls, in their order. The
    frames must be those that `compute` yields."""
    part: str | None = None
    """The name of a menu. The static page loads the films of each of its choices when a reader first makes it."""
    compare: tuple[str, ...] = ()
    """The controls of which each of two sides has its own, when two runs are shown side by side."""
    against: Mapping[str, Any] = field(default_factory=dict)
    """What the second side starts with, where that differs from the first: a pair that is worth comparing."""
    narrow: tuple[str, ...] = ()
    """The panels that a narrow page shows at first, where not all; the reader chooses others."""

    @property
    def choices(self) -> tuple[Control, ...]:
        """All that can be set: the controls, the player, and where two runs can be compared, whether they are, and the
        controls of the second side."""
        own = [replace(c, value=self.against.get(c.name, c.value)) for c in self.controls if c.name in self.compare]
        second = [replace(c, name=c.name + SECOND) for c in own]
        both = [Toggle("compare", "Compare two", False), *second] if second else []
        return (*self.controls, self.player, *both)

    def of_side(self, settings: Settings, second: bool = False) -> Settings:
        """What `compute` is to be given for the first or the second side, out of all settings."""
        own = self.compare if second else ()
        return {c.name: settings[c.name + SECOND if c.name in own else c.name] for c in self.controls}

    def frames(self, **changes: Any) -> Iterator[Frame | None]:
        """What `compute` yields for the start values, with the given changes."""
        yield from self.compute(**self.of_side(self.settings(**changes)))

    def frame(self, **changes: Any) -> dict[str, Any]:
        """The frame at the step of the player."""
        at = self.player.values.index(self.settings(**changes)[self.player.name])
        frames = (frame for frame in self.frames(**changes) if frame is not None)
        panels, text = next(itertools.islice(frames, at, None))
        return {"panels": jsonable(panels, self.digits), "text": text}

    def film(self, **changes: Any) -> dict[str, Any]:
        """A whole run, packed."""
        return self.pack([frame for frame in self.frames(**changes) if frame is not None])

    def pack(self, frames: Sequence[Frame]) -> dict[str, Any]:
        """The frames of one run as one object, as `packing.pack` makes it."""
        return pack(self.panels, frames, self.digits)

    def parts(self) -> tuple[Any, ...]:
        """The choices of `part`; only None where all films are in one piece."""
        return next(c for c in self.controls if c.name == self.part).values if self.part else (None,)

    def part_grid(self, part: str | None) -> Iterator[Settings]:
        """The settings of every film of a part, in the order in which the page keeps them."""
        return (point for point in self.grid() if self.part is None or point[self.part] == part)

    def part_films(self, part: str | None) -> dict[str, Any]:
        """The films of a part, packed: {"common": {panel: data that all of them share}, "films": list}."""
        points = list(self.part_grid(part))
        if self.films:
            every = self.films(part) if self.part else self.films()
            keys = [tuple(v for name, v in point.items() if name != self.part) for point in points]
            films = [self.pack(every[key]) for key in keys]
        else:
            films = [self.film(**point) for point in points]
        return share(films)

    def spec(self) -> dict[str, Any]:
        """What stays the same in every frame, for the JavaScript."""
        more = {
            "player": control_spec(self.player),
            "part": self.part,
            "compare": list(self.compare),
            "narrow": list(self.narrow),
        }
        return super().spec() | more
