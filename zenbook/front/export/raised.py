"""A cell that ended with an error: what of it ran before the statement that raised.

What a cell binds above its error is there for the cells below, so a script that leaves out the
whole cell would give them something older, or nothing. The line is read from the traceback that
the notebook keeps, and only believed where the cell still has that line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_OWN_FRAME = re.compile(
    r"(?:File )?(?:Cell In ?\[\d+\], line \d+$|Input In \[.*<(?:cell line|module)"
    r"|<ipython-input-[^>]*> in <module>)"
)
"""What a frame of a cell's own statements begins with, in IPython 7, 8.0 and later ones."""
_ARROW = re.compile(r"^-+> *(\d+)(.*)$", re.MULTILINE)


def error_of(outputs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The error among a cell's outputs, None if it ended without."""
    return next((one for one in outputs if one.get("output_type") == "error"), None)


def is_interrupted(outputs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether somebody stopped the cell, which might run for ever if it ran again."""
    error = error_of(outputs)
    return error is not None and error.get("ename") == "KeyboardInterrupt"


def before_error(raw: str, outputs: Sequence[Mapping[str, Any]]) -> str:
    """The cell's text above the statement that raised; "" if there is none, or nobody knows."""
    error = error_of(outputs)
    line = _line(error, raw) if error is not None and not is_interrupted(outputs) else 0
    if not line:
        return ""
    lines = raw.split("\n")[: _begin(raw, line) - 1]
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()  # what stands above the statement speaks of it
    return "\n".join(lines)


def _line(error: Mapping[str, Any], raw: str) -> int:
    """The cell's own line that raised; 0 if the traceback shows another text there, or none."""
    lines = raw.split("\n")
    for entry in error.get("traceback", ()):
        head, _, shown = _COLOURS.sub("", entry).partition("\n")
        found = _ARROW.search(shown) if _OWN_FRAME.match(head) else None
        if found is not None and int(found[1]) <= len(lines):
            same = "".join(found[2].split()) == "".join(lines[int(found[1]) - 1].split())
            return int(found[1]) if same else 0
    return 0


def parsed(raw: str) -> ast.Module | None:
    """A cell's tree, its magics as calls on lines of their own; None if it is no Python."""
    from IPython.core import inputtransformer2 as ipython

    manager: Any = ipython.TransformerManager()  # type: ignore[no-untyped-call]
    try:
        tree: ast.Module = ast.parse(manager.transform_cell(raw))
    except (SyntaxError, ValueError):
        return None
    return tree


def _begin(raw: str, line: int) -> int:
    """The first line of the statement around a line; 1 if that is not clear."""
    tree = parsed(raw)
    for node in tree.body if tree is not None else []:
        decorators = getattr(node, "decorator_list", [])
        first: int = min([node.lineno, *(one.lineno for one in decorators)])
        if first <= line <= (node.end_lineno or node.lineno):
            return first
    return 1
