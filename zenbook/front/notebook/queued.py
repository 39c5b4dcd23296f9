"""What pools have yet to call in a thread: jobs that wait behind others, and who hears of a result.

A worker runs no code of the user's while it sleeps in a job of Python's own, and then goes on with
the next. The jobs stand in queues that cannot be looked into, but for what Python's garbage
collector knows that they hold.
"""

from __future__ import annotations

import gc
import queue
from collections.abc import Iterable, Iterator
from types import FrameType, GeneratorType
from typing import Any

from zenbook.core.kinds import is_a, told_by

_THREADS, _PROCESSES, _POOLS = (
    "concurrent.futures.thread",
    "concurrent.futures.process",
    "multiprocessing.pool",
)
_MOST = 1000
"""Jobs that are looked at."""


def to_be_called(frame: FrameType) -> Iterator[Any]:
    """What the worker, or the manager, of a pool that this is a frame of may call: functions with
    what they are given."""
    home = frame.f_globals.get("__name__")
    if home in (_THREADS, _POOLS):
        for value in list(frame.f_locals.values()):
            yield from _calls_in(value)
    elif home == _PROCESSES:
        waiting = told_by(frame.f_locals.get("self"), "pending_work_items")
        for job in list(waiting.values())[:_MOST] if type(waiting) is dict else ():
            yield from _told_when_done(told_by(job, "future"))


def _calls_in(value: Any) -> Iterator[Any]:
    """The calls that a local variable of a pool's own code stands for."""
    kind = type(value)
    if is_a(value, (queue.SimpleQueue, queue.Queue)):
        for job in _jobs(value):
            yield from _calls_in(job)
    elif kind.__module__ == _THREADS and kind.__name__ == "_WorkItem":
        named = (told_by(value, name) for name in ("fn", "args", "kwargs", "task"))
        yield from parts_of(one for one in named if one is not None)
        yield from _told_when_done(value.future)
    elif kind is tuple and len(value) == 5:  # a task of multiprocessing's
        yield from parts_of(value[2:])
    elif kind in (tuple, list):  # several
        for task in value[:_MOST]:
            yield from _calls_in(task)
    elif kind is GeneratorType:  # which makes them
        made_of = value.gi_frame.f_locals.values() if value.gi_frame is not None else ()
        yield from filter(callable, made_of)
        for one in made_of:
            yield from _calls_in(one)
    elif kind.__module__ == _POOLS and kind.__name__ == "_PoolCache":
        for result in list(value.values())[:_MOST]:
            yield from (told_by(result, name) for name in ("_callback", "_error_callback"))


def _jobs(waiting: Any) -> list[Any]:
    """What a queue holds."""
    if is_a(waiting, queue.Queue):
        return list(waiting.queue)[:_MOST]
    held = gc.get_referents(waiting)
    lists = [one for one in held if type(one) is list]
    return [*held, *(job for one in lists for job in one)][:_MOST]


def parts_of(call: Iterable[Any]) -> Iterator[Any]:
    """A function, and what it is given one by one."""
    for part in call:
        if type(part) in (tuple, list):
            yield from parts_of(part)
        elif type(part) is dict:
            yield from part.values()
        else:
            yield part


def _told_when_done(future: Any) -> Iterator[Any]:
    yield from told_by(future, "_done_callbacks") or ()
