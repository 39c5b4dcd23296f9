"""What objects hold to which no way leads: those of types made in C, which do not tell their parts.

``itertools.islice(numbers, 5)`` holds ``numbers``, and a pointer of ``ctypes`` what it points at.
No walk (:mod:`zenbook.engine.parts`) comes by these parts, so none can be given back to who else
holds it; but Python's garbage collector knows them. So it can be said whether anything is held so
that others hold, too, and then the step runs.
"""

from __future__ import annotations

import gc
from collections import OrderedDict, defaultdict, deque
from contextvars import Context
from functools import partial
from operator import methodcaller
from types import (
    AsyncGeneratorType,
    CoroutineType,
    FrameType,
    MappingProxyType,
    ModuleType,
    TracebackType,
)
from typing import Any
from weakref import WeakKeyDictionary, ref

from zenbook.core.closure_origin import library_of
from zenbook.core.dict_views import VIEWS
from zenbook.core.ended import facts_of_ended
from zenbook.core.kinds import MEMOIZED, adds_only_attributes, held_by_name, is_a
from zenbook.core.neighbours import is_tree
from zenbook.engine.frames import is_frame
from zenbook.engine.part_kinds import CODE, LEAVES, is_array, is_drawn, is_element, is_not_entered
from zenbook.engine.parts import ITERATORS, TABLES
from zenbook.engine.tensors import is_tensor

_COLLECTED = 1 << 14
"""The flag of types whose objects the garbage collector asks what they hold."""
_ASTRAY: tuple[type, ...] = (
    *(AsyncGeneratorType, Context, CoroutineType, FrameType, ModuleType, TracebackType),
)
"""Types of objects by way of which a walk comes to what only runs the notebook."""
_COMMON = frozenset({"_ctypes", "builtins", "ctypes", "functools", "itertools", "numpy"})
_WALKED: tuple[Any, ...] = (
    *(object, list, dict, set, frozenset, tuple, deque, defaultdict, OrderedDict),
    *(MappingProxyType, BaseException, MEMOIZED, methodcaller, partial, ref, type),
    *(*CODE, *ITERATORS, *VIEWS),
)
"""Types of which all is told that they hold, and what is derived from them by attributes."""
_known: WeakKeyDictionary[type, bool] = WeakKeyDictionary()
"""Whether objects of a type hold what no walk sees."""


def unseen_in(value: Any) -> list[Any]:
    """What a value holds to which no way leads."""
    if not holds_unseen(value) or facts_of_ended(value) is not None:
        return []
    own = held_by_name(value)
    return [part for part in gc.get_referents(value) if part is not own and not _is_astray(part)]


def holds_unseen(value: Any) -> bool:
    """Whether it may hold something to which no way leads."""
    kind = type(value)
    if (known := _known.get(kind)) is None:
        known = _known[kind] = _is_closed(value)
    return known


def is_common(value: Any) -> bool:
    """Whether its type is one of Python's or numpy's own whose objects are kept."""
    return any(library_of(each) in _COMMON for each in type(value).__mro__[:-1])


def _is_closed(value: Any) -> bool:
    kind = type(value)
    if not kind.__flags__ & _COLLECTED or is_a(value, (BaseException, *_ASTRAY)):
        return False
    if all(each in _WALKED or adds_only_attributes(each) for each in kind.__mro__):
        return False
    is_told = is_array(value) or is_tensor(value) or is_frame(value) or is_drawn(value)
    is_told = is_told or is_element(value) or is_tree(value) or library_of(kind) in TABLES
    return not (is_told or is_not_entered(value))


def _is_astray(part: Any) -> bool:
    if type(part) is dict:
        return "__builtins__" in part
    return type(part) in LEAVES or is_a(part, _ASTRAY)
