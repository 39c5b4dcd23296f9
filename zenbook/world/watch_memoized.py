"""What functions that remember their results (``functools.lru_cache``) read when they made them.

A step that calls such a function may be given what an earlier call made, of files that nobody
opens now. So these are reads of every step that calls it, or one that calls it; and where one of
them, or the code or data that it was made with, has changed since, what the function remembers is
not what a new process would make, and the step's result is not kept.

Opens, listings, databases and programs are heard of whether a step runs or not, as audit events
(measured: about as long as the open itself); looks (``os.path.exists``) and variables while a step
runs. What a plain cell had a function ask otherwise is told by the names in its code, and where
these do not tell, nobody can know. Native readers are not heard of; named paths stand in for those.

Rejected: to forget what is remembered before a step runs. The function would run again in every
step, and it may be the one that takes ten minutes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from threading import get_ident
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from zenbook.core import looks
from zenbook.core.kinds import MEMOIZED
from zenbook.world import audit
from zenbook.world.materials import Material, file_read, folder_listed, look_now, place_of
from zenbook.world.memoized_code import (
    around,
    codes_of,
    may_ask,
    may_read,
    meaning_of,
    reached,
    variables_of,
)
from zenbook.world.watch_paths import text_of

if TYPE_CHECKING:
    from zenbook.model import Kind, Read

_PROGRAMS = ("os.exec", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen")
_LISTINGS = ("os.listdir", "os.scandir")
_PATTERNS = ("glob.glob/2", "pathlib.Path.glob", "pathlib.Path.rglob")
_EVENTS = frozenset(
    ("open", "os.mkdir", "sqlite3.connect", *_LISTINGS, *_PATTERNS, *_PROGRAMS),
)
_MOST_SPACES = 256
_made: WeakKeyDictionary[Any, _Memory] = WeakKeyDictionary()
_codes: dict[int, list[ref[Any]]] = {}
"""Memoized functions that steps have reached, by the ids of the code that they run."""
_bound: dict[int, tuple[int, int, dict[int, list[ref[Any]]]]] = {}
"""Those bound to global names, by the id of the globals; with how many functions of the kind there
were, and how many names."""
_busy: set[int] = set()
"""Threads in which this is itself at work."""


class _Memory:
    """What is known of what one function remembers."""

    __slots__ = ("heard", "is_found", "made", "materials", "meaning", "unknown")

    def __init__(self, *, is_found: bool) -> None:
        self.forget()
        self.is_found = is_found
        """Whether it was found whenever it ran."""

    def forget(self) -> None:
        """It remembers nothing."""
        self.materials: dict[str, Material] = {}
        self.made: set[str] = set()
        """Whole paths of files and folders that it has made."""
        self.unknown = ""
        """What it did of which nobody knows what it read."""
        self.meaning = ""
        """The digest of its code and of what that uses, when it first remembered anything."""
        self.heard = 0
        """How many of its results were made while a step ran."""

    def note(self, material: Material, *, remembers: bool) -> None:
        """``remembers``: whether the function remembers anything now. What was read for that
        stays as it was."""
        if not remembers or material.name not in self.materials:
            self.materials[material.name] = material


@dataclass(frozen=True, slots=True)
class Before:
    """What a function remembered before a step ran."""

    calls: Any
    materials: Mapping[str, Material]
    obstacle: str
    unheard: int
    """How many of its results were made while no step ran."""


def install() -> None:
    """Start to listen."""
    audit.listen(_EVENTS, _heard)


def know(functions: Iterable[Any], *, are_bound: bool = False) -> None:
    """A step's code reaches these, by whatever name; ``are_bound``: they are among the globals."""
    for function in functions:
        if type(function) is MEMOIZED and function not in _made:
            is_found = are_bound or not _remembers(function) or _is_bound(function)
            _made[function] = _Memory(is_found=is_found)
            _note_codes(_codes, function)


def look(space: Mapping[str, Any]) -> None:
    """A cell has ended that was no step: look at what functions remember by now."""
    bound = _bound_in(space)
    if _made or bound:
        know((each() for found in bound.values() for each in found), are_bound=True)
        for function, memory in list(_made.items()):
            _settle(function, memory)


def _settle(function: Any, memory: _Memory) -> None:
    if not function.cache_info().currsize:
        memory.forget()
    elif not memory.meaning:
        memory.meaning = meaning_of(function)


def before() -> Mapping[Any, Before]:
    """What every function that is known remembers, before a step runs."""
    found = {}
    for function, memory in list(_made.items()):
        info = function.cache_info()
        unheard = max(info.misses - memory.heard, 0)
        obstacle = _obstacle(function, memory, unheard) if info.currsize else ""
        found[function] = Before(info, dict(memory.materials), obstacle, unheard)
    return found


def _obstacle(function: Any, memory: _Memory, unheard: int) -> str:
    """Why nobody can know what it remembers was made of; "" if it is known."""
    name = _name(function)
    if memory.meaning != meaning_of(function) and memory.meaning:
        return f"{name} remembers what other code or data made: restart the kernel"
    if memory.unknown:
        return f"{name} remembers what it made when it {memory.unknown}"
    if unheard and not memory.is_found and may_read(function):
        return f"{name} remembers what it made before any step could see what it read"
    if unheard and may_ask(function):
        return f"{name} remembers what it made when it looked for files or variables unseen"
    return ""


def reads_of(
    functions: Iterable[Any], known: Mapping[Any, Before]
) -> Iterator[tuple[Read | None, str]]:
    """What functions read to make what they remember that were called since: a thing that is as it
    was, or a sentence on why the step's result cannot be kept. ``functions`` count as called."""
    called = [f for f, memory in list(_made.items()) if _was_called(f, memory, known.get(f))]
    for function in {each: None for one in (*functions, *called) for each in reached(one)}:
        memory, then = _made.get(function), known.get(function)
        if memory is None or not (_remembers(function) or (then and then.calls.currsize)):
            continue
        if then is not None and then.obstacle:
            yield None, then.obstacle
        for material in {**memory.materials, **(then.materials if then else {})}.values():
            if material.was_missing() and material.key in memory.made:
                continue
            read = material.now()
            changed = f"{material.name} changed after {_name(function)} had read it"
            yield read, "" if read else f"{changed}: restart the kernel"
        yield from ((read, "") for read in variables_of(function))
        _settle(function, memory)


def _was_called(function: Any, memory: _Memory, then: Before | None) -> bool:
    now = function.cache_info()
    is_cleared = then is None or now.misses < then.calls.misses
    memory.heard = now.misses - (then.unheard if then and not is_cleared else 0)
    if then is None or now != then.calls:
        return True  # else it may have forgotten everything, and have made as much again
    return [*map(id, memory.materials.values())] != [*map(id, then.materials.values())]


def _name(function: Any) -> str:
    return f"{getattr(function, '__name__', 'a function')}()"


# ---------------------------------------------------------------- who is making something


def note(kind: Kind, name: str) -> None:
    """A step asks for this; so do the functions whose bodies run here."""
    if _made or _bound:
        from zenbook.world.watch_places import owner_of

        frame, material = sys._getframe(1), None
        while frame.f_back is not None and owner_of(frame.f_code.co_filename) == "zenbook":
            frame = frame.f_back
        for function in _making(frame):
            material = material or Material(kind, name, look_now(kind, name).digest)
            _memory_of(function).note(material, remembers=_remembers(function))


def _heard(event: str, args: tuple[Any, ...], frame: FrameType) -> None:
    if get_ident() in _busy:
        return
    _busy.add(get_ident())
    try:
        from zenbook.world import files

        if not files.is_quiet():
            for function in _making(frame):
                _saw(event, args, function)
    except Exception:  # never the user's problem; what is remembered from now on is just not kept
        for memory in _made.values():
            memory.unknown = "could not be followed"
    finally:
        _busy.discard(get_ident())


def _saw(event: str, args: tuple[Any, ...], function: Any) -> None:
    memory = _memory_of(function)
    if event in _PROGRAMS:
        memory.unknown = "started a program"
    elif event == "sqlite3.connect" and _path(args[0]).startswith("file:"):
        memory.unknown = "connected to a database"
    elif not _makes(event, args, memory) and (material := _material(event, args)) is not None:
        memory.note(material, remembers=_remembers(function))


def _makes(event: str, args: tuple[Any, ...], memory: _Memory) -> bool:
    """Whether a folder or file is about to be made, or written anew."""
    flags = (args[2] or 0) if event == "open" else 0
    path = _path(args[0])
    may_make = event in ("os.mkdir", "sqlite3.connect") or flags & os.O_CREAT
    if may_make and path and not os.path.lexists(path):
        memory.made.add(place_of(path))
        return True
    return event == "os.mkdir" or bool(flags & (os.O_TRUNC | os.O_EXCL))


def _material(event: str, args: tuple[Any, ...]) -> Material | None:
    """What this event reads; None if it is no step's business."""
    if event in _PATTERNS:
        return _pattern(event, args)
    path = _path("." if args[0] is None else args[0])
    if not path or path == ":memory:":
        return None
    return folder_listed(path) if event in _LISTINGS else file_read(path)


def _path(said: Any) -> str:
    """The path as text; "" for a descriptor."""
    return text_of(said) if isinstance(said, (str, bytes, os.PathLike)) else ""


def _pattern(event: str, args: tuple[Any, ...]) -> Material:
    """The paths that a pattern matches."""
    from zenbook.world import files

    root, pattern = (args[2] or "", args[0]) if event == "glob.glob/2" else args[:2]
    further = ("**",) if event == "pathlib.Path.rglob" else ()
    path = os.path.join(text_of(root), *further, text_of(pattern))
    name = looks.look_name(path, looks.HIDDEN_GLOB)
    return Material("file", name, files.look(name))


def _remembers(function: Any) -> bool:
    return bool(function.cache_info().currsize)


def _memory_of(function: Any) -> _Memory:
    memory = _made.get(function)
    if memory is None:
        memory = _made[function] = _Memory(is_found=True)
    return memory


def _making(frame: FrameType) -> list[Any]:
    """The memoized functions whose bodies run here."""
    from zenbook.world.watch_places import nearest, owner_of

    caller, _ = nearest(frame)
    if caller is None or owner_of(caller.f_code.co_filename) in ("import", "source", "zenbook"):
        return []
    running: dict[int, CodeType] = {}
    spaces: list[tuple[Mapping[str, Any], str]] = []
    each: FrameType | None = caller
    while each is not None:
        code = each.f_code
        running[id(code)] = code
        if owner_of(code.co_filename) == "user":
            spaces.append((each.f_globals, code.co_qualname))
        each = each.f_back
    found: dict[int, Any] = {}
    _note_found(found, _codes, running)
    last: Any = None
    for space, name in spaces:
        if space is not last:
            last = space
            _note_found(found, _bound_in(space), running)
        if "." in name:
            table: dict[int, list[ref[Any]]] = {}
            for function in around(_method(space, name)):
                _note_codes(table, function)
            _note_found(found, table, running)
    return list(found.values())


def _note_found(
    found: dict[int, Any], table: Mapping[int, list[ref[Any]]], running: Mapping[int, CodeType]
) -> None:
    """Those in the table whose code runs."""
    for number in table.keys() & running.keys() if table else ():
        for reference in table[number]:
            function = reference()
            if function is not None and any(one is running[number] for one in codes_of(function)):
                found[id(function)] = function


def _note_codes(table: dict[int, list[ref[Any]]], function: Any) -> None:
    for code in codes_of(function):
        same = [each for each in table.get(id(code), ()) if each() not in (None, function)]
        table[id(code)] = [*same, ref(function)]


def _bound_in(space: Mapping[str, Any]) -> Mapping[int, list[ref[Any]]]:
    """The memoized functions among these globals, by the ids of their code. All are looked through
    where such functions have come or gone, each of which counts as a reference to their type; else
    only those names that are new."""
    count, names = sys.getrefcount(MEMOIZED), len(space)
    known = _bound.get(id(space))
    if known is not None and known[:2] == (count, names):
        return known[2]
    is_same = known is not None and known[0] == count and names > known[1]
    table = known[2] if known is not None and is_same else {}
    new = islice(reversed(list(space.values())), names - known[1] if known and is_same else None)
    for function in (each for value in new for each in around(value)):
        _note_codes(table, function)
    if len(_bound) > _MOST_SPACES:
        _bound.clear()
    _bound[id(space)] = (count, names, table)
    return table


def _is_bound(function: Any) -> bool:
    """Whether it is found without being told of."""
    for code in codes_of(function):
        space = _globals_of(function, code)
        named = {id(one): one for one in around(_method(space, code.co_qualname))}
        bound = _bound_in(space).get(id(code), ())
        if id(function) in named or any(each() is function for each in bound):
            return True
    return False


def _globals_of(function: Any, code: Any) -> Mapping[str, Any]:
    value = function.__wrapped__
    while getattr(value, "__code__", None) is not code:
        value = value.__wrapped__
    space: Mapping[str, Any] = value.__globals__
    return space


def _method(space: Mapping[str, Any], name: str) -> Any:
    """What a class among these globals holds by this qualified name; None if there is none."""
    first, *others = name.split(".")
    found = space.get(first)
    for other in others:
        found = vars(found).get(other) if isinstance(found, type) else None
    return found
