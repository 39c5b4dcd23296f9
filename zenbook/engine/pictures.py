"""From runs to Views: the facts that each picture needs, gathered in one place.

The command line, the notebook's answers and the pages all draw the same runs; what they draw
is found here, so that no two of them can show a run differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from zenbook.core.view import (
    CompareView,
    GraphView,
    StepView,
    compare_view,
    graph_view,
    step_view,
)
from zenbook.model import Record, Run, Step, Version


class Past(Protocol):
    """What is asked of the history for a picture; a page's actions answer the same."""

    def run(self, id: str) -> Run | None: ...
    def versions(self, pipeline: str) -> Sequence[Version]: ...
    def record(self, id: str) -> Record | None: ...


def graph_picture(run: Run, past: Past) -> GraphView:
    """A run's steps with what happened to each."""
    versions = {version.number: version for version in past.versions(run.pipeline)}
    version = versions.get(run.version) if run.version is not None else None
    steps = version.shape.steps if version is not None else ()
    first = first_versions(steps, versions.values())
    return graph_view(run, version, records_of(past, run), step_versions=first)


def compare_picture(a: Run, b: Run, past: Past) -> CompareView:
    """Two runs side by side."""
    return compare_view(a, b, _version(a, past), _version(b, past), records_of(past, a, b))


def step_picture(
    run: Run, step: str, past: Past, displays: Sequence[Mapping[str, Any]] = ()
) -> StepView:
    """One step of a run, with the result it used and who made that."""
    done = next((line for line in run.steps if line.step == step), None)
    record = past.record(done.record) if done is not None and done.record else None
    origin = past.run(done.origin) if done is not None and done.origin else None
    return step_view(step, run, record, origin, past.versions(run.pipeline), displays)


def records_of(past: Past, *runs: Run) -> dict[str, Record]:
    """The records that the runs' steps used or made, by id, as far as they are trusted."""
    ids = dict.fromkeys(step.record for run in runs for step in run.steps if step.record)
    return {id: record for id in ids if (record := past.record(id)) is not None}


def _version(run: Run, past: Past) -> Version | None:
    held = past.versions(run.pipeline)
    return next((version for version in held if version.number == run.version), None)


def first_versions(steps: Iterable[Step], versions: Iterable[Version]) -> dict[str, int]:
    """The first pipeline version that had each step's code; nothing for code that none has."""
    first: dict[tuple[str, str], int] = {}
    for version in versions:
        for step in version.shape.steps:
            known = first.setdefault((step.name, step.code), version.number)
            first[step.name, step.code] = min(known, version.number)
    found = {step.name: first.get((step.name, step.code)) for step in steps}
    return {name: number for name, number in found.items() if number is not None}
