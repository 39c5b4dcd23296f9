"""A cell that is a hit again and again: what was looked up once is looked up again in time."""

from __future__ import annotations

import ast
import builtins
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.notebook.kernel import Kernel
from zenbook.front.notebook.cell_text import read_text

STEP = "%%step train\nx = [1, 2]\nprint('trained')"


def _zenbook(kernel: Kernel, *words: str) -> None:
    """The command line, in a process of its own beside the kernel."""
    person = kernel.folder / "person"
    env = {
        **os.environ,
        "ZENBOOK_HOME": str(kernel.home),
        "HOME": str(person),
        "XDG_DATA_HOME": str(person / "data"),
    }
    command = [sys.executable, "-m", "zenbook", *words]
    subprocess.run(command, env=env, check=True, capture_output=True, cwd=kernel.folder / "work")


def test_a_result_that_another_process_forgets_is_no_hit(own: Kernel) -> None:
    first = own.run(STEP)
    assert first.line is not None
    run = f"{first.line['pipeline']}:{first.line['run']}"
    for _ in range(2):
        assert own.run(STEP).status == "cached"
    _zenbook(own, "forget", run, "--yes")
    assert own.run(STEP).status == "completed"
    assert own.run(STEP).status == "cached"


def test_a_hit_says_no_run_that_was_forgotten(own: Kernel) -> None:
    own.run(STEP)
    assert "from run 1, just now" in own.run(STEP).said
    own.run("import zenbook; zenbook.forget('latest')")
    assert "from run 1, just now" in own.run(STEP).said


def test_the_same_text_at_another_place_has_its_own_lines(kernel: Kernel) -> None:
    """What a text says is remembered, but never where its statements stand."""
    cell = "%%step make\ndef twice(x):\n    return 2 * x\ny = twice(4)"
    kernel.run(cell)
    for above in ("", "\n\n", "# a comment\n"):
        moved = cell.replace("\ndef", f"\n{above}def")
        assert kernel.run(moved).status == "cached"
        line = 2 + above.count("\n")
        assert kernel.value("(twice.__code__.co_firstlineno, y)") == (line, 8)


def test_the_same_text_reads_what_the_notebook_has_now(kernel: Kernel) -> None:
    cell = "%%step add\ny = len(values)"
    for values in ("[1]", "[1, 2]", "[1]"):
        kernel.run(f"values = {values}")
        kernel.run(cell)
        assert kernel.value("y") == len(kernel.value("values"))
    kernel.run("def len(values): return 7")
    kernel.run(cell)
    assert kernel.value("y") == 7


def test_literals_are_bound_anew_and_taken_back(kernel: Kernel) -> None:
    cell = "%%step name\nsize = 3\nnames = ['a']\ntotal = sum(values) + size"
    kernel.play("values = [1]", cell, "del size, total; names = 'mine'")
    assert kernel.run(cell).status == "cached"
    assert kernel.value("(size, names, total)") == (3, ["a"], 4)
    kernel.play("values = [2]; size = 'mine'", cell)
    assert kernel.value("(size, total)") == (3, 5)
    refused = "%%step refuse --must-hit\nlevel = 3\nother = sum(values)"
    kernel.run("level = 'mine'")
    assert kernel.run(refused).error == "MustHit"
    assert kernel.value("level") == "mine"


def test_a_run_that_a_step_opens_has_its_line(kernel: Kernel) -> None:
    kernel.play("%%step a\nx = 1", "%%step b\ny = x + 1")
    again = kernel.run("%%step a\nx = 1")
    assert again.status == "cached"
    lines = (
        "[(line.step, line.position, line.status) for line in"
        " __import__('zenbook').engine.desk.open_desk().history.run('latest').steps]"
    )
    kernel.run("import zenbook.engine.desk")
    assert kernel.value(lines) == [("a", 0, "cached")]
    kernel.run("%%step b\ny = x + 2")
    assert kernel.value(lines) == [("a", 0, "cached"), ("b", 1, "completed")]


def test_a_hit_asks_the_history_only_what_may_have_changed(own: Kernel) -> None:
    for _ in range(3):
        own.run(STEP)
    own.quietly(
        "import zenbook.engine.desk as __desk\n__asked = []\n"
        "__desk.open_desk().history.ledger._connection.set_trace_callback(__asked.append)"
    )
    assert own.run(STEP).status == "cached"
    asked = own.value("[each for each in __asked]")
    assert sum(each.startswith("SELECT") for each in asked) == 0, asked
    assert sum(each.startswith("BEGIN") for each in asked) == 2, asked
    assert len(asked) <= 16, asked


def test_the_same_text_means_another_thing_where_print_is_another(own: Kernel) -> None:
    cell = "%%step show\nx = [1]\nprint(x + [2])"
    own.run(cell)
    assert own.run(cell).status == "cached"
    own.run(
        "import builtins\nplain = builtins.print\n"
        "def loud(*values): plain('loud', *values)\nbuiltins.print = loud"
    )
    for status in ("completed", "cached"):
        played = own.run(cell)
        assert (played.status, played.stream()) == (status, "loud [1, 2]\n")
    own.run("builtins.print = plain")
    again = own.run(cell)
    assert (again.status, again.stream()) == ("cached", "[1, 2]\n")


def test_what_a_text_says_is_remembered_without_what_else_decides_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(source: str) -> Any:
        return read_text(ast.parse(source), str)[0]

    source = "x = [1]\nprint(x + [2])"
    assert read(source) is read("# above\n" + source)
    assert read(source).body.shows == "printed"
    monkeypatch.setattr(builtins, "print", lambda *values: None)
    assert read(source).body.shows == ""
    magic = "get_ipython().run_cell_magic('time', '', 'y = x')"
    assert read(magic) is not read(magic)  # IPython may read its Python otherwise by then
