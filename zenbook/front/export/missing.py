"""What to say of a name that nothing binds before it is read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from zenbook.core.names import analyse
from zenbook.front.export.groups import Group
from zenbook.front.export.raised import parsed
from zenbook.front.export.where import Place

if TYPE_CHECKING:
    from zenbook.front.export.plan import Plan

_PYTHON_2 = frozenset(
    {"basestring", "cmp", "coerce", "execfile", "file", "intern", "long", "raw_input"}
    | {"reduce", "reload", "unichr", "unicode", "xrange"}
)
_SESSION = frozenset({"_", "__", "___", "Out", "In", "_i", "_ii", "_oh", "_ih", "_dh"})


def missing(name: str, group: Group, plan: Plan) -> None:
    """Tell of a name that nothing binds before it is read. Raises ExportError."""
    if name in _SESSION:
        raise _place(name, group).error(
            f"it reads `{name}`, IPython's memory of earlier results.",
            "Give that result a name where it is made.",
        )
    here = {cell.number for cell in group.cells}
    at_once = _read_at_once(name, group)
    if not at_once and _has_run(group, plan):
        return  # a function reads it, and the run has shown that it was there, or not needed
    made = [p.cell.number for p in plan.pieces if name in p.names.writes]
    if here & set(made):
        return  # bound on some branch, as in the notebook
    skipped = [
        cell.number
        for cell in plan.notebook.cells
        if (cell.skipped or cell.raises) and name in _bound_in(cell.raw)
    ]
    if made and not at_once:
        return  # a function reads it, which can be called once it is there
    if made:
        raise _place(name, group).error(
            f"it reads `{name}`, which only cell {made[0]} below it makes.",
            "Move that cell up; a script runs from top to bottom.",
        )
    if captured := [cell.number for cell in plan.notebook.cells if _captures(cell.raw, name)]:
        raise _place(name, group).error(
            f"it reads `{name}`, what %%capture keeps of cell {captured[-1]}.",
            "Keep it in Python, with contextlib.redirect_stdout; a script prints it.",
        )
    if skipped:
        raise _place(name, group).error(
            f"it reads `{name}`, which cell {skipped[0]} was to make, and that is left out.",
            "Correct that cell, or give the name a value.",
        )
    if name in plan.stars or _has_run(group, plan):
        return  # it is in a branch that the run has not taken
    if name in _PYTHON_2:
        raise _place(name, group).error(
            f"this is Python 2: `{name}`.", "Bring the notebook to Python 3 first."
        )
    raise _place(name, group).error(
        f"it reads `{name}`, which no cell makes: its cell was deleted or edited.",
        "Put the cell back, or give the name a value.",
    )


def _has_run(group: Group, plan: Plan) -> bool:
    """Whether a run has shown that the group's cells end without an error."""
    return all(cell.number in plan.facts.cells for cell in group.cells)


def _read_at_once(name: str, group: Group) -> bool:
    """Whether statements of the group read it, rather than only functions when they are called."""
    waiting: list[ast.AST] = list(group.nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            return True
        inner = list(ast.iter_child_nodes(node))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = [
                *node.decorator_list,
                *node.args.defaults,
                *filter(None, node.args.kw_defaults),
            ]
        elif isinstance(node, ast.Lambda):
            inner = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        waiting += inner
    return False


def _captures(raw: str, name: str) -> bool:
    """Whether a cell's ``%%capture`` binds the name to what the cell shows."""
    words = raw.lstrip().partition("\n")[0].split()
    return words[:1] == ["%%capture"] and name in words


def _bound_in(raw: str) -> set[str]:
    tree = parsed(raw)
    return set(analyse(tree).writes) if tree is not None else set()


def _place(name: str, group: Group) -> Place:
    for piece in group.pieces:
        for statement in piece.nodes:
            for node in ast.walk(statement):
                if not isinstance(node, ast.Name) or node.id != name:
                    continue
                if isinstance(node.ctx, ast.Load):
                    return Place(piece.cell.number, node.lineno)
    return Place(group.cells[0].number)
