"""What is made once per process of files and variables, and lives on when they have changed.

A module that has been imported and a function that remembers its results hold what they read
then. Each thing they read is a *material*: it is remembered as it was, cheaply, and looked at when
a step that uses its holder has run. Light, because a kernel loads it with the extension.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from zenbook.core import looks

if TYPE_CHECKING:
    from zenbook.model import Kind, Read


class Material:
    """One thing that was read, as it was then: a digest, or the stamp of a file's content."""

    __slots__ = ("digest", "is_own", "key", "kind", "mark", "name", "stamp")

    def __init__(
        self,
        kind: Kind,
        name: str,
        digest: str,
        key: str = "",
        stamp: Any = None,
        mark: str = "",
    ) -> None:
        """``key`` is the whole path of what was opened or listed, ``mark`` the look at it."""
        self.kind, self.name, self.digest, self.key, self.stamp = kind, name, digest, key, stamp
        self.mark = mark
        self.is_own: bool | None = None

    def was_missing(self) -> bool:
        """Whether there was no such thing then."""
        return self.digest == "missing" or (not self.digest and self.stamp is None)

    def is_making(self) -> bool:
        """Whether it was missing, and is there at the first question: who looked for it has made
        it, as a module does a folder for what it will write."""
        if self.is_own is None:
            is_there = self.was_missing() and look_now(self.kind, self.name).digest != "missing"
            self.is_own = is_there
        return self.is_own

    def settle(self) -> None:
        """The reading is over: a variable that the reader has changed itself is what it has made
        of it."""
        self.is_own = False
        self.digest = look_now(self.kind, self.name).digest

    def now(self) -> Read | None:
        """The same thing as it is now, by its name in this folder; None if it is another than it
        was then."""
        now = look_now(self.kind, _name_of(self.key, self.mark) if self.key else self.name)
        if not self.digest and stamp_now(self.key) == self.stamp:
            self.digest = now.digest
        return now if now.digest == self.digest else None


def file_read(path: str) -> Material | None:
    """A file that is being opened for reading; None if it is no step's business."""
    key = place_of(path)
    name = _name_of(key, looks.CONTENT)
    return Material("file", name, "", key, stamp_now(key), looks.CONTENT) if key else None


def folder_listed(path: str) -> Material | None:
    """A folder whose names are being listed; None if it is no step's business."""
    from zenbook.world import files

    key = place_of(path)
    name = _name_of(key, looks.LISTING)
    return Material("file", name, files.look(name), key, None, looks.LISTING) if key else None


def place_of(path: str) -> str:
    """The whole path; "" for what the system, a package or zenbook keeps there."""
    from zenbook.world import files
    from zenbook.world.watch_places import places

    cwd = files.working_folder()
    key = os.path.normpath(os.path.join(cwd, path))
    around = places(cwd, "/dev", os.path.expanduser("~"))
    return "" if around.never(key) or around.cached(key) else key


def _name_of(key: str, mark: str) -> str:
    """The name of a look at this path: relative below the working folder."""
    from zenbook.world import files

    cwd = files.working_folder()
    below = cwd.rstrip(os.sep) + os.sep
    path = "." if key == cwd else key.removeprefix(below)
    return looks.look_name(path, mark)


def look_now(kind: Kind, name: str) -> Read:
    """A file or variable as it is now."""
    from zenbook.model import Read
    from zenbook.world import files
    from zenbook.world.variables import variable_read

    return variable_read(name) if kind == "variable" else Read("file", name, files.look(name))


def stamp_now(key: str) -> Any:
    """What :func:`zenbook.world.files.stamp_now` says, loaded when somebody asks."""
    from zenbook.world import files

    return files.stamp_now(key)
