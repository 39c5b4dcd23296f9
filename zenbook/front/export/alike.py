"""Digests that do not ask where a class or function stands.

A step may define a class of its own, where a notebook has it for all cells: its methods then
reach the step's names in another way, so an instance is another value to the usual digest, and
no less the same to its reader. Here code counts by its instructions and names, wherever it is.
"""

from __future__ import annotations

import dis
from types import CodeType, FunctionType
from typing import Any

from zenbook.core.digest import CodeDigests, Digester

_LAYOUT = frozenset({"RESUME", "COPY_FREE_VARS", "MAKE_CELL", "PUSH_NULL", "CACHE", "NOP"})
_NAMED = frozenset(
    {"__annotations__", "__doc__", "__module__", "__qualname__", "__dict__", "__weakref__"}
)


def digests_of(value: Any, code: CodeDigests) -> tuple[str, str]:
    """The usual digest of a value; and what it is wherever its code stands, "" if that is the same.

    Raises NotDigestible.
    """
    usual = _Watched(code)
    digest = Digester(usual).digest(value)
    return digest, Digester(OwnCode(code)).digest(value) if usual.was_asked else ""


class _Watched:
    """Code as ``inner`` tells it; notes whether anybody asked for any."""

    def __init__(self, inner: CodeDigests) -> None:
        self._inner = inner
        self.was_asked = False
        self.is_local, self.module = inner.is_local, inner.module

    def function(self, function: Any, digester: Any) -> str:
        self.was_asked = True
        return self._inner.function(function, digester)

    def klass(self, cls: type, digester: Any) -> str:
        self.was_asked = True
        return self._inner.klass(cls, digester)


class OwnCode:
    """What code is by itself; asks ``inner`` which code is the user's."""

    def __init__(self, inner: CodeDigests) -> None:
        self.is_local, self.module = inner.is_local, inner.module

    def function(self, function: Any, digester: Any) -> str:
        """A function by its instructions and defaults."""
        return repr((_told(function.__code__), digester.digest(function.__defaults__)))

    def klass(self, cls: type, digester: Any) -> str:
        """A class by its bases and members."""
        members = [(n, _member(value)) for n, value in vars(cls).items() if n not in _NAMED]
        return repr(([base.__name__ for base in cls.__bases__], sorted(members)))


def _member(value: Any) -> str:
    inner = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
    if isinstance(inner, FunctionType):
        return repr(_told(inner.__code__))
    return repr(value) if isinstance(value, (int, float, str, tuple)) else type(value).__name__


def _told(code: CodeType) -> tuple[Any, ...]:
    steps = [
        (_kind(one.opname), _argument(one))
        for one in dis.get_instructions(code)
        if one.opname not in _LAYOUT
    ]
    return (code.co_name, code.co_varnames[: code.co_argcount], steps)


def _kind(operation: str) -> str:
    reads = ("LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME", "LOAD_CLASSDEREF", "LOAD_CLOSURE")
    return "LOAD" if operation in reads else operation


def _argument(one: dis.Instruction) -> Any:
    if isinstance(one.argval, CodeType):
        return _told(one.argval)
    if one.opcode in dis.hasjrel or one.opcode in dis.hasjabs or one.opname == "MAKE_FUNCTION":
        return ""
    value = one.argval
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)
