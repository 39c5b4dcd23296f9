"""Which inputs of a cell the threads and tasks of earlier cells can change while it runs.

A step that waits for such a thread sees a change of an input that is none of its own: a hit would
make it, and the thread, which is alive again after a restart, makes it as well. So what a thread
that runs the user's code has in reach is looked at before the step: the locals of its frames, the
globals and closures that its functions name, and what objects of the user's classes hold. Idle
workers of pools, and threads of libraries, run no code of the user's. A task goes on while a cell
awaits, and in no other.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.code_facts import names_within
from zenbook.core.kinds import held_by_name, is_a, told_by
from zenbook.world.unheard import unheard
from zenbook.world.watch_places import owner_of

_MOST = 2000
"""Objects that are looked at for one thread."""
_BEGUN_WITH = ("_target", "_args", "_kwargs", "function", "args", "kwargs")
"""What a thread, or a timer, will call."""
_libraries = weakref.WeakSet[threading.Thread]()
"""Threads begun with no code of the user's: what they run of it later stands in their frames."""


@unheard
def in_reach_of_threads(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The names of inputs that another thread's code has in reach, and which thread that is."""
    if not inputs:
        return {}
    others = [one for one in threading.enumerate() if one is not threading.current_thread()]
    stacks = sys._current_frames()
    stacks.pop(threading.get_ident())  # this very call, which would hold on to itself
    found: dict[str, str] = {}
    for thread in others:
        roots = list(_roots(thread, stacks.get(thread.ident or 0)))
        if roots:
            met, told = _reached(roots), f"the thread {thread.name}"
            found |= {name: told for name, value in inputs.items() if id(value) in met}
    return found


def in_reach_of_tasks(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The names of inputs that a task has in reach which is not done, and which task that is."""
    try:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
    except RuntimeError:  # no loop is running
        return {}
    found: dict[str, str] = {}
    for task in tasks:
        if roots := list(_awaiting(task.get_coro())):
            met, told = _reached(roots), f"the task {task.get_name()}"
            found |= {name: told for name, value in inputs.items() if id(value) in met}
    return found


def _awaiting(coroutine: Any) -> Iterator[Any]:
    """What a coroutine has in reach, and those that it awaits, where they are the user's code."""
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        yield from _seen_from(frame)
        coroutine = coroutine.cr_await


def _seen_from(frame: FrameType) -> Iterator[Any]:
    """What the user's code in this frame holds and names; nothing for a library's."""
    if owner_of(frame.f_code.co_filename) == "user":
        yield from frame.f_locals.values()
        yield from _named(frame.f_code, frame.f_globals)


def _roots(thread: threading.Thread, frame: FrameType | None) -> Iterator[Any]:
    """What a thread runs, or is to run, if that is the user's code."""
    if thread not in _libraries:
        begun = [getattr(thread, name, None) for name in _BEGUN_WITH]
        if any(map(_is_users, begun)) or _is_users(type(thread).run):
            yield from (thread, *begun)
        else:
            _libraries.add(thread)
    while frame is not None:
        yield from _seen_from(frame)
        frame = frame.f_back


def _is_users(value: Any) -> bool:
    code = told_by(told_by(value, "__func__") or value, "__code__")
    return type(code) is CodeType and owner_of(code.co_filename) == "user"


def _reached(roots: list[Any]) -> dict[int, Any]:
    """What these hold or name, by identity."""
    met: dict[int, Any] = {}
    waiting = roots
    while waiting and len(met) < _MOST:
        value = waiting.pop()
        if id(value) not in met:
            met[id(value)] = value
            waiting.extend(_held(value))
    return met


def _held(value: Any) -> Iterator[Any]:
    if is_a(value, MethodType):
        yield from (value.__self__, value.__func__)
    elif is_a(value, FunctionType) and _is_users(value):
        yield from _named(value.__code__, value.__globals__)
        yield from (cell.cell_contents for cell in value.__closure__ or () if _is_full(cell))
    elif type(value) in (tuple, list):
        yield from value[:_MOST]
    elif type(value) is dict:
        yield from list(value.values())[:_MOST]
    elif is_a(value, type) and is_local_code(value):
        yield from list(vars(value).values())
    elif is_local_code(type(value)) or is_a(value, threading.Thread):
        own = held_by_name(value)
        yield from (*(own.values() if type(own) is dict else ()), type(value))


def _named(code: CodeType, space: Mapping[str, Any]) -> Iterator[Any]:
    """The globals that code names, with the code inside it."""
    yield from (space[name] for name in names_within(code) if name in space)


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
