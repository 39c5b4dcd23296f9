"""What the front end costs: layout, paint, opening among 10,000 runs, and the cells beside it.

Where there is no peer the limit stands in its place: a ratio of 1 is just quick enough. What a
page draws is measured in Chromium, and left out where there is none or nothing is built.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.row import Row, interleaved
from zenbook.core.layout import layered
from zenbook.core.view import CellNow, NotebookNow, View, graph_view, live_graph, runs_view
from zenbook.front.lab import Link
from zenbook.front.page import html
from zenbook.model import Edge, Run, Shape, Step, StepRun, Version
from zenbook.world.clock import SystemClock
from zenbook.world.history import SqliteHistory

RUNS = 10_000


def within(name: str, work: Callable[[], object], limit: float) -> Row:
    """A row whose peer is the limit (seconds)."""
    (taken,) = interleaved(work)
    return Row(name, taken, limit, "the limit", 1)


def notebook(cells: int) -> NotebookNow:
    """A notebook whose steps each read the two before them."""
    made = [
        CellNow(
            f"step_{place}",
            f"%%step step_{place}\nx_{place} = 1",
            "completed",
            "first run",
            tuple(f"step_{other}" for other in range(max(0, place - 2), place)),
            1.0,
            outputs=(f"x_{place}",),
            inputs=tuple(f"x_{other}" for other in range(max(0, place - 2), place)),
        )
        for place in range(cells)
    ]
    return NotebookNow("bench", 1, False, None, made)


class Still:
    """Actions that only know a notebook."""

    def __init__(self, cells: int) -> None:
        self._now = notebook(cells)

    def notebook(self) -> NotebookNow:
        return self._now


def pushing(cells: int, pages: int) -> Callable[[], object]:
    """One change of a notebook, as the cell that made it sees it."""
    actions = Still(cells)
    link = Link(lambda: actions, None)  # type: ignore[arg-type, return-value]
    for page in range(pages):
        link.join(str(page), lambda message: None)
    return link.changed


def wired(count: int) -> Version:
    """A pipeline in which each step reads from three before it, far and near."""
    names = [f"s{place}" for place in range(count)]
    edges = [
        Edge(names[place - back], "x", names[place], "x")
        for place in range(7, count)
        for back in (1, 4, 7)
    ]
    steps = tuple(Step(name, name, "", (), ("x",)) for name in names)
    return Version("bench", 1, Shape("0", steps, tuple(edges), ()), 0.0)


def among_many(home: Path) -> SqliteHistory:
    """A real history of 10,000 runs with five steps each, parameters and metrics."""
    history = SqliteHistory(home, lambda _: "", lambda *_: None, SystemClock())
    step = StepRun("s", 0, "cached", "", "", 0.01, 1.0, "k", "r", "f" * 32)
    run = history.begin_run("bench", 1, {"gamma": "0.1", "seed": "0"})
    for place in range(5):
        history.set_step(run.id, replace(step, step=f"s{place}", metrics={"accuracy": place / 7}))
    history.end_run(run.id, "cached")
    history.ledger.write(_copied)
    return history


def _copied(connection: Any) -> None:
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO run SELECT i, 'run-' || i, pipeline, version, i, name, status, "
        "json_object('gamma', i % 97 / 1000.0, 'seed', 0), started, ended, note, origin, metrics, "
        "0, node, boot, pid, born FROM run, n WHERE run.sequence = 1",
        (RUNS,),
    )
    connection.execute(
        "INSERT INTO step SELECT r.sequence, s.step, s.position, s.status, s.pipeline, s.seconds, "
        "s.record, s.body FROM step s, run r WHERE s.run = 1 AND r.sequence > 1"
    )


def page_of(history: SqliteHistory, order: str = "", offset: int = 0) -> View:
    """A page of 100 runs, as a page asks for it."""
    found: tuple[Run, ...] = tuple(history.runs(limit=100, offset=offset, order=order))
    return runs_view(found, history.count(), offset, history.pinned())


def rows() -> Iterator[Row]:
    """Limits of the kernel's side, then of the page's."""
    version, many = wired(200), live_graph(notebook(200))
    names = [step.name for step in version.shape.steps]
    edges = [(edge.source, edge.target) for edge in version.shape.edges]
    assert many is not None
    yield within("layout of 200 steps", lambda: layered(names, edges), 0.05)
    yield within("static page of 200 steps", lambda: html(many), 0.1)
    yield within("change told to nobody", pushing(10, 0), 0.0001)
    yield within("change of 10 cells told to a page", pushing(10, 1), 0.002)
    with tempfile.TemporaryDirectory() as folder:
        history = among_many(Path(folder, "home"))
        yield within("page among 10,000 runs", lambda: page_of(history, "", 5_000), 0.2)
        for column in ("gamma", "accuracy"):
            yield within(f"10,000 runs by {column}", partial(page_of, history, column), 0.2)
        yield from _painted(graph_view(None, version), history)
        history.close()
    yield from _beside_a_page()


def _painted(graph: View, history: SqliteHistory) -> Iterator[Row]:
    """What Chromium takes to draw."""
    try:
        from playwright.sync_api import sync_playwright

        from tests.browser.stage import CHROMIUM, FLAGS, STATIC, staged
    except ImportError:
        return
    if CHROMIUM is None or not (STATIC / "widget.js").is_file():
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        with staged(graph) as stage:
            stage.actions.now = None
            page.goto(stage.url())
            page.wait_for_selector(".zb-node")
            taken = min(page.evaluate(_PAINT, graph) for _ in range(5)) / 1000
            yield Row("paint of 200 steps", taken, 0.2, "the limit", 1)
        began = time.perf_counter()
        first = page_of(history)
        made = time.perf_counter() - began
        with staged(first) as stage:
            page.goto(stage.url())
            page.locator(".zb-rows tbody tr").nth(5).wait_for()
            taken = made + page.evaluate("performance.now() - window.began") / 1000
            yield Row("opening among 10,000 runs", taken, 0.5, "the limit", 1)
        browser.close()


_PAINT = """async first => {
    const began = performance.now();
    window.tell({first});
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
}"""


def _beside_a_page() -> Iterator[Row]:
    """Cells of a real kernel with an open page beside them, and without."""
    from benchmarks.beside import cells

    for name, with_page, without, floor in cells():
        yield Row(name, with_page, without, "no panel", floor)
