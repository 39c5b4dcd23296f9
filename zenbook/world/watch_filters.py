"""Warnings that the filters hide, or make an error, while a step runs.

Nobody is told of a warning that is hidden: Python looks through ``warnings.filters`` and goes on.
So a filter of our own stands before the others. It is asked about each warning that none of the
step's own filters has settled, remembers it, and never applies. Of its three parts the message's
is asked first; which one is last differs between Python's two makings of :mod:`warnings`.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable
from typing import Any

Hear = Callable[[str, type[Warning], str], None]
"""Told of each warning: its text, its category, and the module it is about."""

_asked = threading.local()
_listeners: list[Hear] = []


def _answer(part: str, value: Any, *, is_last: bool) -> bool:
    """Note one part of what is asked; what the filter's part answers."""
    told = vars(_asked)
    if part == "message":
        told.clear()
    told[part] = value
    if len(told) == 3:
        text, category, module = told["message"], told["category"], told["module"]
        told.clear()
        for hear in _listeners:
            hear(text, category, module)
    return not is_last


class _Category(type):
    def __subclasscheck__(cls, category: type) -> bool:
        return _answer("category", category, is_last=False)


class _Any(Warning, metaclass=_Category):
    """In the place of a filter's category."""


class _Pattern:
    """In the place of a filter's pattern. For who hands the filters on, as scikit-learn does to its
    workers, it is one that nothing matches."""

    pattern, flags = "(?!)", 0

    def __init__(self, part: str, *, is_last: bool) -> None:
        self._part, self._is_last = part, is_last

    def match(self, text: str) -> bool:
        return _answer(self._part, text, is_last=self._is_last)

    def __reduce__(self) -> tuple[Any, ...]:
        return re.compile, (self.pattern,)


_OURS: Any = (
    "default",
    _Pattern("message", is_last=False),
    _Any,
    _Pattern("module", is_last=True),
    0,
)


def listen(hear: Hear) -> None:
    """Have each warning told that the filters which stand now are asked about."""
    end()
    _listeners.append(hear)
    warnings.filters.insert(0, _OURS)  # type: ignore[attr-defined]


def end() -> None:
    """Leave the filters as they would be without us."""
    _listeners.clear()
    warnings.filters[:] = standing()  # type: ignore[index]


def standing() -> list[Any]:
    """The filters, without ours, and without what threads that put all anew have made of ours."""
    return [each for each in warnings.filters if each[2] is not _Any and each[2] is not _Asking]


def as_filtering(one: tuple[Any, ...]) -> tuple[Any, ...]:
    """A filter as ``warnings.filterwarnings`` puts it: what is a pattern may have been a text
    before, as Python's first filters are that it makes itself. Threads of scikit-learn put all of
    them anew, and may leave them so."""
    action, message, category, module, line = one
    if type(message) is str:
        message = re.compile(message, re.IGNORECASE) if message else None
    if type(module) is str:
        module = re.compile(module) if module else None
    return (action, message, category, module, line)


class _Asking(Warning):
    """What is given only to hear which version of the filters Python is at."""


_ASKING: Any = ("ignore", None, _Asking, None, 0)


def version() -> int:
    """How often the filters have changed: a mark that a warning was shown is good for one version
    of them. Python tells it to the registry that a warning comes with (measured: 1 µs)."""
    registry: dict[Any, Any] = {}
    filters: Any = warnings.filters
    filters.insert(0, _ASKING)
    try:
        warnings.warn_explicit("", _Asking, "", 1, registry=registry)
    finally:
        filters.remove(_ASKING)
    return int(registry.get("version", 0))
