"""Arrays among a step's outputs that look into each other's memory, found and put together again.

After ``X = load(); test = X[:100]`` a change of ``X`` in place is seen in ``test``. Kept outputs
are copies, so the window through which one looks into the other is kept too (as in
:mod:`zenbook.engine.sharing`, where the other one is an input), and on a hit the one that holds
all the memory lends it to the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from zenbook.engine.blocks import is_behind, looks_at_frames
from zenbook.engine.buffers import is_buffer, is_of_buffers
from zenbook.engine.memory import bounds_of, is_writeable
from zenbook.engine.part_kinds import is_array
from zenbook.engine.parts import Looks, Path, walk
from zenbook.engine.reach import Reach
from zenbook.engine.rows import STEP, is_in_row
from zenbook.engine.sharing import (
    Inseparable,
    Link,
    buffer_of,
    held_in,
    holds,
    number_of,
    refuse_buffer,
    share_elements,
    window_into,
    with_memory,
    without_unseen,
)
from zenbook.engine.ways import is_fixed

_OWN = "own "
"""What stands before the name of an output that lends its memory to another."""
_Place = tuple[str, Path, Any]
"""Output, path in it, and the array there."""


def windows(
    outputs: Mapping[str, Any],
    linked: Sequence[Link],
    looks: Looks | None = None,
    made: Reach | None = None,
    *,
    with_tables: bool = False,
) -> list[Link]:
    """Where outputs look into other outputs' memory; ``linked`` look into an input's already,
    ``made`` is what the outputs hold.
    ``with_tables``: only where that is a frame's, or what looks is a frame or another table.

    Raises Inseparable for arrays that share memory of which neither holds all.
    """
    made = Reach(outputs.values()) if made is None else made
    if not made.lends:
        return []
    elsewhere = {(link[0], link[1]) for link in linked}
    looks = {} if looks is None else looks
    arrays = _arrays(outputs, looks)
    found = [at for at in arrays if at[2].size and (at[0], at[1]) not in elsewhere]
    owners: dict[int, _Place] = {}
    for group in _overlapping(found):
        kinds = {_kind_of(path) for _, path, _ in group}
        if len(kinds) > 1 or (kinds == {""} and not with_tables) or kinds == {STEP[0]}:
            owners.update(_lenders(group))
    return list(_links(outputs, owners, elsewhere, looks)) if owners else []


def behind_each_other(
    outputs: Mapping[str, Any], linked: Sequence[Link], made: Reach
) -> list[Link]:
    """The windows between an array and a frame, for what no notebook binds: the codec puts those
    between arrays together by itself. Sources are marked as outputs."""
    return as_own(windows(outputs, linked, made=made, with_tables=True))


def own_name(name: str) -> str:
    """The name that links give an output."""
    return f"{_OWN}{name}"


def as_own(found: Iterable[Link]) -> list[Link]:
    """Windows between outputs with their sources marked as outputs."""
    return [(link[0], link[1], own_name(link[2]), link[3], link[4]) for link in found]


def is_own(link: Link) -> bool:
    """Whether a link leads to another output."""
    return link[2].startswith(_OWN)


def own(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs by the names that these links give them."""
    return {own_name(name): value for name, value in outputs.items()}


def refuse_buffers(outputs: Mapping[str, Any], made: Reach | None = None) -> None:
    """Raise Inseparable where an array looks into the memory of an output that is no array, or of
    a frame whose values do not copy on write; ``made`` is what the outputs hold."""
    for group in _overlapping(_arrays(outputs, {}) if made is None or made.lends else []):
        blocks = (name for name, path, _ in group if path and path[-1][0] in ("block", "fixed"))
        if (name := next(blocks, None)) is not None and any(_lenders(group)):
            raise Inseparable(f"{name} holds frames that look into each other's memory")


def _kind_of(path: Path) -> str:
    """What memory is behind that a path ends in; "" for an array's own."""
    return str(path[-1][0]) if is_behind(path) or is_buffer(path) or is_in_row(path) else ""


def _arrays(outputs: Mapping[str, Any], looks: Looks) -> list[_Place]:
    held = held_in(outputs, looks=looks)
    parts = [part for _, _, part in held.values()]
    if looks_at_frames(parts):
        held = without_unseen(held, outputs, parts)
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
    """Each array that looks into another one's memory, by number, with that other one, which is
    never told of later."""
    group = sorted(group, key=_last_to_lend)
    lending = [not is_buffer(p) and not is_of_buffers(buffer_of(array)) for _, p, array in group]
    for place, (name, path, array) in enumerate(group):
        able = lending if is_buffer(path) else [True] * place
        if is_behind(path):
            able = [not is_behind(where) for _, where, _ in group]
        sharing = [n for n in range(place) if able[n] and share_elements(group[n][2], array)]
        if not sharing:
            continue
        owner = next((group[n] for n in sharing if holds(group[n][2], array)), None)
        if owner is None:
            raise Inseparable(f"{name} and {group[sharing[0]][0]} look into the same memory")
        yield number_of(path, array), owner


def _last_to_lend(at: _Place) -> tuple[Any, ...]:
    """The largest lends first; of two of one size one that can be written to, and that looks into
    nothing else, as rows always do. What pyarrow and polars keep, nobody can write to."""
    _, path, array = at
    is_looking = (
        *(not is_writeable(array), array.base is not None, is_behind(path), is_in_row(path)),
    )
    return is_buffer(path), -array.nbytes, *is_looking


def _links(
    outputs: Mapping[str, Any],
    owners: Mapping[int, _Place],
    elsewhere: Collection[tuple[str, Path]],
    looks: Looks,
) -> Iterator[Link]:
    """A link for every place where such an array stands, after those of what lends to it."""
    standing: dict[int, list[_Place]] = {number: [] for number in owners}
    for name, value in outputs.items():
        for path, inner in with_memory(walk(value, owners, looks=looks)):
            number = number_of(path, inner)
            if number in owners and (name, path) not in elsewhere:
                standing[number].append((name, path, inner))
    for number, places in standing.items():
        source, where, owner = owners[number]
        for name, path, inner in places:
            if is_fixed((*path, *where)):
                raise Inseparable(f"{name} holds a part of {source} in a set or a method")
            yield name, path, source, where, window_into(name, inner, owner, source)
