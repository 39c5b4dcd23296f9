"""Heard in a process that was not forked (:mod:`watch_workers`): what a step's calls ask for there.

A worker of ``loky`` outlives the step, and goes on with the variables and the modules that it has.
Where these are others by now, it does not compute what a new process would, and says so. What its
modules remember of the calls of earlier steps is asked for anew, so to speak: by each later step.
Calls of no step are not listened to: after these, its modules must hold what the step's own do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from zenbook.core.closure_members import local_modules
from zenbook.world import files, watch_events, watch_imports, watch_looks
from zenbook.world.module_states import module_states
from zenbook.world.outdated import outdated_modules
from zenbook.world.watch_away import Away
from zenbook.world.watch_places import places
from zenbook.world.watch_scope import follow_from_now
from zenbook.world.watch_workers import OUTDATED


class _Address(NamedTuple):
    """Where to leave word, and what the step makes of paths."""

    path: str
    inode: int
    cwd: str
    home: str
    absolutes: tuple[str, ...]


REMEMBERED = "workers of joblib remember what other cells had them do: restart the kernel"
_ASKED = frozenset({"adopt", "held", "listed", "looked", "matched", "read", "variable"})
_history: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {}
"""What the calls of earlier steps asked for."""


class Listener(Away):
    """The notes of a step on what is asked for in this worker."""

    def __init__(self, address: _Address) -> None:
        around = places(address.cwd, address.home, os.path.expanduser("~"))
        super().__init__(around, (), address.absolutes)
        self.descriptor = os.open(address.path, os.O_WRONLY | os.O_APPEND)
        if os.fstat(self.descriptor).st_ino != address.inode:
            os.close(self.descriptor)
            raise FileNotFoundError("the step is over")
        self.leave_word_in(self.descriptor)
        for module, name, read in watch_imports.reads_of(watch_imports.heard()):
            if read is None:
                self.obstacle(f"{name} changed after {module} had read it: restart the kernel")
            else:
                self.adopt(read)
        for what, said, more in [*_history.values()] if any(local_modules()) else ():
            super()._say(what, *said, **more)

    def _say(self, what: str, *said: Any, **more: Any) -> None:
        """What is asked for may be remembered for the calls of later steps, in a module here."""
        super()._say(what, *said, **more)
        if what in _ASKED:
            _history[repr((what, said, more))] = (what, said, more)

    def variable(self, name: str) -> None:
        """The worker was given its own when it was started."""
        if self._is_news("held", name):
            self._say("held", {name: os.environ.get(name)})
        super().variable(name)

    def copied_whole(self) -> None:
        """All that it was given may be handed on."""
        if self._is_news("held"):
            self._say("held", dict(os.environ))
        super().copied_whole()


_followed: dict[_Address, Listener] = {}
"""The steps whose call came last."""


_compared = 0, True
"""How many calls of no step there had been when the modules here were compared with the kernel's,
and whether they held the same."""


def listen(told: Sequence[tuple[tuple[Any, ...], int, int, Mapping[str, str]]]) -> None:
    """A call is about to run here: what happens from now on is these steps' doing. Where that fails
    nobody says that the call was heard, and its result is not kept."""
    try:
        with files.quiet():
            _listen([(_Address(*address), call) for address, call, *_ in told])
            _compare(*told[0][2:])
    except Exception:  # never the user's problem
        follow_from_now(())


def _listen(told: Sequence[tuple[_Address, int]]) -> None:
    if not _followed:
        watch_events.install()
        watch_imports.install()
        watch_looks.wrap("looks")
    for address in _followed.keys() - {address for address, _ in told}:
        before = _followed.pop(address)
        before.is_open = False
        os.close(before.descriptor)
    for address, call in told:
        if address not in _followed:
            _followed[address] = Listener(address)
        for module in outdated_modules():
            _followed[address].obstacle(f"{module} {OUTDATED}")
        _followed[address].heard(call)
    follow_from_now(tuple(_followed[address] for address, _ in told))


def _compare(others: int, states: Mapping[str, str]) -> None:
    """After calls of no step, the modules that are loaded here must hold what the kernel's hold."""
    global _compared
    if others != _compared[0]:
        here = module_states().items()
        is_same = all(state and states.get(module) == state for module, state in here)
        _compared = others, is_same
    for listener in _followed.values() if not _compared[1] else ():
        listener.obstacle(REMEMBERED)
