"""Which running steps an event of this thread belongs to.

A step's own thread is known by a context variable (so concurrent async steps are kept apart), a
thread that a step started by its :class:`threading.Thread` object, and a worker of a thread pool,
which may have been made before the step, counts for every step that runs: one read too many costs
a needless run at worst, one too few a stale result. Other threads are strangers.

What a step does in other processes has a room of its own (:mod:`watch_away`).
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from threading import get_ident

from zenbook.world.files import is_quiet
from zenbook.world.watch_notes import Notes

running: list[Notes] = []
"""Notes of every step that runs in this process; empty means: nothing is watched."""

_stack: ContextVar[tuple[Notes, ...]] = ContextVar("zenbook_watching", default=())
_children: weakref.WeakKeyDictionary[threading.Thread, tuple[Notes, ...]] = (
    weakref.WeakKeyDictionary()
)
_threads: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
_POOLS = frozenset(
    {
        *("concurrent.futures.process", "concurrent.futures.thread", "multiprocessing.pool"),
        *("joblib.externals.loky.process_executor", "loky.process_executor"),
    }
)
"""Modules whose threads outlive the step that they were started for, and work for later ones."""


@contextmanager
def following(notes: Notes) -> Iterator[None]:
    """Let what this context does count for ``notes``, and for the steps around it."""
    _stack.set((*_stack.get(), notes))
    running.append(notes)
    try:
        yield
    finally:
        notes.is_open = False
        running.remove(notes)
        _stack.set(tuple(each for each in _stack.get() if each is not notes))


def current() -> tuple[Notes, ...]:
    """The notes that an event of this thread belongs to, outermost step first."""
    if is_quiet():
        return ()
    stack = _stack.get()
    if stack:
        alive = tuple(notes for notes in stack if notes.is_open)
        if alive:
            return alive
    thread = _threads.get(get_ident())
    if thread is None:
        return tuple(running)  # made by native code (arrow reads with such): any step's
    target = getattr(thread, "_target", None)
    if getattr(target, "__module__", "") in _POOLS or type(thread).__module__ in _POOLS:
        return tuple(running)
    return tuple(notes for notes in _children.get(thread, ()) if notes.is_open)


def is_within(context: Context, notes: Notes) -> bool:
    """Whether what runs in this context is a step's doing."""
    return notes in context.get(_stack, ())


def thread_starts(thread: threading.Thread, *, by_user: bool) -> None:
    """A thread is about to be started by the code that runs here, itself the user's or not."""
    everyone = current()
    if everyone:
        _children[thread] = everyone
    for notes in everyone:
        notes.starts(thread, by_user=by_user)


def reach(notes: Notes, module: str, name: str = "") -> None:
    """Note that this name of a module, or the module, was looked up."""
    if notes.reached.is_news(module, name):
        notes.reached.found(module, name)


def follow_from_now(everyone: tuple[Notes, ...]) -> None:
    """Let all that this context does from now on count for these notes, and for no others."""
    running[:] = everyone
    _stack.set(everyone)
