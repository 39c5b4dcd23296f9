"""What the program has set in libraries, as it is now: the places that its text names.

Each counts for a step that uses the library, or another one that imports it, since no code of the
step says so (:mod:`zenbook.core.places_set`). What has parts of its own is left to these: settings
(:mod:`zenbook.world.settings`), colormaps, random states, the user's code in a library's classes.
Measured: 2 µs for a program that sets none.
"""

from __future__ import annotations

import functools
import operator
import re
import sys
from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from zenbook.core.closure_changes import TABLES
from zenbook.core.closure_origin import DISTRIBUTIONS, is_local_code, is_local_module
from zenbook.core.closure_trace import MISSING, cells_of, is_atom
from zenbook.core.kinds import held_by_name, is_a
from zenbook.core.places_set import Place, Said, places_in, said_in
from zenbook.core.verdict import SETTINGS
from zenbook.world.duckdb_connection import CONNECTION, duckdb_there, held_by_connection
from zenbook.world.hooks_set import HOOKS_OF_THREADS, hooks_named, hooks_set
from zenbook.world.kept_by_calls import attribute, kept_by_call, top_of
from zenbook.world.library_settings import LIBRARY_SETTINGS
from zenbook.world.process_settings import Path
from zenbook.world.program_text import input_history, texts_of_files
from zenbook.world.standard_settings import lines_given

_CODE = (BuiltinFunctionType, FunctionType, MethodType, ModuleType, type)
_APART = frozenset(
    [
        *("IPython", "builtins", "gc", "ipykernel", "logging", "matplotlib_inline"),
        *("os", "signal", "sys", "warnings", "zenbook"),
    ]
)
"""Libraries that are not looked at here: what they hold has parts or obstacles of its own."""
_TOLD = frozenset(
    [
        *("copyreg.dispatch_table", "matplotlib.colormaps", "matplotlib.rcParams"),
        *("matplotlib.units.registry", "pandas.options"),
        *("plotly.express.defaults", "plotly.io.renderers", "plotly.io.templates"),
        *("sqlite3.adapters", "sqlite3.converters"),
    ]
)
"""Objects, too; by where they stand."""


@dataclass(frozen=True, slots=True)
class SetPlace:
    """A place in a library, what it is called, and what it holds now; ``is_sure`` if it must have
    a digest, as the program has put it there."""

    name: str
    value: Any
    is_sure: bool
    obstacle: str = ""
    """Why no step can be kept while this is set."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a place is: a module, attributes from there, and maybe an item's key."""

    module: ModuleType
    rest: tuple[str, ...]
    place: Place

    @property
    def top(self) -> str:
        return top_of(self.module)

    @property
    def name(self) -> str:
        item = f"[{self.place.key}]" if self.place.way == "item" else ""
        return ".".join((self.module.__name__, *self.rest)) + item


class _Program:
    """The places of this process's program, found anew when it grows."""

    def __init__(self) -> None:
        self._cells: list[Said] = []
        self._last: tuple[Any, ...] = ()
        self.places: frozenset[Place] = frozenset()
        self.hooks: tuple[Path, ...] = ()
        self._spots: tuple[object, tuple[_Spot, ...]] = (None, ())

    def spots(self) -> tuple[_Spot, ...]:
        """All places that libraries have that are loaded."""
        history, files = input_history(), texts_of_files()
        said = (len(history), history[-1] if history else "", id(files))
        if said != self._last:
            if len(history) < len(self._cells):
                self._cells.clear()
            new = history[len(self._cells) :]
            self._cells += [said_in(one if isinstance(one, str) else "") for one in new]
            told = [said_in(one) for one in files]
            found = places_in(self._cells).union(*(places_in([one]) for one in told))
            self._last = said
            if found != self.places:
                self.places, self._spots = found, (None, ())
            self.hooks = hooks_named(found, (one.methods for one in (*self._cells, *told)))
        if self.places and self._spots[0] != len(sys.modules):
            spots = {(one.name, one.place.way): one for one in _located(sorted(self.places))}
            self._spots = (len(sys.modules), tuple(spots.values()))
        return self._spots[1]


_program = _Program()


def libraries_set(used: Iterable[str]) -> list[SetPlace]:
    """What the program has set in these libraries, or in those that they import, and what it holds
    now; by name. With it the hooks that any step may set off, settings of some libraries, and
    what duckdb's own connection holds."""
    spots = _program.spots()
    used = frozenset(used) - _BY_NOBODY
    found = {
        name: SetPlace(name, value, is_sure=True, obstacle=why)
        for name, value, why in hooks_set(_program.hooks)
    }
    for library, (is_there, read) in LIBRARY_SETTINGS.items():
        if used and is_there() and _concerns(library, used, len(sys.modules)) and (text := read()):
            name = f"{library}{SETTINGS}"
            found[name] = SetPlace(name, (text,), is_sure=True)
    is_asked = duckdb_there() is not None and _concerns("duckdb", used, len(sys.modules))
    if is_asked and (held := held_by_connection()):
        why = f"{CONNECTION} holds {held[0]}: use one that the step has opened itself"
        found[CONNECTION] = SetPlace(CONNECTION, held, is_sure=True, obstacle=why)
    if not spots:
        return [*found.values()]
    for spot in spots:
        if spot.place.way == "entries" and _look(spot) is None:
            continue  # as most: whom it would concern takes longer to tell
        if _concerns(spot.top, used, len(sys.modules)) and (one := _look(spot)) is not None:
            found.setdefault(one.name, one)
    return [found[name] for name in sorted(found)]


# ---------------------------------------------------------------- where a place is


def _located(places: Iterable[Place]) -> Iterator[_Spot]:
    for place in places:
        spot = _spot_of(place)
        if spot is None:
            continue
        if place.way == "call":
            yield from _kept_by_call(spot)
        elif spot.rest and not _is_apart(spot):
            yield spot


def _spot_of(place: Place) -> _Spot | None:
    """The last module on the way, and the attributes from there; None if it is not loaded, or the
    user's own."""
    module: Any = sys.modules.get(place.path[0])
    if not isinstance(module, ModuleType):
        return None
    passed = 1
    for name in place.path[1:]:
        below = vars(module).get(name, sys.modules.get(f"{module.__name__}.{name}"))
        if not isinstance(below, ModuleType):
            break
        module, passed = below, passed + 1
    if top_of(module) in _APART or is_local_module(module.__name__):
        return None
    return _Spot(module, place.path[passed:], place)


def _is_apart(spot: _Spot) -> bool:
    """Whether what is set is a part of something that counts by itself."""
    value: Any = spot.module
    path = value.__name__
    for name in spot.rest:
        value, path = attribute(value, name), f"{path}.{name}"
        if path in _TOLD or any(value is one for one in _told_objects()):
            return True
    return spot.place.way in ("object", "table") and is_a(value, _CODE)


def _told_objects() -> Iterator[Any]:
    """The objects that are called by other names as well, and the global random states."""
    for module, name in (
        *(("matplotlib", "rcParams"), ("matplotlib", "colormaps"), ("random", "_inst")),
        *(("numpy.random.mtrand", "_rand"), ("pandas", "options")),
    ):
        found = getattr(sys.modules.get(module), name, None)
        if found is not None:
            yield found


def _kept_by_call(spot: _Spot) -> Iterator[_Spot]:
    for home, rest, way in kept_by_call(spot.module, spot.rest):
        if top_of(home) not in _APART:
            yield _Spot(home, rest, Place((*home.__name__.split("."), *rest), way))


# ---------------------------------------------------------------- what it holds


def _look(spot: _Spot) -> SetPlace | None:
    owner: Any = None
    value: Any = spot.module
    for name in spot.rest:
        owner, value = value, attribute(value, name)
    if is_a(owner, type) and is_a(own := vars(owner).get(spot.rest[-1]), functools.partialmethod):
        value = own  # of which the class makes a function anew for whoever asks
    if spot.place.way == "item":
        owner, value = value, _item(value, spot.place.key)
    if spot.name == "linecache.cache" and spot.place.way != "entries":
        return SetPlace(spot.name, lines_given(), is_sure=True)
    if spot.top == "threading" and spot.rest[-1:] and spot.rest[-1] in HOOKS_OF_THREADS:
        return None  # who starts a thread asks for it
    if any(value is one for one in _told_objects()) or is_a(value, ModuleType):
        return None
    if spot.place.way == "entries":
        entries = _entries_of_user(value)
        return SetPlace(spot.name, entries, is_sure=True) if entries else None
    is_whole = spot.place.way in ("object", "table")
    if is_whole and (value is MISSING or is_atom(value) or is_a(value, _CODE)):
        return None  # no method changes it
    if spot.place.way == "attribute" and _is_patch(spot.top, owner, value):
        return None
    if value is MISSING:
        value = "missing"
    return SetPlace(spot.name, value, not is_whole or is_a(value, TABLES))


def _entries_of_user(table: Any) -> list[Any]:
    """What a table holds of the user's code, with its keys. Nothing is asked again of a library's
    plain code: ``dataclasses`` has a table of functions, and most programs use it."""
    if not is_a(table, (dict, list, set)):
        return []
    values = [*(table.values() if is_a(table, dict) else table)]
    known = _without_users.get(id(table))
    if known is not None and len(known) == len(values) and all(map(operator.is_, known, values)):
        return []
    if is_a(table, dict):
        pairs = [(key, value) for key, value in [*table.items()] if _holds_own_code(value)]
        found = sorted(pairs, key=lambda pair: repr(pair[0]))
    else:
        found = [one for one in values if _holds_own_code(one)]
    if not found and all(map(_is_plain_code, values)):
        _without_users[id(table)] = values
    return found


_without_users: dict[int, list[Any]] = {}
"""Tables that hold plain code of libraries and nothing else, by identity, with what they hold."""


def _is_plain_code(value: Any) -> bool:
    """Whether this is a class, or a function that holds nothing; or None, in the place of one."""
    if is_a(value, FunctionType):
        return not cells_of(value)
    return value is None or is_a(value, type)


def _holds_own_code(value: Any) -> bool:
    """Whether this is a function or class of the user's, or a library's function around one."""
    if is_a(value, MethodType):
        value = value.__func__
    if not is_a(value, (FunctionType, type)):
        return False
    if is_local_code(value):
        return True
    held = cells_of(value) if is_a(value, FunctionType) else ()
    return any(is_a(one, (FunctionType, type)) and is_local_code(one) for one in held)


def _item(table: Any, key: str) -> Any:
    try:
        return table[literal_eval(key)] if is_a(table, TABLES) else MISSING
    except Exception:  # there is none, or its own code raises
        return MISSING


def _is_patch(top: str, owner: Any, value: Any) -> bool:
    """Whether this is the user's code where it is looked for anyway
    (:mod:`zenbook.core.closure_patches`)."""
    if not is_a(value, (FunctionType, type, property)) or (
        not is_a(value, property) and not is_local_code(value)
    ):
        return False
    home = sys.modules.get(top)
    held = (held_by_name(home) or {}).values() if is_a(owner, type) else (home,)
    return any(owner is one for one in held)


# ---------------------------------------------------------------- whom it concerns


def concerns(library: str, used: Iterable[str]) -> bool:
    """Whether code that uses these libraries may use that one."""
    return _concerns(library, frozenset(used) - _BY_NOBODY, len(sys.modules))


@functools.lru_cache(maxsize=256)
def _concerns(top: str, used: frozenset[str], _loaded: int) -> bool:
    """Whether code that uses these libraries may use that one: it is one of these, or one that
    they import, however indirectly. Of a package's own requirements all count, as it may import
    them in a function. Python's own library imports nothing else, whatever is put into it."""
    python = sys.stdlib_module_names
    waiting, seen = list(used), set(used)
    while waiting:
        library = waiting.pop()
        if library == top:
            return True
        new = {*_imports(_loaded).get(library, ()), *_required(library)} - seen
        new &= python if library in python else new
        seen |= new
        waiting += new
    return False


_BY_NOBODY = frozenset({"IPython", "ipykernel", "zenbook"})
"""What runs the program, and holds what this imports or, in a plan, a value to come."""


@functools.lru_cache(maxsize=1)
def _imports(_loaded: int) -> Mapping[str, set[str]]:
    """By library, the libraries that its loaded modules hold something of."""
    found: dict[str, set[str]] = {}
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top in _BY_NOBODY or is_local_module(name):
            continue
        own = found.setdefault(top, set())
        for value in list((held_by_name(module) or {}).values()):
            if is_a(value, ModuleType):
                own.add(value.__name__.partition(".")[0])
            elif is_a(value, (FunctionType, type)):
                own.add(str(value.__module__).partition(".")[0])
        own.discard("")  # of what a program has made, and is said to be from no module
    found.setdefault("warnings", set()).add("linecache")  # when it first shows one
    return found


@functools.lru_cache(maxsize=256)
def _required(library: str) -> tuple[str, ...]:
    from importlib import metadata  # costs 10 ms: only for a program that sets something

    if library in sys.stdlib_module_names:
        return ()
    try:
        required = metadata.requires(DISTRIBUTIONS.get(library, library)) or ()
    except metadata.PackageNotFoundError:
        return ()
    names = (re.match(r"[\w.-]+", text) for text in required)
    return tuple(
        _PACKAGES.get(name[0].lower(), name[0].replace("-", "_")) for name in names if name
    )


_PACKAGES = {name.lower(): package for package, name in DISTRIBUTIONS.items()}
