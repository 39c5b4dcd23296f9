"""``%plan`` and ``%why``: which steps are stale right now, why, and how long Run All would take.

The verdict is the one decision of the engine, asked for every step the kernel knows, in the order
of their wiring. An input that comes from a step is what that step's record holds, whatever its
name stands for by now; an input nobody made is what the notebook has. What only Run All can tell
is not claimed: such a step depends on the steps before it, or on a random state.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zenbook.core.shape import execution_order
from zenbook.core.source_helpers import Around
from zenbook.core.verdict import TWO
from zenbook.engine.decide import decide, said_to_run, verdict_on
from zenbook.engine.desk import Desk
from zenbook.engine.identify import identify
from zenbook.engine.sitting import Sitting
from zenbook.errors import PipelineError, UsageError
from zenbook.front.notebook.dice import counted
from zenbook.front.notebook.session import Known, Session
from zenbook.front.notebook.supposing import as_found, thrown, with_filled
from zenbook.front.notebook.touched import touched
from zenbook.front.notebook.trail import Origin, Trail, roots_of, values_of
from zenbook.model import (
    Call,
    Hit,
    Miss,
    Plan,
    PlannedStep,
    Record,
    Reference,
    Unsure,
    Verdict,
)

if TYPE_CHECKING:
    from zenbook.front.notebook.door import Door
    from zenbook.front.notebook.foresight import Foresight

_OF_FILE = "As the notebook's file says: this kernel has not run any step yet."
_EDITED = "its cell, which was edited since it ran"
_NEW_ABOVE = "cells above it, which were edited since they ran"
_UNMET = "its cell, which this kernel has not run yet"
"""What a step waits for that only the notebook's file tells of."""


class NotebookPlan:
    """A plan that prints as a table; ``plan`` is the frozen value. ``alone`` says of cached steps
    why they would run if they were run now, by themselves: a name stands for something else than
    Run All makes it stand for. ``remarks`` stand below the table."""

    def __init__(self, plan: Plan, alone: Mapping[str, str], remarks: Sequence[str] = ()) -> None:
        self.plan = plan
        self.alone = alone
        self.remarks = remarks

    def __repr__(self) -> str:
        from zenbook.core.view_plan import expected_text

        lines = [_told(step, self.alone.get(step.step, "")) for step in self.plan.steps]
        lines += [f"Run All would take {expected_text(self.plan)}.", *self.remarks]
        return "\n".join(lines)


def plan(door: Door) -> NotebookPlan:
    """The verdict of every step the kernel has met, and what the file tells of the others; all of
    it is the file's if the kernel has met none. Raises UsageError if there is no such file."""
    session = door.session()
    if not session.known:
        return _plan_of_file(door)
    planned: dict[str, PlannedStep] = {}
    rows: list[PlannedStep] = []
    alone: dict[str, str] = {}
    unmet, pending = _unmet(door), dict[str, str]()
    outline = door.outline()
    page = door.trail.as_saved(outline.code, outline.saved)
    told = _of_file(door) if page.is_of_file() else {}
    for name in _order_of_cells(session, outline.order or page.steps(), unmet, page):
        if name in unmet:
            pending.update(dict.fromkeys(_touched(unmet[name]), name))
            verdict: Verdict = Unsure((_UNMET,))
        else:
            read = roots_of(values_of(session.known[name]))
            waits = dict.fromkeys(step for one, step in pending.items() if one in read)
            verdict = Unsure(tuple(waits)) if waits else _now(door, session, name, planned, page)
        if isinstance(verdict, Unsure) and verdict.waits_for != (_NEW_ABOVE,):
            verdict = told.get(name, verdict)
        rows.append(PlannedStep(name, verdict, _expected(session, name, verdict)))
        if name not in unmet:
            planned[name] = rows[-1]
        if isinstance(verdict, Hit) and (why := _why_alone(door, session, name)):
            alone[name] = why
    return NotebookPlan(Plan(session.pipeline, tuple(rows)), alone)


def _plan_of_file(door: Door) -> NotebookPlan:
    """What ``zenbook plan`` says of the notebook, as it was last saved."""
    foreseen = _foreseen(door)
    if foreseen is None or not foreseen.planned:
        raise UsageError("This kernel has not run any step yet; run the cells once.")
    return NotebookPlan(foreseen.plan, {}, [*foreseen.remarks, _OF_FILE])


def _of_file(door: Door) -> Mapping[str, Verdict]:
    """What the file alone tells for sure of its steps; nothing where it cannot be read."""
    try:
        foreseen = _foreseen(door)
    except UsageError:
        return {}
    planned = foreseen.planned if foreseen is not None else {}
    verdicts = {name: row.verdict for name, row in planned.items()}
    return {name: one for name, one in verdicts.items() if not isinstance(one, Unsure)}


def _foreseen(door: Door) -> Foresight | None:
    """What the notebook's file tells, if there is one."""
    from zenbook.front.notebook.book import read_python
    from zenbook.front.notebook.foresight import foresee
    from zenbook.front.notebook.given import Given
    from zenbook.front.notebook.notebook_name import notebook_file

    file = notebook_file(door.shell.user_ns)
    if file is None or not door.outline().cells:
        return None
    return foresee(file, read_python(file), Given(), no_cache=door.run_cache is False)


def _why_alone(door: Door, session: Session, name: str) -> str:
    """Why a step would run if it were run now, where a later cell has bound a name that it reads;
    "" if it would not."""
    known, namespace = session.known[name], door.shell.user_ns
    if door.trail.bound_since(known.at - 1).isdisjoint(roots_of(values_of(known))):
        return ""
    call = known.call
    assert call is not None
    now = replace(call, values={one: namespace[one] for one in call.values if one in namespace})
    sitting = Sitting(pipeline=session.pipeline, lazy=True, rebinds=True)
    verdict = verdict_on(now, sitting, session.desk)
    return verdict.why if isinstance(verdict, Miss) else ""


def _order_of_cells(
    session: Session, order: Sequence[str], unmet: Collection[str], page: Trail
) -> list[str]:
    """The known steps that the notebook still has, and those that only its file tells of, as Run
    All meets them: from top to bottom."""
    there = {name for name, known in session.known.items() if page.has(known.at)}
    names = [name for name in order_of(session) if name in there and name not in session.gone]
    return [n for n in order if n in names or n in unmet] + [n for n in names if n not in order]


def _unmet(door: Door) -> Mapping[str, str]:
    """The cells of the steps that the notebook's file has and this kernel has not run."""
    met = {name for session in door.sessions.values() for name in session.known}
    return {name: source for name, source in door.outline().cells if name not in met}


def _touched(source: str) -> Collection[str]:
    """The names that a cell binds, or whose values it is seen to change in place."""
    from zenbook.front.notebook.book import tree_of

    try:
        return touched(tree_of(source)).writes
    except SyntaxError:  # running it will say so
        return ()


def order_of(session: Session) -> list[str]:
    """The known steps, each after those it reads from."""
    upstream = {
        name: [edge.source for edge in known.edges if edge.source in session.known]
        for name, known in session.known.items()
    }
    try:
        return execution_order(list(session.known), upstream)
    except PipelineError:  # cells executed against their order can wire a circle
        return list(session.known)


def _now(
    door: Door, session: Session, name: str, planned: dict[str, PlannedStep], page: Trail
) -> Verdict:
    """What would happen to one step of the page, given the verdicts of those before it."""
    known = session.known[name]
    if page.is_edited(known.at):
        return Unsure((_EDITED,))
    if _reads_the_world(known) and page.acts_anew(known.at):
        return Unsure((_NEW_ABOVE,))
    assert known.call is not None
    sitting = Sitting(
        pipeline=session.pipeline,
        run_cache=door.run_cache,
        pipeline_cache=door.pipeline_cache,
        lazy=True,
        rebinds=True,
    )
    if said := said_to_run(known.call.options, sitting):
        return said
    handed = _handed_on(page, session, known, planned)
    origins = _from_plain_cells(door, page, known, handed)
    if waits := tuple(dict.fromkeys(_waits_for(session, known, planned, origins))):
        return Unsure(waits)
    unknown = [name for name, origin in origins.items() if origin.standing == "unknown"]
    if unknown:
        return Unsure(tuple(f"the cell that makes {name}" for name in roots_of(unknown)))
    call = _call_now(door, known, handed)
    found = [name for name, origin in origins.items() if origin.standing == "as found"]
    now = identify(call, session.desk)
    then = known.fingerprint.parts if known.fingerprint is not None else ()
    new = (part.name for part in now.fingerprint.parts if part not in then)
    if twice := [name for name in new if name.startswith(TWO)]:
        return Unsure(tuple(f"which of {name} its inputs are of" for name in twice))
    identity = as_found(now, known, found, handed)
    supposed = with_filled(call, known, found)

    def ask(desk: Desk) -> Hit | Miss:
        return decide(identity, supposed, sitting, desk)

    verdict = thrown(door.dice, session, known, planned, ask)
    if isinstance(verdict, Hit) and (denied := door.denied.get(name)):
        return Unsure((f"whether {denied}",))
    return verdict


def _waits_for(
    session: Session,
    known: Known,
    planned: Mapping[str, PlannedStep],
    origins: Mapping[str, Origin],
) -> Iterator[str]:
    """The steps before it that may give it something else than they gave: values, or files."""
    sources = {edge.source for edge in known.edges}
    sources.update(*(origin.steps for origin in origins.values()))
    read = frozenset(roots_of(values_of(known)))
    for name, before in planned.items():
        if isinstance(before.verdict, Hit):
            continue
        above = session.known[name]
        if name in sources or above.changed & read or _files_of(above, known):
            yield name


def _reads_the_world(known: Known) -> bool:
    """Whether more than names and code counts for a step: files, variables, random states."""
    reads = known.record.reads if known.record is not None else ()
    return bool(counted(known)) or any(read.kind in ("file", "variable") for read in reads)


def _handed_on(
    page: Trail, session: Session, known: Known, above: Collection[str]
) -> dict[str, Reference]:
    """The inputs that it gets from steps above just as those leave them; not what a plain cell
    between them has changed in place."""
    handed: dict[str, Reference] = {}
    found = values_of(known)
    for edge in known.edges:
        source = session.known.get(edge.source)
        given = _reference(source.record, edge.output) if source is not None else None
        if edge.source not in above or given is None or edge.input not in found:
            continue
        if page.is_bound_anew(edge.input.partition(".")[0], known.at):
            continue
        is_same_run = page.record_used(edge.source, known.at) == given.record.id
        if not is_same_run or given.artifact.digest == found[edge.input].digest:
            handed[edge.input] = given
    return handed


def _from_plain_cells(
    door: Door, page: Trail, known: Known, handed: Collection[str]
) -> dict[str, Origin]:
    """The other names that it reads, itself or through its helpers, and where their values are
    from. Helpers that its own cell defines are from nowhere else."""
    namespace, apart = door.shell.user_ns, {*handed, *_own_helpers(known)}
    found = [name for name in values_of(known) if name not in apart]
    origins = {root: page.origin(root, known.at, namespace.get(root)) for root in roots_of(found)}
    return {name: origins[name.partition(".")[0]] for name in found}


def _own_helpers(known: Known) -> Collection[str]:
    """The functions of a step's cell that count as code beside it, whatever the notebook has under
    their names."""
    space = known.call.namespace if known.call is not None else None
    return space.keys() if isinstance(space, Around) else ()


def _files_of(writer: Known, reader: Known) -> bool:
    """Whether a step reads a file, or lists a folder, that another one writes."""
    wrote = {read.name for read in writer.record.wrote} if writer.record is not None else set()
    if not wrote:
        return False
    read = [*(reader.record.reads if reader.record is not None else ())]
    parts = [*(reader.fingerprint.parts if reader.fingerprint is not None else ()), *read]
    named = {part.name for part in parts if part.kind == "file"}
    folders = {f"{os.path.dirname(name)}/".lstrip("/") or "./" for name in wrote}
    return bool(named & (wrote | folders | {f"{name}?" for name in wrote}))


def _call_now(door: Door, known: Known, handed: Mapping[str, Reference]) -> Call:
    """The step's call with what its inputs are when everything before it has run again."""
    call = known.call
    assert call is not None
    namespace = door.shell.user_ns
    values: dict[str, Any] = {}
    for name in call.values:
        if name in handed:
            values[name] = handed[name]
        elif name in namespace:
            values[name] = namespace[name]
    return replace(call, values=values)


def _reference(record: Record | None, output: str) -> Reference | None:
    """What a step leaves under a name: an output of it, or an input that it changed in place."""
    if record is None:
        return None
    for artifact in (*record.changed, *record.artifacts):
        if artifact.name.removeprefix("~") == output:
            return Reference(artifact, record)
    return None


def _expected(session: Session, name: str, verdict: Verdict) -> float | None:
    return 0.0 if isinstance(verdict, Hit) else session.desk.expected(name, session.pipeline)


def _told(step: PlannedStep, alone: str) -> str:
    from zenbook.core.view_text import seconds_text

    took = f" · about {seconds_text(step.expected)}" if step.expected else ""
    match step.verdict:
        case Hit():
            return f"↺ {step.step}  cached{f' · run alone now: {alone}' if alone else ''}"
        case Miss() as miss:
            return f"▶ {step.step}  would run · {miss.why}{took}"
        case Unsure() as unsure:
            return f"? {step.step}  depends on {', '.join(unsure.waits_for)}{took}"
    raise AssertionError(step.verdict)


def explain(door: Door, step: str, run: str | None = None) -> Any:
    """Why a step went as it did, all reasons with old and new. Raises UsageError."""
    from zenbook.engine.verbs import why
    from zenbook.front.notebook.rewinding import run_named

    if run is not None:
        return why(step, run_named(door, run))
    session = door.session()
    logbook = session.logbook
    if step in session.joined and logbook is not None and logbook.number is not None:
        return why(step, logbook.run.id)
    return why(step)
