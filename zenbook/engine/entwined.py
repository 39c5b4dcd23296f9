"""Which of a step's inputs hold the same objects: a reason, where the step changes one of them.

``x = data`` and ``x = list(data)`` are equal inputs, and ``x.append(5)`` changes ``data`` only in
the first case. Values in a key know nothing of that, so it is a read: noted before a step runs,
kept with its record if it changed an input, and looked at again before that record is used.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_trace import is_atom as is_constant
from zenbook.engine.parts import Path, held_by, is_array, is_atom
from zenbook.model import Read, Reference

SHARED = "shared objects"
"""The name of the read."""
_MOST = 50_000
_MOST_ARRAYS = 64
_PLAIN_KEYS = (str, int, float, bool, bytes, type(None))


def entwined(values: Mapping[str, Any]) -> Read:
    """Which objects are reached by two ways from these values, by name, as a read."""
    told = sorted(_met_again(values))
    return Read("input", SHARED, xxh3_128_hexdigest(repr(told).encode("utf-8", "surrogatepass")))


def everything(
    constants: Mapping[str, tuple[Any, str]], values: Mapping[str, Any]
) -> dict[str, Any]:
    """What a step may change: the constants that its code uses, and its inputs."""
    return {**{label: value for label, (value, _) in constants.items()}, **values}


def _met_again(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The first and the other way to each object that is met again, and to shared memory."""
    waiting: deque[tuple[Path, Any]] = deque()
    waiting += (((("name", n),), value) for n, value in sorted(values.items()))
    seen: dict[int, Path] = {}
    arrays: list[tuple[Path, Any]] = []
    while waiting and len(seen) < _MOST:
        path, inner = waiting.popleft()
        if is_atom(inner) or is_constant(inner) or type(inner) is Reference:
            continue
        if id(inner) in seen:
            yield _text(seen[id(inner)]), _text(path)
            continue
        seen[id(inner)] = path
        if is_array(inner):
            arrays.append((path, inner))
        waiting += (((*path, step), item) for step, item in held_by(inner))
    yield from _in_one_memory(arrays[:_MOST_ARRAYS])


def _in_one_memory(arrays: list[tuple[Path, Any]]) -> Iterator[tuple[str, str]]:
    share = sys.modules["numpy"].may_share_memory if arrays else None
    for place, (path, array) in enumerate(arrays):
        for before, other in arrays[:place]:
            if share is not None and share(array, other):
                yield _text(before), f"memory {_text(path)}"


def _text(path: Path) -> str:
    return ".".join(f"{how} {_key(how, key)}" for how, key in path)


def _key(how: str, key: Any) -> str:
    """A step's key; the members of a set have no order that lasts."""
    if how == "fixed":
        return ""
    plain = isinstance(key, _PLAIN_KEYS) or (isinstance(key, tuple) and is_constant(key))
    return repr(key) if plain else type(key).__qualname__
