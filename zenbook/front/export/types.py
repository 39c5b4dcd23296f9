"""Annotations from the types a run has shown, where the script can name them.

A type is named by its public path and through an import the script has anyway: no import is
added for an annotation's sake. What cannot be named so is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zenbook.front.export.plan import Plan

_BUILTIN = frozenset(
    [
        "int",
        "float",
        "str",
        "bool",
        "bytes",
        "complex",
        "list",
        "dict",
        "tuple",
        "set",
        "frozenset",
        "range",
        "bytearray",
    ]
)


_PUBLIC = {f"pathlib.{kind}Path": "pathlib.Path" for kind in ("Posix", "Windows")}
"""Types that are an accident of the machine, by what they are everywhere."""


def annotation(path: str, imports: Mapping[str, str]) -> str:
    """How the script writes this type, "" if it cannot. ``imports`` maps names to what they are."""
    if path in ("NoneType", "builtins.NoneType", "types.NoneType"):
        return "None"
    path = _PUBLIC.get(path, path)
    bare = path.removeprefix("builtins.")
    if bare in _BUILTIN:
        return bare
    package, _, name = path.rpartition(".")
    top = package.partition(".")[0]
    for local, what in imports.items():
        module, _, member = what.partition(":")
        if member == name and module.partition(".")[0] == top:
            return local
    for local, what in imports.items():
        if ":" not in what and what == package:
            return f"{local}.{name}"
    if top == "numpy" and name.startswith("float") and "float" in name:
        return "float" if name == "float64" else ""
    return ""


def returned(paths: Sequence[str], imports: Mapping[str, str]) -> str:
    """The annotation of what a step returns, "" if a part of it cannot be named."""
    named = [annotation(path, imports) for path in paths]
    if not paths:
        return "None"
    if not all(named):
        return ""
    return named[0] if len(named) == 1 else f"tuple[{', '.join(named)}]"


def own_classes(plan: Plan) -> list[str]:
    """The notebook's classes that stand at module level, in their order."""
    nodes = (node for piece in plan.of_kind("definition") for node in piece.nodes)
    return [node.name for node in nodes if isinstance(node, ast.ClassDef)]


def type_names(plan: Plan) -> dict[str, str]:
    """What the script can call a type by: what it imports anyway, and its own classes."""
    return {**plan.module.imports, **{name: f":{name}" for name in own_classes(plan)}}
