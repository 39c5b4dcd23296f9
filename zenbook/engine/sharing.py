"""Objects that a step's outputs share with its inputs, found as paths and put together again.

``X = digits["data"]`` is the very array inside ``digits``, and ``models = [model]`` holds the
very model: a later change in place is seen under both names. A kept output is a copy, so where
an output holds an object that an input holds too, both paths are kept, and on a hit the
input's own object is put into its place.

Only built-in containers and plain instances are walked; arrays, frames and anything else are
leaves, as are containers of more than 10,000 items. The walk ends at 50,000 objects; what is
shared beyond that is not put together.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

Path = tuple[tuple[str, Any], ...]
"""How to reach an object inside another: ``(("item", "data"), ("attribute", "x"))``."""
Link = tuple[str, Path, str, Path]
"""Output, path in it, input, path in it."""

_NOTHING: Mapping[int, Any] = {}
_MOST = 50_000
_WIDEST = 10_000
_ATOMS = (
    int, float, complex, str, bytes, bool, type(None), type(Ellipsis), frozenset, range,
    type, FunctionType, BuiltinFunctionType, ModuleType, MethodType,
)  # fmt: skip


class _Plain:
    """Measures what an instance without slots or a built-in base looks like."""


def is_plain(value: Any) -> bool:
    """Whether all of an instance's state is in its ``__dict__``."""
    kind = type(value)
    return bool(
        kind.__basicsize__ == _Plain.__basicsize__
        and kind.__itemsize__ == 0
        and kind.__flags__ & (1 << 9)  # made by a class statement
        and hasattr(value, "__dict__")
    )


def links(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Link] | None:
    """Where outputs hold an input's mutable objects, largest first; None if no link can say it
    (the object sits in a tuple or a set)."""
    known: dict[int, tuple[str, Path, Any]] = {}
    for name, value in inputs.items():
        for path, inner in walk(value):
            known.setdefault(id(inner), (name, path, inner))
    found: list[Link] = []
    for name, value in outputs.items():
        for path, inner in walk(value, stop=known):
            if id(inner) in known:
                source, where, _ = known[id(inner)]
                if any(how == "fixed" for how, _ in (*path, *where)):
                    return None
                found.append((name, path, source, where))
    return found


def walk(value: Any, stop: Mapping[int, Any] = _NOTHING) -> Iterator[tuple[Path, Any]]:
    """Every mutable object reachable, with a path to it, nearest first.

    What is in ``stop`` is not entered, and comes with every path to it.
    """
    waiting: deque[tuple[Path, Any]] = deque([((), value)])
    seen: set[int] = set()
    met = 0
    while waiting and met < _MOST:
        path, inner = waiting.popleft()
        if isinstance(inner, _ATOMS) or (id(inner) in seen and id(inner) not in stop):
            continue
        met += 1
        seen.add(id(inner))
        if _is_mutable(inner):
            yield path, inner
        if id(inner) not in stop:
            waiting += _children(path, inner)


def _is_mutable(value: Any) -> bool:
    """Whether identity matters: a value that is hashed by content cannot change."""
    if isinstance(value, tuple):
        return False
    try:
        return hash(value) == object.__hash__(value)
    except TypeError:
        return True


def _children(path: Path, value: Any) -> Iterable[tuple[Path, Any]]:
    if isinstance(value, dict | list | tuple | set) and len(value) > _WIDEST:
        return
    if isinstance(value, dict):
        for key, item in list(value.items()):
            if isinstance(key, str | int):
                yield (*path, ("item", key)), item
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield (*path, ("item", place)), item
    elif isinstance(value, tuple | set):
        for place, item in enumerate(value):
            yield (*path, ("fixed", place)), item
    elif is_plain(value):
        for name, item in list(vars(value).items()):
            yield (*path, ("attribute", name)), item


def relink(links: Iterable[Link], outputs: dict[str, Any], inputs: Mapping[str, Any]) -> None:
    """Put the inputs' own objects into the loaded outputs."""
    for name, path, source, where in links:
        shared = _follow(inputs[source], where)
        if not path:
            outputs[name] = shared
            continue
        holder = _follow(outputs[name], path[:-1])
        how, key = path[-1]
        if how == "attribute":
            vars(holder)[key] = shared
        else:
            holder[key] = shared


def _follow(value: Any, path: Path) -> Any:
    for how, key in path:
        value = vars(value)[key] if how == "attribute" else value[key]
    return value


def entangled(value: Any, others: Mapping[str, Any]) -> str:
    """The name that holds a part of this value without being it; "" if none does."""
    parts = {id(inner) for _, inner in walk(value)} - {id(value)}
    whole = {id(value)}
    arrays = [inner for _, inner in walk(value) if _is_array(inner)]
    for name, other in others.items():
        if other is value:
            continue
        for path, inner in walk(other, stop=dict.fromkeys(whole)):
            if id(inner) in parts or (not path and _is_view(inner, arrays)):
                return name
    return ""


def views(value: Any, inputs: Mapping[str, Any]) -> bool:
    """Whether an array looks into the memory of an input's array."""
    arrays = [one for given in inputs.values() for _, one in walk(given) if _is_array(one)]
    return any(_is_view(inner, arrays) for _, inner in walk(value))


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def _is_view(value: Any, arrays: list[Any]) -> bool:
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray):
        return False
    return any(value is not one and numpy.may_share_memory(value, one) for one in arrays)
