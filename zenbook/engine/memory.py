"""Where the memory of an array of numpy's lies."""

from __future__ import annotations

import sys
from typing import Any


def bounds_of(array: Any) -> tuple[int, int]:
    """The address at which an array's memory begins, and the one behind its end."""
    numpy = sys.modules["numpy"]
    bounds = getattr(numpy, "byte_bounds", None) or numpy.lib.array_utils.byte_bounds
    low, high = bounds(array)
    return int(low), int(high)
