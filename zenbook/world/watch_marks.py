"""Who has made the marks that Python leaves where it has shown a warning (see :mod:`watch_once`).

Nobody is told when a mark is made. So when a cell begins, the marks that stand and are nobody's yet
were made by the cell before it; and a step claims those that it has left or, as a hit, put there.
What a step has marked itself is no reason for it to be silent: it would be shown again. Neither is
a mark of a cell below it, which a cold run would not have made yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

CELL = "%%"
"""What the name of a step begins with here that is a cell: each stands in one place."""
Mark = tuple[str, tuple[Any, ...]]
"""The name of a module, and a key of its registry."""
Order = Callable[[int, int], int]
"""Whether one executed cell stands above another (-1), is the same (0), or stands below it (1)."""


class _Doer(NamedTuple):
    """Who marked it: an executed cell, and the step in it, ``""`` for other code."""

    place: int
    step: str


def _only_cell(_place: int, _other: int) -> int:
    return 0


@dataclass(slots=True)
class _Now:
    place: int = -1
    order: Order = _only_cell
    cells: dict[str, int] = field(default_factory=dict)
    """Where each step that is a cell ran last."""


_now = _Now()
_doers: dict[Mark, tuple[int, set[_Doer]]] = {}
"""Who made a mark; good for one version of the filters."""


def cell_begins(place: int, order: Order, standing: Iterable[Mark], version: int) -> None:
    """A notebook's next cell begins; these marks stand."""
    before = _Doer(_now.place, "")
    known = {mark: _doers.get(mark) for mark in standing}
    _doers.clear()
    for mark, found in known.items():
        _doers[mark] = found if found and found[0] == version else (version, {before})
    _now.place, _now.order = place, order


def claim(mark: Mark, step: str, version: int) -> None:
    """This step has had the warning shown, or would have."""
    if mark not in _doers or _doers[mark][0] != version:
        _doers[mark] = (version, set())
    _doers[mark][1].add(_Doer(_now.place, step))
    if step.startswith(CELL):
        _now.cells[step] = _now.place


def is_in_the_way(mark: Mark, step: str, version: int) -> bool:
    """Whether, because of this mark, that stands, a cold run of the step would be silent."""
    known, doers = _doers.get(mark, (version, set()))
    if known != version or not doers:
        return True
    here = _now.cells.get(step, _now.place)
    orders = {doer: _order(doer.place, here) for doer in doers}
    if min(orders.values()) < 0:
        return True
    return not any(
        order > 0 or step.startswith(CELL) or doer.step == step for doer, order in orders.items()
    )


def _order(place: int, other: int) -> int:
    """What ran before the first cell that anybody told of stands above all."""
    if place == other:
        return 0
    return -1 if place < 0 else _now.order(place, other)


def forget() -> None:
    """Know nothing of earlier cells."""
    _doers.clear()
    _now.place, _now.order = -1, _only_cell
    _now.cells.clear()
