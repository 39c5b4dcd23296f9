"""Settings of libraries that others use for those who call them: how ``joblib`` divides work, the
console that ``rich`` prints on, duckdb's own connection.

They count for a step that uses the library, or another one that imports it. Measured: 1 µs while
nobody has set anything, 17 µs for a console.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from zenbook.core.closure_trace import is_atom
from zenbook.core.digest_rich import facts_of_console
from zenbook.core.shell import running_shell
from zenbook.world.duckdb_connection import duckdb_settings, duckdb_there
from zenbook.world.told_settings import told_apart
from zenbook.world.whose_code import name_of_called

_OF_BACKENDS = ("nesting_level", "inner_max_num_threads", "backend_kwargs")
"""What a backend of joblib is told; the rest is its work."""
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
    console = _console()
    if console is None:
        return ""
    now = _told_of_console(console)
    if _fresh[0] != now:
        make = sys.modules["rich.console"].Console
        _fresh = now, _told_of_console(make(force_jupyter=_in_notebook()))
    usual = _fresh[1]
    changed = sorted(name for name in now if now[name] != usual.get(name))
    told = ((name, _apart(now[name], usual.get(name))) for name in changed)
    return repr([*told]) if changed else ""


def _console() -> Any:
    return getattr(sys.modules.get("rich"), "_console", None)


LIBRARY_SETTINGS: Mapping[str, tuple[Callable[[], Any], Callable[[], str]]] = {
    "duckdb": (duckdb_there, duckdb_settings),
    "joblib": (joblib_settings, joblib_settings),
    "rich": (_console, rich_settings),
}
"""By library, what is nothing while it has no settings, and what tells them."""


class _Nothing:
    """Has no settings."""


def _in_notebook() -> bool:
    """What ``rich`` finds out for itself, though only while a cell runs."""
    kind = type(running_shell())
    return kind.__name__ == "ZMQInteractiveShell" or "google.colab" in str(kind)


def _apart(value: Any, usual: Any) -> Any:
    """A value; of styles those that are not as usual, as text."""
    if not isinstance(value, dict):
        return value
    return sorted((k, v) for k, v in value.items() if (usual or {}).get(k) != v)


def _backend(value: Any) -> Any:
    if is_atom(value):
        return value
    kind = type(value)
    told = [repr(getattr(value, name, None)) for name in _OF_BACKENDS]
    return f"{kind.__module__}.{kind.__qualname__} {told_apart(kind)} {told}"


def _told_of_console(console: Any) -> dict[str, Any]:
    """What it tells of itself; of what it calls and prints into what that is called."""
    own = vars(console)
    called = {name: name_of_called(own[name]) for name in _NAMED if own.get(name) is not None}
    return facts_of_console(console) | called


_NAMED = frozenset({"_color_system", "_file", "get_datetime", "get_time", "highlighter"})
