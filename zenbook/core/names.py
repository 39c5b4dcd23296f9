"""Which names a cell reads before it binds them, binds, deletes and defines.

Flow-sensitive over the syntax tree: what is bound on *every* path to a read is no input, what
may be unbound is one (a loop may run no times, a try block may break off anywhere). Functions
and lambdas that the cell defines are read when they are used: their free names count at the
place where their name is loaded, so a global bound between definition and call is no input.
A with block is taken to run to its end unless it is one of those that swallow errors.

Annotations are read by nobody who computes a result; they are listed apart for the exporter.
Builtins are listed apart as well: they are inputs only where the notebook has shadowed them.

What cannot be seen here: names inside formula texts, and operators that dispatch to methods
which read globals. :func:`transitive_reads` follows those that a namespace makes visible.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from zenbook.core.names_follow import transitive_reads
from zenbook.core.names_scope import (
    DYNAMIC_CALLS,
    FunctionNode,
    free_names,
    global_writes,
    names_in_texts,
    names_with,
    text_names,
    walrus_targets,
)
from zenbook.core.names_shell import Magic, magic_of
from zenbook.core.source import parse_cell

__all__ = ["Magic", "Names", "analyse", "transitive_reads"]

_BUILTINS = frozenset(dir(builtins))
_SHELL = frozenset({"get_ipython"})
_SWALLOWING = frozenset({"suppress", "raises", "assertRaises", "ignored"})

Bound = frozenset[str] | None
"""Names bound on every path to here; None where no path leads."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a cell does with names.

    ``reads`` are read before they are bound on some path, without ``builtins_read`` and without
    what only annotations mention. ``maybe_read`` are those among the reads that the cell itself
    binds on another path. ``writes`` are bound on some path (``imports``, ``functions`` and
    ``classes`` are among them); ``mutates`` have an item or attribute assigned or deleted.
    ``imports`` maps a name to ``"numpy"`` or ``"sklearn.svm:SVC"``. ``calls`` are the builtins
    and IPython calls that reach names nobody sees: eval, exec, globals, run, input.
    """

    reads: frozenset[str]
    writes: frozenset[str]
    deletes: frozenset[str]
    imports: dict[str, str]
    functions: frozenset[str]
    classes: frozenset[str]
    star_imports: tuple[str, ...]
    calls: frozenset[str]
    magics: tuple[Magic, ...]
    maybe_read: frozenset[str] = frozenset()
    builtins_read: frozenset[str] = frozenset()
    annotations: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()
    """Names bound on every path that reaches the end."""

    @property
    def defines(self) -> frozenset[str]:
        """The functions and classes the cell defines."""
        return self.functions | self.classes

    @property
    def is_dynamic(self) -> bool:
        """Whether names may be read or bound that nobody can see."""
        return bool(self.calls & DYNAMIC_CALLS)


def analyse(source: str | ast.Module) -> Names:
    """The names of a cell, given as the Python that IPython made of it, or as its tree.

    Raises SyntaxError if it is no Python.
    """
    flow = _Flow()
    at_end = flow.block(parse_cell(source).body, frozenset())
    return replace(flow.names(), always=at_end or frozenset())


@dataclass(slots=True)
class _Loop:
    """Where the breaks of a loop lead: what is bound at each."""

    breaks: list[Bound] = field(default_factory=list)


class _Flow:
    """One pass over a cell; each method takes what is bound before and gives what is after."""

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
        self.loops: list[_Loop] = []

    def names(self) -> Names:
        reads = frozenset(self.reads) - _SHELL
        return Names(
            reads=reads - _BUILTINS,
            writes=frozenset(self.writes),
            deletes=frozenset(self.deletes),
            imports=dict(self.imports),
            functions=frozenset(self.functions) - self.classes,
            classes=frozenset(self.classes),
            star_imports=tuple(self.stars),
            calls=frozenset(self.calls),
            magics=tuple(self.magics),
            maybe_read=(reads & self.maybe) - _BUILTINS,
            builtins_read=reads & _BUILTINS,
            annotations=frozenset(self.annotations) - _BUILTINS,
            mutates=frozenset(self.mutates),
        )

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
        for child in ast.iter_child_nodes(node):
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
        if isinstance(node.func, ast.Name):
            self.calls.add(node.func.id)
        for name in names_in_texts(node):
            self.read(name, bound)
        magic = magic_of(node)
        if magic is not None:
            self.magics.append(magic)
            for name in sorted(text_names(magic.expanded)):
                self.read(name, bound)

    def _calls_in(self, node: ast.AST, bound: frozenset[str]) -> None:
        for inner in ast.walk(node):
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

    # -------------------------------------------------------------- statements

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
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
                self.calls.add(inner.func.id)
        return bound

    def _note_annotations(self, node: ast.AST) -> None:
        for inner in ast.walk(node):
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
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                self.read(inner.id, bound)
        for inner in ast.walk(node):
            name = getattr(inner, "rest", None) or getattr(inner, "name", None)
            if isinstance(name, str):
                bound = self.bind(name, bound)
        return bound


def _join(*ends: Bound) -> Bound:
    """What is bound on all the paths that do lead here."""
    reached = [end for end in ends if end is not None]
    return frozenset.intersection(*reached) if reached else None


def _root(node: ast.AST) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


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
