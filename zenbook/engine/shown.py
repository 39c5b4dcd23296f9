"""How a step shows its last value: as a notebook does, printed, or not at all.

A cell that ends in ``table.head()`` shows the value; the function exported from it ends in
``print(table.head())``; one with the cell's own text drops the value. Their code is the same, and
so are their records. Each says what became of the value, and has the value itself where it was
shown or noted; where a function printed it, an event ``{"kind": "last"}`` stands before its text.
So a hit shows the value as *this* step does, or is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from zenbook.core.source_shown import LAST, SEVERAL
from zenbook.model import Artifact, Manner, Record

Event = Mapping[str, Any]
_LAST_PRINTED: Event = {"kind": "last"}


def noted(displays: Artifact | None, shows: Manner) -> Artifact | None:
    """The displays of a step that ran, with a note of what became of its last value."""
    return None if displays is None else replace(displays, preview=shows)


def manner_of(record: Record) -> str:
    """What became of the last value when the record was made."""
    return record.displays.preview if record.displays is not None else ""


def is_shown_so(record: Record, shows: Manner) -> bool:
    """Whether what a record has shown, or has kept of it, can be shown as this step shows it."""
    if shows not in ("printed", "dropped"):
        return True  # a cell that shows the value asks for it as for any output
    was = manner_of(record)
    if was == shows or (shows == "dropped" and record.displays is None):
        return True
    names = {artifact.name for artifact in record.artifacts}
    if was != "printed" and SEVERAL in names:
        return False  # which of the values shown is the last one's?
    return LAST[0] in names or (shows == "dropped" and was != "printed")


def as_shown(events: Sequence[Event], shows: Manner) -> Sequence[Event]:
    """What a hit has to replay of a step that shows its last value so; if it prints it, of one that
    did so, too."""
    if shows == "printed":
        return events
    if _LAST_PRINTED in events:
        return list(_without_printed(events))
    return events if shows != "dropped" else [one for one in events if one["kind"] != "result"]


def as_printed(events: Sequence[Event], value: Any) -> Iterator[Event]:
    """The displays with the value printed where it was shown, or before what is shown late."""
    ends = (n for n, one in enumerate(events) if one["kind"] == "result" or one.get("late"))
    place = next(ends, len(events))
    yield from events[:place]
    yield {"kind": "print", "value": value}
    yield from (event for event in events[place:] if event["kind"] != "result")


def _without_printed(events: Sequence[Event]) -> Iterator[Event]:
    is_past = False
    for event in events:
        is_past = is_past or event["kind"] == "last"
        if event["kind"] != "last" and not (is_past and event["kind"] == "stream"):
            yield event
