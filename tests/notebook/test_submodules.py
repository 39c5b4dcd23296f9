"""What a step imports by the way is there after a hit, once somebody asks for it."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

CELLS = (
    "import wsgiref\ndef brings():\n    import wsgiref.util\n    return 1",
    "%%step a\nx = brings()",
)


@pytest.mark.parametrize(
    "asks",
    [
        ("wsgiref.util.__name__",),
        ("def ask():\n    return wsgiref.util.__name__", "ask()"),
        ("%%step b\nname = wsgiref.util.__name__\nname",),
    ],
    ids=["a cell", "a function", "a step"],
)
def test_a_submodule_that_a_step_brought_in_is_there_after_its_hit(
    asks: tuple[str, ...], kernel: Kernel
) -> None:
    kernel.restart()
    assert kernel.play(*CELLS, *asks)[-1].result == "'wsgiref.util'"
    kernel.restart()
    played = kernel.play(*CELLS)
    assert played[-1].status == "cached"
    assert kernel.value("'wsgiref.util' in __import__('sys').modules") is False
    assert kernel.play(*asks)[-1].result == "'wsgiref.util'"


def test_figures_are_shown_after_a_hit_as_after_the_first_figure(kernel: Kernel) -> None:
    above, asks = "import matplotlib.pyplot as plt", "plt.isinteractive(), plt.get_backend()"
    for draws in ("plt.plot([1, 2])\nplt.show()", "fig = plt.figure()\nplt.close()"):
        kernel.restart()
        plain = kernel.play(above, draws, asks)[-1].result
        for status in ("completed", "cached"):
            kernel.restart()
            played = kernel.play(above, f"%%step a\n{draws}", asks)
            assert (played[1].status, played[2].result) == (status, plain)
    assert "inline" in str(plain)
