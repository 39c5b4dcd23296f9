"""Functions that numba compiles: what they do counts, and not what was compiled of it so far."""

from __future__ import annotations

from tests.notebook.kernel import Cell, Kernel

IMPORTS = "import numba, numpy as np"
HELPER = "@numba.njit\ndef helped(v):\n    return v * SCALE"
LOOP = (
    "@numba.njit\ndef total(a):\n    s = 0.0\n"
    "    for v in a:\n        s += v\n    return s + helped(1)"
)
STEP = "%%step a\nx = total(np.arange(10.0))"
UNIVERSAL = "@numba.vectorize\ndef up(a):\n    return a + 1"
GENERAL = (
    "@numba.guvectorize(['(f8[:],f8[:])'], '(n)->(n)')\n"
    "def shifted(a, r):\n    for i in range(len(a)): r[i] = a[i] + 1"
)
OTHER = "%%step b\ny = up(np.arange(3.0)), shifted(np.arange(3.0))"


def played(kernel: Kernel, scale: int = 2, loop: str = LOOP, universal: str = UNIVERSAL) -> str:
    """What became of the two steps after a restart."""
    kernel.restart()
    cells = [IMPORTS, f"SCALE = {scale}", HELPER, loop, STEP, universal, GENERAL, OTHER]
    return " ".join(cell.status for cell in kernel.play(*cells) if cell.line)


def test_a_compiled_function_is_what_its_code_and_all_that_uses_says(own: Kernel) -> None:
    assert played(own) == "completed completed"
    assert played(own) == "cached cached"
    assert played(own, loop=LOOP.replace("s += v", "s += v + 1")) == "completed cached"
    assert own.value("x") == 57.0
    assert played(own, loop=LOOP.replace("njit", "njit(fastmath=True)")) == "completed cached"
    assert played(own, universal=UNIVERSAL.replace("1", "2")) == "cached completed"
    assert played(own, scale=3) == "completed cached"
    assert own.value("x") == 48.0


def test_a_result_of_a_constant_that_numba_holds_on_to_is_not_kept(own: Kernel) -> None:
    scaled, step = "@numba.njit\ndef f(a):\n    return a * S", "%%step a\nx = f(1)"
    cells = own.play(IMPORTS, "S = 2", scaled, step, "S = 3", step)
    assert "f was compiled with other globals than it has now" in cells[-1].said
    again: Cell = own.play(scaled, step)[-1]
    assert again.status == "completed" and own.value("x") == 3
    own.restart()
    assert own.play(IMPORTS, "S = 3", scaled, step)[-1].status == "cached"
    assert own.value("x") == 3


def test_a_function_of_python_leads_to_compiled_ones_and_what_they_hold_on_to(own: Kernel) -> None:
    inner = "@numba.njit\ndef h(a):\n    return a * S"
    outer = "@numba.njit\ndef f(a):\n    return h(a)"
    start, by, step = "S = 2", "def g(a):\n    return f(a)", "%%step a\nx = g(1)"
    assert own.play(IMPORTS, start, inner, outer, by, step)[-1].status == "completed"
    for definition, held in (("S = 3", "h"), (inner, "f")):
        said = own.play(definition, step)[-1].said
        assert f"not kept: {held} was compiled with other globals" in said
    assert own.play(outer, step)[-1].status == "completed" and own.value("x") == 3
    own.restart()
    assert own.play(IMPORTS, "S = 3", inner, outer, by, step)[-1].status == "cached"
    own.restart()
    quick = outer.replace("njit", "njit(fastmath=True)")
    assert own.play(IMPORTS, "S = 3", inner, quick, by, step)[-1].status == "completed"
