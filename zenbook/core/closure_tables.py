"""The user's own code in tables of libraries: ``yaml.add_constructor("!x", made)``.

Many libraries look up in a dictionary of a module or class, or in ``functools.singledispatch``,
what they call on their user's behalf. Looked through are the tables that stand in what
:mod:`zenbook.core.closure_patches` looks through. Libraries fill some of these as they work, so
each is looked through by itself when its size is another, or other code has run. Measured: 30 ns
for each entry that is no code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType, MappingProxyType
from typing import Any

from zenbook.core.kinds import is_a

_Found = dict[str, tuple[Mapping[Any, Any], Any]]
_ELSEWHERE = frozenset({"copyreg.dispatch_table", "sqlite3.adapters", "sqlite3.converters"})
"""Tables that :mod:`zenbook.core.closure_registries` knows."""


class Table:
    """A table of a library, and the user's code in it."""

    def __init__(self, name: str, entries: Mapping[Any, Any], code_of: Callable[[Any], Any]):
        self.name = name
        self.entries = entries
        self._code_of = code_of
        self._size = -1
        self._found: _Found = {}

    def found(self, is_sure: bool) -> _Found:
        """What of it is the user's code: by what it is called, the table and the key.
        ``is_sure``: no other code has run since it was asked last."""
        if not is_sure or len(self.entries) != self._size:
            self._size = len(self.entries)
            self._found = dict(self._look())
        return self._found

    def _look(self) -> Iterator[tuple[str, tuple[Mapping[Any, Any], Any]]]:
        try:
            kinds = {*map(type, self.entries.values())}
            if not any(issubclass(kind, (type, *_MADE)) for kind in kinds):
                return
            held = list(self.entries.items())
        except RuntimeError:  # it grows in another thread
            return
        for key, value in held:
            if self._code_of(value) is not None:
                yield f"{self.name}[{_told(key)}]", (self.entries, key)


_MADE = (FunctionType, staticmethod, classmethod, property, functools.cached_property)


def tables_in(
    spaces: Iterable[tuple[str, Mapping[str, Any]]], code_of: Callable[[Any], Any]
) -> tuple[Table, ...]:
    """The tables that stand in these modules and classes, each once."""
    found: dict[int, Table] = {}
    for text, space in spaces:
        for name, value in list(space.items()):
            told = f"{text}.{name}"
            if name.startswith("__") or told in _ELSEWHERE:
                continue
            if is_a(value, functools.singledispatchmethod):
                value = value.dispatcher
            if is_a(value, FunctionType):
                value = vars(value).get("registry")
                if is_a(value, MappingProxyType):
                    found.setdefault(id(value), Table(told, value, code_of))
            elif is_a(value, dict):
                found.setdefault(id(value), Table(told, value, code_of))
    return tuple(found.values())


def _told(key: Any) -> str:
    return key.__qualname__ if is_a(key, (type, FunctionType)) else f"{key}"[:80]
