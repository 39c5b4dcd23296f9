"""What a notebook's file says of its cells: which hold parameters, which are steps.

Only a hint: the file is as last saved, the kernel executes what is on the page.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from zenbook.errors import OptionError
from zenbook.front.notebook.marker import find_marker, holds_parameters
from zenbook.front.notebook.options import parse_step_line
from zenbook.front.notebook.places import SavedCell


@dataclass(frozen=True, slots=True)
class Outline:
    """``parameters`` are the sources of cells that hold them; ``steps`` the names of all steps,
    empty if one of them is named only when it runs; ``order`` the same from top to bottom;
    ``cells`` each step's name and source; ``code`` all cells of code, as they were ``saved`` at
    this time, in seconds since the epoch."""

    parameters: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    code: tuple[SavedCell, ...] = ()
    saved: float = 0.0

    @property
    def steps(self) -> frozenset[str]:
        """The steps' names, whatever their order."""
        return frozenset(self.order)

    def codes(self, met: Container[str]) -> Mapping[str, str]:
        """The digest of the code of each step that is not met yet, of those that are Python."""
        found = {name: _code(source) for name, source in self.cells if name not in met}
        return {name: code for name, code in found.items() if code}


@lru_cache(maxsize=1000)
def _code(source: str) -> str:
    """The digest of a cell's code, empty where it is no Python, as running it will say."""
    from zenbook.core.source import body_of_cell
    from zenbook.front.notebook.book import tree_of

    try:
        return body_of_cell(tree_of(source)).code
    except (SyntaxError, ValueError):
        return ""


NOTHING_SAID = Outline()
_read: dict[Path, tuple[int, Outline]] = {}


def outline_of(file: Path) -> Outline:
    """The outline of a notebook; nothing where it cannot be read. Read again when it is saved."""
    try:
        changed = file.stat().st_mtime_ns
        known = _read.get(file)
        if known is None or known[0] != changed:
            notebook = json.loads(file.read_text("utf-8"))
            known = _read[file] = (changed, _outline(notebook, changed / 1e9))
        return known[1]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return NOTHING_SAID


def _outline(notebook: Any, saved: float) -> Outline:
    parameters: set[str] = set()
    cells: dict[str, str] = {}
    code: list[SavedCell] = []
    for cell in notebook["cells"]:
        if cell.get("cell_type") != "code":
            continue
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        lines = source.splitlines()
        if "parameters" in cell.get("metadata", {}).get("tags", ()) or holds_parameters(lines):
            parameters.add(source)
        name = ""
        if (marker := find_marker(lines)) is not None:
            name = _name(marker.options)
            cells[name] = source
        code.append(SavedCell(cell.get("id", ""), source, name))
    if "" in cells:  # a step that is named only when it runs
        cells.clear()
    steps = tuple(cells), tuple(cells.items())
    return Outline(frozenset(parameters), *steps, tuple(code), saved)


def named_twice(notebook: Any) -> Iterator[str]:
    """A sentence for each step that several cells are."""
    cells: dict[str, list[int]] = {}
    for number, cell in enumerate(notebook.cells, 1):
        marker = find_marker(cell.source.splitlines()) if cell.cell_type == "code" else None
        if marker is not None and (name := _name(marker.options)):
            cells.setdefault(name, []).append(number)
    for name, numbers in cells.items():
        if len(numbers) > 1:
            told = ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}"
            all_of_them = "both" if len(numbers) == 2 else "all"
            yield f"Cells {told} are {all_of_them} the step {name}: each replaces the one above it."


def _name(options: str) -> str:
    try:
        return parse_step_line(options).name
    except OptionError:
        return ""  # executing the cell will say what is wrong
