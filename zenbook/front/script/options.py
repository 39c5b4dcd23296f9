"""The options of ``@step`` and ``@pipeline``, checked where they are written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from zenbook.errors import OptionError
from zenbook.model import Options

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_ALIASES = {
    "depends": "files",
    "file_dependencies": "files",
    "ignored_inputs": "ignore",
    "expires_after": "ttl",
}
_KNOWN = (*Options.__dataclass_fields__, *_ALIASES)


def options_from(base: Options, given: Mapping[str, Any]) -> Options:
    """The base options with the given ones in their place. Raises OptionError."""
    checked: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _KNOWN:
            raise OptionError(unknown("option", name, _KNOWN))
        name = _ALIASES.get(name, name)
        checked[name] = _value(name, value)
    return replace(base, **checked)


def unknown(kind: str, name: str, known: Any) -> str:
    """A sentence for a name that does not exist, with the likeliest one that does."""
    near = difflib.get_close_matches(name, list(known), 1)
    hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(known)}."
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
        case "files" | "ignore" | "keep_only":
            return (str(value),) if not isinstance(value, (list, tuple, set)) else _texts(value)
        case "enable_cache":
            if value not in (True, False, None):
                raise OptionError(f"enable_cache={value!r} is neither True nor False.")
            return value
        case "retries":
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise OptionError(f"retries={value!r} is no whole number from 0.")
            return value
        case "rng":
            if value not in ("auto", "key", "ignore"):
                raise OptionError(f"rng={value!r} is none of auto, key, ignore.")
            return value
        case "cache_func":
            if value is not None and not callable(value):
                raise OptionError(f"cache_func={value!r} is no function.")
            return value
        case _:
            return value


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
