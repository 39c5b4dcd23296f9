"""Print one table of ratios; exit 1 if a floor is missed.

    python -m benchmarks            all of them
    python -m benchmarks hit keep   those whose module has such a name

Every module beside this one that has a function ``rows()`` takes part.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterable, Iterator

import benchmarks
from benchmarks.row import Row
from zenbook.core.view_text import seconds_text


def main(wanted: list[str]) -> int:
    """Measure, print, and say by the exit code whether every floor holds."""
    with tempfile.TemporaryDirectory() as folder:
        # The signing key and the store of a benchmark are nobody's.
        os.environ |= {"ZENBOOK_HOME": f"{folder}/home", "XDG_DATA_HOME": f"{folder}/data"}
        rows = list(_rows(wanted))
    _print(rows)
    return 0 if all(row.holds for row in rows) else 1


def _rows(wanted: list[str]) -> Iterator[Row]:
    for found in sorted(pkgutil.iter_modules(benchmarks.__path__), key=lambda found: found.name):
        if found.name in ("row", "__main__"):
            continue
        module = importlib.import_module(f"benchmarks.{found.name}")
        if hasattr(module, "rows") and _is_wanted(found.name, wanted):
            print(f"measuring {found.name} …", file=sys.stderr, flush=True)
            yield from module.rows()


def _is_wanted(name: str, wanted: list[str]) -> bool:
    return not wanted or any(word in name for word in wanted)


def _print(rows: Iterable[Row]) -> None:
    heads = ("what", "zenbook", "peer", "", "ratio", "at least", "")
    lines = [
        (
            row.name,
            _short(row.ours),
            _short(row.peer),
            row.peer_name,
            f"{row.ratio:.2f}×",
            f"{row.floor:g}×",
            "ok" if row.holds else "MISSED",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    for line in (heads, *lines):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())


def _short(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 0.01 else seconds_text(seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
