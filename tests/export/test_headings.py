"""Where a notebook's headings make steps, and what the steps are called after them."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, write
from zenbook.front.export.prose import first_sentence, heading_text, marked_headings


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The norm (a.k.a. *length*) of $\\textbf{u}$. Next.", "The norm (a.k.a. length) of u."),
        ("An $m \\times n$ matrix $\\hat{\\beta}_{i}$.", "An m x n matrix beta_i."),
        ("See e.g. the paper of A. Nobody. It is good.", "See e.g. the paper of A. Nobody."),
        ("Let $\\frac{a}{b} \\leq \\sqrt{2}$! Now", "Let a/b <= sqrt(2)!"),
        ("Close to T\\_f1 and __bold__ a_b.", "Close to T_f1 and bold a_b."),
        ("It costs $5. and more", "It costs 5. and more"),
    ],
)
def test_a_sentence_is_told_in_plain_words(text: str, told: str) -> None:
    assert first_sentence(text) == told


def test_a_heading_with_a_formula_has_no_marks_of_it() -> None:
    assert (
        heading_text("## The value of $\\lambda_{1}$ and `x_1` ##")
        == "The value of lambda_1 and x_1"
    )
