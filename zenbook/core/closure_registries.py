"""The user's own code in tables of libraries: ``sqlite3.register_adapter(Point, as_text)``.

A library looks there for what it calls on its user's behalf, and no code of a step names it. Its
own entries, and those of other libraries, count by version.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.kinds import is_a

_COPIERS = (("copyreg", "dispatch_table"),)
_TABLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "copy": _COPIERS,
    "copyreg": _COPIERS,
    "joblib": _COPIERS,
    "matplotlib": (("matplotlib.units", "registry"),),
    "multiprocessing": _COPIERS,
    "pickle": _COPIERS,
    "sqlite3": (("sqlite3", "adapters"), ("sqlite3", "converters")),
}
"""Modules and names of the tables that a library reads."""


def registered_with(libraries: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """What users have registered with these libraries by now, each with what it is called; of a
    class that was made again, for the last one."""
    tables = {table for library in libraries for table in _TABLES.get(library, ())}
    for module, name in sorted(tables):
        table = getattr(sys.modules.get(module), name, None)
        held = list(table.items()) if is_a(table, dict) else []
        found = {_told(key): value for key, value in held if _is_users(value)}
        yield from ((f"{module}.{name}[{key}]", found[key]) for key in sorted(found))


def _is_users(value: Any) -> bool:
    """Whether it is the user's own, or one of Python's that no library would register."""
    if is_a(value, (type, BuiltinFunctionType)):
        return value.__module__ == "builtins" or is_local_code(value)
    return is_local_code(value) or is_local_code(type(value))


def _told(key: Any) -> str:
    first = key[0] if is_a(key, tuple) and key else key
    return first.__qualname__ if is_a(first, type) else str(first)
