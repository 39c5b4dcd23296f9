"""Paths and variables that are only named: by a string constant, an input, or a command line.

Native readers (pyarrow, ``pandas.read_parquet``, polars, h5py, duckdb) and other programs open
files where no hook of Python's sees it. What they open has nearly always been named somewhere. A
shell, too, fills in ``$NAME`` where nobody sees it.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from zenbook.core import looks
from zenbook.core.kinds import is_a
from zenbook.world import files
from zenbook.world.environment import is_volatile
from zenbook.world.unheard import unheard
from zenbook.world.watch_notes import Notes

_LONGEST = 260
_LONGEST_PROGRAM = 20_000
_MANY = 1000
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}\Z")
_QUOTED = re.compile(r"'([^'\n]{1,250})'|\"([^\"\n]{1,250})\"")
_DOLLARS = re.compile(r"\$(?:\{([A-Za-z_]\w*)|([A-Za-z_]\w*))")
_NO_PATH = frozenset("<>|;&{}%\"'")
_SQL = re.compile(r"(?i)\b(?:from|join|copy|attach)\b")
_DATA = (".parquet", ".arrow", ".feather", ".ipc", ".orc", ".csv", ".json", ".ndjson", ".h5")


_MOCKS = "unittest.mock"
"""Has classes that count how often they are asked what path they are."""


def looks_like_path(text: str) -> bool:
    """Whether the text could well be a path, though nothing is there."""
    if not 2 < len(text) < _LONGEST or "\n" in text or "\0" in text or "://" in text:
        return False
    if text.strip(" ./") == "" or not _NO_PATH.isdisjoint(text):
        return False
    return os.sep in text.strip("/ ") or _SUFFIX.search(text) is not None


def quoted(text: str) -> Iterator[str]:
    """Quoted paths inside a text that is a query or a program: those that exist, and in a query
    also those that do not."""
    if len(text) < _LONGEST_PROGRAM and ("'" in text or '"' in text):
        is_query = _SQL.search(text) is not None
        for single, double in _QUOTED.findall(text):
            path = single or double
            if is_query or files.existence(path) == files.FILE:
                yield path


@unheard
def name_all(notes: Notes, literals: Iterable[str], values: Iterable[Any]) -> None:
    """Note every path that the literals and the inputs name, and each ``$NAME`` in a literal."""
    for literal in literals:
        _name(notes, literal)
        for text in quoted(literal):
            _name(notes, text)
        for braced, plain in _DOLLARS.findall(literal) if "$" in literal else ():
            if (variable := braced or plain).isupper() and not is_volatile(variable):
                notes.variable(variable)
    for text, is_path in _paths_in(values):
        _name(notes, text, is_path=is_path)


@unheard
def absolutes(literals: Iterable[str], values: Iterable[Any]) -> list[str]:
    """Absolute paths that the code or an input spells out."""
    said = [*literals, *(text for text, _ in _paths_in(values))]
    return [os.path.normpath(text) for text in said if len(text) > 1 and os.path.isabs(text)]


def _paths_in(values: Iterable[Any]) -> Iterator[tuple[str, bool]]:
    """Paths among inputs: (text, whether it is a path by type), from small containers."""
    for value in values:
        try:
            yield from _paths_of(value, 3)
        except Exception:  # an input's own ``__fspath__`` or ``__iter__`` fails: it names no path
            continue


def _paths_of(value: Any, depth: int) -> Iterator[tuple[str, bool]]:
    if is_a(value, str):
        yield value, False
    elif is_a(value, (os.PathLike,)):
        if not type(value).__module__.startswith(_MOCKS):
            yield os.fspath(value), True
    elif depth and is_a(value, (tuple, list, set, frozenset)) and len(value) <= 1000:
        for item in value:
            yield from _paths_of(item, depth - 1)
    elif depth and is_a(value, dict) and len(value) <= 1000:
        for item in value.values():
            yield from _paths_of(item, depth - 1)


def _name(notes: Notes, text: str, *, is_path: bool = False) -> None:
    if not text or len(text) >= _LONGEST or text in (".", "..", "/") or "\n" in text:
        return
    if "\0" in text or text.isspace():
        return
    if glob.has_magic(text) and looks_like_path(text):
        _name_pattern(notes, text)
        return
    kind = files.existence(text)
    if is_path or kind != looks.MISSING or looks_like_path(text):
        notes.named(text)
    if kind == files.FOLDER and (is_path or looks_like_path(text) or text.isidentifier()):
        _name_folder(notes, text)


def _name_pattern(notes: Notes, pattern: str, within: str = "") -> None:
    """A pattern as duckdb and polars take it: what it matches, and the content of data files."""
    paths = files.matched(pattern)
    if paths and len(paths) <= _MANY and not notes.places.never(os.path.abspath(paths[0])):
        notes.matched(pattern, hidden=False, within=within)
        for path in paths:
            if path.endswith(_DATA):
                notes.named(path, within=within)


def _name_folder(notes: Notes, folder: str) -> None:
    """A folder of data files as pyarrow and polars take it: its files' names and contents, unless
    the step turns out to have gone past it."""
    if notes.places.never(os.path.abspath(folder)):
        return
    patterns = [os.path.join(folder, "**", "*" + suffix) for suffix in _DATA[:5]]
    for pattern in patterns:
        _name_pattern(notes, pattern, folder)
