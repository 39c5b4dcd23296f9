"""Which names a plain cell has to do with, by its text."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from zenbook.core.trees import nodes_of


@dataclass(frozen=True, slots=True)
class Touched:
    """The names that a cell reads, and those that it binds; of these the imported ones. It
    ``acts`` if it does anything else: calls something, or sets parts of things."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    acts: bool = False


def touched(tree: ast.Module) -> Touched:
    """The names that a cell touches."""
    from zenbook.core.names import analyse

    names = analyse(tree)
    acts = any(map(_acts, nodes_of([tree])))
    return Touched(names.reads, names.writes | names.mutates, frozenset(names.imports), acts)


def _acts(node: ast.AST) -> bool:
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        return not isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Call)
