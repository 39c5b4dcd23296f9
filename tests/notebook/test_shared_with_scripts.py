"""A function with a cell's body finds the cell's record, and the other way round."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

CELL = """%%step load
import math
Y = math.floor(2.5)
X = [n * scale for n in range(3)]
X"""
FUNCTION = """from zenbook import step
import math

@step
def load(scale):
    "The same."
    Y = math.floor(2.5)
    X = [n * scale for n in range(3)]  # as in the cell
    return Y, X
"""


def test_a_cell_finds_what_the_function_with_its_body_kept(kernel: Kernel) -> None:
    kernel.run(FUNCTION)
    assert kernel.run("load(3)").result == "(2, [0, 3, 6])"
    kernel.fresh()
    kernel.run("scale = 3")
    cell = kernel.run(CELL)
    assert cell.status == "cached", cell.said
    assert cell.result == "[0, 3, 6]" and kernel.value("X") == [0, 3, 6]


def test_a_function_finds_what_the_cell_with_its_body_kept(kernel: Kernel) -> None:
    kernel.run("scale = 2")
    assert kernel.run(CELL).status == "completed"
    kernel.fresh()
    must_hit = FUNCTION.replace("@step", "@step(must_hit=True)")
    kernel.run(must_hit)
    assert kernel.run("load(2)").result == "(2, [0, 2, 4])"
    assert kernel.run("load(5)").error == "MustHit"
