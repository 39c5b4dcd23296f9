"""Looks have names, digests, and a memory that a change cannot hide from."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenbook.core import looks
from zenbook.world import files

MARKS = [looks.CONTENT, looks.EXISTS, looks.LISTING, looks.TIMES, looks.LINK, looks.ACCESS]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files.forget_digests()
    return tmp_path


@given(st.text(st.sampled_from("ab?@>!=/"), min_size=1).filter(lambda t: t.strip("/")))
def test_a_looks_name_gives_back_its_path_and_mark(path: str) -> None:
    for mark in MARKS:
        if mark == looks.LISTING:
            path = path.rstrip("/")
        assert looks.split_name(looks.look_name(path, mark)) in (
            (path, mark),
            (path.rstrip("/"), mark),
        )


def test_the_root_folder_can_be_listed() -> None:
    assert looks.split_name(looks.look_name("/", looks.LISTING)) == ("/", looks.LISTING)


def test_equal_contents_have_equal_digests_and_others_do_not(project: Path) -> None:
    for name, text in (("a", "1"), ("b", "1"), ("c", "2"), ("e", "")):
        (project / name).write_text(text)
    assert files.content("a") == files.content("b") != files.content("c")
    assert len({files.content(name) for name in ("a", "c", "e", "missing")}) == 4


def test_what_is_no_file_has_a_word_for_a_digest(project: Path) -> None:
    os.mkfifo(project / "pipe")
    assert files.content(".") == files.FOLDER
    assert files.content("pipe") == files.SPECIAL
    assert files.content("none") == looks.MISSING
    assert files.content("a\0b") == looks.MISSING


def test_a_second_change_within_one_tick_of_the_clock_is_seen(project: Path) -> None:
    file = project / "d"
    seen = set()
    for number in range(200):
        file.write_text(f"{number:03}")
        seen.add(files.content("d"))
    assert len(seen) == 200


def test_a_settled_file_is_hashed_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "d").write_text("1")
    time.sleep(files.SETTLED / 1e9 + 0.02)
    first = files.content("d")
    monkeypatch.setattr(files, "_hash", lambda path: "hashed again")
    assert files.content("d") == first
    os.utime(project / "d")
    assert files.content("d") == "hashed again"


def test_a_pattern_is_told_from_a_folder_with_an_odd_name(project: Path) -> None:
    (project / "d[1]").mkdir()
    listed = files.look("d[1]/")
    (project / "d1").write_text("")
    assert files.look("d[1]/") == listed
    (project / "d[1]" / "new").write_text("")
    assert files.look("d[1]/") != listed


def test_hidden_files_count_only_where_asked_for(project: Path) -> None:
    plain, hidden = files.look("*/"), files.look("*//")
    (project / ".secret").write_text("")
    assert files.look("*/") == plain
    assert files.look("*//") != hidden
