"""IPython's memory of results spelled out: ``_``, ``_3`` and ``Out[3]`` get a name of their own.

``_`` is the last result that the notebook showed, so the saved outputs tell which cell made it;
where nothing is saved, only the cell right above counts. What cannot be told is left as it is,
and refused by :mod:`missing`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from zenbook.core.source import parse_cell
from zenbook.front.export.reading import Notebook, SourceCell
from zenbook.front.export.remembered import names_of

_NUMBERED = re.compile(r"_(\d+)")
Edit = tuple[int, int, int, str]
"""A line, counted from 0, the bytes to be replaced in it, and the new text."""


def without_memory(notebook: Notebook) -> Notebook:
    """The notebook with a name for each result that a later cell takes from IPython's memory."""
    cells = list(notebook.cells)
    bound = {name for cell in cells for name in names_of(cell.tree).writes}
    if "_" in bound or "Out" in bound:
        return notebook
    edits: dict[int, list[Edit]] = {}
    makers: set[int] = set()
    for place, cell in enumerate(cells):
        for node in _remembered(cell):
            maker = _maker(node, cells[:place])
            if maker is not None and (edit := _edit(node, _name(maker, bound))) is not None:
                edits.setdefault(cell.number, []).append(edit)
                makers.add(maker.number)
    for cell in cells:
        if cell.number in makers:
            last = cell.tree.body[-1]
            start = (last.lineno - 1, last.col_offset, last.col_offset)
            edits.setdefault(cell.number, []).append((*start, f"{_name(cell, bound)} = "))
    return replace(notebook, cells=tuple(_edited(cell, edits) for cell in cells))


def _remembered(cell: SourceCell) -> Iterator[ast.expr]:
    """Where a cell reads IPython's memory."""
    reads = names_of(cell.tree).reads
    if cell.step is not None or not any(n in ("_", "Out") or _NUMBERED.fullmatch(n) for n in reads):
        return
    stores = {n.id for n in ast.walk(cell.tree) if isinstance(n, ast.Name) and _is_stored(n)}
    arguments = {n.arg for n in ast.walk(cell.tree) if isinstance(n, ast.arg)}
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Name) and node.id in reads - stores - arguments:
            if node.id == "_" or _NUMBERED.fullmatch(node.id):
                yield node
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Out":
            yield node


def _is_stored(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _maker(node: ast.expr, before: Sequence[SourceCell]) -> SourceCell | None:
    """The cell whose result a memory stands for, None if it cannot be told or named."""
    if isinstance(node, ast.Name) and node.id == "_":
        ran = [cell for cell in before if cell.executed and not cell.skipped]
        shown = [cell for cell in ran if cell.shown is not None]
        above = [cell for cell in before if cell.tree.body][-1:]
        found = shown[-1:] if ran else above
    else:
        number = _number(node)
        found = [c for c in before if c.executed == number and number and c.shown is not None]
    maker = found[-1] if found else None
    if maker is None or maker.step is not None or maker.skipped or not maker.tree.body:
        return None
    return maker if isinstance(maker.tree.body[-1], ast.Expr) else None


def _number(node: ast.expr) -> int:
    """``3`` of ``_3`` and ``Out[3]``; 0 if it is anything else."""
    if isinstance(node, ast.Name):
        return int(node.id[1:])
    index = node.slice if isinstance(node, ast.Subscript) else None
    number = index.value if isinstance(index, ast.Constant) else 0
    return number if isinstance(number, int) else 0


def _name(maker: SourceCell, bound: set[str]) -> str:
    name = f"result_{maker.number}"
    return name if name not in bound else f"{name}_"


def _edit(node: ast.expr, name: str) -> Edit | None:
    if node.end_lineno != node.lineno or node.end_col_offset is None:
        return None
    return node.lineno - 1, node.col_offset, node.end_col_offset, name


def _edited(cell: SourceCell, edits: Mapping[int, list[Edit]]) -> SourceCell:
    if cell.number not in edits:
        return cell
    lines = cell.text.split("\n")
    for line, start, end, new in sorted(edits[cell.number], reverse=True):
        old = lines[line].encode()
        lines[line] = old[:start].decode() + new + old[end:].decode()
    text = "\n".join(lines)
    return replace(cell, text=text, tree=parse_cell(text))
