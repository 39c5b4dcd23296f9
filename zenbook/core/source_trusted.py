"""A function's source, if it is to be believed.

It is only if compiling it gives the very code the function has: files are edited after import, and
lines of a file prove nothing.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import TypeGuard

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
        tree = _parsed("".join(lines), code.co_filename, flags)[0]
        node = next((n for n in ast.walk(tree) if starts_at(n, code)), None)
        if node is None or not _same_code("".join(lines), flags, code):
            return None
    except (SyntaxError, ValueError, RecursionError):
        return None  # the file is another one by now
    assert isinstance(node, FunctionNode)
    return Trusted(tree, node, flags)


@functools.lru_cache(maxsize=8)
def _parsed(text: str, filename: str, flags: int) -> tuple[ast.Module, CodeType]:
    """A file's tree, which is only to be read, and its code; a module of many steps asks often."""
    tree = compiled(text, "", flags | ast.PyCF_ONLY_AST)
    return tree, compiled(tree, filename, flags)


def _same_code(text: str, flags: int, code: CodeType) -> bool:
    whole = _parsed(text, code.co_filename, flags)[1]
    return any(
        candidate == code or code_digest(candidate) == code_digest(code)
        for candidate in _codes_at(whole, code)
    )


def codes_at(tree: ast.Module, flags: int, code: CodeType) -> Iterator[CodeType]:
    """What compiling this tree gives at the place of this code."""
    return _codes_at(compiled(tree, code.co_filename, flags), code)


def _codes_at(whole: CodeType, code: CodeType) -> Iterator[CodeType]:
    waiting = [whole]
    while waiting:
        candidate = waiting.pop()
        if (
            candidate.co_firstlineno == code.co_firstlineno
            and candidate.co_qualname == code.co_qualname
        ):
            yield candidate
        waiting += [const for const in candidate.co_consts if isinstance(const, CodeType)]


def starts_at(node: ast.AST, code: CodeType) -> TypeGuard[FunctionNode]:
    """Whether a node is the definition of this code."""
    if not isinstance(node, FunctionNode) or node.name != code.co_name:
        return False
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    return first == code.co_firstlineno


def _lines_of(filename: str) -> list[str]:
    linecache.checkcache(filename)
    return linecache.getlines(filename)
