"""What would run, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zenbook.core.source_shown import in_words
from zenbook.core.view_runs import NAMES, VALUE
from zenbook.core.view_step import change_line
from zenbook.core.view_text import count_text, line, number, seconds_text
from zenbook.core.view_types import SCHEMA, PlanRow, PlanView, StoreView
from zenbook.model import Artifact, Hit, Miss, Plan, PlannedStep, Version


@dataclass(frozen=True, slots=True)
class Kept:
    """One artifact in the store, with the step and run that made it."""

    step: str
    run: str
    artifact: Artifact
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """How full the store is. Sizes in bytes; ``limit`` None if there is none."""

    size: int
    limit: int | None
    artifacts: int
    records: int
    runs: int
    pinned: int
    reclaimable: int
    """Bytes that no record needs any more."""
    largest: Sequence[Kept] = ()


def plan_view(plan: Plan, version: Version | int | None = None) -> PlanView:
    """The verdict of every step without running any."""
    rows = [_row(step) for step in plan.steps]
    saved = [step.verdict.record.seconds for step in plan.steps if isinstance(step.verdict, Hit)]
    return {
        "kind": "plan",
        "schema": SCHEMA,
        "pipeline": line(plan.pipeline, NAMES),
        "version": version.number if isinstance(version, Version) else version,
        "rows": rows,
        "expected": round(plan.expected, 3),
        "saved": round(sum(saved), 3),
        "summary": _summary(rows, expected_text(plan)),
    }


def _row(step: PlannedStep) -> PlanRow:
    verdict = step.verdict
    row: PlanRow = {
        "name": line(step.step, NAMES),
        "verdict": "unsure",
        "cause": "",
        "why": "",
        "expected": number(step.expected),
        "changes": [],
        "waits_for": [],
    }
    if isinstance(verdict, Hit):
        row |= {"verdict": "hit", "why": f"kept, spares {seconds_text(verdict.record.seconds)}"}
    elif isinstance(verdict, Miss):
        changes = [change_line(change) for change in verdict.changes[:100]]
        row |= {"verdict": "miss", "cause": verdict.cause, "why": line(verdict.why)}
        row["changes"] = changes
    else:
        row["waits_for"] = [line(name, NAMES) for name in verdict.waits_for[:40]]
        waits = ", ".join(row["waits_for"])
        steps_only = not any(" " in name for name in row["waits_for"])  # no step's name has one
        row["why"] = f"known when {waits} ran" if steps_only else f"depends on {waits}"
    return row


def expected_text(plan: Plan) -> str:
    """How long a run would take: ``about 3.2 s``; ``at least`` where nobody knows a step's time."""
    unknown = any(one.expected is None and isinstance(one.verdict, Miss) for one in plan.steps)
    return f"{'at least' if unknown else 'about'} {seconds_text(plan.expected)}"


def _summary(rows: Sequence[PlanRow], expected: str) -> str:
    hits = sum(row["verdict"] == "hit" for row in rows)
    misses = sum(row["verdict"] == "miss" for row in rows)
    unsure = len(rows) - hits - misses
    told = [f"{count_text(misses, 'step')} would run", f"{hits} cached"]
    told += [f"{unsure} not known before"] if unsure else []
    told += [expected] if misses else []
    return ", ".join(told) if rows else "No steps yet"


def store_view(status: StoreStatus) -> StoreView:
    """How full the store is, and what takes most of it."""
    largest = sorted(status.largest, key=lambda kept: -kept.artifact.size)[:20]
    return {
        "kind": "store",
        "schema": SCHEMA,
        "size": status.size,
        "limit": status.limit,
        "artifacts": status.artifacts,
        "records": status.records,
        "runs": status.runs,
        "pinned": status.pinned,
        "reclaimable": status.reclaimable,
        "largest": [
            {
                "name": line(in_words(kept.artifact.name), NAMES),
                "step": line(kept.step, NAMES),
                "run": line(kept.run, NAMES),
                "type": line(kept.artifact.type, VALUE),
                "size": kept.artifact.size,
                "pinned": kept.pinned,
            }
            for kept in largest
        ],
    }
