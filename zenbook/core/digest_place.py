"""Where inside a value the part is that no digest can describe: ``config['lock']``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from zenbook.core.digest_stream import ATOMS, CONTAINERS, MARKED, Describe
from zenbook.core.kinds import held_by_name, is_a
from zenbook.errors import NotDigestible

_MOST = 20_000
_LONGEST = 80


def place_of_first(root: Any, describe: Describe) -> str:
    """The shortest path to the first part that cannot be described, "" if it is far away."""
    seen: set[int] = set()
    todo: deque[tuple[str, Any]] = deque([("", root)])
    while todo and len(seen) < _MOST:
        path, value = todo.popleft()
        if type(value) in ATOMS or id(value) in seen or len(path) > _LONGEST:
            continue
        seen.add(id(value))
        if type(value) in CONTAINERS or type(value) in MARKED:
            todo.extend((path + step, member) for step, member in _steps(value))
            continue
        try:
            describe(value)
        except NotDigestible:
            return path
        todo.extend((f"{path}.{name}", member) for name, member in _attributes(value))
    return ""


def _steps(value: Any) -> Iterator[tuple[str, Any]]:
    if type(value) is dict:
        yield from ((f"[{_key(key)}]", member) for key, member in value.items())
    elif type(value) in CONTAINERS:
        yield from ((f"[{index}]", member) for index, member in enumerate(value))
    elif type(value) is not bytearray:
        yield from (("{…}", member) for member in value)


def _attributes(value: Any) -> list[tuple[str, Any]]:
    own = held_by_name(value)
    return list(own.items()) if type(own) is dict and not is_a(value, type) else []


def _key(key: Any) -> str:
    return repr(key)[:30] if type(key) in ATOMS else type(key).__name__
