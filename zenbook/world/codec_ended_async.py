"""Things of :mod:`asyncio` that are over, made again (:mod:`zenbook.core.ended_async`)."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

MAKE: dict[str, Callable[..., Any]] = {}
"""What makes one again, by its type's name."""


def _makes(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def put(make: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            MAKE[name] = functools.partial(make, name.rpartition(".")[2]) if names[1:] else make
        return make

    return put


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


@_makes("_asyncio.Future")
def _future(*ended: Any) -> Any:
    return _end(asyncio.Future(loop=_loop()), *ended)


@_makes("_asyncio.Task")
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


@_makes("builtins.coroutine")
def _coroutine(name: str, qualified: str) -> Any:
    coroutine: Any = _nothing()
    coroutine.close()
    coroutine.__name__, coroutine.__qualname__ = name, qualified
    return coroutine


@_makes("builtins.async_generator")
def _generator(name: str, qualified: str) -> Any:
    generator: Any = _nobody()
    with suppress(StopIteration):
        generator.aclose().send(None)
    generator.__name__, generator.__qualname__ = name, qualified
    return generator


@_makes("asyncio.locks.Lock")
def _lock() -> Any:
    return asyncio.Lock()


@_makes("asyncio.locks.Event")
def _event(is_set: bool) -> Any:
    event = asyncio.Event()
    if is_set:
        event.set()
    return event


@_makes("asyncio.locks.Semaphore")
def _semaphore(value: int) -> Any:
    return asyncio.Semaphore(value)


@_makes("asyncio.locks.BoundedSemaphore")
def _bounded(value: int, bound: int) -> Any:
    semaphore: Any = asyncio.BoundedSemaphore(bound)
    semaphore._value = value
    return semaphore


@_makes("asyncio.queues.Queue", "asyncio.queues.LifoQueue", "asyncio.queues.PriorityQueue")
def _queue(kind: str, size: int, unfinished: int, is_shut: bool) -> Any:
    queue: Any = getattr(asyncio, kind)(size)
    if unfinished:
        queue._unfinished_tasks = unfinished
        queue._finished.clear()
    if is_shut:
        queue.shutdown()
    return queue


@_makes("asyncio.taskgroups.TaskGroup")
def _group() -> Any:
    group: Any = asyncio.TaskGroup()
    group._entered = group._exiting = True
    group._loop = _loop()
    return group


@_makes("asyncio.timeouts.Timeout")
def _timeout(state: str) -> Any:
    timeout: Any = asyncio.Timeout(None)
    timeout._state = type(timeout._state)[state]
    return timeout
