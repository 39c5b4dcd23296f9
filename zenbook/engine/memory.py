"""Where the memory of an array of numpy's lies, and whether it can be written to."""

from __future__ import annotations

import sys
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
