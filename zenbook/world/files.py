"""Looks at the file system, each with a name and a digest that can be taken again later.

The name of a look is the path as it was said, with one mark at its end for what was looked at::

    d.txt      content                     digest of the bytes; "missing", "folder", "special"
    d.txt?     existence                   "missing", "file", "folder"
    dd/        folder listing              digest of the sorted names
    dd/*.txt/  what a pattern matches      digest of the sorted paths ("//": hidden ones too)
    d.txt@     size and time               size, modification time and permissions
    d.txt!     whether it may be used      what of reading, writing and executing is allowed
    d.txt>     where a symbolic link goes  its target text; "file", "folder", "missing"
    odd?=      content, where the path itself ends like a mark
    cwd/@      where the working folder is: its path (no path is written like that otherwise)

An sqlite database that is only connected to has two digests, of its bytes and of what it holds. It
is as it was where either is.

Content digests are xxh3-128, remembered by (device, inode, size, mtime, ctime). Restoring the
mtime of a rewritten file does not fool this, for nobody can set a ctime. A file that changed
less than :data:`SETTLED` ago is hashed again the next time, because file systems stamp in ticks
of up to 4 ms (2 s on FAT): a second change within a tick would leave the same stamp. That is
git's "racily clean" rule. Measured: a warm look is one ``stat`` and a dictionary lookup, 3 µs.

A whole-folder digest of all contents was rejected as the meaning of ``dd/``: who lists a folder
and opens three of its files depends on the names and on those three.
"""

from __future__ import annotations

import glob
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import get_ident

from zenbook.core.digest_database import MOST_BYTES, digest_of_database
from zenbook.core.looks import (
    ACCESS,
    CONTENT,
    CWD,
    EXISTS,
    HIDDEN_GLOB,
    LISTING,
    MISSING,
    TIMES,
    split_name,
)

FILE = "file"
FOLDER = "folder"
SPECIAL = "special"
UNREADABLE = "unreadable"

SETTLED = 50_000_000
"""Nanoseconds after which a time stamp can no longer be reused by another change."""
SETTLED_COARSE = 2_000_000_000
_KEPT = 200_000
_BLOCK = 1 << 20

Stamp = tuple[int, int, int, int, int]

_stat = os.stat
_lstat = os.lstat
_getcwd = os.getcwd
_access = os.access
_memo: dict[str, tuple[Stamp, str]] = {}
_quiet: set[int] = set()


@contextmanager
def quiet() -> Iterator[None]:
    """Looks of this thread are zenbook's own while the block runs; no step made them."""
    thread = get_ident()
    nested = thread in _quiet
    _quiet.add(thread)
    try:
        yield
    finally:
        if not nested:
            _quiet.discard(thread)


def is_quiet() -> bool:
    """Whether this thread's looks are zenbook's own just now."""
    return get_ident() in _quiet


def look(name: str) -> str:
    """The digest of this look as it is now, relative to the working folder of now."""
    if name == CWD:
        return working_folder()
    path, mark = split_name(name)
    if mark == CONTENT:
        return content(path)
    if mark == EXISTS:
        return existence(path)
    if mark == LISTING:
        return matches(path) if _is_pattern(path) else listing(path)
    if mark == HIDDEN_GLOB:
        return matches(path, hidden=True)
    if mark == ACCESS:
        return access(path)
    return times(path) if mark == TIMES else link(path)


def look_again(name: str, digest: str) -> str:
    """The digest of this look as it is now: the one given where that is as good as it was."""
    path, mark = split_name(name)
    raw, _, held = digest.partition(" ")
    if mark != CONTENT or not held:
        return look(name)
    if content(path) == raw:
        return digest
    now = database(path)
    return digest if now.partition(" ")[2] == held else now


def stamp_of(facts: os.stat_result) -> Stamp:
    """What changes whenever a file's content does."""
    return (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


def facts_of(path: str) -> os.stat_result | None:
    """The file's stat, following links; None if there is nothing there."""
    try:
        return _stat(path)
    except (OSError, ValueError):
        return None


def stamp_now(path: str) -> Stamp | None:
    """The stamp of a file, following links; None if there is none."""
    facts = facts_of(path)
    return stamp_of(facts) if facts is not None and stat.S_ISREG(facts.st_mode) else None


def content(path: str) -> str:
    """The digest of a file's bytes, hashed only if its stamp is new."""
    facts = facts_of(path)
    if facts is None:
        return MISSING
    if not stat.S_ISREG(facts.st_mode):
        return FOLDER if stat.S_ISDIR(facts.st_mode) else SPECIAL
    stamp = stamp_of(facts)
    known = _memo.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    return _hashed(path, stamp)


def database(path: str) -> str:
    """The digest of a file's bytes and, where these are all of an sqlite database, of what that
    holds."""
    import sqlite3

    digest = content(path)
    facts = facts_of(path)
    beside = (facts_of(path + ending) for ending in ("-wal", "-journal"))
    if facts is None or facts.st_size > MOST_BYTES or any(each and each.st_size for each in beside):
        return digest
    try:
        with quiet(), open(path, "rb") as file:
            held = digest_of_database(file.read(MOST_BYTES + 1), sqlite3)
    except OSError:
        return digest
    return f"{digest} {held}" if held and content(path) == digest else digest


def existence(path: str) -> str:
    """Whether there is a file, a folder or nothing, following links."""
    facts = facts_of(path)
    if facts is None:
        return MISSING
    return FOLDER if stat.S_ISDIR(facts.st_mode) else FILE


def names_in(path: str) -> frozenset[str] | None:
    """The names in a folder; None if it cannot be listed."""
    try:
        with quiet():
            return frozenset(os.listdir(path))
    except (OSError, ValueError):
        return None


def listing(path: str) -> str:
    """The digest of a folder's names."""
    names = names_in(path)
    return MISSING if names is None else digest_of_names(names)


def digest_of_names(names: Iterable[str]) -> str:
    """One digest for a set of names."""
    from xxhash import xxh3_128_hexdigest

    return xxh3_128_hexdigest("\0".join(sorted(names)).encode("utf-8", "surrogateescape"))


def matched(pattern: str, *, hidden: bool = False) -> list[str]:
    """Sorted paths that a pattern matches; ``**`` goes into folders."""
    with quiet():
        return sorted(glob.glob(pattern, recursive=True, include_hidden=hidden))


def parts_of_pattern(pattern: str) -> tuple[str, str]:
    """The folder in which a pattern is looked for, and what of it is to match there."""
    parts = pattern.split(os.sep)
    number = next((n for n, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    folder = os.sep.join(parts[:number]) or (os.sep if pattern.startswith(os.sep) else "")
    return folder, os.sep.join(parts[number:])


def matches(pattern: str, *, hidden: bool = False) -> str:
    """The digest of what a pattern matches."""
    return digest_of_names(matched(pattern, hidden=hidden))


def working_folder() -> str:
    """The path of the working folder; "missing" if somebody has removed it."""
    try:
        return _getcwd()
    except FileNotFoundError:
        return MISSING


def times(path: str) -> str:
    """Size, modification time and permissions, for those who look at them."""
    facts = facts_of(path)
    if facts is None:
        return MISSING
    return f"{facts.st_size} {facts.st_mtime_ns} {stat.S_IMODE(facts.st_mode):o}"


def access(path: str) -> str:
    """What this process may do with a file: ``rw-``."""
    if facts_of(path) is None:
        return MISSING
    ways = zip("rwx", (os.R_OK, os.W_OK, os.X_OK), strict=True)
    return "".join(letter if _access(path, way) else "-" for letter, way in ways)


def link(path: str) -> str:
    """Where a symbolic link points, as it says itself."""
    try:
        return "link:" + os.fsdecode(os.readlink(path))
    except (OSError, ValueError):
        return existence(path)


def forget_digests() -> None:
    """Hash every file anew the next time it is looked at."""
    _memo.clear()


def _hashed(path: str, stamp: Stamp) -> str:
    """Hash a file, and remember the digest if no later change can hide behind its stamp."""
    try:
        digest = _hash(path)
        after = stamp_of(_stat(path))
    except OSError:
        return UNREADABLE
    if after == stamp and _has_settled(stamp):
        if len(_memo) >= _KEPT:
            _memo.clear()
        _memo[path] = (stamp, digest)
    return digest


def _hash(path: str) -> str:
    from xxhash import xxh3_128

    state = xxh3_128()
    block = bytearray(_BLOCK)
    view = memoryview(block)
    with quiet(), open(path, "rb", buffering=0) as file:
        while count := file.readinto(block):
            state.update(view[:count])
    return state.hexdigest()


def _has_settled(stamp: Stamp) -> bool:
    changed = max(stamp[3], stamp[4])
    coarse = stamp[4] % 1_000_000_000 == 0
    return time.time_ns() - changed > (SETTLED_COARSE if coarse else SETTLED)


def _is_pattern(path: str) -> bool:
    return glob.has_magic(path) and existence(path) != FOLDER
