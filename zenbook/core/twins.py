"""Things of the user's that are there twice: functions and classes with the same code, and what
else counts by its name (``T = TypeVar("T")``, a ``NewType``, a memoized function).

A cell that defines a class is executed again, or a module loaded again, while there are instances
of the class as it was: ``isinstance(a, A)`` and ``a == A(3)`` are another thing then, though every
part is what it was; and so is ``T in Box.__parameters__``. So who holds which of the two is a part
of its own, and so is whether the name stands for that. Where one thing was made once there is none:
that is what a cold run has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from zenbook.core.closure_collect import digest_of
from zenbook.core.closure_origin import named
from zenbook.core.closure_trace import Trace
from zenbook.core.kinds import is_a, told_by
from zenbook.core.verdict import TWO
from zenbook.errors import NotDigestible
from zenbook.model import Part

if TYPE_CHECKING:
    from zenbook.core.closure import Uses
    from zenbook.core.digest import Digester

Things = Mapping[str, tuple[Any, ...]]
"""Functions, classes and what else has one by the name that their module has for them."""


def things_of(trace: Trace) -> Things:
    """What a walk met that a module has by name."""
    known: Things | None = trace.settled.get("things")
    if known is None:
        found: dict[str, dict[int, Any]] = {}
        for _, thing in trace.described:
            if name := _name_of(thing):
                found.setdefault(name, {})[id(thing)] = thing
        known = {name: tuple(things.values()) for name, things in found.items()}
        trace.settled["things"] = known
    return known


def _name_of(thing: Any) -> str:
    """Its module and name; "" for a module, and for what a function or class has made of it."""
    name = told_by(thing, "__qualname__")
    if is_a(thing, ModuleType) or not isinstance(name, str) or "<" in name:
        return ""
    if "." in name and not is_a(thing, type):  # a method comes with its class
        return ""
    return f"{told_by(thing, '__module__')}:{name}"


def twins(
    uses: Uses, digester: Digester, values: Mapping[str, Any], anew: Callable[[], Digester]
) -> Iterator[Part]:
    """A part for each thing that is there twice among what the step's code uses and what these
    values of its hold, which this digester has digested, and one for bare objects that several of
    them hold; ``anew`` makes another digester."""
    held = _met_by(digester)
    now = _named_now(held)
    is_plain = not (now or any(len(found) > 1 for found in uses.things.values()))
    names = frozenset() if is_plain else _met_twice([uses.things, now, *held], anew)
    if not (names or digester.sentinels):
        return
    holders = [("named", [now], ()), *_holders(uses, values, anew)]
    for name in sorted(names):
        found = ((who, things.get(name, ())) for who, held, _ in holders for things in held)
        yield Part("setting", f"{TWO}{name.partition(':')[2]}", digest_of(_held(found)))
    shared = [who for who in _held((who, bare) for who, _, bare in holders) if len(who) > 1]
    if shared:
        yield Part("setting", "shared object()", digest_of(tuple(shared)))


def _held(found: Iterable[tuple[str, Iterable[Any]]]) -> tuple[tuple[str, ...], ...]:
    """Who holds each of several things, in an order that no memory address decides."""
    held: dict[int, set[str]] = {}
    for holder, things in found:
        for thing in things:
            held.setdefault(id(thing), set()).add(holder)
    return tuple(sorted(tuple(sorted(who)) for who in held.values()))


def _met_by(digester: Digester) -> list[Things]:
    by_name = {name: (*things.values(),) for name, things in digester.by_name.items()}
    return [*map(things_of, digester.met.values()), *([by_name] if by_name else [])]


def _named_now(held: Iterable[Things]) -> Things:
    """What modules have under the names of these now."""
    found: dict[str, tuple[Any, ...]] = {}
    for name, thing in {name: met[0] for things in held for name, met in things.items()}.items():
        module, _, chain = name.partition(":")
        value = named(module, chain)
        if is_a(value, (FunctionType, type)) or type(value) is type(thing):
            found[name] = (value,)
    return found


def _met_twice(met: Iterable[Things], anew: Callable[[], Digester]) -> frozenset[str]:
    """The names under which several things of one code were met."""
    together: dict[str, dict[int, Any]] = {}
    for things in met:
        for name, found in things.items():
            together.setdefault(name, {}).update((id(thing), thing) for thing in found)
    several = {name: [*found.values()] for name, found in together.items() if len(found) > 1}
    return frozenset(
        name
        for name, found in several.items()
        if len({_code_of(thing, anew()) for thing in found}) < len(found)
    )


def _code_of(thing: Any, digester: Digester) -> str:
    code = digester.code
    if is_a(thing, type):
        return code.klass(thing, digester)
    function = is_a(thing, FunctionType)
    return code.function(thing, digester) if function else digester.digest(thing)


def _holders(
    uses: Uses, values: Mapping[str, Any], anew: Callable[[], Digester]
) -> Iterator[tuple[str, list[Things], Iterable[object]]]:
    """What the step's code, which has no name, and each value hold: things that a module has by
    name, and bare objects."""
    yield "", [uses.things], ()
    constants = {name: value for name, (value, _) in uses.constants.items()}
    for name, value in (*constants.items(), *values.items()):
        own = anew()
        with suppress(NotDigestible):
            own.digest(value)
        yield name, _met_by(own), own.sentinels.values()
