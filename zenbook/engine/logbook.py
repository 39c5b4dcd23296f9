"""The logbook of one run: writes to the history, or remembers alone if the history is broken.

A fault of the history never breaks a run: it is told once, and from then on the run is noted in
memory, too, so that its handle still answers. It is told to the history all the same, which
writes what it owes of it, or begins it late, when it can write again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from zenbook.engine.desk import Desk
from zenbook.errors import StoreFault
from zenbook.model import Run, Shape, Status, StepRun, Version
from zenbook.world.ports import History

T = TypeVar("T")


class Logbook:
    """Notes one run, whatever happens to the history meanwhile."""

    run: Run

    def __init__(
        self,
        desk: Desk,
        pipeline: str,
        shape: Shape | None,
        parameters: Mapping[str, str],
        *,
        name: str = "",
        tags: Sequence[str] = (),
        note: str = "",
        origin: str = "",
        lines: Sequence[StepRun] = (),
    ) -> None:
        self._desk = desk
        self._stand_in: History | None = None
        """What remembers the run since the history failed."""
        self._steps: dict[str, StepRun] = {line.step: line for line in lines}
        self._parameters = dict(parameters)

        def begin(history: History) -> tuple[Version | None, Run]:
            version = history.version(pipeline, shape) if shape is not None else None
            number = version.number if version is not None else None
            return version, history.begin_run(
                pipeline,
                number,
                self._parameters,
                name=name,
                tags=tags,
                note=note,
                origin=origin,
                lines=tuple(self._steps.values()),
            )

        self._begin = begin
        self._is_on_record = True
        try:
            self.version, self.run = begin(desk.history)
        except StoreFault as fault:
            self._warn(fault)
            self._is_on_record = False
            self._alone()

    @property
    def number(self) -> int | None:
        """The run's number; None for a run that is not on record."""
        return self.run.number if self._is_on_record else None

    def note(self, step: StepRun) -> None:
        """Put one step's line on record."""
        self._steps[step.step] = step
        self._told(lambda history, run: history.set_step(run, step))

    def end(self, status: Status, version: int | None = None) -> Run:
        """Close the run; it comes back with its steps."""
        ended = self._told(lambda history, run: history.end_run(run, status, version))
        return replace(ended, id=self.run.id, number=self.run.number)

    def close(self, status: Status, version: int | None = None) -> None:
        """Close the run, which nobody asks for."""
        self._told(lambda history, run: history.close_run(run, status, version))

    def show_parameters(self, parameters: Mapping[str, str]) -> None:
        """The run's parameters are these: its steps have used them."""
        self._parameters = dict(parameters)
        self.run = replace(self.run, parameters=self._parameters)
        self.annotate(parameters=parameters)

    def annotate(self, **facts: Any) -> None:
        """Add metrics, tags, a note or a name to the run."""
        self._told(lambda history, run: history.annotate(run, **facts))

    def _told(self, tell: Callable[[History, str], T]) -> T:
        if self._is_on_record or self._begins_late():
            try:
                told = tell(self._desk.history, self.run.id)
                if self._stand_in is None:
                    return told
            except StoreFault as fault:
                self._warn(fault)
        stand_in, run = self._alone()
        return tell(stand_in, run)

    def _begins_late(self) -> bool:
        try:
            self.version, self.run = self._begin(self._desk.history)
        except StoreFault as fault:
            self._warn(fault)
            return False
        self._is_on_record = True
        return True

    def _warn(self, fault: StoreFault) -> None:
        self._desk.warn_of(
            fault, "zenbook cannot write its history ({}); this run is not on record."
        )

    def _alone(self) -> tuple[History, str]:
        """What remembers the run, and the run's id there."""
        from zenbook.testing import MemoryHistory

        if self._stand_in is None:
            self._stand_in = MemoryHistory()
            version, run = self._begin(self._stand_in)
            self._name_there = run.id
            if not self._is_on_record:
                self.version, self.run = version, run
            for step in self._steps.values():
                self._stand_in.set_step(run.id, step)
        return self._stand_in, self._name_there
