"""What ``fsck`` asks of the history's rows: which are not what they claim to be."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Sequence

from zenbook.world.history import SqliteHistory
from zenbook.world.history_queries import as_object
from zenbook.world.history_rows import line_from_json, shape_from_json
from zenbook.world.trust import MAX_ENVELOPE

_PAGE = (
    f"SELECT sequence, id, key, step, run, mac, CASE WHEN length(body) <= {MAX_ENVELOPE} THEN "
    "body END FROM record WHERE sequence > ? ORDER BY sequence LIMIT 500"
)
_LINES = "SELECT run, step, body FROM step"
_STRAYS = "SELECT run, step FROM step WHERE run NOT IN (SELECT sequence FROM run)"


def bad_records(history: SqliteHistory) -> Sequence[tuple[int, str, str]]:
    """Row number, id and what is wrong, of records that no look-up would believe."""
    found: list[tuple[int, str, str]] = []
    last = 0
    while True:
        rows = history.ledger.read(
            lambda connection: connection.execute(_PAGE, (last,)).fetchall()  # noqa: B023
        )
        if not rows:
            return found
        for row in rows:
            what = _wrong(history, row)
            if what:
                found.append((row[0], str(row[1]), what))
        last = rows[-1][0]


def _wrong(history: SqliteHistory, row: tuple[object, ...]) -> str:
    sequence, id, key, step, run, mac, body = row
    record, why = history.trusted(mac, body, remember=False)
    if record is None:
        return why
    if record.fingerprint.key != key:
        return "wrong key: the record belongs to another result"
    facts = (record.sequence, record.id, record.step, record.run)
    return "" if facts == (sequence, id, step, run) else "its row does not fit what was signed"


def set_aside_record(history: SqliteHistory, sequence: int) -> None:
    """Copy a record's row to ``bad/`` as JSON, and take it out of the history."""
    rows = history.ledger.read(
        lambda connection: connection.execute(
            "SELECT id, key, step, run, mac, body FROM record WHERE sequence = ?", (sequence,)
        ).fetchall()
    )
    folder = history.ledger.path.parent / "bad"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"record-{sequence}-{time.time_ns():x}.json"
    text = [[v.hex() if isinstance(v, bytes) else v for v in row] for row in rows]
    with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(text, file)
    history.ledger.write(
        lambda connection: connection.execute("DELETE FROM record WHERE sequence = ?", (sequence,))
    )


def bad_lines(history: SqliteHistory) -> Sequence[tuple[str, str]]:
    """Name of, and what is wrong with, lines of runs and versions that cannot be read."""
    return history.ledger.read(
        lambda connection: [
            *(
                (f"{step} of run {run}", "it cannot be read")
                for run, step in _bad_steps(connection)
            ),
            *(
                (f"{name}:{number}", "the version's text cannot be read")
                for name, number in _bad_versions(connection)
            ),
        ]
    )


def delete_bad_lines(history: SqliteHistory) -> None:
    """Take out unreadable lines of runs; unreadable versions keep their number only."""

    def delete(connection: sqlite3.Connection) -> None:
        for row in _bad_steps(connection):
            connection.execute("DELETE FROM step WHERE run = ? AND step = ?", row)
        for version in _bad_versions(connection):
            connection.execute(
                "UPDATE version SET body = '{}' WHERE pipeline = ? AND number = ?", version
            )

    history.ledger.write(delete)


def _bad_steps(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    bad = {(int(run), str(step)) for run, step in connection.execute(_STRAYS)}
    for run, step, body in connection.execute(_LINES):
        try:
            line_from_json(as_object(body))
        except (ValueError, TypeError, KeyError):
            bad.add((int(run), str(step)))
    return sorted(bad)


def _bad_versions(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    bad = []
    for pipeline, number, body in connection.execute("SELECT pipeline, number, body FROM version"):
        if body in ("{}", b"{}"):
            continue  # Forgotten, which is no fault.
        try:
            shape_from_json(as_object(body))
        except (ValueError, TypeError, KeyError):
            bad.append((str(pipeline), int(number)))
    return bad
