"""The state of this process that a step may change unseen, and settings that it may use.

Compared before and after a step: what changed is not in the kept result, so a hit would leave it
out; such a step is not kept. Only libraries imported already are asked. Measured with numpy and
pandas: 80 µs for a snapshot and its comparison.

Libraries set warning filters, loggers and variables while they are imported. When a step is what
imports them first, such changes are theirs: they come back with the import.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zenbook.model import Part
from zenbook.world.watch_places import owner_of

_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGHUP")
    if hasattr(signal, name)
)
_BY_IMPORT = frozenset(
    {"the warning filters", "the logging setup", "matplotlib's rcParams", "sys.path"}
)


@dataclass(frozen=True, slots=True, eq=False)
class ProcessState:
    """A snapshot of the process, to be compared with what a step leaves."""

    cwd: str
    variables: Mapping[Any, Any]
    state: Mapping[str, Any]
    modules: int
    threads: frozenset[threading.Thread]
    tasks: frozenset[Any]
    children: frozenset[Any]

    @classmethod
    def now(cls) -> ProcessState:
        """The state at this moment."""
        return cls(
            cwd=_cwd(),
            variables=dict(os.environ._data),  # type: ignore[attr-defined]
            state=dict(_state()),
            modules=len(sys.modules),
            threads=frozenset(threading.enumerate()),
            tasks=frozenset(_tasks()),
            children=frozenset(_children()),
        )

    def changes(self, variables_set: Iterable[str]) -> Iterator[str]:
        """Sentences for what is different now and no import's doing."""
        if (cwd := _cwd()) != self.cwd:
            yield f"it changed the working folder to {cwd}"
        now = os.environ._data  # type: ignore[attr-defined]
        for name in sorted(variables_set):
            key = os.environ.encodekey(name)
            if now.get(key) != self.variables.get(key):
                yield f"it changed os.environ[{name!r}]"
        imported = len(sys.modules) > self.modules
        for name, value in _state():
            if name not in self.state or value == self.state[name]:
                continue
            if not (imported and name in _BY_IMPORT):
                yield f"it changed {name}"

    def alive(self, programs: Iterable[weakref.ref[Any]]) -> Iterator[str]:
        """Sentences for what the step started and left running."""
        for thread in threading.enumerate():
            if thread not in self.threads and _is_users(thread):
                yield f"it left the thread {thread.name} running"
        for task in _tasks():
            if task not in self.tasks and _is_users_task(task):
                yield f"it left the task {task.get_name()} running"
        for child in _children():
            if child not in self.children:
                yield f"it left the process {child.name} running"
        for reference in programs:
            program = reference()
            if program is not None and program.poll() is None:
                yield f"it left the program {_program_name(program)} running"


def settings(libraries: Iterable[str]) -> tuple[Part, ...]:
    """Parts for settings of libraries that a step uses and that differ from their defaults:
    ``decimal``, ``locale``, ``time``, ``datetime``, ``numpy``, ``pandas``, ``matplotlib``."""
    used = frozenset(libraries)
    parts = []
    for library, read in _SETTINGS.items():
        if (library in used or _ALSO.get(library, frozenset()) & used) and (text := read()):
            parts.append(Part("environment", f"{library} settings", _digest(text)))
    return tuple(parts)


def _digest(text: str) -> str:
    from xxhash import xxh3_128_hexdigest

    return xxh3_128_hexdigest(text.encode("utf-8", "surrogateescape"))


def _cwd() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return "(a folder that is gone)"


# ---------------------------------------------------------------- parts of the state


def _state() -> Iterator[tuple[str, Any]]:
    """Named settings of the interpreter and of libraries that are imported."""
    yield "sys.path", tuple(sys.path)
    yield "the recursion limit", sys.getrecursionlimit()
    if (module := sys.modules.get("warnings")) is not None:
        yield "the warning filters", tuple(module.filters)
    if (module := sys.modules.get("logging")) is not None:
        root = module.getLogger()
        yield "the logging setup", (root.level, tuple(root.handlers), root.manager.disable)
    if "decimal" in sys.modules:
        yield "the decimal context", _decimal()
    yield "the locale", _locale()
    yield from _numpy_state()
    if (options := _pandas()) is not None:
        yield "pandas' options", options
    if (module := sys.modules.get("matplotlib")) is not None and hasattr(module, "rcParams"):
        yield "matplotlib's rcParams", tuple(map(repr, dict.values(module.rcParams)))
    if threading.current_thread() is threading.main_thread():
        yield "signal handlers", tuple(map(signal.getsignal, _SIGNALS))


def _numpy_state() -> Iterator[tuple[str, Any]]:
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "get_printoptions"):
        yield "numpy's print options", repr(numpy.get_printoptions())
        yield "numpy's error handling", repr(numpy.geterr())


def _decimal() -> str:
    import decimal

    context = decimal.getcontext()
    traps = [signal.__name__ for signal, on in context.traps.items() if on]
    return repr(
        (context.prec, context.rounding, context.Emin, context.Emax, context.capitals, traps)
    )


def _locale() -> str:
    import _locale as c

    return c.setlocale(c.LC_ALL)


def _pandas() -> tuple[Any, ...] | None:
    """All options of pandas, flat, in their order."""
    config = sys.modules.get("pandas._config.config")
    tree = getattr(config, "_global_config", None)
    return None if tree is None else tuple(_leaves(tree))


def _leaves(tree: Mapping[str, Any]) -> Iterator[str]:
    for value in tree.values():
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            yield repr(value)


# ---------------------------------------------------------------- what is alive


def _is_users(thread: threading.Thread) -> bool:
    """Whether user code runs in the thread. Libraries keep workers and monitors, idle between
    calls, that are no part of any result."""
    target: Any = getattr(thread, "_target", None) or type(thread).run
    while hasattr(target, "__wrapped__") or hasattr(target, "func"):
        target = getattr(target, "__wrapped__", None) or target.func
    code = getattr(getattr(target, "__func__", target), "__code__", None)
    return code is None or owner_of(code.co_filename) == "user"


def _tasks() -> Iterable[Any]:
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return ()
    try:
        tasks: Iterable[Any] = asyncio.all_tasks()
    except RuntimeError:
        return ()  # no loop runs in this thread
    return tasks


def _is_users_task(task: Any) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and owner_of(code.co_filename) == "user"


def _children() -> Iterable[Any]:
    """Live processes of multiprocessing's; pools that libraries keep for reuse are not counted."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is None:
        return ()
    children: Iterable[Any] = multiprocessing.active_children()
    return [child for child in children if "loky" not in type(child).__module__]


def _program_name(program: Any) -> str:
    words = program.args
    first = words if isinstance(words, (str, bytes, os.PathLike)) else words[0]
    return os.path.basename(os.fsdecode(first).split(" ")[0])


# ---------------------------------------------------------------- settings a step uses


def _decimal_settings() -> str:
    """The decimal context where it is not the one a new process has."""
    text = _decimal()
    return "" if text == _FRESH_DECIMAL else text


_FRESH_DECIMAL = (
    "(28, 'ROUND_HALF_EVEN', -999999, 999999, 1, "
    "['InvalidOperation', 'DivisionByZero', 'Overflow'])"
)


def _locale_settings() -> str:
    """Locale categories a program has set; a new process has only the character type set."""
    import _locale as c

    names = ("LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY")
    current = [c.setlocale(getattr(c, name)) for name in names]
    return "" if set(current) == {"C"} else repr(current)


def _time_settings() -> str:
    """The time zone, as offsets and names, for whoever turns time into text."""
    import time

    return repr((time.timezone, time.altzone, time.tzname, os.environ.get("TZ", "")))


def _numpy_settings() -> str:
    """numpy's print options and error handling where they differ from its defaults."""
    text = repr([value for _, value in _numpy_state()])
    return "" if text == _FRESH_NUMPY or "numpy" not in sys.modules else text


_FRESH_NUMPY = repr(
    [
        repr(
            {
                "edgeitems": 3,
                "threshold": 1000,
                "floatmode": "maxprec",
                "precision": 8,
                "suppress": False,
                "linewidth": 75,
                "nanstr": "nan",
                "infstr": "inf",
                "sign": "-",
                "formatter": None,
                "legacy": False,
                "override_repr": None,
            }
        ),
        repr({"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}),
    ]
)


def _pandas_settings() -> str:
    """pandas' options that are not at their defaults."""
    config = sys.modules.get("pandas._config.config")
    registered = getattr(config, "_registered_options", {})
    changed = []
    for name in sorted(registered):
        value = config._global_config  # type: ignore[union-attr]
        for step in name.split("."):
            value = value[step]
        if value != registered[name].defval:
            changed.append((name, repr(value)))
    return repr(changed) if changed else ""


def _matplotlib_settings() -> str:
    """Style settings of matplotlib that differ from its defaults; the backend is no style."""
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is None or not hasattr(matplotlib, "rcParamsDefault"):
        return ""
    default = matplotlib.rcParamsDefault
    changed = [
        (name, repr(value))
        for name, value in dict.items(matplotlib.rcParams)
        if name in default
        and not name.startswith(("backend", "interactive", "toolbar", "webagg", "figure.hooks"))
        and dict.get(default, name) != value
    ]
    return repr(sorted(changed)) if changed else ""


_SETTINGS = {
    "decimal": _decimal_settings,
    "locale": _locale_settings,
    "time": _time_settings,
    "numpy": _numpy_settings,
    "pandas": _pandas_settings,
    "matplotlib": _matplotlib_settings,
}
_ALSO = {
    "time": frozenset({"datetime", "calendar"}),
    "locale": frozenset({"time", "datetime", "calendar"}),
    "numpy": frozenset({"pandas", "scipy", "sklearn"}),
    "matplotlib": frozenset({"seaborn", "pandas", "pylab", "plotnine"}),
}
