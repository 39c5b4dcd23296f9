"""Where the memory of an array of numpy's lies, and whether it can be written to."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

_WRITEABLE = 0x400
"""The bit that says so, as numpy's C interface defines it."""


def bounds_of(array: Any) -> tuple[int, int]:
    """The address at which an array's memory begins, and the one behind its end."""
    numpy = sys.modules["numpy"]
    bounds = getattr(numpy, "byte_bounds", None) or numpy.lib.array_utils.byte_bounds
    low, high = bounds(array)
    return int(low), int(high)


def is_writeable(array: Any) -> bool:
    """Whether an array can be written to. Asking for the flag itself warns of an array that
    ``np.broadcast_arrays`` made, and then numpy does not warn of writing to it any more."""
    return bool(array.flags.num & _WRITEABLE)


class Stretches:
    """Things that have an array last, found by where its memory lies."""

    def __init__(self, things: Iterable[tuple[Any, ...]]) -> None:
        self._things = list(things)
        bounds = sorted((*bounds_of(it[-1]), number) for number, it in enumerate(self._things))
        self._bounds = bounds
        self._lows = [low for low, _, _ in bounds]
        self._ends = list(accumulate((high for _, high, _ in bounds), max))
        """Where all memory ends that begins no later."""

    def overlapping(self, array: Any) -> list[Any]:
        """Those whose stretch of memory has a byte in common with the array's, in their order."""
        low, high = bounds_of(array)
        found: list[int] = []
        place = bisect_left(self._lows, high)
        while place and self._ends[place - 1] > low:
            place -= 1
            if self._bounds[place][1] > low:
                found.append(self._bounds[place][2])
        return [self._things[number] for number in sorted(found)]
