"""Processes that are not forked, and know nothing of the step: workers of ``loky``, to which
``joblib`` hands calls, and those that ``multiprocessing`` spawns.

So each call, and each process that is spawned, is sent with word of where to leave word
(:mod:`watch_away`). It arrives there as the bare function, and what happens from then on is heard
(:mod:`watch_in_worker`). A call of ``joblib`` that nobody heard is an obstacle. What native code
opens is seen as any program's is.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from zenbook.model import Read
from zenbook.world import files
from zenbook.world.module_states import module_states, modules_that_keep
from zenbook.world.outdated import outdated_modules
from zenbook.world.tracebacks import leave_out
from zenbook.world.watch_away import Told, words_of
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_scope import current, running

_Function = Callable[..., Any]
_LIBRARIES = ("joblib.externals.loky", "loky")
_PROCESSES, _POOLS = "multiprocessing.process", "multiprocessing.pool"
_FUTURES = "concurrent.futures.process"
_EXECUTORS = frozenset(f"{library}.process_executor" for library in _LIBRARIES)
HOMES = _EXECUTORS | {_PROCESSES, _POOLS, _FUTURES}
"""The modules whose functions are to be wrapped as soon as they are imported."""
_SPAWNING = ("spawn", "forkserver")
_SPAWNED = 0
"""The number that stands for a process, which has no calls."""
_Word = tuple[tuple[Any, ...], int, int, Mapping[str, str]]
"""Where to leave word, the number of the call, how many calls of no step the workers have had, and,
where there were any, what the user's modules hold here."""
_states: WeakKeyDictionary[Notes, Mapping[str, str]] = WeakKeyDictionary()
_started: WeakKeyDictionary[Any, tuple[Notes, ...]] = WeakKeyDictionary()
"""The steps that have started a process."""
_told_calls: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
"""How many of an executor's calls were told to leave word."""
_RESTART = "restart the kernel"
OTHERS = "what other cells had workers of joblib do"
"""The name of a read; it is asked again only where such workers are at hand."""
_NOTHING = "nothing"
OUTDATED = f"changed after workers of joblib were started: {_RESTART}"
_LISTENING = """(
    __import__("importlib.util").util.find_spec("zenbook")
    and __import__("zenbook.world.watch_in_worker", fromlist=["listen"]).listen(told)
)"""
"""What a process evaluates first: it may have been started where zenbook is not found."""


class Workers:
    """The workers there are when a step begins."""

    def __init__(self) -> None:
        self._given = [(one, _given(one)) for one in _executors()]

    def obstacles(self, notes: Notes, told: Told) -> Iterator[str]:
        """Why what they did for a step that has ended, and told of, cannot be kept."""
        given = sum(map(_given, _executors())) - sum(
            before for one, before in self._given if one in _executors()
        )
        if told.heard - {_SPAWNED}:
            notes.adopt(Read("setting", OTHERS, _NOTHING))  # else it is an obstacle
        if given > len(told.heard - {_SPAWNED}):
            yield "what workers of joblib asked for could not be heard"
        if given and any(map(_has_calls, _executors())):
            yield "workers of joblib are still at work"
        for module in outdated_modules() if told.calls or told.heard else ():
            yield f"{module} changed after it was imported, and workers import it anew: {_RESTART}"
        for name in dict.fromkeys(_outdated_variables(notes, told.held)):
            yield f"${name} {OUTDATED}"


def calls_of_others() -> Read:
    """Whether workers of joblib had calls of no step, and may have kept something of them."""
    others = any(_others(executor) > 0 for executor in _executors())
    keeping = modules_that_keep() if others else []
    return Read("setting", OTHERS, ", ".join(keeping) or _NOTHING)


def functions() -> Iterator[tuple[object, str, Callable[[_Function], _Function]]]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    places = (
        *((home, "ProcessPoolExecutor", "submit", _submitting) for home in sorted(_EXECUTORS)),
        (_PROCESSES, "BaseProcess", "start", _starting),
        (_POOLS, "Pool", "_check_running", _handing),
        (_FUTURES, "ProcessPoolExecutor", "submit", _handing),
    )
    for home, name, method, make in places:
        kind = getattr(sys.modules.get(home), name, None)
        if hasattr(kind, method):
            yield kind, method, make


def _submitting(original: _Function) -> _Function:
    @functools.wraps(original)
    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if running and (everyone := current()):
            with suppress(Exception):  # whatever fails: nobody hears the call
                fn = _Sent(fn, [_call(notes, _others(self)) for notes in everyone])
                _told_calls[self] = _told_calls.get(self, 0) + 1
        try:
            return original(self, fn, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    return submit


def _starting(original: _Function) -> _Function:
    @functools.wraps(original)
    def start(self: Any) -> None:
        everyone = current() if running else ()
        with suppress(TypeError):  # a class of the user's may be no key
            _started[self] = everyone
        target, is_told = getattr(self, "_target", None), bool(everyone) and _is_spawned(self)
        if is_told:
            with suppress(OSError):
                self._target = _Sent(target, [_process(notes) for notes in everyone])
        try:
            original(self)
        except BaseException as error:
            leave_out(error)
            raise
        finally:
            if is_told:
                self._target = target

    return start


def _handing(original: _Function) -> _Function:
    """A pool is given a call; one that was made before the step knows nothing of it."""

    @functools.wraps(original)
    def hand(self: Any, *args: Any, **kwargs: Any) -> Any:
        for notes in current() if running else ():
            if any(notes not in _starters(one) for one in _processes_of(self)):
                notes.obstacle("it hands calls to a pool of processes that was made before")
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    return hand


def _starters(process: Any) -> tuple[Notes, ...]:
    """The steps that have started it, as far as is known."""
    with suppress(TypeError):
        return _started.get(process, ())
    return ()


def _processes_of(pool: Any) -> list[Any]:
    """Its processes, not threads in their place."""
    found = getattr(pool, "_pool", None) or [*(getattr(pool, "_processes", None) or {}).values()]
    return [one for one in found if hasattr(one, "_popen")]


def _is_spawned(process: Any) -> bool:
    from multiprocessing import get_start_method

    return (getattr(process, "_start_method", None) or get_start_method()) in _SPAWNING


class _Sent:
    """A function that is sent to another process with word of where that is to leave word."""

    def __init__(self, function: Any, told: list[_Word]) -> None:
        self._function, self._told = function, told

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        """What stands first is unpickled first: so what the function needs is heard, too."""
        return eval, ("sent[1]", {"sent": (_Listening(self._told), self._function)})


class _Listening:
    """Is unpickled as a question."""

    def __init__(self, told: Any) -> None:
        self._told = told

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (_LISTENING, {"told": self._told})


def _outdated_variables(notes: Notes, held: Sequence[Mapping[str, str | None]]) -> Iterator[str]:
    """The variables that the step asked for, and of which a worker has another value. joblib gives
    each some of its own, which say how many threads there are to be."""
    for name in (read.name for read in notes.variables()) if held else ():
        values = {values[name] for values in held if name in values}
        if values - {os.environ.get(name)} and not name.endswith("_NUM_THREADS"):
            yield name


def _call(notes: Notes, others: int) -> _Word:
    """For a call, which gets a number, to workers that have had so many calls of no step."""
    told = words_of(notes).told
    told.calls += 1
    if others and notes not in _states:
        with files.quiet():
            _states[notes] = module_states()
    return _address(notes), told.calls, others, _states[notes] if others else {}


def _process(notes: Notes) -> _Word:
    """For a process that is spawned."""
    return _address(notes), _SPAWNED, 0, {}


def _address(notes: Notes) -> tuple[Any, ...]:
    """Where another process leaves word for these notes, and what they make of paths, as a plain
    tuple: nothing of ours has to be found where it is unpickled."""
    return (*words_of(notes).address, notes.cwd, notes.places.home, notes.absolutes)


def _executors() -> list[Any]:
    homes = (sys.modules.get(f"{library}.reusable_executor") for library in _LIBRARIES)
    found = (getattr(home, "_executor", None) for home in homes)
    return [executor for executor in found if executor is not None]


def _others(executor: Any) -> int:
    """How many calls it has been given by others than steps."""
    return _given(executor) - _told_calls.get(executor, 0)


def _given(executor: Any) -> int:
    """How many calls it has been given."""
    return int(getattr(executor, "_queue_count", 0))


def _has_calls(executor: Any) -> bool:
    """Whether it has calls that are not over."""
    return bool(getattr(executor, "_pending_work_items", None))
