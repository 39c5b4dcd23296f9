"""What is over when a step has ended is kept, and a hit leaves the same: of asyncio and threads,
progress bars, handlers of a log."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

ABOVE = """
import asyncio, queue, sys, threading
async def fetch(n):
    await asyncio.sleep(0.001)
    return [n]
async def fails(n):
    raise ValueError(n)
async def count(n):
    for each in range(n):
        yield each
async def again(one):
    try:
        return await one
    except BaseException as error:
        return repr(error)
def told(bar):
    left, drawn, _ = bar.container.children
    shown = left.value, drawn.value, drawn.max, drawn.bar_style, drawn.style.bar_color
    return shown, bar.container.comm is None, bar.n, bar.update()
"""
CASES = {
    "coroutines": (
        "jobs = [fetch(n) for n in range(3)]\nouts = await asyncio.gather(*jobs)",
        "y = outs, [job.__name__ for job in jobs], [await again(job) for job in jobs]",
    ),
    "tasks": (
        "jobs = [asyncio.create_task(fetch(n)) for n in 'abc']\nouts = await asyncio.gather(*jobs)",
        "y = outs, await asyncio.gather(*jobs), jobs[0].done(), outs[0] is await jobs[0]",
    ),
    "named tasks that fail or are cancelled": (
        (
            "jobs = [asyncio.create_task(fails(1), name='one'), asyncio.create_task(fetch(2))]\n"
            "jobs[1].cancel()\n_ = await asyncio.gather(*jobs, return_exceptions=True)"
        ),
        "y = [await again(job) for job in jobs], jobs[0].get_name(), jobs[1].cancelled()",
    ),
    "a future": (
        "it = asyncio.get_running_loop().create_future()\nit.set_result(3)",
        "y = await it, it.result(), type(it).__name__",
    ),
    "what was waited for": (
        (
            "jobs = {asyncio.create_task(fetch(n)) for n in range(3)}\n"
            "done, pending = await asyncio.wait(jobs)"
        ),
        "y = sorted(job.result() for job in done), pending, done == jobs",
    ),
    "a group": (
        "async with asyncio.TaskGroup() as group:\n    job = group.create_task(fetch(1))",
        "y = job.result(), await again(group.__aenter__()), repr(group)",
    ),
    "a semaphore for which somebody waited": (
        (
            "gate = asyncio.Semaphore(1)\nasync def through(n):\n    async with gate:\n"
            "        return await fetch(n)\nouts = await asyncio.gather(through(1), through(2))"
        ),
        "y = outs, gate._value, await asyncio.gather(through(3), through(4))",
    ),
    "one with a bound": (
        "gate = asyncio.BoundedSemaphore(2)\nawait gate.acquire()",
        "gate.release()\ntry:\n    gate.release()\nexcept ValueError as error:\n    y = str(error)",
    ),
    "a lock and an event": (
        "lock, event = asyncio.Lock(), asyncio.Event()\nasync with lock:\n    event.set()",
        "y = lock.locked(), event.is_set(), await event.wait()",
    ),
    "a queue": (
        (
            "jobs = asyncio.Queue(5)\nfor n in range(2):\n    jobs.put_nowait(n)\n"
            "outs = [await jobs.get() for _ in range(2)]\njobs.task_done()"
        ),
        "jobs.task_done()\nawait jobs.join()\ny = outs, jobs.maxsize, jobs.empty()",
    ),
    "a time limit": (
        "async with asyncio.timeout(5) as limit:\n    out = await fetch(1)",
        "y = out, limit.expired(), await again(limit.__aenter__())",
    ),
    "threads": (
        (
            "outs = []\nworkers = [threading.Thread(target=outs.append, args=(1,), name='one')]\n"
            "_ = [each.start() for each in workers]\n_ = [each.join() for each in workers]"
        ),
        (
            "y = outs, workers[0].name, workers[0].is_alive(), workers[0].join()\n"
            "try:\n    workers[0].start()\nexcept RuntimeError as error:\n    y = y, str(error)"
        ),
    ),
    "a queue of threads": (
        "jobs = queue.Queue(3)\njobs.put(1)\nouts = [jobs.get()]\njobs.task_done()",
        "jobs.put(2)\ny = outs, jobs.get(), jobs.maxsize, jobs.unfinished_tasks",
    ),
    "progress bars of notebooks": (
        (
            "from tqdm.auto import tqdm, trange\nrows, off = tqdm([1, 2]), tqdm(disable=True)\n"
            "for _ in rows: pass\nwith tqdm(total=3, desc='a', colour='red') as bar:\n"
            "    bar.update(2)\nfor _ in (gone := trange(2, leave=False, ncols=60)): pass"
        ),
        (
            "off.update()\ny = [told(each) for each in (rows, bar, gone)], list(rows), off.n, "
            "hasattr(off, 'container'), bar.fp._wrapped is sys.stdout"
        ),
    ),
    "handlers of a log": (
        (
            "import io, logging\nlog, text = logging.getLogger('it'), io.StringIO()\n"
            "hs = [logging.FileHandler('it.log', mode='w'), logging.StreamHandler(text)]\n"
            "for each in hs: log.addHandler(each)\nlog.warning('seen')\n"
            "for each in hs: log.removeHandler(each)\nhs[0].close()"
        ),
        (
            "hs[1].emit(logging.makeLogRecord({'msg': 'more'}))\n"
            "y = text.getvalue(), open('it.log').read(), hs[0].stream, hs[1].level"
        ),
    ),
    "an async generator": (
        "rows = count(2)\nouts = [row async for row in rows]",
        "y = outs, [row async for row in rows], rows.__name__",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_step_is_kept_and_leaves_what_a_run_leaves(case: str, kernel: Kernel) -> None:
    body, later = CASES[case]
    kernel.play(ABOVE, body, later)
    plain = kernel.value("repr(y)")
    for expected in ("completed", "cached"):
        kernel.fresh()
        cell = kernel.play(ABOVE, f"%%step s\n{body}", later)[1]
        assert (cell.status, kernel.value("repr(y)")) == (expected, plain), cell.said


def test_a_bar_that_is_made_again_under_its_name_is_kept(kernel: Kernel) -> None:
    body = "from tqdm.auto import tqdm\nfor row in (bar := tqdm([1, 2])): pass"
    said = [kernel.run(f"%%step s\n{body}").said for _ in range(3)]
    assert "not kept" not in said[0] and all("cached" in each for each in said[1:]), said
    moved = kernel.run("%%step t\nbars = [bar]\ndel bar")
    assert "not kept" not in moved.said


UNDER_WAY = {
    "a task": "job = asyncio.create_task(asyncio.sleep(60))",
    "a coroutine": "job = fetch(1)",
    "a lock that is held": "lock = asyncio.Lock()\nawait lock.acquire()",
    "a queue that holds something": "jobs = asyncio.Queue()\njobs.put_nowait(1)",
    "a queue of threads that does": "jobs = queue.Queue()\njobs.put(1)",
}


@pytest.mark.parametrize("case", UNDER_WAY)
def test_what_is_under_way_is_not_kept(case: str, kernel: Kernel) -> None:
    cell = kernel.play(ABOVE, f"%%step s\n{UNDER_WAY[case]}")[1]
    assert "not kept" in cell.said
    kernel.run("job.cancel() if hasattr(job, 'cancel') else job.close()")
