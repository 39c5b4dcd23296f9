"""How a step is seen to reach code by its name: by unpickling, by a computed import, by runpy.

dill makes functions of the program by value, and lets them live among the program's names as they
are then, and instances of its classes in these: what such code names, or is within, is reached,
too. What ``import_module`` gives may have been loaded long before, and a library may have asked for
it (``pkgutil.resolve_name``, ``%load_ext``); so does a file that runpy runs import what is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from zenbook.core.closure_static import resolve
from zenbook.core.code_reader import facts_of
from zenbook.world.executed import note_executed
from zenbook.world.tracebacks import leave_out
from zenbook.world.watch_away import is_away
from zenbook.world.watch_code import names_of_program
from zenbook.world.watch_formulas import evaluated
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_places import owner_of
from zenbook.world.watch_scope import current, reach, running

_Function = Callable[..., Any]
_SENDING = ("multiprocessing.", "joblib.externals.loky.", "loky.")
"""Modules that hand calls to other processes."""


def functions() -> tuple[tuple[object, str, Callable[[_Function], _Function]], ...]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    return ((sys.modules["importlib._bootstrap"], "_gcd_import", _importing),)


def _importing(original: _Function) -> _Function:
    """All of ``import_module`` goes through here, whoever holds that function."""

    def _gcd_import(name: str, package: str | None = None, level: int = 0) -> Any:
        try:
            module = original(name, package, level)
        except BaseException as error:
            leave_out(error)
            raise
        if running:
            _imported(module, sys._getframe(2))
        return module

    # a frame of the import system, as the original's is: for who asks whose an open is
    file = original.__code__.co_filename
    _gcd_import.__code__ = _gcd_import.__code__.replace(co_filename=file)
    return _gcd_import


def _imported(module: Any, frame: FrameType) -> None:
    name = getattr(module, "__name__", None)
    if isinstance(name, str) and owner_of(frame.f_code.co_filename) != "zenbook":
        _reached(current(), name)


def _reached(everyone: tuple[Notes, ...], module: str, name: str = "") -> None:
    for notes in everyone:
        reach(notes, module, name)


def _found(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    if is_away() and str(frame.f_globals.get("__name__")).startswith(_SENDING):
        return  # what the step itself has sent
    _reached(everyone, *args)


def _made(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    if frame.f_globals.get("__name__") != "dill._dill":
        return
    for place in names_of_program(_said_of(frame.f_locals["args"])):
        _reached(everyone, *place)


def _said_of(code: tuple[Any, ...]) -> Iterator[str]:
    """The names in what a code object is made of, and the class or function that it is within."""
    for said in code:
        if isinstance(said, str):
            yield said.partition(".")[0]
        elif isinstance(said, tuple):
            yield from (name for name in said if isinstance(name, str))


def _executed(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    note_executed(args[0])
    evaluated(everyone, args[0], frame)
    if isinstance(args[0], CodeType) and frame.f_globals.get("__name__") == "runpy":
        package = str(frame.f_locals.get("pkg_name") or "")
        for entry in facts_of(args[0]).imports:
            module = resolve(entry.module, entry.level, package)
            _reached(everyone, module)
            if f"{module}.{entry.attribute}" in sys.modules:
                _reached(everyone, f"{module}.{entry.attribute}")


HANDLERS: dict[str, Callable[[tuple[Notes, ...], tuple[Any, ...], FrameType], None]] = {
    "pickle.find_class": _found,
    "code.__new__": _made,
    "exec": _executed,
}
