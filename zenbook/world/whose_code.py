"""Whether what is handed on to be called later is the user's code."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextvars import Context
from types import BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType, ModuleType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.kinds import MEMOIZED, is_a, told_by
from zenbook.world.watch_places import owner_of

_PLAIN = frozenset({"builtins", "collections", "queue", "_queue"})
"""Whose methods change what the user holds."""
_METHODS = (BuiltinFunctionType, MethodWrapperType)
_MOST = 100
"""Values that are looked at of what is handed on."""


def calls_users(called: Any, args: Iterable[Any] = ()) -> bool:
    """Whether calling this runs the user's code, be it a function that is handed on, or changes a
    plain container."""
    return next(users_among((called, *args)), None) is not None


def users_among(handed_on: Iterable[Any]) -> Iterator[Any]:
    """Those of these that are the user's code, and what those change that are methods of a plain
    container (``results.append``), themselves or by what they were given with ``partial``."""
    waiting = [*handed_on]
    for value in waiting:
        if is_a(value, functools.partial) and len(waiting) < _MOST:
            waiting += (value.func, *value.args, *value.keywords.values())
        elif type(value) in _METHODS:
            owner = value.__self__
            is_of_object = not is_a(owner, (ModuleType, type))
            if is_of_object and type(owner).__module__ in _PLAIN:
                yield owner
        elif is_users_code(value):
            yield value


def name_of_called(called: Any) -> str:
    """What people call it: ``work()``."""
    called = innermost(called)
    return f"{told_by(called, '__name__') or type(called).__name__}()"


def innermost(called: Any) -> Any:
    """What a partial calls, or has called in a context, as ``asyncio.to_thread`` does."""
    while is_a(called, functools.partial):
        is_context = is_a(told_by(called.func, "__self__"), Context)
        called = called.args[0] if is_context and called.args else called.func
    return called


def is_users_code(value: Any) -> bool:
    """Whether calling this runs the user's own code first: a function, method, class, or an object
    of a class that can be called."""
    if is_a(value, type):
        return is_local_code(value)
    if is_a(value, MethodType):
        value = value.__func__
    if is_a(value, MEMOIZED):
        value = value.__wrapped__
    function = type(value).__call__ if callable(value) else None
    function = value if is_a(value, FunctionType) else function
    return is_a(function, FunctionType) and owner_of(function.__code__.co_filename) == "user"
