"""Whether pickling keeps all that an object has.

A class of the user's may leave out what it remembers, or what lives in its process, by a
``__getstate__`` or ``__reduce__`` of its own. ``Counter`` and ``defaultdict`` leave out the
attributes that somebody, or a class made of them, has given such a one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from types import FunctionType
from typing import Any

from zenbook.core.closure_objects import is_local_function
from zenbook.core.kinds import held_by_name

_PICKLING = ("__getstate__", "__reduce__", "__reduce_ex__")


def keeps_all(kind: type) -> bool:
    """Whether pickling an object of this class keeps all of it, as far as the class tells."""
    own = (vars(base).get(how) for base in kind.__mro__ for how in _PICKLING)
    return not any(type(how) is FunctionType and is_local_function(how) for how in own)


def left_out(value: Any, copy: Any) -> str:
    """An attribute that a copy lacks, or has None or another type for; "" if there is none."""
    has, later = held_by_name(value) or {}, held_by_name(copy) or {}
    return next((name for name in has if type(later.get(name)) is not type(has[name])), "")


def attributes_left_out(value: Any) -> dict[str, Any]:
    """The attributes of a dictionary whose class, one of Python's or made of it, pickles it without
    them."""
    if type(value).__reduce__ not in _WITHOUT_ATTRIBUTES:
        return {}
    return dict(held_by_name(value) or {})


_WITHOUT_ATTRIBUTES: tuple[object, ...] = (Counter.__reduce__, defaultdict.__reduce__)
