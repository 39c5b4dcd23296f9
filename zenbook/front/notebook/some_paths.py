"""Names that a cell binds on some paths only."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from zenbook.core.trees import nodes_of
from zenbook.front.notebook.definitions import bound_names, literals_of

_SWALLOWING = ("raises", "suppress")
"""What stands in the names of contexts that let no error out: ``assertRaises``."""


def names_presumed(statements: Iterable[ast.stmt]) -> set[str]:
    """Names that statements bind if every loop has something to go through, and no ``with`` block
    swallows an error as ``suppress()`` does."""
    found: set[str] = set()
    for node in statements:
        if isinstance(node, ast.For | ast.AsyncFor):
            found |= {*bound_names([node.target, node.iter]), *names_presumed(node.body)}
        elif isinstance(node, ast.While):
            found |= {*bound_names([node.test]), *names_presumed(node.body)}
        elif isinstance(node, ast.With | ast.AsyncWith):
            found |= {*bound_names(node.items)}
            if not any(word in name for name in _said(node.items) for word in _SWALLOWING):
                found |= names_presumed(node.body)
        elif isinstance(node, ast.If):
            either = names_presumed(node.body) & names_presumed(node.orelse)
            found |= {*bound_names([node.test]), *either}
        elif isinstance(node, ast.Try | ast.TryStar):
            ways = [names_presumed([*node.body, *node.orelse])]
            ways += [names_presumed(handler.body) for handler in node.handlers]
            found |= set.intersection(*ways) | names_presumed(node.finalbody)
        elif not isinstance(node, ast.Match):
            found |= {*bound_names([node])}
    return found


def named_where_caught(tree: ast.Module) -> set[str]:
    """Names that stand where a NameError may be caught: in ``try`` and ``with`` blocks, and in
    functions and classes, by whoever calls them."""
    blocks = [node for node in nodes_of(tree.body) if isinstance(node, _CATCHING)]
    return {node.id for node in nodes_of(blocks) if isinstance(node, ast.Name)}


_CATCHING = (
    *(ast.Try, ast.TryStar, ast.With, ast.AsyncWith),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
)


def _said(nodes: Iterable[ast.AST]) -> set[str]:
    """Names and attributes that stand in some code, in small letters."""
    inner = nodes_of(nodes)
    return {getattr(one, "attr", getattr(one, "id", "")).lower() for one in inner}


def made_data(statements: Sequence[ast.stmt], anew: Sequence[ast.stmt]) -> frozenset[str]:
    """Names that nothing but blocks among the cell's definitions binds, and only to literals: a hit
    that makes these anew finds out by itself on which branch they are bound."""
    blocks = [node for node in anew if isinstance(node, ast.If | ast.Try)]
    data = {name for node in blocks for name in literals_of(node)[0]}
    others = {name for node in blocks for name in literals_of(node)[1]}
    others.update(bound_names(node for node in statements if node not in blocks))
    return frozenset(data - others)
