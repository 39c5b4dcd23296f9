"""Everything that values hold, by identity alone: quick, and without an end.

A walk (:mod:`zenbook.engine.parts`) knows the way to each part and gives up on containers of more
than 10,000 items. What it has not seen may be shared all the same: ``rows`` and ``{row["id"]: row
for row in rows}`` hold the same 20,000 dictionaries. Identities are found a few times as fast as
ways. So where a walk gives up, they say whether anything is shared; then it is walked to the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import chain
from types import ModuleType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.kinds import is_a
from zenbook.engine.frames import elements_beyond, is_frame
from zenbook.engine.part_kinds import LEAVES, is_array, is_part
from zenbook.engine.parts import MOST, WIDEST, base_of, held_by


class Reach:
    """What is held by some values, and by what they hold; not by what is in ``stop``.

    ``is_beyond`` tells whether a walk would not see all of it, ``twice`` are the changeable objects
    that are held in two places.
    """

    def __init__(self, values: Iterable[Any], stop: Collection[int] = ()) -> None:
        self.objects: dict[int, Any] = {}
        self.twice: dict[int, Any] = {}
        self.is_beyond = False
        found = list(values)
        while found:
            level = self._note(found)
            if stop:
                level = {number: value for number, value in level.items() if number not in stop}
            found = self._held_by_all(level.values())
        self.is_beyond = self.is_beyond or len(self.objects) > MOST

    def _note(self, found: list[Any]) -> dict[int, Any]:
        """Take these in; those that have not been met yet, by identity."""
        level = dict(zip(map(id, found), found, strict=True))
        again = level.keys() & self.objects.keys()
        if again or len(level) < len(found):
            counts = Counter(map(id, found))
            doubles = (number for number, count in counts.items() if count > 1)
            self.twice |= {n: level[n] for n in (*again, *doubles) if is_part(level[n])}
            for number in again:
                del level[number]
        self.objects |= level
        return level

    def _held_by_all(self, values: Iterable[Any]) -> list[Any]:
        """What these hold that may hold anything or change. Built-in containers, of which there may
        be millions, are emptied together."""
        plain: list[Any] = []
        tables: list[dict[Any, Any]] = []
        others: list[Any] = []
        for value in values:
            kind = type(value)
            if kind is list or kind is tuple:
                plain.append(value)
            elif kind is dict:
                tables.append(value)
            else:
                others.append(value)
        items = chain(chain.from_iterable(plain), chain.from_iterable(map(dict.values, tables)))
        held = [item for item in items if type(item) not in LEAVES]
        wide = (each for each in (*plain, *tables) if len(each) > WIDEST)
        self.is_beyond = self.is_beyond or any(map(_holds_anything, wide))
        for value in others:
            if type(value) not in LEAVES and not _is_installed(value):
                held += self._held_by(value)
        return held

    def holds_parts(self) -> bool:
        """Whether anything changeable is held at all."""
        return any(map(is_part, self.objects.values()))

    def shares(self, other: Reach, besides: Collection[int] = ()) -> bool:
        """Whether the same changeable object is held by both; ``besides`` are identities."""
        both = (self.objects.keys() & other.objects.keys()).difference(besides)
        return any(is_part(self.objects[number]) for number in both)

    def misses(self, other: Reach) -> bool:
        """Whether the other one holds a changeable object that this one does not."""
        if other.objects.keys() <= self.objects.keys():
            return False
        further = other.objects.keys() - self.objects.keys()
        return any(is_part(other.objects[number]) for number in further)

    def _held_by(self, value: Any) -> list[Any]:
        base = base_of(value)
        if base is not None and base.__len__(value) > WIDEST:
            return self._beyond((base.values if issubclass(base, dict) else base.__iter__)(value))
        if is_array(value) and value.dtype == object and value.size > WIDEST:
            return self._beyond(value.ravel().tolist())
        held = [item for _, item in held_by(value)]
        return held + self._beyond(elements_beyond(value)) if is_frame(value) else held

    def _beyond(self, items: Iterable[Any]) -> list[Any]:
        held = [item for item in items if type(item) not in LEAVES]
        self.is_beyond = self.is_beyond or bool(held)
        return held


def _holds_anything(container: Any) -> bool:
    """Whether a list, tuple or dictionary holds what may hold anything or change."""
    items = container.values() if type(container) is dict else container
    return any(type(item) not in LEAVES for item in items)


def _is_installed(value: Any) -> bool:
    """Whether it is a module of a library: by way of ``sys.modules`` it leads to everything."""
    return is_a(value, ModuleType) and not is_local_code(value)
