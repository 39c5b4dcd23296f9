"""Every hard case leaves as the script that is committed beside it, and gives the same values.

Each case is a notebook in two forms: plain cells below headings, and ``%%step`` cells. To see
what a change does to the scripts, run with ZENBOOK_WRITE_MIRRORS=1 and read the diff.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import zenbook
from tests.export.cases import CASES, with_steps, write
from tests.export.forks import Forks
from zenbook.errors import ExportError

MIRRORS = Path(__file__).parent / "mirrors"
COMPUTED_ANEW = {
    # IPython's own syntax is code: what is measured, captured or run by a shell shows otherwise
    "timed": 2,
    "captured": 1,
    "profiled": 1,
    "bash_cell": 1,
    "shell": 2,  # IPython's list of lines is one of a script's, so that its reader changes too
    # a step of another code: two cells made one, a helper brought along, a name made a local one
    "connection": 1,
    "figure": 1,
    "generator": 1,
    "global_statement": 1,
    # never kept by the notebook: it may read any name
    "eval_strings": 1,
}
"""How many steps of the second form a script computes after its notebook, and why."""
REFUSED = {"alias": "`first` and `second` share an object"}
"""Cases whose borders, set by hand, no script can keep."""


def check_mirror(text: str, mirror: Path) -> None:
    """Compare with the committed script, or commit to it."""
    if "ZENBOOK_WRITE_MIRRORS" in os.environ:
        mirror.write_text(text, encoding="utf-8")
    assert text == mirror.read_text(encoding="utf-8")


def cached(told: str) -> tuple[int, int]:
    """``(2, 3)`` of a script that says ``2 of 3 steps cached``."""
    found = re.search(r"(\d+) of (\d+) steps cached", told)
    assert found is not None, told
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_export_is_its_mirror_and_gives_the_notebooks_values(
    name: str, home: Path, apart: Mapping[str, Forks]
) -> None:
    exported = zenbook.export(write(CASES[name], Path(f"{name}.ipynb")))
    assert "identical" in exported.verified
    check_mirror(exported.text, MIRRORS / f"{name}.py")
    assert exported.file.read_text(encoding="utf-8") == exported.text


@pytest.mark.parametrize("name", sorted(CASES))
def test_with_steps_an_export_finds_all_that_the_notebook_computed(
    name: str, home: Path, apart: Mapping[str, Forks]
) -> None:
    file = write(with_steps(CASES[name]), Path(f"{name}.ipynb"))
    lines = apart["notebook"].run("notebook", str(file.resolve()), Path.cwd(), os.environ)
    if name in REFUSED:
        with pytest.raises(ExportError, match=REFUSED[name]):
            zenbook.export(file)
        return
    exported = zenbook.export(file)
    assert "identical" in exported.verified, lines
    check_mirror(exported.text, MIRRORS / "steps" / f"{name}.py")
    told = apart["script"].run("script", str(exported.file), Path.cwd(), os.environ)
    hits, steps = cached(told)
    assert hits == steps - COMPUTED_ANEW.get(name, 0), f"{lines}\n{told}"


@pytest.mark.parametrize("name", sorted(CASES))
def test_exporting_twice_gives_the_same_bytes(name: str, home: Path) -> None:
    file = write(CASES[name], Path(f"{name}.ipynb"), executed=False)
    first = zenbook.export(file, verify=False).text
    assert zenbook.export(file, verify=False).text == first


def test_every_mirror_belongs_to_a_case_and_passes_ruff() -> None:
    assert [mirror.stem for mirror in sorted(MIRRORS.glob("*.py"))] == sorted(CASES)
    ruff = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")
    for command in (["check", "-q"], ["format", "-q", "--check"]):
        done = subprocess.run([ruff, *command, MIRRORS], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
