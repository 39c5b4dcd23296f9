"""What watching a step costs that does nothing: beside limits of a few microseconds.

Each row is the least of many tries. A ratio of 1 is just quick enough.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.row import Row


def rows() -> Iterator[Row]:
    """Limits of looking, of looking again, and of what is installed meanwhile."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield from _files(Path(folder))
            yield from _process()
        finally:
            os.chdir(before)


def _least(work: Callable[[], object], tries: int) -> float:
    """Seconds that the quickest of so many calls takes."""

    def taken() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return min(taken() for _ in range(tries))


def _row(name: str, taken: float, limit: float) -> Row:
    return Row(name, taken, limit, "the limit", 1.0)


def _files(folder: Path) -> Iterator[Row]:
    from zenbook.world import watch_native
    from zenbook.world.watch import SystemWatch

    watch = SystemWatch(folder / ".zenbook")
    Path("d.txt").write_text("1")
    with watch.watching(["d.txt"], ()) as look:
        Path("d.txt").read_text()
    (seen,) = look().reads
    time.sleep(0.06)  # a file that was written this moment is digested again
    yield _row("file looked at again", _least(lambda: watch.again(seen), 2_000), 50e-6)
    audits = _least(lambda: [sys.audit("open", "x", "r", 0) for _ in range(1_000)], 20)
    yield _row("1,000 opens beside no step", audits, 2e-3)

    def once() -> None:
        with watch.watching((), ()):
            pass

    loaded = watch_native.loaded
    taken = []
    try:
        for are_followed in (False, True):
            watch_native.loaded = lambda said=are_followed: said  # type: ignore[misc]
            once()
            taken.append(_least(once, 200))
    finally:
        watch_native.loaded = loaded
    yield _row("native readers followed", taken[1] - taken[0], 500e-6)


def _process() -> Iterator[Row]:
    from zenbook.core.closure import Uses
    from zenbook.engine import identify
    from zenbook.world.process_state import ProcessState

    def look() -> None:
        state = ProcessState.now()
        assert [*state.changes(()), *state.alive(())] == []

    yield _row("state of the process compared", _least(look, 200), 1e-3)
    few, many = Uses(modules=frozenset({"json"})), Uses(modules=frozenset({"pandas", "numpy"}))
    settings = identify._library_settings
    yield _row(
        "settings of no library", _least(lambda: settings(few, {"xxhash"}, set()), 500), 2e-6
    )
    yield _row("settings of two", _least(lambda: settings(many, set(), set()), 500), 60e-6)
