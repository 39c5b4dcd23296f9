"""What a folder holds is a reason for who listed it, and only as far as it was asked for."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.world.watching import holds, names, see, wrote

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


# ---------------------------------------------------------------- temporary folders

FINDERS: dict[str, Callable[[str], list[Any]]] = {
    "glob": lambda folder: glob.glob(folder + "/*.txt"),
    "recursive glob": lambda folder: glob.glob(folder + "/**/*.txt", recursive=True),
    "glob with a root": lambda folder: glob.glob("*.txt", root_dir=folder),
    "Path.glob": lambda folder: list(Path(folder).glob("*.txt")),
    "Path.rglob": lambda folder: list(Path(folder).rglob("*.txt")),
    "listdir": os.listdir,
}


@pytest.mark.parametrize("find", FINDERS.values(), ids=FINDERS)
def test_what_stood_in_a_temporary_folder_of_its_own_is_no_reason(
    find: Callable[[str], list[Any]],
) -> None:
    def body() -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x.txt").write_text("1")
            subprocess.run(["touch", folder + "/y.txt"], check=True)
            assert len(find(folder)) == 2

    seen = see(body)
    assert not [name for name in names(seen) if name.startswith(tempfile.gettempdir())]
    assert holds(seen)


def test_what_others_put_where_a_pattern_looks_in_a_folder_that_it_made_is_one(
    project: Path,
) -> None:
    def body() -> None:
        os.mkdir("out")
        Path("out/x.txt").write_text("1")
        assert glob.glob("out/*.txt")

    seen = see(body)
    assert holds(seen)
    (project / "out" / "z.csv").write_text("1")
    assert holds(seen)
    (project / "out" / "z.txt").write_text("1")
    assert not holds(seen)


@pytest.mark.parametrize("pattern", ["../*.txt", "*/../../*.txt"])
def test_a_pattern_that_leads_out_of_a_folder_that_it_made_is_one(
    pattern: str, project: Path
) -> None:
    def body() -> None:
        os.makedirs("dd/own/deep")
        assert glob.glob("dd/own/" + pattern)

    seen = see(body)
    (project / "dd" / "b.txt").write_text("1")
    assert not holds(seen)


@pytest.mark.parametrize("find", FINDERS.values(), ids=FINDERS)
def test_what_it_finds_by_way_of_a_link_in_a_folder_that_it_made_is_one(
    find: Callable[[str], list[Any]], project: Path
) -> None:
    there = str(project / "dd")

    def body() -> None:
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(there, folder + "/link")
            assert len(find(folder + "/link")) == 1

    seen = see(body)
    assert holds(seen)
    (project / "dd" / "b.txt").write_text("1")
    assert not holds(seen)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_file_that_is_read_by_another_name_which_the_step_gave_it_is_one(
    link: Callable[[str, str], None], project: Path
) -> None:
    there = str(project / "dd" / "a.txt")

    def body() -> None:
        with tempfile.TemporaryDirectory() as folder:
            link(there, folder + "/x")
            assert Path(folder, "x").read_text() == "1"

    seen = see(body)
    assert holds(seen)
    (project / "dd" / "a.txt").write_text("2")
    assert not holds(seen)


# ---------------------------------------------------------------- folders that stay


def _checked() -> bool:
    os.makedirs("out", exist_ok=True)
    return os.path.exists("out/a")


def _tried() -> bool:
    os.makedirs("out", exist_ok=True)
    try:
        return bool(Path("out/a").read_text())
    except FileNotFoundError:
        return False


def _listed() -> bool:
    os.makedirs("out", exist_ok=True)
    return "a" in os.listdir("out")


def _matched() -> bool:
    Path("out").mkdir(exist_ok=True)
    return bool([*Path("out").glob("?")])


def _made_or_not() -> bool:
    try:
        os.mkdir("out")
    except FileExistsError:
        return True
    return False


def _opened_or_not() -> bool:
    os.makedirs("out", exist_ok=True)
    try:
        open("out/new", "x").close()
    except FileExistsError:
        return True
    return False


def _linked_or_not() -> bool:
    os.makedirs("out", exist_ok=True)
    try:
        os.symlink("a", "link")
    except FileExistsError:
        return True
    return False


def _copied_or_not() -> bool:
    try:
        shutil.copytree("dd", "out")
    except FileExistsError:
        return True
    return False


LEAVING = [_checked, _tried, _listed, _matched, _made_or_not]
LEAVING += [_opened_or_not, _linked_or_not, _copied_or_not]


@pytest.mark.parametrize("finds", LEAVING)
def test_what_it_leaves_where_it_found_nothing_is_what_it_finds_the_next_time(
    finds: Callable[[], bool],
) -> None:
    def body() -> bool:
        is_there = finds()
        Path("out/a").write_text("1")
        return is_there

    first = see(body)
    assert not holds(first)
    assert holds(see(body)) and body()


@pytest.mark.parametrize("finds", [_checked, _tried, _listed, _matched])
def test_what_others_put_where_it_found_nothing_is_a_reason(
    finds: Callable[[], bool], project: Path
) -> None:
    seen = see(finds)
    assert holds(seen)
    (project / "out" / "a").write_text("1")
    assert not holds(seen)


@pytest.mark.parametrize("finds", [_checked, _tried, _listed, _matched, _made_or_not])
def test_what_it_found_in_a_folder_that_is_gone_again_is_none(finds: Callable[[], bool]) -> None:
    def body() -> None:
        assert not finds()
        Path("out/a").write_text("1")
        shutil.rmtree("out")

    assert holds(see(body))


def test_what_it_found_in_a_folder_with_a_name_that_was_drawn_is_none(tmp_path: Path) -> None:
    def body() -> None:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        assert not (folder / "a").exists() and not os.listdir(folder)
        (folder / "a").write_text("1")

    assert holds(see(body))


# ---------------------------------------------------------------- folders that are filled anew


def refill() -> None:
    shutil.rmtree("out", ignore_errors=True)
    os.makedirs("out/part")
    Path("out/part/a.txt").write_text("a")


def test_what_a_folder_held_that_is_filled_anew_is_no_reason(project: Path) -> None:
    first = see(refill)
    assert holds(first)
    refill()
    assert holds(first)
    again = see(refill)
    assert holds(again) and (names(again), wrote(again)) == (names(first), wrote(first))


@pytest.mark.parametrize("change", ["out/part/a.txt", "out/more.txt", "out/part/more.txt"])
def test_what_others_put_into_it_is_one(change: str, project: Path) -> None:
    for seen in (see(refill), see(refill)):
        Path(change).write_text("b")
        assert not holds(seen)
        refill()
        assert holds(seen)
        shutil.rmtree("out")
        assert not holds(seen)
        refill()


def test_a_folder_that_is_only_removed_has_to_be_gone(project: Path) -> None:
    seen = see(lambda: shutil.rmtree("out", ignore_errors=True))
    assert holds(seen)
    refill()
    assert not holds(seen)


def test_who_needs_a_folder_to_remove_depends_on_its_being_there(project: Path) -> None:
    refill()
    seen = see(lambda: shutil.rmtree("out"))
    assert not holds(seen)


def test_what_was_read_before_its_folder_was_removed_is_a_reason(project: Path) -> None:
    def body() -> None:
        found = Path("out/part/a.txt").read_text()
        refill()
        Path("out/part/a.txt").write_text(found + "!")

    refill()
    assert not holds(see(body))
    refill()
    read = see(lambda: (Path("out/part/a.txt").read_text(), refill()))
    assert holds(read)
    Path("out/part/a.txt").write_text("b")
    assert not holds(read)


def test_what_could_not_be_removed_is_not_the_steps_own(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refill()

    def body() -> str:
        shutil.rmtree("out", ignore_errors=True)
        return Path("out/part/a.txt").read_text()

    def refuse(*args: object, **options: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "unlink", refuse)
    assert see(body).obstacles == ("out/part/a.txt could not be removed",)
