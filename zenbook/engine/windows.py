"""Arrays among a step's outputs that look into each other's memory, found and put together again.

After ``X = load(); test = X[:100]`` a change of ``X`` in place is seen in ``test``. Kept outputs
are copies, so the window through which one looks into the other is kept too (as in
:mod:`zenbook.engine.sharing`, where the other one is an input), and on a hit the one that holds
all the memory lends it to the others.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from zenbook.engine.memory import bounds_of
from zenbook.engine.parts import Path, is_array, walk
from zenbook.engine.sharing import (
    Inseparable,
    Link,
    held_in,
    holds,
    refuse_buffer,
    window_into,
)

_Place = tuple[str, Path, Any]
"""Output, path in it, and the array there."""


def windows(outputs: Mapping[str, Any], linked: Sequence[Link]) -> list[Link]:
    """Where outputs look into other outputs' memory; ``linked`` look into an input's already.

    Raises Inseparable for arrays that share memory of which neither holds all.
    """
    elsewhere = {(link[0], link[1]) for link in linked}
    arrays = _arrays(outputs)
    found = [at for at in arrays if at[2].size and (at[0], at[1]) not in elsewhere]
    owners: dict[int, _Place] = {}
    for group in _overlapping(found):
        owners.update(_lenders(group))
    return list(_links(outputs, owners, elsewhere)) if owners else []


def refuse_buffers(outputs: Mapping[str, Any]) -> None:
    """Raise Inseparable where an array looks into the memory of an output that is no array, or of
    a frame whose values do not copy on write."""
    for group in _overlapping(_arrays(outputs)):
        blocks = (name for name, path, _ in group if path and path[-1][0] in ("block", "fixed"))
        if (name := next(blocks, None)) is not None and any(_lenders(group)):
            raise Inseparable(f"{name} holds frames that look into each other's memory")


def _arrays(outputs: Mapping[str, Any]) -> list[_Place]:
    held = held_in(outputs)
    arrays = [at for at in held.values() if is_array(at[2])]
    for name, _, array in arrays:
        refuse_buffer(name, array, held)
    return arrays


def _overlapping(places: list[_Place]) -> Iterator[list[_Place]]:
    """Arrays whose stretches of memory overlap, in groups."""
    if len(places) < 2:
        return
    bounds = sorted(((bounds_of(at[2]), place) for place, at in enumerate(places)))
    group, end = [places[bounds[0][1]]], bounds[0][0][1]
    for (low, high), place in bounds[1:]:
        if low >= end:
            yield group
            group = []
        group.append(places[place])
        end = max(end, high)
    yield group


def _lenders(group: list[_Place]) -> Iterator[tuple[int, _Place]]:
    """Each array that looks into another one's memory, by id, with that other one."""
    group = sorted(group, key=lambda at: (-at[2].nbytes, at[2].base is not None))
    for place, (name, _, array) in enumerate(group):
        sharing = [at for at in group[:place] if _share(at[2], array)]
        if not sharing:
            continue
        owner = next((at for at in sharing if holds(at[2], array)), None)
        if owner is None:
            raise Inseparable(f"{name} and {sharing[0][0]} look into the same memory")
        yield id(array), owner


def _share(one: Any, other: Any) -> bool:
    numpy = sys.modules["numpy"]
    try:
        return bool(numpy.shares_memory(one, other, max_work=100))
    except getattr(numpy, "exceptions", numpy).TooHardError:
        return True


def _links(
    outputs: Mapping[str, Any],
    owners: Mapping[int, _Place],
    elsewhere: Collection[tuple[str, Path]],
) -> Iterator[Link]:
    """A link for every place where such an array stands."""
    for name, value in outputs.items():
        for path, inner in walk(value, stop=owners):
            if id(inner) not in owners or (name, path) in elsewhere:
                continue
            source, where, owner = owners[id(inner)]
            if any(how == "fixed" for how, _ in (*path, *where)):
                raise Inseparable(f"{name} holds a part of {source} in a set or a method")
            yield name, path, source, where, window_into(name, inner, owner, source)
