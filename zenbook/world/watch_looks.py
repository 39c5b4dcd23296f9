"""Looks that raise no audit event: ``os.stat`` and its kin, and the working folder.

(What the other rooms have to wrap is put in place and taken back here, too.)

While a step runs, thin functions stand in for them; afterwards the originals are back. If another
library has put its own wrapper around ours meanwhile, ours stays inside it and only passes through.
Measured: 7 µs per look while a step runs, nothing otherwise.

Only what the user's code asks counts. A library's own ``os.path.exists`` counts too, a standard
module's does not (``shutil``, ``tempfile``), nor a folder looked at in order to make it.
"""

from __future__ import annotations

import atexit
import builtins
import functools
import os
import sys
import threading
from collections.abc import Callable
from types import FrameType, MethodType
from typing import Any, Literal

from zenbook.core import looks
from zenbook.core.code_facts import names_within
from zenbook.world import (
    files,
    left_running,
    watch_filters,
    watch_formulas,
    watch_imports,
    watch_memoized,
    watch_once,
    watch_programs,
    watch_random,
    watch_reaching,
    watch_registries,
    watch_reports,
    watch_tables,
    watch_variables,
    watch_workers,
)
from zenbook.world.tracebacks import leave_out
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_paths import is_to_ask
from zenbook.world.watch_places import nearest, owner_at, owner_of
from zenbook.world.watch_scope import current, running, thread_starts

_Function = Callable[..., Any]

_ASKS = {
    "exists": looks.EXISTS,
    "lexists": looks.EXISTS,
    "isfile": looks.EXISTS,
    "isdir": looks.EXISTS,
    "is_file": looks.EXISTS,
    "is_dir": looks.EXISTS,
    "islink": looks.LINK,
    "is_symlink": looks.LINK,
    "getsize": looks.CONTENT,
    "getmtime": looks.TIMES,
    "getctime": looks.TIMES,
    "getatime": looks.TIMES,
    "cmp": looks.CONTENT,  # filecmp's
}
_NO_QUESTION = frozenset(
    {
        "makedirs",
        "mkdir",
        "realpath",
        "_joinrealpath",
        "resolve",
        "samefile",
        "walk",
        "_walk",
        "_lexists",
        "_isdir",
        "_select_from",
        "_iterate_directories",
        "removedirs",
        "touch",
    }
)

_GIVING_WHERE = frozenset({"abspath", "absolute", "cwd", "realpath", "relpath", "resolve"})
"""Functions whose answer holds the path of the working folder."""

_ABSENT: Any = object()
"""In the place of what an owner does not have: attributes that only its instances have."""
_lock = threading.RLock()
_users = 0
_originals: dict[str, tuple[object, str, _Function, _Function]] = {}


def wrap(how: Literal["all", "looks", "variables"] = "all") -> None:
    """Put the wrappers in place, if they are not; for an import, those of variables alone, and in
    another process those of looks."""
    global _users
    with _lock:
        _users += 1
        for owner, name, make in watch_variables.functions():
            _replace(owner, name, make)
        if how != "variables":
            _wrap_looks()
        if how == "all":
            _wrap_all()


_ROOMS: tuple[Any, ...] = (
    *(watch_random, watch_reports, watch_formulas, watch_tables),
    *(watch_programs, watch_registries, watch_workers, left_running),
)

HOMES = watch_workers.HOMES | left_running.HOMES
"""The modules whose functions are to be wrapped as soon as they are imported."""


def wrap_imported() -> None:
    """Put those in place, too, that the libraries need which are imported by now."""
    with _lock:
        if _users:
            for room in (watch_workers, left_running):
                for owner, name, make in room.functions():
                    _replace(owner, name, make)


def _wrap_looks() -> None:
    for name in ("stat", "lstat", "access", "readlink"):
        _replace(os, name, _MAKE[name])
    _replace(os, "getcwd", _asking_where)
    _replace(os, "getcwdb", _asking_where)
    _replace(threading.Thread, "start", _starting)
    for owner, name, make in watch_reaching.functions():
        _replace(owner, name, make)


def _wrap_all() -> None:
    _replace(atexit, "register", _registering)
    _replace(builtins, "input", _asking_user)
    for room in _ROOMS:
        for owner, name, make in room.functions():
            _replace(owner, name, make)
    watch_filters.listen(watch_reports.not_shown)
    watch_once.listen()


def unwrap() -> None:
    """Put the originals back when nobody is watched any more, where ours are still in place."""
    global _users
    with _lock:
        _users -= 1
        if _users == 0:
            watch_filters.end()
            watch_once.end()
            for owner, name, original, ours in _originals.values():
                if vars(owner).get(name) is not ours:
                    continue
                if original is _ABSENT:
                    delattr(owner, name)
                else:
                    setattr(owner, name, original)
            _originals.clear()
            watch_variables.forget_places()


def _replace(owner: object, name: str, make: Callable[[_Function], _Function]) -> None:
    if (place := f"{owner!r}.{name}") in _originals:
        return
    original = vars(owner).get(name, _ABSENT)
    ours = make(original)
    for supported in (
        os.supports_fd,
        os.supports_dir_fd,
        os.supports_follow_symlinks,
        os.supports_effective_ids,
    ):
        if original in supported:  # modules imported meanwhile ask whether os.stat is in there
            supported.add(ours)
    setattr(owner, name, ours)
    _originals[place] = (owner, name, original, ours)


# ---------------------------------------------------------------- wrappers


def _asking(original: _Function) -> _Function:
    asked = looks.ACCESS if original.__name__ == "access" else looks.TIMES
    plain = (looks.EXISTS, asked)

    @functools.wraps(original)
    def look(path: Any, *args: Any, **named: Any) -> Any:
        try:
            if running and type(path) is not int and named.get("dir_fd") is None:
                path = os.fspath(path) if is_to_ask(path) else path
                _saw_look(path, sys._getframe(1), plain)
            return original(path, *args, **named)
        except BaseException as error:
            leave_out(error)
            raise

    return look


def _asking_where(original: _Function) -> _Function:
    @functools.wraps(original)
    def getcwd() -> Any:
        if running:
            _saw_cwd(sys._getframe(1))
        try:
            return original()
        except BaseException as error:
            leave_out(error)
            raise

    return getcwd


def _reading_link(original: _Function) -> _Function:
    @functools.wraps(original)
    def readlink(path: Any, *args: Any, **named: Any) -> Any:
        try:
            if running and type(path) is not int and named.get("dir_fd") is None:
                path = os.fspath(path) if is_to_ask(path) else path
                _saw_readlink(path, sys._getframe(1))
            return original(path, *args, **named)
        except BaseException as error:
            leave_out(error)
            raise

    return readlink


def _starting(original: _Function) -> _Function:
    @functools.wraps(original)
    def start(self: threading.Thread) -> None:
        if running:
            by_user = owner_of(sys._getframe(1).f_code.co_filename) == "user"
            thread_starts(self, by_user=by_user)
        try:
            original(self)
        except BaseException as error:
            leave_out(error)
            raise

    return start


def _registering(original: _Function) -> _Function:
    """Libraries that have something run at exit say so anew when they are used; no hit does."""

    @functools.wraps(original)
    def register(function: Any, *args: Any, **kwargs: Any) -> Any:
        if running and owner_of(sys._getframe(1).f_code.co_filename) == "user":
            for notes in current():
                notes.obstacle("it has something run at exit")
        try:
            return original(function, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    return register


def _asking_user(original: _Function) -> _Function:
    """A kernel has put its own function there, which raises no audit event."""
    made: _Function = looking_like(original, _saw_question)
    return made


def _saw_question() -> None:
    for notes in current() if running else ():
        notes.obstacle("it asked for input")


def looking_like(real: Any, saw: Callable[[], None]) -> Any:
    """A function or method that does as the real one, whose name and text it has, and tells ``saw``
    of each call before."""
    is_method = type(real) is MethodType

    def called(*args: Any, **kwargs: Any) -> Any:
        saw()
        try:
            return real(*args[is_method:], **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    if not is_method:
        return functools.wraps(real)(called)
    return MethodType(functools.wraps(real.__func__)(called), real.__self__)


_MAKE = {"stat": _asking, "lstat": _asking, "access": _asking, "readlink": _reading_link}


# ---------------------------------------------------------------- what they saw


def _saw_look(said: Any, frame: FrameType, plain: tuple[str, ...]) -> None:
    """``plain`` is what the look asks for where no function between says so."""
    everyone = current()
    if not everyone:
        return
    caller, passed = nearest(frame)
    owner = owner_at(caller)
    names = [name.rsplit(".", 1)[-1] for name in passed]
    if owner not in ("user", "library") or not _NO_QUESTION.isdisjoint(names):
        return
    marks: tuple[str, ...] = tuple(_ASKS[name] for name in names if name in _ASKS)[:1]
    if not marks:
        marks = plain if owner == "user" else (looks.EXISTS,)
    _note(everyone, said, marks, by_library=owner == "library")


def look_at(everyone: tuple[Notes, ...], path: str) -> None:
    """The user's code asks for all that ``os.stat`` tells of this path."""
    _note(everyone, path, (looks.EXISTS, looks.TIMES))


_OPEN_OF_SHELLS = "_modified_open"


def may_be_there(frame: FrameType | None) -> bool:
    """Whether the user's code that makes something here says ``FileExistsError``."""
    while frame is not None and (
        owner_at(frame) in ("path", "stdlib") or frame.f_code.co_name == _OPEN_OF_SHELLS
    ):
        frame = frame.f_back
    if frame is None or owner_at(frame) != "user":
        return False
    return "FileExistsError" in names_within(frame.f_code)


def _saw_cwd(frame: FrameType) -> None:
    """The user's code asks where it is, or has a path made whole; not a library."""
    caller, passed = nearest(frame)
    names = {name.rsplit(".", 1)[-1] for name in passed}
    if owner_at(caller) != "user" or not names <= _GIVING_WHERE or _is_relative_only(frame):
        return
    for notes in current():
        notes.asked_where()


def _is_relative_only(frame: FrameType | None) -> bool:
    """Whether ``os.path.relpath`` asks in order to compare two paths that are both relative."""
    while frame is not None and owner_at(frame) == "path":
        if frame.f_code.co_name == "relpath":
            paths = (frame.f_locals["path"], frame.f_locals["start"])
            return not any(map(os.path.isabs, paths))
        frame = frame.f_back
    return False


def _saw_readlink(said: Any, frame: FrameType) -> None:
    everyone = current()
    if everyone and owner_at(nearest(frame)[0]) == "user":
        _note(everyone, said, (looks.LINK,))


def _note(
    everyone: tuple[Notes, ...], said: Any, marks: tuple[str, ...], *, by_library: bool = False
) -> None:
    try:
        path = os.fsdecode(said)
    except TypeError:
        return  # os.stat itself is about to say what is wrong with it
    if not path or "\0" in path or _is_too_long(path):
        return
    for notes in everyone:
        full = path if os.path.isabs(path) else os.path.join(files.working_folder(), path)
        if notes.places.never(full) or notes.places.cached(full):
            continue
        for mark in marks:
            if mark != looks.CONTENT:
                name = looks.look_name(os.path.normpath(path), mark)
                watch_imports.note("file", name)
                watch_memoized.note("file", name)
            if mark == looks.CONTENT:
                notes.read(path)
            else:
                notes.looked(path, mark, by_library=by_library)


def _is_too_long(path: str) -> bool:
    """Whether no file can have this name: ``HTML(text)`` asks whether its text is a file's name."""
    return len(path) > 4096 or (len(path) > 255 and max(map(len, path.split(os.sep))) > 255)
