"""The controls of an interactive figure: what a reader can choose, and which values a kernel or an engine takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Slider:
    """A row of numbers to choose from. A kernel, or a page with an engine, takes any number between its ends, too."""

    name: str
    """The setting that it controls."""
    label: str
    """What stands beside it."""
    values: tuple[float, ...]
    """The numbers, in ascending order."""
    value: float
    """Where it starts."""
    whole: bool = False
    """Whether it takes whole numbers only."""

    def check(self, value: object) -> float:
        """The value as a float, or an int if only those are allowed; a ValueError says what is."""
        low, high = self.values[0], self.values[-1]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float | np.number)
            or not low <= value <= high
            or (self.whole and value != int(value))
        ):
            raise ValueError(f"{self.name} must be a {'whole ' * self.whole}number from {low} to {high}, got {value!r}")
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class Menu:
    """A few named choices."""

    name: str
    """The setting that it controls."""
    label: str
    """What stands beside it."""
    options: Mapping[str, str]
    """The words that the reader sees, by value."""
    value: str
    """Where it starts."""

    @property
    def values(self) -> tuple[str, ...]:
        """What can be chosen."""
        return tuple(self.options)

    def check(self, value: Any) -> str:
        """The value as it is; a ValueError says what is allowed."""
        if value not in self.values:
            raise ValueError(f"{self.name} must be one of {', '.join(map(repr, self.options))}, got {value!r}")
        return value


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    name: str
    """The setting that it controls."""
    label: str
    """What stands beside it."""
    value: bool
    """Where it starts."""
    values = (False, True)
    """What can be chosen, off before on."""

    def check(self, value: object) -> bool:
        """The value as a bool; a ValueError says what is allowed."""
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{self.name} must be True or False, got {value!r}")
        return bool(value)


@dataclass(frozen=True)
class Number:
    """A whole number to type in. A page without an engine cannot offer it, and keeps the start value."""

    name: str
    """The setting that it controls."""
    label: str
    """What stands beside it."""
    value: int
    """Where it starts."""
    low: int
    """The smallest number allowed."""
    high: int
    """The largest number allowed."""

    @property
    def values(self) -> tuple[int]:
        """The one value of the static page."""
        return (self.value,)

    def check(self, value: object) -> int:
        """The value as an int; a ValueError says what is allowed."""
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not self.low <= value <= self.high:
            raise ValueError(f"{self.name} must be a whole number from {self.low} to {self.high}, got {value!r}")
        return int(value)


@dataclass(frozen=True)
class Seed(Number):
    """A number that everything random is drawn from, with a button that draws again: it takes the next one."""

    name: str = "seed"
    label: str = "Seed"
    value: int = 0
    low: int = 0
    high: int = 9999


@dataclass(frozen=True)
class Widths:
    """The widths of a network to type in, such as "64, 32, 16"; with nothing typed in, those that a menu names. A page
    without an engine cannot offer it."""

    name: str = "widths"
    """The setting that it controls."""
    label: str = "Own widths"
    """What stands beside it."""
    value: str = ""
    """Where it starts."""
    most: int = 31
    """How many widths there may be, from three on."""
    high: int = 512
    """The largest width allowed."""
    values = ("",)
    """The one value of a page without an engine."""

    def check(self, value: object) -> str:
        """The value, with one space behind each comma; a ValueError says what is allowed."""
        parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
        known = all(part.isascii() and part.isdigit() and 1 <= int(part) <= self.high for part in parts)
        if value != "" and not (known and 3 <= len(parts) <= self.most):
            raise ValueError(
                f"{self.name} must be 3 to {self.most} whole numbers from 1 to {self.high}, with commas between them, "
                f"got {value!r}"
            )
        return ", ".join(str(int(part)) for part in parts if part)


@dataclass(frozen=True)
class Player:
    """Time: the steps of a film, to be played, paused, stepped and scrubbed through."""

    name: str
    """The setting that it controls."""
    label: str
    """What a step is called."""
    values: tuple[int, ...]
    """The steps that have a frame, in ascending order."""
    value: int
    """Where it starts."""

    def check(self, value: Any) -> int:
        """The value as an int; a ValueError says what is allowed."""
        if isinstance(value, bool) or value not in self.values:
            raise ValueError(f"{self.name} must be one of {', '.join(map(str, self.values))}, got {value!r}")
        return int(value)


Control = Slider | Menu | Toggle | Number | Seed | Widths | Player
"""Any of them."""
