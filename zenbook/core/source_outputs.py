"""The names of a function's outputs, as its return annotation gives them.

Annotations kept as text (``from __future__ import annotations``) are parsed, never evaluated:
the names in them may exist for type checkers only. A plain name in one is looked up, so that
an alias ``Model = Annotated[SVC, "model"]`` works either way.
"""

from __future__ import annotations

import ast
import typing
from types import FunctionType
from typing import Annotated, Any

Names = tuple[str | None, ...]


def named_outputs(function: FunctionType) -> Names | None:
    """One entry per annotated output, its name or None; None without an annotation.

    ``-> Annotated[T, "x"]`` is ``("x",)``, ``-> tuple[Annotated[T, "x"], int]`` is
    ``("x", None)``, ``-> tuple[int, ...]`` and ``-> int`` are ``(None,)``.
    """
    annotation = function.__annotations__.get("return")
    if isinstance(annotation, str):
        return _of_text(annotation, function.__globals__)
    return None if annotation is None else _of_type(annotation)


def _of_type(annotation: Any) -> Names:
    if isinstance(annotation, (str, typing.ForwardRef)):
        return (None,)
    name = _name_of_type(annotation)
    if name is not None:
        return (name,)
    items = typing.get_args(annotation)
    if typing.get_origin(annotation) is not tuple or not items or Ellipsis in items:
        return (None,)
    return tuple(_name_of_type(item) for item in items)


def _name_of_type(annotation: Any) -> str | None:
    """The first text among the metadata of ``Annotated``."""
    if typing.get_origin(annotation) is not Annotated:
        return None
    named = (getattr(entry, "name", entry) for entry in annotation.__metadata__)
    return next((text for text in named if isinstance(text, str) and text.isidentifier()), None)


def _of_text(text: str, namespace: dict[str, Any]) -> Names | None:
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return None
    if isinstance(node, ast.Name) and not isinstance(namespace.get(node.id, ""), str):
        value = namespace[node.id]
        return None if value is None else _of_type(value)
    if isinstance(node, ast.Constant):
        return None
    name = _name_of_node(node, namespace)
    if name is not None:
        return (name,)
    if not isinstance(node, ast.Subscript) or _last_name(node.value) not in ("tuple", "Tuple"):
        return (None,)
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if not items or any(isinstance(i, ast.Constant) and i.value is Ellipsis for i in items):
        return (None,)
    return tuple(_name_of_node(item, namespace) for item in items)


def _name_of_node(node: ast.expr, namespace: dict[str, Any]) -> str | None:
    if isinstance(node, ast.Name):
        return _name_of_type(namespace.get(node.id))
    if not isinstance(node, ast.Subscript) or _last_name(node.value) != "Annotated":
        return None
    entries = node.slice.elts[1:] if isinstance(node.slice, ast.Tuple) else []
    texts = (entry.value for entry in entries if isinstance(entry, ast.Constant))
    return next((text for text in texts if isinstance(text, str) and text.isidentifier()), None)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
