"""IPython's syntax in cells as it is found in the wild, and the plain Python that stands for it."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, write
from zenbook.errors import ExportError
from zenbook.front.export.magics import plain_python


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("try:\n    import x\nexcept ImportError:\n    !pip install x", "    pass\n"),
        ("% matplotlib inline\nx = 1", "\nx = 1"),
        ("%lprun -f work work(3)", "work(3)\n"),
        ("%prun -l 5 -s cumulative y = 2", "y = 2\n"),
        ("%prun f(-x)", "f(-x)\n"),
        ("for name in names:\n    %xdel name", "    del name\n"),
        ("ls data/*.csv", "\n"),
        ("%%file notes.txt\nhello\n", 'with open("notes.txt", "w") as file:'),
    ],
)
def test_a_magic_becomes_what_it_does(cell: str, python: str) -> None:
    assert python in plain_python(cell, 1).text


def test_a_name_that_only_looks_like_a_magic_stays() -> None:
    for cell in ("ls = 3", "time (3)", "ls", "cd = run + 1"):
        assert plain_python(cell, 1).text == cell


def test_pylab_is_the_imports_it_stands_for_and_only_those_in_use(home: Path) -> None:
    pytest.importorskip("matplotlib")
    cells: list[str | Cell] = [
        "%pylab inline",
        "x = linspace(0, 1, 5)\ne = 3\ntotal = sum(x) * e",
        "plot(x, sin(x))\nvalue = np.max(x)",
    ]
    exported = zenbook.export(write(cells, Path("book.ipynb")))
    assert exported.verified == "3/3 outputs identical"
    assert "from numpy import linspace, sin, sum\n" in exported.text
    assert "from pylab import plot\n" in exported.text
    assert "mlab" not in exported.text


def test_a_program_that_ipython_runs_by_name_is_told_as_such() -> None:
    with pytest.raises(ExportError, match=r"%run executes another file"):
        plain_python("run other.py", 1)


def test_a_program_that_only_looks_is_left_out_and_one_that_writes_is_kept() -> None:
    assert plain_python("!ls data\nx = 1", 1).notes == ["!ls data only shows something; left out"]
    assert "subprocess.run" in plain_python("!cat a.txt > b.txt", 1).text
