"""A list of runs that prints, and renders in a notebook, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from zenbook.engine.handles import RunHandle
from zenbook.model import Run

_COLUMNS = ("pipeline", "run", "version", "status", "cached", "parameters", "metrics")
_SHOWN = 20
"""Rows of a table saved into a notebook; more would bloat its file."""


class Runs(Sequence[RunHandle]):
    """Runs, newest first; prints and renders as a table.

    A page of a longer list knows its place: ``offset`` newer runs are not in it, and ``total``
    are on record. ``nothing`` says why it is empty, "" where there is no run at all.
    """

    def __init__(
        self,
        runs: Sequence[RunHandle],
        offset: int = 0,
        total: int | None = None,
        nothing: str = "",
    ) -> None:
        self._runs = tuple(runs)
        self.offset = offset
        self.nothing = nothing
        self.total = offset + len(self._runs) if total is None else total

    def __getitem__(self, index: Any) -> Any:
        got = self._runs[index]
        return Runs(got) if isinstance(got, tuple) else got

    def __len__(self) -> int:
        return len(self._runs)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                handle.facts.pipeline,
                str(handle.facts.number),
                handle.version_said.removeprefix("v") or "–",
                handle.facts.status,
                _cached(handle.facts),
                ", ".join(f"{k}={v}" for k, v in handle.facts.parameters.items()),
                ", ".join(f"{k}={v}" for k, v in _metrics(handle.facts).items()),
            )
            for handle in self._runs
        ]

    def __repr__(self) -> str:
        if not self._runs:
            return self.nothing or "no runs yet"
        rows = [_COLUMNS, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(c)}</{tag}>" for c in cells) + "</tr>"

        rows = self._rows()[:_SHOWN]
        more = f"<caption>… {len(self) - _SHOWN} more</caption>" if len(self) > _SHOWN else ""
        body = "".join(line(row, "td") for row in rows)
        return f"<table>{more}{line(_COLUMNS, 'th')}{body}</table>"


def _cached(run: Run) -> str:
    return f"{sum(s.status == 'cached' for s in run.steps)}/{len(run.steps)}"


def _metrics(run: Run) -> dict[str, Any]:
    """What was logged with the run and with its steps; a later step wins."""
    logged: dict[str, Any] = {}
    for step in run.steps:
        logged.update(step.metrics)
    return {**logged, **run.metrics}
