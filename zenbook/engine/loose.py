"""Inputs that a cell lets go of while it runs: held so that they can go.

``file = None`` closes a file in a plain cell and so flushes what was written, ``del array`` makes
room, and a temporary folder is gone with its last name. So what a step's own code rebinds or
deletes is held by weak references while its body runs. If it is still there afterwards, somebody
else holds it, and it is looked at like every other input.

If it is not, nobody can see any more what became of it: that is so only of what holds nothing that
others may hold. Lists, frames and models stay until the step ends, for what was changed in them may
be seen by who holds a part of them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from tempfile import TemporaryDirectory
from typing import Any
from weakref import getweakrefs, ref

from zenbook.core.closure_trace import MISSING, is_atom
from zenbook.core.kinds import held_by_name, is_a
from zenbook.engine.part_kinds import is_array, is_plain


class Weak:
    """A weak reference that is nobody's value."""

    __slots__ = ("held",)

    def __init__(self, value: Any) -> None:
        self.held = ref(value)


def may_go(values: Mapping[str, Any], names: Iterable[str]) -> frozenset[str]:
    """Which of these names stand for values that can go, and take with them all that they hold."""
    return frozenset(name for name in names if name in values and _stands_alone(values[name]))


def _stands_alone(value: Any) -> bool:
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
    recorded, and when the object goes that the hit finds."""
    is_files = type(value).__module__ == "_io"
    has_own = hasattr(type(value), "__del__") and not is_files
    return has_own or any(each.__callback__ is not None for each in getweakrefs(value))


class Loose:
    """Values taken out of dictionaries until :meth:`back`; :data:`MISSING` stands in for them."""

    def __init__(self, names: Collection[str], *holders: MutableMapping[str, Any]) -> None:
        self._taken = [
            (holder, name, ref(holder[name]), _runs_code(holder[name]))
            for holder in holders
            for name in names
            if name in holder
        ]
        for holder, name, *_ in self._taken:
            holder[name] = MISSING

    def back(self) -> Iterator[tuple[str, str]]:
        """Put back what is still there. The names of what is not, whose stand-ins stay, each with
        a sentence if its going ran code."""
        for holder, name, value, runs_code in self._taken:
            if (held := value()) is None:
                yield name, f"{name} was let go of, which runs code" if runs_code else ""
            else:
                holder[name] = held
        self._taken.clear()
