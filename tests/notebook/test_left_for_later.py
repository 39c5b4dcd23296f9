# ruff: noqa: ISC004  (cells are quoted as they stand in a notebook)
"""What a step leaves to happen later happens after a restart as well, for the step runs again."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

GIVEN = """
import asyncio, functools, gc, signal, threading, time, weakref
from concurrent.futures import ThreadPoolExecutor, as_completed
from multiprocessing.pool import ThreadPool
t = []
class Holder: pass
held = Holder()
def late():
    time.sleep(0.05)
    t.append(1)
def soon(): t.append(1)
async def ending():
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        t.append(1)
        raise
others = asyncio.create_task(ending(), name='others')
await asyncio.sleep(0)
event = asyncio.Event()
"""
LEAVING = {
    "a timer": ("threading.Timer(0.05, t.append, [1]).start()", "it left the thread Thread-"),
    "a timer of a library's function": (
        "threading.Timer(0.05, time.sleep, [0.01]).start()",
        "it left the thread Thread-",
    ),
    "work of a pool": (
        "ThreadPoolExecutor(1).submit(late)",
        "it left late() running in a pool of threads",
    ),
    "work of the loop's pool": (
        "asyncio.get_running_loop().run_in_executor(None, late)",
        "it left late() running in a pool of threads",
    ),
    "work that a task is to hand on": (
        "def begin(): asyncio.ensure_future(asyncio.to_thread(late))\nbegin()",
        "a task is still running (Task-",
    ),
    "work of a pool of multiprocessing's": (
        "def begin(): ThreadPool(1).apply_async(late)\nbegin()",
        "it left work running in a pool",
    ),
    "a call of the loop": (
        "asyncio.get_running_loop().call_soon(t.append, 1)",
        "it left append() for the event loop to call",
    ),
    "a later call of the loop": (
        "asyncio.get_running_loop().call_later(0.02, functools.partial(soon))",
        "it left soon() for the event loop to call",
    ),
    "an event that the loop is to set": (
        "def begin(): asyncio.get_running_loop().call_later(0.02, event.set)\nbegin()",
        "it left set() for the event loop to call",
    ),
    "an end of an object": (
        "weakref.finalize(held, t.append, 1)",
        "it left append() to be called when an object goes",
    ),
    "a task that was there": (
        "def stop():\n    for one in asyncio.all_tasks():\n"
        "        if one.get_name() == 'others': one.cancel()\nstop()",
        "it cancelled the task others",
    ),
    "a timer of signals": (
        "signal.setitimer(signal.ITIMER_REAL, 5)",
        "it left a timer of signals running",
    ),
}
DONE = {
    "a pool": "with ThreadPoolExecutor() as pool: a = [*pool.map(abs, [1, -1])]\ndel pool",
    "a pool that is idle": "def f(): return ThreadPoolExecutor(2).submit(abs, 1).result()\na = f()",
    "work as it ends": (
        "with ThreadPoolExecutor() as pool:\n"
        "    a = sorted(f.result() for f in as_completed(pool.submit(abs, n) for n in (1, 2)))\n"
        "del pool"
    ),
    "a pool that ends": "with ThreadPool(2) as pool: a = [*pool.imap(abs, [1])]\ndel pool",
    "tasks": "a = await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0.01, 2))",
    "a thread": "a = await asyncio.to_thread(abs, -1)",
    "threads": "a = await asyncio.gather(*[asyncio.to_thread(abs, n) for n in range(3)])",
    "a wait": "a = await asyncio.wait_for(asyncio.sleep(0.01, 1), 5)",
    "a wait for a thread": "a = await asyncio.wait_for(asyncio.to_thread(abs, -1), 5)",
    "a time limit": "async with asyncio.timeout(5): a = await asyncio.sleep(0, 1)",
    "a group": (
        "async def f(): return 1\n"
        "async with asyncio.TaskGroup() as group: a = group.create_task(f())\na = a.result()\n"
        "del group"
    ),
    "a timer that was stopped": (
        "def f():\n    it = threading.Timer(5, soon)\n    it.start()\n    it.cancel()\nf()\na = 1"
    ),
    "a call that was taken back": (
        "asyncio.get_running_loop().call_later(5, soon).cancel()\na = 1"
    ),
    "an end that has come": "o = Holder()\nweakref.finalize(o, int)\ndel o\na = 1",
    "a temporary folder": (
        "import tempfile\nwith tempfile.TemporaryDirectory() as d: a = 1\ndel d"
    ),
    "a program": ("p = await asyncio.create_subprocess_exec('true')\na = await p.wait()\ndel p"),
}


@pytest.mark.parametrize("case", LEAVING)
def test_a_step_that_leaves_something_to_happen_runs_again(case: str, kernel: Kernel) -> None:
    body, told = LEAVING[case]
    for _ in range(2):
        step = kernel.play(GIVEN, f"%%step s\n{body}\na = 1")[-1]
        assert told in step.said and step.status == "completed", step.said
        kernel.quietly("import signal, time; signal.setitimer(signal.ITIMER_REAL, 0)")
        kernel.quietly("time.sleep(0.15); others.cancel()")
        kernel.fresh()


def test_what_a_step_leaves_to_happen_is_there_again(kernel: Kernel) -> None:
    for _ in range(2):
        left = "%%step s\nthreading.Timer(0.05, soon).start()\na = 1"
        assert kernel.play(GIVEN, left, "time.sleep(0.2)\nlen(t)")[-1].result == "1"
        kernel.quietly("others.cancel()")
        kernel.fresh()


@pytest.mark.parametrize("case", DONE)
def test_a_step_that_has_waited_for_all_it_began_is_kept(case: str, kernel: Kernel) -> None:
    for status in ("completed", "cached"):
        step = kernel.play(GIVEN, f"%%step s\n{DONE[case]}")[-1]
        assert step.status == status and "not kept" not in step.said, step.said
        kernel.quietly("others.cancel()")
        kernel.fresh()


RUNNER = """
import asyncio
later = []
class Pause:
    def __await__(self): yield
def my_runner(coroutine):
    try:
        while True: coroutine.send(None)
    except StopIteration as end:
        for each in later: each()
        return end.value
"""


def test_what_awaits_with_another_loop_than_asyncio_is_not_kept(own: Kernel) -> None:
    awaits, plain = "%%step s\nawait Pause()\na = 1", "%%step p\nb = 2"
    own.play(RUNNER, awaits, plain)
    for _ in range(2):
        own.run(f"{RUNNER}\nhandle = later.append(lambda: globals().update(a=5))")
        own.run("%autoawait my_runner")
        step = own.run(awaits)
        assert step.status == "completed" and own.value("a") == 5
        assert "not kept: it awaits with my_runner, whose tasks nobody can see" in step.said
        assert own.run(plain).status == "cached"
        own.restart()
    own.run(RUNNER)
    assert own.run(awaits).status == "cached" and own.value("a") == 1
