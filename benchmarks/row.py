"""One line of the table: what zenbook takes, what its peer takes, and the least ratio."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of both, and the floor: ``peer / ours`` must not be less."""

    name: str
    ours: float
    peer: float
    peer_name: str
    floor: float

    @property
    def ratio(self) -> float:
        """How many times faster than the peer (above 1), or slower (below 1). A difference of two
        times may be lost in the noise, and even be negative."""
        return self.peer / self.ours if self.ours > 0 else float("inf")

    @property
    def holds(self) -> bool:
        """Whether the floor is met."""
        return self.ratio >= self.floor


def interleaved(
    *functions: Callable[[], object], repeats: int = 7, inner: int = 1
) -> tuple[float, ...]:
    """Median seconds of one call of each function.

    They take turns, so that a slow moment of the machine falls on all of them; each turn calls
    a function ``inner`` times. One unmeasured turn goes first.
    """
    taken: list[list[float]] = [[] for _ in functions]
    for turn in range(repeats + 1):
        for function, times in zip(functions, taken, strict=True):
            seconds = _timed(function, inner)
            if turn:
                times.append(seconds)
    return tuple(statistics.median(times) for times in taken)


def _timed(function: Callable[[], object], inner: int) -> float:
    began = time.perf_counter()
    for _ in range(inner):
        function()
    return (time.perf_counter() - began) / inner
