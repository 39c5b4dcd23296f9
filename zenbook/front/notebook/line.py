"""The line under the cell: what the step does or did, in one line, updated in place.

As plain text, as HTML that still reads well when a sanitiser has taken its styling, and as
``application/vnd.zenbook.step+json`` for a front end that draws it itself.

It is sent past the display hooks, so that it is never part of what a step is recorded to have
shown. Where no front end can update a display (a terminal, a log) only the last state is said.
"""

from __future__ import annotations

import itertools
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from html import escape
from typing import Any

from zenbook.core.verdict import FIRST_RUN, why_beside
from zenbook.core.view_text import GLYPHS, line, seconds_text, size_text
from zenbook.model import Status, StepRun
from zenbook.world.streams import flush_streams

MIME = "application/vnd.zenbook.step+json"
_SHOWN_NAMES = 6
REPLACES = "replaces the step of that name in another cell"
_ANOTHERS = "the result of another kernel"


@dataclass(frozen=True, slots=True)
class StepLine:
    """Everything the line says; what is empty is left out."""

    step: str
    status: Status
    seconds: float | None = None
    """Seconds the body took; for ``running`` those it took last time."""
    saved: float = 0.0
    why: str = ""
    outputs: tuple[str, ...] = ()
    size: int = 0
    pipeline: str = ""
    version: str = ""
    """``v1`` or ``v2 draft``."""
    run: int | None = None
    origin: str = ""
    """Where a cached result is from: ``run 1, 2 h ago``."""
    not_kept: str = ""
    remarks: tuple[str, ...] = ()


_FIELDS = tuple(each.name for each in fields(StepLine))


def waiting(step: str) -> StepLine:
    """The line of a step that another kernel is just computing."""
    return StepLine(step, "running", remarks=(f"waits for {_ANOTHERS}",))


def stopped(step: str, seconds: float, waited: bool) -> StepLine:
    """The line of a step that was stopped before its code ran."""
    doing = f"it waited for {_ANOTHERS}" if waited else "its inputs were looked at"
    return StepLine(step, "interrupted", seconds=seconds, remarks=(f"Stop came while {doing}",))


def nothing_to_run(step: str) -> str:
    """What to say of a step's cell that holds no code."""
    named = f"step {step}" if step else "this step"
    return f"zenbook: {named} has nothing to run: there is no code below its line."


def replacing(line: StepRun) -> StepRun:
    """The line on record of a step that another cell was before."""
    return replace(line, remarks=(*line.remarks, REPLACES))


def unkept(error: BaseException) -> str:
    """Why nothing was kept of a cell that has run: keeping it was stopped, or we failed."""
    if isinstance(error, Exception):
        return f"zenbook failed ({type(error).__name__}: {error})"
    return "Stop came while it was kept"


def text_of(said: StepLine) -> str:
    """The line as plain text."""
    return _text(said, line(said.step), _pieces(said))


def _text(said: StepLine, step: str, pieces: Sequence[str]) -> str:
    return f"{GLYPHS[said.status]} {step}  {' · '.join(pieces)}"


def _pieces(said: StepLine) -> list[str]:
    pieces = [_state(said)]
    if said.status in ("running", "completed"):
        pieces.append(why_beside(said.not_kept, said.why))
    is_first = said.why == FIRST_RUN.why  # what it took in another pipeline was no run of this
    if said.status == "running" and said.seconds is not None and not is_first:
        pieces.append(f"last {seconds_text(said.seconds)}")
    if said.status == "cached":
        pieces += [
            f"saved {seconds_text(said.saved)}",
            f"from {said.origin}" if said.origin else "",
        ]
    if said.status in ("failed", "interrupted"):
        pieces.append("nothing kept")
    if said.not_kept:
        pieces.append(f"not kept: {said.not_kept}")
    elif said.status == "completed":
        pieces.append(_outputs(said))
    pieces += [*said.remarks, _place(said)]
    return [line(piece, 300) for piece in pieces if piece]


def _state(said: StepLine) -> str:
    took = seconds_text(said.seconds)
    match said.status:
        case "completed":
            return took
        case "failed":
            return f"failed after {took}"
        case "interrupted":
            return f"stopped after {took}"
        case other:
            return other


def _outputs(said: StepLine) -> str:
    if not said.outputs:
        return ""
    shown = ", ".join(said.outputs[:_SHOWN_NAMES])
    more = len(said.outputs) - _SHOWN_NAMES
    shown += f" and {more} more" if more > 0 else ""
    return f"{shown} ({size_text(said.size)})"


def _place(said: StepLine) -> str:
    run = f"run {said.run}" if said.run is not None else ""
    return " ".join(word for word in (said.pipeline, said.version, run) if word)


def _html(said: StepLine, step: str, pieces: Sequence[str]) -> str:
    """The line as HTML: every text escaped, no style needed to read it."""
    return (
        f'<div class="zenbook-step" data-status="{said.status}"><small>{GLYPHS[said.status]} '
        f"<b>{escape(step)}</b> {' · '.join(map(escape, pieces))}</small></div>"
    )


def bundle_of(said: StepLine) -> dict[str, Any]:
    """The display's MIME bundle."""
    step, pieces = line(said.step), _pieces(said)
    return {
        "text/plain": _text(said, step, pieces),
        "text/html": _html(said, step, pieces),
        MIME: {"schema": 1, **{name: getattr(said, name) for name in _FIELDS}},
    }


def ago(then: float, now: float) -> str:
    """How long ago in one unit: ``3 min ago``; ``just now`` below a minute."""
    passed = max(0.0, now - then)
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if passed >= size:
            return f"{int(passed // size)} {unit} ago"
    return "just now"


_KERNEL = secrets.token_hex(8)
_spots = itertools.count()


class Spot:
    """Where one cell's line is shown, and updated in place."""

    def __init__(self, shell: Any, quiet: bool) -> None:
        self._shell = shell
        self._quiet = quiet
        self._id = f"{_KERNEL}{next(_spots):x}"
        self._shown = False
        self.said: StepLine | None = None
        """The last state of the line."""

    @property
    def is_updated(self) -> bool:
        """Whether a line that is shown can be updated in place: not in a terminal."""
        publisher = self._shell.display_pub
        return hasattr(publisher, "session") and hasattr(publisher, "pub_socket")

    def show(self, said: StepLine) -> None:
        """Show the line, or put its new state in the place of the old."""
        self.said = said
        if self._quiet:
            return
        publisher = self._shell.display_pub
        if self.is_updated:
            self._send(publisher, bundle_of(said))
        elif said.status != "running" and type(publisher).__name__ == "DisplayPublisher":
            print(text_of(said), file=sys.__stdout__, flush=True)

    def update(self, said: StepLine) -> None:
        """Put a new state in the place of a line that stands above; nothing where none can be."""
        publisher = self._shell.display_pub
        if self._shown and hasattr(publisher, "pub_socket"):
            self._send(publisher, bundle_of(said))

    def anew(self) -> None:
        """The cell cleared its output and our display with it: show it again next time."""
        self._shown = False

    def _send(self, publisher: Any, bundle: dict[str, Any]) -> None:
        """Send past the publisher's hooks, which belong to what the cell shows."""
        flush_streams()
        kind = "update_display_data" if self._shown else "display_data"
        content = {"data": bundle, "metadata": {}, "transient": {"display_id": self._id}}
        parent = publisher.parent_header
        message = publisher.session.msg(kind, content, parent=parent)
        publisher.session.send(publisher.pub_socket, message, ident=publisher.topic)
        self._shown = True
