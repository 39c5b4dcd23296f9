"""What the command line prints, as Views of the open history."""

from __future__ import annotations

from typing import TypedDict

from zenbook.core.view import (
    CompareView,
    GraphView,
    PlanView,
    RunsView,
    StepView,
    plan_view,
    runs_view,
)
from zenbook.core.view_types import SCHEMA, RunRow
from zenbook.engine import pictures
from zenbook.engine.desk import open_desk
from zenbook.engine.listing import Runs
from zenbook.model import Plan, Run


class RunView(TypedDict):
    """One run: its row and its graph."""

    kind: str
    schema: int
    row: RunRow
    graph: GraphView


def runs_picture(found: Runs) -> RunsView:
    """A page of runs."""
    pinned = open_desk().history.pinned()
    return runs_view([handle.facts for handle in found], found.total, found.offset, pinned)


def run_picture(run: Run) -> RunView:
    """A run with what happened to its steps."""
    row = runs_view([run], 1, 0)["rows"][0]
    graph = pictures.graph_picture(run, open_desk().history)
    return {"kind": "run", "schema": SCHEMA, "row": row, "graph": graph}


def step_picture(run: Run, step: str) -> StepView:
    """One step of a run, with the result it used and who made that."""
    return pictures.step_picture(run, step, open_desk().history)


def compare_picture(a: Run, b: Run) -> CompareView:
    """Two runs side by side."""
    return pictures.compare_picture(a, b, open_desk().history)


def plan_picture(plan: Plan) -> PlanView:
    """What would run."""
    return plan_view(plan)
