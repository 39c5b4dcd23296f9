"""Faults of timing: kills at named points, dead processes, forks, Stop, locks."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.world.history_samples import (
    finished,
    key_of,
    killed,
    line,
    open_history,
    record,
    start,
)
from zenbook.errors import Busy, StoreFault
from zenbook.world.history_process import Owner, born, owner


def integrity(home: Path) -> str:
    history = open_history(home)
    rows = history.ledger.read(lambda c: c.execute("PRAGMA integrity_check").fetchall())
    history.close()
    return str(rows[0][0])


def test_fault_25_what_was_acknowledged_before_a_kill_is_on_record(tmp_path: Path) -> None:
    home = tmp_path / "home"
    kill_at_random(home, rounds=8)


def kill_at_random(home: Path, rounds: int) -> None:
    """Kill a writer at a random instant, over and over; nothing acknowledged is ever lost."""
    import random

    program = """
        history = open_history(home)
        print("ready", flush=True)
        for number in range(1_000_000):
            run = history.begin_run("p", None, {})
            print("run", run.id, flush=True)
            made = history.add(record(1, id=f"{os.getpid()}-{number}", run=run.id))
            print("record", made.id, flush=True)
            history.set_step(run.id, line(record=made.id))
            history.end_run(run.id, "completed")
            print("ended", run.id, flush=True)
    """
    for _ in range(rounds):
        process = start(home, program)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(random.uniform(0.001, 0.06))
        process.kill()
        told = [
            row.split()
            for row in process.communicate()[0].splitlines(keepends=True)
            if row.endswith("\n")
        ]
        history = open_history(home)
        for kind, id in (row for row in told if len(row) == 2):
            if kind == "record":
                assert history.record(id) is not None
            else:
                found = history.run(id)
                assert found is not None
                assert found.status == ("completed" if kind == "ended" else found.status)
        assert history.runs(status="running") == ()
        history.close()
        assert integrity(home) == "ok"


@pytest.mark.parametrize("point", ["before insert", "in transaction", "committed"])
def test_fault_26_a_kill_around_the_commit_leaves_all_of_a_record_or_nothing(
    tmp_path: Path, point: str
) -> None:
    home = tmp_path / "home"
    killed(
        home,
        f"""
        history = open_history(home)
        point = {point!r}
        if point == "before insert":
            history._sign = die
        if point == "in transaction":
            class Dying:
                def __init__(self, real): self.real = real
                def execute(self, statement, *rest):
                    return die() if statement == "COMMIT" else self.real.execute(statement, *rest)
                in_transaction = True
            current = history.ledger._current
            history.ledger._current = lambda: Dying(current())
        history.add(record(1))
        die()
        """,
    )
    history = open_history(home)
    found = history.candidates(key_of(1))
    assert len(found) == (1 if point == "committed" else 0)
    assert history.add(record(2)).sequence == len(found) + 1
    assert integrity(home) == "ok"


def test_fault_27_two_writers_killed_leave_a_sound_history(tmp_path: Path) -> None:
    home = tmp_path / "home"
    program = """
        history = open_history(home)
        print("ready", flush=True)
        for number in range(1_000_000):
            history.add(record(1, id=f"{os.getpid()}-{number}"))
    """
    processes = [start(home, program) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    time.sleep(0.05)
    for process in processes:
        process.kill()
        process.communicate()
    assert integrity(home) == "ok"
    history = open_history(home)
    sequences = [found.sequence for _, found, why in history.every_record() if found and not why]
    assert sequences == list(range(1, len(sequences) + 1))
    assert sequences


@pytest.mark.parametrize("end", ["die()", "os._exit(3)", "os.abort()"])
def test_fault_30_a_run_whose_process_ended_is_interrupted_at_the_next_look(
    tmp_path: Path, end: str
) -> None:
    home = tmp_path / "home"
    process = start(
        home,
        f"""
        history = open_history(home)
        run = history.begin_run("p", None, {{}})
        history.set_step(run.id, line(status="running"))
        print(run.id, flush=True)
        {end}
        """,
    )
    id = process.communicate()[0].strip()
    found = open_history(home).run(id)
    assert found is not None
    assert (found.status, found.ended) == ("interrupted", None)
    assert [step.status for step in found.steps] == ["interrupted"]


def test_fault_30_an_open_kernel_also_sees_that_another_one_died(tmp_path: Path) -> None:
    home = tmp_path / "home"
    history = open_history(home)
    mine = history.begin_run("mine", None, {})
    killed(home, 'open_history(home).begin_run("theirs", None, {}); die()')
    assert [run.status for run in history.runs()] == ["interrupted", "running"]
    assert history.end_run(mine.id, "completed").status == "completed"


def test_a_run_of_a_living_process_stays_running(tmp_path: Path) -> None:
    home = tmp_path / "home"
    process = start(
        home,
        """
        run = open_history(home).begin_run("p", None, {})
        print(run.id, flush=True)
        time.sleep(60)
        """,
    )
    assert process.stdout is not None
    id = process.stdout.readline().strip()
    history = open_history(home)
    assert [run.status for run in history.runs()] == ["running"]
    process.kill()
    process.communicate()
    found = history.run(id)
    assert found is not None
    assert found.status == "interrupted"


def test_fault_33_a_reused_pid_or_another_boot_is_another_process(tmp_path: Path) -> None:
    home = tmp_path / "home"
    history = open_history(home)
    ids = [history.begin_run("p", None, {}).id for _ in range(4)]
    me = owner()
    for id, column, value in (
        (ids[0], "born", "1"),
        (ids[1], "boot", "another boot"),
        (ids[2], "node", "another machine"),
    ):
        history.ledger.write(
            lambda c, id=id, column=column, value=value: c.execute(  # type: ignore[misc]
                f"UPDATE run SET {column} = ? WHERE id = ?", (value, id)
            )
        )
    told = {run.id: run.status for run in open_history(home).runs()}
    assert [told[id] for id in ids] == ["interrupted", "interrupted", "running", "running"]
    assert not Owner("another machine", "b", 1, "").lives(me, age=8 * 24 * 3600)


def test_a_zombie_has_ended() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert born(pid) == ""
    os.waitpid(pid, 0)
    assert born(os.getpid()) != ""


def test_fault_38_a_forked_child_reads_but_never_writes(tmp_path: Path) -> None:
    out = finished(
        tmp_path / "home",
        """
        history = open_history(home)
        run = history.begin_run("p", None, {})
        history.add(record(1))
        pid = os.fork()
        if pid == 0:
            told = [len(history.candidates(key_of(1)))]
            for write in (
                lambda: history.add(record(2)),
                lambda: history.begin_run("q", None, {}),
                lambda: history.end_run(run.id, "failed"),
            ):
                try:
                    write()
                    told.append("written")
                except Exception as error:
                    told.append(type(error).__name__)
            history.close()
            print(*told, flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
        history.add(record(3))
        print(history.end_run(run.id, "completed").status, len(history.runs()))
        """,
    )
    assert out.splitlines() == ["1 StoreFault StoreFault StoreFault", "completed 1"]
    history = open_history(tmp_path / "home")
    assert [found.id for _, found, _ in history.every_record() if found] == ["record-1", "record-3"]


def test_fault_39_forks_while_a_thread_writes_do_not_hang(tmp_path: Path) -> None:
    out = finished(
        tmp_path / "home",
        """
        import threading
        history = open_history(home)
        going = True
        def write():
            number = 0
            while going:
                number += 1
                history.add(record(number))
        thread = threading.Thread(target=write)
        thread.start()
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                history.candidates(key_of(1))
                os._exit(0)
            deadline = time.monotonic() + 20
            while os.waitpid(pid, os.WNOHANG)[0] == 0:
                assert time.monotonic() < deadline, "the child hangs"
                time.sleep(0.002)
        going = False
        thread.join()
        print("done")
        """,
    )
    assert out == "done\n"


def test_fault_34_stop_at_any_instant_leaves_no_transaction_open(tmp_path: Path) -> None:
    interrupt_at_random(tmp_path / "home", times=150)


def interrupt_at_random(home: Path, times: int) -> None:
    """Interrupt a writer at random instants; after each, another connection can write at once."""
    program = f"""
        import random, threading, sqlite3
        history = open_history(home)
        other = sqlite3.connect(home / "history.db", timeout=0.5)
        heard = 0
        number = 0
        for _ in range({times}):
            timer = threading.Timer(random.uniform(0, 0.004), os.kill, (os.getpid(), signal.SIGINT))
            try:
                timer.start()
                deadline = time.monotonic() + 5
                while time.monotonic() < deadline:
                    number += 1
                    run = history.begin_run("p", None, {{}})
                    history.add(record(number))
                    history.end_run(run.id, "completed")
            except KeyboardInterrupt:
                heard += 1
            other.execute("INSERT OR REPLACE INTO meta VALUES ('probe', ?)", (str(number),))
            other.commit()
        print(heard)
    """
    assert finished(home, program) == f"{times}\n"
    assert integrity(home) == "ok"


def test_fault_51_a_lock_held_for_long_is_waited_for_only_so_long(tmp_path: Path) -> None:
    home = tmp_path / "home"
    history = open_history(home, patience=0.2)
    history.add(record(1))
    process = start(
        home,
        """
        import sqlite3
        other = sqlite3.connect(home / "history.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        time.sleep(60)
        """,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        began = time.monotonic()
        with pytest.raises(Busy, match=r"locked by another process for more than 0\.2 seconds"):
            history.add(record(2))
        assert 0.2 <= time.monotonic() - began < 1
        began = time.monotonic()
        for _ in range(3):  # who waited in vain is not made to wait so long again
            with pytest.raises(Busy):
                history.begin_run("p", None, {})
        assert time.monotonic() - began < 0.5
        assert history.candidates(key_of(1))
        late = open_history(home, patience=0.2)  # fault 52: opening while it is locked
        assert late.candidates(key_of(1))
    finally:
        process.kill()
        process.communicate()
    assert history.add(record(2)).sequence == 2


def test_fault_52_an_exclusive_lock_is_busy_too_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    open_history(home).close()
    process = start(
        home,
        """
        import sqlite3
        other = sqlite3.connect(home / "history.db", isolation_level=None)
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        print("locked", flush=True)
        time.sleep(60)
        """,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        history = open_history(home, patience=0.1)
        with pytest.raises(Busy):
            history.candidates(key_of(1))
        with pytest.raises(Busy):
            history.begin_run("p", None, {})
    finally:
        process.kill()
        process.communicate()
    assert len([entry for entry in caplog.records if "history" in entry.message]) == 1
    assert history.begin_run("p", None, {}).number == 1


def test_fault_36_stop_ends_the_wait_for_a_lock(tmp_path: Path) -> None:
    home = tmp_path / "home"
    open_history(home).close()
    out = finished(
        home,
        """
        import sqlite3, threading
        history = open_history(home, patience=30)
        other = sqlite3.connect(home / "history.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        began = time.monotonic()
        try:
            history.add(record(1))
        except KeyboardInterrupt:
            print("stopped", time.monotonic() - began < 1)
        """,
    )
    assert out == "stopped True\n"


def test_fault_57_a_clock_that_jumps_changes_no_order_and_no_duration(tmp_path: Path) -> None:
    from zenbook.testing.store import FakeClock

    clock = FakeClock()
    history = open_history(tmp_path / "home", clock=clock)
    ids = []
    for jump in (0.0, -86_400.0, 10 * 365 * 86_400.0, -(10**10), 10**15):
        run = history.begin_run("p", None, {})
        history.set_step(run.id, line(seconds=float(len(ids))))
        clock.move(jump)
        ended = history.end_run(run.id, "completed")
        assert ended.ended is not None
        assert ended.ended >= ended.started
        ids.append(run.id)
    assert [run.id for run in history.runs()] == ids[::-1]
    assert [run.number for run in history.runs()] == [5, 4, 3, 2, 1]
    assert history.expected("train", "p") == 4.0
    assert history.run("latest").id == ids[-1]  # type: ignore[union-attr]


def test_a_store_fault_is_all_that_a_closed_or_unusable_history_raises(tmp_path: Path) -> None:
    history = open_history(tmp_path / "home")
    history.close()
    assert history.add(record(1)).sequence == 1  # closing is no end: it opens again
    history.close()
    (tmp_path / "home" / "history.db").unlink()
    (tmp_path / "home" / "history.db").mkdir()
    with pytest.raises(StoreFault):
        history.add(record(2))
    with pytest.raises(StoreFault):
        history.candidates(key_of(1))
