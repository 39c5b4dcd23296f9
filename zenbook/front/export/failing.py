"""What to say of a script that is not what the notebook gives: the cell, its line, the remedy."""

from __future__ import annotations

from zenbook.front.export.groups import Group
from zenbook.front.export.plan import Plan
from zenbook.front.export.verifying import Comparison
from zenbook.front.export.writing import Script

_WRITTEN_ALL_THE_SAME = "Nothing was written; --no-verify writes it all the same."


def failure(comparison: Comparison, plan: Plan, script: Script) -> str:
    """Which cell makes the script another than the notebook, and what can be done."""
    step = comparison.step or (comparison.differ[0][0] if comparison.differ else "")
    group = next(
        (g for g, title in zip(plan.groups, script.titles, strict=True) if title.name == step),
        None,
    )
    if comparison.error:
        place = _place_of(comparison.statement, group) or _cells(group)
        return (
            f"{place}: step {step or '?'} fails in the script, not in the notebook: "
            f"{comparison.error.rstrip('.')}. {_remedy(comparison.error)}{_WRITTEN_ALL_THE_SAME}"
        )
    names = [output for name, output in comparison.differ if name == step]
    place = _place_of_name(names[0], group) if names else _cells(group)
    listed = ", ".join(f"`{name}`" for name in names)
    return (
        f"{place}: step {step} gives another {listed} in the script than in the notebook. "
        f"{_WRITTEN_ALL_THE_SAME}"
    )


def _remedy(error: str) -> str:
    if error.startswith("CalledProcessError"):
        return (
            "A script has no terminal, and its shell is sh: correct the command, "
            "or tag its cell skip-execution. "
        )
    return ""


def _cells(group: Group | None) -> str:
    numbers = [cell.number for cell in group.cells] if group is not None else []
    if not numbers:
        return "The script"
    return f"Cell {numbers[0]}" if len(numbers) == 1 else f"Cells {numbers[0]} to {numbers[-1]}"


def _place_of(statement: str, group: Group | None) -> str:
    """Where the line that failed stands in the notebook, "" if that is not clear."""
    if not statement or group is None:
        return ""
    found = [
        f"Cell {cell.number}, line {number}"
        for cell in (*(piece.cell for piece in group.copied), *group.cells)
        for number, line in enumerate(cell.text.splitlines(), 1)
        if line.strip() == statement
    ]
    return found[0] if found else ""


def _place_of_name(name: str, group: Group | None) -> str:
    """Where a group binds a name last."""
    for piece in reversed(group.pieces if group is not None else []):
        if name in piece.names.writes:
            return f"Cell {piece.cell.number}, line {piece.line}"
    return _cells(group)
