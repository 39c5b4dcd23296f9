"""Who hears what a step says by warnings and logging, apart from those who show it.

A handler that stood before the step, and puts what it is given into a list, holds more after a run
than before; and so does the list of a ``warnings.catch_warnings(record=True)`` that was entered
before. A hit says nothing to them. So what was heard by one of them is not kept, unless all that it
does is to show it (:mod:`hearers`), which is recorded as any display. A file that a handler had
open before, no hit writes into, either.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
import weakref
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

from zenbook.core.kinds import is_a
from zenbook.world.hearers import is_shown_or_librarys, shown_by
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_scope import current

_LOGGING = logging.addLevelName.__code__.co_filename
"""The file by which logging knows its own code."""


class _Standing:
    """Who heard warnings and records before a step began."""

    def __init__(self) -> None:
        handlers = [each() for each in list(logging._handlerList)]  # type: ignore[attr-defined]
        self.warned, _ = hearer_of_warnings()
        self._handlers = {id(each): each for each in handlers if each is not None}
        self._said: dict[int, str] = {}

    def says(self, handler: Any) -> str:
        """A sentence if a handler was there before and does something that no hit does."""
        place = id(handler)
        if self._handlers.get(place) is not handler:
            return ""
        if place not in self._said:
            self._said[place] = doing(handler)[1]
        return self._said[place]


_standing: weakref.WeakKeyDictionary[Notes, _Standing] = weakref.WeakKeyDictionary()


def know(notes: Notes) -> None:
    """Note who hears now what is said by warnings and logging."""
    _standing[notes] = _Standing()


def hearer_of_warnings() -> tuple[object, str]:
    """What is given each warning that is shown, and may do something else with it, None for
    nobody; and what the user's code shows of it."""
    shows: Any = warnings.showwarning
    if shows is getattr(warnings, "_showwarning_orig", shows):
        shows = getattr(warnings, "_showwarnmsg_impl", shows)
    told = []
    for each in (shows, warnings.formatwarning):
        told.append(shown_by(each))
        if told[-1] is None:
            recorder = getattr(each, "__self__", each)
            return (recorder if type(recorder) is list else each), ""
    return None, " ".join(each for each in told if each)


def warned() -> None:
    """A warning is about to be shown."""
    hearer, _ = hearer_of_warnings()
    for notes in current() if hearer is not None else ():
        if _standing[notes].warned is hearer:
            notes.obstacle("it warns a part of the program which may remember it")


def hearers_asked_for(logger: Any, frame: FrameType) -> None:
    """This code asks a logger for its handlers or filters. If it is logging itself, they are about
    to hear a record; so no function of ours need stand between who logs and who hears it."""
    if frame.f_code.co_filename != _LOGGING:
        return
    if frame.f_code.co_name == "callHandlers":
        _handled(vars(logger).get("handlers", ()), frame.f_locals["record"])
    elif frame.f_code.co_name == "filter":
        _filtered(logger)


def _handled(handlers: Iterable[Any], record: Any) -> None:
    for notes in current():
        for handler in handlers:
            if record.levelno >= handler.level and (told := _standing[notes].says(handler)):
                notes.obstacle(told)


def _filtered(logger: Any) -> None:
    """A logger's own filters: a step sets up none that are there afterwards."""
    for each in vars(logger).get("filters", ()):
        if shown_by(each) is None:
            for notes in current():
                notes.obstacle(f"it logs through a filter of {logger.name} which may remember it")


def chain_of(logger: logging.Logger) -> Iterator[logging.Logger]:
    """A logger and those that it hands its records on to."""
    each: logging.Logger | None = logger
    while each is not None:
        yield each
        each = each.parent if each.propagate else None


def doing(handler: Any) -> tuple[str, str]:
    """What the user's code and streams of a handler do with a record that a hit does, too, as
    text; and a sentence if they may do something else."""
    name = type(handler).__qualname__
    formatters = () if handler.formatter is None else (handler.formatter,)
    told = [shown_by(each) for each in (handler, *formatters, *handler.filters)]
    stream = getattr(handler, "stream", None)
    is_elsewhere = stream is not None and not is_shown_or_librarys(stream)
    place = getattr(handler, "baseFilename", getattr(stream, "name", None))
    if is_elsewhere and None not in told and isinstance(place, str):
        return "", f"it logs into {os.path.basename(place)}, which was open before"
    if None in told or is_elsewhere or _is_held_back(handler):
        return "", f"it logs to the handler {name}, which may remember it"
    return " ".join(each for each in told if each), ""


def _is_held_back(handler: Any) -> bool:
    """Whether it is one of Python's that hands on later what it is given now."""
    kinds = sys.modules.get("logging.handlers")
    return kinds is not None and is_a(handler, (kinds.BufferingHandler, kinds.QueueHandler))
