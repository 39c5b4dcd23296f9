"""What a step said by warnings and logging, as reads: whether, and how, that would be said now;
and what it asked of logging and the interpreter by itself.

A program that adds ``warnings.simplefilter("error")`` or another logging level changes what its
steps show, or whether they end at all. The filters and loggers as a whole are no reason, because
libraries set them while they are imported; so each warning that was shown, and each logger that
was asked, is looked at by itself, and so is each that a filter has hidden (:mod:`watch_filters`).
"""

from __future__ import annotations

import functools
import gc
import logging
import re
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from zenbook.core.closure_answers import told_of_handler
from zenbook.model import Read
from zenbook.world.hooks_set import IN_THREADS, followed_in_threads
from zenbook.world.randomness import GlobalRandomness
from zenbook.world.tracebacks import leave_out
from zenbook.world.unheard import beneath
from zenbook.world.watch_hearing import (
    chain_of,
    doing,
    hearer_of_warnings,
    hearers_asked_for,
    warned,
)
from zenbook.world.watch_once import action_on, category_of, is_full, name_of, shown
from zenbook.world.watch_places import owner_of
from zenbook.world.watch_registries import COLORMAP, colormap_now
from zenbook.world.watch_scope import current, running

_Function = Callable[..., Any]
_WARNING = re.compile(r"warning (.*) \(([\w.]+) < (\w+) in ([\w.]*)\)", re.DOTALL)
_BY_ITSELF = ", set up by itself"
_LOG = re.compile(rf"logger (.*) at (\d+)({_BY_ITSELF})?")
_LEVEL = re.compile(r"level of logger (.*)")
_SETUP = re.compile(r"setup of logger (.*)")
_ATTRIBUTES = ("level", "handlers", "filters", "propagate", "disabled")
"""The attributes of a logger that say how it is set up."""
_LEVELS = ("NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
"""The names that levels have by themselves, each ten above the one before."""
OWN_HANDLER = "the handler that logging sets up by itself"
"""``logging.warning()`` gives the root logger one where it has none, and a hit does so, too."""
_SHOWING = ("showwarning", "formatwarning")
"""What makes messages in order to show or write what it was given: Python's own functions."""
_SIGNAL = re.compile(r"handler of signal (\d+)")


def _answer(owner: Any, function: str) -> object:
    return getattr(owner, function)()


_ASKED: Sequence[tuple[str, Any, str]] = (
    ("the recursion limit", sys, "getrecursionlimit"),
    ("how long a number's text may be", sys, "get_int_max_str_digits"),
    ("how often threads take turns", sys, "getswitchinterval"),
    ("whether garbage is collected", gc, "isenabled"),
    ("how often garbage is collected", gc, "get_threshold"),
    ("the folder for temporary files", tempfile, "gettempdir"),
)
"""What there is one of in a process, by the name of a read, and the function that tells it."""
POLARS_SEED = "the seed of polars"
SEEDED = "given"


def polars_seed() -> str:
    """Whether the program has seeded the random state of polars, which nobody can ask for."""
    return SEEDED if GlobalRandomness().seeded("polars") else "none"


_FACTS: dict[str, Callable[[], object]] = {
    **{name: partial(_answer, owner, function) for name, owner, function in _ASKED},
    IN_THREADS: followed_in_threads,
    POLARS_SEED: polars_seed,
    OWN_HANDLER: lambda: "alone" if is_own(logging.root.handlers) else "beside others",
}
"""What there is one of in a process, by the name of a read."""


def report_now(name: str) -> Read:
    """The warning, logger, colormap or fact of this name: what would become of it, or what it
    is."""
    if name.startswith(COLORMAP):
        return colormap_now(name)
    if found := _SIGNAL.fullmatch(name):
        return Read("setting", name, told_of_handler(signal.getsignal(int(found[1]))))
    if name in _FACTS:
        return Read("setting", name, str(_FACTS[name]()))
    if found := _LEVEL.fullmatch(name):
        return Read("setting", name, str(logging.getLogger(found[1]).getEffectiveLevel()))
    if found := _SETUP.fullmatch(name):
        return Read("setting", name, _setup(logging.getLogger(found[1])))
    if found := _WARNING.fullmatch(name):
        return Read("setting", name, _fate_of_warning(*found.groups()))
    found = _LOG.fullmatch(name)
    return Read("setting", name, _fate_of_record(*found.groups()) if found else "")


def functions() -> tuple[tuple[object, str, Callable[[_Function], _Function]], ...]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    return (
        (warnings.WarningMessage, "__init__", _making_message),
        (logging, "basicConfig", _setting_up),
        (logging.Logger, "isEnabledFor", _asking),
        (logging.Logger, "getEffectiveLevel", _asking_level),
        (logging.Logger, "hasHandlers", _asking_handlers),
        *((logging.Logger, name, _attribute(name)) for name in _ATTRIBUTES),
        *((owner, function, _asking_for(name)) for name, owner, function in _ASKED),
        (signal, "getsignal", _asking_signal),
    )


def _note(name: str, by_itself: str = "") -> None:
    for notes in current():
        notes.reports.add(name + by_itself if OWN_HANDLER in notes.reports else name)


def _note_warning(name: str) -> None:
    """A step may give a thousand, each with another number in its text."""
    for notes in current():
        if not is_full(notes):
            notes.reports.add(name)


# ---------------------------------------------------------------- warnings


def _making_message(original: _Function) -> _Function:
    """Python makes a message right before it shows a warning, so that no function of ours need
    stand between who warns and who shows it."""
    file = original.__code__.co_filename

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **named: Any) -> None:
        try:
            original(self, *args, **named)
        except BaseException as error:
            leave_out(error)
            raise
        if running:
            code = sys._getframe(1).f_code
            if code.co_filename != file or code.co_name not in _SHOWING:
                _about_to_show(self)

    return __init__


def _about_to_show(message: Any) -> None:
    home = _module_of(message.filename)
    text = str(message.message)
    _note_warning(name_of(text, message.category, home))
    shown(text, message.category, home, message.lineno)
    warned()


def not_shown(text: str, kind: type[Warning], home: str) -> None:
    """The filters are asked about a warning: note it, if they will not let it be shown."""
    name = name_of(text, kind, home)
    if running and report_now(name).digest in ("ignore", "error"):
        _note_warning(name)


def _module_of(file: str) -> str:
    """The module whose code is in this file; the program's own for code from a cell."""
    return _module_among(file, len(sys.modules))


@functools.lru_cache(maxsize=256)
def _module_among(file: str, _modules: int) -> str:
    """The same among so many modules: a program may warn a thousand times from one file."""
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) == file:
            return name
    return "__main__"


def _fate_of_warning(text: str, kind: str, base: str, home: str) -> str:
    """What becomes of it: the filters ``ignore`` it or make it an ``error``, or it is ``shown`` or
    ``heard`` by the program itself."""
    action = action_on(text, category_of(kind, base), home)
    if action in ("ignore", "error"):
        return action
    hearer, told = hearer_of_warnings()
    return f"shown {told}".strip() if hearer is None else "heard"


# ---------------------------------------------------------------- logging


def is_own(handlers: Sequence[Any]) -> bool:
    """Whether these are none, or what logging itself gives the root logger."""
    return [*map(_told, handlers)] in ([], [_told(_own_handler())])


def set_up(reads: Iterable[Read]) -> None:
    """Let the root logger have the handler that logging gave it while a step made these reads."""
    if any(read.name == OWN_HANDLER for read in reads):
        logging.basicConfig()


def _setting_up(original: _Function) -> _Function:
    @functools.wraps(original)
    def basicConfig(**options: Any) -> None:
        is_first = not logging.root.handlers
        try:
            original(**options)
        except BaseException as error:
            leave_out(error)
            raise
        if running and is_first and not options:
            _note_own_handler()

    return basicConfig


def _note_own_handler() -> None:
    """Where a logger has spoken without it before, nobody can tell the two manners apart later."""
    for notes in current():
        if not any(map(_LOG.fullmatch, notes.reports)):
            notes.reports.add(OWN_HANDLER)


def _own_handler() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    return handler


def _told(handler: Any) -> tuple[Any, ...]:
    """What a handler does, and into which stream."""
    formatter = handler.formatter
    form = (type(formatter), getattr(formatter, "_fmt", ""), getattr(formatter, "datefmt", None))
    stream = getattr(handler, "stream", None)
    return type(handler), handler.level, tuple(handler.filters), form, id(stream)


def _asking(original: _Function) -> _Function:
    @functools.wraps(original)
    def isEnabledFor(self: Any, level: int) -> bool:
        if running:
            _note(f"logger {self.name} at {int(level)}", _BY_ITSELF)
        try:
            return bool(original(self, level))
        except BaseException as error:
            leave_out(error)
            raise

    return isEnabledFor


def _asking_level(original: _Function) -> _Function:
    @functools.wraps(original)
    def getEffectiveLevel(self: Any) -> int:
        if running and owner_of(sys._getframe(1).f_code.co_filename) in ("user", "library"):
            _note(f"level of logger {self.name}")
        try:
            return int(original(self))
        except BaseException as error:
            leave_out(error)
            raise

    return getEffectiveLevel


def _asking_handlers(original: _Function) -> _Function:
    @functools.wraps(original)
    def hasHandlers(self: Any) -> bool:
        if running and owner_of(sys._getframe(1).f_code.co_filename) == "user":
            for logger in chain_of(self):
                _note(f"setup of logger {logger.name}")
        try:
            return bool(original(self))
        except BaseException as error:
            leave_out(error)
            raise

    return hasHandlers


class _Attribute:
    """Stands for an attribute of loggers while a step runs, and notes when the user's code reads
    it, and who hears what is logged. What a logger holds stays where it is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, logger: Any, kind: type) -> Any:
        if logger is None:
            raise AttributeError(f"type object {kind.__name__!r} has no attribute {self._name!r}")
        if running:
            frame = sys._getframe(1)
            if owner_of(frame.f_code.co_filename) == "user":
                _note(f"setup of logger {logger.name}")
            elif self._name in ("handlers", "filters"):
                hearers_asked_for(logger, frame)
        try:
            return logger.__dict__[self._name]
        except KeyError:
            told = f"{type(logger).__name__!r} object has no attribute {self._name!r}"
            raise AttributeError(told) from None

    def __set__(self, logger: Any, value: Any) -> None:
        logger.__dict__[self._name] = value

    def __delete__(self, logger: Any) -> None:
        del logger.__dict__[self._name]


def _attribute(name: str) -> Callable[[_Function], Any]:
    return lambda _absent: _Attribute(name)


def _asking_for(fact: str) -> Callable[[_Function], _Function]:
    def wrap(original: _Function) -> _Function:
        @functools.wraps(original)
        def ask() -> Any:
            if running and owner_of(sys._getframe(1).f_code.co_filename) == "user":
                _note(fact)
            try:
                return original()
            except BaseException as error:
                leave_out(error)
                raise

        return ask

    return wrap


def _asking_signal(original: _Function) -> _Function:
    """Kernels handle the signal that Stop sends anew for every cell: that one is no question."""

    @functools.wraps(original)
    def getsignal(signalnum: Any) -> Any:
        is_users = running and owner_of(sys._getframe(1).f_code.co_filename) == "user"
        if is_users and signalnum != signal.SIGINT:
            _note(f"handler of signal {int(signalnum)}")
        try:
            return original(signalnum)
        except BaseException as error:
            leave_out(error)
            raise

    return getsignal


def _fate_of_record(name: str, number: str, by_itself: str | None) -> str:
    """Who handles a record of this logger and level, each as what it writes where; with the
    handler that logging sets up by itself, where the step had it do that before."""
    logger, level = logging.getLogger(name), int(number)
    if not logger.isEnabledFor(level):
        return "ignored"
    handlers: list[Any] = []
    for each in chain_of(logger):
        handlers += each.handlers
        if by_itself and each is logging.root and not each.handlers:
            handlers.append(_own_handler())
    told = [_handler(one) for one in handlers or [logging.lastResort] if one and level >= one.level]
    if told and (named := logging.getLevelName(level)) not in (f"Level {level}", _usual(level)):
        told.append(f"named {named}")
    return "; ".join(told) or "unheard"


def _usual(level: int) -> str:
    place, more = divmod(level, 10)
    return _LEVELS[place] if not more and 0 <= place < len(_LEVELS) else ""


def _setup(logger: logging.Logger) -> str:
    """How a logger is set up: all that its attributes say."""
    handlers = [f"{_handler(one)} from {one.level}" for one in logger.handlers]
    is_on = (bool(logger.propagate), bool(logger.disabled))
    return f"{logger.level} {is_on} {len(logger.filters)} {handlers}"


def _handler(handler: Any) -> str:
    formatter = handler.formatter
    form = (getattr(formatter, "_fmt", ""), getattr(formatter, "datefmt", ""))
    told = f"{type(handler).__qualname__} {_place(handler)} {form} {len(handler.filters)}"
    return " ".join([told, *filter(None, doing(handler))])


def _place(handler: Any) -> str:
    """Where a handler writes. What is shown is called alike in a kernel and in a script, whose
    streams have names of their own."""
    stream = getattr(handler, "stream", None)
    for name in ("stderr", "stdout"):
        if stream is not None and stream is beneath(getattr(sys, name)):
            return f"shown as {name}"
    return str(getattr(handler, "baseFilename", getattr(stream, "name", "")))
