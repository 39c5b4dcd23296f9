"""One computation per key at a time, across kernels; a courtesy, never a condition.

``flock`` on a file per key: the system lets go of it when its holder dies, whichever way. The
wait is a poll and not a blocking call, so that Stop and our patience can end it. The file is
removed by its holder; who then finds that he has locked a file that is no longer the one under
that name tries again. If locking fails (a network drive, no space, the folder gone), the
step runs without: two kernels then compute the same thing, and the store keeps it once.

Rejected: ``diskcache.Lock``, which blocks for ever after its holder is killed; a lock with the
holder's pid, because pids are used again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from zenbook.errors import StoreFault
from zenbook.world.guard import after_fork
from zenbook.world.home import private_folder

_FIRST_POLL = 0.002
_LAST_POLL = 0.05

_open: set[int] = set()


class FileLocks:
    """The real :class:`zenbook.world.ports.Locks`, in ``locks/`` below a zenbook home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "locks"
        self._held: set[tuple[int, str]] = set()

    @contextlib.contextmanager
    def once(
        self, key: str, patience: float, waiting: Callable[[], object] = bool
    ) -> Iterator[bool]:
        """Hold the key's lock while the block runs; ``waiting`` is called before a wait for it.

        Gives True if somebody else held it before us (look again: the result may be there) and
        also when ``patience`` (seconds) ran out; False if we were first, if this thread holds it
        already, or if locking does not work here. KeyboardInterrupt ends the wait.
        """
        mine = (threading.get_ident(), key)
        if mine in self._held:
            yield False
            return
        fd, waited = self._acquire(key, patience, waiting)
        self._held.add(mine)
        try:
            yield waited
        finally:
            self._held.discard(mine)
            if fd is not None:
                _release(fd, self._path(key))

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.lock"

    def _acquire(
        self, key: str, patience: float, waiting: Callable[[], object]
    ) -> tuple[int | None, bool]:
        """An open, locked file (None if there is none to be had) and whether we waited."""
        path = self._path(key)
        deadline = time.monotonic() + patience
        poll, waited = _FIRST_POLL, False
        while True:
            try:
                fd = self._try(path)
            except (OSError, StoreFault):
                return None, waited  # locking does not work here; correctness does not need it
            if fd is not None:
                return fd, waited
            if not waited:
                waiting()
            waited = True
            left = deadline - time.monotonic()
            if left <= 0:
                return None, True
            time.sleep(min(poll, left))
            poll = min(poll * 2, _LAST_POLL)

    def _try(self, path: Path) -> int | None:
        """Lock the file once; None if another holds it or it was removed meanwhile."""
        private_folder(path.parent)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        _open.add(fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_same(fd, path):
                return fd
        except BlockingIOError:
            pass  # somebody holds it: the caller waits
        except BaseException:
            _close(fd)
            raise
        _close(fd)
        return None


def _is_same(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    except FileNotFoundError:
        return False


def _release(fd: int, path: Path) -> None:
    """Remove the file while it is still ours, then let go."""
    if fd in _open:  # not in a forked child, where it is the parent's
        with contextlib.suppress(OSError):  # a lock file left behind is locked by nobody
            if _is_same(fd, path):
                os.unlink(path)
        _close(fd)


def _close(fd: int) -> None:
    _open.discard(fd)
    os.close(fd)


def _let_go_in_child() -> None:
    """Close the parent's locks in a forked child, which would else hold them beyond its death."""
    while _open:
        with contextlib.suppress(OSError):
            os.close(_open.pop())


after_fork(_let_go_in_child)
