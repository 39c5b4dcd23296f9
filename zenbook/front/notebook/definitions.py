"""The statements of a cell that a hit executes anew, and whether they made what they made before.

Imports, functions and classes are not data. They are made again from the cell itself, in the
notebook's own namespace, so that line numbers, ``inspect.getsource``, ``isinstance`` and the
globals of functions are those of the cell in front of the user. Made again are also classes that
a call makes (``P = namedtuple("P", "x y")``), names bound to plain literals or to containers of
them (a default or a base class may read them), magics that only change how things look, and
``try``/``if`` blocks that hold nothing else.

A definition that reads, while it is being made, what the rest of the cell computes cannot be
made alone; it is kept as a value, like any other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from zenbook.core.source_normal import changes_looks
from zenbook.core.trees import children_of, nodes_of
from zenbook.front.notebook.called_early import read_by_called

_IMPORTS = (ast.Import, ast.ImportFrom)
MADE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CLASS_MAKERS = frozenset(
    {"namedtuple", "NamedTuple", "TypedDict", "make_dataclass", "NewType", "TypeVar", "ParamSpec"}
    | {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}
)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def definitions(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements a hit executes anew, in their order."""
    candidates = [node for node in statements if is_definition(node) or _binds_container(node)]
    computed = {
        name for node in statements if node not in candidates for name in bound_names([node])
    }
    found: list[ast.stmt] = []
    filled: set[str] = set()
    defined = {node.name: node for node in statements if isinstance(node, MADE)}
    containers = {
        name for node in candidates if _binds_container(node) for name in bound_names([node])
    }
    for node in statements:
        if node not in candidates:
            filled.update(_filled(node))
            filled |= containers & (_loaded([node]) | read_by_called(node, defined))
            continue
        read, handed = read_by_called(node, defined), _read_while_made(node)
        if isinstance(node, ast.ClassDef | ast.Assign):
            read, handed = read | handed, set()
        if read.isdisjoint(computed | filled) and handed.isdisjoint(computed | filled | containers):
            found.append(node)  # a function that is handed a list holds it, and is kept with it
    return found


def _filled(node: ast.stmt) -> Iterator[str]:
    """Names of what a statement gives attributes or items."""
    for inner in nodes_of([node]):
        if isinstance(inner, ast.Attribute | ast.Subscript) and isinstance(inner.ctx, ast.Store):
            holder: ast.expr = inner
            while isinstance(holder, ast.Attribute | ast.Subscript):
                holder = holder.value
            if isinstance(holder, ast.Name):
                yield holder.id


def made_names(statements: Sequence[ast.stmt], anew: Sequence[ast.stmt]) -> tuple[str, ...]:
    """Names that after the cell stand for an import, function or class made at its top level;
    ``anew`` are the cell's definitions."""
    last: dict[str, bool] = {}
    rebound = {
        name for one in nodes_of(statements) if isinstance(one, ast.Global) for name in one.names
    }
    for node in statements:
        made = node in anew and (defines(node) or not isinstance(node, ast.Assign))
        literals, others = literals_of(node)
        data = (literals - others) | (literals & rebound)
        last |= {name: made and name not in data for name in bound_names([node])}
    return tuple(name for name, made in last.items() if made)


def annotated(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """``x: int = 3`` at the top level as ``x: int``, which only annotates."""
    found: list[ast.stmt] = []
    for node in statements:
        if isinstance(node, ast.AnnAssign) and node.simple:
            bare = ast.AnnAssign(node.target, node.annotation, None, node.simple)
            found.append(ast.copy_location(bare, node))
    return found


def imported_names(statements: Sequence[ast.stmt]) -> frozenset[str]:
    """Names that nothing but imports at the top level binds: what they stand for is a module's."""
    imports = set[str]()
    others = set[str]()
    for node in statements:
        (imports if isinstance(node, _IMPORTS) else others).update(bound_names([node]))
    return frozenset(imports - others)


def dropped_names(statements: Sequence[ast.stmt]) -> tuple[str, ...]:
    """Names that a ``del`` at the top level takes away for good."""
    gone: dict[str, None] = {}
    for node in statements:
        for name in bound_names([node]):
            gone.pop(name, None)
        if isinstance(node, ast.Delete):
            gone.update((one.id, None) for one in node.targets if isinstance(one, ast.Name))
    return tuple(gone)


def is_only_called(node: ast.stmt, tree: ast.Module) -> bool:
    """Whether a cell does nothing with a function it makes but call it.

    Then the function is afterwards what making it anew gives: nobody gave it an attribute.
    """
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.decorator_list:
        return False
    defaults = (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None))
    if not all(map(is_literal, defaults)) or [*bound_names(tree.body)].count(node.name) != 1:
        return False
    nodes = nodes_of([tree])
    called = {id(one.func) for one in nodes if isinstance(one, ast.Call)}
    loads = (one for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load))
    declared = (one for one in nodes if isinstance(one, ast.Global | ast.Nonlocal))
    return all(id(one) in called for one in loads if one.id == node.name) and not any(
        node.name in one.names for one in declared
    )


def is_definition(node: ast.stmt) -> bool:
    """Whether a statement only imports, defines or binds literals."""
    if isinstance(node, (*_IMPORTS, *MADE, ast.Pass)) or changes_looks(node):
        return True
    if isinstance(node, ast.Assign):
        is_named = all(isinstance(target, ast.Name) for target in node.targets)
        return (is_named and is_literal(node.value)) or _makes_class(node)
    if isinstance(node, ast.Try):
        inner = [*node.body, *node.orelse, *node.finalbody]
        inner += [one for handler in node.handlers for one in handler.body]
        return all(map(is_definition, inner))
    if isinstance(node, ast.If):
        return _is_plain_test(node.test) and all(map(is_definition, [*node.body, *node.orelse]))
    return False


def literals_of(node: ast.stmt) -> tuple[set[str], set[str]]:
    """The names to which a block gives literals, and those that it binds otherwise."""
    inner = [*flattened([node])]
    given = [one for one in inner if isinstance(one, ast.Assign) and not defines(one)]
    return set(bound_names(given)), set(bound_names(one for one in inner if one not in given))


def flattened(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """These statements, with those in ``if`` and ``try`` blocks in place of the blocks."""
    for node in statements:
        if isinstance(node, ast.If):
            yield from flattened([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handled = [one for handler in node.handlers for one in handler.body]
            yield from flattened([*node.body, *handled, *node.orelse, *node.finalbody])
        else:
            yield node


def defines(node: ast.stmt) -> bool:
    """Whether a statement makes a function or a class: ``P = namedtuple("P", "x y")`` does, too."""
    return isinstance(node, MADE) or (isinstance(node, ast.Assign) and _makes_class(node))


def _makes_class(node: ast.Assign) -> bool:
    """Whether it calls what makes classes, for this very name, with names and literals only."""
    call, target = node.value, node.targets[0]
    if not isinstance(call, ast.Call) or not call.args or not isinstance(target, ast.Name):
        return False
    first = call.args[0]
    is_so_named = isinstance(first, ast.Constant) and first.value == target.id
    maker = ast.unparse(call.func).rpartition(".")[2]
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return is_so_named and maker in _CLASS_MAKERS and all(map(_is_plain_argument, given))


def _is_plain_argument(node: ast.expr) -> bool:
    allowed = (ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.List, ast.Dict)
    return all(isinstance(inner, allowed) for inner in nodes_of([node]))


def bound_names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names that statements bind in their own scope, each as often as it is bound."""
    waiting = list(nodes)
    for node in waiting:  # grows while it is read
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, _IMPORTS):
            yield from (a.asname or a.name.partition(".")[0] for a in node.names if a.name != "*")
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
        if isinstance(node, MADE):
            yield node.name
            waiting += [*node.decorator_list]
        elif not isinstance(node, _SCOPES):
            waiting += _own_children(node)


def _own_children(node: ast.AST) -> list[ast.AST]:
    """A comprehension's targets are its own; a walrus in it is not."""
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return [inner.target for inner in nodes_of([node]) if isinstance(inner, ast.NamedExpr)]
    return children_of(node)


def _read_while_made(node: ast.stmt) -> set[str]:
    """Names a definition reads when it is executed, not when what it defines is used."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        arguments = [one for one in nodes_of([node.args]) if isinstance(one, ast.arg)]
        annotations = [node.returns, *(one.annotation for one in arguments)]
        now: list[ast.AST | None] = [*node.decorator_list, *annotations]
        now += [*node.args.defaults, *node.args.kw_defaults]
    elif isinstance(node, ast.ClassDef):
        inner = [name for one in node.body for name in _read_while_made(one)]
        outer = [*node.decorator_list, *node.bases, *node.keywords]
        return {*inner, *_loaded(outer)}
    else:
        now = [node]
    return _loaded(now)


def _loaded(nodes: Iterable[ast.AST | None]) -> set[str]:
    return {
        inner.id
        for inner in nodes_of(node for node in nodes if node is not None)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    }


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is a plain literal, or a tuple of them."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Tuple):
        return all(map(is_literal, node.elts))
    return isinstance(node, ast.Constant)


def _is_container(node: ast.expr) -> bool:
    """Whether an expression is a list, dictionary or set of literals."""
    if isinstance(node, ast.List | ast.Set | ast.Tuple):
        return all(is_literal(one) or _is_container(one) for one in node.elts)
    if isinstance(node, ast.Dict):
        inner = [*(one for one in node.keys if one is not None), *node.values]
        return None not in node.keys and all(is_literal(one) or _is_container(one) for one in inner)
    return False


def _binds_container(node: ast.stmt) -> bool:
    """Whether a statement gives one name a list, dictionary or set of literals."""
    if not isinstance(node, ast.Assign) or is_literal(node.value) or not _is_container(node.value):
        return False
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)


def _is_plain_test(node: ast.expr) -> bool:
    allowed = (ast.Name, ast.Attribute, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp)
    more = (ast.Tuple, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
    return all(isinstance(inner, (*allowed, *more)) for inner in nodes_of([node]))
