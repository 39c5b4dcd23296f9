"""Every hard case leaves as the script that is committed beside it, and gives the same values.

To see what a change does to the scripts, run with ZENBOOK_WRITE_MIRRORS=1 and read the diff.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zenbook
from tests.export.cases import CASES, write

MIRRORS = Path(__file__).parent / "mirrors"


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_export_is_its_mirror_and_gives_the_notebooks_values(
    name: str, home: Path, tmp_path: Path
) -> None:
    exported = zenbook.export(write(CASES[name], Path(f"{name}.ipynb")))
    assert "identical" in exported.verified
    mirror = MIRRORS / f"{name}.py"
    if "ZENBOOK_WRITE_MIRRORS" in os.environ:
        mirror.write_text(exported.text, encoding="utf-8")
    assert exported.text == mirror.read_text(encoding="utf-8")
    assert exported.file.read_text(encoding="utf-8") == exported.text


@pytest.mark.parametrize("name", sorted(CASES))
def test_exporting_twice_gives_the_same_bytes(name: str, home: Path) -> None:
    file = write(CASES[name], Path(f"{name}.ipynb"), executed=False)
    first = zenbook.export(file, verify=False).text
    assert zenbook.export(file, verify=False).text == first


def test_every_mirror_belongs_to_a_case_and_passes_ruff() -> None:
    mirrors = sorted(MIRRORS.glob("*.py"))
    assert [mirror.stem for mirror in mirrors] == sorted(CASES)
    ruff = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")
    for command in (["check", "-q"], ["format", "-q", "--check"]):
        done = subprocess.run([ruff, *command, MIRRORS], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
