"""Names of types, functions and patterns stand at the head of the module, not in the steps."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, write

HEAD: list[str | Cell] = [
    "import math\nimport re\nfrom collections import namedtuple\nfrom typing import Dict",
    'Row = list\nBoard = Dict[str, Row]\ncat = "".join\nroot = math.sqrt',
    'Point = namedtuple("Point", "x y")\nword = re.compile("[a-z]+")\nCorner = tuple[float, Board]',
    md("# Points"),
    "points = [Point(1, 2), Point(3, root(16))]",
    md("# Words"),
    "words = cat(word.findall('3 small 4 words')) + str(len(points))",
    "def show(board: Board) -> Corner:\n    return (1.0, board)\nshown = show({'a': [1]})",
]


def test_what_only_names_something_stands_at_the_head_of_the_module(home: Path) -> None:
    exported = zenbook.export(write(HEAD, Path("book.ipynb")))
    assert exported.steps == ("points", "words")
    assert '\ncat = "".join\n' in exported.text
    assert '\nPoint = namedtuple("Point", "x y")\n' in exported.text
    assert "\ndef show(board: Board) -> Corner:" in exported.text
    assert exported.verified == "3/3 outputs identical"


@pytest.mark.parametrize(
    "cell",
    [
        "make = [list[int]]",
        "board = math.factorial(3)",
        "size = len\nsize = max",
        "limits = sys.float_info\nlimits = 3",
        "paths = sys.path\npaths.append('x')",
    ],
)
def test_what_computes_or_changes_stays_in_its_step(cell: str, home: Path) -> None:
    exported = zenbook.export(
        write(["import math\nimport sys", cell, "n = 3 * len([4])"], Path("b.ipynb"), False)
    )
    assert f"\n    {cell.splitlines()[0]}" in exported.text
