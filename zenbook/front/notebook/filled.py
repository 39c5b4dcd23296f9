"""Globals that the functions which a cell calls fill: ``results``, where one of them does
``results.append(score)``.

They do not stand in the cell, and what they hold counts as what its code uses. But a hit has to
leave them as a run does. So they are looked at before and after the cell, as its inputs are, and
one that was changed is kept with the cell's results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zenbook.core.closure_trace import Trace
    from zenbook.front.notebook.cell import Cell
    from zenbook.front.notebook.session import Known


def filled_by(cell: Cell, trace: Trace, notebook: Mapping[str, Any]) -> tuple[str, ...]:
    """Their names, as far as the cell neither reads nor binds them itself. ``trace`` is what was
    found of its code."""
    from zenbook.core.closure_changes import filled_in
    from zenbook.front.notebook.namespace import is_code, is_users

    names = filled_in(trace.changing, notebook)
    others = names.difference(cell.reads, cell.besides, cell.binds, cell.deletes)
    constants = trace.constants if others else ()
    read = {id(value) for name, value in constants if name not in trace.soft}
    return tuple(
        name
        for name in sorted(others)
        if id(notebook.get(name)) in read
        and is_users(name, notebook)
        and not is_code(notebook[name])
    )


def filled_of(known: Known) -> frozenset[str]:
    """Those of a step that has run."""
    vouched = known.call.vouched if known.call is not None else frozenset[str]()
    return vouched.intersection(known.step.inputs)
