"""What becomes of a log record with a handler, filter or formatter: shown, and no more, so that a
hit, which shows it again and calls nobody, leaves all as it was; or something else, too.

Those of libraries are trusted, as is all that a library keeps for itself. Code of the user's is
read, and is known to do no more only where it sets nothing and calls nothing but what is named
here: ``print``, ``tqdm.write``, the streams, what logging itself offers, and functions of the
user's of which the same is true.
"""

from __future__ import annotations

import builtins
import json
import logging
import sys
from collections.abc import Iterator
from dis import Instruction
from types import CodeType, FunctionType, ModuleType
from typing import Any

from zenbook.core.closure_trace import is_atom
from zenbook.core.code_digest import CONSTANT_LOADS, GLOBAL_LOADS, code_digest, instructions_of
from zenbook.core.kinds import held_by_name, is_a
from zenbook.world.watch_places import owner_of

_METHODS = frozenset(
    {
        *("acquire", "emit", "filter", "flush", "format", "formatException", "formatMessage"),
        *("formatStack", "formatTime", "handle", "handleError", "release"),
    }
)
"""What logging calls of handlers, filters and formatters."""
_ON_ANYTHING = frozenset(
    {
        *(*_METHODS, *vars(logging.makeLogRecord({})), "getMessage", "message"),
        *("center", "join", "ljust", "lower", "replace", "rjust", "strip", "upper"),
    }
)
"""What may be taken of anything: records, texts and what logging makes change nothing by it."""
_OF_TABLES = frozenset({"get", "items", "keys", "values"})
_CALLED: tuple[Any, ...] = (
    *(Exception, KeyboardInterrupt, RecursionError, SystemExit, ValueError),
    *(bool, float, int, isinstance, len, print, repr, str, super),
    *(json.dumps, logging.Formatter, logging.Handler, logging.StreamHandler, logging.getLevelName),
)
_DOING = frozenset(
    {
        *("STORE_ATTR", "STORE_SUBSCR", "STORE_SLICE", "STORE_GLOBAL", "STORE_DEREF"),
        *("DELETE_ATTR", "DELETE_SUBSCR", "DELETE_GLOBAL", "DELETE_DEREF"),
        *("IMPORT_NAME", "IMPORT_FROM", "IMPORT_STAR", "YIELD_VALUE"),
    }
)
"""Instructions by which code may change what is not its own."""
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")
_UNKNOWN: Any = object()
"""What nothing is known of, but that it was made by what is named here."""


def shown_by(hearer: Any) -> str | None:
    """What code of the user's shows of a record, as text; empty for code of others. None if a
    handler, filter or formatter may do something else with it."""
    if type(hearer) is FunctionType:  # a filter may be any function
        return "" if not _is_users(hearer.__code__) else _Reading(None).told_of([hearer])
    if not hasattr(type(hearer), "__mro__") or type(hearer).__module__ == "builtins":
        return None  # the method of a list, say
    own = [*_own_methods(type(hearer))]
    if not own:
        return ""
    if not all(type(each) is FunctionType for each in own):
        return None
    if not _METHODS.isdisjoint(held_by_name(hearer) or ()):
        return None
    return _Reading(hearer).told_of(own)


def is_shown_or_librarys(stream: Any) -> bool:
    """Whether what is written to this stream is shown, or goes where a library puts it."""
    if any(stream is each for each in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)):
        return True
    return owner_of(_file_of(type(stream))) == "library"


def _own_methods(kind: type) -> Iterator[Any]:
    """What the user's classes among a class and its bases define of what logging calls."""
    for each in kind.__mro__:
        for name in sorted(_METHODS & set(vars(each))):
            code = getattr(found := vars(each)[name], "__code__", None)
            if _is_users(code) if code else owner_of(_file_of(each)) == "user":
                yield found


def _file_of(kind: type) -> str:
    """The file of a class's module; empty for what was defined in a notebook."""
    if kind.__module__ in sys.builtin_module_names:
        return logging.__file__
    return getattr(sys.modules.get(kind.__module__), "__file__", None) or ""


def _is_users(code: CodeType) -> bool:
    return owner_of(code.co_filename) == "user"


def _is_plain(value: Any) -> bool:
    return is_atom(value) or (
        type(value) is dict and all(is_atom(each) for pair in value.items() for each in pair)
    )


class _Reading:
    """Reads functions one after the other; ``told`` is what they do, and with which values."""

    def __init__(self, hearer: Any) -> None:
        self._hearer = hearer
        self._told: list[str] = []
        self._read: set[CodeType] = set()

    def told_of(self, functions: list[Any]) -> str | None:
        """What these do; None if that may be more than to show."""
        only_show = all(self.only_shows(each, self._hearer) for each in functions)
        return " ".join(self._told) if only_show else None

    def only_shows(self, function: Any, hearer: Any) -> bool:
        """Whether a function, a method of ``hearer`` if there is one, does no more."""
        code = function.__code__
        if code in self._read:
            return True
        self._read.add(code)
        self._told.append(code_digest(code))
        defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        self._told.append(repr(defaults) if all(map(is_atom, defaults)) else "")
        return all(map(is_atom, defaults)) and _Lines(self, function, hearer).are_harmless()

    def known(self, value: Any) -> Any:
        """A value that code takes by its name, as far as it may; None otherwise."""
        if _is_plain(value):
            self._told.append(repr(value))
            return value
        if type(value) is FunctionType and _is_users(value.__code__):
            return _UNKNOWN if self.only_shows(value, None) else None
        return value if _is_offered(value) else None


def _is_offered(value: Any) -> bool:
    """Whether calling this, or taking what :meth:`_Lines._taken` allows of it, does no more than
    show."""
    if type(value) is ModuleType:
        name = value.__name__
        return value in (sys, json, logging) or name.startswith(("tqdm", "IPython.display"))
    if any(value is each for each in _CALLED):
        return True
    if type(value) is FunctionType:
        return value.__name__ == "display" and value.__module__.startswith("IPython.")
    return is_a(value, type) and str(value.__module__).startswith("tqdm.")


class _Lines:
    """The instructions of one function, and what is known of what they hold."""

    def __init__(self, reading: _Reading, function: Any, hearer: Any) -> None:
        self._reading = reading
        self._function = function
        self._hearer = hearer
        self._steps = instructions_of(function.__code__)
        self._given = function.__code__.co_varnames[: 1 if hearer is None else 2]
        """The names of what it is given: the handler, filter or formatter, and the record."""
        self._held = {} if hearer is None else {self._given[0]: hearer}
        self._stored = [
            name
            for step in self._steps
            if step.opname.startswith("STORE_FAST")
            for name in _names_of(step)
        ]

    def are_harmless(self) -> bool:
        """Whether none of them can do more than show."""
        if not set(self._given).isdisjoint(self._stored):
            return False
        known, last = _UNKNOWN, ""
        for step in self._steps:
            if step.opname in _DOING and (step.opname, last) != ("STORE_ATTR", self._given[-1]):
                return False
            known = self._after(step, known)
            if known is None:
                return False
            last = _names_of(step)[-1] if step.opname.startswith("LOAD_FAST") else ""
        return True

    def _after(self, step: Instruction, known: Any) -> Any:
        """What lies on top after an instruction, as far as is known; None if it may do more."""
        name = step.opname
        if name in GLOBAL_LOADS:
            value = vars(builtins).get(step.argval, _UNKNOWN)
            return self._reading.known(self._function.__globals__.get(step.argval, value))
        if name.startswith(_ATTRIBUTES):
            return self._taken(known, step.argval)
        if name.startswith("LOAD_FAST"):
            return self._held.get(_names_of(step)[-1], _UNKNOWN)
        if name == "STORE_FAST" and self._stored.count(step.argval) == 1:
            self._held[step.argval] = known
        if name in CONSTANT_LOADS and type(step.argval) is CodeType:
            return None  # a function within, which may be handed on
        if "DEREF" in name and step.argval != "__class__":
            return None
        return _UNKNOWN

    def _taken(self, known: Any, name: str) -> Any:
        """An attribute of what is known; None if it may do more than show."""
        if known is self._hearer and known is not None:
            return self._own(name)
        if known is sys:
            return getattr(sys, name) if name in ("stdout", "stderr") else None
        if type(known) is ModuleType:
            return self._reading.known(vars(known).get(name, _UNKNOWN))
        if type(known) is dict and name in _OF_TABLES:
            return _UNKNOWN
        if name == "write":
            return _UNKNOWN if is_shown_or_librarys(known) or _is_offered(known) else None
        return _UNKNOWN if name in _ON_ANYTHING else None

    def _own(self, name: str) -> Any:
        """An attribute of the handler, filter or formatter itself."""
        held = held_by_name(self._hearer) or {}
        if name == "stream" and is_shown_or_librarys(held.get(name)):
            return held[name]
        found = held.get(name, getattr(type(self._hearer), name, _UNKNOWN))
        if type(found) is not FunctionType:
            return self._reading.known(found)
        if _is_users(found.__code__):
            return _UNKNOWN if self._reading.only_shows(found, self._hearer) else None
        return _UNKNOWN if name in _METHODS else None


def _names_of(step: Instruction) -> tuple[Any, ...]:
    """The variables of an instruction, which may be for two."""
    return step.argval if type(step.argval) is tuple else (step.argval,)
