"""What the page may ask of the notebook, answered: the notebook's side of the front ends' door."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zenbook.core.view import NotebookNow
from zenbook.errors import StoreFault, UsageError
from zenbook.front.actions import Done
from zenbook.front.notebook.planning import plan
from zenbook.front.notebook.rewinding import restore
from zenbook.front.notebook.state import notebook_now
from zenbook.model import Plan, Record, Run, Status, Version

if TYPE_CHECKING:
    from zenbook.core.view import StoreStatus
    from zenbook.front.notebook.door import Door


class Answering:
    """Answers for one door. Implements :class:`zenbook.front.actions.Actions`."""

    def __init__(self, door: Door) -> None:
        self._door = door

    # ------------------------------------------------------------ looking

    def runs(
        self,
        *,
        search: str = "",
        status: str = "",
        limit: int = 100,
        offset: int = 0,
        order: str = "",
        descending: bool = False,
    ) -> tuple[Sequence[Run], int]:
        """A page of runs, newest first or by a column, and how many there are in all."""
        wanted: Status | None = status or None  # type: ignore[assignment]
        history = self._door.desk.history
        page = history.runs(
            search=search,
            status=wanted,
            limit=limit,
            offset=offset,
            order=order,
            descending=descending,
        )
        return page, history.count(search=search, status=wanted)

    def run(self, id: str) -> Run | None:
        """One run."""
        return self._door.desk.history.run(id)

    def versions(self, pipeline: str) -> Sequence[Version]:
        """All versions of a pipeline."""
        return self._door.desk.history.versions(pipeline)

    def record(self, id: str) -> Record | None:
        """One record, if it is trusted."""
        return self._door.desk.history.record(id)

    def displays(self, record: Record) -> Sequence[Mapping[str, Any]]:
        """The recorded displays as events; empty if they are not kept any more."""
        if record.displays is None:
            return ()
        try:
            loaded = self._door.desk.vault.load([record.displays], record.seals, record.python)
        except StoreFault:
            return ()  # not kept any more
        events: Sequence[Mapping[str, Any]] = loaded[record.displays.name]
        return events

    def pinned(self) -> Collection[str]:
        """Ids of pinned runs."""
        return self._door.desk.history.pinned()

    def store(self) -> StoreStatus:
        """How full the store is."""
        from zenbook.core.view import StoreStatus
        from zenbook.engine.upkeep import status

        found = status()
        fields = StoreStatus.__dataclass_fields__
        return StoreStatus(**{name: getattr(found, name) for name in fields})

    def notebook(self) -> NotebookNow | None:
        """The step cells as they stand."""
        return notebook_now(self._door.session(), self._door.outline().order)

    # ------------------------------------------------------------ acting

    def plan(self) -> Plan:
        """What would run now."""
        return plan(self._door).plan

    def restore(self, run: str, step: str) -> Done:
        """Bind a run's outputs in the notebook."""
        return Done(repr(restore(self._door, run, step or None)))

    def run_from(self, step: str) -> Done:
        """The page runs cells itself wherever it can; from here nobody can."""
        raise UsageError(f"Run the cell of step {step} and those below it in the notebook.")

    def pin(self, run: str, pinned: bool) -> Done:
        """Keep a run from eviction, or let it go."""
        from zenbook.engine import upkeep

        found = upkeep.pin(run) if pinned else upkeep.unpin(run)
        return Done(f"Run {found.number} is {'pinned' if pinned else 'no longer pinned'}.")

    def forget(self, run: str) -> Done:
        """Really delete a run."""
        from zenbook.engine import upkeep

        return Done(str(upkeep.forget(run)))

    def export(self) -> Done:
        """Write the notebook as a script."""
        from importlib import import_module

        from zenbook.front.notebook.notebook_name import notebook_file

        file = notebook_file(self._door.shell.user_ns)
        if file is None:
            raise UsageError("No front end tells the notebook's name: run `zenbook export FILE`.")
        found = import_module("zenbook").export(file, verify=False)
        return Done(repr(found), found.file.name)

    def gc(self) -> Done:
        """Collect what nobody needs."""
        from zenbook.engine import upkeep

        return Done(str(upkeep.gc()))
