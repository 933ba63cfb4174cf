"""Frames on their way to the page: rounded, and the frames of a run packed into one object.

What is the same in all frames is kept once, and large arrays are kept as letters, frame after frame as differences.
`packing.js` unpacks them.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

Frame = tuple[dict[str, Any], str]
"""What `Film.compute` yields for a step: the data of the panels by name, and the text."""

LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NONE = len(LEVELS) - 1  # stands for nan
_LETTER = np.frombuffer(LEVELS.encode(), np.uint8)
_LEVEL = np.zeros(128, np.uint8)
_LEVEL[_LETTER] = np.arange(len(LEVELS))


class Levels:
    """Numbers from 0 to 1, kept in 63 levels, one character each: for large arrays that are only looked at.

    Parameters
    ----------
    values : array
        Numbers from 0 to 1, of any shape; nan where there is none.

    Raises
    ------
    ValueError
        If a number lies outside.

    Examples
    --------
    >>> Levels([0, 0.5, 1, float("nan")]).text
    'Af-_'
    """

    text: str
    """One of the characters of `LEVELS` for each number, the last one for nan."""

    def __init__(self, values: ArrayLike) -> None:
        values = np.asarray(values, dtype=float)
        with np.errstate(invalid="ignore"):
            known = np.rint((_NONE - 1) * values)
        if np.any((known < 0) | (known > _NONE - 1)):
            raise ValueError(f"levels must lie between 0 and 1, got {np.nanmin(values)} to {np.nanmax(values)}")
        self.text = _LETTER[np.where(np.isnan(values), _NONE, known).astype(int)].tobytes().decode()


def changes(texts: Sequence[str]) -> list[str]:
    """Levels of the same length one after another: the first as it is, the others as differences from the one before.

    Parameters
    ----------
    texts : sequence of str
        The `text` of several `Levels`, all equally long.

    Returns
    -------
    list of str
        As many texts of the same length. A difference counts on from the last level to the first.

    Examples
    --------
    >>> changes(["AAB", "AAC", "BAC"])
    ['AAB', 'AAB', 'BAA']
    """
    rows = np.stack([_LEVEL[np.frombuffer(text.encode(), np.uint8)] for text in texts])
    rows[1:] = (rows[1:] - rows[:-1]) % len(LEVELS)  # unsigned: 2^8 is a multiple of the number of levels
    return [_LETTER[row].tobytes().decode() for row in rows]


def jsonable(value: Any, digits: int) -> Any:
    """The same value as JSON can hold it: plain lists, dicts and numbers.

    Parameters
    ----------
    value : object
        Lists, tuples, arrays and dicts, however deep, of numbers, `Levels`, and what JSON takes anyway.
    digits : int
        To how many significant digits a float is rounded. A whole number below a million becomes an int. JSON has no
        inf and no nan: they become the words "inf", "-inf" and "nan".

    Examples
    --------
    >>> jsonable({"y": np.array([1.0, 2 / 3, np.inf])}, digits=3)
    {'y': [1, 0.667, 'inf']}
    """
    if isinstance(value, Levels):
        return value.text
    if isinstance(value, dict):
        return {str(key): jsonable(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [jsonable(item, digits) for item in value]
    if isinstance(value, (float, np.floating)):
        if math.isnan(value):
            return "nan"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        rounded = float(f"{value:.{digits}g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e6 else rounded
    if isinstance(value, np.integer):
        return int(value)
    return value


def pack(panels: Iterable[Any], frames: Sequence[Frame], digits: int) -> dict[str, Any]:
    """The frames of one run as one object.

    Parameters
    ----------
    panels : iterable of panels
        Those that the frames hold data for. Of a panel with `over_time` the last frame tells all; what a panel calls
        its `levels` is kept as differences.
    frames : sequence of Frame
    digits : int
        To how many significant digits numbers are rounded.

    Returns
    -------
    dict
        {"still": {panel: data that never changes}, "moving": {panel: {key: a list with its value in every frame}},
        "texts": list}.
    """
    shown: list[dict[str, Any]] = []
    seen: dict[tuple[str, str], tuple[Any, Any]] = {}

    def plain(name: str, key: str, value: Any) -> Any:
        """The value as JSON holds it, worked out once while it stays the same object."""
        if (name, key) not in seen or seen[name, key][0] is not value:
            seen[name, key] = value, jsonable(value, digits)
        return seen[name, key][1]

    for frame, _ in frames:
        shown.append({name: {k: plain(name, k, v) for k, v in data.items()} for name, data in frame.items()})
    by_name = {panel.name: panel for panel in panels}
    film: dict[str, Any] = {"still": {}, "moving": {}, "texts": [text for _, text in frames]}
    for name in shown[0]:
        panel = by_name.get(name)
        for key in shown[0][name]:
            values = [frame[name][key] for frame in shown]
            if getattr(panel, "over_time", False) or all(value == values[0] for value in values):
                film["still"].setdefault(name, {})[key] = values[-1]
            else:
                levels = key in getattr(panel, "levels", ())
                film["moving"].setdefault(name, {})[key] = changes(values) if levels else values
    return film


def share(films: list[dict[str, Any]]) -> dict[str, Any]:
    """Several packed runs, with what all of them hold kept once.

    Parameters
    ----------
    films : list of dict
        From `pack`. What is shared is taken out of them.

    Returns
    -------
    dict
        {"common": {panel: data that all of them share}, "films": the films}.
    """
    common: dict[str, Any] = {}
    for panel, data in films[0]["still"].items():
        for key, value in list(data.items()):
            if all(film["still"].get(panel, {}).get(key) == value for film in films):
                common.setdefault(panel, {})[key] = value
                for film in films:
                    del film["still"][panel][key]
    return {"common": common, "films": films}
