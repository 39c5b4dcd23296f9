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
  file since, and only the header is checked. Anyone who changes a byte changes ``ctime``, which
  no system call can set back; one who could set it back could not sign the new stamp. Blobs
  under 4 MB are always checked in full. Times tick in steps of up to 10 ms, so the put of a
  stamped blob ends when a later write would show.
* ``mmap`` keeps a file descriptor per mapping; blobs under 1 MB are read instead.

Layout below home: ``store/cache.db`` (diskcache: ``key → row``), ``store/ab/abcd….blob``.
A row is ``I`` + the whole blob (up to 4 KiB), or ``F`` + stamp. File names come from digests,
never from a row. A blob without a row is found all the same and gets its row back.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import mmap
import os
import re
import stat
import struct
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from zenbook.errors import Damaged, StoreFault, Untrusted
from zenbook.world import blob as blobs
from zenbook.world.disk import DiskIndex, Index, ReadOnlyIndex, faults
from zenbook.world.guard import Origin
from zenbook.world.home import filesystem, is_writable, open_home, private_folder
from zenbook.world.ports import Bundle, Put
from zenbook.world.trust import sign, verify

INLINE_UP_TO = 4096
MAPPED_FROM = 1 << 20
STAMPED_FROM = 4 << 20
GRACE = 3600.0
"""Seconds a file without a row is left alone: its writer may be about to insert it."""

_CHUNK = 64 << 20
_TICK = 0.012
_BLOB = re.compile(r"[0-9a-f]{32}")
_STAMP = struct.Struct("<QQQQ16s")
_INLINE, _FILE = b"I", b"F"
_RESERVING = {"ext4", "xfs", "btrfs", "tmpfs"}


class DiskStore:
    """The real :class:`zenbook.world.ports.Store`, below a zenbook home."""

    def __init__(self, home: Path, *, patience: float = 5.0) -> None:
        self._home = home
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
        row = self._index().get(blob)
        with faults(f"blob {blob}"):
            if row is not None and row[:1] == _INLINE:
                sections = _whole(bytearray(row[1:]), blob)
            else:
                sections = self._read(blob, row)
        return bytes(sections[0]), sections[1:]

    def has(self, blob: str) -> bool:
        """Whether the blob is there, without looking at its bytes."""
        _require_name(blob)
        row = self._index().get(blob)
        if row is not None and row[:1] == _INLINE:
            return True
        try:
            return stat.S_ISREG(os.lstat(self._path(blob)).st_mode)
        except OSError:
            return False

    def sizes(self) -> Mapping[str, int]:
        """Bytes by blob, of everything that counts against a limit."""
        found = {name: size for name, size in self._index().sizes().items() if _is_name(name)}
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
                count += _unlink(self._path(blob)) or bool(had_row)
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
            return sum(size for path, size in found.items() if _unlink(Path(path)))

    def faulty(self) -> Mapping[str, str]:
        """Read every blob in full and say what is wrong with which (for ``zenbook fsck``)."""
        found: dict[str, str] = {}
        for name in self.sizes():
            try:
                row = self._index().get(name)
                if row is not None and row[:1] == _INLINE:
                    _whole(bytearray(row[1:]), name)
                else:
                    self._read(name, None)
            except StoreFault as fault:
                found[name] = str(fault)
        return found

    # ------------------------------------------------------------ index

    def _index(self) -> Index:
        """Rows to write where we may, rows to read where we may not."""
        if self._origin.is_here and (is_writable(self._home) or not self._home.exists()):
            if not isinstance(self._opened, DiskIndex):
                open_home(self._home)
                self._opened = DiskIndex(self._folder, self._patience)
            return self._opened
        if self._reader is None:
            self._reader = ReadOnlyIndex(self._folder, self._why_read_only())
        return self._reader

    def _why_read_only(self) -> str:
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
                _whole(bytearray(row[1:]), name)
                return True
            facts = os.lstat(self._path(name))
            if size >= STAMPED_FROM:
                return _holds(row[1:], name, facts)
            self._read(name, row)
            return True
        except (OSError, Damaged):
            return False

    def _write(self, outline: blobs.Outline, sections: tuple[memoryview, ...]) -> bytes:
        """Write a blob's file under a draft's name, make it visible at once, and stamp it."""
        path = self._path(outline.name)
        with faults(f"a result of {outline.places()[-1]} bytes cannot be written"):
            private_folder(self._folder)
            private_folder(path.parent)
            draft = path.with_name(f"{outline.name}.{os.getpid()}-{os.urandom(4).hex()}.draft")
            fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            try:
                os.fchmod(fd, 0o600)
                _fill(fd, outline, sections, reserve=_can_reserve(str(self._folder)))
                os.rename(draft, path)
            except BaseException:
                _unlink(draft)
                raise
            else:
                renamed = time.monotonic()
                return _stamped(fd, outline, renamed)
            finally:
                os.close(fd)

    def _read(self, blob: str, row: bytes | None) -> tuple[memoryview, ...]:
        """The sections of a blob's file, checked as far as its stamp does not vouch for it."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            fd = os.open(self._path(blob), flags)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.ENOTDIR):
                raise Damaged("its bytes are gone") from error
            raise
        try:
            facts = os.fstat(fd)
            if not stat.S_ISREG(facts.st_mode):
                raise Damaged("it is not a file")
            vouched = row is not None and row[:1] == _FILE and _holds(row[1:], blob, facts)
            sections = _opened(fd, blob, facts.st_size, trusting=vouched)
            if not vouched:
                self._restamp(blob, facts)
            return sections
        finally:
            os.close(fd)

    def _restamp(self, blob: str, facts: os.stat_result) -> None:
        """Note that a blob was found whole, so that the next load need not look again."""
        index = self._index()
        settled = time.time() - facts.st_ctime > _TICK
        if facts.st_size >= STAMPED_FROM and settled and index.writable:
            with contextlib.suppress(StoreFault):  # the value is there; only speed is lost
                index.set(blob, _FILE + _stamp(blob, facts), facts.st_size)


# ---------------------------------------------------------------- names


def _is_name(blob: str) -> bool:
    return _BLOB.fullmatch(blob) is not None


def _require_name(blob: str) -> None:
    if not _is_name(blob):
        raise Damaged(f"{blob[:40]!r} is no name of a blob")


def _unlink(path: Path) -> bool:
    """Remove a file of ours; whatever else stands in its place stays."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        os.unlink(path)
        return True
    except FileNotFoundError:
        return False


# ---------------------------------------------------------------- writing


@functools.cache
def _can_reserve(folder: str) -> bool:
    """Whether reserving space is one system call here and not a slow imitation."""
    return filesystem(Path(folder)) in _RESERVING


def _fill(fd: int, outline: blobs.Outline, sections: Iterable[memoryview], reserve: bool) -> None:
    places = outline.places()
    if reserve:
        os.posix_fallocate(fd, 0, places[-1])
    else:
        os.truncate(fd, places[-1])
    _write_at(fd, 0, memoryview(outline.prologue))
    for place, section in zip(places, sections, strict=False):
        _write_at(fd, place, section)


def _write_at(fd: int, place: int, section: memoryview) -> None:
    """Write in pieces, so that Stop is heard between them."""
    done = 0
    while done < section.nbytes:
        done += os.pwrite(fd, section[done : done + _CHUNK], place + done)


# ---------------------------------------------------------------- stamps


@functools.cache
def _boot() -> bytes:
    """16 bytes that name this boot; empty where it has no name, and then no stamp ever holds."""
    try:
        text = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return bytes.fromhex(text.replace("-", ""))
    except (OSError, ValueError):
        return b""


def _stamped(fd: int, outline: blobs.Outline, renamed: float) -> bytes:
    """The stamp of a file just written, once the clock of the disk has moved on."""
    size = outline.places()[-1]
    if size >= STAMPED_FROM:
        time.sleep(max(0.0, renamed + _TICK - time.monotonic()))
        return _stamp(outline.name, os.fstat(fd))
    return b""


def _stamp(blob: str, facts: os.stat_result) -> bytes:
    payload = _stamp_payload(facts)
    return payload + sign(_signed(blob, payload)).encode()


def _holds(stamp: bytes, blob: str, facts: os.stat_result) -> bool:
    """Whether the file is the very one that was stamped, untouched since, in this boot."""
    payload, mac = stamp[: _STAMP.size], stamp[_STAMP.size :]
    if not _boot() or payload != _stamp_payload(facts):
        return False
    try:
        verify(_signed(blob, payload), mac.decode("ascii", "replace"))
    except Untrusted:
        return False
    return True


def _stamp_payload(facts: os.stat_result) -> bytes:
    return _STAMP.pack(facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, _boot())


def _signed(blob: str, payload: bytes) -> bytes:
    return b"zenbook stamp\0" + blob.encode() + payload


# ---------------------------------------------------------------- reading


def _opened(fd: int, blob: str, size: int, *, trusting: bool) -> tuple[memoryview, ...]:
    """The sections of an open file: mapped if large, read if small."""
    whole = memoryview(_map(fd, size) if size >= MAPPED_FROM else _read_all(fd, size))
    length = blobs.prologue_size(bytes(whole[:16]))
    found = blobs.read_outline(bytes(whole[:length]), blob, size)
    sections = blobs.cut(found, whole)
    blobs.check(found, sections, only_header=trusting)
    return sections


def _map(fd: int, size: int) -> mmap.mmap | bytearray:
    """A private mapping; the bytes themselves where no more can be mapped."""
    try:
        return mmap.mmap(fd, size, access=mmap.ACCESS_COPY)
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENODEV):
            raise
        return _read_all(fd, size)


def _read_all(fd: int, size: int) -> bytearray:
    whole = bytearray(size)
    with memoryview(whole) as view:
        done = 0
        while done < size:
            count = os.preadv(fd, [view[done:]], done)
            if not count:
                raise Damaged("it is cut short")
            done += count
    return whole


def _whole(image: bytearray, blob: str) -> tuple[memoryview, ...]:
    """The sections of a blob kept in its row, checked."""
    view = memoryview(image)
    length = blobs.prologue_size(bytes(view[:16]))
    found = blobs.read_outline(bytes(view[:length]), blob, len(image))
    sections = blobs.cut(found, view)
    blobs.check(found, sections)
    return sections
