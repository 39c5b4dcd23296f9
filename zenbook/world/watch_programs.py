"""What programs do that a step starts, as notes on the step.

A program is told its files on its command line, so those are looked at as named paths. What else
it opens, makes or takes away in the folders that are followed, the kernel tells
(:mod:`watch_native`). A folder that the step's own code makes is followed from then on. In one that
others make nobody follows them, nor native writers; so when the step has ended, what stands there
is looked at, up to :data:`MOST_FOUND` files and folders.

Another process that deletes or makes a folder meanwhile is taken for the step's program. That can
only make a step run again in vain; what is deleted counts only where the step started a program.
"""

from __future__ import annotations

import functools
import glob
import os
import shlex
import weakref
from collections.abc import Callable, Iterator
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from zenbook.core import looks
from zenbook.world import files, watch_native
from zenbook.world.tracebacks import leave_out
from zenbook.world.watch_named import looks_like_path, quoted
from zenbook.world.watch_native import CLOSE_READ, GONE, MADE, Manner, Opens
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_paths import is_to_ask, path_said, text_of
from zenbook.world.watch_scope import current, running
from zenbook.world.watch_sought import DEEP_LISTERS, LISTERS, SHOWING, appended, looked_for

_Function = Callable[..., Any]
MOST_FOUND = 1000
_FLEETING = (".pyc", "-journal", "-shm", "-wal", "~")
"""Files that other programs make and take away all the time."""


_SHELLS = ("sh", "bash")
_TABLES = (".arrow", ".feather", ".ipc", ".lance", ".orc", ".parquet")
"""Files that native code writes into folders of its own making."""


def follow_native(notes: Notes) -> None:
    """From now on also see what is opened by native code and by other programs."""
    if notes.opens is None:
        notes.opens = watch_native.follow(notes.folders(), notes.places)


def functions() -> tuple[tuple[object, str, Callable[[_Function], _Function]], ...]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    return ((os, "mkdir", _making_folder),)


def _making_folder(original: _Function) -> _Function:
    @functools.wraps(original)
    def mkdir(path: Any, *args: Any, **named: Any) -> None:
        try:
            path = os.fspath(path) if is_to_ask(path) else path
            original(path, *args, **named)
        except BaseException as error:
            leave_out(error)
            raise
        if running and named.get("dir_fd") is None:
            for notes in current():
                if notes.opens is not None:
                    notes.opens.follow_made(os.path.abspath(os.fsdecode(path)), notes.places)

    return mkdir


MAKING: CodeType = _making_folder(os.mkdir).__code__
"""The code that stands between the step's and the system's."""


def program_starts(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    """A program starts: files its command line names may be read or written by it."""
    command = args[1] if len(args) > 1 and args[1] is not None else args[0]
    words = _words(command)
    if not words:
        return
    process = frame.f_locals.get("self") if len(args) == 4 else None
    folder = path_said(args[2]) if len(args) == 4 else None
    for notes in everyone:
        notes.remark(f"started a program: {os.path.basename(words[0])}")
        if process is not None:
            notes.programs.append(weakref.ref(process))
        _follow(notes, command, folder)


def terminal_starts(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    """A program starts in a terminal of its own, as behind ``!``: pexpect knows its command."""
    caller = frame.f_back
    command = caller.f_locals.get("argv") if caller is not None else None
    for notes in everyone:
        _follow(notes, command or (), None)


def _follow(notes: Notes, command: Any, folder: str | None) -> None:
    """A program that is told nothing reads what to do: a text of the step's (``%%bash``)."""
    words, texts = _words(command), [_text(command)]
    if not words[1:]:
        texts += notes.literals
        words += [word for text in notes.literals for word in _words(text)]
    follow_native(notes)
    notes.program_starts()
    notes.handed_on()
    _seek(notes, texts, words, folder)
    programs = {os.path.basename(word) for word in words}
    shows = programs & SHOWING and "find" not in programs  # whose patterns are no paths
    for word in words:
        path = os.path.join(folder, word) if folder else word
        if shows and glob.has_magic(word) and looks_like_path(word):
            notes.matched(path, hidden=False)
        elif looks_like_path(word) or files.existence(path) != looks.MISSING:
            notes.named(path)
        for inner in quoted(word):
            notes.named(os.path.join(folder, inner) if folder else inner)
    if programs & LISTERS:
        named = [os.path.join(folder or "", word) for word in words]
        for path in _listed(named, deep=bool(programs & DEEP_LISTERS)) or [folder or "."]:
            notes.listed(path)


def _seek(notes: Notes, texts: list[str], words: list[str], folder: str | None) -> None:
    """Note where the program looks for what it may make, and what it adds to."""
    within = functools.partial(os.path.join, folder or "")
    notes.note_command("\n".join(texts), map(within, words))
    for path in (within(path) for each in texts for path in looked_for(each)):
        if looks_like_path(path) and files.existence(path) == looks.MISSING:
            notes.looked(path, looks.EXISTS)
    for path in (within(path) for each in texts for path in appended(each)):
        if looks_like_path(path):
            notes.wrote(path, reads=True)


def _listed(named: list[str], *, deep: bool) -> list[str]:
    """The folders among what is named, and those below them."""
    with files.quiet():
        found = [path for path in named if files.existence(path) == files.FOLDER]
        below = (each for path in found for each, manner in _below(path) if manner == "folder")
        return [*found, *(islice(below, MOST_FOUND) if deep else ())]


def _parts(command: Any) -> list[str]:
    whole = isinstance(command, (str, bytes, os.PathLike))
    return [text_of(part) for part in ([command] if whole else command)]


def _text(command: Any) -> str:
    """A command line as a text, of one given to a shell what the shell runs."""
    parts = _parts(command)
    if len(parts) > 2 and os.path.basename(parts[0]) in _SHELLS:
        parts = parts[2:]
    return " ".join(parts)


def _words(command: Any) -> list[str]:
    """The words of a command line, also of one given to a shell."""
    parts, words = _parts(command), list[str]()
    for part in parts:
        try:
            split = shlex.split(part.replace(";", " ; ").replace(">", " > ").replace("<", " < "))
        except ValueError:
            split = part.split()
        words += [word for word in split if word not in ("-c", ">", "<", ";", "|", "&&")]
    if len(parts) > 2 and os.path.basename(words[0]) in _SHELLS:
        words = words[1:]
    return [word for word in words if not word.startswith("-")]


# ---------------------------------------------------------------- afterwards


def taken_away(opens: Opens) -> Iterator[tuple[str, Manner]]:
    """The files and folders that programs have taken away."""
    if not opens.has_programs:
        return
    for path, kinds in opens.events.items():
        place = next((place for place, kind in enumerate(kinds) if kind in GONE), None)
        if place is None or kinds[0] in MADE or _is_nobodys(path) or os.path.lexists(path):
            continue
        yield path, "changed" if CLOSE_READ in kinds[:place] else "removed"
    for path, kind in opens.folder_events.items():
        if kind in GONE and not _is_nobodys(path) and not os.path.isdir(path):
            yield path, "removed"


def folders_made(opens: Opens) -> Iterator[str]:
    """The folders that programs and native writers have made. Where the step has started no
    program, another one may be at work: then only those that hold tables and nothing else."""
    for path, kind in opens.folder_events.items():
        if kind in GONE or _is_nobodys(path) or not os.path.isdir(path):
            continue
        if opens.has_programs or _holds_tables(path):
            yield path


def _holds_tables(folder: str) -> bool:
    files = [path for path, manner in islice(_below(folder), MOST_FOUND) if manner == "made"]
    return bool(files) and all(path.endswith(_TABLES) for path in files)


def found_in(folder: str) -> Iterator[tuple[str, Manner]]:
    """The folder, and what stands in it."""
    yield folder, "folder"
    yield from islice(_below(folder), MOST_FOUND)


def _below(folder: str) -> Iterator[tuple[str, Manner]]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _is_nobodys(name)]
        yield from ((os.path.join(where, name), "folder") for name in folders)
        yield from ((os.path.join(where, name), "made") for name in names if not _is_nobodys(name))


def _is_nobodys(path: str) -> bool:
    name = os.path.basename(path)
    return name.startswith(".") or name.endswith(_FLEETING) or name in watch_native.SKIPPED_FOLDERS
