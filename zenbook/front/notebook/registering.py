"""What a cell changes of what a library holds, read from its text.

A table in a module of it (``mimetypes.types_map[".x"] = ...``), or what it registers
(``matplotlib.colormaps.register(...)``).

No digest is made of what libraries hold, and a cell that is run a second time in one kernel finds
set what it sets; so its text says it. A definition changes nothing; a decorator that registers one
does so again when a hit makes that anew.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence, MutableSet
from types import ModuleType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_static import StaticModules, read_text

_TABLES = (MutableMapping, MutableSequence, MutableSet)
_WRITING = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "update"}
)
_NOT_LOADED = object()
"""Stands for whatever a library holds that the cell itself will load."""


def library_changes(tree: ast.Module, namespace: Mapping[str, Any]) -> Iterator[str]:
    """Reasons not to keep a cell's result: ``it changes mimetypes.types_map``."""
    known = {**namespace, **dict(_imported(tree))}
    found = dict.fromkeys(_in_statements(tree.body, known))
    yield from (f"it changes {what}" for what in found)


def _in_statements(statements: list[ast.stmt], known: Mapping[str, Any]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _registered(node.value, known)
        for one in ast.iter_child_nodes(node):
            if isinstance(one, ast.stmt):
                yield from _in_statements([one], known)
            else:
                yield from _written(one, known)


def _registered(call: ast.Call, known: Mapping[str, Any]) -> Iterator[str]:
    """What a call registers for its own sake; one whose value is used does something else."""
    if isinstance(call.func, ast.Attribute):
        owner = call.func.value
        if call.func.attr.removeprefix("un").startswith("register"):
            value = _of_library(owner, known)
            if value is not None and not isinstance(value, ModuleType):
                yield ast.unparse(owner)


def _written(expression: ast.AST, known: Mapping[str, Any]) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            value = _of_library(node.value, known)
            if value is _NOT_LOADED or isinstance(value, _TABLES):
                yield ast.unparse(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if node.func.attr in _WRITING and isinstance(_of_library(owner, known), _TABLES):
                yield ast.unparse(owner)


def _of_library(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """What stands at ``mimetypes.types_map`` in a library; None for what is no library's."""
    if isinstance(node, ast.Name):
        value = known.get(node.id)
        if value is _NOT_LOADED:
            return value
        return value if isinstance(value, ModuleType | type) and not is_local_code(value) else None
    if not isinstance(node, ast.Attribute):
        return None
    owner = _of_library(node.value, known)
    return _held(owner, node.attr)


def _held(owner: Any, name: str) -> Any:
    return owner if owner is _NOT_LOADED else getattr(owner, "__dict__", {}).get(name)


def _imported(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """What the cell's own imports will bind, where that is a library's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or name, _loaded(name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            home = _loaded(node.module)
            for alias in node.names:
                yield alias.asname or alias.name, _held(home, alias.name)


def _loaded(name: str) -> Any:
    if name in sys.modules:
        return sys.modules[name]
    return _NOT_LOADED if StaticModules(read_text).find(name) is None else None
