"""What exporting a long notebook takes: 150 cells, written as a script without running it.

Rows are ratios of the limit to what was measured, so that 1 is the floor, in seconds of the
processor, ours and the formatter's. The other notebooks have cells of ten and of twenty lines, in
a layout that a formatter changes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.row import Row

LIMIT = 2.0
"""Seconds that exporting a notebook of 150 cells may take without its verification."""
CELLS = 150


def rows() -> Iterator[Row]:
    """Export each notebook a few times."""
    for name, cell in (
        ("150 short cells", _short),
        ("150 cells of 10 lines", _long(10)),
        ("150 cells of 20 lines", _long(20)),
    ):
        yield Row(f"export of {name}", _seconds(cell), LIMIT, "limit", 1.0)


def _short(number: int) -> str:
    return f"x{number} = [math.sqrt(v) for v in values]\ntotal{number} = sum(x{number})"


def _long(count: int) -> Callable[[int], str]:
    """Cells of so many lines."""

    def cell(number: int) -> str:
        lines = [f"y{number}_{n}=[ v+{n} for v in values ] # {n}" for n in range(count - 1)]
        return "\n".join([*lines, f"z{number} = y{number}_0[0] + y{number}_1[0]"])

    return cell


def _seconds(cell: Callable[[int], str]) -> float:
    import zenbook

    with tempfile.TemporaryDirectory() as folder:
        file = _written(Path(folder) / "long.ipynb", cell)
        taken = []
        for _ in range(4):
            began = sum(os.times()[:4])
            zenbook.export(file, verify=False)
            taken.append(sum(os.times()[:4]) - began)
        return median(taken[1:])  # the first one imports nbformat


def _written(file: Path, cell: Callable[[int], str]) -> Path:
    import nbformat

    made: Any = nbformat.v4
    book = made.new_notebook()
    book.cells = [made.new_code_cell("import math\n\nvalues = list(range(10))")]
    for number in range(CELLS - 1):
        if number % 10 == 0:
            book.cells.append(made.new_markdown_cell(f"## Part {number}"))
        book.cells.append(made.new_code_cell(cell(number)))
    nbformat.write(book, file)  # type: ignore[no-untyped-call]
    return file
