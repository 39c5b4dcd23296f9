"""IPython's memory of results: `_`, `_3` and `Out[3]`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import zenbook
from tests.export.cases import Cell, write
from zenbook.errors import ExportError


def shown(file: Path, results: dict[int, str]) -> Path:
    """The notebook with these texts as saved results, by the place of the code cell."""
    import nbformat

    book: Any = nbformat.read(file, as_version=4)
    for place, text in results.items():
        output = nbformat.v4.new_output(
            "execute_result", {"text/plain": text}, execution_count=place + 1
        )
        book.cells[place].outputs = [output]
    nbformat.write(book, file)
    return file


CELLS: list[str | Cell] = ["def f(x):\n    return [x, x]", "f(1)", "x = [5]", "n = len(_)"]


def test_the_last_shown_result_gets_a_name(home: Path) -> None:
    file = shown(write(CELLS, Path("book.ipynb")), {1: "[1, 1]"})
    exported = zenbook.export(file)
    assert "result_2 = f(1)" in exported.text
    assert "n = len(result_2)" in exported.text
    assert exported.verified == "1/1 outputs identical"


def test_a_numbered_result_is_the_one_with_that_number(home: Path) -> None:
    cells: list[str | Cell] = ["[1, 2]", "[3, 4, 5]", "größe = len(_1) + len(Out[2])"]
    file = shown(write(cells, Path("book.ipynb")), {0: "[1, 2]", 1: "[3, 4, 5]"})
    exported = zenbook.export(file)
    assert "größe = len(result_1) + len(result_2)" in exported.text
    assert "identical" in exported.verified


def test_a_result_that_nobody_saved_and_that_is_not_right_above_is_refused(home: Path) -> None:
    with pytest.raises(ExportError, match="it reads `_`, IPython's memory"):
        zenbook.export(write(CELLS, Path("book.ipynb"), executed=False))


def test_an_underscore_of_ones_own_stays_as_it_is(home: Path) -> None:
    cells: list[str | Cell] = ["_, y = [1], [2]", "[9]", "z = len(_)"]
    file = shown(write(cells, Path("book.ipynb")), {1: "[9]"})
    assert "z = len(_)" in zenbook.export(file).text
