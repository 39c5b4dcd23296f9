"""What the history holds, as Views: gathers the facts that each picture needs."""

from __future__ import annotations

from typing import TypedDict

from zenbook.core.view import (
    CompareView,
    GraphView,
    PlanView,
    RunsView,
    StepView,
    compare_view,
    graph_view,
    plan_view,
    runs_view,
    step_view,
)
from zenbook.core.view_types import SCHEMA, RunRow
from zenbook.engine.desk import open_desk
from zenbook.engine.handles import RunHandle
from zenbook.model import Plan, Record, Run, Version


class RunView(TypedDict):
    """One run: its row and its graph."""

    kind: str
    schema: int
    row: RunRow
    graph: GraphView


def runs_picture(handles: list[RunHandle], offset: int, older: bool) -> RunsView:
    """A page of runs; ``older`` says whether there are more than these."""
    total = offset + len(handles) + older
    return runs_view([handle.facts for handle in handles], total, offset)


def run_picture(run: Run) -> RunView:
    """A run with what happened to its steps."""
    row = runs_view([run], 1, 0)["rows"][0]
    graph = graph_view(run, _version_of(run), records_of(run))
    return {"kind": "run", "schema": SCHEMA, "row": row, "graph": graph}


def step_picture(run: Run, step: str) -> StepView:
    """One step of a run, with the result it used and who made that."""
    history = open_desk().history
    line = next(done for done in run.steps if done.step == step)
    record = history.record(line.record) if line.record else None
    origin = history.run(line.origin) if line.origin else None
    return step_view(step, run, record, origin, history.versions(run.pipeline))


def compare_picture(a: Run, b: Run) -> CompareView:
    """Two runs side by side."""
    records = {**records_of(a), **records_of(b)}
    return compare_view(a, b, _version_of(a), _version_of(b), records)


def plan_picture(plan: Plan) -> PlanView:
    """What would run."""
    return plan_view(plan)


def records_of(run: Run) -> dict[str, Record]:
    """The records that a run's steps used or made, by id, as far as they are trusted."""
    history = open_desk().history
    found = (history.record(step.record) for step in run.steps if step.record)
    return {record.id: record for record in found if record is not None}


def _version_of(run: Run) -> Version | None:
    versions = open_desk().history.versions(run.pipeline)
    return next((version for version in versions if version.number == run.version), None)
