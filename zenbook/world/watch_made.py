"""The folders that a step made, and where it found nothing in them.

What stands in such a folder is the step's own, and no reason. But the folder stays, and what the
step leaves in it is what it finds when it runs again: a checkpoint to go on with. So a look that
found nothing there is a reason as anywhere else, unless the folder is gone in the end or was given
a name that no other run gives.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from zenbook.core import looks
from zenbook.world import files


class Made:
    """The folders that one step made, by their absolute paths."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._drawn: set[str] = set()
        self._found_bare: set[str] = set()
        self._looks: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def add(self, key: str, name: str) -> None:
        """The folder was made."""
        self._names.setdefault(key, name)

    def add_drawn(self, key: str) -> None:
        """The folder is made with a name that was drawn."""
        self._drawn.add(key)

    def covers(self, key: str) -> bool:
        """Whether this path is such a folder or stands in one."""
        return key in self._names or any(key.startswith(one + os.sep) for one in self._names)

    def may_stay(self, key: str) -> bool:
        """Whether what stands at this path may be found there when the step runs again."""
        return not any((key + os.sep).startswith(one + os.sep) for one in self._drawn)

    def found_bare(self, key: str) -> bool:
        """A look found nothing at this path; whether that is a reason."""
        if not self.may_stay(key):
            return False
        self._found_bare.add(key)
        return True

    def was_bare(self, key: str) -> bool:
        """Whether a look found nothing at this path."""
        return key in self._found_bare

    def look(self, name: str, key: str) -> None:
        """A look that has this name was at this path, or into it."""
        if self.covers(key):
            self._looks[name] = key

    def forgets(self, name: str) -> bool:
        """Whether this look was into a folder that the step made, and that is gone."""
        return name in self._looks and self.is_gone(self._looks[name])

    def is_gone(self, key: str) -> bool:
        """Whether a folder is gone that the step made at this path, or around it."""
        around = [folder for folder in self._names if (key + os.sep).startswith(folder + os.sep)]
        return any(files.existence(folder) == looks.MISSING for folder in around)

    def there(self) -> Iterator[str]:
        """The names of those that are there."""
        for key, name in self._names.items():
            if files.existence(key) == files.FOLDER:
                yield name
