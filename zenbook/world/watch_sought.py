"""Where a step may have looked for what it then made itself.

What is only named, and what native code or a program makes, is an output if it was missing before.
But a step that goes on where it finds nothing does another thing as soon as there is something:
what it made is then what it finds when it runs again, and that it was missing is a reason. So it is

- for a step whose code goes on so (see :mod:`zenbook.core.code_seeking`),
- for a database that it adds to, which is opened if it is there and made if not,
- for a program whose command, or whose script, says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from zenbook.world import files

DATABASES = (".db", ".duckdb", ".h5", ".hdf5", ".lmdb", ".mdb", ".nc", ".sqlite", ".tdb")
"""Files that are changed in place, so that what they hold afterwards depends on before."""
DEEP_LISTERS = frozenset({"du", "find", "tree"})
LISTERS = DEEP_LISTERS | {"dir", "ls"}
"""Programs that show what is in the folders they are told, or in the one they are started in."""
SHOWING = LISTERS | {"cat", "grep", "head", "sort", "tail", "wc"}
"""Programs that show what is in files, which a pattern may stand for."""
_ADDS = re.compile(
    r"\A(a|r\+)\Z|\binsert\s+(or\s+\w+\s+)?into\b|\bif\s+not\s+exists\b|\bupdate\b.+\bset\b"
    r"|\bshow\s+(all\s+)?tables\b|information_schema|duckdb_tables|sqlite_master",
    re.IGNORECASE,
)
"""What a text says to a database that it does not make anew, and the modes of opening one so."""
_PARTS = re.compile(r"[^;|&\n]+")
_APPENDED = re.compile(r">>\s*([^\s;|&<>]+)")
_WRITTEN = re.compile(r"\d?>+\s*[^\s;|&<>]+")
_TESTED = re.compile(r"(?:\btest|\[\[?)\s+(?:!\s+)?-[a-zA-Z]\s+([^\s;|&<>]+)")
_COMMAND_LOOKS = re.compile(
    r"\|\||\bif\b|\bwhile\b|\b(make|snakemake|dvc)\b|\brsync\b|\bcp\s+-\w*[nu]|\btee\s+-\w*a"
    r"|\s-nc\b|--(no-clobber|(ignore|skip)-existing|timestamping|continue)\b"
    r"|\bwget\b.*\s-[cN]\b|\bcurl\b.*\s-C\b|\bmkdir\s+(?!-\w*p)|\bln\s+(?!-\w*f)|\bgit\s+clone\b"
)
_SCRIPT_LOOKS = re.compile(
    r"\bexcept\b|\bsuppress\b|\bexists\b|\bis_?(file|dir)\b|\b(listdir|scandir|iterdir|glob|walk)\b"
    r"|file\.exists|\|\||\[\[?\s|\btest\s+-|>>|\binsert\s+into\b|\bif\s+not\s+exists\b",
    re.IGNORECASE,
)
_SCRIPT_APPENDS = re.compile(
    r"""open\([^)\n]*["'](a[bt+]*|r[bt]?\+[bt]?)["']|mode\s*=\s*["'](a|r\+)|FileHandler\(|>>|tee\s+-a"""
)
_SCRIPTS = (".bash", ".jl", ".pl", ".py", ".r", ".rb", ".sh", ".zsh", "makefile")
_LONGEST = 1_000_000


class Sought:
    """Whether one step looks for what it makes."""

    literals: frozenset[str] = frozenset()
    seeks = False
    """Whether it goes on where it finds nothing."""
    appends = False
    """Whether a program of its may open what is there and add to it."""

    def is_sought(self, key: str) -> bool:
        """Whether the step may have found nothing at a path where there is something now."""
        if self.seeks or self.appends:
            return True
        return key.endswith(DATABASES) and any(map(_ADDS.search, self.literals))

    def note_script(self, text: str) -> None:
        """A program runs this text."""
        self.appends |= _SCRIPT_APPENDS.search(text) is not None
        self.seeks |= _SCRIPT_LOOKS.search(text) is not None

    def note_command(self, command: str, words: Iterable[str]) -> None:
        """A program is started by this command, which has these words."""
        self.seeks |= _COMMAND_LOOKS.search(command) is not None
        self.note_script(command)
        for word in words:
            if word.lower().endswith(_SCRIPTS) and files.existence(word) == files.FILE:
                self.note_script(script(word))


def script(path: str) -> str:
    """The text of a program, as far as it is read."""
    try:
        with files.quiet(), open(path, encoding="utf-8", errors="replace") as source:
            return source.read(_LONGEST)
    except OSError:
        return ""


def appended(command: str) -> Iterator[str]:
    """The paths that a command line adds to: ``echo done >> log``."""
    return map(_bare, _APPENDED.findall(command))


def looked_for(command: str) -> Iterator[str]:
    """The paths at which a command line looks before it may make something there."""
    yield from map(_bare, _TESTED.findall(command))
    for part in _PARTS.finditer(command):
        program, *named = [_bare(word) for word in _WRITTEN.sub("", part[0]).split()] or [""]
        if os.path.basename(program) in SHOWING:
            before = command[: part.start()]
            yield from (word for word in named if word not in before and word[:1] != "-")


def _bare(word: str) -> str:
    return word.strip("'\"()[]")
