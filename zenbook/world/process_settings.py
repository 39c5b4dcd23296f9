"""What there is one of in a process and no code of a step has to name: who may read new files, on
which processors and with which limits it runs, how it starts others.

What the program found is the machine's affair. So each counts where the program's text sets it, for
every step, as any may make a file or use a processor. Measured: 15 µs for the mask of new files,
8 µs for the limits, 1 µs for all others.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Path = tuple[str, ...]
_STATUS = "/proc/self/status"
_MASK = b"\nUmask:\t"
_HEAD = 400
"""Bytes of that file in which the mask stands."""


def file_mask() -> str | None:
    """Which rights new files do not get, where the system tells: who asks Python sets it, and
    another thread's file might be made meanwhile."""
    try:
        with open(_STATUS, "rb", buffering=0) as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    return head.partition(_MASK)[2].partition(b"\n")[0].decode() or None


def _processors() -> Any:
    ask = getattr(os, "sched_getaffinity", None)
    return None if ask is None else tuple(sorted(ask(0)))


def _priority() -> Any:
    return os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else None


def _io_priority() -> Any:
    """That of reading and writing, as ``psutil`` tells; None while nobody has loaded that."""
    global _process
    module: Any = sys.modules.get("psutil")
    if not hasattr(getattr(module, "Process", None), "ionice"):
        return None
    if _process is None or _process.pid != os.getpid():
        _process = module.Process()
    return tuple(_process.ionice())


_process: Any = None
"""This process to ``psutil``, which takes 40 µs to make."""


def _limits() -> Any:
    """The limits of this process, by the names of resources; None while nobody has looked."""
    module: Any = sys.modules.get("resource")
    if module is None:
        return None
    names = sorted(name for name in vars(module) if name.startswith("RLIMIT_"))
    return tuple((name, module.getrlimit(getattr(module, name))) for name in names)


def _tracing() -> Any:
    """How many frames are remembered of what takes memory; None where nothing is."""
    module: Any = sys.modules.get("tracemalloc")
    return module.get_traceback_limit() if module is not None and module.is_tracing() else None


def _starting() -> Any:
    """How ``multiprocessing`` starts processes: what it would choose by itself if nobody has."""
    module: Any = sys.modules.get("multiprocessing.context")
    if module is None:
        return None
    chosen = module._default_context
    return chosen.get_start_method(allow_none=True) or chosen.get_all_start_methods()[0]


SET_BY: Mapping[Path, tuple[str, Callable[[], Any]]] = {
    ("os", "umask"): ("os.umask()", file_mask),
    ("os", "sched_setaffinity"): ("os.sched_getaffinity()", _processors),
    ("os", "nice"): ("os.getpriority()", _priority),
    ("os", "setpriority"): ("os.getpriority()", _priority),
    ("resource", "setrlimit"): ("resource.getrlimit()", _limits),
    ("resource", "prlimit"): ("resource.getrlimit()", _limits),
    ("psutil", "cpu_affinity"): ("os.sched_getaffinity()", _processors),
    ("psutil", "rlimit"): ("resource.getrlimit()", _limits),
    ("psutil", "ionice"): ("the priority of reading and writing", _io_priority),
    ("tracemalloc", "start"): ("tracemalloc.get_traceback_limit()", _tracing),
    ("multiprocessing", "set_start_method"): ("multiprocessing.get_start_method()", _starting),
}
"""By the path of what sets it: what it is called, and how to ask for it. What ``psutil`` sets by
methods has none but the last name."""


def process_settings() -> Iterator[tuple[str, Any]]:
    """What a step may change of these, each by its name."""
    yield "the mask of new files", file_mask()
    yield "which processors are used", _processors()
    yield "the priority of the process", _priority()
    yield "how much memory's history is kept", _tracing()
    for name, value in (
        ("the limits of the process", _limits()),
        ("how processes are started", _starting()),
        ("the priority of reading and writing", _io_priority()),
    ):
        if value is not None:  # else somebody has only asked meanwhile
            yield name, value


def thread_settings() -> str:
    """The name of the main thread, where somebody has given it another."""
    thread = threading.current_thread()
    is_main = thread is threading.main_thread()
    return repr([("name", thread.name)]) if is_main and thread.name != "MainThread" else ""
