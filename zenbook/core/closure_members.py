"""The attributes of classes and functions, and closures, compared before and after a step.

``C.n += 1`` in a step, ``cls.n = 1`` in a class method that it calls, ``setattr(type(self), ...)``:
what changes is no value of the step's that could be kept and put back, and not all of it shows in
the code. So what every class and function met so far holds is noted before the step. Measured:
1 µs for each of them.

Names with two underscores at both ends are left out: Python and pickling cache things there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_trace import cells_of

_Held = Mapping[str, Any]


def members_now(things: Iterable[Any]) -> Callable[[], tuple[str, ...]]:
    """Note what these classes and functions hold; the result gives sentences on what they hold
    no longer, or hold now."""
    found = {id(thing): thing for thing in things if isinstance(thing, (type, FunctionType))}
    before = [(thing, _held(thing)) for thing in found.values()]
    return lambda: tuple(
        f"{thing.__name__}.{name} is assigned by the step"
        for thing, held in before
        for name in _assigned(held, _held(thing))
    )


def _held(thing: Any) -> _Held:
    """Attributes; and what a function's closure holds, which ``nonlocal`` assigns."""
    if isinstance(thing, FunctionType) and thing.__closure__ and is_local_code(thing):
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
