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
_FOLLOWED = "{} has a function of yours called for what runs, and a hit runs nothing"
_FOLLOWING: Mapping[Path, tuple[str, Callable[[], Any]]] = {
    ("sys", "setprofile"): ("sys.setprofile()", sys.getprofile),
    ("sys", "settrace"): ("sys.settrace()", sys.gettrace),
    ("threading", "setprofile_all_threads"): ("sys.setprofile()", sys.getprofile),
    ("threading", "settrace_all_threads"): ("sys.settrace()", sys.gettrace),
}
_OBSTACLES: Mapping[Path, str] = {
    ("sys", "addaudithook"): "an audit hook was added (sys.addaudithook), "
    "and what that does cannot be known",
    ("sys", "monitoring"): "what runs is monitored (sys.monitoring), "
    "and what hears of it cannot be known",
    **{path: _FOLLOWED.format(name) for path, (name, _) in _FOLLOWING.items()},
}
"""By the path of what sets it: why nothing that is made with it can be kept."""


def hooks_named(
    places: Iterable[Place], methods: Iterable[frozenset[str]] = ()
) -> tuple[Path, ...]:
    """Which hooks the program's texts may set, by the path of what sets them: they name that, or
    a method that is called so."""
    paths = {place.path[:2] for place in places}
    by_name = {name for named in methods for name in _TELLING & named}
    return tuple(sorted(path for path in _ASKED if path in paths or path[-1] in by_name))


def hooks_set(named: Iterable[Path]) -> Iterator[Hook]:
    """Those of these hooks that are set."""
    for path in named:
        name, ask = _ASKED[path]
        if (value := ask()) is not None:
            yield name, value, _OBSTACLES.get(path, "")


IN_THREADS = "what follows threads"
"""The name of a read: of whoever starts a thread."""
HOOKS_OF_THREADS: Mapping[str, str] = {
    "_profile_hook": "threading.setprofile()",
    "_trace_hook": "threading.settrace()",
}
"""Where ``threading`` keeps what new threads have called, and what puts it there."""


def followed_in_threads() -> str:
    """Why nothing can be kept that starts a thread: a function of the user's is called for what
    that runs. "" where none is."""
    held = vars(sys.modules["threading"])
    setters = (setter for name, setter in HOOKS_OF_THREADS.items() if calls_users(held.get(name)))
    return next(map(_FOLLOWED.format, setters), "")


def _hook(name: str) -> Callable[[], Any]:
    """A hook that ``sys`` holds beside the one that it began with."""

    def ask() -> Any:
        now = getattr(sys, name)
        return None if now is getattr(sys, f"__{name}__") else now

    return ask


def _of_users(ask: Callable[[], Any]) -> Callable[[], Any]:
    """The user's own function of such; a debugger, or what measures coverage, only looks on."""
    return lambda: found if calls_users(found := ask()) else None


def _monitoring() -> Any:
    """The names of the tools that hear what runs, as far as Python tells of any."""
    module: Any = getattr(sys, "monitoring", None)
    tools = [] if module is None else [module.get_tool(number) for number in range(6)]
    return [tool for tool in tools if tool is not None] or None


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
    ("sys", "addaudithook"): ("sys.addaudithook()", lambda: True),
    ("sys", "monitoring"): ("sys.monitoring", _monitoring),
    **{path: (name, _of_users(ask)) for path, (name, ask) in _FOLLOWING.items()},
    ("gc", "callbacks"): ("gc.callbacks", _callbacks),
    ("signal", "signal"): ("signal handlers", _handlers),
    **SET_BY,
}
"""By the path that sets it: what a hook is called, and how to ask for it; None where none is set,
or the one that a new process has."""
_TELLING = {path[-1] for path in _ASKED} - {"monitoring", "signal", "start"}
"""The last names of these, where nothing else is usually called so."""
