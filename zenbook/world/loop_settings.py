"""What somebody has set on the event loop that runs: who hears of its errors and signals, who makes
its tasks, which threads it hands work to, and what was put on it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from zenbook.core.kinds import held_by_name
from zenbook.world.told_settings import told
from zenbook.world.whose_code import calls_users

_FRESH = {"slow_callback_duration": "0.1"}
"""Attributes with public names that a loop begins with."""
_OWN_THREADS = "asyncio"
"""How the names of those threads begin that a loop makes for itself when it first needs some."""


def running_loop() -> Any:
    """The event loop of this thread; None if none is running."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def loop_settings() -> str:
    """What is not as a new loop has it."""
    loop = running_loop()
    if loop is None:
        return ""
    found = [(name, told(value)) for name, value in _set_on(loop)]
    return repr(found) if found else ""


def loop_setup() -> tuple[Any, ...]:
    """What a step may change of the loop, as objects to compare."""
    loop = running_loop()
    return () if loop is None else tuple(_set_on(loop))


def _set_on(loop: Any) -> Iterator[tuple[str, Any]]:
    for name in ("exception_handler", "task_factory", "debug"):
        if value := getattr(loop, f"get_{name}")():
            yield name, value
    pool = getattr(loop, "_default_executor", None)
    if pool is not None and getattr(pool, "_thread_name_prefix", "") != _OWN_THREADS:
        yield "default_executor", _described(pool)
    for number, handle in sorted(getattr(loop, "_signal_handlers", {}).items()):
        if calls_users(handle._callback, handle._args):
            yield f"handler of signal {int(number)}", (handle._callback, handle._args)
    for name, value in sorted((held_by_name(loop) or {}).items()):
        if not name.startswith("_") and _FRESH.get(name) != repr(value):
            yield name, value


def _described(pool: Any) -> tuple[Any, ...]:
    """What a pool of threads or processes is made of."""
    names = ("_max_workers", "_thread_name_prefix", "_initializer", "_initargs")
    return (type(pool).__qualname__, *(getattr(pool, name, None) for name in names))
