"""Names that a step binds and nobody reads: ``fig`` of ``fig, ax = plt.subplots()``.

In a notebook such a name stays for whoever comes later. A function's local is gone at its end,
and every linter says so; an expert leaves the name out and keeps what makes the value. A
``%%step`` cell keeps its text, because that is what its records are found by. What a call gives
keeps its name unless it is known to be data: it may do something for as long as it lives.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from zenbook.core.names_scope import DYNAMIC_CALLS
from zenbook.front.export.facts import Facts, drawn_names
from zenbook.front.export.groups import Group, assigned, loaded, statements_in
from zenbook.front.export.pieces import Piece

_MODULES = (
    "axes collections colorbar container contour figure image legend lines offsetbox patches "
    "projections quiver spines stackplot streamplot table text tri"
)
_PARTS = (*(f"matplotlib.{module}." for module in _MODULES.split()), "mpl_toolkits.")
_MAKERS = frozenset(
    {"arange", "array", "empty", "eye", "full", "linspace", "ones", "zeros", "zeros_like"}
)
_WORKS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


def unread_names(group: Group, facts: Facts) -> frozenset[str]:
    """What the group's assignments bind for nobody: plain values, and parts of figures."""
    if group.marked is not None or group.names().calls & DYNAMIC_CALLS:
        return frozenset()
    names = {name for name in assigned(group.nodes) if not name.startswith("_")}
    harmless = drawn_names(group.nodes) | _seen_harmless(group, facts)
    lives = _made_by_work(group.nodes) - harmless
    return frozenset(names - lives - set(group.outputs) - _mentioned(group.nodes))


def _made_by_work(nodes: Iterable[ast.stmt]) -> set[str]:
    """Names bound to what a call gives."""
    return {name for node in _assignments(nodes) if _works(node.value) for name in assigned([node])}


def _seen_harmless(group: Group, facts: Facts) -> set[str]:
    """Names whose values the run has seen to be data, or parts of figures."""
    numbers = [cell.number for cell in group.cells]
    data = {
        name
        for name in group.written
        if any(facts.is_data(number, name) for number in numbers)
        and not any(facts.stuck(number, name) for number in numbers)
    }
    return data | {
        name
        for name in group.written
        if any(facts.type_of(number, name).startswith(_PARTS) for number in numbers)
    }


def _mentioned(nodes: Iterable[ast.stmt]) -> set[str]:
    """Names that are read, deleted, shared with a function, or may be meant by a text."""
    nodes = list(nodes)
    found = loaded(nodes)
    for statement in nodes:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                found |= set(node.names)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
                found.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"[^\W\d]\w*", node.value))
    return found


def without_unread(piece: Piece, text: str, unread: frozenset[str]) -> str:
    """The piece's text without these names; "" if nothing is left to do."""
    for node in _assignments(piece.nodes):
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id in unread:
            if _works(node.value):
                text = _instead(piece, text, node, "")
            elif piece.nodes == (node,):
                return "\n".join(line for line in text.split("\n") if line.startswith("#"))
        elif isinstance(target, ast.Tuple):
            names = [one.id if isinstance(one, ast.Name) else "" for one in target.elts]
            if not all(names) or not unread & set(names):
                continue
            kept = ["_" if name in unread else name for name in names]
            left = "" if set(kept) == {"_"} else f"{', '.join(kept)} = "
            text = _instead(piece, text, node, left)
    return text


def _works(value: ast.expr) -> bool:
    """Whether making the value may do more than make it."""
    return any(isinstance(n, _WORKS) and not _only_makes(n) for n in ast.walk(value))


def _only_makes(node: ast.AST) -> bool:
    """Whether it is a call such as ``np.zeros(3)``."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id in ("np", "numpy") and function.attr in _MAKERS
    return isinstance(function, ast.Name) and function.id in ("len", "range")


def _assignments(nodes: Iterable[ast.AST]) -> Iterator[ast.Assign]:
    """Assignments to one target, wherever the step itself runs them."""
    for node in statements_in(nodes):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            yield node


def _instead(piece: Piece, text: str, node: ast.Assign, left: str) -> str:
    """The text with another left side of an assignment; as it is where that is not clear."""
    whole = ast.get_source_segment(piece.cell.text, node) or ""
    value = ast.get_source_segment(piece.cell.text, node.value) or ""
    if not value or not whole.endswith(value) or text.count(whole) != 1:
        return text
    return text.replace(whole, left + value)
