"""How much the front end costs: layout, views, pushes, and the first page of many runs.

``python -m benchmarks.front`` prints milliseconds (the best of several) beside the limits.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from zenbook.core.layout import layered
from zenbook.core.view import (
    CellNow,
    NotebookNow,
    live_graph,
    notebook_view,
    runs_view,
)
from zenbook.front.lab import Link
from zenbook.front.page import html
from zenbook.model import Run, StepRun


def best(work: Callable[[], object], times: int = 7) -> float:
    """Milliseconds of the fastest of several goes."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken)


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


def runs(count: int) -> list[Run]:
    """Runs of five steps."""
    steps = tuple(
        StepRun(f"s{place}", place, "cached", "", "", 0.01, 1.0, "k", "r", "f" * 32)
        for place in range(5)
    )
    first = Run("r", "bench", 1, 1, "run", "cached", {"gamma": "0.1"}, 0.0, 1.0, steps)
    return [replace(first, id=f"r{number}", number=number) for number in range(count)]


class Still:
    """Actions that only know a notebook."""

    def __init__(self, cells: int) -> None:
        self._now = notebook(cells)

    def notebook(self) -> NotebookNow:
        return self._now


def push(cells: int, pages: int) -> float:
    """What one change costs the cell that made it."""
    actions = Still(cells)
    link = Link(lambda: actions, None)  # type: ignore[arg-type, return-value]
    for page in range(pages):
        link.join(str(page), lambda message: None)
    return best(link.changed, 50)


def start() -> float:
    """What ``import zenbook.front.lab`` adds to a started Python, in milliseconds."""
    code = (
        "import time, zenbook; began = time.perf_counter(); import zenbook.front.lab; "
        "print(1000 * (time.perf_counter() - began))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measured() -> Iterator[tuple[str, float, float]]:
    """Name, milliseconds, limit."""
    names = [f"s{place}" for place in range(200)]
    skips = [(names[place - back], names[place]) for place in range(7, 200) for back in (1, 4, 7)]
    many, ten = notebook(200), notebook(10)
    history = runs(100)
    yield "layout of 200 steps", best(lambda: layered(names, skips)), 50
    yield "graph of 200 cells, drawn before", best(lambda: live_graph(many)), 50
    yield "state of 10 cells", best(lambda: notebook_view(ten, live_graph(ten))), 2
    yield "push without a page", push(10, 0), 0.1
    yield "push of 10 cells to one page", push(10, 1), 2
    yield "a page of 100 runs", best(lambda: runs_view(history, 10_000, 0)), 50
    yield "static page of 200 cells", best(lambda: html(live_graph(many) or {})), 100  # type: ignore[arg-type]
    yield "import of the link", min(start() for _ in range(3)), 10


def main() -> int:
    """Print the table; 1 if a limit is broken."""
    broken = 0
    for name, taken, limit in measured():
        broken += taken > limit
        print(f"{name:36} {taken:9.3f} ms  of {limit:g} ms{'' if taken <= limit else '  TOO SLOW'}")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
