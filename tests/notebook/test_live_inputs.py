"""Connections, locks, generators and open files as inputs of a step."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel

OPEN = "import sqlite3\nconn = sqlite3.connect('data.db')"
ASK = "%%step ask\nrows = conn.execute('SELECT sum(a) FROM t').fetchone()[0]"


def _database(kernel: Kernel, value: int) -> None:
    """Another process writes the database."""
    file = kernel.folder / "work" / "data.db"
    with sqlite3.connect(file) as writing:
        writing.execute("CREATE TABLE IF NOT EXISTS t (a INT)")
        writing.execute("INSERT INTO t VALUES (?)", (value,))
    writing.close()


@pytest.mark.parametrize("made_by", ["a plain cell", "a step"])
def test_a_connection_counts_by_what_its_database_holds(made_by: str, kernel: Kernel) -> None:
    making = OPEN if made_by == "a plain cell" else f"%%step connect\n{OPEN}"
    _database(kernel, 1)
    assert [c.status for c in kernel.play(making, ASK)][1] == "completed"
    assert kernel.value("rows") == 1
    kernel.fresh()
    made, asked = kernel.play(making, ASK)
    assert asked.status == "cached", asked.said
    if made_by == "a step":
        assert "not kept: conn is a live sqlite3.Connection" in made.said
    _database(kernel, 5)
    again = kernel.run(ASK)
    assert again.status == "completed" and "input conn changed" in again.said
    assert kernel.value("rows") == 6
    kernel.run("conn.execute('INSERT INTO t VALUES (10)')")
    assert kernel.run(ASK).status == "completed" and kernel.value("rows") == 16


def test_a_step_that_writes_through_a_connection_runs_each_time(kernel: Kernel) -> None:
    kernel.run("import sqlite3\nconn = sqlite3.connect(':memory:')")
    kernel.run("conn.execute('CREATE TABLE t (a)')")
    cell = "%%step write\nconn.execute('INSERT INTO t VALUES (1)')\nconn.commit()\nn = 1"
    for count in (1, 2):
        written = kernel.run(cell)
        assert written.status == "completed" and "not kept: " in written.said, written.said
        assert "conn" in written.said
        assert kernel.value("conn.execute('SELECT count(*) FROM t').fetchone()[0]") == count


def test_a_shown_value_that_cannot_be_kept_is_told_in_words(kernel: Kernel) -> None:
    kernel.run("import sqlite3\nconn = sqlite3.connect(':memory:')")
    said = kernel.run("%%step a\nconn.execute('SELECT 1')").said
    assert "not kept: the value it shows is a live sqlite3.Cursor" in said


WIDGETS = {
    "a slider": ("w.IntSlider(value=3)", "value = 4", "max = 9", "observe(print, 'value')"),
    "a choice": ("w.Dropdown(options=['a', 'b'])", "value = 'b'", "options = ['a', 'c']"),
    "a box": ("w.VBox([w.Text('x')])", "children[0].value = 'y'", "children = []"),
    "a button": ("w.Button()", "disabled = True", "on_click(print)"),
}


@pytest.mark.parametrize("case", WIDGETS)
def test_a_widget_counts_by_what_it_shows_and_whom_it_calls(case: str, kernel: Kernel) -> None:
    making, *changes = WIDGETS[case]
    making = f"import ipywidgets as w\nit = {making}"
    ask = "%%step ask\nvalue = str(getattr(it, 'value', it))"
    for status in ("completed", "cached"):
        assert kernel.play(making, "display(it)", ask)[-1].status == status
        kernel.fresh()
    kernel.play(making)
    for change in changes:
        kernel.run(f"it.{change}")
        asked = kernel.run(ask)
        assert asked.status == "completed" and "input it changed" in asked.said
        assert kernel.run(ask).status == "cached"
        for _ in range(2):
            kernel.play(making)
            changed = kernel.run(f"%%step change\nit.{change}")
            assert changed.status == "completed" and "kept: it is a widget" in changed.said


def test_a_lock_is_no_reason_to_run(kernel: Kernel) -> None:
    cells = ["import threading\nguard = threading.Lock()", "%%step a\nwith guard:\n    x = 1"]
    kernel.play(*cells)
    kernel.fresh()
    assert kernel.play(*cells)[1].status == "cached"
    kernel.run("%%step b\nguard.acquire()\ny = 1")
    assert kernel.value("guard.locked()") is True


LIVE = {
    "a generator": (
        "g = (i for i in range(3))",
        "total = sum(g)",
        "input g is a generator",
        "list",
    ),
    "an open file": ("f = open('d.txt')", "text = f.read()", "input f is an open file", "open it"),
    "a cursor": (
        "import sqlite3\nc = sqlite3.connect(':memory:').execute('SELECT 1')",
        "row = c.fetchone()",
        "input c is a live sqlite3.Cursor",
        "open it in the step",
    ),
    "a socket": (
        "import socket\ns = socket.socket()",
        "n = s.fileno() >= 0",
        "input s is a socket",
        "open it in the step",
    ),
    "a widget that takes up outputs": (
        "import ipywidgets as w\no = w.VBox([w.Output()])",
        "with o.children[0]:\n    print(1)",
        "input o is a widget that takes up outputs",
        "make it in the step",
    ),
    "a file that is mapped": (
        "import mmap\nm = mmap.mmap(-1, 4)",
        "n = len(m)",
        "input m is a mapped file",
        "open it in the step",
    ),
    "a function of a connection": (
        "import sqlite3\nk = sqlite3.connect(':memory:')\nk.create_function('f', 0, lambda: 1)",
        "n = k.execute('SELECT f()').fetchone()[0]",
        "input k is an sqlite3.Connection with functions of its own",
        "open it in the step",
    ),
}


@pytest.mark.parametrize("case", LIVE)
def test_what_moves_on_when_it_is_used_runs_each_time_and_says_what_to_do(
    case: str, kernel: Kernel
) -> None:
    making, using, told, todo = LIVE[case]
    Path(kernel.folder / "work" / "d.txt").write_text("abc")
    for _ in range(2):
        made, used = kernel.play(making, f"%%step use\n{using}")
        assert made.reply["status"] == used.reply["status"] == "ok", used.traceback
        assert used.status == "completed"
        assert told in used.said and todo in used.said, used.said
        kernel.fresh()
