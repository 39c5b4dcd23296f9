"""Short, safe pictures of values: what a person sees of an input, an output or a parameter.

A preview is kept for ever and shown in pages, so it never runs the user's code (no ``__repr__``
of a class that is not builtin, no ``_repr_html_``), never shows what looks like a credential,
and never takes long: only the first members of a container are looked at.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from zenbook.core.kinds import is_a
from zenbook.core.masking import MASK, mask

LONGEST = 60
_MEMBERS = 6
_DEPTH = 3
_SCALARS = frozenset({int, float, complex, bool, type(None), type(...), type(NotImplemented)})
_BRACKETS: dict[type, str] = {list: "[]", tuple: "()", set: "{}", dict: "{}"}
_LOOKS_RANDOM = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
_SHOWN_AS_TEXT = frozenset({"datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo"})


def preview(value: Any) -> str:
    """Describe a value in at most 60 characters: ``0.0015``, ``float64 (1797, 64)``."""
    text = _shown(value, _DEPTH)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def is_whole(value: Any) -> bool:
    """Whether the preview is all there is to see of a value."""
    kind = type(value)
    if kind is not str and kind not in _SCALARS and kind not in _BRACKETS:
        return False
    text = preview(value)
    return not text.startswith("int of ") and "…" not in text and MASK not in text


def type_path(value: Any) -> str:
    """Where the value's type is imported from: ``numpy.ndarray``, ``int``."""
    kind = type(value)
    module = kind.__module__
    if module in ("builtins", "__main__") or not isinstance(module, str):
        return kind.__qualname__
    return f"{_public(module, kind.__name__)}.{kind.__qualname__}"


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of an array or table, the length of a container; None for anything else."""
    kind = type(value)
    if kind in _BRACKETS or kind is frozenset:
        return (len(value),)
    if _root(kind) not in ("numpy", "pandas", "polars", "pyarrow", "scipy", "torch"):
        return None
    shape = getattr(value, "shape", None)
    try:
        return tuple(int(size) for size in shape) if shape is not None else None
    except (TypeError, ValueError):  # a lazy or symbolic shape
        return None


def _public(module: str, name: str) -> str:
    """The shortest parent that gives the same class: ``pandas``, not ``pandas.core.frame``."""
    parts = module.split(".")
    target = getattr(sys.modules.get(module), name, None)
    for count in range(1, len(parts)):
        parent = ".".join(parts[:count])
        found = vars(sys.modules[parent]).get(name) if parent in sys.modules else None
        if found is not None and found is target:
            return parent
    return module


def _root(kind: type) -> str:
    module = kind.__module__
    return module.partition(".")[0] if isinstance(module, str) else ""


def _shown(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is int and value.bit_length() > 400:
        return f"int of {value.bit_length()} bits"
    if kind in _SCALARS:
        return repr(value)
    if kind is str:
        return _text(value)
    if kind is bytes or kind is bytearray:
        return f"{kind.__name__} ({len(value)})"
    if kind in _BRACKETS:
        return _container(value, kind, depth)
    return _other(value, kind)


def _text(value: str) -> str:
    start = value[: 4 * LONGEST]
    masked = mask(start, ())
    if _LOOKS_RANDOM.search(masked) and not _is_plain_path(masked):
        return repr(_LOOKS_RANDOM.sub(MASK, masked))
    return repr(masked)


def _is_plain_path(text: str) -> bool:
    """Long names with separators and without digits are words, not tokens."""
    found = _LOOKS_RANDOM.search(text)
    return found is not None and not re.search(r"\d", found.group())


def _container(value: Any, kind: type, depth: int) -> str:
    opening, closing = tuple(_BRACKETS[kind])
    if kind is set and not value:
        return "set()"
    if value and depth == 0:
        return f"{opening}…{closing}"
    try:
        members = _members(value, kind)
    except RuntimeError:  # another thread changes it meanwhile
        return f"{kind.__name__} ({len(value)})"
    shown = [
        f"{_shown(one[0], depth - 1)}: {_secret_aware(one[0], one[1], depth - 1)}"
        if kind is dict
        else _shown(one, depth - 1)
        for one in members
    ]
    if len(value) > _MEMBERS:
        shown.append(f"… {len(value)} in all")
    elif kind is tuple and len(value) == 1:
        shown.append("")
    return f"{opening}{', '.join(shown).rstrip(' ')}{closing}"


def _members(value: Any, kind: type) -> list[Any]:
    from itertools import islice

    if kind is set:
        few = list(value) if len(value) <= 100 else list(islice(value, _MEMBERS))
        return sorted(few, key=lambda one: _shown(one, 1))[:_MEMBERS]
    return list(islice(value.items() if kind is dict else value, _MEMBERS))


def _secret_aware(key: Any, value: Any, depth: int) -> str:
    from zenbook.core.naming import is_secret_name

    return MASK if type(key) is str and is_secret_name(key) else _shown(value, depth)


def _other(value: Any, kind: type) -> str:
    root = _root(kind)
    name = kind.__name__
    if is_a(value, type):
        return f"class {value.__name__}"
    shape = shape_of(value)
    if shape:
        return f"{_dtype(value) or name} {shape}".strip()
    if root == "numpy" and hasattr(value, "item") and hasattr(value, "dtype"):
        return f"{name}({_shown(value.item(), 0)})"
    if root in _SHOWN_AS_TEXT:
        return mask(str(value), ())
    if root == "builtins" and name in ("function", "builtin_function_or_method", "method"):
        return f"{value.__name__}()"
    return name


def _dtype(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return str(dtype) if dtype is not None and type(value).__name__ != "Series" else ""
