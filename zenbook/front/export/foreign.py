"""What a notebook says to zenbook, in a script that runs without it.

``zenbook.log(...)`` says nothing about any result: ZenML has words of its own for it, and plain
Python has none. Everything else that a step asks of zenbook has an answer only where zenbook is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from zenbook.core.source import parse_cell
from zenbook.front.export.plan import Plan
from zenbook.front.export.reading import Notebook, SourceCell
from zenbook.front.export.where import Place

_ZENML = "log_metadata"


def translated(notebook: Notebook, target: str) -> Notebook:
    """The notebook as it would be without zenbook; as it is if zenbook is the target."""
    if target == "zenbook":
        return notebook
    names = {n: what for cell in notebook.cells for n, what in _imported(cell.tree)}
    if not names:
        return notebook
    cells = tuple(_translated(cell, names, target) for cell in notebook.cells)
    return replace(notebook, cells=cells)


def refuse_zenbook(plan: Plan, target: str) -> None:
    """Refuse a script that would ask zenbook although it is to do without. Raises ExportError."""
    if target == "zenbook":
        return
    names = {n: what for cell in plan.notebook.cells for n, what in _imported(cell.tree)}
    kept = [piece for group in plan.groups for piece in (*group.copied, *group.pieces)]
    for piece in [*kept, *plan.of_kind("definition"), *plan.of_kind("setup")]:
        for node in (inner for statement in piece.nodes for inner in ast.walk(statement)):
            if isinstance(node, ast.Name) and node.id in names:
                raise Place(piece.cell.number, node.lineno).error(
                    f"it uses `{node.id}` of zenbook, which a script for {target} does without.",
                    "Take it out of this cell, or export with --target zenbook.",
                )


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that mean zenbook or something of it: ("zenbook", ""), ("log", "log")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "zenbook":
                    yield alias.asname or "zenbook", ""
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "zenbook":
            for alias in node.names:
                yield alias.asname or alias.name, alias.name


def _translated(cell: SourceCell, names: dict[str, str], target: str) -> SourceCell:
    """The cell with another word for each ``log``, from its end to its beginning."""
    nodes = (node for node in ast.walk(cell.tree) if isinstance(node, ast.Expr))
    found = [node for node in nodes if _is_log(node.value, names)]
    if not found:
        return cell
    lines = cell.text.encode().split(b"\n")
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        new = _metadata(node.value, cell.text) if target == "zenml" else "pass"
        _put(lines, node, new)
    text = b"\n".join(lines).decode()
    if target == "zenml":
        text = f"from zenml import {_ZENML}\n{text}"
    note = "zenbook.log left out" if target == "python" else f"zenbook.log as {_ZENML}"
    tree = parse_cell(text)
    if target == "python":
        text = _without_passes(text, tree)
    return replace(cell, text=text, tree=parse_cell(text), notes=(*cell.notes, note))


def _is_log(call: ast.expr, names: dict[str, str]) -> bool:
    if not isinstance(call, ast.Call) or call.args:
        return False
    called = call.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        return called.attr == "log" and names.get(called.value.id) == ""
    return isinstance(called, ast.Name) and names.get(called.id) == "log"


def _metadata(call: ast.expr, text: str) -> str:
    items = []
    for keyword in call.keywords if isinstance(call, ast.Call) else ():
        value = ast.get_source_segment(text, keyword.value) or ast.unparse(keyword.value)
        items.append(f'"{keyword.arg}": {value}' if keyword.arg else f"**{value}")
    return f"{_ZENML}({{{', '.join(items)}}})"


def _put(lines: list[bytes], node: ast.stmt, new: str) -> None:
    """Replace a statement's text."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset or 0 :]
    lines[first : last + 1] = [before + new.encode() + after]


def _without_passes(text: str, tree: ast.Module) -> str:
    """Without the lines at top level that say ``pass`` only."""
    alone = {node.lineno for node in tree.body if isinstance(node, ast.Pass)}
    lines = text.split("\n")
    return "\n".join(
        line
        for number, line in enumerate(lines, 1)
        if not (number in alone and line.strip() == "pass")
    )
