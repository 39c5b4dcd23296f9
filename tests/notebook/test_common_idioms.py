"""What notebooks of data scientists do all the time is cached after a restart."""

from __future__ import annotations

from collections.abc import Sequence

from tests.notebook.kernel import Cell, Kernel


def passages(kernel: Kernel, cells: Sequence[str], times: int) -> list[list[Cell]]:
    """Run All so many times, restarted in between; what the steps among the cells showed."""
    found = []
    for time in range(times):
        if time:
            kernel.fresh()
        played = kernel.play(*cells)
        assert all(cell.reply["status"] == "ok" for cell in played), played[-1].traceback
        found.append([cell for cell in played if cell.line])
    return found


def statuses(passed: list[list[Cell]]) -> list[list[str]]:
    return [[cell.status for cell in steps] for steps in passed]


def test_a_table_that_is_replaced_in_a_database(kernel: Kernel) -> None:
    cells = [
        "import sqlite3\nimport pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]})",
        (
            "%%step save\ncon = sqlite3.connect('d.db')\n"
            "df.to_sql('t', con, if_exists='replace')\ncon.close()"
        ),
        (
            "%%step load\ncon = sqlite3.connect('d.db')\n"
            "d = pd.read_sql('select * from t', con)\ncon.close()"
        ),
    ]
    first, second, third = passages(kernel, cells, 3)
    assert statuses([first, second, third]) == [
        ["completed", "completed"],
        ["completed", "cached"],  # the first found no table, and nobody knows what it would do
        ["cached", "cached"],
    ], second[0].said
    kernel.run("c = sqlite3.connect('d.db'); c.execute('insert into t values (3, 4)')\nc.commit()")
    assert [cell.status for cell in kernel.play(*cells[1:])] == ["completed", "cached"]
