"""What users' code prints while zenbook looks at their values is nobody's output.

To describe a value, to keep it and to load it runs its ``__getstate__``, ``__reduce__``,
``__hash__`` or ``__setstate__``, and these may print. Only what the looking thread itself prints is
left out: others go on showing what they show. So ``sys.stdout`` is stood in for while anybody looks
(``contextlib.redirect_stdout`` would take it from every thread). Errors and warnings are shown.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

_looking: Counter[int] = Counter()
_lock = threading.Lock()


class _Unheard:
    """A stream without what is written by a thread that looks."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> Any:
        """Write it, unless it is nobody's."""
        return len(text) if _looking[get_ident()] else self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def unheard() -> Iterator[None]:
    """Leave out what this thread prints while the block, or the decorated function, runs."""
    thread = get_ident()
    with _lock:
        _looking[thread] += 1
        if type(sys.stdout) is not _Unheard and sys.stdout is not None:
            sys.stdout = _Unheard(sys.stdout)
    try:
        yield
    finally:
        with _lock:
            _looking[thread] -= 1
            if not _looking[thread]:
                del _looking[thread]
            if not _looking and type(sys.stdout) is _Unheard:
                sys.stdout = sys.stdout.stream


def beneath(stream: Any) -> Any:
    """The stream itself, also where it is stood in for at the moment."""
    return stream.stream if type(stream) is _Unheard else stream
