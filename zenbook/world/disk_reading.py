"""The store's index where it may only be read: a read-only folder, a forked child.

diskcache cannot open what it may not write. SQLite can, with the write-ahead log if the files
beside the index are there, and else what is in the index itself; a blob whose row is only in the
log is found by its file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from zenbook.errors import StoreFault
from zenbook.world.disk import DATABASE, POLL, faults, size_of, sizes_by_key
from zenbook.world.guard import guarded
from zenbook.world.room import is_no_room
from zenbook.world.shared_memory import SharedMemory


class ReadOnlyIndex:
    """Rows of an index that we may not or must not write: a read-only folder, a forked child."""

    writable = False

    def __init__(self, folder: Path, why: str) -> None:
        self._database = folder / DATABASE
        self._why = why
        self._connection: sqlite3.Connection | None = None

    def get(self, key: str) -> bytes | None:
        """The row of this key, None if there is none that we could have written."""
        query = "SELECT value FROM Cache WHERE key = ? AND raw = 1 AND mode = 1"
        for (row,) in self._query(query, key):
            return row if isinstance(row, bytes) else None
        return None

    def set(self, key: str, row: bytes, size: int) -> None:
        """Refuse: this is for reading."""
        raise StoreFault(self._why)

    def delete(self, keys: Iterable[str]) -> int:
        """Refuse: this is for reading."""
        raise StoreFault(self._why)

    def sizes(self) -> dict[str, int]:
        """Bytes by key, of rows whose key we could have written."""
        return sizes_by_key(self._query)

    def close(self) -> None:
        """Let go of the database."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _query(self, query: str, *values: str) -> list[Any]:
        with faults(f"the store's index {self._database}"), guarded():
            if not self._database.is_file():
                return []
            SharedMemory(self._database).mend()
            if self._connection is None:
                self._connection = self._connect()
            return self._connection.execute(query, values).fetchall()

    def _connect(self) -> sqlite3.Connection:
        """Read with the write-ahead log if SQLite can; else what is in the main file. Where only
        room is missing for reading it, the log is not passed over: its rows are not gone."""
        path = self._database.absolute().as_uri()
        for mode in ("mode=ro", "mode=ro&immutable=1"):
            connection = sqlite3.connect(
                f"{path}?{mode}", uri=True, timeout=POLL, check_same_thread=False
            )
            try:
                connection.execute("SELECT 1 FROM Cache LIMIT 1").fetchall()
                return connection
            except sqlite3.OperationalError as error:
                connection.close()
                if is_no_room(error) and size_of(Path(f"{self._database}-wal")):
                    raise
        raise StoreFault(f"the store's index {self._database} cannot be read")
