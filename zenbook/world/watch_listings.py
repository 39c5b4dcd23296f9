"""The folders that a step listed: their names as it found them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator

from zenbook.core import looks
from zenbook.model import Read
from zenbook.world import files
from zenbook.world.watch_made import Made

Found = tuple[Iterable[str] | None] | tuple[()]
"""The names that were found in a folder, None where it could not be listed; nothing where they are
what is there now."""


class Listings:
    """The listings of one step, by the names of these looks."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, frozenset[str] | None, bool]] = {}
        self._own: dict[str, tuple[str, Callable[[], str]]] = {}

    def add(self, name: str, key: str, found: Found, *, is_own: bool) -> None:
        """The folder was listed; ``is_own``: the step has made it."""
        if name not in self._found:
            names = found[0] if found else files.names_in(key)
            self._found[name] = (key, None if names is None else frozenset(names), is_own)

    def own(self, name: str, key: str, look: Callable[[], str] | None = None) -> None:
        """A folder of the step's own matters by its names, or by what this look tells of them."""
        self._own.setdefault(name, (key, look or (lambda: files.listing(key))))

    def reads(self, made: Collection[str], folders: Made) -> Iterator[Read]:
        """The names that were found, without temporary ones among what the step has ``made``, or
        in one of the ``folders`` that it made; and of those that it fills anew the names that are
        there now: what others put there since is what a run would find, or take away."""
        for name, (key, names, is_own) in self._found.items():
            if not (is_own and folders.is_gone(key)):
                yield Read("file", name, _digest(key, names, made, is_own=is_own))
        for name, (key, look) in self._own.items():
            if name not in self._found and files.existence(key) == files.FOLDER:
                yield Read("file", name, look())


def _digest(key: str, names: frozenset[str] | None, made: Collection[str], *, is_own: bool) -> str:
    if names is None:
        return looks.MISSING
    if is_own:
        made = [os.path.join(key, name) for name in names]
    gone = {
        os.path.basename(path)
        for path in made
        if os.path.dirname(path) == key and files.existence(path) == looks.MISSING
    }
    return files.digest_of_names(names - gone)
