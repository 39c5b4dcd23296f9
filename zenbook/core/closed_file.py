"""A file that has been closed: what ``with open(path) as file:`` leaves behind.

Nothing can be read from it or written to it; it is its name and how it had been opened. An open
one is refused (:mod:`zenbook.core.refused`).
"""

from __future__ import annotations

import io
from typing import Any

from zenbook.core.digest_stream import Description
from zenbook.errors import NotDigestible

KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        io.FileIO,
        io.BufferedReader,
        io.BufferedWriter,
        io.BufferedRandom,
        io.TextIOWrapper,
    )
}


def is_closed_file(value: Any) -> bool:
    """Whether it is a file as ``open`` makes them, and closed."""
    try:
        return type(value) in KINDS.values() and bool(value.closed)
    except ValueError:
        return False  # detached from what it read or wrote


def facts_of_closed(file: Any) -> tuple[str, Any, Any, str]:
    """Its type's name, its name (a path, or a number), its mode and its encoding; None for a name
    or mode where it has none, as on top of a packed file."""
    name, mode = getattr(file, "name", None), getattr(file, "mode", None)
    return type(file).__name__, name, mode, getattr(file, "encoding", "")


def closed_file(value: Any, digester: object) -> Description:
    """Describe a closed file; raises NotDigestible for an open one."""
    if not is_closed_file(value):
        raise NotDigestible("is an open file")
    return "closed file", facts_of_closed(value)
