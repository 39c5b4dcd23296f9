"""Faults of upkeep: forgetting really deletes, kills leave nothing missing, fsck mends it all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.engine.upkeep_samples import Folder, open_folder
from tests.world.history_samples import finished, killed, line
from zenbook.engine import upkeep
from zenbook.errors import HomeError, UsageError
from zenbook.model import Change, Part, Run, Shape, Step
from zenbook.world.notice import forget_notices
from zenbook.world.trust import forget_key

CANARY = "canary-3f9a2c1b07-do-not-find-me"


@pytest.fixture
def folder(home: Path) -> Iterator[Folder]:
    forget_notices()
    forget_key()
    opened = open_folder(home)
    yield opened
    opened.history.close()
    opened.store.close()


def files_with(home: Path, text: str) -> list[str]:
    return [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


# ---------------------------------------------------------------- forget


def test_fault_86_a_forgotten_runs_canary_is_in_no_file(folder: Folder, home: Path) -> None:
    other = folder.run("other", note="stays")
    run = folder.run(CANARY, CANARY * 300, note=CANARY)
    folder.history.annotate(run.id, tags=(CANARY,), metrics={CANARY: CANARY})
    shape = Shape("a" * 32, (Step("s", "1", f"x = '{CANARY}'", (), ()),), (), ())
    number = folder.history.version("p", shape).number
    folder.history.end_run(run.id, "completed", version=number)
    (home / "bad").mkdir()
    (home / "bad" / "history.db").write_text(CANARY)
    assert {"history.db-wal", "bad/history.db"} <= set(files_with(home, CANARY))
    forgotten = upkeep.forget(run.id)
    assert files_with(home, CANARY) == []
    assert (forgotten.run, forgotten.blobs) == (run.id, 2)
    assert [found.id for found in folder.history.runs()] == [other.id]
    assert all(map(folder.store.has, folder.blobs_of(other)))
    assert folder.events("forgotten") == [run.id]
    assert upkeep.fsck().clean


def test_fault_86_other_runs_no_longer_quote_what_was_forgotten(folder: Folder, home: Path) -> None:
    run = folder.run(CANARY)
    made = folder.history.record(f"{run.id}-{folder.blobs_of(run)[0]}")
    assert made is not None
    old = made.fingerprint.parts[0]
    later = folder.history.begin_run("p", None, {})
    told = Change(old, Part("input", "value", "0" * 32, "now"))
    why = f"value {CANARY}→now"
    folder.history.set_step(later.id, line("changed", 0, record="", why=why, changes=(told,)))
    folder.history.end_run(later.id, "completed")
    upkeep.forget(run.id)
    assert files_with(home, CANARY) == []
    found = folder.history.run(later.id)
    assert found is not None
    assert found.steps[0].why == "input changed, against a forgotten run"
    assert found.steps[0].changes[0].new == told.new


def given(folder: Folder, run: Run) -> Run:
    """Another run whose one step was given the first result that ``run`` made."""
    made = f"{run.id}-{folder.blobs_of(run)[0]}"
    again = folder.history.begin_run("p", None, {})
    hit = line(
        "step_0",
        record=made,
        status="cached",
        origin=run.id,
        metrics={"m": CANARY},
        remarks=(CANARY,),
        changes=(),
    )
    folder.history.set_step(again.id, hit)
    return folder.history.end_run(again.id, "completed")


def test_fault_86_what_other_runs_were_given_goes_too(folder: Folder, home: Path) -> None:
    run = folder.run(CANARY)
    later = given(folder, run)
    forgotten = upkeep.forget(run.id)
    assert (forgotten.blobs, forgotten.given_to) == (1, ("p:2",))
    assert repr(forgotten).endswith(" p:2 had been given results of it, which are gone.")
    assert files_with(home, CANARY) == []
    found = folder.history.run(later.id)
    assert found is not None and (found.steps[0].record, found.steps[0].metrics) == ("", {})
    assert upkeep.fsck().clean


def test_what_a_pinned_run_was_given_is_not_forgotten(folder: Folder) -> None:
    run = folder.run(CANARY)
    upkeep.pin(given(folder, run).id)
    with pytest.raises(UsageError, match="Forget or unpin p:2 first"):
        upkeep.forget(run.id)
    assert folder.store.has(folder.blobs_of(run)[0])


def test_a_pinned_run_is_not_forgotten_before_it_is_let_go(folder: Folder) -> None:
    run = folder.run(CANARY)
    upkeep.pin(run.id)
    with pytest.raises(UsageError, match=r"p:1 is pinned.*`zenbook pin p:1 --remove`"):
        upkeep.forget(run.id)
    assert folder.store.has(folder.blobs_of(run)[0])
    upkeep.unpin(run.id)
    assert upkeep.forget(run.id).blobs == 1


def test_what_another_run_made_too_is_not_said_to_be_gone(folder: Folder) -> None:
    run, twin = folder.run("same"), folder.run("same")
    given(folder, run)
    told = repr(upkeep.forget(run.id))
    assert told.endswith("p:3 had been given results of it, and no longer has them."), told
    assert "stays: p:2 keeps the same." in told and "gone" not in told
    assert folder.store.has(folder.blobs_of(twin)[0])
    with_nothing = folder.history.begin_run("p", None, {})
    folder.history.end_run(with_nothing.id, "completed")
    assert repr(upkeep.forget(with_nothing.id)) == (
        "p:4 is forgotten: it had made no result that was kept, so none is deleted."
    )


def test_a_value_that_another_run_made_too_stays_quoted(folder: Folder) -> None:
    run, twin = folder.run("same"), folder.run("same")
    made = folder.history.record(f"{run.id}-{folder.blobs_of(run)[0]}")
    assert made is not None
    told = Change(made.fingerprint.parts[0], None)
    folder.history.set_step(twin.id, line("step_1", 1, record="", why="told", changes=(told,)))
    upkeep.forget(run.id)
    assert folder.history.run(twin.id).steps[1].why == "told"  # type: ignore[union-attr]


def test_a_running_run_is_not_forgotten(folder: Folder) -> None:
    run = folder.history.begin_run("p", None, {})
    with pytest.raises(UsageError, match="still running"):
        upkeep.forget(run.id)


def test_numbers_are_not_given_again_after_forgetting(folder: Folder) -> None:
    run = folder.run("a")
    upkeep.forget(run.id)
    assert folder.run("b").number == 2
    shape = Shape("a" * 32, (), (), ())
    assert folder.history.version("p", shape).number == 1


def test_a_version_whose_text_was_forgotten_keeps_its_number_and_learns_it_again(
    folder: Folder,
) -> None:
    shape = Shape("a" * 32, (Step("s", "1", "x = 1", (), ()),), (), ())
    run = folder.history.begin_run("p", folder.history.version("p", shape).number, {})
    folder.history.end_run(run.id, "completed")
    upkeep.forget(run.id)
    assert folder.history.versions("p") == ()
    again = folder.history.version("p", shape)
    assert (again.number, again.is_new) == (1, False)
    assert [version.shape for version in folder.history.versions("p")] == [shape]


# ---------------------------------------------------------------- kills


KILLED_VERB = """
    from tests.engine.upkeep_samples import open_folder
    from zenbook.engine import upkeep
    from zenbook.world import history_forgetting, history_recovery
    def dying(name):
        if name == {point!r}:
            die()
    history_recovery.checkpoint = dying
    history_forgetting.checkpoint = dying
    {verb}
"""


@pytest.mark.parametrize("point", ["rows forgotten", "blobs forgotten"])
def test_fault_29_a_kill_during_forget_leaves_no_needed_blob_missing_and_is_finished_later(
    folder: Folder, home: Path, point: str
) -> None:
    kept, shared = folder.run("kept"), folder.run("shared")
    run = folder.run("shared", CANARY * 300)
    killed(home, KILLED_VERB.format(point=point, verb=f"upkeep.forget({run.id!r})"))
    assert folder.history.run(run.id) is None
    for other in (kept, shared):
        assert all(map(folder.store.has, folder.blobs_of(other)))
    folder.collect()
    assert len(folder.store.sizes()) == 2
    assert upkeep.fsck().clean


@pytest.mark.parametrize("point", ["eviction told", "blob deleted"])
def test_fault_29_a_kill_during_gc_leaves_no_blob_missing_without_an_event(
    folder: Folder, home: Path, point: str
) -> None:
    for value in "abc":
        folder.run(value, size=10_000)
    folder.history.close()
    folder.store.close()
    program = "f = open_folder(home); f.clock.move(3600); f.collect(limit=0)"
    killed(home, KILLED_VERB.format(point=point, verb=program))
    gone = {b for run in folder.history.runs() for b in folder.blobs_of(run)}
    gone -= folder.store.sizes().keys()
    assert gone <= set(folder.events("evicted"))
    assert upkeep.fsck().clean
    folder.clock.move(3600)
    assert folder.collect(limit=0).size == 0


# ---------------------------------------------------------------- fsck


def change(folder: Folder, statement: str) -> None:
    folder.history.ledger.write(lambda connection: connection.execute(statement))


def blob_file(home: Path) -> Path:
    return next(iter(sorted((home / "store").glob("*/*.blob"))))


def flip_blob(_: Folder, home: Path) -> None:
    path = blob_file(home)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def truncate_database(folder: Folder, home: Path) -> None:
    folder.history.close()
    os.truncate(home / "history.db", 3 * 4096)


def spoil_database(folder: Folder, home: Path) -> None:
    folder.history.close()
    path = home / "history.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 4096)


def spoil_index(folder: Folder, home: Path) -> None:
    folder.store.close()
    (home / "store" / "cache.db").write_bytes(b"garbage" * 1000)


def empty_index(folder: Folder, home: Path) -> None:
    folder.store.close()
    for ending in ("-wal", "-shm"):
        (home / "store" / f"cache.db{ending}").unlink(missing_ok=True)
    os.truncate(home / "store" / "cache.db", 0)


FAULTS: dict[str, tuple[Callable[[Folder, Path], object], str]] = {
    "a flipped byte": (flip_blob, "blob"),
    "an empty blob": (lambda _, home: os.truncate(blob_file(home), 0), "blob"),
    "a deleted blob": (lambda _, home: blob_file(home).unlink(), "its bytes are gone"),
    "a pipe as blob": (
        lambda _, home: (path := blob_file(home), path.unlink(), os.mkfifo(path)),
        "neither a file nor a folder",
    ),
    "a bad signature": (lambda f, _: change(f, "UPDATE record SET mac = 'x'"), "untrusted"),
    "a wrong key": (
        lambda f, _: change(f, "UPDATE record SET key = 'k' WHERE sequence = 1"),
        "wrong key",
    ),
    "a wrong column": (
        lambda f, _: change(f, "UPDATE record SET step = 'x' WHERE sequence = 1"),
        "its row does not fit what was signed",
    ),
    "a record of garbage": (
        lambda f, _: change(f, "UPDATE record SET body = x'00ff' WHERE sequence = 1"),
        "record ",
    ),
    "a line of garbage": (lambda f, _: change(f, "UPDATE step SET body = 'x'"), "cannot be read"),
    "a line of no run": (lambda f, _: change(f, "UPDATE step SET run = 99 WHERE run = 1"), "line "),
    "an open file": (lambda _, home: os.chmod(home / "history.db", 0o644), "mode 0644"),
    "an open folder": (lambda _, home: os.chmod(home, 0o755), "mode 0755"),
    "a leftover draft": (
        lambda _, home: (home / "history.db.new-999999999-ab").touch(0o600),
        "a killed process left it behind",
    ),
    "a truncated history": (truncate_database, "history.db"),
    "a spoiled history": (spoil_database, "history.db"),
    "an empty history": (
        lambda f, home: (f.history.close(), os.truncate(home / "history.db", 0)),
        "history.db",
    ),
    "a spoiled index": (spoil_index, "index cache.db"),
    "an empty index": (empty_index, "index cache.db"),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_fault_90_fsck_tells_each_fault_and_finds_none_after_mending(
    folder: Folder, home: Path, name: str
) -> None:
    for value in "abcdefgh":
        folder.run(value, value * 10, size=6_000)
    inject, expected = FAULTS[name]
    inject(folder, home)
    looked = upkeep.fsck()
    assert not looked.clean, repr(looked)
    assert expected in repr(looked)
    assert repr(looked).endswith("not clean")
    if name != "an open folder":  # which every opening closes at once
        assert upkeep.fsck().problems == looked.problems, "looking changed something"
        assert not (home / "bad").exists()
    mended = upkeep.fsck(repair=True)
    assert mended.clean, repr(mended)
    assert mended.problems or name == "an open folder"
    after = upkeep.fsck()
    assert after.problems == (), repr(after)
    assert folder.run("afterwards").status == "completed"
    assert upkeep.fsck().problems == ()


def test_fault_90_a_sound_folder_is_clean_and_looking_changes_nothing(
    folder: Folder, home: Path
) -> None:
    folder.run("a", size=6_000)
    folder.history.close()
    folder.store.close()
    before = {path: path.read_bytes() for path in home.rglob("*.blob")}
    with closing(sqlite3.connect(home / "history.db")) as connection:
        rows = connection.execute("SELECT * FROM record").fetchall()
    report = upkeep.fsck()
    assert (report.problems, report.records, report.blobs) == ((), 1, 1)
    assert repr(report).endswith("clean")
    assert before == {path: path.read_bytes() for path in home.rglob("*.blob")}
    with closing(sqlite3.connect(home / "history.db")) as connection:
        assert connection.execute("SELECT * FROM record").fetchall() == rows


def test_fault_90_a_newer_history_is_told_of_and_not_mended(folder: Folder, home: Path) -> None:
    folder.run("a")
    folder.history.close()
    with closing(sqlite3.connect(home / "history.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    for repair in (False, True):
        report = upkeep.fsck(repair)
        assert not report.clean
        assert "written by a newer zenbook" in repr(report)
    assert not (home / "bad").exists()


def test_fault_90_a_full_disk_is_no_damage_and_mending_takes_nothing_away(
    folder: Folder, home: Path
) -> None:
    run = folder.run("a", "b")
    folder.history.close()
    folder.store.close()
    program = """
    import resource
    from zenbook.engine import upkeep
    from zenbook.errors import NoRoom
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    print(upkeep.status(home=home).artifacts)
    for repair in (False, True):
        try: upkeep.fsck(repair, home=home)
        except NoRoom as fault: print("cannot be looked at" in str(fault))
    """
    assert finished(home, program) == "2\nTrue\nTrue\n"
    assert not (home / "bad").exists() and all(map(folder.store.has, folder.blobs_of(run)))
    assert upkeep.fsck().problems == ()


@pytest.mark.parametrize("repair", [False, True])
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda home: home.write_text("a file"), "is not a folder; remove it or set ZENBOOK_HOME"),
        (lambda home: os.mkfifo(home), "is not a folder"),
        (lambda home: home.symlink_to(home.parent), "is a symbolic link to"),
        (lambda home: home.symlink_to("nowhere"), "is a symbolic link to nowhere"),
    ],
    ids=["file", "pipe", "link", "dangling"],
)
def test_fault_90_what_stands_in_the_place_of_home_is_told_and_left_alone(
    make: Callable[[Path], object], told: str, repair: bool, tmp_path: Path
) -> None:
    make(tmp_path / "h")
    for verb in (upkeep.status, lambda home: upkeep.fsck(repair, home=home)):
        with pytest.raises(HomeError, match=told):
            verb(home=tmp_path / "h")
    assert os.path.lexists(tmp_path / "h")


def test_fault_90_a_folder_or_file_that_cannot_be_read_is_told_and_opened_again(
    folder: Folder, home: Path
) -> None:
    folder.run("a", size=6_000)
    folder.history.close()
    folder.store.close()
    program = """
    from zenbook.engine import upkeep
    from zenbook.errors import HomeError
    without_write_permission()
    for path in (home / "store", home / "history.db"): path.chmod(0)
    for repair in (False, True, False):
        report = upkeep.fsck(repair, home=home)
        print(repr(report).count("it cannot be read (mode 0000)"), report.clean, report.blobs)
    home.chmod(0)
    for verb in (upkeep.status, upkeep.fsck, upkeep.gc):
        try: verb(home=home)
        except HomeError as error: print(f"chmod 700 '{home}'" in str(error))
    """
    assert finished(home, program).splitlines() == [
        "2 False 0",
        "2 True 1",
        "0 True 1",
        *(["True"] * 3),
    ]
    home.chmod(0o700)


def test_fault_47_fsck_of_a_read_only_folder_finds_no_fault_in_what_it_holds(
    folder: Folder, home: Path
) -> None:
    folder.run("a", size=6_000)
    folder.history.close()
    folder.store.close()
    program = """
    from zenbook.engine import upkeep
    from zenbook.errors import StoreFault
    without_write_permission()
    for path in (home, *home.rglob("*")): path.chmod(0o500 if path.is_dir() else 0o400)
    report = upkeep.fsck(home=home)
    print(report.clean, report.records, report.blobs, "make it writable" in repr(report))
    try: upkeep.fsck(True, home=home)
    except StoreFault as fault: print("cannot be written" in str(fault))
    """
    try:
        assert finished(home, program) == "True 1 1 True\nTrue\n"
    finally:
        for path in (home, *home.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)


def test_fault_90_evicted_results_are_no_fault(folder: Folder) -> None:
    folder.run("a", size=6_000)
    folder.clock.move(3600)
    folder.collect(limit=0)
    report = upkeep.fsck()
    assert report.problems == ()
    assert report.remarks == ("1 result evicted so far to keep the limit",)
