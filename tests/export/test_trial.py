"""What a trial compares: values as they were made, whatever shows, keeps or orders them."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, write
from zenbook.front.export.exporting import Exported


def exported(*cells: str | Cell) -> Exported:
    return zenbook.export(write(list(cells), Path("book.ipynb")))


def test_a_value_that_changes_when_it_is_shown_is_compared_as_it_was_made(home: Path) -> None:
    table = (
        "class Table:\n    def __init__(self):\n        self.layout = []\n"
        "    def __repr__(self):\n        self.layout.append(1)\n        return 'table'"
    )
    found = exported(
        table, md("# Make"), "table = Table()\ntable", md("# Use"), "n = id(table) > 0"
    )
    assert found.verified == "2/2 outputs identical"


def test_the_order_of_a_set_is_the_same_for_trial_and_script(home: Path) -> None:
    found = exported(md("# Words"), "words = list({f'word {n}' for n in range(50)})")
    assert found.verified == "1/1 outputs identical"


def test_a_value_that_differs_from_run_to_run_is_said_to_be_not_comparable(home: Path) -> None:
    found = exported(
        "import time", md("# Now"), "now = [time.perf_counter_ns()]\nfixed = sorted([2, 1])"
    )
    assert found.verified == (
        "1/1 outputs identical; not comparable (they differ from run to run): now"
    )


def test_what_only_one_object_keeps_for_itself_does_not_join_the_steps_that_share_it(
    home: Path,
) -> None:
    model = (
        "class Fit:\n    def __init__(self, y):\n        self.y, self.kept = y, {}\n"
        "    def mean(self):\n"
        "        return self.kept.setdefault('mean', sum(self.y) / len(self.y))"
    )
    found = exported(
        model,
        md("# Fit"),
        "y = [1, 2, 3]\nfit = Fit(y)",
        md("# Mean"),
        "mean = fit.mean()",
        md("# Total"),
        "total = sum(y) + fit.mean()",
    )
    assert found.steps == ("fit", "mean", "total")
    assert "identical" in found.verified


def test_a_value_that_cannot_be_kept_is_compared_as_the_last_step_left_it(home: Path) -> None:
    bunch = (
        "class Bunch(dict):\n    def __init__(self, **kept):\n        super().__init__(kept)\n"
        "        self.__dict__ = self\n    def __reduce__(self):\n        return (dict, ())"
    )
    found = exported(
        bunch, md("# Load"), "box = Bunch(x=[1])", md("# Change"), "box.x.append(2)\nn = len(box.x)"
    )
    assert len(found.steps) == 2
    assert "identical" in found.verified


def test_a_step_is_never_called_like_a_function_inside_another(home: Path) -> None:
    found = exported(
        md("# Start"),
        "size = [2]",
        md("# Double"),
        "def double(x):\n    return x * size[0]\ny = double(4)",
        md("# Again"),
        "size.append(3)\nz = double(5)",
    )
    assert "identical" in found.verified
    assert "def double_step(" in found.text


@pytest.mark.skipif(sys.platform == "win32", reason="sockets and pipes of POSIX")
def test_what_no_copy_can_be_made_of_stays_behind(home: Path) -> None:
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    found = exported(md("# Words"), "words = 'a b'.split()")
    assert found.verified == "1/1 outputs identical"
