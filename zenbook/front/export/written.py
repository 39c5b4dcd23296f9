"""Cells that are no Python and that no step needs: texts for programs, and modules they write."""

from __future__ import annotations

import ast
import re
from pathlib import PurePath

from zenbook.core.trees import nodes_of
from zenbook.front.export.pieces import Piece
from zenbook.front.export.plan import Plan
from zenbook.front.export.programs import TEXT
from zenbook.front.export.reading import SourceCell

_WRITES = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?:-\S+[ \t]+)*(\S+\.py)[ \t]*$", re.MULTILINE)


def is_text_for_program(piece: Piece) -> bool:
    """Whether a statement only holds the text of a cell that a program is handed."""
    raw = piece.cell.raw.lstrip()
    return raw.startswith("%%") and all(
        name.startswith(TEXT) and name not in raw for name in piece.names.writes
    )


def module_written(cell: SourceCell, plan: Plan) -> str:
    """The file of a module that a cell writes and the script imports; "" if there is none."""
    found = _WRITES.match(cell.raw)
    return found[1] if found and PurePath(found[1]).stem in _imported(plan) else ""


def _imported(plan: Plan) -> set[str]:
    """The modules that the notebook's own code imports, by the first part of their names."""
    nodes = nodes_of(node for piece in plan.pieces for node in piece.nodes)
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}
