"""The environment variables that the program has set, for those who ask for them unseen.

A library asks for many variables that are no question of the step's (``HOME``), and a program that
a step starts gets all of them. But where the notebook itself has set one (``os.environ["COLUMNS"] =
"40"``), what it is counts for them as well. So each is told by whether the program's text names it
and it is not what this process began with; all others count alike, whatever they are.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from xxhash import xxh3_128_hexdigest

from zenbook.model import Read
from zenbook.world import files
from zenbook.world.program_text import program
from zenbook.world.variables import variable_now, variable_read, variables_now

HANDED_ON = "variables that programs get"
_AS_IT_BEGAN = "as it began"
_WORD = re.compile(r"[A-Za-z_]\w*")


def is_about_variables_set(name: str) -> bool:
    """Whether a read of this name is one of these."""
    return name == HANDED_ON or name.startswith("$")


def variable_set(name: str) -> Read:
    """A variable as a library finds it."""
    if _is_set(name, variable_now(name)):
        read = variable_read(name)
        return Read("setting", f"${name}", read.digest, read.shown)
    return Read("setting", f"${name}", _AS_IT_BEGAN, _AS_IT_BEGAN)


def variables_set() -> Read:
    """All of them, as a program gets them."""
    found = sorted(_set())
    told = xxh3_128_hexdigest(repr(found).encode("utf-8", "surrogateescape"))
    return Read("setting", HANDED_ON, told if found else _AS_IT_BEGAN)


def set_again(name: str) -> Read:
    """The same read as it is now."""
    return variables_set() if name == HANDED_ON else variable_set(name[1:])


def _set() -> Iterator[tuple[str, str]]:
    now = variables_now()
    for name in now.keys() | _began().keys():
        if _is_set(name, now.get(name)):
            yield name, variable_read(name).digest


def _is_set(name: str, value: str | None) -> bool:
    if _began().get(name) == value:
        return False
    with files.quiet():
        return any(name in _words(text) for text in program())


@functools.cache
def _began() -> Mapping[str, str]:
    """The variables that this process was started with; where the system does not tell, those that
    it has now."""
    with suppress(OSError), files.quiet():
        told = Path("/proc/self/environ").read_bytes().split(b"\0")
        return dict(os.fsdecode(each).split("=", 1) for each in told if b"=" in each)
    return dict(variables_now())


@functools.lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))
