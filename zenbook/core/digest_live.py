"""Descriptions of things that live in their process, where all they are can be asked for.

As an output none of them is kept. As an input of a notebook's cell each counts by what it holds
*now*, not by who made it: between the two a connection may have been given other data, and a file
been read. (A function's caller opens what it passes, so there they are refused.)

A lock, an event or a semaphore is nothing but its state. An sqlite3 connection is the databases
behind it as the connection sees them (``Connection.serialize``; 0.4 ms for 1 MB): what they hold
(:mod:`digest_database`), or byte by byte where that is too much to ask, with the settings that
change what a query gives. What it cannot be asked for is a reason to refuse
it: functions and collations of the user's, a callback, more than 256 MB. Whether it converts types
(``detect_types``) is no attribute; a converter made for the question tells.

A widget is what it shows, and whom it calls; one that takes up what is printed is refused, because
a hit would print that under the cell.

Refused, and so run every time: generators, open files, sockets, cursors and every other
connection. A step that uses a generator or a file moves it on, and no kept result could; a
server's data cannot be hashed.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from zenbook.core.digest_database import digest_of_database
from zenbook.core.digest_stream import Describers, Description
from zenbook.core.kinds import is_a
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

MOST_BYTES = 256 << 20
_LISTS = ("function_list", "collation_list", "module_list")
_PRAGMAS = (
    "automatic_index",
    "cell_size_check",
    "foreign_keys",
    "full_column_names",
    "ignore_check_constraints",
    "legacy_alter_table",
    "query_only",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "short_column_names",
    "trusted_schema",
    "writable_schema",
)
_COMPARED = (
    "SELECT 'a' LIKE 'A', 'a' = 'A' COLLATE NOCASE, 'a' < 'B' COLLATE NOCASE,"
    " 'a' = 'a ' COLLATE RTRIM, 'B' < 'a' COLLATE BINARY"
)
"""What tells an overridden collation and ``PRAGMA case_sensitive_like``, which has no answer."""
_PROBE = "ZENBOOK_PROBE"


# ---------------------------------------------------------------- threads


def lock(value: Any, digester: Digester) -> Description:
    """A lock: whether somebody holds it."""
    return "lock", type(value).__name__, not repr(value).startswith("<unlocked")


def event(value: Any, digester: Digester) -> Description:
    """A thread's event: whether it has happened."""
    return "event", digester.class_token(type(value)), value.is_set()


def semaphore(value: Any, digester: Digester) -> Description:
    """A semaphore: how many may still pass."""
    return "semaphore", digester.class_token(type(value)), value._value


# ---------------------------------------------------------------- sqlite3


def connection(value: Any, digester: Digester) -> Description:
    """An sqlite3 connection: its data as it sees them, and how it gives them."""
    sqlite3 = sys.modules["sqlite3"]
    if type(value) is not sqlite3.Connection:
        raise NotDigestible(f"is a live {type(value).__qualname__}")
    if any(callable(each) for each in _callbacks(value)):
        raise NotDigestible("is an sqlite3.Connection with a callback")
    with closing(sqlite3.connect(":memory:")) as plain:
        if any(_rows(value, f"PRAGMA {name}") != _rows(plain, f"PRAGMA {name}") for name in _LISTS):
            raise NotDigestible("is an sqlite3.Connection with functions of its own")
    return (
        "sqlite3",
        tuple(_databases(value, sqlite3)),
        value.in_transaction,
        value.total_changes,  # who writes what is there already has written
        value.isolation_level,
        value.row_factory,
        value.text_factory,
        tuple(_settings(value, sqlite3)),
        tuple(_converts(value, sqlite3)),
        dict(sqlite3.converters),
        {str(kind): made for kind, made in sqlite3.adapters.items()},
    )


def _callbacks(value: Any) -> Iterator[Any]:
    """What the connection holds besides its factories: its statements, its cursors, callbacks."""
    known = (value.row_factory, value.text_factory, type(value))
    for each in gc.get_referents(value):
        if not any(each is one for one in known) and type(each).__name__ != "_lru_cache_wrapper":
            yield each


def _databases(value: Any, sqlite3: Any) -> Iterator[tuple[str, Any]]:
    for _, name, _ in _rows(value, "PRAGMA database_list"):
        quoted = '"' + name.replace('"', '""') + '"'
        ((pages,),) = _rows(value, f"PRAGMA {quoted}.page_count")
        ((size,),) = _rows(value, f"PRAGMA {quoted}.page_size")
        if pages * size > MOST_BYTES:
            raise NotDigestible(f"is an sqlite3.Connection to {pages * size >> 20} MB of data")
        content = value.serialize(name=name) if pages else b""
        yield name, digest_of_database(content, sqlite3) or content


def _settings(value: Any, sqlite3: Any) -> Iterator[object]:
    yield _rows(value, _COMPARED)
    for name in _PRAGMAS:
        yield _rows(value, f"PRAGMA {name}")
    if hasattr(value, "getconfig"):  # since Python 3.12
        for name in sorted(vars(sqlite3)):
            if name.startswith("SQLITE_DBCONFIG_"):
                yield name, value.getconfig(getattr(sqlite3, name))


def _converts(value: Any, sqlite3: Any) -> Iterator[bool]:
    """Whether it converts by the names of columns, and by the declared types of columns."""
    with _probing(sqlite3, _PROBE):
        yield _rows(value, f'SELECT 1 AS "x [{_PROBE}]"') != [(1,)]
    # the only column that is always there: of the schema itself, where it has a row
    with _probing(sqlite3, "INT"):
        yield _PROBE in [row[0] for row in _rows(value, "SELECT rootpage FROM sqlite_master")]


@contextmanager
def _probing(sqlite3: Any, name: str) -> Iterator[None]:
    """A converter of this name that answers with a mark, while the block runs."""
    before = sqlite3.converters.get(name)
    sqlite3.register_converter(name, lambda _: _PROBE)
    try:
        yield
    finally:
        if before is None:
            sqlite3.converters.pop(name, None)
        else:
            sqlite3.converters[name] = before


def _rows(value: Any, query: str) -> list[Any]:
    """A query's rows, whatever the connection makes of rows and texts."""
    texts, value.text_factory = value.text_factory, str
    try:
        with closing(value.cursor()) as cursor:
            cursor.row_factory = None
            return sorted(cursor.execute(query).fetchall(), key=repr)
    finally:
        value.text_factory = texts


# ---------------------------------------------------------------- widgets

_OF_THE_PAGE = frozenset(
    (
        *("comm", "keys", "log", "_initializing_traits_", "_model_id", "_msg_callbacks"),
        *("_property_lock", "_states_to_send", "_view_count"),
    )
)
"""What a widget has for its way to the page, and what the page tells of itself."""
_CALLED = (FunctionType, MethodType, partial)


def widget(value: Any, digester: Digester) -> Description:
    """A widget of the page: its traits, what its class keeps beside them, and whom it calls."""
    if any(f"{base.__module__}.{base.__name__}" in _TAKING_OUTPUTS for base in type(value).__mro__):
        raise NotDigestible("is a widget that takes up outputs")
    names = set(value.trait_names()) - _OF_THE_PAGE
    beside = {n: v for n, v in vars(value).items() if n not in _OF_THE_PAGE and n[:6] != "_trait"}
    for name, held in beside.items():
        if type(held).__name__ == "CallbackDispatcher":
            beside[name] = list(held.callbacks)
    return (
        "widget",
        digester.class_token(type(value)),
        {name: getattr(value, name) for name in sorted(names)},
        beside,
        {name: _called(kinds) for name, kinds in value._trait_notifiers.items()},
    )


_TAKING_OUTPUTS = frozenset({"ipywidgets.widgets.widget_output.Output"})


def _called(kinds: Any) -> list[Any]:
    """The user's functions among those that hear of a trait; the class's own are others."""
    return [each for held in kinds.values() for each in held if is_a(each, _CALLED)]


DESCRIBERS: Describers = {
    "_thread.lock": lock,
    "_thread.RLock": lock,
    "threading.Event": event,
    "threading.Semaphore": semaphore,
    "sqlite3.Connection": connection,
    "ipywidgets.widgets.widget.Widget": widget,
}
