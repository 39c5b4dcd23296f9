"""What a notebook shows as a cell's result is printed by the script, if it tells anything."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import write
from tests.export.test_memory import shown


@pytest.mark.parametrize(
    ("expression", "text", "printed"),
    [
        ("len(x), max(x)", "(2, 4)", "print(len(x), max(x))"),
        ("x[0], x[1]", "(array([1]), array([2]))", "print(x[0], x[1])"),
        ("x[:1]", "[<object>]", "print(x[:1])"),
        ("sorted(x)", "<class 'Results'>\nTest for constraints", "print(sorted(x))"),
        ("sorted(x)", "<object at 0x1>", "\n    sorted(x)\n"),
    ],
)
def test_a_shown_result_is_printed(expression: str, text: str, printed: str, home: Path) -> None:
    cells = ["x = [3, 4]\nx.append(1)", f"n = len(x)\n{expression}"]
    file = shown(write(list(cells), Path("book.ipynb"), executed=False), {1: text})
    assert printed in zenbook.export(file, verify=False).text
