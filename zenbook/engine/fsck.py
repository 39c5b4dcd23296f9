"""``fsck``: look at everything in the zenbook folder, explain what is wrong, and mend it if asked.

Constraints
    - Looking changes nothing: the history is opened for reading, and only if it is sound.
    - Mending never invents: an unreadable row is copied to ``bad/`` and taken out, a result whose
      bytes are gone or damaged is told of as lost (its step runs again), a damaged file is moved
      to ``bad/`` and what can be read of it goes into a new one.
    - A second look after mending finds nothing, or mending says what it could not do.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from zenbook.engine.upkeep_answers import count
from zenbook.errors import Busy, NoRoom, StoreFault

if TYPE_CHECKING:
    from zenbook.world.history import SqliteHistory
    from zenbook.world.store import DiskStore

_UNREAD = "it cannot be read"
_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})

Subject = Literal["folder", "file", "history", "record", "line", "index", "blob", "leftover"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be: what it is about, which one, and what is wrong."""

    subject: Subject
    name: str
    what: str
    repaired: bool = False

    def __str__(self) -> str:
        return f"{self.subject} {self.name}: {self.what}{' (repaired)' if self.repaired else ''}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a look at everything found. ``remarks`` are facts that are no fault."""

    path: str
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]
    blobs: int
    records: int

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong (any more)."""
        return all(problem.repaired for problem in self.problems)

    def __repr__(self) -> str:
        found = [str(problem) for problem in self.problems]
        looked = f"{count(self.records, 'record')} and {count(self.blobs, 'blob')} looked at"
        head = f"{self.path}: {looked}"
        return "\n".join([head, *found, *self.remarks, "clean" if self.clean else "not clean"])


def fsck(repair: bool = False, *, home: Path | None = None) -> Report:
    """Look at every file, record and blob, and say what is wrong; mend it with ``repair``.

    Raises HomeError, which says what is there and what to do, if the folder cannot be entered,
    NoRoom if the disk is too full to look, Busy if another process is using it so that it cannot
    be mended.
    """
    from zenbook.world.home import find_home, is_home

    folder = find_home() if home is None else home
    if not is_home(folder):
        return Report(str(folder), (), ("there is no zenbook folder here yet",), 0, 0)
    if not repair:
        return _look(folder, repair=False)
    from zenbook.world.history_keeping import collecting

    with collecting(folder):
        return _look(folder, repair=True)


def _look(folder: Path, *, repair: bool) -> Report:
    problems = [*_modes(folder, repair)]
    if any(one.what.startswith(_UNREAD) and not one.repaired for one in problems):
        remark = "records and blobs were not looked at: what cannot be read must be mended first"
        return Report(str(folder), tuple(problems), (remark,), 0, 0)
    problems += [*_history_file(folder, repair), *_index(folder, repair)]
    unsound = any(one.subject in ("history", "index") and not one.repaired for one in problems)
    if unsound or not (folder / "history.db").exists():
        # Opening either of them would set it aside at once, and looking changes nothing.
        remark = "records and blobs were not compared: history or index must be mended first"
        return Report(str(folder), tuple(problems), (remark,), 0, 0)
    from zenbook.world.clock import SystemClock
    from zenbook.world.history import SqliteHistory
    from zenbook.world.store import DiskStore
    from zenbook.world.trust import sign, verify

    history = SqliteHistory(folder, sign, verify, SystemClock(), read_only=not repair)
    store = DiskStore(folder, read_only=not repair)
    try:
        problems += _rows(history, repair)
        problems += _blobs(history, store, repair)
        remarks = (*_read_only(folder), *_remarks(history, store))
        records = sum(1 for _ in history.every_record())
        return Report(str(folder), tuple(problems), remarks, len(store.sizes()), records)
    finally:
        history.close()
        store.close()


# ---------------------------------------------------------------- files


def _modes(folder: Path, repair: bool) -> Iterator[Problem]:
    """Everything below the folder is ours alone, and nothing is a link."""
    yield from _mode("folder", folder, 0o700, repair)
    for parent, folders, names in os.walk(folder):
        for name in folders:
            yield from _mode("folder", Path(parent, name), 0o700, repair)
        for name in names:
            yield from _mode("file", Path(parent, name), 0o600, repair)


def _mode(subject: Subject, path: Path, wanted: int, repair: bool) -> Iterator[Problem]:
    try:
        facts = os.lstat(path)
    except FileNotFoundError:
        return  # Deleted by another process since it was listed.
    regular = stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)
    if not regular:
        if repair:
            path.unlink()
        yield Problem(subject, path.name, "it is neither a file nor a folder", repair)
    elif facts.st_uid != os.geteuid():
        yield Problem(subject, path.name, f"it belongs to another user (uid {facts.st_uid})")
    elif not os.access(path, os.R_OK | (os.X_OK if stat.S_ISDIR(facts.st_mode) else 0)):
        if repair:
            os.chmod(path, wanted)
        mode = stat.S_IMODE(facts.st_mode)
        yield Problem(subject, path.name, f"{_UNREAD} (mode {mode:04o})", repair)
    elif facts.st_mode & 0o077:
        if repair:
            os.chmod(path, wanted)
        mode = stat.S_IMODE(facts.st_mode)
        yield Problem(subject, path.name, f"others may use it (mode {mode:04o})", repair)


def _history_file(folder: Path, repair: bool) -> Iterator[Problem]:
    from zenbook.world.history_recovery import leftovers, rebuild
    from zenbook.world.history_schema import newer

    path = folder / "history.db"
    for leftover in leftovers(path):
        if repair:
            leftover.unlink(missing_ok=True)
        yield Problem("leftover", leftover.name, "a killed process left it behind", repair)
    if not path.exists():
        if any(Path(f"{path}{ending}").exists() for ending in ("-wal", "-shm", ".rebuilt")):
            yield Problem("history", path.name, "it is gone and only its log is left", repair)
            if repair:
                _make_again(folder)
        return
    wrong, found = _integrity(path, thorough=True)
    if found:
        yield Problem("history", path.name, str(newer(found)))
    elif wrong:
        told = rebuild(path, wrong, 5.0, certain=True) if repair else ""
        yield Problem("history", path.name, told or wrong, repair)


def _make_again(folder: Path) -> None:
    from zenbook.world.clock import SystemClock
    from zenbook.world.history import SqliteHistory
    from zenbook.world.trust import sign, verify

    SqliteHistory(folder, sign, verify, SystemClock()).close()


def _integrity(path: Path, *, thorough: bool, how: str = "mode=ro") -> tuple[str, int]:
    """What SQLite finds wrong with a file ("" if nothing), and its schema if that is newer."""
    from zenbook.world.history_schema import SCHEMA, version_of
    from zenbook.world.home import is_writable
    from zenbook.world.room import is_no_room

    try:
        with closing(_open(path, how)) as connection:
            version = version_of(connection) if thorough else 0
            if version > SCHEMA:
                return "", version
            rows = connection.execute("PRAGMA integrity_check(3)").fetchall()
    except sqlite3.OperationalError as error:
        code = int(error.sqlite_errorcode) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy(f"{path} is locked by another process; try again later") from error
        if is_no_room(error):
            raise NoRoom(f"{path} cannot be looked at: {error}") from error
        if code in _READ_ONLY and how == "mode=ro" and not is_writable(path.parent):
            return _integrity(path, thorough=thorough, how="immutable=1")  # nobody writes it either
        return str(error), 0
    except sqlite3.DatabaseError as error:
        return str(error), 0
    found = "; ".join(str(row[0]) for row in rows)
    return ("" if found == "ok" else found), 0


def _index(folder: Path, repair: bool) -> Iterator[Problem]:
    """The store's index is a SQLite file too; blobs are found without it, small ones are lost."""
    path = folder / "store" / "cache.db"
    if not path.is_file():
        return
    wrong, _ = _integrity(path, thorough=False)
    if path.stat().st_size == 0:
        wrong = "it is empty"
    if not wrong:
        return
    if repair:
        bad = folder / "bad"
        bad.mkdir(mode=0o700, exist_ok=True)
        for ending in ("", "-wal", "-shm"):
            file = Path(f"{path}{ending}")
            if file.exists():
                os.replace(file, bad / f"{time.time_ns():x}-{file.name}")
    yield Problem("index", path.name, wrong, repair)


def _open(path: Path, how: str) -> sqlite3.Connection:
    from zenbook.world.shared_memory import SharedMemory

    SharedMemory(path).mend()
    return sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, timeout=2.0)


# ---------------------------------------------------------------- rows


def _rows(history: SqliteHistory, repair: bool) -> list[Problem]:
    """Records that are not believed, columns that do not fit them, lines that cannot be read."""
    from zenbook.world import history_check as check

    found: list[Problem] = []
    for sequence, id, what in check.bad_records(history):
        if repair:
            check.set_aside_record(history, sequence)
        found.append(Problem("record", id, what, repair))
    for name, what in check.bad_lines(history):
        found.append(Problem("line", name, what, repair))
    if repair:
        check.delete_bad_lines(history)
    return found


def _blobs(history: SqliteHistory, store: DiskStore, repair: bool) -> list[Problem]:
    """Blobs that are damaged, and records whose blobs are gone without having been evicted."""
    from zenbook.world import history_upkeep as rows

    found: list[Problem] = []
    for blob, what in store.faulty().items():
        found.append(Problem("blob", blob, what))
    held: dict[str, set[str]] = {}
    for one in rows.references(history):
        for blob in one.blobs:
            held.setdefault(blob, set()).add(one.step)
    damaged = {problem.name for problem in found}
    known = {subject for _, _, subject in rows.told(history, "evicted", "lost")}
    there = store.sizes().keys()
    for blob in sorted(held.keys() - there - known):
        steps = ", ".join(sorted(held[blob]))
        found.append(Problem("blob", blob, f"its bytes are gone; needed by {steps}"))
    if repair and found:
        rows.tell(history, "lost", time.time(), {one.name: {"what": one.what} for one in found})
        for blob in damaged:
            try:
                store.delete((blob,))
            except StoreFault as fault:
                found.append(Problem("blob", blob, f"it cannot be removed: {fault}"))
        return [
            one if one.what.startswith("it cannot") else replace(one, repaired=True)
            for one in found
        ]
    return found


def _read_only(folder: Path) -> Iterator[str]:
    from zenbook.world.home import is_writable

    if not is_writable(folder):
        yield (
            "the folder cannot be written: what it holds is used, and nothing new is kept; "
            "make it writable for you, or set ZENBOOK_HOME to another"
        )


def _remarks(history: SqliteHistory, store: DiskStore) -> Iterator[str]:
    from zenbook.world import history_upkeep as rows

    held: set[str] = set()
    for one in rows.references(history):
        held |= one.blobs
    orphans = [blob for blob in store.sizes() if blob not in held]
    if orphans:
        yield f"{count(len(orphans), 'blob')} without a record: for gc to collect"
    drafts = store.drafts()
    if drafts:
        yield f"{count(len(drafts), 'unfinished file')} of killed writers: for gc to remove"
    evicted = len(rows.told(history, "evicted"))
    if evicted:
        yield f"{count(evicted, 'result')} evicted so far to keep the limit"
