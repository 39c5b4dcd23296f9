"""The value of a setting as text that is the same in every process."""

from __future__ import annotations

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
        return repr({name: told(each) for name, each in value.items()})
    return f"{CODE}{told_apart(value)}"


def told_apart(value: Any) -> str:
    """A setting as text that tells it from others, however much it holds."""
    try:
        return fingerprint(value)
    except NotDigestible:
        return repr(value)
