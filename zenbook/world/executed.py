"""Which code ``exec`` and ``eval`` were given, for those who have to know what it may have done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType

_listening: list[list[CodeType]] = []


@contextmanager
def executed_code() -> Iterator[list[CodeType]]:
    """Code that the steps of this process execute while the block runs, as a list that grows.

    The watch hears of it (see :mod:`watch_events`), so it hears nothing where no step runs.
    """
    codes: list[CodeType] = []
    _listening.append(codes)
    try:
        yield codes
    finally:
        _listening[:] = [each for each in _listening if each is not codes]


def note_executed(code: object) -> None:
    """Tell whoever listens."""
    if isinstance(code, CodeType):
        for codes in _listening:
            codes.append(code)
