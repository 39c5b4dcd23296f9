"""A change that another cell's thread makes while a step waits for it is the thread's alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebook.kernel import Kernel
from zenbook.front.notebook.threads import in_reach_of_threads

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
}
IDLE = {
    "a monitor": "def watch():\n    while not go.wait(0.01): pass\n"
    "threading.Thread(target=watch, daemon=True).start()",
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
    found = in_reach_of_threads(inputs)
    space["go"].set()
    assert found.keys() == ({"res"} if case in STARTED else set())


@pytest.mark.parametrize("case", IDLE)
def test_a_thread_that_does_something_else_is_no_reason(case: str, kernel: Kernel) -> None:
    for status in ("completed", "cached"):
        played = kernel.play(BEGIN, IDLE[case], "%%step s\nres.append(1)", "res")
        assert (played[2].status, played[3].result) == (status, "[1]"), played[2].said
        kernel.fresh()
