"""What upkeep asks of history: who refers to which blob, what was evicted, which limit is set.

Constraints
    - Each blob that is deleted is an event *before* it is deleted: killed between the two, the
      worst is an event about a blob that is still there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zenbook.errors import StoreFault
from zenbook.model import Artifact, Record, Run
from zenbook.world.history import SqliteHistory
from zenbook.world.history_rows import blobs_of, record_from_json
from zenbook.world.trust import parse

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
    value = history.ledger.read(lambda connection: read_meta(connection, _LIMIT))
    return int(value) if value and value.isascii() and value.isdigit() else default


def set_limit(history: SqliteHistory, limit: int) -> None:
    """Set the limit in bytes for this folder."""
    history.ledger.write(lambda connection: write_meta(connection, _LIMIT, str(limit)))


def pin(history: SqliteHistory, run: Run, pinned: bool, happened: float) -> None:
    """Keep a run's artifacts from eviction, or let go of them."""

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE run SET pinned = ? WHERE id = ?", (int(pinned), run.id))
        note_event(connection, happened, "pinned" if pinned else "unpinned", run.id, {})

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
            note_event(connection, happened, kind, subject, facts)

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
                write_meta(connection, _ORPHAN + blob, repr(now))
        return sorted(blob for blob in wanted if now - known.get(blob, now) >= grace)

    return history.ledger.write(look) if note else history.ledger.read(look)


# ---------------------------------------------------------------- small pieces


def read_meta(connection: sqlite3.Connection, name: str) -> str:
    """A setting or note of this folder; "" if there is none."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return "" if row is None else str(row[0])


def write_meta(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Put a setting or note in the place of what there was."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def note_event(
    connection: sqlite3.Connection,
    happened: float,
    kind: str,
    subject: str,
    facts: Mapping[str, object],
) -> None:
    """Put one event on record."""
    connection.execute(
        "INSERT INTO event (happened, kind, subject, body) VALUES (?, ?, ?, ?)",
        (happened, kind, subject, json.dumps(facts)),
    )
