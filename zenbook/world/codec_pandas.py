"""Values of pandas that their own pickling would bring back as something else.

An attribute that somebody has given a frame, series or index (``frame.note = "n"``) would be left
out. And a grouping (``frame.groupby("a")``) would bring back what it remembers: frames that see
nothing of what is later put into the one that it groups.
"""

from __future__ import annotations

import sys
from typing import Any

from zenbook.core.digest_tables import own_attributes
from zenbook.core.kinds import is_a


def reduce_table(value: Any) -> Any:
    """A frame or series with attributes of its own, a grouping without what it remembers;
    NotImplemented for all other values."""
    pandas = sys.modules["pandas"]
    if not is_a(value, (pandas.DataFrame, pandas.Series)):
        return _forgetful(value)
    if not (own := own_attributes(value)):
        return NotImplemented
    make, made_of, state, *rest = value.__reduce_ex__(5)
    return (make, made_of, {**state, **own}, *rest)


def reduce_index(value: Any) -> Any:
    """An index with attributes of its own; NotImplemented for all other values."""
    if not is_a(value, sys.modules["pandas"].Index) or not (own := own_attributes(value)):
        return NotImplemented
    return (*value.__reduce_ex__(5)[:2], own)


def _forgetful(value: Any) -> Any:
    reduced = value.__reduce_ex__(5)
    state = reduced[2] if len(reduced) > 2 else None
    if type(state) is not dict or "_cache" not in state:
        return NotImplemented
    kept = {name: held for name, held in state.items() if name != "_cache"}
    return (*reduced[:2], kept, *reduced[3:])
