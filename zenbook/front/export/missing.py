"""What to say of a name that nothing binds before it is read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from zenbook.front.export.groups import Group
from zenbook.front.export.magics import Place

if TYPE_CHECKING:
    from zenbook.front.export.plan import Plan

_SESSION = frozenset({"_", "__", "___", "Out", "In", "_i", "_ii", "_oh", "_ih", "_dh"})


def missing(name: str, group: Group, plan: Plan) -> None:
    """Tell of a name that nothing binds before it is read. Raises ExportError."""
    if name in _SESSION:
        raise _place(name, group).error(
            f"it reads `{name}`, IPython's memory of earlier results.",
            "Give that result a name where it is made.",
        )
    here = {cell.number for cell in group.cells}
    made = [p.cell.number for p in plan.pieces if name in p.names.writes]
    if here & set(made):
        return  # bound on some branch, as in the notebook
    skipped = [
        cell.number for cell in plan.notebook.cells if cell.skipped and name in _bound_in(cell.raw)
    ]
    if made:
        raise _place(name, group).error(
            f"it reads `{name}`, which only cell {made[0]} below it makes.",
            "Move that cell up; a script runs from top to bottom.",
        )
    if skipped:
        raise _place(name, group).error(
            f"it reads `{name}`, which cell {skipped[0]} was to make, and that is left out.",
            "Correct that cell, or give the name a value.",
        )
    plan.notes.append(f"`{name}` is bound nowhere")
    if name in plan.stars:
        return
    raise _place(name, group).error(
        f"it reads `{name}`, which no cell makes: its cell was deleted or edited.",
        "Put the cell back, or give the name a value.",
    )


def _bound_in(raw: str) -> set[str]:
    try:
        tree = ast.parse(raw)
    except SyntaxError:
        return set()
    return {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _place(name: str, group: Group) -> Place:
    for piece in group.pieces:
        for statement in piece.nodes:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and node.id == name:
                    return Place(piece.cell.number, node.lineno)
    return Place(group.cells[0].number)
