"""What duckdb's own connection holds: the one that ``duckdb.sql(...)`` asks.

It is no value that a step is given, and lives as long as the process: a table that a cell has made
in it is found by the next one. The catalog tells what there is, not what is in it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from zenbook.world.program_text import program

CONNECTION = "duckdb's own connection"
_HELD = """
select table_name from duckdb_tables() where not internal
union all select view_name from duckdb_views() where not internal
union all select sequence_name from duckdb_sequences()
union all select type_name from duckdb_types() where not internal
union all select database_name from duckdb_databases() where not internal and path is not null
"""
_FUNCTIONS = "select function_name, count(*) from duckdb_functions() group by function_name"
_SET = "select name, value from duckdb_settings()"
_MAKES = re.compile(r"macro|create_function", re.IGNORECASE)
"""What a program says that makes functions: to look through all of them takes 50 ms."""
_SHORT_LIVED = re.compile(r"\btemp|\bregister\b", re.IGNORECASE)
"""What it says that makes what no other connection sees."""
_fresh: dict[str, dict[str, Any]] = {}
"""What a new connection answers."""


def held_by_connection() -> tuple[str, ...]:
    """The names of what it holds; nothing where it is as a new process has it. Measured: 3 ms."""
    duckdb = duckdb_there()
    if duckdb is None:
        return ()
    cursor = duckdb.cursor()
    try:
        texts = [*program()]
        found = set(_asked(cursor, _HELD))
        if any(map(_MAKES.search, texts)):
            found.update(name for name, _ in _others(cursor, _FUNCTIONS))
        if any(map(_SHORT_LIVED.search, texts)):
            found.update(_asked_of_itself(duckdb))
    finally:
        cursor.close()
    return tuple(sorted(found))


def duckdb_settings() -> str:
    """Its settings that are not those of a new one. Measured: 6 ms."""
    duckdb = duckdb_there()
    if duckdb is None:
        return ""
    with duckdb.cursor() as cursor:
        found = _others(cursor, _SET)
    return repr(found) if found else ""


def duckdb_there() -> Any:
    """duckdb, if it has been imported; None if not."""
    duckdb = sys.modules.get("duckdb")
    return duckdb if hasattr(duckdb, "cursor") else None


def _others(connection: Any, text: str) -> list[tuple[str, Any]]:
    """The pairs of an answer that a new connection does not give."""
    if text not in _fresh:
        with sys.modules["duckdb"].connect(":memory:") as fresh:
            _fresh[text] = dict(fresh.execute(text).fetchall())
    now = connection.execute(text).fetchall()
    return [(name, value) for name, value in now if _fresh[text].get(name) != value]


def _asked(connection: Any, text: str) -> Iterator[str]:
    return (str(name) for (name,) in connection.execute(text).fetchall())


def _asked_of_itself(duckdb: Any) -> Iterator[str]:
    """The connection's own answer; while it waits for somebody to fetch a result, it gives none."""
    try:
        yield from (str(name) for (name,) in duckdb.sql(_HELD).fetchall())
    except duckdb.Error:
        yield "a result that nobody has fetched"
