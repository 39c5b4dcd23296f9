"""Whether somebody pressed Stop, or Ctrl-C, while a step ran that then went on to its end.

IPython ends the program behind ``!cmd`` and goes on with the cell, and code may catch the
KeyboardInterrupt and go on with what it has. What such a step gives is not what a run gives.

The signal is heard through Python's own wakeup descriptor, for a handler in the place of
``signal.default_int_handler`` would change what ``asyncio.run`` does on Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from functools import cache


class Interrupts:
    """Hears interrupts from now on, in the main thread; in others none arrive."""

    def __init__(self) -> None:
        self._hears = threading.current_thread() is threading.main_thread()
        if self._hears:
            self._ear = _ear_of(os.getpid())
            self._before, self._is_first = self._ear.count(), self._ear.open()

    def changes(self) -> Iterator[str]:
        """Stop hearing; the reason not to keep the step's result, if there is one."""
        if not self._hears:
            return
        heard = self._ear.count() > self._before
        if self._is_first:
            self._ear.close()
        if heard:
            yield "it was interrupted and went on"


class _Ear:
    """A pair of sockets, into one of which Python writes the numbers of signals as they arrive."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._count = 0

    def __del__(self) -> None:
        self._reader.close()
        self._writer.close()

    def open(self) -> bool:
        """Whether nobody had an ear before; somebody else's is left alone."""
        known = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        if known in (-1, self._writer.fileno()):
            return known == -1
        signal.set_wakeup_fd(known)
        return False

    def close(self) -> None:
        """Give the descriptor up, unless the step has left one of its own."""
        known = signal.set_wakeup_fd(-1)
        if known not in (-1, self._writer.fileno()):
            signal.set_wakeup_fd(known)

    def count(self) -> int:
        """How many interrupts have arrived so far."""
        try:
            while numbers := self._reader.recv(4096):
                self._count += numbers.count(signal.SIGINT)
        except BlockingIOError:
            pass
        return self._count


@cache
def _ear_of(process: int) -> _Ear:
    """A forked process has its own; it would empty the one of its parent."""
    return _Ear()
