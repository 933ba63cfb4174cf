"""The controls of an interactive figure: what a reader can choose, and which values a live kernel takes."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Slider:
    """A row of numbers to choose from. A live kernel also takes any number between the first and the last."""

    name: str
    label: str
    values: tuple
    value: float

    def check(self, value):
        low, high = self.values[0], self.values[-1]
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low <= value <= high:
            raise ValueError(f"{self.name} must be a number from {low} to {high}, got {value!r}")
        return float(value)


@dataclass(frozen=True)
class Menu:
    """A few named choices: `options` maps each value to the words that the reader sees."""

    name: str
    label: str
    options: dict
    value: str

    @property
    def values(self):
        return tuple(self.options)

    def check(self, value):
        if value not in self.values:
            raise ValueError(f"{self.name} must be one of {', '.join(map(repr, self.options))}, got {value!r}")
        return value


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    name: str
    label: str
    value: bool
    values = (False, True)

    def check(self, value):
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"{self.name} must be True or False, got {value!r}")
        return bool(value)


@dataclass(frozen=True)
class Number:
    """A whole number to type in. Only a live kernel offers it; the static page keeps the start value."""

    name: str
    label: str
    value: int
    low: int
    high: int

    @property
    def values(self):
        return (self.value,)

    def check(self, value):
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or not self.low <= value <= self.high:
            raise ValueError(f"{self.name} must be a whole number from {self.low} to {self.high}, got {value!r}")
        return int(value)


@dataclass(frozen=True)
class Player:
    """Time: the steps of a film, to be played, paused, stepped and scrubbed through; `value` is where it starts."""

    name: str
    label: str
    values: tuple
    value: int

    def check(self, value):
        if isinstance(value, bool) or value not in self.values:
            raise ValueError(f"{self.name} must be one of {', '.join(map(str, self.values))}, got {value!r}")
        return int(value)
