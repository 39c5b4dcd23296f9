"""The environment of this process as it is, and as it was when the process began. Light, because a
kernel loads it with the extension."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

_VOLATILE = ("PWD", "OLDPWD", "SHLVL", "_", "LINES", "COLUMNS", "WINDOWID", "PYTHONHASHSEED")
_OF_TOOLS = ("JPY_", "PYDEVD_", "PYTEST_", "VSCODE_", "ZENBOOK_")
_VOLATILE_PREFIXES = (*_OF_TOOLS, "DBUS_", "GPG_", "MPLBACKEND", "SSH_", "TERM", "XDG_SESSION")


def variables_now() -> dict[str, str]:
    """All of them, read past the wrapper that notes who asks."""
    return {os.fsdecode(name): os.fsdecode(value) for name, value in _raw().items()}


def variable_now(name: str) -> str | None:
    """Its value; None if it is not set. Read past the wrapper that notes who asks: zenbook's own
    question is no read."""
    found = _raw().get(os.fsencode(name))
    return None if found is None else os.fsdecode(found)


@functools.cache
def began() -> Mapping[str, str]:
    """The variables that this process was started with; where the system does not tell, those that
    it has now."""
    try:
        with open("/proc/self/environ", "rb") as file:
            told = file.read().split(b"\0")
    except OSError:
        return variables_now()
    return dict(os.fsdecode(each).split("=", 1) for each in told if b"=" in each)


def is_as_it_began(name: str) -> bool:
    """Whether a variable has the value that this process was started with."""
    return began().get(name) == variable_now(name)


def is_volatile(name: str) -> bool:
    """Whether a variable is another in every session, and says nothing."""
    return name in _VOLATILE or name.startswith(_VOLATILE_PREFIXES)


def is_of_tools(name: str) -> bool:
    """Whether a variable is one by which kernels, editors, test runners and zenbook tell each other
    things, and no program's."""
    return name.startswith(_OF_TOOLS)


def _raw() -> dict[bytes, bytes]:
    raw: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]
    return raw
