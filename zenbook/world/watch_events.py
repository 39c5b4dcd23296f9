"""Python's audit events, as notes on the steps that cause them.

A fault of ours becomes an obstacle to keeping the result. Heard of are ``open`` (and all that is
built on it: numpy, ``pandas.read_csv``, gzip, PIL), folder listings, patterns, renames, sqlite3,
programs and the network; not native readers (pyarrow, polars, h5py, duckdb): named paths stand in,
and :mod:`watch_native`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dis import opmap
from importlib import import_module
from types import FrameType
from typing import Any

from zenbook.core import looks
from zenbook.core.code_facts import names_within
from zenbook.world import audit, files, watch_looks, watch_native, watch_reaching
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_paths import path_said
from zenbook.world.watch_places import nearest, owner_of
from zenbook.world.watch_programs import MAKING, follow_native, program_starts, terminal_starts
from zenbook.world.watch_scope import current, running

_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
_NOT_A_FILE = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", 0)
_IMPORT_NAME = opmap["IMPORT_NAME"]
_STANDARD = (0, 1, 2)
"""Descriptors of the standard streams."""
_DRAINED = 1024
"""Opens after which the kernel's queue of the others is emptied."""
_opened_lately = 0


def install() -> None:
    """Start to listen."""
    audit.listen(_HANDLERS, _heard)


def _heard(event: str, args: tuple[Any, ...], frame: Any) -> None:
    if not running:
        return
    handle = _HANDLERS[event]
    everyone = current()
    try:
        if handle is _opened and not files.is_quiet():
            _note_stranger(everyone, args[0])
        if frame.f_code is MAKING:
            frame = frame.f_back
        if everyone and owner_of(frame.f_code.co_filename) != "zenbook":
            handle(everyone, args, frame)
    except Exception as error:  # never the user's problem; the result is just not kept
        for notes in everyone:
            notes.obstacle(f"it could not be followed ({event}: {error})")


def _note_stranger(everyone: tuple[Notes, ...], said: Any) -> None:
    """Tell the steps whose open this is not, that it was no native reader's of theirs."""
    for notes in tuple(running):
        if notes.opens is not None and notes not in everyone and isinstance(said, (str, bytes)):
            path = os.path.join(files.working_folder(), os.fsdecode(said))
            notes.opens.strangers.add(os.path.normpath(path))


def _concerns(notes: Notes, path: str, frame: FrameType | None) -> bool:
    """Whether the path may be a reason or an output of the step."""
    full = path if os.path.isabs(path) else os.path.join(files.working_folder(), path)
    if notes.places.never(full):
        return False
    if notes.places.cached(full):
        caller, _ = nearest(frame)
        return caller is not None and owner_of(caller.f_code.co_filename) == "user"
    return True


# ---------------------------------------------------------------- files


def _opened(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    if isinstance(args[0], int) and args[0] in _STANDARD:
        for notes in everyone:  # a notebook's open() refuses these, and has this one's records
            notes.obstacle(f"open({int(args[0])}) reaches past what is recorded")
    path = path_said(args[0])
    flags = args[2] or 0
    if path is None or flags & _NOT_A_FILE == _NOT_A_FILE or _is_clearing(frame):
        return
    _count_open()
    if flags & os.O_EXCL:
        _each(everyone, path, frame, "sought")
    source = _source_of(path, frame)
    if source is None:
        _note_stranger((), path)
        return
    for notes in everyone:
        if _concerns(notes, source, frame):
            _note_open(notes, source, flags)


def _is_clearing(frame: FrameType) -> bool:
    """Whether ``shutil.rmtree`` opens a folder, by its name in another."""
    code = frame.f_code
    return code.co_name.startswith("_rmtree") and frame.f_globals.get("__name__") == "shutil"


def _count_open() -> None:
    global _opened_lately
    _opened_lately += 1
    if _opened_lately >= _DRAINED:
        _opened_lately = 0
        watch_native.drain()


def _note_open(notes: Notes, path: str, flags: int) -> None:
    writes = flags & _ACCESS or flags & os.O_CREAT
    if not writes:
        notes.read(path)
    else:
        notes.wrote(path, reads=not flags & (os.O_TRUNC | os.O_EXCL))


def _source_of(path: str, frame: FrameType) -> str | None:
    """The file that opening ``path`` reads: itself, or the source of a module imported by a
    computed name. None for source read by an import statement or for a traceback: what that
    module is has its own part."""
    owner = owner_of(frame.f_code.co_filename)
    if owner == "source":
        return None
    if owner != "import":
        return path
    if not _is_computed_import(frame) or ".pyc." in path:
        return None
    if path.endswith(".pyc"):
        from importlib.util import source_from_cache

        return source_from_cache(path) if "__pycache__" in path else path
    return path


def _is_computed_import(frame: FrameType | None) -> bool:
    """Whether the import was asked for by a call (``import_module``), not by a statement that is
    followed as the step's code is: what :mod:`runpy` runs for the step is followed by nobody."""
    last = frame
    while frame is not None and owner_of(frame.f_code.co_filename) == "import":
        last, frame = frame, frame.f_back
    if frame is None or last is None or owner_of(frame.f_code.co_filename) != "user":
        return frame is not None and frame.f_globals.get("__name__") == "runpy"
    code = frame.f_code.co_code
    return code[frame.f_lasti] != _IMPORT_NAME or _is_run(frame)


def _is_run(frame: FrameType | None) -> bool:
    """Whether a file is executed here that other code has run; ``python -m`` runs the program."""
    is_within = False
    while frame is not None:
        if frame.f_globals.get("__name__") == "runpy":
            is_within = True
        elif is_within:
            return True
        frame = frame.f_back
    return False


def _removed(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    _each(everyone, args[0], frame, "removed", relative_to=args[1] if len(args) > 1 else -1)


def _cleared(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    """A folder is removed with all that is in it."""
    path = path_said(args[0])
    if path is None or (len(args) > 1 and args[1] is not None):
        _removed(everyone, args, frame)
        return
    is_certain = frame.f_locals.get("ignore_errors") is True
    for notes in everyone:
        if _concerns(notes, path, frame):
            notes.clear(path, whatever=is_certain)


def _made_folder(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    _each(everyone, args[0], frame, "sought", relative_to=args[-1])
    _each(everyone, args[0], frame, "made_folder", relative_to=args[-1])


def _drew_name(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    _each(everyone, args[0], frame, "drew_name")


def _renamed(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    _each(everyone, args[0], frame, "removed")
    _each(everyone, args[1], frame, "wrote")


def _linked(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    _each(everyone, args[1], frame, "sought")
    _each(everyone, args[1], frame, "wrote")
    _each(everyone, args[1], frame, "linked")


def _given_name(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    """A file gets another name, by which it may be read."""
    _each(everyone, args[0], frame, "read")
    _each(everyone, args[1], frame, "wrote")


def _truncated(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    path = path_said(args[0])
    for notes in everyone if path else ():
        if path and _concerns(notes, path, frame):
            notes.wrote(path, reads=True)


def _listed(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    _note_listing_seen(everyone, args[0])
    caller, passed = nearest(frame)
    if caller is None or owner_of(caller.f_code.co_filename) in ("import", "source"):
        return
    if any(name.startswith(("_select_from", "_glob", "_iter", "_Glob")) for name in _last(passed)):
        return  # inside glob: the pattern has been noted
    _each(everyone, "." if args[0] is None else args[0], frame, "listed")


def _scanned(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    """Entries are asked for sizes and times without a word: code that scans a folder and says
    ``stat`` anywhere has asked each of them."""
    _listed(everyone, args, frame)
    caller, _ = nearest(frame)
    path = "." if args[0] is None else path_said(args[0])
    if caller is frame and path and "stat" in names_within(caller.f_code):
        for name in os.listdir(path)[:_MOST_ENTRIES]:
            watch_looks.look_at(everyone, os.path.join(path, name))


def _note_listing_seen(everyone: tuple[Notes, ...], said: Any) -> None:
    """Tell listings that Python makes from those that native code does."""
    path = "." if said is None else path_said(said) or _path_of(said)
    if path is not None:
        full = os.path.normpath(os.path.join(files.working_folder(), path))
        for notes in everyone:
            notes.listings_seen.add(full)


def _last(passed: list[str]) -> list[str]:
    """The bare names of functions passed, of pathlib's and glob's selectors above all."""
    return [name.rsplit(".", 1)[-1] for name in passed]


def _globbed(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    pattern = path_said(args[0])
    root = path_said(args[2]) if len(args) > 2 else None
    if pattern is None:
        return
    if root is not None:
        pattern = os.path.join(root, pattern)
    hidden = bool(frame.f_locals.get("include_hidden", False))
    _match(everyone, pattern, hidden, frame)


def _path_globbed(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    _match(everyone, os.path.join(os.fspath(args[0]), os.fspath(args[1])), True, frame)


def _path_rglobbed(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    _match(everyone, os.path.join(os.fspath(args[0]), "**", os.fspath(args[1])), True, frame)


def _match(everyone: tuple[Notes, ...], pattern: str, hidden: bool, frame: FrameType) -> None:
    for notes in everyone:
        if _concerns(notes, pattern, frame):
            notes.matched(pattern, hidden=hidden)


def _database(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    path = path_said(args[0])
    if path is None or path == ":memory:" or ":memory:" in path or "mode=memory" in path:
        return
    if path.startswith("file:"):
        from urllib.parse import unquote, urlsplit

        path = unquote(urlsplit(path).path)
    for notes in everyone:
        if _concerns(notes, path, frame):
            notes.connected(path)
            if files.existence(path + "-wal") == files.FILE:
                notes.wrote(path + "-wal", reads=True)


def _each(
    everyone: tuple[Notes, ...], said: Any, frame: FrameType, what: str, *, relative_to: int = -1
) -> None:
    if owner_of(frame.f_code.co_filename) == "import":
        return  # it keeps compiled modules
    if what == "sought" and not watch_looks.may_be_there(frame):
        return  # where it is there, this fails
    path = path_said(said)
    if path is None and isinstance(said, int):
        path = _path_of(said)
    if path is not None and relative_to not in (-1, None) and not os.path.isabs(path):
        folder = _path_of(relative_to)
        path = os.path.join(folder, path) if folder else None
    for notes in everyone if path else ():
        if path and _concerns(notes, path, frame):
            if what == "wrote":
                notes.wrote(path, reads=False)
            elif what == "sought":
                notes.looked(path, looks.EXISTS)
            else:
                getattr(notes, what)(path)


def _path_of(descriptor: int) -> str | None:
    """The path an open descriptor stands for, where the system tells."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return None


# ---------------------------------------------------------------- network, variables


def _network(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    if isinstance(args[-1], (str, bytes)):
        return  # a local socket
    for notes in everyone:
        notes.remark("used the network")


def _variable_set(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    """A variable is set or unset; libraries do so while they are imported, which is no doing of
    the step's."""
    if not _is_importing(frame):
        for notes in everyone:
            notes.variables_set.add(os.fsdecode(args[0]))


def _asked(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    for notes in everyone:
        notes.obstacle("it asked for input")


def _forked(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    """What is remembered, and the random states, are a child's to use; a program has none."""
    for notes in everyone:
        notes.has_forked = True


def _is_importing(frame: FrameType | None) -> bool:
    """Whether the code runs because a library is being imported."""
    while frame is not None:
        owner = owner_of(frame.f_code.co_filename)
        if owner in ("import", "user", "zenbook"):
            return owner == "import"
        frame = frame.f_back
    return False


def _imports(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    if args[0] in watch_looks.HOMES:
        import_module(args[0])
        watch_looks.wrap_imported()
    if args[0] in watch_native.READERS:
        for notes in everyone:
            follow_native(notes)


_MOST_ENTRIES = 1000
_Handler = Callable[[tuple[Notes, ...], tuple[Any, ...], FrameType], None]

_HANDLERS: dict[str, _Handler] = {
    "open": _opened,
    "import": _imports,
    "os.listdir": _listed,
    "os.scandir": _scanned,
    "glob.glob/2": _globbed,
    "pathlib.Path.glob": _path_globbed,
    "pathlib.Path.rglob": _path_rglobbed,
    "os.remove": _removed,
    "os.rmdir": _removed,
    "shutil.rmtree": _cleared,
    "os.rename": _renamed,
    "os.link": _given_name,
    "os.symlink": _linked,
    "os.mkdir": _made_folder,
    "tempfile.mkdtemp": _drew_name,
    "os.truncate": _truncated,
    "sqlite3.connect": _database,
    "subprocess.Popen": program_starts,
    "os.system": program_starts,
    "os.exec": program_starts,
    "os.posix_spawn": program_starts,
    "os.fork": _forked,
    "os.forkpty": terminal_starts,
    "socket.connect": _network,
    "builtins.input": _asked,
    **watch_reaching.HANDLERS,
    "os.putenv": _variable_set,
    "os.unsetenv": _variable_set,
}
