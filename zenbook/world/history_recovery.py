"""What happens to a history file that is not what it should be.

Constraints
    - History is never lost silently. A damaged file goes to ``bad/`` whole, what can still be
      read of it goes into a new file, and one sentence says how much.
    - Killed at any point, the next open does the rest: the rescued facts are written to a draft
      that gets its name (``history.db.rebuilt``) when it is complete; only then is the damaged
      file replaced, by one rename. ``bad/`` has its copy before either.
    - SQLite replays any ``-wal`` file that lies beside a database, whoever wrote it. So a log
      without its database is moved away before a new one is made, and rescue looks at the
      database both without its log and with it.
    - Two processes that find the damage at once must not both replace the file: a lock on
      ``history.lock``, which dies with its holder, and a second look under it.

Rejected: SQLite's own ``.recover`` (a command of its shell, not in the library).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from zenbook.errors import Busy
from zenbook.world.history_process import born
from zenbook.world.history_schema import SCHEMA, create, version_of

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TABLES = ("meta", "counter", "record", "version", "run", "tag", "step", "event")


def checkpoint(name: str) -> None:
    """A named instant; does nothing. Tests put something here to die or look around at it."""


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether an error says that the file itself is broken (not that it is locked, full, ...)."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Raised by us: version_of, or a look over the pages.
        return type(error) is sqlite3.DatabaseError
    if int(code) & 0xFF in _DAMAGE:
        return True
    return str(error).startswith(("no such table", "no such column"))


def set_aside_leftovers(path: Path) -> None:
    """Before a file is made: finish a rebuild that was cut short, and move a lone log away."""
    rebuilt = _rebuilt(path)
    if rebuilt.exists():
        _unlink_logs(path)
        os.replace(rebuilt, path)
        return
    logs = [log for log in _logs(path) if log.exists()]
    if logs:
        folder = _bad_folder(path)
        for log in logs:
            os.replace(log, folder / log.name)


def rebuild(path: Path, why: str, patience: float, *, certain: bool = False) -> str:
    """Put a sound file where a damaged one is; say in one sentence what happened.

    Returns "" if the file is sound on a second look (another process has rebuilt it), unless
    the caller is ``certain``. Raises OSError if the disk does not let us, Busy if another
    process is at it for longer than ``patience`` seconds.
    """
    with _alone(path, patience):
        if not certain and is_sound(path):
            return ""
        rebuilt = _rebuilt(path)
        if rebuilt.exists():
            saved, folder = -1, path.parent / "bad"
        else:
            folder = _copy_to_bad(path)
            checkpoint("copied to bad")
            saved = _rescue(folder / path.name, rebuilt)
        checkpoint("rescued")
        _unlink_logs(path)
        checkpoint("logs gone")
        os.replace(rebuilt, path)
        checkpoint("replaced")
    return _told(path, folder, why, saved)


def leftovers(path: Path) -> list[Path]:
    """Drafts beside the file whose writers are gone."""
    found = []
    for draft in path.parent.glob(f"{path.name}.*new-*"):
        writer = draft.name.rpartition("new-")[2].split("-")[0]
        if not (writer.isdigit() and born(int(writer))):
            found.append(draft)
    return found


def is_sound(path: Path) -> bool:
    """Whether the file opens, is ours and passes SQLite's own check."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    try:
        with closing(_open(path, "mode=rw")) as connection:
            if version_of(connection) > SCHEMA:
                return True  # A newer zenbook has taken over: not ours to judge.
            connection.execute(f"SELECT 1 FROM {', '.join(_TABLES)} LIMIT 1").fetchone()
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return not is_damage(error)
    return bool(verdict == "ok")


def _told(path: Path, folder: Path, why: str, saved: int) -> str:
    what = "what could be read" if saved < 0 else f"{saved} facts" if saved else "nothing"
    rest = "The rest is lost; affected" if saved else "All"
    return (
        f"The history {path.name} was damaged ({why}); it was moved to {folder} and "
        f"{what} could be saved from it. {rest} steps run again."
    )


# ---------------------------------------------------------------- moving


def _logs(path: Path) -> tuple[Path, Path]:
    return Path(f"{path}-wal"), Path(f"{path}-shm")


def _rebuilt(path: Path) -> Path:
    return path.with_name(f"{path.name}.rebuilt")


def _unlink_logs(path: Path) -> None:
    for log in _logs(path):
        log.unlink(missing_ok=True)


def _bad_folder(path: Path) -> Path:
    """A new folder below ``bad/``, named by the moment."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    folder = path.parent / "bad" / f"{stamp}-{os.urandom(3).hex()}"
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700)
    return folder


def _copy_to_bad(path: Path) -> Path:
    folder = _bad_folder(path)
    for file in (path, *_logs(path)):
        if file.is_file():
            shutil.copyfile(file, folder / file.name)
            os.chmod(folder / file.name, 0o600)
    return folder


@contextmanager
def _alone(path: Path, patience: float) -> Iterator[None]:
    """Hold ``history.lock``; it is free again the moment its holder is gone."""
    deadline = time.monotonic() + patience
    lock = os.open(path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise Busy("another process is rebuilding the history") from error
            time.sleep(0.02)
        yield
    finally:
        os.close(lock)


# ---------------------------------------------------------------- rescue


def _rescue(damaged: Path, target: Path) -> int:
    """Fill a new file with every row that can still be read; the number of rows is given back."""
    draft = target.with_name(f"{target.name}.new-{os.getpid()}")
    draft.unlink(missing_ok=True)
    create(draft)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as new:
            new.execute("BEGIN")
            for how in ("immutable=1", "mode=rw"):  # Without its log, then with it.
                _rescue_from(damaged, how, new)
            saved = _count(new)
            _mend_counters(new)
            new.execute("COMMIT")
            new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
        _unlink_logs(draft)
    return saved


def _rescue_from(damaged: Path, how: str, new: sqlite3.Connection) -> None:
    if not damaged.exists() or damaged.stat().st_size == 0:
        return
    try:
        with closing(_open(damaged, how)) as old:
            old.text_factory = lambda raw: raw.decode(errors="replace")
            if version_of(old) > SCHEMA:
                return
            for table in _TABLES:
                _rescue_table(old, new, table)
    except sqlite3.DatabaseError:
        return  # Not even a list of its tables: what the other way of reading gave is all.


def _rescue_table(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> None:
    """Copy row by row from both ends, so that one broken page costs only its own rows."""
    columns = ", ".join(row[1] for row in new.execute(f"PRAGMA table_info({table})"))
    marks = ", ".join("?" * (columns.count(",") + 1))
    order = {"record": "sequence", "run": "sequence", "event": "sequence"}.get(table)
    ways = ("ASC", "DESC") if order else ("",)
    for way in ways:
        ordered = f"ORDER BY {order} {way}" if order else ""
        try:
            for row in old.execute(f"SELECT {columns} FROM {table} NOT INDEXED {ordered}"):
                _insert(new, f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row)
        except sqlite3.DatabaseError:
            continue  # The broken page: what lies beyond it is met from the other end.


def _insert(new: sqlite3.Connection, statement: str, row: tuple[object, ...]) -> None:
    try:
        new.execute(statement, row)
    except sqlite3.IntegrityError:
        return  # The row itself is broken (a value missing where none may be).


def _count(connection: sqlite3.Connection) -> int:
    return sum(
        int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        for table in ("record", "run", "version")
    )


def _mend_counters(connection: sqlite3.Connection) -> None:
    """Numbers never go back, whichever of counter and rows was saved."""
    for kind, table in (("run", "run"), ("version", "version")):
        connection.execute(
            "INSERT INTO counter "
            f"SELECT '{kind}:' || pipeline, max(number) FROM {table} GROUP BY pipeline "
            "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)"
        )


def _open(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?{how}", uri=True, timeout=0.0, isolation_level=None
    )
