"""Runs and versions of a notebook while one iterates on it.

R1  No open run: open one.
R2  A step not yet in the run joins it, unless the run holds a step that stands below it, or it
    rests on one that is older than what the run holds: then a new run begins (``belonging.py``).
R3  A step already in it: a miss opens a new run (upstream steps are carried over, with the run
    they came from; downstream steps are stale); a hit on the first step opens a new run (Run
    All again: run 2, all cached); a hit of another result than the run has opens one, too, as
    a miss does (the run's parameters and metrics are those of its own results); any other hit
    is noted on the current run.
R4  ``zenbook run``, a pipeline call, papermill and a kernel start open their own.
R5  No rule uses the clock.

A version is the shape of the notebook's steps in the order of their wiring (so that executing
cells in another order is the same version). It is stamped when the run is complete or closes,
and until then the next number is a draft: five cells executed for the first time, in any order,
make one version and not five. A failed or interrupted run stamps none.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from zenbook.core.shape import are_one_version, execution_order, shape_of
from zenbook.engine.desk import Desk
from zenbook.engine.drafts import Draft
from zenbook.engine.logbook import Logbook
from zenbook.errors import PipelineError, StoreFault
from zenbook.front.notebook.belonging import belongs, upstream_of
from zenbook.front.notebook.lines import Lines
from zenbook.front.notebook.producer import Producer
from zenbook.model import (
    Call,
    Edge,
    Fingerprint,
    Record,
    Shape,
    Status,
    Step,
    StepRun,
    Version,
)

if TYPE_CHECKING:
    from zenbook.front.notebook.trail import Trail


@dataclass(slots=True, eq=False)
class Known:
    """What the kernel knows of one step: its code as last executed, and how that went."""

    step: Step
    source: str
    cell_id: str
    line: StepRun
    edges: tuple[Edge, ...] = ()
    fingerprint: Fingerprint | None = None
    record: Record | None = None
    call: Call | None = None
    """Its last call; the values in it are let go."""
    at: int = 0
    """How many cells the kernel had run when it was met."""
    since: int = 0
    """The same of the first time in a row that it gave this result."""
    random: Mapping[str, str] = field(default_factory=dict)
    """Digests of the random states that it found, by library."""
    random_after: Mapping[str, str] = field(default_factory=dict)
    """And of those that it left."""
    changed: frozenset[str] = frozenset()
    """The names of what it has changed in place, or a hit for it."""
    stale: str = ""
    """Why it is stale although nobody edited it, "" if it is not."""

    @property
    def record_id(self) -> str:
        """What tells its result from others; empty where it was not kept."""
        return self.record.id if self.record is not None else ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an execution stands: its run's number, and the version as it is said."""

    run: int | None
    version: str


@dataclass(slots=True, eq=False)
class Session:
    """The open run of one notebook, and every step the kernel has met."""

    desk: Desk
    pipeline: str
    origin: str
    trail: Trail
    """What the kernel has run."""
    parameters: dict[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    """Name, tags and note of its runs."""
    order: tuple[str, ...] = ()
    """Names of the steps the notebook's file has, from top to bottom; empty where nobody tells."""
    foretold: Callable[[Container[str]], Mapping[str, str]] = field(default=lambda met: {})
    """Gives the codes that the file has for them, but for those of these names."""
    gone: set[str] = field(default_factory=set)
    """Names of steps that the notebook had and has no more."""
    known: dict[str, Known] = field(default_factory=dict)
    producers: dict[str, Producer] = field(default_factory=dict)
    """Who gave a name its value: the step that bound it or changed it in place."""
    logbook: Logbook | None = None
    joined: dict[str, StepRun] = field(default_factory=dict)
    ended: bool = False
    number: int | None = None
    """The number of the run that was open last."""
    lines: Lines = field(default_factory=Lines)
    _opened_with: StepRun | None = None
    """The line that the open run began with, until its step is noted."""

    def expect(
        self, order: tuple[str, ...], codes: Callable[[Container[str]], Mapping[str, str]]
    ) -> None:
        """The notebook's file has these steps now, with these codes."""
        gone = self.gone | (self.expected if order else frozenset())
        self.order, self.foretold = order, codes
        self.gone = set(gone - self.expected)

    @property
    def expected(self) -> frozenset[str]:
        """The names of the steps in the notebook's file, whatever their order."""
        return frozenset(self.order)

    def _met(self, known: Known) -> None:
        """A step has run in its cell: one of another name that stood there is no more."""
        self.gone.discard(known.step.name)
        for name, other in self.known.items():
            if known.cell_id and other.cell_id == known.cell_id and name != known.step.name:
                self.gone.add(name)
        before = self.known.get(known.step.name)
        is_again = before is not None and before.record_id == known.record_id != ""
        known.since = before.since if before is not None and is_again else known.at
        self.known[known.step.name] = known

    # ------------------------------------------------------------ who made what

    def produced(self, step: str, outputs: Mapping[str, Any]) -> None:
        """A step has bound these names."""
        for name, value in outputs.items():
            self.producers[name] = Producer(step, name, value)

    def changed_in_place(
        self,
        step: str,
        given: Mapping[str, Any],
        namespace: Mapping[str, Any],
        names: Iterable[str],
    ) -> None:
        """A step has changed what it was given under these names, whatever else it is called."""
        for name in names:
            others = [n for n, made in self.producers.items() if made.made(given[name])]
            for other in (name, *others):
                self.producers[other] = Producer(step, name, namespace.get(other))

    # ------------------------------------------------------------ which run a step belongs to

    def begin(self, step: str, why: str) -> None:
        """A step starts to run."""
        self._join(StepRun(step, 0, "running", "", why, 0.0, 0.0, "", "", ""))

    def stopped(self, line: StepRun) -> None:
        """A step was stopped before it ran: what its last run gave is still there."""
        self._join(line)
        self._end(line.status)
        self.logbook = None

    def _join(self, line: StepRun) -> None:
        self.enter(line)
        if self._opened_with is None:
            self._note(replace(line, position=self._position(line.step)))
        self._opened_with = None

    def enter(self, line: StepRun) -> None:
        """A step is executed: open the run that this belongs to, if the rules say so. Then the line
        is on record with it."""
        self._opened_with = None
        if self._opens(line):
            again = line.status == "cached" and self._is_first(line.step)
            carried = {} if again or line.step not in self.joined else self._carried_to(line.step)
            self.close(is_early=line.step not in self.known)
            self._open(carried, line)
        assert self.logbook is not None
        if self.ended:
            self.logbook.close("running")
            self.ended = False

    def _opens(self, line: StepRun) -> bool:
        if self.logbook is None:
            return True
        joined = self.joined.get(line.step)
        if joined is None:
            return not belongs(self, line.step)
        if joined.status == "running" and line.status == "interrupted":
            return False
        is_another = joined.record != line.record
        return line.status != "cached" or self._is_first(line.step) or is_another

    def _is_first(self, step: str) -> bool:
        return step == next(iter(self.joined), "")

    def _open(self, carried: Mapping[str, StepRun], line: StepRun) -> None:
        kept = [replace(one, status="cached", saved=one.seconds) for one in carried.values()]
        lines = [replace(one, position=place) for place, one in enumerate([*kept, line])]
        self.logbook = Logbook(
            self.desk,
            self.pipeline,
            None,
            dict(self.parameters),
            origin=self.origin,
            lines=lines,
            **self.about,
        )
        self.joined = {one.step: one for one in lines}
        self.ended, self.number, self._opened_with = False, self.logbook.number, lines[-1]
        self.desk.drafts[self.logbook.run.id] = self._draft

    def _draft(self) -> Draft:
        """The open run, for those who look at it before it has a version."""
        return Draft(self.version_said(), self._steps_joined())

    def _steps_joined(self) -> dict[str, Step]:
        return {name: known.step for name, known in self.known.items() if name in self.joined}

    def _carried_to(self, step: str) -> dict[str, StepRun]:
        """The lines of the open run that this step's inputs go back to."""
        wanted = upstream_of(self.known, step)
        return {
            name: line
            for name, line in self.joined.items()
            if name in wanted and line.status in ("completed", "cached")
        }

    # ------------------------------------------------------------ noting

    def note(self, known: Known, hit: bool, *, may_fail: bool = False) -> None:
        """A step has ended: put its line on record and see what that makes stale. One that failed
        ends the run, unless that was expected of its cell."""
        name = known.step.name
        before = self.known.get(name)
        self._met(known)
        earlier = self.joined.get(name)
        is_noted = earlier is not None and earlier is self._opened_with
        if not (is_noted or (hit and earlier is not None and earlier.status == "completed")):
            self._note(replace(known.line, position=self._position(name)))
        self._opened_with = None
        self._note_parameters()
        if before is not None and not hit and known.line.status == "completed":
            self._mark_downstream(name, before, known)
        if known.line.status in ("failed", "interrupted") and not may_fail:
            self._end(known.line.status)
            self.logbook = None
        elif self._complete():
            self._end("completed")

    def _mark_downstream(self, name: str, before: Known, after: Known) -> None:
        """Steps that read what this one gave are stale, if it gives something else now."""
        if before.record is not None and after.record is not None:
            old = {a.name: a.digest for a in before.record.outputs}
            new = {a.name: a.digest for a in after.record.outputs}
            if old == new:
                return
        for other in self.downstream_of(name):
            self.known[other].stale = f"{name} ran again"

    def downstream_of(self, name: str) -> list[str]:
        """Steps whose inputs come from this one, directly or not."""
        found = [name]
        for source in found:  # grows while it is walked
            for other, known in self.known.items():
                reads = any(edge.source == source for edge in known.edges)
                if reads and other not in found:
                    found.append(other)
        return found[1:]

    def _position(self, step: str) -> int:
        return list(self.joined).index(step) if step in self.joined else len(self.joined)

    def _note(self, line: StepRun) -> None:
        assert self.logbook is not None
        self.joined[line.step] = line
        self.logbook.note(line)
        self.number = self.logbook.number

    def _note_parameters(self) -> None:
        """A run shows the values that its steps used, whatever cell has bound them; all of them
        in the order of the steps where these differ."""
        assert self.logbook is not None
        used = {name: values for name in self.parameters if (values := self._values_used(name))}
        shown = {**self.parameters, **{name: "→".join(values) for name, values in used.items()}}
        if shown != self.logbook.run.parameters:
            self.logbook.show_parameters(shown)

    def _values_used(self, parameter: str) -> list[str]:
        """What the steps of this run read under a name, as it is shown."""
        prints = [self.known[name].fingerprint for name in self.joined if name in self.known]
        parts = [part for each in prints if each is not None for part in each.parts]
        named = (part for part in parts if part.name == parameter and part.kind in ("input", "use"))
        return list(dict.fromkeys(part.shown for part in named if part.shown))

    # ------------------------------------------------------------ versions

    def shape(self) -> Shape:
        """The wiring of all steps the notebook has, as far as the kernel has met them."""
        names = sorted(n for n in self.known if not self.expected or n in self.expected)
        edges = [e for n in names for e in self.known[n].edges if e.source in names]
        upstream = {n: [e.source for e in edges if e.target == n] for n in names}
        try:
            order = execution_order(names, upstream)
        except PipelineError:  # cells executed against their order can wire a circle
            order = names
        return shape_of([self.known[n].step for n in order], edges, self.parameters)

    def version_said(self) -> str:
        """``v1`` where this shape has a number, else ``v2 draft``.

        Steps that the kernel has not met yet are taken to be what the notebook's file has. Also a
        draft, of the newest there is, while the steps are in several versions.
        """
        try:
            versions = self.desk.history.versions(self.pipeline)
        except StoreFault:
            return ""  # the logbook tells of a history that is out of order
        if fitting := self._fitting(versions, self.foretold(self.known) if versions else {}):
            return f"v{fitting[0]}{' draft' if len(fitting) > 1 else ''}"
        return f"v{max((v.number for v in versions), default=0) + 1} draft"

    def _fitting(
        self, versions: Sequence[Version], foretold: Mapping[str, str] | None = None
    ) -> list[int]:
        """The number this shape has. The kernel may not have met all steps yet: then those of
        all versions that have the steps it met, and the codes foretold of others, newest first."""
        shape = self.shape()
        exact = [v.number for v in versions if are_one_version(v.shape, shape)]
        if exact or self._complete():
            return exact[:1]
        mine = {**(foretold or {}), **{step.name: step.code for step in shape.steps}}
        is_whole = bool(foretold) and mine.keys() == self.expected
        return [
            version.number
            for version in reversed(versions)
            if mine.items() <= (has := {s.name: s.code for s in version.shape.steps}).items()
            and (len(has) == len(mine) or not is_whole)
            and set(shape.edges) <= set(version.shape.edges)
            and set(shape.parameters) <= set(version.shape.parameters)
        ]

    def place(self) -> Place:
        """Where the last execution stands."""
        return Place(self.number, self.version_said())

    def _complete(self) -> bool:
        return bool(self.expected) and self.expected <= self.joined.keys()

    def _end(self, status: Status, *, is_early: bool = False) -> None:
        if self.logbook is None:
            return
        number = None
        if status == "completed" and self.known:
            number = self._stamped(is_early)
            if number is not None:
                self.lines.settle(f"v{number}")
        self._settle_draft(self.logbook.run.id, number)
        self.logbook.close(status, number)
        self.ended = True

    def _settle_draft(self, run: str, version: int | None) -> None:
        """A run that ends without a version keeps what is known of its steps, while we live."""
        draft = Draft("", self._steps_joined())
        self.desk.drafts[run] = lambda: draft
        if version is not None:
            self.desk.drafts.pop(run, None)  # one that was put on record late has another id

    def _stamped(self, is_early: bool) -> int | None:
        """The version's number; none is made for a run that ends early."""
        history = self.desk.history
        try:
            fitting = self._fitting(history.versions(self.pipeline))
            if is_early and not fitting:
                return None
            return fitting[0] if fitting else history.version(self.pipeline, self.shape()).number
        except StoreFault:
            return None  # the logbook tells of a history that is out of order

    def close(self, status: Status = "completed", *, is_early: bool = False) -> None:
        """The run ends here: the kernel does, another run begins (early, where that is with a step
        that nobody has met yet), or a cell has ended it."""
        if self.logbook is not None and not self.ended:
            running = any(line.status == "running" for line in self.joined.values())
            self._end("interrupted" if running else status, is_early=is_early)
        self.logbook = None
