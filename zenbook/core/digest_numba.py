"""Descriptions of what numba compiles: functions by their Python code, not by what was compiled
of it so far, which a call adds to and a new process starts without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from zenbook.core.digest_stream import Describers, Description
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_ATOMS = (int, float, complex, str, bool)
_used: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""What the names of each function stood for when it was compiled, or first looked at after that."""


def _check_compiled(function: Any) -> None:
    """Raise NotDigestible for a function that was compiled with what a name stood for before:
    numba takes globals for constants, and goes on with the old ones."""
    code, space = function.py_func.__code__, function.py_func.__globals__
    now = {name: space[name] for name in code.co_names if name in space}
    then = _used.setdefault(function, now) if function.overloads else now
    if then.keys() != now.keys() or not all(_is_same(then[name], now[name]) for name in now):
        raise NotDigestible("was compiled with other globals than it has now (define it again)")


def _is_same(then: Any, now: Any) -> bool:
    is_atom = type(then) is type(now) and isinstance(then, _ATOMS)
    return bool(then == now) if is_atom else then is now


def _function(value: Any, digester: Digester) -> Description:
    """A function of ``jit``: its code, its options, and the types it was declared for, if any."""
    _check_compiled(value)
    declared = () if value._can_compile else tuple(map(str, value.signatures))
    types = {name: str(each) for name, each in value.locals.items()}
    return "numba", type(value).__name__, value.py_func, value.targetoptions, types, declared


def _universal(value: Any, digester: Digester) -> Description:
    """A function of ``vectorize`` or ``guvectorize``: that of its loop, and its declared types."""
    _check_compiled(value._dispatcher)
    declared = tuple(value.types) if value._frozen else ()
    shapes = getattr(value, "signature", None)
    return "numba", type(value).__name__, value._dispatcher.py_func, declared, shapes


DESCRIBERS: Describers = {
    "CPUDispatcher": _function,
    "DUFunc": _universal,
    "GUFunc": _universal,
}
