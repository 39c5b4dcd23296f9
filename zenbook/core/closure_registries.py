"""The user's own code in tables of libraries: ``sqlite3.register_adapter(Point, as_text)``.

A library looks there for what it calls on its user's behalf, and no code of a step names it. Its
own entries, and those of other libraries, count by version.
"""

from __future__ import annotations

import abc
import codecs
import functools
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType
from typing import Any
from weakref import ref

from zenbook.core.closure_class import registered
from zenbook.core.closure_origin import is_local_code
from zenbook.core.code_facts import CodeFacts, named_in
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
_ABSTRACT = {"collections": "collections.abc", "numbers": "numbers", "os": "os"}
"""Modules with the abstract classes of a library, which ``isinstance`` asks."""

_CODING = frozenset({"decode", "encode"})
_HANDLER = re.compile(r"[A-Za-z][\w.:-]{0,40}")
_NO_HANDLERS = frozenset(
    [
        *("strict", "ignore", "replace", "xmlcharrefreplace", "backslashreplace"),
        *("namereplace", "surrogateescape", "surrogatepass"),
        *("ascii", "encoding", "errors", "latin-1", "latin1", "utf-8", "utf8"),
    ]
)
"""The handlers of errors that every program has, and what stands beside such names."""


def registered_with(libraries: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """What users have registered with these libraries by now, each with what it is called; of a
    class that was made again, for the last one."""
    for library in sorted(_ABSTRACT.keys() & set(libraries)):
        for told, reference in _in_classes(_ABSTRACT[library], abc.get_cache_token()):
            if (cls := reference()) is not None:
                yield told, cls
    tables = {table for library in libraries for table in _TABLES.get(library, ())}
    for module, name in sorted(tables):
        table = getattr(sys.modules.get(module), name, None)
        held = list(table.items()) if is_a(table, dict) else []
        found = {_told(key): value for key, value in held if _is_users(value)}
        yield from ((f"{module}.{name}[{key}]", found[key]) for key in sorted(found))


@functools.lru_cache(maxsize=8)
def _in_classes(module: str, _token: object) -> tuple[tuple[str, ref[type]], ...]:
    """The user's own among what is registered with abstract classes of this module; ``_token``
    is another after each registration."""
    held = vars(sys.modules[module]).values() if module in sys.modules else ()
    found = {
        f"{module}.{one.__qualname__}[{cls.__qualname__}]": ref(cls)
        for one in held
        if is_a(one, abc.ABCMeta) and one.__module__ == module
        for cls in registered(one)
        if is_local_code(cls)
    }
    return tuple(sorted(found.items()))


def error_handlers_named(facts: CodeFacts) -> list[str]:
    """Texts in some code that encodes, decodes or says what is done with errors, which may name a
    handler of ``codecs``. To look for one that is not there takes 1 µs."""
    names = named_in(facts).union(facts.keywords)
    if _CODING.isdisjoint(names) and not any(name.endswith("errors") for name in names):
        return []
    return sorted(text for text in {*facts.strings} - _NO_HANDLERS if _HANDLER.fullmatch(text))


def error_handler(name: str) -> Any:
    """What is registered with ``codecs`` under this name; None if nothing."""
    try:
        return codecs.lookup_error(name)
    except (LookupError, ValueError):
        return None


def _is_users(value: Any) -> bool:
    """Whether it is the user's own, or one of Python's that no library would register."""
    if is_a(value, (type, BuiltinFunctionType)):
        return value.__module__ == "builtins" or is_local_code(value)
    return is_local_code(value) or is_local_code(type(value))


def _told(key: Any) -> str:
    first = key[0] if is_a(key, tuple) and key else key
    return first.__qualname__ if is_a(first, type) else str(first)
