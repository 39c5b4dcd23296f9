"""Where a step is: asked by the user's code it is a reason, else it is none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.world.watching import holds, names, see

LIBRARY: dict[str, Any] = {}
exec(
    compile(
        "from pathlib import Path\ndef whole(path): return Path(path).resolve()",
        "/usr/lib/site-packages/paths.py",
        "exec",
    ),
    LIBRARY,
)
ASKING: dict[str, Callable[[], Any]] = {
    "getcwd": lambda: os.getcwd(),
    "getcwdb": lambda: os.getcwdb(),
    "Path.cwd": lambda: Path.cwd().name,
    "a whole path": lambda: os.path.abspath("d.txt"),
    "a whole path without links": lambda: os.path.realpath("d.txt"),
    "an absolute Path": lambda: Path("d.txt").absolute(),
    "a resolved Path": lambda: Path("d.txt").resolve(),
    "the way to a whole path": lambda: os.path.relpath("/a/b"),
    "the way from a whole path": lambda: os.path.relpath("d.txt", "/a/b"),
    "in a comprehension": lambda: [os.getcwd() for _ in range(1)],
}
NOT_ASKING: dict[str, Callable[[], Any]] = {
    "a relative path": lambda: Path("d.txt").read_text(),
    "a path that is whole": lambda: (os.path.abspath("/a/../d.txt"), Path("/d.txt").resolve()),
    "the way from here": lambda: os.path.relpath("a/d.txt"),
    "the way between two paths": lambda: os.path.relpath("a/d.txt", start="b"),
    "whether they are one file": lambda: Path("d.txt").samefile("d.txt"),
    "what a library makes whole": lambda: LIBRARY["whole"]("d.txt").read_text(),
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
    assert "cwd/@" in names(seen)
    assert holds(seen)
    os.chdir(project / "there")
    assert not holds(seen)


@pytest.mark.parametrize("ask", NOT_ASKING.values(), ids=NOT_ASKING)
def test_a_path_that_is_only_used_is_no_question(ask: Callable[[], Any], project: Path) -> None:
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
