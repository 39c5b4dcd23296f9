"""The value of a setting as text that is the same in every process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zenbook.core.digest import fingerprint
from zenbook.errors import NotDigestible

CODE = "code "
"""How the text of a setting that is code begins: what that uses may change with nothing set."""


def told(value: Any) -> str:
    """A setting's ``repr``; of code, which has none but its place in memory, what it does."""
    text = repr(value)
    if " at 0x" not in text:
        return text
    if type(value) is dict:
        return told_items(value)
    try:
        return f"{CODE}{fingerprint(value)}"
    except NotDigestible:
        return text


def told_items(values: Mapping[str, Any]) -> str:
    """A dictionary of settings, each of them told."""
    return repr({name: told(value) for name, value in values.items()})
