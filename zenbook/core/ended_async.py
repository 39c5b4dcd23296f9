"""Things of :mod:`asyncio` that are over, or at rest: a task that is done, a coroutine that was
awaited, a group that was left, a semaphore for which nobody waits. Cells leave them behind
(``tasks = [fetch(url) for url in urls]``, ``await asyncio.gather(*tasks)``).

Which loop they belonged to is no part of them: it is over with them, or the notebook's only one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Kind = tuple[Callable[[Any], bool], Callable[[Any], tuple[Any, ...]]]
"""Whether one of these is over, and what it then is."""
_NUMBERED = re.compile(r"Task-\d+")


def _is_done(future: Any) -> bool:
    """An error that nobody has asked for will still be told of, when the future goes."""
    return future.done() and not future._log_traceback


def of_future(future: Any) -> tuple[Any, ...]:
    """What a future that is done is: whether it was cancelled, its result, its error."""
    if future.cancelled():
        return (True, None, None)
    error = future.exception()
    return (False, None if error is not None else future.result(), error)


def _of_task(task: Any) -> tuple[Any, ...]:
    name = task.get_name()
    return ("" if _NUMBERED.fullmatch(name) else name, *of_future(task))


def _has_ended(frame: str) -> Callable[[Any], bool]:
    return lambda one: getattr(one, frame) is None


def names_of(one: Any) -> tuple[Any, ...]:
    """What a generator or coroutine that has ended is: what it was called."""
    return (one.__name__, one.__qualname__)


def _is_free(lock: Any) -> bool:
    return not (lock._waiters or getattr(lock, "_locked", False))


def _is_bare(queue: Any) -> bool:
    return not (queue._queue or queue._getters or queue._putters)


def _of_queue(queue: Any) -> tuple[Any, ...]:
    return (queue.maxsize, queue._unfinished_tasks, getattr(queue, "_is_shutdown", False))


def _is_left(group: Any) -> bool:
    return group._exiting and not group._tasks


_QUEUE: Kind = (_is_bare, _of_queue)
KINDS: dict[str, Kind] = {
    "_asyncio.Future": (_is_done, of_future),
    "_asyncio.Task": (_is_done, _of_task),
    "asyncio.locks.BoundedSemaphore": (_is_free, lambda one: (one._value, one._bound_value)),
    "asyncio.locks.Event": (_is_free, lambda one: (one.is_set(),)),
    "asyncio.locks.Lock": (_is_free, lambda one: ()),
    "asyncio.locks.Semaphore": (_is_free, lambda one: (one._value,)),
    "asyncio.queues.LifoQueue": _QUEUE,
    "asyncio.queues.PriorityQueue": _QUEUE,
    "asyncio.queues.Queue": _QUEUE,
    "asyncio.taskgroups.TaskGroup": (_is_left, lambda one: ()),
    "asyncio.timeouts.Timeout": (
        lambda one: one._state.name in ("EXITED", "EXPIRED"),
        lambda one: (one._state.name,),
    ),
    "builtins.async_generator": (_has_ended("ag_frame"), names_of),
    "builtins.coroutine": (_has_ended("cr_frame"), names_of),
}
