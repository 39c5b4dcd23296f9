"""``zenbook status pin gc fsck forget``: where things are, how to make room, what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.programs import Project
from zenbook.errors import OptionError
from zenbook.front.typed_text import size_of

SCRIPT = """
from zenbook import pipeline, step

@step
def fill(size):
    return bytes(size)

@pipeline
def filling(size: int = 50_000):
    fill(size)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("filling.py", SCRIPT)
    assert project.zenbook("run", "filling.py").code == 0
    return project


def test_status_says_where_and_how_large(project: Project) -> None:
    said = project.zenbook("status")
    assert said.out.splitlines()[0] == str(project.folder / ".zenbook")
    assert "of 20.0 GB: 1 kept output, 1 record, 1 run." in said.out
    view = json.loads(project.zenbook("status", "--json").out)
    assert (view["runs"], view["largest"][0]["step"]) == (1, "fill")
    assert view["largest"][0]["run"] == "filling:1"
    assert view["size"] > 50_000


def test_a_pinned_run_is_counted_and_let_go_again(project: Project) -> None:
    assert project.zenbook("pin", "latest").out == "filling:1 is pinned.\n"
    assert "1 pinned." in project.zenbook("status").out
    assert project.zenbook("pin", "filling:1", "--remove").out == "filling:1 is no longer pinned.\n"
    assert " pinned." not in project.zenbook("status").out


def test_gc_says_what_would_go_and_remembers_a_limit(project: Project) -> None:
    said = project.zenbook("gc", "--limit", "1kB", "--dry-run")
    assert said.code == 0
    assert said.out == (
        "Would free 0 B: 0 results evicted, 0 orphans removed. Results take 50.1 kB; the limit is "
        "1.0 kB. It is still over the limit: what is pinned, in use, or was made or used in the "
        "last ten minutes stays.\n"
    )
    assert project.zenbook("gc", "--set-limit", "5GB").code == 0
    assert json.loads(project.zenbook("status", "--json").out)["limit"] == 5_000_000_000


def test_a_result_that_was_evicted_says_so(project: Project) -> None:
    for path in (project.folder / ".zenbook" / "store").rglob("*"):
        if path.is_file() and ".db" not in path.name:
            path.unlink()
    gone = project.zenbook("restore", "latest", "output")
    assert gone.code == 1
    assert gone.err == (
        "Error: output of step fill is not kept any more: `zenbook gc` evicts what is over the "
        "limit. Run again what made it; pinned runs stay kept.\n"
    )


def test_fsck_is_exit_code_1_until_what_is_wrong_is_repaired(project: Project) -> None:
    assert project.zenbook("fsck").code == 0
    damage(project.folder / ".zenbook")
    assert json.loads(project.zenbook("gc", "--json").out)["kind"] == "gc"
    found = project.zenbook("fsck", "--json")
    assert found.code == 1
    assert [problem["subject"] for problem in json.loads(found.out)["problems"]] == ["blob"]
    assert project.zenbook("fsck", "--repair").code == 0
    assert project.zenbook("fsck").code == 0
    assert "Step fill has finished" in project.zenbook("run", "filling.py").out


def damage(home: Path) -> None:
    """Flip one byte in the middle of the largest file that is no database."""
    files = [path for path in home.rglob("*") if path.is_file() and ".db" not in path.name]
    largest = max(files, key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)


def test_forget_asks_first_and_then_really_deletes(project: Project) -> None:
    refused = project.zenbook("forget", "filling:1")
    assert refused.code == 2
    assert len(json.loads(project.zenbook("runs", "--json").out)["rows"]) == 1
    said = project.zenbook("forget", "filling:1", "--yes")
    assert said.code == 0, said.err
    assert "is forgotten" in said.out
    assert json.loads(project.zenbook("runs", "--json").out)["rows"] == []


def test_a_pinned_run_keeps_what_a_forgotten_run_had_made(project: Project) -> None:
    assert project.zenbook("run", "filling.py").code == 0
    assert project.zenbook("pin", "filling:2").code == 0
    refused = project.zenbook("forget", "filling:1", "--yes")
    assert refused.code == 2 and "Forget or unpin filling:2 first." in refused.err
    assert project.zenbook("restore", "filling:2").out.startswith("output = bytes (50000)\n")
    assert project.zenbook("pin", "filling:2", "--remove").code == 0
    forgotten = project.zenbook("forget", "filling:1", "--yes")
    assert "filling:2 had been given results of it, which are gone." in forgotten.out
    gone = project.zenbook("restore", "filling:2")
    assert gone.code == 2 and "forgotten" in gone.err


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("1500", 1500), ("500MB", 500_000_000), ("2.5 GB", 2_500_000_000), ("3k", 3000)],
)
def test_a_size_may_have_a_unit(text: str, size: int) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1", "5 apples", "1e9"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="A size is a number of bytes"):
        size_of(text)
