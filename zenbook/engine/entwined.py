"""Which of a step's inputs hold the same objects, where it changes one in place or hands one on.

``x = data`` and ``x = list(data)`` are equal inputs, and values in a key know nothing of that. But
``x.append(5)`` changes ``data`` only in the first case, and ``y = [x, data]`` holds one list or
two. So a step's inputs are walked before it runs, and its record keeps, among its links,

- for an input that was changed: what it had in common with others. Where it has something else in
  common by now, a hit is the right result only if the step left those parts alone;
- for a part of an input that is handed on: the other ways to it, because nobody knows which of
  them a later result would take. They must lead to one object again.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from typing import Any

from zenbook.core.closure_trace import MISSING
from zenbook.core.closure_trace import is_atom as is_constant
from zenbook.engine.blocks import behind, moved, moved_path, written_to_alone
from zenbook.engine.counting import Counted, is_counted
from zenbook.engine.cuts import lying
from zenbook.engine.drawings import Drawings
from zenbook.engine.figures_apart import apart_in, held_apart
from zenbook.engine.frames import is_another_index
from zenbook.engine.loose import Weak, stands_alone
from zenbook.engine.memory import Stretches, is_writeable
from zenbook.engine.others import share_memory
from zenbook.engine.part_kinds import (
    is_array,
    is_atom,
    is_drawn,
    is_of_leaves,
    is_part,
    is_row,
)
from zenbook.engine.parts import MOST, MOST_AT_ALL, WIDEST, Path, Step
from zenbook.engine.paths import found
from zenbook.engine.reach import Reach
from zenbook.engine.rows import STEP, array_of
from zenbook.engine.sharing import Inseparable, Link, share_elements
from zenbook.engine.unseen_shared import unseen_pairs
from zenbook.engine.ways import is_fixed
from zenbook.model import Reference

_MOST_ARRAYS = 64
_HANDED, _CHANGED, _OTHERWISE = "=", "&", "|"
"""What the name in a link begins with that says of two ways that they lead to one object; the last
of those that do at a hit and did not before, or the other way round."""
UNSURE = "its inputs share more objects than can be followed"
_Pair = tuple[Path, Path, Any]
"""Two ways to one object, or into one memory; for that, how the arrays there lie to each other, and
None for one object. The first step of each way is a name."""


class Entwined:
    """Which objects are reached by two ways from these values, by name."""

    def __init__(self, used: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
        """``used`` are values that the step's code uses."""
        values = {**used, **inputs}
        self._steps: list[tuple[int, Step]] = []
        """The objects met: the number of the one that holds each, and the step to it."""
        self._held: list[Any] = []
        """The objects themselves, so that nobody else gets their identity; arrays may go, and
        inputs that the step lets go of."""
        self._could_be_written: dict[int, bool] = {}
        """Whether each array could be written to, by number."""
        self._met: dict[int, int] = {}
        """Their numbers by identity."""
        self._further: dict[tuple[int, Step], int] = {}
        """Other steps from one to another."""
        self._alone = {name: written_to_alone(value) for name, value in inputs.items()}
        """Where frames are that write into their memory."""
        self.counted = Counted()
        reach = Reach(value for value in values.values() if type(value) is not Reference)
        self._unseen = [*unseen_pairs(values)] if reach.is_closed else []
        live = [value for value in values.values() if type(value) is not Reference]
        self._apart = apart_in(reach, live)
        self.drawings = Drawings(self._apart.values(), used, inputs)
        to_the_end = reach.is_beyond and bool(reach.twice)
        self._most, self._widest = (MOST_AT_ALL, MOST_AT_ALL) if to_the_end else (MOST, WIDEST)
        self._beyond = reach if reach.is_beyond and not to_the_end else None
        """All that is held, where not all of it is walked."""
        self._again: list[_Pair] = list(self._met_again(values))
        self.is_unsure = to_the_end and len(self._steps) >= MOST_AT_ALL
        """Whether more is held in two places than was found."""

    @property
    def is_untwined(self) -> bool:
        """Whether no object is reached by two ways."""
        return not (self._again or self.is_unsure)

    def refuse_unseen(self, names: Set[str]) -> None:
        """Raise Inseparable where one of these shares with another what no link can name."""
        for pair in self._unseen:
            if not names.isdisjoint(pair):
                raise Inseparable(
                    f"{' and '.join(pair)} hold the same object where it cannot be put back"
                )

    def loosen(self, names: Collection[str]) -> bool:
        """Let the inputs of these names go when nobody else holds them. False if they hold others,
        which all go with them: a step with such an input is not kept."""
        for number, (holder, (_, name)) in enumerate(self._steps):
            held = self._held[number]
            if holder == -1 and name in names and type(held) is not Weak:
                if not stands_alone(held):
                    return False
                self._held[number] = Weak(held)
        return True

    def pairs_of(self, names: Collection[str]) -> list[_Pair]:
        """What these have in common with others, or hold twice."""
        return [pair for pair in self._again if not _names_of(pair).isdisjoint(names)]

    def differs(self, links: Iterable[Link], names: Collection[str]) -> set[_Pair]:
        """What these have in common with others and had not, or had by these links and have not."""
        return set(_pairs_in(links, _CHANGED)) ^ set(self.pairs_of(names))

    def ways_to(self, part: Any) -> list[_Pair]:
        """Other ways to this object, or to the row that is this memory, and to what holds it, each
        with the first one."""
        number = self._number_of(part)
        if number < 0 and is_array(part) and is_row(part.base):
            number = self._number_of(part.base)
        firsts = {(*self._way(number), STEP)}
        while number >= 0:
            firsts.add(self._way(number))
            number, _ = self._steps[number]
        return [pair for pair in self._again if not firsts.isdisjoint(pair[:2])]

    def exchanged(self, values: Mapping[str, Any]) -> Iterator[tuple[str, Path, Any]]:
        """Places in these inputs where another object stands now than stood there before, each
        with the name of the input, the way to it, and the object."""
        edges = {edge: number for number, edge in enumerate(self._steps)} | self._further
        waiting: deque[tuple[int | None, Path, Any]] = deque()
        for name, value in values.items():
            way: Path = (("name", name),)
            waiting.append((edges.get((-1, way[0])), way, value))
        seen: set[int] = set()
        while waiting:
            number, way, inner = waiting.popleft()
            if number is None or _holds_nothing(inner):
                continue
            if is_part(inner) and not self._is(number, inner):
                yield _root(way), way[1:], inner
            if id(inner) in seen or is_drawn(inner):
                continue
            seen.add(id(inner))
            waiting += (
                (edges.get((number, step)), (*way, step), item)
                for step, item in held_apart(inner, self._widest, self._apart)
            )

    def locked(self) -> Iterator[Path]:
        """The ways to arrays that have become read-only since, or are so no more."""
        for number, before in self._could_be_written.items():
            array = self._held[number].held()
            if array is not None and is_writeable(array) != before:
                yield self._way(number)

    def moved(self, values: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
        """Which columns of these frames have left their memory, as a path."""
        for name, value in values.items():
            if columns := moved(self._alone.get(name, ()), value):
                yield name, moved_path(columns)

    def replaced(self, values: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
        """Places in these inputs, which are equal to what they were, where an equal object has
        taken the place of a part.

        Raises Inseparable where that cannot be said so: the other object is held twice, has been
        there before at another place, or sits in a set, or the places are too many to look at.
        """
        met: set[int] = set()
        for name, way, part in self.exchanged(values):
            if is_fixed(way) or id(part) in met or self._number_of(part) >= 0:
                raise Inseparable(f"{name} holds an equal object in the place of a part")
            met.add(id(part))
            yield name, way
        if self._beyond is not None and self._beyond.misses(values.values()):
            raise Inseparable("its inputs hold equal objects in the place of parts")

    def _met_again(self, values: Mapping[str, Any]) -> Iterator[_Pair]:
        """The first and the other way to each object met again, and to shared memory."""
        met, steps = self._met, self._steps
        waiting: deque[tuple[int, Step, Any]] = deque()
        waiting += ((-1, ("name", name), value) for name, value in sorted(values.items()))
        arrays: list[tuple[Path, Any]] = []
        rows: list[tuple[Path, Any]] = []
        tables: list[int] = []
        while waiting and len(steps) < self._most:
            holder, step, inner = waiting.popleft()
            if _holds_nothing(inner):
                continue
            number = met.setdefault(id(inner), len(steps))
            if number < len(steps):
                self._further[holder, step] = number
                yield self._way(number), (*self._way(holder), step), None
                continue
            steps.append((holder, step))
            self._held.append(inner)
            if is_array(inner):
                self._held[number] = Weak(inner)
                self._could_be_written[number] = is_writeable(inner)
                arrays.append((self._way(number), inner))
            elif is_row(inner) and inner.base is not None:
                rows.append(((*self._way(number), STEP), array_of(inner)))
            elif is_counted(inner):
                tables.append(number)
                (_, name), *path = self._way(number)
                self.counted.note(name, tuple(path), inner)
            held = held_apart(inner, self._widest, self._apart)
            waiting += [(number, further, item) for further, item in held]
        arrays += rows
        del arrays[_MOST_ARRAYS:]
        yield from _in_one_memory(arrays)
        yield from self._behind(tables, arrays)

    def _behind(self, tables: list[int], arrays: list[tuple[Path, Any]]) -> Iterator[_Pair]:
        """The ways to these arrays that look into the memory behind frames, and to that."""
        memory: list[tuple[Path, Any]] = []
        for number in tables:
            for step, array in behind(self._held[number]):
                memory.append(((*self._way(number), step), array))
                if self._met.setdefault(id(array), len(self._steps)) == len(self._steps):
                    self._steps.append((number, step))
                    self._held.append(Weak(array))
        stretches = Stretches(memory)
        for path, array in arrays:
            for way, memory_of in stretches.overlapping(array):
                if share_elements(memory_of, array):
                    yield path, way, lying(array, memory_of)

    def _is(self, number: int, part: Any) -> bool:
        held = self._held[number]
        return (held.held() if type(held) is Weak else held) is part

    def _number_of(self, part: Any) -> int:
        number = self._met.get(id(part), -1)
        return number if number >= 0 and self._is(number, part) else -1

    def _way(self, number: int) -> Path:
        way: list[Step] = []
        while number >= 0:
            number, step = self._steps[number]
            way.append(step)
        return tuple(reversed(way))


def handed_on(pairs: Iterable[_Pair]) -> list[Link]:
    """Links for ways to what a step hands on, each once."""
    return list(dict.fromkeys(_link(_HANDED, pair) for pair in pairs))


def changed_in(pairs: Iterable[_Pair]) -> list[Link]:
    """Links for what inputs that a step changed had in common with others."""
    return [_link(_CHANGED, pair) for pair in pairs]


def is_entwined(link: Link) -> bool:
    """Whether a link is of this module's."""
    return link[0].startswith((_HANDED, _CHANGED, _OTHERWISE))


def otherwise(pairs: Iterable[_Pair]) -> list[Link]:
    """Links for what inputs share otherwise at a hit than they did, and the step left alone."""
    return [_link(_OTHERWISE, pair) for pair in pairs]


def are_shared_otherwise(links: Iterable[Link]) -> bool:
    """Whether any of these says that inputs share otherwise what the step left alone."""
    return any(link[0].startswith(_OTHERWISE) for link in links)


def roots_of(links: Iterable[Link]) -> set[str]:
    """The names of what inputs that a step changed had in common with others."""
    return {name for pair in _pairs_in(links, _CHANGED) for name in _names_of(pair)}


def untied(links: Iterable[Link], values: Mapping[str, Any]) -> str:
    """A sentence if ways to what was handed on do not lead to one object; "" if all do."""
    for pair in _pairs_in(links, _HANDED):
        names, (one, other, how) = sorted(_names_of(pair)), pair
        if any(type(values.get(name)) is Reference for name in names):
            continue  # a result of another step that is loaded for this one alone
        first, second = found(values, one), found(values, other)
        if first is MISSING or (first is not second and not _are_lying(first, second, how)):
            return _no_longer(names)
    return ""


def _are_lying(one: Any, other: Any, how: Any) -> bool:
    """Whether two arrays look into one memory in this way."""
    return share_memory(one, other) and is_array(other) and lying(one, other) == how


def touched(
    pairs: Iterable[_Pair],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    digest: Callable[[Any], str | None],
) -> str:
    """A sentence if a step did not leave alone what these ways lead to; "" if it did.

    ``before`` are the inputs, ``after`` what those that were changed became; ``digest`` gives None
    for what has none.
    """
    for pair in pairs:
        for way in (way for way in pair[:2] if _root(way) in after):
            if not _is_left_alone(found(before, way), found(after, way), digest):
                return _no_longer(sorted(_names_of(pair)))
    return ""


def _is_left_alone(old: Any, new: Any, digest: Callable[[Any], str | None]) -> bool:
    if is_another_index(old, new):
        return True  # it has made way for another; its labels never change
    was = digest(old) if old is not MISSING else None
    return was is not None and was == digest(new)


def _no_longer(names: list[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} holds other objects twice than it did"
    return f"{' and '.join(names)} share other objects than they did"


def _link(kind: str, pair: _Pair) -> Link:
    one, other, how = pair
    return f"{kind}{_root(one)}", one[1:], _root(other), other[1:], how


def _pairs_in(links: Iterable[Link], kind: str) -> Iterator[_Pair]:
    for name, path, other, where, how in links:
        if name.startswith(kind):
            yield (("name", name.removeprefix(kind)), *path), (("name", other), *where), how


def _holds_nothing(value: Any) -> bool:
    is_end = is_atom(value) or type(value) is Reference or is_constant(value)
    return is_end or is_of_leaves(value)


def _names_of(pair: _Pair) -> set[str]:
    """The names from which the ways of a pair begin."""
    return {_root(pair[0]), _root(pair[1])}


def _root(way: Path) -> str:
    return str(way[0][1])


def _in_one_memory(arrays: list[tuple[Path, Any]]) -> Iterator[_Pair]:
    share = sys.modules["numpy"].may_share_memory if arrays else None
    for place, (path, array) in enumerate(arrays):
        for before, other in arrays[:place]:
            if share is not None and share(array, other):
                yield before, path, lying(other, array)
