"""Where a step is: asked by the user's code it is a reason, else it is none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.world.watching import holds, names, see

ASKING: dict[str, Callable[[], Any]] = {
    "getcwd": lambda: os.getcwd(),
    "getcwdb": lambda: os.getcwdb(),
    "Path.cwd": lambda: Path.cwd().name,
    "in a comprehension": lambda: [os.getcwd() for _ in range(1)],
}
NOT_ASKING: dict[str, Callable[[], Any]] = {
    "a relative path": lambda: Path("d.txt").read_text(),
    "an absolute path made of one": lambda: Path(os.path.abspath("d.txt")).read_text(),
    "a resolved path": lambda: Path("d.txt").resolve().read_text(),
    "a listing": lambda: os.listdir(),
    "a temporary folder": lambda: tempfile.gettempdir(),
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "d.txt").write_text("1")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_where_the_user_asks_it_is_a_reason(ask: Callable[[], Any], project: Path) -> None:
    seen = see(ask)
    assert names(seen) == ["cwd/@"]
    assert holds(seen)
    os.chdir(project / "there")
    assert not holds(seen)


@pytest.mark.parametrize("ask", NOT_ASKING.values(), ids=NOT_ASKING)
def test_a_path_made_whole_is_no_question(ask: Callable[[], Any], project: Path) -> None:
    seen = see(ask)
    assert "cwd/@" not in names(seen)
    os.chdir(project / "there")
    assert holds(seen)


def test_the_time_of_a_file_called_cwd_is_something_else(project: Path) -> None:
    Path("cwd").write_text("1")
    assert "cwd@" in names(see(lambda: os.path.getmtime("cwd")))


def test_the_original_is_back_afterwards() -> None:
    before = os.getcwd
    see(lambda: os.getcwd is before)
    assert os.getcwd is before
