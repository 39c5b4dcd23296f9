"""What a step leaves running, or to happen later: no hit could have it happen again.

Of threads, tasks and processes those are looked at that were not there before; of timers, of work
that was handed to a pool, and of what is to happen when an object goes, what the step was heard to
ask for. What the event loop is to call tells by its context which step has asked for that.

Libraries keep workers, monitors and calls of their own, idle or to clean up, that are no part of
any result. So what counts is what the user's code asks for by itself, and what will run it. A pool
whose threads have done all they were given is no reason, nor is what asyncio does for a task: that
task counts itself. Measured: 9 µs for a look before and one after.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from zenbook.core.kinds import is_a, told_by
from zenbook.world.loop_settings import running_loop
from zenbook.world.watch_followed import Handed
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_places import owner_at, owner_of
from zenbook.world.watch_scope import current, is_within, running
from zenbook.world.whose_code import calls_users, innermost, name_of_called

_Function = Callable[..., Any]
_THREADS, _POOLS = "concurrent.futures.thread", "multiprocessing.pool"
HOMES = frozenset({_THREADS, _POOLS})
"""The modules whose functions are to be wrapped as soon as they are imported."""
_ENDING = 0.25
"""Seconds in which a process may still end that was told to: a pool that nobody holds any more."""
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_BETWEEN = frozenset({"path", "stdlib", "zenbook"})


@dataclass(frozen=True, slots=True, eq=False)
class RunningBefore:
    """What runs when a step begins."""

    threads: frozenset[threading.Thread]
    tasks: Mapping[Any, int]
    """Tasks, and how often each was asked to end."""
    children: frozenset[Any]
    timers: tuple[bool, ...]

    @classmethod
    def now(cls) -> RunningBefore:
        """What runs at this moment."""
        tasks = {task: _times_cancelled(task) for task in _tasks()}
        children = frozenset(_children())
        return cls(frozenset(threading.enumerate()), tasks, children, _timers_set())

    def left(self, notes: Notes) -> Iterator[str]:
        """Sentences for what the step started, or asked for, and left to happen."""
        for thread in threading.enumerate():
            if thread not in self.threads and _is_users(thread, notes):
                yield f"it left the thread {thread.name} running"
        yield from self._left_of_loop(notes)
        for child in _children():
            if child not in self.children:
                child.join(_ENDING)
                if child.is_alive():
                    yield f"it left the process {child.name} running"
        for reference in notes.programs:
            program = reference()
            if program is not None and program.poll() is None:
                yield f"it left the program {_program_name(program)} running"
        for handed in notes.handed:
            waiting = handed.reference()
            if waiting is not None and not handed.is_over(waiting):
                yield f"it left {handed.name}"
        if any(now and not before for now, before in zip(_timers_set(), self.timers, strict=True)):
            yield "it left a timer of signals running"

    def _left_of_loop(self, notes: Notes) -> Iterator[str]:
        """What it left to the event loop, and which tasks of others it asked to end."""
        tasks = _tasks()
        for task in tasks:
            if task not in self.tasks and _is_users_task(task):
                yield f"it left the task {task.get_name()} running"
        for task, before in self.tasks.items():
            if _times_cancelled(task) > before and _is_users_task(task):
                yield f"it cancelled the task {task.get_name()}"
        for handle in _handles():
            is_steps = not handle.cancelled() and is_within(handle._context, notes)
            if is_steps and _is_deed(handle._callback, handle._args):
                yield f"it left {name_of_called(handle._callback)} for the event loop to call"


# ---------------------------------------------------------------- what it was heard to ask for


def functions() -> Iterator[tuple[object, str, Callable[[_Function], _Function]]]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    yield weakref.finalize, "__init__", _finalizing
    for home, name, method, make in (
        (_THREADS, "ThreadPoolExecutor", "submit", _submitting),
        (_POOLS, "ApplyResult", "__init__", _expecting),
        (_POOLS, "IMapIterator", "__init__", _expecting),
    ):
        kind = getattr(sys.modules.get(home), name, None)
        if kind is not None:
            yield kind, method, make


def _finalizing(original: _Function) -> _Function:
    """Something is to happen when an object goes."""

    @functools.wraps(original)
    def __init__(self: Any, obj: Any, func: Any, /, *args: Any, **kwargs: Any) -> None:
        original(self, obj, func, *args, **kwargs)
        if running and (_is_users_frame(sys._getframe(1)) or calls_users(func, args)):
            told = f"{name_of_called(func)} to be called when an object goes"
            _note(told, functools.partial(_itself, self), _is_settled)

    return __init__


def _submitting(original: _Function) -> _Function:
    """A pool of threads is given work."""

    @functools.wraps(original)
    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        future = original(self, fn, *args, **kwargs)
        if running and (_is_asked_by_user(sys._getframe(1)) or calls_users(fn, args)):
            _note(
                f"{name_of_called(fn)} running in a pool of threads",
                weakref.ref(future),
                _is_finished,
            )
        return future

    return submit


def _expecting(original: _Function) -> _Function:
    """A pool of multiprocessing's, of threads or processes, is given work."""

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if running and _is_asked_by_user(sys._getframe(1)):
            _note("work running in a pool", weakref.ref(self), _is_computed)

    return __init__


def _note(name: str, reference: Callable[[], Any], is_over: Callable[[Any], bool]) -> None:
    for notes in current():
        notes.handed.append(Handed(name, reference, is_over))


def _itself(finalizer: Any) -> Any:
    """What has no weak references, and holds nothing."""
    return finalizer


def _is_settled(finalizer: Any) -> bool:
    return not finalizer.alive


def _is_finished(future: Any) -> bool:
    return bool(future.done())


def _is_computed(result: Any) -> bool:
    """Whether all of it has been computed, or nobody is left to do so."""
    if result._pool is None or result._pool._state == "TERMINATE":
        return True
    if hasattr(result, "ready"):
        return bool(result.ready())
    return bool(result._index == result._length)


# ---------------------------------------------------------------- whose it is


def _is_users_frame(frame: FrameType) -> bool:
    return owner_of(frame.f_code.co_filename) == "user"


def _is_asked_by_user(frame: FrameType | None) -> bool:
    """Whether the user's code asks for it, be it through the standard library."""
    while frame is not None and owner_of(frame.f_code.co_filename) in _BETWEEN:
        frame = frame.f_back
    return owner_at(frame) == "user"


def _is_deed(called: Any, args: Iterable[Any]) -> bool:
    """Whether what the event loop is to call is more than its own or a library's affair: the user's
    code, or something for everybody of the standard library (``event.set``, ``print``)."""
    if calls_users(called, args):
        return True
    called = innermost(called)
    name = told_by(called, "__name__")
    module = told_by(called, "__module__") or type(told_by(called, "__self__")).__module__
    is_standard = str(module).partition(".")[0].lstrip("_") in sys.stdlib_module_names
    return type(name) is str and is_standard and not name.startswith("_") and name != "task_wakeup"


def _is_users(thread: threading.Thread, notes: Notes) -> bool:
    """Whether the user's code runs in the thread, or has begun it. Libraries keep workers and
    monitors, idle between calls, that are no part of any result."""
    if is_a(thread, threading.Timer):
        timer: Any = thread
        if timer.finished.is_set():
            return False
        if calls_users(timer.function, timer.args):
            return True
    if thread in notes.begun:
        return True
    target: Any = getattr(thread, "_target", None) or type(thread).run
    while hasattr(target, "__wrapped__") or hasattr(target, "func"):
        target = getattr(target, "__wrapped__", None) or target.func
    code = getattr(getattr(target, "__func__", target), "__code__", None)
    return code is None or owner_of(code.co_filename) == "user"


def _is_users_task(task: Any) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and owner_of(code.co_filename) == "user"


# ---------------------------------------------------------------- what runs


def _tasks() -> Iterable[Any]:
    loop = running_loop()
    tasks: Iterable[Any] = () if loop is None else sys.modules["asyncio"].all_tasks(loop)
    return tasks


def _times_cancelled(task: Any) -> int:
    """How often it was asked to end."""
    return int(task.cancelling()) if hasattr(task, "cancelling") else 0


def _handles() -> Iterator[Any]:
    """What the event loop is to call, now and later; loops of other makers do not tell."""
    loop = running_loop()
    for name in ("_ready", "_scheduled"):
        yield from list(getattr(loop, name, ()))


def _children() -> Iterable[Any]:
    """Live processes of multiprocessing's; pools that libraries keep for reuse are not counted."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is None:
        return ()
    children: Iterable[Any] = multiprocessing.active_children()
    return [child for child in children if "loky" not in type(child).__module__]


def _timers_set() -> tuple[bool, ...]:
    """Which of the system's timers are to send a signal."""
    return tuple(signal.getitimer(timer)[0] > 0 for timer in _TIMERS)


def _program_name(program: Any) -> str:
    words = program.args
    first = words if isinstance(words, (str, bytes, os.PathLike)) else words[0]
    return os.path.basename(os.fsdecode(first).split(" ")[0])
