"""The moment between writing a blob and putting its record on record, kept safe from collection.

A blob that is already in the store is not written again when it is kept once more. So while one
process is about to insert a record of an old blob, another that collects garbage could delete
just that blob. Whoever keeps a result holds ``keeping.lock`` shared from the first put to the
insert (7 µs); who collects holds it alone. A dead holder never blocks: the lock dies with it.

Correctness does not depend on it: a record whose blob is gone is a miss, and its step runs.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zenbook.errors import Busy, NoRoom, StoreFault
from zenbook.world.room import is_no_room

FILE = "keeping.lock"
_NAP = 0.01


@contextmanager
def keeping(home: Path, patience: float = 2.0) -> Iterator[bool]:
    """Hold off collection while the block keeps a result.

    Gives False if it cannot: a collection takes longer than ``patience`` seconds, or the folder
    is read-only. The block runs all the same.
    """
    try:
        lock = _open(home)
    except OSError:
        yield False  # Nothing can be kept here anyhow; the put that follows says why.
        return
    try:
        yield _take(lock, fcntl.LOCK_SH, patience)
    finally:
        os.close(lock)


@contextmanager
def collecting(home: Path, patience: float = 10.0) -> Iterator[None]:
    """Collect while nobody is between a put and its record; Busy after ``patience`` seconds."""
    try:
        lock = _open(home)
    except OSError as error:
        fault = NoRoom if is_no_room(error) else StoreFault
        raise fault(
            f"{home} cannot be written, so nothing in it can be collected or mended"
            f" ({error.strerror})"
        ) from error
    try:
        if not _take(lock, fcntl.LOCK_EX, patience):
            raise Busy(f"a step has been keeping its result for more than {patience:g} seconds")
        yield
    finally:
        os.close(lock)


def _open(home: Path) -> int:
    flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(home / FILE, flags, 0o600)


def _take(lock: int, how: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
        time.sleep(_NAP)
