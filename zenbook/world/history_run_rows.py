"""The rows of runs and of their steps, as they are written.

What this process needs to put a run of its own back on record is an :class:`UnderWay`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zenbook.model import Status, StepRun
from zenbook.world.history_rows import line_to_json

_INSERT_RUN = (
    "INSERT INTO run (id, pipeline, version, number, name, status, parameters, started, note, "
    "origin, metrics, node, boot, pid, born) VALUES "
    "(:id, :pipeline, :version, :number, :name, 'running', :parameters, :started, :note, "
    ":origin, '{}', :node, :boot, :pid, :born)"
)
_INSERT_STEP = (
    "INSERT OR REPLACE INTO step SELECT sequence, ?, ?, ?, pipeline, ?, ?, ? FROM run WHERE id = ?"
)
_CLOSE_RUN = (
    "UPDATE run SET status = ?, ended = max(started, ?), version = coalesce(?, version) "
    "WHERE id = ?"
)
_STOP_STEPS = (
    "UPDATE step SET status = 'interrupted', body = json_set(body, '$.status', 'interrupted') "
    "WHERE run = ? AND status = 'running'"
)
_STOP_STEPS_OF = _STOP_STEPS.replace("= ?", "= (SELECT sequence FROM run WHERE id = ?)")


@dataclass(slots=True)
class UnderWay:
    """What it takes to put a run of this process back on record."""

    row: dict[str, Any]
    tags: tuple[str, ...]
    lines: dict[str, StepRun] = field(default_factory=dict)
    closed: tuple[Status, float, int | None, str] | None = None
    """How it was closed, where that could not be written yet."""


def insert_run(connection: sqlite3.Connection, run: UnderWay) -> int:
    """Begin a run with its tags and lines; its number."""
    number = count_up(connection, f"run:{run.row['pipeline']}")
    connection.execute(_INSERT_RUN, {**run.row, "number": number})
    insert_tags(connection, run.row["id"], run.tags)
    insert_lines(connection, run)
    return number


def insert_tags(connection: sqlite3.Connection, run: str, tags: Sequence[str]) -> None:
    """Tag a run."""
    for tag in tags:
        connection.execute(
            "INSERT OR IGNORE INTO tag SELECT sequence, ? FROM run WHERE id = ?",
            (plain(tag), run),
        )


def insert_lines(connection: sqlite3.Connection, run: UnderWay) -> None:
    """Insert or replace the lines of a run."""
    for line in run.lines.values():
        insert_step(connection, run.row["id"], line)


def insert_step(connection: sqlite3.Connection, run: str, line: StepRun) -> int:
    """Insert or replace a step's line; 0 if there is no such run."""
    facts = line_to_json(line)
    cursor = connection.execute(
        _INSERT_STEP,
        (
            plain(line.step),
            line.position,
            line.status,
            float(line.seconds),
            line.record,
            json.dumps(facts),
            run,
        ),
    )
    return cursor.rowcount


def close(connection: sqlite3.Connection, closed: tuple[Status, float, int | None, str]) -> int:
    """Close a run; 0 if there is no such run."""
    found = connection.execute(_CLOSE_RUN, closed).rowcount
    connection.execute(_STOP_STEPS_OF, closed[-1:])
    return found


def interrupt(connection: sqlite3.Connection, dead: Sequence[int]) -> None:
    """Runs whose processes are gone were interrupted."""
    for sequence in dead:
        connection.execute(
            "UPDATE run SET status = 'interrupted' WHERE sequence = ? AND status = 'running'",
            (sequence,),
        )
        connection.execute(_STOP_STEPS, (sequence,))


def count_up(connection: sqlite3.Connection, counter: str) -> int:
    """The next number of a counter; two processes never get the same."""
    (number,) = connection.execute(
        "INSERT INTO counter VALUES (?, 1) "
        "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (counter,),
    ).fetchone()
    return int(number)


def plain(text: str) -> str:
    """Text that UTF-8 can hold: a file name's undecodable bytes are written as ``\\udcff``."""
    return str(text).encode("utf-8", "backslashreplace").decode()
