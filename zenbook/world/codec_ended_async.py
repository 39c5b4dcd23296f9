"""Things of :mod:`asyncio` that are over, made again (:mod:`zenbook.core.ended_async`)."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any


def _loop() -> asyncio.AbstractEventLoop:
    """The loop that runs here; one that is closed, if none does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return _closed_loop()


@functools.cache
def _closed_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.close()
    return loop


def _end(future: Any, was_cancelled: bool, value: Any, error: BaseException | None) -> Any:
    """Let a future, or a task, be done with this. Functions of futures, as a task has others."""
    kind = asyncio.Future
    if was_cancelled:
        kind.cancel(future)
    elif error is not None:
        kind.set_exception(future, error)
        future.exception()  # which had been asked for
    else:
        kind.set_result(future, value)
    return future


def _future(*ended: Any) -> Any:
    return _end(asyncio.Future(loop=_loop()), *ended)


def _task(name: str, *ended: Any) -> Any:
    """Its coroutine never runs: a task asks its loop for that as it is made, and no other way."""
    loop: Any = _loop()
    coroutine = _nothing()
    loop.call_soon = lambda *_, **__: None
    try:
        task = asyncio.Task(coroutine, loop=loop, name=name or None)
    finally:
        del loop.call_soon
        coroutine.close()
    return _end(task, *ended)


async def _nothing() -> None:
    pass


async def _nobody() -> AsyncIterator[None]:
    yield


def _coroutine(name: str, qualified: str) -> Any:
    coroutine: Any = _nothing()
    coroutine.close()
    coroutine.__name__, coroutine.__qualname__ = name, qualified
    return coroutine


def _generator(name: str, qualified: str) -> Any:
    generator: Any = _nobody()
    with suppress(StopIteration):
        generator.aclose().send(None)
    generator.__name__, generator.__qualname__ = name, qualified
    return generator


def _event(is_set: bool) -> Any:
    event = asyncio.Event()
    if is_set:
        event.set()
    return event


def _bounded(value: int, bound: int) -> Any:
    semaphore: Any = asyncio.BoundedSemaphore(bound)
    semaphore._value = value
    return semaphore


def _queue(kind: type[Any]) -> Callable[[int, int, bool], Any]:
    def make(size: int, unfinished: int, is_shut: bool) -> Any:
        queue = kind(size)
        if unfinished:
            queue._unfinished_tasks = unfinished
            queue._finished.clear()
        if is_shut:
            queue.shutdown()
        return queue

    return make


def _group() -> Any:
    group: Any = asyncio.TaskGroup()
    group._entered = group._exiting = True
    group._loop = _loop()
    return group


def _timeout(state: str) -> Any:
    timeout: Any = asyncio.Timeout(None)
    timeout._state = type(timeout._state)[state]
    return timeout


MAKE: dict[str, Callable[..., Any]] = {
    "_asyncio.Future": _future,
    "_asyncio.Task": _task,
    "asyncio.locks.BoundedSemaphore": _bounded,
    "asyncio.locks.Event": _event,
    "asyncio.locks.Lock": asyncio.Lock,
    "asyncio.locks.Semaphore": asyncio.Semaphore,
    "asyncio.queues.LifoQueue": _queue(asyncio.LifoQueue),
    "asyncio.queues.PriorityQueue": _queue(asyncio.PriorityQueue),
    "asyncio.queues.Queue": _queue(asyncio.Queue),
    "asyncio.taskgroups.TaskGroup": _group,
    "asyncio.timeouts.Timeout": _timeout,
    "builtins.async_generator": _generator,
    "builtins.coroutine": _coroutine,
}
"""What makes one again, by its type's name."""
