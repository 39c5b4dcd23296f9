"""What the line under a cell says, gathered from an outcome, the session and the history."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from glob import glob
from typing import TYPE_CHECKING, Any

from zenbook.errors import StoreFault
from zenbook.front.notebook.line import REPLACES, StepLine, ago
from zenbook.front.notebook.options import spelled
from zenbook.front.notebook.session import Known, Session
from zenbook.model import Edge, Miss, Outcome, Record

if TYPE_CHECKING:
    from zenbook.front.notebook.door import Door


_NETWORK = "used the network"
"""What the watch remarks."""


def wires(session: Session, step: str, values: Mapping[str, Any]) -> tuple[Edge, ...]:
    """Which steps this step's inputs come from: those that bound or changed the very objects.

    What the step has changed itself comes from where it came from before.
    """
    known = session.known.get(step)
    earlier = {edge.input: edge for edge in known.edges} if known is not None else {}
    found: list[Edge] = []
    for name, value in values.items():
        producer = session.producers.get(name)
        if producer is None or not producer.made(value):
            continue
        if producer.step != step:
            found.append(Edge(producer.step, producer.output, step, name))
        elif name in earlier:
            found.append(earlier[name])
    return tuple(found)


def changed_by_itself(outcome: Outcome, last: Known) -> tuple[str, ...]:
    """Inputs that are now what the step's last run made of them in place."""
    if outcome.fingerprint is None or last.record is None:
        return ()
    parts = outcome.fingerprint.parts
    now = {part.name: part.digest for part in parts if part.kind in ("input", "use")}
    changed = ((name, each.digest) for name, each in last.record.left.items())
    return tuple(name for name, digest in changed if now.get(name) == digest)


def rewinding(names: tuple[str, ...]) -> str:
    """Why a step with such inputs runs again, and how to rewind."""
    told = ", ".join(names)
    return f"its last run changed {told} in place: run the cell that makes {told} to rewind"


@dataclass(frozen=True, slots=True, eq=False)
class Teller:
    """Knows where a step stands."""

    door: Door
    session: Session

    def expected(self, step: str) -> float | None:
        """Seconds the step took when it last ran; None if it never did."""
        return self.session.desk.expected(step, self.session.pipeline)

    def line(self, outcome: Outcome, outputs: tuple[str, ...], *, replaces: bool) -> StepLine:
        """The line of a step that has ended."""
        place = self.session.place()
        record = outcome.record
        hit = outcome.status == "cached"
        return StepLine(
            step=outcome.step,
            status=outcome.status,
            seconds=outcome.seconds,
            saved=record.seconds if hit and record is not None else 0.0,
            why=outcome.verdict.why if isinstance(outcome.verdict, Miss) else "",
            outputs=outputs,
            size=size_of(record),
            pipeline=self.session.pipeline,
            version=place.version,
            run=place.run,
            origin=self._origin(record) if hit and record is not None else "",
            not_kept="" if hit or outcome.error is not None else outcome.not_kept,
            remarks=self._remarks(outcome, replaces),
        )

    def _remarks(self, outcome: Outcome, replaces: bool) -> tuple[str, ...]:
        remarks = list(outcome.remarks)
        if outcome.status == "cached" and _NETWORK in remarks and not self._expires(outcome.step):
            remarks[remarks.index(_NETWORK)] += ": add --ttl or --no-cache"
        if outcome.changed:
            remarks.append(f"changes {', '.join(outcome.changed)} in place")
        if replaces:
            remarks.append(REPLACES)
        remarks += self._misspelt(outcome.step)
        return tuple(dict.fromkeys(remarks))

    def _misspelt(self, step: str) -> Iterator[str]:
        """What its options name and nobody has."""
        known = self.session.known.get(step)
        if known is None:
            return
        for name in known.step.options.ignore:
            if name not in self.door.shell.user_ns and name not in known.source.split("\n", 1)[-1]:
                yield f"--ignore names {name}, which is not there"
        for name in known.step.options.files:
            if name[:1] != "$" and not glob(os.path.expanduser(name), recursive=True):
                option = spelled(known.source.partition("\n")[0], "depends")
                yield f"{option} names {name}, which is not there"

    def _expires(self, step: str) -> bool:
        """Whether the user has said how long a result of the step counts."""
        known = self.session.known.get(step)
        return known is not None and known.step.options.ttl is not None

    def _origin(self, record: Record) -> str:
        then = ago(record.started + record.seconds, self.session.desk.clock.now())
        try:
            place = self.session.desk.history.place_of(record.run)
        except StoreFault:
            place = None  # the logbook tells of a history that is out of order
        if place is None:
            return then
        pipeline, number = place
        own = "" if pipeline == self.session.pipeline else f"{pipeline} "
        return f"{own}run {number}, {then}"


def size_of(record: Record | None) -> int:
    """Bytes of everything a record keeps; outputs that share objects share a blob."""
    if record is None:
        return 0
    return sum({artifact.blob: artifact.size for artifact in record.artifacts}.values())


def teller(door: Door, session: Session) -> Teller:
    """The teller of a session."""
    return Teller(door, session)
