"""What steps cost in a notebook, in a real kernel.

Loading the extension, a hit of a small step against an empty cell, 100,000 prints against the
bare cell, and a notebook of 20 steps with 1 GB of outputs after a restart. Rows are ratios of
the limit to what was measured, so that 1 is the floor.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
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


def rows() -> Iterator[Row]:
    """Measure in one kernel after another."""
    from tests.notebook.kernel import Kernel

    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(Path(folder), load=False)
        try:
            kernel.run(EMPTY)  # a running kernel: its very first cell pays for IPython's own start
            yield _row("%load_ext zenbook", LOADING, _timed(kernel, "%load_ext zenbook"), "limit")
            yield _hit(kernel)
            yield _prints(kernel)
            yield _restart(kernel)
        finally:
            kernel.stop()


def _row(name: str, limit: float, taken: float, peer: str) -> Row:
    return Row(name, ours=taken, peer=limit, peer_name=peer, floor=1.0)


def _hit(kernel: Kernel) -> Row:
    kernel.run(SMALL)
    empty, hit = [], []
    for _ in range(40):
        empty.append(_timed(kernel, EMPTY))
        hit.append(_timed(kernel, SMALL))
    return _row("a hit of a small %%step cell", HIT + median(empty), median(hit), "empty + 5 ms")


def _prints(kernel: Kernel) -> Row:
    bare, step = [], []
    for _ in range(3):
        bare.append(_timed(kernel, PRINTING))
        step.append(_timed(kernel, "%%step printing --force -q\n" + PRINTING))
    return _row("100,000 prints", PRINTS * median(bare), median(step), "1.5 × the bare cell")


def _restart(kernel: Kernel) -> Row:
    cells = [
        f"%%step s{n}\nimport numpy as np\nx{n} = np.full(6_250_000, {n}.0)" for n in range(20)
    ]
    for cell in cells:
        kernel.run(cell)
    kernel.restart()
    kernel.run("%load_ext zenbook")
    kernel.run("import numpy as np")
    began = time.perf_counter()
    played = [kernel.run(cell) for cell in cells]
    taken = time.perf_counter() - began
    assert all(cell.status == "cached" for cell in played), [cell.said for cell in played]
    return _row("20 steps, 1 GB, after a restart", RESTART, taken, "limit")


def _timed(kernel: Kernel, source: str) -> float:
    """Seconds in the kernel from the request to idle, as the kernel's own clock says."""
    began = time.perf_counter()
    cell: Any = kernel.run(source)
    assert cell.reply["status"] == "ok", cell.traceback
    return time.perf_counter() - began
