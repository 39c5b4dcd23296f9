"""Inputs that a cell lets go of while it runs: held so that they can go.

``del frame`` makes room at once in a plain cell, ``file = None`` closes and so flushes what was
written, and a temporary folder is gone with its last name. So what a step's own code rebinds or
deletes is held by weak references while its body runs. If it is still there afterwards, somebody
else holds it, and it is looked at like every other input; if it is not, nobody can see any more
what became of it. What takes no weak reference (a list, a dictionary) stays until the step ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from typing import Any
from weakref import ref

from zenbook.core.closure_trace import MISSING


class Weak:
    """A weak reference that is nobody's value."""

    __slots__ = ("held",)

    def __init__(self, value: Any) -> None:
        self.held = ref(value)


def may_go(values: Mapping[str, Any], names: Iterable[str]) -> frozenset[str]:
    """Which of these names stand for values that take weak references."""
    return frozenset(n for n in names if n in values and type(values[n]).__weakrefoffset__)


class Loose:
    """Values taken out of dictionaries until :meth:`back`; :data:`MISSING` stands in for them."""

    def __init__(self, names: Collection[str], *holders: MutableMapping[str, Any]) -> None:
        self._taken = [
            (holder, name, ref(holder[name]))
            for holder in holders
            for name in may_go(holder, names)
        ]
        for holder, name, _ in self._taken:
            holder[name] = MISSING

    def back(self) -> set[str]:
        """Put back what is still there; the names of what is not, which keep their stand-in."""
        gone = set()
        for holder, name, value in self._taken:
            if (held := value()) is None:
                gone.add(name)
            else:
                holder[name] = held
        self._taken.clear()
        return gone
