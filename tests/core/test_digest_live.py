"""Things that live in their process have the digest of what they hold now, or none."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zenbook.core.closure import CodeClosure
from zenbook.core.digest import Digester
from zenbook.core.refused import refusal, remedy
from zenbook.errors import NotDigestible


def digest(value: Any) -> str:
    return Digester(CodeClosure(), live=True).digest(value)


def filled(path: str | Path = ":memory:", **options: Any) -> sqlite3.Connection:
    made = sqlite3.connect(path, **options)
    made.execute("CREATE TABLE t (a INT, b TEXT)")
    made.executemany("INSERT INTO t VALUES (?, ?)", [(1, "x"), (2, "y")])
    made.commit()
    return made


@pytest.fixture
def one() -> Iterator[sqlite3.Connection]:
    made = filled()
    yield made
    made.close()


def test_connections_with_the_same_data_are_equal_and_a_query_changes_nothing(
    one: sqlite3.Connection, tmp_path: Path
) -> None:
    with filled() as other, filled(tmp_path / "a.db") as file:
        before = digest(one)
        assert before == digest(other)
        assert one.execute("SELECT * FROM t").fetchall() == [(1, "x"), (2, "y")]
        assert digest(one) == before == digest(one)
        asked = digest(file)
        file.execute("SELECT sum(a) FROM t").fetchall()
        assert digest(file) == asked and not file.in_transaction
        assert "ZENBOOK_PROBE" not in sqlite3.converters and "INT" not in sqlite3.converters
    other.close()
    file.close()


CHANGES: dict[str, Callable[[sqlite3.Connection], Any]] = {
    "a row": lambda c: (c.execute("INSERT INTO t VALUES (3, 'z')"), c.commit()),
    "a row not committed": lambda c: c.execute("UPDATE t SET a = 5"),
    "a transaction": lambda c: c.execute("BEGIN"),
    "a temporary table": lambda c: c.execute("CREATE TEMP TABLE u (a)"),
    "an attached database": lambda c: c.execute("ATTACH ':memory:' AS more"),
    "rows as other things": lambda c: setattr(c, "row_factory", sqlite3.Row),
    "texts as bytes": lambda c: setattr(c, "text_factory", bytes),
    "comparing letters": lambda c: c.execute("PRAGMA case_sensitive_like = 1"),
    "checking keys": lambda c: c.execute("PRAGMA foreign_keys = 1"),
    "an order of its own": lambda c: c.create_collation("NOCASE", lambda x, y: 0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_what_a_query_gives_changes_the_digest(
    change: str, one: sqlite3.Connection
) -> None:
    before = digest(one)
    CHANGES[change](one)
    try:
        assert digest(one) != before
    except NotDigestible as error:
        assert change == "comparing letters" and "functions of its own" in str(error)


@pytest.mark.parametrize("how", [sqlite3.PARSE_DECLTYPES, sqlite3.PARSE_COLNAMES])
def test_a_connection_that_converts_types_is_another(how: int, one: sqlite3.Connection) -> None:
    other = filled(detect_types=how)
    assert digest(other) != digest(one)
    other.close()


def test_another_converter_is_another_connection(
    one: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest(one)
    monkeypatch.setitem(sqlite3.converters, "POINT", lambda raw: raw.split())
    assert digest(one) != before


def test_a_closed_connection_is_no_longer_its_data(one: sqlite3.Connection) -> None:
    before = digest(one)
    one.close()
    other = sqlite3.connect(":memory:")
    other.close()
    assert before != digest(one) == digest(other)


REFUSED: dict[str, Callable[[sqlite3.Connection], Any]] = {
    "a function": lambda c: c.create_function("f", 1, abs),
    "a function in the place of one": lambda c: c.create_function("upper", 1, str.lower),
    "an order": lambda c: c.create_collation("mine", lambda x, y: 0),
    "an authorizer": lambda c: c.set_authorizer(lambda *a: sqlite3.SQLITE_OK),
    "a trace": lambda c: c.set_trace_callback(lambda text: None),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_connection_that_cannot_be_asked_for_all_it_does_has_no_digest(
    what: str, one: sqlite3.Connection
) -> None:
    REFUSED[what](one)
    with pytest.raises(NotDigestible):
        digest(one)


def test_a_connection_of_the_users_own_class_or_of_another_thread_has_no_digest(
    one: sqlite3.Connection,
) -> None:
    class Mine(sqlite3.Connection):
        pass

    own = filled(factory=Mine)
    refused: list[NotDigestible] = []

    def ask() -> None:
        try:
            digest(one)
        except NotDigestible as error:
            refused.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    with pytest.raises(NotDigestible, match="Mine"):
        digest(own)
    own.close()
    assert len(refused) == 1


def test_too_much_data_has_no_digest(
    one: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zenbook.core.digest_live.MOST_BYTES", 1000)
    with pytest.raises(NotDigestible, match="MB of data"):
        digest(one)


@pytest.mark.parametrize("kind", [threading.Lock, threading.RLock])
def test_a_lock_is_whether_somebody_holds_it(kind: Callable[[], Any]) -> None:
    free, held = kind(), kind()
    with held:
        assert digest(free) == digest(kind()) != digest(held)


def test_events_and_semaphores_are_their_state() -> None:
    happened = threading.Event()
    happened.set()
    assert digest(threading.Event()) == digest(threading.Event()) != digest(happened)
    assert digest(threading.Semaphore(2)) != digest(threading.Semaphore(3))
    assert digest({"lock": threading.Lock(), "n": 1}) == digest({"lock": threading.Lock(), "n": 1})


def test_what_a_function_is_passed_must_be_a_value() -> None:
    with pytest.raises(NotDigestible, match="is a lock"):
        Digester(CodeClosure()).digest(threading.Lock())


def test_what_is_refused_comes_with_what_to_do(one: sqlite3.Connection) -> None:
    assert "list" in remedy(refusal(i for i in ()))
    assert remedy(refusal(one.cursor())) == "open it in the step"
    with open("/dev/null") as file:
        assert remedy(refusal(file)) == "open it in the step"
    assert remedy("cannot be described: X raised Y") == ""
