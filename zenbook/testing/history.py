"""A fake of the history: the same answers as the real one, in a few dictionaries."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from zenbook.core.run_order import places, value_of
from zenbook.core.shape import are_one_version
from zenbook.errors import OptionError, StoreFault
from zenbook.model import Record, Run, Shape, Status, StepRun, Version
from zenbook.world.clock import SystemClock
from zenbook.world.ports import Clock


class MemoryHistory:
    """A history that lasts as long as itself. It believes all it was given: nobody else writes."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._records: list[Record] = []
        self._versions: dict[str, list[Version]] = {}
        self._runs: dict[str, Run] = {}

    # ------------------------------------------------------------ records

    def candidates(self, key: str, limit: int = 8) -> Sequence[Record]:
        """Records of this key, newest first."""
        found = [record for record in self._newest() if record.fingerprint.key == key]
        return tuple(found[:limit])

    def stamp(self) -> object:
        """The number of records: nothing else changes what a key finds."""
        return len(self._records)

    def rejected(self, key: str) -> str:
        """Nothing is ever refused: always ""."""
        return ""

    def latest(self, step: str, pipeline: str) -> Record | None:
        """The newest record of a step: of this pipeline's runs, of any where it is ""."""
        named = (record for record in self._newest() if record.step == step)
        here = (one for one in named if not pipeline or self._pipeline_of(one) == pipeline)
        return next(here, None)

    def record(self, id: str) -> Record | None:
        """One record by its id."""
        return next((record for record in self._records if record.id == id), None)

    def add(self, record: Record) -> Record:
        """Append; the record comes back with its sequence number."""
        if self.record(record.id) is not None:
            raise StoreFault(f"there is a record {record.id} already")
        numbered = replace(record, sequence=len(self._records) + 1)
        self._records.append(numbered)
        return numbered

    def expected(self, step: str, pipeline: str) -> float | None:
        """Seconds the step took when it last ran in this pipeline; None if it never did."""
        ran = [
            line.seconds
            for run in self._runs.values()
            for line in run.steps
            if run.pipeline == pipeline and line.step == step and line.status == "completed"
        ]
        return ran[-1] if ran else None

    # ------------------------------------------------------------ versions and runs

    def version(self, pipeline: str, shape: Shape) -> Version:
        """Find the shape's version in this pipeline, or give it the next number."""
        known = self._versions.setdefault(pipeline, [])
        for version in known:
            if version.shape.digest == shape.digest:
                return replace(version, shape=shape)
        for version in reversed(known):
            if are_one_version(shape, version.shape):
                return version
        version = Version(pipeline, len(known) + 1, shape, self._clock.now())
        known.append(version)
        return replace(version, is_new=True)

    def versions(self, pipeline: str) -> Sequence[Version]:
        """All versions of a pipeline, by number."""
        return tuple(self._versions.get(pipeline, ()))

    def begin_run(
        self,
        pipeline: str,
        version: int | None,
        parameters: Mapping[str, str],
        *,
        name: str = "",
        tags: Sequence[str] = (),
        note: str = "",
        origin: str = "",
        lines: Sequence[StepRun] = (),
    ) -> Run:
        """Put a run on record with these lines, status ``running``."""
        run = Run(
            id=f"{len(self._runs) + 1:08d}-{os.urandom(5).hex()}",
            pipeline=pipeline,
            version=version,
            number=1 + sum(run.pipeline == pipeline for run in self._runs.values()),
            name=name,
            status="running",
            parameters=dict(parameters),
            started=self._clock.now(),
            ended=None,
            tags=tuple(sorted(set(tags))),
            note=note,
            origin=origin,
        )
        self._runs[run.id] = run
        for line in lines:
            self.set_step(run.id, line)
        return run

    def set_step(self, run: str, step: StepRun) -> None:
        """Insert or replace one step's line of a run (by its name)."""
        known = self._known(run)
        others = [line for line in known.steps if line.step != step.step]
        lines = sorted([*others, step], key=lambda line: (line.position, line.step))
        self._runs[run] = replace(known, steps=tuple(lines))

    def close_run(self, run: str, status: Status, version: int | None = None) -> None:
        """Close a run; a step of it that is still running counts as interrupted."""
        known = self._known(run)
        self._runs[run] = replace(
            known,
            status=status,
            ended=max(known.started, self._clock.now()),
            version=known.version if version is None else version,
            steps=tuple(
                replace(line, status="interrupted") if line.status == "running" else line
                for line in known.steps
            ),
        )

    def end_run(self, run: str, status: Status, version: int | None = None) -> Run:
        """Close a run; it comes back with its steps."""
        self.close_run(run, status, version)
        return self._runs[run]

    def annotate(
        self,
        run: str,
        *,
        metrics: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        note: str | None = None,
        name: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """Add metrics and tags to a run, or replace its note, name or parameters."""
        known = self._known(run)
        self._runs[run] = replace(
            known,
            metrics={**known.metrics, **(metrics or {})},
            tags=tuple(sorted({*known.tags, *tags})),
            note=known.note if note is None else note,
            name=known.name if name is None else name,
            parameters=known.parameters if parameters is None else dict(parameters),
        )

    # ------------------------------------------------------------ questions

    def runs(
        self,
        *,
        pipeline: str | None = None,
        tag: str | None = None,
        status: Status | None = None,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
        order: str = "",
        descending: bool = False,
    ) -> Sequence[Run]:
        """Newest first or by a column, with their steps."""
        found = self._matching(pipeline, tag, status, search)
        if order:
            ordered = places([value_of(run, order) for run in found], descending)
            found = [found[place] for place in ordered]
        return tuple(found[max(offset, 0) :][: max(limit, 0)])

    def count(
        self,
        *,
        pipeline: str | None = None,
        tag: str | None = None,
        status: Status | None = None,
        search: str = "",
    ) -> int:
        """How many runs match."""
        return len(self._matching(pipeline, tag, status, search))

    def _matching(
        self, pipeline: str | None, tag: str | None, status: Status | None, search: str
    ) -> list[Run]:
        return [
            run
            for run in reversed(self._runs.values())
            if pipeline in (None, run.pipeline)
            and (tag is None or tag in run.tags)
            and status in (None, run.status)
            and all(word.lower() in _text_of(run).lower() for word in search.split())
        ]

    def pinned(self) -> frozenset[str]:
        """Nothing is ever evicted, so nothing is pinned."""
        return frozenset()

    def run(self, id: str) -> Run | None:
        """By id, by a unique id prefix, or as ``pipeline:number``; ``latest`` is the newest."""
        if id == "latest":
            return next(reversed(self._runs.values()), None)
        if id in self._runs:
            return self._runs[id]
        for run in self._runs.values():
            if run.reference == id:
                return run
        fits = [run for run in self._runs.values() if len(id) >= 4 and run.id.startswith(id)]
        if len(fits) > 1:
            raise OptionError(f"several runs begin with {id!a}: give more of the id")
        return fits[0] if fits else None

    def place_of(self, run: str) -> tuple[str, int] | None:
        """The pipeline of a run and its number there, by its whole id."""
        known = self._runs.get(run)
        return None if known is None else (known.pipeline, known.number)

    def close(self) -> None:
        """Keep everything: closing and using it again is allowed."""

    def _newest(self) -> Iterator[Record]:
        return reversed(self._records)

    def _pipeline_of(self, record: Record) -> str:
        run = self._runs.get(record.run)
        return "" if run is None else run.pipeline

    def _known(self, run: str) -> Run:
        if run not in self._runs:
            raise StoreFault(f"there is no run {run} in the history")
        return self._runs[run]


def _text_of(run: Run) -> str:
    """What a search looks through."""
    words = (run.id, run.pipeline, run.reference, run.name, run.note, run.origin)
    parameters = (f"{name} {value}" for name, value in run.parameters.items())
    return " ".join((*words, run.status, *parameters, *run.tags))
