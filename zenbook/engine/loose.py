"""Inputs that a cell lets go of while it runs: held so that they can go.

``file = None`` closes a file in a plain cell and so flushes what was written, ``del array`` makes
room, and a temporary folder is gone with its last name. So what a step's own code rebinds or
deletes is held by weak references while its body runs. If it is still there afterwards, somebody
else holds it, and it is looked at like every other input.

If it is not, nobody can see any more what became of it: that is so only of what holds nothing that
others may hold. Lists, frames and models stay until the step ends, for what was changed in them may
be seen by who holds a part of them.

But for those that hold an open file: it has to be closed with them, or what the step reads of it
would be short. They are not held at all; and a step that they were an input of is not kept.
"""

from __future__ import annotations

import gc
import io
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from tempfile import TemporaryDirectory
from types import CodeType, FunctionType, ModuleType
from typing import Any
from weakref import getweakrefs, ref

from zenbook.core.closure_trace import MISSING, is_atom
from zenbook.core.ended import facts_of_ended
from zenbook.core.kinds import held_by_name, is_a
from zenbook.engine.part_kinds import is_array, is_plain

_MOST_LOOKED_AT = 10_000
_STANDARD = (0, 1, 2)
"""Descriptors of the standard streams."""
_HOLDS_ALL = (CodeType, ModuleType, type)
"""What leads to everything there is, or to nothing that goes."""


class Weak:
    """A weak reference that is nobody's value."""

    __slots__ = ("held",)

    def __init__(self, value: Any) -> None:
        self.held = ref(value)


def may_go(values: Mapping[str, Any], names: Iterable[str]) -> frozenset[str]:
    """Which of these names stand for values that can go, and take with them all that they hold."""
    here = [(n, values[n]) for n in names if n in values and not is_a(values[n], _HOLDS_ALL)]
    return frozenset(name for name, value in here if stands_alone(value) or _holds_file(value))


def _holds_file(value: Any) -> bool:
    """Whether a file that is open for writing, or a temporary folder, may go with this, by all that
    the garbage collector knows it to hold, as far as 10,000 objects."""
    waiting, seen = deque([value]), {id(value)}
    while waiting and len(seen) < _MOST_LOOKED_AT:
        each = waiting.popleft()
        if _is_file(each):
            return True
        for inner in _held_by(each):
            if len(seen) >= _MOST_LOOKED_AT:
                break
            if id(inner) not in seen and not is_atom(inner) and not is_a(inner, _HOLDS_ALL):
                seen.add(id(inner))
                waiting.append(inner)
    return False


def _is_file(value: Any) -> bool:
    if type(value) is io.FileIO:  # at the bottom of all others
        return not value.closed and value.writable() and value.fileno() not in _STANDARD
    return type(value) is TemporaryDirectory


def _held_by(value: Any) -> Iterable[Any]:
    if type(value) is FunctionType:
        return _of_function(value)
    return gc.get_referents(value) if (facts := facts_of_ended(value)) is None else facts


def _of_function(function: FunctionType) -> Iterable[Any]:
    """What a function holds, but for the globals that it is looked up in."""
    defaults = (function.__defaults__, function.__kwdefaults__)
    return (*(function.__closure__ or ()), *filter(None, (*defaults, vars(function))))


def stands_alone(value: Any) -> bool:
    """Whether it holds nothing that others may hold, and can be held weakly."""
    if not type(value).__weakrefoffset__:
        return False
    if is_array(value):  # who looks into its memory holds the array
        return bool(value.flags.owndata and not value.dtype.hasobject)
    if is_a(value, io.IOBase) or type(value) is TemporaryDirectory:
        return True
    own = held_by_name(value) if is_plain(value) else None
    if type(own) is not dict or sys.getrefcount(own) > 3:  # the object, this name, the question
        return False
    return all(map(is_atom, own.values()))


def _runs_code(value: Any) -> bool:
    """Whether it runs code as it goes, whose doings are then shown twice by a hit: as they were
    recorded, and when the object goes that the hit finds. What is over has done that already."""
    if facts_of_ended(value) is not None:
        return False
    is_files = type(value).__module__ == "_io"
    has_own = hasattr(type(value), "__del__") and not is_files
    return has_own or any(each.__callback__ is not None for each in getweakrefs(value))


class Loose:
    """Values taken out of dictionaries until :meth:`back`; :data:`MISSING` stands in for them."""

    def __init__(self, names: Collection[str], *holders: MutableMapping[str, Any]) -> None:
        """The last of the holders has the inputs."""
        self._taken = [
            (holder, name, *_taken(name, holder[name], is_input=holder is holders[-1]))
            for holder in holders
            for name in names
            if name in holder
        ]
        for holder, name, *_ in self._taken:
            holder[name] = MISSING

    def back(self) -> Iterator[tuple[str, str]]:
        """Put back what is still there. The names of what is not, whose stand-ins stay, each with
        a sentence if nobody can know what its going changed."""
        for holder, name, value, told in self._taken:
            if (held := value()) is None:
                yield name, told
            else:
                holder[name] = held
        self._taken.clear()


def _taken(name: str, value: Any, *, is_input: bool) -> tuple[Callable[[], Any], str]:
    """How a value is held, and what to say once it has gone."""
    told = f"{name} was let go of, which runs code" if _runs_code(value) else ""
    if stands_alone(value):
        return ref(value), told
    return lambda: None, told or (f"{name} was let go of, which closes a file" if is_input else "")
