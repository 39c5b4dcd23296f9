"""What upkeep asks of history: who refers to which blob, what was evicted, how to forget.

Constraints
    - Each blob that is deleted is an event *before* it is deleted: killed between the two, the
      worst is an event about a blob that is still there.
    - Forgetting is done in the order that a kill cannot spoil: the rows and a note of the blobs
      that must go are one transaction; the blobs go next; the note last. Whoever comes after a
      kill finds the note and does the rest.
    - SQLite keeps deleted bytes in free pages and in its log. ``secure_delete`` overwrites the
      pages, ``VACUUM`` drops them, and a truncating checkpoint empties the log.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from zenbook.errors import Busy, StoreFault
from zenbook.model import Artifact, Record, Run
from zenbook.world.guard import guarded
from zenbook.world.history import SqliteHistory
from zenbook.world.history_queries import as_object
from zenbook.world.history_recovery import checkpoint
from zenbook.world.history_rows import blobs_of, record_from_json
from zenbook.world.trust import parse

_FORGETTING = "forgetting"
_LIMIT = "limit_bytes"
_ORPHAN = "orphan:"


@dataclass(frozen=True, slots=True)
class Reference:
    """A record's hold on its blobs. ``used`` is when it was last made or hit (Unix seconds)."""

    id: str
    step: str
    run: str
    blobs: frozenset[str]
    used: float
    pinned: bool
    running: bool
    artifacts: tuple[Artifact, ...]


def references(history: SqliteHistory) -> Sequence[Reference]:
    """Every record's hold on blobs; also those that are not trusted just now hold theirs.

    A signing key that cannot be read today must not make everything it signed garbage.
    """
    used, pinned, running = history.ledger.read(_uses)
    found = []
    for id, record in every_claim(history):
        if record is None:
            continue
        seen = max(record.started + record.seconds, used.get(record.id, 0.0))
        found.append(
            Reference(
                id=id,
                step=record.step,
                run=record.run,
                blobs=blobs_of(record),
                used=seen,
                pinned=record.run in pinned or record.id in pinned,
                running=record.run in running or record.id in running,
                artifacts=(*record.artifacts, *record.changed),
            )
        )
    return found


def last_record(history: SqliteHistory) -> int:
    """The newest record's sequence number; 0 if there is none."""
    (last,) = history.ledger.read(
        lambda connection: connection.execute("SELECT max(sequence) FROM record").fetchone()
    )
    return int(last or 0)


def every_claim(history: SqliteHistory, after: int = 0) -> Iterable[tuple[str, Record | None]]:
    """Each row's id and the record it claims to be, trusted or not; in order."""
    last = after
    while True:
        rows = history.ledger.read(
            lambda connection: connection.execute(
                "SELECT sequence, id, body FROM record WHERE sequence > ? "
                "ORDER BY sequence LIMIT 500",
                (last,),  # noqa: B023 - read at once
            ).fetchall()
        )
        if not rows:
            return
        for _, id, body in rows:
            yield str(id), _claim(body)
        last = rows[-1][0]


def _claim(body: object) -> Record | None:
    """The record a body describes, believed or not; only ever used to keep blobs."""
    try:
        return record_from_json(parse(body)) if isinstance(body, bytes) else None
    except (StoreFault, ValueError, TypeError, KeyError, AttributeError):
        return None


def _uses(connection: sqlite3.Connection) -> tuple[dict[str, float], set[str], set[str]]:
    """When each record was last used by a run, and what pinned and running runs need."""
    rows = connection.execute(
        "SELECT step.record, max(run.started) FROM step JOIN run ON run.sequence = step.run "
        "WHERE step.record != '' GROUP BY step.record"
    )
    used = {record: float(started) for record, started in rows}
    needed = [_needed(connection, "pinned = 1"), _needed(connection, "status = 'running'")]
    return used, needed[0], needed[1]


def _needed(connection: sqlite3.Connection, which: str) -> set[str]:
    """Ids of these runs and of the records their steps used."""
    runs = connection.execute(f"SELECT id FROM run WHERE {which}").fetchall()
    records = connection.execute(
        f"SELECT record FROM step WHERE run IN (SELECT sequence FROM run WHERE {which})"
    ).fetchall()
    return {row[0] for row in (*runs, *records) if row[0]}


# ---------------------------------------------------------------- settings and events


def limit_of(history: SqliteHistory, default: int) -> int:
    """The limit in bytes that was set for this folder."""
    value = history.ledger.read(lambda connection: _meta(connection, _LIMIT))
    return int(value) if value and value.isascii() and value.isdigit() else default


def set_limit(history: SqliteHistory, limit: int) -> None:
    """Set the limit in bytes for this folder."""
    history.ledger.write(lambda connection: _set_meta(connection, _LIMIT, str(limit)))


def pin(history: SqliteHistory, run: Run, pinned: bool, happened: float) -> None:
    """Keep a run's artifacts from eviction, or let go of them."""

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE run SET pinned = ? WHERE id = ?", (int(pinned), run.id))
        _event(connection, happened, "pinned" if pinned else "unpinned", run.id, {})

    history.ledger.write(change)


def tell(
    history: SqliteHistory,
    kind: str,
    happened: float,
    subjects: Mapping[str, Mapping[str, object]],
) -> None:
    """Put events of one kind on record, all or none."""

    def insert(connection: sqlite3.Connection) -> None:
        for subject, facts in subjects.items():
            _event(connection, happened, kind, subject, facts)

    history.ledger.write(insert)


def told(history: SqliteHistory, *kinds: str) -> Sequence[tuple[float, str, str]]:
    """Events of these kinds in order: when (Unix seconds), kind, subject."""
    marks = ", ".join("?" * len(kinds))
    return history.ledger.read(
        lambda connection: connection.execute(
            f"SELECT happened, kind, subject FROM event WHERE kind IN ({marks}) ORDER BY sequence",
            kinds,
        ).fetchall()
    )


def counts(history: SqliteHistory) -> tuple[int, int, int]:
    """How many records, runs and pinned runs there are."""

    def count(connection: sqlite3.Connection) -> tuple[int, int, int]:
        (records,) = connection.execute("SELECT count(*) FROM record").fetchone()
        (runs,) = connection.execute("SELECT count(*) FROM run").fetchone()
        (pinned,) = connection.execute("SELECT count(*) FROM run WHERE pinned = 1").fetchone()
        return int(records), int(runs), int(pinned)

    return history.ledger.read(count)


def aged_orphans(
    history: SqliteHistory, orphans: Iterable[str], now: float, grace: float, *, note: bool
) -> Sequence[str]:
    """Blobs without a record that were seen so ``grace`` seconds ago already.

    The others are noted, if ``note``, so that a later look knows for how long.

    The age of a blob says nothing (it may be an old one that is being kept again), so what
    counts is for how long nobody has referred to it.
    """

    def look(connection: sqlite3.Connection) -> Sequence[str]:
        known = {
            name.removeprefix(_ORPHAN): float(value)
            for name, value in connection.execute(
                "SELECT name, value FROM meta WHERE name >= ? AND name < ?", (_ORPHAN, "orphan;")
            )
        }
        wanted = set(orphans)
        for blob in known.keys() - wanted if note else ():
            connection.execute("DELETE FROM meta WHERE name = ?", (_ORPHAN + blob,))
        for blob in wanted if note else ():
            if blob not in known or known[blob] > now:
                _set_meta(connection, _ORPHAN + blob, repr(now))
        return sorted(blob for blob in wanted if now - known.get(blob, now) >= grace)

    return history.ledger.write(look) if note else history.ledger.read(look)


# ---------------------------------------------------------------- forgetting


def forget_rows(history: SqliteHistory, run: Run, happened: float) -> frozenset[str]:
    """Delete all rows of a run and note which blobs must go; those nobody else refers to."""
    mine = [record for _, record in every_claim(history) if record and record.run == run.id]
    others: set[str] = set()
    parts_of_others: set[tuple[str, str, str]] = set()
    for _, record in every_claim(history):
        if record is not None and record.run != run.id:
            others |= blobs_of(record)
            parts_of_others |= _parts(record)
    blobs = frozenset().union(*map(blobs_of, mine)) - others
    lost = set().union(*map(_parts, mine)) - parts_of_others
    ids = frozenset(record.id for record in mine)

    def delete(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA secure_delete = ON")
        _delete_run(connection, run, ids)
        for blob in blobs:
            connection.execute("DELETE FROM event WHERE subject = ?", (blob,))
        _scrub_lines(connection, ids, lost)
        _blank_version(connection, run)
        going = set(_going(connection)) | blobs
        _set_meta(connection, _FORGETTING, json.dumps(sorted(going)))
        _event(connection, happened, "forgotten", run.id, {"records": len(ids)})

    history.ledger.write(delete)
    checkpoint("rows forgotten")
    return blobs


def still_to_forget(history: SqliteHistory) -> frozenset[str]:
    """Blobs of forgotten runs that are still to be deleted."""
    return frozenset(history.ledger.read(_going))


def forgetting_done(history: SqliteHistory, blobs: Iterable[str]) -> None:
    """Cross these blobs off the note."""

    def cross_off(connection: sqlite3.Connection) -> None:
        left = set(_going(connection)) - set(blobs)
        _set_meta(connection, _FORGETTING, json.dumps(sorted(left)))

    history.ledger.write(cross_off)


def scrub(path: Path, patience: float = 5.0) -> None:
    """Leave no deleted byte in a SQLite file or its log. Raises Busy if others are using it."""
    if not path.exists():
        return
    deadline = time.monotonic() + patience
    while True:
        try:
            with guarded(), closing(_connect(path)) as connection:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("VACUUM")
                (blocked, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not blocked:
                return
        except sqlite3.OperationalError as error:
            if int(error.sqlite_errorcode) & 0xFF not in (
                sqlite3.SQLITE_BUSY,
                sqlite3.SQLITE_LOCKED,
            ):
                raise StoreFault(f"{path} cannot be scrubbed: {error}") from error
        except sqlite3.DatabaseError as error:
            raise StoreFault(f"{path} cannot be scrubbed: {error}") from error
        if time.monotonic() >= deadline:
            raise Busy(
                f"{path} is in use by another process, so deleted bytes may still be in it; "
                "close the other notebooks and do it again"
            )
        time.sleep(0.02)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw", uri=True, timeout=0.0, isolation_level=None
    )


def _delete_run(connection: sqlite3.Connection, run: Run, ids: Iterable[str]) -> None:
    for id in ids:
        connection.execute("DELETE FROM record WHERE id = ?", (id,))
    connection.execute("DELETE FROM record WHERE run = ?", (run.id,))
    row = connection.execute("SELECT sequence FROM run WHERE id = ?", (run.id,)).fetchone()
    if row is not None:
        for table, column in (("step", "run"), ("tag", "run"), ("run", "sequence")):
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", row)
    connection.execute("DELETE FROM event WHERE subject = ?", (run.id,))


def _scrub_lines(
    connection: sqlite3.Connection, ids: frozenset[str], lost: set[tuple[str, str, str]]
) -> None:
    """Take forgotten values out of other runs' lines: what a change was from, what a hit gave."""
    for run, step, record, body in connection.execute(
        "SELECT run, step, record, body FROM step"
    ).fetchall():
        facts = dict(as_object(body))
        quoted = False
        for change in facts.get("changes", ()):
            for part in change:
                if part and tuple(part[:3]) in lost:
                    part[3], quoted = "", True
        if quoted:
            facts["why"] = f"{facts['cause']}, against a forgotten run"
        if record in ids:
            facts |= {"record": "", "metrics": {}, "remarks": []}
        if quoted or record in ids:
            connection.execute(
                "UPDATE step SET record = ?, body = ? WHERE run = ? AND step = ?",
                (facts["record"], json.dumps(facts), run, step),
            )


def _blank_version(connection: sqlite3.Connection, run: Run) -> None:
    """A version that no run has any more keeps its number and loses its text."""
    connection.execute(
        "UPDATE version SET body = '{}' WHERE pipeline = ? AND number = ? AND NOT EXISTS (SELECT 1 "
        "FROM run WHERE run.pipeline = version.pipeline AND run.version = version.number)",
        (run.pipeline, run.version),
    )


def _parts(record: Record) -> set[tuple[str, str, str]]:
    parts = (*record.fingerprint.parts, *record.reads, *record.wrote)
    return {(part.kind, part.name, part.digest) for part in parts}


def _going(connection: sqlite3.Connection) -> Sequence[str]:
    text = _meta(connection, _FORGETTING)
    return [str(blob) for blob in json.loads(text)] if text else []


def _meta(connection: sqlite3.Connection, name: str) -> str:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return "" if row is None else str(row[0])


def _set_meta(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _event(
    connection: sqlite3.Connection,
    happened: float,
    kind: str,
    subject: str,
    facts: Mapping[str, object],
) -> None:
    connection.execute(
        "INSERT INTO event (happened, kind, subject, body) VALUES (?, ?, ?, ?)",
        (happened, kind, subject, json.dumps(facts)),
    )
