"""The long loops of the store: kills and stops at random instants, forks beside a writer.

The suite runs each in a short form; ``python -m tests.long_store`` runs them in full.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

WRITER = """
import os, sys
from pathlib import Path
from zenbook.world.ports import Bundle
from zenbook.world.store import DiskStore
home, seed = Path(sys.argv[1]), int(sys.argv[2])
store = DiskStore(home)
for turn in range(1_000_000):
    size = (10, 9_000, 300_000, 5_000_000)[turn % 4]
    content = memoryview(os.urandom(9) * (size // 9))
    put = store.put(Bundle(("x",), b"%d %d" % (seed, turn), (content,)))
    print(put.blob, flush=True)
    if turn % 10 == 9:
        store.delete([put.blob])
        print("-" + put.blob, flush=True)
"""

STOPPED = """
import os, random, signal, sys, threading, time
from pathlib import Path
from zenbook.world.ports import Bundle
from zenbook.world.store import DiskStore
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
home, wanted = Path(sys.argv[1]), int(sys.argv[2])
store = DiskStore(home)
blob = store.put(Bundle((), b"first", ())).blob
stopped = 0
calling = threading.Event()
def stop():
    while True:
        calling.wait()
        calling.clear()
        if stopped >= wanted:
            return
        time.sleep(random.random() / 1000)
        os.kill(os.getpid(), signal.SIGINT)
thread = threading.Thread(target=stop)
thread.start()
turn = 0
while stopped < wanted:
    try:
        calling.set()  # only from here on may the next stop come
        while True:
            turn += 1
            blob = store.put(Bundle((), b"%d" % turn, (memoryview(bytes(turn % 3 * 4000)),))).blob
            store.get(blob)
            store.delete([blob])
    except KeyboardInterrupt:
        stopped += 1
calling.set()
thread.join()
held = store._index()._cache._con.in_transaction
print(stopped, held)
"""

FORKED = """
import os, sys, threading
from pathlib import Path
from zenbook.world.ports import Bundle
from zenbook.world.store import DiskStore
from zenbook.errors import StoreFault
home, wanted = Path(sys.argv[1]), int(sys.argv[2])
store = DiskStore(home)
known = store.put(Bundle((), b"known", ())).blob
done = threading.Event()
failed = []
def write():
    turn = 0
    try:
        while not done.is_set():
            turn += 1
            store.put(Bundle((), b"%d" % turn, (memoryview(bytes(turn % 3 * 4000)),)))
    except BaseException as error:
        failed.append(error)
thread = threading.Thread(target=write)
thread.start()
codes = []
for _ in range(wanted):
    pid = os.fork()
    if pid == 0:
        code = 0 if store.get(known)[0] == b"known" else 2
        try:
            store.put(Bundle((), b"from the child", ()))
            code = 3
        except StoreFault:
            pass
        os._exit(code)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
done.set()
thread.join()
print(set(codes), failed, len(store.faulty()))
"""


def run(program: str, *arguments: object, timeout: float) -> str:
    """Run a program in a fresh interpreter; what it printed, errors included."""
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        env=_environment(),
    ).stdout


def kill_writers(home: Path, rounds: int) -> str:
    """Kill one of two writers at a random instant, many times; then nothing is lost or halved."""
    promised: set[str] = set()
    for turn in range(rounds):
        writers = [_writer(home, 2 * turn + which) for which in (0, 1)]
        first = _first_line(random.choice(writers))
        time.sleep(random.random() / 5)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for writer in writers:
            lines = (first.pop(writer.pid, "") + writer.communicate()[0]).split("\n")[:-1]
            promised -= {line[1:] for line in lines if line.startswith("-")}
            deleted = {line[1:] for line in lines if line.startswith("-")}
            last = lines[-1] if lines else ""
            promised |= {line for line in lines if line[:1] not in "-"} - deleted - {last}
    return _verdict(home, promised)


def _writer(home: Path, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
    )


def _first_line(writer: subprocess.Popen[str]) -> dict[int, str]:
    """Wait until this writer works; what it said, by its id. Reads no byte more than the line."""
    assert writer.stdout is not None
    said = b""
    while not said.endswith(b"\n"):
        byte = os.read(writer.stdout.fileno(), 1)
        if not byte:
            break
        said += byte
    return {writer.pid: said.decode()}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def _verdict(home: Path, promised: set[str]) -> str:
    import sqlite3

    from zenbook.world.store import DiskStore

    store = DiskStore(home)
    lost = {blob for blob in promised if not store.has(blob)}
    faulty = store.faulty()
    connection = sqlite3.connect(home / "store" / "cache.db")
    ((whole,),) = connection.execute("PRAGMA integrity_check")
    connection.close()
    store.close()
    return f"{len(lost)} lost, {len(faulty)} faulty, integrity {whole}, {len(promised) > 0} work"


def interrupt_calls(home: Path, count: int) -> str:
    """Stop store calls at random instants; then another process can still write at once."""
    from zenbook.world.ports import Bundle
    from zenbook.world.store import DiskStore

    said = run(STOPPED, home, count, timeout=60 + count / 20).strip()
    began = time.monotonic()
    other = DiskStore(home)
    other.put(Bundle((), b"from another process", ()))
    other.close()
    return f"{said}, then written within a second: {time.monotonic() - began < 1}"


def fork_beside_a_writer(home: Path, count: int) -> str:
    """Fork while a thread writes; each child reads, is refused to write, and ends."""
    return run(FORKED, home, count, timeout=60 + count).strip()


FULL: tuple[tuple[Callable[[Path, int], str], int, str], ...] = (
    (kill_writers, 200, "0 lost, 0 faulty, integrity ok, True work"),
    (interrupt_calls, 5000, "5000 False, then written within a second: True"),
    (fork_beside_a_writer, 40, "{0} [] 0"),
)


def main() -> int:
    """Run every loop in full and say what came out; the exit code counts failures."""
    failures = 0
    for loop, count, expected in FULL:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_DATA_HOME"] = folder
            began = time.monotonic()
            said = loop(Path(folder) / "home", count)
        failures += said != expected
        verdict = "ok" if said == expected else f"FAILED, expected: {expected}"
        print(f"{loop.__name__} x{count}: {said} ({time.monotonic() - began:.0f} s) {verdict}")
    return failures


if __name__ == "__main__":
    raise SystemExit(main())
