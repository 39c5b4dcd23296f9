"""Workers of ``loky``, to which ``joblib`` hands calls: processes that were not forked, and that
know nothing of the step.

What they open is seen as any program's is. What they take of the environment is not: they were
given a copy of it when they were started, of which the variables count that the code names. They
outlive the step, and go on with the variables and the modules that they have: where these are
others by now, they do not compute what a new process would.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from zenbook.core.closure_members import local_modules
from zenbook.world.files import facts_of
from zenbook.world.variables import variables_named

_HOMES = ("joblib.externals.loky.reusable_executor", "loky.reusable_executor")


class Workers:
    """The workers there are when a step begins."""

    def __init__(self) -> None:
        self._given = {id(one): _given(one) for one in _executors()}
        self._pids = [pid for one in _executors() for pid in _pids_of(one)]

    def were_used(self) -> bool:
        """Whether some have been given calls since."""
        return any(self._given.get(id(one)) != _given(one) for one in _executors())

    def outdated(self, literals: frozenset[str]) -> Iterator[str]:
        """What they have that is another thing now: variables that the literals name, modules."""
        told: dict[str, None] = {}
        for worker in map(_process, self._pids):
            if worker is None:
                continue
            environment, started = worker
            for name in variables_named(literals):
                if not name.endswith("*") and environment.get(name) != os.environ.get(name):
                    told[f"${name}"] = None
            for module in local_modules():
                facts = facts_of(str(module.__file__))
                if facts is not None and facts.st_mtime > started:
                    told[module.__name__] = None
        for name in told:
            yield f"{name} changed after workers of joblib were started: restart the kernel"


def _executors() -> list[Any]:
    found = (getattr(sys.modules.get(home), "_executor", None) for home in _HOMES)
    return [executor for executor in found if executor is not None]


def _pids_of(executor: Any) -> list[int]:
    """Its processes, if it has any left: executors of Python itself let go of the very table."""
    return list(getattr(executor, "_processes", None) or ())


def _given(executor: Any) -> int:
    """How many calls it has been given."""
    return int(getattr(executor, "_queue_count", 0))


def _process(pid: int) -> tuple[dict[str, str], float] | None:
    """A process's environment, and when it was started (seconds since 1970); None if it is gone,
    or nobody can tell."""
    try:
        import psutil  # ipykernel has it where it can
    except ImportError:
        return None
    try:
        process = psutil.Process(pid)
        return dict(process.environ()), float(process.create_time())
    except psutil.Error:
        return None
