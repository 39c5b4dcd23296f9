"""The verbs that look back: one vocabulary for Python, the notebook and the command line.

``run``, ``plan`` and ``export`` look at files and live in the front doors; the upkeep of the
home (``status gc pin fsck forget``) is in :mod:`zenbook.engine.upkeep`. Each verb returns a
frozen value that prints well; nothing here prints.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from zenbook.core.naming import nearest
from zenbook.core.verdict import changes_between, phrase
from zenbook.core.view_text import count_text
from zenbook.engine.desk import open_desk
from zenbook.engine.handles import OutputHandle, RunHandle, StepHandle, find_run, load_together
from zenbook.engine.listing import Runs
from zenbook.errors import StoreFault, UsageError
from zenbook.model import Change, Record, Run, Status

_LATELY = 100
"""In so many runs the code is looked for that a step had before."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a step went as it did in its newest run: every change, with old and new.

    ``code`` is a unified diff of its source where its code changed and both texts are on record;
    ``source`` says where a result is from that was not made anew.
    """

    step: str
    status: Status
    why: str
    changes: tuple[Change, ...]
    code: str = ""
    error: str = ""
    source: str = ""

    def __repr__(self) -> str:
        lines = [f"{self.step} {self.status}: {self.source or self.why}".removesuffix(": ")]
        lines += [f"  {self.error}"] if self.error else []
        told = [(phrase(change), change.part.kind) for change in self.changes]
        lines += [f"  {said}  ({kind})" for said, kind in told if said != self.why]
        lines += [f"  {line}" for line in self.code.splitlines()]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class StepDiff:
    """One step in two runs; ``code`` is a unified diff of its source, "" if it is the same."""

    step: str
    statuses: tuple[str, str]
    changes: tuple[Change, ...]
    code: str
    outputs: tuple[str, ...]
    """Names of outputs whose value differs."""


@dataclass(frozen=True, slots=True)
class RunDiff:
    """What differs between two runs. ``parameters`` maps a name to its two previews."""

    first: str
    second: str
    parameters: tuple[tuple[str, str, str], ...]
    steps: tuple[StepDiff, ...]

    def __repr__(self) -> str:
        return "\n".join(_told(self)) or "no difference"


class _Asked(TypedDict):
    pipeline: str | None
    tag: str | None
    status: Status | None
    search: str


def runs(
    pipeline: str | None = None,
    *,
    tag: str | None = None,
    status: Status | None = None,
    search: str = "",
    limit: int = 100,
    offset: int = 0,
) -> Runs:
    """Runs on record, newest first; none, with a sentence, where none is so. Raises UsageError if
    the history cannot be read."""
    desk = open_desk()
    asked = _Asked(pipeline=pipeline, tag=tag, status=status, search=search)
    try:
        found = desk.history.runs(**asked, limit=limit, offset=offset)
        total = desk.history.count(**asked) if offset or len(found) == limit else len(found)
        nothing = "" if found else _nothing(asked, total, desk.history.runs(limit=1000))
    except StoreFault as error:
        raise UsageError(f"The history cannot be read: {error}") from error
    return Runs([RunHandle(run, desk) for run in found], offset, total, nothing)


def _nothing(asked: _Asked, total: int, lately: Sequence[Run]) -> str:
    """Why a page of runs is empty; "" where no run is on record at all."""
    if total:
        return f"There are no more: {count_text(total, 'run')} in all."
    if not lately:
        return ""
    pipeline, known = asked["pipeline"], {run.pipeline for run in lately}
    if pipeline is not None and pipeline not in known:
        hint = nearest(pipeline, sorted(known)).replace("It has", "There is")
        return f"No run on record is of a pipeline {pipeline}. {hint}"
    wishes = {
        "tag": asked["tag"],
        "status": asked["status"],
        "text": asked["search"],
    }
    wished = ", ".join(f"the {name} {value}" for name, value in wishes.items() if value)
    return f"No run{f' of {pipeline}' if pipeline else ''} has {wished}."


def show(run: str = "latest") -> RunHandle:
    """One run: by id, unique prefix, ``pipeline:number``, or the latest. Raises UsageError."""
    return find_run(run)


def why(step: str, run: str | None = None) -> Explanation:
    """Why a step ran, or that nothing changed, in this run or the newest that has the step."""
    handle = find_run(run) if run is not None else newest_with(step)
    line = handle.steps.get(step)
    if line is None:
        raise UsageError(
            f"Run {handle.number} of {handle.pipeline} has no step {step}. "
            + nearest(step, handle.steps)
        )
    code, error = _code_moved(handle, line), line.line.error.strip().rpartition("\n")[2]
    source = _maker(line.origin) if line.status == "cached" and line.origin else ""
    return Explanation(step, line.status, line.why, line.changes, code, error, source)


def _maker(run: str) -> str:
    """The run that made a cached result, for people."""
    made = open_desk().history.run(run)
    return f"from {made.reference}" if made is not None else "from a forgotten run"


def diff(first: str, second: str) -> RunDiff:
    """What differs between two runs: parameters, code, inputs and files, outputs."""
    a, b = find_run(first), find_run(second)
    names = dict.fromkeys([*a.parameters, *b.parameters])
    moved = [(n, a.parameters.get(n, "–"), b.parameters.get(n, "–")) for n in names]
    steps = dict.fromkeys([*a.steps, *b.steps])
    pairs = [_step_diff(n, _Side(a, a.steps.get(n)), _Side(b, b.steps.get(n))) for n in steps]
    return RunDiff(
        a.facts.reference,
        b.facts.reference,
        tuple(row for row in moved if row[1] != row[2]),
        tuple(pair for pair in pairs if pair is not None),
    )


def restore(run: str, name: str | None = None, *, step: str | None = None) -> dict[str, Any]:
    """The kept outputs of a run as live values by name: all, or what ``name`` is, an output or
    else a step; with ``step``, only of that step. Inputs that a step changed in place are among
    them, as it left them.

    Where several steps have an output of one name, each is named with its step, ``load.output``.
    Raises UsageError, also where nothing was kept, or StoreFault if bytes are gone.
    """
    values, faults = loaded(run, name, step=step)
    for fault in faults.values():
        raise fault
    return values


def loaded(
    run: str, name: str | None = None, *, step: str | None = None
) -> tuple[dict[str, Any], dict[str, StoreFault]]:
    """What :func:`restore` gives, as far as it can be loaded, and why the rest cannot, by name."""
    found = outputs(run, name, step=step)
    names = [output.name for _, output in found]
    return load_together(
        {
            f"{by}.{output.name}" if names.count(output.name) > 1 else output.name: output
            for by, output in found
        }
    )


def outputs(
    run: str, name: str | None = None, *, step: str | None = None
) -> list[tuple[str, OutputHandle]]:
    """What :func:`restore` is asked for, not loaded yet: steps in their order, with each output."""
    handle = find_run(run)
    steps = dict(handle.steps)
    if step is not None and step not in steps:
        raise UsageError(f"That run has no step {step}. {nearest(step, steps)}")
    chosen = [steps[step]] if step is not None else list(steps.values())
    given = ((taken.name, {**taken.changed, **taken.outputs}) for taken in chosen)
    kept = [(by, output) for by, found in given for output in found.values()]
    wanted = kept
    if name is not None:
        wanted = [one for one in kept if name in (one[1].name, f"{one[0]}.{one[1].name}")]
    if not wanted and name is not None and step is None:
        wanted = [one for one in kept if one[0] == name]
    known = [*(output.name for _, output in kept), *(steps if step is None else ())]
    if name is not None and name not in known and not wanted:
        near = nearest(name, dict.fromkeys(known))
        raise UsageError(f"That run kept nothing that is called {name}. {near}")
    if not wanted:
        of = f"Step {step or name} of run" if step or name else "Run"
        raise UsageError(
            f"{of} {handle.number} of {handle.pipeline} has nothing to give back: nothing was "
            "kept, or what was kept is forgotten. Run it again to make it anew."
        )
    return wanted


def newest_with(step: str) -> RunHandle:
    """The newest run that has a step of this name. Raises UsageError."""
    names: dict[str, None] = {}
    for handle in runs(limit=1000):
        if step in handle.steps:
            return handle
        names.update(dict.fromkeys(handle.steps))
    if not names:
        find_run("latest")  # says what to do where there is no run
    near = nearest(step, names).replace("It has", "There is")
    raise UsageError(f"No run on record has a step {step}. {near}")


@dataclass(frozen=True, slots=True)
class _Side:
    """A step in one of two runs; ``step`` is None where the run does not have it."""

    run: RunHandle
    step: StepHandle | None

    @property
    def status(self) -> str:
        if self.step is not None:
            return self.step.status
        return "not run yet" if self.run.status == "running" else "absent"

    @property
    def record(self) -> Record | None:
        return self.step.record if self.step is not None else None

    @property
    def source(self) -> str | None:
        """Its text, "" for a step that the run does not have, None if nobody knows it."""
        if self.step is not None:
            return self.step.source or None
        return None if self.run.status == "running" else ""


def _step_diff(name: str, a: _Side, b: _Side) -> StepDiff | None:
    """None where the step has the same result, code and reasons in both runs."""
    old, new = a.record, b.record
    statuses = (a.status, b.status)
    changes = changes_between(_parts(old), _parts(new)) if old and new else ()
    outputs = _moved_outputs(old, new) if a.step and b.step else ()
    if a.step and b.step and not changes and not outputs and "failed" not in statuses:
        return None
    return StepDiff(name, statuses, changes, _code_diff(name, a, b), outputs)


def _parts(record: Record) -> tuple[Any, ...]:
    return (*record.fingerprint.parts, *record.reads)


def _moved_outputs(old: Record | None, new: Record | None) -> tuple[str, ...]:
    before = {a.name: a.digest for a in old.outputs} if old else {}
    after = {a.name: a.digest for a in new.outputs} if new else {}
    return tuple(n for n in {**before, **after} if before.get(n) != after.get(n))


def _code_moved(handle: RunHandle, step: StepHandle) -> str:
    """The diff of the code that its change of code tells of; "" where there is none, or a text is
    not on record."""
    moved = (c.old.digest for c in step.changes if c.part.kind == "code" and c.old and c.new)
    if (old := next(moved, "")) and step.source:
        for before in runs(handle.pipeline, limit=_LATELY):
            then = before.steps.get(step.name) if before.number < handle.number else None
            record = then.record if then is not None else None
            if record and any(p.digest == old for p in record.fingerprint.parts):
                return _code_diff(step.name, _Side(before, then), _Side(handle, step))
    return ""


def _code_diff(name: str, a: _Side, b: _Side) -> str:
    """A unified diff of the step's source; "" also where that of a run is not on record."""
    before, after = a.source, b.source
    if before is None or after is None or before == after:
        return ""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name} (before)", f"{name} (after)", lineterm=""
    )
    return "\n".join(lines)


def _told(difference: RunDiff) -> Iterator[str]:
    for name, before, after in difference.parameters:
        yield f"parameter {name}: {before} → {after}"
    for step in difference.steps:
        yield f"{step.step}: {step.statuses[0]} → {step.statuses[1]}"
        yield from (f"  {phrase(change)}" for change in step.changes)
        if step.outputs:
            yield f"  other outputs: {', '.join(step.outputs)}"
        yield from (f"  {line}" for line in step.code.splitlines())
