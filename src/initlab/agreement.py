"""Do theory and simulation agree? A test over all cells of a table: every layer, scheme and direction at once.

Each of `seeds` networks gives one independent measurement per cell. Where a prediction is right, the mean over the
seeds misses it by about one standard error, and the distance in standard errors is close to normal. The largest of many
such distances is larger, even when all predictions are right, so its p-value is corrected for their number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .arguments import finite, numbers, whole


def z_scores(measured: ArrayLike, predicted: ArrayLike) -> np.ndarray:
    """How many standard errors the mean over the seeds lies above the prediction, in every cell.

    Parameters
    ----------
    measured : (seeds, ...) array
        One measurement per seed and cell. The seeds must be independent; the cells of one seed need not be.
    predicted : array
        Broadcast against the cells, measured.shape[1:].

    Returns
    -------
    (...) array
        For every cell (mean - predicted) / standard error, with the standard error estimated from the same seeds. It
        has Student's t distribution with seeds - 1 degrees of freedom if a cell is normal, and nearly so if only its
        *mean* is.

    Raises
    ------
    ValueError, TypeError
        If there are fewer than two seeds, or a cell is not finite or the same for all seeds: then there is no standard
        error. Or if the prediction is not finite, or does not fit the cells.

    Examples
    --------
    >>> z_scores([[1.0, 5.0], [3.0, 6.0], [2.0, 7.0]], [2.0, 5.0]).round(2)
    array([0.  , 1.73])
    """
    measured, predicted = numbers("measured", measured).astype(float), numbers("predicted", predicted)
    if measured.ndim < 1 or len(measured) < 2:
        raise ValueError(f"measured must hold two seeds or more along its first axis, got shape {measured.shape}")
    if not np.isfinite(measured).all():
        raise ValueError("measured must be finite in every cell, for every seed, got nan or inf")
    if np.any((measured == measured[0]).all(axis=0)):
        raise ValueError("measured must differ between seeds, got a cell where it does not; leave out the input")
    if not np.isfinite(predicted).all():
        raise ValueError(f"predicted must be finite in every cell, got {predicted!r}")
    try:
        predicted = np.broadcast_to(predicted, measured.shape[1:])
    except ValueError:
        raise ValueError(
            f"predicted must be one number or fit the cells, of shape {measured.shape[1:]}, got shape {predicted.shape}"
        ) from None
    # In units of a power of 2, so that no square overflows or underflows and nothing else changes.
    unit = np.ldexp(1.0, np.frexp(np.abs(measured).max(axis=0))[1] - 1)
    seen = measured / unit
    return (seen.mean(axis=0) - predicted / unit) * np.sqrt(len(seen)) / seen.std(axis=0, ddof=1)


@dataclass(frozen=True)
class Agreement:
    """What `agreement` found."""

    cells: int
    """How many z-scores were tested."""
    worst: float
    """The largest |z|."""
    p_value: float
    """The probability that one of so many cells reaches `worst` if all predictions are right: an upper bound."""


def agreement(z: ArrayLike, seeds: int) -> Agreement:
    """Test all cells together by the largest |z|.

    Its two-sided p-value under Student's t is multiplied by the number of cells (Bonferroni's correction), which makes
    it an upper bound whether or not the cells depend on each other. A p-value below 0.01 casts doubt on the
    predictions; a larger one proves nothing: which errors *would* have been found has to be tried out with wrong
    predictions.

    Sources: Student, "The probable error of a mean", Biometrika 6 (1908); O. J. Dunn, "Multiple comparisons among
    means", Journal of the American Statistical Association 56 (1961), for the correction.

    Parameters
    ----------
    z : array or sequence of arrays
        What `z_scores` returned: of any shape, or several of them, each from as many seeds.
    seeds : int
        How many seeds each came from, at least 2.

    Returns
    -------
    Agreement
        The number of cells, the largest |z| and its p-value.

    Raises
    ------
    ValueError, TypeError
        If z holds no number, or one that is not finite, or there are fewer than 2 seeds.

    Examples
    --------
    >>> agreement([0.3, -1.2, 2.5], seeds=100)
    Agreement(cells=3, worst=2.5, p_value=0.0421...)
    """
    from scipy.stats import t

    degrees = whole("seeds", seeds, at_least=2) - 1
    pieces = z if isinstance(z, (list, tuple)) else [z]
    scores = np.concatenate([np.ravel(numbers("z", piece)) for piece in pieces]) if pieces else np.empty(0)
    if not scores.size or not np.isfinite(scores).all():
        raise ValueError(f"z must hold at least one number, and finite ones only, got {scores!r}")
    worst = float(np.abs(scores).max())
    return Agreement(scores.size, worst, float(min(1, 2 * scores.size * t.sf(worst, degrees))))


def critical(cells: int, seeds: int, p_value: float = 0.01) -> float:
    """The |z| beyond which `agreement` finds a p-value below the given one.

    Parameters
    ----------
    cells : int
        How many z-scores are tested together, at least 1.
    seeds : int
        How many seeds each came from, at least 2.
    p_value : float
        The p-value, 0 < p_value <= 1.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> round(critical(cells=192, seeds=100), 2)
    4.23
    """
    from scipy.stats import t

    cells, degrees = whole("cells", cells, at_least=1), whole("seeds", seeds, at_least=2) - 1
    return float(t.isf(finite("p_value", p_value, above=0, at_most=1) / (2 * cells), degrees))
