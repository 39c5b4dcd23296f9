"""How a step shows its last value: as a notebook does, printed, or not at all.

A cell that ends in ``table.head()`` shows the value; the function exported from it ends in
``print(table.head())``; one with the cell's own text drops the value. Their code is the same, and
so are their records, which say by an event among the displays what was printed last::

    {"kind": "last"}      what follows in a stream is the last value, printed, which is kept, too
    {"kind": "printed"}   the last value was printed, and is not kept

So a hit shows the value as *this* step does, or is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from zenbook.model import Manner

Event = Mapping[str, Any]
LAST_PRINTED: Event = {"kind": "last"}
_PRINTED: Event = {"kind": "printed"}


def marked(events: Sequence[Event], shows: Manner) -> list[Event]:
    """The displays of a step that ran, with a mark where it has printed its last value."""
    if shows != "printed" or LAST_PRINTED in events:
        return list(events)
    return [*events, _PRINTED]


def as_shown(
    events: Sequence[Event], shows: Manner, last: Callable[[], str | None]
) -> Sequence[Event] | None:
    """What a hit of a step that shows its last value so has to replay; None if nobody can say.

    ``last`` gives the kept value as it is printed, None if there is none.
    """
    if _PRINTED in events:
        return events if shows == "printed" else None
    if LAST_PRINTED in events:
        return events if shows == "printed" else list(_without_printed(events))
    if shows == "printed":
        text = last()
        return None if text is None else list(_printed(events, text))
    return events if shows != "dropped" else [one for one in events if one["kind"] != "result"]


def _without_printed(events: Sequence[Event]) -> Iterator[Event]:
    is_past = False
    for event in events:
        is_past = is_past or event["kind"] == "last"
        if event["kind"] != "last" and not (is_past and event["kind"] == "stream"):
            yield event


def _printed(events: Sequence[Event], text: str) -> Iterator[Event]:
    """The displays with a text printed where the value was shown, or before what is shown late."""
    printed = {"kind": "stream", "name": "stdout", "text": f"{text}\n"}
    ends = (n for n, one in enumerate(events) if one["kind"] == "result" or one.get("late"))
    place = next(ends, len(events))
    yield from events[:place]
    yield printed
    yield from (event for event in events[place:] if event["kind"] != "result")
