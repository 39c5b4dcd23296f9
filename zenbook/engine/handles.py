"""Handles: a run, its steps and their outputs, as small frozen objects one can look things up in.

``run.steps["svc_trainer"].outputs["model"].load()``. They print as a short table and render as
one in a notebook; a value is read from the store only by :meth:`OutputHandle.load`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from zenbook.core.source_shown import LOCAL
from zenbook.engine.desk import Desk, open_desk
from zenbook.engine.notes import checked_metrics, checked_run_name, checked_tags
from zenbook.engine.restore import load
from zenbook.engine.run_names import no_such_run
from zenbook.errors import StoreFault, UsageError
from zenbook.model import Artifact, Change, Record, Reference, Run, Status, Step, StepRun

T = TypeVar("T")


class Named(Mapping[str, T]):
    """A read-only mapping whose missing keys say what there is."""

    __slots__ = ("_kind", "_of")

    def __init__(self, kind: str, of: Mapping[str, T]) -> None:
        self._kind = kind
        self._of = dict(of)

    def __getitem__(self, name: str) -> T:
        try:
            return self._of[name]
        except KeyError:
            there = ", ".join(self._of) or "none"
            raise KeyError(f"There is no {self._kind} {name!r}; there is: {there}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __repr__(self) -> str:
        return f"{self._kind}s: {', '.join(self._of) or 'none'}"


@dataclass(frozen=True, slots=True)
class OutputHandle:
    """One kept output of a step, or the later content of an input that it changed in place."""

    artifact: Artifact
    _record: Record
    _desk: Desk

    @property
    def name(self) -> str:
        return self.artifact.name.removeprefix("~").removeprefix(LOCAL)

    @property
    def digest(self) -> str:
        """The value's digest, as :func:`zenbook.fingerprint` gives it."""
        return self.artifact.digest

    @property
    def is_there(self) -> bool:
        """Whether the store has its bytes still."""
        return self._desk.store.has(self.artifact.blob)

    def load(self) -> Any:
        """The value, a fresh object each time.

        Raises StoreFault if its bytes are gone or damaged: run the pipeline again to make it anew.
        """
        try:
            return load(Reference(self.artifact, self._record), self._desk)
        except StoreFault as error:
            if self.is_there:
                raise
            raise StoreFault(
                f"{self.name} of step {self._record.step} is not kept any more: `zenbook gc` "
                "evicts what is over the limit. Run again what made it; pinned runs stay kept."
            ) from error

    def __repr__(self) -> str:
        shown = f" {self.artifact.preview}" if self.artifact.preview else ""
        return f"<output {self.name}: {self.artifact.type}{shown}>"


def load_together(
    outputs: Mapping[str, OutputHandle],
) -> tuple[dict[str, Any], dict[str, StoreFault]]:
    """The values, and why others cannot be loaded. Those of one step share what they shared."""
    values: dict[str, Any] = {}
    faults: dict[str, StoreFault] = {}
    of_step: dict[str, dict[str, OutputHandle]] = {}
    for name, output in outputs.items():
        of_step.setdefault(output._record.id, {})[name] = output
    for group in of_step.values():
        one = next(iter(group.values()))
        artifacts, record = [output.artifact for output in group.values()], one._record
        try:
            loaded = one._desk.vault.load(artifacts, record.seals, record.python)
            values |= {name: loaded[output.artifact.name] for name, output in group.items()}
        except StoreFault:
            for name, output in group.items():
                try:
                    values[name] = output.load()
                except StoreFault as error:
                    faults[name] = error
    return values, faults


@dataclass(frozen=True, slots=True)
class StepHandle:
    """One step of a run: how it went, why, and what it gave."""

    line: StepRun
    _run: Run
    _desk: Desk

    @property
    def name(self) -> str:
        return self.line.step

    @property
    def status(self) -> Status:
        return self.line.status

    @property
    def why(self) -> str:
        """Why it ran, or that nothing changed."""
        return self.line.why

    @property
    def changes(self) -> tuple[Change, ...]:
        """Everything that was different from its last result, with old and new."""
        return self.line.changes

    @property
    def seconds(self) -> float:
        return self.line.seconds

    @property
    def metrics(self) -> Mapping[str, Any]:
        return self.line.metrics

    @property
    def record(self) -> Record | None:
        """The record that was used or made; None if nothing was kept."""
        return self._desk.history.record(self.line.record) if self.line.record else None

    @property
    def source(self) -> str:
        """Its source text in this run; "" if nobody knows it (a run that ended without a version,
        in another process)."""
        step = self._as_it_ran()
        return step.source if step is not None else ""

    @property
    def binds(self) -> tuple[str, ...]:
        """Names of its outputs in this run, kept or not; none if nobody knows them."""
        step = self._as_it_ran()
        return step.outputs if step is not None else ()

    @property
    def code(self) -> str:
        """The digest of its code in this run; "" if nobody knows it."""
        step = self._as_it_ran()
        return step.code if step is not None else ""

    def _as_it_ran(self) -> Step | None:
        return self._desk.step_in(self._run, self.name)

    @property
    def origin(self) -> str:
        """Id of the run that executed it."""
        return self.line.origin

    @property
    def outputs(self) -> Named[OutputHandle]:
        """The kept outputs by name; of a cell also those that the function with its body, which
        made them, does not return."""
        record = self.record
        kept = list(record.outputs if record is not None else ())
        names = {artifact.name for artifact in kept}
        more = (a for a in (record.artifacts if record else ()) if a.name.startswith(LOCAL))
        kept += [a for a in more if a.name.removeprefix(LOCAL) in {*self.binds} - names]
        return self._handles(record, kept)

    @property
    def changed(self) -> Named[OutputHandle]:
        """The inputs that it changed in place by name, as it left them."""
        record = self.record
        return self._handles(record, record.changed if record is not None else ())

    def _handles(self, record: Record | None, kept: Iterable[Artifact]) -> Named[OutputHandle]:
        found = [OutputHandle(artifact, record, self._desk) for artifact in kept if record]
        return Named("output", {output.name: output for output in found})

    @property
    def output(self) -> OutputHandle:
        """The only output. Raises UsageError if there are several or none."""
        outputs = list(self.outputs.values())
        if len(outputs) != 1:
            raise UsageError(f"Step {self.name} has {len(outputs)} outputs; name one of them.")
        return outputs[0]

    def __repr__(self) -> str:
        return f"<step {self.name}: {self.status}, {self.why}>"


class RunHandle:
    """One run: ``.version``, ``.status``, ``.steps[...]``, ``.run(...)`` to run it again."""

    __slots__ = ("_again", "_desk", "_run")

    def __init__(self, run: Run, desk: Desk, again: Callable[..., RunHandle] | None = None) -> None:
        self._run = run
        self._desk = desk
        self._again = again

    @property
    def id(self) -> str:
        return self._run.id

    @property
    def pipeline(self) -> str:
        """Name of its pipeline."""
        return self._run.pipeline

    @property
    def version(self) -> int | None:
        """Number of the shape it ran, counted from 1."""
        return self._run.version

    @property
    def version_said(self) -> str:
        """``v1``, ``v2 draft`` while the run is open; "" for one that ended without a version."""
        if self._run.version is not None:
            return f"v{self._run.version}"
        tell = self._desk.drafts.get(self._run.id)
        said = tell().version if tell is not None else ""
        return said or ("draft" if self._run.status == "running" else "")

    @property
    def number(self) -> int:
        """Its number within the pipeline, counted from 1."""
        return self._run.number

    @property
    def name(self) -> str:
        return self._run.name

    @property
    def status(self) -> Status:
        return self._run.status

    @property
    def parameters(self) -> Mapping[str, str]:
        """Short previews of what it was called with, secrets masked."""
        return self._run.parameters

    @property
    def started(self) -> float:
        """Unix time in UTC seconds."""
        return self._run.started

    @property
    def tags(self) -> tuple[str, ...]:
        return self._run.tags

    @property
    def note(self) -> str:
        return self._run.note

    @property
    def metrics(self) -> Mapping[str, Any]:
        """What was logged with the run itself; steps have their own."""
        return self._run.metrics

    @property
    def facts(self) -> Run:
        """The run as history remembers it."""
        return self._run

    @property
    def steps(self) -> Named[StepHandle]:
        """The steps by name, in the order in which they ran."""
        return Named(
            "step", {s.step: StepHandle(s, self._run, self._desk) for s in self._run.steps}
        )

    def run(self, **wish: Any) -> RunHandle:
        """Run the same pipeline with the same parameters again: ``.run(enable_cache=False)``."""
        if self._again is None:
            raise UsageError(
                f"Run {self._run.number} of {self._run.pipeline} was looked up in the history. "
                "Call its pipeline to run it again."
            )
        return self._again(**wish)

    def tag(self, *tags: str) -> RunHandle:
        """Add tags. The run comes back as it is now."""
        self._desk.history.annotate(self._run.id, tags=checked_tags(tags))
        return self._anew()

    def annotate(self, note: str | None = None, name: str | None = None) -> RunHandle:
        """Give the run a note or a name. The run comes back as it is now."""
        if name is not None:
            checked_run_name(name)
        self._desk.history.annotate(self._run.id, note=note, name=name)
        return self._anew()

    def log(self, **metrics: Any) -> RunHandle:
        """Record metrics with this run."""
        self._desk.history.annotate(self._run.id, metrics=checked_metrics(metrics))
        return self._anew()

    def _anew(self) -> RunHandle:
        return RunHandle(self._desk.history.run(self._run.id) or self._run, self._desk, self._again)

    def __repr__(self) -> str:
        run = self._run
        lines = [_headline(run, self.version_said)]
        if run.parameters:
            lines.append("  " + _equations(run.parameters))
        width = max((len(s.step) for s in run.steps), default=0)
        for s in run.steps:
            told = f"  {s.step:<{width}}  {s.status:<9}  {s.why}  {_equations(s.metrics)}"
            lines.append(told.rstrip())
        if run.metrics:
            lines.append("  " + _equations(run.metrics))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        run = self._run
        rows = "".join(
            f"<tr><td>{escape(s.step)}</td><td>{escape(s.status)}</td>"
            f"<td>{s.seconds:.2f} s</td><td>{escape(s.why)}</td>"
            f"<td>{escape(_equations(s.metrics))}</td></tr>"
            for s in run.steps
        )
        told = ", ".join(filter(None, (_equations(run.parameters), _equations(run.metrics))))
        head = _headline(run, self.version_said) + (f" ({told})" if told else "")
        columns = "".join(f"<th>{n}</th>" for n in ("step", "status", "took", "why", "metrics"))
        return f"<table><caption>{escape(head)}</caption><tr>{columns}</tr>{rows}</table>"


def _headline(run: Run, version: str) -> str:
    version = version.replace("v", "version ", 1) if version[:1] == "v" else version
    labels = " ".join(filter(None, (run.name, *(f"#{tag}" for tag in run.tags))))
    version = f" ({version or 'no version'})"
    told = f"Run {run.number} of {run.pipeline}{version}: {run.status}"
    return f"{told}, {labels}" if labels else told


def _equations(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def find_run(reference: str, desk: Desk | None = None) -> RunHandle:
    """The run of this id, unique prefix, ``pipeline:number`` or ``latest``. Raises UsageError."""
    desk, reference = desk or open_desk(), str(reference)  # a bare number is told what it lacks
    try:
        run = desk.history.run(reference)
    except StoreFault as error:
        raise UsageError(f"The history cannot be read: {error}") from error
    if run is None:
        raise no_such_run(reference, desk.history)
    return RunHandle(run, desk)
