"""Signed records: found by key, believed only for what their signature covers.

Constraints
    - The insert of a record is the commit point of a result: before it nothing refers to the
      blobs, after it everything about the result is on record.
    - A record is believed only for what its signed JSON says: key, step, parts, reads,
      artifacts, seals, Python tag, place in the order. The columns beside it only find it. So a
      row copied under another key, an edited one and a foreign one are refused, with a reason.
    - A hit asks once: one index look-up, one HMAC, one JSON parse. What was read before in this
      process is known by its signature and compared as bytes instead of parsed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from zenbook.errors import StoreFault, Untrusted
from zenbook.model import Record
from zenbook.world.history_ledger import Ledger
from zenbook.world.history_queries import seconds_of
from zenbook.world.history_rows import NewerFormat, record_from_json, record_to_json
from zenbook.world.trust import MAX_ENVELOPE, canonical, parse

_SCANNED = 64
"""Rows of one key that are looked at before giving up on finding a trusted one."""
_REMEMBERED = 4096
_SELECT = f"SELECT mac, CASE WHEN length(body) <= {MAX_ENVELOPE} THEN body END FROM record "
_BY_KEY = _SELECT + "WHERE key = ? ORDER BY sequence DESC LIMIT ?"
_BY_ID = _SELECT + "WHERE id = ?"
_BY_STEP = _SELECT + "WHERE step = ? ORDER BY sequence DESC LIMIT 8"
_BY_STEP_HERE = _SELECT + "WHERE step = ? AND pipeline = ? ORDER BY sequence DESC LIMIT 8"
_ALL = (
    "SELECT sequence, id, mac, CASE WHEN length(body) <= ? THEN body END FROM record "
    "WHERE sequence > ? ORDER BY sequence LIMIT 500"
)
_INSERT = (
    "INSERT INTO record VALUES "
    "(?, ?, ?, ?, coalesce((SELECT pipeline FROM run WHERE id = ?), ''), ?, ?, ?)"
)


class Records:
    """The part of history that holds what executions left."""

    _ledger: Ledger

    def __init__(self, sign: Callable[[bytes], str], verify: Callable[[bytes, str], None]) -> None:
        self._sign = sign
        self._verify = verify
        self._seen: dict[str, tuple[bytes, Record]] = {}

    def candidates(self, key: str, limit: int = 8) -> Sequence[Record]:
        """Trusted records of this key, newest first."""
        return self._of_key(key, limit)[0]

    def rejected(self, key: str) -> str:
        """Why records of this key were refused ("" if none were)."""
        return self._of_key(key, _SCANNED)[1]

    def latest(self, step: str, pipeline: str) -> Record | None:
        """The newest trusted record of a step: of this pipeline's runs, of any where it is ""."""
        here = (_BY_STEP_HERE, (step, pipeline)) if pipeline else (_BY_STEP, (step,))
        for mac, body in self._rows(*here):
            record, _ = self.trusted(mac, body)
            if record is not None and record.step == step:
                return record
        return None

    def record(self, id: str) -> Record | None:
        """One trusted record by its id."""
        for mac, body in self._rows(_BY_ID, (id,)):
            record, _ = self.trusted(mac, body)
            if record is not None and record.id == id:
                return record
        return None

    def add(self, record: Record) -> Record:
        """Sign and insert: the commit point. The record comes back with its sequence number."""

        def insert(connection: sqlite3.Connection) -> Record:
            numbered = replace(record, sequence=_next_sequence(connection))
            body = canonical(record_to_json(numbered))
            key, run = numbered.fingerprint.key, numbered.run
            row = (numbered.sequence, numbered.id, key, numbered.step, run, run)
            connection.execute(_INSERT, (*row, self._sign(body), body))
            return numbered

        return self._ledger.write(insert)

    def expected(self, step: str, pipeline: str) -> float | None:
        """Seconds the step took when it last ran in this pipeline; None if it never did."""
        return self._ledger.read(lambda connection: seconds_of(connection, step, pipeline))

    def every_record(self) -> Iterator[tuple[str, Record | None, str]]:
        """All rows in order: their id, the record if it is trusted, else why it is not."""
        last = 0
        while True:
            rows = self._rows(_ALL, (MAX_ENVELOPE, last))
            if not rows:
                return
            for _, id, mac, body in rows:
                yield str(id), *self.trusted(mac, body, remember=False)
            last = rows[-1][0]

    def trusted(
        self, mac: object, body: object, *, remember: bool = True
    ) -> tuple[Record | None, str]:
        """The record in a row if its signature holds, else why not."""
        if not isinstance(mac, str) or not isinstance(body, bytes):
            return None, "damaged: the record is too large or of the wrong type"
        seen = self._seen.get(mac)
        if seen is not None and seen[0] == body:
            return seen[1], ""
        try:
            self._verify(body, mac)
            record = record_from_json(parse(body))
        except Untrusted as error:
            return None, f"untrusted: {error}"
        except NewerFormat:
            return None, "newer: the record was written by another version of zenbook"
        except (StoreFault, ValueError, TypeError, KeyError, AttributeError):
            return None, "damaged: the record cannot be read"
        if remember:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[mac] = (body, record)
        return record, ""

    def _of_key(self, key: str, limit: int) -> tuple[tuple[Record, ...], str]:
        """Up to ``limit`` trusted records of a key, and the newest reason for refusing one."""
        found: list[Record] = []
        reason = ""
        for mac, body in self._rows(_BY_KEY, (key, max(limit, _SCANNED))):
            record, why = self.trusted(mac, body)
            if record is not None and record.fingerprint.key != key:
                record, why = None, "wrong key: the record belongs to another result"
            if record is not None:
                found.append(record)
            reason = reason or why
            if len(found) >= limit:
                break
        return tuple(found), reason

    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        return self._ledger.read(
            lambda connection: connection.execute(statement, values).fetchall()
        )


def _next_sequence(connection: sqlite3.Connection) -> int:
    """The number the next record will have; never one that was given before."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record'").fetchone()
    return 1 if row is None else int(row[0]) + 1
