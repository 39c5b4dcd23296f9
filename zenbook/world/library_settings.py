"""Settings of libraries that others use for those who call them: how ``joblib`` divides work, and
the console that ``rich`` prints on.

They count for a step that uses the library, or another one that imports it. Measured: 1 µs for each
of them where nothing is set.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from zenbook.core.closure_trace import is_atom
from zenbook.world.shell import running_shell
from zenbook.world.told_settings import told_apart
from zenbook.world.whose_code import name_of_called

_OF_BACKENDS = ("nesting_level", "inner_max_num_threads", "backend_kwargs")
"""What a backend of joblib is told; the rest is its work."""
_OF_ONE_TIME = frozenset({"_is_alt_screen", "_last_time", "is_interactive"})
"""What a console notes of what it has printed, or found when it was made."""
_fresh: tuple[Any, Mapping[str, Any]] = (None, {})


def joblib_settings() -> str:
    """What ``joblib.parallel_config()`` has set in this thread."""
    module: Any = sys.modules.get("joblib.parallel")
    held = vars(getattr(module, "_backend", None) or _Nothing)
    config = held.get("config")
    if not isinstance(config, dict):  # as before 1.3
        found = held.get("backend_and_jobs")
        return repr([("backend", _backend(found[0])), ("n_jobs", found[1])]) if found else ""
    usual = module.default_parallel_config
    changed = sorted(name for name in config if config[name] is not usual.get(name))
    return repr([(name, _backend(config[name])) for name in changed]) if changed else ""


def rich_settings() -> str:
    """How the console prints that ``rich`` has for all, where that is not as it would make it."""
    global _fresh
    console = getattr(sys.modules.get("rich"), "_console", None)
    if console is None:
        return ""
    now = _told_of_console(console)
    if _fresh[0] != now:
        _fresh = now, _told_of_console(type(console)(force_jupyter=_in_notebook()))
    usual = _fresh[1]
    changed = sorted(name for name in now if now[name] != usual.get(name))
    return repr([(name, _plain(now[name])) for name in changed]) if changed else ""


LIBRARY_SETTINGS: Mapping[str, Callable[[], str]] = {
    "joblib": joblib_settings,
    "rich": rich_settings,
}


class _Nothing:
    """Has no settings."""


def _in_notebook() -> bool:
    """What ``rich`` finds out for itself, though only while a cell runs."""
    kind = type(running_shell())
    return kind.__name__ == "ZMQInteractiveShell" or "google.colab" in str(kind)


def _plain(value: Any) -> Any:
    return value if is_atom(value) else str(value)


def _backend(value: Any) -> Any:
    if is_atom(value):
        return value
    kind = type(value)
    told = [repr(getattr(value, name, None)) for name in _OF_BACKENDS]
    return f"{kind.__module__}.{kind.__qualname__} {told_apart(kind)} {told}"


def _told_of_console(console: Any) -> dict[str, Any]:
    """Its plain attributes; of others what they are, and the styles of its themes."""
    told: dict[str, Any] = {}
    for name, value in [*vars(console).items(), *vars(console._log_render).items()]:
        if is_atom(value):
            told[name] = value
        elif name in _NAMED:
            told[name] = name_of_called(value)
    for place, styles in enumerate(console._thread_locals.theme_stack._entries):
        told |= {f"style {place} {name}": style for name, style in styles.items()}
    return {name: value for name, value in told.items() if name not in _OF_ONE_TIME}


_NAMED = frozenset({"_color_system", "_file", "get_datetime", "get_time", "highlighter"})
