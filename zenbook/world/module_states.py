"""What the user's modules hold in this process, to be compared with what they hold in another.

Their code is their text's, so of functions and classes only what they hold counts: default values,
closures, attributes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_members import local_modules
from zenbook.core.closure_trace import MISSING, cells_of
from zenbook.core.kinds import is_a
from zenbook.core.refused import refusal
from zenbook.errors import NotDigestible
from zenbook.world.modules_keeping import UNSEEN, is_of_user, keeping

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

REMEMBERS = ""
"""The state of a module whose functions remember results, or that holds, or leaves elsewhere, what
nobody can compare: equal to none."""
_EMPTY = ("is a lock", "is an open file")
_DEEPEST = 4


def module_states() -> dict[str, str]:
    """A digest of all that each of the user's modules holds, by the module's name."""
    return {module.__name__: _state(module) for module in local_modules()}


def modules_that_keep() -> list[str]:
    """The user's modules in which a call may leave something for later calls."""
    return [module.__name__ for module in local_modules() if keeping(module)]


def _state(module: ModuleType) -> str:
    from zenbook.core.closure import CodeClosure
    from zenbook.core.digest import Digester

    if keeping(module) == UNSEEN:
        return REMEMBERS
    digester = Digester(CodeClosure())
    told = [*_told(vars(module), digester, _DEEPEST)]
    if REMEMBERS in told:
        return REMEMBERS
    return xxh3_128_hexdigest("\n".join(told).encode("utf-8", "surrogatepass"))


def _told(held: Mapping[str, Any], digester: Digester, depth: int) -> Iterator[str]:
    """What these names hold, a line for each value."""
    for name, value in sorted(held.items()):
        if name.startswith("__") or is_a(value, ModuleType):
            continue
        if isinstance(value, functools._lru_cache_wrapper):
            yield REMEMBERS if value.cache_info().currsize else name
        elif is_a(value, (staticmethod, classmethod)):
            yield from _told({name: value.__func__}, digester, depth)
        elif is_a(value, (FunctionType, type)):
            if depth and is_of_user(value):
                for line in _told(_parts(value), digester, depth - 1):
                    yield REMEMBERS if line == REMEMBERS else f"{name}.{line}"
        elif is_a(value, functools.cached_property):
            yield from _told({name: value.func}, digester, depth)
        elif type(value).__module__ != "_abc":  # which classes it has met is none of its own
            told = _digest(value, digester)
            yield f"{name} {told}" if told else REMEMBERS


def _parts(code: Any) -> dict[str, Any]:
    """What a class or function holds, by names."""
    if is_a(code, type):
        return dict(vars(code))
    cells = zip(code.__code__.co_freevars, cells_of(code), strict=True)
    closure = {f"closure {name}": content for name, content in cells if content is not MISSING}
    defaults = {"defaults": code.__defaults__, "more defaults": code.__kwdefaults__}
    return {**vars(code), **closure, **defaults}


def _digest(value: Any, digester: Digester) -> str:
    """A lock or an open file holds nothing that anybody could compare; of what else has no digest
    nobody knows whether it is as it was: ""."""
    try:
        return digester.digest(value)
    except NotDigestible:
        return type(value).__qualname__ if refusal(value) in _EMPTY else ""
