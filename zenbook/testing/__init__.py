"""Fakes of every port, for tests of code that is built on zenbook and for a home out of order.

They pass the same port tests as the real ones and keep nothing beyond this process.
"""

from __future__ import annotations

from zenbook.engine.desk import Desk
from zenbook.testing.history import MemoryHistory
from zenbook.testing.store import FakeClock, MemoryStore, NoLocks
from zenbook.testing.watch import NoCapture, NoRandomness, NoWatch

__all__ = [
    "FakeClock",
    "MemoryHistory",
    "MemoryStore",
    "NoCapture",
    "NoLocks",
    "NoRandomness",
    "NoWatch",
    "memory_desk",
]


def memory_desk() -> Desk:
    """A desk that remembers in memory and watches the real world."""
    from zenbook.core.closure import CodeClosure
    from zenbook.core.digest import Digester
    from zenbook.world.capture import capture_for
    from zenbook.world.clock import SystemClock
    from zenbook.world.codec import PickleCodec
    from zenbook.world.randomness import GlobalRandomness
    from zenbook.world.trust import python_tag
    from zenbook.world.vault import SealedVault
    from zenbook.world.watch import SystemWatch

    code = CodeClosure()

    def describe(value: object) -> tuple[str, set[str]]:
        digester = Digester(code)
        return digester.digest(value), digester.packages

    codec = PickleCodec(code, lambda value: describe(value)[0])
    store = MemoryStore()
    return Desk(
        home=None,
        store=store,
        history=MemoryHistory(),
        vault=SealedVault(codec, store, describe),
        watch=SystemWatch(None, code),
        randomness=GlobalRandomness(),
        capture=capture_for(None),
        locks=NoLocks(),
        clock=SystemClock(),
        code=code,
        python=python_tag(),
    )
