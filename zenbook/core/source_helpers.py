"""A body without the helpers that stand above it, which count as code that it uses.

A notebook's function may read what a step computes (``data``), so the exporter brings it along
into every step that calls it, where ``data`` is an input::

    def scale(data):
        def scaled(factor):
            return [factor * n for n in data]

        doubled = scaled(2)
        return doubled

In the notebook ``scaled`` is code that the cell ``doubled = scaled(2)`` uses, and ``data`` a
global. Both are the same step, and so is a cell that begins with the definition. So in a key
helpers above a body count as code that it uses, as they would in a module in which the inputs are
globals; but only where nobody could tell: a helper is called and nothing else, gives away no
function that remembers it, binds nothing outside itself, and reads nothing that the body binds.
In a step's own code, by which versions are told, they stay.

A cell that reads ``list`` before it binds it reads the builtin. A function reads a local name that
is unbound, unless ``list = builtins.list`` stands above; so that is no code, and its lack is.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from zenbook.core.compiling import compiled
from zenbook.core.names_scope import DYNAMIC_CALLS, free_names
from zenbook.core.source_normal import is_shown_only
from zenbook.core.source_trusted import FunctionNode
from zenbook.core.trees import nodes_of

_BUILTINS = frozenset(dir(builtins))
_TELLING = (
    ast.AsyncFunctionDef,
    ast.Await,
    ast.ClassDef,
    ast.FunctionDef,
    ast.Global,
    ast.Import,
    ast.ImportFrom,
    ast.Lambda,
    ast.Nonlocal,
)
"""What in a helper could show that it is made anew in each call of the step. (No generator is
kept, so none outlives the step.)"""
_OUTLIVING = (
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.FunctionDef,
    ast.Lambda,
)
_NO_CODE = (ast.Import, ast.ImportFrom, ast.Pass)
"""What is no code at the top of a body: what an import gives is a part of its own."""
_SEES_ITSELF = DYNAMIC_CALLS | {"super", "breakpoint"}


class Given:
    """Stands for a step's input where a helper reads it as a global."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Around(dict[str, Any]):
    """The globals of a step's code, with its helpers among them.

    ``is_notebook``: all functions of ``home`` see the inputs, which are globals there.
    """

    def __init__(self, home: Mapping[str, Any], is_notebook: bool) -> None:
        super().__init__()
        self.home, self.is_notebook = home, is_notebook

    def get(self, name: str, default: Any = None) -> Any:
        """What a name means: the step's own helper, else the module's."""
        return self[name] if name in self else self.home.get(name, default)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A body without what stands above it.

    ``helpers`` are the functions taken out; ``unbound`` are names of builtins that the body reads
    before it binds them, with nothing above that says what they are.
    """

    statements: list[ast.stmt]
    helpers: tuple[ast.FunctionDef, ...] = ()
    unbound: tuple[str, ...] = ()
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Apart:
    """The code of a trimmed body, and of its helpers, as if they stood in a module."""

    code: CodeType
    helpers: tuple[tuple[str, CodeType, tuple[Any, ...], Mapping[str, Any]], ...] = ()
    """Name, code, defaults and keyword defaults of each."""

    def space(self, home: Mapping[str, Any], is_notebook: bool = False) -> Around:
        """The globals in which the code's names are to be looked up."""
        around = Around(home, is_notebook)
        for name, code, defaults, named in self.helpers:
            helper = FunctionType(code, around, name, defaults or None)
            helper.__kwdefaults__ = dict(named) or None
            helper.__module__ = str(home.get("__name__", "__main__"))
            around[name] = helper
        return around


# ------------------------------------------------------------------ taking out


def trimmed_function(statements: Sequence[ast.stmt], code: CodeType) -> Trimmed:
    """The statements of a function's body without what an exporter writes above it."""
    if code.co_freevars or not statements:
        return Trimmed(list(statements))
    rest, unbound = _without_builtins(list(statements), code)
    found = trimmed_cell(rest, _parameters(code))
    is_whole = len(found.statements) == len(statements)
    return Trimmed(found.statements, found.helpers, unbound, is_whole)


def trimmed_cell(statements: Sequence[ast.stmt], inputs: Iterable[str] = ()) -> Trimmed:
    """The statements of a cell without the helpers above them."""
    helpers = tuple(_helpers(statements, frozenset(inputs)))
    kept = [node for node in statements if node not in helpers]
    return Trimmed(kept, helpers, (), not helpers)


def apart_from(node: FunctionNode, found: Trimmed, code: CodeType, flags: int) -> Apart | None:
    """The code of what :func:`trimmed_function` has left, None if nothing was taken out."""
    if found.is_whole:
        return None
    rest = _code_of(node, found.statements or [ast.Pass()], code.co_filename, flags)
    return Apart(rest, codes_of(found.helpers, code.co_filename, flags))


def codes_of(
    helpers: Iterable[ast.FunctionDef], filename: str, flags: int = 0
) -> tuple[tuple[str, CodeType, tuple[Any, ...], Mapping[str, Any]], ...]:
    """Name, code, defaults and keyword defaults of each helper."""
    return tuple(
        (one.name, _code_of(one, one.body, filename, flags), *_defaults(one.args))
        for one in helpers
    )


def _defaults(arguments: ast.arguments) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The defaults of a helper, which are constants, and those of its keywords."""
    plain = tuple(one.value for one in arguments.defaults if isinstance(one, ast.Constant))
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return plain, {name.arg: one.value for name, one in pairs if isinstance(one, ast.Constant)}


def _code_of(node: FunctionNode, statements: list[ast.stmt], filename: str, flags: int) -> CodeType:
    """The code of a function with this body, as it is at the top of a module."""
    said = node.args
    arguments = ast.arguments(
        [ast.arg(one.arg) for one in said.posonlyargs],
        [ast.arg(one.arg) for one in said.args],
        ast.arg(said.vararg.arg) if said.vararg else None,
        [ast.arg(one.arg) for one in said.kwonlyargs],
        [None for _ in said.kwonlyargs],
        ast.arg(said.kwarg.arg) if said.kwarg else None,
        [],
    )
    function = type(node)(node.name, arguments, statements, [], None, None)
    module = ast.fix_missing_locations(ast.Module([function], []))
    code = compiled(module, filename, flags)
    return next(const for const in code.co_consts if isinstance(const, CodeType))


def _parameters(code: CodeType) -> tuple[str, ...]:
    stars = bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars]


# ------------------------------------------------------------------ helpers


def _helpers(statements: Sequence[ast.stmt], inputs: frozenset[str]) -> Iterator[ast.FunctionDef]:
    """The functions above a body that may count as code it uses."""
    found = [node for node in _leading(statements) if _is_plain(node)]
    while found:
        rest = [node for node in statements if node not in found]
        reached = _reached(rest, found)
        fit = [n for n in found if n.name in reached - inputs and _fits(n.name, n, rest, found)]
        if len(fit) == len(found):
            yield from fit
            return
        found = fit


def _reached(rest: Sequence[ast.stmt], helpers: Sequence[ast.FunctionDef]) -> set[str]:
    """Helpers that the body names, or another one does that it names."""
    reached: set[str] = set()
    waiting: list[ast.AST] = list(rest)
    while waiting:
        named = {one.id for one in nodes_of([waiting.pop()]) if isinstance(one, ast.Name)}
        new = [one for one in helpers if one.name in named - reached]
        reached |= {one.name for one in new}
        waiting += new
    return reached


def _leading(statements: Sequence[ast.stmt]) -> Iterator[ast.FunctionDef]:
    for node in statements:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif not (isinstance(node, _NO_CODE) or is_shown_only(node) or _is_text(node)):
            return


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_plain(node: ast.FunctionDef) -> bool:
    """Whether nothing of a function is worked out when it is made, nor outlives its call."""
    defaults = [one for one in (*node.args.defaults, *node.args.kw_defaults) if one is not None]
    if node.decorator_list or not all(isinstance(one, ast.Constant) for one in defaults):
        return False
    inner = nodes_of(node.body)
    calls = {one.id for one in inner if isinstance(one, ast.Name)}
    return not any(isinstance(one, _TELLING) for one in inner) and calls.isdisjoint(_SEES_ITSELF)


def _fits(
    name: str,
    helper: ast.FunctionDef,
    rest: Sequence[ast.stmt],
    helpers: Sequence[ast.FunctionDef],
) -> bool:
    """Whether a helper is only called, and reads nothing that the body binds."""
    bound = set(_bound(node for node in rest if not isinstance(node, _NO_CODE)))
    if name in bound or [one.name for one in helpers].count(name) > 1 or _outlives(name, rest):
        return False
    nodes = nodes_of([*rest, *helpers])
    called = {id(one.func) for one in nodes if isinstance(one, ast.Call)}
    named = [one for one in nodes if isinstance(one, ast.Name)]
    if any(one.id in DYNAMIC_CALLS or (one.id == name and id(one) not in called) for one in named):
        return False
    return free_names(helper).isdisjoint(bound)


def _outlives(name: str, rest: Sequence[ast.stmt]) -> bool:
    """Whether a function, class or generator of the body may call a helper after the step."""
    inner = (one for one in nodes_of(rest) if isinstance(one, _OUTLIVING))
    return any(name in free_names(one) for one in inner)


def _bound(statements: Iterable[ast.stmt]) -> Iterator[str]:
    """Every name that is bound or deleted anywhere in these statements, by whatever means."""
    for node in nodes_of(statements):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (one.asname or one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from node.names
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


# ------------------------------------------------------------------ builtins


def _without_builtins(
    statements: list[ast.stmt], code: CodeType
) -> tuple[list[ast.stmt], tuple[str, ...]]:
    """Without ``list = builtins.list`` above, where the rest reads ``list`` before it binds it;
    and the builtins that it reads so without being told what they are."""
    if _BUILTINS.isdisjoint((*code.co_varnames, *code.co_cellvars)):
        return statements, ()
    told = list(_opening(statements))
    names = {_told(node) for node in told}
    rest = [node for node in statements if node not in told and not _is_builtins(node)]
    early = _read_early(rest, code)
    mentions = {one.id for one in nodes_of(rest) if isinstance(one, ast.Name)}
    is_imported = any(map(_is_builtins, statements))
    if names and is_imported and names <= early and "builtins" not in mentions:
        return rest, tuple(sorted(early - names))
    return statements, tuple(sorted(_read_early(statements, code)))


def _opening(statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in statements:
        if _told(node):
            yield node
        elif not isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
            return


def _told(node: ast.stmt) -> str:
    """``list`` of ``list = builtins.list``, "" for anything else."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return ""
    target, value = node.targets[0], node.value
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Attribute):
        return ""
    owner = value.value
    is_builtins = isinstance(owner, ast.Name) and owner.id == "builtins"
    return target.id if is_builtins and value.attr == target.id in _BUILTINS else ""


def _is_builtins(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import) and [(one.name, one.asname) for one in node.names] == [
        ("builtins", None)
    ]


def _read_early(statements: Sequence[ast.stmt], code: CodeType) -> set[str]:
    """Builtins' names that are local and may be read before they are bound."""
    from zenbook.core.names import analyse  # which reads cells as source.py does

    found = analyse(ast.Module(list(statements), []))
    return set((found.builtins_read & found.writes) - {*_parameters(code)})
