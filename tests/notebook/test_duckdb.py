"""duckdb: connections that are closed, and the one that ``duckdb.sql`` asks, which no step is given
and all share."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

ABOVE = "import duckdb, pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})"
SUM = "%%step b\ny = duckdb.sql('select sum(a) from df').fetchall()"
HELD = {
    "a table": ("duckdb.sql('create table t as select {} a')", "select a from t"),
    "a view": ("duckdb.sql('create view v as select {} a')", "select a from v"),
    "a temporary table": ("duckdb.sql('create temp table t as select {} a')", "select a from t"),
    "a frame that is registered": (
        "duckdb.register('r', pd.DataFrame({{'a': [{}]}}))",
        "select a from r",
    ),
    "a macro": ("duckdb.sql('create macro m(a) as a + {}')", "select m(0)"),
    "a function": (
        "duckdb.create_function('f', lambda: {}, [], int, side_effects=True)",
        "select f()",
    ),
}


def test_what_its_own_connection_is_asked_is_kept_while_it_holds_nothing(own: Kernel) -> None:
    cells = [
        ABOVE,
        SUM,
        "%%step c\nwith duckdb.connect() as db: db.execute('create table t (a int)')",
    ]
    own.play(*cells)
    own.restart()
    second = own.play(*cells)
    assert [cell.status for cell in second[1:]] == ["cached"] * 2, second[1].said
    assert own.value("y") == [(3,)]
    assert "already closed" in own.run("db.execute('select 1')").traceback
    set_other = own.play("duckdb.sql('set threads = 1')", SUM)[-1]
    assert "duckdb settings" in set_other.said


def test_a_step_of_a_notebook_that_has_imported_it_uses_a_dataclass(own: Kernel) -> None:
    """A method that ``dataclasses`` makes is of no module, and no library has that name."""
    point = "import dataclasses, duckdb\n@dataclasses.dataclass\nclass Point:\n    x: int = 1"
    step = "%%step a\nn = len(dataclasses.fields(Point))"
    assert [own.play(point, step)[-1].status for _ in range(2)] == ["completed", "cached"]


def test_what_earlier_cells_put_into_it_is_found(own: Kernel) -> None:
    for number, (case, (puts, asks)) in enumerate(HELD.items()):
        own.fresh()
        step = f"%%step a\nx = duckdb.sql({asks!r}).fetchall()"
        anew = "import duckdb\nduckdb.set_default_connection(duckdb.connect())"
        cell = own.play(anew, ABOVE, puts.format(number), step)[-1]
        assert own.value("x") == [(number,)], case
        assert "duckdb's own connection holds" in cell.said, case


def test_a_step_that_puts_something_into_it_is_not_kept(own: Kernel) -> None:
    puts = "%%step a\nimport duckdb\n_ = duckdb.execute('create table t as select 1 a')"
    cell = own.run(puts)
    assert "not kept: it changed duckdb's own connection" in cell.said
    own.restart()
    own.run(puts)
    assert own.run("duckdb.sql('select a from t').fetchall()").result == "[(1,)]"
