"""A function with a cell's body finds the cell's record, and the other way round."""

from __future__ import annotations

import time

from tests.notebook.kernel import Kernel

SLOW = 0.8
CELL = f"%%step load\nimport time\ntime.sleep({SLOW})\nX = [n * scale for n in range(3)]"
FUNCTION = f"""
from zenbook import step
import time

@step
def load(scale):
    "The same."
    time.sleep({SLOW})
    X = [n * scale for n in range(3)]  # as in the cell
    return X
"""


def test_a_function_finds_what_the_cell_with_its_body_kept(kernel: Kernel) -> None:
    kernel.run("scale = 2")
    assert kernel.run(CELL).status == "completed"
    kernel.fresh()
    kernel.run(FUNCTION)
    began = time.monotonic()
    assert kernel.run("load(2)").result == "[0, 2, 4]"
    assert time.monotonic() - began < SLOW


def test_a_cell_finds_what_the_function_with_its_body_kept(kernel: Kernel) -> None:
    kernel.run(FUNCTION)
    kernel.run("load(3)")
    kernel.fresh()
    kernel.run("scale = 3")
    cell = kernel.run(CELL)
    assert cell.status == "cached", cell.said
    assert kernel.value("X") == [0, 3, 6]
