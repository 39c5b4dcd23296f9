"""Runs in the order of a column: the values of that column alone are read, then one page of runs.

Constraints
    - 10,000 runs of five steps, sorted by any column, in less than 200 ms. Making all runs to
      sort them took 3.6 s. Measured now: 20 ms for a run's own column, 60 ms for what its hits
      saved, 110 ms for a metric that every step logged; and 20 ms for each further page, as the
      values are remembered until anything is written.
    - What to sort by is a name that a person or a page gave: never a piece of SQL.

Rejected: ``ORDER BY`` with JSON functions (it cannot tell that "0.002" is a number and comes
after "0.0015"; SQLite parses a step's whole line for one member, which takes three times as
long as looking for it); a table of metrics (one more row for each at every step, for a rare
question).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from zenbook.core.run_order import places

_OWN = {
    "number": "number",
    "version": "version",
    "status": "status",
    "started": "started",
    "seconds": "ended - started",
}
_SAVED = (
    "SELECT run, total(json_extract(body, '$.saved')) FROM step WHERE status = 'cached' "
    "GROUP BY run"
)
_METRICS = '"metrics": '
"""How a step's line, as :mod:`zenbook.world.history_run_rows` writes it, introduces its metrics."""

_COLUMNS = 4
"""Most columns remembered."""

_decode = json.JSONDecoder().raw_decode


class Columns:
    """The values of the columns sorted by last, until the history is written."""

    def __init__(self) -> None:
        self._stamp: object = None
        self._values: dict[str, Mapping[int, object]] = {}

    def in_order(
        self,
        connection: sqlite3.Connection,
        stamp: object,
        sequences: Sequence[int],
        column: str,
        descending: bool,
    ) -> list[int]:
        """These runs (newest first) in the order of their values in a column.

        ``stamp`` is the history's, taken before ``connection`` reads.
        """
        if stamp != self._stamp:
            self._stamp, self._values = stamp, {}
        values = self._values.get(column)
        if values is None:
            if len(self._values) >= _COLUMNS:
                self._values.clear()
            values = self._values[column] = _values(connection, column)
        return [
            sequences[place] for place in places([values.get(s) for s in sequences], descending)
        ]


def _values(connection: sqlite3.Connection, column: str) -> Mapping[int, object]:
    """The column's value by run; a run's own metric outranks its steps', and those a parameter."""
    if column in _OWN:
        return dict(connection.execute(f"SELECT sequence, {_OWN[column]} FROM run"))
    if column == "saved":
        return dict(connection.execute(_SAVED))
    quoted = json.dumps(column)
    values: dict[int, object] = {}
    for query in (
        "SELECT sequence, parameters FROM run",
        "SELECT run, body FROM step ORDER BY run, step",
        "SELECT sequence, metrics FROM run",
    ):
        rows = ((run, text) for run, text in connection.execute(query) if quoted in text)
        values.update(_members(rows, column, in_step="body" in query))
    return values


def _members(
    rows: Iterator[tuple[int, str]], name: str, *, in_step: bool
) -> Iterator[tuple[int, object]]:
    for run, text in rows:
        start = text.find(_METRICS) + len(_METRICS) if in_step else 0
        try:
            members, _ = _decode(text, start)
        except ValueError:
            continue  # a damaged row has no value; `zenbook fsck` tells of it
        if isinstance(members, dict) and members.get(name) is not None:
            yield run, members[name]
