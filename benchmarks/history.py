"""What the size of the history costs a hit: the same look-up among 1,000 and 1,000,000 records.

The large history is made once per run of the benchmarks, by inserting copies of 1,000 signed
records under keys of their own; those that are looked up are real. Look-ups take turns over
many keys, each for the first time in its process, so that nothing is remembered.
"""

from __future__ import annotations

import hmac
import os
import random
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.row import Row, interleaved
from zenbook.errors import Untrusted
from zenbook.model import Artifact, Fingerprint, Part, Read, Record
from zenbook.world.clock import SystemClock
from zenbook.world.history import SqliteHistory

FEW, MANY = 1_000, 1_000_000
_KEY = bytes(range(32))
_FLOOR = 1 / 1.5


def rows() -> Iterator[Row]:
    """One row: a hit among many records beside one among few."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = _opened(Path(folder, "few")), _opened(Path(folder, "many"))
        _fill(few, 0)
        _fill(many, MANY - FEW)
        ours, peer = interleaved(_looker(many), _looker(few), repeats=9, inner=100)
        yield Row("hit among 1,000,000 records", ours, peer, "among 1,000", _FLOOR)
        few.close()
        many.close()


def _looker(history: SqliteHistory) -> object:
    """A call that finds another record each time, in random order, never one it has parsed."""
    keys = [_key(number) for number in range(FEW)]
    random.Random(5).shuffle(keys)
    turn = iter(keys)

    def look() -> Sequence[Record]:
        found = history.candidates(next(turn))
        assert len(found) == 1
        return found

    return look


def _opened(home: Path) -> SqliteHistory:
    return SqliteHistory(home, _sign, _verify, SystemClock())


def _fill(history: SqliteHistory, more: int) -> None:
    """1,000 real records, and ``more`` copies whose keys lie all between and around theirs."""
    run = history.begin_run("digits", None, {})
    for number in range(FEW):
        history.add(_record(number, run.id))
    history.ledger.write(lambda connection: _copy(connection, more))
    history.close()
    with history.ledger.path.open("rb") as file:
        os.fsync(file)  # or the system writes two gigabytes back while we measure


def _copy(connection: sqlite3.Connection, more: int) -> None:
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO record SELECT ? + i, 'copy-' || i, lower(hex(randomblob(16))), step, "
        "pipeline, run, mac, body FROM n JOIN record ON sequence = 1 + i % ? WHERE ? > 0",
        (more, FEW, FEW, more),
    )


def _key(number: int) -> str:
    return random.Random(number).randbytes(16).hex()


def _record(number: int, run: str) -> Record:
    """A record of usual size: ten parts, two reads, two outputs."""
    parts = tuple(Part("use", f"helper_{n}", f"{n:032x}", "def helper(x): ...") for n in range(10))
    reads = tuple(Read("file", f"data/{n}.csv", f"{n:032x}") for n in range(2))
    made = tuple(
        Artifact(name, f"{number:032x}", f"{number:032x}", 4096, "numpy.ndarray", (64, 8), "[…]")
        for name in ("X", "y")
    )
    return Record(
        id=f"r{number}",
        step=f"step_{number % 20}",
        fingerprint=Fingerprint(parts, _key(number)),
        reads=reads,
        wrote=(),
        artifacts=made,
        changed=(),
        deleted=(),
        random_after=(),
        displays=None,
        seals={f"{number:032x}": "0" * 64},
        seconds=1.0,
        started=1_700_000_000.0,
        python="cp311-pickle5",
        run=run,
    )


def _sign(payload: bytes) -> str:
    return hmac.digest(_KEY, payload, "sha256").hex()


def _verify(payload: bytes, mac: str) -> None:
    if not hmac.compare_digest(_sign(payload), mac):
        raise Untrusted("its signature is not ours")
