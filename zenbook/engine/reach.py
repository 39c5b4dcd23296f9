"""Everything that values hold, by identity alone: quick, and without an end.

A walk (:mod:`zenbook.engine.parts`) knows the way to each part and gives up on containers of more
than 10,000 items. What it has not seen may be shared all the same: ``rows`` and ``{row["id"]: row
for row in rows}`` hold the same 20,000 dictionaries. Identities are found a few times as fast as
ways. So where a walk gives up, they say whether anything is shared; then it is walked to the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import chain, islice
from operator import is_
from types import ModuleType
from typing import Any

from zenbook.core.closure_origin import is_local_code, library_of
from zenbook.core.kinds import held_by_name, is_a
from zenbook.engine.buffers import may_have_memory
from zenbook.engine.frames import elements_beyond, is_frame
from zenbook.engine.part_kinds import (
    FROZEN,
    LEAVES,
    is_array,
    is_element,
    is_of_leaves,
    is_part,
    learn_leaves,
)
from zenbook.engine.parts import MOST, TABLES, WIDEST, base_of, held_by, is_hollow, is_simple
from zenbook.engine.rows import objects_in
from zenbook.engine.tensors import is_tensor
from zenbook.engine.unseen import holds_unseen, is_common, unseen_in

_PLAIN: frozenset[Any] = frozenset((list, tuple, dict))
_CHANGEABLE: frozenset[Any] = frozenset((list, dict))


class Reach:
    """What is held by some values, and by what they hold; not by what is in ``stop``.

    ``is_beyond`` tells whether a walk would not see all of it, ``is_closed`` that something may be
    held to which no way leads.
    """

    def __init__(
        self, values: Iterable[Any], stop: Collection[int] = (), *, unseen: str = ""
    ) -> None:
        """``unseen``: also what is held to which no way leads (:mod:`zenbook.engine.unseen`), by
        "all" that hold such, or by "common" types only."""
        self._unseen = unseen
        self._closed: dict[type, bool] = {}
        self.objects: dict[int, Any] = {}
        self.is_beyond = self.is_closed = False
        self._levels: list[tuple[Collection[Any], list[Any]]] = []
        """Those that were met together, and all that they held, in this order."""
        self._roots = found = list(values)
        while found:
            level = self._note(found)
            if stop:
                level = [value for value in level if id(value) not in stop]
            found = self._held_by_all(level)
            self._levels.append((level, found))
        self.is_beyond = self.is_beyond or len(self.objects) > MOST

    def _note(self, found: list[Any]) -> list[Any]:
        """Take these in; those that have not been met yet, each once."""
        numbers, before = list(map(id, found)), len(self.objects)
        self.objects.update(zip(numbers, found, strict=True))
        count = len(self.objects) - before
        if count == len(found):
            return found
        new = list(islice(reversed(self.objects), count))[::-1]
        return [self.objects[number] for number in new]

    @cached_property
    def twice(self) -> dict[int, Any]:
        """The changeable objects that are held in two places, by identity."""
        held = chain(self._roots, *(held for _, held in self._levels))
        again = (number for number, met in Counter(map(id, held)).items() if met > 1)
        return {n: self.objects[n] for n in again if is_part(self.objects[n])}

    def _held_by_all(self, values: Collection[Any]) -> list[Any]:
        """What these hold that may hold anything or change. Built-in containers, of which there may
        be millions, are emptied together, and nothing is done for each of them here."""
        kinds: set[Any] = set(map(type, values))
        held: list[Any] = []
        for kind in _PLAIN & kinds:
            alone = len(kinds) == 1
            containers = values if alone else [each for each in values if type(each) is kind]
            if max(map(len, containers)) > WIDEST:
                wide = [each for each in containers if len(each) > WIDEST]
                held += self._beyond(kind, wide)
                containers = [each for each in containers if len(each) <= WIDEST]
            held += _held_in(kind, containers)
        if kinds <= _PLAIN:
            return held
        learn_leaves(values)
        for value in values:
            kind = type(value)
            if kind in _PLAIN or kind in LEAVES or is_hollow(value):
                continue
            if is_simple(value):
                own = list((held_by_name(value) or {}).values())
                held += [item for item in own if type(item) not in LEAVES]
            elif not _is_installed(value):
                held += self._held_by(value)
        return held

    def holds_parts(self) -> bool:
        """Whether anything changeable is held at all."""
        return any(map(is_part, self.objects.values()))

    @cached_property
    def others(self) -> list[Any]:
        """All that is held and is more than a list, a tuple or a dictionary."""
        return [it for it in self.objects.values() if type(it) not in _PLAIN]

    @cached_property
    def lends(self) -> bool:
        """Whether anything is held that lies in memory which others may look into."""
        kinds = dict(zip(map(type, self.others), self.others, strict=True))
        return any(map(may_lend, kinds.values()))

    def shares(self, other: Reach, besides: Collection[int] = ()) -> bool:
        """Whether the same changeable object is held by both; ``besides`` are identities."""
        return any(self._parts_in(other, besides))

    def shared_with(self, other: Reach) -> set[int]:
        """The identities of the changeable objects that are held by both."""
        return set(self._parts_in(other))

    def _parts_in(self, other: Reach, besides: Collection[int] = ()) -> Iterator[int]:
        both = (self.objects.keys() & other.objects.keys()).difference(besides)
        objects = self.objects
        return (n for n in both if type(objects[n]) in _CHANGEABLE or is_part(objects[n]))

    def misses(self, values: Iterable[Any]) -> bool:
        """Whether these, which it was made of, hold a changeable object now that it does not."""
        now = list(values)
        if self._knows(now) and all(self._knows(*held) for held in self._held_again()):
            return False  # nobody has been given anything else, so none of them leads any further
        other = Reach(now)
        further = other.objects.keys() - self.objects.keys()
        return any(is_part(other.objects[number]) for number in further)

    def _held_again(self) -> Iterator[tuple[list[Any], list[Any]]]:
        """What those that were met together hold now, beside what they held."""
        return ((self._held_by_all(level), before) for level, before in self._levels)

    def _knows(self, found: list[Any], before: Collection[Any] = ()) -> bool:
        """Whether all of these were met; most are what they were ``before``, which is seen sooner
        than that each of them was met."""
        if len(found) == len(before) and all(map(is_, found, before)):
            return True
        return all(map(self.objects.__contains__, map(id, found)))

    def _held_by(self, value: Any) -> list[Any]:
        base = base_of(value)
        if base is not None and base.__len__(value) > WIDEST:
            items = (base.values if issubclass(base, dict) else base.__iter__)(value)
            return self._beyond(list, [list(items)])
        if is_array(value) and value.dtype.hasobject and value.size > WIDEST:
            return self._beyond(list, [column.ravel().tolist() for _, column in objects_in(value)])
        if is_element(value) and len(value) > WIDEST:
            return self._beyond(list, [[value.attrib, *value]])
        held = [item for _, item in held_by(value)]
        if holds_unseen(value):
            self.is_closed = True
            if self._unseen == "all" or (self._unseen and is_common(value)):
                seen = {*map(id, held)}
                held += [part for part in unseen_in(value) if id(part) not in seen]
        return held + self._beyond(list, [elements_beyond(value)]) if is_frame(value) else held

    def _beyond(self, kind: Any, containers: Collection[Any]) -> list[Any]:
        held = _held_in(kind, containers)
        self.is_beyond = self.is_beyond or bool(held)
        return held


def may_lend(value: Any) -> bool:
    """Whether others of its type may look into the memory of one, or it into theirs."""
    is_memory = is_array(value) or is_tensor(value) or may_have_memory(value)
    return is_memory or library_of(type(value)) in TABLES or is_a(value, memoryview)


def _held_in(kind: Any, containers: Collection[Any]) -> list[Any]:
    """What these lists, tuples or dictionaries hold that may hold anything or change."""

    def items() -> Iterator[Any]:
        if kind is not dict:
            return chain.from_iterable(containers)
        return chain(keys, chain.from_iterable(map(dict.values, containers)))

    plain = kind is not dict or LEAVES.issuperset(map(type, chain.from_iterable(containers)))
    keys = [] if plain else list(chain.from_iterable(containers))
    if LEAVES.issuperset(map(type, items())):
        return []
    learn_leaves(items())
    held = [item for item in items() if type(item) not in LEAVES]
    if FROZEN.isdisjoint(map(type, held)):
        return held
    frozen = [item for item in held if type(item) in FROZEN]
    if LEAVES.issuperset(map(type, chain.from_iterable(frozen))):
        return [item for item in held if type(item) not in FROZEN]
    return [item for item in held if not is_of_leaves(item)]


def _is_installed(value: Any) -> bool:
    """Whether it is a module of a library: by way of ``sys.modules`` it leads to everything."""
    return is_a(value, ModuleType) and not is_local_code(value)
