"""A function's source, if it is to be believed.

It is only if compiling it gives the very code the function has: files are edited after import, and
lines of a file prove nothing.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from zenbook.core.code_digest import code_digest
from zenbook.core.compiling import compiled

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
ReadLines = Callable[[str], list[str]]

FUTURES = sum(
    getattr(__import__("__future__"), name).compiler_flag
    for name in __import__("__future__").all_feature_names
    if name not in ("nested_scopes", "generators")
)
"""The flags of all statements of the future."""


@dataclass(frozen=True, slots=True, eq=False)
class Trusted:
    """A function's place in a source that is believed: its file's tree, and how to compile it."""

    tree: ast.Module
    node: FunctionNode
    flags: int


def trusted(function: FunctionType, read_lines: ReadLines | None = None) -> Trusted | None:
    """The function's syntax tree, if compiling its source gives the code the function has."""
    code = function.__code__
    read_lines = read_lines or _lines_of
    lines = read_lines(code.co_filename)
    if not lines or code.co_name == "<lambda>":
        return None
    flags = (code.co_flags & FUTURES) | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        tree = compiled("".join(lines), "", flags | ast.PyCF_ONLY_AST)
        node = next((n for n in ast.walk(tree) if _starts_at(n, code)), None)
        if node is None or not _same_code(tree, flags, code):
            return None
    except (SyntaxError, ValueError, RecursionError):
        return None  # the file is another one by now
    assert isinstance(node, FunctionNode)
    return Trusted(tree, node, flags)


def _same_code(tree: Any, flags: int, code: CodeType) -> bool:
    return any(
        candidate == code or code_digest(candidate) == code_digest(code)
        for candidate in codes_at(tree, flags, code)
    )


def codes_at(tree: Any, flags: int, code: CodeType) -> Iterator[CodeType]:
    """What compiling a file's tree gives at the place of this code."""
    waiting = [compiled(tree, code.co_filename, flags)]
    while waiting:
        candidate = waiting.pop()
        if (
            candidate.co_firstlineno == code.co_firstlineno
            and candidate.co_qualname == code.co_qualname
        ):
            yield candidate
        waiting += [const for const in candidate.co_consts if isinstance(const, CodeType)]


def _starts_at(node: ast.AST, code: CodeType) -> bool:
    if not isinstance(node, FunctionNode) or node.name != code.co_name:
        return False
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    return first == code.co_firstlineno


def _lines_of(filename: str) -> list[str]:
    linecache.checkcache(filename)
    return linecache.getlines(filename)
