"""An sqlite database is what a query of it can give, not how its file came about."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from zenbook.core import digest_database

MADE = """
CREATE TABLE t (a INT, b); CREATE INDEX i ON t (b); CREATE VIEW v AS SELECT a FROM t;
CREATE TABLE k (name TEXT PRIMARY KEY, n) WITHOUT ROWID;
INSERT INTO t VALUES (1, 'x'), (2, X'79'), (NULL, 1.5); INSERT INTO k VALUES ('one', 1);
"""


def bytes_after(*scripts: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in scripts:
            connection.executescript(script)
        return connection.serialize()


def digest_of_database(content: bytes) -> str:
    return digest_database.digest_of_database(content, sqlite3)


REFILLS = {
    "a table made again": "DROP VIEW v; DROP TABLE k; DROP TABLE t;" + MADE,
    "a row changed and changed back": "UPDATE t SET a = 500 WHERE a = 1; UPDATE t SET a = 1"
    " WHERE a = 500",
}


@pytest.mark.parametrize("what", REFILLS)
def test_what_is_refilled_with_the_same_is_the_same(what: str) -> None:
    before, after = bytes_after(MADE), bytes_after(MADE, REFILLS[what])
    assert before != after
    assert digest_of_database(before) == digest_of_database(after) != ""


CHANGES = {
    "a value": "UPDATE t SET a = 5 WHERE a = 1",
    "a value's type": "UPDATE t SET b = '1.5' WHERE a IS NULL",
    "a blob as a text": "UPDATE t SET b = 'y' WHERE a = 2",
    "a row's id": "UPDATE t SET rowid = 9 WHERE a = 2",
    "the order of rows": "DELETE FROM t WHERE a = 1; INSERT INTO t VALUES (1, 'x')",
    "a table without ids": "UPDATE k SET n = 2",
    "a view": "DROP VIEW v; CREATE VIEW v AS SELECT b FROM t",
    "an index": "DROP INDEX i",
    "an empty table": "CREATE TABLE u (a)",
    "statistics": "ANALYZE",
    "the user's version": "PRAGMA user_version = 3",
    "the size": "CREATE TABLE u (a); DROP TABLE u",
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_a_query_can_tell_is_another(what: str) -> None:
    before, after = bytes_after(MADE), bytes_after(MADE, CHANGES[what])
    assert digest_of_database(before) != digest_of_database(after)


def test_columns_may_have_the_names_of_ids() -> None:
    made = "CREATE TABLE t (rowid, oid); INSERT INTO t VALUES (1, 2)"
    moved = "UPDATE t SET _rowid_ = 7"
    assert digest_of_database(bytes_after(made)) != digest_of_database(bytes_after(made, moved))
    all_taken = "CREATE TABLE t (rowid, oid, _rowid_); INSERT INTO t VALUES (1, 2, 3)"
    assert digest_of_database(bytes_after(all_taken))


UNKNOWN: dict[str, Callable[[], bytes]] = {
    "no database": lambda: b"a,b\n1,2\n",
    "a damaged one": lambda: bytes_after(MADE)[:5000],
    "one in other words": lambda: b"SQLite format 3\0" + b"?" * 8000,
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_cannot_be_asked_has_no_digest_but_its_bytes(what: str) -> None:
    assert digest_of_database(UNKNOWN[what]()) == ""


def test_nor_has_what_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest_database, "MOST_BYTES", 4096)
    assert digest_of_database(bytes_after(MADE)) == ""


def test_one_with_a_log_beside_can_be_asked() -> None:
    plain = bytes_after(MADE)
    logged = plain[:18] + b"\2\2" + plain[20:]
    assert digest_of_database(logged) not in ("", digest_of_database(plain))
