"""Connection.

Exported from connection.ipynb by zenbook (1 step).
Re-export with `zenbook export connection.ipynb`.
"""

from __future__ import annotations

import sqlite3

from zenbook import cli, pipeline, step


@step
def ask() -> list:
    """Ask."""
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (x)")

    connection.execute("insert into t values (1), (2)")
    connection.commit()

    rows = connection.execute("select sum(x) from t").fetchall()
    return rows


@pipeline
def connection() -> list:
    """The notebook's steps in their order."""
    rows = ask()
    return rows


if __name__ == "__main__":
    cli(connection)
