"""The options of ``@step`` and ``@pipeline``, checked where they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from zenbook.core.naming import closest
from zenbook.errors import OptionError
from zenbook.model import Options

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_ALIASES = {
    "depends": "files",
    "file_dependencies": "files",
    "ignored_inputs": "ignore",
    "expires_after": "ttl",
}
_CELLS_ONLY = {
    "inputs": "A function's inputs are its parameters: add or remove some.",
    "outputs": "A function gives what it returns: return less, or in steps of their own.",
    "keep_only": "A function gives what it returns: return less, or in steps of their own.",
    "no_cache": "Write enable_cache=False.",
    "dry_run": "Call .plan(...) of the pipeline it is in.",
    "pipeline": "Call the step in a @pipeline function.",
    "quiet": "Only cells have a line to leave out.",
}
"""Options of ``%%step`` that mean nothing for a function, and what there is instead."""
_KNOWN = tuple(
    name for name in (*Options.__dataclass_fields__, *_ALIASES) if name not in _CELLS_ONLY
)
_MOST_SEED = 2**32 - 1
_CHOICES = {"rng": ("auto", "key", "ignore"), "replay": ("all", "display", "none")}


def options_from(base: Options, given: Mapping[str, Any]) -> Options:
    """The base options with the given ones in their place. Raises OptionError."""
    checked: dict[str, Any] = {}
    for name, value in given.items():
        if name in _CELLS_ONLY:
            raise OptionError(f"@step has no option {name}. {_CELLS_ONLY[name]}")
        if name not in _KNOWN:
            raise OptionError(unknown("option", name, _KNOWN))
        name = _ALIASES.get(name, name)
        checked[name] = _value(name, value)
    return replace(base, **checked)


def unknown(kind: str, name: str, known: Any) -> str:
    """A sentence for a name that does not exist, with the likeliest one that does."""
    near = closest(name, known)
    hint = f" Did you mean {near}?" if near else f" There are: {', '.join(known)}."
    return f"There is no {kind} {name!r}.{hint}"


def seconds_of(ttl: Any) -> float:
    """A time to live in seconds: a number, a timedelta, or text such as ``12h`` or ``1d 6h``."""
    if isinstance(ttl, timedelta):
        return ttl.total_seconds()
    if isinstance(ttl, (int, float)) and not isinstance(ttl, bool) and ttl > 0:
        return float(ttl)
    if isinstance(ttl, str):
        pieces = re.findall(r"(\d+(?:\.\d+)?)\s*([smhdw])", ttl)
        if pieces and not re.sub(r"(\d+(?:\.\d+)?)\s*([smhdw])", "", ttl).strip():
            return sum(float(amount) * _UNITS[unit] for amount, unit in pieces)
    raise OptionError(f"ttl={ttl!r} is no duration. Write seconds, or text such as '12h' or '1d'.")


def _value(name: str, value: Any) -> Any:
    match name:
        case "ttl":
            return None if value is None else seconds_of(value)
        case "files" | "ignore":
            return (str(value),) if not isinstance(value, (list, tuple, set)) else _texts(value)
        case "enable_cache":
            if value not in (True, False, None):
                raise OptionError(f"enable_cache={value!r} is neither True nor False.")
            return value
        case "retries":
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise OptionError(f"retries={value!r} is no whole number from 0.")
            return value
        case "rng" | "replay":
            if value not in _CHOICES[name]:
                raise OptionError(f"{name}={value!r} is none of {', '.join(_CHOICES[name])}.")
            return value
        case "seed":
            return None if value is None else _seed(value)
        case "version":
            if not isinstance(value, (str, int)):
                raise OptionError(f"version={value!r} is no text.")
            return str(value)
        case "force" | "must_hit":
            if value not in (True, False):
                raise OptionError(f"{name}={value!r} is neither True nor False.")
            return bool(value)
        case "cache_func":
            if value is not None and not callable(value):
                raise OptionError(f"cache_func={value!r} is no function.")
            return value
        case _:
            return value


def _seed(value: Any) -> int:
    is_whole = hasattr(value, "__index__") and not isinstance(value, bool)
    if not is_whole or not 0 <= int(value) <= _MOST_SEED:
        raise OptionError(f"seed={value!r} is no whole number from 0 to {_MOST_SEED}.")
    return int(value)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
