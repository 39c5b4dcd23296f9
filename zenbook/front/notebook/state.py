"""The notebook as it stands, as the front ends and ``%pipeline`` show it."""

from __future__ import annotations

from typing import Any

from zenbook.core.view import NotebookNow, live_graph
from zenbook.core.view_notebook import CellNow
from zenbook.front.notebook.planning import order_of
from zenbook.front.notebook.session import Known, Session
from zenbook.front.notebook.telling import size_of


def notebook_now(session: Session) -> NotebookNow:
    """Every step the kernel has met, the open run and the version."""
    said = session.version_said().removeprefix("v")
    number, _, draft = said.partition(" ")
    return NotebookNow(
        pipeline=session.pipeline,
        version=int(number) if number else None,
        draft=bool(draft),
        run=session.logbook.run if session.logbook is not None else None,
        cells=[
            *(_cell(session, session.known[name]) for name in order_of(session)),
            *_beginning(session),
        ],
    )


def _beginning(session: Session) -> list[CellNow]:
    """A step that runs for the first time: nothing of it is known yet but that it runs."""
    return [
        CellNow(step=name, source="", status="running", why=line.why or "first run")
        for name, line in session.joined.items()
        if line.status == "running" and name not in session.known
    ]


def _cell(session: Session, known: Known) -> CellNow:
    line, name = known.line, known.step.name
    joined = session.joined.get(name)
    running = joined is not None and joined.status == "running"
    return CellNow(
        step=name,
        source=known.source,
        status="running" if running else line.status,
        why=line.why,
        upstream=tuple(dict.fromkeys(edge.source for edge in known.edges)),
        seconds=line.seconds,
        saved=line.saved,
        expected=line.seconds or line.saved or None,
        stale=known.stale,
        inputs=known.step.inputs,
        outputs=known.step.outputs,
        size=size_of(known.record),
        origin=line.origin,
    )


class PipelineGraph:
    """The pipeline's graph as it is now, in every form a front end may pick."""

    def __init__(self, session: Session) -> None:
        self._view = live_graph(notebook_now(session))
        self._pipeline = session.pipeline

    def __repr__(self) -> str:
        return str(self._repr_mimebundle_()["text/plain"])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from zenbook.front.page import bundle

        if self._view is None:
            return {"text/plain": f"Pipeline {self._pipeline}: no step has run yet."}
        return dict(bundle(self._view))
