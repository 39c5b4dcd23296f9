"""Faults B and C: kills, Stop, forks and threads in the middle of the store's work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import long_store
from tests.world.bundles import in_process, large, private_home, raw
from zenbook.errors import StoreFault
from zenbook.world.store import DiskStore

HOLDER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return private_home(tmp_path, monkeypatch)


def test_fault_25_and_27_killed_writers_leave_no_half_blob(home: Path) -> None:
    assert long_store.kill_writers(home, 4) == "0 lost, 0 faulty, integrity ok, True work"


def test_fault_34_stops_at_random_instants_leave_no_lock_behind(home: Path) -> None:
    assert long_store.interrupt_calls(home, 150) == "150 False, then written within a second: True"


def test_fault_38_and_39_forks_beside_a_writing_thread_read_and_never_write(home: Path) -> None:
    assert long_store.fork_beside_a_writer(home, 10) == "{0} [] 0"


@pytest.mark.parametrize("point", ["before rename", "before row", "in transaction", "after row"])
def test_fault_26_a_kill_at_each_point_leaves_a_whole_blob_or_none(point: str, home: Path) -> None:
    program = f"""
import os, signal, sys
from pathlib import Path
from zenbook.world import disk, store
from zenbook.world.ports import Bundle
point = {point!r}
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
kept = store.DiskStore(Path(sys.argv[1]))
kept.put(Bundle((), b"earlier", ()))
if point == "before rename":
    os.rename = die
if point == "before row":
    disk.DiskIndex.set = die
if point == "in transaction":
    kept._index()._cache._row_insert = die
kept.put(Bundle(("x",), b"h", (memoryview(bytes(9000)),)))
die()
"""
    assert in_process(program, str(home)).returncode == -signal.SIGKILL
    store = DiskStore(home)
    present = {"before rename": 1, "before row": 2, "in transaction": 2, "after row": 2}
    assert len(store.sizes()) == present[point]
    assert store.faulty() == {}
    blob = store.put(raw(b"h", bytes(9000))).blob
    assert store.has(blob) and len(store.sizes()) == 2


def test_fault_35_stop_right_after_begin_leaves_no_transaction(home: Path) -> None:
    program = """
import signal, sqlite3, sys
from pathlib import Path
from zenbook.world.ports import Bundle
from zenbook.world.store import DiskStore
store = DiskStore(Path(sys.argv[1]))
store.put(Bundle((), b"earlier", ()))
signal.signal(signal.SIGINT, signal.default_int_handler)
sent = []
def trace(frame, event, argument):
    if event == "line" and frame.f_code.co_name == "_transact" and not sent:
        if frame.f_locals.get("begin") is True:
            sent.append(frame.f_lineno)
            signal.raise_signal(signal.SIGINT)
    return trace
sys.settrace(trace)
try:
    store.put(Bundle((), b"later", ()))
except KeyboardInterrupt:
    sys.settrace(None)
    print("stopped", store._index()._cache._con.in_transaction, len(store.sizes()))
other = sqlite3.connect(Path(sys.argv[1]) / "store" / "cache.db", timeout=0, isolation_level=None)
other.execute("BEGIN IMMEDIATE")
print("free")
"""
    assert in_process(program, str(home)).stdout == "stopped False 2\nfree\n"


def test_fault_36_stop_while_a_large_result_is_written_is_heard_soon_and_leaves_no_draft(
    home: Path,
) -> None:
    program = """
import signal, sys, threading, os, time
from pathlib import Path
from zenbook.world import store
from zenbook.world.ports import Bundle
kept = store.DiskStore(Path(sys.argv[1]))
signal.signal(signal.SIGINT, signal.default_int_handler)
content = bytes(1 << 20)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
slow = os.pwrite
def pwrite(*given):
    time.sleep(0.01)
    return slow(*given)
os.pwrite = pwrite
try:
    kept.put(Bundle(("x",), b"h", (memoryview(content),) * 400))
except KeyboardInterrupt:
    print("stopped", kept.sizes(), [p.name for p in kept._folder.rglob("*.draft")])
"""
    began = time.monotonic()
    assert in_process(program, str(home)).stdout == "stopped {} []\n"
    assert time.monotonic() - began < 5


def test_fault_38_a_forked_child_reads_and_never_writes_and_the_parent_goes_on(
    home: Path,
) -> None:
    store = DiskStore(home)
    names = [store.put(each).blob for each in (raw(b"small"), large())]
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            read = [store.get(name)[0] for name in names] == [b"small", b"header 1"]
            try:
                store.put(raw(b"from the child"))
            except StoreFault as fault:
                code = 0 if read and "forked" in str(fault) else 2
            store.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert set(store.sizes()) == set(names)
    assert store.put(raw(b"later")).blob in store.sizes()


def test_fault_40_pools_work_beside_an_open_store(home: Path) -> None:
    program = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from zenbook.world.ports import Bundle
from zenbook.world.store import DiskStore
store = DiskStore(Path(sys.argv[1]))
for kind in ("fork", "forkserver"):
    store.put(Bundle((), kind.encode(), ()))
    with ProcessPoolExecutor(2, mp_context=get_context(kind)) as pool:
        print(sum(pool.map(abs, range(20))))
print(len(store.sizes()))
"""
    done = in_process(program, str(home))
    assert (done.stdout, done.stderr) == ("190\n190\n2\n", "")


def test_fault_51_a_lock_held_by_another_process_costs_patience_once(home: Path) -> None:
    DiskStore(home).put(raw(b"earlier"))
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLDER,
            str(home / "store" / "cache.db"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        store = DiskStore(home, patience=0.6)
        for least, most in ((0.5, 2.0), (0.0, 0.5)):
            began = time.monotonic()
            with pytest.raises(StoreFault):
                store.put(raw(b"now"))
            assert least <= time.monotonic() - began <= most
    finally:
        holder.kill()
        holder.communicate()
    assert store.put(raw(b"now")).blob in store.sizes()


def test_fault_52_reading_and_opening_while_another_process_writes_works(home: Path) -> None:
    store = DiskStore(home)
    blob = store.put(raw(b"earlier")).blob
    with store._index()._cache.transact():  # type: ignore[attr-defined]
        done = in_process(
            "import sys, time; from pathlib import Path\n"
            "from zenbook.errors import StoreFault\n"
            "from zenbook.world.store import DiskStore\n"
            "began = time.monotonic()\n"
            "try: print(DiskStore(Path(sys.argv[1]), patience=0.5).get(sys.argv[2]))\n"
            "except StoreFault as fault: print(type(fault).__name__)\n"
            "print(time.monotonic() - began < 3)\n",
            str(home),
            blob,
        )
    assert done.stdout == "Busy\nTrue\n"
