"""Paths as a step says them, and as they are remembered.

A relative path stays relative, so that the same step in another folder looks there. An absolute
path below the working folder becomes relative too (the project may be moved), unless the code or
an input spells it out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import MethodDescriptorType
from typing import Any

from zenbook.world import files
from zenbook.world.watch_places import Places, owner_of


def text_of(path: Any) -> str:
    """A path as text. Raises TypeError for what is none, and where only code of the user's tells
    it: that code would run once more than the program calls it."""
    if not issubclass(type(path), (str, bytes)):
        tells = getattr(type(path), "__fspath__", None)
        code = getattr(tells, "__code__", None)
        is_users = owner_of(code.co_filename) == "user" if code else None
        if is_users or (is_users is None and type(tells) is not MethodDescriptorType):
            raise TypeError(f"only {type(path).__name__} itself tells its path")
    return os.fsdecode(path)


def path_said(path: Any) -> str | None:
    """A path as text; None for a descriptor or a missing one. Raises as :func:`text_of` does."""
    return None if path is None or isinstance(path, int) else text_of(path) or None


def is_to_ask(path: Any) -> bool:
    """Whether this is an object that has to be asked for its path. Whoever does so hands on the
    answer, lest it be asked twice; functions of the system say the same of either."""
    return type(path) is not str and getattr(type(path), "__fspath__", None) is not None


class Paths:
    """The paths of one step, which began in one working folder."""

    def __init__(self, places: Places, absolutes: Iterable[str]) -> None:
        self.places = places
        self.cwd = places.cwd
        self.absolutes = tuple(absolutes)
        self._links: set[str] = set()
        """Links that the step has made, to what may not be its own."""

    def linked(self, path: str) -> None:
        """A link has been made at this path."""
        self._links.add(self._key(path))

    def past_links(self, path: str) -> str:
        """What a path means that leads through a link which the step has made."""
        key = self._key(path) if self._links else ""
        if not any(key == link or key.startswith(link + os.sep) for link in self._links):
            return path
        with files.quiet():
            return os.path.realpath(key)

    def has_links_below(self, key: str) -> bool:
        """Whether a link that the step has made stands below this absolute path."""
        return any(link.startswith(key + os.sep) for link in self._links)

    def _key(self, path: str) -> str:
        """The path as an absolute one, links not followed."""
        if not os.path.isabs(path):
            path = os.path.join(files.working_folder(), path)
        return os.path.normpath(path)

    def _name(self, path: str) -> str:
        """The path as it is remembered."""
        if not os.path.isabs(path):
            cwd = files.working_folder()
            if cwd == self.cwd:
                return path if ".." in path else os.path.normpath(path)
            path = os.path.normpath(os.path.join(cwd, path))
        elif any(path == said or path.startswith(said + os.sep) for said in self.absolutes):
            return path
        if path.startswith(self.places.below):
            return os.path.normpath(path[len(self.places.below) :])
        return "." if path == self.cwd else path
