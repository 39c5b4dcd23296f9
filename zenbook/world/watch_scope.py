"""Which running steps an event of this thread belongs to.

A step's own thread is known by a context variable (so concurrent async steps are kept apart), a
thread that a step started by its :class:`threading.Thread` object, and a worker of a thread pool,
which may have been made before the step, counts for every step that runs: one read too many costs
a needless run at worst, one too few a stale result. Other threads are strangers.

A forked child inherits the notes but cannot write into the parent's; what it sees goes into an
anonymous file that both hold, and the parent reads it when the step ends.
"""

from __future__ import annotations

import os
import threading
import weakref
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import get_ident

from zenbook.core.looks import look_name
from zenbook.world.files import is_quiet, look, stamp_now, working_folder
from zenbook.world.watch_notes import Notes

running: list[Notes] = []
"""Notes of every step that runs in this process; empty means: nothing is watched."""

_stack: ContextVar[tuple[Notes, ...]] = ContextVar("zenbook_watching", default=())
_children: weakref.WeakKeyDictionary[threading.Thread, tuple[Notes, ...]] = (
    weakref.WeakKeyDictionary()
)
_threads: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
_POOLS = ("concurrent.futures.thread", "multiprocessing.pool")
_FORWARDED = frozenset(
    [
        *("read", "wrote", "removed", "made_folder", "listed", "looked"),
        *("variable", "asked_where", "reached"),
    ]
)


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
    inherited = _children.get(thread)
    if inherited is not None:
        return tuple(notes for notes in inherited if notes.is_open)
    target = getattr(thread, "_target", None)
    return tuple(running) if getattr(target, "__module__", "") in _POOLS else ()


def thread_starts(thread: threading.Thread) -> None:
    """A thread is about to be started by the code that runs here."""
    notes = current()
    if notes:
        _children[thread] = notes


# ---------------------------------------------------------------- forked children

_shared: dict[int, int] = {}
"""Descriptor of the file shared with forked children, by ``id`` of the notes."""
_in_child = False


def forward(
    notes: Notes, what: str, text: str, mark: str = "", *, by_library: bool = False
) -> bool:
    """In a forked child: leave word for the parent. False in the parent itself. A look (``mark``)
    and what is about to be written tell what is there now."""
    if not _in_child:
        return False
    shared = _shared.get(id(notes))
    if shared is not None and what in _FORWARDED:
        word = text if what in ("variable", "reached") else os.path.join(working_folder(), text)
        if what == "looked":
            found = look(look_name(word, mark))
            word = "\0".join((mark, found, "library" if by_library else "", word))
        elif what == "wrote":
            word = f"{stamp_now(word)}\0{word}"
        os.write(shared, f"{what}\0{word}\n".encode("utf-8", "surrogateescape"))
    return True


def reach(notes: Notes, module: str, name: str = "") -> None:
    """Note that this name of a module, or the module, was looked up."""
    if notes.reached.is_news(module, name) and not forward(notes, "reached", f"{module} {name}"):
        notes.reached.found(module, name)


def is_child() -> bool:
    """Whether this is a forked child of a process in which a step runs."""
    return _in_child


def collect(notes: Notes) -> None:
    """Note what forked children left word of."""
    shared = _shared.pop(id(notes), None)
    if shared is None:
        return
    with open(shared, "rb") as file:
        file.seek(0)
        words = file.read().decode("utf-8", "surrogateescape").splitlines()
    for word in words:
        what, _, text = word.partition("\0")
        if what == "read":
            notes.read(text)
        elif what == "wrote":
            stamp, path = text.split("\0")
            notes.wrote(path, reads=False, before=literal_eval(stamp))
        elif what == "variable":
            notes.variable(text)
        elif what == "listed":
            notes.listed(text)
        elif what == "looked":
            mark, found, by_library, path = text.split("\0")
            notes.looked(path, mark, by_library=bool(by_library), found=found)
        elif what == "asked_where":
            notes.asked_where()
        elif what == "reached":
            notes.reached.found(*text.split(" ", 1))


def _before_fork() -> None:
    if not running or _in_child or not hasattr(os, "memfd_create"):
        return
    for notes in current():
        notes.has_forked = True
        if id(notes) not in _shared:
            _shared[id(notes)] = _word_file()


def _word_file() -> int:
    """An anonymous file in which children's words follow each other, however many write at once."""
    import fcntl

    descriptor = os.memfd_create("zenbook")
    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
    return descriptor


def _after_fork_in_child() -> None:
    global _in_child
    _in_child = bool(_shared)
    if not _in_child:
        running.clear()  # a stranger's fork, or one that cannot tell us: nothing to follow


os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
