"""Forgetting a run: its rows and bytes go, also where another run was given them.

Constraints
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
from collections.abc import Collection, Iterable, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from zenbook.errors import Busy, StoreFault, UsageError
from zenbook.model import Record, Run
from zenbook.world.guard import guarded
from zenbook.world.history import SqliteHistory
from zenbook.world.history_queries import as_object
from zenbook.world.history_recovery import checkpoint
from zenbook.world.history_rows import blobs_of
from zenbook.world.history_upkeep import every_claim, note_event, read_meta, write_meta

_T = TypeVar("_T")

_FORGETTING = "forgetting"


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What goes with a run: its blobs, and those of what it made, as ``step.output``; what of that
    stays as other runs made the same, and which; the runs that had been given results of it."""

    blobs: frozenset[str]
    gone: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    kept_by: tuple[str, ...] = ()
    given_to: tuple[str, ...] = ()


def forget_rows(history: SqliteHistory, run: Run, happened: float) -> Forgetting:
    """Delete all rows of a run and note which blobs must go; those no other record refers to.

    Raises UsageError where it is pinned, or a pinned run was given results of it.
    """
    claims = [record for _, record in every_claim(history) if record is not None]
    going = [record for record in claims if record.run == run.id]
    staying = [record for record in claims if record.run != run.id]
    ids = frozenset(record.id for record in going)
    blobs = _union(map(blobs_of, going)) - _union(map(blobs_of, staying))
    lost = _union(map(_parts, going)) - _union(map(_parts, staying))

    gone, stays = _apart(going, blobs)
    twins = {one.run for one in staying if not blobs_of(one).isdisjoint(_union(stays.values()))}

    def delete(connection: sqlite3.Connection) -> Forgetting:
        _refuse_pinned(connection, run)
        kept_by = _names(connection, twins)
        given_to = _given_to_others(connection, run, ids)
        connection.execute("PRAGMA secure_delete = ON")
        _delete_run(connection, run, ids)
        for blob in blobs:
            connection.execute("DELETE FROM event WHERE subject = ?", (blob,))
        _scrub_lines(connection, ids, lost)
        _blank_version(connection, run)
        write_meta(connection, _FORGETTING, json.dumps(sorted({*_going(connection), *blobs})))
        note_event(connection, happened, "forgotten", run.id, {"records": len(ids)})
        return Forgetting(blobs, tuple(gone), tuple(stays), kept_by, given_to)

    done = history.ledger.write(delete)
    checkpoint("rows forgotten")
    return done


def _apart(
    records: Iterable[Record], going: frozenset[str]
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """The outputs whose bytes go, and those whose bytes stay, with their blobs."""
    outputs = {
        f"{record.step}.{artifact.name.removeprefix('~')}": frozenset({artifact.blob})
        for record in records
        for artifact in (*record.outputs, *record.changed)
        if artifact.blob
    }
    gone = {name: blobs for name, blobs in outputs.items() if blobs <= going}
    return gone, {name: blobs for name, blobs in outputs.items() if name not in gone}


def _refuse_pinned(connection: sqlite3.Connection, run: Run) -> None:
    row = connection.execute("SELECT pinned FROM run WHERE id = ?", (run.id,)).fetchone()
    if row is not None and row[0]:
        raise UsageError(
            f"{run.reference} is pinned. To forget it all the same, let it go first: "
            f"`zenbook pin {run.reference} --remove`."
        )


def _names(connection: sqlite3.Connection, runs: Collection[str]) -> tuple[str, ...]:
    rows = connection.execute("SELECT id, pipeline, number FROM run ORDER BY sequence")
    return tuple(f"{pipeline}:{number}" for id, pipeline, number in rows if id in runs)


def _given_to_others(
    connection: sqlite3.Connection, run: Run, ids: Collection[str]
) -> tuple[str, ...]:
    """The names of other runs that these records were given to, in order. Raises UsageError for a
    pinned one."""
    given: dict[str, None] = {}
    for record, pipeline, number, pinned in connection.execute(
        "SELECT step.record, run.pipeline, run.number, run.pinned FROM step JOIN run ON "
        "run.sequence = step.run WHERE step.record != '' AND run.id != ? ORDER BY run.sequence",
        (run.id,),
    ):
        if record not in ids:
            continue
        name = f"{pipeline}:{number}"
        if pinned:
            raise UsageError(
                f"{run.reference} made results that {name} was given, which is pinned. "
                f"Forget or unpin {name} first."
            )
        given[name] = None
    return tuple(given)


def _union(sets: Iterable[Set[_T]]) -> frozenset[_T]:
    return frozenset().union(*sets)


def still_to_forget(history: SqliteHistory) -> frozenset[str]:
    """Blobs of forgotten runs that are still to be deleted."""
    return frozenset(history.ledger.read(_going))


def forgetting_done(history: SqliteHistory, blobs: Iterable[str]) -> None:
    """Cross these blobs off the note."""

    def cross_off(connection: sqlite3.Connection) -> None:
        left = set(_going(connection)) - set(blobs)
        write_meta(connection, _FORGETTING, json.dumps(sorted(left)))

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
    row = connection.execute("SELECT sequence FROM run WHERE id = ?", (run.id,)).fetchone()
    if row is not None:
        for table, column in (("step", "run"), ("tag", "run"), ("run", "sequence")):
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", row)
    connection.execute("DELETE FROM event WHERE subject = ?", (run.id,))


def _scrub_lines(
    connection: sqlite3.Connection, ids: frozenset[str], lost: frozenset[tuple[str, str, str]]
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
    text = read_meta(connection, _FORGETTING)
    return [str(blob) for blob in json.loads(text)] if text else []
