"""The digest of a value that code uses, or as much of it as can be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zenbook.core.closure_trace import is_atom
from zenbook.errors import NotDigestible

_MOST = 1000
"""Items of a container that are told one by one."""
_DEEPEST = 2
"""Containers in one another that are."""


def digest_or_why(
    value: Any, digest: Callable[[Any], str], deep: int = _DEEPEST
) -> tuple[str, str]:
    """A digest; or, with the reason, the type, and what a plain container holds that has one:
    within a value no step could be told "not kept"."""
    try:
        return digest(value), ""
    except NotDigestible as error:
        kind = type(value)
        told = kind.__qualname__
        if deep and kind in _CONTAINERS and len(value) <= _MOST:
            pairs = [*value.items()] if kind is dict else [*enumerate(value)]
            held = [(key, digest_or_why(item, digest, deep - 1)[0]) for key, item in pairs]
            told = f"{told} {[pair for pair in held if is_atom(pair[0])]}"
        return f"not digestible {told}", error.why


_CONTAINERS = (dict, list, tuple)
