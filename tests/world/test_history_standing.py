"""What is remembered of the history stands until somebody writes what changes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.world.history_samples import line, open_history, record, shape
from zenbook.world.history import SqliteHistory
from zenbook.world.history_forgetting import forget_rows
from zenbook.world.history_upkeep import set_limit
from zenbook.world.ports import History


def test_what_a_process_notes_of_its_runs_leaves_records_standing(history: History) -> None:
    history.add(record())
    before = history.stamp()
    run = history.begin_run("p", 1, {}, lines=[line("load", 0)])
    history.set_step(run.id, line("train", 1))
    history.close_run(run.id, "completed")
    assert history.stamp() == before


def test_a_record_changes_the_stamp(history: History) -> None:
    before = history.stamp()
    history.add(record())
    assert history.stamp() != before


def test_whatever_another_process_writes_changes_the_stamp(
    real: SqliteHistory, tmp_path: Path
) -> None:
    real.add(record())
    other = open_history(tmp_path / "home")
    before = real.stamp()
    run = other.begin_run("p", 1, {})
    noted = real.stamp()
    assert noted != before
    mine = real.begin_run("p", 1, {})  # ours after theirs must not hide theirs
    other.set_step(run.id, line())
    real.close_run(mine.id, "completed")
    assert real.stamp() != noted
    other.close()


def test_upkeep_changes_the_stamp(real: SqliteHistory) -> None:
    before = real.stamp()
    set_limit(real, 1 << 30)
    assert real.stamp() != before


def test_a_history_that_is_opened_anew_or_gone_has_another_stamp(
    real: SqliteHistory, tmp_path: Path
) -> None:
    real.add(record())
    before = real.stamp()
    real.close()
    opened = real.stamp()
    assert opened != before
    for file in (tmp_path / "home").glob("history.db*"):
        file.unlink()
    assert real.stamp() != opened


def test_a_run_begins_with_lines(history: History) -> None:
    run = history.begin_run("p", 1, {}, lines=[line("train", 1), line("load", 0)])
    found = history.run(run.id)
    assert found is not None
    assert found.steps == (line("load", 0), line("train", 1))
    history.set_step(run.id, replace(line("load", 0), why="another"))
    found = history.run(run.id)
    assert found is not None
    assert [step.why for step in found.steps] == ["another", line().why]


def test_a_run_with_lines_is_put_back_whole(real: SqliteHistory, tmp_path: Path) -> None:
    run = real.begin_run("p", 1, {}, lines=[line("load", 0)])
    for file in (tmp_path / "home").glob("history.db*"):
        file.unlink()
    real.set_step(run.id, line("train", 1))
    found = real.run(run.id)
    assert found is not None
    assert [step.step for step in found.steps] == ["load", "train"]


def test_a_run_is_found_by_its_place(history: History) -> None:
    history.begin_run("p", None, {})
    run = history.begin_run("p", None, {})
    assert history.place_of(run.id) == ("p", 2)
    assert history.place_of("") is None
    assert history.place_of(run.id[:-1]) is None


def test_versions_and_places_are_those_of_now_whoever_changes_them(
    real: SqliteHistory, tmp_path: Path
) -> None:
    other = open_history(tmp_path / "home")
    run = real.begin_run("p", None, {})
    assert (list(real.versions("p")), real.place_of(run.id)) == ([], ("p", 1))
    other.version("p", shape())
    assert [one.number for one in real.versions("p")] == [1]
    real.version("p", shape("b" * 32))
    assert [one.number for one in real.versions("p")] == [1, 2]
    assert [one.number for one in other.versions("p")] == [1, 2]
    real.close_run(run.id, "completed")
    forget_rows(other, run, 0.0)
    assert real.place_of(run.id) is None
    other.close()
