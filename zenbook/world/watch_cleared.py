"""Folders that a step removes with all that is in them, to fill them anew.

What such a folder held before is no reason: whatever it was, it is gone. What it holds when the
step has ended is an output, with the names in it, because a run would take away what others have
put there since. ``shutil.rmtree(..., ignore_errors=True)`` may leave something behind, and then
what the step finds there is no longer its own: so the files that were there are looked at again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from zenbook.world import files

_MOST = 10_000


class Cleared:
    """The folders that one step has cleared, by their absolute paths."""

    def __init__(self) -> None:
        self._before: dict[str, dict[str, files.Stamp]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._before)

    def add(self, key: str) -> bool:
        """The folder is about to be removed; False where that is more than can be followed."""
        if os.path.islink(key) or files.existence(key) == files.FILE:
            return False
        stamps = _stamps_below(key)
        if stamps is None:
            return False
        self._before[key] = stamps
        return True

    def covers(self, key: str) -> bool:
        """Whether this path is such a folder or stands in one."""
        return any(key == folder or key.startswith(folder + os.sep) for folder in self._before)

    def left(self) -> Iterator[str]:
        """The files that are still there as they were."""
        for stamps in self._before.values():
            for path, stamp in stamps.items():
                facts = files.facts_of(path)
                if facts is not None and files.stamp_of(facts) == stamp:
                    yield path

    def folders(self) -> Iterator[str]:
        """The folders among them that are there now, and those below."""
        for key in self._before:
            for where, _ in _walk(key):
                yield where


def _walk(folder: str) -> list[tuple[str, list[str]]]:
    """The folder and those below it, with the names of the files in each."""
    with files.quiet():
        return [(where, names) for where, _, names in os.walk(folder)]


def _stamps_below(folder: str) -> dict[str, files.Stamp] | None:
    """The stamps of all files in a folder and below; None for too many of them."""
    stamps: dict[str, files.Stamp] = {}
    for where, names in _walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if (facts := files.facts_of(path)) is not None:
                stamps[path] = files.stamp_of(facts)
        if len(stamps) > _MOST:
            return None
    return stamps
