"""What a library's wrapper of the user's function holds: the arguments of its decorator.

``@retry(stop=stop_after_attempt(3))``, ``@np.errstate(all="ignore")`` and the user's own
``@contextmanager``, used as a decorator, give a function of the library's that closes over the
user's function and over an object with all that the decorator was told, which may be code of the
user's, too. What can be described of that object counts, a few attributes deep; what it notes for
itself (locks, what is local to a thread, generators) does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from zenbook.core.closure_origin import SHELLS, identity_of, library_of
from zenbook.core.closure_trace import MISSING, is_atom
from zenbook.core.code_digest import constant_key
from zenbook.core.kinds import is_a, told_by
from zenbook.core.refused import refusal

if TYPE_CHECKING:
    from zenbook.core.closure_collect import Token
    from zenbook.core.closure_objects import Objects

_DEEPEST = 5
_CODE = (FunctionType, MethodType, ModuleType, type)


def held_by_wrapper(objects: Objects, text: str, value: Any, above: tuple[Any, ...] = ()) -> Token:
    """What this object is, as far as it can be described; it is held by those ``above``."""
    kind = type(value)
    if is_atom(value):
        return ("atom", constant_key(value))
    if is_a(value, _CODE):
        called = str(told_by(value, "__name__"))
        return objects.meaning(called if called.isidentifier() else text, value)
    is_deep = len(above) == _DEEPEST or any(one is value for one in above)
    if is_deep or refusal(value) or library_of(kind) in SHELLS:
        return ("of", identity_of(kind))
    parts = _parts(objects, value)
    if parts is None:
        return objects.constant(text, value, soft=True)
    above = (*above, value)
    told = ((n, held_by_wrapper(objects, f"{text}.{n}", one, above)) for n, one in parts)
    return ("of", identity_of(kind), tuple(told))


def _parts(objects: Objects, value: Any) -> list[tuple[str, Any]] | None:
    """Items, or attributes, by name; None for an object without. That they are what they are now
    is watched."""
    if type(value) in (list, tuple):
        objects.keep.append([*value])
        objects.watch(partial(_ids, value))
        return [(str(place), one) for place, one in enumerate(value)]
    if type(value) is dict:
        objects.watch_folder(value)
        return sorted(((repr(key), one) for key, one in value.items()), key=lambda pair: pair[0])
    own, slots = getattr(value, "__dict__", None), [*_slots_of(type(value))]
    if type(own) is not dict and not slots:
        return None
    if type(own) is dict:
        objects.watch_folder(own)
    for name in slots:
        held = getattr(value, name, MISSING)
        objects.stale.append(partial(_is_other, value, name, held))
    named = {name: getattr(value, name, MISSING) for name in slots} | (own or {})
    return [(name, named[name]) for name in sorted(named) if named[name] is not MISSING]


def _ids(items: Any) -> list[int]:
    return [*map(id, items)]


def _slots_of(cls: type) -> Iterator[str]:
    for base in cls.__mro__:
        said = vars(base).get("__slots__", ())
        for name in (said,) if isinstance(said, str) else tuple(said):
            if not name.startswith("__"):
                yield name


def _is_other(value: Any, name: str, held: Any) -> bool:
    return getattr(value, name, MISSING) is not held
