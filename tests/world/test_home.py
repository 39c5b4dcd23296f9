"""Where home is, and which folders may not be it."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from zenbook.errors import HomeError
from zenbook.world import home
from zenbook.world.home import find_home, open_home, private_folder
from zenbook.world.notice import forget_notices


@pytest.fixture(autouse=True)
def _without_a_chosen_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZENBOOK_HOME", raising=False)
    forget_notices()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_chosen_home_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".zenbook").mkdir()
    monkeypatch.setenv("ZENBOOK_HOME", str(tmp_path / "chosen"))
    assert find_home(tmp_path) == tmp_path / "chosen"


def test_the_nearest_folder_above_that_has_one_is_home(tmp_path: Path) -> None:
    (tmp_path / "outer" / ".zenbook").mkdir(parents=True)
    (tmp_path / "outer" / "inner" / ".git").mkdir(parents=True)
    assert find_home(tmp_path / "outer" / "inner") == tmp_path / "outer" / ".zenbook"


@pytest.mark.parametrize("mark", [".git", "pyproject.toml"])
def test_without_one_the_projects_root_is_home(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).mkdir()
    (tmp_path / "notebooks" / "deep").mkdir(parents=True)
    assert find_home(tmp_path / "notebooks" / "deep") == tmp_path / ".zenbook"


def test_without_a_project_the_working_folder_is_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_home() == tmp_path / ".zenbook"
    assert not (tmp_path / ".zenbook").exists()


def test_a_new_home_is_private_and_stays_out_of_git(tmp_path: Path) -> None:
    made = open_home(tmp_path / "project" / ".zenbook")
    assert mode(made) == 0o700
    assert (made / ".gitignore").read_text() == "*\n"
    assert mode(made / ".gitignore") == 0o600


def test_opening_again_leaves_an_edited_gitignore_alone(tmp_path: Path) -> None:
    (open_home(tmp_path / "h") / ".gitignore").write_text("# mine\n")
    open_home(tmp_path / "h")
    assert (tmp_path / "h" / ".gitignore").read_text() == "# mine\n"


def test_an_ordinary_folder_that_was_chosen_is_closed_to_others(tmp_path: Path) -> None:
    chosen = tmp_path / "cache"
    chosen.mkdir(mode=0o755)
    open_home(chosen)
    assert mode(chosen) == 0o700


def test_fault_53_a_folder_all_may_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h").mkdir()
    os.chmod(tmp_path / "h", 0o777)
    with pytest.raises(HomeError, match="chmod 700"):
        open_home(tmp_path / "h")


def test_fault_53_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_home(tmp_path / "h")
    monkeypatch.setattr(home, "owner", lambda: os.geteuid() + 1)
    with pytest.raises(HomeError, match="another user"):
        open_home(tmp_path / "h")


def test_fault_53_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "h").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HomeError, match="symbolic link"):
        open_home(tmp_path / "h")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_fault_53_a_linked_folder_inside_home_is_refused(tmp_path: Path) -> None:
    made = open_home(tmp_path / "h")
    (made / "store").symlink_to(tmp_path)
    with pytest.raises(HomeError, match="not a folder"):
        private_folder(made / "store")


def test_a_file_in_the_place_of_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h").write_text("")
    with pytest.raises(HomeError, match="not a folder"):
        open_home(tmp_path / "h")


def test_a_home_below_a_file_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="ZENBOOK_HOME"):
        open_home(tmp_path / "file" / "h")


def test_fault_54_an_open_umask_opens_nothing(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = open_home(tmp_path / "h")
        below = private_folder(made / "store")
    finally:
        os.umask(before)
    assert (mode(made), mode(below), mode(made / ".gitignore")) == (0o700, 0o700, 0o600)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_fault_58_a_network_drive_is_used_with_one_warning(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(home, "filesystem", lambda path: kind)
    with caplog.at_level(logging.WARNING, "zenbook"):
        open_home(tmp_path / "h")
        open_home(tmp_path / "h")
    assert [record.message.partition(",")[0] for record in caplog.records] == [
        f"{tmp_path / 'h'} is on a network drive"
    ]


def test_the_file_system_of_this_folder_is_known(tmp_path: Path) -> None:
    known = home.filesystem(tmp_path)
    assert known and " " not in known
    assert home.filesystem(tmp_path / "nowhere") == ""
