"""Classes of rows that a library makes on the way: ``itertuples()`` makes a named tuple of the
columns of a frame, which no name leads to.

Such a class is what it was made of. Equal ones are one class in a process, so that a row and its
type that were kept apart still belong together.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any
from weakref import WeakValueDictionary

from zenbook.core.closure_origin import is_local_module, is_made_by_a_call

_Recipe = tuple[str, tuple[str, ...], tuple[tuple[str, Any], ...], str]
_made: WeakValueDictionary[Any, type] = WeakValueDictionary()


def reduce_rows(cls: type) -> Any:
    """How to make such a class again; None for any other."""
    module = cls.__module__
    if cls.__bases__ != (tuple,) or is_local_module(module) or not is_made_by_a_call(cls, module):
        return None
    try:
        recipe = cls.__name__, cls._fields, tuple(cls._field_defaults.items()), module  # type: ignore[attr-defined]
        again = _class_of(*recipe)
    except (AttributeError, TypeError, ValueError):
        return None
    return (class_of_rows, recipe) if _told(again) == _told(cls) else None


def class_of_rows(
    name: str, fields: tuple[str, ...], defaults: tuple[tuple[str, Any], ...], module: str
) -> type:
    """The class of this name with these fields, made once in a process."""
    key = name, fields, module, repr(defaults)
    found = _made.get(key)
    if found is None:
        found = _made[key] = _class_of(name, fields, defaults, module)
    return found


def _class_of(name: str, fields: Any, defaults: Any, module: str) -> type:
    values = [value for _, value in defaults]
    return namedtuple(name, fields, defaults=values, module=module)


def _told(cls: type) -> tuple[Any, ...]:
    """What can be seen of such a class: which attributes it has, and how they are explained."""
    held = vars(cls)
    names = held.keys() - {"__slotnames__"}  # copyreg remembers them there
    return names, cls.__doc__, [getattr(held[name], "__doc__", "") for name in held["_fields"]]
