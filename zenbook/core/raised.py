"""What stands behind an exception: the one that it was raised from, and the one it interrupted."""

from __future__ import annotations

from typing import Any

BEHIND = ("__cause__", "__context__")


def behind(error: BaseException) -> dict[str, Any]:
    """The exceptions behind this one, and whether the second is hidden; nothing if there are none.
    In this order they can be set: giving a cause hides what was interrupted."""
    found = {name: held for name in BEHIND if (held := getattr(error, name)) is not None}
    is_told = bool(found) or error.__suppress_context__
    return {**found, "__suppress_context__": error.__suppress_context__} if is_told else {}
