"""Frames and series of pandas that their own pickling would bring back as something else.

An attribute that somebody has given one (``frame.note = "n"``) would be left out.
"""

from __future__ import annotations

import sys
from typing import Any

from zenbook.core.digest_tables import own_attributes


def reduce_table(value: Any) -> Any:
    """A frame or series with attributes of its own; NotImplemented for all other values."""
    pandas = sys.modules["pandas"]
    is_table = isinstance(value, (pandas.DataFrame, pandas.Series))
    if not is_table or not (own := own_attributes(value)):
        return NotImplemented
    make, made_of, state, *rest = value.__reduce_ex__(5)
    return (make, made_of, {**state, **own}, *rest)
