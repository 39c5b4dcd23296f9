"""What a folder holds is a reason for who listed it, and only as far as it was asked for."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.world.watching import holds, names, see

LISTERS: dict[str, Callable[[], Any]] = {
    "glob": lambda: glob.glob("dd/*.txt"),
    "iglob": lambda: list(glob.iglob("dd/*.txt")),
    "recursive glob": lambda: glob.glob("dd/**/*.txt", recursive=True),
    "glob with a root": lambda: glob.glob("*.txt", root_dir="dd"),
    "Path.glob": lambda: list(Path("dd").glob("*.txt")),
    "Path.rglob": lambda: list(Path("dd").rglob("*.txt")),
    "iterdir": lambda: list(Path("dd").iterdir()),
    "listdir": lambda: os.listdir("dd"),
    "scandir": lambda: [entry.name for entry in os.scandir("dd")],
    "walk": lambda: list(os.walk("dd")),
}
PATTERNS = ["glob", "iglob", "recursive glob", "glob with a root", "Path.glob", "Path.rglob"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dd").mkdir()
    (tmp_path / "dd" / "a.txt").write_text("1")
    return tmp_path


@pytest.mark.parametrize("lister", LISTERS.values(), ids=LISTERS)
def test_a_new_file_is_a_reason(project: Path, lister: Callable[[], Any]) -> None:
    seen = see(lister)
    assert holds(seen)
    (project / "dd" / "b.txt").write_text("1")
    assert not holds(seen)


@pytest.mark.parametrize("lister", LISTERS.values(), ids=LISTERS)
def test_a_removed_file_is_a_reason(project: Path, lister: Callable[[], Any]) -> None:
    seen = see(lister)
    (project / "dd" / "a.txt").unlink()
    assert not holds(seen)


@pytest.mark.parametrize("lister", LISTERS.values(), ids=LISTERS)
def test_the_content_of_a_listed_file_is_no_reason(
    project: Path, lister: Callable[[], Any]
) -> None:
    seen = see(lister)
    (project / "dd" / "a.txt").write_text("2")
    assert holds(seen)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_file_that_the_pattern_does_not_match_is_no_reason(project: Path, name: str) -> None:
    seen = see(LISTERS[name])
    (project / "dd" / "a.csv").write_text("1")
    (project / "other.txt").write_text("1")
    assert holds(seen)


def test_a_new_file_deep_below_is_a_reason_for_a_recursive_look(project: Path) -> None:
    (project / "dd" / "sub").mkdir()
    for name in ("recursive glob", "Path.rglob", "walk"):
        seen = see(LISTERS[name])
        assert holds(seen)
        (project / "dd" / "sub" / f"{name}.txt").write_text("1")
        assert not holds(seen)


def test_the_working_folder_itself_may_be_listed(project: Path) -> None:
    seen = see(lambda: os.listdir())
    assert names(seen) == ["./"]
    (project / "new").write_text("1")
    assert not holds(seen)


def test_a_folder_that_is_missing_and_appears_is_a_reason(project: Path) -> None:
    def body() -> list[str]:
        try:
            return os.listdir("later")
        except FileNotFoundError:
            return []

    seen = see(body)
    assert holds(seen)
    (project / "later").mkdir()
    assert not holds(seen)


def test_a_temporary_file_of_the_step_is_not_in_its_listing(project: Path) -> None:
    def body() -> None:
        Path("dd/scratch").write_text("1")
        os.listdir("dd")
        os.remove("dd/scratch")

    assert holds(see(body))


def test_a_folder_made_before_it_is_listed_holds(project: Path) -> None:
    def body() -> list[str]:
        os.makedirs("out/deep", exist_ok=True)
        Path("out/deep/x.txt").write_text("1")
        return os.listdir("out")

    seen = see(body)
    assert names(seen) == ["out/"]
    assert holds(seen)
    (project / "out" / "deep" / "more.txt").write_text("1")
    assert holds(seen)
    (project / "out" / "more.txt").write_text("1")
    assert not holds(seen)
