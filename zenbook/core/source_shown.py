"""What a function drops that a cell with its body leaves: its last value, and its other names.

``model.fit(X, y)`` at the end of a cell shows the model, and every name that the cell binds stays;
in a function with that body the value is dropped, and so are the names that it does not return.
For both to share their results they are noted: the function is compiled once more, from a source
that is believed (:mod:`zenbook.core.source_trusted`), with that one expression handed through
:func:`note`, or with a call of it at the end. File, lines and everything else stay, so tracebacks
and debuggers see no difference.

Rejected: executing the expression again on a hit of a cell, which may take long, or change what
it is called on.
"""

from __future__ import annotations

import ast
import dis
import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from zenbook.core.source import body_of_function, last_expression
from zenbook.core.source_trusted import FunctionNode, codes_at, trusted

LAST = ("%last", "%last2", "%last3")
"""Artifacts that are the values shown last, newest first; None where nothing was shown."""
LOCAL = "%."
"""Begins the name of an artifact that a function has not returned: ``%.axes``."""
LOST = "%lost"
"""Artifact that lists the names which a function has bound and that are not kept; ANY for all."""
ANY = "*"
_STORES = ("STORE_FAST", "STORE_DEREF")


@dataclass(slots=True, eq=False)
class Noted:
    """What one run of a function has dropped; ``names`` is None where that is not known."""

    last: list[Any] = field(default_factory=list)
    names: Mapping[str, Any] | None = None


_noted: ContextVar[Noted | None] = ContextVar("zenbook_noted", default=None)


@contextmanager
def noting_dropped() -> Iterator[Noted]:
    """What a noting function that runs in the block drops."""
    noted = Noted()
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def note(*last: Any, names: Mapping[str, Any]) -> None:
    """Take a function's local names, and the value of its last expression if it has one."""
    noted = _noted.get()
    if noted is not None:
        noted.last, noted.names = list(last), names


def noting(function: FunctionType) -> FunctionType | None:
    """The function with what it drops noted; None if it drops nothing or has no source to trust."""
    code = function.__code__
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
        return None
    source = trusted(function)
    if source is None or not _handed_on(source.node, function):
        return None
    twin = next(codes_at(source.tree, source.flags, code))
    if twin.co_freevars != code.co_freevars:
        return None
    made = FunctionType(
        twin, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _handed_on(node: FunctionNode, function: FunctionType) -> bool:
    """Put a call of :func:`note` into a function's tree; whether there is anything to note."""
    last = last_expression(node, function)
    if last is not None:
        last.value = _noting(last.value, last.value)
        return True
    if drops_nothing(function):
        return False
    end = node.body[-1]
    place = len(node.body) - isinstance(end, ast.Return)
    node.body.insert(place, ast.copy_location(ast.Expr(_noting(end)), end))
    return True


def drops_nothing(function: FunctionType) -> bool:
    """Whether a function binds no name but its outputs."""
    stored: set[str] = set()
    for step in dis.get_instructions(function.__code__):
        if step.opname.startswith(_STORES):
            stored |= {step.argval} if isinstance(step.argval, str) else set(step.argval)
    return stored <= set(body_of_function(function).returns or ())


def _noting(like: ast.AST, *last: ast.expr) -> ast.expr:
    """``note(last, names=locals())``, with names that the function's module need not hold."""
    text = f"__import__({__name__!r}, fromlist=['note']).note"
    called = ast.parse(f"{text}(names=__import__('builtins').locals())", mode="eval").body
    for node in ast.walk(called):
        ast.copy_location(node, like)
    assert isinstance(called, ast.Call)
    called.args += last
    return called
