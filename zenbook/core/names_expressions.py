"""What expressions of a cell read, given what is bound before them."""

from __future__ import annotations

import ast

from zenbook.core.names_scope import (
    OF_A_VALUE,
    free_names,
    names_in_texts,
    text_names,
    walrus_targets,
)
from zenbook.core.names_shell import Magic, magic_of
from zenbook.core.trees import children_of, nodes_of


class Expressions:
    """Gathers reads; each method takes what is bound before and gives what is after."""

    def __init__(self) -> None:
        self.reads: dict[str, None] = {}
        self.maybe: set[str] = set()
        self.writes: dict[str, None] = {}
        self.deletes: set[str] = set()
        self.imports: dict[str, str] = {}
        self.functions: dict[str, frozenset[str]] = {}
        self.classes: set[str] = set()
        self.stars: list[str] = []
        self.calls: set[str] = set()
        self.magics: list[Magic] = []
        self.annotations: set[str] = set()
        self.mutates: set[str] = set()

    # -------------------------------------------------------------- names

    def read(self, name: str, bound: frozenset[str], through: frozenset[str] = frozenset()) -> None:
        """A name is loaded here; a function of this cell brings its free names."""
        if name not in bound:
            self.reads[name] = None
            if name in self.writes:
                self.maybe.add(name)
        if name in self.functions and name not in through:
            for free in sorted(self.functions[name]):
                self.read(free, bound, through | {name})

    def bind(self, name: str, bound: frozenset[str]) -> frozenset[str]:
        self.writes[name] = None
        self.functions.pop(name, None)
        self.deletes.discard(name)
        return bound | {name}

    # -------------------------------------------------------------- expressions

    def expression(self, node: ast.AST | None, bound: frozenset[str]) -> frozenset[str]:
        """Reads of an expression; names it binds (``:=``) are bound afterwards."""
        if node is None:
            return bound
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self.read(node.id, bound)
            return bound
        if isinstance(node, ast.NamedExpr):
            return self.target(node.target, self.expression(node.value, bound))
        if isinstance(
            node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        ):
            return self._inner_scope(node, bound)
        if isinstance(node, (ast.BoolOp, ast.IfExp)):
            return self._branching(node, bound)
        if isinstance(node, ast.Call):
            self._call(node, bound)
        for child in children_of(node):
            bound = self.expression(child, bound)
        return bound

    def _inner_scope(self, node: ast.expr, bound: frozenset[str]) -> frozenset[str]:
        for name in sorted(free_names(node)):
            self.read(name, bound)
        self._calls_in(node, bound)
        for name in walrus_targets(node):
            self.writes[name] = None
        return bound

    def _branching(self, node: ast.BoolOp | ast.IfExp, bound: frozenset[str]) -> frozenset[str]:
        if isinstance(node, ast.BoolOp):
            after = self.expression(node.values[0], bound)
            inner = after
            for value in node.values[1:]:
                inner = self.expression(value, inner)
            return after
        after = self.expression(node.test, bound)
        return self.expression(node.body, after) & self.expression(node.orelse, after)

    def _call(self, node: ast.Call, bound: frozenset[str]) -> None:
        self.note_call(node)
        for name in names_in_texts(node):
            self.read(name, bound)
        magic = magic_of(node)
        if magic is not None:
            self.magics.append(magic)
            for name in sorted(text_names(magic.expanded)):
                self.read(name, bound)

    def note_call(self, node: ast.Call) -> None:
        """A name is called here. ``vars`` or ``dir`` of a value is that value's attributes; only
        without one is it all names."""
        if isinstance(node.func, ast.Name):
            asks_value = bool(node.args) and not isinstance(node.args[0], ast.Starred)
            if not (node.func.id in OF_A_VALUE and asks_value):
                self.calls.add(node.func.id)

    def _calls_in(self, node: ast.AST, bound: frozenset[str]) -> None:
        for inner in nodes_of([node]):
            if isinstance(inner, ast.Call):
                self._call(inner, bound)

    def target(self, node: ast.AST, bound: frozenset[str]) -> frozenset[str]:
        """Assignment to a name, an item, an attribute or several of them."""
        if isinstance(node, ast.Name):
            return self.bind(node.id, bound)
        if isinstance(node, (ast.Tuple, ast.List)):
            for item in node.elts:
                bound = self.target(item, bound)
            return bound
        if isinstance(node, ast.Starred):
            return self.target(node.value, bound)
        if (root := _root(node)) is not None:
            self.mutates.add(root)
        return self.expression(node, bound)


def _root(node: ast.AST) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
