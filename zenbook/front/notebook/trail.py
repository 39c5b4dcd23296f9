"""The cells that a kernel has run, and what plain ones among them made of what.

A plan knows what steps would give; what plain cells between them would give it does not. So it
asks here which steps a plain cell's value goes back to, and whether something that the cell read
has been bound anew since: Run All would then make another value than the notebook holds.

Which of two cells stands above is known by their ids, in the order of their first execution. Where
a front end tells no ids, a cell that binds a name anew without reading it counts as standing above.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zenbook.front.notebook.marker import find_marker, take_marker_away

_MOST_TEXTS = 2048


@dataclass(slots=True, eq=False)
class Executed:
    """One execution of a cell. ``step`` and ``record`` are those of a step cell, else ""."""

    text: str
    cell_id: str = ""
    step: str = ""
    record: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """The names that a cell reads, and those that it binds; of these the imported ones."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Made:
    """What a name goes back to: steps, and whether a plain cell on the way is out of date."""

    steps: frozenset[str] = frozenset()
    is_old: bool = False


@dataclass(slots=True, eq=False)
class Trail:
    """Every execution in order. Cells run before zenbook was loaded have no ids."""

    shell: Any
    cells: list[Executed] = field(default_factory=list)
    _touched: dict[str, Touched] = field(default_factory=dict)

    def begin(self, text: str, cell_id: str) -> None:
        """A cell is executed."""
        self.cells.append(Executed(text, cell_id))

    def step_ran(self, at: int, step: str, record: str) -> None:
        """The ``at``-th cell was this step, and used or made this record."""
        if 0 < at <= len(self.cells):
            self.cells[at - 1].step, self.cells[at - 1].record = step, record

    def plain_trees(self, upto: int) -> Iterator[tuple[int, ast.Module]]:
        """The cells that are no steps, newest first, with their places."""
        for place in reversed(range(min(upto, len(self.cells)))):
            text = self.cells[place].text
            if find_marker(text.splitlines()) is None:
                yield place, self._tree(text)

    def bound_since(self, place: int) -> frozenset[str]:
        """Names that cells behind this one have bound."""
        later = (self._names(cell.text).writes for cell in self.cells[place + 1 :])
        return frozenset().union(*later)

    def last_bound(self, name: str) -> int:
        """How many cells had run when one bound a name last; 0 if none did."""
        place = self._bound(name, len(self.cells))
        return 0 if place is None else place + 1

    # ------------------------------------------------------------ where a value is from

    def made(self, name: str, upto: int | None = None) -> Made:
        """What a name's value goes back to, as it was bound by the first ``upto`` cells."""
        place = self._bound(name, len(self.cells) if upto is None else upto)
        if place is None:
            return Made()
        if self.cells[place].step:
            return Made(frozenset({self.cells[place].step}))
        steps: set[str] = set()
        for read in sorted(self._names(self.cells[place].text).reads):
            if self._is_newer(read, place):
                return Made(is_old=True)
            further = self.made(read, place)
            if further.is_old:
                return further
            steps |= further.steps
        return Made(frozenset(steps))

    def _bound(self, name: str, upto: int) -> int | None:
        """The last of the first ``upto`` cells that bound a name."""
        places = reversed(range(upto))
        return next((p for p in places if name in self._names(self.cells[p].text).writes), None)

    def _is_newer(self, name: str, reader: int) -> bool:
        """Whether a cell above the reader has given a name another value since."""
        then, now = self._bound(name, reader), self._bound(name, len(self.cells))
        if then is None or now is None or now <= reader:
            return False
        was, new = self.cells[then], self.cells[now]
        if new.step:
            before = [each.record for each in self.cells[:reader] if each.step == new.step]
            return bool(before) and before[-1] != new.record
        names = self._names(new.text)
        if was.text == new.text or name in names.reads or name in names.imports:
            return False
        if was.cell_id and new.cell_id and was.cell_id != new.cell_id:
            return self._first(new) < self._first(self.cells[reader])
        return True

    def _first(self, cell: Executed) -> int:
        return next(p for p, each in enumerate(self.cells) if each.cell_id == cell.cell_id)

    # ------------------------------------------------------------ what cells say

    def _names(self, text: str) -> Touched:
        known = self._touched.get(text)
        if known is None:
            if len(self._touched) >= _MOST_TEXTS:
                self._touched.clear()
            known = self._touched[text] = _touched(self._tree(text))
        return known

    def _tree(self, text: str) -> ast.Module:
        lines = "".join(take_marker_away(text.splitlines(keepends=True)))
        try:
            tree: ast.Module = ast.parse(self.shell.transform_cell(lines))
        except SyntaxError:
            return ast.Module([], [])  # nothing in it has run
        return tree


def trail_of(shell: Any) -> Trail:
    """The trail of a shell, with what it has run so far."""
    texts: Mapping[int, str] | list[str] = shell.history_manager.input_hist_raw
    return Trail(shell, [Executed(str(text)) for text in list(texts)])


def _touched(tree: ast.Module) -> Touched:
    from zenbook.core.names import analyse

    names = analyse(tree)
    return Touched(names.reads, names.writes | names.mutates, frozenset(names.imports))
