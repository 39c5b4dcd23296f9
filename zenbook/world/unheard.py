"""What users' code prints while zenbook looks at their values is nobody's output.

To describe a value, to keep it and to load it runs its ``__getstate__``, ``__reduce__``,
``__hash__`` or ``__setstate__``, and these may print. Only what the looking thread itself prints is
left out: others go on showing what they show. So ``sys.stdout`` is stood in for while anybody looks
(``contextlib.redirect_stdout`` would take it from every thread). Errors and warnings are shown.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from threading import get_ident
from typing import Any, ParamSpec, TypeVar

_looking: set[int] = set()
_Given = ParamSpec("_Given")
_Gives = TypeVar("_Gives")


class _Unheard:
    """A stream without what is written by a thread that looks."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> Any:
        """Write it, unless it is nobody's."""
        return len(text) if get_ident() in _looking else self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


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
            sys.stdout = _Unheard(sys.stdout)
        try:
            return function(*args, **named)
        finally:
            _looking.discard(thread)
            now = sys.stdout
            if not _looking and type(now) is _Unheard:
                sys.stdout = now.stream

    return looking


def beneath(stream: Any) -> Any:
    """The stream itself, also where it is stood in for at the moment."""
    return stream.stream if type(stream) is _Unheard else stream
