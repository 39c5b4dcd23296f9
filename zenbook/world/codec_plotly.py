"""Figures of plotly and their parts, as they are kept: with all they hold, as it is.

Their own ``__reduce__`` has a figure made anew of what is sent to the page: arrays come back as
texts of base 64, names in another order, and a part without its figure.
"""

from __future__ import annotations

import copy
import sys
from typing import Any

from zenbook.world.codec_code import by_attributes

_VALIDATORS = "_BasePlotlyType__validators"


def reduce_plotly(obj: Any) -> Any:
    """A figure or a part of one by its attributes, what checks a property by its name;
    NotImplemented for anything else, and where a class says itself how it is pickled."""
    base = sys.modules.get("plotly.basedatatypes")
    if base is None:
        return NotImplemented
    kind = type(obj)
    for known in (base.BaseFigure, base.BasePlotlyType):
        if issubclass(kind, known) and kind.__reduce__ is known.__reduce__:
            state = {n: None if n == _VALIDATORS else held for n, held in vars(obj).items()}
            return by_attributes(obj, state)
    return _named(obj)


def _named(obj: Any) -> Any:
    """What checks a property: the library's own by its name, a copy of that by what differs."""
    cache: Any = getattr(sys.modules.get("plotly.validator_cache"), "ValidatorCache", None)
    place = getattr(obj, "parent_name", None), getattr(obj, "plotly_name", None)
    there = cache._cache.get(place) if cache is not None else None
    if there is obj:
        return cache.get_validator, place
    if type(there) is not type(obj):
        return NotImplemented
    own, usual = vars(obj), vars(there)
    return make_like, (there, {n: held for n, held in own.items() if held is not usual.get(n)})


def make_like(there: Any, own: dict[str, Any]) -> Any:
    """A copy of what checks a property, with what this one has of its own."""
    made = copy.copy(there)
    vars(made).update(own)
    return made
