"""From names a cell reads to those that the functions and classes behind them read."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, FunctionType, MethodType
from typing import Any

from zenbook.core.code_reader import facts_of
from zenbook.core.kinds import is_a, made_around


def transitive_reads(reads: Iterable[str], namespace: Mapping[str, Any]) -> set[str]:
    """The names, with all that functions, classes and instances behind them read.

    Only code whose globals *are* the namespace counts: a library's function reads its own.
    A value of a class that the notebook defines brings that class's methods, because
    operators and iteration call them without naming them.
    """
    found: set[str] = set()
    waiting = list(reads)
    seen: set[int] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name in namespace:
            for code in _codes_behind(namespace[name], namespace, seen):
                waiting += [n.root for n in facts_of(code).names if n.root in namespace]
    return found


def _codes_behind(value: Any, namespace: Mapping[str, Any], seen: set[int]) -> Iterator[CodeType]:
    """The code that using this value may run."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if is_a(value, FunctionType):
        if value.__globals__ is namespace:
            yield value.__code__
        for inner in _around(value):
            yield from _codes_behind(inner, namespace, seen)
    elif is_a(value, type):
        yield from _codes_of_class(value, namespace, seen)
    elif is_a(value, MethodType):
        yield from _codes_behind(value.__func__, namespace, seen)
        yield from _codes_behind(value.__self__, namespace, seen)
    elif is_a(value, functools.partial):
        for inner in (value.func, *value.args, *value.keywords.values()):
            yield from _codes_behind(inner, namespace, seen)
    else:
        for inner in made_around(value):
            yield from _codes_behind(inner, namespace, seen)
        yield from _codes_of_object(value, namespace, seen)


def _codes_of_class(cls: type, namespace: Mapping[str, Any], seen: set[int]) -> Iterator[CodeType]:
    if cls.__module__ != namespace.get("__name__", "__main__"):
        return
    for member in list(vars(cls).values()):
        inner = member.__func__ if is_a(member, (staticmethod, classmethod)) else member
        accessors = (inner.fget, inner.fset, inner.fdel) if is_a(inner, property) else (inner,)
        for accessor in accessors:
            if is_a(accessor, (FunctionType, type)):
                yield from _codes_behind(accessor, namespace, seen)
    for base in (*cls.__bases__, type(cls)):
        yield from _codes_behind(base, namespace, seen)


def _codes_of_object(
    value: Any, namespace: Mapping[str, Any], seen: set[int]
) -> Iterator[CodeType]:
    """An instance brings its class; a wrapper what it wraps; a container what it holds."""
    wrapped = getattr(type(value), "__wrapped__", None) or vars_of(value).get("__wrapped__")
    if type(value).__name__ == "_lru_cache_wrapper":
        wrapped = value.__wrapped__
    if wrapped is not None:
        yield from _codes_behind(wrapped, namespace, seen)
    yield from _codes_behind(type(value), namespace, seen)
    held = value.values() if type(value) is dict else value
    if type(value) in (dict, list, tuple, set) and len(value) <= 1000:
        for item in list(held):
            if callable(item):
                yield from _codes_behind(item, namespace, seen)


def vars_of(value: Any) -> Mapping[str, Any]:
    """An instance's own attributes, {} if it keeps them elsewhere."""
    return getattr(value, "__dict__", None) or {}


def _around(function: FunctionType) -> Iterator[Any]:
    """What a function closes over, wraps and has as defaults."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            continue  # not bound yet
    yield from function.__defaults__ or ()
    if "__wrapped__" in vars(function):
        yield vars(function)["__wrapped__"]
