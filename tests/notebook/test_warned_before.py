"""Warnings that Python shows once per place: whether one is shown depends on who warned before."""

from __future__ import annotations

from typing import Any

from tests.notebook.kernel import Kernel

LIBRARY = "import warnings\ndef f(x):\n    warnings.warn('careful')\n    return x\n"
IMPORT = "import warned_lib as lib"
FIRST = "%%step a\nu = lib.f(1)"
SECOND = "%%step b\nv = lib.f(2)"
FORGETS = "%%step c\nimport warnings\nwith warnings.catch_warnings():\n    q = 1"
PLAIN = "lib.f(3)"


def _warned(cells: list[Any]) -> list[bool]:
    """Which of these cells showed the warning."""
    return ["careful" in str(cell.outputs) for cell in cells]


def test_a_warning_given_in_vain_is_a_reason_once_it_would_be_shown(own: Kernel) -> None:
    (own.folder / "work" / "warned_lib.py").write_text(LIBRARY)
    first = own.play(IMPORT, FIRST, SECOND, PLAIN)
    assert _warned(first[1:]) == [True, False, False]
    own.restart()
    again = own.play(IMPORT, FIRST, SECOND, PLAIN)
    assert [cell.status for cell in again[1:3]] == ["cached"] * 2, [cell.said for cell in again]
    assert _warned(again[1:]) == [True, False, False]
    own.restart()
    mended = own.play(IMPORT, "%%step a\nu = 1", SECOND, PLAIN)
    assert mended[2].status == "completed", mended[2].said
    assert _warned(mended[1:]) == [False, True, False]


def test_a_hit_forgets_what_the_step_forgot(own: Kernel) -> None:
    (own.folder / "work" / "warned_lib.py").write_text(LIBRARY)
    for _ in range(2):
        told = own.play(IMPORT, FIRST, FORGETS, SECOND, PLAIN)
        assert _warned(told[1:]) == [True, False, True, False]
        own.restart()
    assert [cell.status for cell in told[1:4]] == ["cached"] * 3, [cell.said for cell in told]
