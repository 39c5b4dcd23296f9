"""Questions about runs and versions, answered in pages.

Constraints
    - 10,000 runs with 20 steps each: a page of 100 in a few milliseconds. So the runs of a page
      are found first, by index, and their steps and tags are then read in one query each.
    - What a person types is always a bound value; ``%`` and ``_`` in a search are literal.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from zenbook.errors import OptionError
from zenbook.model import Run, Shape, Status, StepRun, Version
from zenbook.world.history_rows import line_from_json, shape_from_json

T = TypeVar("T")

RUN_COLUMNS = (
    "sequence, id, pipeline, version, number, name, status, parameters, started, ended, "
    "note, origin, metrics"
)
_SHORTEST_PREFIX = 4
_MOST = 10_000


def page_of_runs(
    connection: sqlite3.Connection,
    *,
    pipeline: str | None,
    tag: str | None,
    status: Status | None,
    search: str,
    limit: int,
    offset: int,
    sort: Callable[[Sequence[int]], Sequence[int]] | None = None,
) -> Sequence[Run]:
    """Runs that match everything asked, with their steps: newest first, or as ``sort`` orders
    the row numbers that it is given in that order."""
    where, values = _conditions(pipeline, tag, status, search)
    start, many = max(offset, 0), min(max(limit, 0), _MOST)
    if sort is not None:
        newest = f"SELECT sequence FROM run {where} ORDER BY sequence DESC"
        sequences = sort([row[0] for row in connection.execute(newest, values)])
        return _by_sequence(connection, sequences[start : start + many])
    rows = connection.execute(
        f"SELECT {RUN_COLUMNS} FROM run {where} ORDER BY sequence DESC LIMIT ? OFFSET ?",
        (*values, many, start),
    ).fetchall()
    return with_steps(connection, rows)


def _by_sequence(connection: sqlite3.Connection, sequences: Sequence[int]) -> Sequence[Run]:
    """Just these runs, as they are ordered."""
    rows = connection.execute(
        f"SELECT {RUN_COLUMNS} FROM run WHERE sequence IN (SELECT value FROM json_each(?))",
        (json.dumps(sequences),),
    ).fetchall()
    places = {sequence: place for place, sequence in enumerate(sequences)}
    return with_steps(connection, sorted(rows, key=lambda row: places[row[0]]))


def pinned_runs(connection: sqlite3.Connection) -> frozenset[str]:
    """Ids of the runs whose results are never evicted."""
    return frozenset(id for (id,) in connection.execute("SELECT id FROM run WHERE pinned = 1"))


def count_runs(
    connection: sqlite3.Connection,
    *,
    pipeline: str | None,
    tag: str | None,
    status: Status | None,
    search: str,
) -> int:
    """How many runs match everything asked."""
    where, values = _conditions(pipeline, tag, status, search)
    row = connection.execute(f"SELECT count(*) FROM run {where}", values).fetchone()
    return int(row[0])


def find_run(connection: sqlite3.Connection, reference: str) -> Run | None:
    """One run by id, unique prefix of it, ``pipeline:number`` or ``latest``.

    Raises OptionError if a prefix fits several runs.
    """
    if reference == "latest":
        return _one(connection, "ORDER BY sequence DESC LIMIT 1", ())
    run = _one(connection, "WHERE id = ?", (reference,))
    if run is not None:
        return run
    pipeline, colon, number = reference.rpartition(":")
    if colon and number.isascii() and number.isdigit() and len(number) < 19:
        return _one(connection, "WHERE pipeline = ? AND number = ?", (pipeline, int(number)))
    return _by_prefix(connection, reference)


def place_of(connection: sqlite3.Connection, run: str) -> tuple[str, int] | None:
    """The pipeline of a run and its number there, by its whole id; None if it is forgotten."""
    find = "SELECT pipeline, number FROM run WHERE id = ?"
    row = connection.execute(find, (run,)).fetchone()
    return None if row is None else (str(row[0]), int(row[1]))


def _by_prefix(connection: sqlite3.Connection, prefix: str) -> Run | None:
    if len(prefix) < _SHORTEST_PREFIX:
        return None
    found = connection.execute(
        "SELECT id FROM run WHERE id >= ? AND id < ? ORDER BY id LIMIT 2",
        (prefix, prefix + "\U0010ffff"),
    ).fetchall()
    if len(found) > 1:
        raise OptionError(
            f"several runs begin with {prefix!a}, such as {found[0][0]} and {found[1][0]}: "
            "give more of the id"
        )
    return _one(connection, "WHERE id = ?", found[0]) if found else None


def versions_of(connection: sqlite3.Connection, pipeline: str) -> Sequence[Version]:
    """All versions of a pipeline by number; those whose text is gone are left out."""
    rows = connection.execute(
        "SELECT number, created, body FROM version WHERE pipeline = ? ORDER BY number",
        (pipeline,),
    )
    found = []
    for number, created, body in rows:
        shape = _shape(body)
        if shape is not None:
            found.append(Version(pipeline, number, shape, created))
    return tuple(found)


@lru_cache(maxsize=256)
def _shape(body: str | bytes) -> Shape | None:
    """Read once: a notebook asks for its versions at every step, and no version ever changes."""
    return _readable(shape_from_json, body)


def seconds_of(connection: sqlite3.Connection, step: str, pipeline: str) -> float | None:
    """Seconds the step took when it last ran in this pipeline."""
    row = connection.execute(
        "SELECT seconds FROM step WHERE status = 'completed' AND step = ? AND pipeline = ? "
        "ORDER BY run DESC LIMIT 1",
        (step, pipeline),
    ).fetchone()
    return None if row is None else float(row[0])


def with_steps(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> tuple[Run, ...]:
    """The runs of these rows, each with its tags and the lines of its steps by position."""
    wanted = json.dumps([row[0] for row in rows])
    tags: dict[int, list[str]] = {}
    lines: dict[int, list[StepRun]] = {}
    for run, tag in connection.execute(
        "SELECT run, tag FROM tag WHERE run IN (SELECT value FROM json_each(?)) ORDER BY run, tag",
        (wanted,),
    ):
        tags.setdefault(run, []).append(tag)
    for run, body in connection.execute(
        "SELECT run, body FROM step WHERE run IN (SELECT value FROM json_each(?)) "
        "ORDER BY run, position, step",
        (wanted,),
    ):
        line = _readable(line_from_json, body)
        if line is not None:
            lines.setdefault(run, []).append(line)
    return tuple(_run(row, lines.get(row[0], ()), tags.get(row[0], ())) for row in rows)


def as_object(text: str | bytes) -> Mapping[str, Any]:
    """The JSON object in a column; an empty one where the column holds something else."""
    try:
        facts = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _readable(read: Callable[[Mapping[str, Any]], T], body: str | bytes) -> T | None:
    """What a row holds; None for one that is damaged or forgotten (``zenbook fsck`` tells)."""
    try:
        return read(as_object(body))
    except (ValueError, TypeError, KeyError):
        return None


def _one(connection: sqlite3.Connection, where: str, values: Sequence[object]) -> Run | None:
    rows = connection.execute(f"SELECT {RUN_COLUMNS} FROM run {where}", values).fetchall()
    return with_steps(connection, rows)[0] if rows else None


def _conditions(
    pipeline: str | None, tag: str | None, status: Status | None, search: str
) -> tuple[str, list[object]]:
    """The WHERE clause of what is asked, and its values."""
    asked: list[tuple[str, object]] = []
    if pipeline is not None:
        asked.append(("pipeline = ?", pipeline))
    if tag is not None:
        asked.append(("sequence IN (SELECT run FROM tag WHERE tag = ?)", tag))
    if status is not None:
        asked.append(("status = ?", status))
    for word in search.split():
        asked.append((_SEARCH, f"%{_literal(word)}%"))
    every = " AND ".join(condition for condition, _ in asked)
    return f"WHERE {every}" if every else "", [value for _, value in asked]


_SEARCH = (
    "(id || ' ' || pipeline || ' ' || pipeline || ':' || number || ' ' || name || ' ' || note "
    "|| ' ' || origin || ' ' || status || ' ' || parameters || ' ' || coalesce((SELECT "
    "group_concat(tag, ' ') FROM tag WHERE tag.run = run.sequence), '')) LIKE ? ESCAPE '\\'"
)


def _literal(text: str) -> str:
    """Text whose every character means itself in a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _run(row: tuple[Any, ...], lines: Iterable[StepRun], tags: Iterable[str]) -> Run:
    (_, id, pipeline, version, number, name, status, parameters, started, ended, *rest) = row
    note, origin, metrics = rest
    return Run(
        id=id,
        pipeline=pipeline,
        version=version,
        number=number,
        name=name,
        status=status,
        parameters=as_object(parameters),
        started=started,
        ended=ended,
        steps=tuple(lines),
        tags=tuple(tags),
        note=note,
        origin=origin,
        metrics=as_object(metrics),
    )
