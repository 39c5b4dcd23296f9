"""What a statement does for the world outside Python, in two words: run ``git``, write ``x.py``."""

from __future__ import annotations

import ast
import re

Deed = tuple[str, str]
"""A verb and its object."""


def deed_of(node: ast.stmt) -> Deed | None:
    """The program that a statement runs, or the file that it writes; None if it does neither."""
    if isinstance(node, ast.With):
        return _written(node.items[0].context_expr)
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    if ast.unparse(node.value.func) != "subprocess.run" or not node.value.args:
        return None
    program = _program(node.value.args[0])
    return ("run", program) if program else None


def _program(command: ast.expr) -> str:
    """The name of the program that a command starts, "" if that is not clear."""
    if isinstance(command, ast.List) and command.elts:
        inner = _first_word(command.elts[-1]) if len(command.elts) == 3 else ""
        return inner or _first_word(command.elts[0])
    return _first_word(command)


def _first_word(text: ast.expr) -> str:
    if isinstance(text, ast.JoinedStr) and text.values:
        text = text.values[0]
    value = text.value if isinstance(text, ast.Constant) else ""
    found = re.match(r"(?:\S*/)?(\w[\w.+-]*)(?=\s|$)", value) if isinstance(value, str) else None
    return found[1] if found else ""


def _written(opened: ast.expr) -> Deed | None:
    if not isinstance(opened, ast.Call) or ast.unparse(opened.func) != "open":
        return None
    values = [one.value if isinstance(one, ast.Constant) else "" for one in opened.args]
    path, mode = (*values, "", "")[:2]
    if not isinstance(path, str) or not path or mode not in ("w", "a", "wb"):
        return None
    return ("write" if mode != "a" else "extend"), path.rpartition("/")[2]
