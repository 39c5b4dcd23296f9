"""Calls that Stop, a fork or another thread must not cut in half.

Constraints, and what was measured (CPython 3.11, Linux):

* ``KeyboardInterrupt`` between SQLite's ``BEGIN`` and ``COMMIT`` leaves a write lock behind for
  as long as the kernel lives: 447 of 10,634 interrupts. So SIGINT is *held back*, not ignored:
  while the main thread is inside a guarded call, the handler only takes a note, and the note is
  delivered to the real handler the moment the call is over.
* ipykernel and asyncio put in their own SIGINT handler for each cell. A handler installed once
  would be replaced by them; so ours is put in at the start of each call and taken out at its
  end. Done through ``_signal``, which skips the enum dressing of ``signal``: 1.3 µs a
  call instead of 5 µs.
* Forking while another thread is inside SQLite hangs the child (22 of 40). All guarded calls
  of a process share one lock, and a fork waits for it.

Rejected: ``signal.pthread_sigmask`` (the kernel delivers to another thread instead),
a helper thread that does the store's work (a hand-over costs 50 µs and a fork loses it).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from zenbook.errors import Busy

_SIGINT = int(_signal.SIGINT)
_FORK_PATIENCE = 30.0
_LOCK_PATIENCE = 60.0
_POLL = 0.05

_main = threading.main_thread().ident
_lock = threading.RLock()
_held_for_fork = False


class _Deferral:
    """The main thread's one note about SIGINT. ``depth`` counts nested guarded calls."""

    __slots__ = ("depth", "pending", "previous")

    def __init__(self) -> None:
        self.depth = 0
        self.pending: FrameType | bool | None = None
        self.previous: Any = None

    def note(self, _signum: int, frame: FrameType | None) -> None:
        """Stand in for the real handler: remember, do nothing."""
        self.pending = frame if frame is not None else True

    def begin(self) -> None:
        """Hold SIGINT back from now on, unless nobody in Python would hear it."""
        if self.depth == 0:
            self.pending = None
            current = _signal.getsignal(_SIGINT)
            if current is None or current == _signal.SIG_IGN:
                self.previous = None
            else:
                self.previous = current
                _signal.signal(_SIGINT, self.note)
        self.depth += 1

    def end(self) -> None:
        """Put the real handler back and give it the signal that came meanwhile."""
        self.depth = max(0, self.depth - 1)  # a forked child has begun anew
        if self.depth or self.previous is None:
            return
        previous, self.previous = self.previous, None
        pending, self.pending = self.pending, None
        # The note of a signal that arrives in these two lines is taken by signal() itself,
        # which runs what is pending before it exchanges handlers.
        _signal.signal(_SIGINT, previous)
        pending = pending if self.pending is None else self.pending
        self.pending = None
        if pending is not None:
            self._deliver(previous, pending)

    @staticmethod
    def _deliver(handler: Any, pending: FrameType | bool) -> None:
        if callable(handler):
            handler(_SIGINT, pending if isinstance(pending, FrameType) else None)
        else:
            os.kill(os.getpid(), _SIGINT)


_deferral = _Deferral()


class guarded:
    """Let a short call finish: Stop waits for its end, other threads and forks stay out.

    Use as ``with guarded():``. Re-entrant. SIGINT is held back on the main thread only, because
    Python delivers it nowhere else. Raises :class:`zenbook.errors.Busy` if another thread of
    this process stays inside for a minute, and KeyboardInterrupt if Stop comes while waiting.
    Keep what is inside short: hashing and writing large buffers belong outside.
    """

    __slots__ = ("_deferring", "_lock")

    def __enter__(self) -> guarded:
        self._deferring = threading.get_ident() == _main
        self._lock = _lock
        if self._deferring:
            _deferral.begin()
        if not _lock.acquire(blocking=False) and not _wait(self._deferring):
            if self._deferring:
                _deferral.end()
            raise Busy("another thread of this process is still using the store")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
        if self._deferring:
            _deferral.end()


def _wait(deferring: bool) -> bool:
    """Wait for the lock in short polls; a Stop that comes meanwhile gives up (False)."""
    for _ in range(int(_LOCK_PATIENCE / _POLL)):
        if _lock.acquire(timeout=_POLL):
            return True
        if deferring and _deferral.pending is not None:
            return False
    return False


class Origin:
    """Remembers which process something was opened in.

    A forked child shares its parent's file positions and locks but none of its threads; what
    was opened in the parent must be neither used nor closed there.
    """

    __slots__ = ("pid",)

    def __init__(self) -> None:
        self.pid = os.getpid()

    @property
    def is_here(self) -> bool:
        """Whether this is still the process it was made in."""
        return os.getpid() == self.pid


_in_child: list[Callable[[], None]] = []


def after_fork(call: Callable[[], None]) -> None:
    """Call this in each forked child, once the guard itself works there again."""
    _in_child.append(call)


def _before_fork() -> None:
    global _held_for_fork
    _held_for_fork = _lock.acquire(timeout=_FORK_PATIENCE)


def _after_fork_in_parent() -> None:
    global _held_for_fork
    if _held_for_fork:
        _held_for_fork = False
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock, _main, _held_for_fork
    _lock = threading.RLock()
    _held_for_fork = False
    _main = threading.main_thread().ident
    if _deferral.previous is not None:
        _signal.signal(_SIGINT, _deferral.previous)
    _deferral.__init__()  # type: ignore[misc]
    for call in _in_child:
        call()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
