"""What the program has set in libraries, as parts of a step that uses them.

What stands there now is a value like a global that the step reads: it counts by what it is, a step
that changes it in place is not kept, and neither is one that finds there what has no digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_trace import is_atom, preview_of
from zenbook.core.kinds import held_by_name
from zenbook.engine.desk import Desk
from zenbook.errors import NotDigestible
from zenbook.model import Part
from zenbook.world.libraries_set import libraries_set


@dataclass(slots=True)
class SetInLibraries:
    """Parts; the values that can change, each with its digest, by name; and why nothing that was
    made with them can be kept."""

    parts: list[Part] = field(default_factory=list)
    constants: dict[str, tuple[Any, str]] = field(default_factory=dict)
    obstacles: list[str] = field(default_factory=list)


NOTHING = SetInLibraries()


def set_in_libraries(used: Iterable[str], desk: Desk) -> SetInLibraries:
    """What the program has set in these libraries, and what that is now."""
    places = libraries_set(used)
    if not places:
        return NOTHING
    found = SetInLibraries()
    for place in places:
        if place.obstacle:
            found.obstacles.append(place.obstacle)
        try:
            digest = desk.digester().digest(place.value)
        except NotDigestible as error:
            digest = _by_parts(place.value, desk)
            if place.is_sure:
                found.obstacles.append(f"{place.name} {error.why}")
        else:
            if not is_atom(place.value):
                found.constants[place.name] = (place.value, digest)
        shown = preview_of(place.name, place.value)
        found.parts.append(Part("use", place.name, digest, shown))
    return found


def _by_parts(value: Any, desk: Desk) -> str:
    """The digest of those attributes of an object that have one, and of its type."""
    told = [type(value).__qualname__]
    held: Mapping[str, Any] = held_by_name(value) or {}
    for name, part in sorted(held.items()):
        try:
            told.append(f"{name} {desk.digester().digest(part)}")
        except NotDigestible:
            told.append(f"{name} {type(part).__qualname__}")
    return xxh3_128_hexdigest(repr(told).encode("utf-8", "surrogatepass"))
