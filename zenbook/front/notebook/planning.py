"""``%plan`` and ``%why``: which steps are stale right now, why, and how long Run All would take.

The verdict is the one decision of the engine, asked for every step the kernel knows, in the order
of their wiring. An input that comes from a step is what that step's record holds, whatever its
name stands for by now; an input nobody made is what the notebook has.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zenbook.core.shape import execution_order
from zenbook.engine.decide import decide
from zenbook.engine.identify import identify
from zenbook.engine.sitting import Sitting
from zenbook.errors import PipelineError, StoreFault, UsageError
from zenbook.front.notebook.session import Known, Session
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


class NotebookPlan:
    """A plan that prints as a table; ``plan`` is the frozen value."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __repr__(self) -> str:
        from zenbook.core.view_text import seconds_text

        lines = [_told(step) for step in self.plan.steps]
        lines.append(f"Run All would take about {seconds_text(self.plan.expected)}.")
        return "\n".join(lines)


def plan(door: Door) -> NotebookPlan:
    """The verdict of every step the kernel has met. Raises UsageError if it has met none."""
    session = door.session()
    if not session.known:
        raise UsageError("This kernel has not run any step yet; run the cells once.")
    planned: dict[str, PlannedStep] = {}
    for name in order_of(session):
        verdict = verdict_now(door, session, name, planned)
        planned[name] = PlannedStep(name, verdict, _expected(session, name, verdict))
    return NotebookPlan(Plan(session.pipeline, tuple(planned.values())))


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


def verdict_now(
    door: Door, session: Session, name: str, planned: dict[str, PlannedStep]
) -> Verdict:
    """What would happen to one step, given the verdicts of those before it."""
    known = session.known[name]
    waits = tuple(
        edge.source
        for edge in known.edges
        if edge.source in planned and not isinstance(planned[edge.source].verdict, Hit)
    )
    if waits:
        return Unsure(tuple(dict.fromkeys(waits)))
    call = _call_now(door, session, known)
    sitting = Sitting(
        pipeline=session.pipeline,
        run_cache=door.run_cache,
        pipeline_cache=door.pipeline_cache,
        lazy=True,
        rebinds=True,
    )
    return decide(identify(call, session.desk), call, sitting, session.desk)


def _call_now(door: Door, session: Session, known: Known) -> Call:
    """The step's call with what its inputs are when everything before it has run again."""
    call = known.call
    assert call is not None
    namespace = door.shell.user_ns
    values: dict[str, Any] = {}
    made = {edge.input: edge for edge in known.edges}
    for name in call.values:
        source = session.known.get(made[name].source) if name in made else None
        reference = _reference(source.record, made[name].output) if source else None
        if reference is not None:
            values[name] = reference
        elif name in namespace:
            values[name] = namespace[name]
    return replace(call, values=values, options=replace(call.options, force=False))


def _reference(record: Record | None, output: str) -> Reference | None:
    for artifact in record.artifacts if record is not None else ():
        if artifact.name == output:
            return Reference(artifact, record)  # type: ignore[arg-type]
    return None


def _expected(session: Session, name: str, verdict: Verdict) -> float | None:
    if isinstance(verdict, Hit):
        return 0.0
    try:
        return session.desk.history.expected(name, session.pipeline)
    except StoreFault:
        return None  # the plan is as good without


def _told(step: PlannedStep) -> str:
    from zenbook.core.view_text import seconds_text

    took = f" · about {seconds_text(step.expected)}" if step.expected else ""
    match step.verdict:
        case Hit():
            return f"↺ {step.step}  cached"
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
    if step in session.joined and logbook is not None:
        return why(step, logbook.run.id)
    return why(step)
