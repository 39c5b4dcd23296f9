"""What steps cost in a notebook, in a real kernel.

Loading the extension, a hit of a small step against an empty cell, 100,000 prints against the
bare cell, a step that hands on many small objects of its input beside joblib.Memory, and a notebook
of 20 steps with 1 GB of outputs after a restart. Rows are ratios of the limit to what was measured,
so that 1 is the floor.
"""

from __future__ import annotations

import compileall
import tempfile
import time
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.row import Row

if TYPE_CHECKING:
    from tests.notebook.kernel import Kernel

LOADING = 0.050
"""Seconds that ``%load_ext zenbook`` may add to a running kernel."""
HIT = 0.005
"""Seconds that a hit of a small step may take more than an empty cell."""
RESTART = 2.0
"""Seconds in which 20 steps with 1 GB of outputs are back."""
PRINTS = 1.5

EMPTY = "pass"
SMALL = "%%step small\nx = 1\nprint('x')"
PRINTING = "for i in range(100_000): print(i)"
RECORDS = """import joblib
records = [{"id": i, "tags": ["a", str(i % 7)], "score": i * .5} for i in range(60_000)]

@joblib.Memory("remembered", verbose=0).cache
def without(records, n):
    return [record for record in records if record["id"] % 3 != n]
"""


ROUNDS = 5


def undisturbed(taken: Iterable[float]) -> float:
    """The tenth part of the times that were shortest ends here: others work on the machine, too,
    and a time in milliseconds is a limit for what is done in it, not for the waiting in between."""
    ordered = sorted(taken)
    return ordered[len(ordered) // 10]


def rows() -> Iterator[Row]:
    """Measure in one kernel after another."""
    from tests.notebook.kernel import Kernel

    _compile()
    yield _loading()
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(Path(folder))
        try:
            yield _hit(kernel)
            yield _prints(kernel)
            yield _records(kernel)
            yield _restart(kernel)
        finally:
            kernel.stop()


def _compile() -> None:
    """As ``pip install`` does; an editable zenbook is compiled when it is first imported, or, where
    Python writes no bytecode, each time."""
    package = find_spec("zenbook")
    assert package is not None and package.origin is not None
    compileall.compile_dir(Path(package.origin).parent, quiet=2)


def _row(name: str, limit: float, taken: float, peer: str) -> Row:
    return Row(name, ours=taken, peer=limit, peer_name=peer, floor=1.0)


def _loading() -> Row:
    """In a new kernel each time: a process loads an extension once."""
    from tests.notebook.kernel import Kernel

    taken = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            kernel = Kernel(Path(folder), load=False)
            try:
                _timed(kernel, EMPTY)  # the very first cell pays for IPython's own start
                empty = undisturbed(_timed(kernel, EMPTY) for _ in range(ROUNDS))
                taken.append(_timed(kernel, "%load_ext zenbook") - empty)
            finally:
                kernel.stop()
    return _row("%load_ext zenbook", LOADING, undisturbed(taken), "50 ms more than an empty cell")


def _hit(kernel: Kernel) -> Row:
    for source in (SMALL, SMALL, EMPTY):
        kernel.run(source)
    empty, hit = [], []
    for _ in range(20 * ROUNDS):
        empty.append(_timed(kernel, EMPTY))
        hit.append(_timed(kernel, SMALL))
    return _row(
        "a hit of a small %%step cell", HIT + undisturbed(empty), undisturbed(hit), "empty + 5 ms"
    )


def _prints(kernel: Kernel) -> Row:
    step = "%%step printing --force -q\n" + PRINTING
    for source in (PRINTING, step):
        kernel.run(source)
    ratios, taken = [], []
    for _ in range(ROUNDS):
        # Bare cells on both sides: a machine that gets busier, or idle, slows neither more.
        before, ours, after = (_timed(kernel, each) for each in (PRINTING, step, PRINTING))
        ratios.append(ours / ((before + after) / 2))
        taken.append(ours)
    bare = median(taken) / median(ratios)
    return _row("100,000 prints", PRINTS * bare, median(taken), "1.5 × the bare cell")


def _records(kernel: Kernel) -> Row:
    """Results that were not there before; joblib's are copies, which share nothing any more."""
    _timed(kernel, RECORDS)
    ours, peer = [], []
    for n in range(3):
        step = f"%%step few -q\nfew = [record for record in records if record['id'] % 3 != {n}]"
        peer.append(_timed(kernel, f"few = without(records, {n})"))
        ours.append(_timed(kernel, step))
    return Row("records of an input, a miss", median(ours), median(peer), "joblib.Memory", 1.0)


def _restart(kernel: Kernel) -> Row:
    cells = [
        f"%%step s{n}\nimport numpy as np\nx{n} = np.full(6_250_000, {n}.0)" for n in range(20)
    ]
    for cell in cells:
        kernel.run(cell)
    taken = []
    for _ in range(3):
        kernel.restart()
        kernel.run("import numpy as np")
        began = time.perf_counter()
        played = [kernel.run(cell) for cell in cells]
        taken.append(time.perf_counter() - began)
        assert all(cell.status == "cached" for cell in played), [cell.said for cell in played]
    return _row("20 steps, 1 GB, after a restart", RESTART, median(taken), "limit")


def _timed(kernel: Kernel, source: str) -> float:
    """Seconds from busy to idle by the kernel's own clock, with nothing of the client's in them."""
    cell: Any = kernel.run(source)
    assert cell.reply["status"] == "ok", cell.traceback
    return float(cell.seconds)
