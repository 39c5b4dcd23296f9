"""What users' code prints while zenbook looks at their values is nobody's output.

To describe a value, to keep it and to load it runs its ``__getstate__``, ``__reduce__``,
``__hash__`` or ``__setstate__``, and these may print. Only what the looking thread itself prints is
left out: others go on showing what they show. So ``sys.stdout`` is stood in for while anybody looks
(``contextlib.redirect_stdout`` would take it from every thread). Errors and warnings are shown.

``print`` only borrows ``sys.stdout`` (python/cpython#130163): a stand-in that went while another
thread printed to it would take the process down. So stand-ins outlive their use, the last few of
them, and are used again for the same stream, which they only hold while they stand in for it.
"""

from __future__ import annotations

import functools
import sys
from collections import deque
from collections.abc import Callable
from threading import get_ident
from typing import Any, ParamSpec, TypeVar
from weakref import ref

_looking: set[int] = set()
_Given = ParamSpec("_Given")
_Gives = TypeVar("_Gives")


class _Unheard:
    """A stream without what is written by a thread that looks."""

    def __init__(self, stream: Any) -> None:
        self._found: Callable[[], Any] = lambda: stream

    @property
    def stream(self) -> Any:
        """What it stands in for; None once that has gone."""
        return self._found()

    def stand(self, stream: Any) -> None:
        """Hold the stream."""
        self._found = lambda: stream

    def rest(self) -> Any:
        """Let go of the stream, and give it."""
        stream = self._found()
        if type(stream).__weakrefoffset__:
            self._found = ref(stream)
        return stream

    def write(self, text: str) -> Any:
        """Write it, unless it is nobody's."""
        stream = None if get_ident() in _looking else self._found()
        return len(text) if stream is None else stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found(), name)


_stand_ins: deque[_Unheard] = deque(maxlen=32)


def _stand_in(stream: Any) -> _Unheard:
    """What stands in for this stream, now and whenever it did before."""
    for known in [*_stand_ins]:
        if known.stream is stream:
            known.stand(stream)
            return known
    _stand_ins.append(made := _Unheard(stream))
    return made


def unheard(function: Callable[_Given, _Gives]) -> Callable[_Given, _Gives]:
    """A function that leaves out what its thread prints while it runs. It takes no lock, because
    every hit comes by here: two threads at once may at worst let each other be heard."""

    @functools.wraps(function)
    def looking(*args: _Given.args, **named: _Given.kwargs) -> _Gives:
        thread = get_ident()
        if thread in _looking:
            return function(*args, **named)
        _looking.add(thread)
        if type(sys.stdout) is not _Unheard and sys.stdout is not None:
            sys.stdout = _stand_in(sys.stdout)
        try:
            return function(*args, **named)
        finally:
            _looking.discard(thread)
            now = sys.stdout
            if not _looking and type(now) is _Unheard:
                sys.stdout = now.rest()

    return looking


def beneath(stream: Any) -> Any:
    """The stream itself, also where it is stood in for at the moment."""
    return stream.stream if type(stream) is _Unheard else stream
