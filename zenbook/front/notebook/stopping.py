"""Stop: for a cell that awaits, and before a cell's code runs.

ipykernel 7 cancels such a cell from its control thread without waking the loop; measured, a lone
``await sleep(8)`` goes on for its 8 seconds. The handler here wakes it.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from zenbook.errors import OptionError
from zenbook.front.notebook.cell import step_name
from zenbook.front.notebook.line import stopped, waiting
from zenbook.model import StepRun
from zenbook.world.guard import guarded

if TYPE_CHECKING:
    from zenbook.front.notebook.passing import Passing


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


@contextmanager
def unstopped() -> Iterator[None]:
    """Tell how a step went: Stop waits for its end, and then has nothing more to end."""
    with suppress(KeyboardInterrupt), guarded():
        yield


def note_stopped(passing: Passing) -> None:
    """Stop came before the step's code ran: say so, and put it on record."""
    with unstopped():
        passing.abandon()
        session, trail, spot = passing.session, passing.door.trail, passing.spot
        seconds = passing.desk.clock.tick() - passing.started
        try:
            name = step_name(passing.tree, passing.said, passing.shell.transform_cell)
        except OptionError:  # nobody has named it, so nothing can be told of it
            return
        said = stopped(name, seconds, waited=spot.said == waiting(name))
        if not passing.said.dry_run:
            trail.step_stopped(len(trail.cells), name)
            session.stopped(
                StepRun(
                    step=name,
                    position=0,
                    status=said.status,
                    cause="",
                    why="",
                    seconds=said.seconds or 0.0,
                    saved=0.0,
                    record="",
                    origin="",
                    key="",
                    error="KeyboardInterrupt",
                    remarks=said.remarks,
                )
            )
            place = session.place()
            said = replace(said, pipeline=session.pipeline, version=place.version, run=place.run)
        session.lines.tell(spot, said)
