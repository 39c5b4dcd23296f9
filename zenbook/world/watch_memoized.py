"""What functions that remember their results (``functools.lru_cache``) read when they made them.

A step that calls such a function may be given what an earlier call made, of files that nobody
opens now. So these are reads of every step whose code reaches the function, and of every step that
calls it; and where one of them has changed since, what the function remembers is not what a new
process would make, and the step's result is not kept.

Opens and listings are heard of whether a step runs or not, by an audit hook (measured: about as
long as the open itself). Of variables, those that the function's code names count, as they are now.
Native readers are not heard of; named paths stand in for those, as they do everywhere.

Rejected: to forget what is remembered before a step runs. The function would run again in every
step, and it may be the one that takes ten minutes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from threading import get_ident
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, ref

from zenbook.core.kinds import MEMOIZED
from zenbook.world.materials import Material, file_read, folder_listed

if TYPE_CHECKING:
    from zenbook.model import Read

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_LISTINGS = ("os.listdir", "os.scandir")
_ENVIRONMENT = frozenset({"environ", "environb", "getenv"})
_known: WeakSet[Any] = WeakSet()
"""Memoized functions that the code of steps has reached: some are bound to no global name."""
_made: WeakKeyDictionary[Any, _Memory] = WeakKeyDictionary()
_bound: dict[int, tuple[tuple[int, int], list[ref[Any]]]] = {}
"""Memoized functions that are bound to global names, by the id of the globals."""
_MOST_SPACES = 256
_busy: set[int] = set()
"""Threads in which the hook itself is at work."""
_installed = False


class _Memory:
    """What one function read to make what it remembers."""

    __slots__ = ("has_results", "materials")

    def __init__(self) -> None:
        self.materials: dict[str, Material] = {}
        self.has_results = False
        """Whether it was seen to remember anything."""

    def note(self, material: Material, *, remembers: bool) -> None:
        """``remembers``: whether the function remembers anything now. What was read for that
        stays as it was; where everything has been forgotten, nothing before this counts."""
        if not remembers and self.has_results:
            self.materials.clear()
            self.has_results = False
        self.has_results |= remembers
        if not remembers or material.name not in self.materials:
            self.materials[material.name] = material


def install() -> None:
    """Start to listen, once per process."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)


def counts() -> Mapping[Any, Any]:
    """How often each memoized function that has read anything was called until now."""
    found = {}
    for function, memory in list(_made.items()):
        found[function] = info = function.cache_info()
        memory.has_results |= bool(info.currsize)
    return found


def called_since(before: Mapping[Any, Any]) -> list[Any]:
    """The memoized functions that were called since."""
    return [function for function, now in counts().items() if before.get(function) != now]


def know(functions: Iterable[Any]) -> None:
    """A step's code reaches these, by whatever name."""
    _known.update(function for function in functions if type(function) is MEMOIZED)


def reads_of(functions: Iterable[Any]) -> Iterator[tuple[str, str, Read | None]]:
    """What these read to make what they remember: the function's name, what people call the thing,
    and the thing if it is the same now."""
    for function in functions:
        if type(function) is not MEMOIZED or not function.cache_info().currsize:
            continue
        name = f"{getattr(function, '__name__', 'a function')}()"
        memory = _made.get(function)
        for material in list(memory.materials.values()) if memory is not None else ():
            if not material.is_making():
                yield name, material.name, material.now()
        for read in _variables(function):
            yield name, read.name, read


def _variables(function: Any) -> Iterator[Read]:
    """The variables that its code names, if it looks into the environment at all."""
    from zenbook.core.code_facts import names_within
    from zenbook.core.code_reader import facts_of
    from zenbook.world.variables import variable_read, variables_named

    for code in _codes(function):
        if not _ENVIRONMENT.isdisjoint(names_within(code)):
            yield from map(variable_read, variables_named(facts_of(code).strings))


# ---------------------------------------------------------------- who is making something


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if (event != "open" and event not in _LISTINGS) or get_ident() in _busy:
        return
    _busy.add(get_ident())
    try:
        from zenbook.world import files

        if not files.is_quiet():
            _saw(event, args, sys._getframe(1))
    except Exception:  # never the user's problem
        _made.clear()
    finally:
        _busy.discard(get_ident())


def _saw(event: str, args: tuple[Any, ...], frame: FrameType) -> None:
    said = "." if args[0] is None else args[0]
    if not isinstance(said, (str, bytes, os.PathLike)):
        return
    if event == "open" and (args[2] or 0) & _WRITES:
        return
    functions = list(_making(frame))
    if not functions:
        return
    material = (file_read if event == "open" else folder_listed)(os.fsdecode(said))
    if material is None:
        return
    for function in functions:
        memory = _made.setdefault(function, _Memory())
        memory.note(material, remembers=bool(function.cache_info().currsize))


def _making(frame: FrameType) -> Iterator[Any]:
    """The memoized functions whose bodies run here."""
    from zenbook.world.watch_places import nearest, owner_of

    caller, _ = nearest(frame)
    if caller is None or owner_of(caller.f_code.co_filename) in ("import", "source", "zenbook"):
        return
    found = {id(function): function for function in _known} if _known else {}
    space: Any = None
    for each in _frames(caller):
        code = each.f_code
        if owner_of(code.co_filename) != "user":
            continue
        if each.f_globals is not space:
            space = each.f_globals
            found.update((id(function), function) for function in _bound_in(space))
        if "." in code.co_qualname:
            method = _method(space, code.co_qualname)
            found.update((id(function), function) for function in _around(method))
    if found:
        running = {each.f_code for each in _frames(caller)}
        yield from (each for each in found.values() if not running.isdisjoint(_codes(each)))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _bound_in(space: Mapping[str, Any]) -> list[Any]:
    """The memoized functions among these globals. Looked for again when names have come or gone,
    and when such functions have: each of them counts as a reference to their type."""
    state = (len(space), sys.getrefcount(MEMOIZED))
    known = _bound.get(id(space))
    if known is not None and known[0] == state:
        found = [function() for function in known[1]]
        if None not in found:
            return found
    found = [each for value in list(space.values()) for each in _around(value)]
    if len(_bound) > _MOST_SPACES:
        _bound.clear()
    _bound[id(space)] = (state, [ref(function) for function in found])
    return found


def _around(value: Any) -> Iterator[Any]:
    """The memoized functions that this one is made around, itself among them."""
    while value is not None:
        if type(value) is MEMOIZED:
            yield value
        value = _within(value)


def _method(space: Mapping[str, Any], name: str) -> Any:
    """What a class among these globals holds by this qualified name; None if there is none."""
    first, *others = name.split(".")
    found = space.get(first)
    for other in others:
        found = vars(found).get(other) if isinstance(found, type) else None
    return found


def _within(value: Any) -> Any:
    """The function that a decorated function or a method is made around."""
    if type(value) in (staticmethod, classmethod):
        return value.__func__
    return vars(value).get("__wrapped__") if type(value) in (FunctionType, MEMOIZED) else None


def _codes(function: Any) -> Iterator[CodeType]:
    """The code that a memoized function runs, through all decorators below."""
    value = function.__wrapped__
    while value is not None:
        if isinstance(code := getattr(value, "__code__", None), CodeType):
            yield code
        value = _within(value)
