"""The index of the store: diskcache, with everything taken away that could surprise.

diskcache 5.6.3 as it comes unpickles keys and values it finds, reads and deletes files that a
row names, deletes silently beyond 1 GB, and waits a minute for every statement of an opening.
Here a row holds a str key and raw bytes and nothing else: no file name ever enters a row, a
value of any other kind reads as absent, nothing is culled, and waiting is bounded by us.

A garbage index is set aside in ``bad/`` and a new one begun: blobs are files that tell their own
name, so the store finds them again without it.
"""

from __future__ import annotations

import contextlib
import functools
import operator
import os
import sqlite3
import stat
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from zenbook.errors import Busy, HomeError, NoRoom, StoreFault
from zenbook.world.guard import Origin, after_fork, guarded
from zenbook.world.home import is_remote, private_folder
from zenbook.world.notice import notice_once
from zenbook.world.room import is_no_room
from zenbook.world.shared_memory import SharedMemory

PATIENCE = 5.0
"""Seconds a call waits for another process that holds the write lock."""
POLL = 0.1
DATABASE = "cache.db"
_KEY_SIZE = 64
_PRAGMAS: Mapping[str, tuple[Any, ...]] = {
    "sqlite_auto_vacuum": (1,),
    "sqlite_cache_size": (8192,),
    "sqlite_journal_mode": ("wal", "delete"),
    "sqlite_mmap_size": (0,),  # reading a mapped file that somebody cuts short kills the kernel
    "sqlite_synchronous": (1,),
}


class Index(Protocol):
    """Small rows by key. Raises only :class:`zenbook.errors.StoreFault`."""

    writable: bool

    def get(self, key: str) -> bytes | None: ...
    def set(self, key: str, row: bytes, size: int) -> None: ...
    def delete(self, keys: Iterable[str]) -> int: ...
    def sizes(self) -> dict[str, int]: ...
    def close(self) -> None: ...


class _Garbage(Exception):
    """The index opens as a database, but it is none that diskcache ever wrote."""


@contextlib.contextmanager
def faults(doing: str) -> Iterator[None]:
    """Turn whatever the disk or SQLite may raise into the one fault the engine knows."""
    try:
        yield
    except StoreFault:
        raise
    except (OSError, sqlite3.Error, MemoryError, UnicodeError, _Garbage) as error:
        if is_no_room(error):
            raise NoRoom(f"{doing}: {_told(error)}") from error
        raise StoreFault(f"{doing}: {_told(error)}") from error


def _told(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


@functools.cache
def _parts() -> tuple[Any, Any]:
    """Our Cache and Disk classes, made when a store is first opened."""
    import diskcache

    class RawDisk(diskcache.Disk):  # type: ignore[misc]
        """Writes raw bytes under str keys; believes nothing it reads."""

        def __init__(self, directory: str, **_settings: Any) -> None:
            super().__init__(directory)

        def put(self, key: Any) -> tuple[str, bool]:
            if not isinstance(key, str):
                raise TypeError("keys of the store are str")
            return key, True

        def get(self, key: Any, raw: Any) -> str:
            return key if raw and isinstance(key, str) else ""

        def store(self, value: Any, read: bool, key: Any = None) -> tuple[int, int, None, Any]:
            row, size = value
            return size, diskcache.core.MODE_RAW, None, sqlite3.Binary(row)

        def fetch(self, mode: Any, filename: Any, value: Any, read: bool) -> bytes | None:
            raw = mode == diskcache.core.MODE_RAW and isinstance(value, bytes)
            return value if raw else None

        def filename(self, key: Any = None, value: Any = None) -> tuple[str, str]:
            raise TypeError("rows of the store have no files")

        def remove(self, file_path: Any) -> None:
            """Leave a file alone that a row names: no row of ours names one."""

    class PromptCache(diskcache.Cache):  # type: ignore[misc]
        """Reports a locked database at once, and takes no PRAGMA from what it opens."""

        @property
        def _sql_retry(self) -> Any:
            return self._sql

        def reset(self, key: str, value: Any = diskcache.core.ENOVAL, update: bool = True) -> Any:
            if not key.startswith("sqlite_"):
                return super().reset(key, value, update)
            if value in _PRAGMAS.get(key, ()):
                _set_pragma(self._sql, key.removeprefix("sqlite_"), value)
            return value

    return PromptCache, RawDisk


def _set_pragma(sql: Callable[[str], Any], pragma: str, value: Any) -> None:
    """Set what is not set yet: changing the journal needs a lock, asking for it does not."""
    if sql(f"PRAGMA {pragma}").fetchone() != (value,):
        sql(f"PRAGMA {pragma} = {value}").fetchall()


class DiskIndex:
    """Rows in a diskcache below ``folder``. Safe in threads; refuses to write in a fork."""

    writable = True

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self._folder = folder
        self._patience = patience
        self._wait = patience
        self._cache: Any = None
        self._identity: tuple[int, int] | None = None
        self._origin = Origin()
        self._shared = SharedMemory(folder / DATABASE)
        _live.add(self)

    def get(self, key: str) -> bytes | None:
        """The row of this key, None if there is none that we could have written."""
        row = self._run(lambda cache: cache.get(key))
        return row if isinstance(row, bytes) else None

    def set(self, key: str, row: bytes, size: int) -> None:
        """Insert or replace a row; ``size`` is what the blob takes in all."""
        self._run(lambda cache: cache.set(key, (row, size)))

    def delete(self, keys: Iterable[str]) -> int:
        """Take these rows out and say how many there were."""
        return sum(bool(self._run(operator.methodcaller("delete", key))) for key in keys)

    def sizes(self) -> dict[str, int]:
        """Bytes by key, of rows whose key we could have written."""
        found: dict[str, int] = self._run(lambda cache: sizes_by_key(cache._sql))
        return found

    def close(self) -> None:
        """Let go of the database; the next call opens it anew."""
        with guarded():
            cache, self._cache = self._cache, None
            if cache is not None and self._origin.is_here:
                try:
                    self._shared.mend()
                except StoreFault:
                    _stranded.append(cache)
                    return
                with contextlib.suppress(sqlite3.Error):  # a broken database is closed all the same
                    cache.close()

    def strand(self) -> None:
        """Leave the parent's connection unused and unclosed in a forked child."""
        if self._cache is not None:
            _stranded.append(self._cache)
            self._cache = None

    def _run(self, act: Callable[[Any], Any]) -> Any:
        """Do one thing with the open cache: waiting, repairing and reopening as needed."""
        if not self._origin.is_here:
            raise StoreFault("a forked process does not write the store of its parent")
        deadline = time.monotonic() + self._wait
        remedies = [self._reopen, self._set_aside]
        while True:
            try:
                with faults(f"the store's index {self._folder / DATABASE}"), guarded():
                    done = _acting(act, self._opened())
                self._wait = self._patience
                return done
            except StoreFault as fault:
                error = fault.__cause__
                if _is_busy(error):
                    self._pause(deadline, fault)
                elif _is_moved(error) and self._reopen in remedies:
                    remedies.remove(self._reopen)
                    self._reopen(fault)
                elif _is_garbage(error) and self._set_aside in remedies:
                    remedies.remove(self._set_aside)
                    self._set_aside(fault)
                else:
                    raise

    def _pause(self, deadline: float, fault: StoreFault) -> None:
        """Wait a little, with Stop let through; Busy when patience is at an end.

        Whoever was kept waiting in vain once is not kept waiting so long at the next call.
        """
        if time.monotonic() >= deadline:
            self._wait = 0.0
            raise Busy("another process holds the store's write lock") from fault
        time.sleep(POLL / 10)

    def _opened(self) -> Any:
        """The cache, opened (again) if it never was or its files have gone from under us."""
        identity = _identity(self._folder / DATABASE)
        if self._cache is not None and identity == self._identity:
            self._shared.mend()
            return self._cache
        self.close()
        self._shared.mend()
        try:
            self._cache = self._open()
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise _Garbage(str(error)) from error
        except sqlite3.OperationalError as error:
            if _code(error) == sqlite3.SQLITE_ERROR:  # it opens, but is of another shape
                raise _Garbage(str(error)) from error
            raise
        self._identity = _identity(self._folder / DATABASE)
        self._shared.mend()
        return self._cache

    def _open(self) -> Any:
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_folder(self._folder)
        database = self._folder / DATABASE
        if size_of(database) == 0 and size_of(self._folder / f"{DATABASE}-wal"):
            raise _Garbage("it is empty beside its log")
        directory = str(self._folder)
        if os.path.expandvars(os.path.expanduser(directory)) != directory:
            raise HomeError(f"{directory} has a name that diskcache would change; rename it")
        _make_private(database)
        cache, disk = _parts()
        return cache(
            directory,
            timeout=POLL,
            disk=disk,
            eviction_policy="none",
            cull_limit=0,
            size_limit=2**62,
            statistics=0,
            tag_index=0,
            sqlite_mmap_size=0,
            sqlite_journal_mode="delete" if is_remote(self._folder) else "wal",
        )

    def _reopen(self, _fault: StoreFault) -> None:
        """Begin again with a new connection: the files beside the index have changed."""
        self.close()

    def _set_aside(self, fault: StoreFault) -> None:
        """Move a garbage index to ``bad/`` so that a new one can be begun."""
        with faults("the store's broken index cannot be moved"), guarded():
            self.close()
            bad = private_folder(self._folder.parent / "bad")
            stamp = f"{time.time_ns():x}-{os.getpid()}"
            for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.rename(self._folder / name, bad / f"{stamp}-{name}")
        notice_once(
            f"bad index {self._folder}",
            f"the store's index was broken ({fault.__cause__}); "
            f"it is now in {bad} and a new one was begun",
        )


def sizes_by_key(query: Callable[[str], Any]) -> dict[str, int]:
    rows: Mapping[Any, Any] = dict(query("SELECT key, size FROM Cache WHERE raw = 1"))
    return {
        key: size
        for key, size in rows.items()
        if isinstance(key, str) and isinstance(size, int) and len(key) <= _KEY_SIZE
    }


def _identity(database: Path) -> tuple[int, int] | None:
    try:
        facts = os.lstat(database)
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


def _make_private(database: Path) -> None:
    """Let the index be a file that only we may read.

    One that exists is never opened and closed here: closing any descriptor of a file drops all
    of this process's locks on it, also SQLite's, and then another process takes itself for the
    last one and deletes the write-ahead log (seen: one writer in 300 lost its rows).
    """
    try:
        fd = os.open(database, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        facts = os.lstat(database)
        if not stat.S_ISREG(facts.st_mode):
            raise HomeError(f"{database} is not a file; remove it") from None
        if facts.st_mode & 0o077:
            os.chmod(database, 0o600)
    else:
        os.fchmod(fd, 0o600)
        os.close(fd)


def size_of(path: Path) -> int:
    """Bytes of a file, 0 if there is none."""
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0


def _acting(act: Callable[[Any], Any], cache: Any) -> Any:
    """Act, and say why a transaction could not begin: diskcache calls a full disk a timeout."""
    import diskcache

    try:
        return act(cache)
    except diskcache.Timeout as timeout:
        raise timeout.__context__ or Busy("the store is locked") from None


def _code(error: BaseException | None) -> int:
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else -1


def _is_busy(error: BaseException | None) -> bool:
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_moved(error: BaseException | None) -> bool:
    """Whether a new connection may help: files were deleted or replaced under the old one."""
    return not is_no_room(error) and _code(error) in (
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    )


def _is_garbage(error: BaseException | None) -> bool:
    """Whether the file is no database of ours: not SQLite, malformed, or of another shape."""
    if _code(error) == sqlite3.SQLITE_ERROR:
        return any(word in str(error) for word in ("no such", "has no column", "is a view"))
    return isinstance(error, _Garbage) or _code(error) in (
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT,
    )


_live: weakref.WeakSet[DiskIndex] = weakref.WeakSet()
_stranded: list[Any] = []


def _strand_all() -> None:
    for index in list(_live):
        index.strand()


after_fork(_strand_all)
