"""The order of runs by one of their columns: the same wherever they are kept.

Numbers come by size before texts by alphabet, and parameters, which are kept as texts, count as
numbers where they are some. A run without the value comes last whichever way it is sorted;
equal ones stay newest first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from zenbook.model import Run

OWN = ("number", "version", "status", "started", "seconds", "saved")
"""Columns that every run has; any other name is a metric or a parameter."""


def value_of(run: Run, column: str) -> object:
    """The run's value in a column; None if it has none."""
    own: dict[str, object] = {
        "number": run.number,
        "version": run.version,
        "status": run.status,
        "started": run.started,
        "seconds": run.ended - run.started if run.ended is not None else None,
        "saved": sum(step.saved for step in run.steps),
    }
    if column in own:
        return own[column]
    measured = {name: value for step in run.steps for name, value in step.metrics.items()}
    return (dict(run.parameters) | measured | dict(run.metrics)).get(column)


def places(values: Sequence[object], descending: bool) -> list[int]:
    """The indexes of values in their order."""
    known = [place for place, value in enumerate(values) if value not in (None, "")]
    unknown = [place for place, value in enumerate(values) if value in (None, "")]
    return sorted(known, key=lambda place: _rank(values[place]), reverse=descending) + unknown


def _rank(value: object) -> tuple[int, float, str]:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return (1, 0.0, str(value))
    return (1, 0.0, "nan") if math.isnan(number) else (0, number, "")
