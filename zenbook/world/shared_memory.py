"""The memory that SQLite shares between the processes which have a database open.

It is the file ``-shm`` beside a database, mapped. Whoever cuts that file short (a copy of the
folder put over one that is open) kills every process that touches what is no longer there: SIGBUS,
which nobody can catch. Made as long again before it is touched it holds zeros, which SQLite takes
for what they are: it reads its log anew. One look at the disk (1 µs); cut short *while* SQLite is
at work it still kills.

Rejected: exclusive locking, which needs no shared memory and lets one kernel in.
"""

from __future__ import annotations

import os
from pathlib import Path

from zenbook.errors import NoRoom, StoreFault
from zenbook.world.room import is_no_room

_sizes: dict[str, int] = {}
"""How long each file was: SQLite maps it once for all connections of a process."""


class SharedMemory:
    """The ``-shm`` file of one database."""

    __slots__ = ("_path",)

    def __init__(self, database: Path) -> None:
        self._path = f"{database}-shm"

    def mend(self) -> None:
        """Make the file as long again as it was known to be. To be called before the database is
        opened, once it is, and before each use; raises StoreFault if it must not be touched."""
        try:
            size = os.stat(self._path).st_size
        except OSError:
            _sizes.pop(self._path, None)  # what is mapped of a deleted file stays
            return
        known = _sizes.get(self._path, 0)
        if size >= known:
            if size > known:
                _sizes[self._path] = size
            return
        try:
            os.truncate(self._path, known)  # to open and close it would drop SQLite's locks
        except OSError as error:
            fault = NoRoom if is_no_room(error) else StoreFault
            raise fault(f"{self._path} was cut short ({error.strerror})") from error
