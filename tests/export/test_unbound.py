"""Names that nothing binds where they are read: in functions that are called later, or never."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, write
from zenbook.errors import ExportError


def book(*cells: str | Cell) -> Path:
    return write(list(cells), Path("book.ipynb"))


def test_a_name_that_only_an_uncalled_function_reads_is_no_obstacle(home: Path) -> None:
    exported = zenbook.export(
        book("def test(x):\n    raise NotThere(x)", "y = [1]\nn = len(y)", "print(n)")
    )
    assert exported.verified == "1/1 outputs identical"


def test_a_branch_that_is_never_taken_is_no_obstacle(home: Path) -> None:
    exported = zenbook.export(book("import sys", "if sys.maxsize < 3:\n    x = xrange(3)\ny = [1]"))
    assert "outputs identical" in exported.verified


def test_a_function_may_call_what_only_a_later_cell_defines(home: Path) -> None:
    exported = zenbook.export(
        book(
            "def outer(x):\n    return inner(x) + offset[0]",
            "def inner(x):\n    return x * 2",
            "offset = []\noffset.append(5)",
            "y = outer(4)",
        ),
        verify=True,
    )
    assert "1/1 outputs identical" in exported.verified or "2/2" in exported.verified
    assert exported.text.count("def outer") == 1


def test_without_a_run_a_later_name_of_a_function_is_taken_as_it_is(home: Path) -> None:
    cells: list[str | Cell] = [
        "class Reader:\n    def next(self):\n        return state[0]",
        "state = []\nstate.append(7)",
        "value = Reader().next()",
    ]
    exported = zenbook.export(write(cells, Path("book.ipynb"), executed=False))
    space: dict[str, object] = {"__name__": "book"}
    exec(compile(exported.text, "book.py", "exec"), space)  # what a person would import
    assert "value" in exported.text


def test_a_name_that_is_gone_is_told_where_it_is_read_not_where_a_loop_binds_it(
    home: Path,
) -> None:
    with pytest.raises(ExportError, match="Cell 2, line 3: it reads `gone`"):
        zenbook.export(book("x = [1]", "def f():\n    return 1\nprint(gone)"), verify=False)


def test_functions_that_call_each_other_make_no_step_of_their_own(home: Path) -> None:
    exported = zenbook.export(
        book(
            "import math\nlimit = [3]\nlimit.append(4)",
            "def even(n):\n    return n < 1 or odd(n - 1 + 0 * limit[0])\n"
            "def odd(n):\n    return n > 0 and even(n - 1 + 0 * limit[0])",
            "answers = [even(n) for n in range(4)]",
        )
    )
    assert exported.steps == ("make_limit", "make_answers")
    assert "identical" in exported.verified
