"""The names of looks at the file system: a path as it was said, with a mark for what was looked at.

:mod:`zenbook.world.files` says what each mark stands for, and takes the looks.
"""

from __future__ import annotations

import glob

CWD = "cwd/@"
CONTENT, EXISTS, LISTING, HIDDEN_GLOB, TIMES, LINK = "", "?", "/", "//", "@", ">"
ACCESS = "!"
MISSING = "missing"
"""The digest of what is not there."""
_MARKS = "?/@>!="


def look_name(path: str, mark: str) -> str:
    """The name of a look at ``path``."""
    if mark == CONTENT and path[-1:] in _MARKS:
        return path + "="
    if mark in (LISTING, HIDDEN_GLOB):
        return (path.rstrip("/") or "/") + mark
    return path + mark


def split_name(name: str) -> tuple[str, str]:
    """The path and the mark of a look's name."""
    last = name[-1:]
    if last not in _MARKS or not last:
        return name, CONTENT
    if last == "=":
        return name[:-1], CONTENT
    if name.endswith("//") and glob.has_magic(name):
        return name[:-2], HIDDEN_GLOB
    return name[:-1] or "/", last


def told_look(name: str) -> str:
    """What was looked at, for people: ``file d.txt``, ``folder dd``, ``files dd/*.txt``."""
    if name == CWD:
        return "the working folder"
    path, mark = split_name(name)
    if mark in (LISTING, HIDDEN_GLOB):
        return f"files {path}" if glob.has_magic(path) else f"folder {path}"
    return f"access to {path}" if mark == ACCESS else f"file {path}"
