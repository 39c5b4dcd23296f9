"""Stop for a cell that awaits.

ipykernel 7 cancels such a cell from its control thread without waking the loop; measured, a lone
``await sleep(8)`` goes on for its 8 seconds. The handler here wakes it.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable


def hear_stop() -> Callable[[], None]:
    """Let Stop cancel the cell that runs now at once; what is returned ends that."""
    try:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
    except RuntimeError:
        return _nothing  # a terminal runs its own loop and hears Stop
    if task is None or threading.current_thread() is not threading.main_thread():
        return _nothing

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(task.cancel)

    before = signal.signal(signal.SIGINT, stop)

    def end() -> None:
        if signal.getsignal(signal.SIGINT) is stop:
            signal.signal(signal.SIGINT, before)

    return end


def _nothing() -> None:
    """Stop is heard without us."""
