"""What the history knows of a notebook's steps: the facts of its newest run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zenbook.errors import StoreFault
from zenbook.front.export.facts import CellFacts, Facts
from zenbook.front.export.groups import Group
from zenbook.front.export.reading import Notebook
from zenbook.front.notebook.notebook_name import pipeline_name
from zenbook.model import Record


@dataclass(frozen=True, slots=True)
class Recorded:
    """The newest record of each ``%%step`` cell, by cell number."""

    records: Mapping[int, Record] = field(default_factory=dict)

    def covers(self, groups: Iterable[Group]) -> bool:
        """Whether there are steps, and every one has a record."""
        marked = [cell.number for group in groups for cell in group.cells if cell.step is not None]
        return bool(marked) and set(marked) <= self.records.keys()

    @property
    def facts(self) -> Facts:
        """The records as facts for the plan."""
        facts = {number: _facts(record) for number, record in self.records.items()}
        return Facts(facts, recorded=True)


def recorded(notebook: Notebook) -> Recorded:
    """Records of steps whose code is the notebook's; none if the notebook never ran here."""
    from zenbook.core.source import body_of_cell
    from zenbook.engine.desk import open_desk
    from zenbook.engine.handles import RunHandle

    steps = {c.step.name: c for c in notebook.cells if c.step is not None and c.step.name}
    if not steps or not _has_home(notebook.file):
        return Recorded()
    desk = open_desk(notebook.file.resolve().parent)
    found: dict[int, Record] = {}
    name = notebook.pipeline or pipeline_name(notebook.file)
    try:
        for run in desk.history.runs(pipeline=name, limit=20):
            for step, handle in RunHandle(run, desk).steps.items():
                cell = steps.get(step)
                if cell is None or cell.number in found or handle.status not in _ENDED:
                    continue
                record = handle.record
                body = body_of_cell(_original(cell))
                if record is None or _code_of(record) != (body.key or body.code):
                    continue
                if not body.helpers or handle.code == body.code:  # a key does not hold their text
                    found[cell.number] = record
    except StoreFault:
        return Recorded()  # the script is written from the text alone, and verified by a run
    return Recorded(found)


_ENDED = ("completed", "cached")


def _original(cell: Any) -> Any:
    """The cell's tree as the kernel saw it."""
    from IPython.core.inputtransformer2 import TransformerManager

    from zenbook.core.source import parse_cell
    from zenbook.front.notebook.marker import take_marker_away

    raw = "".join(take_marker_away(cell.raw.splitlines(keepends=True)))
    if not any(sign in raw for sign in "%!?"):
        return parse_cell(raw)
    manager: Any = TransformerManager()  # type: ignore[no-untyped-call]
    return parse_cell(manager.transform_cell(raw))


def _code_of(record: Record) -> str:
    return next((part.digest for part in record.fingerprint.parts if part.kind == "code"), "")


def _has_home(file: Path) -> bool:
    from zenbook.world.home import find_home

    return find_home(file.resolve().parent).is_dir()


def _facts(record: Record) -> CellFacts:
    own = record.outputs
    changed = {artifact.name.lstrip("~"): artifact for artifact in record.changed}
    everything = {artifact.name: artifact for artifact in own} | changed
    return CellFacts(
        types={name: artifact.type for name, artifact in everything.items()},
        digests={name: artifact.digest for name, artifact in everything.items()},
        changed=frozenset(changed),
        bound=frozenset(artifact.name for artifact in own),
        read=frozenset(read.name for read in record.reads if read.kind == "file"),
        wrote=frozenset(read.name for read in record.wrote),
        random=frozenset(read.name for read in record.reads if read.kind == "random"),
    )
