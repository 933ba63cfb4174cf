"""What every benchmark shares: a row of the table, and a fair way to time two things on a noisy machine."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One budget."""

    name: str
    figure: str
    """What was measured, with its unit."""
    comparator: str
    """What it was compared with in the same run, with its unit; may be empty."""
    ratio: float | None
    """Figure over comparator, or whatever `budget` limits."""
    budget: str
    met: bool


def compare(*functions, rounds, pause=0.02):
    """The shortest time in seconds that each function took.

    The functions take turns, so that a busy minute of the machine hits them all. Noise only ever adds time, so the
    minimum is the best estimate: rounds go on until that many in a row have shortened no time by more than 0.5 %
    (and at most for six times as long). The pause lets the threads of one library go to sleep.
    """
    best = [float("inf")] * len(functions)
    for function in functions:
        function()  # warm up
    quiet = 0
    for _ in range(6 * rounds):
        quiet += 1
        for i, function in enumerate(functions):
            time.sleep(pause)
            start = time.perf_counter()
            function()
            elapsed = time.perf_counter() - start
            if elapsed < 0.995 * best[i]:
                quiet = 0
            best[i] = min(best[i], elapsed)
        if quiet >= rounds:
            break
    return best


def at_most(name, figure, comparator, limit, *, unit="ms", versus):
    """A row whose budget is that the first time, in seconds, is at most `limit` times the second."""
    scale = {"s": 1, "ms": 1e3, "us": 1e6}[unit]
    ratio = figure / comparator
    return Row(
        name,
        f"{figure * scale:.4g} {unit}",
        f"{versus} {comparator * scale:.4g} {unit}",
        ratio,
        f"<= {limit:g} x",
        ratio <= limit,
    )
