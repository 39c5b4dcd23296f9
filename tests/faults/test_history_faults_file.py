"""Faults of the file: garbage, foreign logs, deleted folders, other schemas, read-only folders."""

from __future__ import annotations

import logging
import os
import random
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.world.history_samples import (
    finished,
    key_of,
    killed,
    line,
    open_history,
    record,
    shape,
)
from zenbook.errors import NewerSchema, StoreFault
from zenbook.world import history_schema
from zenbook.world.notice import forget_notices


@pytest.fixture(autouse=True)
def notices_are_said_anew() -> Iterator[None]:
    forget_notices()
    yield
    forget_notices()


def fill(home: Path, records: int = 60) -> None:
    """A history of some pages: records, runs with lines, a version; closed."""
    history = open_history(home)
    for number in range(records):
        run = history.begin_run("p", None, {"number": str(number)})
        history.add(record(number, run=run.id))
        history.set_step(run.id, line(record=f"record-{number}"))
        history.end_run(run.id, "completed")
    history.version("p", shape())
    history.close()


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [entry.message for entry in caplog.records if entry.levelno >= logging.WARNING]


def zero_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(100))


def random_pages(path: Path) -> None:
    chosen = random.Random(7)
    with path.open("r+b") as file:
        for page in range(3, path.stat().st_size // 4096, 3):
            file.seek(page * 4096)
            file.write(chosen.randbytes(4096))


DAMAGES = {
    "garbage": lambda path: path.write_bytes(b"no database at all" * 1000),
    "zero header": zero_header,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "truncated within a page": lambda path: os.truncate(path, 5000),
    "random pages": random_pages,
    "0 bytes": lambda path: os.truncate(path, 0),
    "another program's": lambda path: (path.unlink(), sqlite3.connect(path).execute("VACUUM")),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_fault_48_a_damaged_file_goes_to_bad_and_a_new_one_works(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    fill(home)
    DAMAGES[damage](home / "history.db")
    history = open_history(home)
    for number in range(60):
        history.candidates(key_of(number))
        assert history.rejected(key_of(number)) == ""
    history.runs(limit=1000)
    run = history.begin_run("p", None, {})
    added = history.add(record(1000, run=run.id))
    assert history.candidates(key_of(1000)) == (added,)
    assert history.end_run(run.id, "completed").status == "completed"
    assert [path.name for path in (home / "bad").rglob("history.db")] == ["history.db"]
    (message,) = warned(caplog)
    assert message.startswith("The history history.db was damaged (")
    assert message.endswith(" steps run again.")
    history.close()
    with closing(sqlite3.connect(home / "history.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_fault_48_what_can_be_read_of_a_damaged_file_is_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home, 300)
    path = home / "history.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 4096)
    history = open_history(home)
    kept = sum(bool(history.candidates(key_of(number))) for number in range(300))
    runs = len(history.runs(limit=1000))
    assert kept + runs > 400
    assert history.begin_run("p", None, {}).number == 301
    assert history.version("p", shape("new")).number == 2


def test_fault_49_a_deleted_log_of_a_closed_history_loses_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home)
    for ending in ("-wal", "-shm"):
        (home / f"history.db{ending}").unlink(missing_ok=True)
    assert len(open_history(home).runs()) == 60


def test_fault_49_a_log_deleted_while_open_loses_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    history = open_history(home)
    history.add(record(1))
    run = history.begin_run("p", None, {})
    (home / "history.db-wal").unlink()
    (home / "history.db-shm").unlink()
    history.add(record(2))
    assert history.candidates(key_of(1))
    history.close()
    again = open_history(home)
    assert again.candidates(key_of(1))
    assert again.candidates(key_of(2))
    assert again.run(run.id) is not None


def test_fault_49_shared_memory_cut_short_while_open_kills_nobody_and_loses_nothing(
    tmp_path: Path,
) -> None:
    program = """
    history, other = open_history(home), open_history(home)
    for number in range(3):
        for each in (history, other):
            os.truncate(home / "history.db-shm", 0)
            run = each.begin_run("p", None, {})
            each.add(record(10 * number + (each is other)))
            each.close_run(run.id, "completed")
            each.candidates(key_of(1))
    os.truncate(home / "history.db-shm", 0)
    print([run.number for run in other.runs()], len(history.candidates(key_of(0))))
    os.truncate(home / "history.db-shm", 0)
    history.close()
    os.truncate(home / "history.db-shm", 0)
    other.close()
    history = open_history(home)
    print([run.number for run in history.runs()], sum(1 for _ in history.every_record()))
    """
    said = finished(tmp_path / "home", program).splitlines()
    assert said == ["[6, 5, 4, 3, 2, 1] 1", "[6, 5, 4, 3, 2, 1] 6"]
    assert not (tmp_path / "home" / "bad").exists()


def test_fault_49_garbage_logs_are_survived(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home)
    (home / "history.db-wal").write_bytes(random.Random(1).randbytes(50_000))
    (home / "history.db-shm").write_bytes(random.Random(2).randbytes(32_768))
    history = open_history(home)
    assert len(history.candidates(key_of(1))) == 1
    assert len(history.runs()) == 60


def test_fault_49_a_foreign_log_is_survived_and_what_the_file_held_is_kept(
    tmp_path: Path,
) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    fill(home)
    killed(
        other,
        """
        history = open_history(home)
        for number in range(1000, 1200):
            history.add(record(number))
        die()
        """,
    )
    shutil.copy(other / "history.db-wal", home / "history.db-wal")
    history = open_history(home)
    history.begin_run("p", None, {})
    history.add(record(5000))
    history.close()
    again = open_history(home)
    assert again.candidates(key_of(5000))
    for number in range(60):
        assert len(again.candidates(key_of(number))) <= 1
    rows = again.ledger.read(lambda c: c.execute("PRAGMA integrity_check").fetchall())
    assert rows == [("ok",)]


def test_a_log_without_its_file_is_not_replayed_onto_a_new_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    killed(home, "history = open_history(home); history.add(record(1)); die()")
    (home / "history.db").unlink()
    history = open_history(home)
    assert history.candidates(key_of(1)) == ()
    assert history.add(record(2)).sequence == 1
    assert [path.name for path in (home / "bad").rglob("*-wal")] == ["history.db-wal"]


def test_fault_50_a_folder_deleted_while_open_is_made_again_with_the_run_under_way(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    history = open_history(home)
    history.add(record(1))
    done = history.begin_run("p", None, {})
    history.end_run(done.id, "completed")
    run = history.begin_run("p", None, {"a": "1"}, tags=("t",))
    history.set_step(run.id, line())
    shutil.rmtree(home)
    assert history.candidates(key_of(1)) == ()
    added = history.add(record(2))
    assert history.candidates(key_of(2)) == (added,)
    ended = history.end_run(run.id, "completed")
    assert (ended.tags, ended.steps, ended.parameters) == (("t",), (line(),), {"a": "1"})
    assert [found.id for found in history.runs()] == [run.id]
    assert warned(caplog) == [f"The history {home}/history.db was deleted; a new one was begun."]
    assert (home / ".gitignore").exists()


def test_fault_45_46_what_finds_no_room_of_a_run_is_put_on_record_once_there_is_room(
    tmp_path: Path,
) -> None:
    program = """
    import resource
    history = open_history(home)
    from zenbook.errors import NoRoom
    def limit(size): resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    def refused(call, *given):
        try: call(*given)
        except NoRoom: return True
    def told(): return [(r.status, len(r.steps)) for r in history.runs()]
    first, second = (history.begin_run(name, None, {}) for name in "pq")
    history.close_run(second.id, "completed")
    history.close_run(second.id, "running")
    limit(1)
    print(refused(history.set_step, first.id, line()), told())
    print(refused(history.close_run, first.id, "completed"), told())
    print(refused(history.close_run, second.id, "failed"))
    limit(resource.RLIM_INFINITY)
    print(told())
    """
    assert finished(tmp_path / "home", program).splitlines() == [
        "True [('running', 0), ('running', 0)]",
        "True [('running', 0), ('running', 0)]",
        "True",
        "[('failed', 0), ('completed', 1)]",
    ]


def test_fault_45_a_history_is_read_where_there_is_no_room_to_open_it(tmp_path: Path) -> None:
    program = """
    import resource
    history = open_history(home)
    from zenbook.errors import NoRoom
    history.close_run(history.begin_run("p", None, {}).id, "completed")
    history.add(record(1))
    history.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    history = open_history(home)
    print([run.status for run in history.runs()], len(history.candidates(key_of(1))))
    try: history.begin_run("p", None, {})
    except NoRoom as fault: print(str(fault).endswith("make room there"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    print(history.begin_run("p", None, {}).number)
    """
    said = finished(tmp_path / "home", program).splitlines()
    assert said == ["['completed'] 1", "True", "2"]


def test_fault_28_a_kill_during_recovery_is_made_good_at_the_next_open(tmp_path: Path) -> None:
    for point in ("copied to bad", "rescued", "logs gone", "replaced"):
        home = tmp_path / point.replace(" ", "-")
        fill(home, 200)
        with (home / "history.db").open("r+b") as file:
            file.seek(40 * 4096)
            file.write(b"\xff" * 4096)
        for _ in range(2):  # twice, at the same point
            program = f"""
                from zenbook.world import history_recovery
                history_recovery.checkpoint = lambda name: die() if name == {point!r} else None
                history = open_history(home)
                for number in range(200):
                    history.candidates(key_of(number))
                history.runs(limit=1000)
                list(history.every_record())
                history.ledger.read(lambda c: c.execute("SELECT * FROM record").fetchall())
                print("nothing to rebuild any more")
            """
            if point == "replaced" and _ == 1:
                assert finished(home, program) == "nothing to rebuild any more\n"
            else:
                killed(home, program)
        history = open_history(home)
        kept = sum(bool(history.candidates(key_of(number))) for number in range(200))
        assert kept + len(history.runs(limit=1000)) > 200, point
        assert history.begin_run("p", None, {}).number == 201, point


def test_fault_56_a_newer_schema_is_read_but_never_changed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home, 3)
    with closing(sqlite3.connect(home / "history.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = (home / "history.db").read_bytes()
    history = open_history(home)
    assert history.candidates(key_of(1))
    assert len(history.runs()) == 3
    for write in (
        lambda: history.add(record(9)),
        lambda: history.begin_run("p", None, {}),
        lambda: history.version("p", shape("z")),
    ):
        with pytest.raises(NewerSchema, match="schema 99, this one knows 1"):
            write()
    history.close()
    assert (home / "history.db").read_bytes() == before
    assert not (home / "bad").exists()


def test_fault_56_a_newer_schema_with_other_tables_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home, 3)
    with closing(sqlite3.connect(home / "history.db")) as connection:
        connection.execute("ALTER TABLE record RENAME TO fact")
        connection.execute("PRAGMA user_version = 2")
    history = open_history(home)
    with pytest.raises(NewerSchema):
        history.candidates(key_of(1))
    with pytest.raises(NewerSchema):
        history.add(record(9))
    assert not (home / "bad").exists()


def old(home: Path) -> None:
    """A history as schema 0 would have been: steps were not in the records' table."""
    fill(home, 3)
    with closing(sqlite3.connect(home / "history.db")) as connection:
        connection.execute("ALTER TABLE run RENAME COLUMN note TO remark")
        connection.execute("PRAGMA user_version = 0")


def rename_remark(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE run RENAME COLUMN remark TO note")


def test_fault_56_an_older_schema_is_migrated_with_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    old(home)
    monkeypatch.setattr(history_schema, "MIGRATIONS", {0: rename_remark})
    history = open_history(home)
    assert len(history.runs()) == 3
    assert history.begin_run("p", None, {}).number == 4
    backup = home / "backup" / "history-0.db"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)
        assert connection.execute("SELECT count(remark) FROM run").fetchone() == (3,)


def test_fault_29_a_kill_during_a_migration_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    old(home)
    killed(
        home,
        """
        from zenbook.world import history_schema
        def half(connection):
            connection.execute("ALTER TABLE run RENAME COLUMN remark TO note")
            connection.execute("DELETE FROM record")
            die()
        history_schema.MIGRATIONS = {0: half}
        open_history(home)
        """,
    )
    monkeypatch.setattr(history_schema, "MIGRATIONS", {0: rename_remark})
    history = open_history(home)
    assert len(history.runs()) == 3
    assert all(history.candidates(key_of(number)) for number in range(3))


def test_fault_47_a_read_only_folder_serves_hits_and_refuses_writes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home, 3)
    out = finished(
        home,
        """
        os.chmod(home, 0o500)
        os.chmod(home / "history.db", 0o400)
        without_write_permission()
        history = open_history(home)
        print(len(history.candidates(key_of(1))), len(history.runs()))
        for write in (lambda: history.add(record(9)), lambda: history.begin_run("p", None, {})):
            try:
                write()
            except Exception as error:
                print(type(error).__name__, "read-only" in str(error))
        """,
    )
    os.chmod(home, 0o700)
    assert out.splitlines() == ["1 3", "StoreFault True", "StoreFault True"]


def test_a_history_opened_for_reading_only_never_writes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home, 3)
    history = open_history(home, read_only=True)
    assert len(history.runs()) == 3
    with pytest.raises(StoreFault, match="read-only"):
        history.begin_run("p", None, {})
    missing = open_history(tmp_path / "nowhere", read_only=True)
    with pytest.raises(StoreFault, match="there is no history"):
        missing.runs()
    assert not (tmp_path / "nowhere").exists()


def test_fault_54_files_are_private_whatever_the_umask_says(tmp_path: Path) -> None:
    finished(
        tmp_path / "home",
        """
        os.umask(0)
        history = open_history(home)
        history.add(record(1))
        for path in home.iterdir():
            assert path.stat().st_mode & 0o077 == 0, path
        assert home.stat().st_mode & 0o077 == 0
        """,
    )


@pytest.mark.parametrize("name", ["with space", "ünïcödé", "100%41", "a#b?c=d&e", "n" * 250])
def test_fault_59_odd_folder_names_work(tmp_path: Path, name: str) -> None:
    fill(tmp_path / name, 3)
    history = open_history(tmp_path / name)
    assert len(history.runs()) == 3
    assert history.candidates(key_of(1))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_two_processes_that_find_the_same_damage_rebuild_it_once(tmp_path: Path) -> None:
    from tests.world.history_samples import start

    home = tmp_path / "home"
    fill(home, 200)
    random_pages(home / "history.db")
    program = """
        history = open_history(home)
        list(history.every_record())
        history.runs(limit=1000)
        history.add(record(9000 + os.getpid()))
        print("done")
    """
    processes = [start(home, program) for _ in range(3)]
    assert [process.communicate()[0] for process in processes] == ["done\n"] * 3
    assert len(list((home / "bad").rglob("history.db"))) == 1
    history = open_history(home)
    assert len([1 for _, found, _ in history.every_record() if found and found.sequence]) >= 3
