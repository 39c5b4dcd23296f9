"""What is made once per process of files and variables, and lives on when they have changed.

A module that has been imported and a function that remembers its results hold what they read
then. Each thing they read is a *material*: it is remembered as it was, cheaply, and looked at when
a step that uses its holder has run. Light, because a kernel loads it with the extension.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zenbook.model import Kind, Read


class Material:
    """One thing that was read, as it was then: a digest, or the stamp of a file's content."""

    __slots__ = ("digest", "is_own", "key", "kind", "name", "stamp")

    def __init__(self, kind: Kind, name: str, digest: str, key: str = "", stamp: Any = None):
        self.kind, self.name, self.digest, self.key, self.stamp = kind, name, digest, key, stamp
        self.is_own: bool | None = None

    def is_making(self) -> bool:
        """Whether it was missing, and is there at the first question: who looked for it has made
        it, as a module does a folder for what it will write."""
        if self.is_own is None:
            was_missing = self.digest == "missing" or (not self.digest and self.stamp is None)
            self.is_own = was_missing and look_now(self.kind, self.name).digest != "missing"
        return self.is_own

    def settle(self) -> None:
        """The reading is over: a variable that the reader has changed itself is what it has made
        of it."""
        self.is_own = False
        self.digest = look_now(self.kind, self.name).digest

    def now(self) -> Read | None:
        """The same thing as it is now; None if it is another than it was then."""
        now = look_now(self.kind, self.name)
        if not self.digest and stamp_now(self.key) == self.stamp:
            self.digest = now.digest
        return now if now.digest == self.digest else None


def file_read(path: str) -> Material | None:
    """A file that is being opened for reading; None if it is no step's business."""
    from zenbook.world import files

    key, name = _place(path)
    return (
        Material("file", files.look_name(name, files.CONTENT), "", key, stamp_now(key))
        if name
        else None
    )


def folder_listed(path: str) -> Material | None:
    """A folder whose names are being listed; None if it is no step's business."""
    from zenbook.world import files

    key, name = _place(path)
    name = name and files.look_name(name, files.LISTING)
    return Material("file", name, files.look(name), key) if name else None


def _place(path: str) -> tuple[str, str]:
    """The whole path and the one it is remembered by, which is relative below the working folder
    and "" for what the system, a package or zenbook keeps there."""
    from zenbook.world import files
    from zenbook.world.watch_places import places

    cwd = files.working_folder()
    key = os.path.normpath(os.path.join(cwd, path))
    around = places(cwd, "/dev", os.path.expanduser("~"))
    if around.never(key) or around.cached(key):
        return key, ""
    if key == cwd:
        return key, "."
    return key, key[len(around.below) :] if key.startswith(around.below) else key


def look_now(kind: Kind, name: str) -> Read:
    """A file or variable as it is now."""
    from zenbook.model import Read
    from zenbook.world import files
    from zenbook.world.variables import variable_read

    return variable_read(name) if kind == "variable" else Read("file", name, files.look(name))


def stamp_now(key: str) -> Any:
    """The stamp of a file as it is now; None if it is not there."""
    from zenbook.world import files

    facts = files.facts_of(key)
    return None if facts is None else files.stamp_of(facts)
