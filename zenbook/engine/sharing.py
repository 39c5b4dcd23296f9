"""Objects that a step's outputs share with its inputs, found as paths and put together again.

``X = digits["data"]`` is the very array inside ``digits``, and ``models = [model]`` holds the
very model: a later change in place is seen under both names. A kept output is a copy, so where
an output holds an object that an input holds too, both paths are kept, and on a hit the
input's own object is put into its place.

``X[:100]`` is another array that looks into the memory of ``X``: it is kept with the window
through which it does (offset, shape and strides), and is made again as that window into the live
input, if the input's memory is laid out as it was. Only plain contiguous arrays can be looked into
so: of another one, the address says nothing about the elements.

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
Window = tuple[Any, tuple[int, ...], tuple[int, ...], int, bool, Any, tuple[int, ...]]
"""An array's dtype, shape, strides, offset and whether it can be written to; dtype and strides of
the array into whose memory it looks."""
Link = tuple[str, Path, str, Path, Window | None]
"""Output, path in it, input, path in it; None where it is that very object."""

_NOTHING: Mapping[int, Any] = {}
_MOST = 50_000
_WIDEST = 10_000
_ATOMS = (
    int, float, complex, str, bytes, bool, type(None), type(Ellipsis), frozenset, range,
    type, FunctionType, BuiltinFunctionType, ModuleType, MethodType,
)  # fmt: skip


class Inseparable(Exception):
    """A kept output could not be put together with the inputs again; the text says why."""


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


def links(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Link]:
    """Where outputs hold an input's mutable objects or look into its memory, nearest first.

    Raises Inseparable for what no link can say: the object sits in a tuple or a set, or the
    memory is that of no plain contiguous array.
    """
    known: dict[int, tuple[str, Path, Any]] = {}
    for name, value in inputs.items():
        for path, inner in walk(value):
            known.setdefault(id(inner), (name, path, inner))
    arrays = [at for at in known.values() if is_array(at[2])]
    found: list[Link] = []
    for name, value in outputs.items():
        for path, inner in walk(value, stop=known):
            source = known.get(id(inner)) or _looked_into(name, inner, arrays)
            if source is None:
                continue
            if any(how == "fixed" for how, _ in (*path, *source[1])):
                raise Inseparable(f"{name} holds a part of an input in a tuple or a set")
            window = None if source[2] is inner else window_into(name, inner, source[2])
            found.append((name, path, source[0], source[1], window))
    return found


def _looked_into(
    name: str, value: Any, arrays: list[tuple[str, Path, Any]]
) -> tuple[str, Path, Any] | None:
    """The array into whose memory this one looks, the one that holds all of it first."""
    sharing = [at for at in arrays if _is_view(value, [at[2]])]
    return next((at for at in sharing if holds(at[2], value)), sharing[0] if sharing else None)


def bounds_of(array: Any) -> tuple[int, int]:
    """Where an array's memory begins, and where it ends."""
    numpy = sys.modules["numpy"]
    bounds = getattr(numpy, "byte_bounds", None) or numpy.lib.array_utils.byte_bounds
    low, high = bounds(array)
    return int(low), int(high)


def holds(array: Any, value: Any) -> bool:
    """Whether all of an array's memory lies within the stretch of another one's."""
    low, high = bounds_of(array)
    first, last = bounds_of(value)
    return low <= first and last <= high


def window_into(name: str, value: Any, array: Any, owner: str = "an input") -> Window:
    """The window through which one array looks into another. Raises Inseparable."""
    plain = type(value) is type(array) is sys.modules["numpy"].ndarray
    if not (plain and array.flags.forc and holds(array, value)) or value.dtype.hasobject:
        raise Inseparable(f"{name} looks into the memory of {owner}")
    start = [one.__array_interface__["data"][0] for one in (array, value)]
    writeable = bool(value.flags.writeable)
    place = (value.dtype, value.shape, value.strides, start[1] - start[0], writeable)
    return (*place, array.dtype, array.strides)


def look_into(array: Any, window: Window) -> Any:
    """The same window into this array's memory. Raises TypeError if that is laid out otherwise."""
    from numpy.lib.stride_tricks import as_strided

    dtype, shape, strides, offset, writeable, expected, layout = window
    if array.dtype != expected or array.strides != layout:
        raise TypeError("an input's memory is laid out otherwise than it was")
    flat = array.reshape(-1, order="A").view("u1")[offset:]
    return as_strided(flat[: dtype.itemsize].view(dtype)[:0], shape, strides, writeable=writeable)


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
    """Put the inputs' own objects into the loaded outputs. Raises Inseparable if an input is
    built otherwise than it was."""
    try:
        for link in links:
            _relink(link, outputs, inputs)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise Inseparable("an input is built otherwise than it was") from error


def _relink(link: Link, outputs: dict[str, Any], inputs: Mapping[str, Any]) -> None:
    name, path, source, where, window = link
    shared = _follow(inputs[source], where)
    if window is not None:
        shared = look_into(shared, window)
    if not path:
        outputs[name] = shared
        return
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
    arrays = [inner for _, inner in walk(value) if is_array(inner)]
    for name, other in others.items():
        if other is value:
            continue
        for path, inner in walk(other, stop=dict.fromkeys(whole)):
            if id(inner) in parts or (not path and _is_view(inner, arrays)):
                return name
    return ""


def is_array(value: Any) -> bool:
    """Whether it is an array of numpy's, if numpy is loaded at all."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def _is_view(value: Any, arrays: list[Any]) -> bool:
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray):
        return False
    return any(value is not one and numpy.may_share_memory(value, one) for one in arrays)
