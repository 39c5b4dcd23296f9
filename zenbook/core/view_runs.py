"""The table of runs, and how a run is named everywhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from zenbook.core.view_text import line, number
from zenbook.core.view_types import SCHEMA, RunHead, RunRow, RunsView
from zenbook.model import Run

COLUMNS, NAMES, VALUE = 60, 120, 120
"""Most parameters or metrics of a row; characters of a name, and of a value."""


def run_head(run: Run) -> RunHead:
    """The run as others name it."""
    return {
        "id": line(run.id, NAMES),
        "pipeline": line(run.pipeline, NAMES),
        "number": run.number,
        "name": line(run.name, NAMES),
        "version": run.version,
        "status": run.status,
        "started": round(run.started, 3),
        "seconds": number(max(0.0, run.ended - run.started)) if run.ended is not None else None,
        "origin": line(run.origin, VALUE),
    }


def metrics_of(metrics: Mapping[str, Any]) -> dict[str, float | int | str]:
    """Numbers stay numbers; everything else becomes short text."""
    shown: dict[str, float | int | str] = {}
    for name, value in list(metrics.items())[:COLUMNS]:
        plain_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        finite = number(value) if plain_number and abs(value) < 2**53 else None
        shown[line(name, NAMES)] = line(value, VALUE) if finite is None else finite
    return shown


def run_metrics(run: Run) -> dict[str, float | int | str]:
    """The run's metrics, and those of its steps under their own names where none is in the way."""
    merged = {name: value for step in run.steps for name, value in step.metrics.items()}
    return metrics_of(merged | dict(run.metrics))


def runs_view(
    runs: Sequence[Run], total: int, offset: int, pinned: Collection[str] = ()
) -> RunsView:
    """One page of runs, newest first or as the caller sorted them; ``total`` counts all."""
    rows = [_row(run, run.id in pinned) for run in runs]
    pipelines = {row["pipeline"] for row in rows}
    parameters = _names([row["parameters"] for row in rows])
    metrics = _names([row["metrics"] for row in rows])
    return {
        "kind": "runs",
        "schema": SCHEMA,
        "pipeline": pipelines.pop() if len(pipelines) == 1 else "",
        "total": total,
        "offset": offset,
        "rows": rows,
        "parameters": parameters,
        "metrics": metrics,
        "differing": [
            *_differing(parameters, [row["parameters"] for row in rows]),
            *_differing(metrics, [row["metrics"] for row in rows]),
        ],
    }


def _row(run: Run, pinned: bool) -> RunRow:
    broken = next((step for step in run.steps if step.status == "failed"), None)
    parameters = list(run.parameters.items())[:COLUMNS]
    return {
        **run_head(run),
        "steps": dict(sorted(Counter(step.status for step in run.steps).items())),
        "saved": round(sum(step.saved for step in run.steps), 3),
        "parameters": {line(name, NAMES): line(value, VALUE) for name, value in parameters},
        "metrics": run_metrics(run),
        "tags": [line(tag, NAMES) for tag in run.tags[:20]],
        "note": line(run.note, 400),
        "pinned": pinned,
        "failed": line(f"{broken.step}: {broken.error}", 300) if broken is not None else "",
    }


def _names(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))[:COLUMNS]


def _differing(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> list[str]:
    return [name for name in names if len({repr(row.get(name)) for row in rows}) > 1]
