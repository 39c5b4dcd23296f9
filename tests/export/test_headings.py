"""Where a notebook's headings make steps, and what the steps are called after them."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, write
from zenbook.front.export.reading import marked_headings


def steps(*cells: str | Cell) -> tuple[str, ...]:
    file = write(list(cells), Path("book.ipynb"), executed=False)
    return zenbook.export(file).steps


def test_underlined_headings_are_headings(home: Path) -> None:
    found = steps(
        md("Growth\n======\nHow it grows."),
        "size = [1]\nsize.append(2)",
        md("Next year\n---------\nMore."),
        "n = sum(size)",
    )
    assert found == ("growth", "next_year")


@pytest.mark.parametrize(
    "text", ["- item\n---", "a | b\n--- | ---", "```\nx = 1\n===\n```", "\n---"]
)
def test_what_only_looks_like_an_underlined_heading_is_none(text: str) -> None:
    assert marked_headings(text) == text


def test_a_first_step_below_an_import_has_the_title_above_it(home: Path) -> None:
    found = steps(
        md("# Random walks"),
        "import math",
        "size = [math.pi]\nsize.append(2)",
        md("## Ends"),
        "n = sum(size)",
    )
    assert found == ("random_walks", "ends")


def test_a_title_alone_does_not_make_one_step_of_a_whole_notebook(home: Path) -> None:
    found = steps(md("# Walk"), "size = [1]\nsize.append(2)", "n = sum(size)", "m = max(size) + n")
    assert found == ("walk", "make_n", "make_m")
