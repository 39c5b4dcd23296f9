"""The state of this process that a step may change unseen.

Compared before and after a step: what changed is not in the kept result, so a hit would leave it
out; such a step is not kept. Only libraries imported already are asked. Measured with numpy and
pandas: 80 µs for a snapshot and its comparison.

What a library changes while it is imported comes back with the import
(:mod:`zenbook.world.changed_by_import`).
"""

from __future__ import annotations

import contextvars
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zenbook.world.changed_by_import import (
    BACKEND,
    FILTERS,
    HOOKS,
    LOGGERS,
    PATH,
    is_imports_doing,
    libraries_since,
)
from zenbook.world.display_settings import NO_STYLE, ways_of_showing
from zenbook.world.duckdb_connection import CONNECTION, held_by_connection
from zenbook.world.library_settings import LIBRARY_SETTINGS
from zenbook.world.loop_settings import loop_setup
from zenbook.world.plotly_settings import plotly_settings
from zenbook.world.process_settings import process_settings
from zenbook.world.told_settings import told
from zenbook.world.watch_filters import as_filtering, standing

_SIGNALS = tuple(sorted(set(signal.Signals) - {signal.SIGINT}))
"""All but the one that Stop sends, which kernels handle anew for every cell."""
_TOLD_APART = ("zenbook_", "decimal_context", "format_options", "numpy.")
"""Context variables, by how their names begin, that are looked at by what they hold."""
FOLDER, VARIABLE = "the working folder", "os.environ "
"""The names of what is changed beside settings; that of a variable stands behind the second."""


@dataclass(frozen=True, slots=True, eq=False)
class ProcessState:
    """A snapshot of the process, to be compared with what a step leaves."""

    cwd: str
    variables: Mapping[Any, Any]
    state: Mapping[str, Any]
    modules: int

    @classmethod
    def now(cls) -> ProcessState:
        """The state at this moment."""
        return cls(
            cwd=_cwd(),
            variables=dict(os.environ._data),  # type: ignore[attr-defined]
            state=dict(process_state()),
            modules=len(sys.modules),
        )

    def changes(
        self, variables_set: Iterable[str], *, sets_up: bool = False
    ) -> Iterator[tuple[str, str]]:
        """What is different now and no import's doing, by name, each with a sentence; ``sets_up``:
        logging gave the root logger a handler by itself, which a hit can repeat."""
        if (cwd := _cwd()) != self.cwd:
            yield FOLDER, f"it changed the working folder to {cwd}"
        now = os.environ._data  # type: ignore[attr-defined]
        for name in sorted(variables_set):
            key = os.environ.encodekey(name)
            if now.get(key) != self.variables.get(key):
                yield f"{VARIABLE}{name}", f"it changed os.environ[{name!r}]"
        libraries = libraries_since(self.modules)
        for name, value in process_state():
            if name not in self.state or value == self.state[name]:
                continue
            if sets_up and name == LOGGERS and _but_for_own(value, self.state[name]):
                continue
            if not is_imports_doing(name, value, self.state[name], libraries):
                yield name, f"it changed {name}"


def _cwd() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return "(a folder that is gone)"


# ---------------------------------------------------------------- parts of the state


def process_state() -> Iterator[tuple[str, Any]]:
    """Named settings of the interpreter and of libraries that are imported."""
    yield PATH, tuple(sys.path)
    yield "the recursion limit", sys.getrecursionlimit()
    yield "how long a number's text may be", sys.get_int_max_str_digits()
    yield "the garbage collector", (gc.isenabled(), gc.get_threshold(), gc.get_debug())
    yield from process_settings()
    yield "the thread's name", threading.current_thread().name
    yield HOOKS, (*_hooks(), *gc.callbacks)
    yield "the event loop's settings", loop_setup()
    yield CONNECTION, held_by_connection()
    yield FILTERS, tuple(map(as_filtering, standing()))
    if (module := sys.modules.get("logging")) is not None:
        yield LOGGERS, _logging_setup(module)
    if (module := sys.modules.get("socket")) is not None:
        yield "how long sockets wait", module.getdefaulttimeout()
    if (module := sys.modules.get("copyreg")) is not None:
        yield "how classes are pickled", frozenset(map(id, module.dispatch_table))
    if "decimal" in sys.modules:
        yield "the decimal context", decimal_context()
    yield "the locale", _locale()
    yield from numpy_state()
    if (options := _pandas()) is not None:
        yield "pandas' options", options
    if (module := sys.modules.get("matplotlib")) is not None and hasattr(module, "rcParams"):
        yield "matplotlib's rcParams", tuple(_params(module, is_style=True))
        yield BACKEND, tuple(_params(module, is_style=False))
    if (module := sys.modules.get("torch")) is not None and hasattr(module, "is_grad_enabled"):
        yield "torch's settings", (torch_settings(module), module.get_num_threads())
    if (module := sys.modules.get("sklearn._config")) is not None:
        yield "sklearn's configuration", repr(module._get_threadlocal_config())
    yield "plotly's settings", plotly_settings()
    for library, (_, read) in LIBRARY_SETTINGS.items():
        yield f"{library}'s settings", read()
    yield "how IPython shows values", ways_of_showing()
    yield "the context variables", _context()
    if threading.current_thread() is threading.main_thread():
        yield "signal handlers", tuple(map(signal.getsignal, _SIGNALS))


def _hooks() -> tuple[Any, ...]:
    """What is called for errors that nobody catches, and by ``breakpoint()``."""
    return (sys.excepthook, sys.unraisablehook, threading.excepthook, sys.breakpointhook)


def _params(matplotlib: Any, *, is_style: bool) -> Iterator[str]:
    for name, value in dict.items(matplotlib.rcParams):
        if name.startswith(NO_STYLE) is not is_style:
            yield repr(value)


def _logging_setup(logging: Any) -> tuple[Any, ...]:
    """How the root logger is set up, and every other one that has been set up at all."""
    root = logging.getLogger()
    told: list[Any] = [root.manager.disable, ("root", *_setup_of(root))]
    for name, logger in sorted(root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and (setup := _setup_of(logger)) != _FRESH_LOGGER:
            told.append((name, *setup))
    return tuple(told)


def _but_for_own(now: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    """Whether all is as before, but for the handler that logging gives the root logger itself."""
    from zenbook.world.watch_reports import is_own

    (disable, (name, level, handlers, *rest), *others) = now
    return (
        not before[1][2]
        and is_own(handlers)
        and ((disable, (name, level, (), *rest), *others) == before)
    )


_FRESH_LOGGER = (0, (), (), True, False)


def _setup_of(logger: Any) -> tuple[Any, ...]:
    """Level, handlers, filters; whether it hands records on, and whether it is switched off."""
    held = tuple(logger.handlers), tuple(logger.filters)
    return (logger.level, *held, bool(logger.propagate), bool(logger.disabled))


def torch_settings(torch: Any) -> str:
    """What torch makes tensors of by default, and how it computes with them and prints them."""
    told = [
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_float32_matmul_precision(),
    ]
    printing = getattr(sys.modules.get("torch._tensor_str"), "PRINT_OPTS", None)
    return repr((*told, printing))


def _context() -> dict[Any, tuple[int, Any]]:
    """Which object each context variable stands for, but for zenbook's and those that are looked
    at by what they hold."""
    return {
        variable: (id(value), value)
        for variable, value in contextvars.copy_context().items()
        if not variable.name.startswith(_TOLD_APART)
    }


def numpy_state() -> Iterator[tuple[str, Any]]:
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "get_printoptions"):
        yield "numpy's print options", told(numpy.get_printoptions())
        yield "numpy's error handling", repr(numpy.geterr())


def decimal_context() -> str:
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
