"""What the functions and classes of a cell read that are called while others are being made.

``@register`` calls ``register``, and ``class Child(Base)`` calls ``__init_subclass__`` of ``Base``:
if these read what the cell computes, then ``Child`` cannot be made without the rest of the cell,
though its own lines do not say so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from zenbook.core.trees import children_of

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BY_A_SUBCLASS = frozenset({"__init_subclass__"})
_BY_A_CALL = frozenset({"__init__", "__new__", "__post_init__", "__call__", "__set_name__"})
_BY_METACLASS = _BY_A_CALL | {"__prepare__"}
_Defined = Mapping[str, ast.stmt]
_Called = tuple[str, frozenset[str]]
"""A name, and the methods that are called if it stands for a class."""


def read_by_called(node: ast.stmt, defined: _Defined) -> set[str]:
    """Names that are read by what is called while a statement is executed, as far as ``defined``,
    the functions and classes of the same cell by name, say it."""
    found: set[str] = set()
    waiting = list(_called(node))
    seen: set[_Called] = set()
    while waiting:
        one = waiting.pop()
        if one in seen or one[0] not in defined:
            continue
        seen.add(one)
        for body in _bodies(defined[one[0]], one[1]):
            inner = list(_at_once(body))
            found |= {
                n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            }
            waiting += (name for each in inner for name in _called_by(each))
        waiting += _bases_of(defined[one[0]], one[1])
    return found


def _called(node: ast.stmt) -> Iterator[_Called]:
    """What is called when a statement is executed."""
    for inner in _at_once([node]):
        yield from _called_by(inner)


def _called_by(node: ast.AST) -> Iterator[_Called]:
    if isinstance(node, ast.Call):
        yield from _named(node.func, _BY_A_CALL)
    elif isinstance(node, ast.ClassDef):
        for base in node.bases:
            yield from _named(base, _BY_A_SUBCLASS)
        for keyword in node.keywords:
            if keyword.arg == "metaclass":
                yield from _named(keyword.value, _BY_METACLASS)
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        for decorator in node.decorator_list:
            yield from _named(decorator, _BY_A_CALL)


def _named(called: ast.expr, methods: frozenset[str]) -> Iterator[_Called]:
    if isinstance(called, ast.Name):
        yield called.id, methods


def _bases_of(node: ast.stmt, methods: frozenset[str]) -> Iterator[_Called]:
    """What a class may have such a method from."""
    for base in node.bases if isinstance(node, ast.ClassDef) else ():
        yield from _named(base, methods)


def _bodies(node: ast.stmt, methods: frozenset[str]) -> Iterator[list[ast.stmt]]:
    """The bodies that run if a function, or such a method of a class, is called."""
    if isinstance(node, _FUNCTIONS):
        yield node.body
    elif isinstance(node, ast.ClassDef):
        own = (one for one in node.body if isinstance(one, _FUNCTIONS) and one.name in methods)
        yield from (one.body for one in own)


def _at_once(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """What is executed with these statements: of functions in them not the body."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, _FUNCTIONS):
            waiting += [*node.decorator_list, *node.args.defaults]
            waiting += [one for one in node.args.kw_defaults if one is not None]
        elif not isinstance(node, ast.Lambda):
            waiting += children_of(node)
