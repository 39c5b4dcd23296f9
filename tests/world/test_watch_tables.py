"""Which tables a call may name in a text of SQL."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from zenbook.world.watch_tables import _words_of_call


class Connection:
    """What duckdb's connections are asked for."""

    def sql(self, text: str, *rest: Any) -> set[str] | None:
        return _words_of_call(sys._getframe(1))


@pytest.fixture(autouse=True)
def duckdb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    module: Any = ModuleType("duckdb")
    module.DuckDBPyConnection = Connection
    module.connect = Connection
    monkeypatch.setattr(Connection, "__module__", "duckdb")
    monkeypatch.setitem(sys.modules, "duckdb", module)
    return module


def test_the_words_of_a_text_that_is_written_in_the_call_are_known(duckdb: Any) -> None:
    found = Connection().sql("select a from df"), duckdb.connect().sql("from df", [1, 2])
    assert found == ({"select", "a", "from", "df"}, {"from", "df"})


def test_the_words_of_a_text_under_a_name_are_known() -> None:
    con, text = Connection(), " ".join(["from", "df"])
    found = con.sql(text)
    assert found == {"from", "df"}


def test_of_a_text_that_is_made_in_the_call_no_word_is_known() -> None:
    con, parts = Connection(), ["from", "df"]
    found = [
        con.sql(" ".join(parts)),
        con.sql(f"from {parts[1]}"),
        con.sql("from " + parts[1]),
        con.sql(str(parts)),
    ]
    assert found == [None] * 4
