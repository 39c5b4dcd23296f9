"""Annotations from the types a run has shown, where the script can name them.

A type is named by its public path and through an import the script has anyway: no import is
added for an annotation's sake. What cannot be named so is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def annotation(path: str, imports: Mapping[str, str]) -> str:
    """How the script writes this type, "" if it cannot. ``imports`` maps names to what they are."""
    if path in ("NoneType", "builtins.NoneType", "types.NoneType"):
        return "None"
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
