"""The notebook as it stands: what a cell's badge says, and how far a run has come.

The kernel knows what was executed; the page knows what is typed. So a cell carries the source
as it was executed, and the page calls it stale the moment its text says something else, and
whatever is downstream of it with it, without asking the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zenbook.core.view_runs import NAMES, run_head
from zenbook.core.view_text import line, number, plain
from zenbook.core.view_types import (
    SCHEMA,
    CellLine,
    GraphView,
    NotebookView,
    Progress,
    RunHead,
    Shown,
)
from zenbook.model import Run, Status

SOURCE = 200_000
"""Characters of a cell's source; a longer cell gets no text and is then never called edited."""


@dataclass(frozen=True, slots=True)
class CellNow:
    """One step cell as the kernel knows it. ``status`` None: not executed in this session.

    ``stale`` says why it is stale although nobody edited it ("" if it is not): an upstream
    step ran again with another result.
    """

    step: str
    source: str
    status: Status | None
    why: str = ""
    upstream: tuple[str, ...] = ()
    seconds: float | None = None
    saved: float = 0.0
    expected: float | None = None
    started: float | None = None
    stale: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    size: int | None = None
    """Bytes kept of its outputs."""
    origin: str = ""
    """Id of the run that made a cached result."""
    version: int | None = None
    """The first version of the pipeline that has the step's code; None while it is a draft."""


@dataclass(frozen=True, slots=True)
class NotebookNow:
    """All step cells in their order, the open run and the pipeline they make."""

    pipeline: str
    version: int | None
    draft: bool
    run: Run | None
    cells: Sequence[CellNow]


def open_run(now: NotebookNow) -> RunHead | None:
    """The notebook's run; one that waits for its next cell shows how its steps went so far."""
    if now.run is None:
        return None
    head = run_head(now.run)
    if head["status"] == "running":
        head["status"] = _so_far({cell.status for cell in now.cells})
    return head


def _so_far(statuses: set[Status | None]) -> Shown:
    told: tuple[Status, ...] = ("running", "failed", "interrupted", "completed", "cached")
    return next((status for status in told if status in statuses), "running")


def notebook_view(
    now: NotebookNow, graph: GraphView | None = None, serial: int = 0
) -> NotebookView:
    """The full state, pushed whenever it changes."""
    return {
        "kind": "notebook",
        "schema": SCHEMA,
        "pipeline": line(now.pipeline, NAMES),
        "version": now.version,
        "draft": now.draft,
        "run": open_run(now),
        "cells": [_cell(cell) for cell in now.cells],
        "progress": _progress(now),
        "graph": graph,
        "serial": serial,
    }


def _cell(cell: CellNow) -> CellLine:
    return {
        "name": line(cell.step, NAMES),
        "source": cell.source if len(cell.source) <= SOURCE else "",
        "status": "stale" if cell.stale else cell.status or "waiting",
        "why": line(cell.stale or cell.why),
        "upstream": [line(name, NAMES) for name in cell.upstream],
        "seconds": number(cell.seconds),
        "saved": round(cell.saved, 3),
        "expected": number(cell.expected),
        "started": number(cell.started),
    }


def _progress(now: NotebookNow) -> Progress | None:
    """While a step runs: how many are done, and the seconds the rest took last time."""
    running = next((cell for cell in now.cells if cell.status == "running"), None)
    if running is None:
        return None
    place = now.cells.index(running)
    rest = now.cells[place:]
    known = [cell.expected for cell in rest if cell.expected is not None]
    return {
        "done": place,
        "total": len(now.cells),
        "left": round(sum(known), 3) if len(known) == len(rest) else None,
        "step": plain(running.step, NAMES),
    }
