"""Statistics of one quantity in every layer: moments and, if asked for, a histogram.

`network.observe` and `diagnostics.diagnose` go through a network layer by layer. A `Survey` is told what they see, and
keeps the moments and the counts of every layer, so that no array outlives its layer.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from .arguments import finite, whole


@dataclass(frozen=True)
class LayerStatistics:
    """Statistics of one quantity in every layer, over its units and the batch (weights: over the weights).

    Every array has shape (layers,), or (runs, layers) for an ensemble; `counts` has one axis more, for the bins.
    """

    layers: np.ndarray
    """(layers,): the number l of each layer listed here, to plot against."""
    mean: np.ndarray
    """E[v]."""
    variance: np.ndarray
    """E[v^2] - E[v]^2."""
    second_moment: np.ndarray
    """E[v^2], which zero-mean weights pass on from layer to layer. It is the variance only where the mean is 0."""
    cosine: np.ndarray | None = None
    """How alike the examples are: the mean, over all pairs of different examples, of the cosine of the angle between
    them, as vectors with an entry for each unit. 1 where all point the same way, 0 for directions drawn at random. An
    example that is 0 has no direction and is left out; nan with fewer than two that have one, or where one is not
    finite. None for gradients and weights."""
    correlation: np.ndarray | None = None
    """The same of what is left of every example when its mean over the units is subtracted."""
    edges: np.ndarray | None = None
    """(bins + 1,): the edges of the histogram, the same for every layer and run, or None if none was asked for. On a
    log scale, edges of log10 |v|: -3 stands for 0.001."""
    counts: np.ndarray | None = None
    """(..., layers, bins): values in [edges[i], edges[i+1]), the last bin including its upper edge."""
    below: np.ndarray | None = None
    """Values below the first edge, -inf included; on a log scale without those that are 0."""
    above: np.ndarray | None = None
    """Values above the last edge, inf included."""
    nan: np.ndarray | None = None
    """Values that are not a number. Every value is counted in exactly one of counts, below, above, nan and zero."""
    zero: np.ndarray | None = None
    """Values that are exactly 0 and so have no logarithm; None where the scale is linear."""

    @property
    def rms(self) -> np.ndarray:
        """sqrt(E[v^2]), the root mean square."""
        return np.sqrt(self.second_moment)


# ---------------------------------------------------------------- what is asked for


@dataclass(frozen=True)
class Bins:
    """A histogram that is asked for: equal bins of v or of log10 |v|."""

    count: int
    """How many bins."""
    low: float
    """The lower edge of the first bin."""
    high: float
    """The upper edge of the last bin."""
    log: bool = False
    """Whether v is counted by its log10 |v|."""


BinsArgument = int | Mapping[str, Sequence] | None
"""What every `bins` may be: see `check_bins`."""


def check_bins(bins: BinsArgument, quantities: Sequence[str], batch: int) -> dict[str, Bins]:
    """The histograms asked for, by quantity.

    Parameters
    ----------
    bins : int or dict, optional
        A dict gives bins and range of some quantities: {"a": (40, -1, 1)} means 40 equal bins from -1 to 1, and
        {"dz": (40, -12, 0, "log")} means 40 equal bins of log10 |dz|, from 1e-12 to 1. An int means that many bins from
        -5 to 5 for every quantity, and for dW, a sum over the batch, from -5 sqrt(batch) to 5 sqrt(batch).
    quantities : sequence of str
        The names that `bins` may use.
    batch : int
        The number of examples.

    Returns
    -------
    dict
        A `Bins` for each quantity of which there is to be a histogram; empty if `bins` is None.

    Raises
    ------
    ValueError, TypeError
        If `bins` is not as described; the message names what is wrong.

    Examples
    --------
    >>> check_bins({"a": (40, -1, 1)}, ["z", "a"], batch=256)
    {'a': Bins(count=40, low=-1.0, high=1.0, log=False)}
    """
    if bins is None:
        return {}
    if not isinstance(bins, Mapping):
        count = whole("bins (where it is no dict)", bins, at_least=1)
        reach = {name: 5.0 * (batch**0.5 if name == "dW" else 1) for name in quantities}
        return {name: Bins(count, -reach[name], reach[name]) for name in quantities}
    if unknown := [name for name in bins if name not in quantities]:
        raise ValueError(f"bins must name some of {', '.join(quantities)}, got {unknown[0]!r}")
    return {name: _bins(name, histogram) for name, histogram in bins.items()}


def _bins(name: str, histogram: Sequence) -> Bins:
    try:
        count, low, high, *scale = histogram
        if scale not in ([], ["log"]):
            raise ValueError
        bins = Bins(whole("bins", count, at_least=1), finite("low", low), finite("high", high), scale == ["log"])
        if not (-1e300 < low < high < 1e300 and (high - low) / count > 1e-12 * max(abs(low), abs(high))):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(
            "bins must be an int >= 1, or (bins, low, high) or (bins, low, high, 'log') for each quantity, with finite "
            f"low < high not too close together to hold so many bins, got {histogram!r} for {name!r}"
        ) from None
    return bins


# ---------------------------------------------------------------- collecting


class Survey:
    """Moments and counts of some quantities, layer by layer, as they are seen.

    Parameters
    ----------
    bins : dict
        The histograms to count, by quantity, as `check_bins` returns them.
    alike : sequence of str
        The quantities of which to measure how alike the columns are, too: the examples of a batch.

    Examples
    --------
    >>> survey = Survey({"a": Bins(2, -1.0, 1.0)}, alike=["a"])
    >>> for layer in (np.array([[0.5, -0.5]]), np.array([[2.0, 0.0], [0.0, 1.0]])):
    ...     survey.see(a=layer)
    >>> seen = survey.statistics("a")
    >>> seen.second_moment.tolist(), seen.counts.tolist(), seen.above.tolist(), seen.cosine.tolist()
    ([0.25, 1.25], [[1, 1], [0, 3]], [0, 1], [-1.0, 0.0])
    """

    def __init__(self, bins: Mapping[str, Bins], alike: Sequence[str] = ()) -> None:
        self._bins, self._alike = bins, alike
        self._layers: dict[str, list[_Seen]] = {}

    def see(self, **quantities: np.ndarray) -> None:
        """Take in the next layer of some quantities.

        Parameters
        ----------
        **quantities : (..., rows, columns) array
            The values of each, by name.
        """
        for name, values in quantities.items():
            moment, directions = _look_at_columns(values) if name in self._alike else (moments(values), None)
            histogram = _histogram(values, moment[0], self._bins[name]) if name in self._bins else ()
            seen = _Seen(*moment, histogram, directions)
            self._layers.setdefault(name, []).append(seen)

    def statistics(self, name: str, *, first: int = 1, downwards: bool = False) -> LayerStatistics:
        """What was seen of a quantity.

        Parameters
        ----------
        name : str
            Which quantity.
        first : int
            The number of the lowest layer.
        downwards : bool
            Whether the layers came from the highest to the lowest.

        Returns
        -------
        LayerStatistics
            With the layers from the lowest to the highest.
        """
        seen = self._layers[name][:: -1 if downwards else 1]

        def layers(one: Callable[[_Seen], np.ndarray]) -> np.ndarray:
            return np.stack([one(layer) for layer in seen], axis=-1)

        found = LayerStatistics(
            np.arange(first, first + len(seen)),
            layers(lambda layer: layer.mean),
            layers(lambda layer: layer.variance),
            layers(lambda layer: layer.second_moment),
        )
        directions = [layer.directions for layer in seen if layer.directions is not None]
        if directions:
            count = np.stack([some.columns for some in directions], axis=-2)  # (runs..., layers, 2)
            # |sum of u|^2 is the sum over all pairs of columns, and of each with itself.
            squares = np.stack([np.einsum("...ij,...ij->...j", u.total, u.total) for u in directions], axis=-2)
            cosines = (squares - count) / np.where(count > 1, count * (count - 1.0), np.nan)
            cosines = np.clip(cosines, -1, 1)  # rounding in float32 may overstep by 1e-7
            found = replace(found, cosine=cosines[..., 0], correlation=cosines[..., 1])
        if name in self._bins:
            bins, histograms = self._bins[name], [layer.histogram for layer in seen]
            counts = np.stack([counted for counted, *_ in histograms], axis=-2)  # (runs..., layers, bins + 3)
            found = replace(
                found,
                edges=np.linspace(bins.low, bins.high, bins.count + 1),
                counts=counts[..., 2:-1],
                below=counts[..., 1],
                above=counts[..., -1],
                nan=counts[..., 0],
                zero=np.stack([zeros for _, zeros in histograms], axis=-1) if bins.log else None,
            )
        return found


class _Directions(NamedTuple):
    """The sum of the unit vectors of the columns, which tells all that their mean cosine needs: of the columns as they
    are, and less their means over the rows, along a last axis of 2."""

    columns: np.ndarray
    """(..., 2): how many of them have a direction."""
    total: np.ndarray
    """(..., rows, 2): the sum of their unit vectors."""


class _Seen(NamedTuple):
    """One layer of one quantity."""

    mean: np.ndarray
    variance: np.ndarray
    second_moment: np.ndarray
    histogram: tuple[np.ndarray, ...]
    """What `_histogram` returns; empty where none was asked for."""
    directions: _Directions | None
    """None where they do not matter."""


def join(parts: Sequence[LayerStatistics]) -> LayerStatistics:
    """The statistics of all runs from those of some runs each.

    Parameters
    ----------
    parts : sequence of LayerStatistics
        Of ensembles with the same layers and bins.

    Returns
    -------
    LayerStatistics
        With the runs of all parts along the leading axis, in their order.
    """
    first, shared = parts[0], ("layers", "edges")
    every = {f.name: [getattr(part, f.name) for part in parts] for f in fields(LayerStatistics)}
    return LayerStatistics(
        **{
            name: getattr(first, name) if name in shared or values[0] is None else np.concatenate(values)
            for name, values in every.items()
        }
    )


# ---------------------------------------------------------------- moments


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, variance and second moment over the last two axes, in float64.

    Sums over one row at a time are fast and, as rows are short, accurate in float32; the row sums are added in float64.
    Where that cannot be trusted (squares that overflow or underflow, a spread far below the mean), all is computed
    again, slowly.

    Parameters
    ----------
    values : (..., rows, columns) array
        Floats.

    Returns
    -------
    mean, variance, second_moment : (...) array
        E[v], E[v^2] - E[v]^2 and E[v^2].
    """
    size = values.shape[-2] * values.shape[-1]
    mean = np.add.reduce(values @ ones(values.shape[-1], values.dtype), axis=-1, dtype=np.float64) / size
    second = np.add.reduce(np.vecdot(values, values), axis=-1, dtype=np.float64) / size
    return _settled(values, mean, second)


def _settled(values: np.ndarray, mean: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The moments, computed again from the values where fast sums cannot be trusted."""
    variance = second - mean * mean
    smallest, least_spread = _trust(values.dtype)
    trusted = (second > smallest) & (variance > least_spread * second)
    if not np.all(trusted):
        mean, variance, second = (np.array(moment) for moment in (mean, variance, second))
        for run in zip(*np.nonzero(np.atleast_1d(~trusted)), strict=True):
            at = run if values.ndim > 2 else ()
            v = values[at].astype(np.float64)
            mean[at], second[at] = v.mean(), np.square(v).mean()
            v -= mean[at]
            variance[at] = np.square(v, out=v).mean()
    return mean, variance, second


@np.errstate(all="ignore")
def _look_at_columns(values: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], _Directions]:
    """The moments, and the directions of the columns: sums over columns serve both."""
    rows, columns = values.shape[-2:]
    sums = ones(rows, values.dtype) @ values
    squares = np.einsum("...ij,...ij->...j", values, values)
    lengths = np.empty((*squares.shape, 2), values.dtype)  # squared, also without the mean
    lengths[..., 0] = squares
    spread = np.subtract(squares, sums * sums / rows, out=lengths[..., 1])
    smallest, least_spread = _trust(values.dtype)
    fast = bool(((squares > rows * smallest) & (spread > least_spread * squares)).all()) and np.isfinite(squares).all()
    if fast:
        slow, inverse = None, 1 / np.sqrt(lengths)
    else:
        spread[spread <= least_spread * squares] = 0
        slow = ~((lengths > rows * smallest) & np.isfinite(lengths))
        inverse = np.where(slow, 0, 1 / np.sqrt(lengths))
    total = values @ inverse
    total = total.astype(np.float64, copy=False)
    total[..., 1] -= np.vecdot(inverse[..., 1], sums)[..., None] / rows
    count = np.full((*squares.shape[:-1], 2), columns)
    size = rows * columns
    mean = np.add.reduce(sums, axis=-1, dtype=np.float64) / size
    second = np.add.reduce(squares, axis=-1, dtype=np.float64) / size
    if slow is None:  # what holds for every column holds for all of them
        return (mean, second - mean * mean, second), _Directions(count, total)
    count -= np.count_nonzero(slow, axis=-2)
    for which in (0, 1):
        some, unit = _unit_columns(values, slow[..., which], centred=which == 1)
        count[..., which] += some
        total[..., which] += unit
    return _settled(values, mean, second), _Directions(count, total)


def _unit_columns(values: np.ndarray, which: np.ndarray, centred: bool) -> tuple[np.ndarray, np.ndarray]:
    """Of some columns, carefully, in float64: how many are not 0, and the sum of their unit vectors."""
    count, total = np.zeros(which.shape[:-1], int), np.zeros(values.shape[:-1])
    for run in np.ndindex(which.shape[:-1]):
        v = values[run][:, which[run]].astype(np.float64)
        v /= np.where((peak := np.abs(v).max(axis=0, initial=0)) > 0, peak, 1)
        if centred:
            v -= v.mean(axis=0)
            v[:, np.abs(v).max(axis=0, initial=0) < 1e-12] = 0  # equal entries, up to rounding
        length = np.sqrt(np.square(v).sum(axis=0))
        count[run] = np.count_nonzero(length)
        total[run] = (v / np.where(length > 0, length, 1)).sum(axis=-1)
    return count, total


@functools.lru_cache
def _trust(dtype: np.dtype) -> tuple[float, float]:
    """Down to which second moment, and which variance relative to it, fast sums are accurate."""
    limits = np.finfo(dtype)
    return float(limits.tiny / limits.eps), float(1e5 * limits.eps)


@functools.lru_cache(maxsize=8)
def ones(n: int, dtype: np.dtype) -> np.ndarray:
    """An array of n ones, made once: a matrix product with it adds up rows.

    Parameters
    ----------
    n : int
        Its length.
    dtype : dtype
        Its type.

    Returns
    -------
    (n,) array
        Shared by all callers, so not to be changed.
    """
    return np.ones(n, dtype)


def rms(values: np.ndarray) -> np.ndarray:
    """Root mean square over the last two axes, in float64.

    Parameters
    ----------
    values : (..., rows, columns) array
        Floats.

    Returns
    -------
    (...) array
        sqrt(E[v^2]).
    """
    return np.sqrt(moments(values)[2])


# ---------------------------------------------------------------- histograms


def _histogram(values: np.ndarray, mean: np.ndarray, bins: Bins) -> tuple[np.ndarray, ...]:
    """Counts of values (..., rows, columns): nan, below, each bin, above, along a last axis of bins + 3; on a log
    scale also how many are 0.

    `mean` says where to look for nan: nowhere when it is finite.
    """
    if bins.log:
        counts = _counts(np.log10(np.abs(values)), mean, bins)
        zeros = np.asarray(values.shape[-2] * values.shape[-1] - np.count_nonzero(values, axis=(-2, -1)))
        counts[..., 1] -= zeros  # log10 0 = -inf is below every edge
        return counts, zeros
    return (_counts(values, mean, bins),)


def _counts(values: np.ndarray, mean: np.ndarray, bins: Bins) -> np.ndarray:
    counts = np.empty((*values.shape[:-2], bins.count + 3), np.int64)
    for run in np.ndindex(values.shape[:-2]):
        v = values[run].ravel()
        missing = 0 if np.isfinite(mean[run]) else np.count_nonzero(np.isnan(v))
        if missing:
            v = v[~np.isnan(v)]
        counts[run] = missing, *_count(v, bins.count, bins.low, bins.high)
    return counts


def _count(values: np.ndarray, bins: int, low: float, high: float) -> np.ndarray:
    """Counts of flat values: below, each of `bins` equal bins from low to high, above.

    np.histogram looks up an edge for every value. With equal bins one multiplication finds the bin, so a value within
    rounding of an inner edge may be counted on its other side. The outer edges are exact.
    """
    if values.dtype == np.float32 and not _float32_resolves(bins, low, high):
        values = values.astype(np.float64)
    low, high, scale = map(values.dtype.type, (low, high, bins / (high - low)))
    size = bins + 2  # 0: below; 1..bins; bins + 1: above
    index = np.empty(values.size, np.uint8 if size <= 256 else np.intp)
    work = np.empty(min(values.size, _BLOCK), values.dtype)
    for start in range(0, values.size, _BLOCK):
        v = values[start : start + _BLOCK]
        position = np.subtract(v, low, out=work[: v.size])
        position *= scale
        position += 1
        np.clip(position, 0, bins + 1, out=position)
        index[start : start + _BLOCK] = position
    counts = _bincount(index, size)
    # Where the outermost bins are not empty, settle what rounding may have moved across the outer edges.
    if counts[1]:
        below = np.count_nonzero(values < low)
        counts[:2] = below, counts[0] + counts[1] - below
    if counts[-2:].any():
        above = np.count_nonzero(values > high)
        counts[-2:] = counts[-2] + counts[-1] - above, above
    return counts


def _float32_resolves(bins: int, low: float, high: float) -> bool:
    """Whether float32 can tell the bins apart, by a wide margin."""
    width = (high - low) / bins
    return 1e-30 < width < 1e30 and width > 1e-5 * max(abs(low), abs(high))


_BLOCK = 2**16  # values, few enough to stay in a core's cache while several operations follow one another


def _bincount(index: np.ndarray, size: int) -> np.ndarray:
    """np.bincount, for many bytes twice as fast: two neighbours are one 16-bit number, counted in a table of pairs."""
    if index.dtype != np.uint8 or index.size < 512 * size:
        return np.bincount(index, minlength=size)
    even = index.size // 2 * 2
    pairs = np.bincount(index[:even].view(np.uint16), minlength=size * 256).reshape(size, 256)
    return pairs.sum(axis=0)[:size] + pairs.sum(axis=1) + np.bincount(index[even:], minlength=size)
