"""The attributes of classes and functions, and closures, compared before and after a step.

``C.n += 1`` in a step, ``cls.n = 1`` in a class method that it calls, ``setattr(type(self), ...)``:
what changes is no value of the step's that could be kept and put back, and not all of it shows in
the code. So what every class and function met so far holds is noted before the step. Measured:
1 µs for each of them.

The same for local modules, whose attributes a step may assign by any way (a helper that is given
the module, ``importlib.reload``). Measured: 2 µs for each of them.

Names with two underscores at both ends are left out: Python and pickling cache things there.
"""

from __future__ import annotations

import abc
import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from zenbook.core.closure_class import registered_with
from zenbook.core.closure_origin import is_local_code, is_local_module
from zenbook.core.closure_trace import cells_of, is_atom
from zenbook.core.kinds import is_a
from zenbook.core.made_classes import is_made_by_library

_Held = Mapping[str, Any]


def members_now(things: Iterable[Any]) -> Callable[[], tuple[str, ...]]:
    """Note what these classes and functions and all local modules hold; the result gives
    sentences on what they hold no longer, or hold now."""
    found = {id(thing): thing for thing in things if is_a(thing, (type, FunctionType))}
    before = [(thing, _held(thing)) for thing in (*found.values(), *local_modules())]
    return lambda: tuple(
        f"{thing.__name__}.{name} is assigned by the step"
        for thing, held in before
        for name in _assigned(held, _held(thing))
    )


def counts_by_value(value: Any, attribute: str) -> bool:
    """Whether this is the user's class, with a plain value of its own under this name: that
    is a part of what the class is, so that comparing it tells all that a step does to it."""
    if not is_a(value, type) or not is_local_code(value) or is_made_by_library(value):
        return False
    return attribute in vars(value) and is_atom(vars(value)[attribute])


def has_no_digest_after(value: Any) -> bool:
    """Whether this is code, of which no kept result puts an attribute back."""
    return is_a(value, (ModuleType, type, FunctionType))


def stored_now(places: Iterable[tuple[Mapping[str, Any], str]]) -> Callable[[], tuple[str, ...]]:
    """Note what these globals stand for; the result gives sentences on those that stand for
    something else."""
    gone = object()
    before = {
        (id(space), name): (space, space.get(name, gone))
        for space, name in places
        if type(space) is dict  # no view of one: what is behind it is looked at
    }
    return lambda: tuple(
        f"{name} is a global that the step assigns"
        for (_, name), (space, value) in before.items()
        if space.get(name, gone) is not value
    )


def local_modules() -> Iterator[ModuleType]:
    """Modules of the user's that come from a file, but for the program's own: what is assigned
    there is told apart."""
    for name in _local_names(len(sys.modules)):
        if isinstance(module := sys.modules.get(name), ModuleType):
            yield module


@functools.lru_cache(maxsize=1)
def _local_names(_count: int) -> tuple[str, ...]:
    """Their names, while there are as many modules. A package's modules are where it is."""
    packages: dict[str, bool] = {}
    found = []
    for name, module in sorted(sys.modules.items()):
        top = name.partition(".")[0]
        if getattr(module, "__file__", None) is None:
            continue
        if top not in packages or getattr(sys.modules.get(top), "__file__", None) is None:
            packages[top] = is_local_module(name)
        if packages[top] and name != "__main__":
            found.append(name)
    return tuple(found)


def _held(thing: Any) -> _Held:
    """Attributes; and what a function's closure holds, which ``nonlocal`` assigns."""
    if is_a(thing, ModuleType):  # importing a submodule puts it there
        return {n: v for n, v in list(vars(thing).items()) if not is_a(v, ModuleType)}
    if is_a(thing, abc.ABCMeta):
        return {**vars(thing), **dict.fromkeys(registered_with(thing))}
    if is_a(thing, FunctionType) and is_a(getattr(thing, "registry", None), (Mapping,)):
        return {str(kind): made for kind, made in thing.registry.items()}  # type: ignore[attr-defined]
    if is_a(thing, FunctionType) and thing.__closure__ and is_local_code(thing):
        free = zip(thing.__code__.co_freevars, cells_of(thing), strict=True)
        return {**dict(free), **vars(thing)}
    return dict(vars(thing))


def _assigned(before: _Held, now: _Held) -> Iterator[str]:
    """Names that mean another object now, or none; in order."""
    gone = object()
    for name in sorted({*before, *now}):
        is_cache = name.startswith("__") and name.endswith("__")
        if not is_cache and before.get(name, gone) is not now.get(name, gone):
            yield name
