"""Where a library's function keeps what it is given, as its code says.

Globals (``urllib.request.install_opener()``), and tables in which it, or a function of its library
that it calls, may put the user's functions (``OmegaConf.register_new_resolver()``).
"""

from __future__ import annotations

import dis
import functools
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from types import FunctionType, MethodType, ModuleType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_trace import MISSING
from zenbook.core.code_reader import facts_of
from zenbook.core.kinds import is_a
from zenbook.core.places_set import Way

_DEEPEST = 3
"""How many functions of a library may hand on what one of them is given, until it is kept."""
_MOST = 200
"""How many of them are looked at."""
_PUTTING = frozenset({"append", "setdefault", "update"})
_TABLES = frozenset({dict, list, set, defaultdict, OrderedDict})
"""No others: what a table's own code does when it is looked through, nobody knows."""
Kept = tuple[ModuleType, tuple[str, ...], Way]
"""A module, attributes from there, and what of that may be what was kept."""


def kept_by_call(module: ModuleType, rest: Iterable[str]) -> Iterator[Kept]:
    """Where the function that these attributes of a module lead to keeps what it is given."""
    function = _function_at(module, rest)
    home = _home_of(function)
    if function is None or home is None:
        return
    for name in _globals_kept(function.__code__):
        yield home, (name,), "attribute"
    reached = {function: (home, 1)}
    for each in _spreading(reached):
        home, depth = reached[each]
        puts = _puts(each.__code__)
        for chain in _chains_in(each.__code__):
            is_own = not is_a(_at(home, chain[:1]), ModuleType)  # sys.path_hooks is not
            if puts and is_own and type(_at(home, chain)) in _TABLES:
                yield home, chain, "entries"
            called = _function_at(home, chain) if depth < _DEEPEST else None
            there = _home_of(called)
            if called is not None and there is not None and top_of(there) == top_of(home):
                reached.setdefault(called, (there, depth + 1))


def _spreading(reached: dict[FunctionType, Any]) -> Iterator[FunctionType]:
    """Its keys, with those that are added meanwhile."""
    place = 0
    while place < min(len(reached), _MOST):
        yield [*reached][place]
        place += 1


def top_of(module: ModuleType) -> str:
    """The library that a module is of."""
    return module.__name__.partition(".")[0]


def attribute(value: Any, name: str) -> Any:
    """What is there under this name; MISSING if nothing is."""
    if is_a(value, ModuleType):
        return vars(value).get(name, MISSING)
    try:
        return getattr(value, name, MISSING)
    except Exception:  # a property's code, which may raise anything
        return MISSING


def _at(module: ModuleType, rest: Iterable[str]) -> Any:
    value: Any = module
    for name in rest:
        value = attribute(value, name)
    return value


def _function_at(module: ModuleType, rest: Iterable[str]) -> FunctionType | None:
    """The library's function that is there."""
    value = _at(module, rest)
    if is_a(value, MethodType):
        value = value.__func__
    return value if is_a(value, FunctionType) and not is_local_code(value) else None


def _home_of(function: FunctionType | None) -> ModuleType | None:
    """The module whose globals a function uses."""
    return sys.modules.get(str(function.__globals__.get("__name__"))) if function else None


@functools.lru_cache(maxsize=4096)
def _globals_kept(code: Any) -> tuple[str, ...]:
    """The globals to which some code binds a parameter of its own as it is."""
    given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
    found = []
    for step, then in pairwise(steps):
        if then.opname == "STORE_GLOBAL" and "LOAD_FAST" in step.opname:
            loaded = step.argval[-1] if isinstance(step.argval, tuple) else step.argval
            found += [str(then.argval)] if loaded in given else []
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def _chains_in(code: Any) -> tuple[tuple[str, ...], ...]:
    """The globals that some code names, and each attribute on the way from them."""
    chains = ((name.root, *name.chain) for name in facts_of(code).names)
    return tuple({chain[: end + 1]: None for chain in chains for end in range(len(chain))})


@functools.lru_cache(maxsize=4096)
def _puts(code: Any) -> bool:
    """Whether some code puts items somewhere."""
    steps = dis.get_instructions(code)
    return any(step.opname == "STORE_SUBSCR" or step.argval in _PUTTING for step in steps)
