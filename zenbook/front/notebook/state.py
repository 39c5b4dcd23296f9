"""The notebook as it stands, as the front ends and ``%pipeline`` show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from zenbook.core.view import NotebookNow, live_graph, notebook_view
from zenbook.core.view_notebook import CellNow
from zenbook.engine.pictures import first_versions
from zenbook.errors import StoreFault
from zenbook.front.notebook.planning import order_of
from zenbook.front.notebook.session import Known, Session
from zenbook.front.notebook.telling import size_of
from zenbook.model import Version


def notebook_now(session: Session, order: Sequence[str] = ()) -> NotebookNow:
    """Every step the kernel has met and the notebook still has, the open run and the version.

    ``order`` names the steps of the notebook's file: those that the kernel has not met yet are
    told as the newest version has them. May be asked on any thread, while cells run.
    """
    session = replace(session, known=dict(session.known), joined=dict(session.joined))
    gone = frozenset(session.gone)
    versions = _versions(session)
    first = first_versions([known.step for known in session.known.values()], versions)
    said = session.version_said().removeprefix("v")
    number, _, draft = said.partition(" ")
    book = session.logbook
    return NotebookNow(
        pipeline=session.pipeline,
        version=int(number) if number else None,
        draft=bool(draft),
        run=book.run if book is not None and book.number is not None else None,
        cells=[
            *(
                replace(_cell(session, session.known[name]), version=first.get(name))
                for name in order_of(session)
                if name not in gone
            ),
            *_unmet(session, order, versions),
        ],
    )


def _unmet(session: Session, order: Sequence[str], versions: Sequence[Version]) -> list[CellNow]:
    """Steps that this kernel has not finished once, the one that runs first.

    What they read and give, and how long they take, is what history knows of them.
    """
    running = {name: line for name, line in session.joined.items() if line.status == "running"}
    names = [name for name in dict.fromkeys((*running, *order)) if name not in session.known]
    version = max(versions, key=lambda version: version.number, default=None)
    return [
        replace(
            _foreseen(session, name, version),
            status="running",
            why=running[name].why or "first run",
        )
        if name in running
        else _foreseen(session, name, version)
        for name in names
    ]


def _foreseen(session: Session, name: str, version: Version | None) -> CellNow:
    """A step as the newest version has it; bare where it is in none."""
    expected = session.desk.expected(name, session.pipeline)
    cell = CellNow(step=name, source="", status=None, expected=expected)
    if version is None:
        return cell
    edges = [edge for edge in version.shape.edges if edge.target == name]
    step = next((step for step in version.shape.steps if step.name == name), None)
    return replace(
        cell,
        upstream=tuple(dict.fromkeys(edge.source for edge in edges)),
        inputs=tuple(dict.fromkeys(edge.input for edge in edges)),
        outputs=step.outputs if step is not None else (),
    )


def _versions(session: Session) -> Sequence[Version]:
    try:
        return session.desk.history.versions(session.pipeline)
    except StoreFault:
        return ()  # the logbook tells of a history that is out of order


def _cell(session: Session, known: Known) -> CellNow:
    line, name = known.line, known.step.name
    joined = session.joined.get(name)
    running = joined is not None and joined.status == "running"
    return CellNow(
        step=name,
        source=known.source,
        status="running" if running else line.status,
        why=(line.error.strip() if line.status == "failed" else "") or line.why,
        upstream=tuple(dict.fromkeys(edge.source for edge in known.edges)),
        seconds=line.seconds,
        saved=line.saved,
        expected=(line.saved if line.status == "cached" else line.seconds) or None,
        stale=known.stale,
        inputs=known.step.inputs,
        outputs=known.step.outputs,
        size=size_of(known.record),
        origin=line.origin,
    )


class PipelineGraph:
    """The pipeline's graph in every form a front end may pick; live where there is one."""

    def __init__(self, session: Session, order: Sequence[str] = ()) -> None:
        now = notebook_now(session, order)
        self._view = notebook_view(now, live_graph(now))
        self._text = (
            "" if now.cells else f"Pipeline {session.pipeline}: no step has run in this kernel yet."
        )

    def __repr__(self) -> str:
        from zenbook.front.text import text

        return self._text or text(self._view)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from zenbook.front.widget import show

        return {**show(self._view)._repr_mimebundle_(), "text/plain": repr(self)}
