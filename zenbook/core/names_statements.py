"""What statements of a cell read and bind, on every path through them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from zenbook.core.names_expressions import Expressions
from zenbook.core.names_scope import FunctionNode, free_names, global_writes, names_with
from zenbook.core.names_shell import Magic, magic_of
from zenbook.core.source import parse_cell
from zenbook.core.trees import nodes_of

_SWALLOWING = frozenset({"suppress", "raises", "assertRaises", "ignored"})

Bound = frozenset[str] | None
"""Names bound on every path to here; None where no path leads."""


@dataclass(slots=True)
class _Loop:
    """Where the breaks of a loop lead: what is bound at each."""

    breaks: list[Bound] = field(default_factory=list)


class Statements(Expressions):
    """One pass over a cell, statement by statement."""

    def __init__(self) -> None:
        super().__init__()
        self.loops: list[_Loop] = []

    def block(self, statements: Iterable[ast.stmt], bound: Bound) -> Bound:
        for node in statements:
            if bound is None:
                return None
            method = getattr(self, f"_{type(node).__name__}", None)
            bound = self.expression(node, bound) if method is None else method(node, bound)
        return bound

    def _Expr(self, node: ast.Expr, bound: frozenset[str]) -> Bound:
        after = self.expression(node.value, bound)
        magic = magic_of(node.value) if isinstance(node.value, ast.Call) else None
        if magic is not None and magic.code:
            return self._magic_code(magic, after)
        return after

    def _magic_code(self, magic: Magic, bound: frozenset[str]) -> Bound:
        try:
            body = parse_cell(magic.code).body
        except SyntaxError:
            return bound  # it will raise when it is run
        after = self.block(body, bound)
        return after if magic.binds else bound

    def _Assign(self, node: ast.Assign, bound: frozenset[str]) -> Bound:
        target = node.targets[0]
        if isinstance(node.value, ast.Lambda) and isinstance(target, ast.Name):
            for default in (*node.value.args.defaults, *node.value.args.kw_defaults):
                bound = self.expression(default, bound)
            return self._function(target.id, node.value, bound)
        bound = self.expression(node.value, bound)
        for each in node.targets:
            bound = self.target(each, bound)
        return bound

    def _AnnAssign(self, node: ast.AnnAssign, bound: frozenset[str]) -> Bound:
        self.annotations |= free_names(node.annotation)
        if node.value is None:
            return bound
        return self.target(node.target, self.expression(node.value, bound))

    def _AugAssign(self, node: ast.AugAssign, bound: frozenset[str]) -> Bound:
        bound = self.expression(node.value, bound)
        if isinstance(node.target, ast.Name):
            self.read(node.target.id, bound)
        return self.target(node.target, bound)

    def _Delete(self, node: ast.Delete, bound: frozenset[str]) -> Bound:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self.target(target, bound)
                continue
            self.deletes.add(target.id)
            self.writes.pop(target.id, None)
            self.functions.pop(target.id, None)
            bound -= {target.id}
        return bound

    def _Import(self, node: ast.Import, bound: frozenset[str]) -> Bound:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            name = alias.asname or top
            bound = self.bind(name, bound)
            self.imports[name] = alias.name if alias.asname else top
        return bound

    def _ImportFrom(self, node: ast.ImportFrom, bound: frozenset[str]) -> Bound:
        module = "." * node.level + (node.module or "")
        if module == "__future__":
            return bound
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(module)
                continue
            name = alias.asname or alias.name
            bound = self.bind(name, bound)
            self.imports[name] = f"{module}:{alias.name}"
        return bound

    # -------------------------------------------------------------- definitions

    def _FunctionDef(self, node: FunctionNode, bound: frozenset[str]) -> Bound:
        arguments = node.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            bound = self.expression(default, bound)
        for decorator in node.decorator_list:
            bound = self.expression(decorator, bound)
        self._note_annotations(node)
        bound = self._function(node.name, node, bound)
        if node.decorator_list:
            self.read(node.name, bound)  # a decorator may call it at once
        return bound

    _AsyncFunctionDef = _FunctionDef

    def _function(
        self, name: str, node: FunctionNode | ast.Lambda, bound: frozenset[str]
    ) -> frozenset[str]:
        free = free_names(node) - {name}
        bound = self.bind(name, bound)
        self.functions[name] = frozenset(free)
        for written in global_writes(node):
            self.writes[written] = None
        for inner in nodes_of([node]):
            if isinstance(inner, ast.Call):
                self.note_call(inner)
        return bound

    def _note_annotations(self, node: ast.AST) -> None:
        for inner in nodes_of([node]):
            note = getattr(inner, "annotation", None) or getattr(inner, "returns", None)
            if isinstance(note, ast.expr):
                self.annotations |= free_names(note)

    def _ClassDef(self, node: ast.ClassDef, bound: frozenset[str]) -> Bound:
        """A class's body runs at once; its methods are read when the class is used."""
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            bound = self.expression(part, bound)
        self._note_annotations(node)
        now, later = _class_names(node)
        for name in sorted(now):
            self.read(name, bound)
        bound = self.bind(node.name, bound)
        self.functions[node.name] = frozenset(later - {node.name})
        self.classes.add(node.name)
        if node.decorator_list or node.keywords or node.bases:
            self.read(node.name, bound)  # a base or a metaclass may call its methods at once
        return bound

    # -------------------------------------------------------------- branches

    def _If(self, node: ast.If, bound: frozenset[str]) -> Bound:
        bound = self.expression(node.test, bound)
        return _join(self.block(node.body, bound), self.block(node.orelse, bound))

    def _For(self, node: ast.For | ast.AsyncFor, bound: frozenset[str]) -> Bound:
        before = self.expression(node.iter, bound)
        loop = _Loop()
        self.loops.append(loop)
        self.block(node.body, self.target(node.target, before))
        self.loops.pop()
        return _join(self.block(node.orelse, before), *loop.breaks)

    _AsyncFor = _For

    def _While(self, node: ast.While, bound: frozenset[str]) -> Bound:
        before = self.expression(node.test, bound)
        loop = _Loop()
        self.loops.append(loop)
        self.block(node.body, before)
        self.loops.pop()
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        ended = None if endless else self.block(node.orelse, before)
        return _join(ended, *loop.breaks)

    def _Break(self, node: ast.Break, bound: frozenset[str]) -> Bound:
        self.loops[-1].breaks.append(bound)
        return None

    def _Continue(self, node: ast.Continue, bound: frozenset[str]) -> Bound:
        return None

    def _Raise(self, node: ast.Raise, bound: frozenset[str]) -> Bound:
        self.expression(node.cause, self.expression(node.exc, bound))
        return None

    def _Return(self, node: ast.Return, bound: frozenset[str]) -> Bound:
        self.expression(node.value, bound)
        return None

    def _Try(self, node: ast.Try, bound: frozenset[str]) -> Bound:
        """A handler may be entered from anywhere in the body: nothing it binds is sure there."""
        gone = {name for s in node.body for name in names_with(s, ast.Del)}
        done = self.block(node.orelse, self.block(node.body, bound))
        entered = bound - gone
        ends = [self._handler(handler, entered) for handler in node.handlers]
        after = _join(done, *ends)
        finally_ = self.block(node.finalbody, entered)
        if after is None or finally_ is None:
            return None
        return after | (finally_ - entered)

    _TryStar = _Try

    def _handler(self, node: ast.ExceptHandler, bound: frozenset[str]) -> Bound:
        bound = self.expression(node.type, bound)
        if node.name is None:
            return self.block(node.body, bound)
        known = node.name in self.writes
        after = self.block(node.body, self.bind(node.name, bound))
        if not known:
            self.writes.pop(node.name, None)
        return None if after is None else after - {node.name}

    def _With(self, node: ast.With | ast.AsyncWith, bound: frozenset[str]) -> Bound:
        for item in node.items:
            bound = self.expression(item.context_expr, bound)
            if item.optional_vars is not None:
                bound = self.target(item.optional_vars, bound)
        after = self.block(node.body, bound)
        if any(_swallows(item.context_expr) for item in node.items):
            return bound
        return after

    _AsyncWith = _With

    def _Match(self, node: ast.Match, bound: frozenset[str]) -> Bound:
        bound = self.expression(node.subject, bound)
        ends: list[Bound] = []
        for case in node.cases:
            inner = self._pattern(case.pattern, bound)
            ends.append(self.block(case.body, self.expression(case.guard, inner)))
        complete = any(_always_matches(case) for case in node.cases)
        return _join(*ends) if complete else _join(bound, *ends)

    def _pattern(self, node: ast.pattern, bound: frozenset[str]) -> frozenset[str]:
        for inner in nodes_of([node]):
            if isinstance(inner, ast.Name):
                self.read(inner.id, bound)
        for inner in nodes_of([node]):
            name = getattr(inner, "rest", None) or getattr(inner, "name", None)
            if isinstance(name, str):
                bound = self.bind(name, bound)
        return bound


def _join(*ends: Bound) -> Bound:
    """What is bound on all the paths that do lead here."""
    reached = [end for end in ends if end is not None]
    return frozenset.intersection(*reached) if reached else None


def _swallows(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in _SWALLOWING


def _always_matches(case: ast.match_case) -> bool:
    pattern = case.pattern
    return case.guard is None and isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _class_names(node: ast.ClassDef) -> tuple[set[str], set[str]]:
    """Names read when the class's body runs, and those its methods read later."""
    now: set[str] = set()
    later: set[str] = set()
    bound: set[str] = set()
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            later |= free_names(statement)
            for part in (*statement.decorator_list, *statement.args.defaults):
                now |= free_names(part) - bound
            bound.add(statement.name)
        elif isinstance(statement, ast.ClassDef):
            inner_now, inner_later = _class_names(statement)
            now |= inner_now - bound
            later |= inner_later
            bound.add(statement.name)
        else:
            note = statement.annotation if isinstance(statement, ast.AnnAssign) else None
            now |= free_names(statement, bind=False) - bound - free_names(note)
            bound |= names_with(statement, ast.Store)
    return now, later
