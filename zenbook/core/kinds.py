"""What a value is and holds, whatever it says of itself.

``isinstance`` asks a value for its ``__class__`` wherever its type alone does not decide it, and
``getattr`` asks its ``__getattribute__``: both run code of the user's for proxies and other objects
that compute what they are. Such code may raise, or say what the object is not. So users' values are
asked by their type, which costs the same.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from typing_extensions import TypeIs

T = TypeVar("T")
_WORD = object.__basicsize__ // 2
_get = object.__getattribute__
_WRAPPERS = frozenset({"FunctionWrapper", "BoundFunctionWrapper"})
_MEANT = ("__supertype__", "__bound__", "__constraints__", "__value__")
_TYPES_BY_NAME = frozenset({"NewType", "ParamSpec", "TypeAliasType", "TypeVar", "TypeVarTuple"})
MEMOIZED: Any = type(functools.lru_cache(len))
"""What ``functools.lru_cache`` makes of a function."""


@overload
def is_a(value: Any, kinds: type[T]) -> TypeIs[T]: ...
@overload
def is_a(value: Any, kinds: tuple[type, ...]) -> bool: ...
def is_a(value: Any, kinds: Any) -> bool:
    """Whether a value's type is this one, or one of these, or derived from it."""
    return issubclass(type(value), kinds)


def adds_only_attributes(cls: type) -> bool:
    """Whether instances are no larger than its base's by more than attributes, slots and weak
    references: what C keeps of an instance beyond these nobody can see."""
    base = cls.__base__ or object
    places = (cls.__dictoffset__ > 0) + (cls.__weakrefoffset__ > 0)
    before = (base.__dictoffset__ > 0) + (base.__weakrefoffset__ > 0)
    own: Any = vars(cls).get("__slots__", ())
    named = {own} if isinstance(own, str) else set(own)
    words = places - before + len(named - {"__dict__", "__weakref__"})
    return cls.__basicsize__ - base.__basicsize__ <= words * _WORD


def held_by_name(value: Any) -> Any:
    """The dictionary of an instance's own attributes; None if it has none."""
    try:
        return _get(value, "__dict__")
    except Exception:  # its class computes even this, and its code may raise anything
        return None


def slot_of(value: Any, name: str) -> Any:
    """What an instance holds in a slot. Raises AttributeError for an empty one."""
    return _get(value, name)


def meant_by(value: Any) -> dict[str, Any]:
    """What a ``NewType``, a ``TypeVar`` or a ``TypeAliasType`` stands for; empty for all else."""
    found = {name: told_by(value, name) for name in _MEANT}
    return {name: held for name, held in found.items() if held}


def is_type_by_name(value: Any) -> bool:
    """Whether it stands for types, and is known by the name that its module has for it."""
    kind = type(value)
    return kind.__name__ in _TYPES_BY_NAME and kind.__module__.startswith("typing")


def told_by(value: Any, name: str) -> Any:
    """An attribute as the value computes it; None if it has none, or cannot say."""
    try:
        return getattr(value, name, None)
    except Exception:  # a proxy of nothing, such as a request that nobody has sent
        return None


def made_around(value: Any) -> tuple[Any, ...]:
    """What a function that wrapt has decorated calls: the function, and its decorator. It says that
    it is a function itself, but runs both."""
    if type(value).__name__ not in _WRAPPERS:
        return ()
    found = (told_by(value, "__wrapped__"), told_by(value, "_self_wrapper"))
    return found if None not in found else ()
