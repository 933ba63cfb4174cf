"""All cores for one call: blocks of its work on threads, each with one BLAS thread.

BLAS shares a matrix product among its own threads. That pays for large matrices; for those of a usual network it does
not, and what comes between two products uses one core in any case. So a simulator cuts its work into blocks that have
nothing to do with each other, such as some of the runs of an ensemble, and gives each thread whole blocks.

How the work is cut depends on its shapes alone: results are the same, to the last bit, for any number of threads.
"""

from __future__ import annotations  # concurrent.futures loads when there are threads, and not for its types

import functools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from .arguments import sequence, whole

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Each = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
"""A function (function, items) -> [function(item) for item in items], in any order."""


def available() -> int:
    """How many threads may compute at once: as many as processors are granted (affinity, CPU quota), and no more than
    BLAS was told to use (`OMP_NUM_THREADS`, `OPENBLAS_NUM_THREADS`, threadpoolctl's limits).

    Returns
    -------
    int
        At least 1. It is 1 within a block of `each`.
    """
    blas = [library["num_threads"] for library in _blas().info()]
    return max(1, min([_processors(), *blas]))


def each(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """[function(item) for item in items], on all threads that are available.

    Parameters
    ----------
    function : callable
        Of one item. It runs in the context of the caller (`np.errstate`), beside itself for other items.
    items : sequence
        The blocks of the work. A single one keeps all BLAS threads.

    Returns
    -------
    list
        What the function returned, in the order of the items. An error in one of them is raised when those that have
        begun are done; no other is begun.

    Raises
    ------
    TypeError
        If an argument is not as described.

    Examples
    --------
    >>> each(lambda block: sum(range(10)[block]), cut(10, 4))
    [6, 15, 24]
    """
    if not callable(function):
        raise TypeError(f"function must be a function of one item, got {function!r}")
    items = sequence("items", items)
    with team(len(items)) as go:
        return go(function, items)


@contextmanager
def team(most: int) -> Iterator[Each]:
    """`each`, for a caller that needs it many times: the threads stay.

    Parameters
    ----------
    most : int
        How many items there will be at once, at most. For 1 there are no threads, and BLAS keeps all of its own.

    Yields
    ------
    callable
        A function like `each`.

    Raises
    ------
    ValueError, TypeError
        If `most` is not as described.
    """
    if whole("most", most, at_least=0) <= 1:
        yield _in_turn
        return
    from concurrent.futures import ThreadPoolExecutor

    count = min(available(), most)
    with _one_blas_thread(), ThreadPoolExecutor(count - 1) if count > 1 else nullcontext() as pool:
        yield _in_turn if pool is None else functools.partial(_side_by_side, pool, count)


def cut(length: int, size: int) -> list[slice]:
    """An axis in blocks that are as equal as possible.

    Parameters
    ----------
    length : int
        How long the axis is, >= 0.
    size : int
        How long a block may be, >= 1.

    Returns
    -------
    list of slice
        From 0 to `length`, in this order; at least one.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described.

    Examples
    --------
    >>> cut(10, 4)
    [slice(0, 4, None), slice(4, 7, None), slice(7, 10, None)]
    """
    length, size = whole("length", length, at_least=0), whole("size", size, at_least=1)
    count = max(1, -(-length // size))
    ends = [0]
    for left in range(count, 0, -1):
        ends.append(ends[-1] + -(-(length - ends[-1]) // left))
    return [slice(*ends[i : i + 2]) for i in range(count)]


def _in_turn(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    return [function(item) for item in items]


def _side_by_side(
    pool: ThreadPoolExecutor, count: int, function: Callable[[Any], Any], items: Sequence[Any]
) -> list[Any]:
    todo = deque(enumerate(items))
    done: dict[int, Any] = {}

    def work() -> None:
        while todo:
            try:
                i, item = todo.popleft()
            except IndexError:  # another thread took the last
                return
            try:
                done[i] = function(item)
            except BaseException:  # an interrupt, too
                todo.clear()
                raise

    helpers: list[Future] = [pool.submit(copy_context().run, work) for _ in range(min(count, len(items)) - 1)]
    try:
        work()
    finally:
        errors = [helper.exception() for helper in helpers]  # waits for each
    for error in filter(None, errors):
        raise error
    return [done[i] for i in range(len(items))]


# --- BLAS -------------------------------------------------------------------------------------------------------------

_lock = threading.Lock()
_users = 0
_limit: Any = None


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """The limit holds for the whole process: the first who needs it sets it, the last who does takes it back."""
    global _users, _limit
    with _lock:
        if not _users:
            _limit = _blas().limit(limits=1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _limit.restore_original_limits()


@functools.cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@functools.cache
def _processors() -> int:
    from joblib import cpu_count

    return cpu_count()
