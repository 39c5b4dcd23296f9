"""What a cell did to the notebook's names, seen by comparing before and after.

The old objects are held while the cell runs, because an id is reused as soon as its object is
gone. A dict subclass that reports its own reads and writes was measured and dropped: 4-15 times
slower, and CPython's fast paths bypass it.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from zenbook.core.code_facts import codes_within
from zenbook.core.kinds import is_a, made_around
from zenbook.world.open_figures import open_figures

_KEPT_BY_IPYTHON = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})
_HISTORY = re.compile(r"_+|_i*\d*|_[dio]h")
"""``_``, ``___``, ``_5``, ``_i5``, ``_ii``, and the lists and dictionaries behind them."""
_UNDERS = frozenset({"_", "__", "___"})
EXIT_CODE = "_exit_code"
MISSING: Any = object()
"""Stands for "no such name": None is a value."""


@functools.lru_cache(maxsize=1 << 14)
def is_ordinary(name: str) -> bool:
    """Whether nobody but the user binds this name: neither IPython nor Python keeps one of it."""
    return not (name in _KEPT_BY_IPYTHON or is_spare(name) or _is_never_users(name))


def is_spare(name: str) -> bool:
    """Whether a name is one of IPython's history, which people give to what they do not need."""
    return _HISTORY.fullmatch(name) is not None


def _is_never_users(name: str) -> bool:
    is_pythons = name.startswith("__") and name.endswith("__") and not is_spare(name)
    return is_pythons or name == EXIT_CODE


def is_users(name: str, namespace: Mapping[str, Any]) -> bool:
    """Whether a name is the notebook's own, and not one that IPython or Python keeps there.

    ``_`` and the like are from the moment that somebody binds them: that is IPython's own rule,
    which then leaves them alone. A plain dictionary, of no running shell, has none of these.
    """
    if is_ordinary(name):
        return True
    shell = _shell_of(namespace)
    if shell is None or name not in namespace or _is_never_users(name):
        return False
    kept = [shell.user_ns_hidden.get(name, MISSING)]
    if name in _UNDERS:
        kept.append(getattr(shell.displayhook, name, MISSING))
    return all(namespace[name] is not value for value in kept)


def _shell_of(namespace: Mapping[str, Any]) -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if shell is not None and shell.user_ns is namespace else None


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """The notebook's names and the objects they stood for at one moment."""

    bound: dict[str, Any]
    modules: frozenset[str]
    """Names of the modules imported by then."""
    figures: tuple[Any, ...] = ()
    """pyplot's open figures, the current one last. Inline figures are closed when a cell ends."""
    ended: Any = MISSING
    """How the last ``!cmd`` ended: IPython's ``_exit_code``."""


def glimpse(namespace: Mapping[str, Any], written: Collection[str] = ()) -> Glimpse:
    """Look at a namespace now; cheap, nothing is copied but references.

    ``written`` are names that are the user's whatever they look like: code of theirs binds them.
    """
    hidden = getattr(_shell_of(namespace), "user_ns_hidden", {})
    bound = {
        name: value
        for name, value in list(namespace.items())
        if is_ordinary(name)
        or name in written
        or (hidden.get(name, MISSING) is not value and is_users(name, namespace))
    }
    ended = namespace.get(EXIT_CODE, MISSING)
    return Glimpse(bound, frozenset(sys.modules), tuple(open_figures()), ended)


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Names that are bound to another object than before, and names that are gone."""

    bound: tuple[str, ...]
    deleted: tuple[str, ...]


def difference(before: Glimpse, after: Glimpse, written: Iterable[str] = ()) -> Difference:
    """What changed, in the order of the namespace.

    ``written`` names what the code binds whatever it is bound to: ``x = 5`` where ``x`` was 5
    already cannot be seen by comparing, and must be bound in a later kernel all the same.
    """
    sure = set(written)
    bound = [
        name
        for name, value in after.bound.items()
        if name in sure or before.bound.get(name, MISSING) is not value
    ]
    deleted = [name for name in before.bound if name not in after.bound]
    return Difference(tuple(bound), tuple(deleted))


def put_in_place_of(old: Any, new: Any, namespace: dict[str, Any]) -> None:
    """Give every name of the old object to the new one, and its places in IPython's ``Out``."""
    shown = namespace.get("Out")
    for space in (namespace, shown if isinstance(shown, dict) else {}):
        for name in [name for name, value in space.items() if value is old]:
            space[name] = new


def written_by_functions(roots: Iterable[Any], namespace: Mapping[str, Any]) -> frozenset[str]:
    """Global names that functions reachable from ``roots`` may bind or delete (``global x``)."""
    found: set[str] = set()
    waiting, seen = list(roots), set[int]()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        waiting += made_around(value)
        if not is_a(value, (FunctionType, type)):
            continue
        for function in _functions(value):
            if function.__globals__ is not namespace:
                continue
            for code in codes_within(function.__code__):
                found |= _global_stores(code)
                waiting += [namespace[name] for name in code.co_names if name in namespace]
    return frozenset(found)


def _functions(value: Any) -> Iterator[FunctionType]:
    if is_a(value, FunctionType):
        yield value
        wrapped = getattr(value, "__wrapped__", None)
        if is_a(wrapped, FunctionType):
            yield wrapped
        return
    for member in vars(value).values():
        inner = getattr(member, "__func__", getattr(member, "fget", member))
        if is_a(inner, FunctionType):
            yield inner


def _global_stores(code: Any) -> set[str]:
    import dis

    if not code.co_names:
        return set()
    return {
        str(step.argval)
        for step in dis.get_instructions(code)
        if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL")
    }


def bind(namespace: MutableMapping[str, Any], values: Mapping[str, Any]) -> None:
    """Bind every name in one go: nothing that can fail stands between the first and the last."""
    namespace.update(values)


def is_code(value: Any) -> bool:
    """Whether a value is code that is *used* (function, class, module) and no datum."""
    if is_a(value, (FunctionType, type, ModuleType)) or made_around(value):
        return True
    return callable(value) and type(value).__name__ in (
        "builtin_function_or_method",
        "method_descriptor",
        "ufunc",
        "_ArrayFunctionDispatcher",
        "_lru_cache_wrapper",
        "cython_function_or_method",
    )
