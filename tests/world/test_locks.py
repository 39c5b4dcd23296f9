"""The same key is computed once at a time, and no lock outlives its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.world.bundles import in_process, private_home
from zenbook.testing.store import NoLocks
from zenbook.world.locks import FileLocks
from zenbook.world.ports import Locks

HOLD = """
import sys, time
from pathlib import Path
from zenbook.world.locks import FileLocks
with FileLocks(Path(sys.argv[1])).once(sys.argv[2], 60):
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return private_home(tmp_path, monkeypatch)


def holder(home: Path, key: str, seconds: float) -> subprocess.Popen[str]:
    """Another process that holds the key's lock, already on return."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home), key, str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("kind", ["file", "none"])
def test_a_free_lock_is_had_at_once_and_nobody_was_before_us(kind: str, home: Path) -> None:
    locks: Locks = FileLocks(home) if kind == "file" else NoLocks()
    with locks.once("k", 5) as waited:
        assert waited is False
    with locks.once("k", 5) as waited:
        assert waited is False


def test_nothing_is_left_behind(home: Path) -> None:
    with FileLocks(home).once("../../odd \0 key" + "x" * 300, 5):
        assert len(list((home / "locks").iterdir())) == 1
    assert list((home / "locks").iterdir()) == []


def test_fault_44_the_same_key_nested_in_one_thread_does_not_lock_itself_out(home: Path) -> None:
    locks = FileLocks(home)
    with locks.once("k", 5):
        with locks.once("k", 5) as waited:
            assert waited is False
        assert len(list((home / "locks").iterdir())) == 1


def test_threads_with_the_same_key_take_turns_and_the_second_looks_again(home: Path) -> None:
    locks = FileLocks(home)
    said: list[tuple[str, bool]] = []
    started = threading.Barrier(2)

    def work(name: str) -> None:
        started.wait()
        with locks.once("k", 5) as waited:
            said.append((name, waited))
            time.sleep(0.1)
            said.append((name, waited))

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said[0] == said[1] and said[2] == said[3]
    assert [waited for _, waited in said] == [False, False, True, True]


def test_other_keys_do_not_wait(home: Path) -> None:
    process = holder(home, "k", 60)
    try:
        with FileLocks(home).once("other", 0.5) as waited:
            assert waited is False
    finally:
        process.kill()
        process.communicate()


def test_fault_72_another_process_is_waited_for(home: Path) -> None:
    process = holder(home, "k", 0.5)
    began = time.monotonic()
    with FileLocks(home).once("k", 20) as waited:
        assert waited is True
    assert 0.1 < time.monotonic() - began < 10
    process.communicate()


def test_fault_73_a_killed_holder_lets_the_next_one_in_within_a_second(home: Path) -> None:
    process = holder(home, "k", 60)
    threading.Timer(0.2, process.kill).start()
    began = time.monotonic()
    with FileLocks(home).once("k", 20) as waited:
        assert waited is True
    assert time.monotonic() - began < 1.2
    process.communicate()


def test_fault_73_a_stopped_holder_is_waited_for_no_longer_than_patience(home: Path) -> None:
    process = holder(home, "k", 60)
    process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    with FileLocks(home).once("k", 0.4) as waited:
        assert waited is True
    assert 0.3 < time.monotonic() - began < 2
    process.kill()
    process.communicate()


def test_fault_74_a_lock_file_deleted_while_held_harms_nobody(home: Path) -> None:
    first, second = FileLocks(home), FileLocks(home)
    with first.once("k", 5):
        for path in (home / "locks").iterdir():
            path.unlink()
        thread_saw: list[bool] = []

        def work() -> None:
            with second.once("k", 5) as waited:
                thread_saw.append(waited)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(5)
        assert thread_saw == [False]
    with first.once("k", 5) as waited:
        assert waited is False


def test_stop_ends_the_wait(home: Path) -> None:
    process = holder(home, "k", 60)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), FileLocks(home).once("k", 60):
        pass
    assert time.monotonic() - began < 2
    signal.signal(signal.SIGINT, before)
    process.kill()
    process.communicate()


def test_a_forked_child_that_outlives_the_holder_does_not_hold_on(home: Path) -> None:
    program = """
import os, sys, time
from pathlib import Path
from zenbook.world.locks import FileLocks
lock = FileLocks(Path(sys.argv[1])).once("k", 5)
lock.__enter__()
if os.fork() == 0:
    os.close(1); os.close(2)
    time.sleep(5)
os._exit(0)
"""
    in_process(program, str(home))
    with FileLocks(home).once("k", 3) as waited:
        assert waited is False


@pytest.mark.parametrize("spoil", ["file", "link"])
def test_where_locking_does_not_work_the_step_runs_without(spoil: str, home: Path) -> None:
    if spoil == "file":
        (home / "locks").write_text("in the way")
    else:
        (home / "locks").symlink_to(home)
    with FileLocks(home).once("k", 5) as waited:
        assert waited is False


def test_an_error_inside_lets_go(home: Path) -> None:
    locks = FileLocks(home)
    with pytest.raises(ValueError), locks.once("k", 5):
        raise ValueError
    assert list((home / "locks").iterdir()) == []
