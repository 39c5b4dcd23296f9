"""Environment variables as reads: one by name, all with a prefix (``APP_*``), or all (``*``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zenbook.core.looks import MISSING
from zenbook.core.masking import mask, secrets_in
from zenbook.core.naming import is_secret_name
from zenbook.model import Read
from zenbook.world.environment import is_volatile, variable_now, variables_now

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SHOWN = 40


def variable_read(name: str) -> Read:
    """The variable (or variables) as they are now."""
    if name.endswith("*"):
        prefix = name[:-1]
        chosen = {key: value for key, value in variables_now().items() if _belongs(key, prefix)}
        return Read("variable", name, _digest(f"{k}={v}" for k, v in sorted(chosen.items())))
    return read_of(name, variable_now(name))


def read_of(name: str, value: str | None) -> Read:
    """The variable with this value; None if it is not set."""
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


def secrets_of_environment() -> tuple[str, ...]:
    """Values of variables whose names look secret, to be masked in text that is kept."""
    return secrets_in(variables_now())


def _belongs(name: str, prefix: str) -> bool:
    if prefix:
        return name.startswith(prefix)
    return not is_volatile(name)


def _digest(texts: Iterable[str]) -> str:
    from xxhash import xxh3_128_hexdigest

    return xxh3_128_hexdigest("\0".join(texts).encode("utf-8", "surrogateescape"))
