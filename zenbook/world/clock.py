"""The real clock."""

from __future__ import annotations

import time


class SystemClock:
    """The computer's time. Nothing is ordered by :meth:`now`: people set clocks back."""

    __slots__ = ()

    def now(self) -> float:
        """Unix time in UTC seconds."""
        return time.time()

    def tick(self) -> float:
        """Monotonic seconds; only differences mean something."""
        return time.monotonic()
