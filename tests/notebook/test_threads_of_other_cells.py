"""A change that another cell's thread makes while a step waits for it is the thread's alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebook.kernel import Kernel
from zenbook.front.notebook.threads import at_work, in_reach

BEGIN = """
import threading, time
from concurrent.futures import ThreadPoolExecutor
res, begun, go, done = [], threading.Event(), threading.Event(), threading.Event()
class Holder:
    def __init__(self, held): self.held = [held]
    def work(self): go.wait(5); self.held[0].append('late'); done.set()
def work():
    begun.set()
    go.wait(5)
    add()
    done.set()
def add(): res.append('late')
def inner(held): return lambda: (go.wait(5), held.append('late'), done.set())
"""
WAITS = "%%step s\ngo.set()\ndone.wait(5)\nlen(res)"
STARTED = {
    "a function": "threading.Thread(target=work).start()",
    "a function with a closure": "threading.Thread(target=inner(res)).start()",
    "a function that is given it": (
        "threading.Thread(target=lambda x: (go.wait(5), x.append('late'), done.set()),"
        " args=[res]).start()"
    ),
    "a method": "threading.Thread(target=Holder(res).work).start()",
    "a timer": "threading.Timer(0.01, work).start()",
    "an executor": "pool = ThreadPoolExecutor(1)\nworking = pool.submit(work)",
    "a job behind another": (
        "pool = ThreadPoolExecutor(1)\nfirst = pool.submit(go.wait, 5)\nworking = pool.submit(work)"
    ),
    "a job that is given it": (
        "pool = ThreadPoolExecutor(1)\nfirst = pool.submit(go.wait, 5)\n"
        "jobs = [pool.submit(res.append, 'late'), pool.submit(done.set)]"
    ),
    "a job of multiprocessing's": (
        "from multiprocessing.pool import ThreadPool\npool = ThreadPool(1)\n"
        "jobs = [pool.apply_async(go.wait, [5]), pool.apply_async(work)]"
    ),
    "jobs of multiprocessing's": (
        "from multiprocessing.pool import ThreadPool\npool = ThreadPool(1)\n"
        "jobs = [pool.apply_async(go.wait, [5]), pool.map_async(lambda _: work(), [1])]"
    ),
    "who hears of a result": (
        "pool = ThreadPoolExecutor(1)\nworking = pool.submit(go.wait, 5)\n"
        "working.add_done_callback(lambda _: work())"
    ),
    "who hears of a result of multiprocessing's": (
        "from multiprocessing.pool import ThreadPool\npool = ThreadPool(1)\n"
        "job = pool.apply_async(go.wait, [5], callback=lambda _: work())"
    ),
}
IDLE = {
    "a monitor": "def watch():\n    while not go.wait(0.01): pass\n"
    "threading.Thread(target=watch, daemon=True).start()",
    "a job of Python's own": "pool = ThreadPoolExecutor(1)\n"
    "jobs = [pool.submit(go.wait, 0.5) for _ in range(2)]",
    "an idle pool": "pool = ThreadPoolExecutor(1)\n_ = list(pool.map(add.__class__, []))",
    "a bar": "from tqdm.auto import tqdm\nfor i in tqdm(range(2)): pass",
}


@pytest.mark.parametrize("case", STARTED)
def test_a_step_that_waits_for_another_cells_thread_is_not_kept(case: str, kernel: Kernel) -> None:
    told = "may have been changed by the thread"
    for _ in range(2):
        played = kernel.play(BEGIN, STARTED[case], WAITS, "res")
        assert told in played[2].said and played[2].status == "completed", played[2].said
        assert (played[2].result, played[3].result) == ("1", "['late']")
        kernel.fresh()


TASKS = {
    "a coroutine": "task = asyncio.create_task(work())",
    "one that another awaits": (
        "async def outer(): await work()\ntask = asyncio.create_task(outer())"
    ),
    "one that is given it": (
        "async def late(held):\n    await asyncio.sleep(1)\n    held.append('late')\n"
        "task = asyncio.create_task(late(res))"
    ),
}
LOOP = """
import asyncio
res, task = [], None
async def work():
    await asyncio.sleep(1)
    res.append('late')
"""


@pytest.mark.parametrize("case", TASKS)
def test_a_step_that_awaits_another_cells_task_is_not_kept(case: str, kernel: Kernel) -> None:
    step = "%%step s\nimport asyncio\nwhile not res: await asyncio.sleep(0.01)\nlen(res)"
    for _ in range(2):
        played = kernel.play(LOOP, TASKS[case], step, "res")
        assert "may have been changed by the task" in played[2].said, played[2].said
        assert (played[2].result, played[3].result) == ("1", "['late']")
        kernel.fresh()


def test_a_task_that_cannot_go_on_or_does_something_else_is_no_reason(kernel: Kernel) -> None:
    other = "async def wait(): await asyncio.sleep(9)\ntask = asyncio.create_task(wait())"
    within = "%%step t\nasync def add(): res.append(2)\nawait asyncio.create_task(add())"
    begun = (TASKS["a coroutine"], "%%step s\nres.append(1)", "task.cancel()")
    for status in ("completed", "cached"):
        played = kernel.play(LOOP, *begun, other, within, "res")
        assert [played[2].status, played[5].status] == [status] * 2, played[5].said
        assert played[6].result == "[1, 2]"
        kernel.run("task.cancel()")
        kernel.fresh()


@pytest.mark.parametrize("case", [*STARTED, *IDLE])
def test_what_a_thread_has_in_reach_is_known(case: str) -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(BEGIN + STARTED.get(case, IDLE.get(case, "")), space)
    if case == "an executor":
        space["begun"].wait(5)
    inputs = {"res": space["res"], "other": [1]}
    found = in_reach(inputs, at_work(awaits=False))
    space["go"].set()
    for end in ("shutdown", "terminate"):
        getattr(space.get("pool"), end, int)()
    assert found.keys() == ({"res"} if case in STARTED else set())


@pytest.mark.parametrize("case", IDLE)
def test_a_thread_that_does_something_else_is_no_reason(case: str, kernel: Kernel) -> None:
    for status in ("completed", "cached"):
        played = kernel.play(BEGIN, IDLE[case], "%%step s\nres.append(1)", "res")
        assert (played[2].status, played[3].result) == (status, "[1]"), played[2].said
        kernel.fresh()


REBINDING = """
import asyncio, signal, threading, time
g, seen = 0, {}
def f(): return g
def bind(*_):
    global g
    g = 5
def late():
    time.sleep(1)
    bind()
async def awaiting():
    await asyncio.sleep(1)
    bind()
"""
OTHERS = {
    "a thread": ("threading.Thread(target=late).start()", "the thread"),
    "a timer": ("threading.Timer(1, bind).start()", "the thread"),
    "a task": ("task = asyncio.create_task(awaiting())", "the task"),
    "a call of the loop": ("call = asyncio.get_running_loop().call_later(1, bind)", "a call that"),
    "a handler": (
        "old = signal.signal(signal.SIGALRM, bind)\nold = signal.setitimer(signal.ITIMER_REAL, 1)",
        "the handler of SIGALRM",
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_step_while_which_others_bind_a_name_is_not_kept(case: str, own: Kernel) -> None:
    begun, told = OTHERS[case]
    for _ in range(2):
        step = own.play(
            REBINDING, begun, "%%step s\nwhile not f(): await asyncio.sleep(0.01)\nf()"
        )[2]
        assert f"not kept: g may have been bound by {told}" in step.said, step.said
        assert step.result == "5"
        own.restart()


FILLING = {
    "a call of the loop": (
        "call = asyncio.get_running_loop().call_later(1, seen.update, {'k': 5})",
        "a call that",
    ),
    "a handler": (
        (
            "old = signal.signal(signal.SIGALRM, lambda *_: seen.update(k=5))\n"
            "old = signal.setitimer(signal.ITIMER_REAL, 1)"
        ),
        "the handler of SIGALRM",
    ),
}


@pytest.mark.parametrize("case", FILLING)
def test_a_step_while_which_others_fill_a_dictionary_is_not_kept(case: str, own: Kernel) -> None:
    begun, told = FILLING[case]
    for _ in range(2):
        step = own.play(
            REBINDING, begun, "%%step s\nwhile not seen: await asyncio.sleep(0.01)\nseen['k']"
        )[2]
        assert f"not kept: seen may have been changed by {told}" in step.said, step.said
        assert step.result == "5"
        own.restart()


def test_a_step_that_binds_names_itself_is_kept_whoever_is_at_work(own: Kernel) -> None:
    begun = "def watch(): threading.Event().wait(60)\n"
    begun += "threading.Thread(target=watch, daemon=True).start()"
    handled = "old = signal.signal(signal.SIGALRM, lambda *_: seen.clear())"
    step = "%%step s\nimport math\nfor i in range(3): n = i\nbind()\nn, f()"
    for status in ("completed", "cached"):
        played = own.play(REBINDING, begun, handled, step)[3]
        assert (played.status, played.result) == (status, "(2, 5)"), played.said
        own.restart()
