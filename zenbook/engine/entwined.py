"""Which of a step's inputs hold the same objects: a reason, where the step changes or hands on one.

``x = data`` and ``x = list(data)`` are equal inputs, and ``x.append(5)`` changes ``data`` only in
the first case. Values in a key know nothing of that, so it is a read: noted before a step runs,
kept with its record if it changed an input, and looked at again before that record is used.

``y = [x, data]`` holds one list or two. Where it held one, nobody knows which of the inputs a later
``y[0]`` would be, if they are two by then. So for a part that is handed on, the other ways to it
are kept among the links, and must lead to one object again. The other way round all is clear.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_trace import is_atom as is_constant
from zenbook.engine.parts import Path, Step, held_by, is_array, is_atom, walk
from zenbook.model import Read, Reference

_SHARED = "shared objects of "
_MOST = 50_000
_MOST_ARRAYS = 64
_PLAIN_KEYS = (str, int, float, bool, bytes, type(None))


class Entwined:
    """Which objects are reached by two ways from these values, by name."""

    def __init__(self, constants: Mapping[str, tuple[Any, str]], inputs: Mapping[str, Any]) -> None:
        """``constants`` are those that the step's code uses, with their digests."""
        values = {**{label: value for label, (value, _) in constants.items()}, **inputs}
        self._steps: list[tuple[int, Step]] = []
        """The objects met: the number of the one that holds each, and the step to it."""
        self._met: dict[int, int] = {}
        """Their numbers by identity, which is nobody else's until they are gone."""
        self._again: list[tuple[Path, str, Path]] = list(self._met_again(values))

    def of(self, names: Iterable[str]) -> Read:
        """What these have in common with others, or with what has something in common with them."""
        names = sorted(names)
        joined, before = set(names), 0
        roots = [{_root(one), _root(other)} for one, _, other in self._again]
        while len(joined) > before:
            before = len(joined)
            joined.update(*(both for both in roots if not joined.isdisjoint(both)))
        found = zip(self._again, roots, strict=True)
        told = sorted(
            f"{_text(one)} {kind} {_text(other)}"
            for (one, kind, other), both in found
            if not joined.isdisjoint(both)
        )
        digest = xxh3_128_hexdigest(repr(told).encode("utf-8", "surrogatepass"))
        return Read("input", _SHARED + ", ".join(names), digest)

    def ways_to(self, part: Any) -> Iterator[tuple[Path, Path]]:
        """Other ways to this object and to what holds it, each with the first one."""
        number, firsts = self._met.get(id(part), -1), set[Path]()
        while number >= 0:
            firsts.add(self._way(number))
            number, _ = self._steps[number]
        for one, _, other in self._again:
            if one in firsts or other in firsts:
                yield one, other

    def exchanged(self, name: str, value: Any) -> Iterator[Path]:
        """Places in an input where another object stands now than stood there before."""
        ways: list[Path] = []
        for holder, step in self._steps:
            ways.append((*ways[holder], step) if holder >= 0 else (step,))
        stood = {ways[n][1:]: known for known, n in self._met.items() if ways[n][0][1] == name}
        for path, part in walk(value):
            if path and stood.get(path, id(part)) != id(part):
                yield path

    def _met_again(self, values: Mapping[str, Any]) -> Iterator[tuple[Path, str, Path]]:
        """The first and the other way to each object met again, and to shared memory."""
        met, steps = self._met, self._steps
        waiting: deque[tuple[int, Step, Any]] = deque()
        waiting += ((-1, ("name", name), value) for name, value in sorted(values.items()))
        arrays: list[tuple[Path, Any]] = []
        while waiting and len(steps) < _MOST:
            holder, step, inner = waiting.popleft()
            if is_atom(inner) or type(inner) is Reference or is_constant(inner):
                continue
            number = met.setdefault(id(inner), len(steps))
            if number < len(steps):
                yield self._way(number), "is", (*self._way(holder), step)
                continue
            steps.append((holder, step))
            if is_array(inner):
                arrays.append((self._way(number), inner))
            waiting += [(number, further, item) for further, item in held_by(inner)]
        yield from _in_one_memory(arrays[:_MOST_ARRAYS])

    def _way(self, number: int) -> Path:
        way: list[Step] = []
        while number >= 0:
            number, step = self._steps[number]
            way.append(step)
        return tuple(reversed(way))


def sharers(read: Read) -> tuple[str, ...]:
    """The names such a read was asked for; none if it is another kind of read."""
    if read.kind != "input" or not read.name.startswith(_SHARED):
        return ()
    return tuple(read.name.removeprefix(_SHARED).split(", "))


def _in_one_memory(arrays: list[tuple[Path, Any]]) -> Iterator[tuple[Path, str, Path]]:
    share = sys.modules["numpy"].may_share_memory if arrays else None
    for place, (path, array) in enumerate(arrays):
        for before, other in arrays[:place]:
            if share is not None and share(array, other):
                yield before, "shares memory with", path


def _root(path: Path) -> str:
    return str(path[0][1])


def _text(path: Path) -> str:
    return ".".join(f"{how} {_key(how, key)}" for how, key in path)


def _key(how: str, key: Any) -> str:
    """A step's key; the members of a set have no order that lasts."""
    if how == "fixed":
        return ""
    plain = isinstance(key, _PLAIN_KEYS) or (isinstance(key, tuple) and is_constant(key))
    return repr(key) if plain else type(key).__qualname__
