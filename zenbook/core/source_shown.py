"""The value that a function's last expression gives: what a cell with its body would show.

``model.fit(X, y)`` at the end of a cell shows the model; in a function with that body the same
value is dropped. For both to share their results it is noted: the function is compiled once more,
from a source that is believed (:mod:`zenbook.core.source_trusted`), with that one expression handed
through :func:`note`. File, lines and everything else stay, so tracebacks and debuggers see no
difference.

Rejected: executing the expression again on a hit of a cell, which may take long, or change what
it is called on.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FunctionType
from typing import Any

from zenbook.core.source import last_expression
from zenbook.core.source_trusted import codes_at, trusted

LAST = ("%last", "%last2", "%last3")
"""Artifacts that are the values shown last, newest first; None where nothing was shown."""
_noted: ContextVar[list[Any] | None] = ContextVar("zenbook_noted", default=None)


@contextmanager
def noting_last() -> Iterator[list[Any]]:
    """The value of a noting function's last expression that runs in the block; empty if none."""
    noted: list[Any] = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def note(value: Any) -> None:
    """Take the value of a last expression."""
    noted = _noted.get()
    if noted is not None:
        noted[:] = [value]


def noting(function: FunctionType) -> FunctionType | None:
    """The function with its last value noted; None if it drops none or has no source to trust."""
    code = function.__code__
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
        return None
    source = trusted(function)
    last = last_expression(source.node, function) if source is not None else None
    if source is None or last is None:
        return None
    last.value = _noted_value(last.value)
    twin = next(codes_at(source.tree, source.flags, code))
    if twin.co_freevars != code.co_freevars:
        return None
    made = FunctionType(
        twin, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _noted_value(value: ast.expr) -> ast.expr:
    """``note(value)``, found without a name that the function's module would have to hold."""
    place = ast.parse(f"__import__({__name__!r}, fromlist=['note']).note", mode="eval").body
    for node in ast.walk(place):
        ast.copy_location(node, value)
    return ast.copy_location(ast.Call(place, [value], []), value)
