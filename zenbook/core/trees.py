"""Walk a syntax tree. ``ast.walk`` makes a generator for each node and stops at every context:
measured over a notebook's cells it takes three times as long as this. ``copy.deepcopy`` remembers
everything that it meets, and takes five times as long.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TypeVar

_Node = TypeVar("_Node", bound=ast.AST)


def nodes_of(trees: Iterable[ast.AST]) -> list[ast.AST]:
    """Every node of these trees, parents before children, as ``ast.walk`` gives them; without
    the contexts (``Load``, ``Store``, ``Del``), which names, attributes and items have."""
    found = list(trees)
    for node in found:  # grows while it is read
        found += children_of(node)
    return found


def children_of(node: ast.AST, without: Iterable[str] = ()) -> list[ast.AST]:
    """The nodes right below a node, in its order, without its context and without some fields."""
    found: list[ast.AST] = []
    for name in node._fields:
        if name == "ctx" or name in without:
            continue
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
    return found


def copied(tree: _Node) -> _Node:
    """A tree of its own, with the same places in the source; contexts and constants are shared.

    What others have put on its nodes stays behind: after a traceback, ``executing`` has given those
    that all trees share (``ast.Add()``) a parent.
    """
    kind = type(tree)
    copy = kind.__new__(kind)
    held = vars(tree)
    for name in (*tree._fields, *tree._attributes):
        if name not in held:
            continue
        value = held[name]
        if isinstance(value, ast.AST) and name != "ctx":
            value = copied(value)
        elif isinstance(value, list):
            value = [copied(item) if isinstance(item, ast.AST) else item for item in value]
        setattr(copy, name, value)
    return copy
