"""The environment variables that the program has set, for those who ask for them unseen.

A library asks for many variables that are no question of the step's (``HOME``), and a program that
a step starts gets all of them. But where the notebook itself has set one (``os.environ["COLUMNS"] =
"40"``), what it is counts for them as well. So each is told by whether the program was heard to set
it (``load_dotenv()``), or its text names it, and it is not what this process began with; all others
count alike, whatever they are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence

from xxhash import xxh3_128_hexdigest

from zenbook.core.verdict import NOTHING_SET
from zenbook.model import Read
from zenbook.world import files
from zenbook.world.environment import began, variable_now, variables_now
from zenbook.world.program_text import program
from zenbook.world.variables import variable_read
from zenbook.world.variables_heard import is_of_program

HANDED_ON = "variables that programs get"
_WORD = re.compile(r"[A-Za-z_]\w*")


def is_about_variables_set(name: str) -> bool:
    """Whether a read of this name is one of these."""
    return name == HANDED_ON or name.startswith("$")


def variable_set(name: str) -> str:
    """A variable as a library finds it; "" for one that the program has not set."""
    return _told(name) if _is_set(name, variable_now(name)) else ""


def asked_by_libraries(found: Mapping[str, str]) -> Read:
    """What libraries asked for, as they found it, as one read: mostly it is dozens of variables of
    which the program has set none."""
    told = [f"{name}={value}" for name, value in sorted(found.items()) if value]
    return _read(" ".join(f"${name}" for name in sorted(found)), told)


def variables_set() -> Read:
    """All of them, as a program gets them."""
    return _read(HANDED_ON, [f"{name}={_told(name)}" for name in sorted(_set())])


def set_again(name: str) -> Read:
    """The same read as it is now."""
    if name == HANDED_ON:
        return variables_set()
    names = [each[1:] for each in name.split(" ")]
    return asked_by_libraries({each: variable_set(each) for each in names})


def _read(name: str, told: Sequence[str]) -> Read:
    shown = ", ".join(each.rpartition("=")[0] for each in told)
    digest = xxh3_128_hexdigest("\0".join(told).encode("utf-8", "surrogateescape"))
    return Read("setting", name, digest, shown or NOTHING_SET)


def _told(name: str) -> str:
    """Its value, as far as it may be shown, and its digest."""
    read = variable_read(name)
    return f"{read.shown}={read.digest}"


def _set() -> Iterator[str]:
    now = variables_now()
    return (name for name in now.keys() | began().keys() if _is_set(name, now.get(name)))


def _is_set(name: str, value: str | None) -> bool:
    if began().get(name) == value:
        return False
    if is_of_program(name):
        return True
    with files.quiet():
        return any(name in _words(text) for text in program())


@functools.lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))
