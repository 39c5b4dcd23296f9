"""Star imports spelled out: the names that the notebook mentions, each from where it comes."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from zenbook.core.source import parse_cell
from zenbook.front.export.reading import Notebook, SourceCell
from zenbook.front.export.remembered import names_of
from zenbook.front.export.verifying import in_fresh_process
from zenbook.front.export.where import Place


def without_stars(notebook: Notebook) -> Notebook:
    """Star imports spelled out: the names the notebook mentions. Raises ExportError."""
    modules = {m for cell in notebook.cells for m in names_of(cell.tree).star_imports}
    if not modules:
        return notebook
    answer = in_fresh_process({"what": "stars", "modules": sorted(modules)}, notebook.file, "Agg")
    if answer["error"]:
        module, _, told = answer["error"].partition(": ")
        raise _place(notebook, module).error(
            f"`from {module} import *` cannot be spelled out: {told}.",
            "Install what it needs, or import the names by themselves.",
        )
    mentioned, bound = _mentioned(notebook), _bound(notebook)
    names = {m: sorted(set(found) & mentioned) for m, found in answer["names"].items()}
    cells = tuple(_spelled_out(cell, names, bound) for cell in notebook.cells)
    return replace(notebook, cells=cells)


def _place(notebook: Notebook, module: str) -> Place:
    """Where a notebook imports all of a module."""
    return next(
        Place(cell.number, node.lineno)
        for cell in notebook.cells
        for node in ast.walk(cell.tree)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        if _module(node) == module
    )


def _mentioned(notebook: Notebook) -> set[str]:
    nodes = (node for cell in notebook.cells for node in ast.walk(cell.tree))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _bound(notebook: Notebook) -> set[str]:
    """Names that the notebook binds itself, by an import or otherwise."""
    return {name for cell in notebook.cells for name in names_of(cell.tree).writes}


def _spelled_out(cell: SourceCell, names: Mapping[str, list[str]], bound: set[str]) -> SourceCell:
    lines = cell.text.split("\n")
    hidden = _hidden(cell.tree.body, names)
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            module = _module(node)
            wanted = [name for name in names[module] if name not in hidden.get(id(node), ())]
            line = lines[node.lineno - 1]
            new = _imports(module, wanted, bound, "\n" + line[: node.col_offset])
            lines[node.lineno - 1] = line[: node.col_offset] + new + line[node.end_col_offset :]
    text = "\n".join(lines)
    return cell if text == cell.text else replace(cell, text=text, tree=parse_cell(text))


def _module(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")


def _imports(module: str, wanted: Sequence[str], bound: set[str], then: str) -> str:
    """One statement, and another for names that the notebook gives a second meaning.

    So the first can stand at the head of the module, whatever becomes of the second.
    """
    alone = then.isspace()
    parts = [[n for n in wanted if n not in bound], [n for n in wanted if n in bound]]
    parts = parts if alone else [list(wanted)]
    return then.join(f"from {module} import {', '.join(p)}" for p in parts if p) or "pass"


def _hidden(body: Sequence[ast.stmt], names: Mapping[str, list[str]]) -> dict[int, set[str]]:
    """Names of a star import that an import right below it binds again, by the import."""
    found: dict[int, set[str]] = {}
    for place, node in enumerate(body):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            below = takewhile(
                lambda n: isinstance(n, (ast.Import, ast.ImportFrom)), body[place + 1 :]
            )
            found[id(node)] = {name for later in below for name in _given(later, names)}
    return found


def _given(node: ast.stmt, names: Mapping[str, list[str]]) -> list[str]:
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        return names[_module(node)]
    aliases = node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else []
    return [alias.asname or alias.name.partition(".")[0] for alias in aliases]
