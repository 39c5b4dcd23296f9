"""Run or plan a composed pipeline. Both walk the same nodes with the same decision."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from zenbook.core.naming import is_secret_name
from zenbook.core.preview import preview
from zenbook.engine.compose import Composition, Node, Placeholder, fill
from zenbook.engine.decide import decide, said_to_run
from zenbook.engine.desk import Desk
from zenbook.engine.drivers import perform
from zenbook.engine.foreseen import Foreseen
from zenbook.engine.identify import Known, identify
from zenbook.engine.logbook import Logbook
from zenbook.engine.mishap import described, status_of
from zenbook.engine.narrate import LogNarrator, Narrator
from zenbook.engine.restore import load, references
from zenbook.engine.sitting import Sitting
from zenbook.errors import Damaged, StoreFault, Untrusted
from zenbook.model import (
    Call,
    Hit,
    Miss,
    Options,
    Outcome,
    Plan,
    PlannedStep,
    Reference,
    Run,
    Status,
    StepRun,
    Unsure,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of one run, beside the parameters."""

    enable_cache: bool | None = None
    """Said at run time; outranks steps and pipeline."""
    pipeline_cache: bool | None = None
    rerun: tuple[str, ...] = ()
    """Steps to run although they would be hits."""
    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A run that ended, with its outcomes by step name and the error that ended it, if any."""

    run: Run
    outcomes: Mapping[str, Outcome]
    error: BaseException | None = None


_logbook: contextvars.ContextVar[Logbook | None] = contextvars.ContextVar(
    "zenbook_logbook", default=None
)
_narrator: contextvars.ContextVar[Narrator | None] = contextvars.ContextVar(
    "zenbook_narrator", default=None
)

_asked: contextvars.ContextVar[Callable[[str], None] | None] = contextvars.ContextVar(
    "zenbook_asked", default=None
)


@contextmanager
def asking_before_runs(ask: Callable[[str], None]) -> Iterator[None]:
    """Ask this, with the pipeline's name, before a run that begins in the block; what it raises
    keeps the run from beginning."""
    token = _asked.set(ask)
    try:
        yield
    finally:
        _asked.reset(token)


@contextmanager
def narrated_by(narrator: Narrator) -> Iterator[None]:
    """Let this narrator hear the runs of the block (the command line's live progress)."""
    token = _narrator.set(narrator)
    try:
        yield
    finally:
        _narrator.reset(token)


def current_logbook() -> Logbook | None:
    """The logbook of the run that goes on now, if any."""
    return _logbook.get()


def run_composition(composition: Composition, wish: Wish, desk: Desk) -> Finished:
    """Run every step in order; after a failure the rest is skipped and what ran stays kept."""
    if (ask := _asked.get()) is not None:
        ask(composition.pipeline)
    narrator = _narrator.get() or LogNarrator()
    logbook = Logbook(
        desk,
        composition.pipeline,
        composition.shape,
        shown_parameters(composition.parameters),
        name=wish.name,
        tags=wish.tags,
        note=wish.note,
        origin=wish.origin,
    )
    if logbook.version is not None and logbook.version.is_new:
        narrator.registered(logbook.version)
    narrator.began(logbook.run, len(composition.nodes))
    token = _logbook.set(logbook)
    try:
        walk = _Walk(composition, wish, desk, logbook, narrator)
        walk.go()
    except BaseException as error:  # Stop between two steps
        logbook.end(status_of(error))
        raise
    finally:
        _logbook.reset(token)
    run = logbook.end(walk.status)
    narrator.finished(run)
    return Finished(run, walk.outcomes, walk.error)


@dataclass(eq=False, slots=True)
class _Walk:
    """One passage through the nodes of a composition."""

    composition: Composition
    wish: Wish
    desk: Desk
    logbook: Logbook
    narrator: Narrator
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    error: BaseException | None = None
    status: Status = "completed"
    names: dict[str, str] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    """Steps whose kept outputs cannot be loaded; their values are handed on as they are."""

    def go(self) -> None:
        for position, node in enumerate(self.composition.nodes):
            if self.error is not None:
                self._skip(node, position)
                continue
            self._take(node, position)

    def _take(self, node: Node, position: int) -> None:
        self.narrator.started(node.name, None)
        self.logbook.note(_line(node.name, position, "running"))
        outcome = self._ended(node)
        outcome = self.outcomes[node.name] = replace(
            outcome, origin_name=self._name_of(outcome.origin)
        )
        self.logbook.note(step_run(outcome, position))
        self.narrator.ended(outcome)
        if outcome.error is not None:
            outcome.error.add_note(f"in step {node.name} of pipeline {self.composition.pipeline}")
            self.error, self.status = outcome.error, outcome.status

    def _ended(self, node: Node) -> Outcome:
        """The node's outcome, also where it ended outside its body: Stop while an input was
        hashed or a result written, or ``must_hit`` without a hit."""
        try:
            return self._performed(node, self.wish)
        except BaseException as error:  # it ends the run, which raises it when all is on record
            miss = Miss((), "unknowable", described(error))
            return Outcome(node.name, status_of(error), miss, None, None, {}, 0.0, error=error)

    def _performed(self, node: Node, wish: Wish) -> Outcome:
        """The node's outcome; inputs that turn out damaged are made again first, as far up as
        need be, and handed on live if the store damages them again."""
        try:
            return self._perform(node, wish)
        except (Damaged, Untrusted):
            self._remake(_upstream(node), wish)
        try:
            return self._perform(node, wish)
        except (Damaged, Untrusted):
            self.live |= _upstream(node)
            return self._perform(node, wish)

    def _remake(self, names: set[str], wish: Wish) -> None:
        for maker in self.composition.nodes:
            if maker.name in names:
                forced = replace(wish, rerun=(*wish.rerun, maker.name))
                self.outcomes[maker.name] = self._performed(maker, forced)

    def _perform(self, node: Node, wish: Wish) -> Outcome:
        call = call_of(node, self._output, wish, self.desk)
        return perform(call, _sitting(self), self.desk, node.door.named)

    def _name_of(self, run: str) -> str:
        """A run's name for people, asked for once per run."""
        if run not in self.names:
            try:
                found = self.desk.history.run(run) if run else None
            except StoreFault:
                found = None  # the logbook has told of the fault already
            self.names[run] = found.reference if found else ""
        return self.names[run]

    def _skip(self, node: Node, position: int) -> None:
        self.logbook.note(_line(node.name, position, "skipped"))
        self.narrator.skipped(node.name)

    def _output(self, step: str, output: str) -> Any:
        outcome = self.outcomes[step]
        return outcome.values[output] if step in self.live else handed_on(outcome, output)


def handed_on(outcome: Outcome, output: str) -> Any:
    """An output as the next step gets it: a reference where it was kept, else the live value.

    A step that ran hands on a reference too: its consumer then gets the same fresh object on a
    cold and on a warm run, and no value is hashed twice.
    """
    if outcome.record is not None:
        for artifact in outcome.record.outputs:
            if artifact.name == output:
                return Reference(artifact, outcome.record)
    return outcome.values[output]


def call_of(node: Node, output_of: Callable[[str, str], Any], wish: Wish, desk: Desk) -> Call:
    """The node's call with its upstream outputs filled in."""
    options = _options_of(node, wish)
    values = dict(node.values)
    for name in node.wired:
        filled = fill(values[name], output_of)
        whole = isinstance(values[name], Placeholder)
        values[name] = filled if whole else _loaded(filled, desk)
    call = node.door.call(values, options)
    return replace(call, step=replace(call.step, name=node.name))


def _options_of(node: Node, wish: Wish) -> Options:
    return replace(node.options, force=node.options.force or node.name in wish.rerun)


def _loaded(value: Any, desk: Desk) -> Any:
    """Load references inside lists, tuples and dicts of placeholders."""
    if type(value) is Reference:
        return load(value, desk)
    if type(value) in (list, tuple):
        return type(value)(_loaded(item, desk) for item in value)
    if type(value) is dict:
        return {key: _loaded(item, desk) for key, item in value.items()}
    return value


def plan_composition(composition: Composition, wish: Wish, desk: Desk) -> Plan:
    """Every step's verdict without running any; unsure where an upstream step would run first."""
    hits: dict[str, Outcome] = {}
    unsure: set[str] = set()
    planned: list[PlannedStep] = []
    known: Known = {}
    sitting = Sitting(composition.pipeline, "", wish.enable_cache, wish.pipeline_cache, lazy=True)
    for node in composition.nodes:
        said = said_to_run(_options_of(node, wish), sitting)
        waits = _waits_for(node, unsure)
        if said or waits:
            verdict: Verdict = said or Unsure(waits)
        else:
            call = call_of(node, lambda s, o: handed_on(hits[s], o), wish, desk)
            identity = identify(call, desk, known)
            verdict = decide(identity, call, sitting, desk)
        if isinstance(verdict, Hit):
            values = references(verdict.record, call, sitting)
            hits[node.name] = _planned_hit(node, verdict, values)
        else:
            unsure.add(node.name)
        planned.append(_planned(node.name, composition.pipeline, verdict, desk))
    return Foreseen(composition.pipeline, tuple(planned))


def _waits_for(node: Node, unsure: set[str]) -> tuple[str, ...]:
    return tuple(sorted(_upstream(node) & unsure))


def _upstream(node: Node) -> set[str]:
    """The steps whose outputs this node takes."""
    return set().union(*node.wired.values())


def _planned_hit(node: Node, verdict: Hit, values: Mapping[str, Any]) -> Outcome:
    return Outcome(node.name, "cached", verdict, None, verdict.record, values, 0.0)


def _planned(step: str, pipeline: str, verdict: Verdict, desk: Desk) -> PlannedStep:
    if isinstance(verdict, Hit):
        return PlannedStep(step, verdict, 0.0)
    return PlannedStep(step, verdict, desk.expected(step, pipeline))


def _sitting(walk: _Walk) -> Sitting:
    return Sitting(
        walk.composition.pipeline,
        walk.logbook.run.id,
        walk.wish.enable_cache,
        walk.wish.pipeline_cache,
        lazy=True,
    )


def _line(step: str, position: int, status: Status) -> StepRun:
    return StepRun(step, position, status, "", "", 0.0, 0.0, "", "", "")


def step_run(outcome: Outcome, position: int) -> StepRun:
    """How a step went, as history remembers it."""
    verdict = outcome.verdict
    miss = verdict if isinstance(verdict, Miss) else None
    hit = isinstance(verdict, Hit)
    return StepRun(
        step=outcome.step,
        position=position,
        status=outcome.status,
        cause=miss.cause if miss else "",
        why=miss.why if miss else "nothing changed",
        seconds=outcome.seconds,
        saved=outcome.record.seconds if hit and outcome.record else 0.0,
        record=outcome.record.id if outcome.record else "",
        origin=outcome.origin,
        key=outcome.fingerprint.key if outcome.fingerprint else "",
        error=described(outcome.error),
        not_kept=outcome.not_kept,
        remarks=outcome.remarks,
        metrics=outcome.metrics,
        changes=miss.changes if miss else (),
    )


def shown_parameters(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as short previews, secrets masked."""
    return {
        name: "•••" if is_secret_name(name) else preview(value)
        for name, value in parameters.items()
    }
