"""A zenbook folder with real blobs, records and runs, for tests of upkeep."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

from tests.world.history_samples import line, record
from zenbook.engine import upkeep
from zenbook.engine.upkeep import Collected
from zenbook.model import Artifact, Fingerprint, Part, Record, Run
from zenbook.testing.store import FakeClock
from zenbook.world.history import SqliteHistory
from zenbook.world.ports import Bundle
from zenbook.world.store import DiskStore
from zenbook.world.trust import sign, verify


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """The open parts of one folder; ``clock`` is moved by the test."""

    path: Path
    clock: FakeClock
    history: SqliteHistory
    store: DiskStore

    def put(self, value: object, size: int = 0) -> str:
        """Keep a value with ``size`` more bytes beside it; the blob's name is given back."""
        extra = (memoryview(bytes(size)),) if size else ()
        return self.store.put(Bundle(("value",), pickle.dumps(value, 5), extra)).blob

    def run(self, *values: object, size: int = 0, pipeline: str = "p", note: str = "") -> Run:
        """A completed run that kept each value as one step's result."""
        began = self.history.begin_run(pipeline, None, {"given": f"{values!r:.80}"}, note=note)
        for position, value in enumerate(values):
            made = self.keep(value, began.id, size)
            name = f"step_{position}"
            self.history.set_step(began.id, line(name, position, record=made.id, changes=()))
        return self.history.end_run(began.id, "completed")

    def keep(self, value: object, run: str, size: int = 0) -> Record:
        """One record with one artifact, and nothing else that needs bytes."""
        blob = self.put(value, size)
        part = Part("input", "value", f"{hash(str(value)) & (2**128 - 1):032x}", f"{value}"[:80])
        made = record(
            1,
            id=f"{run}-{blob}",
            run=run,
            started=self.clock.now(),
            seconds=0.5,
            fingerprint=Fingerprint((part,), blob),
            artifacts=(Artifact("value", blob, blob, self.store.sizes()[blob], "str", None, ""),),
            changed=(),
            random_after=(),
            displays=None,
            reads=(),
            wrote=(),
            metrics={},
        )
        return self.history.add(made)

    def collect(self, limit: int | None = None, *, dry_run: bool = False) -> Collected:
        return upkeep.collect(self.history, self.store, self.clock, limit=limit, dry_run=dry_run)

    def blobs_of(self, run: Run) -> list[str]:
        """Blobs that a run made, in order."""
        return [
            found.artifacts[0].blob
            for _, found, _ in self.history.every_record()
            if found is not None and found.run == run.id
        ]

    def events(self, *kinds: str) -> list[str]:
        from zenbook.world.history_upkeep import told

        return [subject for _, _, subject in told(self.history, *kinds)]


def open_folder(path: Path) -> Folder:
    """Make or open a folder with a clock that stands still."""
    clock = FakeClock()
    return Folder(path, clock, SqliteHistory(path, sign, verify, clock), DiskStore(path))
