"""The environment variables that a running step, or a module that is being imported, asks for.

A variable is asked for by name, or all are gone through; a copy of the environment is mostly taken
to be handed on to a program.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from zenbook.world import files, variables_heard, watch_imports, watch_memoized
from zenbook.world.tracebacks import leave_out
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_places import nearest, owner_at
from zenbook.world.watch_scope import current, running
from zenbook.world.watch_settings_classes import LIBRARY, variables_of_settings

_Function = Callable[..., Any]
_ENVIRONMENT = frozenset({"environ", "environb", "getenv"})
_CALLING = frozenset(
    ["joblib.parallel", "joblib.externals.loky.process_executor", "loky.process_executor"]
)
"""Modules that call in a worker what the user has given them."""
_CALLS = ("__call__", "<listcomp>")
"""The functions in which they do."""
_copies: set[tuple[CodeType, int]] = set()
"""Places in code that copy the whole environment; each variable asked for there is no question."""


def functions() -> Iterator[tuple[object, str, Callable[[_Function], _Function]]]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    yield os._Environ, "__getitem__", _getting
    yield os._Environ, "__iter__", _iterating


def forget_places() -> None:
    """Nobody is watched any more."""
    _copies.clear()


def _getting(original: _Function) -> _Function:
    @functools.wraps(original)
    def __getitem__(self: Any, key: Any) -> Any:
        if running or watch_imports.is_heard():
            _saw_variable(key, sys._getframe(1))
        try:
            return original(self, key)
        except BaseException as error:
            leave_out(error)
            raise

    return __getitem__


def _iterating(original: _Function) -> _Function:
    @functools.wraps(original)
    def __iter__(self: Any) -> Any:
        if running or watch_imports.is_heard():
            _saw_iteration(sys._getframe(1))
        try:
            return original(self)
        except BaseException as error:
            leave_out(error)
            raise

    return __iter__


def _saw_variable(key: Any, frame: FrameType) -> None:
    everyone = current()
    if not (everyone or watch_imports.is_heard()) or not isinstance(key, (str, bytes)):
        return
    caller, _ = nearest(frame)
    name = os.fsdecode(key)
    variables_heard.note(name, caller)
    if caller is None or not _asks_for_user(caller):
        is_own = caller is not None and variables_heard.is_own(name, caller)
        for notes in () if is_own else everyone:  # what a library opens there counts by itself
            notes.asked_by_library(name)
        return
    if (caller.f_code, caller.f_lasti) in _copies:
        return
    watch_imports.note("variable", name)
    watch_memoized.note("variable", name)
    for notes in everyone:
        notes.variable(name)


def _saw_iteration(frame: FrameType) -> None:
    """All variables are gone through. A copy is taken to be handed on (to a program, mostly): only
    what the code names of it counts; who looks at each asks for all."""
    everyone = current()
    caller, passed = nearest(frame)
    if not (everyone or watch_imports.is_heard()) or caller is None:
        return
    if str(caller.f_globals.get("__name__")).startswith(LIBRARY):
        _saw_settings(everyone, caller)
        return
    if not _asks_for_user(caller):
        for notes in everyone:
            notes.handed_on()
        return
    is_copy = "KeysView.__iter__" in passed or any("copy" in name for name in passed)
    if is_copy or passed:
        _copies.add((caller.f_code, caller.f_lasti))
    if is_copy:
        watch_imports.note_copy()
    else:
        watch_imports.note("variable", "*")
    for notes in everyone:
        if is_copy:
            notes.copied_whole()
        else:
            notes.variable("*")


def _saw_settings(everyone: tuple[Notes, ...], frame: FrameType) -> None:
    """A class of settings of the user's takes its fields from the environment."""
    with files.quiet():
        names = variables_of_settings(frame)
    for name in names:
        watch_imports.note("variable", name)
        watch_memoized.note("variable", name)
        for notes in everyone:
            notes.variable(name)


def _asks_for_user(frame: FrameType) -> bool:
    """Whether the user's code looks into the environment, or a library does because the user's code
    has handed it on: ``Template(text).substitute(os.environ)``. A library's own question names it,
    but for ``%env``'s; and what a program is given is no question.
    """
    if frame.f_globals.get("__name__") in ("subprocess", "IPython.core.magics.osm"):
        return frame.f_code.co_name == "env"
    if frame.f_globals.get("__name__") in _CALLING and frame.f_code.co_name in _CALLS:
        return True
    asking: FrameType | None = frame
    while asking is not None and owner_at(asking) in ("stdlib", "library", "path"):
        if not _ENVIRONMENT.isdisjoint(asking.f_code.co_names):
            return False
        asking = asking.f_back
    if asking is frame or asking is None:
        return owner_at(asking) == "user"
    return owner_at(asking) == "user" and not _ENVIRONMENT.isdisjoint(asking.f_code.co_names)
