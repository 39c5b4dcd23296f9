"""What executing a module's text does, statement by statement, and what each name leads to.

Most statements only define: a function, a class, a literal, an import. What they bind can be looked
at. All others compute, and nobody can see of a value whether the body would compute it again; so
it counts what they use, functions that they may call with all that these use. A name alone, as a
base of a class or in a table of functions, is a mere reference: the object may have been given new
code in its place, as ``%autoreload`` does.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zenbook.core.code_digest import constant_key
from zenbook.core.compiling import compiled
from zenbook.core.source_normal import normalised

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_CONTAINERS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PLAIN_DECORATORS = frozenset({"classmethod", "property", "staticmethod"})


@dataclass(frozen=True, slots=True)
class Imported:
    """What a name was imported from; ``attribute`` is "" for a module itself."""

    module: str
    level: int
    attribute: str


@dataclass(frozen=True, slots=True)
class Decorated:
    """A decorated function or class: who decorates it, and the names it is made of."""

    by: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class ModuleBody:
    """What a text does when it is executed."""

    computed: tuple[str, ...]
    """The statements that do more than define, each without the bodies of its methods."""
    defined: Mapping[str, ast.stmt] = field(compare=False)
    """Statements that bind one name and compute nothing."""
    imported: Mapping[str, tuple[Imported, ...]]
    """What each name may be imported as, anywhere in the text; ``*`` for all of a module."""
    told: Mapping[str, str]
    """What each name that is only defined or imported is, as text."""
    leads: Mapping[str, frozenset[str]]
    """The names in what binds a name."""
    used: frozenset[str]
    """What the computing statements use."""
    named: frozenset[str]
    """What they only name."""
    decorated: tuple[Decorated, ...]


Bodies = Mapping[str, tuple[ModuleBody | None, ModuleBody | None]]
"""What each module's text did when it was found, and what it does now; None if that is no code."""


def body_of(source: str) -> ModuleBody | None:
    """What this text does; None if it is none of Python's."""
    try:
        tree = compiled(source, "<module>", ast.PyCF_ONLY_AST)
    except (SyntaxError, ValueError):
        return None
    return _Reader(normalised(tree.body)).body()


def names_reached(names: Iterable[str], leads: Mapping[str, frozenset[str]]) -> set[str]:
    """These names with all that they lead to."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += leads.get(name, ())
    return found


def literal_text(value: Any) -> str:
    """A literal's text, that tells types apart and does not know the order of a set."""
    if isinstance(value, dict):
        return repr([(literal_text(k), literal_text(v)) for k, v in value.items()])
    if isinstance(value, list):
        return f"list{[literal_text(item) for item in value]}"
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}{sorted(literal_text(item) for item in value)}"
    return repr(constant_key(value))


def literal_of(node: ast.AST | None) -> Any:
    """A literal's value. Raises ValueError if it is none."""
    try:
        return ast.literal_eval(node)  # type: ignore[arg-type]
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError("no literal") from None


class _Reader:
    """Sorts the statements of one text."""

    def __init__(self, statements: Sequence[ast.stmt]) -> None:
        self._statements = [node for node in statements if not _is_main(node)]
        self._computed: list[str] = []
        self._defined: dict[str, ast.stmt] = {}
        self._imported: dict[str, tuple[Imported, ...]] = {}
        self._told: dict[str, str] = {}
        self._leads: dict[str, set[str]] = {}
        self._used: set[str] = set()
        self._named: set[str] = set()
        self._decorated: list[Decorated] = []

    def body(self) -> ModuleBody:
        bound = [name for node in self._statements for name in _bound_by(node)]
        once = {name for name in bound if bound.count(name) == 1}
        for node in self._statements:
            self._read(node, once)
            for each in ast.walk(node):
                for name, source in _imports_of(each):
                    self._imported[name] = (*self._imported.get(name, ()), source)
        return ModuleBody(
            tuple(self._computed),
            self._defined,
            self._imported,
            self._told,
            {name: frozenset(names) for name, names in self._leads.items()},
            frozenset(self._used),
            frozenset(self._named),
            tuple(self._decorated),
        )

    def _read(self, node: ast.stmt, once: set[str]) -> None:
        names = _bound_by(node)
        for name in names:
            self._leads.setdefault(name, set()).update(_names_in(node))
        if names and once.issuperset(names):
            if isinstance(node, ast.Import | ast.ImportFrom) and "*" not in names:
                self._told |= {name: ast.dump(node) for name in names}
                return
            if _only_defines(node):
                self._defined[names[0]] = node
                self._told[names[0]] = ast.dump(node)
                if isinstance(node, ast.ClassDef):
                    self._named |= _names_in(*node.bases)
                return
        self._computed.append(ast.dump(_outlined(node)))
        self._compute(node)

    def _compute(self, node: ast.stmt) -> None:
        """Note what a statement uses while it is executed."""
        if isinstance(node, SCOPES):
            self._define(node)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            inner = [*_statements_in(node)]
            for each in inner:
                self._compute(each)
            self._used |= _names_in(node) - _names_in(*inner) | _names_of_heads(node)
        elif isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets):
            self._take(node.value)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            self._used |= _names_in(node)

    def _define(self, node: FunctionNode | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._decorated.append(Decorated(_root(decorator), frozenset(_names_in(node))))
            called = decorator.args if isinstance(decorator, ast.Call) else []
            self._used |= _names_in(*called)
        if isinstance(node, ast.ClassDef):
            self._named |= _names_in(*node.bases)
            self._used |= _names_in(*node.keywords)
            for each in node.body:
                self._compute(each)
        else:
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            self._used |= _names_in(*defaults)

    def _take(self, value: ast.expr) -> None:
        """An object that is named alone is taken as it is, in a table, too."""
        if isinstance(value, ast.Name):
            self._named.add(value.id)
        elif isinstance(value, _CONTAINERS):
            for part in ast.iter_child_nodes(value):
                if isinstance(part, ast.expr):
                    self._take(part)
        else:
            self._used |= _names_in(value)


def _only_defines(node: ast.stmt) -> bool:
    if isinstance(node, FunctionNode):
        return not node.decorator_list and has_plain_defaults(node)
    if isinstance(node, ast.ClassDef):
        bases = all(isinstance(base, ast.Name) for base in node.bases)
        return bases and not node.decorator_list and not node.keywords and _has_plain_body(node)
    return literal_bound(node) is not None


def _has_plain_body(node: ast.ClassDef) -> bool:
    names = [name for each in node.body for name in _bound_by(each)]
    return len(names) == len(set(names)) and all(
        (has_plain_defaults(each) and is_plain_method(each))
        if isinstance(each, FunctionNode)
        else literal_bound(each) is not None
        for each in node.body
    )


def is_plain_method(node: FunctionNode) -> bool:
    """Whether nothing decorates it but what Python has for methods."""
    return all(
        isinstance(one, ast.Name) and one.id in _PLAIN_DECORATORS for one in node.decorator_list
    )


def has_plain_defaults(node: FunctionNode) -> bool:
    """Whether a function's defaults are literals, if it has any."""
    return all(map(_is_literal, [*node.args.defaults, *filter(None, node.args.kw_defaults)]))


def literal_bound(node: ast.stmt) -> ast.expr | None:
    """The literal that a statement binds to one name; None if it does anything else."""
    match node:
        case ast.Assign([ast.Name()], value) if _is_literal(value):
            return value
    return None


def _is_literal(node: ast.expr) -> bool:
    try:
        literal_of(node)
    except ValueError:
        return False
    return True


def _is_main(node: ast.stmt) -> bool:
    """``if __name__ == "__main__":`` is nothing where a module is imported."""
    match node:
        case ast.If(
            ast.Compare(ast.Name("__name__"), [ast.Eq()], [ast.Constant("__main__")]), _, []
        ):
            return True
    return False


def _bound_by(node: ast.AST) -> list[str]:
    """The names of the module that a statement binds."""
    if isinstance(node, SCOPES):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        whole = isinstance(node, ast.ImportFrom)
        return [
            alias.asname or (alias.name if whole else alias.name.partition(".")[0])
            for alias in node.names
        ]
    own = [node.id] if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) else []
    if isinstance(node, ast.ExceptHandler) and node.name:
        own.append(node.name)
    if isinstance(node, ast.Lambda):
        return own
    return own + [name for part in ast.iter_child_nodes(node) for name in _bound_by(part)]


def _imports_of(node: ast.AST) -> Iterator[tuple[str, Imported]]:
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            name = alias.asname or alias.name
            yield name, Imported(node.module or "", node.level, alias.name)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, Imported(alias.name if alias.asname else top, 0, "")


def _names_in(*nodes: ast.AST) -> set[str]:
    return {
        each.id
        for node in nodes
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    }


def _statements_in(node: ast.AST) -> Iterator[ast.stmt]:
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.stmt):
            yield part
        elif isinstance(part, ast.ExceptHandler):
            yield from _statements_in(part)


def _names_of_heads(node: ast.If | ast.Try | ast.With) -> set[str]:
    """The names in a compound statement's own expressions."""
    if isinstance(node, ast.If):
        return _names_in(node.test)
    if isinstance(node, ast.With):
        return _names_in(*node.items)
    return _names_in(*(one.type for one in node.handlers if one.type is not None))


def _root(node: ast.expr) -> str:
    """The name that a decorator's expression begins with."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _outlined(node: ast.stmt) -> ast.stmt:
    """A class without the bodies of its methods, which are compared one by one."""
    if not isinstance(node, ast.ClassDef):
        return node
    outlined = copy.copy(node)
    outlined.body = [_bare(each) for each in node.body]
    return outlined


def _bare(node: ast.stmt) -> ast.stmt:
    if not isinstance(node, FunctionNode) or node.decorator_list:
        return _outlined(node)
    defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    return ast.Assign([ast.Name(node.name, ast.Store())], ast.Tuple(defaults, ast.Load()))
