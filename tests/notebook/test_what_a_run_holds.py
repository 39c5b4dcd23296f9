"""A run holds what one passage through the notebook gives, however its cells were executed."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import pytest

from tests.notebook.kernel import Cell, Kernel

HELPER = "def f(x):\n    return x + 1\nmode = 'ok'"
ONE = "%%step one\na = 10"
TWO = "%%step two\nif mode != 'ok':\n    raise ValueError(mode)\nb = f(a)"
THREE = "%%step three\nc = b * 100"
FOUR = "%%step four\nd = c + 1"
OTHER = "%%step other\ne = 5"
RUNS = "[(r.number, list(r.steps)) for r in __import__('zenbook').runs()]"
SHORT = "[(r.number, r.status, r.version) for r in __import__('zenbook').runs()]"

WAYS = {"file known": (True, True), "ids only": (False, True), "nothing known": (False, False)}
"""Whether the kernel is told the notebook's file, and the ids of its cells."""

each_way = pytest.mark.parametrize("way", WAYS)


class Notebook:
    """Cells in one kernel."""

    def __init__(self, kernel: Kernel, way: str, *cells: str) -> None:
        self.kernel, self.cells = kernel, list(cells)
        self.is_saved, self.has_ids = WAYS[way]
        self.ids = [f"cell-{number}" for number in range(len(cells))]
        self.file = Path(kernel.folder, "work", "study.ipynb")
        self.save()

    def save(self) -> None:
        if self.is_saved:
            cells = [nbformat.v4.new_code_cell(source) for source in self.cells]
            nbformat.write(nbformat.v4.new_notebook(cells=cells), self.file)
            self.kernel.quietly(f"__vsc_ipynb_file__ = {str(self.file)!r}")

    def restart(self) -> None:
        self.kernel.fresh()
        self.save()

    def edit(self, cell: str, old: str, new: str) -> str:
        assert old in cell
        edited = cell.replace(old, new)
        self.cells[self.cells.index(cell)] = edited
        self.save()
        return edited

    def insert(self, place: int, cell: str) -> None:
        self.cells.insert(place, cell)
        self.ids.insert(place, "another")
        self.save()

    def id_of(self, cell: str) -> str:
        return self.ids[self.cells.index(cell)] if self.has_ids else ""

    def run_all(self) -> list[int]:
        """Run All: the runs that the steps' lines tell, in order."""
        return self.run(*self.cells)

    def run(self, *cells: str) -> list[int]:
        """The same of some cells; one that raises ends it."""
        runs = []
        for cell in cells:
            ran = self.kernel.run(cell, cell=self.id_of(cell))
            runs += [run_of(ran)] if ran.line else []
            if ran.error:
                break
        return runs

    def restored(self, run: int, names: str) -> object:
        self.kernel.run(f"%zenbook restore {run}")
        return self.kernel.value(names)


def run_of(cell: Cell) -> int:
    return int(cell.said.rpartition(" run ")[2])


@each_way
def test_run_all_after_a_failure_and_a_step_below_it_alone_is_one_run(
    way: str, kernel: Kernel
) -> None:
    book = Notebook(kernel, way, HELPER, ONE, TWO, THREE, FOUR)
    assert book.run_all() == [1] * 4
    helper = book.edit(HELPER, "'ok'", "'no'")
    assert book.run_all() == [2] * 2, "two fails"
    assert book.run(THREE) == [3]
    helper = book.edit(helper, "'no'", "'ok'")
    assert book.run_all() == [4] * 4
    assert book.run_all() == [5] * 4
    book.edit(helper, "x + 1", "x + 2")
    assert book.run_all() == [6] * 4
    assert book.restored(5, "(a, b, c, d)") == (10, 11, 1100, 1101)
    assert book.restored(6, "(a, b, c, d)") == (10, 12, 1200, 1201)


@each_way
def test_a_step_that_gives_another_value_does_not_join_a_step_that_read_the_old_one(
    way: str, kernel: Kernel
) -> None:
    book = Notebook(kernel, way, HELPER, ONE, TWO, THREE, FOUR)
    book.run_all()
    helper = book.edit(HELPER, "'ok'", "'no'")
    book.run_all()
    assert book.run(THREE) == [3]
    book.run(book.edit(helper, "x + 1\nmode = 'no'", "x + 7\nmode = 'ok'"))
    assert book.run(TWO, THREE, FOUR) == [4] * 3
    runs = dict(kernel.value(RUNS))
    assert runs[3] == ["three"] and runs[4] == ["two", "three", "four"]
    kernel.run("b = c = d = 0")
    assert book.restored(3, "(b, c)") == (0, 1100)
    assert book.restored(4, "(b, c, d)") == (17, 1700, 1701)


def test_run_all_after_a_restart_and_a_later_step_alone_is_one_run(kernel: Kernel) -> None:
    book = Notebook(kernel, "file known", HELPER, ONE, TWO, THREE, OTHER)
    assert book.run_all() == [1] * 4
    book.restart()
    assert book.run(OTHER) == [2]
    assert [book.run_all() for _ in range(3)] == [[3] * 4, [4] * 4, [5] * 4]
    book.edit(ONE, "10", "20")
    assert book.run_all() == [6] * 4
    newest, *_ = kernel.value(SHORT)
    assert newest == (6, "completed", 2)
    assert book.restored(5, "(a, b, c, e)") == (10, 11, 1100, 5)
    assert book.restored(6, "(a, b, c, e)") == (20, 21, 2100, 5)


@each_way
def test_run_all_after_stop_and_another_step_alone_is_one_run(way: str, kernel: Kernel) -> None:
    book = Notebook(kernel, way, "import time", HELPER, ONE, TWO, THREE, OTHER)
    assert book.run_all() == [1] * 4
    slow = book.edit(THREE, "c =", "time.sleep(30)\nc =")
    book.run(*book.cells[:4])
    message = kernel.send(slow, book.id_of(slow))
    time.sleep(0.7)
    kernel.interrupt()
    assert run_of(kernel.finish(message)) == 2
    assert book.run(OTHER) == [3]
    book.edit(slow, "time.sleep(30)\n", "")
    assert [book.run_all() for _ in range(2)] == [[4] * 4, [5] * 4]
    book.edit(HELPER, "x + 1", "x + 2")
    assert book.run_all() == [6] * 4
    assert book.restored(5, "(b, c, e)") == (11, 1100, 5)
    assert book.restored(6, "(b, c, e)") == (12, 1200, 5)


@each_way
def test_a_step_that_read_what_a_plain_cell_made_of_another_stands_below_it(
    way: str, kernel: Kernel
) -> None:
    made, late = "made = b * 2", "%%step late\nd = made + 1"
    book = Notebook(kernel, way, HELPER, ONE, TWO, made, late)
    assert book.run_all() == [1] * 3
    helper = book.edit(HELPER, "'ok'", "'no'")
    book.run_all()
    assert book.run(late) == [3]
    book.run(book.edit(helper, "x + 1\nmode = 'no'", "x + 2\nmode = 'ok'"))
    assert book.run(TWO) == [4]
    book.run(made)
    assert book.run(late) == [4]
    assert book.restored(4, "(b, d)") == (12, 25)


@each_way
def test_a_step_joins_no_run_that_holds_another_value_than_its_own_goes_back_to(
    way: str, kernel: Kernel
) -> None:
    book = Notebook(kernel, way, HELPER, ONE, TWO, THREE, FOUR)
    book.run_all()
    two = book.edit(TWO, "f(a)", "f(a) + 1")
    assert book.run(two) == [2]
    assert book.run(FOUR) == [3], "three has not run with the new b"
    assert book.restored(3, "d") == 1101
    assert book.run(two) == [4]
    assert book.run(THREE, FOUR) == [4] * 2
    assert book.restored(4, "(b, c, d)") == (12, 1200, 1201)


@each_way
def test_an_edited_step_alone_and_then_those_below_it_are_one_run(way: str, kernel: Kernel) -> None:
    book = Notebook(kernel, way, HELPER, ONE, TWO, THREE, FOUR)
    book.run_all()
    two = book.edit(TWO, "f(a)", "f(a) + 1")
    assert book.run(two, THREE, FOUR) == [2] * 3
    assert dict(kernel.value(RUNS))[2] == ["one", "two", "three", "four"]
    assert book.run_all() == [3] * 4


@each_way
def test_a_cell_put_between_two_others_is_in_the_run_of_its_run_all(
    way: str, kernel: Kernel
) -> None:
    book = Notebook(kernel, way, HELPER, ONE, TWO, THREE)
    book.run_all()
    between = "%%step between\nb = b + 1"
    book.insert(3, between)
    book.run(between)
    last = max(number for number, _ in kernel.value(RUNS))
    assert [book.run_all() for _ in range(2)] == [[last + 1] * 4, [last + 2] * 4]
    book.edit(ONE, "10", "20")
    assert book.run_all() == [last + 3] * 4


def test_cells_first_executed_from_the_last_to_the_first_make_one_version(kernel: Kernel) -> None:
    cells = [f"%%step s{number}\nx{number} = {number}" for number in range(4)]
    book = Notebook(kernel, "file known", *cells)
    book.run(*reversed(cells))
    assert book.run_all() == [5] * 4
    assert [version for *_, version in kernel.value(SHORT)] == [1, 1, None, None, None]
