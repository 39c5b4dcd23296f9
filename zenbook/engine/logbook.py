"""The logbook of one run: writes to the history, or remembers alone if the history is broken.

A fault of the history never breaks a run: the first one is told once, and the rest of the run
is noted in memory so that its handle still answers.
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
        self._history = desk.history
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
                lines=lines,
            )

        self._begin = begin
        self.version, self.run = self._told(begin)

    def note(self, step: StepRun) -> None:
        """Put one step's line on record."""
        self._steps[step.step] = step
        self._told(lambda history: history.set_step(self.run.id, step))

    def end(self, status: Status, version: int | None = None) -> Run:
        """Close the run; it comes back with its steps."""
        return self._told(lambda history: history.end_run(self.run.id, status, version))

    def close(self, status: Status, version: int | None = None) -> None:
        """Close the run, which nobody asks for."""
        self._told(lambda history: history.close_run(self.run.id, status, version))

    def show_parameters(self, parameters: Mapping[str, str]) -> None:
        """The run's parameters are these: its steps have used them."""
        self._parameters = dict(parameters)
        self.run = replace(self.run, parameters=self._parameters)
        self.annotate(parameters=parameters)

    def annotate(self, **facts: Any) -> None:
        """Add metrics, tags, a note or a name to the run."""
        self._told(lambda history: history.annotate(self.run.id, **facts))

    def _told(self, tell: Callable[[History], T]) -> T:
        try:
            return tell(self._history)
        except StoreFault as error:
            self._desk.warn_once(
                f"zenbook cannot write its history ({error}); this run is not on record."
            )
            self._history = self._alone()
            return tell(self._history)

    def _alone(self) -> History:
        from zenbook.testing import MemoryHistory

        history = MemoryHistory()
        _, self.run = self._begin(history)
        for step in self._steps.values():
            history.set_step(self.run.id, step)
        return history
