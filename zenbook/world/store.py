"""The store: digest → bytes, on disk, private, mapped, checked; it may forget but never lie.

Constraints, measured on ext4 with one array of 400 MB and 2 cores:

* A put is: name the content (13 ms), write a draft (55 ms, space reserved first so that a full
  disk is found before the writing), rename, insert the row. Whatever instant the process is
  killed at, there is a whole blob or none. ``np.save`` takes 52 ms, diskcache 340 ms.
* There is no ``fsync``: it takes 150 ms more, a kill does not need it, and after a power cut
  nothing is believed without its checksums, because the *stamp* below names the boot. What a
  power cut can cost is the results of the last half minute, which are then computed again.
* Checking 1 GB takes 35–100 ms, and a hit must load in under one. So a put signs a stamp of the
  file: inode, size, both times and the boot. While the stamp holds, nobody has written to the
  file since, and only the header is checked (:mod:`zenbook.world.stamp`). Blobs under 4 MB are
  always checked in full.
* ``mmap`` keeps a file descriptor per mapping; blobs under 1 MB are read instead.

Layout below home: ``store/cache.db`` (diskcache: ``key → row``), ``store/ab/abcd….blob``.
A row is ``I`` + the whole blob (up to 4 KiB), or ``F`` + stamp. File names come from digests,
never from a row. A blob without a row is found all the same and gets its row back.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from zenbook.errors import Damaged, NoRoom, StoreFault
from zenbook.world import blob as blobs
from zenbook.world import blob_file, stamp
from zenbook.world.disk import DiskIndex, Index, faults
from zenbook.world.disk_reading import ReadOnlyIndex
from zenbook.world.guard import Origin
from zenbook.world.home import is_writable, open_home, private_folder
from zenbook.world.ports import Bundle, Put

INLINE_UP_TO = 4096
"""Bytes of a blob that is kept in its row."""
STAMPED_FROM = 4 << 20
"""Bytes from which a blob is checked by its stamp."""
GRACE = 3600.0
"""Seconds a draft is left alone: its writer may still be writing."""

T = TypeVar("T")

_BLOB = re.compile(r"[0-9a-f]{32}")
_INLINE, _FILE = b"I", b"F"


class DiskStore:
    """The real :class:`zenbook.world.ports.Store`, below a zenbook home."""

    def __init__(self, home: Path, *, patience: float = 5.0, read_only: bool = False) -> None:
        self._home = home
        self._read_only = read_only
        self._folder = home / "store"
        self._patience = patience
        self._origin = Origin()
        self._opened: Index | None = None
        self._reader: ReadOnlyIndex | None = None

    # ------------------------------------------------------------ the port

    def put(self, bundle: Bundle) -> Put:
        """Write a bundle once; equal content is found again instead of written again.

        Raises StoreFault if it cannot be kept: disk full or locked, read-only, a forked process.
        """
        sections = (memoryview(bundle.header), *map(blobs.flat, bundle.buffers))
        outline = blobs.outline(sections)
        name, size = outline.name, outline.places()[-1]
        index = self._index()
        if not index.writable:
            raise StoreFault(self._why_read_only())
        if not self._is_there(name, size, index.get(name)):
            if size <= INLINE_UP_TO:
                index.set(name, _INLINE + blobs.image(outline, sections), size)
            else:
                index.set(name, _FILE + self._write(outline, sections), size)
        return Put(name, hashlib.sha256(bundle.header).hexdigest(), size)

    def get(self, blob: str) -> tuple[bytes, tuple[memoryview, ...]]:
        """Header and buffers (private, writable), checked.

        Raises Damaged if the blob is missing or not what was written, StoreFault if the store
        cannot be read.
        """
        _require_name(blob)
        row = self._row(blob)
        with faults(f"blob {blob}"):
            if row is not None and row[:1] == _INLINE:
                sections = _in_row(row, blob)
            else:
                sections = self._read(blob, row)
        return bytes(sections[0]), sections[1:]

    def has(self, blob: str) -> bool:
        """Whether the blob is there, without looking at its bytes."""
        _require_name(blob)
        row = self._row(blob)
        if row is not None and row[:1] == _INLINE:
            return True
        try:
            return stat.S_ISREG(os.lstat(self._path(blob)).st_mode)
        except OSError:
            return False

    def sizes(self) -> Mapping[str, int]:
        """Bytes by blob, of everything that counts against a limit."""
        rows = self._reading(lambda index: index.sizes())
        found = {name: size for name, size in rows.items() if _is_name(name)}
        with faults("the store's folder"):
            for path, size, _age in self._files():
                if path.suffix == ".blob" and _is_name(path.stem):
                    found.setdefault(path.stem, size)
        return found

    def delete(self, blobs: Iterable[str]) -> int:
        """Forget these blobs and say how many were there."""
        count = 0
        index = self._index()
        for blob in blobs:
            _require_name(blob)
            had_row = index.delete((blob,))
            with faults(f"blob {blob}"):
                count += blob_file.remove(self._path(blob)) or bool(had_row)
        return count

    def close(self) -> None:
        """Let go of the files; the next call opens them anew."""
        for index in (self._opened, self._reader):
            if index is not None:
                index.close()
        self._opened = self._reader = None

    # ------------------------------------------------------------ housekeeping

    def drafts(self) -> Mapping[str, int]:
        """Bytes by path of files that killed writers left behind, older than an hour."""
        with faults("the store's folder"):
            return {
                str(path): size
                for path, size, age in self._files()
                if path.suffix == ".draft" and age > GRACE
            }

    def sweep(self) -> int:
        """Remove what :meth:`drafts` lists and say how many bytes that freed."""
        found = self.drafts()
        with faults("the store's folder"):
            return sum(size for path, size in found.items() if blob_file.remove(Path(path)))

    def faulty(self) -> Mapping[str, str]:
        """Read every blob in full and say what is wrong with which (for ``zenbook fsck``)."""
        found: dict[str, str] = {}
        for name in self.sizes():
            try:
                row = self._row(name)
                if row is not None and row[:1] == _INLINE:
                    _in_row(row, name)
                else:
                    self._read(name, None)
            except StoreFault as fault:
                found[name] = str(fault)
        return found

    # ------------------------------------------------------------ index

    def _index(self) -> Index:
        """Rows to write where we may, rows to read where we may not."""
        if self._may_write and (is_writable(self._home) or not self._home.exists()):
            if not isinstance(self._opened, DiskIndex):
                open_home(self._home)
                self._opened = DiskIndex(self._folder, self._patience)
            return self._opened
        return self._reading_only()

    @property
    def _may_write(self) -> bool:
        return self._origin.is_here and not self._read_only

    def _row(self, blob: str) -> bytes | None:
        return self._reading(lambda index: index.get(blob))

    def _reading(self, ask: Callable[[Index], T]) -> T:
        """Ask the index; where it cannot be opened for lack of room, as one that is only read."""
        try:
            return ask(self._index())
        except NoRoom:
            return ask(self._reading_only())

    def _reading_only(self) -> Index:
        if self._reader is None:
            self._reader = ReadOnlyIndex(self._folder, self._why_read_only())
        return self._reader

    def _why_read_only(self) -> str:
        if self._read_only:
            return "it was opened for reading"
        if not self._origin.is_here:
            return "a forked process does not write the store of its parent"
        return f"{self._home} cannot be written"

    # ------------------------------------------------------------ files

    def _path(self, blob: str) -> Path:
        return self._folder / blob[:2] / f"{blob}.blob"

    def _files(self) -> Iterable[tuple[Path, int, float]]:
        """Path, bytes and age in seconds of each file that is not the index's."""
        now = time.time()
        for folder in self._folder.glob("[0-9a-f][0-9a-f]"):
            for path in folder.iterdir():
                facts = path.lstat()
                if stat.S_ISREG(facts.st_mode):
                    yield path, facts.st_size, now - facts.st_mtime

    def _is_there(self, name: str, size: int, row: bytes | None) -> bool:
        """Whether this content can be served as it lies; else it is written (again)."""
        if row is None:
            return False
        try:
            if row[:1] == _INLINE:
                _in_row(row, name)
                return True
            facts = os.lstat(self._path(name))
            if size >= STAMPED_FROM:
                return _is_stamped(row, name, facts)
            self._read(name, row)
            return True
        except (OSError, Damaged):
            return False

    def _write(self, outline: blobs.Outline, sections: tuple[memoryview, ...]) -> bytes:
        """Write a blob's file, make it visible at once, and give its stamp."""
        path, size = self._path(outline.name), outline.places()[-1]
        with faults(f"a result of {size} bytes cannot be written"):
            private_folder(self._folder)
            private_folder(path.parent)
            with blob_file.draft(path) as (fd, name):
                blob_file.write(fd, outline, sections)
                os.rename(name, path)
                if size < STAMPED_FROM:
                    return b""
                return stamp.stamp(outline.name, stamp.backdate(fd))

    def _read(self, blob: str, row: bytes | None) -> tuple[memoryview, ...]:
        """The sections of a blob's file, checked as far as its stamp does not vouch for it."""
        with blob_file.opened(self._path(blob)) as (fd, facts):
            vouched = _is_stamped(row, blob, facts)
            sections = blob_file.read(fd, blob, facts.st_size, trusting=vouched)
        if not vouched:
            self._restamp(blob, facts)
        return sections

    def _restamp(self, blob: str, facts: os.stat_result) -> None:
        """Note that a blob was found whole, so that the next load need not look again."""
        index = self._index()
        if facts.st_size >= STAMPED_FROM and stamp.is_settled(facts) and index.writable:
            with contextlib.suppress(StoreFault):  # the value is there; only speed is lost
                index.set(blob, _FILE + stamp.stamp(blob, facts), facts.st_size)


def _is_stamped(row: bytes | None, blob: str, facts: os.stat_result) -> bool:
    return row is not None and row[:1] == _FILE and stamp.holds(row[1:], blob, facts)


def _is_name(blob: str) -> bool:
    return _BLOB.fullmatch(blob) is not None


def _require_name(blob: str) -> None:
    if not _is_name(blob):
        raise Damaged(f"{blob[:40]!r} is no name of a blob")


def _in_row(row: bytes, blob: str) -> tuple[memoryview, ...]:
    return blob_file.parse(memoryview(bytearray(row[1:])), blob)
