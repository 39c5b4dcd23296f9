"""Heard in a worker of ``loky`` (:mod:`watch_workers`): what the calls of a step ask for there.

The worker outlives the step, and goes on with the variables and the modules that it has. Where
these are others by now, it does not compute what a new process would, and says so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from zenbook.world import files, watch_events, watch_imports, watch_looks
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


def listen(told: Sequence[tuple[tuple[Any, ...], int]]) -> None:
    """A call is about to run here: what happens from now on is these steps' doing. Where that fails
    nobody says that the call was heard, and its result is not kept."""
    try:
        with files.quiet():
            _listen([(_Address(*address), call) for address, call in told])
    except Exception:  # never the user's problem
        follow_from_now(())


def _listen(told: Sequence[tuple[_Address, int]]) -> None:
    if not _followed:
        watch_events.install()
        watch_imports.install()
        watch_looks.wrap("looks")
    for address in _followed.keys() - {address for address, _ in told}:
        os.close(_followed.pop(address).descriptor)
    for address, call in told:
        if address not in _followed:
            _followed[address] = Listener(address)
        for module in outdated_modules():
            _followed[address].obstacle(f"{module} {OUTDATED}")
        _followed[address].heard(call)
    follow_from_now(tuple(_followed[address] for address, _ in told))
