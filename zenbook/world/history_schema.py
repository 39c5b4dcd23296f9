"""The tables of history, their version, and the way from an older version to this one.

Constraints
    - History outlives zenbook versions: a file says what it is (``application_id``) and which
      version wrote it (``user_version``). A newer file is only read; an older one is copied to
      ``backup/`` first and then migrated in one transaction.
    - Only what a signature covers is ever believed about a result: the columns beside a
      record's ``body`` are an index for finding it, and are compared with the body when read.
    - A hit needs one index look-up whatever the size: ``record_by_key`` holds key and order, so
      that the newest candidates are the last entries of one run of the index.
    - Order is the row number (``sequence``), which AUTOINCREMENT never gives twice, not a clock.
    - Numbers that people quote (run 12, version 3) come from ``counter``, so that forgetting the
      newest run does not give its number to the next one.

Rejected: one JSON-lines file (no concurrent writers, no index); storing records in diskcache's
own tables (it may forget, and its pickled keys run code when listed); a table of parts (ten
rows cost 41 µs to insert where one body costs 23, and no signature covers them).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from zenbook.errors import NewerSchema

APPLICATION = 0x5A454E42
"""``ZENB``: marks the file as ours in the SQLite header."""

SCHEMA = 1
"""The version this zenbook writes."""

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL, key TEXT NOT NULL, step TEXT NOT NULL, pipeline TEXT NOT NULL,
    run TEXT NOT NULL, mac TEXT NOT NULL, body BLOB NOT NULL
);
CREATE INDEX record_by_key ON record (key, sequence);
CREATE UNIQUE INDEX record_by_id ON record (id);
CREATE INDEX record_by_step ON record (step, pipeline, sequence);
CREATE INDEX record_by_run ON record (run);
CREATE TABLE version (
    pipeline TEXT NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL,
    created REAL NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (pipeline, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX version_by_digest ON version (pipeline, digest);
CREATE TABLE run (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL, pipeline TEXT NOT NULL, version INTEGER, number INTEGER NOT NULL,
    name TEXT NOT NULL, status TEXT NOT NULL, parameters TEXT NOT NULL, started REAL NOT NULL,
    ended REAL, note TEXT NOT NULL, origin TEXT NOT NULL, metrics TEXT NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    node TEXT NOT NULL, boot TEXT NOT NULL, pid INTEGER NOT NULL, born TEXT NOT NULL
);
CREATE UNIQUE INDEX run_by_id ON run (id);
CREATE UNIQUE INDEX run_by_number ON run (pipeline, number);
CREATE INDEX run_by_status ON run (status, sequence);
CREATE TABLE tag (run INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (run, tag)) WITHOUT ROWID;
CREATE INDEX tag_by_name ON tag (tag, run);
CREATE TABLE step (
    run INTEGER NOT NULL, step TEXT NOT NULL, position INTEGER NOT NULL, status TEXT NOT NULL,
    pipeline TEXT NOT NULL, seconds REAL NOT NULL, record TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;
CREATE INDEX step_ran ON step (step, pipeline, run) WHERE status = 'completed';
CREATE INDEX step_by_record ON step (record, run);
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    happened REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL
);
"""

Migration = Callable[[sqlite3.Connection], None]

MIGRATIONS: Mapping[int, Migration] = {}
"""What leads from a version to the next; version 1 is the first that was published."""


def create(path: Path) -> None:
    """Make an empty history at ``path``, whole or not at all, unless there is one already."""
    draft = path.with_name(f"{path.name}.new-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            # Nobody sees the draft before it is linked: one sync at the end stands for all.
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(f"BEGIN;{TABLES}COMMIT;")
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
            connection.execute("PRAGMA journal_mode = WAL")
        _sync(draft)
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # Another process was first, and its file is as good as ours.
    finally:
        for leftover in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm")):
            leftover.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def version_of(connection: sqlite3.Connection) -> int:
    """Read the schema version of an open file; raise DatabaseError if it is not a history."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise sqlite3.DatabaseError("the file is not a zenbook history")
    return int(version)


def migrate(connection: sqlite3.Connection, path: Path, found: int) -> Path:
    """Bring an older file to this version; the copy made before is given back.

    The whole way is one transaction: killed anywhere, the file is still at ``found``.
    """
    backup = back_up(connection, path, found)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version in range(version_of(connection), SCHEMA):
            MIGRATIONS[version](connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return backup


def back_up(connection: sqlite3.Connection, path: Path, found: int) -> Path:
    """Copy the open history to ``backup/history-<version>.db``, whole or not at all."""
    folder = path.parent / "backup"
    folder.mkdir(mode=0o700, exist_ok=True)
    backup = folder / f"{path.stem}-{found}.db"
    draft = backup.with_name(f"{backup.name}.new-{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600))
        with closing(sqlite3.connect(draft)) as copy:
            connection.backup(copy)
        os.replace(draft, backup)
    finally:
        draft.unlink(missing_ok=True)
    return backup


def newer(found: int) -> NewerSchema:
    """The error for a file that a newer zenbook wrote."""
    return NewerSchema(
        f"the history was written by a newer zenbook (schema {found}, this one knows {SCHEMA}): "
        "it is read but not changed; upgrade zenbook, or set ZENBOOK_HOME to another folder"
    )
