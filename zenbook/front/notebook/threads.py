"""What earlier cells have left at work, and which inputs of a cell it can change while that runs.

A step that waits for such a thread sees a change of an input that is none of its own: a hit would
make it, and the thread, which is alive again after a restart, makes it as well. So what a thread
that runs the user's code has in reach is looked at before the step: the locals of its frames, the
globals and closures that its functions name, and what objects of the user's classes hold. So is
what a worker of a pool will call next (:mod:`queued`). Idle workers, and threads of libraries, run
no code of the user's. A task goes on while a cell awaits, and in no other; so do calls that an
event loop has before it. A handler of a signal is called at any moment.
"""

from __future__ import annotations

import asyncio
import functools
import signal
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from types import (
    BuiltinMethodType,
    CodeType,
    FrameType,
    FunctionType,
    MethodType,
    MethodWrapperType,
)
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.code_facts import names_within
from zenbook.core.kinds import held_by_name, is_a
from zenbook.front.notebook.queued import parts_of, to_be_called
from zenbook.world.loop_settings import running_loop
from zenbook.world.unheard import unheard
from zenbook.world.watch_places import owner_of
from zenbook.world.whose_code import calls_users, is_users_code, users_among

_NESTS = "nest_asyncio"
"""With it, cells that do not await run a loop, too."""
_SIGNALS = tuple(sorted(n for n in signal.valid_signals() if n in set(signal.Signals)))
_handler_of: Any = getattr(signal.getsignal, "__wrapped__", signal.getsignal)
"""Without the enumeration that Python wraps it in, which takes 70 µs for all signals."""
_BOUND: tuple[type, ...] = (BuiltinMethodType, MethodWrapperType)
_MOST = 2000
"""Objects that are looked at for one thread."""
_BEGUN_WITH = ("_target", "_args", "_kwargs", "function", "args", "kwargs")
"""What a thread, or a timer, will call."""
_libraries = weakref.WeakSet[threading.Thread]()
"""Threads begun with no code of the user's: what they run of it later stands in their frames."""


AtWork = dict[str, list[Any]]
"""What is at work, in words, and what its code has in reach at once."""


@unheard
def at_work(awaits: bool) -> AtWork:
    """The user's code that may run while a cell does, which ``awaits`` or does not."""
    found = {**_threads(), **_handlers()}
    return {**found, **_tasks(), **_callbacks()} if awaits or _NESTS in sys.modules else found


@unheard
def in_reach(inputs: Mapping[str, Any], working: AtWork) -> dict[str, str]:
    """The names of inputs that what is at work has in reach, and what that is."""
    found: dict[str, str] = {}
    for told, roots in working.items() if inputs else ():
        met = _reached(list(roots))
        found |= {name: told for name, value in inputs.items() if id(value) in met}
    return found


def _threads() -> AtWork:
    others = [one for one in threading.enumerate() if one is not threading.current_thread()]
    stacks = sys._current_frames()
    stacks.pop(threading.get_ident())  # this very call, which would hold on to itself
    roots = {f"the thread {one.name}": [*_roots(one, stacks.get(one.ident or 0))] for one in others}
    return {told: held for told, held in roots.items() if held}


def _tasks() -> AtWork:
    """The tasks that are not done."""
    try:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
    except RuntimeError:  # no loop is running
        return {}
    roots = {
        f"the task {task.get_name()}": [*_awaiting(task.get_coro()), *_called_when_done(task)]
        for task in tasks
    }
    return {told: held for told, held in roots.items() if held}


def _called_when_done(task: Any) -> Iterator[Any]:
    for call, _ in getattr(task, "_callbacks", None) or ():
        yield from users_among([call])


def _callbacks() -> AtWork:
    """What the running loop is to call: soon, later, for a signal, or once something can be read or
    written."""
    loop = running_loop()
    if loop is None:
        return {}
    watched: Mapping[Any, Any] = getattr(getattr(loop, "_selector", None), "get_map", dict)() or {}
    handles = [
        *getattr(loop, "_scheduled", ()),
        *getattr(loop, "_ready", ()),
        *getattr(loop, "_signal_handlers", {}).values(),
        *(handle for key in list(watched.values()) for handle in key.data or ()),
    ]
    roots = [
        root
        for handle in handles
        if handle is not None and not handle.cancelled()
        for root in users_among([handle._callback, *(handle._args or ())])
    ]
    return {"a call that the event loop was to make": roots} if roots else {}


def _handlers() -> AtWork:
    """What is called for signals."""
    called = {number: one for number in _SIGNALS if callable(one := _handler_of(number))}
    found = {number: [*users_among([one])] for number, one in called.items()}
    return {f"the handler of {signal.Signals(n).name}": held for n, held in found.items() if held}


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
        if calls_users(type(thread).run, parts_of(begun)):
            yield from (thread, *begun)
        else:
            _libraries.add(thread)
    while frame is not None:
        yield from _seen_from(frame)
        yield from users_among(to_be_called(frame))
        frame = frame.f_back


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
    elif type(value) in _BOUND:
        yield value.__self__
    elif is_a(value, functools.partial):
        yield from (value.func, *value.args, *value.keywords.values())
    elif is_a(value, FunctionType) and is_users_code(value):
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
