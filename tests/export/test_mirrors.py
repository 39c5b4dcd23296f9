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
    # What a step shows is a part of its result. The notebook's shows times that a script does not
    # measure, or hides lines that a script prints: whoever found the other's would show them wrong.
    # (And %%time and %%prun of some IPythons end well where their code has failed.)
    "timed": 2,
    "captured": 1,
    "profiled": 1,
    # `!` goes on where a command fails, takes its errors along and gives a list that can grep; a
    # script's `subprocess.run` raises, and gives a list. So whoever reads the lines runs, too.
    "shell": 2,
    # %%bash shows what the program prints as the cell's own; a script's program prints by itself
    "bash_cell": 1,
    # Three cells that share what cannot be handed on are one step, whose result none of them has.
    "connection": 1,
    "figure": 1,
    "generator": 1,
    "global_statement": 1,
    # A cell that calls eval may bind any name, so that the notebook keeps nothing of it.
    "eval_strings": 1,
    # `del a` of what another cell has made takes a name away that the script's step never had.
    "deleted_elsewhere": 1,
}
"""How many steps of the second form a script computes after its notebook, and why."""
COMPUTED_AGAIN = {
    # as above, for the same reasons
    "timed": {"sums", "squares"},
    "captured": {"quiet"},
    "profiled": {"count"},
    "shell": {"ask_the_shell", "count"},
    "bash_cell": {"write"},
    "connection": {"connect", "insert", "ask"},
    "figure": {"begin", "draw", "label"},
    "generator": {"make", "take", "rest"},
    "global_statement": {"count", "call", "see"},
    "eval_strings": {"ask"},
    "deleted_elsewhere": {"drop"},
    # the script has no such step: the cell only defines or imports
    "class_instances": {"define"},
    "seeded_steps": {"draw"},
}
"""Which steps of the second form a notebook computes after its script, and why."""
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
def test_with_steps_a_script_and_its_notebook_find_what_the_other_computed(
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
    elsewhere = {**os.environ, "ZENBOOK_HOME": str(Path("elsewhere").resolve())}
    apart["script"].run("script", str(exported.file), Path.cwd(), elsewhere)
    lines = apart["notebook"].run("notebook", str(file.resolve()), Path.cwd(), elsewhere)
    assert set(re.findall(r"✓ (\w+) ", lines)) == COMPUTED_AGAIN.get(name, set()), lines


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
