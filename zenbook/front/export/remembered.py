"""What the exporter asks of the same trees again and again. Its trees never change, so an answer
holds as long as its tree is there."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from zenbook.core import names, names_scope
from zenbook.core.names import Names

_NAMES: WeakKeyDictionary[ast.Module, Names] = WeakKeyDictionary()
_WRITES: WeakKeyDictionary[ast.AST, frozenset[str]] = WeakKeyDictionary()


def names_of(tree: ast.Module) -> Names:
    """What a cell does with names."""
    found = _NAMES.get(tree)
    if found is None:
        found = _NAMES[tree] = names.analyse(tree)
    return found


def global_writes(node: ast.AST) -> frozenset[str]:
    """Names that functions in a statement declare global and bind."""
    found = _WRITES.get(node)
    if found is None:
        found = _WRITES[node] = frozenset(names_scope.global_writes(node))
    return found


def flow_of(nodes: Iterable[ast.stmt], known: dict[tuple[ast.stmt, ...], Names]) -> Names:
    """What these statements do with names, one after another; ``known`` are answers given."""
    whole = tuple(nodes)
    if whole not in known:
        known[whole] = names.analyse(ast.Module(list(whole), []))
    return known[whole]
