"""Which line of the user's program called us, for warnings: one of ours tells nobody anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType

from zenbook.core.closure_origin import is_local_file
from zenbook.engine.mishap import is_ours

_NOWHERE = ("zenbook", 1)
"""No file of that name is there, so no line is shown."""


def users_place() -> tuple[str, int]:
    """The file and line of the nearest caller that is the user's own; our name if there is none, as
    where IPython calls us after a cell."""
    for frame in _callers():
        file = frame.f_code.co_filename
        if frame.f_globals.get("__name__", "").partition(".")[0] == "IPython":
            break  # below it is what started the shell
        if not is_ours(file) and is_local_file(file):
            return file, frame.f_lineno
    return _NOWHERE


def _callers() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back
