"""The open file of history: who may write it, when to wait, when to begin anew.

Constraints
    - A fact that was acknowledged survives ``kill -9``. SQLite's WAL with ``synchronous=NORMAL``
      gives that at 15-50 µs a commit (the bytes are in the system's page cache, which outlives
      the process); a power cut may lose the last moments but never the file.
    - Stop must work at every instant: each attempt is guarded and never sleeps inside, so a
      lock held by another process is waited for *between* guarded attempts, in short naps.
    - The file may vanish or be replaced while it is open (``rm -rf .zenbook``): SQLite would go
      on writing into the deleted file. Two ``stat`` calls (3 µs) before each use notice.
    - A forked child must neither use nor close its parent's connection; it reads through its own
      and never writes.

Rejected: ``PRAGMA busy_timeout`` (it sleeps in C, where Stop cannot reach); a writer thread
(loses what is queued at a kill, and a fork loses the thread).
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from zenbook.errors import Busy, HomeError, NoRoom, StoreFault
from zenbook.world.guard import guarded
from zenbook.world.history_recovery import is_damage, rebuild, set_aside_leftovers
from zenbook.world.history_schema import SCHEMA, create, migrate, newer, version_of
from zenbook.world.home import open_home
from zenbook.world.room import is_no_room
from zenbook.world.shared_memory import SharedMemory

T = TypeVar("T")

_log = logging.getLogger("zenbook")
_inherited: list[sqlite3.Connection] = []
"""Connections that must not be touched, not even closed: a parent's in a forked child."""

_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNWRITABLE = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
_CACHE_KIB = 8192
_ONCE_BITTEN = 0.05
"""Seconds of patience after a wait in vain: twenty steps must not wait twenty times."""
_CHECK_SECONDS = 0.03


class Ledger:
    """The history file, opened when first used and again whenever that is needed.

    ``patience`` is how many seconds a lock of another process is waited for. ``renewed`` is
    called inside the writing transaction that follows when the file had to be begun anew, or when
    something could not be written; what it gives is called once that is on record.
    """

    def __init__(self, path: Path, *, read_only: bool = False, patience: float = 2.0) -> None:
        self.path = path
        self._files = (str(path), f"{path}-wal")
        self._shared = SharedMemory(path)
        self.patience = patience
        self.renewed: Callable[[sqlite3.Connection], Callable[[], None]] | None = None
        self.newer_schema = 0
        self._read_only = read_only
        self._writable = not read_only
        self._home_process = os.getpid()
        self._opened_in = self._home_process
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, ...] = ()
        self._ever_opened = False
        self._waited_in_vain = False
        self.must_renew = False
        self._openings = self._written = 0
        self._stood: tuple[object, object] = (None, None)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some reading; raise StoreFault (or Busy) if the file does not let us."""
        return self._patiently(work, writing=False)

    def write(self, work: Callable[[sqlite3.Connection], T], *, aside: bool = False) -> T:
        """Do some writing as one transaction: all of it is on record, or nothing.

        What is written ``aside`` says what happened, and is no reason to look at results again.
        """
        if os.getpid() != self._home_process:
            raise StoreFault("a forked process leaves the history of its parent alone")
        return self._patiently(work, writing=True, aside=aside)

    def close(self) -> None:
        """Close the file; what comes later opens it again."""
        with guarded():
            connection, self._connection = self._connection, None
            if connection is None:
                return
            self._let_go(connection)

    def _let_go(self, connection: sqlite3.Connection, *, merging: bool = False) -> None:
        """Close it, its log merged if so asked. Where that would do harm it is kept, unused."""
        try:
            if self._opened_in == os.getpid():
                self._shared.mend()
                if merging:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return connection.close()
        except StoreFault:
            pass  # the memory it shares is gone
        _inherited.append(connection)

    def stamp(self) -> object:
        """Identity, size and time of the file and its log; a new object if they are unseen."""
        try:
            file, log = map(os.stat, self._files)
        except OSError:
            return object()
        return (file.st_ino, file.st_mtime_ns, log.st_ino, log.st_size, log.st_mtime_ns)

    def standing(self) -> object:
        """Equal to an earlier one only if nothing but what we wrote aside was written in between,
        by anybody. Costs no more than a stamp where nothing was written at all.

        The stamp is taken before SQLite is asked: what others write in between changes the next.
        """
        stamp = self.stamp()
        before, standing = self._stood
        if stamp != before:
            standing = self.read(self._written_by_others)
            self._stood = stamp, standing
        return standing

    def _written_by_others(self, connection: sqlite3.Connection) -> object:
        """SQLite counts for each connection what others have committed."""
        (others,) = connection.execute("PRAGMA data_version").fetchone()
        return (self._openings, others, self._written)

    # ------------------------------------------------------------ attempts

    def _patiently(
        self, work: Callable[[sqlite3.Connection], T], *, writing: bool, aside: bool = False
    ) -> T:
        """Try until it works, the lock is held for too long, or the file is beyond repair."""
        deadline = time.monotonic() + (_ONCE_BITTEN if self._waited_in_vain else self.patience)
        nap, rebuilt = 0.001, False
        while True:
            try:
                with guarded():
                    result = self._attempt(work, writing=writing, aside=aside)
                self._waited_in_vain = False
                return result
            except sqlite3.DatabaseError as error:
                if is_damage(error) and not rebuilt and self._may_rebuild:
                    rebuilt = True
                    self._begin_anew(error)
                    continue
                if not _is_lock(error):
                    raise self._fault(error) from error
                if time.monotonic() >= deadline:
                    self._waited_in_vain = True
                    raise Busy(
                        f"the history {self.path} is locked by another process for more than "
                        f"{self.patience:g} seconds"
                    ) from error
            time.sleep(nap)
            nap = min(2 * nap, 0.05)

    def _attempt(self, work: Callable[[sqlite3.Connection], T], *, writing: bool, aside: bool) -> T:
        if not writing:
            return self._attempt_to_read(work)
        connection, renewed = self._current(), _nothing
        self._refuse_writing()
        connection.execute("BEGIN IMMEDIATE")
        try:
            if self.must_renew and self.renewed is not None:
                renewed = self.renewed(connection)
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self.must_renew = False
        renewed()
        self._written += not aside
        return result

    def _attempt_to_read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._current()
        except sqlite3.DatabaseError as error:
            if not is_no_room(error):
                raise
            with closing(self._connect_for_reading()) as connection:  # until there is room again
                return work(connection)
        return work(connection)

    def _refuse_writing(self) -> None:
        if self.newer_schema:
            raise newer(self.newer_schema)
        if not self._writable:
            raise StoreFault(f"the history {self.path} is read-only; nothing is recorded")

    @property
    def writable(self) -> bool:
        """Whether writing is possible, as far as is known since the file was last opened."""
        return self._writable and self._may_write

    @property
    def _may_write(self) -> bool:
        return not self._read_only and os.getpid() == self._home_process

    @property
    def _may_rebuild(self) -> bool:
        return self._may_write and not self.newer_schema

    def _fault(self, error: sqlite3.DatabaseError) -> StoreFault:
        if self.newer_schema:
            return newer(self.newer_schema)
        if is_no_room(error):
            return NoRoom(f"the history {self.path} cannot be written: {error}")
        mend = "; `zenbook fsck --repair` mends it" if is_damage(error) else ""
        return StoreFault(f"the history {self.path} cannot be used: {error}{mend}")

    # ------------------------------------------------------------ opening

    def _current(self) -> sqlite3.Connection:
        """The connection to the file that is at the path *now*."""
        connection = self._connection
        if connection is not None:
            if self._opened_in == os.getpid() and self._identity == self._seen():
                self._shared.mend()
                return connection
            self._leave(connection)
        return self._open()

    def _seen(self) -> tuple[int, ...]:
        """What tells the file and its log at the path from others of the same name."""
        try:
            file = os.stat(self.path)
        except OSError:
            return ()
        if not self._writable:
            return (file.st_dev, file.st_ino)
        try:
            log = os.stat(f"{self.path}-wal")
        except OSError:
            return (file.st_dev, file.st_ino)
        return (file.st_dev, file.st_ino, log.st_ino)

    def _leave(self, connection: sqlite3.Connection) -> None:
        """Let go of a connection whose file is another one by now, or another process's. If only
        the log was deleted, we still hold it: its facts are carried over into the file."""
        self._connection = None
        is_same = self._identity[:2] == self._seen()
        self._let_go(connection, merging=is_same and self._may_write)

    def _open(self) -> sqlite3.Connection:
        if self._may_write:
            self._make()
        self._opened_in = os.getpid()
        self._shared.mend()
        connection = self._connect()
        try:
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._identity = self._seen()
        self._shared.mend()
        self._ever_opened = True
        self._openings += 1
        return connection

    def _make(self) -> None:
        """Make the folder and an empty file if there is none; say so if there was one."""
        if self.path.exists():
            return
        try:
            open_home(self.path.parent)
            set_aside_leftovers(self.path)
            if not self.path.exists():
                create(self.path)
        except OSError as error:
            raise HomeError(f"the history {self.path} cannot be made: {error}") from error
        if self._ever_opened:
            self.must_renew = True
            _log.warning("The history %s was deleted; a new one was begun.", self.path)

    def _connect(self) -> sqlite3.Connection:
        """Open for writing if we may, else for reading, else as a file that nobody changes."""
        if not self._may_write:
            return self._connect_for_reading()
        self._writable = os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)
        if not self._writable:
            return self._connect_for_reading()
        connection = _connect(self.path, "mode=rw")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _connect_for_reading(self) -> sqlite3.Connection:
        if not self.path.exists():
            raise StoreFault(f"there is no history at {self.path} yet")
        try:
            return _connect(self.path, "mode=ro")
        except sqlite3.OperationalError as error:
            unread = is_no_room(error) and not _is_empty(Path(self._files[1]))
            if unread or not (_code(error) in _UNWRITABLE or is_no_room(error)):
                raise
            # No shared memory can be made beside it, so nobody writes it either.
            return _connect(self.path, "immutable=1")

    def _check(self, connection: sqlite3.Connection) -> None:
        """Find out whose file it is and of which version; migrate an older one."""
        found = version_of(connection)
        self.newer_schema = found if found > SCHEMA else 0
        if self.newer_schema:
            self._writable = False
        elif found < SCHEMA and self._writable:
            backup = migrate(connection, self.path, found)
            _log.warning("The history was brought up to date; the old one is %s.", backup)
        if self._writable:
            _look_it_over(connection, self.path)

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        """Rescue what can be read of a damaged file and go on with that; say what is lost."""
        with guarded():
            self._drop()
            try:
                told = rebuild(self.path, str(error), self.patience)
            except OSError as trouble:
                raise StoreFault(
                    f"the history {self.path} is damaged and cannot be rebuilt: {trouble}"
                ) from trouble
        self.must_renew = True
        if told:
            _log.warning("%s", told)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._let_go(connection)


def _connect(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?{how}",
        uri=True,
        timeout=0.0,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=64,
    )
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _look_it_over(connection: sqlite3.Connection, path: Path) -> None:
    """Give a file with an unmerged log a short look; deeper damage shows when it is met."""
    if _is_empty(Path(f"{path}-wal")):
        return
    deadline = time.monotonic() + _CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 1000)
    try:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_INTERRUPT:
            raise
        return  # Out of time: what was seen so far is sound.
    finally:
        connection.set_progress_handler(None, 0)
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"database disk image is malformed: {verdict}")


def _is_empty(log: Path) -> bool:
    try:
        return os.stat(log).st_size == 0
    except OSError:
        return True


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code of an error."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _nothing() -> None:
    """Nothing was renewed."""


def _is_lock(error: sqlite3.Error) -> bool:
    return _code(error) in _LOCKED
