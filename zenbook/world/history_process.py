"""Which process a run belongs to, and whether that process still lives.

A process id alone says little: it is given again after a while, and after a reboot soon. So a
run remembers the machine, the boot, the id and the moment the process was born (in clock ticks
since the boot, from ``/proc``); all four must match for a run to be still going.

Rejected: a heartbeat row (a write per second for nothing, and a laptop that slept looks dead);
a lock file held for life (a forked child inherits it and outlives its parent).
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PROC = Path("/proc")
_PATIENCE_WITH_STRANGERS = 7 * 24 * 3600.0
"""Seconds after which a run on another machine that shares this folder counts as dead."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The process a run belongs to. ``boot`` and ``born`` are "" where the system tells neither."""

    node: str
    boot: str
    pid: int
    born: str

    def lives(self, here: Owner, age: float) -> bool:
        """Whether the process still runs, as far as ``here`` can know.

        ``age`` says how many seconds ago its run began.
        """
        if self == here:
            return True
        if self.node != here.node:
            return age < _PATIENCE_WITH_STRANGERS
        if self.boot != here.boot:
            return False
        return _exists(self.pid) and born(self.pid) == self.born


def owner() -> Owner:
    """This process."""
    pid = os.getpid()
    return Owner(platform.node(), _boot(), pid, born(pid))


def born(pid: int) -> str:
    """When a process began, in clock ticks since the boot; "" if it is gone or nobody tells."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()  # The name before it may hold spaces and brackets.
    # A zombie has ended: its parent has only not asked yet.
    return "" if fields[0] in "ZX" else fields[19]


@lru_cache(maxsize=1)
def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
