"""Files opened where no audit hook sees it: by native readers, and by programs a step starts.

pyarrow, polars, h5py, duckdb and their like open files in their own code. What they are told is
mostly a path that the code or an input spells out, and named paths are looked at anyway; a path
that is computed (``name + ".parquet"``) is seen here, by the kernel's inotify. Linux only; where
there is none, named paths are all there is.

- It is set up only when such a library is loaded or being imported, or a program starts.
- The working folder and the folders named are watched with those below them, nearest first, up
  to :data:`MOST_FOLDERS`; hidden ones, packages and the zenbook home are not.
- There is one queue per process, and it stays open: closing one takes 10 ms (the kernel waits for
  its readers), opening 30 µs, one folder 5 µs. Measured for a step: 23 µs with three folders.
- inotify does not say who opened. Another process's opens count too; that can only make a step
  run again in vain, and notebooks and hidden files, which editors and servers touch all the time,
  are left out, as are sources where the step has started no program that may run them (by what was
  compiled of them before, too), and a file that is written without having been opened meanwhile.
- A file that was opened for reading only and then changed was read before; nobody can say what it
  held, so the result is not kept; nor with a database, which is changed in place. Another file
  that is written is an output, written anew.

Rejected: fanotify (it would say whose the open is, but containers forbid it), a thread that reads
the queue (16,384 events fit; when more come the result is not kept).
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from importlib.util import source_from_cache
from itertools import islice
from struct import Struct
from typing import Any, Literal

from zenbook.world import files
from zenbook.world.watch_places import Places
from zenbook.world.watch_sought import DATABASES

Manner = Literal["read", "made", "replaced", "changed", "removed", "folder"]
"""What became of a file: ``read`` as it is, ``made`` anew, ``replaced`` without having been read,
``changed`` after it was opened, ``removed``; or a ``folder`` that was made."""

READERS = frozenset(
    (
        "adbc_driver_manager",
        "av",
        "catboost",
        "cv2",
        "datatable",
        "deltalake",
        "duckdb",
        "faiss",
        "fasttext",
        "fiona",
        "h5py",
        "lance",
        "lightgbm",
        "llama_cpp",
        "netCDF4",
        "onnxruntime",
        "osgeo",
        "polars",
        "pyarrow",
        "pyogrio",
        "pysam",
        "rasterio",
        "safetensors",
        "sentencepiece",
        "SimpleITK",
        "soundfile",
        "tables",
        "tensorflow",
        "tiledb",
        "tokenizers",
        "torchvision",
        "vaex",
        "xgboost",
    )
)
"""Libraries that open files in native code."""
MOST_FOLDERS = 64
_MOST_ENTRIES = 4096
_MOST_WATCHED = 2048
_MODIFY, CLOSE_READ, _OPEN, _MOVED_FROM, _MOVED_TO, _CREATE = 0x2, 0x10, 0x20, 0x40, 0x80, 0x100
_DELETE = 0x200
_KINDS = _MODIFY | CLOSE_READ | _OPEN | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
MADE = frozenset({_MOVED_TO, _CREATE})
GONE = frozenset({_MOVED_FROM, _DELETE})
_CHANGES = frozenset({_MODIFY, *MADE})
_OVERFLOW, _IGNORED, _ISDIR = 0x4000, 0x8000, 0x40000000
_MASK = _KINDS | 0x01000000  # folders only
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
_SOURCE, _COMPILED = ".py", "__pycache__"
_SKIPPED_FILES = (
    *(".py", ".pyc", ".pyd", ".pyi", ".so", ".ipynb"),
    *("-journal", "-shm", "-wal", "~"),
    "pyvenv.cfg",  # which every Python of an environment opens as it starts
)
_HEAD = Struct("iIII")
_lock = threading.Lock()


def loaded() -> bool:
    """Whether a library that reads natively has been imported."""
    modules = sys.modules
    return any(name in modules for name in READERS)


class Opens:
    """What happens to files in some folders, from now until :meth:`close`."""

    def __init__(self, within: set[int]) -> None:
        self.within = within
        """Watch descriptors of the folders: the queue has more, of steps before this one."""
        self.events: dict[str, list[int]] = {}
        """Kinds of events by path, each kind once, in the order in which they came first."""
        self.made: set[str] = set()
        """Folders that were made meanwhile, and have been followed from then on."""
        self.folders: set[str] = set()
        """Folders that were opened: listed, most likely."""
        self.strangers: set[str] = set()
        """Files that Python code opened which is none of the step's."""
        self.folder_events: dict[str, int] = {}
        """What happened to a folder first, of those that were made or taken away."""
        self.has_programs = False
        """Whether the step has started a program."""
        self.is_lost = False
        """Whether more happened than the kernel remembers."""

    def close(self) -> None:
        """Take what has happened until now, and nothing more."""
        with _lock:
            if self in _sessions:
                _drain()
                _sessions.remove(self)

    def follow_compiled(self) -> None:
        """Follow what was compiled of sources, too, which programs read."""
        with _lock, files.quiet():
            for folder in [_paths[number] for number in self.within if number in _paths]:
                compiled = os.path.join(folder, _COMPILED)
                facts = files.facts_of(compiled)
                if facts is not None and _descriptor >= 0:
                    self.within.add(_watch(_descriptor, compiled, facts.st_ino))

    def sources(self) -> dict[str, bool]:
        """The sources that programs have read, themselves or what was compiled of them; and whether
        each was only read."""
        found: dict[str, bool] = {}
        for path, kinds in self.events.items() if self.has_programs else ():
            if path in self.strangers:
                continue
            if os.path.basename(os.path.dirname(path)) == _COMPILED:
                try:
                    path = source_from_cache(path)
                except ValueError:
                    continue
            if path.endswith(_SOURCE):
                found[path] = found.get(path, False) or _CHANGES.isdisjoint(kinds)
        return found

    def follow_made(self, folder: str, places: Places) -> None:
        """Follow a folder that has just been made, too, as long as these are not too many."""
        if len(self.within) >= MOST_FOLDERS or places.never(folder + os.sep):
            return
        with _lock, files.quiet():
            _drain()
            facts = files.facts_of(folder)
            if facts is not None and _descriptor >= 0:
                self.within.add(_watch(_descriptor, folder, facts.st_ino))
                self.made.add(folder)

    def has_passed_by(self, folder: str, places: Places, listed: Collection[str]) -> bool:
        """Whether nobody has gone through this folder but who has ``listed`` it in Python: all of
        it was followed, and no folder in it was opened."""
        drain()
        if self.is_lost:
            return False
        below = folder + os.sep
        if any(path == folder or path.startswith(below) for path in self.folders - set(listed)):
            return False
        with _lock, files.quiet():
            found = tuple(islice(_tree([folder], places), MOST_FOLDERS + 1))
        return len(found) <= MOST_FOLDERS and all(
            self._follows(path, inode) and not _has_links(path) for path, inode in found
        )

    def _follows(self, folder: str, inode: int) -> bool:
        number, watched = _watched.get(folder, (-1, -1))
        return number in self.within and watched == inode

    def manners(self) -> Iterator[tuple[str, Manner]]:
        """The files that were opened, and how."""
        for path, kinds in self.events.items():
            name = os.path.basename(path)
            kinds = [kind for kind in kinds if kind not in GONE]
            manner = None if path in self.strangers or not kinds else _manner(kinds, name)
            if manner and not name.startswith(".") and not name.endswith(_SKIPPED_FILES):
                yield path, manner


def follow(folders: Iterable[str], places: Places) -> Opens | None:
    """Follow what happens in these folders and below; None where the system cannot tell."""
    with _lock, files.quiet():
        queue = _open_queue()
        if queue is None:
            return None
        _drain()  # a folder that is gone may have left its inode to the one made after it
        chosen = tuple(islice(_tree(folders, places), MOST_FOLDERS))
        within = {_watch(queue, folder, inode) for folder, inode in chosen}
        _drain()
        opens = Opens(within)
        for around in _sessions:  # a step within a step counts for both
            around.within |= within
        _sessions.append(opens)
        return opens


def drain() -> None:
    """Empty the kernel's queue, for a step that opens many files."""
    with _lock:
        _drain()


def _manner(kinds: list[int], name: str) -> Manner | None:
    if kinds[0] in MADE:
        return "made"
    if _OPEN not in kinds:
        return None
    if _CHANGES.isdisjoint(kinds):
        return "read"
    first = next(place for place, kind in enumerate(kinds) if kind in _CHANGES)
    was_read = CLOSE_READ in kinds[:first] or name.endswith(DATABASES)
    return "changed" if was_read else "replaced"


# ---------------------------------------------------------------- folders

_below: dict[str, tuple[int, tuple[str, ...]]] = {}


def _tree(folders: Iterable[str], places: Places) -> Iterator[tuple[str, int]]:
    """Folders with those below them and their inodes, nearest first."""
    waiting = deque(folders)
    seen: set[str] = set()
    while waiting:
        folder = waiting.popleft()
        if folder in seen or folder == os.sep or places.never(folder + os.sep):
            continue
        seen.add(folder)
        facts = files.facts_of(folder)
        if facts is not None and stat.S_ISDIR(facts.st_mode):
            yield folder, facts.st_ino
            waiting.extend(_folders_in(folder, facts.st_mtime_ns))


def _has_links(folder: str) -> bool:
    """Whether a name in it stands for what is elsewhere, where nobody follows."""
    with files.quiet(), os.scandir(folder) as entries:
        return any(entry.is_symlink() for entry in entries)


def _folders_in(folder: str, changed: int) -> tuple[str, ...]:
    """The folders in a folder, remembered until its names change."""
    known = _below.get(folder)
    if known is not None and known[0] == changed:
        return known[1]
    try:
        with os.scandir(folder) as entries:
            found = tuple(
                entry.path
                for entry in islice(entries, _MOST_ENTRIES)
                if not entry.name.startswith(".")
                and entry.name not in SKIPPED_FOLDERS
                and entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        found = ()  # it cannot be listed, or is gone; then nothing in it is found this way either
    if len(_below) > _MOST_WATCHED:
        _below.clear()
    _below[folder] = (changed, found)
    return found


# ---------------------------------------------------------------- the queue

_sessions: list[Opens] = []
_descriptor = -1
_watched: dict[str, tuple[int, int]] = {}
"""Watch descriptor and inode by folder."""
_paths: dict[int, str] = {}
_libc: Any = None


def _open_queue() -> int | None:
    """The process's queue, opened when it is first needed."""
    global _descriptor, _libc
    if len(_watched) > _MOST_WATCHED and not _sessions:
        _close_queue()
    if _descriptor >= 0:
        return _descriptor
    if not sys.platform.startswith("linux"):
        return None
    if _libc is None and (_libc := _load()) is None:
        return None
    descriptor = int(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    if descriptor < 0:
        return None  # a user may have 128 of them
    _descriptor = descriptor
    return descriptor


def _load() -> Any:
    """The C library; None where Python cannot call it."""
    try:
        import ctypes

        return ctypes.CDLL(None)
    except (ImportError, OSError):
        return None


def _close_queue() -> None:
    global _descriptor
    if _descriptor >= 0:
        os.close(_descriptor)
    _descriptor = -1
    _watched.clear()
    _paths.clear()


def _watch(queue: int, folder: str, inode: int) -> int:
    """The folder's watch descriptor, which is below 0 where the system has none for it."""
    known = _watched.get(folder)
    if known is not None and known[1] == inode:
        return known[0]
    number = int(_libc.inotify_add_watch(queue, os.fsencode(folder), _MASK))
    if number >= 0:
        _watched[folder] = (number, inode)
        _paths[number] = folder
    return number


def _drain() -> None:
    """Hand what has happened to whoever follows."""
    while _descriptor >= 0:
        try:
            block = os.read(_descriptor, 1 << 16)
        except BlockingIOError:
            return
        offset = 0
        while offset < len(block):
            number, mask, _, length = _HEAD.unpack_from(block, offset)
            offset += _HEAD.size + length
            if mask & _IGNORED:
                _watched.pop(_paths.pop(number, ""), None)
            elif _sessions:
                name = block[offset - length : offset].rstrip(b"\0")
                _hand_out(number, mask, os.fsdecode(name))


def _hand_out(number: int, mask: int, name: str) -> None:
    if mask & _OVERFLOW:
        for session in _sessions:
            session.is_lost = True
        return
    folder = _paths.get(number)
    if folder is None:
        return
    path = os.path.join(folder, name) if name else folder
    for session in _sessions:
        if number not in session.within:
            continue
        kind = mask & _KINDS
        if mask & _ISDIR:
            if kind in MADE or kind in GONE:
                session.folder_events.setdefault(path, kind)
            else:
                session.folders.add(path)
            continue
        kinds = session.events.setdefault(path, [])
        if kind not in kinds:
            kinds.append(kind)


def _forget_in_child() -> None:
    """A forked child leaves the parent's queue alone."""
    global _lock
    _lock = threading.Lock()
    _sessions.clear()
    _close_queue()


os.register_at_fork(after_in_child=_forget_in_child)
