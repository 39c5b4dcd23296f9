"""Warnings that Python shows once per place: whether one is shown depends on who warned before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.notebook.kernel import Kernel
from tests.programs import Project

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


def test_a_step_that_showed_a_warning_is_silent_once_an_earlier_cell_shows_it(own: Kernel) -> None:
    (own.folder / "work" / "warned_lib.py").write_text(LIBRARY)
    own.play(IMPORT, "%%step a\nu = 1", SECOND, PLAIN)
    own.restart()
    told = own.play(IMPORT, FIRST, SECOND, PLAIN)
    assert _warned(told[1:]) == [True, False, False]
    assert "shown at line 3 by the step→by others before" in told[2].said
    own.restart()
    again = own.play(IMPORT, FIRST, SECOND, PLAIN)
    assert _warned(again[1:]) == [True, False, False]
    assert [cell.status for cell in again[1:3]] == ["cached"] * 2, [cell.said for cell in again]
    own.restart()
    told = own.play(IMPORT, PLAIN, SECOND)
    assert _warned(told[1:]) == [True, False], told[2].said
    own.restart()
    told = own.play(IMPORT, "%%step a\nu = 1", SECOND, PLAIN)
    assert _warned(told[1:]) == [False, True, False]
    assert told[2].status == "cached"


@pytest.mark.parametrize("below", ["%%step z\nw = lib.f(9)", "lib.f(9)"])
def test_no_mark_of_the_step_itself_or_of_a_cell_below_is_in_its_way(
    own: Kernel, below: str
) -> None:
    (own.folder / "work" / "warned_lib.py").write_text(LIBRARY)
    cells = (IMPORT, FIRST, FORGETS.replace("%%step c\n", ""), below)
    for live in (False, True, True, False, True):
        if not live:
            own.restart()
        told = own.play(*cells)
        assert _warned(told[1:2]) == [True]
        if live:
            assert told[1].status == "cached", told[1].said


def test_a_step_that_forgot_marks_before_it_warned_shows_whatever_others_have(own: Kernel) -> None:
    (own.folder / "work" / "warned_lib.py").write_text(LIBRARY)
    anew = FORGETS + "\n    v = 2\nlib.f(1)"
    own.play(IMPORT, anew)
    own.restart()
    told = own.play(IMPORT, PLAIN, anew)
    assert _warned(told[1:]) == [True, True]
    assert told[2].status == "cached", told[2].said


def test_a_hit_forgets_what_others_show_that_did_not_when_its_step_ran(own: Kernel) -> None:
    (own.folder / "work" / "warned_lib.py").write_text(LIBRARY)
    own.play(IMPORT, FORGETS)
    own.restart()
    told = own.play(IMPORT, FIRST, FORGETS, PLAIN)
    assert _warned(told[1:]) == [True, False, True]
    assert told[2].status == "cached", told[2].said


def test_a_warning_shown_once_in_a_module_is_a_mark_for_all_its_lines(own: Kernel) -> None:
    (own.folder / "work" / "warned_lib.py").write_text(
        LIBRARY + LIBRARY.replace("def f", "def g").replace("import warnings", "")
    )
    once = f"{IMPORT}\nimport warnings; warnings.simplefilter('once')"
    cells = (once, "%%step a\nu = lib.g(1)", SECOND)
    told = own.play(*cells)
    assert _warned(told[1:]) == [True, False]
    own.restart()
    again = own.play(*cells)
    assert _warned(again[1:]) == [True, False]
    assert [cell.status for cell in again[1:]] == ["cached"] * 2, [cell.said for cell in again]
    own.restart()
    told = own.play(once, "%%step a\nu = 1", SECOND)
    assert _warned(told[1:]) == [False, True], told[2].said


def test_a_function_is_silent_where_the_script_has_shown_its_warning(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("warned_lib.py", LIBRARY)
    step = "@zenbook.step\ndef f():\n    return lib.f(1)\nf()"
    for first in ("", "lib.f(0)", "", "lib.f(0)"):
        project.write("main.py", f"import zenbook, warned_lib as lib\n{first}\n{step}")
        said = project.python("main.py")
        assert (said.out + said.err).count("UserWarning: careful") == 1, said
