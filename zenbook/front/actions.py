"""What a page may ask of the kernel, and what it may have done.

The one narrow door behind the widget and the extension. Looking answers with model values and
may be called from another thread while a cell runs; it never touches the user's namespace.
Acting happens only because a person clicked, on the main thread between two cells.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from zenbook.core.view import NotebookNow, StoreStatus
from zenbook.model import Plan, Record, Run, Version


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in one sentence, and the file that was written if there is one."""

    said: str
    path: str = ""


class Actions(Protocol):
    """Raises :class:`zenbook.errors.ZenbookError`, whose sentence the page shows."""

    # looking: any thread, at any time

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
        ...

    def run(self, id: str) -> Run | None: ...
    def versions(self, pipeline: str) -> Sequence[Version]: ...
    def record(self, id: str) -> Record | None: ...
    def displays(self, record: Record) -> Sequence[Mapping[str, Any]]:
        """The recorded displays as events; empty if they are not kept any more."""
        ...

    def pinned(self) -> Collection[str]:
        """Ids of pinned runs."""
        ...

    def store(self) -> StoreStatus: ...
    def notebook(self) -> NotebookNow | None:
        """The step cells as they stand; None outside a notebook. Called at every change: quick."""
        ...

    # on the main thread

    def plan(self) -> Plan: ...
    def restore(self, run: str, step: str) -> Done:
        """Bind a run's outputs in the notebook; only those of ``step`` unless it is ""."""
        ...

    def run_from(self, step: str) -> Done:
        """Run this step and all after it, where the page cannot run the cells itself."""
        ...

    def pin(self, run: str, pinned: bool) -> Done: ...
    def forget(self, run: str) -> Done: ...
    def export(self) -> Done:
        """Write the notebook as a script; ``path`` is relative to where the notebook is."""
        ...

    def gc(self) -> Done: ...
