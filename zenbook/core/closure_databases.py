"""Whether a text of SQL that names a table can only mean one of a database.

``pl.sql("SELECT * FROM frame")`` and ``duckdb.sql(...)`` find ``frame`` among the program's
variables, ``pd.read_sql("SELECT * FROM frame", con)`` of an ``sqlite3`` connection does not. Which
text gets to whom, nobody knows before. So a variable counts, unless all that the code reaches and
is given is told, a database is among it, and nothing that reads variables of the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from zenbook.core.closure_origin import library_of
from zenbook.core.closure_trace import is_atom
from zenbook.core.kinds import told_by

_DATABASES = frozenset(
    [
        "MySQLdb",
        "aiosqlite",
        "apsw",
        "asyncpg",
        "cx_Oracle",
        "mysql",
        "oracledb",
        "psycopg",
        "psycopg2",
        "pymssql",
        "pymysql",
        "pyodbc",
        "sqlalchemy",
        "sqlite3",
    ]
)
_READ_VARIABLES = re.compile(r"sql|duck|polars|chdb|fugue|datafusion|ibis|daft", re.IGNORECASE)
"""What the names of libraries that read variables of the program have in common."""
_NAMED = re.compile(r"duckdb|polars|chdb", re.IGNORECASE)
_ADDRESS = re.compile(r"(sqlite|postgres|mysql|mariadb|mssql|oracle)\w*(\+\w+)?://")
_PLAIN_LIBRARIES = frozenset({"datetime", "numpy", "pandas", "pathlib"})
_MOST = 1000
"""Items of a container that are looked at."""


def asks_databases_only(
    reached: Iterable[str], texts: Iterable[str], values: Iterable[Any]
) -> bool:
    """Whether code that reaches these top-level modules, has these texts and is given these values
    may ask a database for a table, and can ask for none of the program's variables."""
    reached, values, texts = set(reached), list(values), list(texts)
    reached |= {library_of(type(value)) for value in values}
    if any(_READ_VARIABLES.search(name) for name in reached - _DATABASES):
        return False
    if any(map(_NAMED.search, texts)) or not all(map(_is_plain, values)):
        return False
    return not _DATABASES.isdisjoint(reached) or any(map(_ADDRESS.match, texts))


def _is_plain(value: Any) -> bool:
    """Whether a value is known to hold nothing that reads variables of the program."""
    kind = type(value)
    if kind in (dict, list, tuple, set):
        items = [*value.values()] if kind is dict else value
        return len(items) <= _MOST and all(map(_is_plain, items))
    library = library_of(kind)
    if library == "sqlalchemy":
        return not _NAMED.search(str(told_by(value, "url")))
    return library in _PLAIN_LIBRARIES or library in _DATABASES or is_atom(value)
