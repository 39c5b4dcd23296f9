"""Whether something could not be written because there is no room: the disk, a quota or a limit."""

from __future__ import annotations

import errno
import sqlite3

_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CODES = frozenset({sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""What SQLite calls a limit on the size of files, and a log's index that cannot grow."""


def is_no_room(error: BaseException | None) -> bool:
    """Whether this error of the system or of SQLite means that there is no room to write."""
    if isinstance(error, OSError):
        return error.errno in _ERRNOS
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and (code & 0xFF == sqlite3.SQLITE_FULL or code in _CODES)
