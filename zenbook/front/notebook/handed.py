"""Hand live objects and errors to the statements a transformed cell is made of.

A syntax tree can hold constants only. What a cell made by zenbook has to raise or to do is kept
here under a token, and the cell asks for it once.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from typing import Any

from zenbook.core.trees import nodes_of

_waiting: dict[int, Any] = {}
_count = itertools.count()


def take(token: int) -> Any:
    """The object handed over under this token; only once."""
    return _waiting.pop(token)


def do(token: int) -> None:
    """Call what was handed over; its value is not shown."""
    take(token)()


def raising(error: BaseException, line: int) -> ast.Module:
    """A cell that raises this error at a line (counted from 1) and does nothing else."""
    return _at([ast.Raise(exc=_ask("take", error), cause=None)], line)


def doing(action: Callable[[], None], then: list[ast.stmt], like: ast.Module) -> ast.Module:
    """A cell that calls ``action`` and then executes these statements."""
    return _module([ast.Expr(_ask("do", action)), *then], like)


def _ask(how: str, handed: Any) -> ast.expr:
    token = next(_count)
    _waiting[token] = handed
    place = ast.Call(
        ast.Name("__import__", ast.Load()),
        [ast.Constant(__name__)],
        [ast.keyword("fromlist", ast.List([ast.Constant(how)], ast.Load()))],
    )
    return ast.Call(ast.Attribute(place, how, ast.Load()), [ast.Constant(token)], [])


def _module(statements: list[ast.stmt], like: ast.Module) -> ast.Module:
    return _at(statements, like.body[0].lineno if like.body else 1)


def _at(statements: list[ast.stmt], line: int) -> ast.Module:
    for statement in statements:
        if not hasattr(statement, "lineno"):
            for node in nodes_of([statement]):
                if isinstance(node, ast.stmt | ast.expr | ast.keyword):
                    node.lineno = node.end_lineno = line
                    node.col_offset = node.end_col_offset = 0
    return ast.Module(statements, [])
