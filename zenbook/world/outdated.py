"""Local modules that are in memory as their files no longer are."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from zenbook.core.closure_members import local_modules
from zenbook.world import files, watch_imports


def outdated_modules() -> Iterator[str]:
    """The local modules of this process whose texts have changed since they were executed last or,
    where nobody listened then, since this process was started."""
    for module in local_modules():
        name = module.__name__
        facts = files.facts_of(str(module.__file__))
        if name in watch_imports.heard():
            if watch_imports.has_other_text(name):
                yield name
        elif facts is not None and facts.st_mtime > _started():
            yield name


def _started() -> float:
    """When this process was started, in seconds since 1970."""
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
    except FileNotFoundError:
        import psutil

        return float(psutil.Process().create_time())
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + ticks / os.sysconf("SC_CLK_TCK")
