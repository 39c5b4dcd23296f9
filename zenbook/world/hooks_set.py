"""Hooks of the interpreter that the program has set, and that any step may set off: by an error
that nobody can catch, by a signal, by room that is made.

No code of a step says so, so they count for every step, where the program's text names them and
they are not as a new process has them. So do settings of the process
(:mod:`zenbook.world.process_settings`).
"""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from zenbook.core.places_set import Place
from zenbook.world.process_settings import SET_BY, Path
from zenbook.world.whose_code import calls_users

Hook = tuple[str, Any, str]
"""What it is called, what it is now, and why nothing that is made with it can be kept."""
_AUDITING = ("sys", "addaudithook")
_UNKNOWN = "an audit hook was added (sys.addaudithook), and what that does cannot be known"


def hooks_named(places: Iterable[Place]) -> tuple[Path, ...]:
    """Which hooks the program's text may set, by the path of what sets them."""
    paths = {place.path[:2] for place in places}
    return tuple(sorted(path for path in paths if path in _ASKED))


def hooks_set(named: Iterable[Path]) -> Iterator[Hook]:
    """Those of these hooks that are set."""
    for path in named:
        name, ask = _ASKED[path]
        if (value := ask()) is not None:
            yield name, value, _UNKNOWN if path == _AUDITING else ""


def _hook(name: str) -> Callable[[], Any]:
    """A hook that ``sys`` holds beside the one that it began with."""

    def ask() -> Any:
        now = getattr(sys, name)
        return None if now is getattr(sys, f"__{name}__") else now

    return ask


def _callbacks() -> Any:
    """The user's own functions that the garbage collector calls."""
    return [one for one in gc.callbacks if calls_users(one)] or None


def _handlers() -> Any:
    """The user's own functions that signals call. Kernels handle the one that Stop sends anew for
    every cell."""
    numbers = sorted(map(int, signal.valid_signals() - {signal.SIGINT}))
    handlers = {number: signal.getsignal(number) for number in numbers}
    return {number: one for number, one in handlers.items() if calls_users(one)} or None


_ASKED: Mapping[Path, tuple[str, Callable[[], Any]]] = {
    ("sys", "setrecursionlimit"): ("sys.getrecursionlimit()", sys.getrecursionlimit),
    ("sys", "unraisablehook"): ("sys.unraisablehook", _hook("unraisablehook")),
    ("sys", "breakpointhook"): ("sys.breakpointhook", _hook("breakpointhook")),
    _AUDITING: ("sys.addaudithook()", lambda: True),
    ("gc", "callbacks"): ("gc.callbacks", _callbacks),
    ("signal", "signal"): ("signal handlers", _handlers),
    **SET_BY,
}
"""By the path that sets it: what a hook is called, and how to ask for it; None where none is set,
or the one that a new process has."""
