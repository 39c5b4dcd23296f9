"""Environment variables as reads: one by name, all with a prefix (``APP_*``), or all (``*``)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from zenbook.core.looks import MISSING
from zenbook.core.masking import mask, secrets_in
from zenbook.core.naming import is_secret_name
from zenbook.model import Read

_VOLATILE = ("PWD", "OLDPWD", "SHLVL", "_", "LINES", "COLUMNS", "WINDOWID", "PYTHONHASHSEED")
_VOLATILE_PREFIXES = (
    "JPY_",
    "TERM",
    "SSH_",
    "XDG_SESSION",
    "DBUS_",
    "PYTEST_",
    "PYDEVD_",
    "VSCODE_",
    "ZENBOOK_",
    "GPG_",
    "MPLBACKEND",
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SHOWN = 40


def variable_read(name: str) -> Read:
    """The variable (or variables) as they are now."""
    if name.endswith("*"):
        prefix = name[:-1]
        chosen = {key: value for key, value in _all() if _belongs(key, prefix)}
        return Read("variable", name, _digest(f"{k}={v}" for k, v in sorted(chosen.items())))
    value = variable_now(name)
    if value is None:
        return Read("variable", name, MISSING, "not set")
    shown = "•••" if is_secret_name(name) else mask(value, ())[:_SHOWN]
    return Read("variable", name, _digest((value,)), shown)


def variables_named(literals: Iterable[str]) -> Iterator[str]:
    """The variables that the string constants of code name, or the prefixes of several: what it
    may take of a copy of the environment."""
    for literal in literals:
        if _VARIABLE.match(literal):
            if literal.endswith("_"):
                yield literal + "*"
            elif literal.isupper() or variable_now(literal) is not None:
                yield literal


def variables_now() -> dict[str, str]:
    """All of them, read past the wrapper that notes who asks."""
    return dict(_all())


def secrets_of_environment() -> tuple[str, ...]:
    """Values of variables whose names look secret, to be masked in text that is kept."""
    return secrets_in(dict(_all()))


def _belongs(name: str, prefix: str) -> bool:
    if prefix:
        return name.startswith(prefix)
    return not is_volatile(name)


def is_volatile(name: str) -> bool:
    """Whether a variable is another in every session, and says nothing."""
    return name in _VOLATILE or name.startswith(_VOLATILE_PREFIXES)


def variable_now(name: str) -> str | None:
    """Its value; None if it is not set. Read past the wrapper that notes who asks: zenbook's own
    question is no read."""
    found = _raw().get(os.fsencode(name))
    return None if found is None else os.fsdecode(found)


def _all() -> Iterable[tuple[str, str]]:
    return [(os.fsdecode(name), os.fsdecode(value)) for name, value in _raw().items()]


def _raw() -> dict[bytes, bytes]:
    raw: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]
    return raw


def _digest(texts: Iterable[str]) -> str:
    from xxhash import xxh3_128_hexdigest

    return xxh3_128_hexdigest("\0".join(texts).encode("utf-8", "surrogateescape"))
